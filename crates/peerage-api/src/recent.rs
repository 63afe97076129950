//! A cache of recent answers.
//!
//! Scripts send the same few requests again and again. The complete answer to a plain request is cached until the
//! registry changes, within a limit of bytes. A request is plain if its answer depends only on its path and query.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::Method;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::request::Parts;
use bytes::Bytes;
use peerage_registry::LogHead;
use peerage_registry::query::work::LIGHT_BYTES_MAX;
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Equivalent, OptionsBuilder, Weighter};

use peerage_edge::auth::check_client;
use peerage_edge::content::takes_json;
use peerage_edge::prepared::REQUEST_ID;

/// The largest short answer, in bytes.
const SHORT_BYTES_MAX: usize = 64 * 1024;

/// The largest answer that is cached, in bytes: one that is made where connections are served is hardly longer.
const ANSWER_BYTES_MAX: usize = LIGHT_BYTES_MAX;

/// The least number of answers of the largest size for which each part of a cache has room. A cache with more parts
/// serves more threads at once.
const ANSWERS_IN_PART: u64 = 8;

/// The approximate cost of an entry in addition to its bytes.
const ENTRY_BYTES: usize = 128;

/// A cached answer.
#[derive(Clone)]
pub struct CachedResponse {
    /// The position in the log at which it is true. Another history may reach the same number.
    pub head: LogHead,
    pub body: Bytes,
    pub validator: Option<HeaderValue>,
    pub allow: &'static str,
    pub route: &'static str,
}

/// A request, and its caller: 0 is everyone without credentials, any other number a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CacheKey {
    who: u32,
    text: Arc<str>,
}

/// The same key with borrowed parts.
#[derive(Hash)]
struct CacheLookup<'a> {
    who: u32,
    text: &'a str,
}

impl Equivalent<CacheKey> for CacheLookup<'_> {
    fn equivalent(&self, kept: &CacheKey) -> bool {
        self.who == kept.who && *self.text == *kept.text
    }
}

type AnswerCache = Cache<CacheKey, CachedResponse, ByteWeighter>;

/// Answers by path and query, for anonymous callers and for each key. An answer is cached when its request comes for
/// the second time. So a client that reads everything once costs nothing and does not evict what others request.
pub struct ResponseCache {
    /// Short answers, and long ones, which do not evict short ones.
    answers: Option<[AnswerCache; 2]>,
    /// Hashes of requests that came once, by their last bits.
    met: Box<[AtomicU32]>,
    hasher: RandomState,
}

/// The number of requests that came once and are remembered.
const MET: usize = 8192;

#[derive(Clone)]
struct ByteWeighter;

impl Weighter<CacheKey, CachedResponse> for ByteWeighter {
    fn weight(&self, question: &CacheKey, kept: &CachedResponse) -> u64 {
        (question.text.len() + kept.body.len() + ENTRY_BYTES) as u64
    }
}

impl ResponseCache {
    /// Makes a cache of about `bytes` for short answers, and of as many for long ones. 0 disables both.
    pub fn new(bytes: u64) -> ResponseCache {
        let answers =
            (bytes > 0).then(|| [cache(bytes, SHORT_BYTES_MAX, 2048), cache(bytes, ANSWER_BYTES_MAX, 131_072)]);
        let met = (0..if bytes > 0 { MET } else { 0 }).map(|_| AtomicU32::new(0)).collect();
        ResponseCache { answers, met, hasher: RandomState::new() }
    }

    /// Returns the answer to a plain request at this position in the log.
    pub fn get(&self, request: &Parts, head: LogHead) -> Option<CachedResponse> {
        self.find(request, 0, head)
    }

    /// Returns the answer to a request that a key's holder has sent before. The key has been checked already.
    pub fn get_for(&self, request: &Parts, who: u32, head: LogHead) -> Option<CachedResponse> {
        self.find(request, who, head)
    }

    fn find(&self, request: &Parts, who: u32, head: LogHead) -> Option<CachedResponse> {
        let answers = self.answers.as_ref().filter(|_| is_plain(request, who))?;
        let lookup = CacheLookup { who, text: question(request) };
        answers.iter().find_map(|answers| answers.get(&lookup).filter(|kept| kept.head == head))
    }

