//! A store's schema as it is, beside the one that the migrations make. Constraints and triggers are what keeps records from
//! being changed or removed, so one that is gone is told like a record that is gone.

use std::{collections::BTreeMap, fmt};

use super::{Store, StoreError};

/// What a schema is made of: a name for each thing, such as `trigger records_are_appended on records`, and what it is.
pub(super) type Facts = BTreeMap<String, String>;

/// How many differences an error names.
const TOLD: usize = 3;

/// Something in which a store's schema is not the one that the migrations make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaDifference {
    /// It is not there.
    Missing(String),
    /// It is there, and should not be.
    Added(String),
    /// It is another than it should be.
    Changed(String),
}

impl fmt::Display for SchemaDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(what) => write!(formatter, "{what} is missing"),
            Self::Added(what) => write!(formatter, "{what} was added"),
            Self::Changed(what) => write!(formatter, "{what} was changed"),
        }
    }
}

/// What differs, in the order of the names.
pub(super) fn compare(expected: &Facts, found: &Facts) -> Vec<SchemaDifference> {
    let expected_or_changed = expected.iter().filter_map(|(name, is)| match found.get(name) {
        None => Some((name, SchemaDifference::Missing(name.clone()))),
        Some(other) if other != is => Some((name, SchemaDifference::Changed(name.clone()))),
        Some(_) => None,
    });
    let added = found.keys().filter(|name| !expected.contains_key(*name));
    let added = added.map(|name| (name, SchemaDifference::Added(name.clone())));
    let by_name: BTreeMap<_, _> = expected_or_changed.chain(added).collect();
    by_name.into_values().collect()
}

/// Refuses a store whose schema differs: what guards its records may be gone.
pub(crate) async fn check(store: &dyn Store, place: String) -> Result<(), StoreError> {
    let differences = store.schema_differences().await?;
    if differences.is_empty() {
        return Ok(());
    }
    let told = differences.iter().take(TOLD).map(ToString::to_string);
    let mut told = told.collect::<Vec<_>>().join("; ");
    if differences.len() > TOLD {
        told = format!("{told}; and {} more", differences.len() - TOLD);
    }
    Err(StoreError::Altered {
        place,
        differences: told,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(of: &[(&str, &str)]) -> Facts {
        of.iter()
            .map(|(name, is)| ((*name).into(), (*is).into()))
            .collect()
    }

    #[test]
    fn what_is_missing_added_and_changed_is_told_in_the_order_of_the_names() {
        let expected = facts(&[("a", "1"), ("b", "1"), ("d", "1")]);
        let found = facts(&[("b", "2"), ("c", "1"), ("d", "1")]);
        let told: Vec<_> = compare(&expected, &found)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told, ["a is missing", "b was changed", "c was added"]);
        assert_eq!(compare(&expected, &expected), []);
    }
}
