//! What `[sign_in]` may say, and what is said of it otherwise.

use std::{fs, os::unix::fs::PermissionsExt};

use secrecy::ExposeSecret;

use super::{Admit, redirect::FIREFOX_ID};
use crate::config::{Config, EXAMPLE, Keys, SignIn};

const LEAST: &str = "issuer = \"https://login.broker.example\"\nclient_id = \"relay\"\n";

/// The section with these lines, in an otherwise good configuration.
fn parse(lines: &str, keys: Keys) -> Result<SignIn, String> {
    let config = Config::parse(&format!("{EXAMPLE}\n[sign_in]\n{lines}"), keys);
    config
        .map(|config| config.sign_in.unwrap())
        .map_err(|faults| faults.to_string())
}

#[test]
fn without_the_section_nobody_signs_in_and_little_is_needed_to() {
    assert!(Config::parse(EXAMPLE, Keys::Skip).unwrap().sign_in.is_none());
    let sign_in = parse(LEAST, Keys::Skip).unwrap();
    assert_eq!(sign_in.scopes, ["openid", "email", "profile"]);
    assert_eq!(format!("{:?}", sign_in.algorithms), "[RS256, ES256, PS256]");
    assert_eq!((sign_in.session_hours, sign_in.admit), (10, Admit::Known));
    assert!(sign_in.email_must_be_verified && sign_in.client_secret.is_none());
    // `getRedirectURL("sign-in")` in Chromium and in Firefox, for the extension's ids.
    assert_eq!(
        sign_in.redirect_uris,
        [
            "https://jomfnokbjcodmeceeekpoggolchicolf.chromiumapp.org/sign-in",
            "https://1f7820db6021ba9da504bcdc0b4ee7e0e90504a0.extensions.allizom.org/sign-in",
        ]
    );
}

#[test]
fn the_extension_has_the_id_that_its_redirect_uri_is_made_of() {
    let manifest = include_str!("../../../../extension/manifest.json");
    assert!(manifest.contains(&format!("\"id\": \"{FIREFOX_ID}\"")));
}

#[test]
fn faults_name_cause_and_cure() {
    let tenant = |first: &str| {
        format!("issuer = \"https://login.microsoftonline.com/{first}/v2.0\"\nclient_id = \"r\"")
    };
    for (lines, expected) in [
        ("".to_owned(), "sign_in.issuer: is missing"),
        (
            "issuer = \"https://a.example\"".to_owned(),
            "sign_in.client_id: is missing",
        ),
        (
            "issuer = \"http://a.example\"\nclient_id = \"r\"".to_owned(),
            "sign_in.issuer: must be https",
        ),
        (
            "issuer = \"https://a.example/?x=1\"\nclient_id = \"r\"".to_owned(),
            "no user name, password, query",
        ),
        (
            tenant("common"),
            "sign_in.issuer: \"common\" lets people of every tenant in",
        ),
        (tenant("ORGANIZATIONS"), "lets people of every tenant in"),
        (
            tenant("9188040d-6c67-4c5b-b112-36a304b66dad"),
            "lets people of every tenant in",
        ),
        (
            tenant("consumers"),
            "https://login.microsoftonline.com/TENANT-ID/v2.0",
        ),
        (
            format!("{LEAST}scopes = [\"email\"]"),
            "sign_in.scopes: lacks \"openid\"",
        ),
        (
            format!("{LEAST}algorithms = [\"HS256\"]"),
            "sign_in.algorithms: each must be RS256",
        ),
        (format!("{LEAST}algorithms = [\"none\"]"), "proves nothing"),
        (
            format!("{LEAST}redirect_uris = [\"http://relay.example/x\"]"),
            "sign_in.redirect_uris: each must be an address",
        ),
        (
            format!("{LEAST}session_hours = 0"),
            "sign_in.session_hours: must be 1 to 168",
        ),
        (
            format!("{LEAST}email_claim = \"a..b\""),
            "sign_in.email_claim: must be the name of a claim",
        ),
        (
            format!("{LEAST}email_verified = \"no\""),
            "sign_in.email_verified: must be \"required\"",
        ),
        (
            format!("{LEAST}admit = \"all\""),
            "sign_in.admit: must be \"known\"",
        ),
        (
            format!("{LEAST}admit = \"mapped\""),
            "no [[sign_in.role]] maps anything",
        ),
        (
            format!("{LEAST}[[sign_in.role]]\nclaim_value = \" \"\nrole = \"desk\""),
            "sign_in.role[0].claim_value: is empty",
        ),
        (
            format!("{LEAST}[[sign_in.role]]\nclaim_value = \"x\"\nrole = \"Desk\""),
            "sign_in.role[0].role: ",
        ),
        (
            format!("{LEAST}client_secret = \"oops\""),
            "sign_in.client_secret: is not a key that the relay knows",
        ),
        (
            format!("{LEAST}client_secret_file = \"/x\"\nclient_secret_env = \"X\""),
            "sign_in.client_secret_file: stands beside client_secret_env",
        ),
        (
            format!("{LEAST}proxy = \"\""),
            "sign_in.proxy: must be a proxy's address",
        ),
    ] {
        let faults = parse(&lines, Keys::Skip).unwrap_err();
        assert!(faults.contains(expected), "{lines}: {faults}");
        assert!(!faults.contains("oops"), "{faults}");
    }
    assert!(
        parse(
            "issuer = \"http://127.0.0.1:9000\"\nclient_id = \"r\"",
            Keys::Skip
        )
        .is_ok()
    );
    assert!(parse(&tenant("11111111-2222-3333-4444-555555555555"), Keys::Skip).is_ok());
}

