//! Which of the addresses on a page is the customer's: a clear winner, or a choice for the person. It never guesses.
//!
//! The result depends on the set of facts alone, not on their order, and a fact without an address changes nothing.

mod person;
mod remarks;
mod sighting;
mod weight;
mod whom;
mod words;

pub(crate) use words::{is_customers, is_person};

use alloc::{boxed::Box, string::String, vec::Vec};
use core::cmp::Ordering;

use stagedoor_protocol::{CustomerEmail, Session};

use crate::{
    address::{addresses, is_disguised},
    facts::{Fact, Frame, Kind, Region},
    text::{Text, harmless},
};
use sighting::{Sighting, insert};
use whom::{Named, Whom};

/// The most candidates that are kept; a list page may hold hundreds.
const MAX_CANDIDATES: usize = 25;

/// An address that may be the customer's, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The address, spelt as in its best source.
    pub email: CustomerEmail,
    /// Where it was found, best source first.
    pub evidence: Vec<Text>,
    folded: String,
    score: u32,
    /// Whether it stands where a recipe says that the customer's address stands.
    placed: bool,
    /// Likewise, and nothing says that it is somebody else's, or another one that looks like it.
    recipe: bool,
    /// A visible source in a fitting place, and not a role's address: good enough to be proposed.
    proposable: bool,
    /// Whether something else on the page says that it is the customer's: a label beside it, or another kind of source.
    agreed: bool,
    /// How many kinds of source agree.
    sources: usize,
    /// Whether it stands where a customer's address may stand: while it does, another one has to have more for it.
    open: bool,
    /// Whether it is made of the whole name that the page gives first.
    named: bool,
    /// Whether it shows the name of whom the page is about.
    known: bool,
    /// Whether it is one that the customer logs in with, or stands over the rest of the page: more than a name is needed against it.
    stands_out: bool,
    /// Whether the page's title or first headings show who it belongs to.
    shown: Named,
    /// Likewise, where that stands in the way of others.
    rival: Named,
}

/// The outcome of a ranking.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranking {
    /// Best first; equal ones by spelling.
    pub candidates: Vec<Candidate>,
    /// How many there were in all.
    pub total: usize,
    /// Whether the first stands out so much that it may be proposed.
    pub clear: bool,
    /// Whether it does by a recipe or by what the page is called, and not only by what it says further down.
    pub certain: bool,
}

/// Ranks what the frames of a page hold. The caller's own address and the firm's domains are nobody's customer.
pub fn rank(frames: &[Frame], session: &Session) -> Ranking {
    let page = Whom::of(frames);
    let mut sightings: Vec<Box<Sighting<'_>>> = Vec::new();
    // What stands in the way of whoever the page does not name: a field whose address cannot be read, or is the firm's own; or
    // what the collector has seen.
    let mut barred = frames.iter().any(|frame| {
        let called = frame.called.as_deref().unwrap_or_default();
        frame.unsure || frame.top && weight::names_other(called)
    });
    for frame in frames {
        for fact in frame
            .facts
            .iter()
            .filter(|fact| fact.visible && counts(frame, fact))
        {
            let addresses = addresses(fact.kind, &fact.value);
            let field = matches!(fact.kind, Kind::Labelled | Kind::Input);
            let unread = addresses.is_empty() && field && fact.value.contains('@')
                || addresses.len() < addresses_in(&fact.value);
            barred |= unread && weight::of(frame, fact).open;
            for email in addresses {
                let sighting = Box::new(Sighting::new(frame, fact, email));
                if !is_staff(&sighting.folded, session) {
                    insert(&mut sightings, sighting);
                } else if sighting.weight.open {
                    // One of the firm's stands in for customers without one, or the browser has filled it in.
                    barred |= field || page.names(&sighting.folded, "") == Named::Fully;
                }
            }
        }
    }

    let mut candidates: Vec<Candidate> = Vec::new();
    let mut dropped: Vec<Candidate> = Vec::new();
    let mut total = 0;
    for same in sightings.chunk_by(|a, b| a.folded == b.folded) {
        let candidate = candidate(same, &page);
        let place = candidates.partition_point(|other| compare(other, &candidate) == Ordering::Less);
        candidates.insert(place, candidate);
        if candidates.len() > MAX_CANDIDATES {
            // What is not shown stands in the way of others all the same.
            dropped.extend(
                candidates
                    .pop()
                    .filter(|other| other.open || other.rival != Named::No),
            );
        }
        total += 1;
    }
    Ranking {
        clear: is_clear(&candidates, &dropped, frames, barred),
        certain: page.called || candidates.first().is_some_and(|first| first.recipe),
        candidates,
        total,
    }
}

