//! What a figure is worth nothing without: the machine it was made on.

use std::{fs, path::Path, thread};

use anyhow::{Context as _, Result, ensure};

/// A line about processor, kernel and load.
pub(crate) fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{cores} x {model}, Linux {}", kernel.trim())
}

/// Says so when this machine has something else to do.
pub(crate) fn warn_if_busy() {
    if let Some(load) = load_average().filter(|load| *load > 0.5) {
        println!("! this machine is busy (load average {load}): the figures will be worse and less stable");
    }
}

/// How many processes wanted a processor during the last minute.
fn load_average() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// The file system that holds a folder; an error for one in memory, where a durable write costs nothing.
pub(crate) fn file_system(folder: &Path) -> Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = fs::read_to_string("/proc/self/mounts").context("the mounts cannot be listed")?;
    let (device, kind) = mounted_at(&mounts, &folder).context("the folder's file system cannot be found")?;
    ensure!(
        !matches!(kind, "tmpfs" | "ramfs"),
        "{} is in memory ({kind}), where a durable write costs nothing: name a folder on a disk with --folder",
        folder.display()
    );
    Ok(format!("{kind} on {device}"))
}

/// Device and kind of the innermost mount around `folder`; of several at one place the last one counts.
fn mounted_at<'m>(mounts: &'m str, folder: &Path) -> Option<(&'m str, &'m str)> {
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ');
        Some((fields.next()?, Path::new(fields.next()?), fields.next()?))
    });
    mounts
        .filter(|(_, place, _)| folder.starts_with(place))
        .max_by_key(|(_, place, _)| place.components().count())
        .map(|(device, _, kind)| (device, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_and_latest_mount_counts() {
        let mounts = "/dev/a / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n/dev/b /tmp/disk xfs rw 0 0\n/dev/c /tmp/disk btrfs rw 0 0\n";
        for (folder, expected) in [
            ("/home/x", ("/dev/a", "ext4")),
            ("/tmp/x", ("tmpfs", "tmpfs")),
            ("/tmpfile", ("/dev/a", "ext4")),
            ("/tmp/disk/x", ("/dev/c", "btrfs")),
        ] {
            assert_eq!(mounted_at(mounts, Path::new(folder)), Some(expected), "{folder}");
        }
    }
}
