//! A store that root made, and that the relay's user cannot open.

use std::{
    fs,
    os::unix::fs::{MetadataExt, chown},
    path::PathBuf,
    process::{Output, Stdio},
};

use rustix::process::geteuid;
use tokio::process::Command;

use crate::support::{
    certificate::set_mode,
    installation::{BINARY, Installation},
};

/// A user who owns nothing.
const NOBODY: u32 = 65534;

/// As a user other than root, with a program that this user can reach.
fn command(installation: &Installation, program: &PathBuf, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .arg("--config")
        .arg(installation.config())
        .args(arguments)
        .current_dir("/")
        .kill_on_drop(true);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn said(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn the_files_their_owner_and_the_cure_are_named() {
    let installation = Installation::new().await;
    let path = |name: &str| installation.folder.path().join(name);
    if !geteuid().is_root() {
        // Any file of root's will do. That the cure is one only root can try.
        installation.change_config(&path("stagedoor.db").display().to_string(), "/etc/shadow");
        let output = installation.run(&["serve"]).await;
        let said = said(&output);
        assert!(said.contains("/etc/shadow belongs to root, and "), "{said}");
        assert!(
            said.contains("as root: `chown ") && said.contains(" /etc/shadow`"),
            "{said}"
        );
        return;
    }
    let program = path("stagedoor");
    // Not by this process: a program that another test starts meanwhile would have the copy open for writing.
    let copied = Command::new("cp").arg(BINARY).arg(&program).status().await;
    assert!(copied.unwrap().success());
    for name in ["", "api-key", "stagedoor.toml"] {
        chown(path(name), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    set_mode(installation.folder.path(), 0o755);
    let made = installation.run(&["store", "migrate"]).await;
    assert!(made.status.success(), "{made:?}");
    let database = path("stagedoor.db").display().to_string();
    for arguments in [
        &["serve"][..],
        &["staff", "list"],
        &["staff", "disable", "a@b.example"],
    ] {
        let output = command(&installation, &program, arguments)
            .output()
            .await
            .unwrap();
        let said = said(&output);
        assert!(
            said.contains(&format!("cannot be used: {database}")) && said.contains(" to root, and "),
            "{said}"
        );
        assert!(said.contains("as root: `chown "), "{said}");
    }

    // Readable is not enough to serve from it; and what a relay of root's left lies beside it.
    set_mode(&path("stagedoor.db"), 0o644);
    fs::write(path("stagedoor.db-relay"), "").unwrap();
    set_mode(&path("stagedoor.db-relay"), 0o600);
    let output = command(&installation, &program, &["serve"])
        .output()
        .await
        .unwrap();
    let said = said(&output);
    let beside = ["", "-wal", "-shm", "-relay"].map(|suffix| format!("{database}{suffix}"));
    // A process that ends may leave a log of its own.
    let all = beside
        .into_iter()
        .filter(|path| fs::metadata(path).is_ok_and(|file| file.uid() == 0));
    let all = all.collect::<Vec<_>>().join(" ");
    assert!(all.ends_with("-relay"), "{all}");
    assert!(said.contains(&format!("{all} belong to root, and ")), "{said}");
    let cure = said.split('`').nth(1).unwrap();
    assert!(cure.starts_with("chown ") && cure.ends_with(&all), "{cure}");
    let done = std::process::Command::new("sh").args(["-c", cure]).status();
    assert!(done.unwrap().success(), "{cure}");
    let mut serve = command(&installation, &program, &["serve"]);
    serve.stdin(Stdio::null());
    // It listens, or this waits in vain.
    Installation::serve_by(serve).await.child.kill().await.unwrap();

    // The folder alone.
    chown(path(""), Some(0), Some(0)).unwrap();
    for name in [
        "stagedoor.db",
        "stagedoor.db-wal",
        "stagedoor.db-shm",
        "stagedoor.db-relay",
    ] {
        let _ = fs::remove_file(path(name));
    }
    let output = command(&installation, &program, &["serve"])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("its folder ")
            && said.contains(" belongs to root, and ")
            && said.contains("folder of its own"),
        "{said}"
    );
}
