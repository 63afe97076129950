//! Meaning of SQLite's errors.

use peerage_registry::EventSubject;
use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::error::{AppendError, ConstraintViolation, StoreError};

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        let text = error.to_string();
        if is_busy(&error) {
            return StoreError::Busy(text);
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Broken(text),
            _ => StoreError::Engine(text),
        }
    }
}

impl<E> From<rusqlite::Error> for AppendError<E> {
    fn from(error: rusqlite::Error) -> AppendError<E> {
        AppendError::Store(error.into())
    }
}

/// Whether another connection holds a lock that this one needs.
pub fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Whether a unique value is already taken by another row. The id does not count.
pub fn is_taken(error: &rusqlite::Error) -> bool {
    error.sqlite_extended_error_code() == Some(ffi::SQLITE_CONSTRAINT_UNIQUE)
}

/// Whether a foreign key points nowhere at the end of a transaction.
pub fn is_dangling(error: &rusqlite::Error) -> bool {
    error.sqlite_extended_error_code() == Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Whether a commit that failed with this error can turn out to be in the file after a crash. Data that could not be
/// written is not there; data that could not be flushed may be.
pub fn is_doubtful(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
        && error.sqlite_extended_error_code() != Some(ffi::SQLITE_IOERR_WRITE)
}

/// Converts the error of a statement that writes a row or record.
pub fn of_entry(error: rusqlite::Error, subject: EventSubject, id: u32) -> StoreError {
    if error.sqlite_error_code() != Some(ErrorCode::ConstraintViolation) {
        return error.into();
    }
    let text = match &error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        other => other.to_string(),
    };
    let constraint = constraint(&text, subject);
    ConstraintViolation { subject, id: Some(id), constraint, detail: text }.into()
}

/// Parses the constraint's name in messages like `UNIQUE constraint failed: index 'net_name_key'`,
/// `CHECK constraint failed: net_status_check` or `UNIQUE constraint failed: net.asn`. Columns are converted to the
/// name of their constraint.
fn constraint(text: &str, subject: EventSubject) -> String {
    let named = text.rsplit_once(": ").map_or(text, |(_, named)| named);
    let named = named.trim_start_matches("index ").trim_matches('\'');
    let tag = match subject {
        EventSubject::Row(resource) => resource.tag(),
        EventSubject::Record(_) => "record",
    };
    let columns: Vec<&str> = named.split(", ").filter_map(|part| part.strip_prefix(tag)?.strip_prefix('.')).collect();
    if columns.is_empty() {
        return named.to_owned();
    }
    if text.starts_with("NOT NULL") {
        return format!("{tag}.{} NOT NULL", columns.join(", "));
    }
    if columns == ["id"] || columns == ["kind", "id"] {
        format!("{tag}_pkey")
    } else {
        format!("{tag}_{}_key", columns.join("_"))
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::Record;
    use peerage_schema::Resource;

    use super::*;

    #[test]
    fn constraints_have_the_same_names_on_both_engines() {
        for (text, name) in [
            ("UNIQUE constraint failed: index 'net_name_key'", "net_name_key"),
            ("UNIQUE constraint failed: net.asn", "net_asn_key"),
            ("UNIQUE constraint failed: net.id", "net_pkey"),
            ("CHECK constraint failed: net_status_check", "net_status_check"),
            ("NOT NULL constraint failed: net.org_id", "net.org_id NOT NULL"),
        ] {
            assert_eq!(constraint(text, EventSubject::Row(Resource::Net)), name);
        }
        let pair = "UNIQUE constraint failed: netfac.net_id, netfac.fac_id";
        assert_eq!(constraint(pair, EventSubject::Row(Resource::Netfac)), "netfac_net_id_fac_id_key");
        let record = "UNIQUE constraint failed: record.kind, record.id";
        assert_eq!(constraint(record, EventSubject::Record(Record::Key)), "record_pkey");
    }
}
