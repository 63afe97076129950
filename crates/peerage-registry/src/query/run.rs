//! Lists and single objects: from parameters to rows.

use std::collections::HashSet;
use std::sync::Arc;

use peerage_schema::tables::ixlan;
use peerage_schema::{Column, FieldIndex, Resource, Status};
use serde_json::{Map, Value as Json};

use crate::moment::{self, Moment};
use crate::query::answer::{FieldSelection, ListingPages, QueryBody, QueryResponse, RowRendering};
use crate::query::filter::{CompiledFilter, FilterScope, cheapest_first};
use crate::query::near::{LOCATING, NearFilter};
use crate::query::number::{float, integer, shorten};
use crate::query::paginate::PageRange;
use crate::query::search::search;
use crate::query::work::{ID, QueryWork, ROW, SIGHT, TEST};
use crate::query::{QueryError, QueryParams, ROWS_MAX_WITH_DEPTH, values};
use crate::row::Row;
use crate::rules::WriteDecision;
use crate::snapshot::{IndexKey, ObjectExpansion, SetDepth, Snapshot};
use crate::viewer::{Viewer, ViewerClass};

/// Maximum depth of lists and objects (spec/read-api.md, 3).
const DEPTH_MAX_LIST: i64 = 3;
const DEPTH_MAX_OBJECT: i64 = 4;
const DEPTH_OF_OBJECT: i64 = 2;

const NEGATIVE_SKIP: &str = "Negative indexing is not supported.";

/// The last second of a calendar with four-digit years.
const LAST_SECOND: i64 = 253_402_300_799;

/// A query on one resource.
pub struct ListQuery<'a> {
    pub snapshot: &'a Arc<Snapshot>,
    pub viewer: &'a Viewer,
    pub resource: Resource,
    pub params: &'a QueryParams,
    /// Absolute address of the list without its query, for links to other pages.
    pub url: &'a str,
    /// The work budget.
    pub work: &'a QueryWork,
}

