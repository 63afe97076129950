//! Why a change failed although it was not refused.

use peerage_store::StoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was changed, and the same request may succeed later. The text is for the log.
    NotNow(String),
    /// Nothing was changed: another process writes at the moment.
    Busy,
    /// Nothing was changed: the database was removed or replaced.
    Gone,
    /// Nothing is written while something in the log cannot be read. The text says what.
    Stopped(String),
    /// The change may have been made or not. The text is for the log.
    Unknown(String),
}

impl From<&StoreError> for Failure {
    fn from(error: &StoreError) -> Failure {
        match error {
            StoreError::Unknown(why) => Failure::Unknown(why.clone()),
            StoreError::Busy(_) => Failure::Busy,
            StoreError::Gone(_) => Failure::Gone,
            other => Failure::NotNow(other.to_string()),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NotNow(why) | Failure::Stopped(why) => f.write_str(why),
            Failure::Busy => f.write_str("another process writes to the database"),
            Failure::Gone => f.write_str("The registry's database was removed or replaced"),
            Failure::Unknown(why) => write!(f, "it is not known whether the change was made: {why}"),
        }
    }
}

impl std::error::Error for Failure {}
