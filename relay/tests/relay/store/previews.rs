//! Looks at accounts as the store counts them.

use std::time::Duration;

use futures_util::future::join_all;
use stagedoor_protocol::CustomerEmail;
use stagedoor_relay::store::{Limit, LimitUse, LimitUses, NewPreview, PreviewAnswer, Turn};

use super::{Lab, at};

fn preview(customer: &str, second: i64, limits: &[(Limit, &str, u32)]) -> NewPreview {
    let wanted = |(limit, key, most): &(Limit, &str, u32)| LimitUse {
        limit: *limit,
        key: (*key).to_owned(),
        most: *most,
    };
    NewPreview {
        customer: CustomerEmail::parse(customer).unwrap(),
        limits: LimitUses {
            uses: limits.iter().map(wanted).collect(),
            turn: Turn::Now,
        },
        at: at(second),
    }
}

#[tokio::test]
async fn two_relays_count_together_and_tell_once() {
    let lab = Lab::new().await;
    let stores = [lab.store.clone(), lab.second_store().await];
    let limits = [
        (Limit::StaffPreviewsPerHour, "1", 17),
        (Limit::BrokerPreviewsPerMinute, "https://broker.example", 1000),
    ];
    let attempts = (0..40).map(|number| {
        let store = stores[number % 2].clone();
        let new = preview("jane@customers.example", 0, &limits);
        tokio::spawn(async move { store.count_preview(&new).await.unwrap() })
    });
    let answers: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
    let counted = answers.iter().filter(|answer| **answer == PreviewAnswer::Counted);
    assert_eq!(counted.count(), 17);
    let first = |answer: &&PreviewAnswer| matches!(answer, PreviewAnswer::Limited(reached) if reached.first);
    assert_eq!(answers.iter().filter(first).count(), 1);
    // The hour over: another one comes in each 17th part of it.
    let next = |second| preview("jane@customers.example", second, &limits);
    let early = stores[1].count_preview(&next(211)).await.unwrap();
    assert!(
        matches!(early, PreviewAnswer::Limited(reached) if reached.limit == Limit::StaffPreviewsPerHour),
        "{early:?}"
    );
    assert_eq!(
        stores[1].count_preview(&next(212)).await.unwrap(),
        PreviewAnswer::Counted
    );
    assert_eq!(lab.store.ledger_size().await.unwrap(), 0, "it is no login");
}

#[tokio::test]
async fn a_broker_has_half_of_a_minutes_looks_at_once() {
    let lab = Lab::new().await;
    let limits = [(Limit::BrokerPreviewsPerMinute, "https://broker.example", 10)];
    let look = async |second| {
        let new = preview("jane@customers.example", second, &limits);
        lab.store.count_preview(&new).await.unwrap()
    };
    for _ in 0..5 {
        assert_eq!(look(0).await, PreviewAnswer::Counted);
    }
    let PreviewAnswer::Limited(reached) = look(0).await else {
        panic!("there are five at once")
    };
    assert_eq!((reached.most, reached.wait), (10, Duration::from_secs(12)));
    assert_eq!(look(12).await, PreviewAnswer::Counted);
    assert!(matches!(look(12).await, PreviewAnswer::Limited(_)));
}

#[tokio::test]
async fn of_staff_nothing_is_counted_and_rows_that_do_not_matter_go() {
    let lab = Lab::new().await;
    let limits = [(Limit::StaffPreviewsPerHour, "1", 1)];
    let colleague = preview(&lab.maria.email.as_str().to_uppercase(), 0, &limits);
    assert_eq!(
        lab.store.count_preview(&colleague).await.unwrap(),
        PreviewAnswer::CustomerIsStaff
    );
    let jane = preview("jane@customers.example", 0, &limits);
    assert_eq!(
        lab.store.count_preview(&jane).await.unwrap(),
        PreviewAnswer::Counted
    );
    lab.store.forget_stale(at(3599)).await.unwrap();
    assert!(matches!(
        lab.store.count_preview(&jane).await.unwrap(),
        PreviewAnswer::Limited(_)
    ));
    assert_eq!(lab.store.forget_stale(at(3601)).await.unwrap(), 1);
}
