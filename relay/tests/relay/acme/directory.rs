//! `config check --connect`: does an ACME server answer?

use serde_json::json;

use super::{Lab, Pair};

/// The exit code, and the line about it.
async fn check(lab: &Lab) -> (Option<i32>, String) {
    let output = lab.installation.run(&["config", "check", "--connect"]).await;
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said.lines().find(|line| line.starts_with("listen.acme: "));
    (output.status.code(), line.unwrap_or(&said).to_owned())
}

#[tokio::test]
async fn the_server_is_asked_for_its_directory_and_nothing_else() {
    let lab = Lab::new().await;
    let (code, said) = check(&lab).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("cannot be asked (it cannot be connected to")
            && said.contains("let this machine reach it by https"),
        "{said}"
    );

    let server = lab.start_server().await;
    let answers = format!(
        "listen.acme: the ACME server https://{}:14000/dir answers",
        lab.ip
    );
    assert_eq!(check(&lab).await, (Some(0), answers.clone()));
    assert_eq!((server.accounts(), server.orders()), (0, 0));
    assert!(!lab.cache().exists());
    lab.installation.change_config(":14000/dir", ":14000/elsewhere");
    let (code, said) = check(&lab).await;
    assert!(code == Some(1) && said.contains("cannot be asked (it"), "{said}");
    lab.installation.change_config(":14000/elsewhere", ":14000/dir");
    let root = std::fs::read_to_string(lab.root_file()).unwrap();
    std::fs::write(lab.root_file(), Pair::new().certificate_pem).unwrap();
    let (code, said) = check(&lab).await;
    assert!(
        code == Some(1) && said.contains("listen.acme.root_certificate_file"),
        "{said}"
    );
    std::fs::write(lab.root_file(), root).unwrap();
    drop(server);

    let mut lab = Lab::new().await;
    lab.start_pebble_with(json!({"externalAccountBindingRequired": true}))
        .await;
    let (code, said) = check(&lab).await;
    assert!(
        code == Some(1) && said.contains("[listen.acme.external_account]"),
        "{said}"
    );
    lab.stop_pebble().await;
    lab.start_pebble().await;
    assert_eq!(check(&lab).await.0, Some(0));
}
