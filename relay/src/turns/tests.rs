//! Lines without a clock: attempts pass when the test lets them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    sync::Semaphore,
    task::{JoinSet, yield_now},
};

use super::*;

const LONG: Duration = Duration::from_secs(600);

#[test]
fn who_floods_waits_behind_themselves() {
    let mut line = Line::default();
    for ticket in 0..MOST_OF_ONE {
        assert!(line.join(StaffId(1), (1, ticket)));
    }
    assert!(!line.join(StaffId(1), (1, 99)), "no more of one person");
    for who in [2, 3] {
        assert!(line.join(StaffId(who), (who, 0)));
    }
    assert!(line.join(StaffId(2), (2, 1)));
    let order: Vec<_> = std::iter::from_fn(|| line.next()).collect();
    let beginning = [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (1, 2), (1, 3)];
    assert_eq!(order[..7], beginning);
    assert_eq!((order.len(), line.waiting), (MOST_OF_ONE + 3, 0));
}

#[test]
fn a_line_is_bounded() {
    let mut line = Line::default();
    let joined = (0..1000).filter(|who| line.join(StaffId(*who), ())).count();
    assert_eq!(joined, MOST);
}

/// A broker whose turns a test gives out, and the order in which people got one.
struct Broker {
    turns: Arc<Turns>,
    /// One permit lets one attempt be answered.
    asked: Semaphore,
    /// Turns that are still to be had.
    granted: AtomicUsize,
    served: Mutex<Vec<i64>>,
}

impl Broker {
    async fn login(self: Arc<Self>, who: i64) {
        let mut place = self.turns.place("broker", StaffId(who), LONG);
        assert!(place.may_ask().await);
        loop {
            self.asked.acquire().await.unwrap().forget();
            let take = |left: usize| left.checked_sub(1);
            if self
                .granted
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok()
            {
                self.served.lock().unwrap().push(who);
                return;
            }
            assert!(place.may_ask_again(Duration::ZERO).await);
        }
    }

    async fn until(&self, waiting: usize) {
        while self.turns.waiting("broker") != waiting {
            yield_now().await;
        }
    }
}

#[tokio::test]
async fn turns_go_round_among_people() {
    let broker = Arc::new(Broker {
        turns: Arc::default(),
        asked: Semaphore::new(0),
        granted: AtomicUsize::new(0),
        served: Mutex::default(),
    });
    let mut logins = JoinSet::new();
    // The first finds no line, is told that the broker is busy, and makes one.
    logins.spawn(broker.clone().login(1));
    broker.asked.add_permits(1);
    while !broker.turns.has_line("broker") {
        yield_now().await;
    }
    for (waiting, who) in [1, 1, 1, 1, 2, 3, 2].into_iter().enumerate() {
        logins.spawn(broker.clone().login(who));
        broker.until(waiting + 1).await;
    }
    for _ in 0..8 {
        broker.granted.fetch_add(1, Ordering::SeqCst);
        broker.asked.add_permits(1);
        logins.join_next().await.unwrap().unwrap();
    }
    assert_eq!(*broker.served.lock().unwrap(), [1, 1, 2, 3, 1, 2, 1, 1]);
    assert!(!broker.turns.has_line("broker"), "nobody is left behind");
}

#[tokio::test]
async fn nobody_waits_for_longer_than_their_patience() {
    let turns = Arc::new(Turns::default());
    let (moment, short) = (Duration::from_millis(20), Duration::from_millis(5));
    let mut hasty = turns.place("b", StaffId(1), moment);
    assert!(hasty.may_ask().await);
    assert!(!hasty.may_ask_again(LONG).await, "a long wait is told at once");
    assert!(!turns.has_line("b"));
    // However often the turn is said to be near, it ends.
    while hasty.may_ask_again(short).await {}
    drop(hasty);

    let mut head = turns.place("b", StaffId(1), LONG);
    assert!(head.may_ask_again(short).await);
    let mut second = turns.place("b", StaffId(2), moment);
    assert!(!second.may_ask().await, "the first keeps the head");
    drop(head);
    assert!(!turns.has_line("b"), "nobody is called who has given up");
}

#[tokio::test]
async fn whoever_gives_up_or_fails_leaves_the_line_to_the_others() {
    let turns = Arc::new(Turns::default());
    let mut head = turns.place("b", StaffId(1), LONG);
    assert!(head.may_ask_again(Duration::ZERO).await);
    let mut waiting = JoinSet::new();
    let mut aborted = Vec::new();
    for who in 2..6 {
        let turns = turns.clone();
        let wait = async move { turns.place("b", StaffId(who), LONG).may_ask().await };
        let handle = waiting.spawn(wait);
        if who % 2 == 0 {
            aborted.push(handle);
        }
    }
    while turns.waiting("b") < 4 {
        yield_now().await;
    }
    aborted.iter().for_each(tokio::task::AbortHandle::abort);
    drop(head);
    let mut asked = 0;
    while let Some(ended) = waiting.join_next().await {
        asked += i32::from(ended.unwrap_or(false));
    }
    assert_eq!(asked, 2);
    assert!(!turns.has_line("b"));
}
