//! The arithmetic of limits, over times that jump in every direction.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// Rows as a store keeps them.
#[derive(Default)]
struct Rows(HashMap<(Limit, String), LimitRow>);

impl Rows {
    fn ask(&mut self, uses: &LimitUses, now: i64) -> Judged {
        let key = |wanted: &LimitUse| (wanted.limit, wanted.key.clone());
        let judged = judge(uses, now, |wanted| self.0.get(&key(wanted)).copied());
        match &judged {
            Judged::Admitted(rows) => {
                for (wanted, row) in uses.uses.iter().zip(rows) {
                    self.0.insert(key(wanted), *row);
                }
            }
            Judged::Busy(_, Some((place, row))) | Judged::Reached(_, Some((place, row))) => {
                self.0.insert(key(&uses.uses[*place]), *row);
            }
            _ => {}
        }
        judged
    }

    fn admits(&mut self, uses: &LimitUses, now: i64) -> bool {
        matches!(self.ask(uses, now), Judged::Admitted(_))
    }
}

fn uses(limits: &[(Limit, u32)]) -> LimitUses {
    let wanted = |(limit, most): &(Limit, u32)| LimitUse {
        limit: *limit,
        key: "7".to_owned(),
        most: *most,
    };
    LimitUses {
        uses: limits.iter().map(wanted).collect(),
        turn: Turn::Now,
    }
}

/// 2023-11-14 22:13:20 UTC.
const START: i64 = 1_700_000_000_000;

#[test]
fn so_many_pass_at_once_and_then_one_after_the_other() {
    for (limit, period) in [
        (Limit::StaffPerMinute, MINUTE),
        (Limit::ProfilePerMinute, MINUTE),
        (Limit::CustomerPerHour, HOUR),
    ] {
        let (mut rows, six) = (Rows::default(), uses(&[(limit, 6)]));
        let passed = (0..10).filter(|_| rows.admits(&six, START)).count();
        assert_eq!(passed, 6, "{limit:?}");
        let Judged::Reached(reached, None) = rows.ask(&six, START) else {
            panic!("told twice");
        };
        let wait = i64::try_from(reached.wait.as_millis()).unwrap();
        assert_eq!((wait, reached.most, reached.first), (period / 6, 6, false));
        assert!(!rows.admits(&six, START + wait - 1));
        assert!(rows.admits(&six, START + wait));
        assert!(!rows.admits(&six, START + wait));
        let later = START + wait + period;
        assert_eq!((0..10).filter(|_| rows.admits(&six, later)).count(), 6);
    }
}

#[test]
fn a_day_is_a_day_of_utc() {
    let (mut rows, three) = (Rows::default(), uses(&[(Limit::StaffPerDay, 3)]));
    assert_eq!((0..5).filter(|_| rows.admits(&three, START)).count(), 3);
    let midnight = START + (3600 + 46 * 60 + 40) * 1000;
    let Judged::Reached(reached, _) = rows.ask(&three, midnight - 1) else {
        panic!("let through");
    };
    assert_eq!(reached.wait, Duration::from_millis(1));
    assert_eq!((0..5).filter(|_| rows.admits(&three, midnight)).count(), 3);
    // A relay that is a second behind, and one whose clock was set back by a week.
    assert!(!rows.admits(&three, midnight - 1000));
    assert!(!rows.admits(&three, midnight - 7 * DAY));
    assert!(rows.admits(&three, midnight + DAY));
}

#[test]
fn the_limit_of_a_broker_holds_in_any_minute() {
    for most in [10, 11, 99, 400] {
        let (mut rows, broker) = (Rows::default(), uses(&[(Limit::BrokerPerMinute, most)]));
        let mut passed = Vec::new();
        for now in (START..START + 3 * MINUTE).step_by(50) {
            while rows.admits(&broker, now) {
                passed.push(now);
            }
        }
        let in_minute = |begin: i64| {
            passed
                .iter()
                .filter(|at| (begin..begin + MINUTE).contains(*at))
                .count()
        };
        let fullest = passed.iter().map(|at| in_minute(*at)).max().unwrap();
        assert!(fullest <= most as usize, "{most}: {fullest}");
        assert!(fullest * 10 >= most as usize * 9, "{most}: {fullest}");
    }
}

#[test]
fn a_login_that_one_limit_refuses_is_counted_in_no_other() {
    let both = uses(&[(Limit::StaffPerMinute, 5), (Limit::CustomerPerHour, 2)]);
    let (mut rows, staff) = (Rows::default(), uses(&[(Limit::StaffPerMinute, 5)]));
    assert_eq!((0..20).filter(|_| rows.admits(&both, START)).count(), 2);
    assert_eq!((0..20).filter(|_| rows.admits(&staff, START)).count(), 3);
}

