//! A PostgreSQL store: `postgres://USER@HOST[:PORT][,HOST[:PORT]...]/DATABASE`, and beside it where the password comes from.
//!
//! The form is a strict part of what libpq takes. There is no password in it, because addresses end up in logs and error
//! messages, and no parameter, because the relay decides what a connection must be like.

use std::{fmt, net::IpAddr, path::PathBuf};

use secrecy::SecretString;

use crate::config::{Keys, api_key, read_roots, section::Section};

const DEFAULT_PORT: u16 = 5432;
/// What PostgreSQL's names can be long.
const MAX_NAME_BYTES: usize = 63;
const MAX_HOSTS: usize = 8;
const FORM: &str =
    "must be postgres://USER@HOST:PORT/DATABASE, e.g. \"postgres://stagedoor@db.broker.example/stagedoor\"";

/// How the database is reached. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// The role that the relay is.
    pub user: String,
    /// The database.
    pub database: String,
    /// Servers of one cluster; the one that takes writes is used. At least one.
    pub hosts: Vec<PostgresHost>,
    /// Where the password is kept; none only for servers on this machine.
    pub password: Option<PasswordSource>,
    /// A PEM file of the only certificates to trust, in place of the system's.
    pub root_certificate_file: Option<PathBuf>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostgresHost {
    /// A name or an address.
    Tcp {
        /// The name or the address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A folder with a Unix socket.
    Socket {
        /// The folder.
        folder: PathBuf,
        /// The port, which is part of the socket's name.
        port: u16,
    },
}

/// Where a password is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// A file that holds nothing else; a line end after the password is fine.
    File(PathBuf),
    /// The name of an environment variable.
    Environment(String),
}

/// Whether a text means to be an address of this kind.
pub(super) fn is_url(text: &str) -> bool {
    text.starts_with("postgres:") || text.starts_with("postgresql:")
}

impl PostgresConfig {
    pub(super) fn read(section: &mut Section<'_>, url: &str, keys: Keys) -> Option<Self> {
        let parsed = section.keep("url", parse(url));
        let password = PasswordSource::read(section);
        let root_certificate_file = section.text("root_certificate_file").map(PathBuf::from);
        if let (Keys::Check, Some(Some(source))) = (keys, &password)
            && let Err(problem) = source.password()
        {
            section.fault(source.config_key(), problem);
        }
        if let (Keys::Check, Some(path)) = (keys, &root_certificate_file) {
            section.keep("root_certificate_file", read_roots(path));
        }
        let config = Self {
            password: password?,
            root_certificate_file,
            ..parsed?
        };
        if !config.is_local() && config.password.is_none() {
            section.fault(
                "password_file",
                "is missing; name the file that holds the database role's password, or password_env",
            );
            return None;
        }
        let sockets = config
            .hosts
            .iter()
            .any(|host| matches!(host, PostgresHost::Socket { .. }));
        if sockets && config.needs_tls() {
            section.fault(
                "url",
                "a Unix socket has no TLS; it can neither stand beside servers on the network nor have a \
                 root_certificate_file",
            );
            return None;
        }
        Some(config)
    }

    /// Whether connections must be encrypted and the server's certificate verified: always, but on this machine.
    pub fn needs_tls(&self) -> bool {
        !self.is_local() || self.root_certificate_file.is_some()
    }

    fn is_local(&self) -> bool {
        self.hosts.iter().all(PostgresHost::is_local)
    }
}

/// The address, as the configuration writes it.
impl fmt::Display for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@", self.user)?;
        for (index, host) in self.hosts.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match host {
                PostgresHost::Tcp { host, port } if host.contains(':') => {
                    write!(f, "{comma}[{host}]:{port}")?
                }
                PostgresHost::Tcp { host, port } => write!(f, "{comma}{host}:{port}")?,
                PostgresHost::Socket { folder, port } => {
                    let folder = folder.display().to_string().replace('/', "%2F");
                    write!(f, "{comma}{folder}:{port}")?;
                }
            }
        }
        write!(f, "/{}", self.database)
    }
}

