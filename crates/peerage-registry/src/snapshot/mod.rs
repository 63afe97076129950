//! The registry at one point in time: rows, indexes and the JSON of every row, in memory, immutable once shared.
//!
//! A snapshot is built from a store's rows ([`SnapshotLoader`]) and then follows events ([`Snapshot::apply`]). Cloning shares
//! everything; applying copies only the pages and index entries that change. Readers keep the snapshot with which they
//! started, so a long listing is consistent.

mod deflate;
mod derive;
pub(crate) mod documents;
mod expand;
mod index;
mod json;
mod layout;
mod listing;
mod loader;
mod page;
mod prefixes;
mod shared;
mod sorted;

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use peerage_schema::tables::net;
use peerage_schema::{Column, FieldIndex, FieldKind, Resource, Status, ValueStorage};
use peerage_search::SearchIndex;

pub use expand::{ObjectExpansion, SetDepth};
pub use index::{IdList, IndexKey};
pub use json::SEPARATOR;
pub use listing::ListingFrames;
pub use loader::SnapshotLoader;
pub use page::RowPage;

use crate::event::{Action, Event, EventChange, LogHead};
use crate::moment::{Moment, SignedDuration, TICK};
use crate::row::{Row, Value};
use index::{PointerIndex, ValueIndex};
use page::RowPages;
use prefixes::PrefixIndex;
use shared::SharedBytes;
use sorted::SortedMap;

/// The number of a page within its resource, or `(resource, id)` of a row to be recomputed.
type RowRef = (Resource, u32);

/// The rows and indexes of one resource.
#[derive(Clone, Default)]
struct TableState {
    pages: RowPages,
    /// Number of rows with status `ok`.
    live: usize,
    rows: usize,
    /// By position of the foreign key in [`peerage_schema::ResourceTable::references`].
    pointers: Vec<PointerIndex>,
    /// By position in the layout's indexed fields.
    values: Vec<ValueIndex>,
    /// The later of `created` and `updated`, with the id. Used by `since`.
    changed: SortedMap<(Moment, u32), ()>,
}

/// The registry at one point in time.
///
/// ```
/// use peerage_registry::{LogHead, SnapshotLoader, stored};
/// use peerage_schema::{Resource, tables::net};
///
/// let mut loader = SnapshotLoader::default();
/// let row = r#"{"id": 5, "asn": 64500, "name": "Example", "status": "ok"}"#;
/// loader.push(Resource::Net, stored::from_json(Resource::Net, row).expect("a row"));
/// let snapshot = loader.finish(LogHead::EMPTY);
///
/// assert_eq!(snapshot.count_live(Resource::Net), 1);
/// assert_eq!(snapshot.net_by_asn(64500), Some(5));
/// let name = snapshot.row(Resource::Net, 5).and_then(|row| row.text(net::NAME));
/// assert_eq!(name, Some("Example"));
/// ```
#[derive(Clone)]
pub struct Snapshot {
    head: LogHead,
    /// The latest time of an event that this snapshot contains, as far as it is known.
    latest: Moment,
    /// Shared by snapshots until one of them changes the resource.
    states: [Arc<TableState>; Resource::COUNT],
    prefixes: PrefixIndex,
    /// Made on first use, and from then on advanced with every change.
    search: OnceLock<SearchIndex>,
    /// Shared by all snapshots that follow one another.
    shared: SharedBytes,
    /// The counters of snapshots that were replaced by reloaded rows, and of which something is still in use.
    replaced: Vec<SharedBytes>,
}

impl Default for Snapshot {
    /// An empty registry.
    fn default() -> Snapshot {
        let state = |resource: Resource| {
            let layout = layout::of(resource);
            Arc::new(TableState {
                pointers: vec![PointerIndex::default(); layout.references.len()],
                values: vec![ValueIndex::default(); layout.indexed.len()],
                ..TableState::default()
            })
        };
        Snapshot {
            head: LogHead::EMPTY,
            latest: Moment::MIN,
            states: Resource::ALL.map(state),
            prefixes: PrefixIndex::default(),
            search: OnceLock::from(SearchIndex::default()),
            shared: SharedBytes::default(),
            replaced: Vec::new(),
        }
    }
}

/// How far an event may be ahead of the clock: more than clocks of machines that are looked after differ.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(10);

impl Snapshot {
    /// The last event that this snapshot contains.
    pub fn head(&self) -> LogHead {
        self.head
    }

    /// Returns the time of a change that is made now, by a clock: later than every event in the log, so that `updated`
    /// never goes back, even if clocks differ or are set back.
    pub fn stamp(&self, now: Moment) -> Moment {
        now.max(self.latest + TICK)
    }

