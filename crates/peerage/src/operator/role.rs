//! `peerage role`: role accounts of organizations.

use clap::{Args, Subcommand};
use peerage_access::acts::AccessError;
use peerage_access::acts::roles::{self as acts, RolePatch};
use peerage_access::records::{Role, RoleKind};
use peerage_access::{AccessContext, Patch, show};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use serde_json::{Value as Json, json};

use crate::chance::SystemRandom;
use crate::operator::act::{ChangeArgs, OperatorContext, OutputArgs};
use crate::operator::read::{self, NamedGrant};
use crate::operator::table;
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage role create --org 7 --kind noc --email noc@example.net --person ann
  peerage role change 3 --org 7 --person ann --person bob
  peerage role change 3 --org 7 --grant net.5=u

Kinds: admin, technical, routing, policy, noc, abuse, sales, public_relations,
read_only. Each kind has its own permissions; --grant replaces them. When a
person leaves a role account, their keys of this role account are revoked.";

/// Manage role accounts of organizations and the people in them.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum RoleCommand {
    /// List an organization's role accounts.
    List(ListRoles),
    /// Create a role account.
    Create(CreateRole),
    /// Change a role account.
    Change(ChangeRole),
    /// Delete a role account and revoke its keys.
    Erase(EraseRole),
}

#[derive(Debug, Args)]
pub struct ListRoles {
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct CreateRole {
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: RoleKind,
    #[command(flatten)]
    said: RoleFields,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct ChangeRole {
    #[arg(value_name = "ROLE")]
    role: RoleId,
    #[arg(long, value_name = "ID")]
    org: OrgId,
    /// Reset the permissions to those of its kind.
    #[arg(long, conflicts_with = "grants")]
    default_grants: bool,
    /// Remove everyone from the role account.
    #[arg(long, conflicts_with = "people")]
    no_person: bool,
    #[command(flatten)]
    said: RoleFields,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct EraseRole {
    #[arg(value_name = "ROLE")]
    role: RoleId,
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    writing: ChangeArgs,
}

/// The fields of a role account that can be set.
#[derive(Debug, Args)]
pub struct RoleFields {
    /// Name of the role account. [default: the kind]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Address of the shared mailbox.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Person in the role account. Can be given several times. Replaces everyone who was in it before.
    #[arg(long = "person", value_name = "USER")]
    people: Vec<String>,
    /// Permission, such as net.5=cru. Can be given several times. Replaces the permissions of its kind.
    #[arg(long = "grant", value_name = "WHAT=RIGHTS", value_parser = read::parse_grant)]
    grants: Vec<NamedGrant>,
}

impl RoleFields {
    fn to_patch(
        &self,
        operator_context: &OperatorContext,
        org: OrgId,
        kind: Option<RoleKind>,
    ) -> anyhow::Result<RolePatch> {
        let ids: Vec<UserId> =
            self.people.iter().map(|user| read::user(&operator_context.people, user)).collect::<anyhow::Result<_>>()?;
        let grants =
            if self.grants.is_empty() { Patch::Keep } else { Patch::Set(read::rules(Some(org), &self.grants)?) };
        Ok(RolePatch {
            kind,
            name: self.name.clone(),
            email: self.email.clone(),
            people: (!ids.is_empty()).then_some(ids),
            grants,
        })
    }
}

fn kind(text: &str) -> Result<RoleKind, String> {
    RoleKind::from_name(text).ok_or_else(|| {
        let names = RoleKind::ALL.map(RoleKind::name);
        format!("expected one of {}", names.join(", "))
    })
}

impl RoleCommand {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            RoleCommand::List(list) => list.run(),
            RoleCommand::Create(create) => create.run(),
            RoleCommand::Change(change) => change.run(),
            RoleCommand::Erase(erase) => erase.run(),
        }
    }
}

impl ListRoles {
    fn run(self) -> anyhow::Result<()> {
        let operator_context = block_on(OperatorContext::open(&self.output.common))?;
        let org = operator_context.org(self.org)?;
        let rows = operator_context.people.roles_of(org).map(|role| {
            let mut row = show::role(role);
            if !self.output.json {
                let names = role.people.iter().filter_map(|user| operator_context.people.user(*user));
                row["people"] = names.map(|user| Json::from(user.username.as_str())).collect();
            }
            row
        });
        let columns = [("role", "id"), ("kind", "kind"), ("name", "name"), ("email", "email"), ("people", "people")];
        table::rows(self.output.json, rows.collect(), &columns)
    }
}

impl CreateRole {
    fn run(self) -> anyhow::Result<()> {
        let org = self.org;
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let patch = self.said.to_patch(&operator_context, operator_context.org(org)?, Some(self.kind))?;
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let (role, steps) = acts::create(context, org, &patch)?;
                Ok((show::role(&role), steps))
            };
            operator_context.act("role create", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl ChangeRole {
    fn run(self) -> anyhow::Result<()> {
        let (org, id) = (self.org, self.role);
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let mut patch = self.said.to_patch(&operator_context, operator_context.org(org)?, None)?;
            if self.default_grants {
                patch.grants = Patch::Clear;
            }
            if self.no_person {
                patch.people = Some(Vec::new());
            }
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let (role, steps) = acts::change(context, of(context, org, id)?, &patch)?;
                Ok((show::role(&role), steps))
            };
            operator_context.act("role change", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl EraseRole {
    fn run(self) -> anyhow::Result<()> {
        let (org, id) = (self.org, self.role);
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            operator_context.org(org)?;
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let role = of(context, org, id)?;
                let keys = context.people.keys().filter(|entry| entry.key.role == Some(id) && !entry.key.is_final());
                let row = json!({"erased": id, "org_id": org, "name": role.name, "role_keys_ended": keys.count()});
                Ok((row, acts::erase(context, role)?))
            };
            operator_context.act("role erase", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

/// Returns a role account of the organization at the head of the log.
fn of<'a>(context: &'a AccessContext<'_>, org: OrgId, id: RoleId) -> Result<&'a Role, AccessError> {
    acts::of_org(context, org, id)
}
