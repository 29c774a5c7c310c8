//! The options page: enrol this profile, test the connection, sign out.

use stagedoor_protocol::{
    EnrolmentCode, EnrolmentRequest, EnrolmentResponse, KeyId, limits::RELAY_TIMEOUT_MILLISECONDS,
};

use super::{
    Core,
    relay::{Caller, ENROLLED_KEY},
};
use crate::{
    environment::{Area, Broken, Environment},
    fault::{Code, Fault},
    json::{ToJson, Value},
    record::Profile,
    request::public_jwk,
    text::Text,
    url_check::relay_origin,
    view::{Choice, OptionsView, Problem, TestResult, View},
    wire::FromJson,
};

/// Name of a key that the relay has not accepted yet.
const PENDING_KEY: &str = "pending";

impl<E: Environment> Core<E> {
    /// The page as things stand.
    pub(super) async fn options(&self, test: Option<TestResult>, fault: Option<Box<Fault>>) -> View {
        let environment = &self.environment;
        let (profile, fault) = match self.enrolment().await {
            Ok(profile) => (profile, fault),
            Err(unreadable) => (None, fault.or(Some(unreadable))),
        };
        let firefox = environment.base_url().starts_with("moz-extension:");
        View::Options(Box::new(OptionsView {
            version: environment.version(),
            browser: if firefox { "firefox" } else { "chromium" },
            enrolled: profile.is_some(),
            relay: profile.as_ref().map(|profile| profile.relay.clone()),
            key_id: profile.as_ref().map(|profile| profile.key_id.as_str().into()),
            may_approve: profile.as_ref().is_some_and(|profile| profile.may_approve),
            staff: profile.map(|profile| profile.staff),
            incognito_allowed: environment.incognito_allowed().await,
            shortcut: self.shortcut().await,
            test,
            error: fault.as_deref().map(Problem::of),
        }))
    }

    /// The keyboard shortcut of the toolbar button.
    async fn shortcut(&self) -> Option<String> {
        let commands = Value::parse(&self.environment.commands().await.ok()?)?;
        let mut commands = commands.list().iter();
        let action = commands.find(|command| command.get("name").text() == Some("_execute_action"))?;
        action
            .get("shortcut")
            .string()
            .filter(|shortcut| !shortcut.is_empty())
    }

    /// Makes a key and has the relay accept it against the code.
    pub(super) async fn enrol(&self, relay: &str, code: &str) -> View {
        let fault = self.try_enrol(relay, code).await.err();
        self.options(None, fault).await
    }

    async fn try_enrol(&self, relay: &str, code: &str) -> Result<(), Box<Fault>> {
        let environment = &self.environment;
        let url = environment.parse_url(relay).ok_or(Code::RelayAddressInvalid)?;
        let relay = relay_origin(&url).ok_or(Code::RelayAddressInvalid)?;
        let code = EnrolmentCode::parse(code).map_err(|_| Code::EnrolmentCodeMalformed)?;

        let store = |_: Broken| Box::<Fault>::from(Code::KeyStoreFailed);
        let key = environment.generate_key().await.map_err(store)?;
        // Kept before the code is spent: where nothing can be kept, the code stays good.
        environment.save_key(PENDING_KEY, &key).await.map_err(store)?;
        let point = environment.public_point(&key).await.map_err(store)?;
        let public_key = public_jwk(&point).ok_or(Code::KeyStoreFailed)?;
        let thumbprint_input = public_key.thumbprint_input();
        let thumbprint = environment
            .sha256(thumbprint_input.as_bytes())
            .await
            .map_err(store)?;
        let key_id = KeyId::from_thumbprint(&thumbprint);

        let request = EnrolmentRequest {
            code,
            public_key,
            extension_version: environment.version(),
        };
        let caller = Caller {
            relay,
            key_id: &key_id,
            key: &key,
        };
        let body = request.to_json();
        let answer = self.call_as(
            &caller,
            "POST",
            "/v1/enrolments",
            &body,
            RELAY_TIMEOUT_MILLISECONDS,
        );
        let response = EnrolmentResponse::read(&answer.await?)
            .filter(|response| response.key_id == key_id)
            .ok_or(Code::RelayAnswerUnusable)?;

        let profile = Profile {
            relay: relay.into(),
            key_id,
            staff: response.staff,
            may_approve: false,
        };
        environment.save_key(ENROLLED_KEY, &key).await.map_err(store)?;
        environment
            .save(Area::Local, &profile.to_json())
            .await
            .map_err(store)?;
        environment.delete_key(PENDING_KEY).await.map_err(store)
    }

    /// Asks the relay who this profile is.
    pub(super) async fn test(&self) -> View {
        let session = match self.profile().await {
            Ok(profile) => self.session(&profile).await,
            Err(fault) => Err(fault),
        };
        let result = match session {
            Ok(session) => TestResult {
                ok: true,
                title: Text::new("test_ok_title"),
                cure: None,
                detail: None,
                platforms: session.platforms.iter().map(Choice::of).collect(),
                staff: Some(session.staff),
            },
            Err(fault) => TestResult {
                ok: false,
                title: fault.title(),
                cure: Some(fault.cure()),
                detail: fault.detail,
                platforms: Vec::new(),
                staff: None,
            },
        };
        self.options(Some(result), None).await
    }

    /// Forgets the key and everything else that this profile knows.
    pub(super) async fn sign_out(&self) -> View {
        let environment = &self.environment;
        let results = [
            environment.delete_key(ENROLLED_KEY).await,
            environment.delete_key(PENDING_KEY).await,
            environment.clear(Area::Local).await,
            environment.clear(Area::Session).await,
        ];
        environment.watch(false);
        let failed = results.contains(&Err(Broken));
        self.options(None, failed.then(|| Code::KeyStoreFailed.into()))
            .await
    }
}
