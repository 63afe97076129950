//! `peerage org`: members and policies of organizations.

use clap::{Args, Subcommand};
use ipnet::IpNet;
use peerage_access::acts::policies::{self, PolicyPatch};
use peerage_access::acts::{AccessError, invitations, members as acts, users};
use peerage_access::records::{Member, MemberRole, User};
use peerage_access::{AccessContext, People, show};
use peerage_registry::Snapshot;
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::print_seconds;
use peerage_schema::tables::org;
use peerage_schema::{Resource, Status};
use serde_json::{Value as Json, json};

use crate::chance::SystemRandom;
use crate::operator::act::{ChangeArgs, OperatorContext, OperatorResult, OutputArgs};
use crate::operator::{read, table};
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage org list --search glacier
  peerage org show 7                          show its members, role accounts, keys and policy
  peerage org add ann --org 7 --admin         invite ann as an admin
  peerage org add ann --org 7 --admin --without-consent
  peerage org rank ann member --org 7
  peerage org policy 7 --key-days-max 365 --network 192.0.2.0/24

USER is an ID, a user name or an e-mail address. To create or change
organizations themselves, use the API or import them.";

/// Manage members and policies of organizations.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum OrgCommand {
    /// List organizations.
    List(ListOrgs),
    /// Show an organization with its members and policy.
    Show(ShowOrg),
    /// Invite a person, or add them without an invitation.
    Add(AddMember),
    /// Remove a person, with their permissions, role accounts and role keys.
    Remove(RemoveMember),
    /// Change the role of a member: admin or member.
    Rank(SetMemberRole),
    /// Show or change an organization's policy for keys and members.
    Policy(PolicyArgs),
}

#[derive(Debug, Args)]
pub struct ListOrgs {
    /// List only organizations whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct ShowOrg {
    #[arg(value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct AddMember {
    #[arg(value_name = "USER")]
    user: String,
    #[arg(long, value_name = "ID")]
    org: OrgId,
    /// Make the person an admin.
    #[arg(long)]
    admin: bool,
    /// Add the person immediately, without an invitation. Use this for the first admin of an organization. The audit
    /// log records it.
    #[arg(long)]
    without_consent: bool,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct RemoveMember {
    #[arg(value_name = "USER")]
    user: String,
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    last_admin: LastAdmin,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct SetMemberRole {
    #[arg(value_name = "USER")]
    user: String,
    #[arg(value_name = "admin|member", value_parser = rank)]
    rank: MemberRole,
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    last_admin: LastAdmin,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[arg(value_name = "ID")]
    org: OrgId,
    /// Maximum lifetime of new keys, in days. 0 means no maximum.
    #[arg(long, value_name = "DAYS")]
    key_days_max: Option<u32>,
    /// Suspend keys that have not been used for this many days. 0 means never.
    #[arg(long, value_name = "DAYS")]
    key_idle_days_max: Option<u32>,
    /// Whether personal keys can access the organization.
    #[arg(long, value_name = "true|false")]
    allows_user_keys: Option<bool>,
    /// Whether new keys must list their allowed networks.
    #[arg(long, value_name = "true|false")]
    requires_networks: Option<bool>,
    /// Accept keys only from this network. Can be given several times.
    #[arg(long = "network", value_name = "CIDR", value_parser = read::network, conflicts_with = "any_network")]
    networks: Vec<IpNet>,
    /// Accept keys from any network again.
    #[arg(long)]
    any_network: bool,
    /// Require a confirmed address in this domain for new members. Can be given several times.
    #[arg(long = "email-domain", value_name = "DOMAIN", conflicts_with = "any_email_domain")]
    email_domains: Vec<String>,
    /// Allow members with any address again.
    #[arg(long)]
    any_email_domain: bool,
    /// Whether subdomains of these domains are accepted, too.
    #[arg(long, value_name = "true|false")]
    email_subdomains: Option<bool>,
    /// Whether members must log in with a passkey.
    #[arg(long, value_name = "true|false")]
    requires_passkey: Option<bool>,
    /// Whether codes from authenticator apps are refused.
    #[arg(long, value_name = "true|false")]
    refuses_totp: Option<bool>,
    /// Whether another factor is required in addition to a passkey.
    #[arg(long, value_name = "true|false")]
    wants_factor_with_passkey: Option<bool>,
    /// Days that members have to meet a new requirement for second factors.
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u32>,
    /// Days after which members must confirm their address again: 7, 14, 30, 90, 180 or 365. 0 means never.
    #[arg(long, value_name = "DAYS")]
    reconfirm_days: Option<u32>,
    #[command(flatten)]
    writing: ChangeArgs,
}

/// The flag that allows an operator to remove the last admin of an organization or of the registry.
#[derive(Debug, Clone, Args)]
pub struct LastAdmin {
    /// Allow this even if the organization or the registry would have no admin left.
    #[arg(long)]
    even_last_admin: bool,
}

/// Refuses to remove the last admin, unless the operator has passed the flag. Over HTTP nobody can do it.
pub fn refuse_last_admin(context: &AccessContext<'_>, member: &Member, said: &LastAdmin) -> Result<(), AccessError> {
    if acts::is_last_admin(context, member) && !said.even_last_admin {
        return Err(AccessError::Refused(format!(
            "user: this is the last admin of organization {}. Make someone else an admin first, or pass \
             --even-last-admin",
            member.org
        )));
    }
    Ok(())
}

/// The same for the last admin among the staff of the registry.
pub fn refuse_last_staff_admin(context: &AccessContext<'_>, user: &User, said: &LastAdmin) -> Result<(), AccessError> {
    if users::is_last_admin(context, user) && !said.even_last_admin {
        return Err(AccessError::Refused(
            "user: this is the last admin of the registry. Make someone else an admin first, or pass \
             --even-last-admin"
                .to_owned(),
        ));
    }
    Ok(())
}

fn rank(text: &str) -> Result<MemberRole, String> {
    MemberRole::from_name(text).ok_or_else(|| "expected admin or member".to_owned())
}

impl OrgCommand {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            OrgCommand::List(list) => list.run(),
            OrgCommand::Show(show) => show.run(),
            OrgCommand::Add(add) => add.run(),
            OrgCommand::Remove(remove) => remove.run(),
            OrgCommand::Rank(rank) => rank.run(),
            OrgCommand::Policy(policy) => policy.run(),
        }
    }
}

