//! Encryption of backups for recipients, by the programs that operators keep their keys with: age and GnuPG.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::file::BackupFault;
use crate::failure::usage;

/// A program that encrypts and decrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CipherProgram {
    Age,
    Gnupg,
}

/// How files begin that a program has encrypted. The others are the forms that mails can contain.
const BEGINNINGS: [(&[u8], CipherProgram); 3] = [
    (b"age-encryption.org/", CipherProgram::Age),
    (b"-----BEGIN AGE ENC", CipherProgram::Age),
    (b"-----BEGIN PGP MES", CipherProgram::Gnupg),
];

/// How many bytes tell an encrypted file.
const BEGINNING_BYTES: usize = 19;

/// The bit that is set in the first byte of every message of OpenPGP (RFC 9580, 4.2).
const OPENPGP_BIT: u8 = 0x80;

impl CipherProgram {
    fn of_recipient(recipient: &str) -> CipherProgram {
        let is_age = ["age1", "ssh-ed25519 ", "ssh-rsa "].iter().any(|begin| recipient.starts_with(begin));
        if is_age { CipherProgram::Age } else { CipherProgram::Gnupg }
    }

    fn of_beginning(beginning: &[u8]) -> Option<CipherProgram> {
        let known = BEGINNINGS.into_iter().find(|(bytes, _)| beginning.starts_with(bytes)).map(|(_, program)| program);
        let is_openpgp = || beginning.first().is_some_and(|first| first & OPENPGP_BIT != 0);
        known.or_else(|| is_openpgp().then_some(CipherProgram::Gnupg))
    }

    fn name(self) -> &'static str {
        match self {
            CipherProgram::Age => "age",
            CipherProgram::Gnupg => "gpg",
        }
    }

    /// Starts the program. The error is a text.
    fn start(self, arguments: &[&OsStr], out: Stdio) -> Result<(Child, ChildStdin), String> {
        let mut command = Command::new(self.name());
        command.args(arguments).stdin(Stdio::piped()).stdout(out);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("the program {} is not installed, or not in PATH", self.name()),
            _ => format!("the program {} does not start: {error}", self.name()),
        })?;
        let input = child.stdin.take().ok_or_else(|| format!("the program {} has no input", self.name()))?;
        Ok((child, input))
    }
}

/// Ends a program that nobody needs any more.
fn end(child: &mut Child) {
    // It may have ended.
    let _ = child.kill();
    let _ = child.wait();
}

/// A program that encrypts what is written to it.
pub struct Encryption {
    program: CipherProgram,
    child: Child,
}

impl Encryption {
    /// Starts the program of the recipients, which writes to `out`.
    ///
    /// # Errors
    /// A usage error if the recipients belong to different programs.
    pub fn start(recipients: &[String], out: Stdio) -> anyhow::Result<(Encryption, ChildStdin)> {
        let mut programs: Vec<_> = recipients.iter().map(|one| CipherProgram::of_recipient(one)).collect();
        programs.dedup();
        let [program] = programs[..] else {
            return Err(usage("--recipient: all recipients need the same program, either age or gpg"));
        };
        if let Some(wrong) = recipients.iter().find(|one| one.is_empty() || one.starts_with('-')) {
            return Err(usage(format!("--recipient: not a recipient: '{wrong}'")));
        }
        let first: &[&str] = match program {
            CipherProgram::Age => &["--encrypt"],
            // A backup is compressed.
            CipherProgram::Gnupg => &["--batch", "--quiet", "--compress-algo", "none", "--encrypt"],
        };
        let named = recipients.iter().flat_map(|one| ["--recipient", one.as_str()]);
        let arguments: Vec<&OsStr> = first.iter().copied().chain(named).map(OsStr::new).collect();
        let (child, input) = program.start(&arguments, out).map_err(anyhow::Error::msg)?;
        Ok((Encryption { program, child }, input))
    }

    /// Waits until everything is encrypted. The input must be closed. If the program has failed, that is why the outcome
    /// is an error.
    pub fn finish<T>(mut self, outcome: anyhow::Result<T>) -> anyhow::Result<T> {
        let status = self.child.wait()?;
        if status.success() {
            return outcome;
        }
        let name = self.program.name();
        Err(anyhow::anyhow!("{name} has not encrypted the backup ({status}); it says why above"))
    }
}

impl Drop for Encryption {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Returns the input, decrypted if it is encrypted. `identity` is a file with keys of age.
pub fn decrypted(
    mut input: Box<dyn Read + Send>,
    identity: Option<&Path>,
) -> Result<Box<dyn Read + Send>, BackupFault> {
    let mut beginning = Vec::new();
    (&mut input).take(BEGINNING_BYTES as u64).read_to_end(&mut beginning)?;
    let program = CipherProgram::of_beginning(&beginning);
    let mut whole = io::Cursor::new(beginning).chain(input);
    let Some(program) = program else { return Ok(Box::new(whole)) };
    let decrypt = OsStr::new("--decrypt");
    let started = match (program, identity) {
        (CipherProgram::Age, None) => return Err(BackupFault::Encrypted),
        (CipherProgram::Age, Some(identity)) => {
            program.start(&[decrypt, OsStr::new("--identity"), identity.as_os_str()], Stdio::piped())
        }
        (CipherProgram::Gnupg, _) => program.start(&[OsStr::new("--quiet"), decrypt], Stdio::piped()),
    };
    let (mut child, mut encrypted) = started.map_err(BackupFault::Decryption)?;
    let Some(out) = child.stdout.take() else {
        end(&mut child);
        return Err(BackupFault::Decryption(format!("the program {} has no output", program.name())));
    };
    // A program that has failed takes no more, which its status says.
    std::thread::spawn(move || io::copy(&mut whole, &mut encrypted).and_then(|_| encrypted.flush()));
    Ok(Box::new(Decryption { program, child, out }))
}

/// What a program decrypts.
struct Decryption {
    program: CipherProgram,
    child: Child,
    out: ChildStdout,
}

impl Read for Decryption {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.out.read(bytes)?;
        if read == 0 && !bytes.is_empty() {
            let status = self.child.wait()?;
            if !status.success() {
                let name = self.program.name();
                return Err(io::Error::other(format!("{name} has not decrypted it ({status}); it says why above")));
            }
        }
        Ok(read)
    }
}

impl Drop for Decryption {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_and_files_belong_to_one_program() {
        for (recipient, program) in [
            ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", CipherProgram::Age),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", CipherProgram::Age),
            ("ops@example.net", CipherProgram::Gnupg),
            ("age@example.net", CipherProgram::Gnupg),
        ] {
            assert_eq!(CipherProgram::of_recipient(recipient), program, "{recipient}");
        }
        assert_eq!(CipherProgram::of_beginning(b"age-encryption.org/v1\n"), Some(CipherProgram::Age));
        assert_eq!(CipherProgram::of_beginning(&[0x84, 0x5e]), Some(CipherProgram::Gnupg));
        assert_eq!(CipherProgram::of_beginning(b"-----BEGIN PGP MESSAGE-----\n"), Some(CipherProgram::Gnupg));
        assert!(BEGINNINGS.iter().all(|(bytes, _)| bytes.len() <= BEGINNING_BYTES));
        assert_eq!(CipherProgram::of_beginning(&[0x50, 0x2a, 0x4d, 0x18]), None, "a backup");
        assert_eq!(CipherProgram::of_beginning(b""), None);
    }
}
