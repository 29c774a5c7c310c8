//! What arguments are parsed into.

use stagedoor_protocol::CustomerEmail;

/// An e-mail address.
pub(super) fn address(text: &str) -> Result<CustomerEmail, String> {
    CustomerEmail::parse(text).map_err(|error| error.to_string())
}

/// Words that are kept, in the ledger for good or in the log.
pub(super) fn words(text: &str, longest: usize) -> Result<String, String> {
    let text = text.trim();
    if (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be 1 to {longest} characters, without line ends"))
    }
}
