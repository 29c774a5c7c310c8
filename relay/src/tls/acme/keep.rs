//! Looks whether a certificate is due, and tells of one that ends.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::Acme;
use crate::{current::Current, tls::Tls};

/// Looks after the certificate in use, from files too, until `closed`. Should it end before, by a panic, the health page says so.
pub(crate) async fn keep(current: Arc<Current>, closed: CancellationToken) {
    let _ending = Ending(&current);
    let limits = current.get().app.limits.clone();
    let mut looks = interval(limits.watch);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = closed.cancelled() => return,
            _ = looks.tick() => {}
        }
        let in_use = current.get();
        let app = &in_use.app;
        let Some(tls) = &in_use.tls else { continue };
        tls.remind(app.clock.now());
        let Some(acme) = tls.acme().filter(|acme| acme.is_due(&*app.clock)) else {
            continue;
        };
        tokio::select! {
            () = closed.cancelled() => return,
            () = replaced(&current, acme, limits.watch) => {}
            () = acme.renew(&app.clock, limits.acme_pause) => {}
        }
    }
}

struct Ending<'a>(&'a Current);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.set_unkept();
    }
}

/// Waits until a reload wants another certificate, or none.
async fn replaced(current: &Current, acme: &Arc<Acme>, pause: Duration) {
    let mut looks = interval(pause);
    loop {
        looks.tick().await;
        let in_use = current.get();
        let wanted = in_use.tls.as_ref().and_then(Tls::acme);
        if !wanted.is_some_and(|wanted| Arc::ptr_eq(wanted, acme)) {
            return;
        }
    }
}
