//! `peerage key`: API keys.

mod issue;
mod look;
mod tend;

use clap::{Args, Subcommand};
use ipnet::IpNet;
use peerage_access::acts::AccessError;
use peerage_access::acts::keys::KeyPatch;
use peerage_access::records::Key;
use peerage_access::{AccessContext, Patch, People};
use peerage_registry::ids::OrgId;

use crate::operator::read::{self, ExpiryArg, NamedGrant};

const EXAMPLES: &str = "\
Examples:
  peerage key create --org 7 --name 'port sync' --email noc@example.net \\
      --grant net.5=cru --grant ix=r --network 192.0.2.0/24 --expires +90d
  peerage key create --user ann --name laptop --readonly
  peerage key list --org 7
  peerage key change 4fK2abcdefgh --expires +90d
  peerage key rotate 4fK2abcdefgh --overlap-hours 48
  peerage key revoke 4fK2abcdefgh --reason 'laptop was stolen'
  peerage key report leaked.log      revoke every key that is in this file
  peerage key hygiene --org 7        review the keys of an organization

KEY is the public ID of a key: the part of the key between its prefix and the
next underscore. The key itself is printed only once, when it is created.

Permissions are letters of crud (create, read, update, delete) or their number,
on: net.5 ix.9 fac.1 carrier.2 campus.3 (one object), net ix fac carrier campus
(all of a kind), org.7 (everything), org.7.users (its people), or a namespace.

You cannot create role keys here. Each person in a role account creates their
own key over the API, so that the audit log names the person.

Exit status: 0 success; 1 the command was refused or failed and nothing was
changed, or a new secret was created but could not be printed; 2 invalid
arguments.";

/// Manage API keys: create, change, rotate, suspend and revoke keys, and see how they are used.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum KeyCommand {
    /// List keys.
    List(look::ListKeys),
    /// Show one key.
    Show(look::ShowKey),
    /// Show how a key is used: when, from which networks, by which clients, and with which permissions.
    Use(look::ShowKeyUse),
    /// Review an organization's keys: findings and recommendations.
    Hygiene(look::ReviewKeys),
    /// Create a key and print it. It is shown only once.
    Create(issue::CreateKey),
    /// Replace the secret of a key and print the new key. The old one works until the overlap ends.
    Rotate(issue::RotateKey),
    /// Change a key.
    Change(tend::ChangeKey),
    /// Suspend a key until it is resumed.
    Suspend(tend::SuspendKey),
    /// Resume a suspended key.
    Resume(tend::ResumeKey),
    /// Revoke a key permanently.
    Revoke(tend::RevokeKey),
    /// Confirm the contact address of a key.
    Confirm(tend::ConfirmKey),
    /// Revoke every key that is found in a file, because others may have seen it.
    Report(tend::ReportKeys),
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

/// The fields of a key that can be set when it is created and later.
#[derive(Debug, Args)]
pub struct KeyFields {
    /// Contact address for notices about the key. Required for organization keys.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Note, for example what uses the key.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Permission, such as net.5=cru. Can be given several times. Replaces all earlier permissions. It restricts a
    /// personal key; there, use full namespaces.
    #[arg(long = "grant", value_name = "WHAT=RIGHTS", value_parser = read::parse_grant)]
    grants: Vec<NamedGrant>,
    /// Allowed network. Can be given several times. Replaces all earlier networks.
    #[arg(long = "network", value_name = "CIDR", value_parser = read::network)]
    networks: Vec<IpNet>,
    /// Expiry: a time, days from now such as +90d, or never.
    #[arg(long, value_name = "TIME|+DAYSd|never", value_parser = read::end, allow_hyphen_values = true)]
    expires: Option<ExpiryArg>,
    /// Requests per minute. 0 means the default limits.
    #[arg(long, value_name = "N")]
    per_minute: Option<u32>,
    /// Whether the key is read-only, whatever its permissions.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    readonly: Option<bool>,
    /// Whether the key can replace its own secret.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    rotates_itself: Option<bool>,
    /// Whether an organization key can invite and remove members (never admins).
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    manages_members: Option<bool>,
}

impl KeyFields {
    /// Converts the flags. Permissions are relative to this organization.
    fn into_patch(self, name: Option<String>, org: Option<OrgId>) -> anyhow::Result<KeyPatch> {
        let grants = if self.grants.is_empty() { Patch::Keep } else { Patch::Set(read::rules(org, &self.grants)?) };
        Ok(KeyPatch {
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

const NOT_FOUND: AccessError = AccessError::NotFound("key: there is no key with this public ID");

/// Finds a key by its public ID. If the whole key was passed by mistake, the error does not repeat it.
fn find<'a>(people: &'a People, public: &str) -> Result<&'a Key, AccessError> {
    people.key(public).map(|entry| &*entry.key).ok_or(NOT_FOUND)
}

/// Returns a key at the head of the log.
fn at<'a>(context: &'a AccessContext<'_>, public: &str) -> Result<&'a Key, AccessError> {
    find(context.people, public)
}
