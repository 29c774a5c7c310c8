//! Makes the pictures in docs/ from the real extension: every state of the popup and the settings, light, dark and from right
//! to left, and the README's picture of one login from the CRM page to the platform.

#![expect(
    clippy::print_stdout,
    reason = "a command-line tool talks to the person who started it"
)]

mod sheets;
mod store;
mod teach;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use base64ct::{Base64, Encoding as _};
use oxipng::optimize_from_memory;
use stagedoor_e2e::browser::Browser;
use stagedoor_e2e::chromium::{Chromium, Options};
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::paths;
use stagedoor_e2e::scenario::{SUPPORT, Seat, platform_state};

/// Device pixels per CSS pixel.
const SCALE: u32 = 2;

/// The README's picture; `{crm}`, `{popup}` and `{platform}` are the addresses of the pictures it is made of.
const HERO: &str = include_str!("hero.html");

struct Studio {
    lab: Lab,
    seat: Seat,
    directory: PathBuf,
}

/// Makes all of them, or those of one part: `hero`, `sheets`, `store` or `teach`. With `look` and letters of states' names: see
/// [`sheets::look`].
#[tokio::main]
async fn main() -> Result<()> {
    let part = std::env::args().nth(1);
    if part.as_deref() == Some("look") {
        return sheets::look(&std::env::args().nth(2).unwrap_or_default()).await;
    }
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("hero") {
        let studio = Studio::open(Lab::start().await?).await?;
        studio.hero().await?;
        studio.close().await?;
    }
    if wanted("sheets") {
        sheets::shoot().await?;
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
    /// A browser that nobody has used, in a lab.
    async fn open(lab: Lab) -> Result<Self> {
        let directory = paths::workspace().join("docs/screenshots");
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let options = Options {
            window: (1280, 820),
            scale: SCALE,
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

    /// One whole login, and the README's picture of it.
    async fn hero(&self) -> Result<()> {
        self.seat.enrol(&self.lab, SUPPORT[0]).await?;
        let tab = self
            .seat
            .browser
            .open(&self.lab.customer_page(CUSTOMERS[0].0))
            .await?;
        let crm = picture(&tab).await?;
        let popup = self.seat.press(&tab).await?;
        popup.shows("confirm").await?;
        let proposal = picture(&popup.page).await?;
        popup.confirm().await?;
        popup.opened().await?;
        let platform = self.seat.browser.private_page().await?;
        platform_state(&platform).await?;
        let platform = picture(&platform).await?;
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
