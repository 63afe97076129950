//! Creating keys and replacing their secrets: the only times at which a key's text is known.

use clap::Args;
use peerage_access::acts::keys::{self as acts, HOUR, KeyOwner};
use peerage_access::records::Key;
use peerage_access::{AccessContext, show};
use peerage_registry::ids::{OrgId, RoleId};
use peerage_registry::moment::print_seconds;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::chance::SystemRandom;
use crate::operator::act::{ChangeArgs, OperatorContext};
use crate::operator::key::{KeyFields, at, find};
use crate::operator::{read, sheet};
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
        let (key, text, office) = block_on(async {
            let mut office = OperatorContext::open(&self.writing.told.common).await?;
            let owner = match (self.org, &self.user, self.role) {
                (Some(org), ..) => KeyOwner::Org(office.org(org)?),
                (_, Some(user), _) => KeyOwner::User(read::user(&office.people, user)?),
                (.., role) => KeyOwner::Role(role.unwrap_or_default()),
            };
            let org = match owner {
                KeyOwner::Org(org) => Some(org),
                KeyOwner::Role(role) => office.people.role(role).map(|role| role.org),
                KeyOwner::User(_) => None,
            };
            let wish = self.said.into_patch(Some(self.name), org)?;
            let server_key = office.server_key().await?;
            let judge = move |desk: &AccessContext<'_>, chance: &mut SystemRandom| {
                let issued = acts::issue(desk, owner, &wish, &server_key, &chance.bytes())?;
                Ok(((issued.key, issued.text), issued.steps))
            };
            let (key, text) = office.act("key create", &self.writing, judge).await?;
            Ok((key, text, office))
        })?;
        print_key(&office, &self.writing, &key, &text)
    }
}

impl RotateKey {
    pub fn run(self) -> anyhow::Result<()> {
        let (key, text, office) = block_on(async {
            let mut office = OperatorContext::open(&self.writing.told.common).await?;
            let public = find(&office.people, &self.key)?.public.clone();
            let server_key = office.server_key().await?;
            let overlap = i64::from(self.overlap_hours) * HOUR;
            let judge = move |desk: &AccessContext<'_>, chance: &mut SystemRandom| {
                let issued = acts::rotate(desk, at(desk, &public)?, overlap, &server_key, &chance.bytes())?;
                Ok(((issued.key, issued.text), issued.steps))
            };
            let (key, text) = office.act("key rotate", &self.writing, judge).await?;
            Ok((key, text, office))
        })?;
        print_key(&office, &self.writing, &key, &text)
    }
}

/// Prints the key with its text, which is shown only now. A dry run has none.
fn print_key(
    office: &OperatorContext,
    writing: &ChangeArgs,
    key: &Key,
    text: &Zeroizing<String>,
) -> anyhow::Result<()> {
    let mut row = show::key(key, None, office.now);
    if writing.dry_run {
        // No ID was assigned.
        row["id"] = Json::Null;
        row["dry_run"] = Json::Bool(true);
        return sheet::one(writing.told.json, &row);
    }
    let id = &key.public;
    let remedy = format!(
        "The key is active, but nobody has its new text. Replace it with `peerage key rotate {id}`, or revoke it with \
         `peerage key revoke {id}`"
    );
    let print = || {
        if writing.told.json {
            row["key"] = Json::from(text.as_str());
            return sheet::value(&row);
        }
        sheet::one(false, &row)?;
        let site = office.site();
        sheet::text(&format!(
            "\n{}\n\nThis key is shown only once and is not stored anywhere. To try it, store it in the environment variable \
             PEERAGE_KEY and run:\n\n  \
             curl -H \"Authorization: Api-Key $PEERAGE_KEY\" {site}/api/whoami\n",
            **text
        ))?;
        if let Some(until) = key.secrets.get(1).and_then(|old| old.until) {
            sheet::text(&format!("\nThe old key works until {}.\n", print_seconds(until)))?;
        }
        Ok(())
    };
    sheet::secret(print, &remedy)
}
