//! The export form of a row: one line of JSON Lines with the record as it is and the openings that are there.
//!
//! ```json
//! {"customer":{"salt":"…","value":{"email":"…"}},"record":{…},"staff":{"salt":"…","value":{…}}}
//! ```

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::jcs::Writer;
use crate::opening::MAX_VALUE_BYTES;
use crate::part::{self, PartError};
use crate::record::{MAX_RECORD_BYTES, Record, RecordError};
use crate::{Opening, OpeningError, Row, base64};

/// Longest line, in bytes, without its line break.
pub const MAX_LINE_BYTES: usize = MAX_RECORD_BYTES + 2 * MAX_VALUE_BYTES + 256;

/// A row that has no export form, or a line that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Longer than any line.
    #[error(
        "a line has at most {MAX_LINE_BYTES} bytes, not {0}: it is not a line of an export, or was changed"
    )]
    TooLong(usize),
    /// Not the JSON of a line.
    #[error(
        "it is not a JSON object of `record`, `customer` and `staff`: it is not a line of an export, or was changed"
    )]
    Malformed,
    /// Spelt otherwise than this crate does.
    #[error("it is not spelt canonically (RFC 8785): it was rewritten; verify the export as it came")]
    NotCanonical,
    /// The record is none.
    #[error("the record cannot be read: {0}")]
    Record(#[from] RecordError),
    /// The record has another place than the row.
    #[error("the record says that its sequence is another: it was moved")]
    Sequence,
    /// An opening is none.
    #[error("an opening cannot be read: {0}")]
    Opening(#[from] OpeningError),
    /// An opening's value is not the part that belongs to such a record.
    #[error("an opening's value cannot be read: {0}")]
    Part(#[from] PartError),
}

/// Writes a row as a line, without the line break. Its hashes are left out: they follow from the records.
///
/// # Errors
///
/// When record or openings are not what they must be. Whether the openings fit the commitments is for
/// [`verify`](crate::verify) to say, of the line as of the row.
pub fn encode(row: &Row) -> Result<Vec<u8>, LineError> {
    let record = Record::decode(&row.record)?;
    if record.sequence != row.sequence {
        return Err(LineError::Sequence);
    }
    let customer = opened(row.customer.as_deref())?;
    let staff = opened(row.staff.as_deref())?;
    if let Some(opening) = &customer {
        part::check_customer(&record.entry, opening.value())?;
    }
    if let Some(opening) = &staff {
        part::check_staff(&record.entry, opening.value())?;
    }
    let mut out = Vec::with_capacity(row.record.len() + 512);
    write(&mut out, customer.as_ref(), &row.record, staff.as_ref());
    Ok(out)
}

/// Reads a line, without its line break, into a row whose hashes are not known.
///
/// # Errors
///
/// For all bytes but those that [`encode`] writes.
pub fn decode(line: &[u8]) -> Result<Row, LineError> {
    if line.len() > MAX_LINE_BYTES {
        return Err(LineError::TooLong(line.len()));
    }
    let parsed: Line<'_> = serde_json::from_slice(line).map_err(|_| LineError::Malformed)?;
    let record = parsed.record.get().as_bytes().to_vec();
    let row = Row {
        sequence: Record::decode(&record)?.sequence,
        record,
        hashes: Vec::new(),
        customer: parsed.customer.map(Held::into_bytes).transpose()?,
        staff: parsed.staff.map(Held::into_bytes).transpose()?,
    };
    if encode(&row)? == line {
        Ok(row)
    } else {
        Err(LineError::NotCanonical)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    customer: Option<Held<'a>>,
    #[serde(borrow)]
    record: &'a RawValue,
    #[serde(borrow)]
    staff: Option<Held<'a>>,
}

/// An opening as it is written in lines and in proofs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Held<'a> {
    salt: String,
    #[serde(borrow)]
    value: &'a RawValue,
}

impl Held<'_> {
    /// As a store keeps it.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, LineError> {
        let mut bytes = base64::decode(&self.salt).ok_or(LineError::Malformed)?.to_vec();
        bytes.extend_from_slice(self.value.get().as_bytes());
        Ok(Opening::from_bytes(&bytes)?.to_bytes())
    }
}

/// Writes an opening as [`Held`] reads it.
pub(crate) fn write_held(writer: &mut Writer<'_, Vec<u8>>, key: &'static str, opening: Option<&Opening>) {
    let Some(opening) = opening else { return };
    let mut held = Vec::with_capacity(opening.value().len() + 80);
    let mut members = Writer::new(&mut held);
    members.text("salt", &base64::encode(opening.salt()));
    members.raw("value", opening.value());
    members.end();
    writer.raw(key, &held);
}