impl<'a> ListQuery<'a> {
    fn scope(&self) -> FilterScope<'a> {
        FilterScope { snapshot: self.snapshot, viewer: self.viewer, resource: self.resource, work: self.work }
    }

    fn number(&self, name: &str) -> Result<Option<i64>, QueryError> {
        let malformed = || QueryError::Malformed(format!("'{name}' needs to be a number"));
        self.params.last(name).map(|text| integer(text).ok_or_else(malformed)).transpose()
    }

    fn depth(&self, default: i64, max: i64) -> Result<i64, QueryError> {
        Ok(self.number("depth")?.unwrap_or(default).clamp(0, max))
    }

    /// The time after which rows changed; `None` if all are requested.
    fn since(&self) -> Result<Option<Moment>, QueryError> {
        let Some(text) = self.params.last("since") else { return Ok(None) };
        let Some(seconds) = integer(text) else {
            return Err(QueryError::Malformed(if float(text).is_some() {
                format!("invalid literal for int() with base 10: '{}'", shorten(text))
            } else {
                "'since' needs to be a unix timestamp (epoch seconds)".to_owned()
            }));
        };
        if seconds > LAST_SECOND {
            return Err(QueryError::Malformed(format!("year {} is out of range", moment::year(seconds))));
        }
        Ok((seconds > 0).then(|| Moment::from_seconds(seconds)))
    }

    fn selection(&self) -> Option<FieldSelection> {
        let requested = self.params.last("fields").filter(|fields| !fields.is_empty())?;
        let table = self.resource.table();
        let names: HashSet<&str> = requested.split(',').collect();
        let is_asked = |name: &str| names.contains(name);
        let positions = table.fields.iter().enumerate().filter(|(_, field)| field.is_shown() && is_asked(field.name));
        let requested = positions.map(|(position, _)| position).collect();
        let always = table.always.iter().filter(|name| !is_asked(name)).map(|name| {
            let column = table.column(name);
            (column.position(), matches!(column.field().kind, peerage_schema::FieldKind::Choices(_)))
        });
        let (hidden, visible) = (ixlan::IXF_IXP_MEMBER_LIST_URL, ixlan::IXF_IXP_MEMBER_LIST_URL_VISIBLE);
        let is_instead = self.resource == hidden.resource() && is_asked(hidden.name()) && !is_asked(visible.name());
        let instead = is_instead.then_some((hidden.position(), visible.position()));
        Some(FieldSelection { requested, always: always.collect(), instead })
    }

    fn rendering(&self, budget: i64, singles: bool) -> RowRendering {
        RowRendering {
            snapshot: Arc::clone(self.snapshot),
            viewer: self.viewer.clone(),
            resource: self.resource,
            expansion: ObjectExpansion {
                budget,
                singles,
                alone: singles,
                without: &[],
                sets: SetDepth::Everywhere,
                // A request for a single object must not wait for the rest of its page.
                makes_pages: !singles,
            },
            selection: self.selection(),
        }
    }

    /// All filters. `name_search` is one of them, combined with `id__in` (spec/read-api.md, 4).
    fn filters(&self, near: Option<&NearFilter>) -> Result<Vec<CompiledFilter>, QueryError> {
        let question = self.params.last("name_search").filter(|question| !question.is_empty());
        let mut ignored: Vec<&str> = if near.is_some() { LOCATING.to_vec() } else { Vec::new() };
        if question.is_some() {
            ignored.push("id__in");
        }
        let scope = self.scope();
        let mut filters = scope.compile(self.params, &ignored)?;
        if let Some(question) = question {
            let hits = search(self.snapshot, self.resource, ("name_search", question), self.work)?;
            let mut ids: Vec<u32> = hits.iter().map(|hit| hit.id).collect();
            if let Some(listed) = self.params.last("id__in").filter(|_| self.resource.table().searchable) {
                ids.extend(values::ids("id", listed)?);
            }
            ids.sort_unstable();
            ids.dedup();
            filters.push(CompiledFilter::In(ids.into()));
        }
        Ok(filters)
    }
}

/// The limits of a list, parsed from its parameters.
struct ListBounds {
    near: Option<NearFilter>,
    since: Option<Moment>,
    skip: usize,
    limit: Option<usize>,
    depth: i64,
    filters: Vec<CompiledFilter>,
}

impl ListBounds {
    fn of(ask: &ListQuery<'_>, depth_max: i64) -> Result<ListBounds, QueryError> {
        let near = NearFilter::of(&ask.scope(), ask.params)?;
        let since = ask.since()?;
        let skip = ask.number("skip")?.unwrap_or(0);
        let limit = ask.number("limit")?.filter(|limit| *limit > 0).map(|limit| limit as usize);
        let depth = ask.depth(0, depth_max)?;
        if skip < 0 {
            return Err(QueryError::Malformed(NEGATIVE_SKIP.to_owned()));
        }
        let filters = ask.filters(near.as_ref())?;
        Ok(ListBounds { near, since, skip: skip as usize, limit, depth, filters })
    }

    /// Whether every live row is requested.
    fn is_whole(&self) -> bool {
        let is_open = self.since.is_none() && self.near.is_none() && self.skip == 0 && self.limit.is_none();
        is_open && self.filters.is_empty()
    }
}

/// Answers a list.
pub fn list(ask: &ListQuery<'_>) -> Result<QueryResponse, QueryError> {
    listed(ask, Map::new())
}

/// Answers a list as a file. Its `meta` contains the time of the registry's last change, in seconds since 1970, so that
/// equal states result in equal bytes on every node (spec/read-api.md, 9.3). A client that then asks for changes since
/// that time misses nothing: it is never later than `now`, even if a row claims a change in the future.
pub fn dump(ask: &ListQuery<'_>, now: Moment) -> Result<QueryResponse, QueryError> {
    let seconds = ask.snapshot.last_change(now).as_seconds_f64();
    listed(ask, Map::from_iter([("generated".to_owned(), Json::from(seconds))]))
}

