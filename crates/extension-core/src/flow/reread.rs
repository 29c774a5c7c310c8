//! The page once more, at the moment of opening: it may show another customer than when it was read.

use alloc::boxed::Box;

use stagedoor_protocol::CustomerEmail;

use super::{Core, reading::PATIENCE};
use crate::{
    environment::{Environment, TabId},
    fault::{Code, Fault},
    record::{Scan, is_same},
};

impl<E: Environment> Core<E> {
    /// Stops a login if the page went on to another customer since it was read. What the person confirmed would still
    /// be opened as confirmed, but perhaps not as meant.
    pub(super) async fn still_there(
        &self,
        id: TabId,
        scan: &Scan,
        email: &CustomerEmail,
    ) -> Result<(), Box<Fault>> {
        if scan.is_unread() {
            // Whom the page shows was not known when the address was typed.
            return Ok(());
        }
        let recipes = self.recipes().await;
        let frames = self.collect(id, &recipes, PATIENCE, false).await;
        // A page that cannot be read any more is another one: the click let the extension read the old one only.
        match self.scan_of(id, &frames, scan.session.clone(), &recipes) {
            Ok(now) if !went_on(scan, &now, email) => Ok(()),
            Err(code @ Code::PageSilent) => Err(code.into()),
            _ => Err(Code::PageChanged.into()),
        }
    }
}

/// Whether a page is about somebody else now. An address that was found on it must be there still, and no other one may
/// stand out. For one that was typed in, what stood out before must stand out still, if anything does.
fn went_on(before: &Scan, now: &Scan, email: &CustomerEmail) -> bool {
    if before.origin != now.origin || before.record != now.record {
        return true;
    }
    let on = |scan: &Scan| scan.candidates.iter().any(|found| is_same(&found.email, email));
    let stood_out = winner(before);
    let other_than = |expected| winner(now).is_some_and(|winner| !is_same(winner, expected));
    if on(before) {
        // A list that is longer than what is kept of it may show others of it now.
        let is_cut = |scan: &Scan| scan.total > scan.candidates.len();
        let beyond = is_cut(before) && is_cut(now);
        return (!on(now) && !beyond) || (other_than(email) && stood_out.is_none_or(other_than));
    }
    stood_out.is_some_and(other_than)
}

/// The one that stands out on a page.
fn winner(scan: &Scan) -> Option<&CustomerEmail> {
    scan.candidates
        .first()
        .filter(|_| scan.clear)
        .map(|found| &found.email)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;
    use crate::{record::Found, testing::session};

    fn scan(emails: &[&str], clear: bool, record: Option<&str>) -> Scan {
        let found = emails.iter().map(|email| Found {
            email: CustomerEmail::parse(email).unwrap(),
            evidence: vec![],
        });
        Scan {
            picked: Vec::new(),
            candidates: found.collect(),
            total: emails.len(),
            clear,
            certain: clear,
            cut: false,
            origin: Some("https://crm.example".into()),
            record: record.map(String::from),
            unusable: None,
            session: session(),
        }
    }

    #[test]
    fn whoever_is_meant_must_still_be_the_one() {
        let (anna, ben, typed) = ("anna@example.com", "ben@example.com", "carla@example.com");
        let one = |email| scan(&[email], true, None);
        let both = || scan(&[anna, ben], false, None);
        let none = || scan(&[], false, None);
        for (before, now, email, expected) in [
            (one(anna), one(anna), anna, false),
            (one(anna), one("Anna@example.com"), anna, false),
            (one(anna), one(ben), anna, true),
            (one(anna), none(), anna, true),
            (one(anna), both(), anna, false),
            (one(anna), scan(&[ben, anna], true, None), anna, true),
            (both(), both(), ben, false),
            (both(), one(anna), ben, true),
            // Picked although another one stood out, and it still does.
            (
                scan(&[anna, ben], true, None),
                scan(&[anna, ben], true, None),
                ben,
                false,
            ),
            (none(), none(), typed, false),
            (none(), one(anna), typed, false),
            (one(anna), one(anna), typed, false),
            (one(anna), one(ben), typed, true),
            (
                scan(&[anna], true, Some("1")),
                scan(&[anna], true, Some("2")),
                anna,
                true,
            ),
            (none(), scan(&[], false, Some("2")), typed, true),
        ] {
            let email = CustomerEmail::parse(email).unwrap();
            assert_eq!(
                went_on(&before, &now, &email),
                expected,
                "{before:?} {now:?} {email:?}"
            );
        }
    }

    #[test]
    fn another_site_is_another_page() {
        let before = scan(&["anna@example.com"], true, None);
        let now = Scan {
            origin: Some("https://other.example".into()),
            ..before.clone()
        };
        assert!(went_on(
            &before,
            &now,
            &CustomerEmail::parse("anna@example.com").unwrap()
        ));
    }
}
