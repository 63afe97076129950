//! Mails that are not sent: kept in a folder, or shown by the demonstration.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use peerage_access::notices::WordedMail;
use peerage_store::StoreLocation;

use crate::settings::{Config, in_data_directory};

/// Mails that may wait to be shown. More are dropped: an output that nobody reads holds up nothing.
const WAITING_MAX: usize = 100;

/// What becomes of mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFate {
    Sent,
    /// They are only logged and kept in a folder, readable by its owner only.
    Kept(PathBuf),
    /// They are only logged: there is no folder for them.
    Lost,
}

impl MailFate {
    /// Mails that are not sent are kept beside the database, or in the user's data directory if a server holds it.
    pub fn of(config: &Config, location: &StoreLocation) -> MailFate {
        if config.mail.is_sent() {
            return MailFate::Sent;
        }
        match location.path() {
            Some(database) => {
                let mut folder = database.as_os_str().to_owned();
                folder.push(".mails");
                MailFate::Kept(std::path::absolute(&folder).unwrap_or_else(|_| folder.into()))
            }
            // A service may have no data directory. It starts all the same.
            None => in_data_directory("mails").map_or(MailFate::Lost, |folder| MailFate::Kept(folder.into())),
        }
    }

    /// The folder where they are kept.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            MailFate::Kept(folder) => Some(folder),
            MailFate::Sent | MailFate::Lost => None,
        }
    }
}

/// Shows mails on standard output, from a thread of its own.
pub struct MailPrinter {
    texts: SyncSender<String>,
}

impl MailPrinter {
    pub fn start() -> anyhow::Result<MailPrinter> {
        let (texts, waiting) = sync_channel::<String>(WAITING_MAX);
        let show = move || {
            for text in waiting {
                let mut out = std::io::stdout().lock();
                // Whoever closed the output does not want to read it.
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
        };
        std::thread::Builder::new().name("mails".to_owned()).spawn(show)?;
        Ok(MailPrinter { texts })
    }

    pub fn show(&self, letter: &WordedMail) {
        let body = letter.body.trim_end().replace('\n', "\n  ");
        let text = format!("Mail to {} (not sent): {}\n\n  {body}\n\n", letter.to, letter.subject);
        let _ = self.texts.try_send(text);
    }
}
