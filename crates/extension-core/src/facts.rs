//! What the collector saw on a page: plain facts, none of which is believed.

use serde::Deserialize;

/// The collector's answer for one frame of the tab.
#[derive(Debug, Clone, Deserialize)]
pub struct Frame {
    /// Whether this is the page itself, not a frame within it. The browser says this, not the page.
    #[serde(skip)]
    pub top: bool,
    /// The frame's address.
    #[serde(default)]
    pub url: String,
    /// Whether there was more than the collector could look at in its time.
    #[serde(default)]
    pub truncated: bool,
    /// What it saw.
    pub facts: Vec<Fact>,
}

/// One thing that may hold an address.
#[derive(Debug, Clone, Deserialize)]
pub struct Fact {
    /// Where it comes from.
    pub kind: Kind,
    /// Raw text.
    pub value: String,
    /// The label beside it, for a field.
    #[serde(default)]
    pub label: Option<String>,
    /// The part of the page that it stands in.
    #[serde(default)]
    pub region: Option<Region>,
    /// Whether a person can see it.
    #[serde(default)]
    pub visible: bool,
}

/// Sources of addresses. The order is the one in which evidence is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A field's value with its label, as record pages show it.
    Labelled,
    /// A form field for e-mail addresses.
    Input,
    /// A `mailto:` link.
    Mailto,
    /// `itemprop="email"`.
    Microdata,
    /// A JSON-LD block.
    Jsonld,
    /// What the person has selected.
    Selection,
    /// A piece of running text.
    Text,
    /// A source that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Parts of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// The main content.
    Main,
    /// The page's head.
    Header,
    /// The page's foot.
    Footer,
    /// Navigation.
    Nav,
    /// Beside the main content.
    Aside,
    /// The signature of a message.
    Signature,
    /// A part that this version does not know.
    #[serde(other)]
    Unknown,
}
