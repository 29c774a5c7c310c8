//! The drivers themselves, on an extension of a few lines: a click on the toolbar button must let the extension read
//! the page, real input must reach the popup, and a private window must be seen as such.

use std::fs;
use std::path::Path;

use stagedoor_e2e::browser::{Browser, Kind, PrivateWindows};

const MANIFEST: &str = r#"{
    "manifest_version": 3, "name": "Probe", "version": "1", "permissions": ["activeTab", "scripting"],
    "background": {"service_worker": "background.js", "scripts": ["background.js"]},
    "action": {"default_popup": "popup.html"},
    "browser_specific_settings": {"gecko": {"id": "probe@stagedoor.example"}}
}"#;
const BACKGROUND: &str = r#"
    chrome.runtime.onMessage.addListener((url, sender, answer) => {
        chrome.windows.create({ url, incognito: true }).then(window => answer(String(window?.incognito)));
        return true;
    });
"#;
const POPUP: &str = r#"<!doctype html><meta charset="utf-8"><p id="title"></p><input id="url">
    <button id="open">Open</button><button id="leave">Leave</button><p id="opened"></p><script src="popup.js"></script>"#;
const POPUP_SCRIPT: &str = r#"
    const show = (id, text) => { document.getElementById(id).textContent = text; };
    document.getElementById("open").addEventListener("click", event => {
        const url = document.getElementById("url").value;
        chrome.runtime.sendMessage(url).then(answer => show("opened", `${event.isTrusted} ${answer}`));
    });
    document.getElementById("leave").addEventListener("click", () => {
        chrome.tabs.create({ url: "popup.html" });
        const end = Date.now() + 2000;
        while (Date.now() < end);
    });
    chrome.tabs.query({ active: true, currentWindow: true })
        .then(([tab]) => chrome.scripting.executeScript({ target: { tabId: tab.id }, func: () => document.title }))
        .then(([frame]) => show("title", frame.result), error => show("title", String(error)));
"#;

crate::in_each_browser!(drive);

async fn drive(kind: Kind) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let extension = directory.path().join("extension");
    write_extension(&extension)?;
    let page = directory.path().join("page.html");
    fs::write(&page, "<!doctype html><title>A page</title><h1>Hello</h1>")?;
    let site = stagedoor_e2e::site::Site::serve(directory.path()).await?;

    let browser = Browser::start(
        kind,
        &directory.path().join("profile"),
        &extension,
        PrivateWindows::Allowed,
    )
    .await?;
    let tab = browser.open(&site.url("page.html")).await?;
    assert_eq!(tab.text("h1").await?, "Hello");
    browser.stop_background(&tab).await?;
    for _ in 0..2 {
        let popup = browser.press_action(&tab).await?;
        popup
            .wait_for(
                "the popup to have read the page",
                "document.getElementById('title').textContent",
            )
            .await?;
        assert_eq!(popup.text("#title").await?, "A page");
        popup.fill("#url", &site.url("page.html?private")).await?;
        popup.click("#open").await?;
        popup
            .wait_for("the answer", "document.getElementById('opened').textContent")
            .await?;
        assert_eq!(popup.text("#opened").await?, "true true");
        let private = browser.private_page().await?;
        assert_eq!(private.text("h1").await?, "Hello");
        assert_eq!(private.evaluate("location.search").await?, "?private");
        assert!(private.screenshot().await?.starts_with(b"\x89PNG"));
        assert!(popup.screenshot().await?.starts_with(b"\x89PNG"));
        private.close().await?;
    }
    // A tab in front closes the popup, here before the popup has answered the press.
    let popup = browser.press_action(&tab).await?;
    popup.click("#leave").await?;
    let left = browser.page_at(&browser.extension_url("popup.html")).await?;
    left.text("#leave").await?;
    browser.quit().await
}

fn write_extension(directory: &Path) -> anyhow::Result<()> {
    fs::create_dir(directory)?;
    let files = [
        ("manifest.json", MANIFEST),
        ("background.js", BACKGROUND),
        ("popup.html", POPUP),
        ("popup.js", POPUP_SCRIPT),
    ];
    for (name, text) in files {
        fs::write(directory.join(name), text)?;
    }
    Ok(())
}
