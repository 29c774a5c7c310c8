//! What was in use stays in use until there is what a new configuration asks for.

use std::fs;

use rustls::pki_types::CertificateDer;

use super::{
    Lab, eventually,
    lab::{DOMAIN, OTHER, Running},
    log,
    server::{Mood, Server},
    with_files,
};

const FORMER: &str = "the former one is in use until ";

fn refusing() -> Mood {
    Mood {
        refusal: Some(("rejectedIdentifier", "not yet", None)),
        ..Mood::default()
    }
}

/// Whether this very certificate is shown.
async fn shows(lab: &Lab, root: &CertificateDer<'static>, expected: &CertificateDer<'static>) {
    assert_eq!(lab.shown(root).await.as_ref(), Some(expected));
}

async fn stands_in(relay: &Running, because: &str) {
    eventually("the former certificate is in use", async || {
        let status = relay.certificate().await;
        status.starts_with(FORMER) && status.contains(because)
    })
    .await;
}

async fn issued(lab: &Lab, server: &Server, relay: &Running) -> CertificateDer<'static> {
    server.be(Mood::default());
    eventually("a certificate is issued", async || {
        relay.certificate().await == "ok"
    })
    .await;
    server.be(refusing());
    lab.shown(&server.root).await.unwrap()
}

#[tokio::test]
async fn a_certificate_stays_until_another_one_is_issued() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    server.be(refusing());
    lab.installation.change_config(
        "\nterms_of_service_agreed",
        &format!("\ndomains = [\"{DOMAIN}\"]\nterms_of_service_agreed"),
    );
    let with_acme = fs::read_to_string(lab.installation.config()).unwrap();
    let (files, with_files) = with_files(&lab);
    fs::write(lab.installation.config(), with_files).unwrap();
    let relay = lab.relay().await;
    shows(&lab, &files.certificate, &files.certificate).await;

    // From files to ACME.
    fs::write(lab.installation.config(), with_acme).unwrap();
    stands_in(&relay, "not yet").await;
    shows(&lab, &files.certificate, &files.certificate).await;
    assert!(log::mine().contains("the former certificate stays in use until one is issued"));
    let first = issued(&lab, &server, &relay).await;

    // A name more, over a restart too.
    lab.installation.change_config(
        &format!("domains = [\"{DOMAIN}\"]"),
        &format!("domains = [\"{DOMAIN}\", \"{OTHER}\"]"),
    );
    stands_in(&relay, "not yet").await;
    shows(&lab, &server.root, &first).await;
    relay.stop().await;
    let relay = lab.relay().await;
    shows(&lab, &server.root, &first).await;
    stands_in(&relay, "not yet").await;
    let second = issued(&lab, &server, &relay).await;
    assert_ne!(second, first);
    assert!(lab.open(OTHER, &server.root, &[]).await.is_ok());

    // Another server, which does not answer. Of two that could stand in, the one for more names does.
    let place = |port: u16| format!("https://{}:{port}/dir", lab.ip);
    lab.installation.change_config(&place(14000), &place(14009));
    stands_in(&relay, "cannot be asked").await;
    shows(&lab, &server.root, &second).await;
    relay.stop().await;
    let relay = lab.relay().await;
    shows(&lab, &server.root, &second).await;
    stands_in(&relay, "cannot be asked").await;

    // And back: what is kept is what is asked for.
    lab.installation.change_config(&place(14009), &place(14000));
    eventually("all is well", async || relay.certificate().await == "ok").await;
    shows(&lab, &server.root, &second).await;
    relay.stop().await;
}
