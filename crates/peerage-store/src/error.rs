//! Errors of the store.

use peerage_registry::EventSubject;

/// Why the store could not do something. No message contains a password.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, created or prepared.
    #[error("cannot open {location}: {why}")]
    Open { location: String, why: String },
    /// The database server does not answer, refuses connections, or is not the primary. It may come back.
    #[error("cannot open {location}: {why}")]
    Away { location: String, why: String },
    /// A newer program has changed the layout of the tables.
    #[error(
        "{location} has layout {found}, written by a newer program; this program knows layouts up to {known}: start \
         the newer program, or restore a backup that was made before it"
    )]
    Newer { location: String, found: u32, known: u32 },
    /// A newer program has changed the layout of the tables, and this program can only read them. Nothing was changed.
    #[error(
        "a newer program has changed the table layout from {known} to {found}, so this program can read the database, but \
         not change it: update it"
    )]
    Outdated { found: u32, known: u32 },
    /// The database contains tables that are not those of a registry.
    #[error("{location} holds something else than a registry: name an empty database, or a file that is not there yet")]
    Foreign { location: String },
    /// The rows contradict each other. Nothing was changed.
    #[error(transparent)]
    Violation(#[from] ConstraintViolation),
    /// A value that the engines cannot store unchanged. Nothing was changed.
    #[error("{} {id}: {field} {why}", subject.name())]
    Unfit { subject: EventSubject, id: u32, field: &'static str, why: &'static str },
    /// An entry changes a row or record that is not in its table. Nothing was changed.
    #[error("{} {id} is not in its table, although an entry changes it: check the database", subject.name())]
    Missing { subject: EventSubject, id: u32 },
    /// The events do not lead from the caller's state to the head of the log. The caller has to load the rows again.
    #[error(transparent)]
    Reload(#[from] ReloadReason),
    /// Another process has held the lock for too long. Nothing was changed.
    #[error("the database is being written by another process; try again when it is done ({0})")]
    Busy(String),
    /// The server cannot be reached, or the connection was lost.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The commit was sent, but it could not be found out in time whether it took effect and, where replicas have to
    /// confirm it, whether they have. The log contains either all of the entries or none.
    #[error("it is not known whether the change was made: {0}")]
    Unknown(String),
    /// The file or database that was opened no longer exists, or was replaced by another. Nothing was changed.
    #[error("{0}")]
    Gone(String),
    /// The engine has refused a statement.
    #[error("the database failed: {0}")]
    Engine(String),
    /// What was read is inconsistent; `verify` gives details.
    #[error("the database is damaged: {0}")]
    Broken(String),
    /// An event, a row or a record that this program cannot read: a newer program wrote it, or it is damaged.
    #[error("{what} cannot be read: {why}")]
    Unreadable { what: String, why: String },
    /// A backup cannot be written, read or restored. Nothing was changed.
    #[error(transparent)]
    Backup(Box<dyn std::error::Error + Send + Sync>),
    /// The engine does not support this.
    #[error("{0}")]
    Unsupported(&'static str),
}

/// A violated constraint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConstraintViolation {
    pub subject: EventSubject,
    /// The row or record that violates it, if the engine names it.
    pub id: Option<u32>,
    /// Name of the constraint in the database: `net_asn_key`.
    pub constraint: String,
    /// The engine's message.
    pub detail: String,
}

impl std::fmt::Display for ConstraintViolation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.subject.name())?;
        if let Some(id) = self.id {
            write!(f, " {id}")?;
        }
        write!(f, " breaks {}", self.constraint)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// Why the events do not lead from the caller's state to the head of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReloadReason {
    #[error("{missed} events behind the log, more than are handed out at once: load the rows instead")]
    TooFarBehind { missed: u64 },
    /// A backup was restored, or a server failed over and lost its last events.
    #[error("event {sequence} is not the one that was known, the log has another history: load the rows instead")]
    Forked { sequence: u64 },
    /// On legal request. The tables have the current rows.
    #[error("the rows of event {sequence} were erased from the log: load the rows instead")]
    Erased { sequence: u64 },
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError<E> {
    /// The decider refused.
    #[error("the change was refused")]
    Refused(E),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<E> From<ConstraintViolation> for AppendError<E> {
    fn from(violation: ConstraintViolation) -> AppendError<E> {
        AppendError::Store(violation.into())
    }
}

impl<E> From<ReloadReason> for AppendError<E> {
    fn from(reload: ReloadReason) -> AppendError<E> {
        AppendError::Store(reload.into())
    }
}
