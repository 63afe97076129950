//! `peerage user`: user accounts.

use clap::{Args, Subcommand};
use peerage_access::acts::joining::{self, JoinContext};
use peerage_access::acts::users::{self as acts, UserPatch};
use peerage_access::acts::{AccessError, PlannedSteps, sessions};
use peerage_access::records::User;
use peerage_access::{AccessContext, StaffPower, StaffRank, password, show};
use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::{SignedDuration, print_seconds};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::operator::act::{ChangeArgs, OperatorContext, OutputArgs};
use crate::operator::org::{LastAdmin, refuse_last_admin, refuse_last_staff_admin};
use crate::operator::standing::{LetInUser, ListFactors, SuspendUser};
use crate::operator::{prompt, read, table};
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage user create --username ann --email ann@example.net --staff
                                     create the first administrator
  peerage user password ann          set a password, typed on the terminal or
                                     read from standard input
  peerage user session ann           create a one-hour session for ann, with
                                     write access for ten minutes
  peerage user list --search example.net

USER is an ID, a user name or an e-mail address. A running server applies each
change within a second.

Exit status: 0 success; 1 the command was refused or failed and nothing was
changed, or a new secret was created but could not be printed; 2 invalid
arguments.";

/// Manage user accounts: create, change and close accounts, set passwords, create sessions.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum UserCommand {
    /// List accounts.
    List(ListUsers),
    /// Show one account.
    Show(ShowUser),
    /// Create an account. With --staff, the person is staff of the registry.
    Create(CreateUser),
    /// Change an account.
    Change(ChangeUser),
    /// Close an account permanently: end memberships and sessions, revoke keys, and erase name and addresses.
    Close(CloseUser),
    /// Suspend an account: end its sessions, and refuse logins and its keys until it is reactivated.
    Suspend(SuspendUser),
    /// Reactivate a suspended account.
    Unsuspend(LetInUser),
    /// List the second factors of an account.
    Factors(ListFactors),
    /// Set a password and end all sessions. The password is read from the terminal or standard input.
    Password(SetPassword),
    /// Create a session for a person and print its token.
    Session(CreateSession),
}

