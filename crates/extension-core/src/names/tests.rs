//! Names in the spellings that pages and brokers have them in, and any texts.

use proptest::prelude::*;

use super::*;
use crate::testing::letters;

fn says(name: &str, lines: &str) -> Option<bool> {
    shows(&letters(name), &letters(lines))
}

#[test]
fn a_name_is_found_in_any_order_case_and_spelling() {
    for (name, line) in [
        ("Jane Roe", "Jane Roe"),
        ("Jane Roe", "ROE, JANE – Customer 1042"),
        ("Zoë Núñez", "Zoe Nunez"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Søren Kjærgård", "Soren Kjaergard"),
        ("Jürgen Groß", "JURGEN GROSS"),
        ("Siobhán O’Brien", "Siobhan O'Brien"),
        ("Anna-Maria Kowalska", "Anna Maria Kowalska"),
        ("Anna Maria Kowalska", "Kowalska, Anna"),
        ("Anna Kowalska", "Anna Maria Kowalska"),
        ("J. Roe", "Jane Roe"),
        ("Jane Roe", "J. Roe"),
        ("J. R. Hartley", "Hartley J."),
        ("Madonna", "Customer: Madonna"),
        ("Ｊａｎｅ Roe", "Jane Roe"),
        ("Анна Ковалёва", "КОВАЛЕВА Анна"),
        ("محمد العلي", "العلي، محمد"),
        ("مُحَمَّد العلي", "محمد العلي"),
        ("Νίκος Παπάς", "ΠΑΠΑΣ ΝΙΚΟΣ"),
        ("山田 太郎", "山田 太郎様 山田 太郎"),
        ("नीरा शर्मा", "शर्मा नीरा"),
    ] {
        assert_eq!(says(name, line), Some(true), "{name} in {line}");
    }
}

#[test]
fn somebody_else_is_not_taken_for_it() {
    for (name, line) in [
        ("Jane Roe", "Jane Doe"),
        ("Jane Roe", "Customer 1042"),
        ("Jane Roe", "J. R."),
        ("Jane Roe", "Janet Roebuck"),
        ("Ann Ann", "Ann"),
        ("Madonna", "M"),
        ("Jane Roe", "Joe Bloggs\nRoe, Richard\nJane Doe"),
        ("Анна Ковалёва", "Anna Kovaleva"),
        ("محمد العلي", "محمد حسن"),
    ] {
        assert_eq!(says(name, line), Some(false), "{name} in {line}");
    }
}

#[test]
fn where_there_is_nothing_to_compare_nothing_is_said() {
    for (name, lines) in [
        ("", "Jane Roe"),
        (" – ", "Jane Roe"),
        ("J. R.", "Jane Roe"),
        ("Jane Roe", ""),
        ("Jane Roe", " \n…\n"),
    ] {
        assert_eq!(says(name, lines), None, "{name:?} in {lines:?}");
    }
}

proptest! {
    #[test]
    fn a_name_that_stands_there_is_found(
        name in "[A-Za-zÀ-ÖØ-öø-ÿа-яα-ω]{2,8}( [A-Za-zÀ-ÖØ-öø-ÿа-яα-ω]{1,8}){0,3}",
        before in "[A-Za-z0-9 :,–]{0,20}",
        after in "[A-Za-z0-9 :,–]{0,20}",
        upper in any::<bool>(),
        backwards in any::<bool>(),
    ) {
        let mut words: Vec<_> = name.split(' ').collect();
        if backwards {
            words.reverse();
        }
        let shown = words.join(" ");
        let shown = if upper { shown.to_uppercase() } else { shown };
        prop_assert_eq!(says(&name, &format!("{before} {shown} {after}")), Some(true));
    }

    #[test]
    fn any_texts_are_survived_and_lines_are_read_alone(name in "\\PC{0,40}", one in "\\PC{0,40}", other in "\\PC{0,40}") {
        let together = says(&name, &format!("{one}\n{other}"));
        let alone = [says(&name, &one), says(&name, &other)];
        prop_assert_eq!(together, alone.into_iter().flatten().reduce(|one, other| one || other));
    }
}

#[test]
fn two_names_are_the_same_by_all_their_words() {
    for (one, other, same) in [
        ("eva brandt", "brandt, eva", true),
        ("éva brandt", "eva brandt", true),
        ("nguyen thi lan", "nguyen thi mai", false),
        ("ana garcia lopez", "luis garcia lopez", false),
        ("eva brandt", "eva maria brandt", false),
        ("eva brandt", "", false),
    ] {
        assert_eq!(is_same(&letters(one), &letters(other)), same, "{one} / {other}");
    }
}
