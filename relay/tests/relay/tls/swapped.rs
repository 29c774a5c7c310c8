//! Pairs that are put in the place of a good one: what browsers would not take, or take less well, stays out.

use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, SanType};

use super::*;

fn ed25519() -> (String, String) {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let params = CertificateParams::new(vec!["relay.example".to_owned()]).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[tokio::test]
async fn what_browsers_would_not_take_does_not_take_the_place_of_a_good_pair() {
    let relay = Encrypted::start().await;
    let files = files_in(relay.folder.path());
    let good = Pair::new();
    let block = |content: &str| {
        let pem = &good.certificate_pem;
        format!("{pem}-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
    };
    let elsewhere = Pair::with(|params| {
        params.subject_alt_names = vec![SanType::DnsName("elsewhere.example".try_into().unwrap())];
    });
    let unrelated = Pair::with(|params| {
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "unrelated");
    });
    let edwards = ed25519();
    for (name, certificate, key, says) in [
        (
            "no certificate in a block",
            &block("AAAA"),
            &good.key_pem,
            "certificate 2 holds something else",
        ),
        (
            "a block that is cut off",
            &format!("{}-----BEGIN CERTIFICATE-----\nAAAA\n", good.certificate_pem),
            &good.key_pem,
            "certificate 2 has no end",
        ),
        (
            "an unrelated certificate behind it",
            &format!("{}{}", good.certificate_pem, unrelated.certificate_pem),
            &good.key_pem,
            "does not lead from one certificate to the next",
        ),
        (
            "another host's",
            &elsewhere.certificate_pem,
            &elsewhere.key_pem,
            "relay.example, which the one in use is for",
        ),
        ("Ed25519", &edwards.0, &edwards.1, "browsers take no certificate"),
    ] {
        write_secret(&files.key, key);
        fs::write(&files.certificate, certificate).unwrap();
        eventually(name, async || {
            let lines = log::mine();
            let mut lines = lines.lines();
            lines.any(|line| line.contains("the old certificate stays in use") && line.contains(says))
        })
        .await;
        let status = relay.certificate_status().await;
        assert!(
            status.starts_with("the old certificate is in use"),
            "{name}: {status}"
        );
        assert!(relay.shows(&relay.pair).await, "{name}");
    }
    good.write(relay.folder.path());
    eventually("a good one", async || relay.shows(&good).await).await;
}

#[tokio::test]
async fn a_pair_that_is_not_valid_yet_is_used_once_it_is() {
    let (folder, pair) = (tempfile::tempdir().unwrap(), Pair::new());
    let files = pair.write(folder.path());
    let app = TestApp::start_with(move |config, limits| {
        config.listen.tls = Some(files.clone().into());
        limits.watch = Duration::from_millis(20);
        limits.ask_again = Duration::from_millis(50);
    })
    .await;
    // Two days after the tests' clock begins.
    let next = Pair::with(|params| params.not_before = rcgen::date_time_ymd(2023, 11, 17));
    next.write(folder.path());
    eventually("it is seen", async || {
        log::mine().contains("is not valid before 2023-11-17")
    })
    .await;
    assert!(open(app.address, &pair, &TLS13, &[]).await.is_ok());
    app.clock.advance(3 * 24 * 3600);
    eventually("it is in use although nothing changed", async || {
        open(app.address, &next, &TLS13, &[]).await.is_ok()
    })
    .await;
}