#[test]
fn who_makes_staff_of_strangers_must_say_under_which_domains() {
    let text = EXAMPLE.replace("domains = [\"broker.example\"]\n", "");
    let section = format!("{text}\n[sign_in]\n{LEAST}admit = \"everybody\"");
    let faults = Config::parse(&section, Keys::Skip).unwrap_err().to_string();
    assert!(
        faults.contains("sign_in.admit: makes staff of people"),
        "{faults}"
    );
}

#[test]
fn the_secret_is_read_from_a_file_that_others_cannot_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("client-secret");
    let lines = format!("{LEAST}client_secret_file = \"{}\"", path.display());
    for (content, mode, expected) in [
        ("SENTINEL~secret\n", 0o600, None),
        ("SENTINEL secret", 0o600, Some("nothing else")),
        ("\n", 0o600, Some("must hold the client's secret")),
        ("SENTINEL", 0o644, Some("every user")),
    ] {
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let source = parse(&lines, Keys::Skip).unwrap().client_secret.unwrap();
        match (source.read(), expected) {
            (Ok(secret), None) => assert_eq!(secret.expose_secret(), "SENTINEL~secret"),
            (Err(problem), Some(expected)) => {
                assert!(
                    problem.contains(expected) && !problem.contains("SENTINEL"),
                    "{problem}"
                );
                // The example names an API key that is not here, which is told beside it.
                let faults = parse(&lines, Keys::Check).unwrap_err();
                assert!(faults.contains("sign_in.client_secret_file: "), "{faults}");
            }
            (read, _) => panic!("{content:?}: {read:?}"),
        }
    }
}

#[test]
fn a_claim_is_found_at_the_end_of_its_path() {
    let claims = serde_json::json!({"realm_access": {"roles": ["a"]}, "groups": "b", "https://x.example/roles": ["c"]});
    let claims = claims.as_object().unwrap();
    for (path, found) in [
        ("groups", Some("\"b\"")),
        ("realm_access.roles", Some("[\"a\"]")),
        ("https://x.example/roles", Some("[\"c\"]")),
        ("realm_access", Some("{\"roles\":[\"a\"]}")),
        ("realm_access.none", None),
        ("groups.roles", None),
        ("none", None),
    ] {
        let path = super::ClaimPath::parse(path).unwrap();
        assert_eq!(
            path.find(claims).map(ToString::to_string).as_deref(),
            found,
            "{path:?}"
        );
    }
}

#[test]
fn the_file_of_the_authorities_is_a_file_of_a_sensible_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roots.pem");
    fs::write(&path, vec![b'x'; 1024 * 1024 + 1]).unwrap();
    for (path, why) in [
        (
            path.as_path(),
            "is too large; name a PEM file of at most 1048576 bytes",
        ),
        (folder.path(), "is not a file"),
        // Which would be read for ever.
        (std::path::Path::new("/dev/zero"), "is not a file"),
        (std::path::Path::new("/nowhere/roots.pem"), "cannot be read"),
    ] {
        let lines = format!("{LEAST}root_certificate_file = \"{}\"", path.display());
        let faults = parse(&lines, Keys::Check).unwrap_err();
        let expected = format!("sign_in.root_certificate_file: {}: {why}", path.display());
        assert!(faults.contains(&expected), "{faults}");
    }
}
