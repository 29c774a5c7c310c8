//! `POST /v1/logins`: a one-time token for one customer on one platform.

use std::sync::Arc;

use axum::{Extension, Json, extract::State, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use stagedoor_protocol::{
    CustomerEmail, ErrorCode, LoginRequest, LoginResponse, PageReference, PlatformId,
    limits::{MAX_REASON_CHARS, MAX_TICKET_CHARS},
};
use tokio::time::timeout;
use tracing::{Instrument, Span, field::display};
use url::Url;

use super::check_label;
use crate::{
    app::App,
    auth::Verified,
    caller::Caller,
    checkpoints,
    error::ApiError,
    events::{self, Asked},
    middleware::ClientAddress,
    mint,
    policy::{self, Permit},
    store::{ApprovalUse, Intent, LimitUses},
    visible::{is_odd, is_odd_in_prose},
};

/// Checks the request against form and policy, then performs it in a task that nothing cancels.
pub(crate) async fn create_login(
    State(app): State<Arc<App>>,
    Extension(client): Extension<ClientAddress>,
    mut verified: Verified,
) -> Result<(StatusCode, Json<LoginResponse>), ApiError> {
    // Held before looking at the door, so that a shutdown either sees this login or keeps it out.
    let _under_way = app.logins.token();
    let request = read(&verified).inspect(|request| {
        Span::current().record("login", display(&request.request_id));
    });
    let allowed = match &request {
        Ok(request) => allow(&app, client, &mut verified, request)
            .await
            .map_err(|error| error.about(request.request_id.clone())),
        Err(_) => Err(ApiError::new(ErrorCode::MalformedRequest)),
    };
    match (request, allowed) {
        (Ok(request), Ok(permit)) => {
            let id = request.request_id.clone();
            let platform_url = permit.platform.platform_url.clone();
            let intent = intent(&app, client, verified, request, &permit);
            perform(&app, intent, platform_url)
                .await
                .map_err(|error| error.about(id))
        }
        // What is not recorded as a login must not come a second time either.
        (Err(error), _) => {
            verified.admit(&app).await?;
            Err(error)
        }
        (Ok(request), Err(error)) => {
            verified.admit(&app).await?;
            let asked = Asked {
                login: request.request_id.as_str(),
                staff: verified.profile.staff.id,
                profile: &verified.profile.key_id,
                platform: &request.platform,
            };
            let canary = app.config.policy.canary.covers(&request.customer_email);
            events::tell_refused(&app, &asked, canary, &error).await;
            Err(error)
        }
    }
}

/// What is remembered of the caller may be old: nobody is refused by it who is allowed by now.
async fn allow<'a>(
    app: &'a App,
    client: ClientAddress,
    verified: &mut Verified,
    request: &LoginRequest,
) -> Result<Permit<'a>, ApiError> {
    if app.draining.is_cancelled() {
        return Err(ApiError::new(ErrorCode::Overloaded).retry_after(5));
    }
    if app.checkpoints.is_rewritten() {
        return Err(ApiError::new(ErrorCode::StoreUnavailable).detail(checkpoints::REFUSAL));
    }
    let permit = policy::allow(app, &verified.profile, client.0, request);
    if permit.is_err() && verified.refresh(app).await? {
        return policy::allow(app, &verified.profile, client.0, request);
    }
    permit
}

/// Nothing else takes that long before the broker is asked: all other waits have shorter bounds.
#[derive(Debug, thiserror::Error)]
#[error(
    "the store did not record the login in time, and the broker was not asked; check the database and its disk"
)]
struct TooSlow;

async fn perform(
    app: &Arc<App>,
    intent: Intent,
    platform_url: String,
) -> Result<(StatusCode, Json<LoginResponse>), ApiError> {
    let request_id = intent.request_id.clone();
    let caller = Arc::new(Caller::default());
    let login = mint::perform(app.clone(), intent, caller.clone()).in_current_span();
    let minted = match timeout(app.limits.login, app.logins.spawn(login)).await {
        Ok(Ok(result)) => result?,
        // It panicked, which has been logged. The error is not: it repeats the panic's message, which may hold data.
        Ok(Err(_)) => return Err(ApiError::new(ErrorCode::Internal)),
        // The extension has given up by now. The task goes on and records what it learns.
        Err(_) if caller.gives_up() => return Err(ApiError::new(ErrorCode::OutcomeUnknown)),
        Err(_) => return Err(ApiError::new(ErrorCode::StoreUnavailable).caused_by(TooSlow)),
    };
    let response = LoginResponse {
        request_id,
        one_time_token: minted.token,
        platform_url,
        validity_seconds: minted.validity_seconds,
    };
    Ok((StatusCode::CREATED, Json(response)))
}

