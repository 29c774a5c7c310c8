//! What a store has around its records: the schema that guards them, and rows that no record accounts for.

use crate::{
    cli::ledger::text,
    store::{SchemaDifference, Store, StoreError},
};

/// Flaws that are told; more are counted.
const TOLD: usize = 100;
/// Whoever changed the schema may have put anything in a name's place.
const NAME_CHARS: usize = 200;

const SCHEMA: &str = "What keeps records from being changed is part of the schema: find out who changed it, and believe the records \
     as far as a checkpoint from elsewhere agrees. Then put it back, from a backup or by hand; on PostgreSQL, \
     `stagedoor store migrate` puts rights back.";
const ROW: &str = "No relay writes such a row, and it may keep logins from being recorded: find out who did. Delete it, for which the \
     table's trigger has to be dropped and made again.";
const MISFILED: &str = "No relay files it so, and it keeps relays from signing, and logins from being taken: find out who did. Delete \
     the row, for which the table's trigger has to be dropped and made again.";

/// Something that is wrong about the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::ledger) struct Flaw {
    /// Its stable name.
    pub(in crate::cli::ledger) code: &'static str,
    /// What is wrong; nothing personal.
    pub(in crate::cli::ledger) problem: String,
    /// What to do.
    pub(in crate::cli::ledger) cure: &'static str,
}

/// What was found.
#[derive(Debug, Default)]
pub(in crate::cli::ledger) struct State {
    /// The first flaws.
    pub(in crate::cli::ledger) flaws: Vec<Flaw>,
    /// How many there are.
    pub(in crate::cli::ledger) found: u64,
    /// Whether a table is not there. What has its name instead may be a view without end.
    pub(super) tableless: bool,
}

impl State {
    /// Looks at the schema, and for foreign rows.
    pub(super) async fn look(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        for difference in store.schema_differences().await? {
            self.tableless |=
                matches!(&difference, SchemaDifference::Missing(what) if what.starts_with("table "));
            let what: String = difference.to_string().chars().take(NAME_CHARS).collect();
            let problem = format!(
                "the schema is not the one that stagedoor makes: {}",
                text::plain(&what)
            );
            self.add("schema_differs", SCHEMA, problem);
        }
        if self.tableless {
            return Ok(());
        }
        for rows in store.foreign_rows().await? {
            let which = match rows.first {
                Some(first) => format!("the least has number {first}"),
                None => "with no number".to_owned(),
            };
            let problem = format!(
                "the table {} has {} for which there is no record ({which}): somebody added them",
                rows.table,
                text::count(rows.count, "row", "rows"),
            );
            self.add("row_without_record", ROW, problem);
        }
        Ok(())
    }

    /// Puts what was found before in front.
    pub(super) fn prepend(&mut self, mut before: Self) {
        before.found += self.found;
        let room = TOLD.saturating_sub(before.flaws.len());
        before.flaws.extend(self.flaws.drain(..).take(room));
        *self = before;
    }

    /// A checkpoint of the store is filed under another size than it has.
    pub(super) fn misfiled(&mut self, filed: u64, size: u64) {
        let problem = format!(
            "a checkpoint over {} is filed under {}: its row was added or changed",
            text::count(size, "record", "records"),
            filed.cast_signed()
        );
        self.add("checkpoint_misfiled", MISFILED, problem);
    }

    fn add(&mut self, code: &'static str, cure: &'static str, problem: String) {
        self.found += 1;
        if self.flaws.len() < TOLD {
            self.flaws.push(Flaw { code, problem, cure });
        }
    }
}
