use super::*;
use crate::{facts::read_frames, json::Value as V, recipe, testing::parse_url};

#[test]
fn scratch() {
    let pages: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string("../../tests/fixtures/crm/pages.json").unwrap())
            .unwrap();
    let facts = std::fs::read_to_string("/tmp/facts.jsonl").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let (mut right, mut wrong, mut chooser) = (0, 0, 0);
    let show = std::env::var("SHOW").unwrap_or_default();
    for line in facts.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let file = row["file"].as_str().unwrap();
        if !seen.insert(file.to_owned()) {
            continue;
        }
        let Some(expected) = pages["pages"]
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["file"] == file)
        else {
            continue;
        };
        let frames = V::parse(&row["frames"].to_string()).unwrap();
        let mut frames = read_frames(&frames);
        recipe::assign(&mut frames, &V::Null, |url| parse_url(url));
        let ranking = rank(&frames, &session());
        let found: Vec<&str> = ranking.candidates.iter().map(|c| c.email.as_str()).collect();
        let winner = ranking.clear.then(|| found[0]);
        let want = expected["winner"].as_str();
        let verdict = if winner.is_some() && winner != want {
            wrong += 1;
            "WRONG"
        } else if winner == want {
            right += 1;
            "right"
        } else {
            chooser += 1;
            "CHOOSER"
        };
        if verdict != "right" || (!show.is_empty() && file.contains(&show)) {
            println!(
                "{verdict} {file}: {winner:?} want {want:?} ({})",
                expected["because"].as_str().unwrap_or("")
            );
            if !show.is_empty() && file.contains(&show) {
                for c in &ranking.candidates {
                    println!(
                        "    {} score {} prop {} agreed {} {:?}",
                        c.email.as_str(),
                        c.score,
                        c.proposable,
                        c.agreed,
                        c.evidence
                    );
                }
                for f in &frames {
                    for x in &f.facts {
                        println!(
                            "      {:?} {:?} label {:?} under {:?} {:?} vis {} top {} rec {}",
                            x.kind,
                            x.value,
                            x.label,
                            x.under,
                            x.region,
                            x.visible,
                            f.top,
                            f.recipe.is_some()
                        );
                    }
                }
            }
        }
    }
    println!("right {right} chooser {chooser} wrong {wrong}");
}
