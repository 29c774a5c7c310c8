//! What whoever administers the browser has set: it goes before what a person enters, and before what is enrolled.

use alloc::{boxed::Box, string::String};

use super::Core;
use crate::{
    environment::{Area, Environment},
    fault::{Code, Fault},
    join::join,
    json::Value,
    record::Profile,
    url_check::{relay_origin, with_scheme},
    wire::FromJson,
};

/// The administrator's settings.
pub(super) struct Managed {
    /// The relay to use.
    pub(super) relay: Option<String>,
    /// Whether a person may enrol with a code.
    pub(super) codes: bool,
    /// Whether a person's last reasons are kept and offered again.
    pub(super) reasons: bool,
}

impl<E: Environment> Core<E> {
    /// The settings. A browser that cannot read any has none: Firefox fails where nobody has set something. Settings
    /// that are there and cannot be used are a fault, and then nothing works, for they were meant to forbid something.
    pub(super) async fn managed(&self) -> Result<Managed, Box<Fault>> {
        let text = self.environment.load(Area::Managed, None).await;
        let set = text
            .ok()
            .and_then(|text| Value::parse(&text))
            .unwrap_or(Value::Null);
        let fault = |name: &str| Fault::with_detail(Code::ManagedSettingsUnusable, name.into());
        let relay = match set.get("relay") {
            Value::Null => None,
            Value::Text(relay) => Some(self.relay_origin(relay).ok_or_else(|| fault("relay"))?),
            _ => return Err(fault("relay").into()),
        };
        let switch = |name| match set.get(name) {
            Value::Null => Ok(true),
            Value::Flag(on) => Ok(*on),
            _ => Err(Box::new(fault(name))),
        };
        Ok(Managed {
            relay,
            codes: switch("enrolmentCodes")?,
            reasons: switch("rememberReasons")?,
        })
    }

    /// The enrolment, if there is one. One at another relay than the administrator's is none that may be used.
    pub(super) async fn enrolment(&self) -> Result<Option<Profile>, Box<Fault>> {
        Ok(self.enrolment_and_rest().await?.0)
    }

    /// Likewise, with all that is kept beside it.
    pub(super) async fn enrolment_and_rest(&self) -> Result<(Option<Profile>, Value), Box<Fault>> {
        let (managed, kept) = join(self.managed(), self.kept(Area::Local, None)).await;
        let (managed, kept) = (managed?, kept?);
        let profile = Profile::read(&kept);
        match (&profile, managed.relay) {
            (Some(profile), Some(relay)) if profile.relay != relay => Err(Code::ManagedRelayDiffers.into()),
            _ => Ok((profile, kept)),
        }
    }

    /// The relay to enrol or to sign in at: the administrator's, or else the one that was typed.
    pub(super) async fn relay_to_use(&self, typed: &str) -> Result<String, Box<Fault>> {
        if let Some(relay) = self.managed().await?.relay {
            return Ok(relay);
        }
        Ok(self.relay_origin(typed).ok_or(Code::RelayAddressInvalid)?)
    }

    /// The origin of a relay's address, which may be written without `https://`.
    fn relay_origin(&self, written: &str) -> Option<String> {
        let origin = |text: &str| {
            let url = self.environment.parse_url(text)?;
            relay_origin(&url).map(String::from)
        };
        origin(written).or_else(|| origin(&with_scheme(written)?))
    }
}