    /// Returns how far the newest event in the log is ahead of a clock, if that is more than [`AHEAD_MAX`]. Every later change
    /// gets a time after it.
    pub fn ahead_of(&self, now: Moment) -> Option<SignedDuration> {
        let ahead = self.latest - now;
        (ahead > AHEAD_MAX).then_some(ahead)
    }

    /// Notes the time of an event that this snapshot contains.
    pub fn note_time(&mut self, at: Moment) {
        self.latest = self.latest.max(at);
    }

    fn state(&self, resource: Resource) -> &TableState {
        &self.states[resource.index()]
    }

    /// Takes over the count of what is still in use of a snapshot that this one replaces, without following from it.
    pub fn replace(&mut self, other: &Snapshot) {
        let earlier = other.replaced.iter().chain([&other.shared]);
        self.replaced = earlier.filter(|shared| shared.count() > 0).cloned().collect();
    }

    /// Sets the hash of the position to which the snapshot was advanced without hashes, once the log has returned it.
    pub fn seal(&mut self, head: LogHead) {
        debug_assert_eq!(self.head.sequence, head.sequence, "the same events");
        self.head = head;
    }

    /// A row, whatever its status, with derived cells.
    pub fn row(&self, resource: Resource, id: u32) -> Option<&Row> {
        self.state(resource).pages.get(id)
    }

    /// All rows, whatever their status, ascending by id.
    pub fn rows(&self, resource: Resource) -> impl Iterator<Item = &Row> {
        self.state(resource).pages.rows()
    }

    /// The highest id of a row, whatever its status; 0 if there are none.
    pub fn last_id(&self, resource: Resource) -> u32 {
        self.state(resource).pages.last().map_or(0, Row::id)
    }

    /// Number of rows, whatever their status.
    pub fn count(&self, resource: Resource) -> usize {
        self.state(resource).rows
    }

    /// Number of rows with status `ok`.
    pub fn count_live(&self, resource: Resource) -> usize {
        self.state(resource).live
    }

    /// Pages of the resource with their numbers, ascending.
    pub fn pages(&self, resource: Resource) -> impl Iterator<Item = (usize, &std::sync::Arc<RowPage>)> {
        self.state(resource).pages.pages()
    }

    /// A row's status, or `None` if an imported row has another text.
    pub fn status(&self, resource: Resource, row: &Row) -> Option<Status> {
        Status::from_text(row.text_or_empty(resource.table().columns.status))
    }

    pub fn is_live(&self, resource: Resource, row: &Row) -> bool {
        self.status(resource, row) == Some(Status::Live)
    }

    /// Rows whose foreign key points to `parent`, whatever their status. Empty if the column is not a foreign key.
    ///
    /// ```
    /// use peerage_registry::{LogHead, SnapshotLoader, stored};
    /// use peerage_schema::{Resource, tables::ixfac};
    ///
    /// let mut loader = SnapshotLoader::default();
    /// for row in [r#"{"id": 1, "ix_id": 2, "fac_id": 3}"#, r#"{"id": 4, "ix_id": 2, "fac_id": 5}"#] {
    ///     loader.push(Resource::Ixfac, stored::from_json(Resource::Ixfac, row).expect("a row"));
    /// }
    /// let snapshot = loader.finish(LogHead::EMPTY);
    /// assert_eq!(snapshot.pointing(ixfac::IX_ID, 2).to_vec(), [1, 4]);
    /// assert_eq!(snapshot.pointing(ixfac::FAC_ID, 5).to_vec(), [4]);
    /// ```
    pub fn pointing(&self, by: Column, parent: u32) -> IdList {
        let child = by.resource();
        match layout::of(child).references.iter().position(|position| *position == by.position()) {
            Some(at) => self.state(child).pointers[at].get(parent),
            None => IdList::None,
        }
    }

    /// The same, by the name of the foreign key in a table.
    pub(crate) fn pointing_by_name(&self, child: Resource, by: &str, parent: u32) -> IdList {
        match layout::of(child).reference(by) {
            Some(at) => self.state(child).pointers[at].get(parent),
            None => IdList::None,
        }
    }

    /// Rows of a kind that are owned by the row with this id, see [`peerage_schema::ResourceTable::owner`].
    pub fn owned(&self, resource: Resource, owner: u32) -> IdList {
        resource.table().owner.map_or(IdList::None, |by| self.pointing(by, owner))
    }

    fn values(&self, column: Column) -> Option<&ValueIndex> {
        let (resource, position) = (column.resource(), column.position());
        let at = layout::of(resource).indexed.iter().position(|indexed| *indexed == position)?;
        Some(&self.state(resource).values[at])
    }

