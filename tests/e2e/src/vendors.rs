//! A proxy that answers for the hosts of CRM vendors, so that pages of ours stand under the addresses that recipes name.
//!
//! A browser that goes through it asks for a connection to a host; what it gets is the sample site, behind a
//! certificate that nobody else would accept. Every other host is refused, so no test reaches the network.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// The longest head of a request for a connection.
const MAX_HEAD_BYTES: usize = 8 * 1024;

/// A running proxy.
pub struct Vendors {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Vendors {
    /// Answers for these hosts with what a site on this machine serves.
    pub async fn open(site: SocketAddr, hosts: BTreeSet<String>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        let acceptor = acceptor(&hosts)?;
        let hosts = Arc::new(hosts);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, hosts) = (acceptor.clone(), Arc::clone(&hosts));
                // A browser that goes away is no fault.
                tokio::spawn(async move { serve(stream, &hosts, &acceptor, site).await.ok() });
            }
        });
        Ok(Self { address, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Vendors {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn acceptor(hosts: &BTreeSet<String>) -> Result<TlsAcceptor> {
    let names: Vec<String> = hosts.iter().cloned().collect();
    let made = rcgen::generate_simple_self_signed(names).context("cannot make a certificate")?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(anyhow::Error::msg)?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn serve(
    mut stream: TcpStream,
    hosts: &BTreeSet<String>,
    acceptor: &TlsAcceptor,
    site: SocketAddr,
) -> Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD_BYTES || stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let asked = str::from_utf8(&head)?.strip_prefix("CONNECT ");
    let host = asked.and_then(|rest| rest.split_once(":443 "));
    if !host.is_some_and(|(host, _)| hosts.contains(host)) {
        let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        return Ok(stream.write_all(refusal).await?);
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    let mut inner = acceptor.accept(stream).await?;
    let mut site = TcpStream::connect(site).await?;
    copy_bidirectional(&mut inner, &mut site).await?;
    Ok(())
}
