//! Mail: created by one function, delivered in one of three ways.
//!
//! Mail is sent from a queue and never from a request: [`Mailer::send`] says whether a mail can be tried again
//! ([`MailError`]), and [`crate::RetryPauses`] says when. If a mail is sent twice, because the response to the first attempt
//! was lost, both have the same `Message-ID`, by which the receiver recognizes the duplicate.

mod message;
mod relay;
mod way;
mod wire;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use crate::SettingError;
use message::EncodedMail;
use relay::MailRelay;
use way::TransportSetting;

/// A plain text mail to one or more people, who see each other's addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainMail {
    /// 1 to 100 addresses. The domain may be international, the rest is ASCII.
    pub to: Vec<String>,
    /// Line breaks and other control characters become spaces. Truncated to 500 characters.
    pub subject: String,
    /// Line breaks of any kind. At most 1 MiB.
    pub body: String,
    /// Identifies this mail, 1 to 64 bytes: the number of its entry in the queue. The same reference results in the
    /// same `Message-ID`.
    pub reference: String,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The mail cannot be created: an invalid address, or no recipient. Permanent.
    #[error("the mail cannot be made: {0}")]
    Unfit(String),
    /// The server rejects the mail (RFC 5321, 4.2.1: 5yz). Permanent.
    #[error("the mail server refuses the mail with {code}: {text}")]
    Refused { code: u16, text: String },
    /// The server does not accept it now, cannot be reached, or rejects our login: worth another attempt.
    #[error("the mail is not sent yet: {0}")]
    Passing(String),
}

impl MailError {
    /// Whether another attempt would have the same result.
    ///
    /// ```
    /// use peerage_outbound::MailError;
    ///
    /// assert!(MailError::Refused { code: 550, text: "no such user".to_owned() }.is_lasting());
    /// assert!(!MailError::Passing("connection refused".to_owned()).is_lasting());
    /// ```
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Unfit(_) | Self::Refused { .. } => true,
            Self::Passing(_) => false,
        }
    }
}

/// Settings for sending mail.
#[derive(Clone)]
pub struct MailSettings {
    /// - `smtp://[user:password@]host[:port]`: port 25, not encrypted;
    /// - `smtp+starttls://…`: port 587, encrypted with STARTTLS (RFC 3207), or nothing is sent;
    /// - `smtps://…`: port 465, encrypted from the start (RFC 8314);
    /// - `file:<folder>`: one file for each mail, for a developer's machine;
    /// - `log`: nothing is sent; the log shows recipients and subject, and `kept` stores the mail itself.
    ///
    /// Special characters in user and password must be percent-encoded.
    pub way: String,
    /// The sender, to whom servers return undeliverable mails.
    pub from: String,
    /// The sender's name.
    pub name: Option<String>,
    /// The folder for mails that are only logged. It contains the latest [`KEPT_MAX`]; `None`: they are lost.
    pub kept: Option<PathBuf>,
    /// Certificates to trust instead of the system's, in PEM.
    pub ca_file: Option<PathBuf>,
    /// The name of this machine for servers (RFC 5321, 4.1.1.1). Default: its host name.
    pub hello: Option<String>,
    /// For one mail, in total. Default: 60 s.
    pub timeout: Duration,
}

impl MailSettings {
    /// Settings with defaults.
    pub fn new(way: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            way: way.into(),
            from: from.into(),
            name: None,
            kept: None,
            ca_file: None,
            hello: None,
            timeout: Duration::from_mins(1),
        }
    }
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MailSettings")
            .field("way", &way::without_user(&self.way))
            .field("from", &self.from)
            .field("name", &self.name)
            .field("kept", &self.kept)
            .field("ca_file", &self.ca_file)
            .field("hello", &self.hello)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// Sends mail. Can be shared with an `Arc`; each mail has its own connection.
#[derive(Debug)]
pub struct Mailer {
    from: message::SenderAddress,
    exit: MailTransport,
    timeout: Duration,
}

#[derive(Debug)]
enum MailTransport {
    Relay(Box<MailRelay>),
    Folder(PathBuf),
    Log(Option<PathBuf>),
}

/// Maximum number of stored mails among those that are only logged.
pub const KEPT_MAX: usize = 100;

