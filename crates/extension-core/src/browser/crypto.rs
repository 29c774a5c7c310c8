//! WebCrypto: keys whose private half the browser never gives out, signatures, digests, randomness.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};

use super::convert::{done, to_js};
use crate::environment::Broken;

/// Serves for making keys and for signing: each call takes the members that it knows.
const ECDSA_P256: &str = r#"{"name":"ECDSA","namedCurve":"P-256","hash":"SHA-256"}"#;

#[wasm_bindgen]
extern "C" {
    /// A `CryptoKeyPair`.
    #[derive(Clone, Debug)]
    pub type KeyPair;
    #[wasm_bindgen(method, getter, structural, js_name = privateKey)]
    fn private_key(this: &KeyPair) -> JsValue;
    #[wasm_bindgen(method, getter, structural, js_name = publicKey)]
    fn public_key(this: &KeyPair) -> JsValue;

    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = generateKey, catch)]
    fn subtle_generate_key(
        algorithm: &JsValue,
        extractable: bool,
        usages: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = exportKey, catch)]
    fn subtle_export_key(format: &str, key: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = sign, catch)]
    fn subtle_sign(algorithm: &JsValue, key: &JsValue, data: &[u8]) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = ["crypto", "subtle"], js_name = digest, catch)]
    fn subtle_digest(algorithm: &str, data: &[u8]) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn get_random_values(bytes: &mut [u8]);
}

/// Fills the bytes from the browser's cryptographic source.
pub fn fill_random(bytes: &mut [u8]) {
    get_random_values(bytes);
}

/// SHA-256.
pub async fn sha256(bytes: &[u8]) -> Result<[u8; 32], Broken> {
    bytes_of(&done(subtle_digest("SHA-256", bytes)).await?)
}

/// Makes an ECDSA key pair on P-256. The private key is not extractable; the public one always is.
pub async fn generate_key() -> Result<KeyPair, Broken> {
    let key = subtle_generate_key(&to_js(ECDSA_P256), false, &to_js(r#"["sign"]"#));
    Ok(done(key).await?.unchecked_into())
}

/// The public key as an uncompressed SEC 1 point.
pub async fn public_point(key: &KeyPair) -> Result<[u8; 65], Broken> {
    bytes_of(&done(subtle_export_key("raw", &key.public_key())).await?)
}

/// ECDSA with SHA-256, `r || s`.
pub async fn sign(key: &KeyPair, bytes: &[u8]) -> Result<[u8; 64], Broken> {
    let signature = subtle_sign(&to_js(ECDSA_P256), &key.private_key(), bytes);
    bytes_of(&done(signature).await?)
}

fn bytes_of<const N: usize>(buffer: &JsValue) -> Result<[u8; N], Broken> {
    let array = Uint8Array::new(buffer);
    let mut bytes = [0; N];
    if array.length() as usize != N {
        return Err(Broken);
    }
    array.copy_to(&mut bytes);
    Ok(bytes)
}