/// Returns the fields of an organization that lists show.
fn brief(snapshot: &Snapshot, people: &People, id: OrgId) -> Option<Json> {
    let row = snapshot.row(Resource::Org, id.get())?;
    let name = row.text(org::NAME).unwrap_or_default();
    let keys = people.keys().filter(|entry| entry.key.org == Some(id) && !entry.key.is_final());
    Some(json!({
        "id": id,
        "name": name,
        "status": snapshot.status(Resource::Org, row).map(Status::text),
        "admins": people.admins_of(id).count(),
        "members": people.members_of(id).count(),
        "roles": people.roles_of(id).count(),
        "keys": keys.count(),
    }))
}

impl ListOrgs {
    fn run(self) -> anyhow::Result<()> {
        let operator_context = block_on(OperatorContext::open(&self.output.common))?;
        let wanted = self.search.as_deref().unwrap_or_default().to_lowercase();
        let fits = |row: &Json| row["name"].as_str().is_some_and(|name| name.to_lowercase().contains(&wanted));
        let ids = operator_context.snapshot.rows(Resource::Org).map(|row| OrgId::new(row.id()));
        let rows = ids.filter_map(|id| brief(&operator_context.snapshot, &operator_context.people, id));
        let rows = rows.filter(|row| row["status"] != Status::Deleted.text() && fits(row)).collect();
        let columns = ["id", "name", "status", "admins", "members", "roles", "keys"].map(|name| (name, name));
        table::rows(self.output.json, rows, &columns)
    }
}

impl ShowOrg {
    fn run(self) -> anyhow::Result<()> {
        let operator_context = block_on(OperatorContext::open(&self.output.common))?;
        let org = operator_context.org(self.org)?;
        let people = &operator_context.people;
        let mut row = brief(&operator_context.snapshot, people, org).unwrap_or_default();
        let members: Vec<Json> = people.members_of(org).map(|member| show::member(people, member)).collect();
        let policy = show::policy(&people.policy(org));
        if self.output.json {
            row["policy"] = policy;
            row["people"] = Json::Array(members);
            return table::value(&row);
        }
        table::one(false, &row)?;
        table::text("\npolicy\n")?;
        table::one(false, &policy)?;
        table::text("\n")?;
        let columns = [
            ("user", "user_id"),
            ("username", "username"),
            ("name", "full_name"),
            ("role", "role"),
            ("role accounts", "roles"),
            ("permissions", "entities"),
            ("since", "since"),
        ];
        table::rows(false, members, &columns)
    }
}

