//! What the collector saw on a page: plain facts, none of which is believed.

use alloc::{string::String, vec::Vec};

use crate::{json::Value, recipe::Recipe, text::harmless_within};

/// The most facts of one page that are read, in all its frames. The collector sends up to 2000 from each.
const MAX_FACTS: usize = 10_000;
/// The most headings of a frame that are read, and how much of each. The collector sends no more.
const MAX_HEADINGS: usize = 20;
const MAX_HEADING_CHARS: usize = 320;

/// The most names of a frame that are read. The collector sends no more.
const MAX_PEOPLE: usize = 20;

/// The collector's answer for one frame of the tab.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Whether this is the page itself, not a frame within it. The browser says this, not the page.
    pub top: bool,
    /// The frame's address.
    pub url: String,
    /// The recipe that fits its address, where that has been looked for.
    pub recipe: Option<Recipe>,
    /// A selector of its recipe that the browser does not know. Then the recipe found nothing.
    pub unusable: Option<String>,
    /// Whether there was more than the collector could look at in its time.
    pub truncated: bool,
    /// Whether a field for an address may be another person's, because the customer's own stands before it, or around this
    /// frame, and has none; or because it is in the only row of a list.
    pub unsure: bool,
    /// What it saw.
    pub facts: Vec<Fact>,
    /// The headings that are rendered, and its title, where names stand; a line each.
    pub headings: String,
    /// The first heading of the first order.
    pub name: Option<String>,
    /// The same in small letters, with their marks, as words are listed.
    pub called: Option<String>,
    /// The words of that which begin with a capital letter or have none, likewise.
    pub proper: Option<String>,
    /// The first texts in its main part that may be names.
    pub people: Vec<Introduced>,
    /// Whether a place of its recipe has no address.
    pub vacant: bool,
}

/// A text that may be a name, and how the page introduces whom it names. All of it in small letters, with their marks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Introduced {
    /// Empty if only a part of it was found.
    pub name: String,
    /// The label of its field.
    pub label: String,
    /// What else is said of it: on its line, and by the titles of its sections.
    pub around: String,
}

/// One thing that may hold an address.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// Where it comes from.
    pub kind: Kind,
    /// Raw text.
    pub value: String,
    /// The label beside it, for a field.
    pub label: Option<String>,
    /// The same in small letters, where those are not ASCII's alone: what folds all others takes room.
    pub folded: Option<String>,
    /// The heading of the section that it stands in, in small letters, and what the field around it is called.
    pub under: Option<String>,
    /// What the tabs, dialogs, folds and the like that it stands in are called, in small letters.
    pub within: Option<String>,
    /// The label of the field before it, in small letters.
    pub after: Option<String>,
    /// What the field for a name beside it says, in small letters.
    pub named: Option<String>,
    /// What stands beside it: in its field, up to the label of the next one, or where it has none on its line. In small letters.
    pub remark: Option<String>,
    /// What the line below its field says, likewise, if that has no label.
    pub below: Option<String>,
    /// The part of the page that it stands in.
    pub region: Option<Region>,
    /// Whether a person can see it.
    pub visible: bool,
    /// Whether a link shows the address that it is for.
    pub read: bool,
    /// Whether it stands in something that stays over the page, as a drawer does.
    pub over: bool,
}

/// Sources of addresses. The order is the one in which evidence is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The place that a recipe names. It counts only in a frame that the recipe fits.
    Recipe,
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
}

/// Parts of a page that are not its main content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Region {
    /// Head, foot, or navigation.
    Margin,
    /// Beside the main content.
    Beside,
    /// What people wrote or what happened: activities, notes, messages.
    Conversation,
    /// A part that a recipe says is about others. Without the recipe it is a conversation.
    Ignored,
    /// The signature of a message.
    Signature,
    /// The main content, where a person may not see it as it was read: something covers it or adds to it.
    Doubtful,
}

/// Reads the results of the collector, one for each frame that it could run in. A frame whose result is of another
/// form is left out, and so is a fact of a kind that this version does not know.
pub fn read_frames(results: &Value) -> Vec<Frame> {
    let mut room = MAX_FACTS;
    let read = |result: &Value| {
        let top = result.get("frameId").number::<i32>() == Some(0);
        let frame = read_frame(result.get("result"), top, room)?;
        room -= frame.facts.len();
        Some(frame)
    };
    results.list().iter().filter_map(read).collect()
}

fn read_frame(result: &Value, top: bool, room: usize) -> Option<Frame> {
    let url = result.get("url").string()?;
    let facts = result.get("facts").list();
    let line = |text: &Value| Some(harmless_within(text.text()?, MAX_HEADING_CHARS));
    let heading = |name| line(result.get(name));
    Some(Frame {
        top,
        url,
        recipe: None,
        unusable: result.get("unusable").string(),
        truncated: result.get("truncated").flag() || facts.len() > room,
        unsure: result.get("unsure").flag(),
        facts: facts.iter().filter_map(read_fact).take(room).collect(),
        headings: read_headings(result),
        name: heading("name"),
        called: heading("called"),
        proper: heading("proper"),
        people: result
            .get("people")
            .list()
            .iter()
            .take(MAX_PEOPLE)
            .filter_map(read_introduced)
            .collect(),
        vacant: result.get("vacant").flag(),
    })
}

