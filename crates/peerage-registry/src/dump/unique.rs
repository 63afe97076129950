//! Unique values, checked in the resulting state.
//!
//! Texts are compared without regard to case and to spaces at the end. Accents count, unlike in a search: a registry
//! may well have both a Telecom and a Télécom.

use std::collections::{HashMap, HashSet};

use peerage_schema::{Column, FieldIndex, FieldKind, Resource, ResourceTable, Status};

use crate::fold::fold;
use crate::row::{Row, Value};
use crate::snapshot::{IndexKey, Snapshot};

/// A unique value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum UniqueClaim {
    Int(i64),
    Text(Box<str>),
    Pair(i64, i64),
}

/// A uniqueness rule of one table.
#[derive(Debug, Clone, Copy)]
struct UniqueRule {
    column: Column,
    /// The second field of a pair.
    with: Option<Column>,
    /// Deleted rows do not count.
    live: bool,
}

/// A row that is to be in the resulting state.
#[derive(Debug)]
pub(super) struct UniqueCandidate<'a> {
    pub id: u32,
    pub row: &'a Row,
}

/// A candidate whose value belongs to another row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UniqueClash {
    /// Position among the candidates.
    pub candidate: usize,
    pub field: &'static str,
    /// The second field of a pair.
    pub with: Option<&'static str>,
    pub holder: u32,
}

fn rules(table: &'static ResourceTable) -> Vec<UniqueRule> {
    let single = table.stored().filter_map(|(position, field)| match field.index {
        FieldIndex::Unique => Some(UniqueRule { column: table.column_at(position), with: None, live: false }),
        FieldIndex::UniqueLive => Some(UniqueRule { column: table.column_at(position), with: None, live: true }),
        FieldIndex::None | FieldIndex::Many => None,
    });
    let pair = table.unique_pair.map(|(one, other)| UniqueRule {
        column: table.column(one),
        with: Some(table.column(other)),
        live: false,
    });
    single.chain(pair).collect()
}

fn is_deleted(table: &ResourceTable, row: &Row) -> bool {
    row.text(table.columns.status) == Some(Status::Deleted.text())
}

/// The value that the row claims under the rule, or `None` if it has no value or does not count.
fn claim(table: &ResourceTable, rule: UniqueRule, row: &Row) -> Option<UniqueClaim> {
    if rule.live && is_deleted(table, row) {
        return None;
    }
    if let Some(other) = rule.with {
        return Some(UniqueClaim::Pair(row.int(rule.column)?, row.int(other)?));
    }
    match row.value(rule.column, rule.column.field().kind.storage()) {
        Value::Int(number) => Some(UniqueClaim::Int(number)),
        Value::Text(text) if !text.is_empty() => {
            Some(UniqueClaim::Text(text.trim_end_matches(' ').to_lowercase().into()))
        }
        _ => None,
    }
}

/// Finds the candidates that cannot stay; of two, the later one goes. `standing` are the existing rows: a candidate
/// replaces the existing row with its id, unless the candidate has to go itself.
///
/// Cost: one pass over the candidates, and another for each round in which a candidate that has to go leaves an
/// existing row in place, whose values are then taken again.
pub(super) fn clashes(
    resource: Resource,
    candidates: &[UniqueCandidate<'_>],
    standing: Option<&Snapshot>,
) -> Vec<UniqueClash> {
    let table = resource.table();
    let rules = rules(table);
    let mut found: Vec<UniqueClash> = Vec::new();
    if rules.is_empty() {
        return found;
    }
    let mut replaced: HashSet<u32> = candidates.iter().map(|candidate| candidate.id).collect();
    let mut gone = vec![false; candidates.len()];
    loop {
        let mut again = false;
        let mut claimed: HashMap<(usize, UniqueClaim), u32> = HashMap::with_capacity(candidates.len());
        for (at, candidate) in candidates.iter().enumerate() {
            if gone[at] {
                continue;
            }
            let claims: Vec<(usize, UniqueClaim)> = rules
                .iter()
                .enumerate()
                .filter_map(|(number, rule)| Some((number, claim(table, *rule, candidate.row)?)))
                .collect();
            let clash = claims.iter().find_map(|key| {
                let holder = claimed.get(key).copied();
                let rule = rules[key.0];
                let holder = holder.or_else(|| standing_holder(resource, rule, &key.1, standing?, &replaced))?;
                Some(UniqueClash {
                    candidate: at,
                    field: rule.column.name(),
                    with: rule.with.map(Column::name),
                    holder,
                })
            });
            let Some(clash) = clash else {
                claimed.extend(claims.into_iter().map(|key| (key, candidate.id)));
                continue;
            };
            found.push(clash);
            gone[at] = true;
            if standing.is_some_and(|standing| standing.row(resource, candidate.id).is_some()) {
                replaced.remove(&candidate.id);
                again = true;
            }
        }
        if !again {
            return found;
        }
    }
}

/// The existing row that has the value and is not replaced.
fn standing_holder(
    resource: Resource,
    rule: UniqueRule,
    claim: &UniqueClaim,
    standing: &Snapshot,
    replaced: &HashSet<u32>,
) -> Option<u32> {
    let table = resource.table();
    let holders = match claim {
        UniqueClaim::Int(number) => standing.holding(rule.column, &IndexKey::Int(*number))?,
        // The index ignores case and accents; the exact comparison follows below.
        UniqueClaim::Text(text) => standing.holding(rule.column, &IndexKey::text(&fold(text)))?,
        UniqueClaim::Pair(parent, _) => standing.pointing(rule.column, *parent as u32),
    };
    holders.iter().copied().find(|id| {
        let Some(row) = standing.row(resource, *id) else { return false };
        !replaced.contains(id) && self::claim(table, rule, row).as_ref() == Some(claim)
    })
}

/// All conflicts among the rows of a snapshot, to check existing data: the rule and the two ids.
pub fn clashes_within(snapshot: &Snapshot, resource: Resource) -> Vec<(String, u32, u32)> {
    let rows: Vec<&Row> = snapshot.rows(resource).collect();
    let candidates: Vec<UniqueCandidate<'_>> = rows.iter().map(|row| UniqueCandidate { id: row.id(), row }).collect();
    let found = clashes(resource, &candidates, None);
    let rule = |clash: &UniqueClash| match clash.with {
        Some(with) => format!("{} and {with}", clash.field),
        None => clash.field.to_owned(),
    };
    found.iter().map(|clash| (rule(clash), clash.holder, candidates[clash.candidate].id)).collect()
}

/// Foreign keys of a snapshot that point nowhere: the row, the field, and the id that it contains.
pub fn dangling_within(snapshot: &Snapshot, resource: Resource) -> Vec<(u32, &'static str, i64)> {
    let mut found = Vec::new();
    let keys: Vec<(usize, &'static str, Resource)> = resource
        .table()
        .stored()
        .filter_map(|(position, field)| match field.kind {
            FieldKind::Ref(of) => Some((position, field.name, of)),
            _ => None,
        })
        .collect();
    for row in snapshot.rows(resource) {
        for (position, name, of) in &keys {
            if let Some(target) = row.int(*position).filter(|target| snapshot.row(*of, *target as u32).is_none()) {
                found.push((row.id(), *name, target));
            }
        }
    }
    found
}
