//! In what kind of window the platform may be opened. Two customers never share one isolated session.

use stagedoor_protocol::Isolation;

use crate::fault::Code;

/// What has to be done to open a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Whether the window is to be a private one.
    pub incognito: bool,
    /// Whether the private windows that are open must be closed first, because they share their cookies.
    pub close_others: bool,
}

/// Decides by the policy, the person's permission, how many private windows are open, and whether they may be closed.
pub fn plan(policy: Isolation, allowed: bool, open: usize, replace: bool) -> Result<Plan, Code> {
    match policy {
        Isolation::Required if !allowed => Err(Code::IsolationNotAllowed),
        Isolation::Off => Ok(Plan::ordinary()),
        Isolation::Preferred if !allowed => Ok(Plan::ordinary()),
        Isolation::Required | Isolation::Preferred if open > 0 && !replace => Err(Code::IsolationBusy),
        Isolation::Required | Isolation::Preferred => Ok(Plan {
            incognito: true,
            close_others: open > 0,
        }),
    }
}

impl Plan {
    fn ordinary() -> Self {
        Self {
            incognito: false,
            close_others: false,
        }
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let private = |close_others| {
            Ok(Plan {
                incognito: true,
                close_others,
            })
        };
        let ordinary = || Ok(Plan::ordinary());
        for (policy, allowed, open, replace, expected) in [
            (Isolation::Required, true, 0, false, private(false)),
            (Isolation::Required, true, 0, true, private(false)),
            (Isolation::Required, true, 1, false, Err(Code::IsolationBusy)),
            (Isolation::Required, true, 2, true, private(true)),
            (
                Isolation::Required,
                false,
                0,
                false,
                Err(Code::IsolationNotAllowed),
            ),
            (
                Isolation::Required,
                false,
                1,
                true,
                Err(Code::IsolationNotAllowed),
            ),
            (Isolation::Preferred, true, 0, false, private(false)),
            (Isolation::Preferred, true, 1, false, Err(Code::IsolationBusy)),
            (Isolation::Preferred, true, 1, true, private(true)),
            (Isolation::Preferred, false, 1, false, ordinary()),
            (Isolation::Off, true, 1, false, ordinary()),
            (Isolation::Off, false, 0, true, ordinary()),
        ] {
            assert_eq!(
                plan(policy, allowed, open, replace),
                expected,
                "{policy:?} {allowed} {open} {replace}"
            );
        }
    }
}
