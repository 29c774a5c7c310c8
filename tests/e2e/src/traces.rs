//! Searches files for a secret that must not have been left behind.
//!
//! What is looked at: every file below a directory, byte by byte, for the secret as UTF-8 and as UTF-16, and for what
//! Firefox keeps compressed (`mozLz40` files), decompressed. What is not: other compressed or encrypted content, such
//! as the HTTP cache's gzip bodies and cookie values. A search proves something only if it finds a secret that was put
//! there on purpose; callers plant one first.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The files below a directory that hold a text.
pub fn search(directory: &Path, text: &str) -> Result<Vec<PathBuf>> {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        let entries =
            fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?;
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                let bytes = fs::read(entry.path()).with_context(|| format!("{}", entry.path().display()))?;
                let content = decompressed(&bytes).unwrap_or(bytes);
                if contains(&content, text.as_bytes()) || contains(&content, &wide) {
                    found.push(entry.path());
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(bytes, part).is_some()
}

/// Firefox's compressed files: a magic word, the length as four bytes, one LZ4 block.
fn decompressed(bytes: &[u8]) -> Option<Vec<u8>> {
    lz4_flex::block::decompress_size_prepended(bytes.strip_prefix(b"mozLz40\0")?).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::search;

    #[test]
    fn finds_a_text_however_it_is_written_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs::create_dir_all(path("deep/er")).unwrap();
        let wide: Vec<u8> = "xxSECRET-1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let text = "SECRET-2 SECRET-2 SECRET-2 SECRET-1 SECRET-1";
        let packed = [
            b"mozLz40\0".as_slice(),
            &lz4_flex::block::compress_prepend_size(text.as_bytes()),
        ]
        .concat();
        fs::write(path("plain"), b"\0\xff SECRET-1\0").unwrap();
        fs::write(path("deep/er/wide"), wide).unwrap();
        fs::write(path("deep/packed"), packed).unwrap();
        fs::write(path("other"), "SECRET-3").unwrap();
        let found = search(directory.path(), "SECRET-1").unwrap();
        assert_eq!(found, [path("deep/er/wide"), path("deep/packed"), path("plain")]);
        assert!(search(directory.path(), "SECRET-4").unwrap().is_empty());
    }
}
