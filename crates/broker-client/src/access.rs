//! What a customer may do in their trading accounts, where the broker's answer says so.

use serde_json::{Map, Value};

/// What a customer may do in one trading account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessRight {
    /// TRADING_AND_LOGIN_DISABLED
    NoLogin,
    /// Any other value. All that are documented let the customer log in: FULL, CLOSE_ONLY, TRADING_DISABLED, LOCKED_CLOSE_ONLY.
    Other,
}

/// Where the fields of v2 are not documented: the right may stand at the account itself, or at each of its trading accounts.
const LISTS: [&str; 3] = ["tradingAccounts", "accounts", "accessRights"];

/// The rights in an answer. Those of one account with one right and of a list are read alike; what is no text is left out.
pub(crate) fn access_in(fields: &Map<String, Value>) -> Vec<AccessRight> {
    let own = fields.get("accessRight").into_iter();
    let listed = LISTS.iter().filter_map(|name| fields.get(*name)?.as_array());
    let listed = listed.flatten().filter_map(|item| match item {
        Value::Object(account) => account.get("accessRight"),
        text => Some(text),
    });
    own.chain(listed).filter_map(Value::as_str).map(right).collect()
}

fn right(text: &str) -> AccessRight {
    match text {
        "TRADING_AND_LOGIN_DISABLED" => AccessRight::NoLogin,
        _ => AccessRight::Other,
    }
}

#[cfg(test)]
mod tests {
    use crate::account::account_in;

    fn cannot_log_in(rest: &str) -> bool {
        let body = format!(r#"{{"email":"a@x"{rest}}}"#);
        account_in(body.as_bytes(), "a@x").unwrap().cannot_log_in()
    }

    #[test]
    fn logging_in_is_impossible_only_where_every_right_says_so() {
        for (rest, expected) in [
            ("", false),
            (r#","accessRight":"TRADING_AND_LOGIN_DISABLED""#, true),
            (r#","accessRight":"TRADING_DISABLED""#, false),
            (r#","accessRight":"LOCKED_CLOSE_ONLY""#, false),
            (r#","accessRight":null"#, false),
            (
                r#","tradingAccounts":[{"accessRight":"TRADING_AND_LOGIN_DISABLED"}]"#,
                true,
            ),
            (
                r#","tradingAccounts":[{"accessRight":"TRADING_AND_LOGIN_DISABLED"},{"accessRight":"FULL"}]"#,
                false,
            ),
            (
                r#","accounts":[{"accessRight":"TRADING_AND_LOGIN_DISABLED"},{"login":"7"}]"#,
                true,
            ),
            (r#","accessRights":["TRADING_AND_LOGIN_DISABLED"]"#, true),
            (
                r#","accessRights":["TRADING_AND_LOGIN_DISABLED","SOMETHING"]"#,
                false,
            ),
            (
                r#","tradingAccounts":[],"accounts":17,"accessRights":[17,null]"#,
                false,
            ),
        ] {
            assert_eq!(cannot_log_in(rest), expected, "{rest}");
        }
    }
}
