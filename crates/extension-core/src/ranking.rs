//! Which of the addresses on a page is the customer's: a clear winner, or a choice for the person. It never guesses.
//!
//! The result depends on the set of facts alone, not on their order, and a fact without an address changes nothing.

mod weight;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::cmp::{Ordering, Reverse};

use stagedoor_protocol::{CustomerEmail, Session};

use crate::{
    address::{addresses, is_disguised},
    facts::{Fact, Frame, Kind, Region},
    names::shows,
    text::{Text, harmless},
};
use weight::Weight;

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
    recipe: bool,
    /// A visible source in a fitting place, and not a role's address: good enough to be proposed.
    proposable: bool,
    /// Whether something else on the page says that it is the customer's: a label beside it, or another kind of source.
    agreed: bool,
    /// How many kinds of source agree.
    sources: usize,
    /// Whether it stands where a customer's address may stand: while it does, another one has to have more for it.
    open: bool,
    /// Whether the page's headings or title show who it belongs to.
    named: Named,
}

/// Whether the words of an address before the `@` stand in the page's headings or title, as a customer's name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    /// None does.
    No,
    /// One of them.
    Partly,
    /// Two of them, as a first and a last name.
    Fully,
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
}

/// Ranks what the frames of a page hold. The caller's own address and the firm's domains are nobody's customer.
pub fn rank(frames: &[Frame], session: &Session) -> Ranking {
    let lines = whom(frames);
    let mut sightings: Vec<Box<Sighting<'_>>> = Vec::new();
    // What stands in the way of whoever the page does not name: a field without an address, or whose
    // address cannot be read, or is the firm's own.
    let mut barred = frames.iter().any(|frame| frame.unsure);
    for frame in frames {
        for fact in frame
            .facts
            .iter()
            .filter(|fact| fact.visible && counts(frame, fact))
        {
            let addresses = addresses(fact.kind, &fact.value);
            let field = matches!(fact.kind, Kind::Labelled | Kind::Input);
            barred |=
                field && addresses.is_empty() && fact.value.contains('@') && weight::of(frame, fact).open;
            for email in addresses {
                let sighting = Box::new(Sighting::new(frame, fact, email));
                if !is_staff(&sighting.folded, session) {
                    insert(&mut sightings, sighting);
                } else if sighting.weight.open {
                    barred |= named(&sighting.folded, &lines) == Named::Fully;
                }
            }
        }
    }

    let mut candidates: Vec<Candidate> = Vec::new();
    let mut total = 0;
    for same in sightings.chunk_by(|a, b| a.folded == b.folded) {
        let candidate = candidate(same, &lines);
        let place = candidates.partition_point(|other| compare(other, &candidate) == Ordering::Less);
        candidates.insert(place, candidate);
        candidates.truncate(MAX_CANDIDATES);
        total += 1;
    }
    Ranking {
        clear: is_clear(&candidates, frames, barred),
        candidates,
        total,
    }
}

/// One address in one fact.
///
/// Letters beyond ASCII are not folded: two spellings that differ in them count as two addresses, which ends in a
/// choice and not in a guess.
struct Sighting<'a> {
    folded: String,
    email: CustomerEmail,
    kind: Kind,
    weight: Weight,
    /// For a field its label, for a recipe the CRM's name.
    label: &'a str,
}

impl<'a> Sighting<'a> {
    fn new(frame: &'a Frame, fact: &'a Fact, email: CustomerEmail) -> Self {
        Self {
            folded: email.as_str().to_ascii_lowercase(),
            email,
            kind: fact.kind,
            weight: weight::of(frame, fact),
            label: match (&frame.recipe, fact.kind) {
                (Some(recipe), Kind::Recipe) => &recipe.name,
                _ => fact.label.as_deref().unwrap_or_default(),
            },
        }
    }

    /// What they are sorted by: those of one address stand together, within them those of one kind, the best first.
    /// Nothing that is used later is left out, so equal keys cannot be told apart.
    fn key(&self) -> (&str, Kind, Reverse<Weight>, &str, &str) {
        let weight = Reverse(self.weight);
        (&self.folded, self.kind, weight, self.label, self.email.as_str())
    }
}

/// Keeps the sightings in order. They are boxed, so that making room for one moves little.
fn insert<'a>(sightings: &mut Vec<Box<Sighting<'a>>>, sighting: Box<Sighting<'a>>) {
    let place = sightings.partition_point(|other| other.key() < sighting.key());
    sightings.insert(place, sighting);
}

/// Sums up the sightings of one address. Each kind of source counts once, by its best sighting, so that repeating an
/// address does not make it likelier.
fn candidate(sightings: &[Box<Sighting<'_>>], lines: &str) -> Candidate {
    let mut best = &sightings[0];
    let mut score = 0;
    let mut proposable = false;
    let mut fields = false;
    let mut agreeing = 0;
    let mut evidence = Vec::new();
    for same_kind in sightings.chunk_by(|a, b| a.kind == b.kind) {
        let first = &same_kind[0];
        if first.weight.points > best.weight.points {
            best = first;
        }
        score += first.weight.points;
        let fitting = same_kind.iter().any(|sighting| sighting.weight.proposable);
        proposable |= fitting;
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
    let others = sightings.iter().any(|sighting| sighting.weight.others);
    Candidate {
        email: best.email.clone(),
        folded: best.folded.clone(),
        evidence,
        score: if disguised || role && !recipe {
            score / 4
        } else {
            score
        },
        recipe: recipe && !others && !disguised,
        proposable: proposable && !others && !role && !disguised,
        agreed: fields || agreeing > 1,
        sources,
        open: sightings.iter().any(|sighting| sighting.weight.open),
        // One that only looks like the customer's would look like their name, too.
        named: if disguised {
            Named::No
        } else {
            named(&best.folded, lines)
        },
    }
}

/// Where a page says whom it is about: its first headings, and its title, which is the last. Those further down may be of
/// cards about others.
fn whom(frames: &[Frame]) -> String {
    let top = frames.iter().find(|frame| frame.top);
    let lines: Vec<&str> = top.map_or("", |frame| frame.headings.as_str()).lines().collect();
    let (title, headings) = lines.split_last().unwrap_or((&"", &[]));
    let first = headings.iter().take(2).chain([title]);
    first
        .flat_map(|line| [line.to_ascii_lowercase(), "\n".into()])
        .collect()
}

fn named(folded: &str, lines: &str) -> Named {
    let local = folded.split('@').next().unwrap_or_default();
    let words = || {
        local
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| word.len() > 1)
    };
    let shown = |text: &str| shows(text, lines) == Some(true);
    if words().count() > 1 && shown(local) {
        Named::Fully
    } else if words().any(|word| word.len() > 2 && shown(word)) {
        Named::Partly
    } else {
        Named::No
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
fn is_clear(candidates: &[Candidate], frames: &[Frame], barred: bool) -> bool {
    let [first, rest @ ..] = candidates else {
        return false;
    };
    if candidates.iter().any(|candidate| candidate.recipe) {
        return first.recipe && !rest.iter().any(|candidate| candidate.recipe);
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
    let alone = !rest.iter().any(|other| match first.named {
        Named::Fully => other.open && other.named != Named::No,
        named => other.open || other.named > named,
    });
    let alone = alone && (!barred || first.named == Named::Fully);
    first.proposable && first.agreed && seen_enough && first.score > 2 * next && alone
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
