//! `POST /v1/previews`: what the broker says of a customer, for whoever may open them.
//!
//! Nothing is opened by it, so it is not in the ledger; the log has it. What the broker says is kept nowhere.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use stagedoor_broker_client::{Account, VerificationStatus};
use stagedoor_protocol::{AccountStatus, ErrorCode, Preview, PreviewRequest};

use super::create_login::name_bad_value;
use crate::{
    app::App,
    auth::Signed,
    error::ApiError,
    events::{self, Previewed},
    limited,
    middleware::ClientAddress,
    policy,
    store::{Limit, LimitReached, NewPreview, PreviewAnswer, Profile},
};

/// Answers from the broker, if it has a moment.
pub(crate) async fn preview(
    State(app): State<Arc<App>>,
    Extension(client): Extension<ClientAddress>,
    signed: Signed,
) -> Result<Json<Preview>, ApiError> {
    let request: PreviewRequest = signed
        .json()
        .map_err(|error| name_bad_value(signed.body(), error))?;
    let profile = signed.profile();
    let looked = look(&app, profile, client, &request).await;
    let failed = looked.as_ref().err();
    events::tell_preview(
        &app,
        &Previewed {
            staff: profile.staff.id,
            profile: &profile.key_id,
            platform: &request.platform,
            canary: app.config.policy.canary.covers(&request.customer_email),
            limit: failed.and_then(|failed| failed.limit),
            only_logged: failed.is_some_and(|failed| failed.only_logged),
            error: failed.map(|failed| &failed.error),
            detail: failed.map_or("", |failed| &failed.detail),
        },
    )
    .await;
    match looked {
        Ok(account) => Ok(Json(shown(account))),
        Err(failed) => Err(failed.error),
    }
}

/// A look that shows nothing.
struct Failed {
    error: ApiError,
    /// A limit that is reached for the first time.
    limit: Option<LimitReached>,
    /// Whether a limit refused, and did so before; or logins came first.
    only_logged: bool,
    /// What the broker said.
    detail: String,
}

impl<E: Into<ApiError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            limit: None,
            only_logged: false,
            detail: String::new(),
        }
    }
}

async fn look(
    app: &App,
    profile: &Profile,
    client: ClientAddress,
    request: &PreviewRequest,
) -> Result<Account, Failed> {
    // First of all, so that it answers as a login would.
    let platform = policy::allow_preview(app, profile, client.0, request)?;
    if !platform.preview {
        return Err(not_offered().into());
    }
    let scope = platform.token_scope();
    if app.turns.has_line(scope) {
        return Err(Failed {
            only_logged: true,
            ..logins_first().into()
        });
    }
    let new = NewPreview {
        customer: request.customer_email.clone(),
        limits: app.config.limits.preview_uses(profile.staff.id, scope),
        at: app.clock.now(),
    };
    match app.store.count_preview(&new).await? {
        PreviewAnswer::Counted => {}
        PreviewAnswer::CustomerIsStaff => {
            return Err(ApiError::from(policy::enrolled_staff()).into());
        }
        PreviewAnswer::Limited(reached) => {
            // That the broker has no time for looks is no reason for an alarm; that one person takes so many may be.
            let told = reached.first && reached.limit == Limit::StaffPreviewsPerHour;
            return Err(Failed {
                only_logged: !reached.first,
                limit: told.then_some(reached),
                ..limited::refusal(&reached).into()
            });
        }
    }
    let account = app
        .brokers
        .look_up(&request.platform, &request.customer_email)
        .await;
    account.map_err(|failure| Failed {
        detail: failure.detail.clone(),
        ..failure.into_api_error().into()
    })
}

/// The extension does not ask where the session does not say that it may.
fn not_offered() -> ApiError {
    ApiError::new(ErrorCode::NotPermitted).rule("platform.preview").detail(
        "The relay's configuration does not let accounts of this platform be looked at. Open the customer without a look; the \
         administrator can change the setting. (Rule: platform.preview)",
    )
}

/// Nobody's login waits for a look.
fn logins_first() -> ApiError {
    ApiError::new(ErrorCode::TooManyRequests)
        .rule("limits.broker_per_minute")
        .retry_after(1)
        .detail(
            "Logins wait for their turn at this broker, and they come first. Open the customer without a look, or look again in a \
             moment. (Rule: limits.broker_per_minute)",
        )
}

fn shown(account: Account) -> Preview {
    Preview {
        login_disabled: account.cannot_log_in(),
        status: account.status.map_or(AccountStatus::Unknown, status),
        name: account.name,
    }
}

fn status(status: VerificationStatus) -> AccountStatus {
    match status {
        VerificationStatus::Verified => AccountStatus::Verified,
        VerificationStatus::New | VerificationStatus::Unverified => AccountStatus::Unverified,
        VerificationStatus::PendingVerification => AccountStatus::Pending,
        VerificationStatus::Rejected => AccountStatus::Rejected,
        VerificationStatus::Blocked => AccountStatus::Blocked,
        _ => AccountStatus::Unknown,
    }
}
