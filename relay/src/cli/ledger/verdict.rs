//! What a verification found, for people and for machines. On standard output; nothing of it is personal.

use std::io::{self, Write, stdout};

use serde_json::json;

use super::{
    advice,
    audit::Audited,
    progress::Progress,
    text::{count, number},
};

const NOT_COMPARED: &str = "The tables that list, show, prove and erase go by were not compared";

/// Prints it.
pub(super) fn print(audited: &Audited, progress: &Progress, json: bool) -> io::Result<()> {
    let mut out = stdout().lock();
    if json {
        writeln!(out, "{}", to_json(audited, progress))
    } else {
        write!(out, "{}", to_text(audited, progress))
    }
}

fn to_json(audited: &Audited, progress: &Progress) -> serde_json::Value {
    let summary = &audited.summary;
    let of_records = summary.findings.iter().map(|finding| {
        let (code, cure) = advice::of(&finding.fault);
        json!({"code": code, "cure": cure, "problem": finding.fault.to_string(), "sequence": finding.sequence})
    });
    let of_lookups = audited.lookups.findings.iter().map(|finding| {
        json!({"code": finding.code, "cure": advice::LOOKUPS, "problem": finding.problem, "sequence": finding.sequence})
    });
    let of_state =
        audited.state.flaws.iter().map(
            |flaw| json!({"code": flaw.code, "cure": flaw.cure, "problem": flaw.problem, "sequence": null}),
        );
    let findings: Vec<_> = of_state.chain(of_records).chain(of_lookups).collect();
    let clock_steps = summary.clock_steps.iter();
    let clock_steps: Vec<_> = clock_steps
        .map(|step| json!({"milliseconds": step.milliseconds, "sequence": step.sequence}))
        .collect();
    json!({
        "clockSteps": clock_steps,
        "clockStepsFound": summary.stepped,
        "checkpoints": {
            "confirmed": summary.confirmed,
            "confirmedSize": summary.confirmed_size,
            "looked": audited.checkpoints,
            "signaturesChecked": audited.signatures,
            "uncompared": summary.uncompared,
        },
        "findings": findings,
        "found": audited.found(),
        "from": audited.from,
        "lookupsCompared": audited.lookups.compared,
        "lookupsMilliseconds": u64::try_from(audited.lookups.took.as_millis()).unwrap_or(u64::MAX),
        "milliseconds": u64::try_from(progress.elapsed().as_millis()).unwrap_or(u64::MAX),
        "openIntents": summary.open_intents,
        "outside": summary.outside,
        "records": summary.records,
        "root": summary.root.map(|root| root.to_string()),
        "size": summary.size,
        "sound": audited.is_sound(),
        "trusted": audited.is_sound() && audited.is_trusted() && !audited.is_undecided(),
        "undecided": audited.is_undecided(),
        "unverifiedCheckpoints": audited.unchecked,
        "unsettled": summary.unsettled,
    })
}

fn to_text(audited: &Audited, progress: &Progress) -> String {
    let summary = &audited.summary;
    let mut lines = Vec::new();
    lines.extend(findings(audited));
    let told = summary.findings.len() + audited.lookups.findings.len() + audited.state.flaws.len();
    let more = audited.found().saturating_sub(told as u64);
    if more > 0 {
        lines.push(format!("       and {} more", number(more)));
    }
    lines.extend(clock_steps(audited));
    lines.push(format!(
        "{} verified in {:.1} s ({} a second).",
        count(summary.records, "record", "records"),
        progress.elapsed().as_secs_f64(),
        number(progress.rate()),
    ));
    if let Some(root) = summary.root {
        lines.push(format!(
            "The ledger has {}, and its root is {root}.",
            count(summary.size, "record", "records")
        ));
    }
    lines.extend(checkpoints(audited));
    lines.extend(limits(audited));
    if audited.lookups.compared {
        lines.push(format!(
            "The tables that list, show, prove and erase go by were compared with the records, on the way; reading them took \
             {:.1} s of all threads together.",
            audited.lookups.took.as_secs_f64()
        ));
    } else if audited.records_only {
        lines.push(format!("{NOT_COMPARED}: --records-only."));
    } else if audited.of_store && !audited.summary.is_sound() {
        lines.push(format!(
            "{NOT_COMPARED}: records that are not sound are no measure."
        ));
    }
    lines.push(if !audited.is_sound() {
        format!("NOT SOUND: {}.", count(audited.found(), "finding", "findings"))
    } else if audited.lacks_key() {
        "COULD NOT BE VERIFIED: nothing was found in what was looked at, but the relay's own key cannot be read, and without it \
         nobody knows what it signed. That is no sign of tampering: run this as the relay's user, or give the verifying key that \
         was written down when the key was made, with --key or in ledger.verifying_keys."
            .to_owned()
    } else if audited.is_trusted() {
        "Sound: nothing was found.".to_owned()
    } else if audited.is_undecided() {
        "UNDECIDED: nothing was found, but the ledger could not be held to a checkpoint that is known to be genuine."
            .to_owned()
    } else {
        "Sound in itself, NOT TRUSTED: nothing was found, and no signature shows that it is the ledger that it was."
            .to_owned()
    });
    lines.join("\n") + "\n"
}

