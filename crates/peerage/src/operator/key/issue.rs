//! Creating keys and replacing their secrets: the only times at which a key's text is known.

use clap::Args;
use peerage_access::acts::keys::{self as acts, KeyOwner};
use peerage_access::records::Key;
use peerage_access::{AccessContext, show};
use peerage_registry::ids::{OrgId, RoleId};
use peerage_registry::moment::{SignedDuration, print_seconds};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::chance::SystemRandom;
use crate::operator::act::{ChangeArgs, OperatorContext};
use crate::operator::key::{KeyFields, at, find};
use crate::operator::{read, table};
use crate::store::block_on;

#[derive(Debug, Args)]
#[group(id = "owner", required = true, multiple = false, args = ["org", "user", "role"])]
pub struct CreateKey {
    /// Create an organization key. It keeps working when people leave.
    #[arg(long, value_name = "ID")]
    org: Option<OrgId>,
    /// Create a personal key. It has the permissions of the person and is revoked with the account.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Refused: each person in a role account creates their own key, so that the audit log names the person.
    #[arg(long, value_name = "ID")]
    role: Option<RoleId>,
    /// Name of the key.
    #[arg(long, value_name = "TEXT")]
    name: String,
    #[command(flatten)]
    said: KeyFields,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct RotateKey {
    #[arg(value_name = "KEY")]
    key: String,
    /// Hours during which the old secret keeps working, at most 720.
    #[arg(long, value_name = "N", default_value_t = 24)]
    overlap_hours: u32,
    #[command(flatten)]
    writing: ChangeArgs,
}

impl CreateKey {
    pub fn run(self) -> anyhow::Result<()> {
        let (key, text, operator_context) = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let owner = match (self.org, &self.user, self.role) {
                (Some(org), ..) => KeyOwner::Org(operator_context.org(org)?),
                (_, Some(user), _) => KeyOwner::User(read::user(&operator_context.people, user)?),
                (.., role) => KeyOwner::Role(role.unwrap_or_default()),
            };
            let org = match owner {
                KeyOwner::Org(org) => Some(org),
                KeyOwner::Role(role) => operator_context.people.role(role).map(|role| role.org),
                KeyOwner::User(_) => None,
            };
            let request = self.said.into_patch(Some(self.name), org)?;
            let server_key = operator_context.server_key().await?;
            let decide = move |context: &AccessContext<'_>, chance: &mut SystemRandom| {
                let issued = acts::issue(context, owner, &request, &server_key, &chance.bytes())?;
                Ok(((issued.key, issued.text), issued.steps))
            };
            let (key, text) = operator_context.act("key create", &self.writing, decide).await?;
            Ok((key, text, operator_context))
        })?;
        print_key(&operator_context, &self.writing, &key, &text)
    }
}

impl RotateKey {
    pub fn run(self) -> anyhow::Result<()> {
        let (key, text, operator_context) = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let public = find(&operator_context.people, &self.key)?.public.clone();
            let server_key = operator_context.server_key().await?;
            let overlap = SignedDuration::from_hours(i64::from(self.overlap_hours));
            let decide = move |context: &AccessContext<'_>, chance: &mut SystemRandom| {
                let issued = acts::rotate(context, at(context, &public)?, overlap, &server_key, &chance.bytes())?;
                Ok(((issued.key, issued.text), issued.steps))
            };
            let (key, text) = operator_context.act("key rotate", &self.writing, decide).await?;
            Ok((key, text, operator_context))
        })?;
        print_key(&operator_context, &self.writing, &key, &text)
    }
}

/// Prints the key with its text, which is shown only now. A dry run has none.
fn print_key(
    operator_context: &OperatorContext,
    writing: &ChangeArgs,
    key: &Key,
    text: &Zeroizing<String>,
) -> anyhow::Result<()> {
    let mut row = show::key(key, None, operator_context.now);
    if writing.dry_run {
        // No ID was assigned.
        row["id"] = Json::Null;
        row["dry_run"] = Json::Bool(true);
        return table::one(writing.output.json, &row);
    }
    let id = &key.public;
    let remedy = format!(
        "The key is active, but nobody has its new text. Replace it with `peerage key rotate {id}`, or revoke it with \
         `peerage key revoke {id}`"
    );
    let print = || {
        if writing.output.json {
            row["key"] = Json::from(text.as_str());
            return table::value(&row);
        }
        table::one(false, &row)?;
        let site = operator_context.site();
        table::text(&format!(
            "\n{}\n\nThis key is shown only once and is not stored anywhere. To try it, store it in the environment variable \
             PEERAGE_KEY and run:\n\n  \
             curl -H \"Authorization: Api-Key $PEERAGE_KEY\" {site}/api/whoami\n",
            **text
        ))?;
        if let Some(until) = key.secrets.get(1).and_then(|old| old.until) {
            table::text(&format!("\nThe old key works until {}.\n", print_seconds(until)))?;
        }
        Ok(())
    };
    table::secret(print, &remedy)
}
