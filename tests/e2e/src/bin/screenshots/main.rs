//! Makes the pictures in docs/screenshots from the real extension: every screen of the popup and the options page,
//! light and dark, and the README's picture of one login from the CRM page to the platform.

#![expect(
    clippy::print_stdout,
    reason = "a command-line tool talks to the person who started it"
)]

mod policy;
mod preview;
mod sheets;
mod sign_in;
mod store;
mod teach;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use base64ct::{Base64, Encoding as _};
use oxipng::optimize_from_memory;
use stagedoor_e2e::administrator::Administrator;
use stagedoor_e2e::browser::{Browser, Kind};
use stagedoor_e2e::chromium::{Chromium, Options};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{SUPPORT, Seat, platform_state};
use stagedoor_e2e::wait::{PATIENCE, until};

/// Device pixels per CSS pixel.
const SCALE: u32 = 2;

/// The README's picture; `{crm}`, `{popup}` and `{platform}` are the addresses of the pictures it is made of.
const HERO: &str = include_str!("hero.html");

/// One customer of the CRM is opened with a second person's approval.
const POLICY: &str = r#"validity_seconds = 30
reason = "optional"
[policy.approval]
roles = ["team-lead"]
addresses = ["david.osei@customers.example"]"#;

struct Studio {
    lab: Lab,
    seat: Seat,
    directory: PathBuf,
}

/// Makes all of them, or those of one part: `login`, `policy`, `preview`, `sheets`, `sign-in`, `store` or `teach`. With `look` and letters of
/// states' names: see [`sheets::look`].
#[tokio::main]
async fn main() -> Result<()> {
    let part = std::env::args().nth(1);
    if part.as_deref() == Some("look") {
        return sheets::look(&std::env::args().nth(2).unwrap_or_default()).await;
    }
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("login") {
        let studio = Studio::open(Lab::start_with(POLICY).await?, None).await?;
        studio.shoot().await?;
        studio.close().await?;
    }
    if wanted("policy") {
        policy::shoot().await?;
    }
    if wanted("preview") {
        preview::shoot().await?;
    }
    if wanted("sheets") {
        sheets::shoot().await?;
    }
    if wanted("sign-in") {
        sign_in::shoot().await?;
    }
    if wanted("store") {
        store::shoot().await?;
    }
    if wanted("teach") {
        teach::shoot().await?;
    }
    Ok(())
}

impl Studio {
    /// A browser that nobody has used, in a lab; perhaps with what an administrator has set for it.
    async fn open(lab: Lab, administrator: Option<&Administrator>) -> Result<Self> {
        let directory = paths::workspace().join("docs/screenshots");
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let options = Options {
            window: (1280, 820),
            scale: SCALE,
            system: administrator.map(|administrator| administrator.directory().to_owned()),
            ..Options::default()
        };
        let browser =
            Chromium::start(&lab.directory().join("profile"), &paths::extension()?, options).await?;
        let browser = Browser::Chromium(browser);
        Ok(Self {
            lab,
            seat: Seat { browser },
            directory,
        })
    }

    async fn close(self) -> Result<()> {
        self.seat.browser.quit().await
    }

    async fn shoot(&self) -> Result<()> {
        let options = self.seat.browser.open_extension("options.html").await?;
        options.text("[data-slot=submit]").await?;
        self.both("options-not-connected", &options).await?;
        options.close().await?;
        let tab = self
            .seat
            .browser
            .open(&self.lab.customer_page(CUSTOMERS[0].0))
            .await?;
        let popup = self.seat.press(&tab).await?;
        popup.shows("setup").await?;
        self.both("popup-setup", &popup.page).await?;

        self.seat.enrol(&self.lab, SUPPORT[0]).await?;
        let options = self.seat.browser.open_extension("options.html").await?;
        options.click("[data-slot=testButton]").await?;
        options.text(".notice.good").await?;
        self.both("options", &options).await?;
        options.close().await?;

        self.page_without_address().await?;
        self.page_with_two_customers().await?;
        self.refusal().await?;
        let colleague = Seat::enrolled(&self.lab, Kind::Chromium, SUPPORT[1]).await?;
        self.claim(&colleague).await?;
        self.approval(&colleague).await?;
        colleague.browser.quit().await?;
        self.login(&tab).await
    }

    async fn page_without_address(&self) -> Result<()> {
        let tab = self
            .seat
            .browser
            .open(&self.lab.crm.add("none", "<title>Customer</title>"))
            .await?;
        let popup = self.seat.press(&tab).await?;
        popup.shows("manual").await?;
        self.both("popup-none", &popup.page).await?;
        tab.close().await
    }

    async fn page_with_two_customers(&self) -> Result<()> {
        let [(first, _), (second, _), ..] = CUSTOMERS;
        let page = format!(
            "<title>Household</title><main><p>E-mail: <a href='mailto:{first}'>{first}</a>
            <p>E-mail: <a href='mailto:{second}'>{second}</a></main>"
        );
        let tab = self.seat.browser.open(&self.lab.crm.add("two", &page)).await?;
        let popup = self.seat.press(&tab).await?;
        popup.shows("choose").await?;
        self.both("popup-choose", &popup.page).await?;
        tab.close().await
    }

    async fn refusal(&self) -> Result<()> {
        let tab = self
            .seat
            .browser
            .open(&self.lab.customer_page(CUSTOMERS[1].0))
            .await?;
        let popup = self.seat.press(&tab).await?;
        self.lab.sim.forbid_ip(std::net::Ipv4Addr::LOCALHOST);
        popup.confirm().await?;
        popup.error().await?;
        self.lab.sim.allow_ip(std::net::Ipv4Addr::LOCALHOST);
        self.both("popup-error", &popup.page).await?;
        tab.close().await
    }

