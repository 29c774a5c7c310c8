//! What an ACME server that is broken, or means harm, cannot do.

use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use stagedoor_relay::clock::{Clock, SystemClock};

use super::{
    Lab, eventually, kept,
    lab::{DOMAIN, OTHER, Running},
    log, old_pair,
    server::{Mood, Server, Unproven},
    write_secret,
};

const DAY: u64 = 24 * 3600;

/// The machine's clock, which a test can put forward or break, and which counts who looks at it.
struct Watch {
    clock: SystemClock,
    ahead: Mutex<Duration>,
    looks: AtomicUsize,
    broken: AtomicBool,
}

impl Watch {
    fn new() -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self {
            clock: SystemClock::new(),
            ahead: Mutex::default(),
            looks: AtomicUsize::default(),
            broken: AtomicBool::default(),
        })
    }

    fn put_forward(&self, seconds: u64) {
        *self.ahead.lock().unwrap() += Duration::from_secs(seconds);
    }

    fn ahead(&self) -> Duration {
        assert!(!self.broken.load(Ordering::SeqCst), "a clock that a test broke");
        *self.ahead.lock().unwrap()
    }

    /// Waits until whoever looks after the certificate has looked some times more.
    async fn some_looks(&self) {
        let wanted = self.looks.load(Ordering::SeqCst) + 5;
        eventually("the time was looked at", async || {
            self.looks.load(Ordering::SeqCst) >= wanted
        })
        .await;
    }
}

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        self.clock.now() + self.ahead()
    }

    fn elapsed(&self) -> Duration {
        self.looks.fetch_add(1, Ordering::SeqCst);
        self.clock.elapsed() + self.ahead()
    }
}

async fn says(relay: &Running, part: &str) {
    eventually(part, async || relay.certificate().await.contains(part)).await;
}

async fn is_well(relay: &Running) {
    eventually("a certificate is in use", async || {
        relay.certificate().await == "ok"
    })
    .await;
}

async fn shows_what_was_issued(lab: &Lab, server: &Server) {
    eventually("a certificate is shown", async || {
        lab.shown(&server.root).await.is_some()
    })
    .await;
}

#[tokio::test]
async fn a_pause_that_no_clock_can_add_ends_one_attempt() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    server.be(Mood {
        pause: Some("18446744073709551615"),
        ..Mood::default()
    });
    let relay = lab.relay().await;
    says(&relay, "was not done in time").await;
    server.be(Mood::default());
    is_well(&relay).await;
    relay.stop().await;
}

#[tokio::test]
async fn that_nobody_looks_after_the_certificate_is_seen() {
    let lab = Lab::new().await;
    let _server = lab.start_server().await;
    let clock = Watch::new();
    let relay = lab.relay_by(clock.clone()).await;
    is_well(&relay).await;
    clock.broken.store(true, Ordering::SeqCst);
    eventually("something breaks", async || {
        log::mine().contains("a clock that a test broke")
    })
    .await;
    clock.broken.store(false, Ordering::SeqCst);
    says(
        &relay,
        "not renewed any more, by a mistake of the relay; restart it",
    )
    .await;
    relay.stop().await;
}

#[tokio::test]
async fn what_is_old_when_it_comes_is_not_ordered_again_and_again() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    server.be(Mood {
        validity: (-2 * 3600, 1800),
        ..Mood::default()
    });
    let clock = Watch::new();
    let relay = lab.relay_by(clock.clone()).await;
    shows_what_was_issued(&lab, &server).await;
    says(&relay, "a third of its life or less was left").await;
    clock.some_looks().await;
    assert_eq!(server.orders(), 1);
    assert!(log::mine().contains("the certificate that was issued is old already"));
    clock.put_forward(800);
    clock.some_looks().await;
    assert_eq!(server.orders(), 1, "half of what was left is not over");
    server.be(Mood::default());
    clock.put_forward(200);
    is_well(&relay).await;
    assert_eq!(server.orders(), 2);
    relay.stop().await;
}

