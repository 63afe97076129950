//! Files of places: GeoJSON for maps and programs, KMZ for Google Earth and its like.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use quick_xml::escape::escape;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::markup::MarkupText;
use crate::projection::is_place;

/// The most features of a file. At about 500 bytes each, a file has at most 25 MB before it is compressed.
pub const FEATURES_MAX: usize = 50_000;

/// An object with its place on Earth, as it is written to a file.
#[derive(Clone, Debug)]
pub struct PlaceFeature<'a> {
    /// What the object is. In KMZ, each kind has a folder.
    pub kind: &'a str,
    pub name: &'a str,
    /// Address of the object's page, with scheme and host.
    pub url: &'a str,
    /// Latitude and longitude in degrees, if they are known.
    pub place: Option<(f64, f64)>,
    pub details: &'a [PlaceDetail<'a>],
}

/// A line of the description of a feature.
#[derive(Clone, Debug)]
pub struct PlaceDetail<'a> {
    /// The name of a property in GeoJSON. `kind`, `name` and `url` are taken.
    pub key: &'a str,
    /// What people read, in KMZ.
    pub label: &'a str,
    pub value: &'a str,
}

/// Why a file of places was not made.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PlacesError {
    #[error("{0} places are too many for one file. Narrow the search to at most {FEATURES_MAX}.")]
    TooMany(usize),
}

fn bounded(features: &[PlaceFeature<'_>]) -> Result<(), PlacesError> {
    if features.len() > FEATURES_MAX { Err(PlacesError::TooMany(features.len())) } else { Ok(()) }
}

impl PlaceFeature<'_> {
    /// Latitude and longitude, if they are on Earth.
    fn position(&self) -> Option<(f64, f64)> {
        self.place.filter(|(latitude, longitude)| is_place(*latitude, *longitude))
    }
}

#[derive(Serialize)]
struct FeatureCollection<'a> {
    r#type: &'static str,
    features: Vec<JsonFeature<'a>>,
}

#[derive(Serialize)]
struct JsonFeature<'a> {
    r#type: &'static str,
    geometry: Option<PointGeometry>,
    properties: FeatureProperties<'a>,
}

#[derive(Serialize)]
struct PointGeometry {
    r#type: &'static str,
    /// Longitude, then latitude.
    coordinates: [f64; 2],
}

struct FeatureProperties<'a>(&'a PlaceFeature<'a>);

impl Serialize for FeatureProperties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(feature) = self;
        let mut properties = serializer.serialize_map(None)?;
        let own = [("kind", feature.kind), ("name", feature.name), ("url", feature.url)];
        for (key, value) in own {
            properties.serialize_entry(key, value)?;
        }
        for detail in feature.details {
            if own.iter().all(|(key, _)| *key != detail.key) {
                properties.serialize_entry(detail.key, detail.value)?;
            }
        }
        properties.end()
    }
}

/// Writes features as GeoJSON (RFC 7946): a `FeatureCollection` of points. A feature without a place has no geometry.
///
/// # Errors
/// [`PlacesError::TooMany`] if there are more than [`FEATURES_MAX`].
pub fn geojson(features: &[PlaceFeature<'_>]) -> Result<Vec<u8>, PlacesError> {
    bounded(features)?;
    let feature = |feature| JsonFeature {
        r#type: "Feature",
        geometry: PlaceFeature::position(feature)
            .map(|(latitude, longitude)| PointGeometry { r#type: "Point", coordinates: [longitude, latitude] }),
        properties: FeatureProperties(feature),
    };
    let collection =
        FeatureCollection { r#type: "FeatureCollection", features: features.iter().map(feature).collect() };
    Ok(serde_json::to_vec(&collection).expect("texts and finite numbers have a form in JSON"))
}

/// Writes features as KMZ: a zip archive with one file `doc.kml` (KML 2.2). Features are in a folder of their kind; those
/// without a place are listed there, but not on the map.
///
/// The same features give the same bytes. Cost: about 2 µs a feature.
///
/// # Errors
/// [`PlacesError::TooMany`] if there are more than [`FEATURES_MAX`].
pub fn kmz(title: &str, features: &[PlaceFeature<'_>]) -> Result<Vec<u8>, PlacesError> {
    const IN_MEMORY: &str = "writing to memory cannot fail";
    bounded(features)?;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("doc.kml", SimpleFileOptions::default()).expect(IN_MEMORY);
    archive.write_all(kml(title, features).as_bytes()).expect(IN_MEMORY);
    Ok(archive.finish().expect(IN_MEMORY).into_inner())
}

fn kml(title: &str, features: &[PlaceFeature<'_>]) -> String {
    let mut out = MarkupText::new();
    out.declaration();
    let spaces = [("xmlns", "http://www.opengis.net/kml/2.2"), ("xmlns:atom", "http://www.w3.org/2005/Atom")];
    out.open("kml", &spaces);
    out.open("Document", &[]);
    out.text("name", &[], title);
    let mut kinds: BTreeMap<&str, Vec<&PlaceFeature<'_>>> = BTreeMap::new();
    for feature in features {
        kinds.entry(feature.kind).or_default().push(feature);
    }
    for (kind, features) in kinds {
        out.open("Folder", &[]);
        out.text("name", &[], kind);
        for feature in features {
            placemark(&mut out, feature);
        }
        out.close();
    }
    out.finish()
}

/// The schema of KML fixes the order of elements.
fn placemark(out: &mut MarkupText, feature: &PlaceFeature<'_>) {
    out.open("Placemark", &[]);
    out.text("name", &[], feature.name);
    out.empty("atom:link", &[("href", feature.url)]);
    out.text("description", &[], &description(feature));
    out.open("ExtendedData", &[]);
    for detail in feature.details {
        out.open("Data", &[("name", detail.key)]);
        out.text("displayName", &[], detail.label);
        out.text("value", &[], detail.value);
        out.close();
    }
    out.close();
    if let Some((latitude, longitude)) = feature.position() {
        out.open("Point", &[]);
        out.text("coordinates", &[], &format!("{longitude},{latitude}"));
        out.close();
    }
    out.close();
}

/// Viewers show a description as HTML, so its texts are escaped in it, and it is escaped in XML once more.
fn description(feature: &PlaceFeature<'_>) -> String {
    let mut html = String::new();
    for detail in feature.details {
        html.push_str(&format!("{}: {}<br>", escape(detail.label), escape(detail.value)));
    }
    let url = escape(feature.url);
    html.push_str(&format!("<a href=\"{url}\">{url}</a>"));
    html
}
