//! TLS at the relay itself: who is served, with which certificate, and what comes of files that change under it.

mod check;
mod swapped;

use std::{fs, os::unix::fs::symlink, path::Path, time::Duration};

use rustls::version::{TLS12, TLS13};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{
    Answer, Draft, STAFF, TestApp,
    certificate::{Pair, files_in, open, write_secret},
    eventually, log,
};

/// Far longer than any limit that these tests set.
const LONG: Duration = Duration::from_secs(60);

/// A relay with TLS, whose files are in a folder.
struct Encrypted {
    app: TestApp,
    folder: TempDir,
    pair: Pair,
}

impl Encrypted {
    async fn start() -> Self {
        Self::start_with(Duration::from_secs(60)).await
    }

    /// With so much time for a handshake.
    async fn start_with(handshake: Duration) -> Self {
        let (folder, pair) = (tempfile::tempdir().unwrap(), Pair::new());
        let files = pair.write(folder.path());
        let app = TestApp::start_with(move |config, limits| {
            config.listen.tls = Some(files.clone().into());
            limits.watch = Duration::from_millis(20);
            limits.handshake = handshake;
        })
        .await;
        Self { app, folder, pair }
    }

    /// Whether this is the certificate that is shown.
    async fn shows(&self, pair: &Pair) -> bool {
        open(self.app.address, pair, &TLS13, &[]).await.is_ok()
    }

    async fn send(&self, draft: &Draft) -> Answer {
        let client = self.pair.client();
        draft
            .send_to(&client, &format!("https://{}", self.app.address))
            .await
    }

