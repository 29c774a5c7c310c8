//! Profiles that have logged in since the relay started, so that a login's signature is verified without asking the store.
//!
//! Nothing is decided on what is remembered here but whose key a signature is to be verified with, and that never changes:
//! a key's id is its hash. Whether the profile may still log in is asked of the store, in the transaction that records the
//! login, or before a refusal is given.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use stagedoor_protocol::KeyId;

use crate::store::Profile;

/// More than a desk has; a bound on memory, not on staff.
const MOST: usize = 4096;

/// The profiles.
#[derive(Debug, Default)]
pub(crate) struct KnownProfiles(Mutex<HashMap<KeyId, Profile>>);

impl KnownProfiles {
    pub(crate) fn get(&self, key: &KeyId) -> Option<Profile> {
        self.lock().get(key).cloned()
    }

    pub(crate) fn remember(&self, profile: Profile) {
        let mut profiles = self.lock();
        if profiles.len() >= MOST {
            // Those who are at work come back by themselves.
            profiles.clear();
        }
        profiles.insert(profile.key_id.clone(), profile);
    }

    pub(crate) fn forget(&self, key: &KeyId) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<KeyId, Profile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
