//! Reads passwords from standard input, or from the terminal without showing what is typed. Never from an argument,
//! which other users of the machine can read.

use std::io::{BufRead, IsTerminal, Read, Write};

use anyhow::Context;
use zeroize::Zeroizing;

use crate::failure::usage;

/// The maximum number of bytes of a line.
const BYTES_MAX: u64 = 64 * 1024;

/// Reads a new password: the first line of standard input, or the same text typed twice.
pub fn new_password() -> anyhow::Result<Zeroizing<String>> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return line();
    }
    let first = hidden("New password: ")?;
    let again = hidden("Repeat password: ")?;
    if *first != *again {
        return Err(usage("password: the passwords do not match"));
    }
    Ok(first)
}

/// Reads the first line of standard input, without its line ending.
pub fn line() -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let stdin = std::io::stdin().lock();
    stdin.take(BYTES_MAX).read_until(b'\n', &mut bytes).context("standard input")?;
    let text = std::str::from_utf8(&bytes).map_err(|_| usage("standard input: expected UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

#[cfg(unix)]
fn hidden(question: &str) -> anyhow::Result<Zeroizing<String>> {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// Turns the echo on again, even if reading fails.
    struct EchoGuard(Termios);
    impl Drop for EchoGuard {
        fn drop(&mut self) {
            // Nothing can be done if the terminal is gone.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
        }
    }

    let before = tcgetattr(std::io::stdin()).context("the terminal")?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ECHONL);
    // Turn off the echo before the prompt, so that nothing typed early is shown.
    let shown = EchoGuard(before);
    tcsetattr(std::io::stdin(), OptionalActions::Flush, &silent).context("the terminal")?;
    write!(std::io::stderr(), "{question}")?;
    std::io::stderr().flush()?;
    let text = line();
    drop(shown);
    text
}

#[cfg(not(unix))]
fn hidden(_: &str) -> anyhow::Result<Zeroizing<String>> {
    Err(usage("password: pass it on standard input, because this terminal would show it"))
}
