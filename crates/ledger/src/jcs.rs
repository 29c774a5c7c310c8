//! Writes canonical JSON (RFC 8785) objects of strings and integers. The rules that matter here: keys in order, no
//! blanks, and of a string only what must be escaped, in its shortest form.

/// Writes one object. The caller names the keys in ascending order.
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    last: &'static str,
}

impl<'a> Writer<'a> {
    /// Begins an object.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, last: "" }
    }

    /// A member that is a string.
    pub(crate) fn text(&mut self, key: &'static str, value: &str) {
        self.key(key);
        write_text(self.out, value);
    }

    /// A member that is a string, when there is one.
    pub(crate) fn optional_text(&mut self, key: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A member that is an integer.
    pub(crate) fn integer(&mut self, key: &'static str, value: impl Into<i128>) {
        self.key(key);
        let mut digits = [0; 40];
        let value: i128 = value.into();
        let mut rest = value.unsigned_abs();
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.out.push(b'-');
        }
        self.out.extend_from_slice(&digits[start..]);
    }

    /// A member that is canonical JSON already.
    pub(crate) fn raw(&mut self, key: &'static str, value: &[u8]) {
        self.key(key);
        self.out.extend_from_slice(value);
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    fn key(&mut self, key: &'static str) {
        debug_assert!(self.last < key, "the keys are named in ascending order");
        if !self.last.is_empty() {
            self.out.push(b',');
        }
        self.last = key;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

/// RFC 8785 section 3.2.2.2: the serialisation of a string.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (place, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[written..place]);
        written = place + 1;
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The string of the example in RFC 8785 section 3.2.2, whose canonical form the RFC prints.
    #[test]
    fn strings_are_written_as_the_rfc_prints_them() {
        let mut out = Vec::new();
        write_text(&mut out, "\u{20ac}$\u{f}\nA'B\"\\\\\"/");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""
        );
    }

    #[test]
    fn every_control_character_has_its_shortest_form() {
        let mut out = Vec::new();
        write_text(
            &mut out,
            "\0\u{1}\u{7}\u{8}\t\n\u{b}\u{c}\r\u{1f} \u{7f}\u{80}\u{2028}\u{1f600}",
        );
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\"\\u0000\\u0001\\u0007\\b\\t\\n\\u000b\\f\\r\\u001f \u{7f}\u{80}\u{2028}\u{1f600}\""
        );
    }

    #[test]
    fn objects() {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        writer.integer("a", 0);
        writer.integer("b", -9_007_199_254_740_991_i64);
        writer.optional_text("c", None);
        writer.raw("d", b"{}");
        writer.text("e", "");
        writer.end();
        assert_eq!(out, br#"{"a":0,"b":-9007199254740991,"d":{},"e":""}"#);
        let mut none = Vec::new();
        Writer::new(&mut none).end();
        assert_eq!(none, b"{}");
    }
}
