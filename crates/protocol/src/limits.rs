//! Bounds that both sides keep to.

/// Largest request body that the relay reads, in bytes.
pub const MAX_BODY_BYTES: usize = 16 * 1024;
/// Longest reason text, in Unicode scalar values.
pub const MAX_REASON_CHARS: usize = 500;
/// Longest ticket reference, in Unicode scalar values.
pub const MAX_TICKET_CHARS: usize = 100;
/// Longest word of an approver, in Unicode scalar values.
pub const MAX_WORD_CHARS: usize = 200;
/// Most requests for approval that an approver is shown at once.
pub const MAX_WAITING_APPROVALS: usize = 100;
/// Longest CRM origin, record id, cause or version text, in bytes.
pub const MAX_LABEL_BYTES: usize = 256;
/// How far the `created` time of a signature may be from the relay's clock, in seconds, either way.
pub const SIGNATURE_WINDOW_SECONDS: i64 = 60;
/// Longest one-time token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 4096;
/// How long the extension waits for the relay, in milliseconds. A service worker is killed at 30 seconds.
pub const RELAY_TIMEOUT_MILLISECONDS: u32 = 10_000;
/// Most recipes that a relay gives out.
pub const MAX_RECIPES: usize = 32;
/// Longest JSON text of all recipes together, in bytes. The extension takes no answer of more than four times as much.
pub const MAX_RECIPES_BYTES: usize = 16 * 1024;
