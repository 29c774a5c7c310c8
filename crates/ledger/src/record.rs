//! A record and its bytes: canonical JSON (RFC 8785), of which exactly one spelling is accepted.

use crate::entry::{
    Approval, Entry, Erasure, ErasureScope, Intent, Method, MintOutcome, Outcome, Parts, Report,
    ReportOutcome,
};
use crate::wire::{RecordMembers, Text};
use crate::{Commitment, Hash, MAX_INTEGER, Sequence, SequenceSet, Timestamp, time};

/// Longest record, in bytes.
pub const MAX_RECORD_BYTES: usize = 16 * 1024;

/// The version of the records that this crate reads and writes.
const VERSION: u64 = 1;

/// One record of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place.
    pub sequence: Sequence,
    /// When it was made; encoding keeps whole milliseconds.
    pub time: Timestamp,
    /// What it says.
    pub entry: Entry,
}

/// Bytes that are not a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Longer than any record.
    #[error(
        "a record has at most {MAX_RECORD_BYTES} bytes, not {0}: it was changed, or a caller let too long a text in"
    )]
    TooLong(usize),
    /// Not the JSON of a record.
    #[error("it is not a JSON object of strings and integers: it was changed")]
    Malformed,
    /// Of another version.
    #[error("its version is {0}, and this program reads version {VERSION}: use a newer version")]
    Version(u64),
    /// Of a kind that is not known.
    #[error("its kind is unknown: use a newer version")]
    Kind,
    /// With a member that is not known.
    #[error("it has a member that is unknown: use a newer version")]
    UnknownMember,
    /// With a member that its kind does not have.
    #[error("its kind has no member `{0}`: it was changed, or needs a newer version")]
    ForeignMember(&'static str),
    /// Without a member that it must have.
    #[error("its member `{0}` is missing: it was changed")]
    Missing(&'static str),
    /// With a member that is not what it must be.
    #[error("its member `{0}` is not {1}: it was changed, or needs a newer version")]
    Value(&'static str, &'static str),
    /// Spelt otherwise than canonically.
    #[error("it says what a record says, but is not spelt canonically (RFC 8785): it was rewritten")]
    NotCanonical,
}

impl Record {
    /// The record's bytes.
    ///
    /// Never fails, so it also writes what [`Self::decode`] refuses: more than [`MAX_RECORD_BYTES`], integers past
    /// [`MAX_INTEGER`]. Where texts come from outside, use [`Self::try_encode`].
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        self.encode_into(&mut out);
        out
    }

    /// The record's bytes, if they can be read back.
    ///
    /// # Errors
    ///
    /// What [`Self::decode`] would say of them.
    pub fn try_encode(&self) -> Result<Vec<u8>, RecordError> {
        let bytes = self.encode();
        Self::decode(&bytes).map(|_| bytes)
    }

    /// Reads a record.
    ///
    /// # Errors
    ///
    /// For all bytes but those that [`Self::encode`] makes of a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > MAX_RECORD_BYTES {
            return Err(RecordError::TooLong(bytes.len()));
        }
        let members = RecordMembers::parse(bytes).ok_or(RecordError::Malformed)?;
        // Of the members' order and spelling this decides; of each value, its own parser accepts one spelling only.
        let canonical = members.is_written(bytes);
        let record = Self::from_members(members)?;
        canonical.then_some(record).ok_or(RecordError::NotCanonical)
    }

    /// The leaf of a record's bytes in the tree.
    pub fn leaf_hash(bytes: &[u8]) -> Hash {
        Hash::of_leaf(bytes)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut members = RecordMembers {
            seq: Some(self.sequence),
            time: Text::owned(time::format(self.time)),
            v: Some(VERSION),
            ..RecordMembers::default()
        };
        match &self.entry {
            Entry::Intent(intent) => {
                members.kind = Text::borrowed("intent");
                if let Some(approval) = &intent.approval {
                    members.approval = Text::borrowed(&approval.id);
                    members.approved = Text::owned(time::format(approval.time));
                }
                members.customer = Text::owned(intent.customer.to_string());
                members.extension = Text::borrowed(&intent.extension);
                members.grants = intent.grants.as_deref().and_then(Text::borrowed);
                members.login = Text::borrowed(&intent.login);
                members.method = Text::borrowed(intent.method.as_str());
                members.origin = intent.origin.as_deref().and_then(Text::borrowed);
                members.overrides = intent.overrides;
                members.platform = Text::borrowed(&intent.platform);
                members.policy = Text::borrowed(&intent.policy);
                members.staff = Text::owned(intent.staff.to_string());
                members.validity = Some(intent.validity);
            }
            Entry::Outcome(outcome) => {
                members.kind = Text::borrowed("outcome");
                members.cause = outcome.cause.as_deref().and_then(Text::borrowed);
                members.duration = outcome.duration;
                members.intent = Some(outcome.intent);
                members.login = Text::borrowed(&outcome.login);
                members.outcome = Text::borrowed(outcome.outcome.as_str());
            }
            Entry::Report(report) => {
                members.kind = Text::borrowed("report");
                members.customer = report
                    .customer
                    .and_then(|customer| Text::owned(customer.to_string()));
                members.duration = report.duration;
                members.intent = Some(report.intent);
                members.login = Text::borrowed(&report.login);
                members.outcome = Text::borrowed(report.outcome.as_str());
            }
            Entry::Erasure(erasure) => {
                members.kind = Text::borrowed("erasure");
                members.parts = Text::borrowed(erasure.parts.as_str());
                members.sequences = Text::owned(erasure.sequences.to_string());
                members.staff = Text::owned(erasure.staff.to_string());
                match erasure.scope {
                    ErasureScope::Customer => members.scope = Text::borrowed("customer"),
                    ErasureScope::Age { before } => {
                        members.scope = Text::borrowed("age");
                        members.before = Text::owned(time::format(before));
                    }
                }
            }
        }
        members.write(out);
    }

    fn from_members(mut members: RecordMembers<'_>) -> Result<Self, RecordError> {
        // The version first: in another one, everything else may mean something else.
        match members.v.take() {
            Some(VERSION) => {}
            Some(other) => return Err(RecordError::Version(other)),
            None => return Err(RecordError::Missing("v")),
        }
        if members.unknown {
            return Err(RecordError::UnknownMember);
        }
        let sequence = integer(members.seq.take(), "seq")?;
        let time = moment(members.time.take(), "time")?;
        let kind = members.kind.take().ok_or(RecordError::Missing("kind"))?;
        let entry = match &*kind.0 {
            "intent" => Entry::Intent(intent(&mut members)?),
            "outcome" => Entry::Outcome(outcome(&mut members)?),
            "report" => Entry::Report(report(&mut members)?),
            "erasure" => Entry::Erasure(erasure(&mut members)?),
            _ => return Err(RecordError::Kind),
        };
        // What a kind has was taken; the rest it does not have.
        if let Some(key) = members.any() {
            return Err(RecordError::ForeignMember(key));
        }
        Ok(Self {
            sequence,
            time,
            entry,
        })
    }
}

