//! Reads files that somebody else may exchange for anything at any moment. Only a regular file is read, opening one never
//! waits for another process, and whoever serves requests waits for a slow disk only so long.

use std::{
    ffi::OsString,
    fmt, fs,
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::OFlags;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};
use zeroize::Zeroizing;

/// Threads that may wait for a file system at a time. One that is stuck keeps its own until the file system answers, so
/// that looking again and again takes no more than these.
static READERS: Semaphore = Semaphore::const_new(4);

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// A folder, a pipe, a device.
    NotAFile,
    /// It has more bytes than anybody needs.
    TooLarge,
    /// The operating system says no.
    System(io::Error),
}

/// What is in a file, wiped when it is dropped: it may be a key.
pub(crate) struct Content {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) metadata: fs::Metadata,
}

/// Reads a file of at most so many bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Content, Unreadable> {
    let (file, metadata) = open(path)?;
    if metadata.len() > most {
        return Err(Unreadable::TooLarge);
    }
    // It should not be moved about as it grows.
    let size = usize::try_from(metadata.len()).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(Unreadable::System)?;
    if bytes.len() as u64 > most {
        return Err(Unreadable::TooLarge);
    }
    Ok(Content { bytes, metadata })
}

fn open(path: &Path) -> Result<(fs::File, fs::Metadata), Unreadable> {
    let checked = |metadata: fs::Metadata| match metadata.is_file() {
        true => Ok(metadata),
        false => Err(Unreadable::NotAFile),
    };
    // Before it is opened: a pipe would be waited on, and opening a device may do something.
    checked(fs::metadata(path).map_err(Unreadable::System)?)?;
    // It may be something else by now, which must not be waited on either.
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or_default();
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(Unreadable::System)?;
    let metadata = file.metadata().map_err(Unreadable::System)?;
    Ok((file, checked(metadata)?))
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAFile => f.write_str("is not a file"),
            Self::TooLarge => f.write_str("is too large"),
            Self::System(error) => write!(f, "cannot be read ({error})"),
        }
    }
}

/// A file of the same name with this at its end.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Names a file in an error. One that is not there is not named: what stands for its path may be a secret that was pasted
/// into the wrong place, so only an existing folder above it is shown.
pub(crate) fn at(path: &Path, problem: &str) -> String {
    if fs::symlink_metadata(path).is_ok() {
        return format!("{}: {problem}", path.display());
    }
    if path.components().count() == 1 && path.is_relative() {
        let credentials = match std::env::var_os("CREDENTIALS_DIRECTORY") {
            Some(_) => "none among the credentials of $CREDENTIALS_DIRECTORY",
            None => "$CREDENTIALS_DIRECTORY, where credentials of systemd are, is not set",
        };
        return format!("no such file in the current folder, and {credentials}: {problem}");
    }
    match path
        .parent()
        .filter(|folder| folder.is_absolute() && folder.is_dir())
    {
        Some(folder) => format!("no such file in {}: {problem}", folder.display()),
        None => format!("no such file, nor a folder for it: {problem}"),
    }
}

/// A path as a shell takes it, for a command that an operator is told to run.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:,=%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Why nothing is known of a file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unread {
    /// The file system has not answered.
    #[error("could not be read within {} s; look at the file system that it is on", .0.as_secs_f64())]
    TooSlow(Duration),
    /// A panic, which has been logged.
    #[error("could not be read, by a mistake of the relay; the log says more")]
    Failed,
}

/// As if so many file systems did not answer that nothing more is read, until this is dropped.
#[cfg(test)]
pub(crate) async fn stuck() -> tokio::sync::SemaphorePermit<'static> {
    READERS.acquire_many(4).await.unwrap()
}

/// Does what waits for files, elsewhere, and gives up on it after this time.
pub(crate) async fn in_time<T: Send + 'static>(
    most: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unread> {
    let reading = async {
        let permit = READERS.acquire().await.map_err(|_| Unread::Failed)?;
        let working = spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        working.await.map_err(|_| Unread::Failed)
    };
    timeout(most, reading).await.map_err(|_| Unread::TooSlow(most))?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn what_is_no_file_is_not_waited_on() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero")] {
            assert!(matches!(read(path, 10), Err(Unreadable::NotAFile)), "{path:?}");
        }
        let path = folder.path().join("file");
        fs::write(&path, "0123456789").unwrap();
        assert_eq!(*read(&path, 10).unwrap().bytes, b"0123456789");
        assert!(matches!(read(&path, 9), Err(Unreadable::TooLarge)));
    }

    #[test]
    fn a_path_that_is_none_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().display().to_string();
        for secret in ["SENTINEL", "/SENTINEL", "SEN/TINEL+x=", "/SENTINEL/x"] {
            let said = at(Path::new(secret), "is missing");
            assert!(!said.contains("SEN") && !said.contains("TINEL"), "{said}");
        }
        assert!(at(Path::new("tls-key"), "is missing").contains("$CREDENTIALS_DIRECTORY"));
        let missing = at(&folder.path().join("key"), "is missing");
        assert_eq!(missing, format!("no such file in {here}: is missing"));
        fs::write(folder.path().join("key"), "").unwrap();
        let there = at(&folder.path().join("key"), "is empty");
        assert_eq!(there, format!("{here}/key: is empty"));
    }

    #[test]
    fn a_shell_takes_a_path_for_one() {
        for (path, said) in [
            ("/var/lib/stagedoor/a.db-wal", "/var/lib/stagedoor/a.db-wal"),
            ("/a b/$x", "'/a b/$x'"),
            ("/it's", r"'/it'\''s'"),
        ] {
            assert_eq!(quoted(Path::new(path)), said);
        }
    }

    #[tokio::test]
    async fn a_file_system_that_does_not_answer_is_given_up_on_and_takes_few_threads() {
        let (release, held) = mpsc::channel::<()>();
        let held = std::sync::Arc::new(std::sync::Mutex::new(held));
        let begun = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        for _ in 0..6 {
            let (held, begun) = (held.clone(), begun.clone());
            let stuck = in_time(Duration::from_millis(20), move || {
                begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let _ = held.lock().unwrap().recv();
            });
            assert!(matches!(stuck.await, Err(Unread::TooSlow(_))));
        }
        assert!(begun.load(std::sync::atomic::Ordering::SeqCst) <= 4);
        drop(release);
        let answered = in_time(Duration::from_secs(60), || 7).await;
        assert_eq!(answered.unwrap(), 7, "as soon as it answers again");
    }
}
