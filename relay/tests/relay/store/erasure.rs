//! Erasing personal data: what goes, what stays, and what says so.

use std::sync::Arc;

use stagedoor_ledger::{Entry, Record, Row};
use stagedoor_protocol::{ApprovalId, CustomerEmail, Decision, Outcome, OutcomeReport};
use stagedoor_relay::{
    config::Named,
    store::{
        ApprovalAnswer, ErasureOrder, ErasureScope, IntentAnswer, LoginFilter, NewApproval, StaffMember,
        Verdict, VerdictAnswer,
    },
};

use super::{Lab, MINTED, at, completion, intent, key_of};
use crate::support::app::new_id;

const CUSTOMER: &str = "jane@customers.example";

fn order(scope: ErasureScope, second: i64) -> ErasureOrder {
    ErasureOrder {
        scope,
        operator: "the data protection officer".to_owned(),
        reason: "request 17".to_owned(),
        at: at(second),
    }
}

/// Which parts of each row are there: `cs`, `c`, `s` or nothing.
fn parts(rows: &[Row]) -> Vec<&'static str> {
    let parts = |row: &Row| match (&row.customer, &row.staff) {
        (Some(_), Some(_)) => "cs",
        (Some(_), None) => "c",
        (None, Some(_)) => "s",
        (None, None) => "",
    };
    rows.iter().map(parts).collect()
}

async fn lab() -> Lab {
    let lab = Lab::new().await;
    let jane = intent(&lab.maria, CUSTOMER, 0);
    lab.login(&jane, MINTED).await;
    let report = OutcomeReport {
        outcome: Outcome::Failed,
        duration_milliseconds: None,
        cause: Some("window_failed".to_owned()),
    };
    assert!(
        lab.store
            .report_outcome(lab.maria.id, &jane.request_id, &report, at(2))
            .await
            .unwrap()
    );
    lab.login(&intent(&lab.tom, "joe@customers.example", 100), MINTED)
        .await;
    lab.login(&intent(&lab.tom, "Jane@Customers.Example", 200), MINTED)
        .await;
    let rows = lab.store.rows_from(0, 100).await.unwrap();
    assert_eq!(parts(&rows), ["cs", "", "c", "cs", "", "cs", ""]);
    lab
}

#[tokio::test]
async fn a_customer_is_erased_from_every_record_and_only_they() {
    let lab = lab().await;
    let scope = ErasureScope::Customer(CustomerEmail::parse("JANE@customers.example").unwrap());
    let erased = lab.store.erase(&order(scope.clone(), 300)).await.unwrap();
    assert_eq!((erased.records, erased.more), (3, false));

    let rows = lab.store.rows_from(0, 100).await.unwrap();
    assert_eq!(parts(&rows), ["s", "", "", "cs", "", "s", "", "s"]);
    let record = Record::decode(&rows[7].record).unwrap();
    let Entry::Erasure(erasure) = record.entry else {
        panic!("an erasure")
    };
    assert_eq!(erasure.sequences.to_string(), "0,2,5");
    assert_eq!(record.time, at(300));

    let by_customer = |address: &str| LoginFilter {
        customer: Some(CustomerEmail::parse(address).unwrap()),
        ..LoginFilter::default()
    };
    let found = lab.store.find_logins(&by_customer(CUSTOMER), 10).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    let others = lab
        .store
        .find_logins(&by_customer("joe@customers.example"), 10)
        .await
        .unwrap();
    assert_eq!(others.len(), 1);

    // Once more finds nothing, and records nothing.
    let again = lab.store.erase(&order(scope, 301)).await.unwrap();
    assert_eq!((again.records, again.more), (0, false));
    assert_eq!(lab.store.ledger_size().await.unwrap(), 8);
    // The customer may be opened again afterwards.
    let later = lab.store.record_intent(&intent(&lab.maria, CUSTOMER, 400)).await;
    assert_eq!(later.unwrap(), IntentAnswer::Recorded);
}

#[tokio::test]
async fn a_login_that_is_under_way_is_left_as_it_is() {
    let by_customer = ErasureScope::Customer(CustomerEmail::parse(CUSTOMER).unwrap());
    // By age the first erasure's own record goes, too.
    for (scope, afterwards) in [
        (by_customer, 1),
        (
            ErasureScope::Before {
                time: at(1000),
                end: u64::MAX,
            },
            2,
        ),
    ] {
        let lab = Lab::new().await;
        lab.login(&intent(&lab.maria, CUSTOMER, 0), MINTED).await;
        let open = intent(&lab.maria, CUSTOMER, 100);
        lab.store.record_intent(&open).await.unwrap();
        let erased = lab.store.erase(&order(scope.clone(), 110)).await.unwrap();
        assert_eq!((erased.records, erased.left, erased.more), (1, 1, false));
        let rows = lab.store.rows_from(0, 100).await.unwrap();
        assert_eq!(parts(&rows)[2], "cs");
        // It still holds its customer, is found, and ends as every other.
        let answer = lab.store.record_intent(&intent(&lab.tom, CUSTOMER, 111)).await;
        assert!(matches!(answer.unwrap(), IntentAnswer::Claimed(_)));
        lab.store
            .record_outcome(&open.request_id, &completion(MINTED, 112))
            .await
            .unwrap();
        let again = lab.store.erase(&order(scope, 120)).await.unwrap();
        assert_eq!((again.records, again.left), (afterwards, 0));
        assert_eq!(lab.database.count("claims").await, 0);
    }
}

