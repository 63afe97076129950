//! `peerage audit`: the audit log of all changes.

mod checkpoint;
mod erase;
mod export;
mod list;
mod show;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use peerage_access::People;
use peerage_registry::EventSubject;
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::Moment;
use peerage_store::AuditQuery;

pub use checkpoint::CheckpointFile;

use crate::operator::read;

const EXAMPLES: &str = "\
Examples:
  peerage audit list --org 7 --from 2026-01-01
  peerage audit list --kind key --person ann
  peerage audit show net 42                   its history
  peerage audit show net 42 --at 2026-01-31T12:00:00Z
  peerage audit export audit.jsonl            export everything
  peerage audit export audit.jsonl --after 120345
                                              append newer events
  peerage audit checkpoint 2026-01.json       store it where operators of the
                                              registry cannot change it
  peerage audit verify --from-checkpoint 2026-01.json
  peerage user close ann                      close an account before erasing it
  peerage audit erase --person 2 --yes-erase-for-good --reason 'request 17'

Exit status: 0 success; 1 problems were found, or the command failed; 2 invalid
arguments.";

/// Read, export and verify the audit log, and erase personal data from it.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum AuditCommand {
    /// List events, newest first.
    List(list::ListEvents),
    /// Export events to a file, and append newer ones later.
    Export(export::ExportEvents),
    /// Check that no event has been changed and that every row matches the events.
    Verify(verify::VerifyLog),
    /// Record the end of the log, so that later tampering can be detected.
    Checkpoint(checkpoint::MakeCheckpoint),
    /// Show the history of an object, or its state at a given time.
    Show(show::ShowEvent),
    /// Permanently erase personal data of a person or an object from the log.
    Erase(erase::EraseFromLog),
}

impl AuditCommand {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            AuditCommand::List(list) => list.run()?,
            AuditCommand::Export(export) => export.run()?,
            AuditCommand::Verify(verify) => return verify.run(),
            AuditCommand::Checkpoint(make) => make.run()?,
            AuditCommand::Show(show) => show.run()?,
            AuditCommand::Erase(erase) => erase.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Filters for events.
#[derive(Debug, Args)]
pub struct AuditFilters {
    /// Only events of this organization.
    #[arg(long, value_name = "ID")]
    org: Option<OrgId>,
    /// Only changes made with this key.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Only changes made by this person.
    #[arg(long, value_name = "USER")]
    person: Option<String>,
    /// Only changes to this kind of object: org, net …, user, key, member, role …
    #[arg(long, value_name = "KIND", value_parser = subject)]
    kind: Option<EventSubject>,
    /// Only changes to the object with this ID.
    #[arg(long, value_name = "ID")]
    id: Option<u32>,
    /// Only events at or after this time.
    #[arg(long, value_name = "TIME", value_parser = read::moment)]
    from: Option<Moment>,
    /// Only events before this time.
    #[arg(long, value_name = "TIME", value_parser = read::moment)]
    to: Option<Moment>,
}

impl AuditFilters {
    fn needs_people(&self) -> bool {
        self.person.is_some()
    }

    fn query(&self, people: &People) -> anyhow::Result<AuditQuery> {
        let by_number = |text: &str| text.parse::<UserId>().ok();
        // A person who is gone from the registry is still in its audit log.
        let person = |text: &str| read::user(people, text).or_else(|error| by_number(text).ok_or(error));
        Ok(AuditQuery {
            org: self.org,
            person: self.person.as_deref().map(person).transpose()?,
            key: self.key.clone(),
            subject: self.kind,
            object: self.id,
            from: self.from,
            to: self.to,
            ..AuditQuery::default()
        })
    }
}

/// Parses the kind of object that events are about.
fn subject(text: &str) -> Result<EventSubject, String> {
    EventSubject::from_name(text).ok_or_else(|| {
        let rows = peerage_schema::Resource::ALL.map(EventSubject::Row).into_iter();
        let all = rows.chain(peerage_registry::Record::ALL.map(EventSubject::Record));
        let names: Vec<&str> = all.map(EventSubject::name).collect();
        format!("unknown kind; expected one of {}", names.join(", "))
    })
}
