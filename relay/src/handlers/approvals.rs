//! `/v1/approvals`: a second person's approval of a login, asked for, looked at, decided on and taken back.
//!
//! What is decided here is not in the ledger: the log says it, and the record of the login that uses an approval names it.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Json, extract::State, http::StatusCode};
use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::{
    Approval, ApprovalDecision, ApprovalId, ApprovalRequest, ApprovalState, Decision, ErrorCode, PlatformId,
    WaitingApproval, WaitingApprovals,
    limits::{MAX_WAITING_APPROVALS, MAX_WORD_CHARS},
};
use tracing::info;

use super::{
    Parameter,
    create_login::{check_text, check_why, name_bad_value},
};
use crate::{
    app::App,
    approvals,
    auth::Signed,
    config::{self, Named},
    error::ApiError,
    events::{self, Asked},
    middleware::ClientAddress,
    policy, random,
    store::{
        ApprovalAnswer, ApprovalFault, MOST_WAITING, NewApproval, Profile, StoredApproval, Verdict,
        VerdictAnswer, Withdrawal,
    },
    visible::{self, is_odd_in_prose},
};

/// `POST /v1/approvals`: asks for one. What could not be opened with an approval either is refused here already.
pub(crate) async fn ask_approval(
    State(app): State<Arc<App>>,
    Extension(client): Extension<ClientAddress>,
    signed: Signed,
) -> Result<(StatusCode, Json<Approval>), ApiError> {
    let request: ApprovalRequest = signed
        .json()
        .map_err(|error| name_bad_value(signed.body(), error))?;
    check_why(
        request.reason.as_deref(),
        request.ticket.as_deref(),
        request.page.as_ref(),
    )?;
    let profile = signed.profile();
    let now = app.clock.now();
    let id = new_id(now)?;
    let (platform, customer) = (request.platform.clone(), request.customer_email.clone());
    let asked = Asked {
        login: id.as_str(),
        staff: profile.staff.id,
        profile: &profile.key_id,
        platform: &platform,
    };
    // Whoever only asks goes through customers as well as whoever opens them.
    let canary = app.config.policy.canary.covers(&customer);
    let answer = ask(&app, profile, client, id.clone(), request).await;
    match &answer {
        Ok(_) if canary => events::tell_canary(&app, &asked).await,
        Ok(_) => {}
        Err(error) => events::tell_refused(&app, &asked, canary, error).await,
    }
    answer
}

async fn ask(
    app: &App,
    profile: &Profile,
    client: ClientAddress,
    id: ApprovalId,
    request: ApprovalRequest,
) -> Result<(StatusCode, Json<Approval>), ApiError> {
    policy::allow_asking(app, profile, client.0, &request)?;
    let rules = rules(app)?;
    let now = app.clock.now();
    let new = NewApproval {
        id,
        staff: profile.staff.id,
        platform: request.platform,
        customer: request.customer_email,
        reason: request.reason,
        ticket: request.ticket,
        page: request.page,
        requested_at: now,
        ends_at: later(now, rules.wait),
    };
    match app.store.ask_approval(&new).await? {
        ApprovalAnswer::Waits => {}
        ApprovalAnswer::CustomerIsStaff => return Err(policy::enrolled_staff().into()),
        ApprovalAnswer::StaffDisabled => return Err(ApiError::new(ErrorCode::StaffDisabled)),
        ApprovalAnswer::TooMany => {
            return Err(ApiError::new(ErrorCode::TooManyRequests)
                .rule(policy::APPROVAL)
                .detail(format!(
                    "You have {MOST_WAITING} requests for approval waiting, which is the most. Withdraw one, or wait until \
                     one is decided or its time is over."
                )));
        }
    }
    info!(approval = %new.id, platform = %new.platform, "approval asked for");
    let waiting = Approval {
        remaining_seconds: remaining(now, new.ends_at),
        id: new.id,
        state: ApprovalState::Waiting,
        decided_by: None,
        word: None,
    };
    Ok((StatusCode::CREATED, Json(waiting)))
}

