//! Which values of openings are parts.

use super::*;

#[test]
fn parts_have_one_spelling() {
    let staff = StaffPart {
        address: "192.0.2.7".into(),
        email: "sam@broker.example".into(),
        id: 12,
        key: "k".into(),
        name: "S\u{e1}m \"S\" \u{1f600}".into(),
        approver: None,
        roles: None,
    };
    let text = "{\"address\":\"192.0.2.7\",\"email\":\"sam@broker.example\",\"id\":12,\"key\":\"k\",\"name\":\"S\u{e1}m \\\"S\\\" \u{1f600}\"}";
    assert_eq!(staff.encode(), text.as_bytes());
    assert_eq!(StaffPart::decode(text.as_bytes()), Ok(staff));
    assert_eq!(
        StaffPart::decode(text.replace("12", "9007199254740992").as_bytes()),
        Err(PartError::Malformed)
    );
}

#[test]
fn roles_are_told_where_there_are_any() {
    let text = r#"{"address":"192.0.2.7","email":"sam@broker.example","id":12,"key":"k","name":"Sam","roles":"support,vip"}"#;
    let staff = StaffPart::decode(text.as_bytes()).unwrap();
    assert_eq!(staff.encode(), text.as_bytes());
    assert_eq!(staff.roles.as_deref(), Some("support,vip"));
    let without = text.replace(r#","roles":"support,vip""#, "");
    assert_eq!(StaffPart::decode(without.as_bytes()).unwrap().roles, None);
}

#[test]
fn who_approved_is_told_whole_or_not_at_all() {
    let text = r#"{"address":"192.0.2.7","approver":3,"approverEmail":"lead@broker.example","approverKey":"q","approverName":"Lee","email":"sam@broker.example","id":12,"key":"k","name":"Sam"}"#;
    let staff = StaffPart::decode(text.as_bytes()).unwrap();
    assert_eq!(staff.encode(), text.as_bytes());
    let approver = staff.approver.unwrap();
    assert_eq!(
        (
            approver.id,
            approver.email.as_str(),
            approver.key.as_str(),
            approver.name.as_str()
        ),
        (3, "lead@broker.example", "q", "Lee")
    );
    for part in [
        r#""approver":3,"#,
        r#""approverEmail":"lead@broker.example","#,
        r#""approverKey":"q","#,
        r#""approverName":"Lee","#,
    ] {
        assert_eq!(
            StaffPart::decode(text.replace(part, "").as_bytes()),
            Err(PartError::Malformed),
            "{part}"
        );
    }
    let large = text.replace(":3,", ":9007199254740992,");
    assert_eq!(StaffPart::decode(large.as_bytes()), Err(PartError::Malformed));
}

#[test]
fn other_spellings_are_refused() {
    for (text, error) in [
        (r#"{"email":"a@b.example","reason":null}"#, PartError::Malformed),
        (r#"{"reason":"r","email":"a@b.example"}"#, PartError::NotCanonical),
        (r#"{"email":"\u0061@b.example"}"#, PartError::NotCanonical),
        (r#"{"email": "a@b.example"}"#, PartError::NotCanonical),
        (
            r#"{"email":"a@b.example","email":"a@b.example"}"#,
            PartError::NotCanonical,
        ),
        (r#"["a@b.example",null,null,null]"#, PartError::Malformed),
        (r#"{"email":"a@b.example","x":1}"#, PartError::Malformed),
        (r#"{"email":1}"#, PartError::Malformed),
        ("{}", PartError::Malformed),
        ("", PartError::Malformed),
    ] {
        assert_eq!(CustomerPart::decode(text.as_bytes()), Err(error), "{text}");
    }
    let long = format!(r#"{{"cause":"{}"}}"#, "x".repeat(MAX_VALUE_BYTES));
    assert_eq!(
        ReportPart::decode(long.as_bytes()),
        Err(PartError::TooLong(long.len()))
    );
}
