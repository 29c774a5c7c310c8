//! Keys stay in the browser, and stay.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use stagedoor_extension_core::browser::{crypto, key_store};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{call, property};

#[wasm_bindgen_test]
async fn the_private_key_cannot_be_exported_also_after_storing() {
    let made = crypto::generate_key().await.unwrap();
    key_store::save("export-test", &made).await.unwrap();
    let kept = key_store::load("export-test").await.unwrap().unwrap();
    let subtle = property(&property(&js_sys::global(), "crypto"), "subtle");
    for pair in [made, kept] {
        let private = property(&pair, "privateKey");
        assert_eq!(property(&private, "type").as_string().as_deref(), Some("private"));
        assert_eq!(property(&private, "extractable").as_bool(), Some(false));
        for format in ["pkcs8", "jwk"] {
            let error = call(&subtle, "exportKey", &[format.into(), private.clone()])
                .await
                .unwrap_err();
            assert_eq!(
                property(&error, "name").as_string().as_deref(),
                Some("InvalidAccessError")
            );
        }
        // The same call gives out the public half, so it is the key that refuses and not the test that errs.
        call(
            &subtle,
            "exportKey",
            &["jwk".into(), property(&pair, "publicKey")],
        )
        .await
        .unwrap();
    }
    key_store::delete("export-test").await.unwrap();
}

#[wasm_bindgen_test]
async fn a_key_survives_the_database_being_closed_and_still_signs() {
    let made = crypto::generate_key().await.unwrap();
    key_store::save("survival-test", &made).await.unwrap();
    // Every call opens the database anew and closes it.
    let kept = key_store::load("survival-test").await.unwrap().unwrap();
    let signature = crypto::sign(&kept, b"base").await.unwrap();
    let public = VerifyingKey::from_sec1_bytes(&crypto::public_point(&made).await.unwrap()).unwrap();
    public
        .verify(b"base", &Signature::from_slice(&signature).unwrap())
        .unwrap();
    key_store::delete("survival-test").await.unwrap();
}

#[wasm_bindgen_test]
async fn names_are_apart_and_a_new_key_replaces_the_old_one() {
    let point = async |name| {
        let key = key_store::load(name).await.unwrap().unwrap();
        crypto::public_point(&key).await.unwrap()
    };
    let (first, second) = (
        crypto::generate_key().await.unwrap(),
        crypto::generate_key().await.unwrap(),
    );
    key_store::save("name-a", &first).await.unwrap();
    key_store::save("name-b", &second).await.unwrap();
    assert_eq!(point("name-a").await, crypto::public_point(&first).await.unwrap());
    assert_ne!(point("name-a").await, point("name-b").await);
    key_store::save("name-a", &second).await.unwrap();
    assert_eq!(point("name-a").await, point("name-b").await);
    for name in ["name-a", "name-b"] {
        key_store::delete(name).await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn deleting_forgets_and_bears_being_repeated() {
    let key = crypto::generate_key().await.unwrap();
    key_store::save("deletion-test", &key).await.unwrap();
    assert!(key_store::load("deletion-test").await.unwrap().is_some());
    key_store::delete("deletion-test").await.unwrap();
    assert!(key_store::load("deletion-test").await.unwrap().is_none());
    key_store::delete("deletion-test").await.unwrap();
}
