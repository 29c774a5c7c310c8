//! Without a signal: the configuration is taken over when its file changes, or one that it names.

use super::*;

/// A list without the usual customer, behind Kubernetes' links.
fn list_behind_links(installation: &Installation) -> impl Fn(&str) + use<> {
    let folder = installation.folder.path().to_owned();
    let path = move |name: &str| folder.join(name);
    for (name, content) in [
        ("..1", "closed.example\n"),
        ("..2", "customers.example\n"),
        ("..3", "not a line\n"),
    ] {
        fs::create_dir(path(name)).unwrap();
        fs::write(path(name).join("denied"), content).unwrap();
    }
    symlink("..data/denied", path("denied")).unwrap();
    let exchange = {
        let path = path.clone();
        move |folder: &str| {
            symlink(folder, path("..data_tmp")).unwrap();
            fs::rename(path("..data_tmp"), path("..data")).unwrap();
        }
    };
    exchange("..1");
    let section = format!("[policy.deny]\nfiles = [{:?}]\n\n[staff]", path("denied"));
    installation.change_config("[staff]", &section);
    exchange
}

#[tokio::test]
async fn a_list_of_the_policy_behind_exchanged_links_counts_without_a_signal() {
    let installation = Installation::new().await;
    let exchange = list_behind_links(&installation);
    let mut serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    assert_eq!(login(&serving, &signer).await, 201);

    exchange("..2");
    logs(&mut serving, "the configuration was read again and is in use").await;
    assert_eq!(login(&serving, &signer).await, 403);

    exchange("..3");
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(line.contains("policy.deny.files"), "{line}");
    assert_eq!(login(&serving, &signer).await, 403);
    let note = serving.ready("configuration").await;
    assert!(note.ends_with("is in use: policy.deny.files"), "{note}");

    exchange("..1");
    eventually("readiness says that it is not in use yet", async || {
        serving.ready("configuration").await == "the files have changed, and are read as soon as they rest"
    })
    .await;
    logs(&mut serving, "the configuration was read again and is in use").await;
    assert_eq!(login(&serving, &signer).await, 201);
    assert_eq!(serving.ready("configuration").await, "ok");
}

#[tokio::test]
async fn the_configuration_counts_without_a_signal() {
    let (installation, mut serving, signer) = desk().await;
    installation.change_config("Main platform", "Other platform");
    logs(&mut serving, "the configuration was read again and is in use").await;
    assert_eq!(
        session(&serving, &signer).await["platforms"][0]["name"],
        "Other platform"
    );

    installation.change_config("validity_seconds = 30", "validity_seconds = 900");
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(line.contains("login.validity_seconds"), "{line}");
    installation.change_config("validity_seconds = 900", "validity_seconds = 20");
    logs(&mut serving, "the configuration was read again and is in use").await;
    assert_eq!(session(&serving, &signer).await["policy"]["validitySeconds"], 20);
}

/// A change is seen by one look and settled by the next, whatever else wakes the watch in between.
#[tokio::test]
async fn half_a_pair_has_the_time_between_two_looks() {
    const LOOKS: Duration = Duration::from_secs(1);
    let (folder, pair, next) = (tempfile::tempdir().unwrap(), Pair::new(), Pair::new());
    let files = pair.write(folder.path());
    let app = TestApp::start_with(move |config, limits| {
        config.listen.tls = Some(files.clone().into());
        limits.watch = LOOKS;
        limits.ask_again = Duration::from_millis(1);
    })
    .await;
    fs::write(files_in(folder.path()).certificate, &next.certificate_pem).unwrap();
    let judged = async || {
        let answer = app.get_health("/readyz").await.json();
        let status = answer["certificate"].as_str().unwrap();
        status.starts_with("the old certificate is in use")
    };
    let early = timeout(LOOKS / 2, eventually("half a pair is judged", judged)).await;
    assert!(early.is_err(), "it was judged before a second look was due");
    eventually("half a pair is judged", judged).await;
    assert!(open(app.address, &pair, &TLS13, &[]).await.is_ok());
}
