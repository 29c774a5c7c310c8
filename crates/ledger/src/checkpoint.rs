//! Checkpoints: size and root of the ledger at a time, signed. They are signed notes
//! (<https://c2sp.org/signed-note>) whose text is a checkpoint (<https://c2sp.org/tlog-checkpoint>):
//!
//! ```text
//! relay.example.com/ledger
//! 923748
//! nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//! time 2026-11-25T03:06:42.000Z
//!
//! — relay.example.com/ledger x08go/ZJkuBS9UG/…
//! ```
//!
//! One that was shipped off the host holds the ledger to what it was: nothing before it can change unseen.

use signed_note::{Note, NoteError, VerifierList};
use tlog_tiles::checkpoint::Checkpoint as Body;

pub use crate::key::{KeyError, SigningKey, VerifyingKey};
use crate::{Hash, MAX_INTEGER, Timestamp, time};

/// Longest signed checkpoint, in bytes. There is room for other people's signatures.
pub const MAX_CHECKPOINT_BYTES: usize = 16 * 1024;

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which ledger; the name of its key.
    pub origin: String,
    /// How many records it has.
    pub size: u64,
    /// The hash over them all.
    pub root: Hash,
    /// When it was signed; whole milliseconds.
    pub time: Timestamp,
}

/// Text that is not a checkpoint, or not one to believe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Longer than any checkpoint.
    #[error(
        "a checkpoint has at most {MAX_CHECKPOINT_BYTES} bytes, not {0}: it is another file, or was changed"
    )]
    TooLong(usize),
    /// Not a signed note with a checkpoint in it.
    #[error("it is not a signed checkpoint: it is another file, or was changed")]
    Malformed,
    /// Without its time, or with lines that are not known.
    #[error(
        "its extension lines are not one `time`: it is another program's checkpoint, or needs a newer version"
    )]
    Extension,
    /// Signed by others only.
    #[error("it is not signed by the key {0:08x}: use the verifying key of the time when it was signed")]
    OtherKey(u32),
    /// The signature does not fit the text.
    #[error("its signature by the key {0:08x} is wrong: it was changed, or forged")]
    Signature(u32),
    /// The key is that of another ledger.
    #[error("it is of another ledger than its key's name says: sign with a key that is named as the origin")]
    Origin,
    /// No key was given.
    #[error("no verifying key is given: name at least one")]
    NoKey,
    /// No ledger is this large.
    #[error("a ledger has at most 2^53 - 1 records, not {0}: it was changed")]
    Size(u64),
}

/// Signs a checkpoint. The text is the same for the same checkpoint and key.
///
/// # Errors
///
/// When the origin is not the key's name, or the size impossible.
pub fn sign(checkpoint: &Checkpoint, key: &SigningKey) -> Result<String, CheckpointError> {
    if checkpoint.origin != key.name() {
        return Err(CheckpointError::Origin);
    }
    if checkpoint.size > MAX_INTEGER {
        return Err(CheckpointError::Size(checkpoint.size));
    }
    let body = Body::new(
        &checkpoint.origin,
        checkpoint.size,
        tlog_tiles::Hash(checkpoint.root.0),
        &format!("time {}\n", time::format(checkpoint.time)),
    )
    .map_err(|_| CheckpointError::Malformed)?;
    let mut note = Note::new(&body.to_bytes(), &[]).map_err(|_| CheckpointError::Malformed)?;
    note.add_sigs(&[key]).map_err(|_| CheckpointError::Malformed)?;
    String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Malformed)
}

/// A checkpoint whose signatures are still to be verified.
#[derive(Debug)]
pub struct SignedCheckpoint {
    note: Note,
    checkpoint: Checkpoint,
}

