//! Reads one TOML table key by key, so that one pass finds every fault: unknown keys, wrong types, missing and bad values.

use std::{collections::BTreeMap, fmt};

use toml::{Table, Value};

/// Something wrong with the configuration, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Path of the key, e.g. `platform[0].base_url`.
    pub key: String,
    /// Cause and cure.
    pub problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.problem)
    }
}

/// Collects faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0
    }
}

/// One table of the file. Each reader takes the key out; what is left at [`Section::finish`] is unknown.
pub(crate) struct Section<'a> {
    path: String,
    table: Table,
    known: Vec<&'static str>,
    faults: &'a mut Faults,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub(crate) fn root(table: Table, faults: &'a mut Faults) -> Self {
        Self::new(String::new(), table, faults)
    }

    fn new(path: String, table: Table, faults: &'a mut Faults) -> Self {
        Self {
            path,
            table,
            known: Vec::new(),
            faults,
        }
    }

    /// Reads a sub-table; an absent one reads as empty, so that defaults apply and missing keys are named.
    pub(crate) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> Option<T>,
    ) -> Option<T> {
        let table = match self.take(key) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.fault(key, wrong_type("a table", &other));
                return None;
            }
        };
        self.child(self.path_of(key), table, read)
    }

    /// Reads an array of tables; elements with faults are left out.
    pub(crate) fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        let mut read_all = Vec::new();
        match self.take(key) {
            Some(Value::Array(elements)) if !elements.is_empty() => {
                for (index, element) in elements.into_iter().enumerate() {
                    let path = format!("{}[{index}]", self.path_of(key));
                    match element {
                        Value::Table(table) => read_all.extend(self.child(path, table, &mut read)),
                        other => self.fault(key, wrong_type("a table", &other)),
                    }
                }
            }
            None | Some(Value::Array(_)) => {
                self.fault(key, format!("at least one [[{key}]] section is needed"));
            }
            Some(other) => self.fault(key, format!("write [[{key}]]: {}", wrong_type("tables", &other))),
        }
        read_all
    }

    /// Reads an array of tables that may be absent; elements with faults are left out.
    pub(crate) fn sections_if_any<T>(
        &mut self,
        key: &'static str,
        read: impl FnMut(&mut Section<'_>) -> Option<T>,
    ) -> Vec<T> {
        if self.has(key) {
            return self.sections(key, read);
        }
        self.known.push(key);
        Vec::new()
    }

    /// Reads a sub-table that may be absent. The outer `None` means a fault.
    #[expect(clippy::option_option, reason = "absent and faulty are different things here")]
    pub(crate) fn section_if_there<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.has(key) {
            return self.section(key, read).map(Some);
        }
        self.known.push(key);
        Some(None)
    }

    fn child<T>(
        &mut self,
        path: String,
        table: Table,
        read: impl FnOnce(&mut Section<'_>) -> Option<T>,
    ) -> Option<T> {
        let mut section = Section::new(path, table, self.faults);
        let value = read(&mut section);
        section.finish();
        value
    }

    /// A text, if the key is there.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.fault(key, wrong_type("a string", &other));
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn required_text(&mut self, key: &'static str) -> Option<String> {
        let absent = !self.table.contains_key(key);
        let text = self.text(key);
        if absent {
            self.fault(key, "is missing");
        }
        text
    }

    /// A text read into a type; `None` and a fault when it does not fit, the default when the key is absent.
    pub(crate) fn parsed_or<T>(
        &mut self,
        key: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            self.known.push(key);
            return Some(default);
        }
        let text = self.text(key)?;
        self.keep(key, parse(&text))
    }

    /// A text that must be there, read into a type.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = self.required_text(key)?;
        self.keep(key, parse(&text))
    }

    /// A list of texts, each read into a type; an absent key is an empty list.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let elements = match self.take(key) {
            None => return Some(Vec::new()),
            Some(Value::Array(elements)) => elements,
            Some(other) => {
                self.fault(key, wrong_type("a list of strings", &other));
                return None;
            }
        };
        let count = elements.len();
        let mut list = Vec::with_capacity(count);
        for element in elements {
            match &element {
                Value::String(text) => list.extend(self.keep(key, parse(text))),
                other => self.fault(key, wrong_type("a list of strings", other)),
            }
        }
        (list.len() == count).then_some(list)
    }

    /// A sub-table of lists of texts, under keys of the file's own; an absent one is empty.
    pub(crate) fn lists(&mut self, key: &'static str) -> Option<BTreeMap<String, Vec<String>>> {
        let table = match self.take(key) {
            None => return Some(BTreeMap::new()),
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.fault(key, wrong_type("a table of lists", &other));
                return None;
            }
        };
        let count = table.len();
        let lists = table.into_iter().filter_map(|(name, list)| {
            let texts = list.as_array().and_then(|list| {
                let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>()
            });
            if texts.is_none() {
                self.fault(key, format!("{name:?} must be a list of strings"));
            }
            texts.map(|texts| (name, texts))
        });
        let lists: BTreeMap<_, _> = lists.collect();
        (lists.len() == count).then_some(lists)
    }

    /// A whole number within bounds.
    pub(crate) fn number_or(&mut self, key: &'static str, default: u32, min: u32, max: u32) -> Option<u32> {
        match self.take(key) {
            None => Some(default),
            Some(Value::Integer(number)) => match u32::try_from(number) {
                Ok(number) if (min..=max).contains(&number) => Some(number),
                _ => {
                    self.fault(key, format!("must be {min} to {max}"));
                    None
                }
            },
            Some(other) => {
                self.fault(key, wrong_type("a whole number", &other));
                None
            }
        }
    }

    /// A whole number within bounds that may be absent. The outer `None` means a fault.
    #[expect(clippy::option_option, reason = "absent and faulty are different things here")]
    pub(crate) fn number(&mut self, key: &'static str, min: u32, max: u32) -> Option<Option<u32>> {
        if self.has(key) {
            return self.number_or(key, min, min, max).map(Some);
        }
        self.known.push(key);
        Some(None)
    }

    /// Takes the key out if it is this very text.
    pub(crate) fn is(&mut self, key: &'static str, text: &str) -> bool {
        let is = self.table.get(key).and_then(Value::as_str) == Some(text);
        if is {
            self.take(key);
        }
        is
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        match self.take(key) {
            None => Some(false),
            Some(Value::Boolean(flag)) => Some(flag),
            Some(other) => {
                self.fault(key, wrong_type("true or false", &other));
                None
            }
        }
    }

    /// Where it is in the file, e.g. `platform[0]`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether the key is in the file and has not been read yet.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// How many faults there are so far, in the whole file.
    pub(crate) fn fault_count(&self) -> usize {
        self.faults.0.len()
    }

    /// Records what is wrong with a key.
    pub(crate) fn fault(&mut self, key: &str, problem: impl Into<String>) {
        let key = self.path_of(key);
        self.faults.0.push(Fault {
            key,
            problem: problem.into(),
        });
    }

    /// Keeps a value, or records why there is none.
    pub(crate) fn keep<T>(&mut self, key: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|problem| self.fault(key, problem)).ok()
    }

    /// Reports the keys that nobody asked for. Values are not shown: one may be a secret in the wrong place.
    pub(crate) fn finish(self) {
        let known = self.known.join(", ");
        for key in self.table.keys() {
            let path = if self.path.is_empty() {
                key.clone()
            } else {
                format!("{}.{key}", self.path)
            };
            self.faults.0.push(Fault {
                key: path,
                problem: format!("is not a key that the relay knows; known here: {known}"),
            });
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

fn wrong_type(expected: &str, found: &Value) -> String {
    format!("must be {expected}, not {}", found.type_str())
}
