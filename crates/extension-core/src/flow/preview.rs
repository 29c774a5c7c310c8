//! A look at the account of whom the confirmation is about. Nothing waits for it, and nothing of it is kept.

use alloc::{boxed::Box, string::String};

use stagedoor_protocol::{ErrorCode, limits::RELAY_TIMEOUT_MILLISECONDS};

use super::{Core, reading::PATIENCE};
use crate::{
    environment::{Environment, TabId},
    facts::{Frame, read_frames},
    fault::{Code, Fault},
    json::Value,
    message::Message,
    names,
    text::harmless_within,
    view::{PreviewView, View},
    wire::{preview_request, status},
};

/// The longest name that is shown, in characters.
const MAX_NAME_CHARS: usize = 100;

impl<E: Environment> Core<E> {
    /// Asks the relay. Whatever goes wrong is shown as what it is: no answer.
    pub(super) async fn preview(&self, id: TabId, message: &Message) -> View {
        let (state, answer) = match self.look_at(message).await {
            Ok(answer) => ("known", answer),
            Err(fault) if fault.code == Code::Relay(ErrorCode::CustomerUnknown) => ("unknown", Value::Null),
            Err(_) => ("unavailable", Value::Null),
        };
        let name = answer.get("name").text().unwrap_or_default();
        let name = harmless_within(name, MAX_NAME_CHARS);
        View::Preview(PreviewView {
            state,
            status: status(&answer),
            login_disabled: answer.get("loginDisabled").flag(),
            not_on_page: !name.is_empty() && self.is_on_page(id, &name).await == Some(false),
            name: Some(name).filter(|name| !name.is_empty()),
        })
    }

    async fn look_at(&self, message: &Message) -> Result<Value, Box<Fault>> {
        let profile = self.profile().await?;
        let request = preview_request(&message.platform, &message.email);
        let answer = self.call(
            &profile,
            None,
            "POST",
            "/v1/previews",
            &request,
            RELAY_TIMEOUT_MILLISECONDS,
        );
        let answer = answer.await?;
        match answer.get("status") {
            Value::Text(_) => Ok(answer),
            _ => Err(Code::RelayAnswerUnusable.into()),
        }
    }

    /// Whether the page's headings show a name, if anything can be said of it.
    async fn is_on_page(&self, id: TabId, name: &str) -> Option<bool> {
        let mut read = self.headings.take().filter(|(tab, _)| *tab == id);
        if read.is_none() {
            // Another worker has read the page, or another page was read since.
            let frames = self
                .collect(id, &self.recipes().await, PATIENCE, false)
                .await
                .ok()?;
            read = Some((id, headings(&read_frames(&Value::parse(&frames)?))));
        }
        let (_, lines) = read.as_ref()?;
        let letters = |text| self.environment.letters(text);
        let shows = names::shows(&letters(name), &letters(lines));
        // None at all, as of a page that did not answer, say nothing.
        let shows = shows.filter(|_| !lines.is_empty());
        self.headings.replace(read);
        shows
    }
}

/// The headings of all frames.
pub(super) fn headings(frames: &[Frame]) -> String {
    frames.iter().map(|frame| frame.headings.as_str()).collect()
}
