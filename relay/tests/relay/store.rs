//! What every engine of the store promises, through the trait alone. The same tests run on SQLite and on PostgreSQL.

mod administration;
mod approvals;
mod erasure;
mod identities;
mod ledger;
mod limits;
mod logins;
mod outbox;
mod previews;
mod profiles;
mod sessions;
mod takeovers;

pub(crate) use identities::mapped;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use stagedoor_protocol::{
    CustomerEmail, ErrorCode, KeyId, Nonce, PageReference, PlatformId, PublicKeyBytes, RequestId,
};
use stagedoor_relay::store::{
    self, Completion, Enrolment, EnrolmentRefusal, Intent, LimitUses, MintOutcome, NewInvite, StaffMember,
    Store, VerifyingKey,
};
use tempfile::TempDir;

use crate::support::{app::new_id, database::Database, signer::random};

/// A store of a test's own, with two staff members.
pub(crate) struct Lab {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) database: Arc<Database>,
    pub(crate) maria: StaffMember,
    pub(crate) tom: StaffMember,
    _folder: TempDir,
}

impl Lab {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Arc::new(Database::new(folder.path()).await);
        let store = store::open(&database.url()).await.unwrap();
        store.register_relay().await.unwrap();
        let maria = enrol(&*store, "maria@broker.example", "Maria").await;
        let tom = enrol(&*store, "tom@broker.example", "Tom").await;
        Self {
            store,
            database,
            maria,
            tom,
            _folder: folder,
        }
    }

    /// Another process's connection to the same store.
    pub(crate) async fn second_store(&self) -> Arc<dyn Store> {
        store::open(&self.database.url()).await.unwrap()
    }

    /// An intent to its end.
    pub(crate) async fn login(&self, intent: &Intent, outcome: MintOutcome) {
        assert_eq!(
            self.store.record_intent(intent).await.unwrap(),
            store::IntentAnswer::Recorded
        );
        self.store
            .record_outcome(&intent.request_id, &completion(outcome, 1))
            .await
            .unwrap();
    }
}

/// A staff member with a profile. Enrolling the same person again changes their name alone.
pub(crate) async fn enrol(store: &dyn Store, email: &str, name: &str) -> StaffMember {
    let invite = invite(email, Some(name));
    let staff = store.invite(&invite, at(0)).await.unwrap().unwrap().staff;
    let enrolled = store
        .enrol(&enrolment(&invite, key_of(&staff)), at(0))
        .await
        .unwrap();
    assert!(matches!(enrolled, Ok(_) | Err(EnrolmentRefusal::AlreadyEnrolled)));
    staff
}

/// A further key of somebody's, by a code.
pub(crate) async fn enrol_key(store: &dyn Store, email: &str, key: KeyId, at: Timestamp) {
    let invite = NewInvite {
        expires_at: at + SignedDuration::from_secs(900),
        ..invite(email, None)
    };
    store.invite(&invite, at).await.unwrap().unwrap();
    store.enrol(&enrolment(&invite, key), at).await.unwrap().unwrap();
}

fn invite(email: &str, name: Option<&str>) -> NewInvite {
    NewInvite {
        email: CustomerEmail::parse(email).unwrap(),
        name: name.map(str::to_owned),
        roles: None,
        code_sha256: random(),
        expires_at: at(900),
    }
}

fn enrolment(invite: &NewInvite, key_id: KeyId) -> Enrolment {
    Enrolment {
        code_sha256: invite.code_sha256,
        key_id,
        key: VerifyingKey(PublicKeyBytes::Ed25519([7; 32])),
        extension_version: "0.1.0".to_owned(),
    }
}

/// The key of a person's one profile.
pub(crate) fn key_of(staff: &StaffMember) -> KeyId {
    KeyId::from_thumbprint(&[u8::try_from(staff.id.0).unwrap(); 32])
}

/// Seconds after the tests' beginning of time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

/// A login of this person and customer at some second; it holds the customer for 30.
pub(crate) fn intent(staff: &StaffMember, customer: &str, second: i64) -> Intent {
    Intent {
        request_id: RequestId::parse(&new_id()).unwrap(),
        staff: staff.clone(),
        roles: staff.roles.clone(),
        terms: Arc::default(),
        key_id: key_of(staff),
        nonce: nonce(),
        nonce_expires_at: at(second + 600),
        client_address: "192.0.2.7".parse().unwrap(),
        extension_version: "0.1.0".to_owned(),
        platform: PlatformId::parse("main").unwrap(),
        token_scope: "https://broker.example".to_owned(),
        customer_email: CustomerEmail::parse(customer).unwrap(),
        reason: Some("Cannot find the withdrawal form".to_owned()),
        ticket: None,
        page: Some(PageReference {
            origin: "https://crm.example".to_owned(),
            record_id: Some("c-1001".to_owned()),
        }),
        overrides: None,
        approval: None,
        grants: "*".to_owned(),
        policy_version: "p1".to_owned(),
        limits: LimitUses::default(),
        canary: false,
        validity_seconds: 30,
        requested_at: at(second),
        claimed_until: at(second + 30),
    }
}

pub(crate) fn nonce() -> Nonce {
    Nonce::from_random(&random())
}

/// An outcome at some second, whose token lives for another 30.
pub(crate) fn completion(outcome: MintOutcome, second: i64) -> Completion {
    Completion {
        outcome,
        duration_ms: Some(120),
        at: at(second),
        claimed_until: at(second).checked_add(SignedDuration::from_secs(30)).unwrap(),
    }
}

pub(crate) const MINTED: MintOutcome = MintOutcome::Minted(None);
pub(crate) const FAILED: MintOutcome = MintOutcome::Failed(ErrorCode::CustomerUnknown);
pub(crate) const UNKNOWN: MintOutcome = MintOutcome::Unknown(ErrorCode::OutcomeUnknown);
