//! JSON text (RFC 8259), as far as the core needs it: whole numbers only, and little depth.
//!
//! A general serializer would be most of the module's weight, and the module is loaded on a click.

mod read;
mod write;

use alloc::{string::String, vec::Vec};

pub use write::{Object, ToJson};

/// A value that was read. Nothing is found in a value of the wrong kind, so reading never has to ask twice.
#[derive(Debug, Clone, Default, Eq)]
pub enum Value {
    /// `null`, or a number that is not a whole one.
    #[default]
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object. Of members with the same name the first counts.
    Object(Vec<(String, Value)>),
}

/// In whatever order members are: browsers keep an object's in an order of their own.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Flag(one), Self::Flag(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::List(one), Self::List(other)) => one == other,
            (Self::Object(members), Self::Object(others)) => {
                members.len() == others.len() && members.iter().all(|(name, value)| other.get(name) == value)
            }
            _ => false,
        }
    }
}

impl Value {
    /// Reads a text that is one JSON value.
    pub fn parse(text: &str) -> Option<Self> {
        read::parse(text)
    }

    /// A member of an object; `null` if there is none.
    pub fn get(&self, name: &str) -> &Self {
        let found = self.members().iter().find(|(other, _)| other == name);
        found.map_or(&Self::Null, |(_, value)| value)
    }

    /// Takes a member out of an object, so that its text need not be copied.
    pub fn take(&mut self, name: &str) -> Self {
        let members = match self {
            Self::Object(members) => members.as_mut_slice(),
            _ => &mut [],
        };
        let found = members.iter_mut().find(|(other, _)| other == name);
        found.map_or(Self::Null, |(_, value)| core::mem::replace(value, Self::Null))
    }

    /// The string's text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A copy of the string's text.
    pub fn string(&self) -> Option<String> {
        self.text().map(String::from)
    }

    /// The whole number, if the type can hold it.
    pub fn number<T: TryFrom<i64>>(&self) -> Option<T> {
        match self {
            Self::Number(number) => T::try_from(*number).ok(),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub fn flag(&self) -> bool {
        *self == Self::Flag(true)
    }

    /// The object's members; none for another kind.
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The array's elements; none for another kind.
    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
