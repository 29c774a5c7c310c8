//! A store with logins in it, for the tests here.

use jiff::Timestamp;
use stagedoor_protocol::{CustomerEmail, KeyId, Nonce, PlatformId, PublicKeyBytes, RequestId};

use crate::store::{Enrolment, Intent, IntentAnswer, LimitUses, NewInvite, SqliteStore, Store, VerifyingKey};

/// Records an intent of the staff member's for a customer. The number makes it another one.
pub(super) async fn record(store: &SqliteStore, customer: &str, number: u8) -> RequestId {
    let invite = NewInvite {
        email: CustomerEmail::parse("maria@broker.example").unwrap(),
        name: None,
        roles: None,
        code_sha256: [number; 32],
        expires_at: Timestamp::MAX,
    };
    let staff = store
        .invite(&invite, Timestamp::UNIX_EPOCH)
        .await
        .unwrap()
        .unwrap()
        .staff;
    let enrolment = Enrolment {
        code_sha256: invite.code_sha256,
        key_id: KeyId::from_thumbprint(&[number; 32]),
        key: VerifyingKey(PublicKeyBytes::Ed25519([number; 32])),
        extension_version: "0.1.0".to_owned(),
    };
    let enrolled = store.enrol(&enrolment, Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(enrolled.is_ok());
    let intent = Intent {
        request_id: RequestId::from_parts(0, &[number; 10]),
        roles: staff.roles.clone(),
        terms: std::sync::Arc::default(),
        staff,
        key_id: enrolment.key_id,
        nonce: Nonce::from_random(&[number; 16]),
        nonce_expires_at: Timestamp::UNIX_EPOCH,
        client_address: [192, 0, 2, 7].into(),
        extension_version: "0.1.0".to_owned(),
        platform: PlatformId::parse("main").unwrap(),
        token_scope: "https://broker.example".to_owned(),
        customer_email: CustomerEmail::parse(customer).unwrap(),
        reason: None,
        ticket: None,
        page: None,
        overrides: None,
        approval: None,
        grants: "*".to_owned(),
        policy_version: "p1".to_owned(),
        limits: LimitUses::default(),
        canary: false,
        validity_seconds: 30,
        requested_at: Timestamp::UNIX_EPOCH,
        claimed_until: Timestamp::UNIX_EPOCH,
    };
    let answer = store.record_intent(&intent).await.unwrap();
    assert_eq!(answer, IntentAnswer::Recorded);
    intent.request_id
}
