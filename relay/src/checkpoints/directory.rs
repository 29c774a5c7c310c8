//! A folder of checkpoints: a file for each, and `latest.checkpoint`. Whoever reads there sees whole files only.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process, thread,
};

use stagedoor_ledger::checkpoint::{Checkpoint, MAX_CHECKPOINT_BYTES, VerifyingKey};
use tokio::sync::oneshot;

use super::{Signed, order};

/// The name of the newest.
pub(crate) const LATEST: &str = "latest.checkpoint";
/// How much of an origin goes into a file's name.
const MAX_ORIGIN_CHARS: usize = 100;
/// For everybody to read: there is no personal data in a checkpoint, and auditors need it.
const MODE: u32 = 0o644;

/// What became of a checkpoint.
pub(super) enum Put {
    /// It is there, and this is the folder's newest note.
    There(String),
    /// Nothing was written, because the folder's newest is this one.
    Unknown(Signed),
}

/// Puts a checkpoint into the folder. `latest.checkpoint` becomes this one unless it is a newer one: that may be another
/// relay's. What is believed and is not `known` to be in the ledger may be the only proof that the store has lost records.
pub(super) async fn put(
    directory: &Path,
    signed: &Signed,
    trusted: &[VerifyingKey],
    known: Option<String>,
) -> Result<Put, String> {
    let (directory, trusted) = (directory.to_owned(), trusted.to_owned());
    let (checkpoint, note) = (signed.checkpoint.clone(), signed.note.clone());
    apart(move || {
        let put = || {
            let latest = read_latest(&directory)?.and_then(|latest| Signed::read(latest, &trusted).ok());
            if let Some(latest) = latest
                && latest.note != note
            {
                if Some(&latest.note) != known.as_ref() {
                    return Ok(Put::Unknown(latest));
                }
                if order(&latest.checkpoint, &checkpoint).is_gt() {
                    write(&directory, &file_name(&checkpoint), &note)?;
                    return Ok(Put::There(latest.note));
                }
            }
            write(&directory, &file_name(&checkpoint), &note)?;
            write(&directory, LATEST, &note)?;
            Ok(Put::There(note))
        };
        put().map_err(|error: io::Error| {
            format!(
                "{}: cannot be written ({error}); it must be a folder that the relay's user can write to, with room",
                directory.display()
            )
        })
    })
    .await
}

/// The newest checkpoint of the folder, whoever signed it; `None` if there is none yet.
pub(super) async fn latest(directory: &Path) -> Result<Option<String>, String> {
    let directory = directory.to_owned();
    apart(move || {
        read_latest(&directory).map_err(|error| format!("{}: cannot be read ({error})", directory.display()))
    })
    .await
}

/// What is no text is no checkpoint either.
fn read_latest(directory: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    let limit = MAX_CHECKPOINT_BYTES as u64 + 1;
    match File::open(directory.join(LATEST)) {
        Ok(file) => file.take(limit).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Runs in a thread of its own: a network folder may hang for ever, and then neither the runtime nor its end must wait.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (done, result) = oneshot::channel();
    thread::Builder::new()
        .name("checkpoints".to_owned())
        .spawn(move || {
            // Nobody waits any more at shutdown.
            let _ = done.send(work());
        })
        .map_err(|error| format!("no thread could be started ({error})"))?;
    result
        .await
        .unwrap_or_else(|_| Err("writing ended in a panic, which is in the log".to_owned()))
}

/// `<origin>-<size>-<time>.checkpoint`; by name they sort by size.
fn file_name(checkpoint: &Checkpoint) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let origin: String = checkpoint
        .origin
        .chars()
        .take(MAX_ORIGIN_CHARS)
        .map(|c| if fits(c) { c } else { '_' })
        .collect();
    // A name that begins with a dot would be hidden.
    let origin = origin.trim_start_matches('.');
    let time = checkpoint.time.strftime("%Y%m%dT%H%M%S%3fZ");
    format!("{origin}-{:012}-{time}.checkpoint", checkpoint.size)
}

/// Writes beside the place, to disk, and only then moves it there.
fn write(directory: &Path, name: &str, note: &str) -> io::Result<()> {
    let target = directory.join(name);
    if fs::read(&target).is_ok_and(|found| found == note.as_bytes()) {
        return Ok(());
    }
    let temporary = directory.join(format!(".{name}.{}.tmp", process::id()));
    let written = write_whole(&temporary, note).and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // What cannot be removed either is overwritten at the next attempt.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    File::open(directory)?.sync_all()
}

fn write_whole(path: &PathBuf, note: &str) -> io::Result<()> {
    let create = || {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(path)
    };
    let mut file = match create() {
        // A former process of this number was killed here. `create_new`, so that nobody's link is followed.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create()?
        }
        other => other?,
    };
    file.write_all(note.as_bytes())?;
    // The umask may have taken rights away.
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use stagedoor_ledger::Hash;

    use super::*;

    #[test]
    fn names_are_safe_and_sort_by_size() {
        let name = |origin: &str, size| {
            file_name(&Checkpoint {
                origin: origin.to_owned(),
                size,
                root: Hash::of_nothing(),
                time: "2026-11-25T03:06:42.007Z".parse().unwrap(),
            })
        };
        assert_eq!(
            name("relay.example/ledger", 7),
            "relay.example_ledger-000000000007-20261125T030642007Z.checkpoint"
        );
        assert_eq!(
            name("../../etc/passwd", 1_000),
            "_.._etc_passwd-000000001000-20261125T030642007Z.checkpoint"
        );
        assert!(name(&"\u{e9}".repeat(200), 1).len() < 255);
        assert!(name("a", 9) < name("a", 10));
    }

    #[test]
    fn what_a_killed_process_left_is_no_hindrance_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "untouched").unwrap();
        let temporary = folder.path().join(format!(".{LATEST}.{}.tmp", process::id()));
        std::os::unix::fs::symlink(&elsewhere, &temporary).unwrap();
        write(folder.path(), LATEST, "note").unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(LATEST)).unwrap(), "note");
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "untouched");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
