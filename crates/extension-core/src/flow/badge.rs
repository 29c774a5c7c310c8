//! What is written on the toolbar button: how a login ended that nobody saw end, and how many requests for approval wait.
//!
//! Both stand there together, and each is changed without the other. The button itself is where they are kept.

use alloc::string::{String, ToString};

use super::Core;
use crate::{environment::Environment, record::Step};

/// A platform was opened.
const OPENED: char = '✓';
/// Something went wrong.
const ATTENTION: char = '!';

impl<E: Environment> Core<E> {
    /// Shows how a login ended.
    pub(super) async fn mark_result(&self, step: Step) {
        let mark = match step {
            Step::Opened => OPENED,
            _ => ATTENTION,
        };
        self.write(Some(String::from(mark)), None).await;
    }

    /// Somebody looks: nothing is news any more.
    pub(super) async fn unmark(&self) {
        self.write(Some(String::new()), None).await;
    }

    /// What was opened has been closed.
    pub(super) async fn unmark_opened(&self) {
        if self.environment.badge().await.starts_with(OPENED) {
            self.unmark().await;
        }
    }

    /// Shows how many requests wait; none shows nothing.
    pub(super) async fn show_count(&self, count: usize) {
        let count = match count {
            0 => String::new(),
            some => some.to_string(),
        };
        self.write(None, Some(count)).await;
    }

    async fn write(&self, mark: Option<String>, count: Option<String>) {
        let sign_outs = self.sign_outs.get();
        let shown = self.environment.badge().await;
        let digits = shown.trim_start_matches([OPENED, ATTENTION]);
        let before = shown.strip_suffix(digits).unwrap_or_default();
        let mut text = mark.unwrap_or_else(|| before.into());
        text.push_str(count.as_deref().unwrap_or(digits));
        if text != shown && self.sign_outs.get() == sign_outs {
            self.environment.show_badge(&text).await;
        }
    }
}
