//! Erasing: nothing is left in any file of the store, and the ledger stays sound.

mod asked;

use std::{fs, io::Write};

use super::*;
use crate::support::{installation::BINARY, terminal::terminal};

const ORDER: [&str; 5] = [
    "--operator",
    "data protection officer",
    "--reason",
    "request 17",
    "--yes",
];

/// Files of the store that have these bytes in them.
fn files_with(books: &Books, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(books.installation.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let bytes = fs::read(entry.path()).unwrap();
        if name.starts_with("stagedoor.db") && bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
            found.push(name);
        }
    }
    found
}

async fn erase_jane(books: &Books) -> String {
    let arguments = [
        &["ledger", "erase", "--customer", "Jane@Customers.Example"],
        &ORDER[..],
    ]
    .concat();
    let output = books.run(&arguments).await;
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_customer_is_erased_from_every_file() {
    let mut books = Books::in_a_file().await;
    let (key, _) = books.key().await;
    books.end_the_last().await;
    books.sign(&key).await;
    assert!(!files_with(&books, JANE).is_empty());
    // Nobody else has the store open: the test's own connections are gone, too.
    books.store = store::open(&books.database.url()).await.unwrap();
    let said = erase_jane(&books).await;
    assert!(
        said.contains("from 3 records") && said.contains("of 3 records is erased"),
        "{said}"
    );
    assert!(said.contains("backups, exports and proofs"), "{said}");
    assert!(!said.to_lowercase().contains(JANE), "{said}");
    assert_eq!(files_with(&books, JANE), [] as [&str; 0]);
    assert_eq!(files_with(&books, "SENTINEL-CAUSE"), [] as [&str; 0]);
    assert!(!files_with(&books, JOE).is_empty(), "others stay");

    assert_eq!(books.findings(&[]).await, []);
    let shown = books.ok(&["ledger", "show", &books.logins[0]]).await;
    assert!(shown.contains("customer    (erased)"), "{shown}");
    assert!(
        shown.contains("What is erased of record 0 was erased by record 7."),
        "{shown}"
    );
    let record = books.ok(&["ledger", "show", "7"]).await;
    assert!(
        record.contains("the customer's part of the records 0,2,5"),
        "{record}"
    );
    assert!(
        record.contains("data protection officer") && record.contains("request 17"),
        "{record}"
    );
    let table = books.ok(&["ledger", "export", "--format", "csv"]).await;
    assert_eq!(table.matches("(erased)").count(), 9, "{table}");

    let again = erase_jane(&books).await;
    assert!(
        again.contains("Nothing is recorded that is to be erased.") && !again.contains("Still to be done"),
        "{again}"
    );
}

#[tokio::test]
async fn a_login_that_is_under_way_is_left_and_the_command_says_so() {
    let books = Books::new().await;
    let customer = ["ledger", "erase", "--customer", JANE];
    let by_customer = [&customer[..], &ORDER[..]].concat();
    let by_age = [&["ledger", "erase", "--older-than", "24h"], &ORDER[..]].concat();
    for (arguments, erased) in [(&by_customer, "of 2 records is erased"), (&by_age, "is erased")] {
        let said = books.fails(75, arguments).await;
        assert!(said.contains(erased), "{said}");
        assert!(
            said.contains("NOT EVERYTHING: 1 login is under way and left as it is.")
                && said.contains("Run the same command again in a minute"),
            "{said}"
        );
    }
    // Only that is there.
    let said = books.fails(75, &by_customer).await;
    assert!(
        said.contains("NOT EVERYTHING")
            && !said.contains("Nothing is recorded")
            && !said.contains("is erased"),
        "{said}"
    );
    assert_eq!(
        books.database.count("claims").await,
        1,
        "it still has its customer"
    );
    let shown = books.ok(&["ledger", "show", &books.logins[2]]).await;
    assert!(shown.contains(JANE), "{shown}");
    assert_eq!(books.findings(&[]).await, []);

    books.end_the_last().await;
    assert!(erase_jane(&books).await.contains("of 1 record is erased"));
    let shown = books.ok(&["ledger", "show", &books.logins[2]]).await;
    assert!(shown.contains("(erased)") && !shown.contains(JANE), "{shown}");
}

#[tokio::test]
async fn also_while_a_relay_is_running() {
    let books = Books::in_a_file().await;
    let serving = books.installation.serve().await;
    erase_jane(&books).await;
    assert_eq!(files_with(&books, JANE), [] as [&str; 0]);
    assert_eq!(files_with(&books, "SENTINEL-CAUSE"), [] as [&str; 0]);
    drop(serving);
}

#[tokio::test]
async fn what_is_old_is_erased_and_what_is_young_stays() {
    let books = Books::in_a_file().await;
    let erase = async |age: &str| {
        let arguments = [&["ledger", "erase", "--older-than", age], &ORDER[..]].concat();
        let output = books.run(&arguments).await;
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = erase("23h").await;
    assert!(code == Some(1) && said.contains("at least 24 h ago"), "{said}");
    let (code, said) = erase("2023-11-14T22:15:00Z").await;
    assert!(
        code == Some(0) && said.contains("of 2 records is erased"),
        "{said}"
    );
    assert_eq!(
        files_with(&books, "maria@broker.example").len(),
        1,
        "the list of staff is another matter"
    );
    let table = books.ok(&["ledger", "list"]).await;
    assert_eq!(table.matches("(erased)").count(), 2, "{table}");
    assert!(table.contains(JOE), "{table}");
    assert_eq!(books.findings(&[]).await, []);
    let shown = books.ok(&["ledger", "show", "0"]).await;
    assert!(shown.contains("was erased by record 6."), "{shown}");
}

/// The number leads to a person for as long as they are in the table of staff, so it is as personal as the address.
#[tokio::test]
async fn what_is_old_is_erased_behind_what_a_clock_that_was_ahead_wrote_too() {
    let books = Books::in_a_file().await;
    books.end_the_last().await;
    let maria = enrol(&*books.store, "maria@broker.example", "Maria").await;
    // Many of the clock that was ahead, so that a search by halves would end among them.
    for second in [10_000_000; 9].into_iter().chain([300]) {
        let login = intent(&maria, JOE, second);
        record(&*books.store, &login, Some((FAILED, second + 1))).await;
    }
    let erase = [
        &["ledger", "erase", "--older-than", "2023-11-14T23:00:00Z"],
        &ORDER[..],
    ]
    .concat();
    let output = books.run(&erase).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("from 5 records") && said.contains("of 5 records is erased"),
        "{said}"
    );
    let table = books.ok(&["ledger", "list"]).await;
    assert_eq!(
        (table.matches("(erased)").count(), table.matches(JOE).count()),
        (8, 9),
        "{table}"
    );
    assert_eq!(books.findings(&[]).await, []);
}

#[tokio::test]
async fn whose_login_it_was_is_not_to_be_had_from_the_look_up_tables_either() {
    let books = Books::new().await;
    let by = ["ledger", "list", "--staff", "maria@broker.example", "--json"];
    assert_eq!(books.ok(&by).await.lines().count(), 1);
    let erase = ["ledger", "erase", "--older-than", "2023-11-14T22:15:00Z"];
    books.ok(&[&erase, &ORDER[..]].concat()).await;
    assert_eq!(books.ok(&by).await, "");
    let rows = books.store.projections(0..4).await.unwrap();
    assert_eq!(rows[0].staff_id, None, "the old login's");
    assert!(rows[1].staff_id.is_some(), "the young one's");
    assert_eq!(books.findings(&[]).await, []);

    // Put back, or somebody else's: it would be shown as theirs.
    books
        .database
        .tamper("UPDATE logins SET staff_id = 2 WHERE intent_seq = 0")
        .await;
    assert_eq!(
        books.findings(&[]).await,
        [("lookup_differs".to_owned(), Some(0))]
    );
}

#[tokio::test]
async fn nothing_is_erased_unasked() {
    let books = Books::new().await;
    let asked = [
        "ledger",
        "erase",
        "--customer",
        JANE,
        "--operator",
        "o",
        "--reason",
        "r",
    ];
    let error = books.fails(1, &asked).await;
    assert!(
        error.contains("nothing was erased: without a terminal to ask on, add --yes"),
        "{error}"
    );
    assert!(!error.contains(JANE), "{error}");
    for arguments in [
        &["--customer", JANE][..],
        &["--customer", JANE, "--operator", "o"],
        &["--operator", "o", "--reason", "r"],
        &[
            "--customer",
            JANE,
            "--older-than",
            "5y",
            "--operator",
            "o",
            "--reason",
            "r",
        ],
        &["--customer", "jane", "--operator", "o", "--reason", "r"],
        &["--customer", JANE, "--operator", " ", "--reason", "r"],
        &["--customer", JANE, "--operator", "o", "--reason", "a\nb"],
        &["--older-than", "old", "--operator", "o", "--reason", "r"],
    ] {
        let all = [&["ledger", "erase"], arguments, &["--yes"]].concat();
        books.fails(64, &all).await;
    }
    assert_eq!(books.store.ledger_size().await.unwrap(), 6);
    let help = tokio::process::Command::new(BINARY)
        .args(["ledger", "erase", "--help"])
        .output()
        .await
        .unwrap();
    assert!(
        String::from_utf8_lossy(&help.stdout).contains("5y"),
        "the usual retention is suggested"
    );
}

#[tokio::test]
async fn on_a_terminal_it_asks_for_the_address() {
    let books = Books::new().await;
    books.end_the_last().await;
    let erase = async |what: [&str; 2], answer: &str| {
        let (mut terminal, other_end) = terminal();
        let child = books
            .installation
            .command(&[
                "ledger",
                "erase",
                what[0],
                what[1],
                "--operator",
                "o",
                "--reason",
                "r",
            ])
            .stdin(other_end.try_clone().unwrap())
            .stderr(other_end)
            .spawn()
            .unwrap();
        // A terminal keeps what is typed until it is read.
        terminal.write_all(format!("{answer}\n").as_bytes()).unwrap();
        let status = child.wait_with_output().await.unwrap().status;
        status.code()
    };
    assert_eq!(erase(["--customer", JANE], JOE).await, Some(1));
    assert_eq!(erase(["--customer", JANE], "yes").await, Some(1));
    assert_eq!(erase(["--older-than", "24h"], "yes").await, Some(1));
    assert_eq!(books.store.ledger_size().await.unwrap(), 7);
    assert_eq!(
        erase(["--customer", JANE], "Jane@customers.example").await,
        Some(0)
    );
    assert_eq!(books.store.ledger_size().await.unwrap(), 8);
    assert_eq!(erase(["--older-than", "24h"], "erase").await, Some(0));
    assert_eq!(books.findings(&[]).await, []);
}
