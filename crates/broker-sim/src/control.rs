//! The control API of the binary: what a test in another process or language needs of a [`Sim`].

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::accept::Server;
use crate::fault::{BodyKind, Endpoint, Fault, Script};
use crate::journal::JournalEntry;
use crate::sim::Sim;
use crate::tokens::{Redemption, RedemptionResult};

/// A running control listener. It has no authentication, so it binds to loopback only.
pub struct Control {
    server: Server,
}

impl Control {
    /// Starts the control API of `sim`.
    ///
    /// # Errors
    /// When `address` is not a loopback address or cannot be bound.
    pub async fn start(sim: Arc<Sim>, address: SocketAddr) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let cause = "the control API has no authentication and listens on loopback addresses only";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, cause));
        }
        Ok(Self {
            server: Server::start(address, router(sim)).await?,
        })
    }

    /// The control API's URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }
}

fn router(sim: Arc<Sim>) -> Router {
    Router::new()
        .route("/control/advance", post(advance))
        .route("/control/script", post(script))
        .route("/control/release", post(release))
        .route("/control/accounts", post(add_account))
        .route("/control/keys", post(set_key))
        .route("/control/whitelist", post(set_whitelist))
        .route("/control/journal", get(journal))
        .route("/control/redemptions", get(redemptions))
        .with_state(sim)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdvanceBody {
    seconds: u64,
}

async fn advance(State(sim): State<Arc<Sim>>, Json(body): Json<AdvanceBody>) -> StatusCode {
    sim.clock().advance(Duration::from_secs(body.seconds));
    StatusCode::NO_CONTENT
}

/// `{"fault": "delay", "milliseconds": 500, "endpoint": "mint", "times": 2}`; `endpoint` and `times` may be left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScriptBody {
    #[serde(flatten)]
    fault: FaultBody,
    endpoint: Option<EndpointBody>,
    #[serde(default = "once")]
    times: u32,
}

#[derive(Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum FaultBody {
    Delay { milliseconds: u64 },
    Drip { milliseconds: u64 },
    Hold,
    HangBeforeHeaders,
    HangAfterHeaders,
    Reset,
    ResetInBody,
    ClosedInBody,
    TruncatedJson,
    WrongContentType,
    Status { status: u16, body: Option<BodyKindBody> },
    RateLimited { retry_after: Option<String> },
    Html,
    HugeBody,
    Redirect { url: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum BodyKindBody {
    Problem,
    Framework,
    Html,
    Text,
    Empty,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EndpointBody {
    Mint,
    LookUp,
    ConnectionTest,
}

async fn script(State(sim): State<Arc<Sim>>, Json(body): Json<ScriptBody>) -> StatusCode {
    sim.script(Script {
        fault: body.fault.into(),
        endpoint: body.endpoint.map(Into::into),
        times: body.times,
    });
    StatusCode::NO_CONTENT
}

async fn release(State(sim): State<Arc<Sim>>) -> StatusCode {
    sim.release();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountBody {
    email: String,
    name: String,
}

async fn add_account(State(sim): State<Arc<Sim>>, Json(body): Json<AccountBody>) -> StatusCode {
    sim.add_account(body.email, body.name);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct KeyBody {
    value: String,
    may_mint: bool,
}

async fn set_key(State(sim): State<Arc<Sim>>, Json(body): Json<KeyBody>) -> StatusCode {
    sim.add_key(body.value, body.may_mint);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhitelistBody {
    ip: IpAddr,
    allowed: bool,
}

async fn set_whitelist(State(sim): State<Arc<Sim>>, Json(body): Json<WhitelistBody>) -> StatusCode {
    if body.allowed {
        sim.allow_ip(body.ip)
    } else {
        sim.forbid_ip(body.ip)
    }
    StatusCode::NO_CONTENT
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JournalLine {
    at: String,
    peer_ip: IpAddr,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
    status: Option<u16>,
    token: Option<String>,
}

async fn journal(State(sim): State<Arc<Sim>>) -> Json<Vec<JournalLine>> {
    Json(sim.journal().into_iter().map(Into::into).collect())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RedemptionLine {
    at: String,
    token_id: Option<u64>,
    email: Option<String>,
    result: &'static str,
}

async fn redemptions(State(sim): State<Arc<Sim>>) -> Json<Vec<RedemptionLine>> {
    Json(sim.redemptions().into_iter().map(Into::into).collect())
}

fn once() -> u32 {
    1
}

impl From<FaultBody> for Fault {
    fn from(body: FaultBody) -> Self {
        match body {
            FaultBody::Delay { milliseconds } => Self::Delay(Duration::from_millis(milliseconds)),
            FaultBody::Drip { milliseconds } => Self::Drip(Duration::from_millis(milliseconds)),
            FaultBody::Hold => Self::Hold,
            FaultBody::HangBeforeHeaders => Self::HangBeforeHeaders,
            FaultBody::HangAfterHeaders => Self::HangAfterHeaders,
            FaultBody::Reset => Self::Reset,
            FaultBody::ResetInBody => Self::ResetInBody,
            FaultBody::ClosedInBody => Self::ClosedInBody,
            FaultBody::TruncatedJson => Self::TruncatedJson,
            FaultBody::WrongContentType => Self::WrongContentType,
            FaultBody::Status { status, body } => {
                Self::Status(status, body.map_or(BodyKind::Problem, Into::into))
            }
            FaultBody::RateLimited { retry_after } => Self::RateLimited(retry_after),
            FaultBody::Html => Self::Html,
            FaultBody::HugeBody => Self::HugeBody,
            FaultBody::Redirect { url } => Self::Redirect(url),
        }
    }
}

impl From<BodyKindBody> for BodyKind {
    fn from(body: BodyKindBody) -> Self {
        match body {
            BodyKindBody::Problem => Self::Problem,
            BodyKindBody::Framework => Self::Framework,
            BodyKindBody::Html => Self::Html,
            BodyKindBody::Text => Self::Text,
            BodyKindBody::Empty => Self::Empty,
        }
    }
}

impl From<EndpointBody> for Endpoint {
    fn from(body: EndpointBody) -> Self {
        match body {
            EndpointBody::Mint => Self::Mint,
            EndpointBody::LookUp => Self::LookUp,
            EndpointBody::ConnectionTest => Self::ConnectionTest,
        }
    }
}

impl From<JournalEntry> for JournalLine {
    fn from(entry: JournalEntry) -> Self {
        let JournalEntry {
            at,
            peer_ip,
            method,
            path,
            headers,
            body,
            status,
            token,
        } = entry;
        Self {
            at: at.to_string(),
            peer_ip,
            method,
            path,
            headers,
            body,
            status,
            token,
        }
    }
}

impl From<Redemption> for RedemptionLine {
    fn from(redemption: Redemption) -> Self {
        let result = match redemption.result {
            RedemptionResult::LoggedIn => "logged-in",
            RedemptionResult::Refused(refusal) => refusal.as_str(),
        };
        Self {
            at: redemption.at.to_string(),
            token_id: redemption.token_id,
            email: redemption.email,
            result,
        }
    }
}
