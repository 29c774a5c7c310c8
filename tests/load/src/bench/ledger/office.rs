//! Logins as a relay records them: what the benchmark writes, and what ledgers are filled with.

use std::{cell::Cell, sync::Arc};

use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use stagedoor_protocol::{
    CustomerEmail, ErrorCode, KeyId, Nonce, Outcome, OutcomeReport, PageReference, PlatformId,
    PublicKeyBytes, RequestId,
};
use stagedoor_relay::store::{
    Completion, Enrolment, Intent, IntentAnswer, LimitUses, MintOutcome, NewInvite, StaffMember, Store,
    VerifyingKey,
};

use crate::bench::broker::CUSTOMER_DOMAIN;

/// How many customers there are. They come in turn, far from each other: so the index of customers is written all over, as
/// a real one is, and nobody is logged in who still is.
const CUSTOMERS: u64 = 1_000_000;
/// From one customer to the next; it has no divisor in common with their number.
const STRIDE: u64 = 381_967;
/// Between two logins of a ledger that is made to look old.
const STEP: SignedDuration = SignedDuration::from_millis(100);
/// One login in so many fails at the broker.
const FAILURES: u64 = 50;

/// An open store with somebody to log customers in.
pub(crate) struct Office {
    pub(crate) store: Arc<dyn Store>,
    staff: StaffMember,
    key_id: KeyId,
    platform: PlatformId,
    random: SystemRandom,
    /// When the ledger began, if it is not written now.
    since: Option<Timestamp>,
    logins: Cell<u64>,
}

impl Office {
    /// Opens it for logins of now; or of the past, one after the other since that time.
    pub(crate) async fn open(store: Arc<dyn Store>, since: Option<Timestamp>) -> Result<Self> {
        store.register_relay().await?;
        let random = SystemRandom::new();
        let now = since.unwrap_or_else(Timestamp::now);
        let invite = NewInvite {
            email: CustomerEmail::parse("person@broker.example")?,
            name: Some("Support desk".to_owned()),
            roles: None,
            code_sha256: bytes(&random)?,
            expires_at: Timestamp::MAX,
        };
        let invited = store.invite(&invite, now).await?;
        let staff = invited
            .map_err(|_| anyhow::anyhow!("the person is disabled"))?
            .staff;
        let enrolment = Enrolment {
            code_sha256: invite.code_sha256,
            key_id: KeyId::from_thumbprint(&bytes(&random)?),
            key: VerifyingKey(PublicKeyBytes::Ed25519(bytes(&random)?)),
            extension_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let enrolled = store.enrol(&enrolment, now).await?;
        ensure!(enrolled.is_ok(), "the profile was not enrolled: {enrolled:?}");
        Ok(Self {
            staff,
            key_id: enrolment.key_id,
            // A ledger that is filled further goes on after its last login.
            logins: Cell::new(store.ledger_size().await?),
            store,
            platform: PlatformId::parse("main")?,
            random,
            since,
        })
    }

    /// A login about to be recorded, whose claim ends after `validity`.
    pub(crate) fn intent(&self, validity: SignedDuration) -> Result<Intent> {
        let number = self.logins.get();
        self.logins.set(number + 1);
        let now = match self.since {
            None => Timestamp::now(),
            Some(since) => since.checked_add(STEP * i32::try_from(number)?)?,
        };
        let milliseconds = u64::try_from(now.as_millisecond()).context("the clock is before 1970")?;
        let until = now.checked_add(validity)?;
        let customer = (number % CUSTOMERS) * STRIDE % CUSTOMERS;
        Ok(Intent {
            request_id: RequestId::from_parts(milliseconds, &bytes(&self.random)?),
            staff: self.staff.clone(),
            roles: self.staff.roles.clone(),
            terms: Arc::default(),
            key_id: self.key_id.clone(),
            nonce: Nonce::from_random(&bytes(&self.random)?),
            nonce_expires_at: until,
            client_address: [192, 0, 2, 7].into(),
            extension_version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: self.platform.clone(),
            token_scope: "https://broker.example".to_owned(),
            customer_email: CustomerEmail::parse(&format!("customer-{customer}@{CUSTOMER_DOMAIN}"))?,
            reason: Some("Cannot find the form for withdrawals".to_owned()),
            ticket: Some(format!("T-{number}")),
            page: Some(PageReference {
                origin: "https://crm.broker.example".to_owned(),
                record_id: Some(format!("c-{customer}")),
            }),
            overrides: None,
            approval: None,
            grants: "*".to_owned(),
            policy_version: "4ab1c2d3e4f5a6b7c8d9e0f1a2b3c4d5".to_owned(),
            limits: LimitUses::default(),
            canary: false,
            validity_seconds: 30,
            requested_at: now,
            claimed_until: until,
        })
    }

    /// Records an intent: one durable write.
    pub(crate) async fn begin(&self, intent: &Intent) -> Result<()> {
        let answer = self.store.record_intent(intent).await?;
        ensure!(
            answer == IntentAnswer::Recorded,
            "an intent was not recorded: {answer:?}"
        );
        Ok(())
    }

    /// Records its outcome: another one.
    pub(crate) async fn end(&self, intent: &Intent, outcome: MintOutcome) -> Result<()> {
        let completion = Completion {
            outcome,
            duration_ms: Some(120),
            at: intent.requested_at,
            claimed_until: intent.claimed_until,
        };
        Ok(self.store.record_outcome(&intent.request_id, &completion).await?)
    }

    /// A whole login of the past: an intent with both personal parts, an outcome, and mostly a report.
    pub(crate) async fn log_in(&self) -> Result<()> {
        let intent = self.intent(SignedDuration::ZERO)?;
        self.begin(&intent).await?;
        if self.logins.get().is_multiple_of(FAILURES) {
            return self
                .end(&intent, MintOutcome::Failed(ErrorCode::CustomerUnknown))
                .await;
        }
        self.end(&intent, MintOutcome::Minted(None)).await?;
        let report = OutcomeReport {
            outcome: Outcome::Opened,
            duration_milliseconds: Some(900),
            cause: None,
        };
        let (id, at) = (&intent.request_id, intent.requested_at);
        let taken = self.store.report_outcome(self.staff.id, id, &report, at).await?;
        ensure!(taken, "a report was not taken");
        Ok(())
    }
}

fn bytes<const N: usize>(random: &SystemRandom) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random.fill(&mut bytes).ok().context("no randomness")?;
    Ok(bytes)
}