#[tokio::test]
async fn what_is_not_as_it_was_asked_for_takes_no_good_ones_place() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    let clock = Watch::new();
    let relay = lab.relay_by(clock.clone()).await;
    is_well(&relay).await;
    let good = lab.shown(&server.root).await.unwrap();
    let file = kept(&lab, "certificate-").remove(0);
    let held = fs::read(&file).unwrap();
    clock.put_forward(61 * DAY);
    let day = 24 * 3600;
    let foreign = Mood {
        names: Some(&["evil.example"]),
        validity: (0, 150 * day),
        ..Mood::default()
    };
    for (mood, problem) in [
        (
            foreign.clone(),
            "not for desk.broker.example, relay.broker.example",
        ),
        (
            Mood {
                names: Some(&[DOMAIN]),
                ..foreign.clone()
            },
            "not for desk.broker.example, and so",
        ),
        (
            Mood {
                foreign_key: true,
                names: None,
                ..foreign.clone()
            },
            "cannot be used (the key is not the key of the certificate); look at this machine's clock",
        ),
        (
            Mood {
                validity: (0, 60),
                names: None,
                ..foreign
            },
            "cannot be used (the certificate expired at ",
        ),
        (
            Mood {
                wanted: Some(&["bank.example"]),
                ..Mood::default()
            },
            "wants bank.example to be proven, for which no certificate was asked",
        ),
        (
            Mood {
                wanted: Some(&[DOMAIN, DOMAIN]),
                ..Mood::default()
            },
            "wants relay.broker.example to be proven, for which",
        ),
        (
            Mood {
                refusal: Some(("caa", "\u{202E}no\u{200B}", None)),
                ..Mood::default()
            },
            r"refuses (caa: \u{202e}no\u{200b})",
        ),
    ] {
        server.be(mood);
        says(&relay, problem).await;
        let status = relay.certificate().await;
        assert!(status.starts_with("in use until "), "{status}");
        assert!(!status.contains("tls_certificate_file"), "{status}");
        assert_eq!(lab.shown(&server.root).await.unwrap(), good, "{problem}");
        assert_eq!(fs::read(&file).unwrap(), held, "{problem}");
    }
    relay.stop().await;

    // Nor is it, if it was kept all the same.
    let foreign = super::Pair::new();
    write_secret(&file, &format!("{}{}", foreign.key_pem, foreign.certificate_pem));
    server.be(Mood {
        refusal: Some(("caa", "", None)),
        ..Mood::default()
    });
    let relay = lab.relay().await;
    says(&relay, "waiting for one from").await;
    assert!(lab.shown_to_anybody(DOMAIN, &[]).await.is_none());
    assert!(log::mine().contains("it is not for desk.broker.example, relay.broker.example"));
    relay.stop().await;
}

/// What a server says once the names are proven goes into the log and onto the health page.
#[tokio::test]
async fn a_name_that_nobody_asked_for_is_no_advice_about_the_dns() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    server.be(Mood {
        hold: true,
        turned: Some("evil\n.example\u{202E}"),
        ..Mood::default()
    });
    let relay = lab.relay().await;
    says(&relay, r"wants evil .example\u{202e} to be proven, for which").await;
    let status = relay.certificate().await;
    assert!(
        !status.contains("in the DNS") && !status.contains('\n'),
        "{status}"
    );
    relay.stop().await;
}

#[tokio::test]
async fn of_several_names_the_one_that_is_not_proven_is_named() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    server.be(Mood {
        unproven: Some((OTHER, Unproven::AtOnce)),
        ..Mood::default()
    });
    let relay = lab.relay().await;
    for (name, how) in [
        (OTHER, Unproven::AtOnce),
        (DOMAIN, Unproven::Later),
        (OTHER, Unproven::InTheOrder),
    ] {
        server.be(Mood {
            unproven: Some((name, how)),
            ..Mood::default()
        });
        let cause = format!("could not validate {name} (dns: no such name); let each name");
        says(&relay, &cause).await;
        assert!(log::mine().contains(&cause));
    }
    server.be(Mood::default());
    is_well(&relay).await;
    relay.stop().await;
}

#[tokio::test]
async fn an_account_that_the_server_has_deactivated_is_named() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    server.be(Mood {
        refusal: Some(("unauthorized", "the account is deactivated", None)),
        ..Mood::default()
    });
    let relay = lab.relay().await;
    says(&relay, "unauthorized: the account is deactivated").await;
    let file = kept(&lab, "account-").remove(0);
    let cure = format!("remove {}", file.display());
    says(&relay, &cure).await;
    fs::remove_file(&file).unwrap();
    eventually("another account is made", async || server.accounts() == 2).await;
    server.be(Mood::default());
    is_well(&relay).await;
    assert_eq!(server.accounts(), 2);
    relay.stop().await;
}

#[tokio::test]
async fn an_account_whose_key_is_none_is_made_anew() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    let relay = lab.relay().await;
    is_well(&relay).await;
    relay.stop().await;
    let file = kept(&lab, "account-").remove(0);
    let mut account: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    account["key_pkcs8"] = "bm8ga2V5".into();
    write_secret(&file, &account.to_string());
    let (old, file) = (old_pair(), kept(&lab, "certificate-").remove(0));
    write_secret(&file, &format!("{}{}", old.key_pem, old.certificate_pem));
    let relay = lab.relay().await;
    shows_what_was_issued(&lab, &server).await;
    assert_eq!(server.accounts(), 2);
    relay.stop().await;
}

#[tokio::test]
async fn a_long_pause_ends_when_something_else_is_asked_for() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    server.be(Mood {
        refusal: Some(("rateLimited", "enough", Some("99999999"))),
        ..Mood::default()
    });
    let clock = Watch::new();
    let relay = lab.relay_by(clock.clone()).await;
    says(&relay, "asked for too much").await;
    assert!(log::mine().contains("\"again_in_seconds\":86400"));
    server.be(Mood::default());
    clock.put_forward(DAY - 600);
    clock.some_looks().await;
    assert_eq!(server.orders(), 1);
    lab.installation
        .change_config("operations@broker.example", "desk@broker.example");
    is_well(&relay).await;
    assert_eq!(server.orders(), 2);
    relay.stop().await;
}
