//! The objects that a question finds: the rows of the API, as a table or a file.

use std::sync::Arc;

use axum::http::StatusCode;
use bytes::Bytes;
use peerage_pages::PageTexts;
use peerage_pages::object::{ObjectCell, ObjectColumn, ObjectTable, SortKey, plain_table};
use peerage_registry::query::{ListQuery, QueryError, QueryParams, QueryWork, select};
use peerage_registry::{Snapshot, Viewer};
use peerage_schema::tables::net;
use peerage_schema::{Column, FieldKind};

use super::question::SearchQuestion;
use super::{ROWS_A_PAGE, columns};
use crate::page_form::PageForm;
use crate::table::cells::field_cell;
use crate::table::csv::csv;
use crate::table::{order_word, sort_key, split_order, translate_cells};

/// Who asks, and of which state.
pub struct SearchContext {
    pub snapshot: Arc<Snapshot>,
    pub viewer: Viewer,
    pub texts: PageTexts,
}

/// What a question leads to.
pub enum SearchOutcome {
    Table(Box<ObjectTable>),
    /// CSV or plain text.
    File(Bytes),
    /// The API has the answer.
    Api,
    /// It cannot be answered, and why, in the reader's language. The filter at fault, if one alone is.
    Refused {
        status: StatusCode,
        text: String,
        filter: Option<String>,
    },
    /// The rows of a file of places.
    Places(Vec<u32>),
    /// A filter was not understood; the question says which.
    Nothing,
}

impl SearchContext {
    /// Answers a question. `is_defused`: a file has no cells that a spreadsheet would take for formulas.
    pub fn answer(&self, question: &SearchQuestion, form: PageForm, is_defused: bool) -> SearchOutcome {
        if !question.troubles.is_empty() {
            return SearchOutcome::Nothing;
        }
        if form == PageForm::Json {
            return SearchOutcome::Api;
        }
        let ids = match self.select(question, &question.params(), &QueryWork::full(&self.snapshot)) {
            Ok(ids) => ids,
            Err(error) => return self.refused(question, &error),
        };
        if matches!(form, PageForm::GeoJson | PageForm::Kmz) {
            return SearchOutcome::Places(ids);
        }
        let table = self.table(question, ids, form != PageForm::Html);
        match form {
            PageForm::Html => SearchOutcome::Table(Box::new(table)),
            PageForm::Text => SearchOutcome::File(plain_table(&table, self.texts).into()),
            _ => SearchOutcome::File(csv(&table, is_defused).into()),
        }
    }

    /// All rows that the API's filter finds, in its order.
    fn select(
        &self,
        question: &SearchQuestion,
        params: &QueryParams,
        work: &QueryWork,
    ) -> Result<Vec<u32>, QueryError> {
        let (snapshot, viewer, resource) = (&self.snapshot, &self.viewer, question.resource);
        match select(&ListQuery { snapshot, viewer, resource, params, url: "", work }) {
            Err(QueryError::NoEntity) => Ok(Vec::new()),
            found => found,
        }
    }

    fn refused(&self, question: &SearchQuestion, error: &QueryError) -> SearchOutcome {
        let text = match error {
            QueryError::Fields(fields) => {
                let each = fields.iter().map(|(field, reason)| format!("{field}: {}", self.texts.message(reason)));
                each.collect::<Vec<_>>().join("; ")
            }
            other => self.texts.message(&other.to_string()),
        };
        let status = match error {
            QueryError::Refused(_) => StatusCode::FORBIDDEN,
            _ => StatusCode::BAD_REQUEST,
        };
        SearchOutcome::Refused { status, text, filter: self.at_fault(question, error) }
    }

    /// The filter that is refused for the same reason if it stands alone.
    fn at_fault(&self, question: &SearchQuestion, error: &QueryError) -> Option<String> {
        let work = QueryWork::full(&self.snapshot);
        let is_at_fault = |(name, value): &&(String, String)| {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair(name, value)
                .append_pair("limit", "1")
                .finish();
            self.select(question, &QueryParams::parse(&query), &work).is_err_and(|other| other == *error)
        };
        question.filters.iter().find(is_at_fault).map(|(name, _)| name.clone())
    }

