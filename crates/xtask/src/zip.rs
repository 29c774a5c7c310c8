//! Zip archives that depend on nothing but their content: sorted entries, one fixed time, fixed permissions.

use std::io::{Cursor, Write as _};

use anyhow::Result;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::wasm::Files;

/// Levels above 9 are rounds of Zopfli, which saves about a twentieth of what level 9 leaves.
const ZOPFLI: i64 = 25;

/// Packs the files; the same files always give the same bytes.
pub(crate) fn pack(files: &Files) -> Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(ZOPFLI))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        archive.start_file(path.as_str(), options)?;
        archive.write_all(content)?;
    }
    Ok(archive.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn sample() -> Files {
        let mut files = Files::new();
        files.insert("popup/popup.html".to_owned(), b"<p>hello</p>".repeat(200));
        files.insert("manifest.json".to_owned(), b"{}".to_vec());
        files
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let first = pack(&sample()).unwrap();
        let reversed: Files = sample().into_iter().rev().collect();
        assert_eq!(first, pack(&reversed).unwrap());
        let mut other = sample();
        other.insert("manifest.json".to_owned(), b"[]".to_vec());
        assert_ne!(first, pack(&other).unwrap());
    }

    #[test]
    fn entries_are_sorted_undated_compressed_and_whole() {
        let packed = pack(&sample()).unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
        let names: Vec<String> = archive
            .file_names()
            .map(|name| name.unwrap().into_owned())
            .collect();
        assert_eq!(names, ["manifest.json", "popup/popup.html"]);
        let mut entry = archive.by_name("popup/popup.html").unwrap();
        assert_eq!(entry.last_modified().unwrap().year(), 1980);
        assert_eq!(entry.unix_mode(), Some(0o100_644));
        assert!(entry.compressed_size() < 100, "{} bytes", entry.compressed_size());
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        assert_eq!(content, b"<p>hello</p>".repeat(200));
    }
}
