//! Recipes of the relay's own: where on the pages of a CRM the customer's address stands, and where the record's id.

use alloc::{collections::BTreeMap, string::String, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::Session;

/// The answer to `GET /v1/session`.
///
/// The recipes stand beside the session and not in it: the extension keeps the session with every page that it reads, and
/// the recipes once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionAnswer {
    /// What the relay knows of the profile that asks.
    #[serde(flatten)]
    pub session: Session,
    /// How to read CRMs that the extension does not know by itself, or should read otherwise; in the order of the
    /// configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipes: Vec<Recipe>,
}

/// How the pages of one CRM are read. It can lead to a wrong proposal, which a person sees, and to nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recipe {
    /// The form of the recipe. An extension passes over one of a form that it does not know.
    pub version: u32,
    /// The CRM, for people.
    pub name: String,
    /// Its hosts, with their ports if they are not https's own. A first label `*` stands for one or more labels, another star
    /// for a part of one. With `http://` before it, for loopback addresses only.
    pub hosts: Vec<String>,
    /// Which pages are about one customer; `{}` stands for the record's id, `*` for any one segment, `**` at the end for
    /// whatever follows. After a number sign stands what the page's fragment must be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Parameters of such a page's address, each with the values that it may have; `{}` stands for the record's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Vec<String>>,
    /// Where the address stands: CSS selectors. ` >>> ` leads out of shadow roots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at: Vec<String>,
    /// Parts of the page that are about others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Whether the address stands there or nowhere: without it, nobody is proposed.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub only: bool,
}

impl Recipe {
    /// The only form so far.
    pub const VERSION: u32 = 1;
    /// Where the record's id stands in a path or a parameter.
    pub const RECORD: &'static str = "{}";
}
