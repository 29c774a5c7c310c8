//! A provider that is away: whoever watches the relay is told, and nobody else is held up.

use std::time::Duration;

use super::{CLIENT_SECRET, Lab, Reply, TestApp, secret_file, sign_in_config};
use crate::support::{eventually, log, provider::Provider};

impl Lab {
    /// With a relay that looks often whether the provider answers.
    async fn looking() -> Self {
        let provider = Provider::start().await;
        let folder = tempfile::tempdir().unwrap();
        let sign_in = sign_in_config(&provider.issuer, &secret_file(&folder, CLIENT_SECRET), "");
        let app = TestApp::start_with(move |config, limits| {
            config.sign_in = Some(sign_in.clone());
            limits.provider_looks = Duration::from_millis(20);
        })
        .await;
        Self {
            app,
            provider,
            _folder: folder,
        }
    }

    async fn is_said(&self, what: &str) {
        eventually(what, async || {
            let answer = self.app.get_health("/readyz").await;
            assert_eq!(answer.status, 200, "logins go on");
            answer.json()["sign_in"] == what
        })
        .await;
    }
}

#[tokio::test]
async fn the_readiness_page_says_so_and_stays_green() {
    let lab = Lab::looking().await;
    lab.is_said("ok").await;
    lab.provider
        .answer_discovery(Reply::Raw(503, "SENTINEL-BODY".to_owned()));
    let cause = "the provider's discovery document cannot be had: the provider answered 503; compare sign_in.issuer with what the \
                 provider gave";
    lab.is_said(&format!("failing since 2023-11-14T22:13:20Z: {cause}"))
        .await;
    lab.app.clock.advance(60);
    lab.provider.answer_discovery(Reply::Usual);
    lab.provider.answer_key_set(Reply::Raw(500, String::new()));
    let cause = cause
        .replace("discovery document", "key set")
        .replace("503", "500");
    lab.is_said(&format!("failing since 2023-11-14T22:13:20Z: {cause}"))
        .await;
    lab.provider.answer_key_set(Reply::Usual);
    lab.is_said("ok").await;
    let log = log::mine();
    assert_eq!(log.matches("sign-in: the provider cannot be asked").count(), 1);
    assert_eq!(log.matches("sign-in: the provider answers again").count(), 1);
    assert!(!log.contains("SENTINEL-BODY"));
}

#[tokio::test]
async fn without_a_provider_there_is_nothing_to_say() {
    let app = TestApp::start().await;
    assert_eq!(app.get_health("/readyz").await.json()["sign_in"], "off");
}
