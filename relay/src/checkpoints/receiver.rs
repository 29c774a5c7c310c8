//! Posts checkpoints to a web server. Its answer's status decides; nothing else of the answer is read.

use std::time::Duration;

use reqwest::{
    Client,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::Signed;
use crate::{config::Receiver, files::in_time, outgoing};

/// The client of one receiver.
pub(super) struct Post {
    client: Client,
    receiver: Receiver,
}

impl Post {
    /// Waits so long for an `answer`, of which half may go into connecting.
    pub(super) fn new(receiver: Receiver, answer: Duration) -> Result<Self, String> {
        let mut builder = outgoing::client(answer / 2, answer).pool_max_idle_per_host(0);
        if receiver.url.scheme() == "http" {
            builder = outgoing::plain(builder);
        }
        let client = builder
            .build()
            .map_err(|_| "TLS cannot be set up; the machine's CA certificates must be installed")?;
        Ok(Self { client, receiver })
    }

    /// Posts a checkpoint once; files are waited for so long. The error names the host only: a path may be what lets people in.
    pub(super) async fn deliver(&self, signed: &Signed, files: Duration) -> Result<(), String> {
        let mut request = self
            .client
            .post(self.receiver.url.clone())
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(signed.note.clone());
        let receiver = self.receiver.clone();
        let token = in_time(files, move || receiver.token())
            .await
            .map_err(|unread| format!("the receiver's token {unread}"))?;
        if let Some(token) = token? {
            request = request.header(AUTHORIZATION, bearer(&token)?);
        }
        let host = self.receiver.url.host_str().unwrap_or_default();
        let response = request
            .send()
            .await
            .map_err(|error| format!("{host}: {}", outgoing::problem(&error)))?;
        let status = response.status();
        if status.is_success() {
            Ok(())
        } else if status.is_redirection() {
            let status = status.as_u16();
            Err(format!(
                "{host}: it answers {status}, a redirect, which is not followed; name the address that it leads to"
            ))
        } else {
            Err(format!(
                "{host}: it answers {}; it must answer 200 to 299",
                status.as_u16()
            ))
        }
    }
}

fn bearer(token: &SecretString) -> Result<HeaderValue, String> {
    let text = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
    let mut header = HeaderValue::from_str(&text).map_err(|_| "the token is not a header's value")?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use stagedoor_ledger::{Hash, checkpoint::Checkpoint};

    use super::*;
    use crate::files;

    /// Whoever serves requests on the same thread does not wait for it.
    #[tokio::test]
    async fn a_token_on_a_file_system_that_does_not_answer_is_given_up_on() {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver {
            url: "http://127.0.0.1:1/".parse().unwrap(),
            token_file: Some(folder.path().join("token")),
        };
        let post = Post::new(receiver, Duration::from_secs(1));
        let signed = Signed {
            checkpoint: Checkpoint {
                origin: "relay.example/ledger".to_owned(),
                size: 0,
                root: Hash::of_nothing(),
                time: Timestamp::UNIX_EPOCH,
            },
            note: String::new(),
        };
        let _stuck = files::stuck().await;
        let problem = post.unwrap().deliver(&signed, Duration::from_millis(10)).await;
        assert_eq!(
            problem.unwrap_err(),
            "the receiver's token could not be read within 0.01 s; look at the file system that it is on"
        );
    }
}
