//! A small file system of its own, to be filled and taken away.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

/// Room for the write-ahead log, and for the records of all rounds on the fastest machine.
const MEGABYTES: u64 = 128;

/// A mounted ext4 file system in a file. Dropping it unmounts it.
pub(crate) struct SmallDisk {
    pub(crate) folder: PathBuf,
}

impl SmallDisk {
    /// Makes one. `None`: this user or this machine may not.
    pub(crate) fn mount(parent: &Path) -> Result<Option<Self>> {
        let (image, folder) = (parent.join("small-disk.img"), parent.join("small-disk"));
        fs::create_dir_all(&folder)?;
        File::create(&image)?.set_len(MEGABYTES * 1024 * 1024)?;
        let made = command("mkfs.ext4", |mkfs| mkfs.arg("-q").arg("-F").arg(&image));
        let mounted = made.and_then(|()| {
            command("mount", |mount| {
                mount.args(["-o", "loop"]).arg(&image).arg(&folder)
            })
        });
        match mounted {
            Ok(()) => Ok(Some(Self { folder })),
            Err(error) => {
                println!("! no small disk can be mounted here: {error:#}");
                Ok(None)
            }
        }
    }

    /// Fills all room that is left. Returns how much that was.
    pub(crate) fn fill(&self) -> Result<u64> {
        let mut file = File::create(self.filler())?;
        let mut written = 0;
        // Large pieces first, then what is left.
        for size in [64 * 1024, 4096, 512, 1] {
            let piece = vec![0x66; size];
            while file.write_all(&piece).is_ok() && file.sync_data().is_ok() {
                written += size as u64;
            }
        }
        Ok(written)
    }

    /// Makes room again.
    pub(crate) fn empty(&self) -> Result<()> {
        fs::remove_file(self.filler()).context("the filler is gone")
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a store of this process may not be closed yet.
        let unmounted = command("umount", |umount| umount.arg("-l").arg(&self.folder));
        if let Err(error) = unmounted {
            println!("! {} stays mounted: {error:#}", self.folder.display());
        }
    }
}

pub(super) fn command(name: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<()> {
    let mut command = Command::new(name);
    let output = arguments(&mut command)
        .output()
        .with_context(|| format!("{name} cannot be started"))?;
    if !output.status.success() {
        bail!("{name} says: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
