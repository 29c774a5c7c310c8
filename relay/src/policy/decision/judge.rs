//! One grant's rules, each looked at by itself.

use std::cmp::Reverse;

use stagedoor_protocol::{PlatformId, ReasonMode};

use super::{Finding, Question, State};
use crate::{
    config::{Grant, Login, Named},
    policy::refusal::{self, Refusal},
    store::Role,
    visible,
};

/// The rules of a grant in the order in which a person can do more and more about them. Of several grants that refuse, the one
/// speaks that got furthest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Roles,
    Platforms,
    Vip,
    Networks,
    Hours,
    Reason,
    Ticket,
}

/// A rule of a grant that is not met, or open.
pub(super) struct Obstacle {
    pub(super) step: Step,
    pub(super) is_open: bool,
    /// Of two obstacles of one kind, the one is told that asks for less.
    weight: i64,
    pub(super) refusal: Refusal,
}

impl Obstacle {
    /// The one of the lowest rank is told. It goes by what the rules say, and last by where they stand.
    pub(super) fn rank(&self) -> impl Ord {
        let Refusal { detail, rule, .. } = &self.refusal;
        (
            !self.is_open,
            Reverse(self.step),
            self.weight,
            detail.clone(),
            rule.clone(),
        )
    }
}

/// What stands in the way by one grant, in the order of the steps.
pub(super) fn judge(
    login: &Login,
    grant: &Grant,
    question: &Question<'_>,
    is_vip: bool,
    findings: &mut Vec<Finding>,
) -> Vec<Obstacle> {
    let mut judge = Judge {
        login,
        grant,
        question,
        findings,
        obstacles: Vec::new(),
    };
    judge.who_and_where();
    if is_vip && judge.obstacles.is_empty() {
        judge.vip();
    }
    // Of a grant that is not for this person, platform or customer the rest does not matter.
    if judge.obstacles.is_empty() {
        judge.networks();
        judge.hours();
        judge.reason();
        judge.ticket();
        judge.approval();
    }
    judge.obstacles
}

struct Judge<'a> {
    login: &'a Login,
    grant: &'a Grant,
    question: &'a Question<'a>,
    findings: &'a mut Vec<Finding>,
    obstacles: Vec<Obstacle>,
}