fn intent(
    app: &App,
    client: ClientAddress,
    verified: Verified,
    request: LoginRequest,
    permit: &Permit<'_>,
) -> Intent {
    let now = app.clock.now();
    let approval = app.config.policy.approval.as_ref();
    let longest_mint = SignedDuration::try_from(app.limits.login).unwrap_or(SignedDuration::MAX);
    let canary = app.config.policy.canary.covers(&request.customer_email);
    let terms = app.config.sign_in_terms();
    let mut intent = Intent {
        request_id: request.request_id,
        roles: verified.profile.roles(&terms),
        terms,
        staff: verified.profile.staff,
        key_id: verified.profile.key_id,
        nonce: verified.nonce,
        nonce_expires_at: verified.nonce_expires_at,
        client_address: client.0,
        extension_version: request.extension_version,
        platform: request.platform,
        token_scope: permit.platform.token_scope().to_owned(),
        customer_email: request.customer_email,
        reason: request.reason,
        ticket: request.ticket,
        page: request.page,
        overrides: request.overrides,
        // Without [policy.approval] none is needed, and one from before is no reason to refuse.
        approval: approval.zip(request.approval).map(|(approval, id)| ApprovalUse {
            id,
            approvers: approval.roles.clone(),
        }),
        grants: permit.grants.clone(),
        policy_version: app.config.version.clone(),
        validity_seconds: permit.validity_seconds,
        limits: LimitUses::default(),
        canary,
        requested_at: now,
        claimed_until: mint::held_until(permit.validity_seconds, now)
            .checked_add(longest_mint)
            .unwrap_or(Timestamp::MAX),
    };
    intent.limits = app.config.limits.uses(&intent);
    intent
}

fn read(verified: &Verified) -> Result<LoginRequest, ApiError> {
    let request: LoginRequest = verified
        .json()
        .map_err(|error| name_bad_value(verified.body(), error))?;
    check_label("extensionVersion", &request.extension_version)?;
    check_why(
        request.reason.as_deref(),
        request.ticket.as_deref(),
        request.page.as_ref(),
    )?;
    Ok(request)
}

/// A bad address and a bad platform have codes of their own, which the typed parser cannot give; so when it refuses,
/// these two values are looked at by themselves.
pub(super) fn name_bad_value(body: &[u8], error: ApiError) -> ApiError {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Values {
        customer_email: String,
        platform: String,
    }
    if error.code() != ErrorCode::MalformedRequest {
        return error;
    }
    let Ok(values) = serde_json::from_slice::<Values>(body) else {
        return error;
    };
    if let Err(problem) = CustomerEmail::parse(&values.customer_email) {
        let detail = format!("{problem}; correct the address, or take another one from the page");
        return ApiError::new(ErrorCode::CustomerEmailInvalid).detail(detail);
    }
    if PlatformId::parse(&values.platform).is_err() {
        return ApiError::new(ErrorCode::PlatformUnknown);
    }
    error
}

pub(super) fn check_why(
    reason: Option<&str>,
    ticket: Option<&str>,
    page: Option<&PageReference>,
) -> Result<(), ApiError> {
    check_text("reason", reason, MAX_REASON_CHARS, is_odd_in_prose)?;
    check_text("ticket", ticket, MAX_TICKET_CHARS, is_odd)?;
    page.map_or(Ok(()), check_page)
}

/// Free text of a person: bounded, and without characters that no keyboard makes.
pub(super) fn check_text(
    field: &str,
    text: Option<&str>,
    max_chars: usize,
    odd: fn(char) -> bool,
) -> Result<(), ApiError> {
    let text = text.unwrap_or_default();
    if text.chars().count() <= max_chars && !text.chars().any(odd) {
        Ok(())
    } else {
        let rule = format!(
            "{field} must be at most {max_chars} characters without control or invisible characters; shorten it"
        );
        Err(ApiError::new(ErrorCode::MalformedRequest).detail(rule))
    }
}

/// The page's origin and nothing more: a path or query may hold private data.
fn check_page(page: &PageReference) -> Result<(), ApiError> {
    check_label("page.origin", &page.origin)?;
    if let Some(record_id) = &page.record_id {
        check_label("page.recordId", record_id)?;
    }
    let origin = page
        .origin
        .parse::<Url>()
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    if origin.is_some_and(|url| url.origin().ascii_serialization() == page.origin) {
        Ok(())
    } else {
        let rule = "page.origin must be a web page's origin, e.g. https://crm.example, without a path";
        Err(ApiError::new(ErrorCode::MalformedRequest).detail(rule))
    }
}
