//! `peerage grant`: permissions of members and of organization keys.

use clap::{Args, Subcommand};
use peerage_access::Patch;
use peerage_access::acts::AccessError;
use peerage_access::acts::keys::{self, KeyPatch};
use peerage_access::acts::members;
use peerage_access::entities::{GrantEntity, is_within};
use peerage_access::records::{Key, Member, MemberRole, PermissionRules};
use peerage_access::{AccessContext, KeyKind, People};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::rights::Permissions;
use serde_json::{Value as Json, json};

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::operator::act::{ChangeArgs, OperatorContext, OutputArgs};
use crate::operator::read::{self, NamedGrant};
use crate::operator::table;
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage grant list --org 7
  peerage grant give ann net.5=cru fac=r --org 7
  peerage grant give 4fK2abcdefgh ix.9=u --org 7
  peerage grant take ann net.5 --org 7

WHO is a member (ID, user name or e-mail address) or the public ID of an
organization key. Admins already have every permission. To change permissions of
a role account, use `peerage role`. Every permission includes reading.";

/// Manage permissions of members and keys within an organization.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum GrantCommand {
    /// List the permissions in an organization.
    List(ListGrants),
    /// Grant permissions. Replaces those on the same object.
    Give(GiveGrant),
    /// Revoke permissions.
    Take(RevokeGrant),
}

#[derive(Debug, Args)]
pub struct ListGrants {
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct GiveGrant {
    #[arg(value_name = "WHO")]
    who: String,
    #[arg(value_name = "WHAT=RIGHTS", required = true, value_parser = read::parse_grant)]
    grants: Vec<NamedGrant>,
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct RevokeGrant {
    #[arg(value_name = "WHO")]
    who: String,
    #[arg(value_name = "WHAT", required = true)]
    what: Vec<String>,
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    writing: ChangeArgs,
}

/// The holder of permissions.
#[derive(Debug, Clone)]
enum HolderArg {
    Member(UserId),
    Key(String),
}

impl HolderArg {
    /// Finds a key of the organization by its public ID, or else a member.
    fn find(people: &People, org: OrgId, text: &str) -> anyhow::Result<HolderArg> {
        if let Some(entry) = people.key(text).filter(|entry| entry.key.org == Some(org)) {
            let key = &*entry.key;
            let why = "a role key has the permissions of its role account. Restrict it with `peerage key change`";
            anyhow::ensure!(key.kind == KeyKind::Org, "key: {why}");
            return Ok(HolderArg::Key(key.public.clone()));
        }
        let user = read::user(people, text)
            .map_err(|_| anyhow::anyhow!("who: there is no such account, and no such key of organization {org}"))?;
        anyhow::ensure!(
            people.member(org, user).is_some(),
            "user: account {user} is not a member of organization {org}"
        );
        Ok(HolderArg::Member(user))
    }

    fn rules(&self, context: &AccessContext<'_>, org: OrgId) -> Result<PermissionRules, AccessError> {
        match self {
            HolderArg::Member(user) => {
                let gone = AccessError::NotFound("user: no longer in the organization");
                let member = context.people.member(org, *user).ok_or(gone)?;
                if member.rank == MemberRole::Admin {
                    return Err(AccessError::Refused(
                        "user: an admin already has every permission in the organization".to_owned(),
                    ));
                }
                Ok(member.grants.clone())
            }
            HolderArg::Key(public) => {
                let entry =
                    context.people.key(public).ok_or(AccessError::NotFound("key: no longer in the registry"))?;
                Ok(entry.key.grants.clone().unwrap_or_default())
            }
        }
    }

    fn set(
        &self,
        context: &AccessContext<'_>,
        org: OrgId,
        rules: PermissionRules,
    ) -> crate::operator::act::OperatorResult<Json> {
        match self {
            HolderArg::Member(user) => {
                let (member, steps) = members::set_grants(context, org, *user, rules)?;
                Ok((of_member(context.people, &member), steps))
            }
            HolderArg::Key(public) => {
                let entry =
                    context.people.key(public).ok_or(AccessError::NotFound("key: no longer in the registry"))?;
                let patch = KeyPatch { grants: Patch::Set(rules), ..KeyPatch::default() };
                let (key, steps) = keys::change(context, &entry.key, &patch)?;
                Ok((of_key(org, &key), steps))
            }
        }
    }
}

/// Returns permissions by short name, or by namespace where there is no short name.
fn named(org: OrgId, rules: &PermissionRules) -> Json {
    let mut shown = serde_json::Map::new();
    for (entity, rights) in GrantEntity::of_rules(org, rules) {
        shown.insert(entity.name(org), Json::from(read::letters(rights)));
    }
    // Rules that a short name covers are not listed again.
    let mut output = PermissionRules::new();
    for (entity, rights) in GrantEntity::of_rules(org, rules) {
        output.extend(entity.rules(org, rights));
    }
    for (namespace, bits) in rules.iter().filter(|(namespace, _)| !output.contains_key(*namespace)) {
        let rights = Permissions::from_bits(*bits).unwrap_or(Permissions::NONE);
        shown.insert(namespace.clone(), Json::from(read::letters(rights)));
    }
    Json::Object(shown)
}

fn of_member(people: &People, member: &Member) -> Json {
    json!({
        "who": people.user(member.user).map(|user| user.username.clone()),
        "kind": member.rank.name(),
        "user_id": member.user,
        "key": null,
        "rights": if member.rank == MemberRole::Admin { json!({"org": "crud"}) } else { named(member.org, &member.grants) },
        "grants": member.grants,
    })
}

fn of_key(org: OrgId, key: &Key) -> Json {
    let rules = key.grants.clone().unwrap_or_default();
    json!({
        "who": key.public,
        "kind": "key",
        "user_id": null,
        "key": key.public,
        "rights": named(org, &rules),
        "grants": rules,
    })
}

impl GrantCommand {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            GrantCommand::List(list) => list.run(),
            GrantCommand::Give(give) => give.run(),
            GrantCommand::Take(take) => take.run(),
        }
    }
}

