//! `GET /problems/{code}`: what a problem document's `type` leads to.

use axum::{
    http::{HeaderName, header},
    response::{Html, IntoResponse, Response},
};
use stagedoor_protocol::ErrorCode;

use super::Parameter;
use crate::error::{ApiError, explain};

const HEADERS: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// Title, cause and cure.
pub(crate) async fn problem_page(Parameter(code): Parameter) -> Result<Response, ApiError> {
    let code = ErrorCode::parse(&code).ok_or_else(|| ApiError::new(ErrorCode::NotFound))?;
    Ok((HEADERS, Html(page(code))).into_response())
}

fn page(code: ErrorCode) -> String {
    let explanation = explain(code);
    let (title, cause, cure) = (code.title(), escape(explanation.cause), escape(explanation.cure));
    let status = code.status();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} – Stagedoor</title>\n\
         <h1>{title}</h1>\n<p><b>Why:</b> {cause}</p>\n<p><b>What to do:</b> {cure}</p>\n\
         <p><small><code>{code}</code>, HTTP status {status}</small></p>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_plain_html() {
        for code in ErrorCode::ALL {
            assert_eq!(escape(code.title()), code.title(), "{code}");
        }
        let page = page(ErrorCode::BrokerAccessDenied);
        assert!(
            page.contains("<code>broker_access_denied</code>, HTTP status 502"),
            "{page}"
        );
        assert!(
            page.contains("API ACCESS -&gt; Create One Time Token for Login"),
            "{page}"
        );
    }
}
