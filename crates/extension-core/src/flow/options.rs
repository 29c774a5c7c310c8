//! The options page: enrol this profile, test the connection, sign out.

use alloc::{boxed::Box, string::String};

use stagedoor_protocol::{
    EnrolmentCode, EnrolmentRequest, EnrolmentResponse, ErrorCode, limits::RELAY_TIMEOUT_MILLISECONDS,
};

use super::{
    Core,
    admission::PENDING_KEY,
    relay::{Caller, ENROLLED_KEY},
};
use crate::{
    environment::{Area, Broken, Environment},
    fault::{Code, Fault},
    join::first,
    json::{ToJson, Value},
    record::Profile,
    view::{Choice, OptionsView, Problem, TestResult, View},
    wire::FromJson,
};

/// How long the relay is waited for when somebody leaves.
const SIGN_OUT_MILLISECONDS: u32 = 3_000;

impl<E: Environment> Core<E> {
    /// The page as things stand.
    pub(super) async fn options(&self, test: Option<TestResult>, fault: Option<Box<Fault>>) -> View {
        View::Options(Box::new(self.options_view(test, fault).await))
    }

    /// Likewise, to be added to.
    pub(super) async fn options_view(
        &self,
        test: Option<TestResult>,
        fault: Option<Box<Fault>>,
    ) -> OptionsView {
        let environment = &self.environment;
        self.forget_old_sign_in().await;
        let (profile, fault) = match self.enrolment().await {
            Ok(profile) => (profile, fault),
            Err(unreadable) => (None, fault.or(Some(unreadable))),
        };
        // What is known without asking the relay.
        let lapsed = match &profile {
            Some(profile) => match environment.load_key(ENROLLED_KEY).await {
                Ok(None) => Some(Code::KeyGone),
                _ => profile.lapsed,
            },
            None => None,
        };
        let fault = fault.or(lapsed.map(Into::into));
        let managed = self.managed().await;
        let firefox = environment.base_url().starts_with("moz-extension:");
        let now = environment.now() / 1000;
        let set = managed.as_ref().map_or(&None, |managed| &managed.relay);
        let until = profile.as_ref().and_then(|profile| profile.signed_in_until);
        OptionsView {
            version: environment.version(),
            browser: if firefox { "firefox" } else { "chromium" },
            enrolled: profile.is_some() && lapsed.is_none(),
            lapsed: lapsed.is_some(),
            relay: profile
                .as_ref()
                .map(|profile| profile.relay.clone())
                .or(set.clone()),
            key_id: profile.as_ref().map(|profile| profile.key_id.as_str().into()),
            may_approve: profile.as_ref().is_some_and(|profile| profile.may_approve),
            staff: profile.map(|profile| profile.staff),
            signed_in_until: until,
            session_over: until.is_some_and(|until| until <= now),
            // Settings that cannot be used leave nothing to enter either.
            managed: set.is_some() || managed.is_err(),
            codes: managed.is_ok_and(|managed| managed.codes),
            sign_in: false,
            another_account: fault
                .as_ref()
                .is_some_and(|fault| fault.code == Code::Relay(ErrorCode::SignInRefused)),
            authorization: None,
            incognito_allowed: environment.incognito_allowed().await,
            shortcut: self.shortcut().await,
            untold: false,
            test,
            error: fault.as_deref().map(Problem::of),
        }
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
        self.forget_sign_in().await?;
        let relay = self.relay_to_use(relay).await?;
        if !self.managed().await?.codes {
            return Err(Code::EnrolmentCodesNotOffered.into());
        }
        let code = EnrolmentCode::parse(code).map_err(|_| Code::EnrolmentCodeMalformed)?;
        let candidate = self.new_candidate().await?;
        let request = EnrolmentRequest {
            code,
            public_key: candidate.public_key,
            extension_version: self.environment.version(),
        };
        let caller = Caller {
            relay: &relay,
            key_id: &candidate.key_id,
            key: &candidate.key,
        };
        let body = request.to_json();
        let answer = self.call_as(
            &caller,
            "POST",
            "/v1/enrolments",
            &body,
            RELAY_TIMEOUT_MILLISECONDS,
        );
        let answer = answer
            .await
            .map_err(|fault| Box::new(fault.of_deed("enrolment_unknown_cure")));
        let response = EnrolmentResponse::read(&answer?)
            .filter(|response| response.key_id == candidate.key_id)
            .ok_or(Code::RelayAnswerUnusable)?;
        let profile = Profile {
            relay,
            key_id: candidate.key_id,
            staff: response.staff,
            may_approve: false,
            signed_in_until: None,
            lapsed: None,
        };
        self.admit(&candidate.key, candidate.sign_outs, profile).await
    }

    /// Asks the relay who this profile is.
    pub(super) async fn test(&self) -> View {
        let session = match self.profile().await {
            Ok(profile) => self.session(&profile).await,
            Err(fault) => Err(fault),
        };
        let result = match session {
            Ok(session) => TestResult::Known {
                platforms: session.platforms.iter().map(Choice::of).collect(),
                staff: session.staff,
            },
            Err(fault) => TestResult::Failed(Problem::of(&fault)),
        };
        self.options(Some(result), None).await
    }

    /// Forgets the key and everything else that this profile knows, and has the relay forget it, too.
    pub(super) async fn sign_out(&self) -> View {
        let environment = &self.environment;
        // Whoever does so in another page at the same time has the key, and says there whether the relay was told.
        let elsewhere = self.leaving.replace(true);
        // Whatever an administrator has set since: the relay that has the key is told.
        let kept = self.kept(Area::Local, None).await.unwrap_or(Value::Null);
        let profile = Profile::read(&kept);
        // From here on the key is in memory alone: a browser that is closed while the relay is waited for starts again
        // signed out. What the relay does not know yet it takes from this key alone.
        let key = environment.load_key(ENROLLED_KEY).await.ok().flatten();
        let windows = self.noted_windows().await;
        let sign_outs = self.sign_outs.get();
        self.interrupt();
        let results = [
            environment.delete_key(ENROLLED_KEY).await,
            environment.delete_key(PENDING_KEY).await,
            environment.clear(Area::Local).await,
            // What was begun by what is gone now.
            self.leave().await,
        ];
        let unknown = Code::Relay(ErrorCode::ProfileUnknown);
        let mut told = match &profile {
            Some(profile) => profile.lapsed == Some(unknown),
            None => key.is_none(),
        } || elsewhere && key.is_none();
        if let (Some(profile), Some(key)) = (&profile, &key) {
            let late = environment.sleep(SIGN_OUT_MILLISECONDS);
            first(self.tell(profile, Some(key), windows, sign_outs), late).await;
            let answer = self.call(
                profile,
                Some(key),
                "POST",
                "/v1/sign-out",
                "",
                SIGN_OUT_MILLISECONDS,
            );
            // A profile that the relay does not know was revoked already.
            told |= match answer.await {
                Ok(_) => true,
                Err(fault) => fault.code == unknown,
            };
        }
        let failed = results.contains(&Err(Broken));
        let fault = failed.then(|| Code::KeyStoreFailed.into());
        let mut view = self.options_view(None, fault).await;
        view.untold = !told;
        if !elsewhere {
            self.leaving.set(false);
        }
        View::Options(Box::new(view))
    }
}
