//! A ledger in memory, written as a store would write it.

use stagedoor_ledger::checkpoint::{Checkpoint, SigningKey, sign};
use stagedoor_ledger::verify::{Summary, Verifier};
use stagedoor_ledger::{
    Approval, ApproverPart, CustomerPart, Entry, Erasure, ErasureScope, Frontier, Hash, Intent, Method,
    MintOutcome, Node, Opening, OperatorPart, Outcome, Parts, Record, Report, ReportOutcome, ReportPart, Row,
    Sequence, SequenceSet, StaffPart, Timestamp,
};

pub(crate) const ORIGIN: &str = "relay.example.com/ledger";

#[derive(Clone)]
pub(crate) struct Book {
    pub(crate) rows: Vec<Row>,
    frontier: Frontier,
    start: Timestamp,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self {
            rows: Vec::new(),
            frontier: Frontier::empty(),
            start: "2026-11-25T03:06:42.123Z".parse().unwrap(),
        }
    }

    /// Twelve records of all kinds, two of them erasures that were carried out.
    pub(crate) fn sample() -> Self {
        let mut book = Self::new();
        book.intent("login-a", None);
        book.outcome(0, "login-a", MintOutcome::Minted);
        book.report(0, "login-a", None);
        book.intent("login-b", Some(0));
        book.outcome(3, "login-b", MintOutcome::Minted);
        book.report(3, "login-b", Some("the \"window\" did not open"));
        book.intent("login-c", None);
        book.outcome(6, "login-c", MintOutcome::Unknown);
        book.erase("0", Parts::Customer, ErasureScope::Customer);
        book.intent("login-d", None);
        book.outcome(9, "login-d", MintOutcome::Failed);
        let before = book.time(6);
        book.erase("3-5", Parts::CustomerAndStaff, ErasureScope::Age { before });
        book
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// A record a second.
    pub(crate) fn time(&self, sequence: Sequence) -> Timestamp {
        let milliseconds = self.start.as_millisecond() + i64::try_from(sequence).unwrap() * 1000;
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    pub(crate) fn intent(&mut self, login: &str, overrides: Option<Sequence>) {
        self.add_intent(login, overrides, None);
    }

    pub(crate) fn approved_intent(&mut self, login: &str, approval: Option<Approval>) {
        self.add_intent(login, None, approval);
    }

    fn add_intent(&mut self, login: &str, overrides: Option<Sequence>, approval: Option<Approval>) {
        let sequence = self.size();
        let customer = self.opening(&CustomerPart {
            email: format!("customer-{sequence}@example.com"),
            reason: Some("asked for help on the telephone".into()),
            record_id: Some("cus_1029".into()),
            ticket: overrides.is_none().then(|| "T-100".into()),
        });
        let staff = self.opening(&StaffPart {
            address: "192.0.2.7".into(),
            email: "staff@broker.example".into(),
            id: 12,
            key: "pJ0bXnSg3xk".into(),
            name: "Staff Member".into(),
            roles: overrides.is_some().then(|| "support,team-lead".into()),
            approver: approval.is_some().then(|| ApproverPart {
                email: "lead@broker.example".into(),
                id: 3,
                key: "Xq0bXnSg3xk".into(),
                name: "Team Lead".into(),
            }),
        });
        let entry = Entry::Intent(Intent {
            approval,
            customer: customer.commitment(),
            extension: "1.2.0".into(),
            grants: overrides.is_some().then(|| "policy.grant[0]".into()),
            login: login.into(),
            method: match overrides {
                None => Method::ProfileSignature,
                Some(_) => Method::SignInSignature,
            },
            origin: overrides.is_none().then(|| "https://crm.example".into()),
            overrides,
            platform: "live".into(),
            policy: "2026-01".into(),
            staff: staff.commitment(),
            validity: 30,
        });
        self.push(entry, Some(&customer), Some(&staff));
    }

    pub(crate) fn outcome(&mut self, intent: Sequence, login: &str, outcome: MintOutcome) {
        let failed = outcome == MintOutcome::Failed;
        let entry = Entry::Outcome(Outcome {
            cause: failed.then(|| "broker_unreachable".into()),
            duration: Some(212),
            intent,
            login: login.into(),
            outcome,
        });
        self.push(entry, None, None);
    }

    pub(crate) fn report(&mut self, intent: Sequence, login: &str, cause: Option<&str>) {
        let customer = cause.map(|cause| self.opening(&ReportPart { cause: cause.into() }));
        let entry = Entry::Report(Report {
            customer: customer.as_ref().map(Opening::commitment),
            duration: cause.is_none().then_some(840),
            intent,
            login: login.into(),
            outcome: if cause.is_some() {
                ReportOutcome::Failed
            } else {
                ReportOutcome::Opened
            },
        });
        self.push(entry, customer.as_ref(), None);
    }

    /// Records an erasure and carries it out.
    pub(crate) fn erase(&mut self, sequences: &str, parts: Parts, scope: ErasureScope) {
        let sequences = SequenceSet::parse(sequences).unwrap();
        for row in &mut self.rows {
            if sequences.contains(row.sequence) {
                row.customer = None;
                if parts == Parts::CustomerAndStaff {
                    row.staff = None;
                }
            }
        }
        self.record_erasure(sequences, parts, scope);
    }

    /// Records an erasure without carrying it out.
    pub(crate) fn record_erasure(&mut self, sequences: SequenceSet, parts: Parts, scope: ErasureScope) {
        let staff = self.opening(&OperatorPart {
            operator: "operator".into(),
            reason: "request 7".into(),
        });
        let entry = Entry::Erasure(Erasure {
            parts,
            scope,
            sequences,
            staff: staff.commitment(),
        });
        self.push(entry, None, Some(&staff));
    }

    pub(crate) fn push(&mut self, entry: Entry, customer: Option<&Opening>, staff: Option<&Opening>) {
        let record = Record {
            sequence: self.size(),
            time: self.time(self.size()),
            entry,
        };
        self.append(
            record.encode(),
            customer.map(Opening::to_bytes),
            staff.map(Opening::to_bytes),
        );
    }

    /// Appends a record's bytes, whatever they are.
    pub(crate) fn append(&mut self, record: Vec<u8>, customer: Option<Vec<u8>>, staff: Option<Vec<u8>>) {
        let sequence = self.size();
        let hashes = self.frontier.append(Hash::of_leaf(&record));
        self.rows.push(Row {
            sequence,
            record,
            hashes: hashes.iter().flat_map(|hash| hash.0).collect(),
            customer,
            staff,
        });
    }

    /// The same ledger with its records, numbers and hashes written anew: what somebody does who owns the store.
    pub(crate) fn rewritten(rows: &[Row], change: impl Fn(Sequence, Record) -> Record) -> Self {
        let mut book = Self::new();
        for row in rows {
            let sequence = book.size();
            let mut record = Record::decode(&row.record).unwrap();
            record.sequence = sequence;
            record.time = book.time(sequence);
            let bytes = change(sequence, record).encode();
            book.append(bytes, row.customer.clone(), row.staff.clone());
        }
        book
    }

    pub(crate) fn node(&self, node: Node) -> Option<Hash> {
        let row = self.rows.get(usize::try_from(node.row()).unwrap())?;
        row.hashes[node.offset()..].first_chunk().copied().map(Hash)
    }

    pub(crate) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            origin: ORIGIN.into(),
            size: self.size(),
            root: self.root(),
            time: self.time(self.size()),
        }
    }

    pub(crate) fn signed(&self) -> String {
        sign(&self.checkpoint(), &key(1)).unwrap()
    }

    /// A salt for each opening, never twice.
    fn opening(&self, part: &impl stagedoor_ledger::Part) -> Opening {
        let plain = Opening::new([0; 32], part);
        let mut salt = *plain.commitment().as_bytes();
        salt[0] ^= u8::try_from(self.size() % 256).unwrap();
        Opening::new(salt, part)
    }
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::generate(ORIGIN, [seed; 32]).unwrap()
}

/// Verifies rows as a whole ledger that must agree with a checkpoint.
pub(crate) fn verify(rows: &[Row], checkpoint: &Checkpoint) -> Summary {
    let mut verifier = Verifier::new(Frontier::empty());
    verifier.expect(checkpoint);
    for row in rows {
        verifier.check(row);
    }
    verifier.finish()
}
