//! The protocol's messages as JSON text: those that the core sends, and those that it reads.
//!
//! Written out by hand for size; the golden messages, which the relay reads and writes through the protocol's own
//! derived code, hold both to one form.

use alloc::{string::String, vec::Vec};

use stagedoor_protocol::{
    ApprovalId, Claim, Confirm, EnrolmentRequest, EnrolmentResponse, Environment, Isolation, KeyId,
    LoginRequest, LoginResponse, OneTimeToken, OutcomeReport, PageReference, Platform, PlatformId, Policy,
    Problem, PublicJwk, ReasonMode, RequestId, Rules, Session, SignInOffer, SignInRequest, SignInResponse,
    Staff,
};

use crate::{
    json::{Object, ToJson, Value},
    text::harmless,
};

pub use approval::state_name;
pub use preview::{preview_request, status};

/// A day, in seconds. No claim is that old or lasts that long, so a larger number is none.
const MAX_CLAIM_SECONDS: u32 = 86_400;

/// What can be read from a JSON value.
pub trait FromJson: Sized {
    /// Reads it; `None` if something that must be there is not, or is of the wrong kind.
    fn read(value: &Value) -> Option<Self>;
}

impl ToJson for LoginRequest {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("requestId", self.request_id.as_str())
            .with("platform", self.platform.as_str())
            .with("customerEmail", self.customer_email.as_str())
            .with_some("reason", self.reason.as_ref())
            .with_some("ticket", self.ticket.as_ref())
            .with_some("page", self.page.as_ref())
            .with_some("overrides", self.overrides.as_ref().map(RequestId::as_str))
            .with_some("approval", self.approval.as_ref().map(ApprovalId::as_str))
            .with("extensionVersion", &self.extension_version)
            .end();
    }
}

impl ToJson for PageReference {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("origin", &self.origin)
            .with_some("recordId", self.record_id.as_ref())
            .end();
    }
}

impl ToJson for EnrolmentRequest {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("code", self.code.expose())
            .with("publicKey", &self.public_key)
            .with("extensionVersion", &self.extension_version)
            .end();
    }
}

impl ToJson for SignInRequest {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("code", &self.code)
            .with("codeVerifier", &self.code_verifier)
            .with("redirectUri", &self.redirect_uri)
            .with("nonceSalt", &self.nonce_salt)
            .with("publicKey", &self.public_key)
            .with("extensionVersion", &self.extension_version)
            .end();
    }
}

impl ToJson for PublicJwk {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("kty", &self.kty)
            .with("crv", &self.crv)
            .with("x", &self.x)
            .with_some("y", self.y.as_ref())
            .end();
    }
}

impl ToJson for OutcomeReport {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("outcome", self.outcome.as_str())
            .with_some("durationMilliseconds", self.duration_milliseconds.as_ref())
            .with_some("cause", self.cause.as_ref())
            .end();
    }
}

/// Reads a login's answer and takes the token out of it, so that there is no second copy.
pub fn read_login(mut value: Value) -> Option<LoginResponse> {
    let Value::Text(token) = value.take("oneTimeToken") else {
        return None;
    };
    // First, so that the token is overwritten whatever else is wrong.
    let one_time_token = OneTimeToken::parse(token).ok()?;
    Some(LoginResponse {
        request_id: RequestId::parse(value.get("requestId").text()?).ok()?,
        one_time_token,
        platform_url: value.get("platformUrl").string()?,
        validity_seconds: value.get("validitySeconds").number()?,
    })
}

impl FromJson for EnrolmentResponse {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: KeyId::parse(value.get("keyId").text()?).ok()?,
            staff: Staff::read(value.get("staff"))?,
        })
    }
}

impl FromJson for SignInOffer {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            issuer: value.get("issuer").string()?,
            authorization_endpoint: value.get("authorizationEndpoint").string()?,
            client_id: value.get("clientId").string()?,
            scopes: read_list(value.get("scopes"))?,
        })
    }
}

impl FromJson for SignInResponse {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            key_id: KeyId::parse(value.get("keyId").text()?).ok()?,
            staff: Staff::read(value.get("staff"))?,
            expires_at: value.get("expiresAt").number()?,
        })
    }
}

impl FromJson for Problem {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            type_uri: value.get("type").string()?,
            title: value.get("title").string()?,
            status: value.get("status").number()?,
            detail: value.get("detail").string()?,
            code: value.get("code").string()?,
            request_id: value
                .get("requestId")
                .text()
                .and_then(|id| RequestId::parse(id).ok()),
            retry_after_seconds: value.get("retryAfterSeconds").number(),
            claim: Claim::read(value.get("claim")),
            rule: value.get("rule").string(),
            approver_roles: value
                .get("approverRoles")
                .list()
                .iter()
                .filter_map(|role| role.text().map(harmless))
                .collect(),
        })
    }
}

/// A relay's word on somebody is shown beside a button, so it is made harmless here, and whatever is not a claim is
/// taken for none.
impl FromJson for Claim {
    fn read(value: &Value) -> Option<Self> {
        let seconds = |name| {
            let seconds = value.get(name).number();
            seconds.filter(|seconds| *seconds <= MAX_CLAIM_SECONDS)
        };
        let staff_name = harmless(value.get("staffName").text()?);
        Some(Self {
            request_id: RequestId::parse(value.get("requestId").text()?).ok()?,
            staff_name: Some(staff_name).filter(|name| !name.is_empty())?,
            held_seconds: seconds("heldSeconds")?,
            remaining_seconds: seconds("remainingSeconds")?,
            under_way: value.get("underWay").flag(),
        })
    }
}

