//! The changes that result from a request, each based on the state after the one before it.

use std::collections::BTreeMap;

use peerage_schema::tables::net;
use peerage_schema::{CellPosition, Column, Resource, Status};

use super::RowStep;
use super::cell::StoredCell;
use super::draft;
use crate::event::Action;
use crate::moment::Moment;
use crate::place;
use crate::row::{Row, RowBuilder, Value};
use crate::snapshot::Snapshot;
use crate::stored::stored_cells;

/// Changes under construction.
pub struct StepBuilder<'a> {
    state: &'a Snapshot,
    now: Moment,
    list: Vec<RowStep>,
    /// Rows as the steps so far leave them; stored cells only.
    fresh: BTreeMap<(Resource, u32), Row>,
}

impl<'a> StepBuilder<'a> {
    /// Begins changes that are made `now`, by a clock. [`Snapshot::stamp`] makes it the time of the changes.
    pub fn new(state: &'a Snapshot, now: Moment) -> StepBuilder<'a> {
        StepBuilder { state, now: state.stamp(now), list: Vec::new(), fresh: BTreeMap::new() }
    }

    /// The state before all steps.
    pub fn state(&self) -> &'a Snapshot {
        self.state
    }

    /// Time of the changes.
    pub fn now(&self) -> Moment {
        self.now
    }

    pub fn finish(self) -> Vec<RowStep> {
        self.list
    }

    /// A row as the steps so far leave it. Derived cells may be empty.
    pub fn row(&self, resource: Resource, id: u32) -> Option<&Row> {
        self.fresh.get(&(resource, id)).or_else(|| self.state.row(resource, id))
    }

    pub fn status(&self, resource: Resource, id: u32) -> Option<Status> {
        Status::from_text(self.row(resource, id)?.text_or_empty(resource.table().columns.status))
    }

    /// Ids of rows that point to `parent`, taking the steps so far into account, ascending.
    pub fn pointing(&self, by: Column, parent: u32) -> Vec<u32> {
        let child = by.resource();
        let points = |id: u32| self.row(child, id).and_then(|row| row.int(by)) == Some(i64::from(parent));
        let mut ids = self.state.pointing(by, parent).to_vec();
        ids.extend(self.fresh.keys().filter(|(resource, _)| *resource == child).map(|(_, id)| *id));
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| points(*id));
        ids
    }

    /// The id of the next new row.
    pub fn next_id(&self, resource: Resource) -> u32 {
        let fresh = self.fresh.keys().filter(|(other, _)| *other == resource).map(|(_, id)| *id).max();
        self.state.last_id(resource).max(fresh.unwrap_or(0)) + 1
    }

    /// Creates a row. Fields that are not given get their default.
    pub fn create(&mut self, resource: Resource, id: u32, said: &[(impl CellPosition, StoredCell)]) {
        let row = self.new_row(resource, id, said, self.now, 1);
        self.push(Action::Create, resource, id, None, row);
    }

    /// Restores a deleted row as if it were new. Only the id and the creation time come from the old row: its new owner
    /// may be someone else, so no other field survives.
    pub fn revive(&mut self, resource: Resource, id: u32, said: &[(impl CellPosition, StoredCell)]) {
        let table = resource.table();
        let Some(before) = self.row(resource, id).map(|row| stored_cells(table, row)) else { return };
        let created = before.time(table.columns.created).unwrap_or(self.now);
        let version = before.int(table.columns.version).unwrap_or(0) + 1;
        let after = self.new_row(resource, id, said, created, version);
        self.push(Action::Update, resource, id, Some(before), after);
    }

    fn new_row(
        &self,
        resource: Resource,
        id: u32,
        said: &[(impl CellPosition, StoredCell)],
        created: Moment,
        version: i64,
    ) -> Row {
        let table = resource.table();
        let mut builder = RowBuilder::new(table);
        for (position, field) in table.fields.iter().enumerate() {
            let preset;
            let value = match field.name {
                _ if !field.is_stored() => Value::Null,
                "id" => Value::Int(i64::from(id)),
                "version" => Value::Int(version),
                "created" => Value::Time(created),
                "updated" => Value::Time(self.now),
                _ => {
                    let named = said.iter().rev().find(|(at, _)| at.position() == position);
                    preset = named.map_or_else(|| draft::preset(field), |(_, cell)| cell.clone());
                    preset.as_value()
                }
            };
            builder.push(value);
        }
        builder.finish()
    }

    /// Changes a row, and sets `updated`.
    pub fn change(&mut self, resource: Resource, id: u32, said: &[(impl CellPosition, StoredCell)]) {
        self.act(Action::Update, resource, id, said, true);
    }

    /// Changes a row without setting `updated`.
    pub fn change_silently(&mut self, resource: Resource, id: u32, said: &[(impl CellPosition, StoredCell)]) {
        self.act(Action::Update, resource, id, said, false);
    }

    /// Deletes a row, unless it is deleted already.
    pub fn delete(&mut self, resource: Resource, id: u32) {
        if self.status(resource, id) != Some(Status::Deleted) {
            let status = (resource.table().columns.status, StoredCell::text(Status::Deleted.text()));
            self.act(Action::Delete, resource, id, &[status], true);
        }
    }

    fn act(
        &mut self,
        action: Action,
        resource: Resource,
        id: u32,
        said: &[(impl CellPosition, StoredCell)],
        is_told: bool,
    ) {
        let table = resource.table();
        let Some(before) = self.row(resource, id).map(|row| stored_cells(table, row)) else { return };
        let version = table.columns.version;
        let mut changes: Vec<(usize, Value<'_>)> =
            said.iter().map(|(at, cell)| (at.position(), cell.as_value())).collect();
        // `with` uses the first change of a cell, but the last one given should count.
        changes.reverse();
        changes.push((version.position(), Value::Int(before.int(version).unwrap_or(0) + 1)));
        if is_told {
            changes.push((table.columns.updated.position(), Value::Time(self.now)));
        }
        let after = before.with(table, &changes);
        self.push(action, resource, id, Some(before), after);
    }

    fn push(&mut self, action: Action, resource: Resource, id: u32, before: Option<Row>, after: Row) {
        self.fresh.insert((resource, id), after.clone());
        let org = place::organization_of(resource, &after, |resource, id| self.row(resource, id));
        self.list.push(RowStep { action, resource, id, before, after: Some(after), org });
    }

    /// Records when contacts, ports or facilities of a network last changed. If this request also changes the network,
    /// this becomes part of the same change.
    pub fn touch(&mut self, net: u32, column: Column) {
        if self.row(Resource::Net, net).is_none_or(|row| row.time(column) == Some(self.now)) {
            return;
        }
        let is_it = |step: &&mut RowStep| step.resource == Resource::Net && step.id == net;
        match self.list.iter_mut().rev().find(is_it) {
            Some(RowStep { after: Some(after), .. }) => {
                *after = after.with(&net::TABLE, &[(column, Value::Time(self.now))]);
                self.fresh.insert((Resource::Net, net), after.clone());
            }
            _ => self.change_silently(Resource::Net, net, &[(column, StoredCell::Time(self.now))]),
        }
    }
}

/// The field of a network that contains the time when its rows of a kind last changed.
pub fn touched_field(resource: Resource) -> Option<Column> {
    match resource {
        Resource::Poc => Some(net::POC_UPDATED),
        Resource::Netfac => Some(net::NETFAC_UPDATED),
        Resource::Netixlan => Some(net::NETIXLAN_UPDATED),
        _ => None,
    }
}
