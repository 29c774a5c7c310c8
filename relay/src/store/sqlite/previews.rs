//! Looks at accounts in SQLite.

use async_trait::async_trait;

use super::{SqliteStore, file::Failure, staff::is_staff, writer::Writing};
use crate::store::{NewPreview, PreviewAnswer, Previews, StoreError, limits::Judged};

#[async_trait]
impl Previews for SqliteStore {
    async fn count_preview(&self, new: &NewPreview) -> Result<PreviewAnswer, StoreError> {
        let new = new.clone();
        self.writer
            .write(move |writing| writing.count_preview(&new))
            .await
    }
}

impl Writing<'_> {
    fn count_preview(&self, new: &NewPreview) -> Result<PreviewAnswer, Failure> {
        if is_staff(self.connection, &new.customer)? {
            return Ok(PreviewAnswer::CustomerIsStaff);
        }
        match self.count_in_limits(&new.limits, new.at)? {
            Judged::Admitted(_) => Ok(PreviewAnswer::Counted),
            Judged::Reached(reached, _) => Ok(PreviewAnswer::Limited(reached)),
            Judged::Busy(..) => {
                Err(StoreError::Inconsistent("a look at an account was to wait for its turn").into())
            }
        }
    }
}
