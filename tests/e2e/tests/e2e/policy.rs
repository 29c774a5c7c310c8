//! What the popup shows of the relay's policy: a rule that is not met, and a ticket that is asked for.

use anyhow::Result;
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};

use crate::support::assert_asked_for;

crate::in_each_browser!(a_rule_that_is_not_met_is_named, nothing_opens_without_a_ticket);

const FROM_THE_OFFICE: &str = r#"
reason = "optional"
[[policy.grant]]
roles = "*"
platforms = "*"
networks = ["198.51.100.0/24"]
"#;

const WITH_A_TICKET: &str = r#"
reason = "optional"
[[policy.grant]]
roles = "*"
platforms = "*"
ticket = "required"
ticket_pattern = "SUP-[0-9]{1,8}"
"#;

async fn a_rule_that_is_not_met_is_named(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(FROM_THE_OFFICE).await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let tab = seat.browser.open(&lab.customer_page(CUSTOMERS[0].0)).await?;
    let popup = seat.press(&tab).await?;
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "not_permitted");
    let words = popup.words().await?;
    assert!(
        words.contains("Your role does not allow this here and now"),
        "{words}"
    );
    assert!(words.contains("policy.grant[0].networks"), "{words}");
    assert!(words.contains("your administrator"), "{words}");
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[]);
    Ok(())
}

async fn nothing_opens_without_a_ticket(kind: Kind) -> Result<()> {
    let lab = Lab::start_with(WITH_A_TICKET).await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    let popup = seat.press(&tab).await?;
    popup.shows("confirm").await?;
    assert_eq!(popup.page.text("[data-slot=ticketLabel]").await?, "Ticket");

    // Without one the popup asks nobody, and points to the field.
    popup.confirm().await?;
    let field = "(({ ariaInvalid, dataset }) => [ariaInvalid, dataset.slot])(document.activeElement)";
    assert_eq!(
        popup.page.evaluate(field).await?,
        serde_json::json!(["true", "ticket"])
    );
    assert_eq!(popup.screen().await?, "confirm");
    assert_eq!(
        popup.page.text("[data-slot=inputError]").await?,
        "A ticket is needed"
    );

    // One of another form is refused by the relay, which names the rule.
    popup.page.fill("[data-slot=ticket]", "17").await?;
    assert!(!popup.page.shows("[data-slot=inputError]").await?);
    popup.confirm().await?;
    assert_eq!(popup.error().await?, "ticket_required");
    let words = popup.words().await?;
    assert!(words.contains("policy.grant[0].ticket_pattern"), "{words}");
    let requests = lab.relay()?.requests().await?;
    let asked = requests
        .iter()
        .filter(|one| one.method == "POST" && one.route == "/v1/logins");
    assert_eq!(asked.count(), 1, "the relay was asked without a ticket");
    assert_eq!(seat.browser.private_count().await?, 0);
    assert_asked_for(&lab, &[]);

    // What was typed is still there, to be put right.
    popup.page.click("[data-slot=back]").await?;
    popup.leaves("error").await?;
    popup.shows("confirm").await?;
    let typed = "document.querySelector('[data-slot=ticket]').value";
    assert_eq!(popup.page.evaluate(typed).await?, "17");
    popup.page.fill("[data-slot=ticket]", "SUP-17").await?;
    popup.confirm().await?;
    popup.opened().await?;
    assert_eq!(seat.platform().await?, Platform::LoggedIn(customer.into()));
    assert_asked_for(&lab, &[customer]);
    Ok(())
}
