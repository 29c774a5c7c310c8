//! Signing out leaves nothing, and the private key never leaves the browser before.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use stagedoor_e2e::browser::Kind;
use stagedoor_e2e::lab::{CUSTOMERS, Lab};
use stagedoor_e2e::page::Page;
use stagedoor_e2e::scenario::{Platform, SUPPORT, Seat};
use stagedoor_e2e::states::Screen;

crate::in_each_browser!(
    nothing_is_left,
    the_key_is_gone_before_the_relay_answers,
    who_is_let_in_no_more_can_sign_out,
    the_private_key_stays
);

/// Every record of every database that the extension has, by the names of database, store and key.
const RECORDS: &str = r#"(async () => {
    const done = request => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const found = [];
    for (const { name } of await indexedDB.databases()) {
        const database = await done(indexedDB.open(name));
        for (const store of database.objectStoreNames) {
            const keys = await done(database.transaction(store).objectStore(store).getAllKeys());
            found.push(...keys.map(key => `${name}/${store}/${key}`));
        }
        database.close();
    }
    return found;
})()"#;

/// Everything else that an extension can leave behind.
const REST: &str = r#"(async () => ({
    local: Object.keys(await chrome.storage.local.get(null)),
    session: Object.keys(await chrome.storage.session.get(null)),
    web: [localStorage.length, sessionStorage.length, (await caches.keys()).length, document.cookie.length],
    alarms: (await chrome.alarms.getAll()).length,
    badge: await chrome.action.getBadgeText({}),
}))()"#;

/// A key pair under a name in the extension's own store.
const KEY: &str = r#"new Promise((resolve, reject) => {
    const opening = indexedDB.open("stagedoor");
    opening.onsuccess = () => {
        const reading = opening.result.transaction("keys").objectStore("keys").get("enrolled");
        reading.onsuccess = () => { opening.result.close(); resolve(reading.result); };
        reading.onerror = reject;
    };
    opening.onerror = reject;
})"#;

async fn nothing_is_left(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let customer = CUSTOMERS[0].0;
    assert_eq!(
        seat.log_in(&lab.customer_page(customer)).await?,
        Platform::LoggedIn(customer.into())
    );
    // Its own questions are answered by then: one of them clears up what is left of a sign-in.
    let options = Screen::Options.open(&seat.browser).await?;
    // A sign-in or an enrolment that was broken off leaves a key of its own; alarms and badges are any part's.
    let littered = format!(
        "(async () => {{ const key = await {KEY};
            await new Promise((resolve, reject) => {{
                const opening = indexedDB.open('stagedoor');
                opening.onsuccess = () => {{
                    const writing = opening.result.transaction('keys', 'readwrite');
                    writing.objectStore('keys').put(key, 'pending');
                    writing.oncomplete = () => {{ opening.result.close(); resolve(); }};
                    writing.onerror = reject;
                }};
            }});
            await chrome.storage.session.set({{ signIn: {{ verifier: 'x' }} }});
            await chrome.alarms.create('later', {{ delayInMinutes: 5 }});
            await chrome.action.setBadgeText({{ text: '1' }}); }})()"
    );
    options.evaluate(&littered).await?;
    assert_eq!(
        options.evaluate(RECORDS).await?,
        json!(["stagedoor/keys/enrolled", "stagedoor/keys/pending"])
    );
    let rest = options.evaluate(REST).await?;
    let local = names(&rest["local"]);
    let [profile @ .., window] = local.as_slice() else {
        bail!("nothing is kept: {rest}")
    };
    let of_profile = ["keyId", "lapsed", "mayApprove", "relay", "signedInUntil", "staff"];
    assert_eq!(profile, of_profile);
    assert!(window.starts_with("window:"), "{rest}");
    assert!(names(&rest["session"]).contains(&"signIn".to_owned()), "{rest}");
    assert!(names(&rest["session"]).len() >= 2, "a tab: {rest}");
    assert_eq!((&rest["alarms"], &rest["badge"]), (&json!(1), &json!("1")));

    assert!(!revoked(&lab)?);
    sign_out(&options).await?;
    assert!(!options.shows("[data-slot=untold]").await?);
    assert!(
        revoked(&lab)?,
        "the key would be good still, in a copy of these files"
    );
    assert_eq!(options.evaluate(RECORDS).await?, json!([]));
    assert_eq!(
        options.evaluate(REST).await?,
        json!({"local": [], "session": [], "web": [0, 0, 0, 0], "alarms": 0, "badge": ""})
    );
    // The popup knows nobody either.
    let tab = seat.browser.open(&lab.customer_page(customer)).await?;
    seat.press(&tab).await?.shows("setup").await?;
    assert_eq!(options.evaluate(RECORDS).await?, json!([]));
    Ok(())
}

