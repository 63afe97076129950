//! Why a change failed although it was not refused.

use peerage_store::StoreError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineFailure {
    /// Nothing was changed, and the same request may succeed later. The text is for the log.
    NotNow(String),
    /// Another process is writing. Nothing was changed.
    Busy,
    /// The database was removed or replaced. Nothing was changed.
    Gone,
    /// Nothing is written while something in the log cannot be read, or a newer program has changed the tables. The text
    /// says which.
    Stopped(String),
    /// It is unknown whether the change was made. The text is for the log.
    Unknown(String),
}

impl EngineFailure {
    /// All reasons, as metrics name them. They never change.
    pub const REASONS: [&str; 5] = ["unavailable", "busy", "gone", "unreadable", "unknown"];

    /// Returns the reason, as metrics name it.
    pub fn reason(&self) -> &'static str {
        let [unavailable, busy, gone, unreadable, unknown] = EngineFailure::REASONS;
        match self {
            EngineFailure::NotNow(_) => unavailable,
            EngineFailure::Busy => busy,
            EngineFailure::Gone => gone,
            EngineFailure::Stopped(_) => unreadable,
            EngineFailure::Unknown(_) => unknown,
        }
    }
}

impl From<&StoreError> for EngineFailure {
    fn from(error: &StoreError) -> EngineFailure {
        match error {
            StoreError::Unknown(why) => EngineFailure::Unknown(why.clone()),
            StoreError::Busy(_) => EngineFailure::Busy,
            StoreError::Gone(_) => EngineFailure::Gone,
            StoreError::Outdated { .. } => EngineFailure::Stopped(error.to_string()),
            other => EngineFailure::NotNow(other.to_string()),
        }
    }
}

impl std::fmt::Display for EngineFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EngineFailure::NotNow(why) | EngineFailure::Stopped(why) => f.write_str(why),
            EngineFailure::Busy => f.write_str("another process writes to the database"),
            EngineFailure::Gone => f.write_str("The registry's database was removed or replaced"),
            EngineFailure::Unknown(why) => write!(f, "it is not known whether the change was made: {why}"),
        }
    }
}

impl std::error::Error for EngineFailure {}
