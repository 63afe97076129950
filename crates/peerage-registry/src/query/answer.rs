//! The bytes of an answer: complete, as shared pages, or produced while they are sent.

use std::sync::Arc;

use bytes::Bytes;
use peerage_schema::Resource;
use serde_json::{Map, Value as Json};

use crate::json::{pretty, push_text, push_value};
use crate::query::QueryError;
use crate::query::work::{LIGHT_BYTES_MAX, QueryWork};
use crate::rules::WriteDecision;
use crate::snapshot::{ListingFrames, ObjectExpansion, SEPARATOR, Snapshot};
use crate::viewer::{Viewer, ViewerClass};

const BEGIN: &[u8] = b"{\"data\": [";
const END: &[u8] = b"], \"meta\": {}}";

/// The end of the envelope after the rows, with a non-empty `meta`.
fn end_with(meta: &Map<String, Json>) -> Vec<u8> {
    let mut end = b"], \"meta\": ".to_vec();
    push_value(&mut end, &Json::Object(meta.clone()));
    end.push(b'}');
    end
}

/// Above this number of rows, an answer is produced while it is sent, so that no request holds much memory, unless it is
/// known to be short.
const ROWS_MAX_AT_ONCE: usize = 2_000;

/// Approximate size of a row in an answer whose size is not known, in bytes.
const ROW_BYTES: usize = 512;

/// Approximate size of a chunk that is produced while sending, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// How much more an indented answer costs than the same without indentation: its bytes are written a second time, and
/// there are more of them.
const PRETTY_COST: usize = 3;

/// The result of a query.
#[derive(Debug)]
pub struct QueryResponse {
    pub body: QueryBody,
}

/// The envelope, in one of three forms.
#[derive(Debug)]
pub enum QueryBody {
    Whole(Bytes),
    /// All live rows of a resource, from the bytes in the snapshot.
    Pages(ListingPages),
    /// Many rows, serialized as they are sent.
    Listing(RowListing),
}

/// A full listing for one class of viewers.
#[derive(Clone)]
pub struct ListingPages {
    snapshot: Arc<Snapshot>,
    resource: Resource,
    class: ViewerClass,
    /// The end of the envelope.
    end: Bytes,
}

impl ListingPages {
    pub fn new(
        snapshot: Arc<Snapshot>,
        resource: Resource,
        class: ViewerClass,
        meta: &Map<String, Json>,
    ) -> ListingPages {
        let end = if meta.is_empty() { Bytes::from_static(END) } else { end_with(meta).into() };
        ListingPages { snapshot, resource, class, end }
    }

    /// Whether all bytes already exist, so that no other request has to wait while they are produced.
    pub fn is_made(&self, deflated: bool) -> bool {
        if deflated {
            return self.snapshot.deflated_listing_is_made(self.resource, self.class);
        }
        self.snapshot.listing_is_made(self.resource, self.class)
    }

    /// The envelope in chunks that share the snapshot's bytes.
    pub fn frames(&self) -> ListingFrames {
        self.snapshot.listing(self.resource, self.class, Bytes::from_static(BEGIN), self.end.clone())
    }

    /// The same as one gzip member. Compresses pages that have not been compressed yet, which takes some milliseconds
    /// each.
    pub fn gzip_frames(&self) -> ListingFrames {
        self.snapshot.deflated_listing(self.resource, self.class).between(BEGIN, &self.end)
    }
}

impl std::fmt::Debug for ListingPages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pages({} for {:?})", self.resource.tag(), self.class)
    }
}

/// Which fields of a row are shown.
#[derive(Debug, Clone)]
pub struct FieldSelection {
    /// Requested fields, in table order.
    pub requested: Vec<usize>,
    /// Fields that are shown even if not requested; `true`: only if the list has items.
    pub always: Vec<(usize, bool)>,
    /// A field that the viewer cannot see, and the one that replaces it.
    pub instead: Option<(usize, usize)>,
}

/// How each row of an answer is written.
#[derive(Clone)]
pub struct RowRendering {
    pub snapshot: Arc<Snapshot>,
    pub viewer: Viewer,
    pub resource: Resource,
    pub expansion: ObjectExpansion,
    pub selection: Option<FieldSelection>,
}

