//! The personal parts of records: what an opening's value holds. Each is one canonical JSON object (RFC 8785).

use std::borrow::Cow;
use std::fmt;

use crate::opening::MAX_VALUE_BYTES;
use crate::wire::{PartMembers, Text};
use crate::{Entry, MAX_INTEGER};

/// A part that a record commits to.
pub trait Part: Sized {
    /// Its JSON, canonically spelt.
    fn encode(&self) -> Vec<u8>;

    /// Reads exactly what [`Self::encode`] writes.
    ///
    /// # Errors
    ///
    /// For everything else.
    fn decode(bytes: &[u8]) -> Result<Self, PartError>;
}

/// Bytes that are not the part that they should be. Says nothing of the bytes: they are personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// Longer than any part.
    #[error(
        "a part has at most {MAX_VALUE_BYTES} bytes, not {0}: it was changed, or a caller let too long a text in"
    )]
    TooLong(usize),
    /// Other members than it should have.
    #[error("it is not the JSON object that belongs here: it was changed, or needs a newer version")]
    Malformed,
    /// Spelt otherwise than canonically.
    #[error("it is not spelt canonically (RFC 8785): it was rewritten")]
    NotCanonical,
}

/// The customer's part of an intent.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerPart {
    /// The customer's address.
    pub email: String,
    /// Why the platform is opened.
    pub reason: Option<String>,
    /// The customer's record in the CRM.
    pub record_id: Option<String>,
    /// The ticket it is about.
    pub ticket: Option<String>,
}

/// The staff member's part of an intent.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffPart {
    /// The client's network address.
    pub address: String,
    /// The staff member's address.
    pub email: String,
    /// The staff member's number at the relay.
    pub id: i64,
    /// The id of the profile's key.
    pub key: String,
    /// The staff member's name.
    pub name: String,
    /// The colleague who approved, where the record says that one did.
    pub approver: Option<ApproverPart>,
    /// The roles by which the policy allowed it, with commas between them; none if the person had none.
    pub roles: Option<String>,
}

/// Who approved a login, in the staff part of its intent.
#[derive(Clone, PartialEq, Eq)]
pub struct ApproverPart {
    /// Their address.
    pub email: String,
    /// Their number at the relay.
    pub id: i64,
    /// The id of the key of the profile that they decided with.
    pub key: String,
    /// Their name.
    pub name: String,
}

/// The client's words in a report.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportPart {
    /// What went wrong.
    pub cause: String,
}

/// The staff part of an erasure.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorPart {
    /// Who erased.
    pub operator: String,
    /// Why.
    pub reason: String,
}

