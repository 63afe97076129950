//! Files of places, read back.

use std::io::{Cursor, Read};

use peerage_charts::{FEATURES_MAX, PlaceDetail, PlaceFeature, PlacesError, geojson, kmz};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use zip::ZipArchive;

use crate::pictures::{ReadElement, elements};

const DETAILS: [PlaceDetail<'static>; 2] = [
    PlaceDetail { key: "city", label: "City", value: "Frankfurt <am> Main" },
    PlaceDetail { key: "name", label: "Name", value: "taken" },
];

fn features() -> [PlaceFeature<'static>; 3] {
    let feature = |kind, name, place| PlaceFeature {
        kind,
        name,
        url: "https://registry.example/fac/1?a=1&b=2",
        place,
        details: &DETAILS,
    };
    [
        feature("Facilities", "Main <Data> & 3", Some((50.11, 8.68))),
        feature("Exchanges", "ZX Zürich", None),
        feature("Facilities", "Nowhere", Some((f64::NAN, 200.0))),
    ]
}

fn read_kml(bytes: Vec<u8>) -> Vec<ReadElement> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("a zip archive");
    assert_eq!(archive.len(), 1);
    let mut text = String::new();
    archive.by_name("doc.kml").expect("the document").read_to_string(&mut text).expect("UTF-8");
    elements(&text)
}

fn texts<'a>(elements: &'a [ReadElement], name: &str) -> Vec<&'a str> {
    elements.iter().filter(|element| element.name == name).map(|element| element.text.as_str()).collect()
}

#[test]
fn geojson_is_a_collection_of_points_with_longitude_first() {
    let read: Json = serde_json::from_slice(&geojson(&features()).expect("a file")).expect("JSON");
    assert_eq!(read["type"], "FeatureCollection");
    let expected = json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [8.68, 50.11]},
        "properties": {
            "kind": "Facilities",
            "name": "Main <Data> & 3",
            "url": "https://registry.example/fac/1?a=1&b=2",
            "city": "Frankfurt <am> Main",
        },
    });
    assert_eq!(read["features"][0], expected);
    assert_eq!(read["features"][1]["geometry"], Json::Null);
    assert_eq!(read["features"][2]["geometry"], Json::Null);
}

#[test]
fn kmz_has_a_folder_for_each_kind() {
    let read = read_kml(kmz("Places", &features()).expect("a file"));
    let names = texts(&read, "name");
    assert_eq!(names, ["Places", "Exchanges", "ZX Zürich", "Facilities", "Main <Data> & 3", "Nowhere"]);
    assert_eq!(texts(&read, "coordinates"), ["8.68,50.11"]);
    let description = "City: Frankfurt &lt;am&gt; Main<br>Name: taken<br>\
        <a href=\"https://registry.example/fac/1?a=1&amp;b=2\">https://registry.example/fac/1?a=1&amp;b=2</a>";
    assert_eq!(texts(&read, "description")[1], description);
    assert_eq!(texts(&read, "value")[..2], ["Frankfurt <am> Main", "taken"]);
    assert_eq!(read[0].get("xmlns"), "http://www.opengis.net/kml/2.2");
    assert_eq!(kmz("Places", &features()), kmz("Places", &features()), "the same bytes each time");
}

#[test]
fn too_many_places_are_refused() {
    let [feature, ..] = features();
    let many = vec![feature; FEATURES_MAX + 1];
    assert_eq!(geojson(&many), Err(PlacesError::TooMany(50_001)));
    assert_eq!(kmz("Places", &many), Err(PlacesError::TooMany(50_001)));
}

proptest! {
    #[test]
    fn any_feature_is_read_back(
        kind in any::<String>(), name in any::<String>(), latitude in -90.0..=90.0_f64, longitude in -180.0..=180.0_f64
    ) {
        let details = [PlaceDetail { key: &kind, label: &name, value: &name }];
        let place = Some((latitude, longitude));
        let features = [PlaceFeature { kind: &kind, name: &name, url: "https://registry.example/", place, details: &details }];
        let read: Json = serde_json::from_slice(&geojson(&features).expect("a file")).expect("JSON");
        prop_assert_eq!(&read["features"][0]["properties"]["name"], &name);
        let coordinates = &read["features"][0]["geometry"]["coordinates"];
        let far = |at: usize, value: f64| coordinates[at].as_f64().is_none_or(|read| (read - value).abs() > 1e-9);
        prop_assert!(!far(0, longitude) && !far(1, latitude), "{coordinates}");
        let read = read_kml(kmz(&name, &features).expect("a file"));
        prop_assert_eq!(texts(&read, "coordinates"), [format!("{longitude},{latitude}")]);
        prop_assert_eq!(texts(&read, "Placemark").len(), 1);
    }
}
