//! A record and its bytes: canonical JSON (RFC 8785), of which exactly one spelling is accepted.

use crate::entry::{
    Entry, Erasure, ErasureScope, Intent, Method, MintOutcome, Outcome, Parts, Report, ReportOutcome,
};
use crate::wire::{Text, Wire};
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
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|_| RecordError::Malformed)?;
        let record = Self::from_wire(wire)?;
        let mut again = Vec::with_capacity(bytes.len());
        record.encode_into(&mut again);
        if again == bytes {
            Ok(record)
        } else {
            Err(RecordError::NotCanonical)
        }
    }

    /// The leaf of a record's bytes in the tree.
    pub fn leaf_hash(bytes: &[u8]) -> Hash {
        Hash::of_leaf(bytes)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut wire = Wire {
            seq: Some(self.sequence),
            time: owned(time::format(self.time)),
            v: Some(VERSION),
            ..Wire::default()
        };
        match &self.entry {
            Entry::Intent(intent) => {
                wire.kind = borrowed("intent");
                wire.customer = owned(intent.customer.to_string());
                wire.extension = borrowed(&intent.extension);
                wire.login = borrowed(&intent.login);
                wire.method = borrowed(intent.method.as_str());
                wire.origin = intent.origin.as_deref().and_then(borrowed);
                wire.overrides = intent.overrides;
                wire.platform = borrowed(&intent.platform);
                wire.policy = borrowed(&intent.policy);
                wire.staff = owned(intent.staff.to_string());
                wire.validity = Some(intent.validity);
            }
            Entry::Outcome(outcome) => {
                wire.kind = borrowed("outcome");
                wire.cause = outcome.cause.as_deref().and_then(borrowed);
                wire.duration = outcome.duration;
                wire.intent = Some(outcome.intent);
                wire.login = borrowed(&outcome.login);
                wire.outcome = borrowed(outcome.outcome.as_str());
            }
            Entry::Report(report) => {
                wire.kind = borrowed("report");
                wire.customer = report.customer.and_then(|customer| owned(customer.to_string()));
                wire.duration = report.duration;
                wire.intent = Some(report.intent);
                wire.login = borrowed(&report.login);
                wire.outcome = borrowed(report.outcome.as_str());
            }
            Entry::Erasure(erasure) => {
                wire.kind = borrowed("erasure");
                wire.parts = borrowed(erasure.parts.as_str());
                wire.sequences = owned(erasure.sequences.to_string());
                wire.staff = owned(erasure.staff.to_string());
                match erasure.scope {
                    ErasureScope::Customer => wire.scope = borrowed("customer"),
                    ErasureScope::Age { before } => {
                        wire.scope = borrowed("age");
                        wire.before = owned(time::format(before));
                    }
                }
            }
        }
        wire.write(out);
    }

    fn from_wire(mut wire: Wire<'_>) -> Result<Self, RecordError> {
        // The version first: in another one, everything else may mean something else.
        match wire.v.take() {
            Some(VERSION) => {}
            Some(other) => return Err(RecordError::Version(other)),
            None => return Err(RecordError::Missing("v")),
        }
        if wire.unknown {
            return Err(RecordError::UnknownMember);
        }
        let sequence = integer(wire.seq.take(), "seq")?;
        let time = moment(wire.time.take(), "time")?;
        let kind = text(wire.kind.take(), "kind")?;
        let entry = match kind.as_str() {
            "intent" => Entry::Intent(intent(&mut wire)?),
            "outcome" => Entry::Outcome(outcome(&mut wire)?),
            "report" => Entry::Report(report(&mut wire)?),
            "erasure" => Entry::Erasure(erasure(&mut wire)?),
            _ => return Err(RecordError::Kind),
        };
        // What a kind has was taken; the rest it does not have.
        if let Some(key) = wire.any() {
            return Err(RecordError::ForeignMember(key));
        }
        Ok(Self {
            sequence,
            time,
            entry,
        })
    }
}

fn intent(wire: &mut Wire<'_>) -> Result<Intent, RecordError> {
    Ok(Intent {
        customer: commitment(wire.customer.take(), "customer")?,
        extension: text(wire.extension.take(), "extension")?,
        login: text(wire.login.take(), "login")?,
        method: word(wire.method.take(), "method", Method::parse)?,
        origin: wire.origin.take().map(|origin| origin.0.into_owned()),
        overrides: optional_integer(wire.overrides.take(), "overrides")?,
        platform: text(wire.platform.take(), "platform")?,
        policy: text(wire.policy.take(), "policy")?,
        staff: commitment(wire.staff.take(), "staff")?,
        validity: integer(wire.validity.take(), "validity")?,
    })
}

fn outcome(wire: &mut Wire<'_>) -> Result<Outcome, RecordError> {
    Ok(Outcome {
        cause: wire.cause.take().map(|cause| cause.0.into_owned()),
        duration: optional_integer(wire.duration.take(), "duration")?,
        intent: integer(wire.intent.take(), "intent")?,
        login: text(wire.login.take(), "login")?,
        outcome: word(wire.outcome.take(), "outcome", MintOutcome::parse)?,
    })
}

fn report(wire: &mut Wire<'_>) -> Result<Report, RecordError> {
    let customer = match wire.customer.take() {
        None => None,
        some => Some(commitment(some, "customer")?),
    };
    Ok(Report {
        customer,
        duration: optional_integer(wire.duration.take(), "duration")?,
        intent: integer(wire.intent.take(), "intent")?,
        login: text(wire.login.take(), "login")?,
        outcome: word(wire.outcome.take(), "outcome", ReportOutcome::parse)?,
    })
}

fn erasure(wire: &mut Wire<'_>) -> Result<Erasure, RecordError> {
    let scope = match text(wire.scope.take(), "scope")?.as_str() {
        "customer" => ErasureScope::Customer,
        "age" => ErasureScope::Age {
            before: moment(wire.before.take(), "before")?,
        },
        _ => return Err(RecordError::Value("scope", "a scope that is known")),
    };
    Ok(Erasure {
        parts: word(wire.parts.take(), "parts", Parts::parse)?,
        scope,
        sequences: parsed(
            wire.sequences.take(),
            "sequences",
            "ascending ranges such as `0-5,9`",
            SequenceSet::parse,
        )?,
        staff: commitment(wire.staff.take(), "staff")?,
    })
}

fn text(value: Option<Text<'_>>, key: &'static str) -> Result<String, RecordError> {
    Ok(value.ok_or(RecordError::Missing(key))?.0.into_owned())
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

fn borrowed(text: &str) -> Option<Text<'_>> {
    Some(Text(text.into()))
}

fn owned(text: String) -> Option<Text<'static>> {
    Some(Text(text.into()))
}

#[cfg(test)]
mod tests;
