//! The bytes of an answer: whole, as shared pages, or made bit by bit while they are sent.

use std::sync::Arc;

use bytes::Bytes;
use peerage_schema::Resource;
use serde_json::{Map, Value as Json};

use crate::json::{pretty, push_text, push_value};
use crate::query::QueryError;
use crate::query::work::Work;
use crate::rules::Judged;
use crate::snapshot::{Deflated, Expansion, Gzip, Page, SEPARATOR, Snapshot};
use crate::viewer::{Class, Viewer};

const BEGIN: &[u8] = b"{\"data\": [";
const END: &[u8] = b"], \"meta\": {}}";

/// Rows above which an answer is made while it is sent, so that no request holds much memory.
const ROWS_MAX_AT_ONCE: usize = 2_000;

/// Bytes of a piece that is made while sending, about.
const PIECE_BYTES: usize = 64 * 1024;

/// What a question is answered with.
#[derive(Debug)]
pub struct Answer {
    pub body: Body,
}

/// The envelope, in one of three forms.
#[derive(Debug)]
pub enum Body {
    Whole(Bytes),
    /// All live rows of a resource, from the bytes that the snapshot holds.
    Pages(Pages),
    /// Many rows, made as they are sent.
    Listing(Listing),
}

/// A full listing for one class of viewers.
#[derive(Clone)]
pub struct Pages {
    snapshot: Arc<Snapshot>,
    resource: Resource,
    class: Class,
}

impl Pages {
    pub fn new(snapshot: Arc<Snapshot>, resource: Resource, class: Class) -> Pages {
        Pages { snapshot, resource, class }
    }

    fn pages(&self) -> impl Iterator<Item = &Arc<Page>> {
        self.snapshot.pages(self.resource).map(|(_, page)| page)
    }

    /// Whether all of its bytes are there already: nobody has to wait for them.
    pub fn is_made(&self, deflated: bool) -> bool {
        self.pages().all(|page| self.snapshot.page_is_made(self.resource, page, self.class, deflated))
    }

    /// The envelope in pieces that share the snapshot's bytes.
    pub fn frames(&self) -> Vec<Bytes> {
        let mut frames = vec![Bytes::from_static(BEGIN)];
        for page in self.pages() {
            let frame = self.snapshot.page_frame(self.resource, page, self.class);
            if frame.is_empty() {
                continue;
            }
            let is_first = frames.len() == 1;
            frames.push(if is_first { frame.slice(SEPARATOR.len()..) } else { frame });
        }
        frames.push(Bytes::from_static(END));
        frames
    }

    /// The same as one gzip member. Pages that were not compressed yet are compressed now: some milliseconds each.
    pub fn gzip_frames(&self) -> Vec<Bytes> {
        let mut gzip = Gzip::default();
        gzip.push(&Deflated::stored(BEGIN));
        let mut is_first = true;
        for page in self.pages() {
            if self.snapshot.page_frame(self.resource, page, self.class).is_empty() {
                continue;
            }
            let piece = self.snapshot.page_deflated(self.resource, page, self.class);
            gzip.push(piece.piece(std::mem::take(&mut is_first)));
        }
        gzip.push(&Deflated::stored(END));
        gzip.finish()
    }
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pages({} for {:?})", self.resource.tag(), self.class)
    }
}

/// Which fields of a row are shown.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Asked for, in table order.
    pub asked: Vec<usize>,
    /// Not asked for and shown all the same; `true`: only if it has items.
    pub always: Vec<(usize, bool)>,
    /// A field that the viewer may not see, and the one that takes its place then.
    pub instead: Option<(usize, usize)>,
}

/// How each row of an answer is written.
#[derive(Clone)]
pub struct Rendering {
    pub snapshot: Arc<Snapshot>,
    pub viewer: Viewer,
    pub resource: Resource,
    pub expansion: Expansion,
    pub selection: Option<Selection>,
}

