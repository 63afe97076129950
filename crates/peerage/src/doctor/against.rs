//! Compares everything in two databases.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use peerage_registry::{EventSubject, LogHead};
use peerage_schema::Resource;
use peerage_store::{BackupItem, BackupStart, Store, StoreError};

use super::DoctorCheck;
use crate::progress::{ProgressLine, grouped};

/// Items that one side can be ahead.
const AHEAD_MAX: usize = 1_000;

/// Differences that are listed. The rest is counted.
const LISTED_MAX: usize = 10_000;

/// Where an item belongs. Both databases return their items in this order.
type ItemPlace = (u8, u32, u64, String);

fn place(item: &BackupItem) -> ItemPlace {
    let text = String::new();
    match item {
        BackupItem::Start(_) => (0, 0, 0, text),
        BackupItem::Event(event) => (1, 0, event.sequence, text),
        BackupItem::Row(resource, row) => (2, resource.index() as u32, u64::from(row.id()), text),
        BackupItem::Record(record, id, _) => (3, *record as u32, u64::from(*id), text),
        BackupItem::KeyUse(key, _) => (4, 0, u64::from(key.get()), text),
        BackupItem::Value(name, _) => (5, 0, 0, name.clone()),
    }
}

fn name(item: &BackupItem) -> String {
    let object = |subject: EventSubject, id| format!("{} {id}", subject.name());
    match item {
        BackupItem::Start(_) => "the registry".to_owned(),
        BackupItem::Event(event) => format!("event {} ({})", event.sequence, object(event.subject, event.id)),
        BackupItem::Row(resource, row) => object(EventSubject::Row(*resource), row.id()),
        BackupItem::Record(record, id, _) => object(EventSubject::Record(*record), *id),
        BackupItem::KeyUse(key, _) => format!("the usage of key {}", key.get()),
        BackupItem::Value(name, _) => format!("the shared value {name}"),
    }
}

/// Compares two databases, which should not change meanwhile.
pub async fn against(ours: &Store, other: &Store, progress: &Arc<ProgressLine>) -> anyhow::Result<DoctorCheck> {
    progress.stage("comparing");
    let (our_items, our_input) = sync_channel(AHEAD_MAX);
    let (other_items, other_input) = sync_channel(AHEAD_MAX);
    let counted = Arc::clone(progress);
    let compared = tokio::task::spawn_blocking(move || compare(&our_input, &other_input, &counted));
    let read = |store: Store, items| async move { store.read_everything(LogHead::EMPTY, items, send).await.map(drop) };
    let (ours, other, compared) =
        tokio::join!(read(ours.clone(), our_items), read(other.clone(), other_items), compared);
    let (items, mut findings) = compared?;
    // A log that is damaged is no reason to show less.
    for (side, read) in [("here", ours), ("there", other)] {
        findings.extend(read.err().map(|error| format!("{side}: {error}")));
    }
    let scope = format!("{} events, rows, records and values in both", grouped(items));
    Ok(DoctorCheck { name: "against", scope, findings })
}

fn send(items: &mut SyncSender<BackupItem>, item: BackupItem) -> Result<(), StoreError> {
    // A lease belongs to a running server.
    if matches!(&item, BackupItem::Value(name, _) if peerage_server::LEASES.contains(&name.as_str())) {
        return Ok(());
    }
    items.send(item).map_err(|_| StoreError::Backup("the comparison has ended".into()))
}

/// Returns the number of items that are the same, and the differences.
fn compare(ours: &Receiver<BackupItem>, others: &Receiver<BackupItem>, progress: &ProgressLine) -> (u64, Vec<String>) {
    let (mut our, mut other) = (ours.recv().ok(), others.recv().ok());
    let (mut same, mut findings, mut more) = (0, Vec::new(), 0);
    let mut differs = |text: String| match findings.len() {
        0..LISTED_MAX => findings.push(text),
        _ => more += 1,
    };
    loop {
        let order = match (&our, &other) {
            (Some(our), Some(other)) => place(our).cmp(&place(other)),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (None, None) => break,
        };
        match (&our, &other) {
            (Some(our), Some(other)) if order.is_eq() && our == other => {
                same += 1;
                progress.set_rows(same);
            }
            (Some(BackupItem::Start(our)), Some(BackupItem::Start(other))) => {
                starts(our, other).into_iter().for_each(&mut differs);
            }
            (Some(our), Some(other)) if order.is_eq() => differs(difference(our, other)),
            (Some(our), _) if order.is_lt() => differs(format!("{} is only here", name(our))),
            (_, Some(other)) => differs(format!("{} is only there", name(other))),
            _ => {}
        }
        if order.is_le() {
            our = ours.recv().ok();
        }
        if order.is_ge() {
            other = others.recv().ok();
        }
    }
    if more > 0 {
        findings.push(format!("… and {} more", grouped(more)));
    }
    (same, findings)
}

fn starts(our: &BackupStart, other: &BackupStart) -> Vec<String> {
    let mut findings = Vec::new();
    if our.registry != other.registry {
        findings.push(format!("the registry has the id {} here and {} there", our.registry, other.registry));
    }
    if our.head.sequence != other.head.sequence {
        let (here, there) = (grouped(our.head.sequence), grouped(other.head.sequence));
        findings.push(format!("the log ends at position {here} here and {there} there"));
    } else if our.head.hash != other.head.hash {
        findings.push("the logs end with different hashes".to_owned());
    }
    findings
}

fn difference(our: &BackupItem, other: &BackupItem) -> String {
    let fields = match (our, other) {
        (BackupItem::Row(resource, our), BackupItem::Row(_, other)) => differing_fields(*resource, our, other),
        _ => String::new(),
    };
    format!("{} differs{fields}", name(our))
}

fn differing_fields(resource: Resource, our: &peerage_registry::Row, other: &peerage_registry::Row) -> String {
    let stored = resource.table().stored();
    let differing = stored.filter(|(position, field)| {
        let storage = field.kind.storage();
        our.value(*position, storage) != other.value(*position, storage)
    });
    let names: Vec<&str> = differing.map(|(_, field)| field.name).collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) }
}
