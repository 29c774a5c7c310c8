//! Commands whose configuration has faults: who is told all the same, and that it is said if nobody is.

use std::fs;

use super::{binary::add, *};
use crate::support::installation::Installation;

const EVENTS: &str = "events = [\"staff.disabled\"]";

/// Appends to the configuration, and gives back what it was.
fn append(installation: &Installation, lines: &str) -> String {
    let text = fs::read_to_string(installation.config()).unwrap();
    fs::write(installation.config(), format!("{text}\n{lines}\n")).unwrap();
    text
}

async fn disable(installation: &Installation) -> String {
    let output = installation.run(&["staff", "disable", STAFF]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.contains("Disabled."), "{said}");
    said
}

#[tokio::test]
async fn a_fault_elsewhere_in_the_file_keeps_no_message_from_the_webhooks() {
    let receiver = Receiver::start().await;
    let installation = Installation::on_engine().await;
    installation.invite().await;
    add(&installation, "soc", &receiver.address.to_string(), EVENTS);
    let good = append(&installation, "[unheard-of]\nkey = 1");
    let said = disable(&installation).await;
    assert!(
        said.contains("warning: unheard-of") && !said.contains("no webhook"),
        "{said}"
    );
    fs::write(installation.config(), good).unwrap();
    let _serving = installation.serve().await;
    eventually("it is told", async || receiver.received().len() == 1).await;
    assert_eq!(receiver.types(), ["staff.disabled"]);
}

#[tokio::test]
async fn a_fault_of_a_webhook_lets_the_command_work_and_say_that_nobody_is_told() {
    let receiver = Receiver::start().await;
    let installation = Installation::on_engine().await;
    installation.invite().await;
    let address = receiver.address.to_string();
    add(&installation, "soc", &address, EVENTS);
    add(&installation, "audit", &address, "events = [\"staff.disabeld\"]");
    let said = disable(&installation).await;
    let (fault, done) = said.split_once("\"action\":\"disable\"").unwrap();
    assert!(fault.contains("warning: webhook[1].events"), "{said}");
    assert!(
        done.contains("no webhook is told of it, because [[webhook]] in the configuration has faults")
            && done.contains("Tell whoever should know yourself"),
        "{said}"
    );
    assert_eq!(installation.records().await.count("outbox").await, 0);
}
