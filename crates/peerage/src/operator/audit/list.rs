//! `peerage audit list`

use clap::Args;
use peerage_access::People;
use peerage_server::audit_log;
use peerage_store::{AUDIT_EVENTS_MAX, AuditQuery};
use serde_json::Value as Json;

use crate::operator::act::{OutputArgs, open_store};
use crate::operator::audit::AuditFilters;
use crate::operator::table::{self, TextTable, cell};
use crate::store::{self, block_on};

#[derive(Debug, Args)]
pub struct ListEvents {
    #[command(flatten)]
    filters: AuditFilters,
    /// Maximum number of events.
    #[arg(long, value_name = "N", default_value_t = 50,
          value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=AUDIT_EVENTS_MAX as u64))]
    limit: usize,
    #[command(flatten)]
    output: OutputArgs,
}

impl ListEvents {
    pub fn run(self) -> anyhow::Result<()> {
        let events = block_on(async {
            let (store, _, _, progress) = open_store(&self.output.common).await?;
            // Only a name has to be looked up.
            let people = if self.filters.needs_people() {
                store::load_all(&store, &progress).await?.1
            } else {
                People::default()
            };
            progress.end();
            let query = AuditQuery { newest_first: true, limit: self.limit, ..self.filters.query(&people)? };
            Ok(store.audit_log(&query).await?)
        })?;
        let rows: Vec<Json> = events.iter().map(|event| audit_log::show(event, true)).collect();
        if self.output.json {
            return table::value(&Json::Array(rows));
        }
        let mut table = TextTable::new(&["event", "time", "action", "what", "org", "by", "what changed, or why"]);
        for row in rows {
            table.row([
                cell(&row["sequence"]),
                cell(&row["time"])[..19].to_owned(),
                cell(&row["action"]),
                format!("{} {}", cell(&row["kind"]), cell(&row["id"])),
                cell(&row["org_id"]),
                actor_name(&row["actor"]),
                because(&row),
            ]);
        }
        table::text(&table.print())
    }
}

/// Names the actor in a few words.
pub fn actor_name(actor: &Json) -> String {
    if actor.is_null() {
        return "(erased)".to_owned();
    }
    let name = cell(&actor["name"]);
    match (actor["key"].as_str(), actor["role"].as_str(), actor["operator"].as_str()) {
        (Some(key), Some(role), _) => format!("{name} (key {key}, {role})"),
        (Some(key), None, _) => format!("{name} (key {key})"),
        (None, _, Some(operator)) => format!("{name} ({operator})"),
        (None, _, None) => name,
    }
}

/// Describes what changed, or why.
pub fn because(row: &Json) -> String {
    let (reason, changed) = (cell(&row["reason"]), cell(&row["changed"]));
    match (row["is_erased"] == true, reason.is_empty(), changed.is_empty()) {
        (true, ..) => format!("(erased) {reason}").trim_end().to_owned(),
        (false, false, false) => format!("{reason}: {changed}"),
        (false, false, true) => reason,
        (false, true, _) => changed,
    }
}
