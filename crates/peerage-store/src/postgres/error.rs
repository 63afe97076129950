//! Meaning of the server's errors.

use std::error::Error as _;

use peerage_registry::EventSubject;
use peerage_schema::Resource;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::error::{ConstraintViolation, ReloadReason, StoreError};

/// An error while waiting for an answer: from the server, with a code that decides what to do next, or our own.
#[derive(Debug)]
pub enum PostgresFault {
    Server(Error),
    Store(StoreError),
}

impl From<Error> for PostgresFault {
    fn from(error: Error) -> PostgresFault {
        PostgresFault::Server(error)
    }
}

impl From<StoreError> for PostgresFault {
    fn from(error: StoreError) -> PostgresFault {
        PostgresFault::Store(error)
    }
}

impl From<ReloadReason> for PostgresFault {
    fn from(reload: ReloadReason) -> PostgresFault {
        PostgresFault::Store(reload.into())
    }
}

impl From<ConstraintViolation> for PostgresFault {
    fn from(violation: ConstraintViolation) -> PostgresFault {
        PostgresFault::Store(violation.into())
    }
}

impl PostgresFault {
    /// Returns the error of a connection that could not be opened.
    pub fn into_refused(self) -> StoreError {
        match self {
            PostgresFault::Server(error) if is_refused(&error) => StoreError::Engine(describe(&error)),
            PostgresFault::Server(error) => StoreError::Unreachable(describe(&error)),
            PostgresFault::Store(error) => error,
        }
    }
}

impl From<PostgresFault> for StoreError {
    fn from(fault: PostgresFault) -> StoreError {
        match fault {
            PostgresFault::Server(error) if is_lost(&error) => StoreError::Unreachable(describe(&error)),
            PostgresFault::Server(error)
                if is_lock_timeout(&error) || error.code() == Some(&SqlState::QUERY_CANCELED) =>
            {
                StoreError::Busy(describe(&error))
            }
            PostgresFault::Server(error) => StoreError::Engine(describe(&error)),
            PostgresFault::Store(error) => error,
        }
    }
}

/// The error with its causes, in one line.
pub fn describe(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        let detail = error.detail().map_or_else(String::new, |detail| format!(" ({detail})"));
        return format!("{}{detail}", error.message());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Whether the connection is unusable: it broke, the server is shutting down, or it is no longer the primary.
pub fn is_lost(error: &Error) -> bool {
    let Some(code) = error.code() else { return true };
    *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || *code == SqlState::TOO_MANY_CONNECTIONS
        || code.code().starts_with("08")
        || code.code().starts_with("57P")
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
}

/// Whether the server says that it is no longer the primary, or that it is stopping. Another server may be the primary.
pub fn has_left(error: &Error) -> bool {
    error.code().is_some_and(|code| *code == SqlState::READ_ONLY_SQL_TRANSACTION || code.code().starts_with("57P"))
}

/// Whether connecting fails until somebody changes the settings: a wrong password, user or database.
fn is_refused(error: &Error) -> bool {
    error.code().is_some_and(|code| code.code().starts_with("28") || code.code().starts_with("3D"))
}

/// Whether the server cancelled a statement because another transaction held a lock for too long.
pub fn is_lock_timeout(error: &Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// Whether the server aborted the transaction because of a conflict with another one.
pub fn is_conflict(error: &Error) -> bool {
    error
        .code()
        .is_some_and(|code| *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED)
}

/// The violation that an error reports, or `None` if it is another error. `id` is the row that was being written, if it
/// was a single one.
pub fn violation(error: &Error, subject: EventSubject, id: Option<u32>) -> Option<ConstraintViolation> {
    let error = error.as_db_error()?;
    if !error.code().code().starts_with("23") {
        return None;
    }
    let table = error.table().and_then(Resource::from_tag).map_or(subject, EventSubject::Row);
    let constraint = match (error.constraint(), error.column()) {
        (Some(constraint), _) => constraint.to_owned(),
        (None, Some(column)) => format!("{}.{column} NOT NULL", table.name()),
        (None, None) => error.code().code().to_owned(),
    };
    let id = id.filter(|_| table == subject).or_else(|| named_id(error));
    Some(ConstraintViolation { subject: table, id, constraint, detail: detail(error) })
}

/// Describes a violation: the message, and the values that clash. The failing row itself is left out, because it can
/// contain personal data.
pub fn detail(error: &DbError) -> String {
    match error.detail() {
        Some(detail) if error.code() != &SqlState::CHECK_VIOLATION && error.code() != &SqlState::NOT_NULL_VIOLATION => {
            format!("{} ({detail})", error.message())
        }
        _ => error.message().to_owned(),
    }
}

/// Parses the id in details like `Key (id)=(5) already exists.`, `Key (kind, id)=(key, 5) already exists.` or
/// `Failing row contains (5, …).`, in any language.
fn named_id(error: &DbError) -> Option<u32> {
    let detail = error.detail()?;
    let id = match error.code() {
        code if *code == SqlState::UNIQUE_VIOLATION => match detail.split_once("(kind, id)=(") {
            Some((_, values)) => values.split_once(", ")?.1,
            None => detail.split_once("(id)=(")?.1,
        },
        code if *code == SqlState::CHECK_VIOLATION || *code == SqlState::NOT_NULL_VIOLATION => {
            detail.split_once('(')?.1
        }
        _ => return None,
    };
    id.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
