//! Who logs in, and whether whom they open is a customer, is decided in the transaction that records the login.

use stagedoor_protocol::KeyId;
use stagedoor_relay::store::{IntentAnswer, NewInvite};

use super::{Lab, at, enrol, intent};

const CUSTOMER: &str = "jane@customers.example";

#[tokio::test]
async fn whose_profile_it_is_is_decided_with_the_record() {
    let lab = Lab::new().await;
    let changed = |intent| {
        let store = lab.store.clone();
        async move { store.record_intent(&intent).await.unwrap() }
    };
    let good = intent(&lab.maria, CUSTOMER, 0);
    let mut unknown = good.clone();
    unknown.key_id = KeyId::from_thumbprint(&[99; 32]);
    assert_eq!(changed(unknown).await, IntentAnswer::ProfileChanged);
    let mut of_another = good.clone();
    of_another.staff = lab.tom.clone();
    assert_eq!(changed(of_another).await, IntentAnswer::ProfileChanged);
    let renamed = enrol(&*lab.store, "maria@broker.example", "Maria Smith").await;
    assert_eq!(changed(good.clone()).await, IntentAnswer::ProfileChanged);
    assert_eq!(lab.store.ledger_size().await.unwrap(), 0);
    // Its nonce was left to it: the same request passes in the present name.
    let mut corrected = good.clone();
    corrected.staff = renamed.clone();
    assert_eq!(changed(corrected.clone()).await, IntentAnswer::Recorded);

    let disabled = lab.store.disable_staff(&renamed.email, at(1)).await;
    assert!(disabled.unwrap().is_some());
    let late = intent(&renamed, "other@customers.example", 2);
    assert_eq!(changed(late.clone()).await, IntentAnswer::ProfileChanged);
    // Enabled and invited again, the person may work, but the old profile may not.
    let enabled = lab.store.enable_staff(&renamed.email).await.unwrap();
    assert!(enabled.is_some());
    let back = NewInvite {
        email: renamed.email.clone(),
        name: None,
        roles: None,
        code_sha256: [1; 32],
        expires_at: at(900),
    };
    lab.store.invite(&back, at(3)).await.unwrap().unwrap();
    assert_eq!(changed(late).await, IntentAnswer::ProfileChanged);
    assert_eq!(lab.store.ledger_size().await.unwrap(), 1);
}

#[tokio::test]
async fn nobody_opens_a_staff_member() {
    let lab = Lab::new().await;
    let tom = lab.tom.email.clone();
    for (disable, second) in [(false, 0), (true, 1)] {
        if disable {
            assert!(lab.store.disable_staff(&tom, at(second)).await.unwrap().is_some());
        }
        let intent = intent(&lab.maria, "TOM@Broker.example", second);
        let answer = lab.store.record_intent(&intent).await.unwrap();
        assert_eq!(answer, IntentAnswer::CustomerIsStaff);
        let spent = lab
            .store
            .claim_nonce(&intent.key_id, &intent.nonce, at(900))
            .await;
        assert!(!spent.unwrap(), "its nonce was left");
    }
    assert_eq!(lab.store.ledger_size().await.unwrap(), 0);
}
