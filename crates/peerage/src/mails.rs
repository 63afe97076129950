//! Mails that are not sent: kept in a folder, or shown by the demonstration.

use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};

use peerage_access::notices::Notice;
use peerage_store::Location;

use crate::settings::{Config, in_data_directory};

/// Mails that may wait to be shown. More are dropped: an output that nobody reads holds up nothing.
const WAITING_MAX: usize = 100;

/// Where mails are kept if they are not sent: beside the database, readable by its owner only.
pub fn kept(config: &Config, location: &Location) -> anyhow::Result<Option<PathBuf>> {
    if config.mail.mail != "log" {
        return Ok(None);
    }
    Ok(Some(match location.path() {
        Some(database) => {
            let mut folder = database.as_os_str().to_owned();
            folder.push(".mails");
            PathBuf::from(folder)
        }
        None => PathBuf::from(in_data_directory("mails")?),
    }))
}

/// Shows mails on standard output, from a thread of its own.
pub struct Shown {
    texts: SyncSender<String>,
}

impl Shown {
    pub fn start() -> anyhow::Result<Shown> {
        let (texts, waiting) = sync_channel::<String>(WAITING_MAX);
        let show = move || {
            for text in waiting {
                let mut out = std::io::stdout().lock();
                // Whoever closed the output does not want to read it.
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
        };
        std::thread::Builder::new().name("mails".to_owned()).spawn(show)?;
        Ok(Shown { texts })
    }

    pub fn show(&self, notice: &Notice) {
        let body = notice.body.trim_end().replace('\n', "\n  ");
        let text = format!("Mail to {} (not sent): {}\n\n  {body}\n\n", notice.to, notice.subject);
        let _ = self.texts.try_send(text);
    }
}
