//! The index against documents that are simply scanned, and hostile queries.

use std::collections::BTreeMap;

use peerage_fold::fold;
use peerage_search::{
    DocumentKey, DocumentSource, FieldTag, FoundPlace, IndexBuilder, KindWords, NeedleAnchor, NoPlaces, PlaceCondition,
    PlaceLookup, SearchAnswer, SearchDocument, SearchIndex, SearchProblem, SearchRequest, TagSet,
};
use proptest::prelude::*;

mod ranking;

const KINDS: [KindWords; 2] =
    [KindWords { kind: 0, words: &["net", "network"] }, KindWords { kind: 1, words: &["fac", "data center"] }];

#[derive(Debug, Clone, Default)]
struct StoredDocument {
    texts: Vec<(FieldTag, String)>,
    number: Option<i64>,
    size: u32,
    position: Option<(i32, i32)>,
}

/// Documents with their index.
#[derive(Default)]
struct TestWorld {
    documents: BTreeMap<DocumentKey, StoredDocument>,
    index: SearchIndex,
}

fn shown(key: DocumentKey, stored: &StoredDocument) -> SearchDocument<'_> {
    SearchDocument {
        key,
        texts: stored.texts.iter().map(|(tag, text)| (*tag, text.as_str())).collect(),
        number: stored.number,
        size: stored.size,
        is_live: true,
        position: stored.position,
    }
}

impl DocumentSource for TestWorld {
    fn document(&self, key: DocumentKey) -> Option<SearchDocument<'_>> {
        self.documents.get(&key).map(|stored| shown(key, stored))
    }

    fn numbered(&self, from: i64, to: i64, limit: usize) -> Vec<DocumentKey> {
        let is_in = |stored: &StoredDocument| stored.number.is_some_and(|number| (from..=to).contains(&number));
        self.documents.iter().filter(|(_, stored)| is_in(stored)).map(|(key, _)| *key).take(limit).collect()
    }
}

impl TestWorld {
    fn put(&mut self, key: DocumentKey, stored: Option<StoredDocument>) {
        let old = self.documents.remove(&key);
        let old_shown = old.as_ref().map(|stored| shown(key, stored));
        self.index.replace(old_shown.as_ref(), stored.as_ref().map(|stored| shown(key, stored)).as_ref());
        if let Some(stored) = stored {
            self.documents.insert(key, stored);
        }
    }

    fn add(&mut self, kind: u8, id: u32, texts: &[(FieldTag, &str)]) -> &mut StoredDocument {
        let texts = texts.iter().map(|(tag, text)| (*tag, (*text).to_owned())).collect();
        let key = DocumentKey { kind, id };
        self.put(key, Some(StoredDocument { texts, ..StoredDocument::default() }));
        self.documents.get_mut(&key).expect("just added")
    }

    fn named(names: &[&str]) -> TestWorld {
        let mut world = TestWorld::default();
        for (id, name) in (1..).zip(names) {
            world.add(0, id, &[(FieldTag::Name, name)]);
        }
        world
    }

    fn search(&self, text: &str) -> SearchAnswer {
        self.search_in(text, &NoPlaces)
    }

    fn search_in(&self, text: &str, places: &dyn PlaceLookup) -> SearchAnswer {
        let request = SearchRequest { text, kinds: &KINDS, source: self, places, limit: 20 };
        self.index.search(&request).expect("a query within the limits")
    }

    fn ids(&self, text: &str) -> Vec<u32> {
        self.search(text).hits.iter().map(|hit| hit.key.id).collect()
    }
}

fn any_text() -> impl Strategy<Value = String> {
    const WORDS: [&str; 14] =
        ["de", "cix", "Zürich", "net", "Network", "Łódź", "東京", "Москва", "a", "b2", "IX", "ab", "ixp", "AT&T"];
    const BETWEEN: [&str; 7] = [" ", "-", ", ", "/", "::", " & ", ""];
    let pair = (proptest::sample::select(&WORDS[..]), proptest::sample::select(&BETWEEN[..]));
    proptest::collection::vec(pair, 0..5)
        .prop_map(|pairs| pairs.into_iter().flat_map(|(word, between)| [word, between]).collect())
}

/// A part of a text, of random length.
fn part(text: &str, from: usize, length: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let from = from % letters.len().max(1);
    letters.into_iter().skip(from).take(1 + length).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_text_that_contains_a_needle_is_among_the_candidates(
        texts in proptest::collection::vec(any_text(), 1..30),
        (of, from, length) in (0usize..30, 0usize..20, 0usize..12),
        anchored in any::<bool>(),
    ) {
        let mut world = TestWorld::default();
        for (id, text) in (1..).zip(&texts) {
            world.add(0, id, &[(FieldTag::Name, text)]);
        }
        let needle = fold(&part(&texts[of % texts.len()], from, length)).into_owned();
        let anchor = if anchored { NeedleAnchor::Start } else { NeedleAnchor::Anywhere };
        let has = |text: &str| {
            let folded = fold(text);
            if anchored { folded.starts_with(&needle) } else { folded.contains(&needle) }
        };
        if let Some(found) = world.index.containing(0, TagSet::NAMES, &needle, anchor) {
            for (id, text) in (1..).zip(&texts) {
                prop_assert!(!has(text) || found.ids.contains(&id), "{needle:?} in {text:?}");
            }
            prop_assert!(found.ids.is_sorted());
        } else {
            prop_assert!(!needle.chars().any(char::is_alphanumeric));
        }
    }

    #[test]
    fn an_index_that_followed_changes_equals_one_that_was_built(
        changes in proptest::collection::vec((0u8..2, 0u32..20, proptest::option::of(any_text())), 1..80),
        query in any_text(),
    ) {
        let mut world = TestWorld::default();
        for (kind, id, text) in changes {
            let position = (id % 3 == 0).then_some((id as i32 * 1_000_000, 7));
            let stored = text.map(|text| StoredDocument {
                texts: vec![(FieldTag::Name, text)],
                size: id,
                position,
                ..StoredDocument::default()
            });
            world.put(DocumentKey { kind, id }, stored);
        }
        let mut builder = IndexBuilder::default();
        world.documents.iter().for_each(|(key, stored)| builder.push(&shown(*key, stored)));
        let built = TestWorld { documents: world.documents.clone(), index: builder.finish() };
        prop_assert!(world.index == built.index);
        let (followed, fresh) = (world.search(&query), built.search(&query));
        prop_assert_eq!(followed.hits, fresh.hits);
        prop_assert_eq!(followed.totals, fresh.totals);
        for needle in ["ix", "net", "a", "z"] {
            let of = |world: &TestWorld| world.index.containing(0, TagSet::ALL, needle, NeedleAnchor::Anywhere).map(|found| found.ids);
            prop_assert_eq!(of(&world), of(&built));
        }
    }

    #[test]
    fn any_text_is_a_query(text in ".{0,255}") {
        let world = TestWorld::named(&["DE-CIX Frankfurt", "東京 IX"]);
        let request = SearchRequest { text: &text, kinds: &KINDS, source: &world, places: &NoPlaces, limit: 5 };
        if let Err(problem) = world.index.search(&request) {
            prop_assert_eq!(problem, SearchProblem::TooManyWords);
        }
    }
}