    async fn certificate_status(&self) -> String {
        let ready = self.app.get_health("/readyz").await;
        assert_eq!(ready.status, 200, "logins go on");
        ready.json()["certificate"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_login_over_tls() {
    let relay = Encrypted::start().await;
    let desk = relay.app.profile();
    let code = relay.app.invite(STAFF).await;
    assert_eq!(relay.send(&desk.enrol(&code)).await.status, 201);
    let answer = relay.send(&desk.login().0).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(!answer.token().is_empty());
    assert_eq!(relay.certificate_status().await, "ok");
}

#[tokio::test]
async fn versions_and_protocols() {
    let relay = Encrypted::start().await;
    let address = relay.app.address;
    for version in [&TLS12, &TLS13] {
        let mut stream = open(address, &relay.pair, version, &["h2", "http/1.1"])
            .await
            .unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
        stream
            .write_all(b"GET /v1/session HTTP/1.1\r\nhost: relay.example\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        timeout(LONG, stream.read_to_string(&mut answer))
            .await
            .unwrap()
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        let only_h2 = open(address, &relay.pair, version, &["h2"]).await;
        assert!(only_h2.is_err(), "HTTP/2 is not spoken");
    }
}

/// A client hello as TLS 1.0 and 1.1 had it: no supported_versions, one old suite.
fn old_hello(minor: u8) -> Vec<u8> {
    let mut body = vec![3, minor];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0, 0x2f, 1, 0]);
    let length = u8::try_from(body.len()).unwrap();
    let mut hello = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    hello.extend(body);
    hello
}

#[tokio::test]
async fn what_is_no_handshake_is_closed_in_time_and_harms_nobody() {
    // Others' handshakes must fit in, too.
    let relay = Encrypted::start_with(Duration::from_secs(2)).await;
    let noise = (0..4096_u32).map(|i| (i * 7919 % 251) as u8).collect::<Vec<_>>();
    let mut endless = vec![22, 3, 1, 0x40, 0];
    endless.extend([1; 100]);
    for (name, sent) in [
        ("TLS 1.0", old_hello(1)),
        ("TLS 1.1", old_hello(2)),
        ("SSL 3", old_hello(0)),
        ("noise", noise),
        (
            "plain http",
            b"GET /v1/session HTTP/1.1\r\nhost: relay.example\r\n\r\n".to_vec(),
        ),
        ("nothing", Vec::new()),
        ("a hello that does not end", endless),
    ] {
        let mut socket = TcpStream::connect(relay.app.address).await.unwrap();
        socket.write_all(&sent).await.unwrap();
        assert!(
            relay.shows(&relay.pair).await,
            "{name}: others are served meanwhile"
        );
        let mut answer = Vec::new();
        // A reset is an end like any other.
        let _ = timeout(LONG, socket.read_to_end(&mut answer))
            .await
            .unwrap_or_else(|_| panic!("{name}: the relay closes the connection"));
        assert!(!answer.starts_with(b"HTTP"), "{name}");
        assert!(
            answer.is_empty() || answer[0] == 21,
            "{name}: an alert, or nothing"
        );
        if name.starts_with("TLS") {
            assert_eq!(answer[5], 2, "{name}: a fatal alert");
        }
    }
}

#[tokio::test]
async fn a_handshake_under_way_holds_a_place() {
    let (folder, pair) = (tempfile::tempdir().unwrap(), Pair::new());
    let files = pair.write(folder.path());
    let app = TestApp::start_with(move |config, limits| {
        config.listen.tls = Some(files.clone().into());
        config.listen.connections_per_address = 1;
        limits.handshake = Duration::from_secs(600);
    })
    .await;
    let mut silent = TcpStream::connect(app.address).await.unwrap();
    open(app.address, &pair, &TLS13, &[]).await.unwrap();
    let read = timeout(LONG, silent.read(&mut [0; 1])).await;
    assert!(
        matches!(read, Ok(Ok(0) | Err(_))),
        "it gave way long before its time"
    );
}

#[tokio::test]
async fn a_pair_that_is_renamed_into_place_is_used_and_half_of_one_is_not() {
    let relay = Encrypted::start().await;
    let (files, next) = (files_in(relay.folder.path()), Pair::new());
    let place = |path: &Path, text: &str| {
        let new = relay.folder.path().join("new");
        write_secret(&new, text);
        fs::rename(new, path).unwrap();
    };
    let mark = log::mark();
    place(&files.certificate, &next.certificate_pem);
    eventually("half a pair is noticed", async || {
        relay.certificate_status().await != "ok"
    })
    .await;
    let status = relay.certificate_status().await;
    assert!(
        status.starts_with("the old certificate is in use") && status.contains("listen.tls_key_file"),
        "{status}"
    );
    assert!(relay.shows(&relay.pair).await);
    assert!(log::since(mark).contains("is not the key of the certificate"));
    place(&files.key, &next.key_pem);
    eventually("the new pair is in use", async || relay.shows(&next).await).await;
    assert!(!relay.shows(&relay.pair).await);
    assert_eq!(relay.certificate_status().await, "ok");
    assert!(!log::text().contains("PRIVATE KEY"));
}

/// `..data` is a link to a folder, exchanged as a whole; the files are links through it.
#[tokio::test]
async fn a_folder_that_is_exchanged_by_its_link_is_noticed() {
    let (folder, old, new) = (tempfile::tempdir().unwrap(), Pair::new(), Pair::new());
    let path = |name: &str| folder.path().join(name);
    for (name, pair) in [("..1", &old), ("..2", &new)] {
        fs::create_dir(path(name)).unwrap();
        pair.write(&path(name));
    }
    symlink("..1", path("..data")).unwrap();
    let files = files_in(folder.path());
    for file in [&files.certificate, &files.key] {
        symlink(Path::new("..data").join(file.file_name().unwrap()), file).unwrap();
    }
    let app = TestApp::start_with(move |config, limits| {
        config.listen.tls = Some(files.clone().into());
        limits.watch = Duration::from_millis(20);
    })
    .await;
    open(app.address, &old, &TLS13, &[]).await.unwrap();
    symlink("..2", path("..data_tmp")).unwrap();
    fs::rename(path("..data_tmp"), path("..data")).unwrap();
    eventually("the new pair is in use", async || {
        open(app.address, &new, &TLS13, &[]).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn bad_files_leave_the_old_pair_in_use_until_good_ones_come() {
    let relay = Encrypted::start().await;
    let files = files_in(relay.folder.path());
    let expired = Pair::with(|params| params.not_after = rcgen::date_time_ymd(2001, 1, 1));
    for (name, certificate, key) in [
        ("text", "not a certificate", relay.pair.key_pem.as_str()),
        ("nothing", "", ""),
        ("expired", &expired.certificate_pem, &expired.key_pem),
        (
            "no key",
            &relay.pair.certificate_pem,
            "-----BEGIN PRIVATE KEY-----",
        ),
    ] {
        fs::write(&files.certificate, certificate).unwrap();
        write_secret(&files.key, key);
        eventually(name, async || relay.certificate_status().await != "ok").await;
        assert!(relay.shows(&relay.pair).await, "{name}");
        relay.pair.write(relay.folder.path());
        eventually("the old content is no fault", async || {
            relay.certificate_status().await == "ok"
        })
        .await;
    }
    fs::remove_file(&files.key).unwrap();
    eventually("a file is gone", async || {
        relay.certificate_status().await != "ok"
    })
    .await;
    assert!(relay.shows(&relay.pair).await);
}

#[tokio::test]
async fn a_certificate_that_ends_is_spoken_of_in_time() {
    let (folder, pair) = (
        tempfile::tempdir().unwrap(),
        // Five days after the tests' clock begins.
        Pair::with(|params| params.not_after = rcgen::date_time_ymd(2023, 11, 20)),
    );
    let files = pair.write(folder.path());
    let mark = log::mark();
    let app = TestApp::start_with(move |config, limits| {
        config.listen.tls = Some(files.clone().into());
        limits.watch = Duration::from_millis(20);
    })
    .await;
    let status = async || app.get_health("/readyz").await.json()["certificate"].clone();
    let told = |how: &str| {
        // The watch, which reads the files once more when it begins, says it without the setting's name.
        let line =
            format!("listen.tls_certificate_file: the certificate {how} at 2023-11-20T00:00:00Z; renew it");
        log::since(mark)
            .lines()
            .filter(|told| told.contains(&line))
            .count()
    };
    assert_eq!(status().await, "expires at 2023-11-20T00:00:00Z");
    assert_eq!(told("expires"), 1, "at the start");
    app.clock.advance(24 * 3600);
    eventually("it is told again a day later", async || told("expires") == 2).await;
    app.clock.advance(5 * 24 * 3600);
    assert_eq!(status().await, "expired at 2023-11-20T00:00:00Z");
    eventually("its end is told", async || told("expired") == 1).await;
    assert_eq!(told("expires"), 2);
}
