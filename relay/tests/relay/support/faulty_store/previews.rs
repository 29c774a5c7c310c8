//! Passes looks at accounts on.

use async_trait::async_trait;
use stagedoor_relay::store::{NewPreview, PreviewAnswer, Previews, StoreError};

use super::FaultyStore;

#[async_trait]
impl Previews for FaultyStore {
    async fn count_preview(&self, new: &NewPreview) -> Result<PreviewAnswer, StoreError> {
        self.inner.count_preview(new).await
    }
}
