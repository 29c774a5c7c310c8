//! Signing in at the firm's provider. The page shows the provider's window, because a page outlives this worker; what
//! was begun is kept, so that it does not matter whether the worker that ends it is the one that began it.

use alloc::{boxed::Box, string::String};

use stagedoor_protocol::{
    ErrorCode, SignInOffer, SignInRequest, SignInResponse, limits::RELAY_TIMEOUT_MILLISECONDS,
    sign_in_nonce_input,
};
use zeroize::Zeroize;

use super::{
    Core,
    admission::PENDING_KEY,
    relay::{Caller, ENROLLED_KEY},
};
use crate::{
    authorization::{AFRESH, address, base64url, code},
    environment::{Area, Environment},
    fault::{Code, Fault},
    json::ToJson,
    record::{Profile, SignIn},
    text::harmless_within,
    view::{Problem, View},
    wire::FromJson,
};

/// How long a person may take at the provider.
const LONGEST_MILLISECONDS: u64 = 10 * 60 * 1000;
/// What is shown of the browser's own words, in characters.
const MAX_WORDS: usize = 200;

impl<E: Environment> Core<E> {
    /// The relay's address that was typed, in full; and, if that is asked, whether a sign-in can be offered there, or why the
    /// relay does not say. What else may be wrong with the address is said when it is used.
    pub(super) async fn look(&self, relay: &str, offers: bool) -> View {
        let relay = self.relay_to_use(relay).await.ok();
        let mut view = self.options_view(None, None).await;
        view.error = None;
        if let (true, Some(relay)) = (offers, &relay) {
            match self.offer(relay).await {
                Ok(_) => view.sign_in = true,
                // Codes alone are no fault.
                Err(fault) if fault.code == Code::Relay(ErrorCode::SignInNotOffered) => {}
                Err(fault) => view.error = Some(Problem::of(&fault)),
            }
        }
        view.relay = relay;
        View::Options(Box::new(view))
    }

    /// Begins a sign-in: of a new key, or, in a profile that has one, of that.
    pub(super) async fn begin_sign_in(&self, relay: &str, another_account: bool) -> View {
        match self.try_begin_sign_in(relay, another_account).await {
            Ok(authorization) => {
                let mut view = self.options_view(None, None).await;
                view.authorization = Some(authorization);
                View::Options(Box::new(view))
            }
            Err(fault) => self.options(None, Some(fault)).await,
        }
    }

    async fn try_begin_sign_in(&self, relay: &str, another_account: bool) -> Result<String, Box<Fault>> {
        self.forget_sign_in().await?;
        let enrolled = match self.enrolment().await {
            Err(fault) if fault.code == Code::ManagedRelayDiffers => None,
            enrolled => enrolled?,
        };
        // A key that is gone, or not let in any more, is renewed by nothing.
        let enrolled = enrolled.filter(|profile| profile.lapsed.is_none());
        let key = match &enrolled {
            Some(_) => self.kept_candidate(ENROLLED_KEY).await?,
            None => None,
        };
        let renews = key.is_some();
        let (relay, candidate) = match (enrolled, key) {
            (Some(profile), Some(key)) => (profile.relay, key),
            _ => (self.relay_to_use(relay).await?, self.new_candidate().await?),
        };
        let offer = self.offer(&relay).await?;
        let endpoint = self.environment.parse_url(&offer.authorization_endpoint);
        let endpoint = endpoint.ok_or(Code::SignInOfferUnusable)?;

        let mut random = [0; 64];
        self.environment.fill_random(&mut random);
        let (verifier, rest) = random.split_at(32);
        let (state, salt) = rest.split_at(16);
        let sign_in = SignIn {
            relay,
            renews,
            issuer: offer.issuer.clone(),
            redirect_uri: self.environment.redirect_uri(),
            state: base64url(state),
            verifier: base64url(verifier),
            salt: base64url(salt),
            begun: self.environment.now(),
        };
        random.zeroize();
        let nonce = sign_in_nonce_input(&candidate.key_id, &sign_in.salt);
        let nonce = self.digest(&nonce).await?;
        let challenge = self.digest(&sign_in.verifier).await?;
        let mut address = address(&offer, &endpoint, &sign_in, &nonce, &challenge)?;
        // A new key is bound to whoever is there now, and not to whom the provider's session in this browser was opened by.
        if another_account || !sign_in.renews {
            address.push_str(AFRESH);
        }
        self.unless_left(candidate.sign_outs)?;
        self.keep(Area::Session, SignIn::NAME, &sign_in).await?;
        Ok(address)
    }

