//! To whom a proof is shown.

use rustls::pki_types::CertificateDer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    LONG, Lab, REQUEST, eventually, kept,
    lab::{DOMAIN, OTHER},
    old_pair,
    server::Mood,
    write_secret,
};

/// Whether a connection with these protocols comes about, and whether HTTP is spoken on it then.
async fn speaks(
    lab: &Lab,
    root: &CertificateDer<'static>,
    domain: &'static str,
    protocols: &[&str],
) -> (bool, bool) {
    let Ok(mut stream) = lab.open(domain, root, protocols).await else {
        return (false, false);
    };
    // It may be closed already.
    let _ = stream.write_all(REQUEST).await;
    let mut answer = [0; 12];
    let read = timeout(LONG, stream.read_exact(&mut answer)).await.unwrap();
    (true, read.is_ok() && &answer == b"HTTP/1.1 401")
}

/// What marks a certificate as a proof (RFC 8737, section 6.1): an extension's identifier, as it is encoded.
const PROOF: [u8; 10] = [6, 8, 43, 6, 1, 5, 5, 7, 1, 31];

/// The name that a certificate proves, if it is a proof of one.
fn proves(certificate: &[u8]) -> Option<&'static str> {
    let has = |part: &[u8]| certificate.windows(part.len()).any(|window| window == part);
    let names = [DOMAIN, OTHER].into_iter().filter(|name| has(name.as_bytes()));
    let names = names.collect::<Vec<_>>();
    has(&PROOF).then(|| <[_; 1]>::try_from(names).unwrap()[0])
}

#[tokio::test]
async fn nobody_but_who_validates_is_shown_a_proof() {
    let lab = Lab::new().await;
    let server = lab.start_server().await;
    let relay = lab.relay().await;
    eventually("a certificate is issued", async || {
        relay.certificate().await == "ok"
    })
    .await;
    relay.stop().await;
    // Another one is wanted at once, and the server takes its time.
    let (old, file) = (old_pair(), kept(&lab, "certificate-").remove(0));
    write_secret(&file, &format!("{}{}", old.key_pem, old.certificate_pem));
    server.be(Mood {
        hold: true,
        ..Mood::default()
    });
    let relay = lab.relay().await;
    for domain in [DOMAIN, OTHER] {
        eventually("there is a proof", async || {
            let shown = lab.shown_to_anybody(domain, &["acme-tls/1"]).await;
            shown.is_some_and(|shown| proves(&shown) == Some(domain))
        })
        .await;
    }
    let elsewhere = lab.shown_to_anybody("elsewhere.broker.example", &["acme-tls/1"]);
    assert!(elsewhere.await.is_none(), "no proof of that");
    let everybody_else: [(&[&str], _); 5] = [
        (&["http/1.1"], (true, true)),
        (&[], (true, true)),
        (&["acme-tls/1", "http/1.1"], (true, true)),
        (&["h2", "acme-tls/1"], (true, false)),
        (&["h2"], (false, false)),
    ];
    for (protocols, expected) in everybody_else {
        let found = speaks(&lab, &old.certificate, DOMAIN, protocols).await;
        assert_eq!(found, expected, "{protocols:?}");
    }

    server.be(Mood::default());
    eventually("another one is shown", async || {
        lab.shown(&server.root).await.is_some()
    })
    .await;
    for domain in [DOMAIN, OTHER] {
        let shown = lab.shown_to_anybody(domain, &["acme-tls/1"]).await;
        assert!(shown.is_none(), "there is nothing to prove");
    }
    for (protocols, expected) in everybody_else {
        let found = speaks(&lab, &server.root, DOMAIN, protocols).await;
        assert_eq!(found, expected, "{protocols:?}");
    }
    relay.stop().await;
}
