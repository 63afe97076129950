//! The filters of a query: which exist, what they mean, and which rows match all of them.

use std::ops::ControlFlow;

use peerage_schema::{Column, DisplayForm, FieldKind, FilterSupport, Resource};
use peerage_search::TagSet;

use crate::query::predicate::{FilterOperator, FilterPlace, Predicate};
use crate::query::work::{ID, KEY, LOOK_UP, QueryWork, ROW, SIGHT, STEP, TEST};
use crate::query::{QueryError, QueryParams, special};
use crate::row::Row;
use crate::snapshot::documents::{kind_of, tag_of};
use crate::snapshot::{IdList, IndexKey, Snapshot};
use crate::viewer::Viewer;

/// One compiled filter.
#[derive(Debug)]
pub enum CompiledFilter {
    /// A test on a cell of the row itself.
    Own(Predicate),
    /// The row must have one of these ids, which are ascending.
    In(IdList),
    NotIn(IdList),
}

/// The context in which filters are evaluated.
#[derive(Clone, Copy)]
pub struct FilterScope<'a> {
    pub snapshot: &'a Snapshot,
    pub viewer: &'a Viewer,
    pub resource: Resource,
    pub work: &'a QueryWork,
}

/// Parameters that are not filters.
pub const CONTROLS: [&str; 14] = [
    "fields",
    "limit",
    "skip",
    "since",
    "depth",
    "page",
    "per_page",
    "pretty",
    "q",
    "name_search",
    "format",
    "_ctf",
    "callback",
    "distance",
];

