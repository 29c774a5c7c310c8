//! Finds the one-time token in a successful answer, whose form is not documented.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use crate::{
    flaw::{AnswerFlaw, SeenKeys},
    token::OneTimeToken,
};

/// A bare text shorter than this is taken for a word such as `OK` or `error`, not for a token. Within JSON the form
/// says that it is a token, so any length is accepted there.
const SHORTEST_BARE_TOKEN: usize = 16;

/// The token in the body of a 2xx: the field `oneTimeToken`, else `token`, a JSON string, or one line of text.
///
/// The content type is not asked: the body's own form decides, because it is the content type that servers get wrong.
pub(crate) fn token_in(body: &[u8]) -> Result<OneTimeToken, AnswerFlaw> {
    let text = std::str::from_utf8(body).map_err(|_| AnswerFlaw::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
    match text.bytes().next() {
        None => Err(AnswerFlaw::Empty),
        Some(b'<') => Err(AnswerFlaw::Html),
        Some(first) => match serde_json::from_str::<Shape>(text) {
            Ok(shape) => token_in_json(shape),
            Err(_) if matches!(first, b'{' | b'[' | b'"') => Err(AnswerFlaw::BrokenJson),
            Err(_) => token_in_text(text),
        },
    }
}

fn token_in_json(shape: Shape) -> Result<OneTimeToken, AnswerFlaw> {
    let (field, value) = match shape {
        Shape::Text(token) => return accept(token),
        Shape::Other(kind) => return Err(AnswerFlaw::WrongKind(kind)),
        Shape::Object(Fields {
            one_time_token: Some(value),
            ..
        }) => ("oneTimeToken", *value),
        Shape::Object(Fields {
            token: Some(value), ..
        }) => ("token", *value),
        Shape::Object(Fields { seen, .. }) => {
            return Err(AnswerFlaw::FieldMissing {
                expected: "oneTimeToken",
                seen,
            });
        }
    };
    match value {
        Shape::Text(token) => accept(token),
        Shape::Other(found) => Err(AnswerFlaw::FieldNotText { field, found }),
        Shape::Object(_) => Err(AnswerFlaw::FieldNotText {
            field,
            found: "an object",
        }),
    }
}

fn token_in_text(text: &str) -> Result<OneTimeToken, AnswerFlaw> {
    if text.len() < SHORTEST_BARE_TOKEN || text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return Err(AnswerFlaw::UnknownText);
    }
    accept(Zeroizing::new(text.to_owned()))
}

fn accept(token: Zeroizing<String>) -> Result<OneTimeToken, AnswerFlaw> {
    OneTimeToken::try_from(token).map_err(|_| AnswerFlaw::TokenNotAcceptable)
}