fn read_introduced(entry: &Value) -> Option<Introduced> {
    let text = |name| Some(harmless_within(entry.get(name).text()?, MAX_HEADING_CHARS));
    Some(Introduced {
        name: text("name")?,
        label: text("label")?,
        around: text("around")?,
    })
}

fn read_headings(result: &Value) -> String {
    let headings = result.get("headings").list();
    let all = headings.iter().take(MAX_HEADINGS).chain([result.get("title")]);
    let mut lines = String::new();
    for line in all.filter_map(Value::text) {
        lines.push_str(&harmless_within(line, MAX_HEADING_CHARS));
        lines.push('\n');
    }
    lines
}

fn read_fact(fact: &Value) -> Option<Fact> {
    Some(Fact {
        kind: match fact.get("kind").text()? {
            "recipe" => Kind::Recipe,
            "labelled" => Kind::Labelled,
            "input" => Kind::Input,
            "mailto" => Kind::Mailto,
            "microdata" => Kind::Microdata,
            "jsonld" => Kind::Jsonld,
            "selection" => Kind::Selection,
            "text" => Kind::Text,
            _ => return None,
        },
        value: fact.get("value").string()?,
        label: fact.get("label").string(),
        folded: fact.get("folded").string(),
        under: fact.get("under").string(),
        within: fact.get("within").string(),
        after: fact.get("after").string(),
        named: fact.get("named").string(),
        remark: fact.get("remark").string(),
        below: fact.get("below").string(),
        region: match fact.get("region").text() {
            Some("header" | "footer" | "nav") => Some(Region::Margin),
            Some("aside") => Some(Region::Beside),
            Some("signature") => Some(Region::Signature),
            Some("conversation") => Some(Region::Conversation),
            Some("ignored") => Some(Region::Ignored),
            Some("doubtful") => Some(Region::Doubtful),
            _ => None,
        },
        visible: fact.get("visible").flag(),
        read: fact.get("read").flag(),
        over: fact.get("over").flag(),
    })
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_knows_and_leaves_out_the_rest() {
        let results = r#"[
            {"frameId": 0, "result": {"version": 1, "url": "https://crm.example/1", "title": "x", "truncated": true, "facts": [
                {"kind": "mailto", "value": "mailto:a@example.com", "region": "main", "visible": true, "shadow": false},
                {"kind": "labelled", "value": "b@example.com", "label": "E-mail", "under": "Agent", "region": "nav", "visible": false},
                {"kind": "hologram", "value": "c@example.com", "visible": true},
                {"kind": "text", "value": 7, "visible": true},
                {"kind": "text", "value": "d@example.com", "region": "signature", "visible": "yes"}
            ]}},
            {"frameId": 3, "result": null},
            {"frameId": 4, "result": {"url": "https://crm.example/2", "facts": []}},
            "debris"
        ]"#;
        let frames = read_frames(&Value::parse(results).unwrap());
        assert_eq!(frames.len(), 2);
        assert_eq!(
            (frames[0].top, frames[0].truncated, frames[0].facts.len()),
            (true, true, 3)
        );
        assert_eq!(
            (frames[1].top, frames[1].truncated, frames[1].facts.len()),
            (false, false, 0)
        );
        let [mailto, labelled, text] = frames[0].facts.as_slice() else {
            panic!("three facts")
        };
        assert_eq!(
            (mailto.kind, mailto.region, mailto.visible),
            (Kind::Mailto, None, true)
        );
        assert_eq!(
            (
                labelled.label.as_deref(),
                labelled.under.as_deref(),
                labelled.region
            ),
            (Some("E-mail"), Some("Agent"), Some(Region::Margin))
        );
        assert_eq!((text.region, text.visible), (Some(Region::Signature), false));
    }

    #[test]
    fn headings_and_title_are_lines_and_bounded() {
        let headings = vec![r#""One\n two\u202e""#; 30].join(",");
        let results =
            format!(r#"[{{"frameId":0,"result":{{"url":"","title":"Last","headings":[7,{headings}]}}}}]"#);
        let frames = read_frames(&Value::parse(&results).unwrap());
        let lines: Vec<_> = frames[0].headings.lines().collect();
        assert_eq!(lines.len(), MAX_HEADINGS);
        assert_eq!((lines[0], lines[MAX_HEADINGS - 1]), ("One two", "Last"));
    }

    #[test]
    fn a_page_without_end_is_cut_and_says_so() {
        let fact = r#"{"kind":"text","value":"a@example.com","visible":true}"#;
        let facts = vec![fact; MAX_FACTS + 1].join(",");
        let results = format!(r#"[{{"frameId":0,"result":{{"url":"","facts":[{facts}]}}}}]"#);
        let frames = read_frames(&Value::parse(&results).unwrap());
        assert_eq!((frames[0].facts.len(), frames[0].truncated), (MAX_FACTS, true));
    }
}
