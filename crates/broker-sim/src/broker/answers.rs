//! The bodies the broker API answers with.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::config::{AnswerShape, Dialect};
use crate::fault::BodyKind;
use crate::world::{Account, PRIVATE_VALUES, Shared};

/// Travels with a response so that the journal can say which token was minted.
#[derive(Clone)]
pub(super) struct Minted(pub(super) String);

/// A successful mint.
pub(super) fn token_answer(shape: AnswerShape, token: &str) -> Response {
    match shape {
        AnswerShape::OneTimeToken => Json(json!({ "oneTimeToken": token })).into_response(),
        AnswerShape::Token => Json(json!({ "token": token })).into_response(),
        AnswerShape::BareString => Json(json!(token)).into_response(),
        AnswerShape::Text => (
            [(header::CONTENT_TYPE, "text/plain;charset=UTF-8")],
            format!("{token}\n"),
        )
            .into_response(),
        AnswerShape::Unusable => {
            Json(json!({ "result": "OK", "data": { "autologin": { "hash": token } } })).into_response()
        }
    }
}

/// A look-up's answer. Most of it is nobody's business but the broker's, as in the real one. v2's trading accounts say what the
/// customer may do in them.
pub(super) fn account_answer(dialect: Dialect, account: &Account) -> Value {
    let (first, last) = account.name.split_once(' ').unwrap_or((&account.name, ""));
    let [passport, tax, iban, street, phone] = PRIVATE_VALUES;
    let mut answer = json!({
        "uuid": account.uuid,
        "email": account.email,
        "verificationStatus": account.verification_status,
        "type": "RETAIL",
        "personalDetails": {
            "firstname": first,
            "lastname": last,
            "dateOfBirth": "1984-02-29",
            "citizenship": "LU",
            "passport": { "number": passport, "country": "LU" },
            "taxIdentificationNumber": tax,
        },
        "contactDetails": { "phoneNumber": phone },
        "addressDetails": { "country": "LU", "city": "Luxembourg", "address": street, "postCode": "1009" },
        "bankingDetails": { "bankName": "Simulated Bank", "accountName": account.name, "bankAccount": iban },
    });
    if dialect == Dialect::V2 {
        answer["tradingAccounts"] =
            json!([{ "login": "100045", "balance": "2500.00", "accessRight": account.access_right }]);
    }
    answer
}

/// An error as the broker's API writes it; in v2 `status` is a string.
pub(super) fn problem(shared: &Shared, path: &str, status: StatusCode, detail: &str) -> Response {
    let code = match shared.dialect {
        Dialect::V1 | Dialect::Crm => json!(status.as_u16()),
        Dialect::V2 => json!(status.as_str()),
    };
    let body = json!({
        "status": code,
        "title": title(status),
        "detail": detail,
        "path": path,
        "timestamp": shared.clock.now().to_string(),
    });
    (status, Json(body)).into_response()
}

/// An error of the given kind, for scripts.
pub(super) fn scripted_error(shared: &Shared, path: &str, status: StatusCode, kind: BodyKind) -> Response {
    match kind {
        BodyKind::Problem => problem(shared, path, status, "Scripted fault"),
        BodyKind::Framework => {
            let body = json!({
                "timestamp": shared.clock.now().to_string(),
                "status": status.as_u16(),
                "error": title(status),
                "message": "Scripted fault",
                "path": path,
            });
            (status, Json(body)).into_response()
        }
        BodyKind::Html => (status, gateway_page(status)).into_response(),
        BodyKind::Text => (status, format!("{}\n", title(status))).into_response(),
        BodyKind::Empty => status.into_response(),
    }
}

/// What a gateway in front of the broker would show.
pub(super) fn gateway_page(status: StatusCode) -> Html<String> {
    let title = format!("{} {}", status.as_u16(), title(status));
    Html(format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>gateway</center>\r\n</body>\r\n</html>\r\n"
    ))
}

fn title(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Unknown")
}
