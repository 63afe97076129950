//! What comes first, and why.

use peerage_search::{AddressForm, MatchManner, TermForm};

use super::*;

fn place(name: &str, country: &str, (latitude, longitude): (f64, f64)) -> FoundPlace {
    let (name, country) = (name.to_owned(), country.to_owned());
    FoundPlace { name, country, latitude, longitude, population: 700_000, radius_km: 12.0 }
}

/// Three cities and two countries.
struct FewPlaces;

impl PlaceLookup for FewPlaces {
    fn find(&self, name: &str) -> Vec<FoundPlace> {
        match fold(name).as_ref() {
            "frankfurt" | "frankfurt am main" => {
                vec![place("Frankfurt am Main", "DE", (50.11, 8.68)), place("Frankfurt", "US", (40.0, -85.0))]
            }
            "munich" | "munchen" | "monaco di baviera" => vec![place("München", "DE", (48.14, 11.58))],
            _ => Vec::new(),
        }
    }

    fn country(&self, name_or_code: &str) -> Option<&str> {
        match fold(name_or_code).as_ref() {
            "de" | "germany" | "deutschland" => Some("DE"),
            "us" | "usa" => Some("US"),
            _ => None,
        }
    }
}

fn cities() -> TestWorld {
    let mut world = TestWorld::default();
    let rows = [
        (1, "Hall One", "Frankfurt", "DE", (50_120_000, 8_730_000)),
        (2, "Hall Two", "Eschborn", "DE", (50_143_000, 8_570_000)),
        (3, "Hall Three", "Frankfurt", "US", (40_010_000, -85_000_000)),
        (4, "Hall Four", "München", "DE", (48_140_000, 11_560_000)),
    ];
    for (id, name, city, country, position) in rows {
        let texts = [(FieldTag::Name, name), (FieldTag::City, city), (FieldTag::Country, country)];
        let texts = texts.map(|(tag, text)| (tag, text.to_owned())).to_vec();
        let stored = StoredDocument { texts, position: Some(position), ..StoredDocument::default() };
        world.put(DocumentKey { kind: 1, id }, Some(stored));
    }
    world.add(0, 9, &[(FieldTag::Name, "Frankfurt Networks"), (FieldTag::Country, "DE")]);
    world
}

#[test]
fn exact_comes_before_beginning_before_word_before_similar() {
    let world = TestWorld::named(&["Old Zenith", "Zenith Networks", "Zenith", "Zentih Labs"]);
    assert_eq!(world.ids("zenith"), [3, 2, 1]);
    assert_eq!(world.search("zenith").hits[0].reasons[0].manner, MatchManner::Exact);
    assert_eq!(world.ids("zneith").len(), 3);
    assert!(world.search("zneith").is_fuzzy);
}

#[test]
fn the_larger_comes_first() {
    let mut world = TestWorld::default();
    for (id, size) in [(1, 3), (2, 900), (3, 0)] {
        let texts = vec![(FieldTag::Name, format!("Orbit {id}"))];
        world.put(DocumentKey { kind: 0, id }, Some(StoredDocument { texts, size, ..StoredDocument::default() }));
    }
    assert_eq!(world.ids("orbit"), [2, 1, 3]);
}

#[test]
fn hyphens_accents_and_scripts_do_not_matter() {
    let world = TestWorld::named(&["DE-CIX Köln", "Łódź Exchange", "Москва IX", "Level 3"]);
    for (query, id) in [
        ("decix", 1),
        ("de cix", 1),
        ("de-cix koeln", 1),
        ("cologne de-cix", 1),
        ("lodz", 2),
        ("moskva", 3),
        ("МОСКВА", 3),
        ("level3", 4),
    ] {
        assert_eq!(world.ids(query).first(), Some(&id), "{query}");
    }
}

#[test]
fn synonyms_and_kinds_are_understood() {
    let mut world = TestWorld::named(&["Alpine University", "Alpine Telecommunications"]);
    world.add(1, 7, &[(FieldTag::Name, "Alpine Hall")]);
    // A part of the other's words matches as well.
    assert_eq!(world.ids("alpine uni"), [1, 2]);
    assert_eq!(world.ids("telco alpine"), [2]);
    assert_eq!(world.ids("alpine data center"), [7]);
    assert_eq!(world.ids("alpine type:fac"), [7]);
}

