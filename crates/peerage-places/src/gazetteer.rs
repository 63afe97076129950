//! Looking up cities and countries.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::airports::airport_city;
use crate::fuzzy::near_keys;
use crate::keys::{KeyTable, PlaceNumbers};
use crate::layout::{PlacesError, PlacesLayout};
use crate::nearest::nearest_cities;
use crate::qualified::qualified_parts;
use crate::region::{REGION_NAMES, region_of_key};
use crate::spelling::{other_keys, place_key};

/// The most cities that any lookup returns.
pub const CITIES_MAX: usize = 100;

/// The most cities that [`Gazetteer::fuzzy`] returns.
const FUZZY_CITIES_MAX: usize = 10;

static DATA: &[u8] = include_bytes!("../data/places.bin");

static BUILT_IN: LazyLock<Gazetteer<'static>> =
    LazyLock::new(|| Gazetteer::open(DATA).expect("a test opens the data that is part of the program"));

/// A city, town or large district.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct City<'a> {
    /// As GeoNames writes it: the English name if there is a common one, otherwise the local one in Latin letters.
    pub name: &'a str,
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: &'a str,
    /// The state, province or other first-level division, in English where GeoNames has it so.
    pub admin: Option<&'a str>,
    /// Degrees, WGS 84, to 3 m.
    pub latitude: f64,
    pub longitude: f64,
    pub population: u32,
    /// An estimate of how far the city with its suburbs extends, for lists of what is in it: see [`radius_km`].
    pub radius_km: f64,
}

/// A city, and how far away it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearbyCity<'a> {
    pub city: City<'a>,
    pub km: f64,
}

/// A country or territory with a code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country<'a> {
    /// ISO 3166-1 alpha-2, in capitals; `XK` is Kosovo.
    pub code: &'a str,
    /// In English.
    pub name: &'a str,
    /// One of [`REGION_NAMES`].
    pub region: &'static str,
}

/// Returns an estimate of the radius of a city from its population: `5 km × (people / 10,000)^0.274`, and at least 5 and at
/// most 40 km. So a town of 10,000 has 5 km, a city of 750,000 has 16 km, one of 9 million 32 km, one of 20 million 40 km.
pub fn radius_km(population: u32) -> f64 {
    (5.0 * (f64::from(population) / 10_000.0).powf(0.274)).clamp(5.0, 40.0)
}

/// Cities and countries of the world.
///
/// Lookups read the data in place and keep no state. They cannot fail: damaged entries are skipped.
#[derive(Debug, Clone, Copy)]
pub struct Gazetteer<'a> {
    layout: PlacesLayout<'a>,
}

impl Gazetteer<'static> {
    /// Returns the gazetteer that is part of the program: cities of 5,000 people or more, and all capitals.
    ///
    /// ```
    /// use peerage_places::Gazetteer;
    ///
    /// let places = Gazetteer::built_in();
    /// assert_eq!(places.find("Köln")[0].country, "DE");
    /// assert_eq!(places.find("Portland, Oregon")[0].admin, Some("Oregon"));
    /// assert_eq!(places.country("Holland").map(|country| country.code), Some("NL"));
    /// ```
    pub fn built_in() -> &'static Gazetteer<'static> {
        &BUILT_IN
    }
}

impl<'a> Gazetteer<'a> {
    /// Opens data in the form that `scripts/make-places` writes. Checks the lengths of the tables, in constant time.
    pub fn open(data: &'a [u8]) -> Result<Gazetteer<'a>, PlacesError> {
        Ok(Gazetteer { layout: PlacesLayout::open(data)? })
    }

    /// Returns cities with a name, best first: those that are called so in their country or in English before those that have
    /// it as another name and are not eight times as large, and large ones before small ones.
    ///
    /// The name is a name in any language, an airport code, or either followed by a country or division, with or without
    /// comma: `Frankfurt, DE`, `Paris TX`. At most [`CITIES_MAX`].
    pub fn find(&self, name: &str) -> Vec<City<'a>> {
        let Some(key) = place_key(name) else { return Vec::new() };
        let mut found = self.of_key(&key);
        if found.is_empty() {
            found = self.first_of_parts(name, |key| self.of_key_or_other(key));
        }
        if found.is_empty() {
            found = self.of_key_or_other(&key);
        }
        self.cities(found)
    }

