//! Why the store did not do what it was asked. One error may be told to many who waited for the same commit, so it can be
//! cloned; its text names files, tables and servers, never values.

use std::borrow::Cow;

/// The store failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It is locked, full, read-only, gone, or cannot be reached.
    #[error("the store {place} cannot be used: {cause}; {cure}")]
    Unavailable {
        /// Which store: a path, or a server.
        place: String,
        /// What the engine or the operating system says.
        cause: String,
        /// What to do about it.
        cure: Cow<'static, str>,
    },
    /// More writes wait than the store takes in.
    #[error("too many writes wait for the store {place}; they are refused until it keeps up")]
    Overloaded {
        /// Which store.
        place: String,
    },
    /// A newer version of stagedoor wrote it.
    #[error(
        "the store {place} has schema version {found}, and this stagedoor knows versions up to {known}; run the version \
         that wrote it, or a newer one"
    )]
    Newer {
        /// Which store.
        place: String,
        /// Its schema.
        found: i64,
        /// The newest schema that is known here.
        known: i64,
    },
    /// Its schema must be brought up to date first.
    #[error(
        "the store {place} has schema version {found}, and {known} is needed; run `stagedoor store migrate`"
    )]
    Older {
        /// Which store.
        place: String,
        /// Its schema.
        found: i64,
        /// The schema that is needed.
        known: i64,
    },
    /// Its schema is not the one that the migrations make.
    #[error(
        "the schema of the store {place} is not the one that stagedoor makes: {differences}. What keeps records from being \
         changed may be gone: find out who changed it, and see with `stagedoor ledger verify` and a checkpoint from elsewhere \
         whether the records are whole; then put it back, from a backup or by hand (`stagedoor ledger verify` names all that \
         differs; on PostgreSQL `stagedoor store migrate` puts rights back)"
    )]
    Altered {
        /// Which store.
        place: String,
        /// What differs: names of tables, triggers, roles.
        differences: String,
    },
    /// The place of a record that is still to come is taken.
    #[error(
        "the store {place} can record nothing: its table {table} has rows of records that are not there yet, which no relay \
         writes; find out who did, with `stagedoor ledger verify`, and delete them"
    )]
    Blocked {
        /// Which store.
        place: String,
        /// Which table.
        table: String,
    },
    /// Another relay has it.
    #[error(
        "another relay is running on the store {place}; stop it first, or use PostgreSQL, which serves several relays"
    )]
    InUse {
        /// Which store.
        place: String,
    },
    /// It has lost records that this process has seen in it.
    #[error(
        "the database no longer holds the records that this relay has seen in it: an older backup was restored under it, a \
         standby that lacked them took over, or records were changed. Stop the relays, keep a copy of what is there, and put \
         the newest state back; `stagedoor ledger verify` with the last checkpoint says what is missing"
    )]
    Severed,
    /// A row that this version did not write, or a change that met another state than it needs.
    #[error("the store is not in the state it should be: {0}")]
    Inconsistent(&'static str),
}

impl StoreError {
    /// What it is, in a few words that name no file, table or server: for whoever may know no more.
    pub fn in_short(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "it cannot be used",
            Self::Overloaded { .. } => "too many writes wait",
            Self::Newer { .. } | Self::Older { .. } => "its schema is of another version",
            Self::Altered { .. } => "its schema was changed",
            Self::Blocked { .. } => "a foreign row is in the way",
            Self::InUse { .. } => "another relay has it",
            Self::Severed => "it has lost records",
            Self::Inconsistent(_) => "it is not in the state it should be",
        }
    }
}
