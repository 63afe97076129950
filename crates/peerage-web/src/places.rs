//! The gazetteer that is part of the program, as the search needs it.

use peerage_places::{City, Gazetteer};
use peerage_registry::query::{FoundPlace, PlaceLookup};

/// Places that a name can mean, at most.
const PLACES_MAX: usize = 8;

struct BuiltInPlaces;

/// The places of the world.
pub fn built_in_places() -> &'static dyn PlaceLookup {
    &BuiltInPlaces
}

impl PlaceLookup for BuiltInPlaces {
    fn find(&self, name: &str) -> Vec<FoundPlace> {
        let gazetteer = Gazetteer::built_in();
        let found = gazetteer.find(name);
        let found = if found.is_empty() { gazetteer.fuzzy(name) } else { found };
        found.into_iter().take(PLACES_MAX).map(place).collect()
    }

    fn country(&self, name_or_code: &str) -> Option<&str> {
        Gazetteer::built_in().country(name_or_code).map(|country| country.code)
    }
}

fn place(city: City<'_>) -> FoundPlace {
    FoundPlace {
        name: city.name.to_owned(),
        country: city.country.to_owned(),
        latitude: city.latitude,
        longitude: city.longitude,
        population: city.population,
        radius_km: city.radius_km,
    }
}