/// `GET /v1/approvals/{id}`: how it stands with a request of one's own.
pub(crate) async fn show_approval(
    State(app): State<Arc<App>>,
    Parameter(id): Parameter,
    signed: Signed,
) -> Result<Json<Approval>, ApiError> {
    signed.check_empty()?;
    let found = app.store.approval(&parse_id(&id)?).await?;
    let own = found.filter(|found| found.asked.staff == signed.profile().staff.id);
    own.map(|own| Json(told(&app, own))).ok_or(unknown())
}

/// `GET /v1/approvals`: the requests that wait for the person who asks, and that they may decide here and now. Where there are
/// others only, the answer is why they may not.
pub(crate) async fn waiting_approvals(
    State(app): State<Arc<App>>,
    Extension(client): Extension<ClientAddress>,
    signed: Signed,
) -> Result<Json<WaitingApprovals>, ApiError> {
    signed.check_empty()?;
    let profile = signed.profile();
    if !policy::may_approve(&app, profile) {
        return Err(not_permitted());
    }
    let now = app.clock.now();
    let most = u32::try_from(MAX_WAITING_APPROVALS).unwrap_or(u32::MAX);
    // Where they may decide is looked at before the list is cut: a crowd elsewhere must not hide what is theirs.
    let everywhere = app.config.platforms.iter().map(|platform| platform.id.clone());
    let allowed = |platform: &PlatformId| policy::allow_deciding(&app, profile, client.0, platform);
    let (here, elsewhere): (Vec<_>, Vec<_>) = everywhere.partition(|platform| allowed(platform).is_ok());
    let staff = &profile.staff;
    let waiting = app.store.waiting_approvals(staff, &here, now, most).await?;
    if waiting.is_empty() && !elsewhere.is_empty() {
        let others = app.store.waiting_approvals(staff, &elsewhere, now, 1).await?;
        if let Some(other) = others.first() {
            allowed(&other.asked.platform)?;
        }
    }
    let requests = waiting.into_iter().map(
        |StoredApproval {
             asked, staff_name, ..
         }| {
            let mut platforms = app.config.platforms.iter();
            let platform = platforms.find(|platform| platform.id == asked.platform);
            WaitingApproval {
                id: asked.id,
                requested_by: staff_name,
                customer_email: asked.customer,
                environment: platform.map(|platform| platform.environment),
                platform_name: platform
                    .map_or_else(|| asked.platform.to_string(), |platform| platform.name.clone()),
                platform: asked.platform,
                reason: asked.reason,
                ticket: asked.ticket,
                page: asked.page,
                remaining_seconds: remaining(now, asked.ends_at),
            }
        },
    );
    Ok(Json(WaitingApprovals {
        requests: requests.collect(),
    }))
}

/// `POST /v1/approvals/{id}/decision`: approves or declines. The first decision stands.
pub(crate) async fn decide_approval(
    State(app): State<Arc<App>>,
    Extension(client): Extension<ClientAddress>,
    Parameter(id): Parameter,
    signed: Signed,
) -> Result<Json<Approval>, ApiError> {
    let ApprovalDecision { decision, word } = signed.json()?;
    check_text("word", word.as_deref(), MAX_WORD_CHARS, is_odd_in_prose)?;
    let word = word.filter(|word| visible::length(word) > 0);
    if decision == Decision::Decline && word.is_none() {
        return Err(ApiError::new(ErrorCode::WordRequired));
    }
    let rules = rules(&app).map_err(|_| not_permitted())?;
    let (id, now) = (parse_id(&id)?, app.clock.now());
    if !policy::may_approve(&app, signed.profile()) {
        return Err(not_permitted());
    }
    // Where to never changes about a request; all else is looked at together with the decision.
    let found = app.store.approval(&id).await?.ok_or(unknown())?;
    policy::allow_deciding(&app, signed.profile(), client.0, &found.asked.platform)?;
    let verdict = Verdict {
        id,
        key_id: signed.profile().key_id.clone(),
        approvers: rules.roles.clone(),
        terms: app.config.sign_in_terms(),
        decision,
        word,
        at: now,
        ends_at: later(now, rules.valid),
    };
    match app.store.decide_approval(&verdict).await? {
        VerdictAnswer::Stands(decided) => {
            info!(approval = %verdict.id, decision = decision.as_str(), "approval decided");
            Ok(Json(told(&app, decided)))
        }
        VerdictAnswer::Late(decided) => Err(late(&decided, now)),
        VerdictAnswer::Unknown => Err(unknown()),
        VerdictAnswer::NotPermitted => Err(not_permitted()),
    }
}

