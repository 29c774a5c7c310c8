//! What went wrong with the server, said with cause and cure and without a value from any row.

use std::{
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use secrecy::SecretString;
use tokio_postgres::error::SqlState;

use crate::{
    config::{PasswordSource, PostgresConfig},
    files,
    store::StoreError,
};

/// Why work with the server failed.
pub(super) enum Failure {
    /// The server's or the connection's error.
    Database(tokio_postgres::Error),
    /// Ours.
    Store(StoreError),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    /// Whether the connection is of no use any more.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Database(error) => {
                error.is_closed() || error.as_db_error().is_none() || is_going_away(error)
            }
            Self::Store(_) => false,
        }
    }

    /// Whether the server has refused a statement, so that nothing of its transaction stands.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Database(error) if error.as_db_error().is_some()) && !self.is_lost()
    }

    /// Whether it is about what was to be written, and not about the state that the server is in.
    pub(super) fn is_about_content(&self) -> bool {
        // Data, integrity, rights and syntax, limits, and what triggers raise.
        const CLASSES: [&str; 5] = ["22", "23", "42", "54", "P0"];
        match self {
            Self::Database(error) => error
                .code()
                .is_some_and(|code| CLASSES.iter().any(|class| code.code().starts_with(class))),
            Self::Store(error) => matches!(error, StoreError::Inconsistent(_)),
        }
    }
}

/// Class 57P: the server is shutting down, or ended this session.
fn is_going_away(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("57P"))
}

/// The store as errors name it, and where its password is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    name: String,
    password: Option<PasswordSource>,
    /// Why the password could not be read the last time.
    unread: Arc<Mutex<Option<String>>>,
}

impl Place {
    pub(super) fn new(config: &PostgresConfig) -> Self {
        Self {
            name: config.to_string(),
            password: config.password.clone(),
            unread: Arc::default(),
        }
    }

    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    /// The password as it is now. One that cannot be read, in this time, is none: [`Place::error`] says so once the server has
    /// asked for it.
    pub(super) async fn password(&self, most: Duration) -> Option<SecretString> {
        let source = self.password.clone()?;
        let read = files::in_time(most, move || source.password()).await;
        let read = read.unwrap_or_else(|unread| Err(unread.to_string()));
        let (password, problem) = match read {
            Ok(password) => (Some(password), None),
            Err(problem) => (None, Some(problem)),
        };
        *self.unread.lock().unwrap_or_else(PoisonError::into_inner) = problem;
        password
    }

    fn unread(&self) -> Option<String> {
        self.unread.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn unusable(&self, cause: impl Into<String>, cure: &'static str) -> StoreError {
        StoreError::Unavailable {
            place: self.name(),
            cause: cause.into(),
            cure: cure.into(),
        }
    }

    pub(super) fn unfit(&self, cause: &str, cure: &'static str) -> Failure {
        Failure::Store(self.unusable(cause, cure))
    }

    /// The server has not answered in time.
    pub(super) fn silent(&self) -> StoreError {
        self.unusable(
            "the server does not answer in time",
            "see whether it is overloaded, and whether the network to it works",
        )
    }

    pub(super) fn failure(&self, failure: Failure) -> StoreError {
        match failure {
            Failure::Database(error) => self.error(&error),
            Failure::Store(error) => error,
        }
    }

    pub(super) fn error(&self, error: &tokio_postgres::Error) -> StoreError {
        let Some(refusal) = error.as_db_error() else {
            if let Some(problem) = self.unread() {
                return self.unusable(
                    format!("its password {problem}"),
                    "see that the relay's user can read it",
                );
            }
            return self.unusable(
                with_sources(error),
                "see that the server runs, that it can be reached from here, and that its certificate is one that the \
                 configuration trusts",
            );
        };
        // The message alone: the detail may quote a row.
        let cause = format!("{} (SQLSTATE {})", refusal.message(), refusal.code().code());
        self.unusable(cause, cure(refusal.code()))
    }
}

fn cure(code: &SqlState) -> &'static str {
    match code.code() {
        "28000" | "28P01" => {
            "see that store.url names the right role and that its password and pg_hba.conf are right"
        }
        "3D000" => "make the database; docs/postgres.md shows how",
        "42P01" | "3F000" | "42703" => "run `stagedoor store migrate` as the owner of the tables",
        "42501" => {
            "docs/postgres.md says which role may do it: name that one in store.url; if this is it, `stagedoor store migrate` as \
             the owner of the tables gives it its rights"
        }
        "53300" => "raise max_connections; a relay takes up to 12 connections",
        "53100" => "make room on the server's disk",
        "25006" => "the server is a standby or read-only; name the server that takes writes",
        "57014" | "55P03" | "25P03" => {
            "see what holds or slows the server: pg_stat_activity and pg_locks tell"
        }
        code if code.starts_with("57P") => "the server is stopping or starting; it is tried again by itself",
        code if code.starts_with("58") || code.starts_with("XX") => "look into the server's log",
        _ => "look into the server's log; if it stays, report the message",
    }
}

fn with_sources(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

    use secrecy::ExposeSecret;

    use super::Place;
    use crate::{
        config::{PasswordSource, PostgresConfig, PostgresHost},
        files,
    };

    #[tokio::test]
    async fn a_password_whose_file_system_does_not_answer_is_waited_for_so_long_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "open").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let place = Place::new(&PostgresConfig {
            user: "stagedoor".to_owned(),
            database: "stagedoor".to_owned(),
            hosts: vec![PostgresHost::Tcp {
                host: "localhost".to_owned(),
                port: 5432,
            }],
            password: Some(PasswordSource::File(path)),
            root_certificate_file: None,
        });
        let stuck = files::stuck().await;
        assert!(place.password(Duration::from_millis(20)).await.is_none());
        drop(stuck);
        let problem = place.unread().unwrap();
        assert!(
            problem.starts_with("could not be read within 0.02 s"),
            "{problem}"
        );
        let password = place.password(Duration::from_secs(60)).await.unwrap();
        assert_eq!((password.expose_secret(), place.unread()), ("open", None));
    }
}
