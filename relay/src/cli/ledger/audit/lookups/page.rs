//! One page of records against the rows of the look-up tables that belong to it. No page needs another one, so all the
//! machine's threads can work on some.

use std::ops::Range;

use stagedoor_ledger::{Entry, Intent, Named, Outcome, Record, Report, Row, Sequence};
use stagedoor_protocol::{CustomerEmail, RequestId};

use super::{Difference, has_outcome};
use crate::spelling::Spelling as _;
use crate::{
    cli::ledger::pages,
    store::{Projection, ReportRow, Store, StoreError},
};

/// A page that is being compared. Its records are shown to it in their order.
pub(in crate::cli::ledger::audit) struct Comparison {
    range: Range<Sequence>,
    /// Rows of the logins whose intents are on the page, in the order of these.
    logins: Vec<Login>,
    next_login: usize,
    reports: Vec<ReportRow>,
    next_report: usize,
    /// Outcomes on the page whose intents are not on it.
    elsewhere: Vec<(Sequence, Outcome)>,
    found: Vec<Difference>,
}

/// What came of comparing a page.
#[derive(Default)]
pub(in crate::cli::ledger::audit) struct Compared {
    /// What differs, in the records' order.
    pub(in crate::cli::ledger::audit) found: Vec<Difference>,
    /// Rows whose outcomes are on later pages.
    pub(super) later: Vec<Projection>,
    /// Outcomes whose intents are on other pages.
    pub(super) elsewhere: Vec<(Sequence, Outcome)>,
}

/// The row of a login, and what is known of it so far.
struct Login {
    row: Projection,
    /// Whether its intent was on the page.
    begun: bool,
    /// Whether its outcome was on the page.
    ended: bool,
    /// Whether it is on a later one.
    later: bool,
    /// The customer's part of its intent is erased, and the row still has an address.
    address_kept: bool,
    /// What differs.
    differs: Vec<&'static str>,
}

impl Comparison {
    /// Reads the rows that belong to a page. The records must have been read before: then each has its row.
    pub(in crate::cli::ledger::audit) async fn begin(
        store: &dyn Store,
        range: Range<Sequence>,
    ) -> Result<Self, StoreError> {
        let logins = store.projections(range.clone()).await?;
        let reports = store.report_rows(range.clone()).await?;
        let login = |row| Login {
            row,
            begun: false,
            ended: false,
            later: false,
            address_kept: false,
            differs: Vec::new(),
        };
        Ok(Self {
            range,
            logins: logins.into_iter().map(login).collect(),
            next_login: 0,
            reports,
            next_report: 0,
            elsewhere: Vec::new(),
            found: Vec::new(),
        })
    }

    /// Shows it the next record.
    pub(in crate::cli::ledger::audit) fn see(&mut self, row: &Row, record: &Record, named: &Named<'_>) {
        if !self.range.contains(&row.sequence) {
            return;
        }
        match &record.entry {
            Entry::Intent(intent) => self.see_intent(row, record, intent, named),
            Entry::Outcome(outcome) => self.see_outcome(row.sequence, outcome),
            Entry::Report(report) => self.see_report(row.sequence, report),
            Entry::Erasure(_) => {}
        }
    }

    fn see_intent(&mut self, row: &Row, record: &Record, intent: &Intent, named: &Named<'_>) {
        while self
            .logins
            .get(self.next_login)
            .is_some_and(|login| login.row.intent < row.sequence)
        {
            self.next_login += 1;
        }
        match self.logins.get_mut(self.next_login) {
            Some(login) if login.row.intent == row.sequence => {
                self.next_login += 1;
                login.see_intent(record, intent, named);
            }
            _ => self
                .found
                .push(Difference::missing(row.sequence, "intent", &intent.login)),
        }
    }

    fn see_outcome(&mut self, sequence: Sequence, outcome: &Outcome) {
        if !self.range.contains(&outcome.intent) {
            self.elsewhere.push((sequence, outcome.clone()));
            return;
        }
        let found = self
            .logins
            .binary_search_by_key(&outcome.intent, |login| login.row.intent);
        // Without a row, or with that of another login, the intent is a finding.
        let Some(login) = found.ok().and_then(|place| self.logins.get_mut(place)) else {
            return;
        };
        if login.row.request_id != outcome.login {
            return;
        }
        if login.row.outcome_seq == Some(sequence) {
            login.ended = true;
            if !has_outcome(&login.row, outcome) {
                login.differs.push("outcome");
            }
        } else {
            self.found
                .push(Difference::missing(sequence, "outcome", &outcome.login));
        }
    }