    fn is_met(&self, who: u32, question: &str) -> bool {
        let hash = self.hasher.hash_one((who, question));
        let (slot, tag) = (hash as usize % MET, (hash >> 32) as u32);
        self.met.get(slot).is_some_and(|met| met.swap(tag, Ordering::Relaxed) == tag)
    }

    /// Caches the answer to a plain request that came before, if it is small enough. `who` is 0 or the ID of the key.
    pub fn put(&self, request: &Parts, who: u32, kept: &CachedResponse) {
        if kept.body.len() <= ANSWER_BYTES_MAX
            && let Some(answers) = self.answers.as_ref().filter(|_| is_plain(request, who))
            && self.is_met(who, question(request))
        {
            // An exact copy: a buffer that grew would hold more memory than is counted.
            let body = Bytes::copy_from_slice(&kept.body);
            answers[usize::from(body.len() > SHORT_BYTES_MAX)]
                .insert(CacheKey { who, text: question(request).into() }, CachedResponse { body, ..kept.clone() });
        }
    }
}

/// Makes a cache of about `bytes` for answers of at most `answer_max` bytes, most of which have about `usual`.
fn cache(bytes: u64, answer_max: usize, usual: u64) -> AnswerCache {
    let expected = (bytes / usual) as usize;
    let parts = std::thread::available_parallelism().map_or(4, |cores| cores.get() as u64 * 4);
    let parts = parts.min(bytes / (ANSWERS_IN_PART * answer_max as u64)).max(1);
    // Rounded down, because the library rounds up.
    let parts = 1_usize << parts.ilog2();
    let mut options = OptionsBuilder::new();
    let options = options.shards(parts).estimated_items_capacity(expected).weight_capacity(bytes).build();
    match options {
        Ok(options) => {
            Cache::with_options(options, ByteWeighter, DefaultHashBuilder::default(), DefaultLifecycle::default())
        }
        // Only if one of the above is missing.
        Err(_) => Cache::with_weighter(expected, bytes, ByteWeighter),
    }
}

fn question(request: &Parts) -> &str {
    request.uri.path_and_query().map_or("", axum::http::uri::PathAndQuery::as_str)
}

/// Whether the answer depends only on path, query and caller: no validators, no other origin, no encodings, and
/// credentials only if they are a valid key.
fn is_plain(request: &Parts, who: u32) -> bool {
    let headers = &request.headers;
    let decides_nothing = |(name, value): (&HeaderName, &HeaderValue)| {
        if *name == header::ACCEPT {
            value == "*/*" || takes_json(headers)
        } else if *name == header::USER_AGENT {
            check_client(headers).is_ok()
        } else {
            is_without_effect(name) || (who > 0 && *name == header::AUTHORIZATION)
        }
    };
    request.method == Method::GET && headers.iter().all(decides_nothing)
}