#[derive(Debug, Args)]
pub struct ListUsers {
    /// List only accounts whose user name, name or e-mail address contains this text.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Include closed and suspended accounts.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct ShowUser {
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct CreateUser {
    #[arg(long, value_name = "NAME")]
    username: String,
    /// Main e-mail address. It counts as confirmed.
    #[arg(long, value_name = "ADDRESS")]
    email: String,
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// Make the person staff of the registry, with this rank. Without a rank: admin, who can do everything.
    #[arg(long, value_name = "queue|support|admin", num_args = 0..=1, default_missing_value = "admin", value_parser = staff_rank)]
    staff: Option<StaffRank>,
    /// Ask for a password, as `peerage user password` does.
    #[arg(long)]
    ask_password: bool,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct ChangeUser {
    #[arg(value_name = "USER")]
    user: String,
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// New main e-mail address. It counts as confirmed.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    /// Whether the account is verified. Permissions apply only to verified accounts.
    #[arg(long, value_name = "true|false")]
    verified: Option<bool>,
    /// Whether the account is active. Nobody can log in to a suspended account, and its keys are refused.
    #[arg(long, value_name = "true|false")]
    active: Option<bool>,
    /// Rank of the person among the staff of the registry. Admins can do everything; none takes the rank.
    #[arg(long, value_name = "queue|support|admin|none", num_args = 0..=1, default_missing_value = "admin", value_parser = new_staff_rank)]
    staff: Option<NewRank>,
    #[command(flatten)]
    last_admin: LastAdmin,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct CloseUser {
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    last_admin: LastAdmin,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct SetPassword {
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct CreateSession {
    #[arg(value_name = "USER")]
    user: String,
    /// Lifetime of the session in hours.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..=12))]
    hours: i64,
    #[command(flatten)]
    writing: ChangeArgs,
}

impl UserCommand {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            UserCommand::List(list) => list.run(),
            UserCommand::Show(show) => show.run(),
            UserCommand::Create(create) => create.run(),
            UserCommand::Change(change) => change.run(),
            UserCommand::Close(close) => close.run(),
            UserCommand::Password(password) => password.run(),
            UserCommand::Suspend(suspend) => suspend.run(),
            UserCommand::Unsuspend(unsuspend) => unsuspend.run(),
            UserCommand::Factors(list) => list.run(),
            UserCommand::Session(session) => session.run(),
        }
    }
}

/// A rank to give, or none.
#[derive(Debug, Clone, Copy)]
struct NewRank(Option<StaffRank>);

fn staff_rank(text: &str) -> Result<StaffRank, String> {
    StaffRank::from_name(text).ok_or_else(|| "expected queue, support or admin".to_owned())
}

/// Reads a rank or none. `true` and `false` are what the flag took before there were ranks.
fn new_staff_rank(text: &str) -> Result<NewRank, String> {
    match text {
        "none" | "false" => Ok(NewRank(None)),
        "true" => Ok(NewRank(Some(StaffRank::Admin))),
        name => {
            let rank = StaffRank::from_name(name).map(|rank| NewRank(Some(rank)));
            rank.ok_or_else(|| "expected queue, support, admin or none".to_owned())
        }
    }
}

/// Returns an account at the head of the log.
pub fn at<'a>(context: &'a AccessContext<'_>, id: UserId) -> Result<&'a User, AccessError> {
    context.people.user(id).map(AsRef::as_ref).ok_or(AccessError::NotFound("user: the account no longer exists"))
}

impl ListUsers {
    fn run(self) -> anyhow::Result<()> {
        let operator_context = block_on(OperatorContext::open(&self.output.common))?;
        let people = &operator_context.people;
        let wanted = self.search.as_deref().unwrap_or_default().to_lowercase();
        let fits = |user: &User| {
            let names = [user.username.clone(), user.full_name()];
            let texts = names.into_iter().chain(user.emails.iter().map(|email| email.address.clone()));
            texts.into_iter().any(|text| text.to_lowercase().contains(&wanted))
        };
        let users = people.users().filter(|user| (self.all || user.active) && fits(user));
        let rows = users.map(|user| {
            let mut row = show::account(people, user);
            row["email"] = user.primary_email().map_or(Json::Null, |email| Json::from(email.address.as_str()));
            row["orgs"] = people.memberships_of(user.id).map(|member| Json::from(member.org.get())).collect();
            row
        });
        let columns = [
            ("id", "id"),
            ("username", "username"),
            ("name", "full_name"),
            ("email", "email"),
            ("active", "is_active"),
            ("staff", "staff_rank"),
            ("orgs", "orgs"),
            ("keys", "keys"),
            ("created", "created"),
        ];
        table::rows(self.output.json, rows.collect(), &columns)
    }
}

impl ShowUser {
    fn run(self) -> anyhow::Result<()> {
        let operator_context = block_on(OperatorContext::open(&self.output.common))?;
        let id = read::user(&operator_context.people, &self.user)?;
        let user =
            operator_context.people.user(id).ok_or(AccessError::NotFound("user: the account no longer exists"))?;
        table::one(self.output.json, &show::account(&operator_context.people, user))
    }
}

/// Checks a new password and hashes it.
fn hashed(text: &Zeroizing<String>, words: &[&str]) -> anyhow::Result<String> {
    if let Some(fault) = password::fault(text, words) {
        return Err(usage(format!("password: {fault}")));
    }
    let salt = SystemRandom::new()?.bytes::<16>();
    password::hash(text, &salt).ok_or_else(|| usage("password: too long"))
}

impl CreateUser {
    fn run(self) -> anyhow::Result<()> {
        let hash = if self.ask_password {
            Some(hashed(&prompt::new_password()?, &[&self.username, &self.email])?)
        } else {
            None
        };
        let patch = UserPatch {
            username: Some(self.username),
            email: Some(self.email),
            first_name: self.first_name,
            last_name: self.last_name,
            staff: Some(self.staff),
            ..UserPatch::default()
        };
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let (user, mut steps) = acts::create(context, &patch)?;
                if let Some(hash) = &hash {
                    steps.extend(acts::set_password(context, &user, hash.clone())?);
                }
                Ok((account_of(context, &user, hash.is_some()), steps))
            };
            operator_context.act("user create", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

/// Returns a changed account as JSON. Its keys and memberships are shown as they were before the change.
pub(super) fn account_of(context: &AccessContext<'_>, user: &User, sets_password: bool) -> Json {
    let mut row = show::account(context.people, user);
    if sets_password {
        row["has_password"] = Json::Bool(true);
    }
    row
}

impl ChangeUser {
    fn run(self) -> anyhow::Result<()> {
        let patch = UserPatch {
            username: self.username,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            verified: self.verified,
            active: self.active,
            staff: self.staff.map(|NewRank(rank)| rank),
        };
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let id = read::user(&operator_context.people, &self.user)?;
            let last_admin = self.last_admin.clone();
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let before = at(context, id)?;
                let (user, steps) = acts::change(context, before, &patch)?;
                if !user.has_power(StaffPower::ManageStaff) {
                    refuse_last_staff_admin(context, before, &last_admin)?;
                }
                Ok((account_of(context, &user, false), steps))
            };
            operator_context.act("user change", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl CloseUser {
    fn run(self) -> anyhow::Result<()> {
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let id = read::user(&operator_context.people, &self.user)?;
            let last_admin = self.last_admin.clone();
            let decide = move |context: &AccessContext<'_>, join_context: &JoinContext<'_>, _: &mut SystemRandom| {
                let user = at(context, id)?;
                if acts::is_closed(user) {
                    return Err(AccessError::Refused(format!("user: account {id} is already closed")));
                }
                refuse_last_staff_admin(context, user, &last_admin)?;
                for member in context.people.memberships_of(id) {
                    refuse_last_admin(context, member, &last_admin)?;
                }
                let keys = context.people.keys().filter(|entry| entry.key.user == Some(id) && !entry.key.is_final());
                let orgs: Vec<OrgId> = context.people.memberships_of(id).map(|member| member.org).collect();
                let row = json!({"closed": id, "username": user.username, "left": orgs, "keys_ended": keys.count()});
                let records = acts::close(context, user)?;
                let request = joining::waiting_of(context.people, id);
                let rows = joining::withdrawn(context.people, join_context.registry, &request, context.now);
                Ok((row, PlannedSteps { rows, records, ..PlannedSteps::default() }))
            };
            operator_context.act_on_rows("user close", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl SetPassword {
    fn run(self) -> anyhow::Result<()> {
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let id = read::user(&operator_context.people, &self.user)?;
            let user =
                operator_context.people.user(id).ok_or(AccessError::NotFound("user: the account no longer exists"))?;
            let mut words = vec![user.username.as_str()];
            words.extend(user.emails.iter().map(|email| email.address.as_str()));
            let hash = hashed(&prompt::new_password()?, &words)?;
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let user = at(context, id)?;
                if !user.active {
                    return Err(AccessError::Refused(format!("user: account {id} is closed or suspended")));
                }
                let sessions = context.people.sessions().filter(|session| session.user == id).count();
                let row = json!({"password_set": id, "username": user.username, "sessions_ended": sessions});
                Ok((row, acts::set_password(context, user, hash.clone())?))
            };
            operator_context.act("user password", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl CreateSession {
    fn run(self) -> anyhow::Result<()> {
        let life = SignedDuration::from_hours(self.hours);
        let is_dry = self.writing.dry_run;
        let (mut row, text, site) = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let id = read::user(&operator_context.people, &self.user)?;
            let server_key = operator_context.server_key().await?;
            let decide = move |context: &AccessContext<'_>, chance: &mut SystemRandom| {
                let user = at(context, id)?;
                let (text, steps) = sessions::open(context, user, life, &server_key, &chance.bytes())?;
                let row = json!({
                    "user_id": id,
                    "username": user.username,
                    "expires": print_seconds(context.now + life),
                    "fresh_until": print_seconds(context.now + sessions::FRESH.min(life)),
                });
                Ok(((row, text), steps))
            };
            let (row, text) = operator_context.act("user session", &self.writing, decide).await?;
            Ok((row, text, operator_context.site()))
        })?;
        if is_dry {
            return table::one(self.writing.output.json, &row);
        }
        let ends = format!(
            "The session will expire. To end all sessions of this person now, run `peerage user password {}`",
            self.user
        );
        let print = || {
            if self.writing.output.json {
                row["session"] = Json::from(text.as_str());
                return table::value(&row);
            }
            table::one(false, &row)?;
            table::text(&format!(
                "\n{}\n\nThis token is shown only once. Anyone who has it can act as this person. To use it, store it in the \
                 environment variable PEERAGE_SESSION and run, for example:\n\n  \
                 curl -H \"Authorization: Bearer $PEERAGE_SESSION\" {site}/api/whoami\n",
                *text
            ))
        };
        table::secret(print, &ends)
    }
}
