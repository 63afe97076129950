//! Full listings: chunks that all answers about the same state share.

use std::sync::Arc;

use bytes::Bytes;
use peerage_schema::Resource;

use crate::snapshot::Snapshot;
use crate::snapshot::deflate::{DeflatedListing, DeflatedRows};
use crate::snapshot::json::SEPARATOR;
use crate::snapshot::page::{PageGroup, RowPage, lock};
use crate::viewer::{Viewer, ViewerClass};

/// The chunks of a listing that were not taken yet. Those between its begin and its end are shared.
#[derive(Debug, Clone, Default)]
pub struct ListingFrames {
    begin: Option<Bytes>,
    rows: Arc<[Bytes]>,
    /// How many of the rows' chunks were taken.
    taken: usize,
    end: Option<Bytes>,
}

impl ListingFrames {
    pub fn new(begin: Bytes, rows: Arc<[Bytes]>, end: Bytes) -> ListingFrames {
        ListingFrames { begin: Some(begin), rows, taken: 0, end: Some(end) }
    }

    /// The number of bytes that were not taken yet.
    pub fn length(&self) -> u64 {
        let rest = self.begin.iter().chain(&self.rows[self.taken..]).chain(&self.end);
        rest.map(|frame| frame.len() as u64).sum()
    }
}

impl Iterator for ListingFrames {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if let Some(begin) = self.begin.take() {
            return Some(begin);
        }
        let Some(frame) = self.rows.get(self.taken) else { return self.end.take() };
        self.taken += 1;
        Some(frame.clone())
    }
}

impl Snapshot {
    /// The live rows of a page as a class of viewers sees them, each preceded by `", "`.
    fn page_frame(&self, resource: Resource, page: &RowPage, class: ViewerClass) -> Bytes {
        let json = self.page_json(resource, page);
        if Snapshot::is_public(resource) {
            return json.bytes.slice(..json.live_end);
        }
        let viewer = match class {
            ViewerClass::Anonymous => Viewer::Anonymous,
            ViewerClass::Verified => Viewer::Verified,
        };
        let seen = json.seen[class as usize].get_or_init(|| {
            let mut out = Vec::new();
            for row in page.rows().filter(|row| self.is_live(resource, row) && self.may_read(&viewer, resource, row)) {
                out.extend_from_slice(SEPARATOR);
                self.push_flat(&viewer, resource, row, &[], &mut out);
            }
            self.shared.share(out)
        });
        seen.clone()
    }

    /// Whether the page's bytes already exist.
    fn page_is_made(resource: Resource, page: &RowPage, class: ViewerClass) -> bool {
        let is_public = Snapshot::is_public(resource);
        page.json.get().is_some_and(|json| is_public || json.seen[class as usize].get().is_some())
    }

    /// Whether the bytes of the full listing already exist.
    pub fn listing_is_made(&self, resource: Resource, class: ViewerClass) -> bool {
        let pages = &self.state(resource).pages;
        pages.listing.plain[form_slot(resource, class)].get().is_some()
            || pages.pages().all(|(_, page)| Snapshot::page_is_made(resource, page, class))
    }

    /// The live rows of a resource between a begin and an end, in chunks.
    pub fn listing(&self, resource: Resource, class: ViewerClass, begin: Bytes, end: Bytes) -> ListingFrames {
        let pages = &self.state(resource).pages;
        let rows = pages.listing.plain[form_slot(resource, class)].get_or_init(|| {
            let frames = pages.pages().map(|(_, page)| self.page_frame(resource, page, class));
            let mut frames: Vec<Bytes> = frames.filter(|frame| !frame.is_empty()).collect();
            if let Some(first) = frames.first_mut() {
                *first = first.slice(SEPARATOR.len()..);
            }
            frames.into()
        });
        ListingFrames::new(begin, Arc::clone(rows), end)
    }

    /// Whether the bytes of the full listing already exist, compressed.
    pub fn deflated_listing_is_made(&self, resource: Resource, class: ViewerClass) -> bool {
        let (pages, form) = (&self.state(resource).pages, form_slot(resource, class));
        let is_made = |page: &Arc<RowPage>| {
            Snapshot::page_is_made(resource, page, class)
                && lock(&self.page_json(resource, page).deflated[form]).is_some()
        };
        lock(&pages.listing.deflated[form]).is_some()
            || pages.groups().all(|group| group.deflated[form].get().is_some() || group.pages().all(is_made))
    }

    /// The live rows of a resource, compressed. Takes some milliseconds for each page that no earlier snapshot had.
    pub fn deflated_listing(&self, resource: Resource, class: ViewerClass) -> DeflatedListing {
        let (pages, form) = (&self.state(resource).pages, form_slot(resource, class));
        if let Some(made) = &*lock(&pages.listing.deflated[form]) {
            return made.clone();
        }
        // The listing is not locked meanwhile. If its groups are joined before this ends, the result with groups is kept.
        let made = self.assemble(resource, class);
        lock(&pages.listing.deflated[form]).get_or_insert(made).clone()
    }

    fn assemble(&self, resource: Resource, class: ViewerClass) -> DeflatedListing {
        let (pages, form) = (&self.state(resource).pages, form_slot(resource, class));
        let parts = pages.groups().flat_map(|group| match group.deflated[form].get() {
            Some(joined) => vec![Arc::clone(joined)],
            None => group.pages().map(|page| self.page_deflated(resource, page, class)).collect(),
        });
        DeflatedListing::new(parts)
    }

