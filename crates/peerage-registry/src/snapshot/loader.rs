//! Snapshots of many rows at once.

use std::sync::{Arc, OnceLock};

use peerage_schema::{Resource, Status};

use super::sorted::SortedMap;
use super::{IndexKey, Snapshot, TableState, layout};
use crate::event::LogHead;
use crate::moment::Moment;
use crate::row::Row;

/// Builds a snapshot from rows, faster than event by event.
#[derive(Default)]
pub struct SnapshotLoader {
    rows: [Vec<Row>; Resource::COUNT],
}

impl SnapshotLoader {
    /// Reading and indexing these takes about as long as all others.
    pub const LARGE: [Resource; 2] = [Resource::Net, Resource::Netixlan];

    /// Adds a row with its stored cells. Rows can come in any order.
    pub fn push(&mut self, resource: Resource, row: Row) {
        self.rows[resource.index()].push(row);
    }

    /// Builds the snapshot of all added rows, with two threads.
    pub fn finish(self, head: LogHead) -> Snapshot {
        let mut snapshot = Snapshot { head, ..Snapshot::default() };
        for (resource, rows) in Resource::ALL.into_iter().zip(self.rows) {
            let state = Arc::make_mut(&mut snapshot.states[resource.index()]);
            for row in rows {
                state.pages.put(row.id(), Some(row));
            }
        }
        snapshot.index_stored();
        // Link rows first: counters depend on their derived cells.
        for resource in Resource::ALL.into_iter().rev().filter(|resource| !layout::of(*resource).derived.is_empty()) {
            let ids: Vec<u32> = snapshot.rows(resource).map(Row::id).collect();
            for ids in ids.chunks(DERIVED_AT_ONCE) {
                let derived = in_halves(ids, |id| Some(snapshot.with_derived(resource, snapshot.row(resource, *id)?)));
                let state = Arc::make_mut(&mut snapshot.states[resource.index()]);
                for row in derived.into_iter().flatten() {
                    state.pages.put(row.id(), Some(row));
                }
            }
            Arc::make_mut(&mut snapshot.states[resource.index()]).index(resource, IndexPass::Derived);
        }
        let encode = |resource| {
            snapshot.pages(resource).for_each(|(_, page)| {
                snapshot.page_json(resource, page);
            });
        };
        std::thread::scope(|scope| {
            scope.spawn(move || SnapshotLoader::LARGE.into_iter().for_each(encode));
            Resource::ALL.into_iter().filter(|resource| !SnapshotLoader::LARGE.contains(resource)).for_each(encode);
        });
        snapshot.search = OnceLock::new();
        snapshot
    }
}

/// The number of rows that are there twice while their derived cells are filled.
const DERIVED_AT_ONCE: usize = 8192;

/// Makes something of each item, with two threads, in the same order.
fn in_halves<T: Sync, R: Send>(items: &[T], make: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (first, second) = items.split_at(items.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| first.iter().map(&make).collect::<Vec<R>>());
        let second: Vec<R> = second.iter().map(&make).collect();
        let mut all = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        all.extend(second);
        all
    })
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
    fn index_stored(&mut self) {
        let states = Resource::ALL.into_iter().zip(self.states.iter_mut().map(Arc::make_mut));
        let (large, rest): (Vec<_>, Vec<_>) =
            states.partition(|(resource, _)| SnapshotLoader::LARGE.contains(resource));
        let index = |(resource, state): (Resource, &mut TableState)| state.index(resource, IndexPass::Stored);
        std::thread::scope(|scope| {
            scope.spawn(move || large.into_iter().for_each(index));
            rest.into_iter().for_each(index);
        });
        for row in self.states[Resource::Ixpfx.index()].pages.rows() {
            self.prefixes.replace(row.id(), None, Some(row));
        }
    }
}

impl TableState {
    fn index(&mut self, resource: Resource, pass: IndexPass) {
        let layout = layout::of(resource);
        let table = resource.table();
        let wanted = |position: usize| table.fields[position].is_stored() == (pass == IndexPass::Stored);
        let rows: Vec<&Row> = self.pages.rows().collect();
        for (at, position) in layout.references.iter().enumerate().filter(|(_, position)| wanted(**position)) {
            let pairs = rows.iter().filter_map(|row| Some((row.int(*position)? as u32, row.id())));
            self.pointers[at].fill(pairs.collect());
        }
        for (at, position) in layout.indexed.iter().enumerate().filter(|(_, position)| wanted(**position)) {
            let column = table.column_at(*position);
            let pairs = rows.iter().filter_map(|row| Some((IndexKey::of(row, column)?, row.id())));
            self.values[at].fill(pairs.collect());
        }
        if pass == IndexPass::Stored {
            self.rows = rows.len();
            self.live = rows.iter().filter(|row| row.text(table.columns.status) == Some(Status::Live.text())).count();
            let mut changed: Vec<(Moment, u32)> = rows.iter().map(|row| (layout.changed(row), row.id())).collect();
            changed.sort_unstable();
            self.changed = SortedMap::from_sorted(changed.into_iter().map(|entry| (entry, ())));
        }
    }
}
