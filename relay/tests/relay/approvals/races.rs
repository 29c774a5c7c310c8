//! Several who want one approval at the same moment.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use super::{LONG, Scene, unchanged};
use crate::support::http::problem;

#[tokio::test]
async fn of_many_logins_by_one_approval_one_mints() {
    let scene = Scene::new().await;
    for round in 1..=5 {
        let id = scene.approved().await;
        let logins = join_all((0..12).map(|_| scene.login_by(&id, unchanged)));
        let answers = timeout(LONG, logins).await.unwrap();
        let mut codes: Vec<_> = answers.iter().map(|(answer, _)| answer.outcome()).collect();
        codes.sort();
        codes.dedup();
        let opened = answers.iter().filter(|(answer, _)| answer.status == 201);
        assert_eq!((opened.count(), scene.mints()), (1, round), "{codes:?}");
        // The others are told that it is used.
        assert_eq!(codes.len(), 2, "{codes:?}");
        assert_eq!(codes[1], (409, "approval_ended".to_owned()));
        scene.clock.advance(60);
    }
}

#[tokio::test]
async fn of_many_decisions_one_stands_and_a_login_follows_it() {
    let scene = Arc::new(Scene::new().await);
    for _ in 0..8 {
        let id = scene.ask().await;
        let approve = json!({"decision": "approve"});
        let decline = json!({"decision": "decline", "word": "no"});
        let before = scene.mints();
        let (one, other, (login, _)) = tokio::join!(
            scene.decide(&scene.lead, &id, &approve),
            scene.decide(&scene.other_lead, &id, &decline),
            scene.login_by(&id, unchanged),
        );
        let stood = [&one, &other]
            .iter()
            .filter(|answer| answer.status == 200)
            .count();
        assert_eq!(stood, 1, "{} {}", one.body, other.body);
        let state = scene.state(&id).await["state"].clone();
        let minted = scene.mints() - before;
        match login.status {
            201 => assert_eq!((minted, &state, one.status), (1, &json!("used"), 200)),
            403 => assert_eq!((minted, login.code().as_str()), (0, "approval_missing")),
            other => panic!("{other}: {}", login.body),
        }
        let expected = if one.status == 200 {
            ["approved", "used"]
        } else {
            ["declined"; 2]
        };
        assert!(expected.contains(&state.as_str().unwrap()), "{state}");
        scene.clock.advance(60);
    }
}

#[tokio::test]
async fn an_approval_is_either_used_or_taken_back() {
    let scene = Scene::new().await;
    for _ in 0..8 {
        let id = scene.approved().await;
        let before = scene.mints();
        let ((login, _), withdrawn) =
            tokio::join!(scene.login_by(&id, unchanged), scene.withdraw(&scene.desk, &id));
        let minted = scene.mints() - before;
        match (login.status, withdrawn.status) {
            (201, 409) => assert_eq!(minted, 1),
            (404, 204) => assert_eq!(minted, 0),
            // The login came while it was being taken back, for which no login waits.
            (403, 204) => {
                assert!(login.body.contains("at this very moment"), "{}", login.body);
                assert_eq!(minted, 0);
            }
            other => panic!("{other:?}: {} {}", login.body, withdrawn.body),
        }
        let (again, _) = scene.login_by(&id, unchanged).await;
        let ended = if minted == 1 {
            problem(409, "approval_ended")
        } else {
            problem(404, "approval_unknown")
        };
        assert_eq!((again.outcome(), scene.mints() - before), (ended, minted));
        scene.clock.advance(60);
    }
}
