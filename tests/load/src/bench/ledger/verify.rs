//! How fast the relay's own `ledger verify` is, over a store as it was filled.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use stagedoor_load::Installation;

use super::table::grouped;

/// What a verification said of itself.
struct Verified {
    records: u64,
    milliseconds: u64,
    lookups_milliseconds: u64,
}

/// Runs it, and says in a line what it did.
pub(super) fn verify(installation: &Installation) -> Result<String> {
    let started = Instant::now();
    let output = installation
        .command()
        .args(["ledger", "verify", "--json"])
        .output()
        .context("`stagedoor ledger verify` cannot be started")?;
    let elapsed = started.elapsed();
    if !output.status.success() {
        bail!(
            "`stagedoor ledger verify` ended with {}:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let verified = Verified::parse(&output.stdout)?;
    let seconds = |milliseconds: u64| Duration::from_millis(milliseconds).as_secs_f64();
    Ok(format!(
        "ledger verify: {} records with their look-up rows, {} a second ({:.1} s; its threads read those rows for {:.1} s); \
         {:.1} s in all",
        grouped(verified.records),
        grouped(rate(verified.records, verified.milliseconds)),
        seconds(verified.milliseconds),
        seconds(verified.lookups_milliseconds),
        elapsed.as_secs_f64()
    ))
}

impl Verified {
    fn parse(said: &[u8]) -> Result<Self> {
        let said: Value = serde_json::from_slice(said).context("`ledger verify --json` wrote no JSON")?;
        let number = |name: &str| {
            let number = said[name].as_u64();
            number.with_context(|| format!("`ledger verify --json` told no {name}"))
        };
        ensure!(
            said["sound"] == true && said["lookupsCompared"] == true,
            "the ledger that was filled is not sound"
        );
        Ok(Self {
            records: number("records")?,
            milliseconds: number("milliseconds")?,
            lookups_milliseconds: number("lookupsMilliseconds")?,
        })
    }
}

fn rate(count: u64, milliseconds: u64) -> u64 {
    count * 1000 / milliseconds.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sound_ledger_that_was_compared_counts() {
        let said = r#"{"records": 3000, "milliseconds": 20, "lookupsMilliseconds": 8, "sound": true, "lookupsCompared": true}"#;
        let verified = Verified::parse(said.as_bytes()).unwrap();
        assert_eq!((verified.records, verified.lookups_milliseconds), (3000, 8));
        assert_eq!(rate(verified.records, verified.milliseconds), 150_000);
        assert_eq!(rate(3, 0), 3000);
        for flaw in [
            ("\"sound\": true", "\"sound\": false"),
            ("\"lookupsCompared\": true", "\"lookupsCompared\": false"),
            ("\"milliseconds\": 20, ", ""),
        ] {
            assert!(
                Verified::parse(said.replace(flaw.0, flaw.1).as_bytes()).is_err(),
                "{flaw:?}"
            );
        }
    }
}