    /// The browser was sent to the redirect address: the sign-in ends here, well or not.
    pub(super) async fn end_sign_in(&self, redirect: &str) -> View {
        let done = self.try_end_sign_in(redirect).await;
        // A key that was not accepted is of no use to anybody.
        let _ = self.environment.delete_key(PENDING_KEY).await;
        if let Err(fault) = &done
            && fault.code == Code::Relay(ErrorCode::SignInRefused)
            && let Ok(profile) = self.profile().await
        {
            // With the person's groups their session may have ended.
            let _ = self.session(&profile).await;
        }
        self.options(None, done.err()).await
    }

    /// The browser's window for the sign-in is gone without an answer.
    pub(super) async fn stop_sign_in(&self, words: Option<&str>) -> View {
        let fault = match self.forget_sign_in().await {
            Ok(()) => Fault {
                detail: words
                    .map(|words| harmless_within(words, MAX_WORDS))
                    .filter(|words| !words.is_empty()),
                ..Code::SignInStopped.into()
            },
            Err(fault) => *fault,
        };
        let _ = self.environment.delete_key(PENDING_KEY).await;
        self.options(None, Some(Box::new(fault))).await
    }

    async fn try_end_sign_in(&self, redirect: &str) -> Result<(), Box<Fault>> {
        let sign_in = self.kept_sign_in().await?;
        // Before it is looked at: an answer is used once, whatever comes of it.
        self.forget_sign_in().await?;
        let sign_in = sign_in.ok_or(Code::SignInForgotten)?;
        let came_back = self.environment.parse_url(redirect);
        let code = code(&came_back.ok_or(Code::SignInAnswerForeign)?, &sign_in)?;
        let name = if sign_in.renews { ENROLLED_KEY } else { PENDING_KEY };
        let candidate = self.kept_candidate(name).await?.ok_or(Code::SignInForgotten)?;

        let mut request = SignInRequest {
            code,
            code_verifier: sign_in.verifier.clone(),
            redirect_uri: sign_in.redirect_uri.clone(),
            nonce_salt: sign_in.salt.clone(),
            public_key: candidate.public_key,
            extension_version: self.environment.version(),
        };
        let mut body = request.to_json();
        request.code.zeroize();
        request.code_verifier.zeroize();
        let caller = Caller {
            relay: &sign_in.relay,
            key_id: &candidate.key_id,
            key: &candidate.key,
        };
        let answer = self.call_as(&caller, "POST", "/v1/sign-ins", &body, RELAY_TIMEOUT_MILLISECONDS);
        let answer = answer.await;
        body.zeroize();
        let response = SignInResponse::read(&answer?)
            .filter(|response| response.key_id == candidate.key_id)
            .ok_or(Code::RelayAnswerUnusable)?;
        let profile = Profile {
            relay: sign_in.relay.clone(),
            key_id: candidate.key_id,
            staff: response.staff,
            may_approve: false,
            signed_in_until: Some(response.expires_at),
            lapsed: None,
        };
        self.admit(&candidate.key, candidate.sign_outs, profile).await
    }

    /// The sign-in that is waited for. One that was begun too long ago is not, and neither is one from the future.
    async fn kept_sign_in(&self) -> Result<Option<SignIn>, Box<Fault>> {
        let kept = self.kept(Area::Session, Some(SignIn::NAME)).await?;
        let age = |sign_in: &SignIn| self.environment.now().checked_sub(sign_in.begun);
        let young = |sign_in: &SignIn| age(sign_in).is_some_and(|age| age <= LONGEST_MILLISECONDS);
        Ok(SignIn::read(kept.get(SignIn::NAME)).filter(young))
    }

    /// Forgets a sign-in that nobody waits for any more.
    pub(super) async fn forget_old_sign_in(&self) {
        if let Ok(None) = self.kept_sign_in().await {
            // It is looked for again before it could ever be used.
            let _ = self.forget_sign_in().await;
        }
    }

    /// Forgets what was begun.
    pub(super) async fn forget_sign_in(&self) -> Result<(), Box<Fault>> {
        let gone = self.environment.remove(Area::Session, SignIn::NAME).await;
        Ok(gone.map_err(|_| Code::KeyStoreFailed)?)
    }

    /// Where to sign in, by the relay.
    async fn offer(&self, relay: &str) -> Result<SignInOffer, Box<Fault>> {
        let answer = self.ask(relay, "/v1/sign-in").await?;
        Ok(SignInOffer::read(&answer).ok_or(Code::RelayAnswerUnusable)?)
    }

    async fn digest(&self, text: &str) -> Result<[u8; 32], Box<Fault>> {
        let digest = self.environment.sha256(text.as_bytes()).await;
        Ok(digest.map_err(|_| Code::KeyStoreFailed)?)
    }
}
