//! Serves pages over HTTP on loopback, as the CRM that staff work in.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A running web site.
pub struct Site {
    address: SocketAddr,
    content: Arc<Content>,
    server: JoinHandle<()>,
}

struct Content {
    directory: PathBuf,
    pages: Mutex<HashMap<String, String>>,
    /// Files by host, path and query, for what is shown under other addresses than its own.
    aliases: Mutex<HashMap<String, String>>,
}

impl Site {
    /// Serves the files of a directory.
    pub async fn serve(directory: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        let content = Arc::new(Content {
            directory: directory.to_owned(),
            pages: Mutex::default(),
            aliases: Mutex::default(),
        });
        let router = Router::new().fallback(file).with_state(Arc::clone(&content));
        let server = tokio::spawn(async move {
            // It runs until the site is dropped.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            content,
            server,
        })
    }

    /// Adds a page that is in no file, and gives its address.
    pub fn add(&self, name: &str, html: &str) -> String {
        self.content.pages().insert(name.to_owned(), html.to_owned());
        self.url(name)
    }

    /// Shows a file under an address of another host too: `host/path?query`.
    pub fn alias(&self, address: &str, file: &str) {
        let mut aliases = self
            .content
            .aliases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        aliases.insert(address.to_owned(), file.to_owned());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a file.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Content {
    fn pages(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alias(&self, address: &str) -> Option<String> {
        let aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        aliases.get(address).cloned()
    }
}

async fn file(State(content): State<Arc<Content>>, headers: HeaderMap, uri: Uri) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let alias = content.alias(&format!("{}{uri}", host.unwrap_or_default()));
    let path = alias.as_deref().unwrap_or(uri.path()).trim_start_matches('/');
    if let Some(html) = content.pages().get(path) {
        return Html(html.clone()).into_response();
    }
    let path = Path::new(path);
    let inside = path
        .components()
        .all(|component| matches!(component, Component::Normal(_)));
    let kind = match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    match std::fs::read(content.directory.join(path)) {
        Ok(bytes) if inside => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
