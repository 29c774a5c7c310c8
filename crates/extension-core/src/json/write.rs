//! From values to text.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use super::Value;

/// What can be written.
pub trait ToJson {
    /// Appends the value's text.
    fn write(&self, target: &mut String);

    /// The value's text alone.
    fn to_json(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

impl ToJson for str {
    fn write(&self, target: &mut String) {
        write_text(self, target);
    }
}

#[inline(never)]
fn write_text(text: &str, target: &mut String) {
    target.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                target.push('\\');
                target.push(c);
            }
            '\u{0}'..='\u{1f}' => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                target.push_str("\\u00");
                target.push(char::from(HEX[c as usize >> 4]));
                target.push(char::from(HEX[c as usize & 15]));
            }
            _ => target.push(c),
        }
    }
    target.push('"');
}

impl ToJson for String {
    fn write(&self, target: &mut String) {
        write_text(self, target);
    }
}

impl ToJson for bool {
    fn write(&self, target: &mut String) {
        target.push_str(if *self { "true" } else { "false" });
    }
}

impl ToJson for u64 {
    fn write(&self, target: &mut String) {
        target.push_str(&self.to_string());
    }
}

impl ToJson for i32 {
    fn write(&self, target: &mut String) {
        target.push_str(&self.to_string());
    }
}

impl<T: ToJson> ToJson for [T] {
    fn write(&self, target: &mut String) {
        target.push('[');
        let start = target.len();
        for element in self {
            if target.len() > start {
                target.push(',');
            }
            element.write(target);
        }
        target.push(']');
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, target: &mut String) {
        self.as_slice().write(target);
    }
}

impl ToJson for Value {
    fn write(&self, target: &mut String) {
        match self {
            Self::Null => target.push_str("null"),
            Self::Flag(flag) => flag.write(target),
            Self::Number(number) => target.push_str(&number.to_string()),
            Self::Text(text) => write_text(text, target),
            Self::List(elements) => elements.write(target),
            Self::Object(members) => {
                let mut object = Object::begin(target);
                for (name, value) in members {
                    object = object.with(name, value);
                }
                object.end();
            }
        }
    }
}

/// An object that is being written.
pub struct Object<'a>(&'a mut String);

impl<'a> Object<'a> {
    /// Begins an object.
    pub fn begin(target: &'a mut String) -> Self {
        target.push('{');
        Self(target)
    }

    /// Adds a member.
    pub fn with(mut self, name: &str, value: &(impl ToJson + ?Sized)) -> Self {
        self.name(name);
        value.write(self.0);
        self
    }

    /// Adds a member if there is a value.
    pub fn with_some(self, name: &str, value: Option<&(impl ToJson + ?Sized)>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Ends the object.
    pub fn end(self) {
        self.0.push('}');
    }

    #[inline(never)]
    fn name(&mut self, name: &str) {
        // No value ends like that.
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        write_text(name, self.0);
        self.0.push(':');
    }
}
