//! Posts messages to one receiver. Its answer's status and `Retry-After` decide; nothing else of the answer is read.

use std::time::Duration;

use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use secrecy::SecretSlice;

use super::signature::sign;
use crate::{config::WebhookConfig, files::in_time, outgoing};

/// The client of one webhook. `Debug` shows no address: it may be a secret.
pub(crate) struct Client {
    http: reqwest::Client,
    config: WebhookConfig,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The receiver has it.
    Accepted(u16),
    /// The receiver wants no messages any more: 410.
    Gone,
    /// It has not, for this cause; and it may have said when it wants to be asked again.
    Failed(String, Option<Duration>),
}

impl Client {
    /// Reads no secret yet. The error names the configuration key that is at fault.
    pub(super) fn new(config: WebhookConfig, answer: Duration) -> Result<Self, (&'static str, String)> {
        let mut builder = outgoing::client(answer / 2, answer).pool_max_idle_per_host(0);
        if config.url.scheme() == "http" {
            builder = outgoing::plain(builder);
        }
        let http = builder.build().map_err(|_| {
            let problem = "TLS cannot be set up; the machine's CA certificates must be installed";
            ("url", problem.to_owned())
        })?;
        Ok(Self { http, config })
    }

    /// Whether it is for this very section.
    pub(super) fn is_for(&self, config: &WebhookConfig) -> bool {
        self.config == *config
    }

    /// What keeps messages from being signed, with the configuration key that is at fault.
    pub(super) fn check_secrets(&self) -> Result<(), (&'static str, String)> {
        secrets(&self.config)
            .map(drop)
            .map_err(|problem| ("secret_file", problem))
    }

    /// The receiver's host, which may be shown.
    pub(crate) fn host(&self) -> &str {
        self.config.url.host_str().unwrap_or_default()
    }

    /// Posts a message once. `timestamp` is the attempt's, in seconds. Files are waited for so long.
    pub(crate) async fn post(&self, files: Duration, id: &str, timestamp: i64, body: &str) -> Answer {
        // As they are now, so that new ones need no reload.
        let config = self.config.clone();
        let secrets = match in_time(files, move || secrets(&config)).await {
            Ok(Ok(secrets)) => secrets,
            Ok(Err(problem)) => return Answer::Failed(problem, None),
            Err(unread) => return Answer::Failed(format!("the webhook's secret {unread}"), None),
        };
        let request = self
            .http
            .post(self.config.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", sign(&secrets, id, timestamp, body))
            .body(body.to_owned());
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Answer::Failed(outgoing::problem(&error), None),
        };
        let status = response.status();
        let wait = response.headers().get(RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
        judge(status, wait.map(Duration::from_secs))
    }
}

fn secrets(config: &WebhookConfig) -> Result<Vec<SecretSlice<u8>>, String> {
    let sources = [Some(&config.secret), config.previous_secret.as_ref()];
    sources
        .into_iter()
        .flatten()
        .map(|source| source.read())
        .collect()
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({})", self.config.name)
    }
}

fn judge(status: StatusCode, wait: Option<Duration>) -> Answer {
    let number = status.as_u16();
    if status.is_success() {
        Answer::Accepted(number)
    } else if status == StatusCode::GONE {
        Answer::Gone
    } else if status.is_redirection() {
        let problem = "a redirect, which is not followed; name the address that it leads to";
        Answer::Failed(format!("it answers {number}, {problem}"), None)
    } else {
        Answer::Failed(format!("it answers {number}; it must answer 200 to 299"), wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::SecretSource, events::EventKind, files};

    /// Whoever serves requests on the same thread does not wait for it.
    #[tokio::test]
    async fn a_secret_on_a_file_system_that_does_not_answer_is_given_up_on() {
        let folder = tempfile::tempdir().unwrap();
        let client = Client::new(
            WebhookConfig {
                name: "soc".to_owned(),
                url: "http://127.0.0.1:1/".parse().unwrap(),
                secret: SecretSource::File(folder.path().join("secret")),
                previous_secret: None,
                events: [EventKind::LoginMinted].into(),
            },
            Duration::from_secs(1),
        )
        .unwrap();
        let _stuck = files::stuck().await;
        let Answer::Failed(problem, None) = client.post(Duration::from_millis(10), "id", 7, "{}").await
        else {
            panic!("nothing can be signed");
        };
        assert!(problem.contains("could not be read within 0.01 s"), "{problem}");
    }

    #[test]
    fn what_an_answer_means() {
        let answer = |status: u16, wait| judge(StatusCode::from_u16(status).unwrap(), wait);
        assert_eq!(answer(204, None), Answer::Accepted(204));
        assert_eq!(answer(410, None), Answer::Gone);
        let minute = Some(Duration::from_secs(60));
        for (status, says, wait) in [
            (302, "not followed", None),
            (500, "must answer", None),
            (429, "429", minute),
        ] {
            let Answer::Failed(problem, waits) = answer(status, wait) else {
                panic!("{status} is taken for a success");
            };
            assert!(problem.contains(says) && waits == wait, "{problem}");
        }
    }
}
