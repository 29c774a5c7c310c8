//! From text to a value.

use alloc::{string::String, vec::Vec};

use super::Value;

/// Deeper text is refused: none that the core expects comes near, and recursion must end.
const MAX_DEPTH: u32 = 16;

pub(super) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        place: 0,
    };
    let value = reader.value(MAX_DEPTH)?;
    (reader.peek() == 0 && reader.place == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    place: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: u32) -> Option<Value> {
        match self.peek() {
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.list(depth.checked_sub(1)?),
            b'"' => self.string().map(Value::Text),
            b't' => self.word(b"true", Value::Flag(true)),
            b'f' => self.word(b"false", Value::Flag(false)),
            b'n' => self.word(b"null", Value::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        let mut members = Vec::new();
        self.take();
        if self.skip(b'}') {
            return Some(Value::Object(members));
        }
        loop {
            if self.peek() != b'"' {
                return None;
            }
            let name = self.string()?;
            if !self.skip(b':') {
                return None;
            }
            members.push((name, self.value(depth)?));
            if self.skip(b'}') {
                return Some(Value::Object(members));
            }
            if !self.skip(b',') {
                return None;
            }
        }
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        let mut elements = Vec::new();
        self.take();
        if self.skip(b']') {
            return Some(Value::List(elements));
        }
        loop {
            elements.push(self.value(depth)?);
            if self.skip(b']') {
                return Some(Value::List(elements));
            }
            if !self.skip(b',') {
                return None;
            }
        }
    }

    /// A string, from its opening quote on.
    fn string(&mut self) -> Option<String> {
        self.take();
        let rest = self.bytes.get(self.place..)?;
        // Room for all of it at once, so that a secret is not copied about while the text grows.
        let most = rest.iter().position(|byte| *byte == b'"')?;
        let mut string = String::with_capacity(most);
        loop {
            let start = self.place;
            while !matches!(self.byte(), b'"' | b'\\' | 0..=0x1f) {
                self.place += 1;
            }
            // The place moves from one ASCII character to another, so it never stands inside a longer one.
            string.push_str(self.text.get(start..self.place)?);
            match self.take() {
                b'"' => return Some(string),
                b'\\' => string.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.take() {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.code_point()?,
            plain @ (b'"' | b'\\' | b'/') => char::from(plain),
            _ => return None,
        })
    }

    /// `XXXX` or, beyond the basic plane, `XXXX\uXXXX`. Half a pair becomes the replacement character.
    fn code_point(&mut self) -> Option<char> {
        let first = self.hex4()?;
        let after = self.place;
        if (0xd800..0xdc00).contains(&first) && self.take() == b'\\' && self.take() == b'u' {
            let second = self.hex4()?;
            if (0xdc00..0xe000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
        }
        if (0xd800..0xdc00).contains(&first) {
            self.place = after;
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Option<u32> {
        let mut number = 0;
        for _ in 0..4 {
            number = number << 4 | char::from(self.take()).to_digit(16)?;
        }
        Some(number)
    }

    /// A whole number becomes one; any other is known to be there and no more.
    fn number(&mut self) -> Option<Value> {
        let start = self.place;
        while matches!(self.byte(), b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E') {
            self.place += 1;
        }
        let digits = self.text.get(start..self.place)?;
        if !digits.ends_with(|last: char| last.is_ascii_digit()) || digits.starts_with('+') {
            return None;
        }
        Some(digits.parse().map_or(Value::Null, Value::Number))
    }

    fn word(&mut self, word: &[u8], value: Value) -> Option<Value> {
        let found = self.bytes.get(self.place..)?.starts_with(word);
        self.place += word.len();
        found.then_some(value)
    }

    /// The next byte after blanks, without taking it; 0 at the end.
    fn peek(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.place += 1;
        }
        self.byte()
    }

    /// Takes the next byte after blanks, if it is this one.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        self.place += usize::from(found);
        found
    }

    /// Takes the next byte; 0 at the end.
    fn take(&mut self) -> u8 {
        let byte = self.byte();
        self.place += 1;
        byte
    }

    fn byte(&self) -> u8 {
        self.bytes.get(self.place).copied().unwrap_or(0)
    }
}
