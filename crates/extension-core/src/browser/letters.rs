//! Unicode as the browser knows it: its tables would weigh more here than all else.

use alloc::string::String;

use js_sys::JsString;

/// A text in lower case, with letters and their marks by themselves.
pub(super) fn letters(text: &str) -> String {
    JsString::from(text).normalize("NFKD").to_lower_case().into()
}
