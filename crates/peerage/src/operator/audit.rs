//! `peerage audit`: the trail of all that was ever changed.

mod checkpoint;
mod erase;
mod export;
mod list;
mod show;
mod verify;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use peerage_access::People;
use peerage_registry::Subject;
use peerage_registry::moment::Micros;
use peerage_store::TrailQuery;

use crate::operator::read;

const EXAMPLES: &str = "\
Examples:
  peerage audit list --org 7 --from 2026-01-01
  peerage audit list --kind key --person ann
  peerage audit show net 42                   its history
  peerage audit show net 42 --at 2026-01-31T12:00:00Z
  peerage audit export trail.jsonl            all of it
  peerage audit export trail.jsonl --after 120345
                                              what came since, behind it
  peerage audit checkpoint 2026-01.json       keep it where the registry's
                                              operators cannot change it
  peerage audit verify --from-checkpoint 2026-01.json
  peerage user close ann                      before what is erased of a person
  peerage audit erase --person 2 --yes-erase-for-good --reason 'request 17'

Exit status: 0 done; 1 something was found, or it failed; 2 wrong arguments.";

/// The audit trail: read it, export it, prove it, and erase from it by law.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum AuditCommand {
    /// List events, the latest first.
    List(list::List),
    /// Write events into a file, and later what came since.
    Export(export::Export),
    /// Check that no event was changed, and that every row is what the events say.
    Verify(verify::Verify),
    /// Write down where the log ends, so that a later rewriting of it shows.
    Checkpoint(checkpoint::Make),
    /// Show the history of an object, or what it was at a moment.
    Show(show::Show),
    /// Erase personal data of a person or an object from the log, for good.
    Erase(erase::Erase),
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

/// Which events.
#[derive(Debug, Args)]
pub struct Filters {
    /// Only what concerns this organization.
    #[arg(long, value_name = "ID")]
    org: Option<u32>,
    /// Only what was done by this key.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Only what was done by this person.
    #[arg(long, value_name = "USER")]
    person: Option<String>,
    /// Only what was done to this kind: org, net …, user, key, member, role …
    #[arg(long, value_name = "KIND", value_parser = subject)]
    kind: Option<Subject>,
    /// Only what was done to the object with this number.
    #[arg(long, value_name = "ID")]
    id: Option<u32>,
    /// Not before this moment.
    #[arg(long, value_name = "TIME", value_parser = read::moment)]
    from: Option<Micros>,
    /// Before this moment.
    #[arg(long, value_name = "TIME", value_parser = read::moment)]
    to: Option<Micros>,
}

impl Filters {
    fn needs_people(&self) -> bool {
        self.person.is_some()
    }

    fn query(&self, people: &People) -> anyhow::Result<TrailQuery> {
        let by_number = |text: &str| text.parse::<u32>().ok();
        // A person who is gone from the registry is still in its trail.
        let person = |text: &str| read::user(people, text).or_else(|error| by_number(text).ok_or(error));
        Ok(TrailQuery {
            org: self.org,
            person: self.person.as_deref().map(person).transpose()?,
            key: self.key.clone(),
            subject: self.kind,
            object: self.id,
            from: self.from,
            to: self.to,
            ..TrailQuery::default()
        })
    }
}

/// The kind of a thing that events are about.
fn subject(text: &str) -> Result<Subject, String> {
    Subject::from_name(text).ok_or_else(|| {
        let rows = peerage_schema::Resource::ALL.map(Subject::Row).into_iter();
        let all = rows.chain(peerage_registry::Record::ALL.map(Subject::Record));
        let names: Vec<&str> = all.map(Subject::name).collect();
        format!("no such kind; expected one of {}", names.join(", "))
    })
}