impl SignedCheckpoint {
    /// Reads a signed note.
    ///
    /// # Errors
    ///
    /// When it is none, or what it signs is not a checkpoint with a time.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        if text.len() > MAX_CHECKPOINT_BYTES {
            return Err(CheckpointError::TooLong(text.len()));
        }
        let note = Note::from_bytes(text.as_bytes()).map_err(|_| CheckpointError::Malformed)?;
        let body = Body::from_bytes(note.text()).map_err(|_| CheckpointError::Malformed)?;
        if note.to_bytes() != text.as_bytes() || body.to_bytes() != note.text() {
            return Err(CheckpointError::Malformed);
        }
        if body.size() > MAX_INTEGER {
            return Err(CheckpointError::Size(body.size()));
        }
        let time = body
            .extension()
            .strip_prefix("time ")
            .and_then(|rest| rest.strip_suffix('\n'))
            .and_then(time::parse)
            .ok_or(CheckpointError::Extension)?;
        let checkpoint = Checkpoint {
            origin: body.origin().into(),
            size: body.size(),
            root: Hash(body.hash().0),
            time,
        };
        Ok(Self { note, checkpoint })
    }

    /// The checkpoint, if this key signed it.
    ///
    /// # Errors
    ///
    /// When it did not, or when the checkpoint is of another ledger than the key.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Checkpoint, CheckpointError> {
        let known = VerifierList::new(vec![Box::new(key.clone())]);
        match self.note.verify(&known) {
            Ok(_) if self.checkpoint.origin == key.name() => Ok(self.checkpoint.clone()),
            Ok(_) => Err(CheckpointError::Origin),
            Err(NoteError::UnverifiedNote) => Err(CheckpointError::OtherKey(key.id())),
            Err(_) => Err(CheckpointError::Signature(key.id())),
        }
    }

    /// The checkpoint, if one of these keys signed it: an operator may have changed the key.
    ///
    /// # Errors
    ///
    /// When none did. If one should have, its error is given.
    pub fn verify_any(&self, keys: &[VerifyingKey]) -> Result<Checkpoint, CheckpointError> {
        let mut error = CheckpointError::NoKey;
        for key in keys {
            match self.verify(key) {
                Ok(checkpoint) => return Ok(checkpoint),
                Err(CheckpointError::OtherKey(_)) if error != CheckpointError::NoKey => {}
                Err(other) => error = other,
            }
        }
        Err(error)
    }

    /// What the text says, signed or not. To choose what to read; never to believe.
    pub fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note's text.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.note.to_bytes()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "relay.example.com/ledger";

    fn key(seed: u8) -> SigningKey {
        SigningKey::generate(ORIGIN, [seed; 32]).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            origin: ORIGIN.into(),
            size: 923_748,
            root: Hash([1; 32]),
            time: "2026-11-25T03:06:42Z".parse().unwrap(),
        }
    }

    #[test]
    fn a_signed_checkpoint_is_text() {
        let text = sign(&checkpoint(), &key(1)).unwrap();
        let expected = "relay.example.com/ledger\n923748\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\
             time 2026-11-25T03:06:42.000Z\n\n\u{2014} relay.example.com/ledger ";
        assert!(text.starts_with(expected), "{text}");
        let signed = SignedCheckpoint::parse(&text).unwrap();
        assert_eq!(signed.verify(&key(1).verifying_key()), Ok(checkpoint()));
        assert_eq!(signed.to_text(), text);
    }

    #[test]
    fn who_signed_it_matters() {
        let text = sign(&checkpoint(), &key(1)).unwrap();
        let signed = SignedCheckpoint::parse(&text).unwrap();
        let (right, other) = (key(1).verifying_key(), key(2).verifying_key());
        assert_eq!(signed.verify(&other), Err(CheckpointError::OtherKey(other.id())));
        assert_eq!(signed.verify_any(&[other.clone(), right]), Ok(checkpoint()));
        assert_eq!(
            signed.verify_any(std::slice::from_ref(&other)),
            Err(CheckpointError::OtherKey(other.id()))
        );
        assert_eq!(signed.verify_any(&[]), Err(CheckpointError::NoKey));
        let elsewhere = Checkpoint {
            origin: "elsewhere".into(),
            ..checkpoint()
        };
        assert_eq!(sign(&elsewhere, &key(1)), Err(CheckpointError::Origin));
    }

    /// A key may sign any note; under its own name it speaks for its own ledger only.
    #[test]
    fn a_checkpoint_of_another_ledger_is_refused_though_the_key_signed_it() {
        let body =
            "elsewhere\n1\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\ntime 2026-11-25T03:06:42.000Z\n";
        let mut note = Note::new(body.as_bytes(), &[]).unwrap();
        note.add_sigs(&[&key(1)]).unwrap();
        let text = String::from_utf8(note.to_bytes()).unwrap();
        let signed = SignedCheckpoint::parse(&text).unwrap();
        assert_eq!(
            signed.verify(&key(1).verifying_key()),
            Err(CheckpointError::Origin)
        );
    }

    #[test]
    fn no_byte_can_change() {
        let text = sign(&checkpoint(), &key(1)).unwrap();
        let verifying = key(1).verifying_key();
        for place in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else {
                    continue;
                };
                let result = SignedCheckpoint::parse(&changed).and_then(|signed| signed.verify(&verifying));
                assert!(result.is_err(), "{changed}");
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let text = sign(&checkpoint(), &key(1)).unwrap();
        for (from, to, error) in [
            ("time 2026-11-25T03:06:42.000Z\n", "", CheckpointError::Extension),
            ("time 2026", "time  2026", CheckpointError::Extension),
            ("42.000Z\n", "42.000Z\nmore\n", CheckpointError::Extension),
            ("\n923748", "\n0923748", CheckpointError::Malformed),
            (
                "\n923748",
                "\n9007199254740992",
                CheckpointError::Size(MAX_INTEGER + 1),
            ),
            ("AQE=", "AQF=", CheckpointError::Malformed),
            ("\n\n", "\n", CheckpointError::Malformed),
            ("923748", "923749", CheckpointError::Signature(key(1).id())),
        ] {
            let changed = text.replacen(from, to, 1);
            let result =
                SignedCheckpoint::parse(&changed).and_then(|signed| signed.verify(&key(1).verifying_key()));
            assert_eq!(result, Err(error), "{changed}");
        }
        let long = "x".repeat(MAX_CHECKPOINT_BYTES + 1);
        assert_eq!(
            SignedCheckpoint::parse(&long).err(),
            Some(CheckpointError::TooLong(long.len()))
        );
    }
}
