//! How a command ends that could not do its work.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// The command finished and found problems.
pub const FOUND: u8 = 1;
/// The command was called in a way that makes no sense: flags, configuration file, names of files.
pub const USAGE: u8 = 2;

/// A mistake of the caller: told without the word "failed", and with exit status 2.
#[derive(Debug)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// An error that says how the command should have been called.
pub fn usage(text: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Usage(text.into()))
}

/// Writes the error with all its causes on one line and gives the exit status.
pub fn tell(error: &anyhow::Error) -> ExitCode {
    let is_closed_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    };
    // Whoever read our output has seen enough.
    if error.chain().any(is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    // Nobody is left to be told if this fails.
    let _ = writeln!(std::io::stderr(), "peerage: {error:#}");
    ExitCode::from(if error.is::<Usage>() { USAGE } else { FOUND })
}