    /// Whether rows with a given value of the field can be found without a scan.
    pub fn has_index(&self, column: Column) -> bool {
        layout::of(column.resource()).indexed.contains(&column.position())
    }

    /// Rows with this value in an indexed field, whatever their status. `None` if the field has no index.
    pub fn holding(&self, column: Column, key: &IndexKey) -> Option<IdList> {
        Some(self.values(column)?.get(key))
    }

    /// The only live row with a text in an indexed field, without regard to case. `None` if there is none or several.
    pub fn only_live(&self, column: Column, text: &str) -> Option<u32> {
        let ids = self.holding(column, &IndexKey::text(&crate::fold::fold(text)))?;
        let is_live =
            |id: &u32| self.row(column.resource(), *id).is_some_and(|row| self.is_live(column.resource(), row));
        let mut live = ids.iter().copied().filter(is_live);
        live.next().filter(|_| live.next().is_none())
    }

    /// Rows whose indexed text starts with `prefix`, which must be folded, ascending.
    pub fn beginning(&self, column: Column, prefix: &str) -> Option<Vec<u32>> {
        let values = self.values(column)?;
        let mut ids: Vec<u32> = values.starting_with(prefix).flat_map(|ids| ids.iter().copied()).collect();
        ids.sort_unstable();
        Some(ids)
    }

    /// Rows with a number in the range in an indexed field, ascending by number.
    pub(crate) fn in_range(&self, column: Column, from: i64, to: i64) -> impl Iterator<Item = u32> {
        self.values(column).into_iter().flat_map(move |values| values.numbers(from, to))
    }

    /// Rows with `created` or `updated` after this time, in any order.
    pub fn changed_after(&self, resource: Resource, time: Moment) -> impl Iterator<Item = u32> {
        let after = (Bound::Excluded((time, u32::MAX)), Bound::Unbounded);
        self.state(resource).changed.range(after).map(|((_, id), ())| *id)
    }

    /// Rows with the latest `created` or `updated` first, whatever their status.
    pub fn latest(&self, resource: Resource) -> impl Iterator<Item = u32> {
        self.state(resource).changed.range(..).rev().map(|((_, id), ())| *id)
    }

    /// Time of the last change of any row up to `now`, according to the rows; 1970 in an empty registry. Imported rows,
    /// and rows written by a node with a fast clock, may have later times.
    pub fn last_change(&self, now: Moment) -> Moment {
        let last =
            |state: &Arc<TableState>| state.changed.range(..=(now, u32::MAX)).next_back().map(|((time, _), ())| *time);
        self.states.iter().filter_map(last).max().unwrap_or(Moment::EPOCH)
    }

    /// LAN prefixes that contain the address, whatever their status, ascending by id.
    pub fn prefixes_around(&self, address: std::net::IpAddr) -> Vec<u32> {
        self.prefixes.around(address)
    }

    /// LAN prefixes within this network, whatever their status, ascending by network.
    pub(crate) fn prefixes_within(&self, network: ipnet::IpNet) -> impl Iterator<Item = u32> {
        self.prefixes.within(network)
    }

    /// The network with this AS number, whatever its status.
    pub fn net_by_asn(&self, asn: i64) -> Option<u32> {
        self.holding(net::ASN, &IndexKey::Int(asn))?.first().copied()
    }

    /// Applies more events. They must follow the head without gaps. Events up to the head are ignored, since a node can
    /// get the same event twice.
    pub fn apply(&mut self, events: &[Event]) {
        self.advance(events);
        self.encode();
    }

    /// The same without the JSON of what changed, which is created on first use or by [`Snapshot::encode`]. For deciders,
    /// which only need values.
    pub fn advance(&mut self, events: &[Event]) {
        if events.len() > FOLLOWED_MAX {
            self.search = OnceLock::new();
        } else {
            // The states that come from this one would otherwise make it again and again.
            self.search_index();
        }
        let mut work = StaleRows::default();
        for event in events {
            if event.sequence != self.head.sequence + 1 {
                continue;
            }
            let entry = &event.entry;
            if let EventChange::Row { resource, after, .. } = &entry.change
                && entry.action != Action::Note
            {
                self.put(*resource, entry.id, after.as_ref(), &mut work);
            }
            self.head = LogHead { sequence: event.sequence, hash: event.hash };
            self.note_time(entry.at);
        }
        self.settle(work);
    }

    /// The same state with some rows replaced, including derived cells. Nothing else is recomputed.
    pub(crate) fn with(&self, rows: impl Iterator<Item = (Resource, Row)>) -> Snapshot {
        let mut state = self.clone();
        let mut ignored = StaleRows::default();
        for (resource, row) in rows {
            state.put(resource, row.id(), Some(&row), &mut ignored);
        }
        state.encode();
        state
    }

