//! `peerage role`: matters of an organization and the people who see to them.

use clap::{Args, Subcommand};
use peerage_access::acts::AccessError;
use peerage_access::acts::roles::{self as acts, RoleWish};
use peerage_access::records::{Role, RoleKind};
use peerage_access::{Desk, Patch, show};
use serde_json::{Value as Json, json};

use crate::chance::Chance;
use crate::operator::act::{Office, Told, Writing};
use crate::operator::read::{self, Given};
use crate::operator::sheet;
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage role create --org 7 --kind noc --email noc@example.net --person ann
  peerage role change 3 --org 7 --person ann --person bob
  peerage role change 3 --org 7 --grant net.5=u

Kinds: admin, technical, routing, policy, noc, abuse, sales, public_relations,
read_only. Each has rights of its own; --grant replaces them. Who is in a role
no more loses the keys made in it, in the same step.";

/// Roles of organizations, and the people in them.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum RoleCommand {
    /// List an organization's roles.
    List(List),
    /// Make a role.
    Create(Create),
    /// Change a role.
    Change(Change),
    /// End a role, and every key that was made in it.
    Erase(Erase),
}

#[derive(Debug, Args)]
pub struct List {
    #[arg(long, value_name = "ID")]
    org: u32,
    #[command(flatten)]
    told: Told,
}

#[derive(Debug, Args)]
pub struct Create {
    #[arg(long, value_name = "ID")]
    org: u32,
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: RoleKind,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct Change {
    #[arg(value_name = "ROLE")]
    role: u32,
    #[arg(long, value_name = "ID")]
    org: u32,
    /// The rights of its kind again.
    #[arg(long, conflicts_with = "grants")]
    default_grants: bool,
    /// Nobody is in it any more.
    #[arg(long, conflicts_with = "people")]
    no_person: bool,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct Erase {
    #[arg(value_name = "ROLE")]
    role: u32,
    #[arg(long, value_name = "ID")]
    org: u32,
    #[command(flatten)]
    writing: Writing,
}

/// What can be said about a role.
#[derive(Debug, Args)]
pub struct Said {
    /// [default: the kind]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// The shared mailbox.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Who is in it; can be given several times, and replaces who was in it before.
    #[arg(long = "person", value_name = "USER")]
    people: Vec<String>,
    /// What it may do, such as net.5=cru; can be given several times, and replaces the rights of its kind.
    #[arg(long = "grant", value_name = "WHAT=RIGHTS", value_parser = read::given)]
    grants: Vec<Given>,
}

impl Said {
    fn wish(&self, office: &Office, org: u32, kind: Option<RoleKind>) -> anyhow::Result<RoleWish> {
        let ids: Vec<u32> =
            self.people.iter().map(|user| read::user(&office.people, user)).collect::<anyhow::Result<_>>()?;
        let grants =
            if self.grants.is_empty() { Patch::Keep } else { Patch::Set(read::rules(Some(org), &self.grants)?) };
        Ok(RoleWish {
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

impl List {
    fn run(self) -> anyhow::Result<()> {
        let office = block_on(Office::open(&self.told.common))?;
        let org = office.org(self.org)?;
        let rows = office.people.roles_of(org).map(|role| {
            let mut row = show::role(role);
            if !self.told.json {
                let names = role.people.iter().filter_map(|user| office.people.user(*user));
                row["people"] = names.map(|user| Json::from(user.username.as_str())).collect();
            }
            row
        });
        let columns = [("role", "id"), ("kind", "kind"), ("name", "name"), ("email", "email"), ("people", "people")];
        sheet::rows(self.told.json, rows.collect(), &columns)
    }
}

impl Create {
    fn run(self) -> anyhow::Result<()> {
        let org = self.org;
        let row = block_on(async {
            let mut office = Office::open(&self.writing.told.common).await?;
            let wish = self.said.wish(&office, office.org(org)?, Some(self.kind))?;
            let judge = move |desk: &Desk<'_>, _: &mut Chance| {
                let (role, steps) = acts::create(desk, org, &wish)?;
                Ok((show::role(&role), steps))
            };
            office.act("role create", &self.writing, judge).await
        })?;
        sheet::one(self.writing.told.json, &row)
    }
}

impl Change {
    fn run(self) -> anyhow::Result<()> {
        let (org, id) = (self.org, self.role);
        let row = block_on(async {
            let mut office = Office::open(&self.writing.told.common).await?;
            let mut wish = self.said.wish(&office, office.org(org)?, None)?;
            if self.default_grants {
                wish.grants = Patch::Clear;
            }
            if self.no_person {
                wish.people = Some(Vec::new());
            }
            let judge = move |desk: &Desk<'_>, _: &mut Chance| {
                let (role, steps) = acts::change(desk, of(desk, org, id)?, &wish)?;
                Ok((show::role(&role), steps))
            };
            office.act("role change", &self.writing, judge).await
        })?;
        sheet::one(self.writing.told.json, &row)
    }
}

impl Erase {
    fn run(self) -> anyhow::Result<()> {
        let (org, id) = (self.org, self.role);
        let row = block_on(async {
            let mut office = Office::open(&self.writing.told.common).await?;
            office.org(org)?;
            let judge = move |desk: &Desk<'_>, _: &mut Chance| {
                let role = of(desk, org, id)?;
                let keys = desk.people.keys().filter(|entry| entry.key.role == Some(id) && !entry.key.is_final());
                let row = json!({"erased": id, "org_id": org, "name": role.name, "role_keys_ended": keys.count()});
                Ok((row, acts::erase(desk, role)?))
            };
            office.act("role erase", &self.writing, judge).await
        })?;
        sheet::one(self.writing.told.json, &row)
    }
}

/// A role of the organization, at the head of the log.
fn of<'a>(desk: &'a Desk<'_>, org: u32, id: u32) -> Result<&'a Role, AccessError> {
    acts::of_org(desk, org, id)
}
