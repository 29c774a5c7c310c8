//! `[sign_in]`: the firm's OpenID provider, whom of those it names it lets in, and for how long.

mod claims;
mod issuer;
mod redirect;
mod secret;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

pub use claims::{Admit, ClaimPath, RoleMapping};
pub use secret::ClientSecret;

use super::{Extension, Keys, ProxyUrl, StaffRules, platform, read_roots, section::Section};
use crate::store::{SignInClient, SignInTerms};

/// A working day, with what comes before and after it.
const DEFAULT_HOURS: u32 = 10;
/// A week: whoever left the firm must be out by then, whatever else was forgotten.
const MAX_HOURS: u32 = 7 * 24;

/// Signing in at the firm's provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// The provider, exactly as it names itself.
    pub issuer: String,
    /// The relay's name there.
    pub client_id: String,
    /// The relay's secret there; without one it is a public client, protected by PKCE alone.
    pub client_secret: Option<ClientSecret>,
    /// What is asked for; `openid` is among them.
    pub scopes: Vec<String>,
    /// Signature algorithms of ID tokens that are accepted.
    pub algorithms: Vec<jsonwebtoken::Algorithm>,
    /// Where the provider may send people back to.
    pub redirect_uris: Vec<String>,
    /// How long a session lasts.
    pub session_hours: u32,
    /// Which claim is the person's address.
    pub email_claim: ClaimPath,
    /// Whether the provider must say that it has verified the address.
    pub email_must_be_verified: bool,
    /// Whom it lets in.
    pub admit: Admit,
    /// The organisations of Google whose people are let in; all, if there are none.
    pub hosted_domains: Vec<String>,
    /// Which claim tells roles.
    pub roles_claim: ClaimPath,
    /// What its values mean.
    pub roles: Vec<RoleMapping>,
    /// By which sessions and their roles are judged.
    pub terms: Arc<SignInTerms>,
    /// PEM file of the only authorities to trust for the provider; without it, the system's.
    pub root_certificate_file: Option<PathBuf>,
    /// A proxy towards the provider. Proxies in environment variables are ignored.
    pub proxy: Option<ProxyUrl>,
}

impl SignIn {
    pub(super) fn read(section: &mut Section<'_>, keys: Keys) -> Option<Self> {
        let issuer = section.parsed("issuer", issuer::parse);
        let client_id = section.parsed("client_id", |text| plain(text, 256));
        let client_secret = ClientSecret::read_source(section, keys);
        let scopes = read_scopes(section);
        let algorithms = read_algorithms(section);
        let redirect_uris = section.list("redirect_uris", redirect::parse);
        let session_hours = section.number_or("session_hours", DEFAULT_HOURS, 1, MAX_HOURS);
        let email_claim = section.parsed_or("email_claim", ClaimPath::of("email"), ClaimPath::parse);
        let email_must_be_verified = section.parsed_or("email_verified", true, |text| match text {
            "required" => Ok(true),
            "not_needed" => Ok(false),
            _ => Err("must be \"required\" or \"not_needed\"".to_owned()),
        });
        let admit = section.parsed_or("admit", Admit::Known, Admit::parse);
        let hosted_domains = section.list("hosted_domains", |text| plain(&text.to_lowercase(), 253));
        let roles_claim = section.parsed_or("roles_claim", ClaimPath::of("groups"), ClaimPath::parse);
        let roles = section.sections_if_any("role", RoleMapping::read);
        let root_certificate_file = section.text("root_certificate_file").map(PathBuf::from);
        let proxy = platform::optional_proxy(section);
        if admit == Some(Admit::Mapped) && roles.is_empty() {
            section.fault(
                "admit",
                "is \"mapped\", and no [[sign_in.role]] maps anything, so nobody could sign in; add one, or admit \"known\"",
            );
        }
        if let Some(path) = &root_certificate_file
            && keys == Keys::Check
            && let Err(problem) = read_roots(path)
        {
            section.fault("root_certificate_file", problem);
        }
        let (issuer, client_id, roles_claim) = (issuer?, client_id?, roles_claim?);
        let terms = SignInTerms {
            client: Some(SignInClient {
                issuer: issuer.clone(),
                client_id: client_id.clone(),
            }),
            mapping: roles.iter().map(|mapping| mapping.under(&roles_claim)).collect(),
        };
        Some(Self {
            issuer,
            client_id,
            client_secret: client_secret?,
            scopes: scopes?,
            algorithms: algorithms?,
            redirect_uris: redirect_uris?,
            session_hours: session_hours?,
            email_claim: email_claim?,
            email_must_be_verified: email_must_be_verified?,
            admit: admit?,
            hosted_domains: hosted_domains?,
            roles_claim,
            roles,
            terms: Arc::new(terms),
            root_certificate_file,
            proxy: proxy?,
        })
    }

    /// Fills in what follows from other sections, and looks whether it goes with them.
    pub(super) fn settle(&mut self, extension: &Extension, staff: &StaffRules, root: &mut Section<'_>) {
        if self.redirect_uris.is_empty() {
            self.redirect_uris = redirect::of(extension);
        }
        if self.admit != Admit::Known && staff.domains.is_empty() {
            root.fault(
                "sign_in.admit",
                "makes staff of people whom nobody has added, and whoever is staff is never opened as a customer; so \
                 staff.domains must say under which domains they may be: name the firm's own there",
            );
        }
    }
}

fn read_scopes(section: &mut Section<'_>) -> Option<Vec<String>> {
    let scopes = section.list("scopes", |text| plain(text, 100))?;
    if scopes.is_empty() {
        return Some(["openid", "email", "profile"].map(str::to_owned).into());
    }
    if !scopes.iter().any(|scope| scope == "openid") {
        section.fault(
            "scopes",
            "lacks \"openid\", without which a provider gives no ID token; add it",
        );
        return None;
    }
    Some(scopes)
}

fn read_algorithms(section: &mut Section<'_>) -> Option<Vec<jsonwebtoken::Algorithm>> {
    use jsonwebtoken::Algorithm::{ES256, PS256, RS256};
    let algorithms = section.list("algorithms", parse_algorithm)?;
    if algorithms.is_empty() {
        return Some(vec![RS256, ES256, PS256]);
    }
    Some(algorithms)
}

fn parse_algorithm(text: &str) -> Result<jsonwebtoken::Algorithm, String> {
    use jsonwebtoken::Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    let known = [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA];
    let found = known.into_iter().find(|known| format!("{known:?}") == text);
    found.ok_or_else(|| {
        "each must be RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA: a signature with a secret that both \
         sides know, or none, proves nothing"
            .to_owned()
    })
}

/// A short text of printable ASCII without blanks.
fn plain(text: &str, most: usize) -> Result<String, String> {
    if (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be 1 to {most} characters of ASCII without blanks"))
    }
}