#[test]
fn the_query_language() {
    let mut world = TestWorld::named(&["Red Apple", "Green Apple", "Apple Red Pie"]);
    world.add(0, 9, &[(FieldTag::Name, "Blue"), (FieldTag::City, "Red")]);
    assert_eq!(world.ids("\"red apple\""), [1]);
    let mut found = world.ids("apple -green");
    found.sort_unstable();
    assert_eq!(found, [1, 3]);
    assert_eq!(world.ids("city:red"), [9]);
    let mut found = world.ids("green OR blue");
    found.sort_unstable();
    assert_eq!(found, [2, 9]);
    assert_eq!(world.search("apple").totals, [(0, 3)]);
}

#[test]
fn numbers_in_every_form() {
    let mut world = TestWorld::named(&["Sixty 63311 Net"]);
    world.add(0, 5, &[(FieldTag::Name, "Exact")]).number = Some(63_311);
    world.add(0, 6, &[(FieldTag::Name, "Longer")]).number = Some(633_110);
    for query in ["AS63311", "as 63311", "asn63311", "ASN 63311", "63311"] {
        assert_eq!(world.ids(query).first(), Some(&5), "{query}");
    }
    assert_eq!(world.ids("63311"), [5, 6, 1]);
    assert_eq!(world.ids("asn:63000..64000"), [5]);
    assert_eq!(world.ids("asn:>633000"), [6]);
}

#[test]
fn places_restrict() {
    let world = cities();
    let ids = |text: &str| {
        let mut ids: Vec<u32> = world.search_in(text, &FewPlaces).hits.iter().map(|hit| hit.key.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(ids("fac in frankfurt"), [1, 2]);
    assert_eq!(ids("data center in Frankfurt, US"), [3]);
    assert_eq!(ids("in germany"), [1, 2, 4, 9]);
    assert_eq!(ids("munich"), [4]);
    assert_eq!(ids("hall near 50.11,8.68, 5 km"), [1]);
    assert_eq!(ids("fac near hall two, 5 km"), [2]);
    let near = world.search_in("near munich, 400 km", &FewPlaces);
    assert_eq!(near.hits.iter().map(|hit| hit.key.id).collect::<Vec<_>>(), [4, 1, 2]);
    assert!(near.hits[0].km.is_some_and(|km| km < 5.0));
    assert!(matches!(near.query.place, Some(PlaceCondition::Near { .. })));
    assert_eq!(world.search_in("hall in nowhere", &FewPlaces).query.unknown_place.as_deref(), Some("nowhere"));
}

#[test]
fn addresses_are_read_in_any_writing() {
    let world = TestWorld::default();
    let address = |text: &str| world.search(text).query.address;
    let whole = |text: &str| Some(AddressForm::Whole(text.parse().expect("an address")));
    assert_eq!(address("80.249.208.1"), whole("80.249.208.1"));
    assert_eq!(address("2001:07F8:0001::A500"), whole("2001:7f8:1::a500"));
    assert_eq!(address("[2001:7f8:1::1]"), whole("2001:7f8:1::1"));
    assert_eq!(address("::ffff:80.249.208.1"), whole("80.249.208.1"));
    assert_eq!(address("80.249.208.5/21"), Some(AddressForm::Prefix("80.249.208.0/21".parse().expect("a prefix"))));
    assert_eq!(address("80.249.2"), Some(AddressForm::Beginning("80.249.2".to_owned())));
    assert_eq!(address("2001:07f8:1"), Some(AddressForm::Beginning("2001:7f8:1".to_owned())));
    assert_eq!(address("2001:7f8:1::"), whole("2001:7f8:1::"));
    for text in ["80", "de-cix", "RIPE::AS-FOO", "300.1", "1.2.3.4.5"] {
        assert_eq!(address(text), None, "{text}");
    }
}

#[test]
fn too_long_texts_are_refused() {
    let world = TestWorld::default();
    let search = |text: &str| {
        let request = SearchRequest { text, kinds: &KINDS, source: &world, places: &NoPlaces, limit: 5 };
        world.index.search(&request).map(|answer| answer.query.groups.len())
    };
    assert_eq!(search(&"x".repeat(256)), Err(SearchProblem::TooLong));
    assert_eq!(search(&"x y ".repeat(9)), Err(SearchProblem::TooManyWords));
    assert_eq!(search(&"x".repeat(255)), Ok(1));
    assert!(matches!(world.search("as63311 x").query.groups[0].terms[0].form, TermForm::Number { number: 63_311, .. }));
}
