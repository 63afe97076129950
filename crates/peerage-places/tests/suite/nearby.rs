//! The nearest cities, compared with a scan of all of them.

use peerage_places::{City, Gazetteer, distance_km};
use proptest::prelude::*;

fn scanned(cities: &[City<'_>], latitude: f64, longitude: f64, limit: usize) -> Vec<f64> {
    let mut all: Vec<f64> =
        cities.iter().map(|city| distance_km((latitude, longitude), (city.latitude, city.longitude))).collect();
    all.sort_by(f64::total_cmp);
    all.truncate(limit);
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn the_tree_finds_what_a_scan_finds(latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64, limit in 1..20_usize) {
        let places = Gazetteer::built_in();
        let cities: Vec<City<'_>> = places.all_cities().collect();
        let found: Vec<f64> = places.nearest(latitude, longitude, limit).iter().map(|near| near.km).collect();
        let expected = scanned(&cities, latitude, longitude, limit);
        prop_assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert!((found - expected).abs() < 0.001, "{} instead of {}", found, expected);
        }
    }
}

#[test]
fn the_date_line_and_the_poles_are_no_borders() {
    let places = Gazetteer::built_in();
    let cities: Vec<City<'_>> = places.all_cities().collect();
    for (latitude, longitude) in
        [(-17.0, 179.999), (-17.0, -179.999), (90.0, 0.0), (-90.0, 120.0), (0.0, 180.0), (0.0, -180.0)]
    {
        let found = places.nearest(latitude, longitude, 5);
        let expected = scanned(&cities, latitude, longitude, 5);
        assert!(found.iter().zip(expected).all(|(found, km)| (found.km - km).abs() < 0.001), "{latitude} {longitude}");
    }
    let near = places.nearest(50.1109, 8.6821, 3);
    assert_eq!(near[0].city.name, "Frankfurt am Main");
    assert!(near[0].km < 5.0);
}

#[test]
fn coordinates_that_are_not_numbers_have_no_neighbours() {
    let places = Gazetteer::built_in();
    assert!(places.nearest(f64::NAN, 0.0, 5).is_empty());
    assert!(places.nearest(0.0, f64::INFINITY, 5).is_empty());
    assert!(places.nearest(0.0, 0.0, 0).is_empty());
    assert_eq!(places.nearest(0.0, 0.0, usize::MAX).len(), peerage_places::CITIES_MAX);
    assert_eq!(places.nearest(1e9, -1e9, 5).len(), 5, "angles beyond the circle are angles");
}
