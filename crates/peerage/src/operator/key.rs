//! `peerage key`: API keys.

mod issue;
mod look;
mod tend;

use clap::{Args, Subcommand};
use ipnet::IpNet;
use peerage_access::acts::AccessError;
use peerage_access::acts::keys::KeyWish;
use peerage_access::records::Key;
use peerage_access::{Desk, Patch, People};

use crate::operator::read::{self, End, Given};

const EXAMPLES: &str = "\
Examples:
  peerage key create --org 7 --name 'port sync' --email noc@example.net \\
      --grant net.5=cru --grant ix=r --network 192.0.2.0/24 --expires +90d
  peerage key create --user ann --name laptop --readonly
  peerage key list --org 7
  peerage key change 4fK2abcdefgh --expires +90d
  peerage key rotate 4fK2abcdefgh --overlap-hours 48
  peerage key revoke 4fK2abcdefgh --reason 'laptop was stolen'
  peerage key report leaked.log      ends every key whose text stands in it
  peerage key hygiene --org 7        what to look at, with what to do

A key is named by its public id, the letters between the prefix and the next
underscore of its text. The text itself is printed once, when it is made.

Rights are letters of crud (create, read, update, delete) or the number that
they make, on: net.5 ix.9 fac.1 carrier.2 campus.3 (one), net ix fac carrier
campus (any), org.7 (all), org.7.users (its people), or a namespace.

Role keys are not made here: each person of a role makes their own, over the
API, so that the trail names the person.

Exit status: 0 done; 1 refused or failed, and nothing was changed, or a new
secret was made and could not be printed; 2 wrong arguments.";

/// API keys: make, change, rotate, suspend, revoke, and see how they are used.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum KeyCommand {
    /// List keys.
    List(look::List),
    /// Show one key.
    Show(look::Show),
    /// Show how a key is used: when, from where, by what, and which rights it has really exercised.
    Use(look::Use),
    /// List what to look at about an organization's keys, and what to do.
    Hygiene(look::Hygiene),
    /// Make a key and print its text, once.
    Create(issue::Create),
    /// Give a key a new secret and print its text, once; the old one works until the overlap ends.
    Rotate(issue::Rotate),
    /// Change what is said about a key.
    Change(tend::Change),
    /// Refuse a key until it is resumed.
    Suspend(tend::Suspend),
    /// Accept a suspended key again.
    Resume(tend::Resume),
    /// End a key for good.
    Revoke(tend::Revoke),
    /// Confirm the contact address of a key.
    Confirm(tend::Confirm),
    /// End every key whose text stands in a file: somebody else may have read it.
    Report(tend::Report),
}

impl KeyCommand {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            KeyCommand::List(list) => list.run(),
            KeyCommand::Show(show) => show.run(),
            KeyCommand::Use(used) => used.run(),
            KeyCommand::Hygiene(hygiene) => hygiene.run(),
            KeyCommand::Create(create) => create.run(),
            KeyCommand::Rotate(rotate) => rotate.run(),
            KeyCommand::Change(change) => change.run(),
            KeyCommand::Suspend(suspend) => suspend.run(),
            KeyCommand::Resume(resume) => resume.run(),
            KeyCommand::Revoke(revoke) => revoke.run(),
            KeyCommand::Confirm(confirm) => confirm.run(),
            KeyCommand::Report(report) => report.run(),
        }
    }
}

/// What can be said about a key, when it is made and later.
#[derive(Debug, Args)]
pub struct Said {
    /// Whom to tell what happens to it; an organization key needs one.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// What uses it.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// What it may do, such as net.5=cru; can be given several times, and replaces what was given before. A person's
    /// key is cut by it, in namespaces in full.
    #[arg(long = "grant", value_name = "WHAT=RIGHTS", value_parser = read::given)]
    grants: Vec<Given>,
    /// Network that it may be used from; can be given several times, and replaces what was given before.
    #[arg(long = "network", value_name = "CIDR", value_parser = read::network)]
    networks: Vec<IpNet>,
    /// When it ends: a moment, days from now such as +90d, or never.
    #[arg(long, value_name = "TIME|+DAYSd|never", value_parser = read::end, allow_hyphen_values = true)]
    expires: Option<End>,
    /// Requests a minute; 0: no bound of its own.
    #[arg(long, value_name = "N")]
    per_minute: Option<u32>,
    /// It reads and never writes, whatever else it may.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    readonly: Option<bool>,
    /// It may replace its own secret.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    rotates_itself: Option<bool>,
    /// An organization key may invite and remove plain members.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    manages_members: Option<bool>,
}

impl Said {
    /// As a wish about a key, whose rules lie within this organization.
    fn wish(self, name: Option<String>, org: Option<u32>) -> anyhow::Result<KeyWish> {
        let grants = if self.grants.is_empty() { Patch::Keep } else { Patch::Set(read::rules(org, &self.grants)?) };
        Ok(KeyWish {
            name,
            email: self.email,
            note: self.note,
            readonly: self.readonly,
            grants,
            networks: (!self.networks.is_empty()).then_some(self.networks),
            per_minute: read::count_or_none(self.per_minute),
            rotates_itself: self.rotates_itself,
            manages_members: self.manages_members,
            expires: self.expires.map_or(Patch::Keep, |end| end.0.into()),
            once: None,
        })
    }
}

const NOT_FOUND: AccessError = AccessError::NotFound("key: there is none with this public id");

/// A key by its public id. Whoever gives the whole text by mistake is not shown it again.
fn find<'a>(people: &'a People, public: &str) -> Result<&'a Key, AccessError> {
    people.key(public).map(|entry| &*entry.key).ok_or(NOT_FOUND)
}

/// A key at the head of the log.
fn at<'a>(desk: &'a Desk<'_>, public: &str) -> Result<&'a Key, AccessError> {
    find(desk.people, public)
}
