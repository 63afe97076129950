//! Places in queries: `in Frankfurt`, `in Germany`, `near 50.1,8.7, 50 km`.

use crate::document::{FieldTag, TagSet, parts};
use crate::index::{SearchIndex, square};
use crate::posting::PostingList;
use crate::set::{DocumentSet, SetLayout};
use crate::tokens::spans;

/// Kilometres around a place or a point, if the query does not say how many.
pub const NEAR_KM: f64 = 50.0;

/// Maximum number of kilometres.
pub const NEAR_KM_MAX: f64 = 2_000.0;

/// A city is at least this large: coordinates of buildings and of cities differ by a few kilometres.
const CITY_KM_MIN: f64 = 15.0;

const EARTH_KM: f64 = 6_371.0;

/// A place that a gazetteer knows.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundPlace {
    /// As people of the place write it.
    pub name: String,
    /// Two letters, upper case.
    pub country: String,
    pub latitude: f64,
    pub longitude: f64,
    pub population: u32,
    /// About the extent of the place.
    pub radius_km: f64,
}

/// A gazetteer, which the caller has.
pub trait PlaceLookup {
    /// Places with this name in any language, the most important first.
    fn find(&self, name: &str) -> Vec<FoundPlace>;
    /// The code of a country, two letters in upper case, from its code or its name in any language.
    fn country(&self, name_or_code: &str) -> Option<&str>;
}

/// A gazetteer without places.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPlaces;

impl PlaceLookup for NoPlaces {
    fn find(&self, _: &str) -> Vec<FoundPlace> {
        Vec::new()
    }

    fn country(&self, _: &str) -> Option<&str> {
        None
    }
}

/// The place in a query.
#[derive(Debug, Clone, PartialEq)]
pub enum PlaceCondition {
    InCountry {
        code: String,
    },
    InCity(FoundPlace),
    /// Within so many kilometres of a point. `label` says what the point is.
    Near {
        label: String,
        latitude: f64,
        longitude: f64,
        km: f64,
    },
    /// Within so many kilometres of an object, which is found by name.
    NearObject {
        name: String,
        km: f64,
    },
}

/// Great-circle distance of two points in degrees, in kilometres.
pub fn kilometres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (lat_a, lat_b) = (a.0.to_radians(), b.0.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.1 - a.1).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
}

pub fn degrees((latitude, longitude): (i32, i32)) -> (f64, f64) {
    (f64::from(latitude) / 1e6, f64::from(longitude) / 1e6)
}

/// Splits `Frankfurt, 50 km` into the place and the distance.
pub fn split_distance(text: &str) -> (&str, Option<f64>) {
    let lower = text.to_ascii_lowercase();
    let (rest, factor) = match (lower.strip_suffix("km"), lower.strip_suffix("miles"), lower.strip_suffix("mi")) {
        (Some(rest), ..) => (rest, 1.0),
        (_, Some(rest), _) | (_, _, Some(rest)) => (rest, 1.609_344),
        _ => return (text, None),
    };
    let rest = rest.trim_end();
    let digits = rest
        .rfind(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
        .map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
    match rest[digits..].parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => {
            let place = text[..digits].trim_end_matches([' ', ',', ';']);
            (place, Some((number * factor).min(NEAR_KM_MAX)))
        }
        _ => (text, None),
    }
}

/// `50.11, 8.68` or `50.11 8.68`.
pub fn point(text: &str) -> Option<(f64, f64)> {
    let mut numbers = text.split([',', ' ']).filter(|part| !part.is_empty()).map(str::parse::<f64>);
    let (latitude, longitude) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let is_point = numbers.next().is_none() && latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    is_point.then_some((latitude, longitude))
}

/// A city, with a country after it if there is one: `Frankfurt`, `Frankfurt, Germany`, `Frankfurt DE`.
pub fn city(text: &str, places: &dyn PlaceLookup) -> Option<FoundPlace> {
    let first = |name: &str, country: Option<&str>| {
        places.find(name).into_iter().find(|place| country.is_none_or(|country| place.country == country))
    };
    let text = text.trim();
    if let Some((name, country)) = text.rsplit_once(',').or_else(|| text.rsplit_once(' '))
        && let Some(country) = places.country(country.trim())
        && let Some(place) = first(name.trim().trim_end_matches(','), Some(country))
    {
        return Some(place);
    }
    first(text, None)
}

/// `in …`.
pub fn within(text: &str, places: &dyn PlaceLookup) -> Option<PlaceCondition> {
    let text = text.trim();
    let country = || places.country(text).map(|code| PlaceCondition::InCountry { code: code.to_owned() });
    country().or_else(|| city(text, places).map(PlaceCondition::InCity))
}

