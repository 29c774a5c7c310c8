//! Numbers in place of the hashes by which the core and its bindings call each other. wasm-bindgen gives each name one of 64
//! bits, which no compression makes smaller: a hundred of them, twice, are two kilobytes of the package.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::modules::CORE;
use crate::wasm::{Files, module_path};

/// The hexadecimal digits of a hash. A number has as many, so that no length that is written before a name has to change.
const DIGITS: usize = 16;

/// Numbers the hashes in the bindings, and gives those in the core the same numbers.
pub(crate) fn number(files: &mut Files) -> Result<()> {
    let bindings = files.get(CORE).context("the core has no bindings")?;
    let mut numbers = BTreeMap::new();
    for (_, hash) in hashes(bindings) {
        let next = numbers.len();
        numbers
            .entry(hash.to_vec())
            .or_insert_with(|| format!("{next:0DIGITS$x}"));
    }
    for path in [CORE, &module_path()] {
        let content = files
            .get_mut(path)
            .with_context(|| format!("{path} is missing"))?;
        let found: Vec<_> = hashes(content)
            .filter_map(|(at, hash)| Some((at, numbers.get(hash)?)))
            .collect();
        for (at, number) in found {
            content[at..at + DIGITS].copy_from_slice(number.as_bytes());
        }
    }
    Ok(())
}

/// The hashes in names, each with where it begins: behind `_`, or `h`, which marks those of Rust's own.
fn hashes(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let windows = content.windows(DIGITS + 1).enumerate();
    windows.filter_map(move |(at, window)| {
        let (before, hash) = window.split_first()?;
        (matches!(before, b'_' | b'h') && hash.iter().all(is_digit)).then_some((at + 1, hash))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_the_same_number_on_both_sides() {
        let bindings =
            "__wbg_clear_62cd358f495ea23a: 1, __wbg_close_cfc97fcc5ad0f09b: 2, invoke__h62cd358f495ea23a";
        let core = b"\0__wbg_close_cfc97fcc5ad0f09b\0\x01other_0123456789abcdef\0h62cd358f495ea23a";
        let mut files = Files::from([
            (CORE.to_owned(), bindings.as_bytes().to_vec()),
            (module_path(), core.to_vec()),
        ]);
        number(&mut files).unwrap();
        assert_eq!(
            String::from_utf8(files[CORE].clone()).unwrap(),
            "__wbg_clear_0000000000000000: 1, __wbg_close_0000000000000001: 2, invoke__h0000000000000000"
        );
        // What the bindings do not name stays.
        assert_eq!(
            files[&module_path()],
            b"\0__wbg_close_0000000000000001\0\x01other_0123456789abcdef\0h0000000000000000"
        );
    }
}
