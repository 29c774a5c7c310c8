//! Claims of colleagues, as the relay answers them.

use stagedoor_protocol::{Claim, ErrorCode, Problem, RequestId};

use super::{Fake, http};

impl Fake {
    /// The next login is answered with the claim of a colleague.
    pub(in super::super) fn claim(&self, login: u64, held_seconds: u32, remaining_seconds: u32) {
        self.answer_claim(remaining_seconds, login, held_seconds, remaining_seconds, false);
    }

    /// The next login is answered with a claim whose login is under way, and with when to come again.
    pub(in super::super) fn claim_under_way(&self, login: u64, held: u32, remaining: u32, retry_after: u32) {
        self.answer_claim(retry_after, login, held, remaining, true);
    }

    fn answer_claim(
        &self,
        retry_after: u32,
        login: u64,
        held_seconds: u32,
        remaining_seconds: u32,
        under_way: bool,
    ) {
        let mut problem = Problem::new(ErrorCode::CustomerClaimed, "Words that would not count down.");
        problem.retry_after_seconds = Some(retry_after);
        problem.claim = Some(Claim {
            request_id: claimed_by(login),
            staff_name: "Maria Silva".into(),
            held_seconds,
            remaining_seconds,
            under_way,
        });
        let problem = serde_json::to_string(&problem).unwrap();
        self.answer("/v1/logins", Ok(http(409, "application/problem+json", &problem)));
    }
}

/// The id of a colleague's login.
pub(in super::super) fn claimed_by(login: u64) -> RequestId {
    RequestId::from_parts(1_699_999_990_000 + login, &[0x55; 10])
}