    fn see_report(&mut self, sequence: Sequence, report: &Report) {
        self.pass_reports(sequence);
        match self.reports.get(self.next_report) {
            Some(row) if row.sequence == sequence => {
                self.next_report += 1;
                if row.request_id != report.login {
                    self.found
                        .push(Difference::missing(sequence, "report", &report.login));
                } else if row.outcome != report.outcome.as_str() {
                    self.found
                        .push(Difference::differs(sequence, &report.login, &["report"]));
                }
            }
            _ => self
                .found
                .push(Difference::missing(sequence, "report", &report.login)),
        }
    }

    /// Rows before this record that no report came to.
    fn pass_reports(&mut self, sequence: Sequence) {
        while let Some(row) = self
            .reports
            .get(self.next_report)
            .filter(|row| row.sequence < sequence)
        {
            self.found
                .push(Difference::unfounded(row.sequence, "a report", &row.request_id));
            self.next_report += 1;
        }
    }

    /// All records were seen: looks at what is not on the page, of what is verified in all.
    pub(in crate::cli::ledger::audit) async fn end(
        mut self,
        store: &dyn Store,
        all: &Range<Sequence>,
    ) -> Result<Compared, StoreError> {
        self.pass_reports(Sequence::MAX);
        self.end_kept_addresses(store).await?;
        self.end_outcomes(store, all).await?;
        let mut later = Vec::new();
        for login in self.logins {
            let row = login.row;
            if !login.begun {
                let difference = Difference::unfounded(row.intent, "the intent", &row.request_id);
                self.found.push(difference);
                continue;
            }
            if !login.differs.is_empty() {
                let difference = Difference::differs(row.intent, &row.request_id, &login.differs);
                self.found.push(difference);
            }
            if login.later {
                later.push(row);
            }
        }
        self.found.sort_by_key(|difference| difference.sequence);
        Ok(Compared {
            found: self.found,
            later,
            elsewhere: self.elsewhere,
        })
    }

    /// An address goes with the last part: what a report said may still be there, and is found by it.
    async fn end_kept_addresses(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        for login in self.logins.iter_mut().filter(|login| login.address_kept) {
            let reports = match RequestId::parse(&login.row.request_id) {
                Ok(id) => store.login(&id).await?.map(|found| found.reports),
                Err(_) => None,
            };
            let rows = pages::rows_at(store, reports.unwrap_or_default()).await?;
            if rows.values().all(|row| row.customer.is_none()) {
                login.differs.push("customer");
            }
        }
        Ok(())
    }

    /// Rows whose outcome is not on the page.
    async fn end_outcomes(&mut self, store: &dyn Store, all: &Range<Sequence>) -> Result<(), StoreError> {
        let mut size = None;
        for login in self.logins.iter_mut().filter(|login| login.begun && !login.ended) {
            let fits = match login.row.outcome_seq {
                None => login.row.outcome.is_none() && login.row.cause.is_none(),
                Some(sequence) if sequence < self.range.end => false,
                Some(sequence) if sequence < all.end => {
                    login.later = true;
                    true
                }
                // It came after the verification began; it is not compared, but it must be there.
                Some(sequence) => {
                    let size = match size {
                        Some(size) => size,
                        None => *size.insert(store.ledger_size().await?),
                    };
                    sequence < size
                }
            };
            if !fits {
                login.differs.push("outcome");
            }
        }
        Ok(())
    }
}

impl Login {
    fn see_intent(&mut self, record: &Record, intent: &Intent, named: &Named<'_>) {
        self.begun = true;
        let said = &self.row;
        let mut differs = Vec::new();
        if said.request_id != intent.login {
            differs.push("id");
        }
        if said.platform != intent.platform {
            differs.push("platform");
        }
        if said.requested_at != record.time.as_millisecond() {
            differs.push("time");
        }
        match (&named.customer, &said.customer_folded) {
            (Some(email), stored) => {
                if !is_folded(email, stored.as_deref()) {
                    differs.push("customer");
                }
            }
            (None, stored) => self.address_kept = stored.is_some(),
        }
        let same_staff = match &named.staff {
            Some((id, email)) => said.staff_id == Some(*id) && is_folded(email, said.staff_folded.as_deref()),
            // What is erased is known of nobody. Where it cannot be read, the record is the finding.
            None => said.staff_id.is_none(),
        };
        if !same_staff {
            differs.push("staff member");
        }
        self.differs = differs;
    }
}

/// Whether a row has an address as the store folds it.
fn is_folded(email: &str, stored: Option<&str>) -> bool {
    // Nearly all addresses are of ASCII and in lower case, which folding leaves as they are.
    let folded_already = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if stored == Some(email) && email.bytes().all(folded_already) {
        return true;
    }
    let folded = CustomerEmail::parse(email).ok().map(|email| email.spelling());
    folded.as_deref() == stored
}
