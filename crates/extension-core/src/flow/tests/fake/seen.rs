//! What a test looks at afterwards.

use serde_json::Value;

use super::Fake;

impl Fake {
    /// The requests so far, as `METHOD path`, leaving the list empty.
    pub(in super::super) fn take_requests(&self) -> Vec<String> {
        self.requests.take().into_iter().map(|(line, _)| line).collect()
    }

    /// How many tokens the relay gave out or was asked for.
    pub(in super::super) fn logins_asked(&self) -> usize {
        let requests = self.requests.borrow();
        requests
            .iter()
            .filter(|(line, _)| line == "POST /v1/logins")
            .count()
    }

    /// The outcomes that were reported, with their causes.
    pub(in super::super) fn outcomes(&self) -> Vec<(String, Option<String>)> {
        let text = |value: &Value| value.as_str().map(String::from);
        let requests = self.requests.borrow();
        let reports = requests.iter().filter(|(line, _)| line.ends_with("/outcome"));
        reports
            .map(|(_, body)| (text(&body["outcome"]).unwrap(), text(&body["cause"])))
            .collect()
    }

    /// All that is kept or was sent to pages, as one text.
    pub(in super::super) fn traces(&self) -> String {
        format!("{:?} {:?} {:?}", self.local, self.session, self.pushed)
    }
}
