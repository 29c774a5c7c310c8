//! A login whose background script is stopped, at each point of it; and networks and relays that come too late.
//!
//! Whatever happens, a token is asked for by clicks alone, the ledger tells what became of it, and the person reads what
//! happened. That it is stopped while the broker is asked is in `click`.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, Popup, SUPPORT, Seat};

use crate::support::{assert_asked_for, recorded};

crate::in_each_browser!(
    before_the_request_leaves,
    after_the_answer_before_the_window,
    after_the_window_before_its_report,
    after_its_report,
    closed_while_nothing_ran,
    without_a_network_and_back,
    a_relay_that_answers_too_late,
    a_relay_that_is_lost_with_its_answer,
);

const LOGIN: &str = "POST /v1/logins HTTP";
const REPORT: &str = "POST /v1/logins/";

struct Desk {
    lab: Lab,
    seat: Seat,
    tab: Page,
    customer: &'static str,
}

impl Desk {
    async fn new(kind: Kind) -> Result<Self> {
        let lab = Lab::start().await?;
        let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
        let customer = CUSTOMERS[0].0;
        let tab = seat.browser.open(&lab.customer_page(customer)).await?;
        Ok(Self {
            lab,
            seat,
            tab,
            customer,
        })
    }

    async fn press(&self) -> Result<Popup> {
        self.seat.press(&self.tab).await
    }

    async fn stop(&self) -> Result<()> {
        self.seat.browser.stop_background(&self.tab).await
    }

    /// What was interrupted is said, and the person's next click opens the platform.
    async fn said_and_done_again(&self) -> Result<()> {
        let popup = self.press().await?;
        assert_eq!(popup.error().await?, "interrupted");
        let words = popup.words().await?;
        assert!(
            words.contains("try again") && words.contains(self.customer),
            "{words}"
        );
        assert_eq!(self.seat.browser.private_count().await?, 0);
        assert_asked_for(&self.lab, &[]);
        self.done_again(&popup).await
    }

    /// The person's next click opens the platform, with the only token of theirs that was asked for since.
    async fn done_again(&self, popup: &Popup) -> Result<()> {
        popup.retry().await?;
        popup.opened().await?;
        assert_eq!(
            self.seat.platform().await?,
            Platform::LoggedIn(self.customer.into())
        );
        assert_asked_for(&self.lab, &[self.customer]);
        Ok(())
    }
}

async fn before_the_request_leaves(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    let mut request = desk.lab.front.hold_request(LOGIN);
    popup.confirm().await?;
    request.arrived().await?;
    desk.stop().await?;
    request.lose();
    desk.said_and_done_again().await?;
    // The relay never heard of the first.
    recorded(&desk.lab, &["minted, opened"]).await
}

async fn after_the_answer_before_the_window(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    let mut answer = desk.lab.front.hold_next_to(LOGIN);
    popup.confirm().await?;
    answer.arrived().await?;
    assert_asked_for(&desk.lab, &[desk.customer]);
    desk.stop().await?;
    answer.lose();
    desk.said_and_done_again().await?;
    // Nobody has the first token, and the record says why.
    recorded(&desk.lab, &["minted, failed", "minted, opened"]).await
}

async fn after_the_window_before_its_report(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    let mut report = desk.lab.front.hold_request(REPORT);
    popup.confirm().await?;
    report.arrived().await?;
    assert_eq!(
        desk.seat.platform().await?,
        Platform::LoggedIn(desk.customer.into())
    );
    desk.stop().await?;
    report.lose();
    // The person saw it open; who looks again is offered to end it.
    let popup = desk.press().await?;
    popup.shows("confirm").await?;
    popup.page.text("#end").await?;
    recorded(&desk.lab, &["minted, opened"]).await?;
    assert_asked_for(&desk.lab, &[desk.customer]);
    desk.seat.browser.close_private().await?;
    recorded(&desk.lab, &["minted, opened, closed"]).await
}

async fn after_its_report(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    let mut answer = desk.lab.front.hold_next_to(REPORT);
    popup.confirm().await?;
    answer.arrived().await?;
    desk.stop().await?;
    answer.lose();
    let popup = desk.press().await?;
    popup.shows("confirm").await?;
    // A report that is made again changes nothing.
    desk.seat.browser.close_private().await?;
    recorded(&desk.lab, &["minted, opened, closed"]).await?;
    assert_asked_for(&desk.lab, &[desk.customer]);
    Ok(())
}

/// The window is closed while the relay cannot be reached and no script runs: the next one makes up for it.
async fn closed_while_nothing_ran(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    popup.confirm().await?;
    popup.opened().await?;
    recorded(&desk.lab, &["minted, opened"]).await?;
    desk.lab.front.shut(true);
    desk.stop().await?;
    desk.seat.browser.close_private().await?;
    desk.stop().await?;
    desk.lab.front.shut(false);
    let popup = desk.press().await?;
    popup.settled().await?;
    recorded(&desk.lab, &["minted, opened, closed"]).await
}

async fn without_a_network_and_back(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    popup.shows("confirm").await?;
    popup.page.fill("[data-slot=reason]", "Call of 14:05").await?;
    desk.lab.front.shut(true);
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "relay_lost");
    let words = popup.words().await?;
    assert!(
        words.contains("not known whether the request arrived") && words.contains("Call of 14:05"),
        "{words}"
    );
    assert_asked_for(&desk.lab, &[]);
    desk.lab.front.shut(false);
    desk.done_again(&popup).await
}

/// The extension does not wait for ever. What comes after it has given up opens nothing, also not later.
async fn a_relay_that_answers_too_late(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    let mut answer = desk.lab.front.hold_next_to(LOGIN);
    popup.confirm().await?;
    answer.arrived().await?;
    assert_eq!(popup.error().await?, "relay_timeout");
    answer.release();
    assert_asked_for(&desk.lab, &[desk.customer]);
    assert_eq!(desk.seat.browser.private_count().await?, 0);
    desk.done_again(&popup).await?;
    assert_eq!(desk.seat.browser.private_count().await?, 1);
    recorded(&desk.lab, &["minted, failed", "minted, opened"]).await
}

/// There is a token, and nobody has it: that nothing was opened would be a guess.
async fn a_relay_that_is_lost_with_its_answer(kind: Kind) -> Result<()> {
    let desk = Desk::new(kind).await?;
    let popup = desk.press().await?;
    let mut answer = desk.lab.front.hold_next_to(LOGIN);
    popup.confirm().await?;
    answer.arrived().await?;
    desk.lab.front.shut(true);
    assert_eq!(popup.error().await?, "relay_lost");
    let words = popup.words().await?;
    assert!(
        words.contains("not known whether the request arrived") && !words.contains("Nothing was opened"),
        "{words}"
    );
    assert_asked_for(&desk.lab, &[desk.customer]);
    desk.lab.front.shut(false);
    desk.done_again(&popup).await?;
    // Nobody has the first token, and the record says so.
    recorded(&desk.lab, &["minted, failed", "minted, opened"]).await
}