/// A list with additional members in `meta`.
fn listed(ask: &ListQuery<'_>, additions: Map<String, Json>) -> Result<QueryResponse, QueryError> {
    let bounds = ListBounds::of(ask, DEPTH_MAX_LIST)?;
    let is_grouped = ask.params.has("since") && ask.resource.table().grouped_by.is_some();
    let is_plain = bounds.is_whole()
        && bounds.depth == 0
        && !is_grouped
        && !["fields", "page", "pretty"].iter().any(|name| ask.params.has(name));
    if is_plain && let Some(class) = shared_class(ask) {
        let pages = ListingPages::new(Arc::clone(ask.snapshot), ask.resource, class, &additions);
        return Ok(QueryResponse { body: QueryBody::Pages(pages) });
    }
    let (ids, mut meta) = chosen(ask, &bounds)?;
    meta.extend(additions);
    let mut rendering = ask.rendering(bounds.depth, false);
    rendering.expansion.alone = ids.len() == 1;
    rendering.answer(ids, &meta, ask.params.has("pretty"), ask.work)
}

/// The rows of a list without depth, in its order: the same that [`list`] shows to the same viewer.
///
/// ```
/// use std::sync::Arc;
///
/// use peerage_registry::query::{ListQuery, QueryParams, QueryWork, select};
/// use peerage_registry::{LogHead, SnapshotLoader, Viewer, stored};
/// use peerage_schema::Resource;
///
/// let mut loader = SnapshotLoader::default();
/// for (id, asn, name) in [(1, 64500, "Alpha"), (2, 64501, "Beta")] {
///     let row = format!(r#"{{"id": {id}, "asn": {asn}, "name": "{name}"}}"#);
///     loader.push(Resource::Net, stored::from_json(Resource::Net, &row).expect("a row"));
/// }
/// let snapshot = Arc::new(loader.finish(LogHead::EMPTY));
/// let work = QueryWork::full(&snapshot);
/// let ids = |query: &str| {
///     let (snapshot, viewer, params) = (&snapshot, &Viewer::Anonymous, &QueryParams::parse(query));
///     let (resource, url) = (Resource::Net, "https://registry.example/api/net");
///     select(&ListQuery { snapshot, viewer, resource, params, url, work: &work })
/// };
/// assert_eq!(ids("asn=64501"), Ok(vec![2]));
/// assert_eq!(ids("name__startswith=alp"), Ok(vec![1]));
/// assert!(ids("asn__gt=many").is_err());
/// ```
pub fn select(ask: &ListQuery<'_>) -> Result<Vec<u32>, QueryError> {
    chosen(ask, &ListBounds::of(ask, 0)?).map(|(ids, _)| ids)
}

/// The rows of a list, and the members of its `meta` about them.
fn chosen(ask: &ListQuery<'_>, bounds: &ListBounds) -> Result<(Vec<u32>, Map<String, Json>), QueryError> {
    let ListBounds { skip, limit, .. } = *bounds;
    // A page needs the total number of rows. Otherwise no more rows than the limit are needed.
    let request = limit.filter(|_| !ask.params.has("page")).map(|limit| skip.saturating_add(limit));
    let mut ids = rows(ask, &bounds.filters, bounds.since, bounds.near.as_ref(), request.unwrap_or(usize::MAX))?;
    let has_id = ["id", "pk"].iter().any(|name| ask.params.has(name));
    let is_unique = has_id || (ask.resource == Resource::Net && ask.params.has("asn"));
    if is_unique && ids.is_empty() {
        return Err(QueryError::NoEntity);
    }
    ids.drain(..ids.len().min(skip));
    ids.truncate(limit.unwrap_or(usize::MAX));

    let mut meta = Map::new();
    // An unfiltered list is complete, as from the reference's cache. Any other list with depth is truncated.
    if bounds.depth >= 1 && !bounds.is_whole() && ids.len() > ROWS_MAX_WITH_DEPTH {
        ids.truncate(ROWS_MAX_WITH_DEPTH);
        meta.insert("truncated".to_owned(), Json::String(truncated(ask.params.last("depth").unwrap_or_default())));
    }
    if let Some(page) = PageRange::of(ask.params, ids.len(), ask.url)? {
        ids.truncate(page.to);
        ids.drain(..page.from);
        page.into_meta(&mut meta);
    }
    // Done last, so that counts and pages do not reveal how many rows are hidden where.
    if ask.resource == Resource::Poc {
        ask.work.spend_each(ids.len(), ROW + SIGHT)?;
        ids.retain(|id| {
            let row = ask.snapshot.row(ask.resource, *id);
            row.is_some_and(|row| ask.snapshot.may_read(ask.viewer, ask.resource, row))
        });
    }
    Ok((ids, meta))
}

