//! One signed request to the relay.

use serde::{Serialize, de::DeserializeOwned};
use stagedoor_protocol::{KeyId, Session, limits::RELAY_TIMEOUT_MILLISECONDS};
use zeroize::Zeroize;

use super::Core;
use crate::{
    answer,
    environment::{Environment, HttpRequest},
    fault::{Code, Fault},
    record::Profile,
    request::{Circumstances, MAX_ANSWER_BYTES, prepare},
};

/// Name of the enrolled key in the key store.
pub(super) const ENROLLED_KEY: &str = "enrolled";

/// Whom a request goes to, and with which key.
pub(super) struct Caller<'a, K> {
    /// The relay's origin.
    pub(super) relay: &'a str,
    /// The key's id.
    pub(super) key_id: &'a KeyId,
    /// The key.
    pub(super) key: &'a K,
}

impl<E: Environment> Core<E> {
    /// Who am I to the relay, and what may I open.
    pub(super) async fn session(&self, profile: &Profile) -> Result<Session, Fault> {
        let text = self.call(profile, "GET", "/v1/session", None, RELAY_TIMEOUT_MILLISECONDS);
        self.read(text.await?)
    }

    /// Sends a request with the enrolled key.
    pub(super) async fn call(
        &self,
        profile: &Profile,
        method: &'static str,
        path: &str,
        body: Option<&str>,
        timeout_milliseconds: u32,
    ) -> Result<String, Fault> {
        let stored = self.environment.load_key(ENROLLED_KEY).await;
        let key = stored
            .map_err(|_| Code::KeyStoreFailed)?
            .ok_or(Code::NotEnrolled)?;
        let caller = Caller {
            relay: &profile.relay,
            key_id: &profile.key_id,
            key: &key,
        };
        self.call_as(&caller, method, path, body, timeout_milliseconds)
            .await
    }

    /// Sends a request with a given key. Nothing is ever sent twice.
    pub(super) async fn call_as(
        &self,
        caller: &Caller<'_, E::Key>,
        method: &'static str,
        path: &str,
        body: Option<&str>,
        timeout_milliseconds: u32,
    ) -> Result<String, Fault> {
        let environment = &self.environment;
        let mut random = [0; 16];
        environment.fill_random(&mut random);
        let body_sha256 = environment
            .sha256(body.unwrap_or_default().as_bytes())
            .await
            .map_err(|_| Code::KeyStoreFailed)?;
        let circumstances = Circumstances {
            body_sha256: &body_sha256,
            now: environment.now(),
            random: &random,
        };
        let unsigned = prepare(method, caller.relay, path, caller.key_id, &circumstances);
        let signature = environment
            .sign(caller.key, unsigned.base.as_bytes())
            .await
            .map_err(|_| Code::KeyStoreFailed)?;

        let answer = environment
            .send(HttpRequest {
                method,
                url: &[caller.relay, path].concat(),
                headers: &unsigned.headers(&signature),
                body,
                timeout_milliseconds,
                max_answer_bytes: MAX_ANSWER_BYTES,
            })
            .await
            .map_err(answer::failed)?;
        if answer::is_success(&answer) {
            return answer::accepted(answer);
        }
        let problem = answer::problem_text(&answer).and_then(|text| environment.from_json(text));
        Err(answer::refused(&answer, problem))
    }

    /// Writes a request's body.
    pub(super) fn write<T: Serialize>(&self, body: &T) -> Result<String, Fault> {
        Ok(self.environment.to_json(body).map_err(|_| Code::Internal)?)
    }

    /// Reads an answer's body and overwrites its text, which may hold a token.
    pub(super) fn read<T: DeserializeOwned>(&self, mut text: String) -> Result<T, Fault> {
        let value = self.environment.from_json(&text);
        text.zeroize();
        Ok(value.ok_or(Code::RelayAnswerUnusable)?)
    }
}
