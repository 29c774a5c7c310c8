//! Whom the server runs as: PostgreSQL refuses to run as root.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt as _},
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result};

/// Accounts to become when this is root, the first that is there.
const CANDIDATES: &[&str] = &["postgres", "nobody"];

/// A user of this machine without rights of its own.
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// The account to become, if this process is root; otherwise the server runs as whoever this is.
    pub(crate) fn to_become() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        CANDIDATES
            .iter()
            .find_map(|name| find(&accounts, name))
            .map(Some)
            .with_context(|| {
                format!(
                    "PostgreSQL does not run as root, and there is no user {}; start this as another user",
                    CANDIDATES.join(" or ")
                )
            })
    }

    /// Gives a path to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.user), Some(self.group))
            .with_context(|| format!("cannot give {} to another user", path.display()))
    }

    /// Makes a command run as the account.
    pub(crate) fn run(&self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }
}

/// Finds a name in the text of a passwd file.
fn find(accounts: &str, name: &str) -> Option<Account> {
    let line = accounts
        .lines()
        .find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some(Account {
        user: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn reads_an_account() {
        let text = "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
        let account = find(text, "postgres").unwrap();
        assert_eq!((account.user, account.group), (101, 104));
        assert!(find(text, "post").is_none());
    }
}