impl ToJson for Claim {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("requestId", self.request_id.as_str())
            .with("staffName", &self.staff_name)
            .with("heldSeconds", &u64::from(self.held_seconds))
            .with("remainingSeconds", &u64::from(self.remaining_seconds))
            .with_some("underWay", self.under_way.then_some(&true))
            .end();
    }
}

impl FromJson for Session {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            staff: Staff::read(value.get("staff"))?,
            key_id: KeyId::parse(value.get("keyId").text()?).ok()?,
            platforms: read_list(value.get("platforms"))?,
            policy: Policy::read(value.get("policy"))?,
            may_approve: value.get("mayApprove").flag(),
            relay_version: value.get("relayVersion").string()?,
            signed_in_until: value.get("signedInUntil").number(),
        })
    }
}

impl ToJson for Session {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("staff", &self.staff)
            .with("keyId", self.key_id.as_str())
            .with("platforms", &self.platforms)
            .with("policy", &self.policy)
            .with_some("mayApprove", self.may_approve.then_some(&true))
            .with("relayVersion", &self.relay_version)
            .with_some("signedInUntil", self.signed_in_until.as_ref())
            .end();
    }
}

impl FromJson for Staff {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            email: value.get("email").string()?,
            name: value.get("name").string()?,
        })
    }
}

impl ToJson for Staff {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("email", &self.email)
            .with("name", &self.name)
            .end();
    }
}

impl FromJson for Platform {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: PlatformId::parse(value.get("id").text()?).ok()?,
            name: value.get("name").string()?,
            url: value.get("url").string()?,
            environment: environment(value)?,
            // Rules that cannot be read are not taken for none: the policy's may be weaker.
            rules: match value.get("rules") {
                Value::Null => None,
                rules => Some(Rules::read(rules)?),
            },
            preview: value.get("preview").flag(),
        })
    }
}

impl ToJson for Platform {
    fn write(&self, target: &mut String) {
        Object::begin(target)
            .with("id", self.id.as_str())
            .with("name", &self.name)
            .with("url", &self.url)
            .with("environment", environment_name(self.environment))
            .with_some("rules", self.rules.as_ref())
            .with_some("preview", self.preview.then_some(&true))
            .end();
    }
}

fn environment(value: &Value) -> Option<Environment> {
    match value.get("environment").text()? {
        "live" => Some(Environment::Live),
        "demo" => Some(Environment::Demo),
        _ => None,
    }
}

/// The environment as it stands on the wire.
pub fn environment_name(environment: Environment) -> &'static str {
    match environment {
        Environment::Live => "live",
        Environment::Demo => "demo",
    }
}

impl FromJson for Policy {
    fn read(value: &Value) -> Option<Self> {
        let rules = Rules::read(value)?;
        Some(Self {
            reason: rules.reason,
            reason_min_length: rules.reason_min_length,
            isolation: rules.isolation,
            staff_domains: read_list(value.get("staffDomains"))?,
            validity_seconds: rules.validity_seconds,
            ticket_required: rules.ticket_required,
            confirm: rules.confirm,
        })
    }
}

impl ToJson for Policy {
    fn write(&self, target: &mut String) {
        write_rules(&self.rules(), Object::begin(target))
            .with("staffDomains", &self.staff_domains)
            .end();
    }
}

impl FromJson for Rules {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            reason: match value.get("reason").text()? {
                "off" => ReasonMode::Off,
                "optional" => ReasonMode::Optional,
                "required" => ReasonMode::Required,
                _ => return None,
            },
            reason_min_length: value.get("reasonMinLength").number()?,
            isolation: match value.get("isolation").text()? {
                "required" => Isolation::Required,
                "preferred" => Isolation::Preferred,
                "off" => Isolation::Off,
                _ => return None,
            },
            validity_seconds: value.get("validitySeconds").number()?,
            ticket_required: value.get("ticketRequired").flag(),
            confirm: match value.get("confirm").text() {
                Some("when_ambiguous") => Confirm::WhenAmbiguous,
                // A word of a newer relay is not taken for the weaker one.
                _ => Confirm::Always,
            },
        })
    }
}

impl ToJson for Rules {
    fn write(&self, target: &mut String) {
        write_rules(self, Object::begin(target)).end();
    }
}

fn write_rules<'a>(rules: &Rules, object: Object<'a>) -> Object<'a> {
    let lenient = (rules.confirm == Confirm::WhenAmbiguous).then_some("when_ambiguous");
    object
        .with("reason", reason_name(rules.reason))
        .with("reasonMinLength", &u64::from(rules.reason_min_length))
        .with("isolation", isolation_name(rules.isolation))
        .with("validitySeconds", &u64::from(rules.validity_seconds))
        .with_some("ticketRequired", rules.ticket_required.then_some(&true))
        .with_some("confirm", lenient)
}

/// The mode as it stands on the wire.
pub fn reason_name(mode: ReasonMode) -> &'static str {
    match mode {
        ReasonMode::Off => "off",
        ReasonMode::Optional => "optional",
        ReasonMode::Required => "required",
    }
}

/// The isolation as it stands on the wire.
pub fn isolation_name(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::Required => "required",
        Isolation::Preferred => "preferred",
        Isolation::Off => "off",
    }
}

impl FromJson for String {
    fn read(value: &Value) -> Option<Self> {
        value.string()
    }
}

/// Reads an array; one element that cannot be read spoils it.
pub fn read_list<T: FromJson>(value: &Value) -> Option<Vec<T>> {
    match value {
        Value::List(elements) => elements.iter().map(T::read).collect(),
        _ => None,
    }
}

mod approval;
mod preview;

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
