//! The reader and the writer against serde_json, which was written by others.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn reads_every_kind() {
    let value =
        Value::parse(r#" { "a" : [1, -2, "x\n\u00e9\ud83d\ude00\/", true, false, null, {}], "b": [] } "#)
            .unwrap();
    let list = value.get("a").list();
    assert_eq!(list[0].number::<u32>(), Some(1));
    assert_eq!(
        (list[1].number::<i32>(), list[1].number::<u32>()),
        (Some(-2), None)
    );
    assert_eq!(list[2].text(), Some("x\né😀/"));
    assert_eq!(
        (list[3].flag(), list[4].flag(), &list[5]),
        (true, false, &Value::Null)
    );
    assert_eq!(list[6], Value::Object(Vec::new()));
    assert_eq!((value.get("b").list(), value.get("c")), (&[][..], &Value::Null));
}

#[test]
fn what_was_read_can_be_written_again() {
    let text = r#"{"a":[1,-2,"x\u000a\"",true,false,null,{}],"b":[]}"#;
    assert_eq!(Value::parse(text).unwrap().to_json(), text);
}

#[test]
fn members_in_another_order_are_the_same() {
    let read = |text| Value::parse(text).unwrap();
    let one = read(r#"[{"a":1,"b":[{"c":"x","d":true}]}]"#);
    assert_eq!(one, read(r#"[{"b":[{"d":true,"c":"x"}],"a":1}]"#));
    for other in [
        r#"[{"a":1,"b":[{"c":"y","d":true}]}]"#,
        r#"[{"a":1,"b":[{"c":"x"}]}]"#,
        r#"[{"a":1}]"#,
        r#"[{"a":1,"b":[{"c":"x","d":true}],"e":2}]"#,
        r#"[{"a":1,"b":[{"c":"x","d":true},1]}]"#,
        "[[]]",
    ] {
        assert_ne!(one, read(other), "{other}");
    }
}

#[test]
fn takes_a_member_once() {
    let mut value = Value::parse(r#"{"a":"secret"}"#).unwrap();
    assert_eq!(value.take("a"), Value::Text("secret".into()));
    assert_eq!(value.take("a"), Value::Null);
}

#[test]
fn half_pairs_are_replaced() {
    for text in [r#""\ud83d""#, r#""\ude00""#] {
        assert_eq!(Value::parse(text), Some(Value::Text("\u{fffd}".into())));
    }
    assert_eq!(
        Value::parse(r#""\ud83dx""#),
        Some(Value::Text("\u{fffd}x".into()))
    );
}

#[test]
fn other_text_is_refused() {
    let deep = "[".repeat(100_000);
    for text in [
        "",
        " ",
        "{",
        "[",
        "\"",
        "\"a",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "[1,]",
        "{\"a\":1,}",
        "[1 2]",
        "1 2",
        "tru",
        "nul",
        "+1",
        "-",
        "1.",
        "1e",
        "\"\\x\"",
        "\"\\u12\"",
        "\"a\nb\"",
        "\0",
        "1\0",
        "[]]",
        "\u{feff}1",
        &deep,
    ] {
        assert_eq!(Value::parse(text), None, "{text:.20}");
    }
}

#[test]
fn writes_objects() {
    let mut text = String::new();
    let list = vec!["x".to_owned(), "y\"\\\n\u{1}é".to_owned()];
    Object::begin(&mut text)
        .with("list", &list)
        .with("flag", &true)
        .with_some("none", None::<&String>)
        .with_some("number", Some(&7_u64))
        .end();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        read,
        json!({"list": ["x", "y\"\\\n\u{1}é"], "flag": true, "number": 7})
    );
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<String>().prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(|list| json!(list)),
            prop::collection::btree_map(any::<String>(), inner, 0..8).prop_map(|map| json!(map)),
        ]
    })
}

/// The value as the other implementation has it.
fn to_serde(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => json!(null),
        Value::Flag(flag) => json!(flag),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(list) => list.iter().map(to_serde).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), to_serde(value)))
            .collect(),
    }
}

proptest! {
    #[test]
    fn reads_what_serde_json_writes(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        prop_assert_eq!(Value::parse(&text.unwrap()).as_ref().map(to_serde), Some(value));
    }

    #[test]
    fn serde_json_reads_what_is_written(text in any::<String>()) {
        prop_assert_eq!(serde_json::from_str::<String>(&text.to_json()).unwrap(), text);
    }

    #[test]
    fn bears_any_text(text in "[\\[\\]{}\",:\\\\untrfals0-9eE+. -]{0,40}|\\PC{0,40}") {
        let accepted = serde_json::from_str::<serde_json::Value>(&text);
        if let Some(value) = Value::parse(&text) {
            // Numbers are read more generously, and those that are not whole are not kept; the rest must agree.
            if let Ok(accepted) = accepted && !text.contains(|c: char| c.is_ascii_digit()) {
                prop_assert_eq!(to_serde(&value), accepted);
            }
        } else {
            prop_assert!(accepted.is_err(), "{text:?}");
        }
    }
}
