//! Errors and exit statuses of commands.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// The command finished and found problems.
pub const FOUND: u8 = 1;
/// The command was called with invalid flags, configuration or file names.
pub const USAGE: u8 = 2;

/// A mistake of the caller: exit status 2.
#[derive(Debug)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Returns an error about how the command was called.
pub fn usage(text: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(UsageError(text.into()))
}

/// Prints the error with all its causes on one line and returns the exit status.
pub fn report(error: &anyhow::Error) -> ExitCode {
    let is_closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    // A closed output is not an error: the reader has seen enough.
    if error.chain().any(is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    // If this fails, there is nobody to report it to.
    let _ = writeln!(std::io::stderr(), "peerage: {error:#}");
    ExitCode::from(if error.is::<UsageError>() { USAGE } else { FOUND })
}
