//! Mails that are not sent: stored in a folder, or printed by the demo.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use peerage_access::notices::WordedMail;
use peerage_store::StoreLocation;

use crate::settings::{Config, in_data_directory};

/// The maximum number of mails that wait to be printed. Further ones are dropped, so that an unread output blocks
/// nothing.
const WAITING_MAX: usize = 100;

/// What happens to mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailFate {
    Sent,
    /// They are only logged and stored in a folder that only its owner can read.
    Kept(PathBuf),
    /// They are only logged, because there is no folder for them.
    Lost,
}

impl MailFate {
    /// Returns what happens to mails. Mails that are not sent are stored next to the database, or in the user's data
    /// directory if a server holds it.
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
            // A service may have no data directory. It starts anyway.
            None => in_data_directory("mails").map_or(MailFate::Lost, |folder| MailFate::Kept(folder.into())),
        }
    }

    /// Returns the folder in which they are stored.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            MailFate::Kept(folder) => Some(folder),
            MailFate::Sent | MailFate::Lost => None,
        }
    }
}

/// Prints mails on standard output, from its own thread.
pub struct MailPrinter {
    texts: SyncSender<String>,
}

impl MailPrinter {
    pub fn start() -> anyhow::Result<MailPrinter> {
        let (texts, waiting) = sync_channel::<String>(WAITING_MAX);
        let show = move || {
            for text in waiting {
                let mut out = std::io::stdout().lock();
                // A closed output is not an error: nobody wants to read it.
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
