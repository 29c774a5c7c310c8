//! The root that the ACME server's own certificate leads to.

use std::fs;

use stagedoor_relay::config::{Config, Keys};

use super::{Lab, eventually, log};

#[tokio::test]
async fn another_root_on_the_disk_is_taken_over_and_one_that_is_none_is_not() {
    let lab = Lab::new().await;
    let right = fs::read_to_string(lab.root_file()).unwrap();
    fs::write(lab.root_file(), super::Pair::new().certificate_pem).unwrap();
    let _server = lab.start_server().await;
    let relay = lab.relay().await;
    let says = async |part: &str| {
        eventually(part, async || relay.certificate().await.contains(part)).await;
    };
    says("name its root in listen.acme.root_certificate_file").await;
    // What is wrong with the file is said beside what came of the last attempt, and neither hides the other.
    fs::write(lab.root_file(), "no certificate").unwrap();
    eventually("both are said", async || {
        let status = relay.certificate().await;
        status.contains("name its root in") && status.contains("holds no certificate in PEM form")
    })
    .await;
    fs::write(lab.root_file(), &right).unwrap();
    eventually("a certificate is in use", async || {
        relay.certificate().await == "ok"
    })
    .await;

    fs::write(lab.root_file(), "no certificate").unwrap();
    lab.installation
        .change_config("[health]", "# Nothing of this waits for the root.\n[health]");
    let changed = Config::load(&lab.installation.config(), Keys::Skip).unwrap();
    says("holds no certificate in PEM form; name the file of the authority's certificate; until then the former one is trusted").await;
    eventually("the rest of the configuration is in use", async || {
        let log = log::mine();
        let mut lines = log.lines();
        lines.any(|line| line.contains("was read again and is in use") && line.contains(&changed.version))
    })
    .await;
    fs::write(lab.root_file(), &right).unwrap();
    eventually("it is as it was", async || relay.certificate().await == "ok").await;
    relay.stop().await;
}
