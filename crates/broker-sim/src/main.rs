//! `broker-sim`: a simulated broker to run by hand or beside a relay.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::{Parser, ValueEnum};
use stagedoor_broker_sim::{Account, ApiKey, Control, Dialect, Sim, SimConfig, TokenStyle};

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A simulated broker: its API, its trading platform, and a control API for tests.
///
/// Prints the three URLs as one line of JSON and runs until it is interrupted.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where the broker API listens.
    #[arg(long, default_value_t = ANY_PORT)]
    broker_address: SocketAddr,
    /// Where the trading platform listens.
    #[arg(long, default_value_t = ANY_PORT)]
    platform_address: SocketAddr,
    /// Where the control API listens; loopback only.
    #[arg(long, default_value_t = ANY_PORT)]
    control_address: SocketAddr,
    /// Which of the broker's APIs to speak.
    #[arg(long, value_enum, default_value_t = DialectName::V1)]
    dialect: DialectName,
    /// A customer, as EMAIL=NAME; may be repeated.
    #[arg(long = "account", value_name = "EMAIL=NAME", value_parser = account)]
    accounts: Vec<Account>,
    /// A domain of which every address is a customer; may be repeated.
    #[arg(long = "customer-domain", value_name = "DOMAIN")]
    customer_domains: Vec<String>,
    /// Requests that a key may make within any 60 seconds; 500 by default, as at the broker.
    #[arg(long, value_name = "NUMBER")]
    requests_per_minute: Option<u32>,
    /// How many of the latest requests and tokens are remembered; all by default.
    #[arg(long, value_name = "NUMBER")]
    memory: Option<usize>,
    /// A file that holds the API key, alone. Without it the key is `broker-sim-api-key`.
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Leaves the key without the right to mint.
    #[arg(long)]
    without_right: bool,
    /// An address on the whitelist; may be repeated. Without any, 127.0.0.1 is.
    #[arg(long = "allow-ip", value_name = "IP")]
    allowed_ips: Vec<IpAddr>,
    /// Makes tokens begin with a prefix that is easy to search for.
    #[arg(long, value_name = "TEXT")]
    token_prefix: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DialectName {
    V1,
    V2,
    Crm,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let control_address = arguments.control_address;
    let sim = Arc::new(Sim::start(arguments.config()?).await.context("cannot listen")?);
    let control = Control::start(Arc::clone(&sim), control_address)
        .await
        .context("cannot start the control API")?;
    announce(&sim, &control);
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for an interrupt")?;
    sim.shutdown().await;
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "the line on standard output is how a caller learns the addresses"
)]
fn announce(sim: &Sim, control: &Control) {
    let urls = serde_json::json!({
        "brokerUrl": sim.broker_url(),
        "platformUrl": sim.platform_url(),
        "controlUrl": control.url(),
    });
    println!("{urls}");
}

impl Arguments {
    fn config(self) -> anyhow::Result<SimConfig> {
        let mut config = SimConfig::with_dialect(match self.dialect {
            DialectName::V1 => Dialect::V1,
            DialectName::V2 => Dialect::V2,
            DialectName::Crm => Dialect::Crm,
        });
        config.broker_address = self.broker_address;
        config.platform_address = self.platform_address;
        config.accounts = self.accounts;
        config.customer_domains = self.customer_domains;
        if let Some(number) = self.requests_per_minute {
            config.requests_per_minute = number;
        }
        if let Some(number) = self.memory {
            config.memory = number;
        }
        if let Some(file) = &self.api_key_file {
            config.keys = vec![ApiKey::new(read_key(file)?, true)];
        }
        for key in &mut config.keys {
            key.may_mint = !self.without_right;
        }
        if !self.allowed_ips.is_empty() {
            config.allowed_ips = self.allowed_ips;
        }
        if let Some(prefix) = self.token_prefix {
            config.token_style = TokenStyle::Prefix(prefix);
        }
        Ok(config)
    }
}

fn read_key(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let key = text.trim();
    ensure!(
        !key.is_empty(),
        "{} is empty: it must hold the API key",
        file.display()
    );
    Ok(key.to_owned())
}

fn account(text: &str) -> anyhow::Result<Account> {
    match text.split_once('=') {
        Some((email, name)) if email.contains('@') && !name.is_empty() => Ok(Account::new(email, name)),
        _ => bail!("expected EMAIL=NAME, for instance jane@customer.example=\"Jane Roe\""),
    }
}
