//! Starting, stopping and starting again in the same place.

use std::io;

use stagedoor_broker_sim::{Fault, Sim, SimConfig};
use tokio::net::TcpStream;

use crate::bench::{Bench, JANE};

#[tokio::test]
async fn shutdown_cuts_what_hangs_and_closes_both_listeners() {
    let bench = Bench::v1().await;
    bench.sim.script(Fault::HangBeforeHeaders);
    let hanging = tokio::spawn(bench.mint_request(JANE, 30).send());
    bench.sim.received(1).await;
    bench.sim.shutdown().await;
    assert!(hanging.await.unwrap().is_err());
    let refused = TcpStream::connect(bench.sim.broker_address()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    assert!(
        bench
            .http
            .get(bench.sim.platform_url())
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
    assert_eq!(bench.sim.journal().len(), 1, "the journal outlives the listeners");
    bench.sim.shutdown().await;
}

#[tokio::test]
async fn a_broker_comes_back_at_the_same_address() {
    let bench = Bench::v1().await;
    bench.mint(JANE, 30).await;
    bench.sim.shutdown().await;
    let config = SimConfig {
        broker_address: bench.sim.broker_address(),
        ..SimConfig::default()
    };
    let second = Sim::start(config).await.unwrap();
    assert_eq!(second.broker_url(), bench.sim.broker_url());
    assert_eq!(
        bench.mint_answer().await.status(),
        404,
        "the second broker has no such customer"
    );
    assert_eq!(second.journal().len(), 1);
}

#[tokio::test]
async fn an_address_in_use_is_an_error() {
    let bench = Bench::v1().await;
    let config = SimConfig {
        broker_address: bench.sim.broker_address(),
        ..SimConfig::default()
    };
    let error = Sim::start(config).await.err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
}
