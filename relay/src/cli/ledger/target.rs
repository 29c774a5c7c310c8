//! What a command is about: a record by its sequence, or a login by its request id.

use std::str::FromStr;

use stagedoor_protocol::RequestId;

/// `12`, or `0192f0c1-...`.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Record(u64),
    Login(RequestId),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(sequence) = text.parse()
            && sequence <= stagedoor_ledger::MAX_INTEGER
        {
            return Ok(Self::Record(sequence));
        }
        RequestId::parse(text).map(Self::Login).map_err(|_| {
            "neither a record's number, e.g. 12, nor a login's id, e.g. 0192f0c1-8a4b-7cde-8f01-23456789abcd"
                .to_owned()
        })
    }
}
