//! The ACME server's directory (RFC 8555, section 7.1.1), which tells whether an ACME server answers there. To ask for it makes
//! no account and no order.

use serde::Deserialize;
use url::Url;

use super::{ROOT, failure::Failure, http::Http};
use crate::config::Acme;

/// What a directory must have, and what matters to us of the rest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Directory {
    new_nonce: String,
    new_account: String,
    new_order: String,
    #[serde(default)]
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Meta {
    external_account_required: bool,
}

/// Asks for it once. The server's address, or what is wrong, with cause and cure.
pub(in crate::tls) async fn ask(settings: &Acme) -> Result<String, String> {
    let roots = settings.root_certificate_file.as_deref();
    let http = Http::new(roots).map_err(|problem| format!("{ROOT}: {problem}"))?;
    let answer = http.get(&settings.directory).await;
    let answer = answer.map_err(|unanswered| Failure::unanswered(&unanswered).to_string())?;
    check(&answer, settings.external_account.is_some()).map_err(|failure| failure.to_string())?;
    Ok(settings.directory.to_string())
}

fn check(answer: &[u8], bound: bool) -> Result<(), Failure> {
    let foreign = || Failure::Unanswered("its answer is not an ACME server's directory".to_owned());
    let directory: Directory = serde_json::from_slice(answer).map_err(|_| foreign())?;
    let places = [&directory.new_nonce, &directory.new_account, &directory.new_order];
    let is_place = |place: &str| place.parse::<Url>().is_ok_and(|url| url.scheme() == "https");
    if !places.into_iter().all(|place| is_place(place)) {
        return Err(foreign());
    }
    if directory.meta.external_account_required && !bound {
        return Err(Failure::ExternalAccount);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_directory_is_told_from_anything_else() {
        let whole = json!({
            "newNonce": "https://acme.example/nonce", "newAccount": "https://acme.example/account",
            "newOrder": "https://acme.example/order", "more": 1,
        });
        let says = |answer: &Value, bound| {
            check(answer.to_string().as_bytes(), bound).map_err(|failure| failure.to_string())
        };
        assert_eq!(says(&whole, false), Ok(()));
        for (key, value) in [
            ("newOrder", Value::Null),
            ("newNonce", json!("http://acme.example/nonce")),
            ("newAccount", json!("account")),
        ] {
            let mut other = whole.clone();
            other[key] = value;
            let said = says(&other, false).unwrap_err();
            assert!(
                said.contains("is not an ACME server's directory") && said.contains("reach it by https"),
                "{said}"
            );
        }
        let mut bound = whole;
        bound["meta"] =
            json!({"externalAccountRequired": true, "termsOfService": "https://acme.example/terms"});
        assert_eq!(says(&bound, true), Ok(()));
        assert!(
            says(&bound, false)
                .unwrap_err()
                .contains("[listen.acme.external_account]")
        );
        assert!(check(b"<html>", false).is_err());
    }
}
