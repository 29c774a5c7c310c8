//! The ledger as an auditor reads it while it grows, with a memory of what it said before.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    num::NonZeroUsize,
};

use anyhow::{Context as _, Result, bail, ensure};
use jiff::Timestamp;
use stagedoor_ledger::{
    CustomerPart, Entry, Frontier, Hash, Intent, MintOutcome, Opening, Part, Record, ReportOutcome, Row,
    StaffPart, checkpoint::Checkpoint, verify::Verifier,
};
use stagedoor_relay::store::Store;

/// Rows read at once.
const PAGE: u32 = 4096;

/// What the ledger says of a login.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) intent: u64,
    pub(crate) at: Timestamp,
    pub(crate) customer: String,
    pub(crate) staff: String,
    pub(crate) overrides: Option<u64>,
    pub(crate) outcome: Option<Ended>,
    pub(crate) reports: Vec<(u64, ReportOutcome)>,
}

/// Its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) sequence: u64,
    pub(crate) outcome: MintOutcome,
    pub(crate) cause: Option<String>,
}

impl Login {
    /// Whether somebody may have been given the token.
    pub(crate) fn is_handed_out(&self) -> bool {
        let handed = |ended: &Ended| ended.outcome == MintOutcome::Minted && ended.cause.is_none();
        self.outcome.as_ref().is_some_and(handed)
    }
}

/// All that was read so far.
#[derive(Debug)]
pub(crate) struct Ledger {
    tree: Frontier,
    /// By request id.
    pub(crate) logins: HashMap<String, Login>,
    /// Request ids, by the sequences of their intents.
    intents: HashMap<u64, String>,
    /// Intents without an outcome.
    pub(crate) open: BTreeSet<u64>,
    /// Sizes and roots that were seen, each of which must stay true.
    marks: BTreeMap<u64, Hash>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            tree: Frontier::empty(),
            logins: HashMap::new(),
            intents: HashMap::new(),
            open: BTreeSet::new(),
            marks: BTreeMap::new(),
        }
    }
}

impl Ledger {
    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(crate) fn login_of(&self, intent: u64) -> Option<&Login> {
        self.logins.get(self.intents.get(&intent)?)
    }

    /// Remembers size and root of the moment, as the store's own tree has them, without reading the records.
    pub(crate) async fn mark(&mut self, store: &dyn Store) -> Result<()> {
        let size = store.ledger_size().await?;
        let nodes = store.nodes(&Frontier::nodes_needed(size)).await?;
        let root = Frontier::from_hashes(size, nodes)?.root();
        match self.marks.insert(size, root) {
            Some(before) if before != root => bail!("the root of {size} records is {root}, and was {before}"),
            _ => Ok(()),
        }
    }

    /// Reads what was added.
    pub(crate) async fn read_on(&mut self, store: &dyn Store) -> Result<()> {
        let size = store.ledger_size().await?;
        ensure!(
            size >= self.size(),
            "{} records were there, and now there are {size}: records that could be read are lost",
            self.size()
        );
        loop {
            let rows = store.rows_from(self.size(), PAGE).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                self.read(row)
                    .with_context(|| format!("record {} is not as it must be", row.sequence))?;
            }
        }
        if let Some((&marked, root)) = self.marks.last_key_value() {
            ensure!(
                marked <= self.size(),
                "{marked} records were there (root {root}), and now there are {}: records that could be read are lost",
                self.size()
            );
        }
        self.marks.insert(self.size(), self.tree.root());
        Ok(())
    }

    fn read(&mut self, row: &Row) -> Result<()> {
        ensure!(row.sequence == self.size(), "record {} was to come", self.size());
        let record = Record::decode(&row.record)?;
        ensure!(
            record.sequence == row.sequence,
            "it says that it is {}",
            record.sequence
        );
        let hashes: Vec<u8> = self
            .tree
            .append(Hash::of_leaf(&row.record))
            .into_iter()
            .flat_map(|hash| hash.0)
            .collect();
        ensure!(
            hashes == row.hashes,
            "its hashes are not those of the records before it"
        );
        if let Some(marked) = self.marks.get(&self.size()) {
            let root = self.tree.root();
            ensure!(
                *marked == root,
                "the root up to it is {root}, and was {marked} before"
            );
        }
        match &record.entry {
            Entry::Intent(intent) => self.begin(row, &record, intent),
            Entry::Outcome(outcome) => {
                let ended = Ended {
                    sequence: row.sequence,
                    outcome: outcome.outcome,
                    cause: outcome.cause.clone(),
                };
                self.open.remove(&outcome.intent);
                let login = self.at(outcome.intent, &outcome.login)?;
                match login.outcome.replace(ended) {
                    Some(before) => bail!("login {} has the outcome {before:?} already", outcome.login),
                    None => Ok(()),
                }
            }
            Entry::Report(report) => {
                let login = self.at(report.intent, &report.login)?;
                login.reports.push((row.sequence, report.outcome));
                Ok(())
            }
            Entry::Erasure(_) => bail!("it is an erasure, and nobody erased"),
        }
    }

    fn begin(&mut self, row: &Row, record: &Record, intent: &Intent) -> Result<()> {
        let customer: CustomerPart = part(row.customer.as_deref())?;
        let staff: StaffPart = part(row.staff.as_deref())?;
        let login = Login {
            intent: row.sequence,
            at: record.time,
            customer: customer.email,
            staff: staff.email,
            overrides: intent.overrides,
            outcome: None,
            reports: Vec::new(),
        };
        self.open.insert(row.sequence);
        self.intents.insert(row.sequence, intent.login.clone());
        match self.logins.insert(intent.login.clone(), login) {
            Some(before) => bail!("login {} has the intent {} already", intent.login, before.intent),
            None => Ok(()),
        }
    }

    fn at(&mut self, intent: u64, id: &str) -> Result<&mut Login> {
        let login = self.logins.get_mut(id).context("its login has no intent")?;
        ensure!(
            login.intent == intent,
            "it names intent {intent}, not {}",
            login.intent
        );
        Ok(login)
    }

    /// Verifies the whole ledger from its first record, with everything that it ever was as a checkpoint. Returns how
    /// many records and checkpoints were verified.
    pub(crate) async fn verify(&self, store: &dyn Store) -> Result<(u64, u64)> {
        let threads = NonZeroUsize::new(2).unwrap_or(NonZeroUsize::MIN);
        let mut verifier = Verifier::new(Frontier::empty());
        for (&size, &root) in &self.marks {
            verifier.expect(&Checkpoint {
                origin: "chaos".to_owned(),
                size,
                root,
                time: Timestamp::UNIX_EPOCH,
            });
        }
        loop {
            let rows = store.rows_from(verifier.size(), PAGE).await?;
            if rows.is_empty() {
                break;
            }
            verifier.check_all(&rows, threads);
        }
        let summary = verifier.finish();
        if !summary.is_sound() {
            let findings: Vec<_> = summary.findings.iter().map(ToString::to_string).collect();
            bail!("the ledger does not verify: {}", findings.join("; "));
        }
        ensure!(
            summary.confirmed == self.marks.len() as u64,
            "only {} of {} roots that were seen are confirmed",
            summary.confirmed,
            self.marks.len()
        );
        Ok((summary.records, summary.confirmed))
    }
}

fn part<P: Part>(opening: Option<&[u8]>) -> Result<P> {
    let bytes = opening.context("an opening is missing, and nobody erased")?;
    Ok(Opening::from_bytes(bytes)?.read()?)
}