fn write(out: &mut Vec<u8>, customer: Option<&Opening>, record: &[u8], staff: Option<&Opening>) {
    let mut writer = Writer::new(out);
    write_held(&mut writer, "customer", customer);
    writer.raw("record", record);
    write_held(&mut writer, "staff", staff);
    writer.end();
}

/// A stored opening.
pub(crate) fn opened(bytes: Option<&[u8]>) -> Result<Option<Opening>, LineError> {
    Ok(bytes.map(Opening::from_bytes).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Commitment, Entry, Hash, MintOutcome, Outcome, Report, ReportOutcome, ReportPart};

    fn report(customer: Option<Commitment>) -> Vec<u8> {
        Record {
            sequence: 3,
            time: "2026-11-25T03:06:42.123Z".parse().unwrap(),
            entry: Entry::Report(Report {
                customer,
                duration: None,
                intent: 1,
                login: "0192".into(),
                outcome: ReportOutcome::Failed,
            }),
        }
        .encode()
    }

    fn row() -> Row {
        let part = ReportPart {
            cause: "no \"window\"\n".into(),
        };
        let opening = Opening::new([0; 32], &part);
        Row {
            sequence: 3,
            record: report(Some(opening.commitment())),
            hashes: Hash([1; 32]).0.to_vec(),
            customer: Some(opening.to_bytes()),
            staff: None,
        }
    }

    #[test]
    fn a_line_holds_the_row_but_its_hashes() {
        let line = encode(&row()).unwrap();
        let text = String::from_utf8(line.clone()).unwrap();
        assert!(
            text.starts_with(
                r#"{"customer":{"salt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","value":{"cause":"no \"window\"\n"}},"record":{"customer":""#
            ),
            "{text}"
        );
        let read = decode(&line).unwrap();
        assert_eq!(
            read,
            Row {
                hashes: Vec::new(),
                ..row()
            }
        );
        let erased = Row {
            customer: None,
            ..row()
        };
        let line = encode(&erased).unwrap();
        assert!(line.starts_with(br#"{"record":"#));
        assert!(decode(&line).unwrap().customer.is_none());
    }

    #[test]
    fn rows_that_would_make_another_line_are_refused() {
        let inject = [&[0; 32][..], br#"{"cause":"x"}},"record":{"v":1"#].concat();
        let cases = [
            (Row { sequence: 4, ..row() }, LineError::Sequence),
            (
                Row {
                    customer: Some(inject),
                    ..row()
                },
                LineError::Part(PartError::Malformed),
            ),
            (
                Row {
                    customer: Some(vec![0; 31]),
                    ..row()
                },
                LineError::Opening(OpeningError::Length(31)),
            ),
            (
                Row {
                    staff: row().customer,
                    ..row()
                },
                LineError::Part(PartError::Malformed),
            ),
            (
                Row {
                    record: b"{}".to_vec(),
                    ..row()
                },
                LineError::Record(RecordError::Missing("v")),
            ),
        ];
        for (row, error) in cases {
            assert_eq!(encode(&row), Err(error));
        }
        let outcome = Record {
            entry: Entry::Outcome(Outcome {
                cause: None,
                duration: None,
                intent: 1,
                login: "0192".into(),
                outcome: MintOutcome::Minted,
            }),
            ..Record::decode(&row().record).unwrap()
        };
        let unasked = Row {
            record: outcome.encode(),
            ..row()
        };
        assert_eq!(encode(&unasked), Err(LineError::Part(PartError::Malformed)));
    }

    #[test]
    fn lines_have_one_spelling() {
        let line = String::from_utf8(encode(&row()).unwrap()).unwrap();
        for (from, to, error) in [
            ("\"record\":", "\"record\": ", LineError::NotCanonical),
            ("\"salt\":", "\"hashes\":[],\"salt\":", LineError::Malformed),
            (
                "{\"customer\"",
                "{\"staff\":null,\"customer\"",
                LineError::NotCanonical,
            ),
            ("AAA=", "AAB=", LineError::Malformed),
            ("AAA=", "AAA", LineError::Malformed),
            ("\"v\":1", "\"v\":2", LineError::Record(RecordError::Version(2))),
            (
                "\"v\":1",
                "\"v\": 1",
                LineError::Record(RecordError::NotCanonical),
            ),
            (
                "{\"cause\":",
                "{\"cause\": ",
                LineError::Part(PartError::NotCanonical),
            ),
        ] {
            let changed = line.replacen(from, to, 1);
            assert_eq!(decode(changed.as_bytes()), Err(error), "{changed}");
        }
        assert_eq!(
            decode(&vec![b' '; MAX_LINE_BYTES + 1]),
            Err(LineError::TooLong(MAX_LINE_BYTES + 1))
        );
    }
}