/// Sums up the sightings of one address. Each kind of source counts once, by its best sighting, so that repeating an
/// address does not make it likelier.
fn candidate(sightings: &[Box<Sighting<'_>>], page: &Whom) -> Candidate {
    let mut best = &sightings[0];
    let mut score = 0;
    let mut proposable = false;
    let mut fields = false;
    let mut own_place = false;
    let mut read = false;
    let named = !is_disguised(&best.folded) && page.is(&best.folded);
    let about = !is_disguised(&best.folded) && page.is_about(&best.folded);
    let mut agreeing = 0;
    let mut evidence = Vec::new();
    for same_kind in sightings.chunk_by(|a, b| a.kind == b.kind) {
        let first = &same_kind[0];
        if first.weight.points > best.weight.points {
            best = first;
        }
        score += first.weight.points;
        // A panel beside the page's main part holds its data at help desks, and at others whatever else there is. Under a title
        // that is not known for the customer's own data, an address may be anybody's.
        let fits = |sighting: &Sighting<'_>| {
            let there = sighting.weight.proposable || sighting.weight.beside && named;
            there && sighting.is_own(page, named)
        };
        let fitting = same_kind.iter().any(|sighting| fits(sighting));
        proposable |= fitting;
        own_place |=
            first.kind == Kind::Recipe && same_kind.iter().any(|sighting| sighting.is_own(page, named));
        read |= same_kind.iter().any(|sighting| {
            let shown = sighting.kind == Kind::Text || sighting.fact.read;
            shown && named && fits(sighting)
        });
        fields |= fitting && matches!(first.kind, Kind::Labelled | Kind::Input);
        // A JSON-LD block agrees with what is shown, though it shows nothing itself.
        agreeing += u32::from(fitting || first.kind == Kind::Jsonld);
        evidence.push(text_for(first));
    }
    let sources = evidence.len();
    let role = weight::is_role(&best.folded);
    let disguised = is_disguised(&best.folded);
    let recipe = sightings[0].kind == Kind::Recipe;
    // One and the same component shows the customer's address and those of others in their record.
    let others = sightings.iter().any(|sighting| {
        sighting.weight.others
            || sighting.is_kins(page)
            || recipe && sighting.weight.open && !sighting.is_called_own()
    });
    let remarked = sightings.iter().any(|sighting| sighting.is_remarked(page));
    let card = sightings.iter().any(|sighting| sighting.under == page.second);
    let by_first = page.names(&best.folded, "");
    let by_both = page.names(&best.folded, &page.second);
    Candidate {
        email: best.email.clone(),
        folded: best.folded.clone(),
        evidence,
        score: if disguised || role && !recipe {
            score / 4
        } else {
            score
        },
        placed: recipe,
        recipe: recipe && !others && !disguised && (named || own_place),
        proposable: proposable && !others && !remarked && !role && !disguised,
        agreed: fields || agreeing > 1 || read,
        sources,
        // A role's address that is no field's stands in the foot of every page.
        open: sightings.iter().any(|sighting| {
            sighting.weight.open && (!role || matches!(sighting.kind, Kind::Labelled | Kind::Input))
        }),
        named,
        known: about,
        stands_out: sightings.iter().any(|sighting| sighting.stands_out()),
        shown: if card || disguised { by_first } else { by_both },
        // One that only looks like the customer's would look like their name, too.
        rival: if disguised { Named::No } else { by_both },
    }
}