#[tokio::test]
async fn what_is_old_loses_all_personal_parts() {
    let lab = lab().await;
    let erased = lab
        .store
        .erase(&order(
            ErasureScope::Before {
                time: at(200),
                end: u64::MAX,
            },
            300,
        ))
        .await
        .unwrap();
    assert_eq!((erased.records, erased.more), (3, false));
    let rows = lab.store.rows_from(0, 100).await.unwrap();
    assert_eq!(parts(&rows), ["", "", "", "", "", "cs", "", "s"]);
    let left = lab.store.find_logins(&LoginFilter::default(), 10).await.unwrap();
    assert_eq!(left.len(), 3, "that there was a login stays");
    lab.store.scrub().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_was_wrong_once_does_not_age_the_records_after_it() {
    let lab = Lab::new().await;
    let mut ids = Vec::new();
    // The sixth record, which a search by halves looks at first, is years older than all others.
    for second in [100, 101, 102, -300_000_000, 103, 104] {
        let customer = format!("c{second}@customers.example").replace('-', "m");
        let left = intent(&lab.maria, &customer, second);
        lab.store.record_intent(&left).await.unwrap();
        ids.push(left.request_id);
    }
    for id in ids {
        lab.store
            .record_outcome(&id, &completion(MINTED, 200))
            .await
            .unwrap();
    }
    let before = |second| {
        order(
            ErasureScope::Before {
                time: at(second),
                end: u64::MAX,
            },
            400,
        )
    };
    let erased = lab.store.erase(&before(-1000)).await.unwrap();
    let rows = lab.store.rows_from(0, 6).await.unwrap();
    assert!(erased.records <= 1, "{erased:?}");
    for (row, second) in rows.iter().zip([100, 101, 102, -300_000_000, 103, 104]) {
        assert!(row.customer.is_some() || second < 0, "record {}", row.sequence);
    }
    assert_eq!(
        lab.store.erase(&before(103)).await.unwrap().records + erased.records,
        4
    );
    assert_eq!(
        parts(&lab.store.rows_from(0, 6).await.unwrap()),
        ["", "", "", "", "cs", "cs"]
    );
}

/// They hold the customer's address and the reason, whether or not anything is recorded of the customer.
#[tokio::test]
async fn requests_for_approval_of_a_customer_go_with_them() {
    let lab = Lab::new().await;
    let asking = async |staff: &StaffMember, customer: &str| {
        let asked = intent(staff, customer, 0);
        let new = NewApproval {
            id: ApprovalId::parse(&new_id()).unwrap(),
            staff: staff.id,
            platform: asked.platform,
            customer: asked.customer_email,
            reason: asked.reason,
            ticket: None,
            page: None,
            requested_at: at(0),
            ends_at: at(600),
        };
        let answer = lab.store.ask_approval(&new).await.unwrap();
        assert_eq!(answer, ApprovalAnswer::Waits);
        new.id
    };
    let (first, second) = (
        asking(&lab.maria, CUSTOMER).await,
        asking(&lab.tom, CUSTOMER).await,
    );
    let other = asking(&lab.maria, "joe@customers.example").await;
    let decline = Verdict {
        id: second.clone(),
        key_id: key_of(&lab.maria),
        approvers: Named::All,
        terms: Arc::default(),
        decision: Decision::Decline,
        word: Some("no".to_owned()),
        at: at(1),
        ends_at: at(300),
    };
    let answer = lab.store.decide_approval(&decline).await.unwrap();
    assert!(matches!(answer, VerdictAnswer::Stands(_)));

    let jane = CustomerEmail::parse("JANE@customers.example").unwrap();
    assert_eq!(lab.store.count_approvals(&jane).await.unwrap(), 2);
    let scope = ErasureScope::Customer(jane.clone());
    let erased = lab.store.erase(&order(scope.clone(), 300)).await.unwrap();
    assert_eq!((erased.records, erased.requests, erased.more), (0, 2, false));
    assert_eq!(lab.store.count_approvals(&jane).await.unwrap(), 0);
    for gone in [first, second] {
        assert!(lab.store.approval(&gone).await.unwrap().is_none());
    }
    assert!(lab.store.approval(&other).await.unwrap().is_some());
    assert_eq!(
        lab.store.ledger_size().await.unwrap(),
        0,
        "there is no record to say it of"
    );
    // Together with records; by age they are left to go by themselves.
    lab.login(&intent(&lab.maria, CUSTOMER, 100), MINTED).await;
    asking(&lab.tom, CUSTOMER).await;
    let old = ErasureScope::Before {
        time: at(50),
        end: u64::MAX,
    };
    assert_eq!(lab.store.erase(&order(old, 301)).await.unwrap().requests, 0);
    let erased = lab.store.erase(&order(scope, 302)).await.unwrap();
    assert_eq!((erased.records, erased.requests), (1, 1));
}

/// PostgreSQL keeps old versions of rows, and the document says of which tables.
#[test]
fn the_document_names_each_table_that_an_erasure_takes_from() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/postgres.md");
    let document = std::fs::read_to_string(path).unwrap();
    let line = document
        .lines()
        .find(|line| line.starts_with("VACUUM FULL "))
        .unwrap();
    for table in ["openings", "logins", "claims", "approvals"] {
        assert!(line.contains(table), "{table}: {line}");
    }
}
