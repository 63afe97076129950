//! The file `data/places.bin`.
//!
//! Numbers are little-endian. The file begins with the eight bytes `PLACES01`, the number of sections as four bytes, and the
//! length of each section as four bytes. The sections follow without gaps, in this order:
//!
//! | section | holds |
//! | --- | --- |
//! | cities | 12 bytes each, most people first: latitude and longitude (three bytes each, signed; 2²³ is 90 and 180 degrees), division (two bytes), people (four bytes) |
//! | city names | a text for each city |
//! | city keys | keys and the numbers of cities |
//! | sphere | numbers of cities (three bytes each) as a balanced tree, see `nearest` |
//! | divisions | one byte each: the number of the country |
//! | division names | a text for each division, empty for "unknown" |
//! | division keys | keys and the numbers of divisions |
//! | countries | three bytes each: the ISO 3166-1 code, and the number of the region |
//! | country names | a text for each country |
//! | country keys | keys and the numbers of countries |
//! | about | the attribution, as text |
//!
//! `texts` describes tables of texts, `keys` tables of keys. Nothing is unpacked: opening checks lengths, and each lookup
//! reads what it needs.

use std::fmt;

use crate::bytes::{read_i24, read_u16, read_u24, read_u32};
use crate::keys::KeyTable;
use crate::texts::TextTable;

const MAGIC: &[u8; 8] = b"PLACES01";
const SECTIONS: usize = 11;

const CITY_BYTES: usize = 12;
const COUNTRY_BYTES: usize = 3;
const SPHERE_BYTES: usize = 3;

/// Why data cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacesError {
    /// The data does not begin like a file of places, or has another version.
    Format,
    /// A section is longer than what is left of the data, or bytes are left over.
    Length,
    /// Tables that belong together have different numbers of entries, or the entries do not fit the bytes.
    Table,
    /// An entry cannot be read, or names a place that does not exist. Only [`Gazetteer::verify`] looks.
    ///
    /// [`Gazetteer::verify`]: crate::Gazetteer::verify
    Entry,
}

impl fmt::Display for PlacesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            PlacesError::Format => "the data is not a file of places of this version",
            PlacesError::Length => "the lengths of the sections do not fit the data",
            PlacesError::Table => "a table is incomplete",
            PlacesError::Entry => "an entry of a table is damaged",
        })
    }
}

impl std::error::Error for PlacesError {}

/// A city as stored.
pub struct CityRecord {
    pub latitude: f64,
    pub longitude: f64,
    pub division: usize,
    pub population: u32,
}

/// The sections of the data.
#[derive(Debug, Clone, Copy)]
pub struct PlacesLayout<'a> {
    cities: &'a [u8],
    pub city_names: TextTable<'a>,
    pub city_keys: KeyTable<'a>,
    sphere: &'a [u8],
    divisions: &'a [u8],
    pub division_names: TextTable<'a>,
    pub division_keys: KeyTable<'a>,
    countries: &'a [u8],
    pub country_names: TextTable<'a>,
    pub country_keys: KeyTable<'a>,
    pub about: &'a str,
}

impl<'a> PlacesLayout<'a> {
    /// Finds the sections. Reads the heads only, in constant time.
    pub fn open(data: &'a [u8]) -> Result<PlacesLayout<'a>, PlacesError> {
        let rest = data.strip_prefix(MAGIC).ok_or(PlacesError::Format)?;
        if read_u32(rest, 0) != Some(SECTIONS as u32) {
            return Err(PlacesError::Format);
        }
        let (lengths, mut body) = rest.split_at_checked(4 + 4 * SECTIONS).ok_or(PlacesError::Length)?;
        let mut sections: [&[u8]; SECTIONS] = [&[]; SECTIONS];
        for (index, section) in sections.iter_mut().enumerate() {
            let length = read_u32(lengths, 4 + 4 * index).ok_or(PlacesError::Length)? as usize;
            (*section, body) = body.split_at_checked(length).ok_or(PlacesError::Length)?;
        }
        if !body.is_empty() {
            return Err(PlacesError::Length);
        }
        let [cities, city_names, city_keys, sphere, divisions, division_names, division_keys, countries, ..] = sections;
        let [.., country_names, country_keys, about] = sections;
        let layout = PlacesLayout {
            cities,
            city_names: TextTable::open(city_names)?,
            city_keys: KeyTable::open(city_keys)?,
            sphere,
            divisions,
            division_names: TextTable::open(division_names)?,
            division_keys: KeyTable::open(division_keys)?,
            countries,
            country_names: TextTable::open(country_names)?,
            country_keys: KeyTable::open(country_keys)?,
            about: std::str::from_utf8(about).map_err(|_| PlacesError::Table)?,
        };
        let counts_fit = cities.len() == layout.city_names.len() * CITY_BYTES
            && sphere.len() == layout.city_names.len() * SPHERE_BYTES
            && divisions.len() == layout.division_names.len()
            && countries.len() == layout.country_names.len() * COUNTRY_BYTES;
        if counts_fit { Ok(layout) } else { Err(PlacesError::Table) }
    }

    /// Returns a city by its number, which is its rank by population.
    pub fn city(&self, number: u32) -> Option<CityRecord> {
        let record = self.cities.get((number as usize).checked_mul(CITY_BYTES)?..)?.get(..CITY_BYTES)?;
        Some(CityRecord {
            latitude: f64::from(read_i24(record, 0)?) / f64::from(1 << 23) * 90.0,
            longitude: f64::from(read_i24(record, 3)?) / f64::from(1 << 23) * 180.0,
            division: usize::from(read_u16(record, 6)?),
            population: read_u32(record, 8)?,
        })
    }

    /// Returns the number of the city at a place of the tree.
    pub fn sphere_city(&self, place: usize) -> Option<u32> {
        read_u24(self.sphere, place.checked_mul(SPHERE_BYTES)?)
    }

    /// Returns the number of the country of a division.
    pub fn country_of(&self, division: usize) -> Option<usize> {
        self.divisions.get(division).map(|country| usize::from(*country))
    }

    /// Returns the code of a country, and the number of its region.
    pub fn country(&self, number: usize) -> Option<(&'a str, usize)> {
        let [first, second, region] = *self.countries.get(number.checked_mul(COUNTRY_BYTES)?..)?.first_chunk()?;
        let at = number * COUNTRY_BYTES;
        let code = std::str::from_utf8(self.countries.get(at..at + 2)?).ok()?;
        let is_code = first.is_ascii_uppercase() && second.is_ascii_uppercase();
        is_code.then_some((code, usize::from(region)))
    }
}
