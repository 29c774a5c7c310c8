//! Browsers that find other files in the system's places than everybody else.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A program in a view of the file system of its own, in which directories stand in the places of others. Browsers have no other
/// way to be given policies; these no other program sees, and nothing has to be tidied away after.
pub(crate) fn command(program: &Path, places: &[(PathBuf, &str)]) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-current-user");
    }
    let mounts: String = places
        .iter()
        .map(|(_, place)| format!("mount --bind \"$1\" {place} && shift && "))
        .collect();
    command
        .args(["sh", "-c", &format!("{mounts}exec \"$@\""), "sh"])
        .args(places.iter().map(|(directory, _)| directory))
        .arg(program);
    command
}
