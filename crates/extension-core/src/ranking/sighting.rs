//! One address in one fact, and what speaks for and against it there.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::cmp::Reverse;

use stagedoor_protocol::CustomerEmail;

use super::{
    remarks,
    weight::{self, Weight},
    whom::Whom,
    words,
};
use crate::{
    facts::{Fact, Frame, Kind},
    names::plain,
};

/// One address in one fact.
///
/// Letters beyond ASCII are not folded: two spellings that differ in them count as two addresses, which ends in a
/// choice and not in a guess.
pub(super) struct Sighting<'a> {
    pub(super) folded: String,
    pub(super) email: CustomerEmail,
    pub(super) kind: Kind,
    pub(super) weight: Weight,
    /// For a field its label, for a recipe the CRM's name.
    pub(super) label: &'a str,
    /// The heading of its section, as names are compared.
    pub(super) under: String,
    /// All else that was seen of it.
    pub(super) fact: &'a Fact,
}

impl<'a> Sighting<'a> {
    pub(super) fn new(frame: &'a Frame, fact: &'a Fact, email: CustomerEmail) -> Self {
        Self {
            folded: email.as_str().to_ascii_lowercase(),
            email,
            kind: fact.kind,
            weight: weight::of(frame, fact),
            label: match (&frame.recipe, fact.kind) {
                (Some(recipe), Kind::Recipe) => &recipe.name,
                _ => fact.label.as_deref().unwrap_or_default(),
            },
            under: plain(&fact.under.as_deref().unwrap_or_default().to_ascii_lowercase()),
            fact,
        }
    }

    /// Whether all that it stands in is called as the customer's own data are, and neither follows upon somebody else's nor has
    /// another name beside it, unless it is the customer's name itself.
    pub(super) fn is_own(&self, page: &Whom, named: bool) -> bool {
        let Fact {
            under,
            within,
            after,
            named: name,
            ..
        } = self.fact;
        let around = within.iter().flat_map(|titles| titles.split(" / "));
        let mut titles = under.iter().map(String::as_str).chain(around);
        titles.all(|title| page.is_own(title, &self.folded, named))
            && (named
                || !after.as_deref().is_some_and(weight::introduces_other)
                    && !name.as_deref().is_some_and(|name| page.is_another(name)))
    }

    /// Whether it is called one that the customer logs in with, or is a field in what somebody has opened over the page.
    pub(super) fn stands_out(&self) -> bool {
        let label = self.fact.folded.as_deref().or(self.fact.label.as_deref());
        let field = matches!(self.kind, Kind::Labelled | Kind::Input | Kind::Mailto);
        let opened = self.fact.over && field && !weight::is_role(&self.folded);
        (self.weight.open && weight::names_login(label.unwrap_or_default()))
            || opened && self.weight.beside | self.weight.open
    }

    /// Whether its label, if it is one for addresses, says no more than that.
    pub(super) fn is_called_own(&self) -> bool {
        let label = self
            .fact
            .label
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        !label.contains("mail") || words::is_own(&label, "")
    }

    /// Whether something beside it may say that it is somebody else's. In a sentence, only words for such do.
    pub(super) fn is_remarked(&self, page: &Whom) -> bool {
        let remark = self.fact.remark.as_deref().unwrap_or_default();
        match self.kind {
            Kind::Labelled | Kind::Input => !remarks::is_harmless(remark, &page.person.name, &self.folded),
            _ => remarks::names_kin(remark, &page.person.name),
        }
    }

    /// Whether a word for somebody else stands in its field, or below it.
    pub(super) fn is_kins(&self, page: &Whom) -> bool {
        let field = matches!(self.kind, Kind::Recipe | Kind::Labelled | Kind::Input);
        let Fact { remark, below, .. } = self.fact;
        let mut said = [remark, below].into_iter().flatten();
        field && said.any(|text| remarks::names_kin(text, &page.person.name))
    }

    /// What they are sorted by: those of one address stand together, within them those of one kind, the best first.
    /// Nothing that is used later is left out, so equal keys cannot be told apart.
    fn key(&self) -> (&str, Kind, Reverse<Weight>, &str, &str) {
        let weight = Reverse(self.weight);
        (&self.folded, self.kind, weight, self.label, self.email.as_str())
    }
}

/// Keeps the sightings in order. They are boxed, so that making room for one moves little.
pub(super) fn insert<'a>(sightings: &mut Vec<Box<Sighting<'a>>>, sighting: Box<Sighting<'a>>) {
    let place = sightings.partition_point(|other| other.key() < sighting.key());
    sightings.insert(place, sighting);
}