    fn page_deflated(&self, resource: Resource, page: &RowPage, class: ViewerClass) -> Arc<DeflatedRows> {
        let frame = self.page_frame(resource, page, class);
        let holder = &self.page_json(resource, page).deflated[form_slot(resource, class)];
        if let Some(made) = &*lock(holder) {
            return Arc::clone(made);
        }
        // The page is not locked meanwhile. If two threads do this, both results are right, and the last one is kept.
        let made = Arc::new(match frame.strip_prefix(SEPARATOR) {
            Some(rows) => DeflatedRows::new(SEPARATOR, rows, |bytes| self.shared.share(bytes)),
            None => DeflatedRows::empty(),
        });
        *lock(holder) = Some(Arc::clone(&made));
        made
    }

    /// Compresses the full listing and joins the pages of each group, so that it is sent in few pieces. `proceeds` is
    /// asked before each group.
    pub fn join_listing(&self, resource: Resource, class: ViewerClass, proceeds: impl Fn() -> bool) {
        let (pages, form) = (&self.state(resource).pages, form_slot(resource, class));
        let mut is_new = false;
        for group in pages.groups() {
            if !proceeds() {
                return;
            }
            is_new |= group.deflated[form].get().is_none();
            group.deflated[form].get_or_init(|| self.join(resource, group, class));
        }
        if is_new {
            *lock(&pages.listing.deflated[form]) = Some(self.assemble(resource, class));
        }
    }

    fn join(&self, resource: Resource, group: PageGroup<'_>, class: ViewerClass) -> Arc<DeflatedRows> {
        let pages = group.pages().map(|page| DeflatedRows::clone(&self.page_deflated(resource, page, class)));
        let mut pages: Vec<DeflatedRows> = pages.collect();
        let joined = DeflatedRows::join(&mut pages, |bytes| self.shared.share(bytes));
        for (page, joined) in group.pages().zip(pages) {
            *lock(&self.page_json(resource, page).deflated[form_slot(resource, class)]) = Some(Arc::new(joined));
        }
        Arc::new(joined)
    }
}

/// Where the forms of a resource for a class of viewers are kept: all viewers share those of a public resource.
fn form_slot(resource: Resource, class: ViewerClass) -> usize {
    if Snapshot::is_public(resource) { 0 } else { class as usize }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::event::LogHead;
    use crate::query::ListingPages;
    use crate::snapshot::SnapshotLoader;
    use crate::stored;

    #[test]
    fn compressed_listings_share_what_a_change_leaves() {
        let mut loader = SnapshotLoader::default();
        for id in 1..=2_000 {
            let row = format!(r#"{{"id": {id}, "name": "Example {id}", "status": "ok"}}"#);
            loader.push(Resource::Org, stored::from_json(Resource::Org, &row).expect("a row"));
        }
        let snapshot = Arc::new(loader.finish(LogHead::EMPTY));
        let gzip = |snapshot: &Arc<Snapshot>| {
            let pages = ListingPages::new(Arc::clone(snapshot), Resource::Org, ViewerClass::Anonymous, &Map::new());
            let is_made = pages.is_made(true);
            let frames = [pages.gzip_frames(), pages.frames()];
            let [compressed, plain] = frames.map(Iterator::collect::<Vec<Bytes>>);
            (is_made, compressed, plain)
        };
        let join = |snapshot: &Snapshot| snapshot.join_listing(Resource::Org, ViewerClass::Anonymous, || true);
        let inflated = |frames: &[Bytes]| {
            let mut text = Vec::new();
            let bytes = frames.concat();
            std::io::copy(&mut flate2::bufread::GzDecoder::new(&bytes[..]), &mut text).expect("valid gzip");
            text
        };
        let (is_made, single, pages) = gzip(&snapshot);
        assert!(!is_made && gzip(&snapshot).0, "made once");
        assert_eq!((single.len(), inflated(&single)), (pages.len(), pages.concat()));
        join(&snapshot);
        let (is_made, first, _) = gzip(&snapshot);
        assert!(is_made);
        assert_eq!(inflated(&first), pages.concat());
        assert!(first.len() <= pages.len() / 4, "{} frames of {}", first.len(), pages.len());
        drop((single, pages));
        assert_eq!(snapshot.earlier_bytes(), 0);

        let mut changed = Snapshot::clone(&snapshot);
        Arc::make_mut(&mut changed.states[Resource::Org.index()]).pages.renew(1_000);
        let changed = Arc::new(changed);
        let (is_made, second, plain) = gzip(&changed);
        assert!(!is_made, "one page is new");
        assert_eq!(inflated(&second), plain.concat());
        assert_eq!(second.len(), first.len() + 7, "a change joins nothing");
        let replaced = changed.earlier_bytes();
        assert!(replaced > 0, "the earlier page is still used");
        join(&changed);
        let (_, joined, _) = gzip(&changed);
        assert_eq!((joined.len(), inflated(&joined)), (first.len(), plain.concat()));
        let same = first.iter().filter(|frame| joined.iter().any(|other| other.as_ptr() == frame.as_ptr())).count();
        assert!(same + 4 >= first.len(), "{same} of {}", first.len());
        assert!(changed.earlier_bytes() > replaced, "the earlier group is still used");
        drop((snapshot, first, second));
        assert_eq!(changed.earlier_bytes(), 0);
    }
}