/// Headers that do not affect the answer.
fn is_without_effect(name: &HeaderName) -> bool {
    const KNOWN: [HeaderName; 7] = [
        header::HOST,
        header::CONNECTION,
        header::ACCEPT_LANGUAGE,
        header::CACHE_CONTROL,
        header::PRAGMA,
        header::DNT,
        REQUEST_ID,
    ];
    KNOWN.contains(name) || name.as_str().starts_with("x-forwarded-")
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn request(path: &str, headers: &[(&'static str, &'static str)]) -> Parts {
        let mut request = Request::new(());
        *request.uri_mut() = path.parse().expect("a path");
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        request.into_parts().0
    }

    fn at(sequence: u64) -> LogHead {
        LogHead { sequence, hash: [1; 32] }
    }

    fn kept(sequence: u64, body: &'static str) -> CachedResponse {
        CachedResponse { head: at(sequence), body: body.into(), validator: None, allow: "GET", route: "list" }
    }

    fn put_twice(recent: &ResponseCache, request: &Parts, kept: &CachedResponse) {
        recent.put(request, 0, kept);
        recent.put(request, 0, kept);
    }

    #[test]
    fn an_answer_is_given_again_until_the_registry_changes() {
        let recent = ResponseCache::new(1 << 20);
        let parts = request("/api/net?asn=1", &[("host", "a"), ("accept", "*/*")]);
        recent.put(&parts, 0, &kept(7, "x"));
        assert!(recent.get(&parts, at(7)).is_none(), "the first request");
        recent.put(&parts, 0, &kept(7, "x"));
        assert_eq!(recent.get(&parts, at(7)).map(|kept| kept.body), Some("x".into()));
        assert!(recent.get(&parts, at(8)).is_none());
        let other = LogHead { hash: [2; 32], ..at(7) };
        assert!(recent.get(&parts, other).is_none(), "another history at the same number");
        assert!(recent.get(&request("/api/net?asn=2", &[]), at(7)).is_none());
        recent.put(&parts, 0, &kept(8, "y"));
        assert_eq!(recent.get(&parts, at(8)).map(|kept| kept.body), Some("y".into()));
    }

    #[test]
    fn only_plain_questions_are_kept_and_only_small_answers() {
        let recent = ResponseCache::new(1 << 20);
        let plain = request("/api/net", &[]);
        for (name, value) in [
            ("authorization", "Api-Key x"),
            ("auth-token", "x"),
            ("if-none-match", "*"),
            ("origin", "https://a.example"),
            ("accept-encoding", "gzip"),
            ("accept", "text/html"),
            ("cookie", "a=b"),
            ("user-agent", "PeeringDB/0.1 django_peeringdb/0.1"),
        ] {
            let special = request("/api/net", &[(name, value)]);
            put_twice(&recent, &special, &kept(7, "x"));
            assert!(recent.get(&plain, at(7)).is_none(), "{name}");
            put_twice(&recent, &plain, &kept(7, "x"));
            assert!(recent.get(&special, at(7)).is_none(), "{name}");
            recent.put(&plain, 0, &kept(0, ""));
        }
        let large = CachedResponse { body: vec![b'x'; ANSWER_BYTES_MAX + 1].into(), ..kept(9, "") };
        put_twice(&recent, &plain, &large);
        assert!(recent.get(&plain, at(9)).is_none());
    }

    #[test]
    fn what_one_key_was_told_nobody_else_is() {
        let recent = ResponseCache::new(1 << 20);
        let parts = request("/api/poc", &[("authorization", "Api-Key x")]);
        recent.put(&parts, 7, &kept(1, "secret"));
        recent.put(&parts, 7, &kept(1, "secret"));
        assert_eq!(recent.get_for(&parts, 7, at(1)).map(|kept| kept.body), Some("secret".into()));
        assert!(recent.get_for(&parts, 8, at(1)).is_none());
        assert!(recent.get(&parts, at(1)).is_none());
        assert!(recent.get(&request("/api/poc", &[]), at(1)).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let recent = ResponseCache::new(100_000);
        for number in 0..1_000 {
            let parts = request(&format!("/api/net/{number}"), &[]);
            put_twice(&recent, &parts, &CachedResponse { body: vec![0; 1_000].into(), ..kept(1, "") });
        }
        let weight: u64 = recent.answers.iter().flatten().map(Cache::weight).sum();
        assert!((20_000..=100_000).contains(&weight), "{weight}");
        let recent = ResponseCache::new(64 << 20);
        let long = |bytes: usize, path: &str| {
            let parts = request(path, &[]);
            put_twice(&recent, &parts, &CachedResponse { body: vec![0; bytes].into(), ..kept(1, "") });
            let [short, long] = recent.answers.as_ref().expect("a cache");
            (recent.get(&parts, at(1)).is_some(), short.len(), long.len())
        };
        assert_eq!(long(SHORT_BYTES_MAX, "/api/net?a=1"), (true, 1, 0));
        assert_eq!(long(SHORT_BYTES_MAX + 1, "/api/net?a=2"), (true, 1, 1));
        assert_eq!(long(ANSWER_BYTES_MAX, "/api/net?a=3"), (true, 1, 2));
        assert_eq!(long(ANSWER_BYTES_MAX + 1, "/api/net?a=4"), (false, 1, 2));
        let off = ResponseCache::new(0);
        put_twice(&off, &request("/api/net", &[]), &kept(1, "x"));
        assert!(off.get(&request("/api/net", &[]), at(1)).is_none());
    }
}
