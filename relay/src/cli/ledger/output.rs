//! Where a command's product goes: standard output, or a new file that only its owner can read.

use std::{
    fs,
    io::{self, BufWriter, Stdout, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use tempfile::NamedTempFile;

/// A command's product, buffered.
pub(super) enum Output {
    Screen(BufWriter<Stdout>),
    File {
        file: BufWriter<NamedTempFile>,
        path: PathBuf,
    },
}

impl Output {
    /// Standard output without a path, or with `-`. A file that is there is never overwritten.
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Screen(BufWriter::with_capacity(1 << 16, io::stdout())));
        };
        if path.symlink_metadata().is_ok() {
            return Err(already_there(path));
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        // Under another name until it is whole: half an export must not pass for one.
        let file = tempfile::Builder::new()
            .prefix(".stagedoor-")
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(folder)
            .with_context(|| format!("no file can be made in {}", folder.display()))?;
        Ok(Self::File {
            file: BufWriter::with_capacity(1 << 16, file),
            path: path.to_owned(),
        })
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    /// Everything is written: a file is put on disk, and gets its name.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Screen(mut screen) => Ok(screen.flush()?),
            Self::File { file, path } => {
                let file = file
                    .into_inner()
                    .map_err(io::IntoInnerError::into_error)
                    .and_then(|file| file.as_file().sync_all().map(|()| file))
                    .with_context(|| format!("{} cannot be written", path.display()))?;
                match file.persist_noclobber(&path) {
                    Ok(_) => Ok(()),
                    Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                        Err(already_there(&path))
                    }
                    Err(error) => {
                        Err(error.error).with_context(|| format!("{} cannot be made", path.display()))
                    }
                }
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Screen(screen) => screen.write(bytes),
            Self::File { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Screen(screen) => screen.flush(),
            Self::File { file, .. } => file.flush(),
        }
    }
}

fn already_there(path: &Path) -> anyhow::Error {
    anyhow::anyhow!(
        "{} is there already, and is not overwritten; choose another name",
        path.display()
    )
}
