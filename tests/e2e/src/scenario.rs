//! What people do: a staff member at a browser enrols, clicks the toolbar button, confirms, and looks at the platform.

pub mod guide;
mod popup;
pub mod sign_in;
mod teach;

use std::time::Duration;

use anyhow::{Result, bail};

use crate::browser::{Browser, Kind, PrivateWindows, Setup};
use crate::lab::Lab;
use crate::page::Page;

pub use popup::Popup;
pub use teach::Lesson;

/// A staff member of the broker.
#[derive(Debug, Clone, Copy)]
pub struct Staff {
    /// The address they are invited by.
    pub email: &'static str,
    /// Their name.
    pub name: &'static str,
}

/// Two staff members, for two browsers.
pub const SUPPORT: [Staff; 2] = [
    Staff {
        email: "dana.reyes@broker.example",
        name: "Dana Reyes",
    },
    Staff {
        email: "noor.haddad@broker.example",
        name: "Noor Haddad",
    },
];

/// A policy by which a colleague with a role of their own approves of the first customer, for [`Lab::start_with`].
pub const APPROVAL: &str = r#"reason = "optional"
[[policy.grant]]
roles = "*"
platforms = "*"
[policy.approval]
roles = ["team-lead"]
addresses = ["anna.kowalska@customers.example"]"#;

/// A staff member at a browser.
pub struct Seat {
    /// The browser, with the extension installed.
    pub browser: Browser,
}

/// What the platform's page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Platform {
    /// Somebody is logged in; the customer's address.
    LoggedIn(String),
    /// The token was refused; the platform's word for why.
    Refused(String),
}

impl Seat {
    /// Starts a browser that is not enrolled yet.
    pub async fn unenrolled(lab: &Lab, kind: Kind, staff: Staff, setup: impl Into<Setup>) -> Result<Self> {
        let profile = lab.directory().join("profiles").join(staff.email);
        let browser = Browser::start(kind, &profile, &lab.extension()?, setup).await?;
        Ok(Self { browser })
    }

    /// Starts a browser, and invites a staff member who enrols it through the extension's options page.
    pub async fn enrolled(lab: &Lab, kind: Kind, staff: Staff) -> Result<Self> {
        let seat = Self::unenrolled(lab, kind, staff, PrivateWindows::Allowed).await?;
        seat.enrol(lab, staff).await?;
        Ok(seat)
    }

    /// Invites a staff member and enrols this browser for them.
    pub async fn enrol(&self, lab: &Lab, staff: Staff) -> Result<()> {
        let code = lab.relay()?.invite(staff.email, staff.name)?;
        let options = self.browser.open_extension("options.html").await?;
        options.fill("#relay", &lab.front.url()).await?;
        options.fill("#code", &code).await?;
        options.click("[data-slot=submit]").await?;
        options
            .until(
                "the options page to say that this browser is connected",
                async || {
                    if options.shows("[data-slot=error]").await? {
                        bail!(
                            "the options page says: {}",
                            options.text("[data-slot=error]").await?
                        );
                    }
                    Ok(options.shows("#connection-title").await?.then_some(()))
                },
            )
            .await?;
        options.close().await
    }

    /// Presses the toolbar button in a tab.
    pub async fn press(&self, tab: &Page) -> Result<Popup> {
        Ok(Popup::new(self.browser.press_action(tab).await?))
    }

    /// Selects what is in an element, and chooses the extension's entry in the context menu.
    pub async fn choose_in_menu(&self, tab: &Page, selector: &str) -> Result<Popup> {
        const LABEL: &str = "Open platform as";
        Ok(Popup::new(
            self.browser.choose_in_menu(tab, selector, LABEL).await?,
        ))
    }

    /// Opens a CRM page, presses the toolbar button, and opens the platform for the customer that the popup proposes.
    pub async fn log_in(&self, crm_page: &str) -> Result<Platform> {
        let tab = self.browser.open(crm_page).await?;
        let popup = self.press(&tab).await?;
        popup.confirm().await?;
        popup.opened().await?;
        self.platform().await
    }

    /// What the platform says in the private window.
    pub async fn platform(&self) -> Result<Platform> {
        platform_state(&self.browser.private_page().await?).await
    }
}

/// What a platform page says, once it has loaded.
pub async fn platform_state(page: &Page) -> Result<Platform> {
    page.wait_for(
        "the platform's page",
        "document.querySelector('main[data-state]')",
    )
    .await?;
    let data = page
        .evaluate("({ ...document.querySelector('main').dataset })")
        .await?;
    let word = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
    match word("state").as_str() {
        "logged-in" => Ok(Platform::LoggedIn(word("email"))),
        "refused" => Ok(Platform::Refused(word("reason"))),
        other => bail!("the platform's page says {other:?}"),
    }
}

/// How far the broker's clock is moved to outlive a token.
pub const LONGER_THAN_A_TOKEN: Duration = Duration::from_secs(31);
