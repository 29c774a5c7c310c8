//! Recipes: who has an enrolled profile gets those that are in use now.

use serde_json::json;

use super::*;

const RECIPE: &str = "[[recipe]]\nname = \"Back office\"\nhosts = [\"crm.broker.example\"]\n\
    paths = [\"/customers/{}\"]\nat = [\"#email\"]\nonly = true\n\n[staff]";

#[tokio::test]
async fn they_are_given_out_with_the_session_and_changed_without_a_restart() {
    let (installation, mut serving, signer) = desk().await;
    assert_eq!(session(&serving, &signer).await["recipes"], Value::Null);

    installation.change_config("[staff]", RECIPE);
    logs(&mut serving, "the configuration was read again and is in use").await;
    let given = json!([{
        "version": 1, "name": "Back office", "hosts": ["crm.broker.example"], "paths": ["/customers/{}"],
        "at": ["#email"], "only": true,
    }]);
    assert_eq!(session(&serving, &signer).await["recipes"], given);

    installation.change_config("crm.broker.example", "*");
    let line = logs(&mut serving, "all of the old one stays in use").await;
    assert!(
        line.contains("recipe[0].hosts") && line.contains("hosts of strangers"),
        "{line}"
    );
    assert_eq!(session(&serving, &signer).await["recipes"], given);
}
