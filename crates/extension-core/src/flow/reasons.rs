//! The last reasons that a person gave, to be picked again: most repeat themselves, and none is to say who a customer is.

use alloc::{string::String, vec::Vec};

use stagedoor_protocol::CustomerEmail;

use super::Core;
use crate::{
    environment::{Area, Environment},
    json::Value,
    names::plain,
};

/// Where they are kept.
pub(super) const REASONS: &str = "reasons";
/// How many.
const MOST: usize = 10;
/// A longer one is about one case, in bytes.
const LONGEST: usize = 200;

impl<E: Environment> Core<E> {
    /// The reasons, newest first. Where an administrator wants none kept, those of earlier are forgotten, too.
    pub(super) async fn reasons(&self) -> Vec<String> {
        let kept = self.kept(Area::Local, Some(REASONS)).await.unwrap_or(Value::Null);
        let reasons = kept
            .get(REASONS)
            .list()
            .iter()
            .filter_map(Value::string)
            .collect();
        if self.managed().await.is_ok_and(|managed| managed.reasons) {
            return reasons;
        }
        if reasons != [""; 0] {
            let _ = self.environment.remove(Area::Local, REASONS).await;
        }
        Vec::new()
    }

    /// Keeps one that opened a platform, unless somebody signed out since.
    pub(super) async fn remember_reason(&self, reason: String, sign_outs: u32) {
        if !self.managed().await.is_ok_and(|managed| managed.reasons) {
            return;
        }
        let mut reasons = self.reasons().await;
        reasons.retain(|other| *other != reason);
        reasons.insert(0, reason);
        reasons.truncate(MOST);
        // What cannot be kept is typed again.
        let _ = self.keep(Area::Local, REASONS, &reasons).await;
        if self.sign_outs.get() != sign_outs {
            let _ = self.environment.remove(Area::Local, REASONS).await;
        }
    }

    /// Forgets one, or all of them, and says what is left.
    pub(super) async fn forget_reason(&self, reason: Option<&str>) -> Vec<String> {
        let mut reasons = self.reasons().await;
        reasons.retain(|other| reason.is_some_and(|reason| reason != other));
        let _ = self.keep(Area::Local, REASONS, &reasons).await;
        reasons
    }
}

/// Whether a reason is kept: none with an address in it, with a number such as a ticket, an account or a telephone has, or with a
/// part of the customer's address, which often is their name. `letters` are the reason's, with their marks by themselves.
pub(super) fn may_be_kept(reason: &str, letters: &str, customer: &CustomerEmail) -> bool {
    let (mut digits, mut all) = (0, 0);
    let number = reason.chars().any(|c| {
        digits = if is_digit(c) { digits + 1 } else { 0 };
        all += digits.min(1);
        digits == 3 || all == 6
    });
    // Without the marks, and in the way that Germans write them where they have none.
    let folded = plain(letters);
    let spelt = plain(&letters.replace('\u{308}', "e"));
    let address = customer.as_str().to_ascii_lowercase();
    let local = address.split('@').next().unwrap_or_default();
    let mut names = local.split(|c: char| !c.is_alphabetic());
    let named = names.any(|name| name.len() > 2 && (folded.contains(name) || spelt.contains(name)));
    !reason.contains('@') && !number && !named && reason.len() <= LONGEST
}

/// A digit as people type them: ours, the Arabic and the Persian ones, those of Devanagari, and the wide ones of East Asia. The
/// tables of all that is a number weigh 1 KB.
fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' | '\u{966}'..='\u{96f}' | '\u{ff10}'..='\u{ff19}')
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;

    #[test]
    fn what_says_who_a_customer_is_is_not_kept() {
        let customer = CustomerEmail::parse("Anna.Kowalska+fx.mueller.jose@example.com").unwrap();
        for (reason, expected) in [
            ("Cannot see the open position", true),
            ("Call of 14:05", true),
            ("Checks a margin call, T-17", true),
            ("Wrote from anna@other.example", false),
            ("anna @ other", false),
            ("Mrs KOWALSKA cannot log in", false),
            ("asked by Anna", false),
            ("12345", false),
            ("#4711", false),
            ("Account 100234 is locked", false),
            ("Ticket ABC-123", false),
            ("الحساب ١٠٠٢٣٤ مقفل", false),
            ("حساب ۴۷۱۱", false),
            ("खाता १२३४", false),
            ("口座１２３", false),
            ("1٢۳", false),
            ("مكالمة ١٤:٠٥", true),
            ("14:05 to 15:10", false),
            ("06 12 34 56 78", false),
            ("Herr M\u{fc}ller-L\u{fc}denscheidt", false),
            ("Jos\u{e9} cannot log in", false),
            (&"x".repeat(200), true),
            (&"x".repeat(201), false),
        ] {
            let letters = crate::testing::letters(reason);
            assert_eq!(may_be_kept(reason, &letters, &customer), expected, "{reason}");
        }
    }
}