impl Mailer {
    /// # Errors
    /// An invalid way or sender; an unusable file of certificates. No connection is made yet.
    pub fn from_settings(settings: &MailSettings) -> Result<Self, SettingError> {
        let from = message::SenderAddress::new(&settings.from, settings.name.as_deref())
            .map_err(|why| SettingError::unfit("mail sender", why))?;
        let exit = match way::parse(&settings.way).map_err(|why| SettingError::unfit("mail", why))? {
            TransportSetting::Server(server) => MailTransport::Relay(Box::new(MailRelay::new(
                server,
                settings.hello.as_deref(),
                settings.ca_file.as_deref(),
            )?)),
            TransportSetting::Folder(folder) => MailTransport::Folder(folder),
            TransportSetting::Log => MailTransport::Log(settings.kept.clone()),
        };
        Ok(Self { from, exit, timeout: settings.timeout })
    }

    /// Sends a mail, to all recipients or to none.
    ///
    /// # Errors
    /// [`MailError::is_lasting`] says whether another attempt is useless. If the connection to a server is lost before
    /// it has confirmed a mail, the mail counts as not sent, and can arrive twice with the same `Message-ID`.
    pub async fn send(&self, mail: &PlainMail) -> Result<(), MailError> {
        let begin = Instant::now();
        let letter = EncodedMail::write(&self.from, mail).map_err(MailError::Unfit);
        let outcome = match letter {
            Ok(letter) => {
                tokio::time::timeout(self.timeout, self.hand_over(&letter, mail)).await.unwrap_or_else(|_| {
                    Err(MailError::Passing(format!("not done within {} s", self.timeout.as_secs_f32())))
                })
            }
            Err(error) => Err(error),
        };
        let duration_ms = begin.elapsed().as_millis() as u64;
        match &outcome {
            // The line in the log says that it was not sent.
            Ok(()) if matches!(self.exit, MailTransport::Log(_)) => {}
            Ok(()) => tracing::info!(mail.reference = mail.reference, duration_ms, "mail sent"),
            Err(error) => tracing::warn!(
                mail.reference = mail.reference,
                is_lasting = error.is_lasting(),
                %error,
                duration_ms,
                "mail not sent"
            ),
        }
        outcome
    }

    /// Checks that mails can be delivered, without sending one: the server answers and accepts the login, or the folder
    /// can exist.
    ///
    /// # Errors
    /// [`MailError::Passing`] says why not.
    pub async fn check(&self) -> Result<(), MailError> {
        let checked = async {
            match &self.exit {
                MailTransport::Relay(relay) => relay.greet().await,
                // It is made with the first mail.
                MailTransport::Folder(folder) if !folder.exists() || folder.is_dir() => Ok(()),
                MailTransport::Folder(folder) => {
                    Err(MailError::Passing(format!("{} is not a folder", folder.display())))
                }
                MailTransport::Log(_) => Ok(()),
            }
        };
        let late = || Err(MailError::Passing(format!("no answer within {} s", self.timeout.as_secs_f32())));
        tokio::time::timeout(self.timeout, checked).await.unwrap_or_else(|_| late())
    }

    async fn hand_over(&self, letter: &EncodedMail, mail: &PlainMail) -> Result<(), MailError> {
        match &self.exit {
            MailTransport::Relay(relay) => relay.hand_over(letter).await,
            MailTransport::Folder(folder) => write(folder, letter)
                .await
                .map_err(|error| MailError::Passing(format!("{}: {error}", folder.display()))),
            MailTransport::Log(folder) => {
                let (to, subject) = (mail.to.join(", "), mail.subject.as_str());
                let kept = match folder {
                    Some(folder) => keep(folder, letter).await,
                    None => Ok(String::new()),
                };
                match kept {
                    Ok(file) => tracing::info!(mail.to = to, mail.subject = subject, file, "mail not sent, only kept"),
                    Err(error) => {
                        tracing::warn!(mail.to = to, mail.subject = subject, %error, "mail not sent, and not kept");
                    }
                }
                Ok(())
            }
        }
    }
}

