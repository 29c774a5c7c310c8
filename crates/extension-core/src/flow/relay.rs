//! One signed request to the relay.

use alloc::boxed::Box;

use stagedoor_protocol::{ErrorCode, KeyId, Problem, Session, limits::RELAY_TIMEOUT_MILLISECONDS};
use zeroize::Zeroize;

use super::{
    Core,
    reading::{SESSION, listed},
};
use crate::{
    answer,
    environment::{Area, Environment, HttpRequest},
    fault::{Code, Fault},
    json::{ToJson, Value},
    record::{LAPSED, Profile, SIGNED_IN_UNTIL},
    request::{Circumstances, MAX_ANSWER_BYTES, prepare},
    text::joined,
    wire::FromJson,
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
    pub(super) async fn session(&self, profile: &Profile) -> Result<Session, Box<Fault>> {
        Ok(self.session_with_recipes(profile).await?.0)
    }

    /// Likewise, and how the relay has pages read.
    pub(super) async fn session_with_recipes(
        &self,
        profile: &Profile,
    ) -> Result<(Session, Value), Box<Fault>> {
        let answer = self.get(profile, "/v1/session", RELAY_TIMEOUT_MILLISECONDS);
        let mut answer = answer.await?;
        let session = Session::read(&answer).ok_or(Code::RelayAnswerUnusable)?;
        if session.may_approve != profile.may_approve {
            // What cannot be kept is asked for again the next time.
            let _ = self.keep(Area::Local, "mayApprove", &session.may_approve).await;
        }
        self.environment.watch(session.may_approve);
        if !session.may_approve {
            self.show_count(0).await;
        }
        Ok((session, listed(answer.take("recipes"))))
    }

    /// Asks for something with the enrolled key.
    pub(super) async fn get(
        &self,
        profile: &Profile,
        path: &str,
        timeout_milliseconds: u32,
    ) -> Result<Value, Box<Fault>> {
        self.call(profile, None, "GET", path, "", timeout_milliseconds)
            .await
    }

    /// Sends something with the enrolled key.
    pub(super) async fn post(
        &self,
        profile: &Profile,
        path: &str,
        body: &impl ToJson,
        timeout_milliseconds: u32,
    ) -> Result<Value, Box<Fault>> {
        self.call(profile, None, "POST", path, &body.to_json(), timeout_milliseconds)
            .await
    }

    /// Sends something with the enrolled key, or with what is left of it in memory. An empty body is none.
    pub(super) async fn call(
        &self,
        profile: &Profile,
        key: Option<&E::Key>,
        method: &'static str,
        path: &str,
        body: &str,
        timeout_milliseconds: u32,
    ) -> Result<Value, Box<Fault>> {
        let stored = match key {
            Some(_) => None,
            None => {
                let stored = self.environment.load_key(ENROLLED_KEY).await;
                stored.map_err(|_| Code::KeyStoreFailed)?
            }
        };
        let caller = Caller {
            relay: &profile.relay,
            key_id: &profile.key_id,
            key: key.or(stored.as_ref()).ok_or(Code::KeyGone)?,
        };
        let before = self.sign_outs.get();
        let answer = self
            .call_as(&caller, method, path, body, timeout_milliseconds)
            .await;
        // Whoever signed out meanwhile has no use for it, and nothing is to be noted of it. Signing out itself may be done twice.
        if key.is_none() {
            self.unless_left(before)?;
        }
        // What the relay says of the profile counts for the options page too. What cannot be kept is said again.
        let said = match answer.as_ref().map_err(|fault| fault.code) {
            Err(Code::Relay(ErrorCode::SessionExpired)) => {
                // Whatever that was told of the end before, and whatever the clock says.
                let now = i64::try_from(self.environment.now() / 1000).unwrap_or(i64::MAX);
                Some((SIGNED_IN_UNTIL, Value::Number(now)))
            }
            Err(code @ Code::Relay(ErrorCode::ProfileUnknown | ErrorCode::StaffDisabled)) => {
                let lapsed = [profile.key_id.as_str(), code.as_str()];
                let lapsed = lapsed.map(|text| Value::Text(text.into()));
                Some((LAPSED, Value::List(lapsed.into())))
            }
            Ok(_) if profile.lapsed.is_some() => Some((LAPSED, Value::Null)),
            _ => None,
        };
        if let Some((name, value)) = said
            && let Ok(kept) = self.kept(Area::Local, Some("keyId")).await
            && kept.get("keyId").text() == Some(profile.key_id.as_str())
        {
            let _ = self.keep(Area::Local, name, &value).await;
            if matches!(value, Value::List(_)) {
                // Nor is a page read before the relay says otherwise.
                let _ = self.environment.remove(Area::Session, SESSION).await;
            }
        }
        answer
    }

    /// Sends a request with a given key; an empty body is none. Nothing is ever sent twice.
    pub(super) async fn call_as(
        &self,
        caller: &Caller<'_, E::Key>,
        method: &'static str,
        path: &str,
        body: &str,
        timeout_milliseconds: u32,
    ) -> Result<Value, Box<Fault>> {
        let environment = &self.environment;
        let mut random = [0; 16];
        environment.fill_random(&mut random);
        let body_sha256 = environment
            .sha256(body.as_bytes())
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

        self.exchange(HttpRequest {
            method,
            url: &joined(&[caller.relay, path]),
            headers: &unsigned.headers(&signature),
            body: (!body.is_empty()).then_some(body),
            timeout_milliseconds,
            max_answer_bytes: MAX_ANSWER_BYTES,
        })
        .await
    }

    /// Asks a relay for what it tells anybody.
    pub(super) async fn ask(&self, relay: &str, path: &str) -> Result<Value, Box<Fault>> {
        self.exchange(HttpRequest {
            method: "GET",
            url: &joined(&[relay, path]),
            headers: &[],
            body: None,
            timeout_milliseconds: RELAY_TIMEOUT_MILLISECONDS,
            max_answer_bytes: MAX_ANSWER_BYTES,
        })
        .await
    }

    async fn exchange(&self, request: HttpRequest<'_>) -> Result<Value, Box<Fault>> {
        let answer = self.environment.send(request).await.map_err(answer::failed)?;
        if answer::is_success(&answer) {
            let mut text = answer::accepted(answer)?;
            let value = Value::parse(if text.is_empty() { "null" } else { &text });
            // It may hold a token.
            text.zeroize();
            return Ok(value.ok_or(Code::RelayAnswerUnusable)?);
        }
        let problem = answer::problem_text(&answer).and_then(Value::parse);
        let fault = answer::refused(&answer, problem.as_ref().and_then(Problem::read));
        Err(Box::new(fault))
    }
}
