//! The end of the process: nothing new is taken, and every login that has begun ends in a record.

use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::app::App;

/// Closes the door and waits, for so long at most, for logins under way.
pub(crate) async fn drain(app: &App) {
    app.draining.cancel();
    app.logins.close();
    info!(logins = app.logins.len(), "shutting down");
    if timeout(app.limits.drain, app.logins.wait()).await.is_err() {
        let logins = app.logins.len();
        error!(
            logins,
            "logins did not end in time; the next start closes them as unknown"
        );
    }
}

/// Cancels the token at the first SIGTERM or SIGINT.
pub fn on_signal(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}