/// The class whose shared bytes this viewer can get, if any.
fn shared_class(ask: &ListQuery<'_>) -> Option<ViewerClass> {
    let is_public = Snapshot::is_public(ask.resource);
    ask.viewer.class().or_else(|| is_public.then_some(ViewerClass::Anonymous))
}

/// Rows of a list in order: ascending by id; with `since` by `updated`; in a circle by distance; and where the
/// reference is known to follow an index, in the index's order (spec/read-api.md, 2.6). At least the first `enough`.
fn rows(
    ask: &ListQuery<'_>,
    filters: &[CompiledFilter],
    since: Option<Moment>,
    near: Option<&NearFilter>,
    enough: usize,
) -> Result<Vec<u32>, QueryError> {
    let (snapshot, resource) = (ask.snapshot, ask.resource);
    let table = resource.table();
    let is_seen = |row: &Row| match snapshot.status(resource, row) {
        Some(Status::Live) => true,
        Some(Status::Deleted) => since.is_some(),
        Some(Status::Pending) => since.is_some() && table.since_pending,
        None => false,
    };
    let reached = |row: &Row| near.is_none_or(|near| near.reaches(row, resource).is_some());
    let scope = ask.scope();
    let range = filters.iter().find_map(ordering_range);
    let grouped_by = table.grouped_by.filter(|_| ask.params.has("since"));
    let is_sorted_after = range.is_some() || grouped_by.is_some() || near.is_some();
    let mut ids = if let Some(after) = since {
        let filters = cheapest_first(filters.iter().collect());
        let mut passing = Vec::new();
        for id in snapshot.changed_after(resource, after) {
            ask.work.spend(ROW + TEST + ID)?;
            let Some(row) = snapshot.row(resource, id) else { continue };
            if is_seen(row) && reached(row) && scope.admits_all(&filters, row)? {
                passing.push(id);
            }
        }
        passing
    } else {
        let enough = if is_sorted_after { usize::MAX } else { enough };
        scope.matching(filters, |row| is_seen(row) && reached(row), enough)?
    };
    // Sorting visits each row once, and compares what it found.
    let is_sorted = since.is_some() || is_sorted_after;
    ask.work.spend_each(if is_sorted { ids.len() } else { 0 }, 2 * ROW + 4 * ID)?;
    if since.is_some() {
        let updated = table.columns.updated;
        ids.sort_by_cached_key(|id| (snapshot.row(resource, *id).and_then(|row| row.time(updated)), *id));
    } else if let Some(column) = range {
        ids.sort_by_cached_key(|id| (snapshot.row(resource, *id).and_then(|row| IndexKey::of(row, column)), *id));
    } else if let Some(by) = grouped_by {
        let by = table.column(by);
        ids.sort_by_cached_key(|id| (snapshot.row(resource, *id).and_then(|row| row.int(by)), *id));
    } else if let Some(near) = near {
        let distance = |id: u32| {
            let row = snapshot.row(resource, id);
            row.and_then(|row| near.reaches(row, resource)).unwrap_or(f64::INFINITY)
        };
        let mut by_distance: Vec<(f64, u32)> = ids.into_iter().map(|id| (distance(id), id)).collect();
        by_distance.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        ids = by_distance.into_iter().map(|(_, id)| id).collect();
    }
    Ok(ids)
}

