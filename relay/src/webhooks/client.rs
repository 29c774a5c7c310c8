//! Posts messages to one receiver. Its answer's status and `Retry-After` decide; nothing else of the answer is read.

use std::{borrow::Cow, time::Duration};

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
    /// It has not.
    Failed(Failure),
}

/// Why a receiver has not got a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Cause and cure, for the log and for whoever runs commands.
    pub(crate) problem: String,
    /// The cause in a few words that anybody may read.
    pub(crate) short: Cow<'static, str>,
    /// When the receiver wants to be asked again.
    pub(crate) wait: Option<Duration>,
}

impl Failure {
    fn of(problem: String, short: &'static str) -> Answer {
        Answer::Failed(Self {
            problem,
            short: short.into(),
            wait: None,
        })
    }
}

/// Of a secret that is not to be had.
pub(super) const NO_SECRET: &str = "its secret cannot be used";

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
            Ok(Err(problem)) => return Failure::of(problem, NO_SECRET),
            Err(unread) => return Failure::of(format!("the webhook's secret {unread}"), NO_SECRET),
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
            Err(error) => return Failure::of(outgoing::problem(&error), outgoing::in_short(&error)),
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
    } else {
        let (cure, wait) = if status.is_redirection() {
            (
                ", a redirect, which is not followed; name the address that it leads to",
                None,
            )
        } else {
            ("; it must answer 200 to 299", wait)
        };
        let short = format!("it answers {number}");
        Answer::Failed(Failure {
            problem: format!("{short}{cure}"),
            short: short.into(),
            wait,
        })
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
        let Answer::Failed(failure) = client.post(Duration::from_millis(10), "id", 7, "{}").await else {
            panic!("nothing can be signed");
        };
        let problem = failure.problem;
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
            let Answer::Failed(failure) = answer(status, wait) else {
                panic!("{status} is taken for a success");
            };
            assert!(
                failure.problem.contains(says) && failure.wait == wait,
                "{failure:?}"
            );
            assert_eq!(failure.short, format!("it answers {status}"));
        }
    }
}
