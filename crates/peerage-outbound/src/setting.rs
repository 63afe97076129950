//! Errors in settings.

use std::path::PathBuf;

/// Why something cannot be set up. Detected at startup, never later. Secrets are not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// A value with an invalid format.
    #[error("{name}: {why}")]
    Unfit { name: &'static str, why: String },
    /// A file of trusted certificates that cannot be read, or is empty.
    #[error("trusted certificates in {}: {why}", file.display())]
    Certificates { file: PathBuf, why: String },
    /// The HTTP or TLS library cannot be initialized.
    #[error("connections to the outside cannot be made: {0}")]
    Client(String),
}

impl SettingError {
    pub(crate) fn unfit(name: &'static str, why: impl Into<String>) -> Self {
        Self::Unfit { name, why: why.into() }
    }
}