    /// Returns cities with a name in a place, in the order of [`Gazetteer::find`]. The place is the name or code of a country
    /// or of a first-level division, or several of them with commas between: `Germany`, `DE`, `TX`, `Oregon, USA`. A text
    /// that means both, such as `Georgia`, finds the cities of either.
    pub fn find_in(&self, name: &str, place: &str) -> Vec<City<'a>> {
        let Some(key) = place_key(name) else { return Vec::new() };
        let places: Vec<&str> = place.split(',').collect();
        let found = self.of_key(&key);
        let mut found = self.only_in(found, &places);
        if found.is_empty() {
            found = self.only_in(self.of_key_or_other(&key), &places);
        }
        self.cities(found)
    }

    /// Returns the largest cities of which a name begins with `name`, for lists that are shown while someone types. At most
    /// `limit` and at most [`CITIES_MAX`].
    pub fn prefix(&self, name: &str, limit: usize) -> Vec<City<'a>> {
        let limit = limit.min(CITIES_MAX);
        let mut best = BTreeSet::new();
        // A blank at the end says that the word is complete.
        let key = place_key(name).map(|key| if name.ends_with(' ') { key + " " } else { key });
        let Some(key) = key.filter(|_| limit > 0) else { return Vec::new() };
        let exact = self.of_key(key.trim_end());
        self.layout.city_keys.with_prefix(&key, |_, numbers| {
            for number in numbers.iter() {
                // Numbers are ranks by population.
                if best.len() < limit {
                    best.insert(number);
                } else if best.last().is_some_and(|last| number < *last) && best.insert(number) {
                    best.pop_last();
                }
            }
        });
        let first = exact.first().copied().filter(|_| key.len() > 3);
        let others = best.into_iter().filter(|number| Some(*number) != first);
        let mut cities = self.cities(first.into_iter().chain(others).collect());
        cities.truncate(limit);
        cities
    }

    /// Returns cities whose name differs from `name` by a typing error, or by two if it has eight letters or more; fewer errors
    /// first, then large cities first. A country or division may follow after a comma. At most 10.
    pub fn fuzzy(&self, name: &str) -> Vec<City<'a>> {
        let mut found = Vec::new();
        if let Some((left, places)) = name.split_once(',') {
            if let Some(key) = place_key(left) {
                let places: Vec<&str> = places.split(',').collect();
                found = self.only_in(self.near(&key), &places);
            }
        } else if let Some(key) = place_key(name) {
            found = self.near(&key);
        }
        found.truncate(FUZZY_CITIES_MAX);
        self.cities(found)
    }

    /// Returns the nearest cities, the nearest first. At most `limit` and at most [`CITIES_MAX`]; none for coordinates that
    /// are not numbers.
    pub fn nearest(&self, latitude: f64, longitude: f64, limit: usize) -> Vec<NearbyCity<'a>> {
        nearest_cities(&self.layout, latitude, longitude, limit.min(CITIES_MAX))
            .into_iter()
            .filter_map(|(number, km)| Some(NearbyCity { city: self.city(number)?, km }))
            .collect()
    }

    /// Returns the country with a code of two or three letters, or with a name in one of about fifty languages.
    pub fn country(&self, name_or_code: &str) -> Option<Country<'a>> {
        let key = place_key(name_or_code)?;
        let found = self.country_of_key(&key).or_else(|| other_keys(&key).find_map(|key| self.country_of_key(&key)));
        found.and_then(|number| self.country_record(number))
    }

    /// Returns all countries, in the order of their codes.
    pub fn countries(&self) -> impl Iterator<Item = Country<'a>> + '_ {
        (0..self.layout.country_names.len()).filter_map(|number| self.country_record(number))
    }

    /// Returns the region, as the registry names it, that a text such as `Europe` or `APAC` means.
    pub fn region(&self, name: &str) -> Option<&'static str> {
        region_of_key(&place_key(name)?)
    }

    /// Returns the attribution that the licence of the data requires, in one line.
    pub fn attribution(&self) -> &'a str {
        self.layout.about
    }

    /// Returns all cities, most people first.
    pub fn all_cities(&self) -> impl Iterator<Item = City<'a>> + '_ {
        (0..self.layout.city_names.len() as u32).filter_map(|number| self.city(number))
    }

    /// Reads every entry, and checks that keys are sorted and name places that exist. For tests of the data: takes tens of
    /// milliseconds.
    pub fn verify(&self) -> Result<(), PlacesError> {
        let layout = &self.layout;
        let cities = layout.city_names.len();
        let are_read = self.all_cities().count() == cities
            && self.countries().count() == layout.country_names.len()
            && (0..layout.division_names.len()).all(|number| layout.division_names.text(number).is_some());
        let tables: [(&KeyTable<'_>, usize); 3] = [
            (&layout.city_keys, cities),
            (&layout.division_keys, layout.division_names.len()),
            (&layout.country_keys, layout.country_names.len()),
        ];
        let are_sorted = tables.into_iter().all(|(table, places)| keys_are_sound(table, places));
        let mut seen = vec![false; cities];
        for number in (0..cities).filter_map(|place| layout.sphere_city(place)) {
            if let Some(seen) = seen.get_mut(number as usize) {
                *seen = true;
            }
        }
        let are_all_near = seen.into_iter().all(|seen| seen);
        if are_read && are_sorted && are_all_near { Ok(()) } else { Err(PlacesError::Entry) }
    }

    fn city(&self, number: u32) -> Option<City<'a>> {
        let record = self.layout.city(number)?;
        let (country, _) = self.layout.country(self.layout.country_of(record.division)?)?;
        Some(City {
            name: self.layout.city_names.text(number as usize)?,
            country,
            admin: Some(self.layout.division_names.text(record.division)?).filter(|name| !name.is_empty()),
            latitude: record.latitude,
            longitude: record.longitude,
            population: record.population,
            radius_km: radius_km(record.population),
        })
    }

    fn cities(&self, numbers: Vec<u32>) -> Vec<City<'a>> {
        numbers.into_iter().take(CITIES_MAX).filter_map(|number| self.city(number)).collect()
    }

    fn country_record(&self, number: usize) -> Option<Country<'a>> {
        let (code, region) = self.layout.country(number)?;
        let name = self.layout.country_names.text(number)?;
        Some(Country { code, name, region: REGION_NAMES.get(region)? })
    }

    fn country_of_key(&self, key: &str) -> Option<usize> {
        self.layout.country_keys.find(key).and_then(|numbers| numbers.iter().next()).map(|number| number as usize)
    }

    /// Returns the numbers of cities of a key as it is: the city of an airport code first.
    fn of_key(&self, key: &str) -> Vec<u32> {
        let mut found: Vec<u32> = self.layout.city_keys.find(key).iter().flat_map(PlaceNumbers::iter).collect();
        let of_code = airport_city(key).and_then(|(city, country)| {
            let named = self.layout.city_keys.find(&place_key(city)?)?;
            named.iter().find(|number| self.is_in_country(*number, country))
        });
        if let Some(first) = of_code {
            found.retain(|number| *number != first);
            found.insert(0, first);
        }
        found
    }

    fn of_key_or_other(&self, key: &str) -> Vec<u32> {
        let found = self.of_key(key);
        if !found.is_empty() {
            return found;
        }
        other_keys(key).map(|other| self.of_key(&other)).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// Returns the cities of the first way to split a text into a name and places that finds any.
    fn first_of_parts(&self, text: &str, find: impl Fn(&str) -> Vec<u32>) -> Vec<u32> {
        qualified_parts(text)
            .into_iter()
            .map(|(name, places)| self.only_in(place_key(name).map(|key| find(&key)).unwrap_or_default(), &places))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    /// Keeps the cities that are in all of the places. A text that names no place keeps none.
    fn only_in(&self, mut found: Vec<u32>, places: &[&str]) -> Vec<u32> {
        for place in places.iter().filter_map(|place| place_key(place)) {
            if found.is_empty() {
                break;
            }
            let country = self.country_of_key(&place);
            let divisions: Vec<u32> =
                self.layout.division_keys.find(&place).iter().flat_map(PlaceNumbers::iter).collect();
            found.retain(|number| {
                self.layout.city(*number).is_some_and(|city| {
                    let is_in_country = country.is_some() && self.layout.country_of(city.division) == country;
                    is_in_country || divisions.contains(&(city.division as u32))
                })
            });
        }
        found
    }

    fn is_in_country(&self, number: u32, code: &str) -> bool {
        let country = self.layout.city(number).and_then(|city| self.layout.country_of(city.division));
        country.and_then(|country| self.layout.country(country)).is_some_and(|(found, _)| found == code)
    }

    /// Returns cities with a key that is nearly this one, fewer errors first, then by population.
    fn near(&self, key: &str) -> Vec<u32> {
        let mut found = Vec::new();
        near_keys(&self.layout.city_keys, key, |errors, numbers| {
            found.extend(numbers.iter().map(|number| (errors, number)));
        });
        found.sort_unstable();
        let mut seen = BTreeSet::new();
        found.into_iter().map(|(_, number)| number).filter(|number| seen.insert(*number)).collect()
    }
}

fn keys_are_sound(table: &KeyTable<'_>, places: usize) -> bool {
    let (mut count, mut before, mut are_sound) = (0, Vec::new(), true);
    table.walk_from("", table.len(), |key, numbers| {
        count += 1;
        are_sound &= before.as_slice() < key
            && std::str::from_utf8(key).is_ok()
            && numbers.iter().all(|number| (number as usize) < places);
        before = key.to_vec();
        true
    });
    are_sound && count == table.len()
}