impl ListGrants {
    fn run(self) -> anyhow::Result<()> {
        let operator_context = block_on(OperatorContext::open(&self.output.common))?;
        let org = operator_context.org(self.org)?;
        let people = &operator_context.people;
        let keys = people.keys().map(|entry| &*entry.key);
        let keys = keys.filter(|key| key.org == Some(org) && key.kind == KeyKind::Org && !key.is_final());
        let roles = people.roles_of(org).map(|role| {
            json!({
                "who": role.name,
                "kind": "role",
                "role_id": role.id,
                "rights": named(org, &role.grants),
                "grants": role.grants,
            })
        });
        let members = people.members_of(org).map(|member| of_member(people, member));
        let rows = members.chain(roles).chain(keys.map(|key| of_key(org, key))).collect();
        table::rows(self.output.json, rows, &[("who", "who"), ("kind", "kind"), ("permissions", "rights")])
    }
}

impl GiveGrant {
    fn run(self) -> anyhow::Result<()> {
        let org = self.org;
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let holder = HolderArg::find(&operator_context.people, operator_context.org(org)?, &self.who)?;
            let given = read::rules(Some(org), &self.grants)?;
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let mut rules = holder.rules(context, org)?;
                rules.extend(given.clone());
                holder.set(context, org, rules)
            };
            operator_context.act("grant give", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl RevokeGrant {
    fn run(self) -> anyhow::Result<()> {
        let org = self.org;
        let mut taken: Vec<(String, Vec<String>)> = Vec::new();
        for name in &self.what {
            let namespaces = match GrantEntity::parse(org, name) {
                Some(entity) => {
                    entity.rules(org, Permissions::READ).into_iter().map(|(namespace, _)| namespace).collect()
                }
                None if is_within(org, name) => vec![name.clone()],
                None => {
                    return Err(usage(format!(
                        "grant: {name}: neither a short name such as net.5 nor a namespace within the organization"
                    )));
                }
            };
            taken.push((name.clone(), namespaces));
        }
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let holder = HolderArg::find(&operator_context.people, operator_context.org(org)?, &self.who)?;
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let mut rules = holder.rules(context, org)?;
                for (name, namespaces) in &taken {
                    // Permissions that were never granted are probably misspelt.
                    if !rules.contains_key(&namespaces[0]) {
                        return Err(AccessError::Refused(format!("grant: {name}: not granted")));
                    }
                    rules.retain(|namespace, _| !namespaces.contains(namespace));
                }
                // A namespace that two entities share stays while one of them keeps its permissions.
                for (entity, rights) in GrantEntity::of_rules(org, &rules) {
                    for (namespace, bits) in entity.rules(org, rights) {
                        rules.entry(namespace).or_insert(bits);
                    }
                }
                holder.set(context, org, rules)
            };
            operator_context.act("grant take", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}
