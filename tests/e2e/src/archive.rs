//! Archives of small files, as browsers install extensions from.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Writes an archive of files: their paths, and what is in them.
pub fn write(archive: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    if let Some(parent) = archive.parent() {
        fs::create_dir_all(parent)?;
    }
    let file = File::create(archive).with_context(|| format!("cannot write {}", archive.display()))?;
    let mut writer = ZipWriter::new(file);
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in files {
        writer.start_file(name.as_str(), options)?;
        writer.write_all(content)?;
    }
    writer.finish()?;
    Ok(())
}

/// Writes files into a directory.
pub fn lay_out(directory: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    for (name, content) in files {
        let file = directory.join(name);
        fs::create_dir_all(file.parent().context("a file is in a directory")?)?;
        fs::write(file, content)?;
    }
    Ok(())
}

/// The files of a directory.
pub fn read(directory: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut folders = vec![(directory.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else {
                files.push((name, fs::read(entry.path())?));
            }
        }
    }
    Ok(files)
}
