//! That it asks before anything goes, requests for approval too, and afterwards says what went, whatever ended meanwhile.

use std::{fs::File, io::Read};

use stagedoor_protocol::ApprovalId;
use stagedoor_relay::store::{ApprovalAnswer, NewApproval};
use tokio::process::Child;

use super::*;
use crate::support::app::new_id;

/// Of whom there is no record.
const ANN: &str = "ann@customers.example";

impl Books {
    /// Maria asks for approval to open a customer.
    async fn ask_for(&self, customer: &str) {
        let maria = enrol(&*self.store, "maria@broker.example", "Maria").await;
        let asked = intent(&maria, customer, 0);
        let new = NewApproval {
            id: ApprovalId::parse(&new_id()).unwrap(),
            staff: maria.id,
            platform: asked.platform,
            customer: asked.customer_email,
            reason: asked.reason,
            ticket: None,
            page: None,
            requested_at: at(0),
            ends_at: at(600),
        };
        let answer = self.store.ask_approval(&new).await.unwrap();
        assert_eq!(answer, ApprovalAnswer::Waits);
    }

    /// Begins to erase a customer on a terminal of its own.
    fn begin(&self, customer: &str) -> (File, Child) {
        let (terminal, other_end) = terminal();
        let child = self
            .installation
            .command(&[&["ledger", "erase", "--customer", customer], &ORDER[..4]].concat())
            .stdin(other_end.try_clone().unwrap())
            .stderr(other_end)
            .spawn()
            .unwrap();
        (terminal, child)
    }
}

/// All that is shown until the question, or until the program has ended, after which a terminal fails.
async fn shown(mut terminal: File, until: &'static str) -> (File, String) {
    let reading = move || {
        let (mut shown, mut byte) = (Vec::new(), [0]);
        while until.is_empty() || !String::from_utf8_lossy(&shown).ends_with(until) {
            match terminal.read(&mut byte) {
                Ok(1) => shown.extend(byte),
                _ => break,
            }
        }
        (terminal, String::from_utf8(shown).unwrap())
    };
    tokio::task::spawn_blocking(reading).await.unwrap()
}

#[tokio::test]
async fn requests_for_approval_of_which_there_is_no_record_are_asked_about_too() {
    let books = Books::new().await;
    books.ask_for(ANN).await;
    let erase = [&["ledger", "erase", "--customer", ANN], &ORDER[..4]].concat();
    let error = books.fails(1, &erase).await;
    assert!(
        error.contains("This deletes 1 request for approval of the customer")
            && error.contains("nothing was erased: without a terminal to ask on, add --yes"),
        "{error}"
    );
    assert!(
        !error.contains("This erases") && !error.contains(ANN),
        "there is no record: {error}"
    );
    assert_eq!(books.database.count("approvals").await, 1);

    let (mut terminal, mut child) = books.begin(ANN);
    terminal.write_all(format!("{JANE}\n").as_bytes()).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(1));
    assert_eq!(books.database.count("approvals").await, 1);

    let (mut terminal, mut child) = books.begin(ANN);
    terminal.write_all(format!("{ANN}\n").as_bytes()).unwrap();
    let (_, said) = shown(terminal, "").await;
    assert_eq!(child.wait().await.unwrap().code(), Some(0), "{said}");
    assert!(
        said.contains("Deleted of this customer: 1 request for approval.") && !said.contains("personal data"),
        "{said}"
    );
    assert_eq!(books.database.count("approvals").await, 0);

    // Where there is nothing, there is nothing to ask.
    let output = books.run(&erase).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && said.contains("Nothing is recorded that is to be erased."),
        "{said}"
    );
}

#[tokio::test]
async fn a_login_that_ends_while_it_asks_is_erased_and_told() {
    let books = Books::new().await;
    books.ask_for(JANE).await;
    let (terminal, mut child) = books.begin(JANE);
    let (mut terminal, said) = shown(terminal, "go on: ").await;
    assert!(
        said.contains("from 2 records")
            && said.contains("deletes 1 request for approval")
            && said.contains("1 login is under way: what has ended by the time you go on is erased, too."),
        "{said}"
    );
    books.end_the_last().await;
    terminal.write_all(format!("{JANE}\n").as_bytes()).unwrap();
    let (_, said) = shown(terminal, "").await;
    assert_eq!(child.wait().await.unwrap().code(), Some(0), "{said}");
    assert!(
        said.contains("The personal data of 3 records is erased.") && said.contains("1 request for approval"),
        "{said}"
    );
    assert!(!said.contains("NOT EVERYTHING"), "{said}");
    assert_eq!(books.findings(&[]).await, []);
}