/// The parts of a JSON value that matter here. Read by hand instead of through `serde_json::Value`, so that no copy
/// of a token is left in memory that nobody wipes.
enum Shape {
    Text(Zeroizing<String>),
    Object(Fields),
    Other(&'static str),
}

#[derive(Default)]
struct Fields {
    one_time_token: Option<Box<Shape>>,
    token: Option<Box<Shape>>,
    seen: SeenKeys,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
        Ok(Shape::Text(Zeroizing::new(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<String>()?.map(Zeroizing::new) {
            fields.seen.add(&key);
            match key.as_str() {
                "oneTimeToken" => fields.one_time_token = Some(map.next_value()?),
                "token" => fields.token = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Shape::Object(fields))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shape::Other("an array"))
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Other("null"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Other("true or false"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Other("a number"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(body: &str, expected: Result<&str, &str>) {
        let found = token_in(body.as_bytes());
        let found = found
            .as_ref()
            .map(|token| token.expose())
            .map_err(ToString::to_string);
        assert_eq!(found, expected.map_err(str::to_owned), "{body:?}");
    }

    const UUID: &str = "8a1f7a3e-25f8-4f0f-9a60-0d8f0c3b9f11";

    #[test]
    fn the_plausible_forms() {
        check(r#"{"oneTimeToken":"abc"}"#, Ok("abc"));
        check(r#"{"token":"abc","expires":30}"#, Ok("abc"));
        check(
            r#"{"token":"old","nested":{"oneTimeToken":"no"},"oneTimeToken":"new"}"#,
            Ok("new"),
        );
        check("\u{feff} {\"oneTimeToken\" : \"a\\u002db\"}\r\n", Ok("a-b"));
        check(r#""abc""#, Ok("abc"));
        check(UUID, Ok(UUID));
        check(&format!("{UUID}\r\n"), Ok(UUID));
        check(
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
            Ok("eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
        );
    }

    #[test]
    fn everything_else_is_named_by_shape() {
        let flaw = |body: &str| token_in(body.as_bytes()).unwrap_err();
        assert_eq!(flaw(" \r\n"), AnswerFlaw::Empty);
        assert_eq!(flaw("\n<!DOCTYPE html><html></html>"), AnswerFlaw::Html);
        assert_eq!(
            flaw(r#"{"oneTimeToken":"8a1f7a3e-25f8-4f0f"#),
            AnswerFlaw::BrokenJson
        );
        assert_eq!(flaw(r#""8a1f7a3e-25f8-4f0f"#), AnswerFlaw::BrokenJson);
        assert_eq!(flaw(&"[".repeat(5000)), AnswerFlaw::BrokenJson);
        assert_eq!(flaw("OK"), AnswerFlaw::UnknownText);
        assert_eq!(flaw("two lines of\ntext, not a token"), AnswerFlaw::UnknownText);
        assert_eq!(
            flaw("[\"8a1f7a3e-25f8-4f0f\"]"),
            AnswerFlaw::WrongKind("an array")
        );
        assert_eq!(flaw("12345678901234567"), AnswerFlaw::WrongKind("a number"));
        assert_eq!(flaw("null"), AnswerFlaw::WrongKind("null"));
        assert_eq!(flaw("true"), AnswerFlaw::WrongKind("true or false"));
        let found = |field, found| AnswerFlaw::FieldNotText { field, found };
        assert_eq!(
            flaw(r#"{"oneTimeToken":null,"token":"abc"}"#),
            found("oneTimeToken", "null")
        );
        assert_eq!(flaw(r#"{"token":{"value":"abc"}}"#), found("token", "an object"));
        assert_eq!(flaw(r#"{"token":["abc"]}"#), found("token", "an array"));
        assert_eq!(flaw(r#"{"token":17}"#), found("token", "a number"));
        assert_eq!(flaw(r#"{"oneTimeToken":""}"#), AnswerFlaw::TokenNotAcceptable);
        assert_eq!(flaw(r#"{"oneTimeToken":"a b"}"#), AnswerFlaw::TokenNotAcceptable);
        assert_eq!(flaw(r#""a&b""#), AnswerFlaw::TokenNotAcceptable);
        assert_eq!(token_in(b"\xff\xfe").unwrap_err(), AnswerFlaw::NotText);
    }

    #[test]
    fn missing_fields_are_told_by_the_keys_that_are_there() {
        check(
            r#"{"data":{"oneTimeToken":"SENTINEL"},"status":"SENTINEL","SENTINEL TOKEN AS A KEY":1}"#,
            Err(
                "it has no field oneTimeToken (fields: data, status, and 1 not shown); check the platform's `api`",
            ),
        );
        check(
            "{}",
            Err("it has no field oneTimeToken (fields: none); check the platform's `api`"),
        );
    }

    fn acceptable_token() -> impl Strategy<Value = String> {
        "[A-Za-z0-9._~+/=:-]{16,200}".prop_filter("not a JSON number", |text| text.contains(['g', 'h', 'k']))
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_acceptable_token_or_a_flaw(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(token) = token_in(&body) {
                prop_assert!(body.len() >= token.expose().len());
                prop_assert!(token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }

        #[test]
        fn a_token_comes_out_as_it_went_in(token in acceptable_token()) {
            let string = serde_json::to_string(&token).unwrap();
            let field = format!("{{\"x\":[1,{{}}],\"oneTimeToken\":{string}}}");
            for body in [field, string, token.clone(), format!("{token}\n")] {
                let found = token_in(body.as_bytes());
                prop_assert_eq!(found.as_ref().map(|found| found.expose()), Ok(token.as_str()));
            }
        }

        #[test]
        fn no_value_is_ever_told(value in "SENTINEL[ -~]{0,40}", key in "[a-z]{1,10}") {
            let string = serde_json::to_string(&value).unwrap();
            for body in [
                format!("{{\"{key}\":{string}}}"),
                format!("[{string}]"),
                format!("{{\"oneTimeToken\":[{string}]}}"),
                format!("{{\"token\":{string}"),
                format!("<p>{value}"),
                format!("{value} {value}"),
            ] {
                if let Err(flaw) = token_in(body.as_bytes()) {
                    let told = format!("{flaw} {flaw:?}");
                    prop_assert!(!told.contains("SENTINEL"), "{}", told);
                }
            }
        }
    }
}
