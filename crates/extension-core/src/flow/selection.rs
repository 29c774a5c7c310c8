//! Text that a person selected on a page, to open whom it names: who that is goes before whom the page shows, and is
//! confirmed like anybody.

use alloc::{boxed::Box, vec::Vec};

use stagedoor_protocol::CustomerEmail;

use super::Core;
use crate::{
    address::addresses,
    environment::{Environment, TabId},
    facts::Kind,
    record::{Scan, is_same},
};

/// A longer text was not selected for the address in it. Nor is it cut, which could cut an address.
const MAX_BYTES: usize = 4_000;
/// More addresses are no choice that a person can overlook.
const MAX_ADDRESSES: usize = 8;

impl<E: Environment> Core<E> {
    /// Notes whom the text names, for the popup that opens next in that tab. Nothing is opened.
    pub async fn selected(&self, id: TabId, text: &str) {
        // An earlier popup may wait yet: what comes of it is not to take the place of this.
        self.openings.end(id, self.openings.of(id));
        let _ = self
            .change_tab(id, Box::new(|tab| tab.picked = Some(named(text))))
            .await;
    }
}

/// The addresses in a text, each once; none if there are too many.
fn named(text: &str) -> Vec<CustomerEmail> {
    let mut named: Vec<CustomerEmail> = Vec::new();
    if text.len() <= MAX_BYTES {
        for email in addresses(Kind::Selection, text) {
            add(&mut named, &email);
        }
    }
    if named.len() > MAX_ADDRESSES {
        named.clear();
    }
    named
}

fn add(list: &mut Vec<CustomerEmail>, email: &CustomerEmail) {
    if !list.iter().any(|other| is_same(other, email)) {
        list.push(email.clone());
    }
}

/// Lets a scan go by the selected text; `false` if that names nobody. What was selected may be a part of an address that
/// the page has, and then somebody else's: the whole one is offered, too.
pub(super) fn pick(scan: &mut Scan, picked: Vec<CustomerEmail>) -> bool {
    scan.picked = picked;
    for found in &scan.candidates {
        let whole = found.email.as_str().to_ascii_lowercase();
        let part = |part: &CustomerEmail| {
            let part = part.as_str().to_ascii_lowercase();
            whole.starts_with(&part) || whole.ends_with(&part)
        };
        if scan.picked.iter().any(part) {
            add(&mut scan.picked, &found.email);
        }
    }
    !scan.picked.is_empty()
}
