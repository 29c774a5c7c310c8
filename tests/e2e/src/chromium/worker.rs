//! Stops the extension's service worker, as the browser does when it has been idle.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::session::{Events, Session};
use crate::wait::PATIENCE;

/// Stops the worker, through any page, and waits until it has stopped.
pub(super) async fn stop(page: &Session) -> Result<()> {
    let mut events = page.events();
    page.call("ServiceWorker.enable", json!({})).await?;
    let stopped = timeout(PATIENCE, stopped(page, &mut events));
    stopped.await.context("waited for the service worker to stop")??;
    page.call("ServiceWorker.disable", json!({})).await?;
    Ok(())
}

async fn stopped(page: &Session, events: &mut Events) -> Result<()> {
    loop {
        let event = events.next("ServiceWorker.workerVersionUpdated").await?;
        for version in event["versions"].as_array().into_iter().flatten() {
            match state(version) {
                // A worker that is stopped before it is active is started again at once.
                ("activated", "stopped") => return Ok(()),
                ("activated", "starting" | "running") => {
                    page.call("ServiceWorker.stopAllWorkers", json!({})).await?;
                }
                _ => {}
            }
        }
    }
}

fn state(version: &Value) -> (&str, &str) {
    (
        version["status"].as_str().unwrap_or_default(),
        version["runningStatus"].as_str().unwrap_or_default(),
    )
}