/// `POST /v1/approvals/{id}/withdrawal`: takes one's own request back, with the approval if there is one.
pub(crate) async fn withdraw_approval(
    State(app): State<Arc<App>>,
    Parameter(id): Parameter,
    signed: Signed,
) -> Result<StatusCode, ApiError> {
    signed.check_empty()?;
    let id = parse_id(&id)?;
    match app
        .store
        .withdraw_approval(&id, signed.profile().staff.id)
        .await?
    {
        Withdrawal::Withdrawn => {
            info!(approval = %id, "approval withdrawn");
            Ok(StatusCode::NO_CONTENT)
        }
        Withdrawal::Used => Err(approvals::fault(ApprovalFault::Used)),
        Withdrawal::Unknown => Err(unknown()),
    }
}

/// The section that says who approves.
fn rules(app: &App) -> Result<&config::Approval, ApiError> {
    let rules = app.config.policy.approval.as_ref();
    rules.ok_or(ApiError::new(ErrorCode::NotPermitted).rule(policy::APPROVAL).detail(
        "Nobody approves logins here, because the relay's configuration has no [policy.approval]. Open the customer without.",
    ))
}

fn told(app: &App, approval: StoredApproval) -> Approval {
    let now = app.clock.now();
    let rules = app.config.policy.approval.as_ref();
    let approvers = rules.map_or_else(Named::nobody, |rules| rules.roles.clone());
    let state = approval.state_under(&approvers, &app.config.sign_in_terms(), now);
    let remaining_seconds = match state {
        ApprovalState::Waiting | ApprovalState::Approved => remaining(now, approval.asked.ends_at),
        ApprovalState::Declined | ApprovalState::Expired | ApprovalState::Used => 0,
    };
    let (decided_by, word) = approval
        .decided
        .map(|decided| (decided.by.name, decided.word))
        .unzip();
    Approval {
        id: approval.asked.id,
        state,
        remaining_seconds,
        decided_by,
        word: word.flatten(),
    }
}

fn late(decided: &StoredApproval, now: Timestamp) -> ApiError {
    let what = match (&decided.decided, decided.state(now)) {
        (Some(by), ApprovalState::Declined) => format!("{} has declined this request", by.by.name),
        (Some(by), _) => format!("{} has approved this request", by.by.name),
        (None, _) => "This request's time is over, and nobody decided on it".to_owned(),
    };
    let detail = format!("{what}. The first decision stands; talk to them if you see it otherwise.");
    ApiError::new(ErrorCode::ApprovalDecided).detail(match decided.decided {
        Some(_) => detail,
        None => format!("{what}. The colleague may ask again."),
    })
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::ApprovalUnknown)
}

fn not_permitted() -> ApiError {
    ApiError::new(ErrorCode::NotPermitted).rule(policy::APPROVAL).detail(
        "You may not decide on this request: only colleagues with one of the roles of policy.approval may, on requests of \
         others, and never for their own address as the customer. Leave it to one of them, or ask the administrator for the \
         role (stagedoor staff roles).",
    )
}

fn parse_id(text: &str) -> Result<ApprovalId, ApiError> {
    ApprovalId::parse(text).map_err(|_| unknown())
}

fn new_id(now: Timestamp) -> Result<ApprovalId, ApiError> {
    let random = random::bytes().map_err(|error| ApiError::new(ErrorCode::Internal).caused_by(error))?;
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or_default();
    Ok(ApprovalId::from_parts(milliseconds, &random))
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// In seconds, rounded up.
fn remaining(now: Timestamp, end: Timestamp) -> u32 {
    let milliseconds = (end.as_millisecond() - now.as_millisecond()).max(0);
    u32::try_from((milliseconds + 999) / 1000).unwrap_or(u32::MAX)
}