impl RowRendering {
    fn push(&self, id: u32, out: &mut Vec<u8>) {
        let Some(row) = self.snapshot.row(self.resource, id) else { return };
        let Some(selection) = &self.selection else {
            return self.snapshot.push_expanded(&self.viewer, self.resource, row, self.expansion, out);
        };
        let mut positions = selection.requested.clone();
        if let Some((hidden, shown)) = selection.instead
            && !self.snapshot.may_read_restricted(&self.viewer, self.resource, row)
        {
            positions.iter_mut().filter(|position| **position == hidden).for_each(|position| *position = shown);
        }
        let always = selection.always.iter().filter(|(at, if_any)| !if_any || self.snapshot.has_items(row, *at));
        positions.extend(always.map(|(position, _)| *position));
        let requested_count = positions.len().min(selection.requested.len());
        self.snapshot.push_fields(&self.viewer, self.resource, row, &positions, requested_count, self.expansion, out);
    }

    /// Approximate size of a row in bytes. A flat row counts as 0, because its fields are bounded.
    fn foreseen(&self, id: u32) -> usize {
        let is_related = |selection: &FieldSelection| {
            let mut all = selection.requested.iter().chain(selection.always.iter().map(|(position, _)| position));
            all.any(|position| self.resource.table().fields[*position].kind.is_relation())
        };
        if self.expansion.budget <= 0 || !self.selection.as_ref().is_none_or(is_related) {
            return 0;
        }
        let row = self.snapshot.row(self.resource, id);
        row.map_or(0, |row| self.snapshot.foresee_expanded(self.resource, row, self.expansion, LIGHT_BYTES_MAX))
    }

    /// The answer to a change with its row: some members have another value, others are added.
    pub fn answer_with(
        &self,
        id: u32,
        decided: &WriteDecision,
        meta: &Map<String, Json>,
        is_pretty: bool,
    ) -> QueryResponse {
        let mut row = Vec::new();
        self.push(id, &mut row);
        if !decided.instead.is_empty()
            && let Ok(mut shown) = serde_json::from_slice::<Map<String, Json>>(&row)
        {
            for (name, value) in &decided.instead {
                if let Some(member) = shown.get_mut(*name) {
                    member.clone_from(value);
                }
            }
            row.clear();
            push_value(&mut row, &Json::Object(shown));
        }
        if !decided.extra.is_empty() && self.selection.is_none() && row.last() == Some(&b'}') {
            row.pop();
            for (name, value) in &decided.extra {
                row.extend_from_slice(SEPARATOR);
                push_text(&mut row, name);
                row.extend_from_slice(b": ");
                push_value(&mut row, value);
            }
            row.push(b'}');
        }
        let mut out = BEGIN.to_vec();
        out.extend_from_slice(&row);
        out.extend_from_slice(&end_with(meta));
        QueryResponse { body: QueryBody::Whole(if is_pretty { pretty(&out).into() } else { out.into() }) }
    }

    /// The answer with these rows.
    ///
    /// # Errors
    /// The answer has too many bytes for a thread on which other requests wait.
    pub fn answer(
        self,
        ids: Vec<u32>,
        meta: &Map<String, Json>,
        is_pretty: bool,
        work: &QueryWork,
    ) -> Result<QueryResponse, QueryError> {
        let end = end_with(meta);
        let is_flat = self.selection.is_none() && self.expansion.budget <= 0;
        let copied = if is_flat { self.snapshot.made_bytes(self.resource, &ids, LIGHT_BYTES_MAX) } else { None };
        if ids.len() > ROWS_MAX_AT_ONCE && !is_pretty && copied.is_none() {
            let copies_rows = is_flat && self.snapshot.rows_are_made(self.resource, &ids);
            if !copies_rows {
                work.admit_bytes(usize::MAX)?;
            }
            let listing = RowListing { rendering: self, ids, next: 0, end: Some(end.into()), copies_rows };
            return Ok(QueryResponse { body: QueryBody::Listing(listing) });
        }
        let rows = copied.unwrap_or(ids.len() * ROW_BYTES);
        let mut out = Vec::with_capacity(BEGIN.len() + end.len() + rows);
        out.extend_from_slice(BEGIN);
        for (at, id) in ids.iter().enumerate() {
            if work.is_light() {
                let foreseen = out.len().saturating_add(self.foreseen(*id));
                work.admit_bytes(foreseen.saturating_mul(if is_pretty { PRETTY_COST } else { 1 }))?;
            }
            if at > 0 {
                out.extend_from_slice(SEPARATOR);
            }
            self.push(*id, &mut out);
        }
        out.extend_from_slice(&end);
        Ok(QueryResponse { body: QueryBody::Whole(if is_pretty { pretty(&out).into() } else { out.into() }) })
    }
}

