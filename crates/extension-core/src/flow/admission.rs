//! How a key becomes this profile's, whatever the relay wants to see for it: a code, or a sign-in.

use alloc::boxed::Box;

use stagedoor_protocol::{KeyId, PublicJwk};

use super::{Core, relay::ENROLLED_KEY};
use crate::{
    environment::{Area, Broken, Environment},
    fault::{Code, Fault},
    json::ToJson,
    record::Profile,
    request::public_jwk,
    wire::FromJson,
};

/// Name of a key that the relay has not accepted yet.
pub(super) const PENDING_KEY: &str = "pending";

/// A key with what a relay calls it.
pub(super) struct Candidate<K> {
    pub(super) key: K,
    pub(super) public_key: PublicJwk,
    pub(super) key_id: KeyId,
    /// How often this worker had signed out before.
    pub(super) sign_outs: u32,
}

impl<E: Environment> Core<E> {
    /// Makes a key. It is kept before anything is spent on it: where nothing can be kept, a code stays good.
    pub(super) async fn new_candidate(&self) -> Result<Candidate<E::Key>, Box<Fault>> {
        let sign_outs = self.sign_outs.get();
        let key = self.environment.generate_key().await.map_err(failed)?;
        self.unless_left(sign_outs)?;
        self.environment
            .save_key(PENDING_KEY, &key)
            .await
            .map_err(failed)?;
        self.candidate(key, sign_outs).await
    }

    /// The key that is kept under a name.
    pub(super) async fn kept_candidate(&self, name: &str) -> Result<Option<Candidate<E::Key>>, Box<Fault>> {
        let sign_outs = self.sign_outs.get();
        match self.environment.load_key(name).await.map_err(failed)? {
            Some(key) => Ok(Some(self.candidate(key, sign_outs).await?)),
            None => Ok(None),
        }
    }

    async fn candidate(&self, key: E::Key, sign_outs: u32) -> Result<Candidate<E::Key>, Box<Fault>> {
        let point = self.environment.public_point(&key).await.map_err(failed)?;
        let public_key = public_jwk(&point).ok_or(Code::KeyStoreFailed)?;
        let input = public_key.thumbprint_input();
        let thumbprint = self.environment.sha256(input.as_bytes()).await.map_err(failed)?;
        Ok(Candidate {
            key,
            public_key,
            key_id: KeyId::from_thumbprint(&thumbprint),
            sign_outs,
        })
    }

    /// The relay has accepted the key: from now on it is this profile's, unless somebody has signed out meanwhile.
    pub(super) async fn admit(
        &self,
        key: &E::Key,
        mut sign_outs: u32,
        mut profile: Profile,
    ) -> Result<(), Box<Fault>> {
        let environment = &self.environment;
        let former = Profile::read(&self.kept(Area::Local, None).await?);
        let renewed = former.as_ref().filter(|former| former.key_id == profile.key_id);
        profile.may_approve = renewed.is_some_and(|former| former.may_approve);
        let is_new = renewed.is_none();
        // First, for whatever fails from here on: a profile without a key is one that must connect again, and one with
        // another's would look connected.
        if is_new {
            environment.delete_key(ENROLLED_KEY).await.map_err(failed)?;
        }
        let same =
            |former: &Profile| former.relay == profile.relay && former.staff.email == profile.staff.email;
        if !former.as_ref().is_none_or(same) {
            // What somebody else was doing and why, or at another relay, is no concern of whoever comes after, and they could
            // not report it either.
            let left = self.leave().await;
            left.and(environment.clear(Area::Local).await).map_err(failed)?;
            sign_outs = sign_outs.wrapping_add(1);
        }
        // Nothing is awaited between a look and what is kept after it, so whoever signs out deletes that after it was kept.
        self.unless_left(sign_outs)?;
        let saved = environment.save(Area::Local, &profile.to_json()).await;
        saved.map_err(failed)?;
        self.unless_left(sign_outs)?;
        if is_new {
            environment.save_key(ENROLLED_KEY, key).await.map_err(failed)?;
        }
        environment.delete_key(PENDING_KEY).await.map_err(failed)
    }

    /// Forgets what was begun, which notes nothing any more from now on.
    pub(super) async fn leave(&self) -> Result<(), Broken> {
        self.interrupt();
        self.tidy().await
    }

    /// What is under way notes nothing any more.
    pub(super) fn interrupt(&self) {
        self.sign_outs.set(self.sign_outs.get().wrapping_add(1));
        self.headings.take();
    }

    /// A fault if somebody has signed out since.
    pub(super) fn unless_left(&self, sign_outs: u32) -> Result<(), Box<Fault>> {
        if self.sign_outs.get() == sign_outs {
            Ok(())
        } else {
            Err(Code::NotEnrolled.into())
        }
    }

    /// Forgets what dies with the browser.
    pub(super) async fn tidy(&self) -> Result<(), Broken> {
        let cleared = self.environment.clear(Area::Session).await;
        self.environment.silence().await.and(cleared)
    }
}

fn failed(_: Broken) -> Box<Fault> {
    Code::KeyStoreFailed.into()
}
