//! `peerage audit show`: the history of one object, or its state at a given time.

use clap::Args;
use peerage_registry::moment::{Moment, TICK, print_seconds};
use peerage_registry::{Action, EventSubject};
use peerage_server::audit_log;
use peerage_store::{AUDIT_EVENTS_MAX, AuditEvent, AuditQuery, Store};
use serde_json::{Value as Json, json};

use crate::operator::act::{OutputArgs, open_store};
use crate::operator::audit::list::{actor_name, because};
use crate::operator::audit::subject;
use crate::operator::read;
use crate::operator::table::{self, cell};
use crate::store::block_on;

/// Events that change nothing are skipped on the way to the last change, this many at a time.
const PAGE: usize = 100;

#[derive(Debug, Args)]
pub struct ShowEvent {
    #[arg(value_name = "KIND", value_parser = subject)]
    kind: EventSubject,
    #[arg(value_name = "ID")]
    id: u32,
    /// Show only the state at this time.
    #[arg(long, value_name = "TIME", value_parser = read::moment)]
    at: Option<Moment>,
    #[command(flatten)]
    output: OutputArgs,
}

impl ShowEvent {
    pub fn run(self) -> anyhow::Result<()> {
        let query = AuditQuery { subject: Some(self.kind), object: Some(self.id), ..AuditQuery::default() };
        let (events, at) = block_on(async {
            let (store, _, _, progress) = open_store(&self.output.common).await?;
            progress.end();
            match self.at {
                Some(at) => Ok((Vec::new(), Some((at, last_change(&store, &query, at).await?)))),
                None => Ok((all(&store, query).await?, None)),
            }
        })?;
        let name = format!("{} {}", self.kind.name(), self.id);
        if let Some((at, event)) = at {
            return state(self.output.json, &name, at, event.as_ref());
        }
        anyhow::ensure!(!events.is_empty(), "{name}: there are no events about it");
        let rows: Vec<Json> = events.iter().map(|event| audit_log::show(event, true)).collect();
        if self.output.json {
            return table::value(&Json::Array(rows));
        }
        for row in &rows {
            version(row)?;
        }
        Ok(())
    }
}

/// Returns all events about an object.
async fn all(store: &Store, mut query: AuditQuery) -> anyhow::Result<Vec<AuditEvent>> {
    let mut events: Vec<AuditEvent> = Vec::new();
    loop {
        let page = store.audit_log(&query).await?;
        let is_last = page.len() < AUDIT_EVENTS_MAX;
        query.after = page.last().map(|event| event.sequence);
        events.extend(page);
        if is_last {
            return Ok(events);
        }
    }
}

/// Returns the last event up to a moment that changed the object.
async fn last_change(store: &Store, query: &AuditQuery, at: Moment) -> anyhow::Result<Option<AuditEvent>> {
    let mut query = AuditQuery { to: Some(at + TICK), newest_first: true, limit: PAGE, ..query.clone() };
    loop {
        let page = store.audit_log(&query).await?;
        let is_last = page.len() < PAGE;
        query.before = page.last().map(|event| event.sequence);
        let change = page.into_iter().find(|event| event.action != Action::Note);
        if change.is_some() || is_last {
            return Ok(change);
        }
    }
}

/// Prints the object as that event left it.
fn state(json: bool, name: &str, at: Moment, event: Option<&AuditEvent>) -> anyhow::Result<()> {
    let when = print_seconds(at);
    let Some(event) = event else { anyhow::bail!("{name}: it did not exist yet at {when}") };
    anyhow::ensure!(!event.is_erased, "{name}: its state at {when} was erased on request");
    let shown = audit_log::show(event, true);
    let after = &shown["after"];
    anyhow::ensure!(!after.is_null(), "{name}: it had been erased by {when}");
    if json {
        return table::value(&json!({"sequence": event.sequence, "since": shown["time"], "state": after}));
    }
    table::text(&format!("{name} at {when}, since event {} of {}\n\n", event.sequence, cell(&shown["time"])))?;
    table::one(false, after)
}

/// Prints one version: who, when, and each field that changed.
fn version(row: &Json) -> anyhow::Result<()> {
    let head = format!(
        "event {}  {}  {}  by {}  {}",
        row["sequence"],
        cell(&row["time"]),
        cell(&row["action"]),
        actor_name(&row["actor"]),
        cell(&row["reason"])
    );
    table::text(&format!("{}\n", table::plain(head.trim_end())))?;
    if row["is_erased"] == true {
        return table::text("    (erased on request)\n");
    }
    if row["before"].is_null() && !row["after"].is_null() {
        let shown = table::object(&row["after"]);
        let lines: Vec<String> = shown.lines().map(|line| format!("    {line}\n")).collect();
        return table::text(&lines.concat());
    }
    let changed = row["changed"].as_array().into_iter().flatten().filter_map(Json::as_str);
    for name in changed {
        let (before, after) = (cell(&row["before"][name]), cell(&row["after"][name]));
        table::text(&format!("    {}\n", table::plain(&format!("{name}: {before:?} → {after:?}"))))?;
    }
    if row["before"].is_null() && row["after"].is_null() && row["action"] != "note" {
        table::text(&format!("    {}\n", table::plain(&because(row))))?;
    }
    Ok(())
}
