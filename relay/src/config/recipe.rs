//! `[[recipe]]`: where on the pages of a CRM the customer's address stands. Enrolled extensions are given them; the relay
//! itself reads no page.

mod place;
mod selector;
mod shadow;

use std::collections::BTreeMap;

use stagedoor_protocol::{
    Recipe,
    limits::{MAX_RECIPES, MAX_RECIPES_BYTES},
};

use super::section::Section;

/// As much of a name as the popup shows.
const MAX_NAME_CHARS: usize = 40;
/// The most entries of a list.
const MAX_ENTRIES: usize = 32;
/// The longest entry of a list, in bytes.
const MAX_ENTRY_BYTES: usize = 256;

pub(super) fn read(section: &mut Section<'_>) -> Option<Recipe> {
    let version = section.number_or("version", Recipe::VERSION, Recipe::VERSION, Recipe::VERSION);
    let name = section.parsed("name", parse_name);
    let hosts = list(section, "hosts", place::host);
    let paths = list(section, "paths", place::path);
    let query = read_query(section);
    let at = list(section, "at", selector::place);
    let ignore = list(section, "ignore", selector::part);
    let only = section.flag("only");
    let recipe = Recipe {
        version: version?,
        name: name?,
        hosts: hosts?,
        paths: paths?,
        query: query?,
        at: at?,
        ignore: ignore?,
        only: only?,
    };
    let before = section.fault_count();
    if recipe.hosts.is_empty() {
        section.fault(
            "hosts",
            "names none, so the recipe would fit no page; name the CRM's, e.g. [\"crm.broker.example\"]",
        );
    }
    check_record(section, &recipe);
    if recipe.only && recipe.at.is_empty() {
        section.fault(
            "only",
            "says that the address stands in one of the places in `at`, which names none, so nobody would ever be proposed; \
             name the place, or leave `only` out",
        );
    }
    (section.fault_count() == before).then_some(recipe)
}

/// What is wrong with all of them together: how many they are, how long, and two for one host.
pub(super) fn fitting(recipes: Vec<Recipe>, root: &mut Section<'_>) -> Vec<Recipe> {
    if recipes.len() > MAX_RECIPES {
        root.fault(
            "recipe",
            format!(
                "there are {}, and {MAX_RECIPES} are the most; pages of one CRM fit into one recipe",
                recipes.len()
            ),
        );
    }
    let bytes = serde_json::to_vec(&recipes).map_or(usize::MAX, |text| text.len());
    if bytes > MAX_RECIPES_BYTES {
        root.fault(
            "recipe",
            format!(
                "together they have {bytes} bytes as JSON, and {MAX_RECIPES_BYTES} are the most, because each click fetches \
                 them; leave out what no page needs"
            ),
        );
    }
    for (index, recipe) in recipes.iter().enumerate() {
        let earlier = recipes.iter().enumerate().take(index);
        let mut earlier =
            earlier.flat_map(|(place, other)| other.hosts.iter().map(move |host| (place, host)));
        let taken = earlier.find_map(|(place, pattern)| {
            let mut hosts = recipe.hosts.iter();
            let host = hosts.find(|host| shadow::covers(pattern, host))?;
            Some((place, pattern, host))
        });
        let Some((place, pattern, host)) = taken else {
            continue;
        };
        let problem = if pattern == host {
            format!(
                "{host:?} stands in an earlier recipe, too, and only the first for a host is looked at; put the paths and places \
                 of both into one"
            )
        } else {
            format!(
                "{host:?} is one of the hosts of {pattern:?} in recipe[{place}], and only the first recipe for a host is looked \
                 at, so this one would never be; put it before that one"
            )
        };
        root.fault(&format!("recipe[{index}].hosts"), problem);
    }
    recipes
}

/// The record's id stands in exactly one place of the page's address.
fn check_record(section: &mut Section<'_>, recipe: &Recipe) {
    let named = |text: &String| text.contains(Recipe::RECORD);
    let in_paths = recipe.paths.iter().filter(|path| named(path)).count();
    let in_query = recipe
        .query
        .values()
        .filter(|values| values.iter().any(named))
        .count();
    match (in_paths, in_query) {
        (0, 0) => section.fault(
            "paths",
            "says nowhere where the record's id stands, so pages about one customer could not be told from others; write {} in \
             its place, e.g. \"/customers/{}\", or in `query`, e.g. query = { id = [\"{}\"] }",
        ),
        (0, 1) => {}
        (0, _) => section.fault(
            "query",
            "has {} in several parameters; one of them is the record's id",
        ),
        (_, 0) if in_paths == recipe.paths.len() => {}
        (_, 0) => section.fault(
            "paths",
            "has {} in some and not in others; write it in each, where the record's id stands",
        ),
        (_, _) => section.fault(
            "query",
            "has {} although the paths have it; the record's id stands in one of the two",
        ),
    }
}

fn read_query(section: &mut Section<'_>) -> Option<BTreeMap<String, Vec<String>>> {
    let query = section.lists("query")?;
    let before = section.fault_count();
    if query.len() > MAX_ENTRIES {
        section.fault("query", format!("has more than {MAX_ENTRIES} parameters"));
    }
    for (name, values) in &query {
        if let Err(problem) = place::parameter(name, values) {
            section.fault("query", format!("{name:?} {problem}"));
        }
    }
    (section.fault_count() == before).then_some(query)
}

fn list(
    section: &mut Section<'_>,
    key: &'static str,
    parse: impl Fn(&str) -> Result<String, String>,
) -> Option<Vec<String>> {
    let entries = section.list(key, |text| {
        bounded(text)
            .and_then(|()| parse(text))
            .map_err(|problem| format!("{} {problem}", shown(text)))
    })?;
    if entries.len() > MAX_ENTRIES {
        section.fault(
            key,
            format!("has {} entries, and {MAX_ENTRIES} are the most", entries.len()),
        );
        return None;
    }
    Some(entries)
}

fn bounded(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("is empty; write something, or leave the entry out".to_owned());
    }
    if text.len() > MAX_ENTRY_BYTES {
        return Err(format!(
            "is longer than {MAX_ENTRY_BYTES} bytes; a shorter one will do"
        ));
    }
    if text.chars().any(char::is_control) {
        return Err("has a control character, such as a line end, in it; leave it out".to_owned());
    }
    Ok(())
}

/// An entry as a fault names it.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start:?}...")
}

fn parse_name(text: &str) -> Result<String, String> {
    let fits = (1..=MAX_NAME_CHARS).contains(&text.trim().chars().count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.trim().to_owned())
    } else {
        Err(format!(
            "must be 1 to {MAX_NAME_CHARS} characters, without line ends; people read it in the popup"
        ))
    }
}

#[cfg(test)]
mod tests;