impl FilterScope<'_> {
    /// Compiles all filters of the query. Unknown names are ignored; clients rely on this (spec/read-api.md, 5).
    pub fn compile(&self, params: &QueryParams, ignored: &[&str]) -> Result<Vec<CompiledFilter>, QueryError> {
        let mut filters = Vec::new();
        for name in params.names().filter(|name| !CONTROLS.contains(name) && !ignored.contains(name)) {
            if let Some(filter) = special::compile(self, name, params.first(name).unwrap_or_default())? {
                filters.extend(filter);
                continue;
            }
            if let Some(filter) = self.compile_plain(name, params.last(name).unwrap_or_default())? {
                filters.push(filter);
            }
        }
        Ok(filters)
    }

    /// A filter of section 5: on a column, on a column one step away, or on one of a reverse set.
    fn compile_plain(&self, raw: &str, value: &str) -> Result<Option<CompiledFilter>, QueryError> {
        let (name, operator) = FilterOperator::split(raw);
        let table = self.resource.table();
        if let Some(column) = own_column(self.resource, name) {
            let predicate = Predicate::compile(column, operator, value, FilterPlace::Own)?;
            return Ok(predicate.map(CompiledFilter::Own));
        }
        if self.reverse_set(name).is_some() {
            return Err(QueryError::Malformed("Invalid query".to_owned()));
        }
        let Some((relation, column)) = name.split_once("__") else { return Ok(None) };
        let relation = canonical_relation(relation);
        let reference =
            table.references().find(|(_, field, _)| field.is_stored() && field.relation_name() == Some(relation));
        if let Some((at, _, target)) = reference {
            let Some(column) = related_column(target, column) else { return Ok(None) };
            let Some(predicate) = Predicate::compile(column, operator, value, FilterPlace::Relation)? else {
                return Ok(None);
            };
            let parents = self.select(&predicate)?;
            return Ok(Some(CompiledFilter::In(self.pointing_to(table.column_at(at), &parents)?)));
        }
        let Some(by) = self.reverse_set(relation) else { return Ok(None) };
        let Some(column) = related_column(by.resource(), column) else { return Ok(None) };
        let Some(predicate) = Predicate::compile(column, operator, value, FilterPlace::Relation)? else {
            return Ok(None);
        };
        let children = self.select(&predicate)?;
        Ok(Some(CompiledFilter::In(self.pointed_by(by, &children, |_| true)?.into())))
    }

    /// The foreign key behind the name of a reverse set. In the reference, `net_set` and `fac_set` are not filters,
    /// because their prefix is rewritten.
    fn reverse_set(&self, name: &str) -> Option<Column> {
        let child = Resource::from_tag(name.strip_suffix("_set")?)?;
        if matches!(child, Resource::Net | Resource::Fac) {
            return None;
        }
        let points_here = |(_, field, of): &(usize, &peerage_schema::Field, Resource)| {
            *of == self.resource && field.is_stored() && !field.name.ends_with("_side_id")
        };
        child.table().references().find(points_here).map(|(at, _, _)| child.table().column_at(at))
    }

    /// Rows of the predicate's resource, whatever their status, that match and that the viewer can query.
    pub fn select(&self, predicate: &Predicate) -> Result<Vec<u32>, QueryError> {
        let resource = predicate.column.resource();
        let mut passing = Vec::new();
        let mut test = |row: &Row| {
            self.work.spend(ROW)?;
            if self.passes(predicate, row)? {
                passing.push(row.id());
            }
            Ok(())
        };
        if let Some(ids) = self.candidates(predicate)? {
            ids.iter().filter_map(|id| self.snapshot.row(resource, *id)).try_for_each(&mut test)?;
        } else {
            self.work.foresee((ROW + TEST).saturating_mul(self.snapshot.count(resource) as u64))?;
            self.snapshot.rows(resource).try_for_each(&mut test)?;
        }
        Ok(passing)
    }

    /// Rows of a resource, whatever their status.
    pub fn all_rows(&self, resource: Resource) -> Result<impl Iterator<Item = &Row>, QueryError> {
        self.work.spend_each(self.snapshot.count(resource), ROW)?;
        Ok(self.snapshot.rows(resource))
    }

    /// The live ones of these rows.
    pub fn live_of(&self, resource: Resource, ids: &[u32]) -> Result<IdList, QueryError> {
        self.work.spend_each(ids.len(), ROW + TEST)?;
        let is_live =
            |id: &u32| self.snapshot.row(resource, *id).is_some_and(|row| self.snapshot.is_live(resource, row));
        Ok(ids.iter().copied().filter(is_live).collect())
    }

    /// Whether the row matches and the viewer can know it: a filter must not reveal what is hidden (spec/read-api.md,
    /// 5.1).
    fn passes(&self, predicate: &Predicate, row: &Row) -> Result<bool, QueryError> {
        let (resource, field) = (predicate.column.resource(), predicate.column.field());
        let is_hidden = match field.shown {
            DisplayForm::ToWhoMaySee => {
                self.work.spend(SIGHT)?;
                !self.snapshot.may_read_restricted(self.viewer, resource, row)
            }
            _ if resource == Resource::Poc && !is_known_of_every_contact(field.name) => {
                self.work.spend(SIGHT)?;
                !self.snapshot.may_read(self.viewer, resource, row)
            }
            _ => false,
        };
        if is_hidden { Ok(false) } else { predicate.admits(row, self.work) }
    }

    /// A superset of the matching rows, from an index, ascending. `None` if no index helps.
    fn candidates(&self, predicate: &Predicate) -> Result<Option<IdList>, QueryError> {
        let column = predicate.column;
        if !(matches!(column.field().kind, FieldKind::Ref(_) | FieldKind::Id) || self.snapshot.has_index(column)) {
            return self.searched(predicate);
        }
        if let Some(prefix) = predicate.beginning() {
            let ids = self.snapshot.beginning(column, prefix).map(IdList::from);
            self.work.spend(KEY)?;
            self.work.spend_each(ids.as_ref().map_or(0, |ids| ids.len()), ID)?;
            return Ok(ids);
        }
        let Some(keys) = predicate.keys() else { return self.searched(predicate) };
        self.work.spend_each(keys.len(), KEY)?;
        if let [key] = &keys[..] {
            return Ok(self.holding(column, key));
        }
        let lists = keys.iter().map(|key| self.holding(column, key)).collect::<Option<Vec<IdList>>>();
        lists.map(|lists| self.united(&lists)).transpose()
    }

    /// The same from the search index, for tests whether a text contains or starts with another.
    fn searched(&self, predicate: &Predicate) -> Result<Option<IdList>, QueryError> {
        let column = predicate.column;
        let Some((kind, tag)) = kind_of(column.resource()).zip(tag_of(column)) else { return Ok(None) };
        let Some((needles, anchor)) = predicate.needles() else { return Ok(None) };
        let mut lists = Vec::with_capacity(needles.len());
        for needle in &needles {
            self.work.spend(KEY)?;
            let found = self.snapshot.search_index().containing(kind, TagSet::of(&[tag]), needle, anchor);
            let Some(found) = found else { return Ok(None) };
            self.work.spend_each(found.steps, STEP)?;
            lists.push(IdList::from(found.ids));
        }
        match <[IdList; 1]>::try_from(lists) {
            Ok([only]) => Ok(Some(only)),
            Err(lists) => self.united(&lists).map(Some),
        }
    }

    /// Rows with this value, from an index, ascending. `None` if no index helps.
    fn holding(&self, column: Column, key: &IndexKey) -> Option<IdList> {
        match (&column.field().kind, key) {
            (FieldKind::Id, IndexKey::Int(id)) => Some(u32::try_from(*id).map_or(IdList::None, IdList::One)),
            (FieldKind::Ref(_), IndexKey::Int(id)) => {
                let parent = u32::try_from(*id).ok();
                Some(parent.map(|parent| self.snapshot.pointing(column, parent)).unwrap_or_default())
            }
            _ => self.snapshot.holding(column, key),
        }
    }

    /// Rows whose `by` points to one of the parents, ascending.
    pub fn pointing_to(&self, by: Column, parents: &[u32]) -> Result<IdList, QueryError> {
        self.work.spend_each(parents.len(), ROW)?;
        if let [parent] = parents {
            return Ok(self.snapshot.pointing(by, *parent));
        }
        let lists: Vec<IdList> = parents.iter().map(|parent| self.snapshot.pointing(by, *parent)).collect();
        self.united(&lists)
    }

    /// The targets of `by` in those of these children that are `wanted`, ascending.
    pub fn pointed_by(
        &self,
        by: Column,
        children: &[u32],
        wanted: impl Fn(&Row) -> bool,
    ) -> Result<Vec<u32>, QueryError> {
        self.work.spend_each(children.len(), ROW + TEST + ID)?;
        let child = by.resource();
        let rows = children.iter().filter_map(|id| self.snapshot.row(child, *id)).filter(|row| wanted(row));
        let mut ids: Vec<u32> = rows.filter_map(|row| row.int(by)).map(|id| id as u32).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// The rows that match all filters and are `wanted`, ascending; stops after the first `enough`.
    pub fn matching(
        &self,
        filters: &[CompiledFilter],
        wanted: impl Fn(&Row) -> bool,
        enough: usize,
    ) -> Result<Vec<u32>, QueryError> {
        let mut start: Option<(usize, IdList)> = None;
        for (at, filter) in filters.iter().enumerate() {
            let candidates = match filter {
                CompiledFilter::Own(predicate) => self.candidates(predicate)?,
                CompiledFilter::In(ids) => Some(ids.clone()),
                CompiledFilter::NotIn(_) => None,
            };
            if let Some(ids) = candidates
                && start.as_ref().is_none_or(|(_, best)| ids.len() < best.len())
            {
                start = Some((at, ids));
            }
        }
        // A list of ids is exact, so its filter need not be tested again. An index may return rows that do not match.
        let is_said = |at: usize, filter: &CompiledFilter| {
            matches!(filter, CompiledFilter::In(_)) && start.as_ref().is_some_and(|(from, _)| at == *from)
        };
        let left: Vec<&CompiledFilter> =
            filters.iter().enumerate().filter(|(at, filter)| !is_said(*at, filter)).map(|(_, filter)| filter).collect();
        let left = cheapest_first(left);
        let mut passing = Vec::new();
        let mut test = |row: &Row| {
            self.work.spend(ROW + TEST)?;
            if wanted(row) && self.admits_all(&left, row)? {
                passing.push(row.id());
            }
            Ok(passing.len() < enough)
        };
        let go_on = |more: Result<bool, QueryError>| match more {
            Ok(true) => ControlFlow::Continue(()),
            Ok(false) => ControlFlow::Break(Ok(())),
            Err(error) => ControlFlow::Break(Err(error)),
        };
        let outcome = match &start {
            _ if enough == 0 => ControlFlow::Continue(()),
            Some((_, ids)) => {
                let mut rows = ids.iter().filter_map(|id| self.snapshot.row(self.resource, *id));
                rows.try_for_each(|row| go_on(test(row)))
            }
            None => {
                if enough == usize::MAX {
                    self.work.foresee((ROW + TEST).saturating_mul(self.snapshot.count(self.resource) as u64))?;
                }
                self.snapshot.rows(self.resource).try_for_each(|row| go_on(test(row)))
            }
        };
        if let ControlFlow::Break(Err(error)) = outcome { Err(error) } else { Ok(passing) }
    }

    /// Whether a row matches all filters. Stops at the first that does not match.
    pub fn admits_all(&self, filters: &[&CompiledFilter], row: &Row) -> Result<bool, QueryError> {
        for filter in filters {
            if !self.admits(filter, row)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a row matches one filter.
    fn admits(&self, filter: &CompiledFilter, row: &Row) -> Result<bool, QueryError> {
        Ok(match filter {
            CompiledFilter::Own(predicate) => return self.passes(predicate, row),
            CompiledFilter::In(ids) => {
                self.work.spend(LOOK_UP)?;
                ids.binary_search(&row.id()).is_ok()
            }
            CompiledFilter::NotIn(ids) => {
                self.work.spend(LOOK_UP)?;
                ids.binary_search(&row.id()).is_err()
            }
        })
    }

    /// The union of the lists, ascending.
    fn united(&self, lists: &[IdList]) -> Result<IdList, QueryError> {
        self.work.spend_each(lists.iter().map(|list| list.len()).sum(), ID)?;
        let mut ids: Vec<u32> = lists.iter().flat_map(|list| list.iter().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(ids.into())
    }
}

/// Filters in the order in which they are tested: those on texts last, because they cost most.
pub fn cheapest_first(mut filters: Vec<&CompiledFilter>) -> Vec<&CompiledFilter> {
    filters.sort_by_key(|filter| matches!(filter, CompiledFilter::Own(predicate) if predicate.is_on_text()));
    filters
}

/// Fields of a contact that everyone can query, for any contact: that it exists, and what it belongs to.
fn is_known_of_every_contact(name: &str) -> bool {
    matches!(name, "id" | "net_id" | "status")
}

/// The name of a relation in the tables. The reference also accepts its own long names.
pub fn canonical_relation(name: &str) -> &str {
    match name {
        "network" => "net",
        "facility" => "fac",
        other => other,
    }
}

/// The name of a column in the tables. `pk`, Django's name of the primary key, is the id.
pub fn canonical_column(name: &str) -> &str {
    if name == "pk" { "id" } else { name }
}

/// The column of the resource to which a filter's name refers.
fn own_column(resource: Resource, name: &str) -> Option<Column> {
    let table = resource.table();
    let name = canonical_column(name);
    let is_filterable = |position: &usize| {
        let field = &table.fields[*position];
        field.filter == FilterSupport::Yes && !field.kind.is_relation()
    };
    if let Some(position) = table.position(name).filter(is_filterable) {
        return Some(table.column_at(position));
    }
    let short = name.strip_suffix("_id").unwrap_or(name);
    let relation = canonical_relation(short);
    let reference = table.references().find(|(_, field, _)| field.relation_name() == Some(relation));
    let position = reference.map(|(position, _, _)| position).or_else(|| table.position(short));
    position.filter(is_filterable).map(|position| table.column_at(position))
}

/// A column of a resource one step away: any filterable one, except foreign keys and those that the reference excludes.
fn related_column(target: Resource, name: &str) -> Option<Column> {
    let table = target.table();
    let name = canonical_column(name);
    let position = table.position(name)?;
    let field = &table.fields[position];
    let is_closed = matches!(
        (target, name),
        (Resource::Org, "latitude" | "longitude") | (Resource::Ixlan, "descr" | "ixf_ixp_member_list_url")
    );
    let is_open = field.filter != FilterSupport::No
        && !field.kind.is_relation()
        && !matches!(field.kind, FieldKind::Ref(_))
        && !is_closed;
    is_open.then(|| table.column_at(position))
}
