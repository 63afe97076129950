//! `peerage org`: people and rules of organizations.

use clap::{Args, Subcommand};
use ipnet::IpNet;
use peerage_access::acts::policies::{self, PolicyWish};
use peerage_access::acts::{AccessError, invitations, members as acts};
use peerage_access::records::{Member, Rank};
use peerage_access::{Desk, People, show};
use peerage_registry::Snapshot;
use peerage_registry::moment::print_seconds;
use peerage_schema::tables::org;
use peerage_schema::{Resource, Status};
use serde_json::{Value as Json, json};

use crate::chance::Chance;
use crate::operator::act::{Office, Told, Verdict, Writing};
use crate::operator::{read, sheet};
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage org list --search glacier
  peerage org show 7                          its people, roles, keys and rules
  peerage org add ann --org 7 --admin         invite: takes effect when ann accepts
  peerage org add ann --org 7 --admin --without-consent
  peerage org rank ann member --org 7
  peerage org policy 7 --key-days-max 365 --network 192.0.2.0/24

USER is an id, a user name or a mail address. The rows of organizations
themselves are written over the API, or imported.";

/// Organizations: who belongs to them, and what they demand of keys.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum OrgCommand {
    /// List organizations.
    List(List),
    /// Show an organization with its people and rules.
    Show(Show),
    /// Invite a person, or add them without asking.
    Add(Add),
    /// Take a person out: place, rights, roles and role keys end in one.
    Remove(Remove),
    /// Make a member an admin, or an admin a member.
    Rank(SetRank),
    /// Show what an organization demands of its keys and people, or change it.
    Policy(Policy),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those whose name has this in it.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    told: Told,
}

#[derive(Debug, Args)]
pub struct Show {
    #[arg(value_name = "ID")]
    org: u32,
    #[command(flatten)]
    told: Told,
}