    /// Replaces a row and all its index entries, and marks what depends on it.
    fn put(&mut self, resource: Resource, id: u32, row: Option<&Row>, work: &mut StaleRows) {
        let layout = layout::of(resource);
        let state = Arc::make_mut(&mut self.states[resource.index()]);
        let old = state.pages.put(id, row.cloned());
        let (old, new) = (old.as_ref(), row);
        let table = resource.table();
        let status = table.columns.status;
        let live = |row: Option<&Row>| row.is_some_and(|row| row.text(status) == Some(Status::Live.text()));
        state.live = state.live + usize::from(live(new)) - usize::from(live(old));
        state.rows = state.rows + usize::from(new.is_some()) - usize::from(old.is_some());
        for (at, position) in layout.references.iter().enumerate() {
            let parent = |row: Option<&Row>| row.and_then(|row| row.int(*position)).map(|parent| parent as u32);
            let (before, after) = (parent(old), parent(new));
            if before != after {
                if let Some(parent) = before {
                    state.pointers[at].remove(parent, id);
                }
                if let Some(parent) = after {
                    state.pointers[at].insert(parent, id);
                }
            }
        }
        for (at, position) in layout.indexed.iter().enumerate() {
            let column = table.column_at(*position);
            let key = |row: Option<&Row>| row.and_then(|row| IndexKey::of(row, column));
            let (before, after) = (key(old), key(new));
            if before != after {
                if let Some(key) = before {
                    state.values[at].remove(&key, id);
                }
                if let Some(key) = after {
                    state.values[at].insert(key, id);
                }
            }
        }
        let changed = |row: Option<&Row>| row.map(|row| (layout.changed(row), id));
        if changed(old) != changed(new) {
            if let Some(entry) = changed(old) {
                state.changed.remove(&entry);
            }
            if let Some(entry) = changed(new) {
                state.changed.insert(entry, ());
            }
        }
        if resource == Resource::Ixpfx {
            self.prefixes.replace(id, old, new);
        }
        work.json.insert((resource, id / page::PAGE_ROWS as u32));
        work.derive.insert((resource, id));
        self.index_documents(resource, old, new);
        self.note_dependents(resource, old, new, work);
    }

    /// Recomputes derived cells and JSON that are out of date.
    fn settle(&mut self, mut work: StaleRows) {
        // Copied cells come before counters, which count link rows that have such cells.
        while let Some((resource, id)) = work.derive.pop_first() {
            if let Some(row) = self.row(resource, id).cloned() {
                let derived = self.with_parents(resource, &row);
                work.count.insert((resource, id));
                if derived != row {
                    self.put(resource, id, Some(&derived), &mut work);
                    work.derive.remove(&(resource, id));
                }
            }
        }
        while let Some((resource, id)) = work.count.pop_first() {
            if let Some(row) = self.row(resource, id).cloned() {
                let counted = self.with_counts(resource, &row);
                if counted != row {
                    self.put(resource, id, Some(&counted), &mut work);
                }
            }
        }
        for (resource, number) in work.json {
            let id = number * page::PAGE_ROWS as u32;
            Arc::make_mut(&mut self.states[resource.index()]).pages.renew(id);
        }
    }

    /// Creates the JSON of all pages that have none, and the search index.
    pub fn encode(&self) {
        self.search_index();
        for resource in Resource::ALL {
            for (_, page) in self.pages(resource) {
                self.page_json(resource, page);
            }
        }
    }
}

/// The most events after which the search index is advanced. After more, it is made anew when it is needed, which takes less
/// time.
const FOLLOWED_MAX: usize = 10_000;

/// What must be recomputed after a change.
#[derive(Default)]
struct StaleRows {
    /// Rows whose derived cells must be recomputed.
    derive: BTreeSet<RowRef>,
    /// Rows whose counters must be recomputed.
    count: BTreeSet<RowRef>,
    /// Pages (by number) whose JSON must be recreated.
    json: BTreeSet<RowRef>,
}

/// Whether a field is indexed by value. Foreign keys have [`PointerIndex`], and times are found by `since` only.
fn is_value_indexed(field: &peerage_schema::Field) -> bool {
    field.index != FieldIndex::None
        && !matches!(field.kind, FieldKind::Ref(_))
        && field.kind.storage() != ValueStorage::Time
}

/// The shown text of a cell that is blank if its row is deleted.
pub(crate) fn text_unless_deleted(row: &Row, position: usize, status: Column) -> Value<'_> {
    if row.text(status) == Some(Status::Deleted.text()) {
        Value::Text("")
    } else {
        row.value(position, ValueStorage::Text)
    }
}
