//! Files of a store that belong to somebody else, as after a command that root ran: whose they are, and what gives them back.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::{fs::access, process::geteuid};

use crate::files;

/// What lies beside a database: SQLite's own, and the file by which a relay keeps others out.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-relay"];

/// Files that this process may not use, because they are another user's.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Foreign {
    /// What is wrong.
    pub(super) cause: String,
    /// What to do.
    pub(super) cure: String,
}

/// Looks for them. They are not opened: closing a file takes SQLite's locks on it away from the whole process.
pub(super) fn look(database: &Path, needed: rustix::fs::Access) -> Option<Foreign> {
    let me = geteuid().as_raw();
    let is_kept_from = |path: &PathBuf| {
        let owner = fs::metadata(path).ok()?.uid();
        (owner != me && access(path, needed).is_err()).then_some(owner)
    };
    let files = BESIDE.iter().map(|suffix| files::beside(database, suffix));
    let foreign: Vec<_> = files
        .filter_map(|path| Some((is_kept_from(&path)?, path)))
        .collect();
    if let Some((owner, _)) = foreign.first() {
        let paths: Vec<_> = foreign.iter().map(|(_, path)| files::quoted(path)).collect();
        return Some(describe(*owner, &user(me), &paths));
    }
    let folder = database
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())?;
    let owner = is_kept_from(&folder.to_owned())?;
    Some(describe_folder(owner, &user(me), &files::quoted(folder)))
}

fn describe(owner: u32, me: &str, paths: &[String]) -> Foreign {
    let all = paths.join(" ");
    let (belong, them) = match paths.len() {
        1 => ("belongs", "it"),
        _ => ("belong", "them"),
    };
    Foreign {
        cause: format!("{all} {belong} to {}, and {me} may not use {them}", name(owner)),
        cure: format!(
            "if the relay's user is {me}, give {them} to it, as root: `chown {me} {all}`; and run every stagedoor command as the \
             relay's user"
        ),
    }
}

fn describe_folder(owner: u32, me: &str, folder: &str) -> Foreign {
    Foreign {
        cause: format!(
            "its folder {folder} belongs to {}, and {me}, who may not write there, has to",
            name(owner)
        ),
        cure: format!(
            "if the relay's user is {me}, and the folder is the store's alone, give it to that user, as root: `chown {me} \
             {folder}`; if it is not, move the database into a folder of its own"
        ),
    }
}

fn name(user: u32) -> String {
    match user {
        0 => "root".to_owned(),
        user => format!("the user with number {user}"),
    }
}

/// By name, or by the number, which does as well for chown.
fn user(number: u32) -> String {
    whoami::username()
        .ok()
        .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
        .unwrap_or_else(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_owner_and_command_are_named() {
        let one = describe(0, "stagedoor", &["/s/a.db".to_owned()]);
        assert_eq!(one.cause, "/s/a.db belongs to root, and stagedoor may not use it");
        assert!(
            one.cure
                .contains("give it to it, as root: `chown stagedoor /s/a.db`"),
            "{one:?}"
        );
        let two = describe(
            7,
            "stagedoor",
            &["/s/a.db".to_owned(), "'/s/a b.db-wal'".to_owned()],
        );
        assert_eq!(
            two.cause,
            "/s/a.db '/s/a b.db-wal' belong to the user with number 7, and stagedoor may not use them"
        );
        assert!(
            two.cure.contains("`chown stagedoor /s/a.db '/s/a b.db-wal'`"),
            "{two:?}"
        );
        let folder = describe_folder(0, "stagedoor", "/s");
        assert!(folder.cause.contains("/s belongs to root") && folder.cure.contains("`chown stagedoor /s`"));
    }

    #[test]
    fn what_is_ones_own_is_not_foreign() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let all = rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK;
        assert_eq!(look(&path, all), None, "nor what is not there");
        fs::write(&path, "").unwrap();
        assert_eq!(look(&path, all), None);
    }
}
