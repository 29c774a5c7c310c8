//! Events of looks at accounts. There is no login that they would lead to, so they say themselves who looked, where, and with
//! what end; at whom, they do not say either.

use jiff::Timestamp;
use serde_json::{Value, json};
use stagedoor_protocol::{ErrorCode, KeyId, PlatformId};
use tracing::{info, warn};

use super::{Event, EventKind, set};
use crate::{
    app::App,
    error::ApiError,
    store::{LimitReached, StaffId, StoreError},
};

/// Who looked where, and what came of it.
#[derive(Debug)]
pub(crate) struct Previewed<'a> {
    pub(crate) staff: StaffId,
    pub(crate) profile: &'a KeyId,
    pub(crate) platform: &'a PlatformId,
    /// Whether the customer is a canary.
    pub(crate) canary: bool,
    /// The limit that refused, if it is worth telling.
    pub(crate) limit: Option<LimitReached>,
    /// Whether it is logged only: a limit refused that had refused before, or logins waited, which is counted nowhere. Webhooks
    /// are told of what is counted, since any number of messages would push others' out of the outbox.
    pub(crate) only_logged: bool,
    /// Why nothing was shown.
    pub(crate) error: Option<&'a ApiError>,
    /// What the broker's answer was, for the operator.
    pub(crate) detail: &'a str,
}

/// Logs a look, and tells the webhooks that ask for it.
pub(crate) async fn tell_preview(app: &App, look: &Previewed<'_>) {
    look.log();
    let told = match look.events(app.clock.now()) {
        Ok(events) => app.store.announce(events).await,
        Err(error) => Err(error),
    };
    if let Err(error) = told {
        warn!(%error, staff = %look.staff, "webhooks will not be told of a look at an account");
    }
}

impl Previewed<'_> {
    fn log(&self) {
        let Self { staff, platform, .. } = self;
        let (profile, detail) = (self.profile.as_str(), self.detail);
        let event = EventKind::AccountPreviewed.as_str();
        let (code, rule) = self.refused();
        match code {
            Some(ErrorCode::NotPermitted | ErrorCode::CustomerNotAllowed) => {
                warn!(event, %staff, profile, %platform, code = self.code(), rule, "a look at an account was refused");
            }
            Some(_) => {
                info!(event, %staff, profile, %platform, code = self.code(), rule, detail, "an account was not shown")
            }
            None => info!(event, %staff, profile, %platform, "an account was shown"),
        }
        if let Some(LimitReached { limit, most, .. }) = self.limit {
            let (event, limit) = (EventKind::LimitReached.as_str(), limit.as_str());
            warn!(event, alert = true, %staff, profile, %platform, limit, most, "a limit is reached");
        }
        if self.canary {
            let (event, decision) = (EventKind::CanaryRequested.as_str(), self.decision());
            warn!(event, alert = true, %staff, profile, %platform, decision, "a canary customer was looked at");
        }
    }

    fn events(&self, at: Timestamp) -> Result<Vec<Event>, StoreError> {
        let mut data = self.data();
        let (code, rule) = self.refused();
        set(&mut data, "code", code.map(ErrorCode::as_str));
        set(&mut data, "rule", rule);
        let mut events = Vec::new();
        if !self.only_logged {
            events.push(Event::new(EventKind::AccountPreviewed, at, &data)?);
        }
        if let Some(LimitReached { limit, most, .. }) = self.limit {
            let mut data = self.data();
            set(&mut data, "limit", limit.as_str());
            set(&mut data, "most", most);
            events.push(Event::new(EventKind::LimitReached, at, &data)?);
        }
        if self.canary {
            let mut data = self.data();
            set(&mut data, "decision", self.decision());
            set(&mut data, "code", code.map(ErrorCode::as_str));
            events.push(Event::new(EventKind::CanaryRequested, at, &data)?);
        }
        Ok(events)
    }

    fn data(&self) -> Value {
        json!({"staff": self.staff.0, "profile": self.profile.as_str(), "platform": self.platform.as_str()})
    }

    fn refused(&self) -> (Option<ErrorCode>, Option<&str>) {
        let rule = self.error.and_then(ApiError::refused_by);
        (self.error.map(ApiError::code), rule)
    }

    fn code(&self) -> &'static str {
        self.error.map_or("", |error| error.code().as_str())
    }

    fn decision(&self) -> &'static str {
        if self.error.is_some() {
            "refused"
        } else {
            "previewed"
        }
    }
}