/// The findings, those with the same cure together, so that each cure is told once.
fn findings(audited: &Audited) -> Vec<String> {
    let of_state = audited.state.flaws.iter();
    let of_state = of_state.map(|flaw| (flaw.cure, flaw.problem.clone()));
    let of_records = audited.summary.findings.iter();
    let of_records = of_records.map(|finding| (advice::of(&finding.fault).1, finding.to_string()));
    let of_lookups = audited.lookups.findings.iter().map(|finding| {
        let about = finding
            .sequence
            .map_or_else(String::new, |sequence| format!("record {sequence}: "));
        (advice::LOOKUPS, format!("{about}{}", finding.problem))
    });
    let mut by_cure: Vec<(&str, Vec<String>)> = Vec::new();
    for (cure, told) in of_state.chain(of_records).chain(of_lookups) {
        match by_cure.iter_mut().find(|(other, _)| *other == cure) {
            Some((_, lines)) => lines.push(told),
            None => by_cure.push((cure, vec![told])),
        }
    }
    let lines = by_cure.into_iter().flat_map(|(cure, told)| {
        let told = told.into_iter().map(|told| format!("FOUND  {told}"));
        told.chain([format!("       {cure}")])
    });
    lines.collect()
}

/// Where the time goes backwards.
fn clock_steps(audited: &Audited) -> Vec<String> {
    let (steps, found) = (&audited.summary.clock_steps, audited.summary.stepped);
    let told = steps.iter().map(|step| {
        format!(
            "NOTE   record {}: its time is {} s before that of an earlier record",
            step.sequence,
            number(step.milliseconds.unsigned_abs() / 1000)
        )
    });
    let mut lines: Vec<_> = told.collect();
    if found > steps.len() as u64 {
        lines.push(format!("       and {} more", number(found - steps.len() as u64)));
    }
    if found > 0 {
        lines.push(format!("       {}", advice::CLOCK));
    }
    lines
}

/// What the checkpoints prove, and what they do not.
fn checkpoints(audited: &Audited) -> Vec<String> {
    let summary = &audited.summary;
    let mut lines = Vec::new();
    if audited.unchecked > 0 {
        lines.push(format!(
            "{} could not be verified: the key that may have signed {} cannot be read.",
            count(audited.unchecked, "checkpoint", "checkpoints"),
            if audited.unchecked == 1 { "it" } else { "them" },
        ));
        if audited.checkpoints == 0 {
            return lines;
        }
    }
    if audited.checkpoints == 0 {
        lines.push(
            "No checkpoint: the ledger agrees with itself, and nothing shows that it was not rewritten as a whole."
                .to_owned(),
        );
        return lines;
    }
    if !audited.signatures {
        lines.push(
            "No key was given, so NO SIGNATURE WAS CHECKED: whoever can write the store can make such checkpoints. Give the \
             verifying key with --key."
                .to_owned(),
        );
    }
    lines.push(match summary.confirmed_size {
        None => format!(
            "None of {} agrees with the records.",
            count(audited.checkpoints, "checkpoint", "checkpoints")
        ),
        Some(size) => {
            let agree = format!(
                "{} of {} {} with the records",
                number(summary.confirmed),
                count(audited.checkpoints, "checkpoint", "checkpoints"),
                if summary.confirmed == 1 { "agrees" } else { "agree" },
            );
            match summary.size.saturating_sub(size) {
                0 => format!("{agree}; the largest covers them all."),
                rest => format!(
                    "{agree}; the largest covers the first {}, and {} after it {} held by no signature yet.",
                    number(size),
                    count(rest, "record", "records"),
                    if rest == 1 { "is" } else { "are" },
                ),
            }
        }
    });
    if summary.uncompared > 0 {
        lines.push(format!(
            "{} could not be compared: of sizes before what was read, or records are missing.",
            count(summary.uncompared, "checkpoint", "checkpoints")
        ));
    }
    lines
}

/// What was not looked at, or is not ended.
fn limits(audited: &Audited) -> Vec<String> {
    let (summary, from) = (&audited.summary, audited.from);
    let mut lines = Vec::new();
    if audited.part {
        lines.push(format!(
            "The export begins with record {from}: nothing of what it holds could be compared with a checkpoint."
        ));
    } else if from > 0 {
        lines.push(format!(
            "Records before {from} were taken for granted{}.",
            if summary.confirmed == 0 {
                ", which proves nothing without a checkpoint that agrees"
            } else {
                ""
            }
        ));
    }
    if summary.outside > 0 {
        lines.push(format!(
            "{} to records before {from}, which were not looked at.",
            count(summary.outside, "record refers", "records refer")
        ));
    }
    if summary.unsettled > 0 {
        lines.push(format!(
            "{} missing; a later record may say why.",
            count(summary.unsettled, "personal part is", "personal parts are")
        ));
    }
    if summary.open_intents > 0 {
        lines.push(format!(
            "{} no outcome: under way, or of a relay that was killed and has not started again.",
            count(summary.open_intents, "login has", "logins have")
        ));
    }
    lines
}