/// Writes a temporary file and renames it, so that anyone who watches the folder sees complete mails only. Mails
/// contain links that grant access, so nobody else on the machine can read them.
async fn write(folder: &Path, letter: &EncodedMail) -> std::io::Result<()> {
    private_folder(folder).await?;
    let unfinished = folder.join(format!("{}.part", letter.name));
    // A leftover file may be readable by others, so it is recreated.
    match tokio::fs::remove_file(&unfinished).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&unfinished).await?;
    file.write_all(&letter.bytes).await?;
    file.flush().await?;
    drop(file);
    tokio::fs::rename(&unfinished, folder.join(format!("{}.eml", letter.name))).await
}

/// Stores a mail in the folder, which contains a limited number of them. Returns its file.
async fn keep(folder: &Path, letter: &EncodedMail) -> std::io::Result<String> {
    write(folder, letter).await?;
    let mut files = Vec::new();
    let mut entries = tokio::fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "eml") {
            files.push((entry.metadata().await?.modified()?, path));
        }
    }
    files.sort();
    let old = files.len().saturating_sub(KEPT_MAX);
    for (_, path) in &files[..old] {
        tokio::fs::remove_file(path).await?;
    }
    Ok(folder.join(format!("{}.eml", letter.name)).display().to_string())
}

/// Creates a folder that only its owner can read. An existing one is not changed, since it may be used for other
/// things.
async fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for way in ["smtp://user:secret@mail.example", "smtps://user:secret@mail.example:1", "smtp://us:se:secret@@m"] {
            let settings = MailSettings::new(way, "peerage@example.net");
            assert!(!format!("{settings:?}").contains("secret"), "{settings:?}");
            match Mailer::from_settings(&settings) {
                Ok(post) => assert!(!format!("{post:?}").contains("secret"), "{post:?}"),
                Err(error) => assert!(!error.to_string().contains("secret"), "{error}"),
            }
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn n20_mails_in_a_folder_are_their_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        let root = tempfile::tempdir().expect("a folder");
        let (new, open) = (root.path().join("a/new"), root.path().join("open"));
        std::fs::create_dir(&open).expect("a folder");
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).expect("its owner may");
        std::fs::write(open.join("event-1.part"), "left behind, readable by all").expect("a file");
        for (folder, expected) in [(new, 0o700), (open, 0o755)] {
            let settings = MailSettings::new(format!("file:{}", folder.display()), "peerage@example.net");
            let post = Mailer::from_settings(&settings).expect("sound");
            let mail = PlainMail {
                to: vec!["ann@example.net".to_owned()],
                subject: "Subject".to_owned(),
                body: "Body\n".to_owned(),
                reference: "event-1".to_owned(),
            };
            for _ in 0..2 {
                post.send(&mail).await.expect("written");
            }
            assert_eq!((mode(&folder), mode(&folder.join("event-1.eml"))), (expected, 0o600));
        }
    }

    #[tokio::test]
    async fn i12_11_mails_that_are_only_logged_can_be_read_and_are_bounded() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("registry.db.mails");
        let mut settings = MailSettings::new("log", "peerage@example.net");
        settings.kept = Some(folder.clone());
        let post = Mailer::from_settings(&settings).expect("sound");
        let mut mail = PlainMail {
            to: vec!["ann@example.net".to_owned()],
            subject: "Subject".to_owned(),
            body: "https://registry.example/link\n".to_owned(),
            reference: String::new(),
        };
        for number in 0..KEPT_MAX + 3 {
            mail.reference = format!("event-{number}");
            post.send(&mail).await.expect("kept");
        }
        let count = std::fs::read_dir(&folder).expect("the folder").count();
        assert_eq!(count, KEPT_MAX);
        let last = folder.join(format!("event-{}.eml", KEPT_MAX + 2));
        let text = std::fs::read_to_string(last).expect("the latest is kept");
        assert!(text.contains("https://registry.example/link"), "{text}");
        settings.kept = Some("/proc/no/such/folder".into());
        Mailer::from_settings(&settings).expect("sound").send(&mail).await.expect("it holds up no other mail");
    }

    #[test]
    fn an_unfit_sender_is_found_at_start() {
        for from in ["", "peerage", "a@b@c", "a b@example.net", "a@exa mple", "a@b\r\nBcc: c@d", "ä@example.net"] {
            let error = Mailer::from_settings(&MailSettings::new("log", from)).unwrap_err();
            assert!(error.to_string().starts_with("mail sender: "), "{error}");
        }
    }
}