impl PostgresHost {
    fn is_local(&self) -> bool {
        match self {
            Self::Tcp { host, .. } => {
                host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            Self::Socket { .. } => true,
        }
    }
}

impl PasswordSource {
    /// The outer `None` means a fault.
    #[expect(clippy::option_option, reason = "absent and faulty are different things here")]
    fn read(section: &mut Section<'_>) -> Option<Option<Self>> {
        let both = section.has("password_file") && section.has("password_env");
        let absent = !section.has("password_file") && !section.has("password_env");
        let file = section
            .text("password_file")
            .map(|path| Self::File(api_key::secret_path(&path)));
        let variable = section.text("password_env");
        if both {
            section.fault("password_file", "stands beside password_env; keep one of the two");
            return None;
        }
        let variable = match variable {
            Some(name) => Some(section.keep("password_env", parse_variable(name))?),
            None => None,
        };
        let source = file.or(variable);
        // A value of another type has been reported.
        (absent || source.is_some()).then_some(source)
    }

    /// The configuration key that names the source.
    pub fn config_key(&self) -> &'static str {
        match self {
            Self::File(_) => "password_file",
            Self::Environment(_) => "password_env",
        }
    }

    /// Reads the password as it is now. The error says cause and cure, and never shows what was read.
    pub fn password(&self) -> Result<SecretString, String> {
        match self {
            Self::File(path) => api_key::in_file(path, parse_password),
            Self::Environment(name) => {
                api_key::in_variable(name, "the database role's password", parse_password)
            }
        }
    }
}

fn parse_password(text: &str) -> Result<SecretString, String> {
    let password = text.strip_suffix('\n').unwrap_or(text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err("holds no password; put the database role's password into it, alone".to_owned());
    }
    if password.contains(char::is_control) {
        return Err(
            "holds more than a password: line ends or control characters inside; put the password there alone"
                .to_owned(),
        );
    }
    Ok(SecretString::from(password))
}

fn parse_variable(name: String) -> Result<PasswordSource, String> {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(PasswordSource::Environment(name))
    } else {
        Err("must be the name of an environment variable: letters, digits and _".to_owned())
    }
}

/// Reads an address. What it says is never quoted: it may hold a password after all.
fn parse(text: &str) -> Result<PostgresConfig, String> {
    let rest = text
        .strip_prefix("postgres://")
        .or_else(|| text.strip_prefix("postgresql://"))
        .ok_or(FORM)?;
    if rest.contains(['?', '#']) {
        return Err("takes no parameters; TLS, timeouts and the rest are the relay's to decide".to_owned());
    }
    let (user, rest) = rest
        .rsplit_once('@')
        .ok_or_else(|| format!("names no user; it {FORM}"))?;
    if user.contains(':') {
        return Err(
            "holds a password; take it out, and put it into a file that store.password_file names".to_owned(),
        );
    }
    let (hosts, database) = rest
        .split_once('/')
        .ok_or_else(|| format!("names no database; it {FORM}"))?;
    let hosts = hosts.split(',').map(parse_host).collect::<Result<Vec<_>, _>>()?;
    if hosts.len() > MAX_HOSTS {
        return Err(format!("names more than {MAX_HOSTS} servers"));
    }
    Ok(PostgresConfig {
        user: parse_name(user, "user")?,
        database: parse_name(database, "database")?,
        hosts,
        password: None,
        root_certificate_file: None,
    })
}

fn parse_host(text: &str) -> Result<PostgresHost, String> {
    let bad = || format!("names a server that is none; it {FORM}");
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or_else(bad)?;
            if !address.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) {
                return Err(bad());
            }
            (address, port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, (!port.is_empty()).then_some(port)),
            None => (text, Some("")),
        },
    };
    let port = match port.ok_or_else(bad)? {
        "" => DEFAULT_PORT,
        digits => digits.parse().ok().filter(|port| *port != 0).ok_or_else(bad)?,
    };
    if let Some(folder) = host.strip_prefix("%2F").or_else(|| host.strip_prefix("%2f")) {
        let folder = format!("/{}", folder.replace("%2F", "/").replace("%2f", "/"));
        let plain = !folder.contains(['%', '\0']);
        return plain
            .then(|| PostgresHost::Socket {
                folder: folder.into(),
                port,
            })
            .ok_or_else(|| "names a socket's folder with more than %2F in it".to_owned());
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_');
    if host.is_empty() || host.len() > 253 || host.starts_with('-') || !host.bytes().all(fits) {
        return Err(bad());
    }
    Ok(PostgresHost::Tcp {
        host: host.to_lowercase(),
        port,
    })
}

/// Role and database names that need no quotes and no escapes anywhere.
fn parse_name(text: &str, what: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "names a {what} that is not 1 to {MAX_NAME_BYTES} letters, digits, _, - and ."
        ))
    }
}
