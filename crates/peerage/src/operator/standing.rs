//! `peerage user suspend`, `unsuspend` and `factors`.

use clap::Args;
use peerage_access::acts::users::{self as acts, UserPatch};
use peerage_access::records::{Factor, FactorProof};
use peerage_access::{AccessContext, AccessError};
use peerage_registry::moment::print_seconds;
use serde_json::{Value as Json, json};

use crate::chance::SystemRandom;
use crate::operator::act::{ChangeArgs, OperatorContext, OutputArgs};
use crate::operator::org::{LastAdmin, refuse_last_staff_admin};
use crate::operator::{read, table, user};
use crate::store::block_on;

#[derive(Debug, Args)]
pub struct SuspendUser {
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    last_admin: LastAdmin,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct LetInUser {
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct ListFactors {
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    output: OutputArgs,
}

impl SuspendUser {
    pub fn run(self) -> anyhow::Result<()> {
        set_active(&self.user, &self.writing, false, Some(self.last_admin))
    }
}

impl LetInUser {
    pub fn run(self) -> anyhow::Result<()> {
        set_active(&self.user, &self.writing, true, None)
    }
}

/// Suspends an account, or lets its person in again. `last_admin`: the flag for suspending the last admin, who is
/// otherwise refused.
fn set_active(user: &str, writing: &ChangeArgs, active: bool, last_admin: Option<LastAdmin>) -> anyhow::Result<()> {
    let command = if active { "user unsuspend" } else { "user suspend" };
    let row = block_on(async {
        let mut operator_context = OperatorContext::open(&writing.output.common).await?;
        let id = read::user(&operator_context.people, user)?;
        let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
            let before = user::at(context, id)?;
            if acts::is_closed(before) {
                return Err(AccessError::Refused(format!("user: account {id} is closed for good")));
            }
            if before.active == active {
                let already = if active { "is not suspended" } else { "is suspended already" };
                return Err(AccessError::Refused(format!("user: account {id} {already}")));
            }
            if let Some(said) = &last_admin {
                refuse_last_staff_admin(context, before, said)?;
            }
            let patch = UserPatch { active: Some(active), ..UserPatch::default() };
            let (after, steps) = acts::change(context, before, &patch)?;
            Ok((user::account_of(context, &after, false), steps))
        };
        operator_context.act(command, writing, decide).await
    })?;
    table::one(writing.output.json, &row)
}

impl ListFactors {
    pub fn run(self) -> anyhow::Result<()> {
        let rows = block_on(async {
            let context = OperatorContext::open(&self.output.common).await?;
            let id = read::user(&context.people, &self.user)?;
            let mut rows: Vec<Json> = context.people.factors_of(id).map(|factor| row(factor)).collect();
            if let Some(codes) = context.people.codes(id) {
                rows.push(json!({
                    "id": null,
                    "kind": "backup codes",
                    "name": format!("{} left", codes.left()),
                    "created": print_seconds(codes.made),
                    "used": null,
                }));
            }
            Ok(rows)
        })?;
        let columns = [("id", "id"), ("kind", "kind"), ("name", "name"), ("created", "created"), ("last used", "used")];
        table::rows(self.output.json, rows, &columns)
    }
}

/// Describes a factor without its secret.
fn row(factor: &Factor) -> Json {
    let kind = match &factor.proof {
        FactorProof::Totp { .. } => "authenticator app",
        FactorProof::Key(key) if key.logs_in => "passkey",
        FactorProof::Key(_) => "security key",
    };
    json!({
        "id": factor.id,
        "kind": kind,
        "name": factor.name,
        "created": print_seconds(factor.created),
        "used": factor.used.as_ref().map(|used| print_seconds(used.at)),
    })
}
