//! A list of an object as a table: filtered, sorted and in pages, by what the address says.

use peerage_pages::PageTexts;
use peerage_pages::object::{ObjectCell, ObjectColumn, ObjectTable};
use peerage_registry::fold::fold;
use peerage_registry::query::{ListQuery, QueryParams, QueryWork, select};
use peerage_registry::{Row, Snapshot, Viewer};
use peerage_schema::Resource;
use peerage_schema::tables::ixlan;

use super::lists::ObjectList;
use crate::address::escaped;
use crate::table::cells::ListColumn;
use crate::table::{finish, label, order_word, sort_key, translate_cell};
use crate::visit::Visit;

/// Rows on one page of a table.
pub const ROWS_A_PAGE: usize = 250;

/// The longest filter, in characters.
const FILTER_MAX: usize = 100;

/// What the reader chose for one table of a page. The other tables keep their order.
pub struct TableChoice {
    table: String,
    filter: String,
    sort: String,
    page: usize,
    /// Whether all rows are wanted at once, for a file or for text.
    is_whole: bool,
}

impl TableChoice {
    /// Reads `table`, `q`, `sort` (`-speed`: descending) and `page` from the address.
    pub fn of(visit: &Visit, is_whole: bool) -> TableChoice {
        let text = |name| visit.query(name).unwrap_or_default();
        TableChoice {
            table: text("table"),
            filter: text("q").chars().take(FILTER_MAX).collect(),
            sort: text("sort"),
            page: text("page").parse().unwrap_or(1),
            is_whole,
        }
    }
}

/// The object whose lists are shown, and who looks.
pub struct ListedObject<'a> {
    pub visit: &'a Visit,
    pub viewer: &'a Viewer,
    /// The time in the address; empty: now.
    pub at: String,
    /// The address of the page, to which parameters can be added.
    pub start: String,
    pub id: u32,
    pub texts: PageTexts,
}

impl ListedObject<'_> {
    fn snapshot(&self) -> &std::sync::Arc<Snapshot> {
        self.visit.shown()
    }

    /// The query that finds the rows of a list.
    fn query(&self, list: &ObjectList) -> String {
        if list.of == Resource::Ixpfx {
            let lans: Vec<String> =
                self.snapshot().pointing(ixlan::IX_ID, self.id).iter().map(ToString::to_string).collect();
            return format!("ixlan_id__in={}", lans.join(","));
        }
        format!("{}={}", list.by.name(), self.id)
    }

    /// All rows of a list that the reader may see: the same that the API returns.
    fn rows(&self, query: &str, list: &ObjectList) -> Vec<u32> {
        let params = QueryParams::parse(query);
        let work = QueryWork::full(self.snapshot());
        let (snapshot, viewer, resource) = (self.snapshot(), self.viewer, list.of);
        select(&ListQuery { snapshot, viewer, resource, params: &params, url: "", work: &work }).unwrap_or_default()
    }

    /// The list as a table.
    pub fn table(&self, list: &'static ObjectList, choice: &TableChoice) -> ObjectTable {
        let query = self.query(list);
        let snapshot = self.snapshot();
        let ids = self.rows(&query, list);
        let mut rows: Vec<&Row> = ids.iter().filter_map(|id| snapshot.row(list.of, *id)).collect();
        let total = rows.len();
        let is_chosen = choice.table == list.key;
        let filter = if is_chosen { choice.filter.trim() } else { "" };
        if !filter.is_empty() {
            let wanted = fold(filter);
            let fits = |cell: &ObjectCell| [&*cell.text, cell.plain()].iter().any(|text| fold(text).contains(&*wanted));
            rows.retain(|row| self.cells(list, row).iter().any(fits));
        }
        let (sort, is_descending) = order(list, if is_chosen { &choice.sort } else { "" });
        let mut keyed: Vec<_> =
            rows.into_iter().map(|row| (sort_key(self.texts, (sort.cell)(snapshot, row)), row)).collect();
        keyed.sort_by(|(one, of), (other, than)| {
            let by = if is_descending { other.cmp(one) } else { one.cmp(other) };
            by.then(of.id().cmp(&than.id()))
        });
        let count = keyed.len();
        let pages = count.div_ceil(ROWS_A_PAGE).max(1);
        let page = if is_chosen { choice.page.clamp(1, pages) } else { 1 };
        let (skipped, taken) = if choice.is_whole { (0, count) } else { ((page - 1) * ROWS_A_PAGE, ROWS_A_PAGE) };
        // A column in which no row has anything is left out of the page; files have all columns.
        let has_any = |column: &&ListColumn| {
            choice.is_whole || keyed.is_empty() || keyed.iter().any(|(_, row)| !(column.cell)(snapshot, row).is_empty())
        };
        let is_known = |column: &&ListColumn| self.visit.past.is_none() || !column.is_count;
        let shown_columns: Vec<&'static ListColumn> = list.columns.iter().filter(is_known).filter(has_any).collect();
        let shown = keyed.iter().skip(skipped).take(taken);
        let mut rows: Vec<Vec<ObjectCell>> =
            shown.map(|(_, row)| shown_columns.iter().map(|column| (column.cell)(snapshot, row)).collect()).collect();
        finish(self.texts, &shown_columns, &mut rows);
        let at =
            TableAddress { start: &self.start, key: list.key, filter, sort: if is_chosen { &choice.sort } else { "" } };
        let columns = shown_columns.into_iter().map(|column| {
            let is_by = std::ptr::eq(column, sort);
            let next = if is_by && !is_descending { format!("-{}", column.key) } else { column.key.to_owned() };
            ObjectColumn {
                key: column.key.into(),
                label: label(self.texts, column),
                is_number: column.is_number,
                link: at.page(1, &next),
                order: order_word(is_by, is_descending),
            }
        });
        let kept = [("at", self.at.clone()), ("table", list.key.to_owned()), ("sort", at.sort.to_owned())];
        let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
        ObjectTable {
            key: list.key,
            title: self.texts.get(list.title).into_owned(),
            columns: columns.collect(),
            rows,
            count,
            total,
            filter: filter.to_owned(),
            page,
            pages: if choice.is_whole { 1 } else { pages },
            newer: (page > 1).then(|| at.page(page - 1, at.sort)),
            older: (page < pages).then(|| at.page(page + 1, at.sort)),
            csv: at.file(),
            // The API shows the present only.
            api: if self.visit.past.is_some() { String::new() } else { format!("/api/{}?{query}", list.of.tag()) },
            kept: kept.collect(),
            note: String::new(),
        }
    }

    fn cells(&self, list: &ObjectList, row: &Row) -> Vec<ObjectCell> {
        let mut cells: Vec<_> = list.columns.iter().map(|column| (column.cell)(self.snapshot(), row)).collect();
        for cell in &mut cells {
            translate_cell(self.texts, cell);
        }
        cells
    }
}