impl Part for CustomerPart {
    fn encode(&self) -> Vec<u8> {
        write(&PartMembers {
            email: Text::borrowed(&self.email),
            reason: self.reason.as_deref().and_then(Text::borrowed),
            recordId: self.record_id.as_deref().and_then(Text::borrowed),
            ticket: self.ticket.as_deref().and_then(Text::borrowed),
            ..PartMembers::default()
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        read(bytes, customer).map(|(email, [reason, record_id, ticket])| Self {
            email: email.into_string(),
            reason: reason.map(Text::into_string),
            record_id: record_id.map(Text::into_string),
            ticket: ticket.map(Text::into_string),
        })
    }
}

impl Part for StaffPart {
    fn encode(&self) -> Vec<u8> {
        write(&PartMembers {
            address: Text::borrowed(&self.address),
            approver: self.approver.as_ref().map(|approver| approver.id),
            approverEmail: self
                .approver
                .as_ref()
                .and_then(|approver| Text::borrowed(&approver.email)),
            approverKey: self
                .approver
                .as_ref()
                .and_then(|approver| Text::borrowed(&approver.key)),
            approverName: self
                .approver
                .as_ref()
                .and_then(|approver| Text::borrowed(&approver.name)),
            email: Text::borrowed(&self.email),
            id: Some(self.id),
            key: Text::borrowed(&self.key),
            name: Text::borrowed(&self.name),
            roles: self.roles.as_deref().and_then(Text::borrowed),
            ..PartMembers::default()
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        read(bytes, staff).map(|(id, texts, roles, approver)| {
            let [address, email, key, name] = texts.map(Text::into_string);
            Self {
                address,
                email,
                id,
                key,
                name,
                roles: roles.map(Text::into_string),
                approver: approver.map(|(id, texts)| {
                    let [email, key, name] = texts.map(Text::into_string);
                    ApproverPart { email, id, key, name }
                }),
            }
        })
    }
}

impl Part for ReportPart {
    fn encode(&self) -> Vec<u8> {
        write(&PartMembers {
            cause: Text::borrowed(&self.cause),
            ..PartMembers::default()
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        read(bytes, report).map(|cause| Self {
            cause: cause.into_string(),
        })
    }
}

impl Part for OperatorPart {
    fn encode(&self) -> Vec<u8> {
        write(&PartMembers {
            operator: Text::borrowed(&self.operator),
            reason: Text::borrowed(&self.reason),
            ..PartMembers::default()
        })
    }

    fn decode(bytes: &[u8]) -> Result<Self, PartError> {
        read(bytes, operator).map(|texts| {
            let [operator, reason] = texts.map(Text::into_string);
            Self { operator, reason }
        })
    }
}

/// Whom an intent's parts name, as far as they are there and sound.
#[derive(Default)]
pub struct Named<'a> {
    /// The customer's address.
    pub customer: Option<Cow<'a, str>>,
    /// The staff member's number at the relay, and address.
    pub staff: Option<(i64, Cow<'a, str>)>,
}

/// Whether an opening's value is the customer's part of such a record. Says whom that of an intent names.
pub(crate) fn check_customer<'a>(entry: &Entry, value: &'a [u8]) -> Result<Option<Cow<'a, str>>, PartError> {
    match entry {
        Entry::Intent(_) => read(value, customer).map(|(email, _)| Some(email.0)),
        Entry::Report(_) => read(value, report).map(|_| None),
        Entry::Outcome(_) | Entry::Erasure(_) => Err(PartError::Malformed),
    }
}

/// Whether an opening's value is the staff part of such a record. Says whom that of an intent names.
pub(crate) fn check_staff<'a>(
    entry: &Entry,
    value: &'a [u8],
) -> Result<Option<(i64, Cow<'a, str>)>, PartError> {
    match entry {
        Entry::Intent(intent) => {
            let (id, [_, email, ..], _, approver) = read(value, staff)?;
            // Whether somebody approved is said in both or in neither.
            if approver.is_some() == intent.approval.is_some() {
                Ok(Some((id, email.0)))
            } else {
                Err(PartError::Malformed)
            }
        }
        Entry::Erasure(_) => read(value, operator).map(|_| None),
        Entry::Outcome(_) | Entry::Report(_) => Err(PartError::Malformed),
    }
}

// Each takes the members of its part, so that what is left does not belong there. Nothing is copied: verification
// wants to know only that they are there.

fn customer<'a>(members: &mut PartMembers<'a>) -> Option<(Text<'a>, [Option<Text<'a>>; 3])> {
    let optional = [
        members.reason.take(),
        members.recordId.take(),
        members.ticket.take(),
    ];
    Some((members.email.take()?, optional))
}

type Approver<'a> = (i64, [Text<'a>; 3]);

type Staff<'a> = (i64, [Text<'a>; 4], Option<Text<'a>>, Option<Approver<'a>>);

fn staff<'a>(members: &mut PartMembers<'a>) -> Option<Staff<'a>> {
    let approver = match members.approver.take() {
        Some(id) => Some((
            whole(id)?,
            [
                members.approverEmail.take()?,
                members.approverKey.take()?,
                members.approverName.take()?,
            ],
        )),
        None => None,
    };
    let texts = [
        members.address.take()?,
        members.email.take()?,
        members.key.take()?,
        members.name.take()?,
    ];
    let roles = members.roles.take();
    Some((whole(members.id.take()?)?, texts, roles, approver))
}

fn whole(id: i64) -> Option<i64> {
    (id.unsigned_abs() <= MAX_INTEGER).then_some(id)
}

fn report<'a>(members: &mut PartMembers<'a>) -> Option<Text<'a>> {
    members.cause.take()
}

fn operator<'a>(members: &mut PartMembers<'a>) -> Option<[Text<'a>; 2]> {
    Some([members.operator.take()?, members.reason.take()?])
}

fn write(members: &PartMembers<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    members.write(&mut out);
    out
}

fn read<'a, T>(
    bytes: &'a [u8],
    take: impl FnOnce(&mut PartMembers<'a>) -> Option<T>,
) -> Result<T, PartError> {
    if bytes.len() > MAX_VALUE_BYTES {
        return Err(PartError::TooLong(bytes.len()));
    }
    let mut members = PartMembers::parse(bytes).ok_or(PartError::Malformed)?;
    let canonical = members.is_written(bytes);
    let taken = take(&mut members).ok_or(PartError::Malformed)?;
    if members.unknown || members.any().is_some() {
        return Err(PartError::Malformed);
    }
    canonical.then_some(taken).ok_or(PartError::NotCanonical)
}

/// Personal data has a `Debug` that shows none of it.
macro_rules! shows_nothing {
    ($($part:ident),+) => {
        $(
            impl fmt::Debug for $part {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(concat!(stringify!($part), "(..)"))
                }
            }
        )+
    };
}

shows_nothing!(CustomerPart, StaffPart, ApproverPart, ReportPart, OperatorPart);

impl fmt::Debug for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Named(..)")
    }
}

#[cfg(test)]
mod tests;