#[test]
fn whoever_is_over_a_limit_of_their_own_does_not_wait_for_the_broker() {
    let mut both = uses(&[(Limit::BrokerPerMinute, 10), (Limit::StaffPerMinute, 1)]);
    both.turn = Turn::Wait;
    let mut rows = Rows::default();
    assert!(rows.admits(&both, START));
    let Judged::Reached(reached, Some(_)) = rows.ask(&both, START) else {
        panic!("waits");
    };
    assert_eq!(reached.limit, Limit::StaffPerMinute);
    let mut other = uses(&[(Limit::BrokerPerMinute, 10)]);
    other.turn = Turn::Wait;
    // 9 a minute after the first.
    assert_eq!(
        rows.ask(&other, START),
        Judged::Busy(Duration::from_millis(6667), None)
    );
    other.turn = Turn::Now;
    assert!(matches!(
        rows.ask(&other, START),
        Judged::Reached(LimitReached { first: true, .. }, Some(_))
    ));
}

#[test]
fn whoever_gave_up_takes_no_turn_from_those_who_wait() {
    let mut given_up = uses(&[(Limit::BrokerPerMinute, 10), (Limit::StaffPerMinute, 9)]);
    let mut waiting = given_up.clone();
    (given_up.turn, waiting.turn) = (Turn::Never, Turn::Wait);
    let mut rows = Rows::default();
    for _ in 0..20 {
        assert!(!rows.admits(&given_up, START));
    }
    assert!(rows.admits(&waiting, START));
    assert!(matches!(rows.ask(&waiting, START), Judged::Busy(..)));
    let later = START + MINUTE;
    assert!(!rows.admits(&given_up, later));
    assert!(rows.admits(&waiting, later));
}

#[test]
fn it_is_told_once_in_a_period() {
    let (mut rows, one) = (Rows::default(), uses(&[(Limit::CustomerPerHour, 1)]));
    rows.admits(&one, START);
    let mut told = 0;
    for minute in 0..150 {
        // Every one that would pass is taken by the loop itself.
        match rows.ask(&one, START + minute * MINUTE) {
            Judged::Reached(reached, _) => told += i32::from(reached.first),
            _ => assert_eq!(minute % 60, 0),
        }
    }
    assert_eq!(told, 3);
}

#[test]
fn a_change_of_the_configuration_counts_at_once() {
    let mut rows = Rows::default();
    for (limit, more) in [(Limit::StaffPerMinute, 3), (Limit::StaffPerDay, 3)] {
        let two = uses(&[(limit, 2)]);
        assert_eq!((0..5).filter(|_| rows.admits(&two, START)).count(), 2);
        assert_eq!(
            (0..5)
                .filter(|_| rows.admits(&uses(&[(limit, 2 + more)]), START))
                .count(),
            3
        );
        assert!(!rows.admits(&two, START));
    }
}

proptest! {
    /// However the clock jumps: nothing is let through beyond the limit without time going by, and nobody waits for more than
    /// two periods.
    #[test]
    fn no_jump_of_the_clock_opens_or_closes_for_good(
        most in 1..50_u32,
        steps in prop::collection::vec(-400_000_000..400_000_000_i64, 1..40),
        limit in prop::sample::select(vec![
            Limit::StaffPerMinute, Limit::StaffPerDay, Limit::CustomerPerHour, Limit::BrokerPerMinute]),
    ) {
        let most = most.max(10);
        let (mut rows, wanted) = (Rows::default(), uses(&[(limit, most)]));
        let mut now = START;
        let (mut forward, mut back) = (0, 0);
        let mut passed = 0;
        for step in steps {
            now += step;
            forward += step.max(0);
            back += i64::from(step < -DAY);
            while rows.admits(&wanted, now) {
                passed += 1;
            }
            let Judged::Reached(reached, _) = rows.ask(&wanted, now) else { panic!("let through") };
            prop_assert!(reached.wait <= Duration::from_millis(2 * limit.period().unsigned_abs()), "{:?}", reached);
        }
        let later = now + 2 * limit.period();
        prop_assert!(rows.admits(&wanted, later), "it stays closed");
        // A clock that goes back by days may meet midnight once more.
        let midnights = if limit == Limit::StaffPerDay { 1 + back } else { 0 };
        let periods = 2 + forward / limit.period() + midnights;
        prop_assert!(i64::from(passed) <= i64::from(most) * periods, "{} in {}", passed, periods);
    }

    #[test]
    fn rows_that_somebody_wrote_by_hand_end_in_no_panic(
        since in any::<i32>(), used in any::<i32>(), most in 1..1_000_000_u32,
        limit in prop::sample::select(vec![Limit::StaffPerMinute, Limit::StaffPerDay, Limit::BrokerPerMinute]),
    ) {
        let row = LimitRow { since: i64::from(since) * 1000, used: used.into(), told: Some(since.into()), ends: 0 };
        judge(&uses(&[(limit, most)]), START, |_| Some(row));
    }
}
