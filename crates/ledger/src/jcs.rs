//! Writes canonical JSON (RFC 8785) objects of strings and integers. The rules that matter here: keys in order, no
//! blanks, and of a string only what must be escaped, in its shortest form.

/// Where canonical JSON goes.
pub(crate) trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Takes bytes between quotation marks.
    fn put_quoted(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_quoted(&mut self, bytes: &[u8]) {
        self.push(b'"');
        self.extend_from_slice(bytes);
        self.push(b'"');
    }
}

/// Compares what is written with what was read, without keeping it.
pub(crate) struct Same<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Same<'a> {
    /// As these bytes?
    pub(crate) fn new(expected: &'a [u8]) -> Self {
        Self { rest: Some(expected) }
    }

    /// Whether all of them were written, and nothing else.
    pub(crate) fn holds(&self) -> bool {
        self.rest.is_some_and(<[u8]>::is_empty)
    }
}

impl Sink for Same<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.rest = self.rest.and_then(|rest| rest.strip_prefix(bytes));
    }

    fn put_quoted(&mut self, bytes: &[u8]) {
        self.rest = self.rest.and_then(|rest| {
            let rest = rest.strip_prefix(b"\"")?.strip_prefix(bytes)?;
            rest.strip_prefix(b"\"")
        });
    }
}

/// Writes one object. The caller names the keys in ascending order.
pub(crate) struct Writer<'a, S> {
    out: &'a mut S,
    last: &'static str,
}

impl<'a, S: Sink> Writer<'a, S> {
    /// Begins an object.
    pub(crate) fn new(out: &'a mut S) -> Self {
        out.put(b"{");
        Self { out, last: "" }
    }

    /// A member that is a string.
    pub(crate) fn text(&mut self, key: &'static str, value: &str) {
        self.key(key);
        write_text(self.out, value);
    }

    /// A member that is an integer.
    pub(crate) fn integer(&mut self, key: &'static str, value: u64) {
        self.key(key);
        let mut digits = [0; 20];
        let mut rest = value;
        let mut start = digits.len();
        loop {
            start -= 1;
            // A digit fits.
            digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.put(&digits[start..]);
    }

    /// A member that is an integer, maybe below 0.
    pub(crate) fn signed(&mut self, key: &'static str, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.integer(key, value),
            Err(_) => self.raw(key, value.to_string().as_bytes()),
        }
    }

    /// A member that is canonical JSON already.
    pub(crate) fn raw(&mut self, key: &'static str, value: &[u8]) {
        self.key(key);
        self.out.put(value);
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.put(b"}");
    }

    fn key(&mut self, key: &'static str) {
        debug_assert!(self.last < key, "the keys are named in ascending order");
        if !self.last.is_empty() {
            self.out.put(b",");
        }
        self.last = key;
        self.out.put_quoted(key.as_bytes());
        self.out.put(b":");
    }
}

/// RFC 8785 section 3.2.2.2: the serialisation of a string.
pub(crate) fn write_text(out: &mut impl Sink, text: &str) {
    let bytes = text.as_bytes();
    // Most strings need no escapes; a loop without exits is done many bytes at a time.
    if bytes.iter().fold(false, |any, &byte| any | is_escaped(byte)) {
        out.put(b"\"");
        write_escaped(out, bytes);
        out.put(b"\"");
    } else {
        out.put_quoted(bytes);
    }
}

fn is_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

fn write_escaped(out: &mut impl Sink, bytes: &[u8]) {
    let mut written = 0;
    for (place, &byte) in bytes.iter().enumerate().filter(|(_, byte)| is_escaped(**byte)) {
        out.put(&bytes[written..place]);
        written = place + 1;
        match byte {
            b'"' | b'\\' => out.put(&[b'\\', byte]),
            0x08 => out.put(b"\\b"),
            b'\t' => out.put(b"\\t"),
            b'\n' => out.put(b"\\n"),
            0x0c => out.put(b"\\f"),
            b'\r' => out.put(b"\\r"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.put(b"\\u00");
                out.put(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }
    out.put(&bytes[written..]);
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
        writer.signed("b", -9_007_199_254_740_991);
        writer.signed("c", 10);
        writer.raw("d", b"{}");
        writer.text("e", "");
        writer.end();
        assert_eq!(out, br#"{"a":0,"b":-9007199254740991,"c":10,"d":{},"e":""}"#);
        let mut none = Vec::new();
        Writer::new(&mut none).end();
        assert_eq!(none, b"{}");
    }

    #[test]
    fn only_the_same_bytes_compare() {
        let written = |expected: &[u8]| {
            let mut same = Same::new(expected);
            write_text(&mut same, "a\n");
            same.holds()
        };
        assert!(written(b"\"a\\n\""));
        for other in [&b"\"a\\n"[..], b"\"a\\n\" ", b"\"b\\n\"", b""] {
            assert!(!written(other));
        }
    }
}
