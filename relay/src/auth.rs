//! Who sends a request: every one under `/v1/` is signed (RFC 9421) by a profile's key, enrolled or about to be.
//!
//! There is no other way in: no path, header or address is exempt. A handler gets its caller from an extractor here
//! ([`Signed`], [`Verified`], [`Enrolling`], [`Holder`]), so one that forgot to ask would have no caller to act for.

mod body;
mod enrolling;
mod guess_limit;
mod headers;
mod known_profiles;
mod signed;
mod verify;

pub(crate) use body::parse_json;
pub(crate) use enrolling::{Enrolling, Holder};
pub(crate) use guess_limit::GuessLimit;
pub(crate) use headers::claim_nonce;
pub(crate) use known_profiles::KnownProfiles;
pub(crate) use signed::{Leaving, Signed, Verified, enrolled};
pub(crate) use verify::sha256;
