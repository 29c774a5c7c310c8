//! `GET /v1/sign-in` says where to sign in; `POST /v1/sign-ins` makes a browser profile's key that of whoever signed in there.

mod changes;

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::{ErrorCode, Nonce, SignInOffer, SignInRequest, SignInResponse, sign_in_nonce_input};
use tracing::{Span, field::display, info};

use crate::{
    app::App,
    auth::{Holder, sha256},
    config,
    error::ApiError,
    events::{Event, EventKind},
    policy,
    sign_in::{Fault, Grant, Identity, Provider, admitted, person},
    store::{MOST_ROLES, SignIn, SignInAnswer, SignInClient, SignInRefusal},
};

/// Codes are opaque, and providers make them long: some hold all that they stand for.
const MAX_CODE: usize = 8 * 1024;

/// Not signed: it tells nothing that the provider's own page does not.
pub(crate) async fn sign_in_offer(State(app): State<Arc<App>>) -> Result<Json<SignInOffer>, ApiError> {
    let (provider, _) = offered(&app)?;
    Ok(Json(provider.offer(app.clock.elapsed()).await?))
}

/// Redeems the code, and signs in whom the provider names.
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    holder: Holder<SignInRequest>,
) -> Result<(StatusCode, Json<SignInResponse>), ApiError> {
    let (provider, config) = offered(&app)?;
    check(&holder.request, config)?;
    let identity = redeem(&app, provider, &holder).await?;
    let person = person(&app.config, config, &identity.claims)?;
    // What was good is good once: the request, and the ID token at whatever relay of this store.
    holder.claim_nonce(&app).await?;
    spend(&app, &holder, &identity).await?;
    let now = app.clock.now();
    if let Err(fault) = admitted(config, &person) {
        let why = "the provider says that the person has no mapped role any more";
        changes::withdraw(&app, config, &identity.subject, why, now).await?;
        return Err(fault.into());
    }
    let sign_in = SignIn {
        client: SignInClient {
            issuer: config.issuer.clone(),
            client_id: config.client_id.clone(),
        },
        subject: identity.subject,
        email: person.email,
        name: person.name,
        admission: person.admission,
        roles: person.roles,
        key_id: holder.key_id,
        key: holder.key,
        extension_version: holder.request.extension_version,
        session_ends_at: session_end(config, now),
    };
    let SignInAnswer { staff, roles_changed } = match app.store.sign_in(&sign_in, now).await? {
        Ok(answer) => answer,
        Err(refusal) => {
            // What the provider says now cannot be had, and what it said before may not be true any more.
            if let SignInRefusal::TooManyRoles(_) = refusal {
                let why = "the provider gives the person more roles than anybody can have";
                changes::withdraw(&app, config, &sign_in.subject, why, now).await?;
            }
            return Err(refused(refusal));
        }
    };
    app.guesses.refund(holder.client.0);
    // It is remembered with the end of its last session.
    app.profiles.forget(&sign_in.key_id);
    Span::current().record("staff", display(staff.id));
    let expires_at = sign_in.session_ends_at;
    let kind = EventKind::ProfileSignedIn;
    let (given, brought) = (changes::names(&staff.roles), changes::brought(&sign_in.roles));
    info!(
        event = kind.as_str(), profile = %sign_in.key_id, roles = given, sign_in_roles = brought, %expires_at,
        "signed in"
    );
    let mut events = vec![Event::profile(kind, staff.id, &sign_in.key_id, now)];
    if roles_changed {
        events.push(changes::roles(staff.id, &brought, now));
    }
    changes::tell(&app, events).await;
    let response = SignInResponse {
        key_id: sign_in.key_id,
        staff: staff.to_wire(),
        expires_at: policy::seconds(expires_at),
    };
    Ok((StatusCode::CREATED, Json(response)))
}

fn offered(app: &App) -> Result<(&Provider, &config::SignIn), ApiError> {
    let offered = app.sign_in.as_deref().zip(app.config.sign_in.as_ref());
    offered.ok_or(ApiError::new(ErrorCode::SignInNotOffered))
}

/// The form of what is handed on to the provider, and that it goes with the configuration.
fn check(request: &SignInRequest, config: &config::SignIn) -> Result<(), ApiError> {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let (code, verifier, salt) = (&request.code, &request.code_verifier, &request.nonce_salt);
    let wrong = if !(1..=MAX_CODE).contains(&code.len()) || !is_plain(code) {
        "code must be 1 to 8192 characters of printable ASCII"
    } else if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(is_unreserved) {
        "codeVerifier must be 43 to 128 unreserved characters"
    } else if !(22..=86).contains(&salt.len()) || !salt.bytes().all(is_base64url) {
        "nonceSalt must be 22 to 86 base64url characters"
    } else {
        return match config.redirect_uris.contains(&request.redirect_uri) {
            true => Ok(()),
            false => Err(Fault::refused(
                "the extension was sent back to an address that is not in sign_in.redirect_uris; `stagedoor config check` \
                 prints those that are",
            )
            .told("The relay does not know the address that this browser was sent back to. Tell the administrator.")
            .into()),
        };
    };
    Err(ApiError::new(ErrorCode::MalformedRequest).detail(format!("{wrong}; update the extension")))
}

