//! The second verifier, which shares no code with ours: both must call the same ledgers sound, and the same ones not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use rustix::process::Signal;
use serde_json::{Value, json};
use stagedoor_broker_sim::{BodyKind, Endpoint, Fault};
use tokio::process::Command;

use crate::support::{
    CUSTOMER,
    app::{login_body, new_id},
    installation::Installation,
};

const VERIFIER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/verifier/verify_ledger.py");

/// A ledger of every kind of record, its export, a checkpoint that left the relay, and the key to check it with.
struct Audit {
    installation: Installation,
    python: &'static str,
    checkpoint: PathBuf,
    key: String,
}

impl Audit {
    async fn new() -> Self {
        let installation = Installation::new().await;
        let folder = installation.folder.path().to_owned();
        let (key_file, checkpoints) = (folder.join("ledger-key"), folder.join("checkpoints"));
        fs::create_dir(&checkpoints).unwrap();
        let name = [
            "--name",
            "relay.broker.example/ledger",
            "--output",
            text(&key_file),
        ];
        let made = installation
            .run(&[&["ledger", "keygen"], &name[..]].concat())
            .await;
        assert!(made.status.success(), "{made:?}");
        let config = fs::read_to_string(installation.config()).unwrap();
        let ledger = format!(
            "[ledger]\nkey_file = \"{}\"\ncheckpoint_directory = \"{}\"\n",
            key_file.display(),
            checkpoints.display()
        );
        fs::write(installation.config(), config.replace("[ledger]\n", &ledger)).unwrap();

        fill(&installation).await;
        Self {
            installation,
            python: python().await,
            checkpoint: checkpoints.join("latest.checkpoint"),
            key: String::from_utf8(made.stdout).unwrap().trim().to_owned(),
        }
    }