/// A browser that is closed meanwhile starts again signed out; and if no answer comes, the page says what that leaves.
async fn the_key_is_gone_before_the_relay_answers(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?.patient()?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let options = Screen::Options.open(&seat.browser).await?;
    assert_eq!(
        options.evaluate(RECORDS).await?,
        json!(["stagedoor/keys/enrolled"])
    );
    let mut held = lab.front.hold_request("POST /v1/sign-out");
    options.click("[data-slot=signOut]").await?;
    options.click("[data-slot=confirm]").await?;
    held.arrived().await?;
    assert_eq!(options.evaluate(RECORDS).await?, json!([]));
    assert_eq!(
        options.evaluate(REST).await?,
        json!({"local": [], "session": [], "web": [0, 0, 0, 0], "alarms": 0, "badge": ""})
    );
    let beside = Screen::Options.open(&seat.browser).await?;
    assert_eq!(beside.text("#connect-title").await?, "Connect to your relay");
    assert!(!beside.shows("[data-slot=untold]").await?);
    lab.front.shut(true);
    let words = options.text("[data-slot=untold]").await?;
    assert!(words.contains("the relay could not be told"), "{words}");
    assert!(
        !options.shows("[data-slot=error]").await?,
        "nothing went wrong here"
    );
    assert!(!revoked(&lab)?);
    Ok(())
}

fn revoked(lab: &Lab) -> Result<bool> {
    let listed = lab.relay()?.run(&["profile", "list", "--json"])?;
    let profile: Value = serde_json::from_str(listed.trim())?;
    Ok(profile["revokedAt"].is_string())
}

async fn who_is_let_in_no_more_can_sign_out(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    lab.relay()?.run(&["staff", "disable", SUPPORT[0].email])?;
    let customer = lab.customer_page(CUSTOMERS[0].0);
    let tab = seat.browser.open(&customer).await?;
    assert_eq!(seat.press(&tab).await?.error().await?, "staff_disabled");
    seat.browser.close_popup().await?;
    let options = Screen::Options.open(&seat.browser).await?;
    assert_eq!(options.text("#connect-title").await?, "Not connected any more");
    options.click("[data-slot=signOut]").await?;
    options.click("[data-slot=confirm]").await?;
    options
        .wait_for(
            "this browser to be a new one",
            "document.querySelector('#connect-title')?.textContent === 'Connect to your relay'",
        )
        .await?;
    assert_eq!(options.evaluate(RECORDS).await?, json!([]));
    assert_eq!(
        options.evaluate(REST).await?,
        json!({"local": [], "session": [], "web": [0, 0, 0, 0], "alarms": 0, "badge": ""})
    );
    Ok(())
}

async fn sign_out(options: &Page) -> Result<()> {
    options.click("[data-slot=signOut]").await?;
    options.click("[data-slot=confirm]").await?;
    options.text("#connect-title").await?;
    Ok(())
}

async fn the_private_key_stays(kind: Kind) -> Result<()> {
    let lab = Lab::start().await?;
    let seat = Seat::enrolled(&lab, kind, SUPPORT[0]).await?;
    let options = seat.browser.open_extension("options.html").await?;
    let tried = format!(
        "(async () => {{
            const pair = await {KEY};
            const {{ privateKey, publicKey }} = pair;
            const refused = async attempt => {{
                try {{ await attempt(); return 'given out'; }} catch (error) {{ return error.name; }}
            }};
            const wrapping = await crypto.subtle.generateKey({{ name: 'AES-GCM', length: 256 }}, true, ['wrapKey']);
            const iv = new Uint8Array(12);
            return {{
                kind: [privateKey.type, privateKey.extractable, privateKey.usages.join()],
                jwk: await refused(() => crypto.subtle.exportKey('jwk', privateKey)),
                pkcs8: await refused(() => crypto.subtle.exportKey('pkcs8', privateKey)),
                raw: await refused(() => crypto.subtle.exportKey('raw', privateKey)),
                wrapped: await refused(() => crypto.subtle.wrapKey('pkcs8', privateKey, wrapping, {{ name: 'AES-GCM', iv }})),
                text: JSON.stringify(privateKey),
                public: (await crypto.subtle.exportKey('raw', publicKey)).byteLength,
            }};
        }})()"
    );
    let tried = options.evaluate(&tried).await?;
    assert_eq!(tried["kind"], json!(["private", false, "sign"]));
    for way in ["jwk", "pkcs8", "wrapped"] {
        assert_eq!(tried[way], "InvalidAccessError", "{way}: {tried}");
    }
    assert_ne!(tried["raw"], "given out");
    assert_eq!((&tried["text"], &tried["public"]), (&json!("{}"), &json!(65)));
    Ok(())
}

fn names(list: &Value) -> Vec<String> {
    let mut names: Vec<String> = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    names.sort();
    names
}
