//! Every state of the extension's pages beside one another, one picture a page: light, dark, and from right to left.

use std::fmt::Write as _;
use std::fs;

use anyhow::Result;
use base64ct::{Base64, Encoding as _};
use stagedoor_e2e::browser::Browser;
use stagedoor_e2e::chromium::{Chromium, Options};
use stagedoor_e2e::paths;
use stagedoor_e2e::site::Site;
use stagedoor_e2e::states::{Screen, State};

use crate::keep;

/// What a sheet looks like around its pictures; `{states}` is the place for those.
const SHEET: &str = include_str!("sheet.html");

/// How the pages are looked at: what the picture is called after, the browser's language if not English, and the scheme.
type Look = (&'static str, Option<&'static str>, &'static str);

/// Those that the documents show.
const SHOWN: [Look; 3] = [
    ("light", None, "light"),
    ("dark", None, "dark"),
    ("arabic", Some("ar"), "light"),
];

const ARABIC_DARK: Look = ("arabic-dark", Some("ar"), "dark");

/// The pages, how wide they are looked at, and how many of their states stand in a row.
const PAGES: [(Screen, &str, u32, usize); 4] = [
    (Screen::Popup, "popup", 384, 8),
    (Screen::Options, "options", 720, 4),
    (Screen::Approvals, "approvals", 720, 4),
    (Screen::Teach, "teach", 720, 4),
];

/// How wide a state stands on a sheet at most: the settings are wide, and still to be read at three quarters.
const WIDEST: u32 = 540;

/// What comes gradually, or turns, is shown as it is in the end.
const STILL: &str = "(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { animation: none !important }');
    document.adoptedStyleSheets = [sheet];
})()";

/// The sheets that the documents show.
pub(super) async fn shoot() -> Result<()> {
    let directory = paths::workspace().join("docs/screenshots");
    for look in SHOWN {
        for (name, sheet) in sheets(look, "").await? {
            keep(&directory.join(name), &sheet)?;
        }
    }
    Ok(())
}

/// All looks at the states that have these letters in their names, for whoever changes something; kept in no repository.
pub(super) async fn look(letters: &str) -> Result<()> {
    let directory = paths::workspace().join("target/looks");
    fs::create_dir_all(&directory)?;
    for look in SHOWN.into_iter().chain([ARABIC_DARK]) {
        for (name, sheet) in sheets(look, letters).await? {
            let file = directory.join(name);
            fs::write(&file, sheet)?;
            println!("{}", file.display());
        }
    }
    Ok(())
}

/// One sheet for each page with such states, and its name.
async fn sheets((look, language, scheme): Look, letters: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let profile = tempfile::tempdir()?;
    let options = Options {
        window: (1280, 1000),
        language,
        ..Options::default()
    };
    let browser = Chromium::start(&profile.path().join("profile"), &paths::extension()?, options).await?;
    let browser = Browser::Chromium(browser);
    // A new installation opens its settings, and what is behind them does not move.
    let settings = browser.page_at(&browser.extension_url("options.html")).await?;
    settings.text("#connect-title").await?;
    settings.close().await?;
    let mut sheets = Vec::new();
    for (screen, name, width, columns) in PAGES {
        let mut states = screen.states()?;
        states.retain(|state| state.name.contains(letters));
        if states.is_empty() {
            continue;
        }
        let columns = columns.min(states.len());
        let states = pictures(&browser, screen, &states, width, scheme).await?;
        let html = SHEET
            .replace("{columns}", &columns.to_string())
            .replace("{width}", &width.min(WIDEST).to_string())
            .replace("{states}", &states);
        sheets.push((format!("states-{name}-{look}.png"), sheet(&browser, &html).await?));
    }
    browser.quit().await?;
    Ok(sheets)
}

/// A picture of each state of a page, under its name.
async fn pictures(
    browser: &Browser,
    screen: Screen,
    states: &[State],
    width: u32,
    scheme: &str,
) -> Result<String> {
    let page = screen.open(browser).await?;
    let session = page.chromium()?;
    let narrow = serde_json::json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
    session.call("Emulation.setDeviceMetricsOverride", narrow).await?;
    page.evaluate(STILL).await?;
    let mut html = String::new();
    for state in states {
        state.show(&page).await?;
        session.prefer(scheme).await?;
        let picture = Base64::encode_string(&session.picture_of("body").await?);
        let name = &state.name;
        write!(
            html,
            "<figure><figcaption>{name}</figcaption><img src='data:image/png;base64,{picture}' alt=''></figure>"
        )?;
    }
    page.close().await?;
    Ok(html)
}

/// Puts the pictures together into one.
async fn sheet(browser: &Browser, html: &str) -> Result<Vec<u8>> {
    let directory = tempfile::tempdir()?;
    fs::write(directory.path().join("sheet.html"), html)?;
    let site = Site::serve(directory.path()).await?;
    let sheet = browser.open(&site.url("sheet.html")).await?;
    sheet
        .wait_for(
            "the pictures",
            "[...document.images].every(image => image.complete && image.width)",
        )
        .await?;
    let picture = sheet.chromium()?.picture_of("main").await?;
    sheet.close().await?;
    Ok(picture)
}
