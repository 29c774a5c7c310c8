//! What `config check` says of a certificate and its key.

use std::fs;

use crate::support::{
    certificate::{Pair, files_in, set_mode, write_secret},
    installation::Installation,
};

#[tokio::test]
async fn the_check_finds_what_is_wrong_with_a_certificate() {
    let installation = Installation::new().await;
    let folder = installation.folder.path();
    let files = files_in(folder);
    let lines = format!(
        "[listen]\ntls_certificate_file = {:?}\ntls_key_file = {:?}",
        files.certificate, files.key
    );
    installation.change_config("[listen]", &lines);
    let pair = Pair::with(|params| params.not_after = rcgen::date_time_ymd(2999, 1, 1));
    let (other, old, new) = (
        Pair::new(),
        Pair::with(|params| params.not_after = rcgen::date_time_ymd(2001, 1, 1)),
        Pair::with(|params| params.not_before = rcgen::date_time_ymd(2999, 1, 1)),
    );
    let leaf_last = format!("{}{}", other.certificate_pem, pair.certificate_pem);
    let key_lines = pair.key_pem.lines().collect::<Vec<_>>();
    let cut = key_lines[..2].join("\n");
    let torn = [
        key_lines[0],
        key_lines[1].split_at(40).0,
        key_lines[key_lines.len() - 1],
    ]
    .join("\n");
    let garbled = pair.key_pem.replacen('M', "*", 1);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let check = async |certificate: Option<&str>, key: Option<&str>| {
        for (path, text) in [(&files.certificate, certificate), (&files.key, key)] {
            let _ = fs::remove_file(path);
            if let Some(text) = text {
                write_secret(path, text);
            }
        }
        let output = installation.run(&["config", "check"]).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !said.contains("PRIVATE KEY") && !said.contains(pair.key_pem.lines().nth(1).unwrap()),
            "{said}"
        );
        (output.status.code(), said)
    };
    let (good, key) = (Some(pair.certificate_pem.as_str()), Some(pair.key_pem.as_str()));
    for (certificate, key, at, says) in [
        (None, key, "certificate", "cannot be read"),
        (good, None, "key", "cannot be read"),
        (Some("x"), key, "certificate", "holds no certificate in PEM form"),
        (key, key, "certificate", "holds no certificate in PEM form"),
        (good, Some("x"), "key", "holds no private key in PEM form"),
        (good, good, "key", "holds no private key in PEM form"),
        (good, Some(encrypted), "key", "that is not encrypted"),
        (
            good,
            Some(cut.as_str()),
            "key",
            "the block of the key has no end; copy the file again",
        ),
        (
            good,
            Some(torn.as_str()),
            "key",
            "the block of the key is cut off",
        ),
        (
            good,
            Some(garbled.as_str()),
            "key",
            "the block of the key is not base64",
        ),
        (
            Some(leaf_last.as_str()),
            key,
            "certificate",
            "in the wrong order: the key is that of certificate 2; put the relay's own certificate first",
        ),
        (
            good,
            Some(other.key_pem.as_str()),
            "key",
            "is not the key of the certificate",
        ),
        (
            Some(&old.certificate_pem),
            Some(&old.key_pem),
            "certificate",
            "expired at 2001-01-01",
        ),
        (
            Some(&new.certificate_pem),
            Some(&new.key_pem),
            "certificate",
            "not valid before 2999",
        ),
    ] {
        let (code, said) = check(certificate, key).await;
        assert_eq!(code, Some(78), "{said}");
        assert!(
            said.contains(&format!("listen.tls_{at}_file: ")) && said.contains(says),
            "{says}: {said}"
        );
    }
    let (_, both) = check(None, None).await;
    assert!(
        both.contains("listen.tls_certificate_file: ") && both.contains("listen.tls_key_file: "),
        "{both}"
    );
    // The start says the same.
    let output = installation.run(&["serve"]).await;
    assert_eq!(output.status.code(), Some(78), "{output:?}");

    let (code, said) = check(good, key).await;
    assert_eq!((code, said.as_str()), (Some(0), ""));
    set_mode(&files.key, 0o644);
    installation.change_config("[\"127.0.0.1:0\"]", "[\"127.0.0.1:0\", \"nowhere.example\"]");
    let output = installation.run(&["config", "check"]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("warning: listen.tls_key_file: ") && said.contains("every user of this machine"),
        "{said}"
    );
    assert!(said.contains("is not for nowhere.example,"), "{said}");
}
