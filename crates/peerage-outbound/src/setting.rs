//! Settings that cannot work.

use std::path::PathBuf;

/// Why something cannot be set up. Found at start, never later; secrets are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A value that does not have the form that is needed.
    #[error("{name}: {why}")]
    Unfit { name: &'static str, why: String },
    /// A file of trusted certificates that cannot be read, or holds none.
    #[error("trusted certificates in {}: {why}", file.display())]
    Certificates { file: PathBuf, why: String },
    /// The libraries for HTTP or TLS do not start.
    #[error("connections to the outside cannot be made: {0}")]
    Client(String),
}

impl SettingError {
    pub(crate) fn unfit(name: &'static str, why: impl Into<String>) -> Self {
        Self::Unfit { name, why: why.into() }
    }
}
