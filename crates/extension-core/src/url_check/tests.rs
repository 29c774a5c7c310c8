//! Which addresses pass and which do not, with the `url` crate as the WHATWG parser that the browser has.

use proptest::prelude::*;
use stagedoor_protocol::OneTimeToken;

use super::*;
use crate::testing::parse_url;

fn relay(text: &str) -> Option<String> {
    parse_url(text).and_then(|url| relay_origin(&url).map(String::from))
}

#[test]
fn relay_addresses_are_reduced_to_their_origin() {
    for (text, origin) in [
        ("https://relay.example", "https://relay.example"),
        ("https://Relay.Example:443/", "https://relay.example"),
        ("https://relay.example:8443", "https://relay.example:8443"),
        (" https://relay.example ", "https://relay.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://m\u{fc}nchen.example", "https://xn--mnchen-3ya.example"),
    ] {
        assert_eq!(relay(text).as_deref(), Some(origin), "{text}");
    }
}

#[test]
fn other_relay_addresses_are_refused() {
    for text in [
        "",
        "relay.example",
        "http://relay.example",
        "http://127.0.0.2",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "ftp://relay.example",
        "javascript:alert(1)",
        "data:text/plain,x",
        "chrome-extension://abc",
        "https://relay.example/v1",
        "https://relay.example/?a=b",
        "https://relay.example/#a",
        "https://user@relay.example",
        "https://user:pw@relay.example",
        "http://127.0.0.1@evil.example",
    ] {
        assert_eq!(relay(text), None, "{text}");
    }
}

#[test]
fn a_host_alone_becomes_an_address_and_a_word_does_not() {
    for (typed, full) in [
        (" relay.example ", Some("https://relay.example")),
        ("relay.example:8443", Some("https://relay.example:8443")),
        ("relay:8443", Some("https://relay:8443")),
        ("192.0.2.7:8443", Some("https://192.0.2.7:8443")),
        ("[2001:db8::1]", Some("https://[2001:db8::1]")),
        ("127.0.0.1", Some("http://127.0.0.1")),
        ("127.0.0.1:8080", Some("http://127.0.0.1:8080")),
        ("[::1]:8080", Some("http://[::1]:8080")),
        ("[::1]", Some("http://[::1]")),
        ("localhost:8080", Some("http://localhost:8080")),
        ("localhost", Some("http://localhost")),
        ("Localhost", Some("http://localhost")),
        ("LOCALHOST:8080/", Some("http://localhost:8080/")),
        ("127.0.0.1/", Some("http://127.0.0.1/")),
        ("[::1]/", Some("http://[::1]/")),
        ("Relay.Example/", Some("https://relay.example/")),
        ("127.0.0.1.evil.example/", Some("https://127.0.0.1.evil.example/")),
        ("https://", None),
        (
            "127.0.0.1.evil.example:80",
            Some("https://127.0.0.1.evil.example:80"),
        ),
        ("http://relay.example", None),
        ("chrome-extension://abc.def", None),
        ("01234-56789-ABCDE-FGHJZ", None),
        ("", None),
    ] {
        assert_eq!(with_scheme(typed).as_deref(), full, "{typed}");
    }
    for text in [
        "javascript:alert(1)",
        "data:text/plain,x",
        "dana@broker.example",
        "a.example/b",
        "a.example?b",
    ] {
        assert_eq!(relay(&with_scheme(text).unwrap()), None, "{text}");
    }
}

#[test]
fn authority_is_what_follows_the_scheme() {
    assert_eq!(authority("https://relay.example"), "relay.example");
    assert_eq!(authority("http://[::1]:8080"), "[::1]:8080");
}

#[test]
fn only_the_origin_that_was_shown_is_opened() {
    let shown = parse_url("https://platform.example").unwrap();
    let check = |text: &str| parse_url(text).is_some_and(|url| is_platform_address(&url, &shown));
    for good in [
        "https://platform.example",
        "https://PLATFORM.example:443/",
        "https://platform.example/app/",
    ] {
        assert!(check(good), "{good}");
    }
    for bad in [
        "http://platform.example",
        "https://platform.example:444",
        "https://platform.example.evil.example",
        "https://platform.example@evil.example",
        "https://user@platform.example",
        "https://evil.example/https://platform.example",
        "https://platform.example/?next=x",
        "https://platform.example/#x",
        "javascript://platform.example/%0aalert(1)",
        "https://platform\u{2024}example",
    ] {
        assert!(!check(bad), "{bad}");
    }
    let demo = parse_url("http://127.0.0.1:9000").unwrap();
    assert!(is_platform_address(&demo, &demo));
    let plain = parse_url("http://platform.example").unwrap();
    assert!(!is_platform_address(&plain, &plain), "http beyond loopback");
}

#[test]
fn page_origins_are_web_origins() {
    let origin = |text: &str| page_origin(&parse_url(text).unwrap());
    assert_eq!(
        origin("https://crm.example/contacts/17?q=anna@example.com").as_deref(),
        Some("https://crm.example")
    );
    assert_eq!(origin("file:///tmp/x.html"), None);
    assert_eq!(origin("about:blank"), None);
}

#[test]
fn login_url_has_one_slash_and_an_encoded_token() {
    let url = |platform: &str, token: &str| {
        let token = OneTimeToken::parse(token.into()).unwrap();
        LoginUrl::new(&parse_url(platform).unwrap(), &token)
            .expose()
            .to_owned()
    };
    assert_eq!(
        url("https://platform.example", "0190b5f0-7c1e"),
        "https://platform.example/?auth=0190b5f0-7c1e"
    );
    assert_eq!(
        url("https://platform.example/app/", "a+b/c=%?"),
        "https://platform.example/app/?auth=a%2Bb%2Fc%3D%25%3F"
    );
}

proptest! {
    #[test]
    fn the_platform_reads_the_very_token(token in "[!$%()*+,./0-9:;=?@A-Z\\[\\]^_a-z{|}~-]{1,200}") {
        let parsed = OneTimeToken::parse(token.clone()).unwrap();
        let url = LoginUrl::new(&parse_url("https://platform.example").unwrap(), &parsed);
        let url = url::Url::parse(url.expose()).unwrap();
        let pairs: Vec<_> = url.query_pairs().collect();
        prop_assert_eq!(pairs.len(), 1);
        prop_assert_eq!(&pairs[0].0, "auth");
        prop_assert_eq!(&*pairs[0].1, &token);
        prop_assert_eq!((url.path(), url.fragment()), ("/", None));
    }
}