/// The field that determines the order because a range of its values is requested: the reference uses its unique index.
fn ordering_range(filter: &CompiledFilter) -> Option<Column> {
    let CompiledFilter::Own(predicate) = filter else { return None };
    (predicate.column.field().index == FieldIndex::Unique && predicate.is_range()).then_some(predicate.column)
}

fn truncated(depth: &str) -> String {
    format!(
        "Your search query (with depth {}) returned more than {ROWS_MAX_WITH_DEPTH} rows and has been truncated. Please \
         be more specific in your filters, use the limit and skip parameters to page through the resultset or drop the \
         depth parameter",
        shorten(depth)
    )
}

/// Answers a change with the resulting row, whatever its status: what a GET of the object would show, except for the
/// sets, which are left out for a new object and always for its parents (spec/write-api.md, 4.2).
///
/// # Errors
/// The depth is not a number.
pub fn written(
    ask: &ListQuery<'_>,
    id: u32,
    decided: &WriteDecision,
    meta: &Map<String, Json>,
) -> Result<QueryResponse, QueryError> {
    let depth = ask.depth(DEPTH_OF_OBJECT, DEPTH_MAX_OBJECT)?;
    let mut rendering = ask.rendering(depth, true);
    rendering.expansion.sets = if decided.is_new { SetDepth::Nowhere } else { SetDepth::AtTop };
    rendering.expansion.makes_pages = false;
    Ok(rendering.answer_with(id, decided, meta, ask.params.has("pretty")))
}

/// Answers a single object. The filters of a list apply to it as well.
pub fn object(ask: &ListQuery<'_>, id: &str) -> Result<QueryResponse, QueryError> {
    let not_found = || QueryError::NotFound("Not found.".to_owned());
    let scope = ask.scope();
    NearFilter::of(&scope, ask.params)?;
    let skip = ask.number("skip")?.unwrap_or(0);
    let limit = ask.number("limit")?.unwrap_or(0);
    let depth = ask.depth(DEPTH_OF_OBJECT, DEPTH_MAX_OBJECT)?;
    if skip < 0 {
        return Err(QueryError::Malformed(NEGATIVE_SKIP.to_owned()));
    }
    // Before the row is looked up: an invalid value is refused whatever the id.
    let filters = if ask.params.is_empty() { Vec::new() } else { ask.filters(None)? };
    let id = integer(id).filter(|_| id.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(not_found)?;
    if skip > 0 || limit > 0 {
        return Err(not_found());
    }
    let model = ask.resource.table().model;
    let unknown = || QueryError::NotFound(format!("No {model} matches the given query."));
    let row = u32::try_from(id).ok().and_then(|id| ask.snapshot.row(ask.resource, id)).ok_or_else(unknown)?;
    if !matches!(ask.snapshot.status(ask.resource, row), Some(Status::Live | Status::Pending)) {
        return Err(unknown());
    }
    if !scope.admits_all(&filters.iter().collect::<Vec<_>>(), row)? {
        return Err(unknown());
    }
    if !ask.snapshot.may_read(ask.viewer, ask.resource, row) {
        return Err(QueryError::Unreadable);
    }
    // It may have many parents and sets. Most requests use the default depth, for which the size of the sets is
    // estimated.
    if depth > DEPTH_OF_OBJECT {
        ask.work.admit_bytes(usize::MAX)?;
    }
    ask.rendering(depth, true).answer(vec![row.id()], &Map::new(), ask.params.has("pretty"), ask.work)
}
