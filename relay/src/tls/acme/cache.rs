//! Where the ACME account and the certificate are kept over a restart: a folder, and files in it, for the relay's user alone.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::{
    auth::sha256,
    config::Acme,
    files::{self, Unreadable},
};

/// What the name of each certificate begins with.
const CERTIFICATE: &str = "certificate-";

/// Longest file that is read, in bytes: a key and a long chain have a few kilobytes.
const MAX_BYTES: u64 = 256 * 1024;
/// Certificates that are looked at for one that can stand in.
const MAX_OTHERS: usize = 64;

/// The files of one configuration. Their names tell servers, accounts and domains apart, so that a certificate that was tried
/// out is never taken for a real one. It may stand in for one at most.
pub(super) struct Cache {
    folder: PathBuf,
    /// What the names of all certificates of this server begin with.
    server: String,
    /// The account's key and address at the server.
    pub(super) account: PathBuf,
    /// The certificate's key and, after it, the chain: one file, so that they are always of one pair.
    pub(super) certificate: PathBuf,
}

impl Cache {
    /// Makes the folder if it is not there, and refuses one that others can read.
    pub(super) fn open(settings: &Acme) -> Result<Self, String> {
        let folder = &settings.cache_directory;
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(format!(
                    "{}: cannot be made ({error}); make it, for the relay's user alone, or let that user write to the folder \
                     above",
                    folder.display()
                ));
            }
        }
        let cache = Self::of(settings);
        cache.check()?;
        Ok(cache)
    }

    /// The same without making anything.
    pub(super) fn of(settings: &Acme) -> Self {
        let folder = settings.cache_directory.clone();
        let directory = settings.directory.as_str();
        let contacts = settings.contact.iter().map(String::as_str);
        let bound = settings
            .external_account
            .as_ref()
            .map(|bound| bound.key_id.as_str());
        let domains = settings.domains.iter().map(String::as_str);
        let name = |parts: Vec<&str>| {
            let hash = sha256(parts.join("\n").as_bytes());
            let hex = hash.iter().take(8).map(|byte| format!("{byte:02x}"));
            hex.collect::<String>()
        };
        let account = name([directory].into_iter().chain(contacts).chain(bound).collect());
        let server = format!("{CERTIFICATE}{}-", name(vec![directory]));
        let certificate = format!("{server}{}.pem", name(domains.collect()));
        Self {
            account: folder.join(format!("account-{account}.json")),
            certificate: folder.join(certificate),
            server,
            folder,
        }
    }

    /// What is wrong with what is there.
    pub(super) fn check(&self) -> Result<(), String> {
        let folder = &self.folder;
        let metadata = match fs::metadata(folder) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let above = folder.parent().is_some_and(Path::is_dir);
                return above.then_some(()).ok_or_else(|| {
                    format!(
                        "{}: the folder above is not there, and is not made; make it, or name another place",
                        folder.display()
                    )
                });
            }
            Err(error) => return Err(format!("{}: cannot be read ({error})", folder.display())),
        };
        if !metadata.is_dir() {
            return Err(format!(
                "{}: is not a folder; name another place",
                folder.display()
            ));
        }
        private(folder, &metadata, "700")?;
        for file in [&self.account, &self.certificate] {
            read(file)?;
        }
        Ok(())
    }

    /// The certificates that are kept for other names or from other servers, with whether each is from this one. What cannot
    /// be read is left out: nothing depends on it.
    pub(super) fn others(&self) -> Vec<(bool, Zeroizing<Vec<u8>>)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let others = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let path = entry.path();
            let is_other = name.starts_with(CERTIFICATE) && path != self.certificate;
            let bytes = is_other.then(|| read(&path))?.ok()??;
            Some((name.starts_with(&self.server), bytes))
        });
        others.take(MAX_OTHERS).collect()
    }

    /// Puts a file into the folder, whole or not at all.
    pub(super) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), String> {
        let write = || {
            // It is for this user alone from the beginning.
            let mut file = NamedTempFile::new_in(&self.folder)?;
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error: io::Error| {
            format!(
                "{}: cannot be written ({error}); let the relay's user write there, and make room",
                path.display()
            )
        })
    }
}

/// A file's bytes; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let content = match files::read(path, MAX_BYTES) {
        Ok(content) => content,
        Err(Unreadable::System(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error @ Unreadable::System(_)) => {
            return Err(format!(
                "{}: {error}; it must be the relay's user's, as whom every stagedoor command is to be run",
                path.display()
            ));
        }
        Err(error) => {
            return Err(format!(
                "{}: {error}, so the relay has not made it; remove it",
                path.display()
            ));
        }
    };
    private(path, &content.metadata, "600")?;
    Ok(Some(content.bytes))
}

fn private(path: &Path, metadata: &fs::Metadata, mode: &str) -> Result<(), String> {
    if metadata.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    Err(format!(
        "{}: can be read or written by other users of this machine, and private keys are in it; take that away with \
         `chmod {mode}`, and if others may have read it, remove it: the relay makes it anew",
        path.display()
    ))
}