    /// A customer whom a colleague has just opened.
    async fn claim(&self, colleague: &Seat) -> Result<()> {
        let page = self.lab.customer_page(CUSTOMERS[2].0);
        colleague.log_in(&page).await?;
        let tab = self.seat.browser.open(&page).await?;
        let popup = self.seat.press(&tab).await?;
        popup.confirm().await?;
        popup.error().await?;
        self.both("popup-claimed", &popup.page).await?;
        tab.close().await?;
        colleague.browser.close_private().await?;
        self.claim_under_way(colleague).await
    }

    /// A customer whom nobody opens alone: both sides of the approval.
    async fn approval(&self, colleague: &Seat) -> Result<()> {
        self.lab
            .relay()?
            .run(&["staff", "roles", SUPPORT[1].email, "--set", "team-lead"])?;
        let tab = self
            .seat
            .browser
            .open(&self.lab.customer_page(CUSTOMERS[3].0))
            .await?;
        let popup = self.seat.press(&tab).await?;
        popup.shows("confirm").await?;
        popup
            .page
            .fill("[data-slot=reason]", "Cannot find the withdrawal form")
            .await?;
        popup.page.fill("[data-slot=ticket]", "SUP-1042").await?;
        popup.confirm().await?;
        popup.error().await?;
        self.both("popup-approval-required", &popup.page).await?;
        popup.page.click("[data-slot=retry]").await?;
        popup.leaves("error").await?;
        popup.shows("approval").await?;
        self.both("popup-approval-waiting", &popup.page).await?;

        let page = colleague.browser.open_extension("approvals.html").await?;
        page.text(".request").await?;
        self.both("approvals", &page).await?;
        page.click("[data-slot=approve]").await?;
        page.click("dialog [data-slot=confirm]").await?;
        page.text(".notice.good").await?;
        popup
            .page
            .wait_for("the approval", "document.querySelector('[data-state=approved]')")
            .await?;
        self.both("popup-approval-approved", &popup.page).await?;
        popup.page.click("[data-slot=back]").await?;
        popup.leaves("approval").await?;
        popup.confirm().await?;
        popup.error().await?;
        popup.page.click("[data-slot=retry]").await?;
        popup.leaves("error").await?;
        page.navigate(&colleague.browser.extension_url("approvals.html"))
            .await?;
        page.click("[data-slot=decline]").await?;
        page.fill("#word", "Call me first: extension 12").await?;
        self.both("approvals-decline", &page).await?;
        page.click("dialog [data-slot=confirm]").await?;
        popup
            .page
            .wait_for("the refusal", "document.querySelector('[data-state=declined]')")
            .await?;
        self.both("popup-approval-declined", &popup.page).await?;
        tab.close().await
    }

    /// A customer whom a colleague is just opening, asked for knowingly.
    async fn claim_under_way(&self, colleague: &Seat) -> Result<()> {
        let page = self.lab.customer_page(CUSTOMERS[1].0);
        let tab = self.seat.browser.open(&page).await?;
        let popup = self.seat.press(&tab).await?;
        let colleagues = colleague.press(&colleague.browser.open(&page).await?).await?;
        let mut answer = self.lab.gate.hold_next();
        colleagues.confirm().await?;
        answer.arrived().await?;
        popup.confirm().await?;
        popup.error().await?;
        popup.page.click("[data-slot=retry]").await?;
        until("the popup to speak of the other one", PATIENCE, async || {
            let words = popup.words().await?;
            Ok(words.contains("still on its way").then_some(()))
        })
        .await?;
        self.both("popup-claimed-under-way", &popup.page).await?;
        answer.release();
        colleagues.opened().await?;
        tab.close().await
    }

    /// One whole login, and the README's picture of it.
    async fn login(&self, tab: &Page) -> Result<()> {
        let crm = picture(tab).await?;
        let popup = self.seat.press(tab).await?;
        popup.shows("confirm").await?;
        self.both("popup-confirm", &popup.page).await?;
        let proposal = picture(&popup.page).await?;
        popup.confirm().await?;
        popup.opened().await?;
        let platform = self.seat.browser.private_page().await?;
        platform_state(&platform).await?;
        let platform = picture(&platform).await?;
        self.both("popup-opened", &popup.page).await?;
        self.seat.browser.close_private().await?;

        let hero = HERO
            .replace("{crm}", &crm)
            .replace("{popup}", &proposal)
            .replace("{platform}", &platform);
        let hero = self.seat.browser.open(&self.lab.crm.add("hero", &hero)).await?;
        hero.wait_for(
            "the pictures",
            "[...document.images].every(image => image.complete && image.width)",
        )
        .await?;
        keep(
            &self.directory.join("hero.png"),
            &hero.chromium()?.picture_of("#hero").await?,
        )
    }

    /// Keeps pictures of a page of the extension as those see it who prefer light, and who prefer dark.
    async fn both(&self, name: &str, page: &Page) -> Result<()> {
        for scheme in ["light", "dark"] {
            let session = page.chromium()?;
            session.prefer(scheme).await?;
            keep(
                &self.directory.join(format!("{name}-{scheme}.png")),
                &session.picture_of("body").await?,
            )?;
        }
        page.chromium()?.prefer("light").await
    }
}

/// A picture that becomes part of another one, as an address.
async fn picture(page: &Page) -> Result<String> {
    Ok(format!(
        "data:image/png;base64,{}",
        Base64::encode_string(&page.screenshot().await?)
    ))
}

fn keep(file: &Path, picture: &[u8]) -> Result<()> {
    let small = optimize_from_memory(picture, &oxipng::Options::from_preset(4))?;
    fs::write(file, &small).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{:>5} KB  {}", small.len().div_ceil(1024), file.display());
    Ok(())
}