    /// One page of the rows, or all of them.
    fn table(&self, question: &SearchQuestion, ids: Vec<u32>, is_whole: bool) -> ObjectTable {
        let (texts, total) = (self.texts, ids.len());
        let shown = columns::chosen(question.resource, &question.cols);
        let pages = total.div_ceil(ROWS_A_PAGE).max(1);
        let page = question.page.min(pages);
        let range = if is_whole { 0..total } else { (page - 1) * ROWS_A_PAGE..(page * ROWS_A_PAGE).min(total) };
        let (key, is_descending) = split_order(&question.sort);
        let by = columns::all(question.resource).find(|column| column.name() == key);
        // A search in a circle begins with what is nearest.
        let is_by_distance = by.is_none() && !question.value("distance").is_empty();
        let by = by.or_else(|| columns::all(question.resource).next());
        let ids = match by.filter(|_| !is_by_distance) {
            Some(by) => {
                let keyed = ids.into_iter().map(|id| (self.sort_key(by, id), id)).collect();
                cut(keyed, is_descending, range)
            }
            None => ids.get(range).map(<[u32]>::to_vec).unwrap_or_default(),
        };
        let found = ids.iter().filter_map(|id| self.snapshot.row(question.resource, *id));
        let cells = |row| shown.iter().map(|column| field_cell(&self.snapshot, row, *column)).collect();
        let mut rows: Vec<Vec<ObjectCell>> = found.map(cells).collect();
        translate_cells(texts, &mut rows);
        let address = question.address().with("page", "");
        let column = |column: &Column| {
            let is_by = !is_by_distance && by == Some(*column);
            let next = if is_by && !is_descending { format!("-{}", column.name()) } else { column.name().to_owned() };
            ObjectColumn {
                key: column.name().into(),
                label: texts.message(column.field().label),
                is_number: is_number(*column),
                link: address.with("sort", &next).text(),
                order: order_word(is_by, is_descending),
            }
        };
        let at_page =
            |page: usize| address.with("page", &if page > 1 { page.to_string() } else { String::new() }).text();
        ObjectTable {
            key: question.resource.tag(),
            title: texts.get("advanced-results").into_owned(),
            columns: shown.iter().map(column).collect(),
            rows,
            count: total,
            total,
            filter: String::new(),
            page,
            pages: if is_whole { 1 } else { pages },
            newer: (page > 1).then(|| at_page(page - 1)),
            older: (page < pages).then(|| at_page(page + 1)),
            csv: address.with("format", "csv").text(),
            api: question.api(),
            kept: Vec::new(),
            note: String::new(),
        }
    }

    fn sort_key(&self, by: Column, id: u32) -> SortKey {
        let row = self.snapshot.row(by.resource(), id);
        row.map(|row| sort_key(self.texts, field_cell(&self.snapshot, row, by))).unwrap_or_default()
    }
}

fn is_number(column: Column) -> bool {
    column == net::ASN || matches!(column.field().kind, FieldKind::Int { .. } | FieldKind::Count)
}

/// The IDs in a range of the sorted list. Only what is in the range is sorted completely.
fn cut(mut keyed: Vec<(SortKey, u32)>, is_descending: bool, range: std::ops::Range<usize>) -> Vec<u32> {
    let compare = |one: &(SortKey, u32), other: &(SortKey, u32)| {
        let by = if is_descending { other.0.cmp(&one.0) } else { one.0.cmp(&other.0) };
        by.then(one.1.cmp(&other.1))
    };
    if range.is_empty() {
        return Vec::new();
    }
    if range.start > 0 && range.start < keyed.len() {
        keyed.select_nth_unstable_by(range.start, compare);
        keyed.drain(..range.start);
    }
    if range.len() < keyed.len() {
        keyed.select_nth_unstable_by(range.len(), compare);
        keyed.truncate(range.len());
    }
    keyed.sort_unstable_by(compare);
    keyed.into_iter().map(|(_, id)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_the_same_as_sorting_everything() {
        let keys = [5, 3, 9, 3, 1, 5, 0, 9, 2, 7];
        let keyed: Vec<(SortKey, u32)> = keys.iter().zip(0..).map(|(key, id)| (SortKey::Number(*key), id)).collect();
        for is_descending in [false, true] {
            let mut sorted = keyed.clone();
            sorted.sort_by(|one, other| {
                let by = if is_descending { other.0.cmp(&one.0) } else { one.0.cmp(&other.0) };
                by.then(one.1.cmp(&other.1))
            });
            let sorted: Vec<u32> = sorted.into_iter().map(|(_, id)| id).collect();
            for from in 0..=keys.len() {
                for to in from..=keys.len() {
                    assert_eq!(cut(keyed.clone(), is_descending, from..to), sorted[from..to], "{from} {to}");
                }
            }
        }
    }
}