impl Judge<'_> {
    fn who_and_where(&mut self) {
        if self.grant.implied {
            return;
        }
        let question = self.question;
        let (has, named) = compare(&self.grant.roles, question.roles.iter(), Role::as_str);
        let says = format!(
            "for {named}; the person has {}",
            list(question.roles.iter(), Role::as_str)
        );
        if !self.note("roles", has, says) {
            return self.stand(Step::Roles, 0, refusal::no_grant(question.roles));
        }
        let platform = [question.platform];
        let (has, named) = compare(&self.grant.platforms, platform.into_iter(), PlatformId::as_str);
        if !self.note("platforms", has, format!("on {named}")) {
            self.stand(Step::Platforms, 0, refusal::no_grant(question.roles));
        }
    }

    fn vip(&mut self) {
        let says = match self.grant.vip {
            true => "the customer is a VIP, whom this opens, too",
            false => "the customer is a VIP, whom this does not open",
        };
        if !self.note("vip", self.grant.vip, says) {
            self.stand(Step::Vip, 0, refusal::vip());
        }
    }

    fn networks(&mut self) {
        let networks = &self.grant.networks;
        if networks.is_empty() {
            return;
        }
        let (name, from) = (
            &self.grant.name,
            self.question.from.map(|from| from.to_canonical()),
        );
        let refusal = refusal::networks(name, from);
        let Some(from) = from else {
            self.findings.push(Finding {
                rule: format!("{name}.networks"),
                state: State::Open,
                says: "it is not said from where".to_owned(),
            });
            return self.obstacles.push(Obstacle {
                step: Step::Networks,
                is_open: true,
                weight: 0,
                refusal,
            });
        };
        let inside = self.grant.covers(from);
        let says = match inside {
            true => format!("{from} is in one of them"),
            false if from.is_unspecified() => {
                "it is not known from where, so it is in none of them".to_owned()
            }
            false => format!("{from} is in none of them"),
        };
        if !self.note("networks", inside, says) {
            self.stand(Step::Networks, 0, refusal);
        }
    }

    fn hours(&mut self) {
        let at = self.question.at;
        let Some(hours) = &self.grant.hours else {
            return;
        };
        let says = format!("{hours}; the time there is {}", hours.clock_at(at));
        if !self.note("hours", hours.hold_at(at), says) {
            let next = hours.next_after(at);
            let weight = next
                .as_ref()
                .map_or(i64::MAX, |next| next.timestamp().as_second());
            let refusal = refusal::hours(&self.grant.name, hours, next.as_ref());
            self.stand(Step::Hours, weight, refusal);
        }
    }

    /// What shows nothing does not count, so a blank reason is none. Where one is given it must be long enough, even if it need not have been given.
    fn reason(&mut self) {
        let (mode, least) = (
            self.grant.reason_of(self.login),
            self.grant.reason_min_length_of(self.login),
        );
        let length = visible::length(self.question.reason.unwrap_or_default());
        let (wanted, says) = match mode {
            ReasonMode::Off => (0, "none is asked for".to_owned()),
            ReasonMode::Optional => {
                let wanted = if length == 0 { 0 } else { least };
                (
                    wanted,
                    format!("optional, at least {least} characters; it has {length}"),
                )
            }
            ReasonMode::Required => (
                least,
                format!("required, at least {least} characters; it has {length}"),
            ),
        };
        let rule = match (self.grant.reason, self.grant.reason_min_length) {
            (None, None) => "login.reason".to_owned(),
            (Some(_), _) => format!("{}.reason", self.grant.name),
            (None, Some(_)) => format!("{}.reason_min_length", self.grant.name),
        };
        let met = length >= wanted as usize;
        self.findings.push(Finding {
            rule: rule.clone(),
            state: met.into(),
            says,
        });
        if !met {
            self.stand(Step::Reason, least.into(), refusal::reason(rule, least));
        }
    }

    fn ticket(&mut self) {
        let rule = &self.grant.ticket;
        let ticket = self
            .question
            .ticket
            .map(str::trim)
            .filter(|ticket| visible::length(ticket) > 0);
        if rule.required {
            let says = if ticket.is_some() {
                "required, and there is one"
            } else {
                "required, and there is none"
            };
            if !self.note("ticket", ticket.is_some(), says) {
                self.stand(Step::Ticket, 1, refusal::ticket_missing(&self.grant.name));
            }
        }
        if let Some(ticket) = ticket.filter(|_| rule.pattern.is_some()) {
            let fits = rule.fits(ticket);
            let says = if fits {
                "the ticket has the form that is wanted"
            } else {
                "the ticket has another form"
            };
            if !self.note("ticket_pattern", fits, says) {
                self.stand(Step::Ticket, 0, refusal::ticket_form(&self.grant.name));
            }
        }
    }

    /// No obstacle: it is for the second person to say.
    fn approval(&mut self) {
        if self.grant.approval {
            self.findings.push(Finding {
                rule: format!("{}.approval", self.grant.name),
                state: State::Open,
                says: "a second person must approve".to_owned(),
            });
        }
    }

    /// Keeps what a rule said; whether it is met.
    fn note(&mut self, key: &str, met: bool, says: impl Into<String>) -> bool {
        self.findings.push(Finding {
            rule: format!("{}.{key}", self.grant.name),
            state: met.into(),
            says: says.into(),
        });
        met
    }

    fn stand(&mut self, step: Step, weight: i64, refusal: Refusal) {
        self.obstacles.push(Obstacle {
            step,
            is_open: false,
            weight,
            refusal,
        });
    }
}

/// Whether any of these is named, and who is.
fn compare<'a, T: Ord + 'a>(
    named: &'a Named<T>,
    mut these: impl Iterator<Item = &'a T>,
    text: impl Fn(&T) -> &str,
) -> (bool, String) {
    match named {
        Named::All => (true, "all".to_owned()),
        Named::These(named) => (these.any(|one| named.contains(one)), list(named.iter(), text)),
    }
}

fn list<'a, T: 'a>(these: impl Iterator<Item = &'a T>, text: impl Fn(&T) -> &str) -> String {
    let texts = these.map(|one| text(one).to_owned()).collect::<Vec<_>>();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}
