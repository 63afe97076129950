//! Listing and reviewing keys.

use std::collections::BTreeMap;

use clap::Args;
use peerage_access::usage::KeyUse;
use peerage_access::{hygiene, show};
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::{Moment, print_seconds};
use serde_json::{Value as Json, json};

use crate::operator::act::{OperatorContext, OutputArgs};
use crate::operator::key::find;
use crate::operator::{read, table};
use crate::store::block_on;

#[derive(Debug, Args)]
#[group(id = "whose", required = true, multiple = false, args = ["org", "user", "all"])]
pub struct ListKeys {
    /// List keys of an organization and of its role accounts.
    #[arg(long, value_name = "ID")]
    org: Option<OrgId>,
    /// List keys of a person.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// List all keys of the registry.
    #[arg(long)]
    all: bool,
    /// Include revoked and leaked keys.
    #[arg(long)]
    ended: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct ShowKey {
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct ShowKeyUse {
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct ReviewKeys {
    #[arg(long, value_name = "ID")]
    org: OrgId,
    #[command(flatten)]
    output: OutputArgs,
}

/// Returns how keys were used, by ID. Servers store usage once a minute.
async fn uses(operator_context: &OperatorContext, keys: Option<&[KeyId]>) -> anyhow::Result<BTreeMap<KeyId, KeyUse>> {
    let kept = operator_context.store.uses(keys).await?;
    let uses = kept.into_iter().map(|(id, text)| (id, KeyUse::read(Some(&text))));
    Ok(uses.filter(|(_, used)| used.last > Moment::EPOCH).collect())
}

impl ListKeys {
    pub fn run(self) -> anyhow::Result<()> {
        let (operator_context, uses) = block_on(async {
            let operator_context = OperatorContext::open(&self.output.common).await?;
            let uses = uses(&operator_context, None).await?;
            Ok((operator_context, uses))
        })?;
        let people = &operator_context.people;
        let org = self.org.map(|org| operator_context.org(org)).transpose()?;
        let person = self.user.as_deref().map(|user| read::user(people, user)).transpose()?;
        let keys = people.keys().map(|entry| &*entry.key).filter(|key| {
            let is_theirs =
                org.is_none_or(|org| key.org == Some(org)) && person.is_none_or(|person| key.user == Some(person));
            is_theirs && (self.ended || !key.is_final())
        });
        let rows = keys.map(|key| {
            let mut row = show::key(key, uses.get(&key.id), operator_context.now);
            if !self.output.json {
                let person = key.user.and_then(|user| people.user(user)).map(|user| user.username.clone());
                row["owner"] = match (key.org, person) {
                    (Some(org), Some(person)) => Json::from(format!("{person} in org {org}")),
                    (Some(org), None) => Json::from(format!("org {org}")),
                    (None, person) => Json::from(person),
                };
            }
            row
        });
        let columns = [
            ("key", "id"),
            ("kind", "kind"),
            ("owner", "owner"),
            ("name", "name"),
            ("state", "state"),
            ("read-only", "is_readonly"),
            ("expires", "expires"),
            ("last used", "last_used"),
        ];
        table::rows(self.output.json, rows.collect(), &columns)
    }
}

impl ShowKey {
    pub fn run(self) -> anyhow::Result<()> {
        let row = block_on(async {
            let operator_context = OperatorContext::open(&self.output.common).await?;
            let key = find(&operator_context.people, &self.key)?;
            let uses = uses(&operator_context, Some(&[key.id])).await?;
            Ok(show::key(key, uses.get(&key.id), operator_context.now))
        })?;
        table::one(self.output.json, &row)
    }
}

impl ShowKeyUse {
    pub fn run(self) -> anyhow::Result<()> {
        let used = block_on(async {
            let operator_context = OperatorContext::open(&self.output.common).await?;
            let key = find(&operator_context.people, &self.key)?;
            Ok(uses(&operator_context, Some(&[key.id])).await?.remove(&key.id).unwrap_or_default())
        })?;
        if self.output.json {
            return table::value(&show::used(&used));
        }
        if used.last == Moment::EPOCH {
            return table::text("never used (servers store usage once a minute)\n");
        }
        let brief = json!({
            "first used": print_seconds(used.first),
            "last used": print_seconds(used.last),
            "last address": used.last_address,
            "last client": used.last_agent,
            "requests in 90 days": used.count(),
        });
        table::one(false, &brief)?;
        let networks: Vec<_> = used.networks.iter().map(|(network, last)| (network.to_string(), *last)).collect();
        for (head, items) in [
            ("network", networks),
            ("client", used.agents.into_iter().collect()),
            ("permission", used.exercised.into_iter().collect()),
        ] {
            if !items.is_empty() {
                let rows = items.into_iter().map(|(name, last)| json!({"name": name, "last": print_seconds(last)}));
                table::text("\n")?;
                table::rows(false, rows.collect(), &[(head, "name"), ("last", "last")])?;
            }
        }
        Ok(())
    }
}

impl ReviewKeys {
    pub fn run(self) -> anyhow::Result<()> {
        let found = block_on(async {
            let operator_context = OperatorContext::open(&self.output.common).await?;
            let org = operator_context.org(self.org)?;
            let uses = uses(&operator_context, None).await?;
            Ok(hygiene::report(&operator_context.people, &uses, org, operator_context.now))
        })?;
        if self.output.json {
            return table::value(&found.iter().map(show::finding).collect());
        }
        if found.is_empty() {
            return table::text("no findings\n");
        }
        for finding in found {
            let advice = match &finding.command {
                Some(command) => format!("{}: {command}", finding.advice),
                None => finding.advice.clone(),
            };
            let key = finding.key.unwrap_or_default();
            let line = format!("{key}  {}  {}: {}", finding.name, finding.what, finding.text);
            table::text(&format!("{}\n    {}\n", table::plain(&line), table::plain(&advice)))?;
        }
        Ok(())
    }
}
