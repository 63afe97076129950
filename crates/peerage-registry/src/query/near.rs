//! Distance search over facilities and organizations (spec/read-api.md, 7).

use peerage_schema::tables::{fac, org};
use peerage_schema::{Column, Resource};
use peerage_search::kilometres;

use crate::fold::SearchNeedle;
use crate::query::filter::FilterScope;
use crate::query::number::float;
use crate::query::work::{TEST, of_text};
use crate::query::{QueryError, QueryParams};
use crate::row::Row;

/// Filters that only determine the centre in a distance search.
pub const LOCATING: [&str; 7] = ["latitude", "longitude", "address1", "city", "city__in", "state", "zipcode"];

/// A circle. Rows without coordinates are outside of every circle.
#[derive(Debug, Clone, Copy)]
pub struct NearFilter {
    centre: Option<(f64, f64)>,
    km: f64,
}

impl NearFilter {
    /// The circle of a distance search, or `None` if the query is not one.
    ///
    /// If no coordinates are given, the centre is that of the registry's own rows in the city; no external service is
    /// used. If no row is in that city, the result is empty.
    pub fn of(scope: &FilterScope<'_>, params: &QueryParams) -> Result<Option<NearFilter>, QueryError> {
        let Some(distance) = params.last("distance") else { return Ok(None) };
        scope.viewer.may_search_by_distance().map_err(QueryError::Refused)?;
        if !matches!(scope.resource, Resource::Fac | Resource::Org) {
            return Ok(None);
        }
        let km = float(distance).ok_or_else(|| QueryError::Malformed("{'distance': ['Invalid value']}".to_owned()))?;
        let centre = if let (Some(latitude), Some(longitude)) = (params.last("latitude"), params.last("longitude")) {
            float(latitude).zip(float(longitude))
        } else {
            let given = |name: &str| params.last(name).filter(|value| !value.is_empty());
            let (city, country) =
                (given("city").or_else(|| given("city__in")), given("country").or_else(|| given("country__in")));
            match (city, country) {
                (Some(city), Some(country)) => middle_of(scope, city, country)?,
                _ => return Err(missing(city.is_none(), country.is_none())),
            }
        };
        Ok(Some(NearFilter { centre, km }))
    }

    /// Distance of a row in km, if the row is in the circle.
    pub fn reaches(&self, row: &Row, resource: Resource) -> Option<f64> {
        let (latitude, longitude) = coordinates(row, resource)?;
        let km = kilometres(self.centre?, (latitude, longitude));
        (self.km > 0.0 && km <= self.km).then_some(km)
    }
}

fn missing(city: bool, country: bool) -> QueryError {
    const REASON: &str = "Required for distance filtering";
    let fields = [(city, "city"), (country, "country")];
    QueryError::Fields(
        fields.into_iter().filter(|(is_missing, _)| *is_missing).map(|(_, name)| (name, REASON)).collect(),
    )
}

fn coordinates(row: &Row, resource: Resource) -> Option<(f64, f64)> {
    let (north, east) = match resource {
        Resource::Fac => (fac::LATITUDE, fac::LONGITUDE),
        Resource::Org => (org::LATITUDE, org::LONGITUDE),
        _ => return None,
    };
    let degrees = |at: Column| row.int(at).map(|millionths| millionths as f64 / 1e6);
    degrees(north).zip(degrees(east))
}

/// The mean position of all live facilities and organizations in the city.
fn middle_of(scope: &FilterScope<'_>, city: &str, country: &str) -> Result<Option<(f64, f64)>, QueryError> {
    let (city, country) = (SearchNeedle::new(city), SearchNeedle::new(country));
    let mut points = Vec::new();
    for (city_at, country_at) in [(fac::CITY, fac::COUNTRY), (org::CITY, org::COUNTRY)] {
        let resource = city_at.resource();
        for row in scope.all_rows(resource)?.filter(|row| scope.snapshot.is_live(resource, row)) {
            let (city_here, country_here) = (row.text_or_empty(city_at), row.text_or_empty(country_at));
            scope.work.spend(2 * TEST + of_text(city_here))?;
            if city.equals(city_here) && country.equals(country_here) {
                points.extend(coordinates(row, resource));
            }
        }
    }
    let count = points.len() as f64;
    let sum = points.into_iter().reduce(|a, b| (a.0 + b.0, a.1 + b.1));
    Ok(sum.map(|sum| (sum.0 / count, sum.1 / count)))
}

#[cfg(test)]
mod tests {
    use peerage_search::kilometres;

    #[test]
    fn known_distances() {
        let (frankfurt, amsterdam) = ((50.11, 8.68), (52.37, 4.90));
        assert!((kilometres(frankfurt, amsterdam) - 363.6).abs() < 1.0);
        assert!(kilometres(frankfurt, frankfurt) < 1e-9);
        assert!((kilometres((0.0, 179.5), (0.0, -179.5)) - 111.2).abs() < 0.1);
    }
}
