//! Proxies that do the least a relay could do: add the broker's key to a request and hand it on.
//!
//! Each has one worker, no access log, and keeps its connections to the broker open.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::Command,
};

use anyhow::Result;
use stagedoor_load::Program;
use tokio::net::TcpStream;

use super::broker::Broker;

/// A proxy that can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Nginx,
    Haproxy,
    Caddy,
    Envoy,
}

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Caddy => "caddy",
            Self::Envoy => "envoy",
        }
    }

    /// The version that it says it is, on whichever stream.
    pub(crate) fn version(self, binary: &Path) -> Result<String> {
        let argument = match self {
            Self::Nginx | Self::Haproxy => "-v",
            Self::Caddy => "version",
            Self::Envoy => "--version",
        };
        let output = Command::new(binary).arg(argument).output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let version = said
            .split(|letter: char| letter.is_whitespace() || letter == '/')
            .map(|word| word.trim_start_matches('v'))
            .find(|word| word.starts_with(|first: char| first.is_ascii_digit()) && word.contains('.'));
        Ok(version.unwrap_or("of unknown version").to_owned())
    }

    /// What is set beyond its defaults, for the reader of the figures.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::Nginx => "worker_processes 1, keepalive 64 to the broker, access_log off",
            Self::Haproxy => "nbthread 1, http-reuse always, no log",
            Self::Caddy => "GOMAXPROCS=1, keepalive_idle_conns_per_host 64, no access log",
            Self::Envoy => "--concurrency 1, no access log",
        }
    }

    /// Starts it on a free port in front of the broker; its files are in `folder`.
    pub(crate) async fn start(
        self,
        binary: &Path,
        folder: &Path,
        broker: &Broker,
    ) -> Result<(Program, SocketAddr)> {
        let folder = folder.join(self.name());
        fs::create_dir_all(&folder)?;
        // Whoever takes the port in the moment between is found out: the proxy then does not start.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = folder.join("config");
        fs::write(&config, self.config(&folder, address, broker))?;
        let mut command = Command::new(binary);
        match self {
            Self::Nginx => command.arg("-p").arg(&folder).arg("-e").arg("stderr").arg("-c"),
            Self::Haproxy => command.arg("-f"),
            Self::Caddy => command
                .env("GOMAXPROCS", "1")
                .env("HOME", &folder)
                .env("XDG_DATA_HOME", &folder)
                .env("XDG_CONFIG_HOME", &folder)
                .args(["run", "--adapter", "caddyfile", "--config"]),
            Self::Envoy => command
                .args([
                    "--concurrency",
                    "1",
                    "--log-level",
                    "warn",
                    "--use-dynamic-base-id",
                ])
                .args(["--disable-hot-restart", "--config-path"]),
        };
        let mut program = Program::start(self.name(), command.arg(config))?;
        program
            .until(async |_| TcpStream::connect(address).await.ok())
            .await?;
        Ok((program, address))
    }

    fn config(self, folder: &Path, address: SocketAddr, broker: &Broker) -> String {
        let (upstream, key, port) = (broker.address, &broker.upstream.api_key, address.port());
        let folder = folder.display();
        match self {
            Self::Nginx => format!(
                "daemon off;\nuser root;\nworker_processes 1;\npid {folder}/pid;\nerror_log stderr warn;\n\
                 events {{ worker_connections 1024; }}\n\
                 http {{\n\
                 access_log off;\n\
                 client_body_temp_path {folder}/body;\nproxy_temp_path {folder}/proxy;\n\
                 fastcgi_temp_path {folder}/fastcgi;\nuwsgi_temp_path {folder}/uwsgi;\nscgi_temp_path {folder}/scgi;\n\
                 keepalive_requests 100000000;\n\
                 upstream broker {{ server {upstream}; keepalive 64; keepalive_requests 100000000; }}\n\
                 server {{\n\
                 listen {address};\n\
                 location / {{\n\
                 proxy_pass http://broker;\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";\n\
                 proxy_set_header Authorization \"{key}\";\n\
                 }}\n}}\n}}\n"
            ),
            Self::Haproxy => format!(
                "global\n  nbthread 1\n  maxconn 1024\n\
                 defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n\
                 \x20 http-reuse always\n\
                 frontend front\n  bind {address}\n  default_backend broker\n\
                 backend broker\n  http-request set-header Authorization \"{key}\"\n  server broker {upstream}\n"
            ),
            Self::Caddy => format!(
                "{{\n\tadmin off\n\tauto_https off\n}}\n\
                 http://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\treverse_proxy {upstream} {{\n\
                 \t\theader_up Authorization \"{key}\"\n\
                 \t\ttransport http {{\n\t\t\tkeepalive_idle_conns_per_host 64\n\t\t}}\n\t}}\n}}\n"
            ),
            Self::Envoy => envoy(port, upstream.port(), key),
        }
    }
}

/// JSON is YAML too, and needs no indentation.
fn envoy(port: u16, upstream: u16, key: &str) -> String {
    let socket =
        |port: u16| serde_json::json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    let manager = serde_json::json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "front",
        "route_config": {"virtual_hosts": [{
            "name": "broker",
            "domains": ["*"],
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "broker"}}],
            "request_headers_to_add": [{
                "header": {"key": "authorization", "value": key},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }],
        }]},
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
        }],
    });
    let config = serde_json::json!({"static_resources": {
        "listeners": [{
            "name": "front",
            "address": socket(port),
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": manager,
            }]}],
        }],
        "clusters": [{
            "name": "broker",
            "type": "STATIC",
            "load_assignment": {
                "cluster_name": "broker",
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket(upstream)}}]}],
            },
        }],
    }});
    config.to_string()
}
