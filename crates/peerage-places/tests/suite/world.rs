//! The data: its size, its soundness, and what it says about countries.

use std::collections::BTreeSet;

use peerage_places::{AIRPORT_CITIES, Gazetteer, REGION_NAMES, place_key, radius_km};

/// The data is part of the program, so it has a budget.
const DATA_BYTES_MAX: u64 = 4_300_000;

#[test]
fn the_data_is_sound_and_within_its_budget() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/data/places.bin");
    let bytes = std::fs::metadata(file).expect("the data").len();
    assert!(bytes <= DATA_BYTES_MAX, "{bytes} bytes");
    let places = Gazetteer::built_in();
    assert_eq!(places.verify(), Ok(()));
    assert!(places.all_cities().count() > 65_000);
    assert!(places.attribution().contains("GeoNames") && places.attribution().contains("CC BY 4.0"));
}

/// Keys are made by the same function when the data is written and when it is searched. If the function changes, the data has
/// to be written again.
#[test]
fn every_city_is_found_by_its_own_name() {
    let places = Gazetteer::built_in();
    let mut lost = Vec::new();
    for city in places.all_cities() {
        assert!((-90.0..=90.0).contains(&city.latitude) && (-180.0..=180.0).contains(&city.longitude));
        let found = places.find_in(city.name, city.country);
        // More than 64 places of one name are cut off at the small ones.
        if !found.contains(&city) && found.len() < 40 {
            lost.push(city.name);
        }
    }
    assert!(lost.len() < 20, "{} are lost: {:?}", lost.len(), &lost[..lost.len().min(20)]);
    let key = place_key("Zürich").expect("a key");
    assert_eq!(key, "zurich");
}

#[test]
fn countries_have_codes_and_names_in_many_languages() {
    let places = Gazetteer::built_in();
    for (text, code) in [
        ("DE", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("Германия", "DE"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("the states", "US"),
        ("UK", "GB"),
        ("GB", "GB"),
        ("England", "GB"),
        ("Great Britain", "GB"),
        ("Holland", "NL"),
        ("The Netherlands", "NL"),
        ("Nederland", "NL"),
        ("Niederlande", "NL"),
        ("España", "ES"),
        ("Spain", "ES"),
        ("Espana", "ES"),
        ("Česko", "CZ"),
        ("Czech Republic", "CZ"),
        ("Czechia", "CZ"),
        ("日本", "JP"),
        ("中国", "CN"),
        ("한국", "KR"),
        ("South Korea", "KR"),
        ("Korea", "KR"),
        ("Россия", "RU"),
        ("Russia", "RU"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("UAE", "AE"),
        ("Schweiz", "CH"),
        ("Suisse", "CH"),
        ("Österreich", "AT"),
        ("Oesterreich", "AT"),
        ("Ivory Coast", "CI"),
        ("Côte d'Ivoire", "CI"),
        ("Hong Kong", "HK"),
        ("Taiwan", "TW"),
        ("Georgia", "GE"),
        ("Jordan", "JO"),
        ("Congo", "CD"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
        ("Guinea", "GN"),
        ("Ireland", "IE"),
        ("Éire", "IE"),
        ("Suomi", "FI"),
        ("Kosovo", "XK"),
        ("Brasil", "BR"),
        ("México", "MX"),
        ("مصر", "EG"),
        ("Ελλάδα", "GR"),
        ("Vietnam", "VN"),
        ("Việt Nam", "VN"),
    ] {
        assert_eq!(places.country(text).map(|country| country.code), Some(code), "{text}");
    }
    for text in ["", "Atlantis", "ZZ", "Europe"] {
        assert_eq!(places.country(text), None, "{text}");
    }
    let codes: BTreeSet<&str> = places.countries().map(|country| country.code).collect();
    assert_eq!(codes.len(), places.countries().count());
    assert_eq!(codes.len(), 250);
    for country in places.countries() {
        assert_eq!(places.country(country.name), Some(country), "{}", country.name);
    }
}

#[test]
fn regions_are_those_of_the_registry() {
    let choices: Vec<&str> = peerage_schema::choices::REGIONS.iter().map(|choice| choice.value).collect();
    assert_eq!(choices, REGION_NAMES);
    let places = Gazetteer::built_in();
    let region = |code: &str| places.country(code).map(|country| country.region);
    for (code, name) in [
        ("DE", "Europe"),
        ("US", "North America"),
        ("MX", "North America"),
        ("BR", "South America"),
        ("JP", "Asia Pacific"),
        ("AU", "Australia"),
        ("NZ", "Australia"),
        ("FJ", "Asia Pacific"),
        ("AE", "Middle East"),
        ("EG", "Africa"),
        ("RU", "Europe"),
    ] {
        assert_eq!(region(code), Some(name), "{code}");
    }
    for (text, name) in
        [("europe", "Europe"), ("EU", "Europe"), ("APAC", "Asia Pacific"), ("Middle East", "Middle East")]
    {
        assert_eq!(places.region(text), Some(name));
    }
    assert!(REGION_NAMES.iter().all(|name| places.region(name) == Some(name)));
    assert_eq!(places.region("Germany"), None);
}

#[test]
fn airport_codes_are_in_order_and_lead_to_their_city() {
    let places = Gazetteer::built_in();
    assert!(AIRPORT_CITIES.len() >= 150);
    assert!(AIRPORT_CITIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (code, city, country) in AIRPORT_CITIES {
        let meant = places.find_in(city, country);
        let found = places.find(code);
        assert!(
            !meant.is_empty() && found.first() == meant.first(),
            "{code}: {:?}, {:?}",
            found.first(),
            meant.first()
        );
    }
}

#[test]
fn the_radius_grows_with_the_population() {
    let check = |people: u32, km: f64| assert!((radius_km(people) - km).abs() < 0.6, "{people}: {}", radius_km(people));
    check(0, 5.0);
    check(10_000, 5.0);
    check(750_000, 16.3);
    check(9_000_000, 32.2);
    check(u32::MAX, 40.0);
}