/// The column that a list is sorted by, and whether it is descending.
fn order(list: &'static ObjectList, wanted: &str) -> (&'static ListColumn, bool) {
    let (name, is_descending) = wanted.strip_prefix('-').map_or((wanted, false), |name| (name, true));
    let find = |name: &str| list.columns.iter().find(|column| column.key == name);
    match find(name) {
        Some(column) => (column, is_descending),
        None => (find(list.order).unwrap_or(&list.columns[0]), false),
    }
}

/// The addresses of a table.
struct TableAddress<'a> {
    start: &'a str,
    key: &'a str,
    filter: &'a str,
    sort: &'a str,
}

impl TableAddress<'_> {
    fn page(&self, page: usize, sort: &str) -> String {
        let mut address = format!("{}table={}", self.start, self.key);
        for (name, value) in [("q", self.filter), ("sort", sort)] {
            if !value.is_empty() {
                address.push_str(&format!("&{name}={}", escaped(value)));
            }
        }
        if page > 1 {
            address.push_str(&format!("&page={page}"));
        }
        format!("{address}#{}", self.key)
    }

    fn file(&self) -> String {
        let filter = if self.filter.is_empty() { String::new() } else { format!("&q={}", escaped(self.filter)) };
        format!("{}format=csv&table={}{filter}", self.start, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_sorted_by_one_of_its_columns() {
        let kinds = [Resource::Net, Resource::Ix, Resource::Fac, Resource::Org, Resource::Carrier, Resource::Campus];
        for resource in kinds {
            let lists = super::super::lists::of(resource);
            assert!(!lists.is_empty(), "{}", resource.tag());
            for list in lists {
                assert!(list.columns.iter().any(|column| column.key == list.order), "{}", list.key);
                assert_eq!(order(list, "nothing").0.key, list.order);
                assert!(order(list, &format!("-{}", list.columns[0].key)).1);
            }
        }
    }
}
