//! Cities and countries of the world, as part of the program.
//!
//! Finds cities by name in many languages and scripts ([`Gazetteer::find`]), by the beginning of a name
//! ([`Gazetteer::prefix`]), by nearly the right name ([`Gazetteer::fuzzy`]) and by distance ([`Gazetteer::nearest`]), and
//! countries by code or name ([`Gazetteer::country`]). No connection is made, and nothing is loaded: the data is a table of
//! bytes that is searched where it is (`layout`).
//!
//! Places and their names are from [GeoNames](https://www.geonames.org), licensed under
//! [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/); see docs/attributions.md.

mod airports;
mod bytes;
mod fuzzy;
mod gazetteer;
mod keys;
mod layout;
mod nearest;
mod qualified;
mod region;
mod spelling;
mod texts;

pub use airports::AIRPORT_CITIES;
pub use gazetteer::{CITIES_MAX, City, Country, Gazetteer, NearbyCity, radius_km};
pub use layout::PlacesError;
pub use nearest::distance_km;
pub use region::REGION_NAMES;
pub use spelling::{KEY_BYTES_MAX, NAME_CHARS_MAX, place_key};
