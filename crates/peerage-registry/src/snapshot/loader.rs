//! Snapshots of many rows at once.

use std::sync::{Arc, OnceLock};

use peerage_schema::{Resource, Status};

use super::sorted::SortedMap;
use super::{IndexKey, Snapshot, layout};
use crate::event::LogHead;
use crate::moment::Moment;
use crate::row::Row;

/// Builds a snapshot from rows, faster than event by event.
#[derive(Default)]
pub struct SnapshotLoader {
    rows: [Vec<Row>; Resource::COUNT],
}

impl SnapshotLoader {
    /// Adds a row with its stored cells. Rows can come in any order.
    pub fn push(&mut self, resource: Resource, row: Row) {
        self.rows[resource.index()].push(row);
    }

    /// Builds the snapshot of all added rows.
    pub fn finish(self, head: LogHead) -> Snapshot {
        let mut snapshot = Snapshot { head, ..Snapshot::default() };
        for (resource, rows) in Resource::ALL.into_iter().zip(self.rows) {
            for row in rows {
                let state = Arc::make_mut(&mut snapshot.states[resource.index()]);
                state.pages.put(row.id(), Some(row));
            }
            snapshot.index_all(resource, IndexPass::Stored);
        }
        // Link rows first: counters depend on their derived cells.
        for resource in Resource::ALL.into_iter().rev() {
            let layout = layout::of(resource);
            if layout.has_derived {
                let ids: Vec<u32> = snapshot.rows(resource).map(Row::id).collect();
                for id in ids {
                    let Some(row) = snapshot.row(resource, id) else { continue };
                    let derived = snapshot.with_counts(resource, &snapshot.with_parents(resource, row));
                    Arc::make_mut(&mut snapshot.states[resource.index()]).pages.put(id, Some(derived));
                }
                snapshot.index_all(resource, IndexPass::Derived);
            }
        }
        std::thread::scope(|scope| {
            // Both halves take about the same time: networks and ports, and the rest.
            let heavy = [Resource::Net, Resource::Netixlan];
            let encode = |resource| {
                snapshot.pages(resource).for_each(|(_, page)| {
                    snapshot.page_json(resource, page);
                });
            };
            scope.spawn(move || heavy.into_iter().for_each(encode));
            Resource::ALL.into_iter().filter(|resource| !heavy.contains(resource)).for_each(encode);
        });
        snapshot.search = OnceLock::new();
        snapshot
    }
}

/// Which indexes to fill.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IndexPass {
    /// Those of stored fields, and of everything that is counted.
    Stored,
    /// Those of derived fields.
    Derived,
}

impl Snapshot {
    fn index_all(&mut self, resource: Resource, pass: IndexPass) {
        let layout = layout::of(resource);
        let table = resource.table();
        let wanted = |position: usize| table.fields[position].is_stored() == (pass == IndexPass::Stored);
        let rows: Vec<Row> = self.rows(resource).cloned().collect();
        let state = Arc::make_mut(&mut self.states[resource.index()]);
        for (at, position) in layout.references.iter().enumerate().filter(|(_, position)| wanted(**position)) {
            let pairs = rows.iter().filter_map(|row| Some((row.int(*position)? as u32, row.id())));
            state.pointers[at].fill(pairs.collect());
        }
        for (at, position) in layout.indexed.iter().enumerate().filter(|(_, position)| wanted(**position)) {
            let column = table.column_at(*position);
            let pairs = rows.iter().filter_map(|row| Some((IndexKey::of(row, column)?, row.id())));
            state.values[at].fill(pairs.collect());
        }
        if pass == IndexPass::Stored {
            state.rows = rows.len();
            state.live = rows.iter().filter(|row| row.text(table.columns.status) == Some(Status::Live.text())).count();
            let mut changed: Vec<(Moment, u32)> = rows.iter().map(|row| (layout.changed(row), row.id())).collect();
            changed.sort_unstable();
            state.changed = SortedMap::from_sorted(changed.into_iter().map(|entry| (entry, ())));
            if resource == Resource::Ixpfx {
                for row in &rows {
                    self.prefixes.replace(row.id(), None, Some(row));
                }
            }
        }
    }
}