/// An answer with many rows.
pub struct RowListing {
    rendering: RowRendering,
    ids: Vec<u32>,
    next: usize,
    end: Option<Bytes>,
    copies_rows: bool,
}

impl RowListing {
    /// Whether producing a chunk takes no longer than copying it, so that it delays no other request.
    pub fn copies_rows(&self) -> bool {
        self.copies_rows
    }

    /// The number of bytes that it needs for itself.
    pub fn own_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<u32>() + PIECE_BYTES
    }
}

impl Iterator for RowListing {
    type Item = Bytes;

    /// The next chunk of the envelope, about 64 KiB.
    fn next(&mut self) -> Option<Bytes> {
        if self.next >= self.ids.len() {
            return self.end.take();
        }
        let mut out = Vec::with_capacity(PIECE_BYTES + PIECE_BYTES / 4);
        if self.next == 0 {
            out.extend_from_slice(BEGIN);
        }
        while out.len() < PIECE_BYTES
            && let Some(id) = self.ids.get(self.next)
        {
            if self.next > 0 {
                out.extend_from_slice(SEPARATOR);
            }
            self.rendering.push(*id, &mut out);
            self.next += 1;
        }
        Some(out.into())
    }
}

impl std::fmt::Debug for RowListing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listing({} rows of {})", self.ids.len(), self.rendering.resource.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::LogHead;
    use crate::query::{ListQuery, QueryParams, list};
    use crate::snapshot::SnapshotLoader;
    use crate::stored;

    fn registry(rows: u32, name: &str) -> Arc<Snapshot> {
        let mut loader = SnapshotLoader::default();
        for id in 1..=rows {
            let row = format!(r#"{{"id": {id}, "name": "{name}", "status": "ok"}}"#);
            loader.push(Resource::Org, stored::from_json(Resource::Org, &row).expect("a row"));
        }
        Arc::new(loader.finish(LogHead::EMPTY))
    }

    fn answer(snapshot: &Arc<Snapshot>, query: &str) -> QueryBody {
        let (viewer, params, work) = (&Viewer::Anonymous, &QueryParams::parse(query), &QueryWork::full(snapshot));
        let ask = ListQuery { snapshot, viewer, resource: Resource::Org, params, url: "", work };
        list(&ask).expect("an answer").body
    }

    #[test]
    fn many_rows_are_one_answer_if_they_are_made_and_short() {
        let snapshot = registry(2_100, "Example");
        snapshot.encode();
        let QueryBody::Pages(pages) = answer(&snapshot, "") else { panic!("the whole listing") };
        let QueryBody::Whole(whole) = answer(&snapshot, "limit=2100") else { panic!("it is made and short") };
        assert_eq!(pages.frames().collect::<Vec<_>>().concat(), whole);
        let ids: Vec<u32> = (1..=2_100).collect();
        let bytes = snapshot.made_bytes(Resource::Org, &ids, usize::MAX);
        assert_eq!(bytes, Some(whole.len() - BEGIN.len() - END.len() + SEPARATOR.len()), "a separator too many");
        assert!(matches!(answer(&snapshot, "limit=2050&fields=id"), QueryBody::Listing(_)));
        let long = registry(2_100, &"x".repeat(600));
        long.encode();
        assert!(matches!(answer(&long, "limit=2050"), QueryBody::Listing(_)));
    }
}
