//! Making keys, and new secrets for them: the moments at which a key's text is known.

use clap::Args;
use peerage_access::acts::keys::{self as acts, HOUR, Owner};
use peerage_access::records::Key;
use peerage_access::{Desk, show};
use peerage_registry::moment::print_seconds;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::operator::act::{Office, Writing};
use crate::operator::key::{Said, at, find};
use crate::operator::{read, sheet};
use crate::store::block_on;

#[derive(Debug, Args)]
#[group(id = "owner", required = true, multiple = false, args = ["org", "user", "role"])]
pub struct Create {
    /// An organization's key: it stays when people come and go.
    #[arg(long, value_name = "ID")]
    org: Option<u32>,
    /// A person's key: it may what the person may, and ends with the account.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Refused: each person of a role makes their own key, so that the trail names the person.
    #[arg(long, value_name = "ID")]
    role: Option<u32>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    name: String,
    #[command(flatten)]
    said: Said,
    #[command(flatten)]
    writing: Writing,
}

#[derive(Debug, Args)]
pub struct Rotate {
    #[arg(value_name = "KEY")]
    key: String,
    /// How long the old secret is still accepted, at most 720.
    #[arg(long, value_name = "N", default_value_t = 24)]
    overlap_hours: u32,
    #[command(flatten)]
    writing: Writing,
}

impl Create {
    pub fn run(self) -> anyhow::Result<()> {
        let (key, text, office) = block_on(async {
            let mut office = Office::open(&self.writing.told.common).await?;
            let owner = match (self.org, &self.user, self.role) {
                (Some(org), ..) => Owner::Org(office.org(org)?),
                (_, Some(user), _) => Owner::User(read::user(&office.people, user)?),
                (.., role) => Owner::Role(role.unwrap_or_default()),
            };
            let org = match owner {
                Owner::Org(org) => Some(org),
                Owner::Role(role) => office.people.role(role).map(|role| role.org),
                Owner::User(_) => None,
            };
            let wish = self.said.wish(Some(self.name), org)?;
            let server_key = office.server_key().await?;
            let judge = move |desk: &Desk<'_>, chance: &mut Chance| {
                let issued = acts::issue(desk, owner, &wish, &server_key, &chance.bytes())?;
                Ok(((issued.key, issued.text), issued.steps))
            };
            let (key, text) = office.act("key create", &self.writing, judge).await?;
            Ok((key, text, office))
        })?;
        tell(&office, &self.writing, &key, &text)
    }
}

impl Rotate {
    pub fn run(self) -> anyhow::Result<()> {
        let (key, text, office) = block_on(async {
            let mut office = Office::open(&self.writing.told.common).await?;
            let public = find(&office.people, &self.key)?.public.clone();
            let server_key = office.server_key().await?;
            let overlap = i64::from(self.overlap_hours) * HOUR;
            let judge = move |desk: &Desk<'_>, chance: &mut Chance| {
                let issued = acts::rotate(desk, at(desk, &public)?, overlap, &server_key, &chance.bytes())?;
                Ok(((issued.key, issued.text), issued.steps))
            };
            let (key, text) = office.act("key rotate", &self.writing, judge).await?;
            Ok((key, text, office))
        })?;
        tell(&office, &self.writing, &key, &text)
    }
}

/// Shows the key, and its text this once; what was only tried has none.
fn tell(office: &Office, writing: &Writing, key: &Key, text: &Zeroizing<String>) -> anyhow::Result<()> {
    let mut row = show::key(key, None, office.now);
    if writing.dry_run {
        // The id was never given away.
        row["id"] = Json::Null;
        row["dry_run"] = Json::Bool(true);
        return sheet::one(writing.told.json, &row);
    }
    let id = &key.public;
    let remedy = format!(
        "The key is in force, and nobody has its new text: give it another with `peerage key rotate {id}`, or end it with \
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
            "\n{}\n\nThis is shown once, and kept nowhere. Try it, with the key in the variable PEERAGE_KEY:\n\n  \
             curl -H \"Authorization: Api-Key $PEERAGE_KEY\" {site}/api/whoami\n",
            **text
        ))?;
        if let Some(until) = key.secrets.get(1).and_then(|old| old.until) {
            sheet::text(&format!("\nThe old text is accepted until {}.\n", print_seconds(until)))?;
        }
        Ok(())
    };
    sheet::secret(print, &remedy)
}
