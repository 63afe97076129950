//! A cache of rendered pages for visitors without an account. A page is kept until the registry changes, within a limit
//! of bytes: most visits are to few pages, and rendering is what they cost.

use bytes::Bytes;
use peerage_registry::LogHead;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// The largest page that is cached, in bytes.
const PAGE_BYTES_MAX: usize = 256 * 1024;

/// The approximate cost of an entry in addition to its bytes.
const ENTRY_BYTES: usize = 160;

/// What a page for everyone depends on, besides the registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// Path and query.
    pub address: String,
    /// Tag of the language.
    pub language: &'static str,
    /// Name of the theme.
    pub theme: &'static str,
}

/// A rendered page.
#[derive(Clone)]
struct CachedPage {
    /// The position in the log at which it is true.
    head: LogHead,
    html: Bytes,
}

#[derive(Clone)]
struct PageWeighter;

impl Weighter<PageKey, CachedPage> for PageWeighter {
    fn weight(&self, key: &PageKey, page: &CachedPage) -> u64 {
        (key.address.len() + page.html.len() + ENTRY_BYTES) as u64
    }
}

/// Pages by address, language and theme.
pub struct PageCache {
    pages: Option<Cache<PageKey, CachedPage, PageWeighter>>,
}

impl PageCache {
    /// Makes a cache of about `bytes`. 0 disables it.
    pub fn new(bytes: u64) -> PageCache {
        let expected = (bytes / 16_384) as usize;
        PageCache { pages: (bytes > 0).then(|| Cache::with_weighter(expected, bytes, PageWeighter)) }
    }

    /// Returns the page at this position in the log.
    pub fn get(&self, key: &PageKey, head: LogHead) -> Option<Bytes> {
        self.pages.as_ref()?.get(key).filter(|page| page.head == head).map(|page| page.html)
    }

    pub fn put(&self, key: PageKey, head: LogHead, html: &[u8]) {
        if let Some(pages) = self.pages.as_ref().filter(|_| (1..=PAGE_BYTES_MAX).contains(&html.len())) {
            // An exact copy: a buffer that grew would hold more memory than is counted.
            pages.insert(key, CachedPage { head, html: Bytes::copy_from_slice(html) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(address: &str) -> PageKey {
        PageKey { address: address.to_owned(), language: "en", theme: "auto" }
    }

    fn at(sequence: u64) -> LogHead {
        LogHead { sequence, hash: [1; 32] }
    }

    #[test]
    fn a_page_is_given_again_until_the_registry_changes_and_only_for_the_same_reader() {
        let cache = PageCache::new(1 << 20);
        cache.put(key("/net/1"), at(7), b"x");
        assert_eq!(cache.get(&key("/net/1"), at(7)), Some("x".into()));
        assert_eq!(cache.get(&key("/net/1"), at(8)), None);
        assert_eq!(cache.get(&key("/net/2"), at(7)), None);
        assert_eq!(cache.get(&PageKey { language: "de", ..key("/net/1") }, at(7)), None);
        assert_eq!(cache.get(&PageKey { theme: "dark", ..key("/net/1") }, at(7)), None);
        let other = LogHead { hash: [2; 32], ..at(7) };
        assert_eq!(cache.get(&key("/net/1"), other), None, "another history at the same number");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let cache = PageCache::new(100_000);
        for number in 0..1_000 {
            cache.put(key(&format!("/net/{number}")), at(1), "x".repeat(1_000).as_bytes());
        }
        let weight = cache.pages.as_ref().map_or(0, Cache::weight);
        assert!((20_000..=100_000).contains(&weight), "{weight}");
        cache.put(key("/large"), at(1), "x".repeat(PAGE_BYTES_MAX + 1).as_bytes());
        assert_eq!(cache.get(&key("/large"), at(1)), None);
        let off = PageCache::new(0);
        off.put(key("/net/1"), at(1), b"x");
        assert_eq!(off.get(&key("/net/1"), at(1)), None);
    }
}
