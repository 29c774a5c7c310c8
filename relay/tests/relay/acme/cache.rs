//! The folder in which the relay keeps what is its own.

use std::{fs, path::Path};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use serde_json::json;

use super::{Lab, eventually, kept, log, set_mode, write_secret};

async fn run(lab: &Lab, command: &[&str]) -> (Option<i32>, String) {
    let output = lab.installation.run(command).await;
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

async fn refused(lab: &Lab, says: &str) {
    for command in [&["config", "check"][..], &["serve"]] {
        let (code, said) = run(lab, command).await;
        assert_eq!(code, Some(78), "{said}");
        assert!(
            said.contains("listen.acme.cache_directory: ") && said.contains(says),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_cache_that_others_can_read_is_refused() {
    let mut lab = Lab::new().await;
    let folder = lab.cache();
    assert_eq!(run(&lab, &["config", "check"]).await, (Some(0), String::new()));
    assert!(!folder.exists(), "a check makes nothing");

    fs::create_dir(&folder).unwrap();
    for bad in [0o755, 0o701, 0o750] {
        set_mode(&folder, bad);
        refused(&lab, "other users of this machine").await;
    }
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    refused(&lab, "is not a folder").await;
    fs::remove_file(&folder).unwrap();
    let above = lab.installation.folder.path().join("nowhere");
    let of = |folder: &Path| format!("cache_directory = {folder:?}\n");
    lab.installation
        .change_config(&of(&folder), &of(&above.join("acme")));
    let (code, said) = run(&lab, &["config", "check"]).await;
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("the folder above is not there"), "{said}");
    lab.installation
        .change_config(&of(&above.join("acme")), &of(&folder));

    // What is kept, too.
    lab.start_pebble().await;
    let root = lab.root().await;
    let relay = lab.relay().await;
    eventually("a certificate is shown", async || {
        lab.shown(&root).await.is_some()
    })
    .await;
    relay.stop().await;
    for kind in ["account-", "certificate-"] {
        let file = kept(&lab, kind).remove(0);
        set_mode(&file, 0o640);
        refused(&lab, "other users of this machine").await;
        set_mode(&file, 0o600);
        let held = fs::read(&file).unwrap();
        fs::write(&file, vec![b' '; 256 * 1024 + 1]).unwrap();
        refused(&lab, "is too large").await;
        // Nobody waits for what comes out of a pipe.
        fs::remove_file(&file).unwrap();
        mknodat(CWD, &file, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        refused(&lab, "is not a file").await;
        fs::remove_file(&file).unwrap();
        fs::write(&file, held).unwrap();
        set_mode(&file, 0o600);
    }
    let root = lab.installation.folder.path().join("no-root.pem");
    lab.installation.change_config(
        "root_certificate_file = ",
        &format!("root_certificate_file = {root:?} # "),
    );
    let (code, said) = run(&lab, &["config", "check"]).await;
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("listen.acme.root_certificate_file: ") && said.contains("cannot be read"),
        "{said}"
    );
}

#[tokio::test]
async fn an_account_is_bound_to_one_that_the_ca_knows() {
    const SECRET: &str = "U0VOVElORUwtRVhURVJOQUwtQUNDT1VOVC1TRUNSRVQtNTVjMw";
    let mut lab = Lab::new().await;
    lab.start_pebble_with(json!({
        "externalAccountBindingRequired": true,
        "externalAccountMACKeys": {"kid-1": SECRET},
    }))
    .await;
    let relay = lab.relay().await;
    eventually("the server wants an account", async || {
        let status = relay.certificate().await;
        status.contains("wants an external account; name the one that you have there")
    })
    .await;
    let file = lab.installation.folder.path().join("acme-secret");
    lab.installation.change_config(
        "[health]",
        &format!("[listen.acme.external_account]\nkey_id = \"kid-1\"\nsecret_file = {file:?}\n[health]"),
    );
    let (code, said) = run(&lab, &["config", "check"]).await;
    assert_eq!(code, Some(78), "{said}");
    assert!(
        said.contains("listen.acme.external_account.secret_file: no such file in "),
        "{said}"
    );
    write_secret(&file, "c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgYW5kIGxvbmcgZW5vdWdo");
    relay.stop().await;
    let relay = lab.relay().await;
    eventually("the server refuses", async || {
        relay.certificate().await.contains("refuses (")
    })
    .await;
    write_secret(&file, &format!("{SECRET}\n"));
    eventually("a certificate is issued", async || {
        relay.certificate().await == "ok"
    })
    .await;
    relay.stop().await;
    assert!(!log::text().contains(SECRET) && !log::text().contains("SENTINEL-EXTERNAL"));
    for file in kept(&lab, "account-") {
        assert!(!fs::read_to_string(file).unwrap().contains(SECRET));
    }
}