fn text_for(sighting: &Sighting<'_>) -> Text {
    match sighting.kind {
        Kind::Recipe => Text::with("evidence_recipe", harmless(sighting.label)),
        Kind::Labelled => {
            let label = harmless(sighting.label);
            if label.is_empty() {
                Text::new("evidence_text")
            } else {
                Text::with("evidence_labelled", label)
            }
        }
        Kind::Input => Text::new("evidence_input"),
        Kind::Mailto => Text::new("evidence_mailto"),
        Kind::Microdata => Text::new("evidence_microdata"),
        Kind::Jsonld => Text::new("evidence_jsonld"),
        Kind::Selection => Text::new("evidence_selection"),
        Kind::Text => Text::new("evidence_text"),
    }
}

fn compare(a: &Candidate, b: &Candidate) -> Ordering {
    let by_score = b.score.cmp(&a.score);
    by_score.then_with(|| a.folded.cmp(&b.folded))
}

/// Whether a fact is looked at: what a recipe says is looked at only where the recipe fits.
fn counts(frame: &Frame, fact: &Fact) -> bool {
    match frame.recipe {
        Some(_) => fact.region != Some(Region::Ignored),
        None => fact.kind != Kind::Recipe,
    }
}

/// Whether the first candidate may be proposed. The one address that stands where a recipe says may; two of them may
/// not, and where the recipe knows all places, none but those. Without a recipe, the first must be proposable by itself,
/// something must agree with it, and it must outweigh the next one more than twice; where the collector could not see
/// everything, two kinds of source must agree. A label alone does not tell the customer's address from that of somebody else
/// on their page, so no other may stand where the customer's may stand, unless the page's headings show whom the first one
/// belongs to; and none, wherever it stands, may belong to whom they show, while the first one does not.
fn is_clear(candidates: &[Candidate], dropped: &[Candidate], frames: &[Frame], barred: bool) -> bool {
    let [first, rest @ ..] = candidates else {
        return false;
    };
    if candidates.iter().any(|candidate| candidate.recipe) {
        let vacant = frames.iter().any(|frame| frame.recipe.is_some() && frame.vacant);
        return first.recipe && !vacant && !rest.iter().any(|candidate| candidate.placed);
    }
    if frames
        .iter()
        .any(|frame| frame.recipe.as_ref().is_some_and(|recipe| recipe.only))
    {
        return false;
    }
    let truncated = frames.iter().any(|frame| frame.truncated);
    let next = rest.first().map_or(0, |candidate| candidate.score);
    let seen_enough = !truncated || first.sources > 1;
    let alone = !rest.iter().chain(dropped).any(|other| {
        if other.stands_out && !first.stands_out {
            true
        } else if first.named {
            other.open && other.rival != Named::No
        } else {
            other.open || other.rival > first.shown
        }
    });
    let known = first.named || first.known && !barred;
    first.proposable && first.agreed && known && seen_enough && first.score > 2 * next && alone
}

/// How many addresses a text has by the look of it, also in part, or with masked letters. Prices and versions have no letters on
/// one side, and pictures have endings of files.
fn addresses_in(text: &str) -> usize {
    let lettered = |part: &str| {
        let mut chars = part.chars();
        chars.any(|c| c.is_alphabetic() || matches!(c, '*' | '•' | '…'))
    };
    let pieces = text.split_whitespace().filter(|piece| {
        piece.split_once('@').is_some_and(|(local, domain)| {
            let picture = [".png", ".jpg", ".jpeg", ".webp", ".svg", ".gif"]
                .iter()
                .any(|ending| domain.to_ascii_lowercase().ends_with(ending));
            lettered(local) && lettered(domain) && !picture && !domain.contains(['@', ':', '/'])
        })
    });
    pieces.count()
}

fn is_staff(folded: &str, session: &Session) -> bool {
    let staff_domain = |staff: &String| {
        let rest = folded.strip_suffix(staff.to_ascii_lowercase().as_str());
        rest.is_some_and(|rest| !staff.is_empty() && rest.ends_with(['@', '.']))
    };
    session.staff.email.eq_ignore_ascii_case(folded) || session.policy.staff_domains.iter().any(staff_domain)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