    async fn export(&self) -> Vec<String> {
        let exported = self
            .installation
            .run(&["ledger", "export", "--format", "jsonl"])
            .await;
        assert!(exported.status.success(), "{exported:?}");
        let text = String::from_utf8(exported.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// What both say of a ledger: ours first. They must agree whether it is sound.
    async fn check(&self, what: &str, lines: &[String]) -> bool {
        let file = self.installation.folder.path().join("export.jsonl");
        fs::write(
            &file,
            lines.iter().map(|line| format!("{line}\n")).collect::<String>(),
        )
        .unwrap();
        let ours = self
            .installation
            .run(&[
                "ledger",
                "verify",
                "--file",
                text(&file),
                "--checkpoint",
                text(&self.checkpoint),
                "--key",
                &self.key,
            ])
            .await;
        let theirs = Command::new(self.python)
            .arg(VERIFIER)
            .args([&file, &self.checkpoint])
            .arg(&self.key)
            .output()
            .await
            .unwrap();
        let sound = [&ours, &theirs].map(|output| output.status.success());
        assert_eq!(
            sound[0],
            sound[1],
            "{what}\nours: {}\ntheirs: {}",
            said(&ours),
            said(&theirs)
        );
        sound[0]
    }
}

/// Logins that go well and badly, and what the extension says of one.
async fn fill(installation: &Installation) {
    let serving = installation.serve().await;
    let signer = serving.enrol(&installation.invite().await["code"]).await;
    let post = async |path: &str, body: &Value| {
        let draft = serving.draft(&signer, "POST", path, &body.to_string());
        serving.send(&draft).await.status
    };
    let id = new_id();
    assert_eq!(post("/v1/logins", &login_body(&id)).await, 201);
    for report in [
        json!({"outcome": "opened", "durationMilliseconds": 310}),
        json!({"outcome": "failed", "cause": "window_failed"}),
    ] {
        assert_eq!(post(&format!("/v1/logins/{id}/outcome"), &report).await, 204);
    }
    let mut body = login_body(&new_id());
    // Every kind of character that canonical JSON spells in its own way.
    body["reason"] = json!("\"quoted\"\\ \t\r\n żółć 客户 😀 /<>&'\u{7f}\u{2028}".replace('\u{7f}', ""));
    assert_eq!(post("/v1/logins", &body).await, 201);
    installation
        .sim
        .script(Fault::Status(403, BodyKind::Problem).on(Endpoint::Mint));
    assert_eq!(post("/v1/logins", &login_body(&new_id())).await, 502);
    serving.signal(Signal::TERM);
    assert_eq!(serving.end().await.0, Some(0));
}

#[tokio::test]
async fn both_verifiers_call_the_same_ledgers_sound() {
    let audit = Audit::new().await;
    let lines = audit.export().await;
    assert_eq!(lines.len(), 8);
    assert!(audit.check("as it is", &lines).await);

    let without = |gone: usize| {
        let mut lines = lines.clone();
        lines.remove(gone);
        lines
    };
    let mut swapped = lines.clone();
    swapped.swap(4, 5);
    let opening_gone = replaced(&lines, 0, |row| row["customer"] = Value::Null);
    let reason_changed = replaced(&lines, 0, |row| {
        row["customer"]["value"]["reason"] = json!("Something else");
    });
    let other_platform = replaced(&lines, 0, |row| row["record"]["platform"] = json!("practice"));
    let mut repeated = lines.clone();
    repeated.push(lines[7].clone());
    for (what, changed) in [
        ("the first line is gone", without(0)),
        ("one in the middle is gone", without(3)),
        ("the last one is gone", without(7)),
        ("two changed places", swapped),
        ("the last one came twice", repeated),
        ("an opening is gone", opening_gone),
        ("a reason was changed", reason_changed),
        ("a platform was changed", other_platform),
        ("nothing is left", Vec::new()),
    ] {
        assert!(!audit.check(what, &changed).await, "{what}");
    }
    // Bytes all over one line, each changed into its neighbour.
    for place in (0..lines[0].len()).step_by(23) {
        let mut changed = lines.clone();
        let mut bytes = changed[0].clone().into_bytes();
        bytes[place] ^= 1;
        let Ok(line) = String::from_utf8(bytes) else {
            continue;
        };
        changed[0] = line;
        assert!(
            !audit.check(&format!("byte {place}"), &changed).await,
            "byte {place}"
        );
    }
}

/// No checkpoint holds these, so only what records say of each other can tell.
#[tokio::test]
async fn both_verifiers_find_what_was_forged_after_the_checkpoint() {
    let audit = Audit::new().await;
    let lines = audit.export().await;
    let forged = |from: usize, change: &dyn Fn(&mut Value)| {
        let place = lines.len();
        let mut more = lines.clone();
        more.push(lines[from].clone());
        let line = replaced(&more, place, |row| {
            row["record"]["seq"] = json!(place);
            change(&mut row["record"]);
        });
        line[place].clone()
    };
    let intent = |login: &str, overrides: u64| {
        forged(0, &|record| {
            record["login"] = json!(login);
            record["overrides"] = json!(overrides);
        })
    };
    let and = |line: String| [&lines[..], &[line]].concat();
    let failed: Value = serde_json::from_str(&lines[6]).unwrap();
    let login = failed["record"]["login"].clone();
    assert!(audit.check("a report of a login", &and(forged(2, &|_| {}))).await);
    let another = "0192f0c1-8a4b-7cde-8f01-23456789abcd";
    assert!(
        audit
            .check("a login is taken over", &and(intent(another, 6)))
            .await
    );
    let mut open = and(intent(another, 6));
    let mut next: Value = serde_json::from_str(&intent("0192f0c1-8a4b-7cde-8f01-23456789abce", 8)).unwrap();
    next["record"]["seq"] = json!(9);
    open.push(next.to_string());
    let of_a_failed_one = forged(2, &|record| {
        record["intent"] = json!(6);
        record["login"] = login.clone();
    });
    let more = forged(2, &|record| record["more"] = json!(1));
    let less = forged(1, &|record| {
        record.as_object_mut().unwrap().remove("outcome");
    });
    let number = forged(1, &|record| record["duration"] = json!("x"));
    let negative = forged(1, &|record| record["duration"] = json!(-1));
    let truth = forged(2, &|record| record["v"] = json!(true));
    let beside = replaced(&lines, 0, |row| row["correction"] = json!("it was somebody else"));
    for (what, lines) in [
        ("something is said beside the record", beside),
        ("a text for a number", and(number)),
        ("a number below 0", and(negative)),
        ("a truth for a number", and(truth)),
        ("an open login is taken over", open),
        ("a report of a failed login", and(of_a_failed_one)),
        ("an outcome is taken over", and(intent(another, 7))),
        ("a member that there is not", and(more)),
        ("a member is missing", and(less)),
    ] {
        assert!(!audit.check(what, &lines).await, "{what}");
    }
}

#[tokio::test]
async fn both_verifiers_accept_what_was_erased_and_recorded() {
    let audit = Audit::new().await;
    let before = audit.export().await;
    let erased = audit
        .installation
        .run(&[
            "ledger",
            "erase",
            "--customer",
            CUSTOMER,
            "--operator",
            "an officer",
            "--reason",
            "a request",
            "--yes",
        ])
        .await;
    assert!(erased.status.success(), "{erased:?}");
    let lines = audit.export().await;
    assert_eq!(lines.len(), 9);
    assert!(!lines.concat().contains(CUSTOMER));
    assert!(audit.check("after the erasure", &lines).await);
    // What was erased must be gone, and stay so.
    let restored = [&before[..1], &lines[1..]].concat();
    assert!(!audit.check("with a part that came back", &restored).await);
    // Without its record, an erasure is a loss. The checkpoint is older, so it is of no help.
    assert!(!audit.check("without the erasure's record", &lines[..8]).await);
}

/// An empty ledger is sound, until somebody has a checkpoint that says otherwise.
#[tokio::test]
async fn both_verifiers_say_the_same_of_an_empty_ledger() {
    let audit = Audit::new().await;
    let empty = Installation::new().await;
    let made = empty.run(&["store", "migrate"]).await;
    assert!(made.status.success(), "{made:?}");
    let file = audit.installation.folder.path().join("empty.jsonl");
    let export = ["ledger", "export", "--format", "jsonl", "--output", text(&file)];
    let exported = empty.run(&export).await;
    assert!(exported.status.success(), "{exported:?}");
    assert_eq!(fs::read(&file).unwrap(), b"");

    let checkpoint = text(&audit.checkpoint);
    for (checkpoint, code) in [(None, 0), (Some(checkpoint), 1)] {
        let mut ours = vec!["ledger", "verify", "--file", text(&file)];
        let mut theirs = vec![VERIFIER, text(&file)];
        if let Some(checkpoint) = checkpoint {
            ours.extend(["--checkpoint", checkpoint, "--key", &audit.key]);
            theirs.extend([checkpoint, &audit.key]);
        }
        let ours = audit.installation.run(&ours).await;
        let theirs = Command::new(audit.python).args(theirs).output().await.unwrap();
        let codes = [&ours, &theirs].map(|output| output.status.code());
        assert_eq!(codes, [Some(code); 2], "{}{}", said(&ours), said(&theirs));
    }
}

/// A clock that was set back is nobody's forgery, and must not hide one for ever.
#[tokio::test]
async fn both_verifiers_tell_of_a_clock_that_was_set_back_and_call_the_ledger_sound() {
    let audit = Audit::new().await;
    let lines = replaced(&audit.export().await, 5, |row| {
        row["record"]["time"] = json!("2000-01-01T00:00:00.000Z");
    });
    let file = audit.installation.folder.path().join("stepped.jsonl");
    fs::write(&file, lines.join("\n") + "\n").unwrap();
    let ours = ["ledger", "verify", "--file", text(&file)];
    let ours = audit.installation.run(&ours).await;
    let theirs = [VERIFIER, text(&file)];
    let theirs = Command::new(audit.python).args(theirs).output().await.unwrap();
    let codes = [&ours, &theirs].map(|output| output.status.code());
    assert_eq!(codes, [Some(0); 2], "{}{}", said(&ours), said(&theirs));
    for output in [&ours, &theirs] {
        let told = said(output).to_lowercase();
        assert_eq!(told.matches("record 5: its time is").count(), 1, "{told}");
        assert_eq!(told.matches("its time is").count(), 1, "{told}");
    }
}

/// The same lines, with one changed as a forger would who knows how to spell.
fn replaced(lines: &[String], place: usize, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut row: Value = serde_json::from_str(&lines[place]).unwrap();
    change(&mut row);
    if row["customer"].is_null() {
        row.as_object_mut().unwrap().remove("customer");
    }
    let mut lines = lines.to_vec();
    // serde_json keeps members in the order of their names, and spells as RFC 8785 does.
    lines[place] = row.to_string();
    lines
}

/// A Python that has what the verifier needs: Debian's own first, which has Debian's packages.
async fn python() -> &'static str {
    for python in ["/usr/bin/python3", "python3"] {
        let import = Command::new(python)
            .args(["-c", "import nacl.signing"])
            .output()
            .await;
        if import.is_ok_and(|output| output.status.success()) {
            return python;
        }
    }
    panic!("no Python with PyNaCl is here: apt-get install python3-nacl, or `cargo xtask test` does it")
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