/// `near …`.
pub fn around(text: &str, places: &dyn PlaceLookup) -> Option<PlaceCondition> {
    let (place, km) = split_distance(text.trim());
    let place = place.trim();
    if place.is_empty() {
        return None;
    }
    if let Some((latitude, longitude)) = point(place) {
        let label = place.to_owned();
        return Some(PlaceCondition::Near { label, latitude, longitude, km: km.unwrap_or(NEAR_KM) });
    }
    Some(match city(place, places) {
        Some(FoundPlace { name, country, latitude, longitude, radius_km, .. }) => PlaceCondition::Near {
            label: format!("{name}, {country}"),
            latitude,
            longitude,
            km: km.unwrap_or(NEAR_KM.max(radius_km)),
        },
        None => PlaceCondition::NearObject { name: place.to_owned(), km: km.unwrap_or(NEAR_KM) },
    })
}

impl SearchIndex {
    /// Documents within a distance of a point, and the number of documents that were looked at.
    pub(crate) fn near(&self, layout: &SetLayout, centre: (f64, f64), km: f64) -> (DocumentSet, usize) {
        let mut found = layout.empty();
        let mut looked = 0;
        let mut test = |occurrences: &[u32]| {
            looked += occurrences.len();
            for (kind, id, _) in occurrences.iter().map(|at| parts(*at)) {
                let key = crate::document::DocumentKey { kind, id };
                let position = self.card(key).and_then(|card| card.position);
                if position.is_some_and(|position| kilometres(centre, degrees(position)) <= km) {
                    found.insert(layout.bit(kind, id));
                }
            }
        };
        // Degrees of longitude get shorter towards the poles.
        let rows = km / 111.0 + 0.1;
        let shortest = (centre.0.abs() + rows).min(89.9).to_radians().cos();
        let columns = km / (111.0 * shortest) + 0.1;
        if columns >= 60.0 {
            self.squares().flat_map(PostingList::chunks).for_each(&mut test);
            return (found, looked);
        }
        let row_range = ((centre.0 - rows).floor() as i32).max(-90)..=((centre.0 + rows).floor() as i32).min(89);
        for row in row_range {
            for column in (centre.1 - columns).floor() as i32..=(centre.1 + columns).floor() as i32 {
                let corner = (row * 1_000_000, (column + 180).rem_euclid(360) * 1_000_000 - 180_000_000);
                self.in_square(square(corner)).into_iter().flat_map(PostingList::chunks).for_each(&mut test);
            }
        }
        (found, looked)
    }

    /// Documents in a country.
    pub(crate) fn in_country(&self, layout: &SetLayout, code: &str) -> (DocumentSet, usize) {
        self.with_word(layout, &code.to_ascii_lowercase(), TagSet::of(&[FieldTag::Country]))
    }

    /// Documents in a city: by their position, and those whose city has its name.
    pub(crate) fn in_city(&self, layout: &SetLayout, place: &FoundPlace) -> (DocumentSet, usize) {
        let (mut found, mut looked) =
            self.near(layout, (place.latitude, place.longitude), place.radius_km.max(CITY_KM_MIN));
        let folded = peerage_fold::fold(&place.name).into_owned();
        let (mut named, steps) = self.in_country(layout, &place.country);
        looked += steps;
        let mut is_named = false;
        for span in spans(&folded) {
            let (set, steps) = self.with_word(layout, span.word, TagSet::of(&[FieldTag::City]));
            looked += steps;
            named.keep(&set);
            is_named = true;
        }
        if is_named {
            found.add(&named);
        }
        (found, looked)
    }

    /// Documents with exactly this word in a text with one of the tags.
    fn with_word(&self, layout: &SetLayout, word: &str, tags: TagSet) -> (DocumentSet, usize) {
        let mut found = layout.empty();
        let Some(id) = self.words.id(word) else { return (found, 1) };
        let occurrences = self.words.occurrences(id);
        for (kind, id, tag) in occurrences.iter().map(parts) {
            if tags.has_bit(tag) {
                found.insert(layout.bit(kind, id));
            }
        }
        (found, occurrences.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_points_are_read() {
        assert_eq!(split_distance("Frankfurt, 50 km"), ("Frankfurt", Some(50.0)));
        assert_eq!(split_distance("50.1,8.7 20km"), ("50.1,8.7", Some(20.0)));
        assert_eq!(split_distance("Zürich"), ("Zürich", None));
        assert_eq!(split_distance("Miami"), ("Miami", None));
        assert_eq!(split_distance("x, 99999 km"), ("x", Some(NEAR_KM_MAX)));
        assert_eq!(point("50.11, -8.68"), Some((50.11, -8.68)));
        assert!(point("91,0").is_none() && point("1").is_none() && point("1,2,3").is_none());
    }
}
