//! `stagedoor webhook test`: does each webhook take a message?

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use serde_json::json;

use super::say;
use crate::{
    app::Limits,
    clock::{Clock, SystemClock},
    config::{Config, Keys},
    events,
    webhooks::{Answer, Webhooks},
};

#[derive(Debug, Subcommand)]
pub(super) enum WebhookCommand {
    /// Send a message of the type webhook.test to each webhook of the configuration, once, and say what came back.
    Test,
}

pub(super) async fn run(path: &Path, command: WebhookCommand) -> anyhow::Result<ExitCode> {
    let WebhookCommand::Test = command;
    let config = Config::load(path, Keys::Check)?;
    let limits = Limits::default();
    let webhooks = Webhooks::connect(&config, limits.webhook)?;
    if config.webhooks.is_empty() {
        say("there is no [[webhook]] in the configuration, so nobody is told of anything")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut code = ExitCode::SUCCESS;
    for (name, client) in webhooks.clients() {
        let now = SystemClock::new().now();
        let body = events::message("webhook.test", now, &json!({"webhook": name}));
        let answer = client
            .post(limits.files, &events::message_id()?, now.as_second(), &body)
            .await;
        let host = client.host();
        match answer {
            Answer::Accepted(status) => say(format_args!("webhook {name}: {host}: it answers {status}"))?,
            Answer::Gone => {
                code = ExitCode::FAILURE;
                say(format_args!(
                    "webhook {name}: {host}: it answers 410 (Gone): it wants no messages; mend it, or take the webhook out"
                ))?;
            }
            Answer::Failed(failure) => {
                code = ExitCode::FAILURE;
                say(format_args!("webhook {name}: {host}: {}", failure.problem))?;
            }
        }
    }
    Ok(code)
}