impl Rendering {
    fn push(&self, id: u32, out: &mut Vec<u8>) {
        let Some(row) = self.snapshot.row(self.resource, id) else { return };
        let Some(selection) = &self.selection else {
            return self.snapshot.push_expanded(&self.viewer, self.resource, row, self.expansion, out);
        };
        let mut positions = selection.asked.clone();
        if let Some((hidden, shown)) = selection.instead
            && !self.snapshot.may_read_restricted(&self.viewer, self.resource, row)
        {
            positions.iter_mut().filter(|position| **position == hidden).for_each(|position| *position = shown);
        }
        let always = selection.always.iter().filter(|(at, if_any)| !if_any || self.snapshot.has_items(row, *at));
        positions.extend(always.map(|(position, _)| *position));
        let asked = positions.len().min(selection.asked.len());
        self.snapshot.push_fields(&self.viewer, self.resource, row, &positions, asked, self.expansion, out);
    }

    /// The answer that shows one row as its change says: some members with another value, others after all.
    pub fn answer_with(&self, id: u32, judged: &Judged, meta: &Map<String, Json>, is_pretty: bool) -> Answer {
        let mut row = Vec::new();
        self.push(id, &mut row);
        if !judged.instead.is_empty()
            && let Ok(mut shown) = serde_json::from_slice::<Map<String, Json>>(&row)
        {
            for (name, value) in &judged.instead {
                if let Some(member) = shown.get_mut(*name) {
                    member.clone_from(value);
                }
            }
            row.clear();
            push_value(&mut row, &Json::Object(shown));
        }
        if !judged.extra.is_empty() && self.selection.is_none() && row.last() == Some(&b'}') {
            row.pop();
            for (name, value) in &judged.extra {
                row.extend_from_slice(SEPARATOR);
                push_text(&mut row, name);
                row.extend_from_slice(b": ");
                push_value(&mut row, value);
            }
            row.push(b'}');
        }
        let mut out = BEGIN.to_vec();
        out.extend_from_slice(&row);
        out.extend_from_slice(b"], \"meta\": ");
        push_value(&mut out, &Json::Object(meta.clone()));
        out.push(b'}');
        Answer { body: Body::Whole(if is_pretty { pretty(&out).into() } else { out.into() }) }
    }

    /// The answer that shows these rows.
    ///
    /// # Errors
    /// They are too many bytes for where others wait.
    pub fn answer(
        self,
        ids: Vec<u32>,
        meta: &Map<String, Json>,
        is_pretty: bool,
        work: &Work,
    ) -> Result<Answer, QueryError> {
        let mut end = b"], \"meta\": ".to_vec();
        push_value(&mut end, &Json::Object(meta.clone()));
        end.push(b'}');
        if ids.len() > ROWS_MAX_AT_ONCE && !is_pretty {
            let copies_rows = self.selection.is_none()
                && self.expansion.budget <= 0
                && self.snapshot.rows_are_made(self.resource, &ids);
            if !copies_rows {
                work.admit_bytes(usize::MAX)?;
            }
            let listing = Listing { rendering: self, ids, next: 0, end: Some(end.into()), copies_rows };
            return Ok(Answer { body: Body::Listing(listing) });
        }
        let mut out = Vec::with_capacity(BEGIN.len() + end.len() + ids.len() * 512);
        out.extend_from_slice(BEGIN);
        for (at, id) in ids.iter().enumerate() {
            if at > 0 {
                work.admit_bytes(out.len())?;
                out.extend_from_slice(SEPARATOR);
            }
            self.push(*id, &mut out);
        }
        out.extend_from_slice(&end);
        Ok(Answer { body: Body::Whole(if is_pretty { pretty(&out).into() } else { out.into() }) })
    }
}

/// An answer with many rows.
pub struct Listing {
    rendering: Rendering,
    ids: Vec<u32>,
    next: usize,
    end: Option<Bytes>,
    copies_rows: bool,
}

impl Listing {
    /// Whether each piece takes no longer than copying it: nobody has to wait for that.
    pub fn copies_rows(&self) -> bool {
        self.copies_rows
    }
}

impl Iterator for Listing {
    type Item = Bytes;

    /// The next piece of the envelope, about 64 KiB.
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

impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listing({} rows of {})", self.ids.len(), self.rendering.resource.tag())
    }
}