async fn redeem(
    app: &App,
    provider: &Provider,
    holder: &Holder<SignInRequest>,
) -> Result<Identity, ApiError> {
    let request = &holder.request;
    let nonce = sha256(sign_in_nonce_input(&holder.key_id, &request.nonce_salt).as_bytes());
    let grant = Grant {
        code: &request.code,
        code_verifier: &request.code_verifier,
        redirect_uri: &request.redirect_uri,
    };
    let nonce = Base64UrlUnpadded::encode_string(&nonce);
    Ok(provider
        .redeem(&grant, &nonce, app.clock.now(), app.clock.elapsed())
        .await?)
}

/// Claims the ID token's nonce for as long as the token could be used, among the nonces of the key that it is bound to.
async fn spend(app: &App, holder: &Holder<SignInRequest>, identity: &Identity) -> Result<(), ApiError> {
    let token = sign_in_nonce_input(&holder.key_id, &holder.request.nonce_salt);
    let mut half = [0; 16];
    half.copy_from_slice(&sha256(["sign-in ", &token].concat().as_bytes())[..16]);
    let nonce = Nonce::from_random(&half);
    match app
        .store
        .claim_nonce(&holder.key_id, &nonce, identity.good_until)
        .await?
    {
        true => Ok(()),
        false => Err(Fault::refused("the ID token was used before")
            .told("This sign-in was used before. Try again from the start.")
            .into()),
    }
}

/// In whole seconds, so that the extension is told the very moment.
fn session_end(config: &config::SignIn, now: Timestamp) -> Timestamp {
    let length = SignedDuration::from_hours(i64::from(config.session_hours));
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    now.checked_add(length).unwrap_or(Timestamp::MAX)
}

fn refused(refusal: SignInRefusal) -> ApiError {
    match refusal {
        SignInRefusal::Unknown => Fault::refused(
            "nobody of the staff has the address that the provider gives the person; `stagedoor staff add ADDRESS` lets them \
             in. Who is let in without that says sign_in.admit, and only under staff.domains",
        )
        .told(
            "You are not known here as a member of staff. Ask the administrator; or sign in with another account, if this is \
             not the one that you have at the firm.",
        ),
        SignInRefusal::Disabled(staff) => Fault::disabled(format!("staff member {staff} is disabled")),
        SignInRefusal::AddressBound(staff) => Fault::refused(format!(
            "the address is that of staff member {staff}, who has signed in as another subject of the provider before. If the \
             provider gave the address to another person, that one must not get in: add them under an address of their own. \
             If it is the same person with a new account: `stagedoor staff unlink ADDRESS`"
        ))
        .told(ANOTHER_PERSON),
        SignInRefusal::SubjectBound(staff) => Fault::refused(format!(
            "the provider gives staff member {staff} another address than they have here. If it has changed: `stagedoor staff \
             unlink` the old address, `stagedoor staff disable` it, and `stagedoor staff add` the new one"
        ))
        .told(ANOTHER_PERSON),
        SignInRefusal::ProfileOfAnother(staff) => {
            Fault::refused(format!("the browser profile is that of staff member {staff}")).told(
                "This browser profile belongs to a colleague. Sign out in the extension's options first, which makes a new key.",
            )
        }
        SignInRefusal::ProfileRevoked(staff) => Fault::refused(format!(
            "the browser profile, of staff member {staff}, was revoked; its key does not come back by signing in"
        ))
        .told(
            "This browser profile was revoked. If that was a mistake, sign out in the extension's options, which makes a new \
             key, and sign in again.",
        ),
        SignInRefusal::TooManyRoles(staff) => Fault::refused(format!(
            "staff member {staff} would have more than {MOST_ROLES} roles, so their sessions have ended; take some away with \
             `stagedoor staff roles`, or map fewer"
        ))
        .told(
            "You have more roles than the relay can give you, so nobody can tell what you may do. Ask the administrator, who \
             finds the cause in the relay's log.",
        ),
    }
    .into()
}

const ANOTHER_PERSON: &str = "The provider's account and the one that is known here do not belong together. Ask the \
                              administrator, who finds the cause in the relay's log.";
