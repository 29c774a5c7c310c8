//! Lists by address, domain and file, in every spelling.

use std::{fmt::Write as _, fs};

use super::*;
use crate::config::section::Faults;

fn read(text: &str, keys: Keys) -> Result<CustomerList, Vec<String>> {
    let mut faults = Faults::default();
    let mut section = Section::root(text.parse().unwrap(), &mut faults);
    let list = CustomerList::read(&mut section, keys);
    section.finish();
    let faults = faults.into_vec();
    match list {
        Some(list) if faults.is_empty() => Ok(list),
        _ => Err(faults.iter().map(ToString::to_string).collect()),
    }
}

fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let text = format!("files = [\"{}\"]", path.display());
    (folder, text)
}

fn email(text: &str) -> CustomerEmail {
    CustomerEmail::parse(text).unwrap()
}

#[test]
fn a_customer_is_found_in_every_spelling() {
    let (_folder, files) = file(
        "\u{FEFF}# who left\r\nleft@freemail.example  # in May\r\n\r\n  Gone#1@freemail.example\r\nclosed.example\n"
            .as_bytes(),
        0o640,
    );
    let text = format!(
        "addresses = [\"Jane.Roe@Freemail.Example\", \"jürgen@münchen.example\"]\ndomains = [\"Blocked.Example\", \
         \"xn--mgba3a4f16a.example\"]\n{files}"
    );
    let list = read(&text, Keys::Lists).unwrap();
    for (customer, covered) in [
        ("jane.roe@freemail.example", true),
        ("JANE.ROE@FREEMAIL.EXAMPLE", true),
        ("jane.roe@ｆreemail.example", true),
        ("jane.roe+x@freemail.example", false),
        ("janeroe@freemail.example", false),
        ("JÜRGEN@xn--mnchen-3ya.example", true),
        ("jürgen@MÜNCHEN.example", true),
        ("jurgen@münchen.example", true),
        ("ｊürgen@münchen.example", true),
        ("jorgen@münchen.example", false),
        ("anyone@blocked.example", true),
        ("anyone@mail.blocked.example", true),
        ("anyone@notblocked.example", false),
        ("anyone@blocked.example.test", false),
        ("anyone@ایران.example", true),
        ("LEFT@freemail.example", true),
        ("gone#1@freemail.example", true),
        ("anyone@sub.closed.example", true),
        ("who@left.example", false),
    ] {
        assert_eq!(list.covers(&email(customer)), covered, "{customer}");
    }
    assert_eq!(format!("{list:?}"), "CustomerList(4 addresses, 3 domains)");
}

#[test]
fn faults_name_the_line_and_not_what_is_in_it() {
    let mut long = String::new();
    for index in 0..20 {
        let _ = writeln!(long, "SENTINEL {index}");
    }
    let huge = vec![b'#'; MAX_BYTES as usize + 1];
    for (content, mode, says) in [
        (&b"a@customers.example\nSENTINEL\n"[..], 0o600, "line 2:"),
        (b"# fine\n\nSENTINEL@\nb@c\n", 0o600, "line 3, 4:"),
        (b"@customers.example\n", 0o600, "line 1:"),
        (b"*.customers.example\n", 0o600, "line 1:"),
        (b"*@customers.example\n", 0o600, "line 1:"),
        (b"a@customers.example, b@customers.example\n", 0o600, "line 1:"),
        (long.as_bytes(), 0o600, "line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:"),
        (b"", 0o600, "lists nobody"),
        (b"# all gone\n\n", 0o600, "lists nobody"),
        (b"\xff\n", 0o600, "UTF-8"),
        (b"", 0o602, "every user"),
        (&huge, 0o600, "larger than"),
    ] {
        let (_folder, text) = file(content, mode);
        let found = read(&text, Keys::Check).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with("files: ") && found[0].contains(says),
            "{found:?}"
        );
        assert!(!found[0].contains("SENTINEL"), "{found:?}");
    }
    for (text, key) in [
        ("files = [\"/nowhere/list\"]", "files"),
        ("files = [\"/\"]", "files"),
        ("addresses = [\"customers.example\"]", "addresses"),
        ("addresses = [\"*@customers.example\"]", "addresses"),
        ("domains = [\"@customers.example\"]", "domains"),
        ("domains = [\"localhost\"]", "domains"),
        ("file = \"x\"", "file"),
    ] {
        let found = read(text, Keys::Check).unwrap_err();
        assert!(found.len() == 1 && found[0].starts_with(key), "{found:?}");
    }
}

#[test]
fn a_file_that_was_not_read_lists_everybody() {
    let list = read("files = [\"/nowhere/list\"]", Keys::Skip).unwrap();
    assert!(list.covers(&email("anyone@customers.example")) && !list.is_empty());
    let list = read("", Keys::Skip).unwrap();
    assert!(!list.covers(&email("anyone@customers.example")) && list.is_empty());
}