#[derive(Debug, Args)]
pub struct Add {
    #[arg(value_name = "USER")]
    user: String,
    #[arg(long, value_name = "ID")]
    org: u32,
    /// As one who sees to the organization.
    #[arg(long)]
    admin: bool,
    /// Add the person at once, without asking: for the first admin of an organization. The log says so.
    #[arg(long)]
    without_consent: bool,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct Remove {
    #[arg(value_name = "USER")]
    user: String,
    #[arg(long, value_name = "ID")]
    org: u32,
    #[command(flatten)]
    last_admin: LastAdmin,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct SetRank {
    #[arg(value_name = "USER")]
    user: String,
    #[arg(value_name = "admin|member", value_parser = rank)]
    rank: Rank,
    #[arg(long, value_name = "ID")]
    org: u32,
    #[command(flatten)]
    last_admin: LastAdmin,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct Policy {
    #[arg(value_name = "ID")]
    org: u32,
    /// Longest life of a new key; 0: no bound.
    #[arg(long, value_name = "DAYS")]
    key_days_max: Option<u32>,
    /// Days after which a key that is not used is suspended; 0: never.
    #[arg(long, value_name = "DAYS")]
    key_idle_days_max: Option<u32>,
    /// Whether keys of persons reach into the organization.
    #[arg(long, value_name = "true|false")]
    allows_user_keys: Option<bool>,
    /// Whether each new key has to name the networks that it is used from.
    #[arg(long, value_name = "true|false")]
    requires_networks: Option<bool>,
    /// Keys are refused from elsewhere; can be given several times.
    #[arg(long = "network", value_name = "CIDR", value_parser = read::network, conflicts_with = "any_network")]
    networks: Vec<IpNet>,
    /// Keys are accepted from everywhere again.
    #[arg(long)]
    any_network: bool,
    /// Members need a confirmed address of one of these; can be given several times.
    #[arg(long = "email-domain", value_name = "DOMAIN", conflicts_with = "any_email_domain")]
    email_domains: Vec<String>,
    /// Members may have any address again.
    #[arg(long)]
    any_email_domain: bool,
    /// Whether addresses of domains below these count, too.
    #[arg(long, value_name = "true|false")]
    email_subdomains: Option<bool>,
    /// Whether members log in with a passkey alone.
    #[arg(long, value_name = "true|false")]
    requires_passkey: Option<bool>,
    /// Whether codes of an app count for nothing.
    #[arg(long, value_name = "true|false")]
    refuses_totp: Option<bool>,
    /// Whether a passkey needs another factor beside it.
    #[arg(long, value_name = "true|false")]
    wants_factor_with_passkey: Option<bool>,
    /// Days that members have to meet what is newly demanded of their factors.
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u32>,
    /// Days after which members confirm their address again: 7, 14, 30, 90, 180 or 365; 0: never.
    #[arg(long, value_name = "DAYS")]
    reconfirm_days: Option<u32>,
    #[command(flatten)]
    writing: Writing,
}

/// What an operator has to say before an organization loses its last admin.
#[derive(Debug, Clone, Args)]
pub struct LastAdmin {
    /// Also if nobody would be left to see to the organization.
    #[arg(long)]
    even_last_admin: bool,
}

/// Over HTTP nobody can do this; an operator can, and has to mean it.
pub fn refuse_last_admin(desk: &Desk<'_>, member: &Member, said: &LastAdmin) -> Result<(), AccessError> {
    if acts::is_last_admin(desk, member) && !said.even_last_admin {
        return Err(AccessError::Refused(format!(
            "user: this is the last admin of organization {}: make somebody else an admin first, or say \
             --even-last-admin",
            member.org
        )));
    }
    Ok(())
}

fn rank(text: &str) -> Result<Rank, String> {
    Rank::from_name(text).ok_or_else(|| "expected admin or member".to_owned())
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

/// What is told of an organization in a list.
fn brief(snapshot: &Snapshot, people: &People, id: u32) -> Option<Json> {
    let row = snapshot.row(Resource::Org, id)?;
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

impl List {
    fn run(self) -> anyhow::Result<()> {
        let office = block_on(Office::open(&self.told.common))?;
        let wanted = self.search.as_deref().unwrap_or_default().to_lowercase();
        let fits = |row: &Json| row["name"].as_str().is_some_and(|name| name.to_lowercase().contains(&wanted));
        let ids = office.snapshot.rows(Resource::Org).map(peerage_registry::Row::id);
        let rows = ids.filter_map(|id| brief(&office.snapshot, &office.people, id));
        let rows = rows.filter(|row| row["status"] != Status::Deleted.text() && fits(row)).collect();
        let columns = ["id", "name", "status", "admins", "members", "roles", "keys"].map(|name| (name, name));
        sheet::rows(self.told.json, rows, &columns)
    }
}

impl Show {
    fn run(self) -> anyhow::Result<()> {
        let office = block_on(Office::open(&self.told.common))?;
        let org = office.org(self.org)?;
        let people = &office.people;
        let mut row = brief(&office.snapshot, people, org).unwrap_or_default();
        let members: Vec<Json> = people.members_of(org).map(|member| show::member(people, member)).collect();
        let policy = show::policy(&people.policy(org));
        if self.told.json {
            row["policy"] = policy;
            row["people"] = Json::Array(members);
            return sheet::value(&row);
        }
        sheet::one(false, &row)?;
        sheet::text("\nwhat it demands\n")?;
        sheet::one(false, &policy)?;
        sheet::text("\n")?;
        let columns = [
            ("user", "user_id"),
            ("username", "username"),
            ("name", "full_name"),
            ("rank", "role"),
            ("roles", "roles"),
            ("rights", "entities"),
            ("since", "since"),
        ];
        sheet::rows(false, members, &columns)
    }
}

/// Does something to one person's place in an organization, and prints what became of it.
fn on_place<F>(writing: &Writing, command: &str, org: u32, user: &str, mut judge: F) -> anyhow::Result<()>
where
    F: FnMut(&Desk<'_>, u32, &mut Chance) -> Verdict<Json> + Send + 'static,
{
    let row = block_on(async {
        let mut office = Office::open(&writing.told.common).await?;
        office.org(org)?;
        let id = read::user(&office.people, user)?;
        office.act(command, writing, move |desk: &Desk<'_>, chance: &mut Chance| judge(desk, id, chance)).await
    })?;
    sheet::one(writing.told.json, &row)
}

impl Add {
    fn run(self) -> anyhow::Result<()> {
        let (org, rank) = (self.org, if self.admin { Rank::Admin } else { Rank::Member });
        let without_consent = self.without_consent;
        on_place(&self.writing, "org add", org, &self.user, move |desk, id, chance| {
            let user = crate::operator::user::at(desk, id)?;
            if !user.active {
                return Err(AccessError::Refused(format!("user: account {id} is closed or barred")));
            }
            if without_consent {
                let (member, steps) = acts::add(desk, org, id, rank)?;
                return Ok((show::member(desk.people, &member), steps));
            }
            let (invitation, steps) = invitations::add(desk, org, id, rank, &chance.bytes())?;
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

impl Remove {
    fn run(self) -> anyhow::Result<()> {
        let (org, last_admin) = (self.org, self.last_admin);
        on_place(&self.writing, "org remove", org, &self.user, move |desk, id, _| {
            if let Some(member) = desk.people.member(org, id) {
                refuse_last_admin(desk, member, &last_admin)?;
            }
            let keys = desk.people.keys().map(|entry| &*entry.key);
            let keys = keys
                .filter(|key| key.org == Some(org) && key.user == Some(id) && key.role.is_some() && !key.is_final());
            let row = json!({"removed": id, "org_id": org, "role_keys_ended": keys.count()});
            Ok((row, acts::remove(desk, org, id)?))
        })
    }
}

impl SetRank {
    fn run(self) -> anyhow::Result<()> {
        let (org, rank, last_admin) = (self.org, self.rank, self.last_admin);
        on_place(&self.writing, "org rank", org, &self.user, move |desk, id, _| {
            if let Some(member) = desk.people.member(org, id)
                && rank == Rank::Member
            {
                refuse_last_admin(desk, member, &last_admin)?;
            }
            let (member, steps) = acts::set_rank(desk, org, id, rank)?;
            Ok((show::member(desk.people, &member), steps))
        })
    }
}

impl Policy {
    fn run(self) -> anyhow::Result<()> {
        let org = self.org;
        let list = |says_none: bool, given: bool| says_none || given;
        let wish = PolicyWish {
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
            let mut office = Office::open(&self.writing.told.common).await?;
            office.org(org)?;
            let judge = move |desk: &Desk<'_>, _: &mut Chance| {
                let (policy, steps) = policies::change(desk, org, &wish)?;
                Ok((show::policy(&policy), steps))
            };
            office.act("org policy", &self.writing, judge).await
        })?;
        sheet::one(self.writing.told.json, &row)
    }
}
