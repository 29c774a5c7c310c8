//! Key pairs in IndexedDB, which keeps them as they are: usable, and not to be exported.

use js_sys::{Function, Promise};
use wasm_bindgen::{JsCast, JsValue, prelude::*};

use super::{convert::settled, crypto::KeyPair};
use crate::environment::Broken;

const DATABASE: &str = "stagedoor";
const STORE: &str = "keys";

#[wasm_bindgen]
extern "C" {
    type Request;
    #[wasm_bindgen(js_namespace = indexedDB, js_name = open, catch)]
    fn open_database(name: &str, version: u32) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, getter, structural)]
    fn result(this: &Request) -> JsValue;
    #[wasm_bindgen(method, setter, structural)]
    fn set_onsuccess(this: &Request, handler: &Function);
    #[wasm_bindgen(method, setter, structural)]
    fn set_onerror(this: &Request, handler: &Function);
    #[wasm_bindgen(method, setter, structural)]
    fn set_onupgradeneeded(this: &Request, handler: &Function);

    type Database;
    #[wasm_bindgen(method, structural, js_name = createObjectStore, catch)]
    fn create_object_store(this: &Database, name: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn transaction(this: &Database, store: &str, mode: &str) -> Result<Transaction, JsValue>;
    #[wasm_bindgen(method, structural)]
    fn close(this: &Database);

    type Transaction;
    #[wasm_bindgen(method, structural, js_name = objectStore, catch)]
    fn object_store(this: &Transaction, name: &str) -> Result<Store, JsValue>;
    #[wasm_bindgen(method, setter, structural)]
    fn set_oncomplete(this: &Transaction, handler: &Function);
    #[wasm_bindgen(method, setter, structural)]
    fn set_onabort(this: &Transaction, handler: &Function);

    type Store;
    #[wasm_bindgen(method, structural, catch)]
    fn get(this: &Store, key: &str) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn put(this: &Store, value: &JsValue, key: &str) -> Result<Request, JsValue>;
    #[wasm_bindgen(method, structural, catch)]
    fn delete(this: &Store, key: &str) -> Result<Request, JsValue>;
}

/// Keeps a key pair under a name; it is on disk when this returns.
pub fn save(name: &str, key: &KeyPair) -> impl Future<Output = Result<(), Broken>> {
    write(name, Some(key))
}

/// Forgets a key pair; no fault if there is none.
pub fn delete(name: &str) -> impl Future<Output = Result<(), Broken>> {
    write(name, None)
}

/// The key pair of that name.
pub async fn load(name: &str) -> Result<Option<KeyPair>, Broken> {
    let read = async {
        let database = open().await?;
        let request = database
            .transaction(STORE, "readonly")?
            .object_store(STORE)?
            .get(name)?;
        finished(&request).await?;
        database.close();
        Ok(request.result())
    };
    let value = read.await.map_err(|_: JsValue| Broken)?;
    Ok((!value.is_undefined()).then(|| value.unchecked_into()))
}

/// Both changes in one, which is written into the module once.
async fn write(name: &str, key: Option<&KeyPair>) -> Result<(), Broken> {
    let written = async {
        let database = open().await?;
        let transaction = database.transaction(STORE, "readwrite")?;
        let store = transaction.object_store(STORE)?;
        match key {
            Some(key) => store.put(key, name)?,
            None => store.delete(name)?,
        };
        let committed = Promise::new(&mut |resolve, reject| {
            transaction.set_oncomplete(&resolve);
            transaction.set_onabort(&reject);
        });
        settled(Ok(committed.into())).await?;
        database.close();
        Ok(())
    };
    written.await.map_err(|_: JsValue| Broken)
}

async fn open() -> Result<Database, JsValue> {
    let request = open_database(DATABASE, 1)?;
    let upgrade = Closure::<dyn FnMut(JsValue)>::new({
        let request: Request = request.clone().unchecked_into();
        move |_| {
            // A failure aborts the upgrade, and then opening fails.
            let _ = request
                .result()
                .unchecked_into::<Database>()
                .create_object_store(STORE);
        }
    });
    request.set_onupgradeneeded(upgrade.as_ref().unchecked_ref());
    finished(&request).await?;
    Ok(request.result().unchecked_into())
}

async fn finished(request: &Request) -> Result<(), JsValue> {
    let done = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(&resolve);
        request.set_onerror(&reject);
    });
    settled(Ok(done.into())).await.map(|_| ())
}
