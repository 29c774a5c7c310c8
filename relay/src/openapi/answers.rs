//! Answers: one for each status, with the codes that it may have.

use std::collections::BTreeMap;

use stagedoor_protocol::{ErrorCode, Problem};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, Object, ObjectBuilder, Response, ResponseBuilder, ResponsesBuilder,
    header::Header,
    schema::{AllOfBuilder, Type},
};

use super::body::Body;
use crate::error::explain;

/// Adds the problem documents of these codes.
pub(super) fn problems(mut responses: ResponsesBuilder, codes: &[ErrorCode]) -> ResponsesBuilder {
    let mut by_status = BTreeMap::<u16, Vec<ErrorCode>>::new();
    for code in codes {
        let of_status = by_status.entry(code.status()).or_default();
        if !of_status.contains(code) {
            of_status.push(*code);
        }
    }
    for (status, codes) in by_status {
        responses = responses.response(status.to_string(), problem(status, &codes));
    }
    responses
}

fn problem(status: u16, codes: &[ErrorCode]) -> Response {
    let lines = codes
        .iter()
        .map(|code| format!("- `{code}`: {}", explain(*code).cause));
    let codes = codes.iter().map(|code| code.as_str());
    let here = ObjectBuilder::from(Object::with_type(Type::Object))
        .property(
            "code",
            ObjectBuilder::from(Object::with_type(Type::String)).enum_values(Some(codes)),
        )
        .property(
            "status",
            ObjectBuilder::from(Object::with_type(Type::Integer)).enum_values(Some([status])),
        );
    let schema = AllOfBuilder::new()
        .item(Body::of::<Problem>().reference())
        .item(here);
    let response = ResponseBuilder::new()
        .description(lines.collect::<Vec<_>>().join("\n"))
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(schema)).build(),
        );
    let response = with_headers(response);
    match status {
        429 | 503 => response.header("Retry-After", retry_after()),
        _ => response,
    }
    .build()
}

/// The answer to a request that was done.
pub(super) fn done(description: &str) -> ResponseBuilder {
    with_headers(ResponseBuilder::new().description(description))
}

fn with_headers(response: ResponseBuilder) -> ResponseBuilder {
    response.header("Cache-Control", constant("no-store"))
}

fn retry_after() -> Header {
    HeaderBuilder::new()
        .schema(ObjectBuilder::from(Object::with_type(Type::Integer)).minimum(Some(0)))
        .description(Some(
            "Seconds to wait, where it is known; the same as `retryAfterSeconds`.",
        ))
        .build()
}

fn constant(value: &str) -> Header {
    let schema = ObjectBuilder::from(Object::with_type(Type::String)).enum_values(Some([value]));
    HeaderBuilder::new().schema(schema).build()
}