fn intent(members: &mut RecordMembers<'_>) -> Result<Intent, RecordError> {
    Ok(Intent {
        approval: approval(members)?,
        customer: commitment(members.customer.take(), "customer")?,
        extension: text(members.extension.take(), "extension")?,
        grants: members.grants.take().map(|grants| grants.into_string()),
        login: text(members.login.take(), "login")?,
        method: word(members.method.take(), "method", Method::parse)?,
        origin: members.origin.take().map(|origin| origin.into_string()),
        overrides: optional_integer(members.overrides.take(), "overrides")?,
        platform: text(members.platform.take(), "platform")?,
        policy: text(members.policy.take(), "policy")?,
        staff: commitment(members.staff.take(), "staff")?,
        validity: integer(members.validity.take(), "validity")?,
    })
}

/// Both of its members, or none.
fn approval(members: &mut RecordMembers<'_>) -> Result<Option<Approval>, RecordError> {
    let Some(id) = members.approval.take() else {
        return Ok(None);
    };
    Ok(Some(Approval {
        id: id.into_string(),
        time: moment(members.approved.take(), "approved")?,
    }))
}

fn outcome(members: &mut RecordMembers<'_>) -> Result<Outcome, RecordError> {
    Ok(Outcome {
        cause: members.cause.take().map(|cause| cause.into_string()),
        duration: optional_integer(members.duration.take(), "duration")?,
        intent: integer(members.intent.take(), "intent")?,
        login: text(members.login.take(), "login")?,
        outcome: word(members.outcome.take(), "outcome", MintOutcome::parse)?,
    })
}

fn report(members: &mut RecordMembers<'_>) -> Result<Report, RecordError> {
    let customer = match members.customer.take() {
        None => None,
        some => Some(commitment(some, "customer")?),
    };
    Ok(Report {
        customer,
        duration: optional_integer(members.duration.take(), "duration")?,
        intent: integer(members.intent.take(), "intent")?,
        login: text(members.login.take(), "login")?,
        outcome: word(members.outcome.take(), "outcome", ReportOutcome::parse)?,
    })
}

fn erasure(members: &mut RecordMembers<'_>) -> Result<Erasure, RecordError> {
    let scope = match text(members.scope.take(), "scope")?.as_str() {
        "customer" => ErasureScope::Customer,
        "age" => ErasureScope::Age {
            before: moment(members.before.take(), "before")?,
        },
        _ => return Err(RecordError::Value("scope", "a scope that is known")),
    };
    Ok(Erasure {
        parts: word(members.parts.take(), "parts", Parts::parse)?,
        scope,
        sequences: parsed(
            members.sequences.take(),
            "sequences",
            "ascending ranges such as `0-5,9`",
            SequenceSet::parse,
        )?,
        staff: commitment(members.staff.take(), "staff")?,
    })
}

fn text(value: Option<Text<'_>>, key: &'static str) -> Result<String, RecordError> {
    Ok(value.ok_or(RecordError::Missing(key))?.into_string())
}

fn parsed<T>(
    value: Option<Text<'_>>,
    key: &'static str,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, RecordError> {
    let text = value.ok_or(RecordError::Missing(key))?;
    parse(&text.0).ok_or(RecordError::Value(key, expected))
}

fn word<T>(
    value: Option<Text<'_>>,
    key: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, RecordError> {
    parsed(value, key, "a word that is known", parse)
}

fn commitment(value: Option<Text<'_>>, key: &'static str) -> Result<Commitment, RecordError> {
    parsed(value, key, "a SHA-256 value in base64", Commitment::parse)
}

fn moment(value: Option<Text<'_>>, key: &'static str) -> Result<Timestamp, RecordError> {
    parsed(value, key, "a UTC time with milliseconds", time::parse)
}

fn integer(value: Option<u64>, key: &'static str) -> Result<u64, RecordError> {
    optional_integer(value, key)?.ok_or(RecordError::Missing(key))
}

fn optional_integer(value: Option<u64>, key: &'static str) -> Result<Option<u64>, RecordError> {
    if value.is_some_and(|value| value > MAX_INTEGER) {
        return Err(RecordError::Value(key, "below 2^53"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