/// Changes one person's membership of an organization and prints the result.
fn on_place<F>(writing: &ChangeArgs, command: &str, org: OrgId, user: &str, mut decide: F) -> anyhow::Result<()>
where
    F: FnMut(&AccessContext<'_>, UserId, &mut SystemRandom) -> OperatorResult<Json> + Send + 'static,
{
    let row = block_on(async {
        let mut operator_context = OperatorContext::open(&writing.output.common).await?;
        operator_context.org(org)?;
        let id = read::user(&operator_context.people, user)?;
        operator_context
            .act(command, writing, move |context: &AccessContext<'_>, chance: &mut SystemRandom| {
                decide(context, id, chance)
            })
            .await
    })?;
    table::one(writing.output.json, &row)
}

impl AddMember {
    fn run(self) -> anyhow::Result<()> {
        let (org, rank) = (self.org, if self.admin { MemberRole::Admin } else { MemberRole::Member });
        let without_consent = self.without_consent;
        on_place(&self.writing, "org add", org, &self.user, move |context, id, chance| {
            let user = crate::operator::user::at(context, id)?;
            if !user.active {
                return Err(AccessError::Refused(format!("user: account {id} is closed or suspended")));
            }
            if without_consent {
                let (member, steps) = acts::add(context, org, id, rank)?;
                return Ok((show::member(context.people, &member), steps));
            }
            let (invitation, steps) = invitations::add(context, org, id, rank, &chance.bytes())?;
            let row = json!({
                "invited": id,
                "org_id": org,
                "role": rank.name(),
                "status": Status::Pending.text(),
                "email": invitation.email,
                "expires": print_seconds(invitation.expires),
            });
            Ok((row, steps))
        })
    }
}

impl RemoveMember {
    fn run(self) -> anyhow::Result<()> {
        let (org, last_admin) = (self.org, self.last_admin);
        on_place(&self.writing, "org remove", org, &self.user, move |context, id, _| {
            if let Some(member) = context.people.member(org, id) {
                refuse_last_admin(context, member, &last_admin)?;
            }
            let keys = context.people.keys().map(|entry| &*entry.key);
            let keys = keys
                .filter(|key| key.org == Some(org) && key.user == Some(id) && key.role.is_some() && !key.is_final());
            let row = json!({"removed": id, "org_id": org, "role_keys_ended": keys.count()});
            Ok((row, acts::remove(context, org, id)?))
        })
    }
}

impl SetMemberRole {
    fn run(self) -> anyhow::Result<()> {
        let (org, rank, last_admin) = (self.org, self.rank, self.last_admin);
        on_place(&self.writing, "org rank", org, &self.user, move |context, id, _| {
            if let Some(member) = context.people.member(org, id)
                && rank == MemberRole::Member
            {
                refuse_last_admin(context, member, &last_admin)?;
            }
            let (member, steps) = acts::set_rank(context, org, id, rank)?;
            Ok((show::member(context.people, &member), steps))
        })
    }
}

impl PolicyArgs {
    fn run(self) -> anyhow::Result<()> {
        let org = self.org;
        let list = |says_none: bool, given: bool| says_none || given;
        let patch = PolicyPatch {
            key_days_max: read::count_or_none(self.key_days_max),
            key_idle_days_max: read::count_or_none(self.key_idle_days_max),
            allows_user_keys: self.allows_user_keys,
            requires_networks: self.requires_networks,
            networks: list(self.any_network, !self.networks.is_empty()).then_some(self.networks),
            email_domains: list(self.any_email_domain, !self.email_domains.is_empty()).then_some(self.email_domains),
            email_subdomains: self.email_subdomains,
            requires_passkey: self.requires_passkey,
            refuses_totp: self.refuses_totp,
            wants_factor_with_passkey: self.wants_factor_with_passkey,
            grace_days: self.grace_days,
            reconfirm_days: read::count_or_none(self.reconfirm_days),
        };
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            operator_context.org(org)?;
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let (policy, steps) = policies::change(context, org, &patch)?;
                Ok((show::policy(&policy), steps))
            };
            operator_context.act("org policy", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}
