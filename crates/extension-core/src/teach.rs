//! Teaching a CRM: from an element that a person picked to a recipe, and from a recipe to lines for the relay's
//! configuration. All of it is text about the page, for a person to look through: nothing here changes what is opened.

mod address;
mod selector;

use alloc::{string::String, vec::Vec};

use crate::{
    facts::{Frame, Kind},
    json::{Object, ToJson, Value},
    ranking::rank,
    recipe,
    text::Text,
};

pub use address::{Shape, host, shapes};
pub use selector::selectors;
use stagedoor_protocol::Session;

/// What can be made of a picked element.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The page's host, as recipes write it; none where no recipe can be for it.
    pub host: Option<String>,
    /// Selectors that find the element, the most lasting first.
    pub selectors: Vec<String>,
    /// Where in the page's address the record's id can be, the likeliest first.
    pub shapes: Vec<Shape>,
}

impl Derived {
    /// Writes it into a view.
    pub fn write<'a>(&self, view: Object<'a>) -> Object<'a> {
        view.with_some("host", self.host.as_ref())
            .with("selectors", &self.selectors)
            .with("shapes", &self.shapes)
    }
}

/// What a recipe finds on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Whether it proposes exactly one address.
    pub ok: bool,
    /// That address, or why there is none.
    pub text: Text,
    /// The recipe as lines for the relay's configuration.
    pub toml: String,
}

impl Trial {
    /// Writes it into a view.
    pub fn write<'a>(&self, view: Object<'a>) -> Object<'a> {
        view.with("ok", &self.ok)
            .with("text", &self.text)
            .with("toml", &self.toml)
    }
}

/// Judges a recipe by what the collector found with it, in frames that recipes were already assigned to.
pub fn judge(draft: &Value, mut frames: Vec<Frame>, session: &Session) -> Trial {
    let fits = frames.iter().any(|frame| frame.recipe.is_some());
    let unusable = recipe::unusable(&frames).is_some();
    for frame in &mut frames {
        frame.facts.retain(|fact| fact.kind == Kind::Recipe);
    }
    let found = rank(&frames, session);
    let text = match found.candidates.as_slice() {
        _ if !fits => Text::new("teach_no_page"),
        _ if unusable => Text::new("teach_unusable"),
        [first, ..] if found.clear => Text::with("teach_one", first.email.as_str().into()),
        [_, _, ..] => Text::new("teach_several"),
        _ => Text::new("teach_nothing"),
    };
    Trial {
        ok: fits && !unusable && found.clear,
        text,
        toml: toml(draft),
    }
}

/// A recipe as a section of the relay's configuration. JSON's strings and lists are TOML's, too.
pub fn toml(draft: &Value) -> String {
    let mut text = String::from("[[recipe]]\n");
    for (name, value) in draft.members() {
        if matches!(value, Value::Null | Value::Flag(false)) || name == "version" {
            continue;
        }
        if let Value::Object(members) = value {
            let mut before = "{ ";
            for (member, values) in members {
                if before == "{ " {
                    text.push_str(name);
                    text.push_str(" = ");
                }
                text.push_str(before);
                member.write(&mut text);
                text.push_str(" = ");
                values.write(&mut text);
                before = ", ";
            }
            if before != "{ " {
                text.push_str(" }\n");
            }
            continue;
        }
        text.push_str(name);
        text.push_str(" = ");
        value.write(&mut text);
        text.push('\n');
    }
    text
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests;
