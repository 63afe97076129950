//! Cities by distance.
//!
//! The numbers of the cities are stored as a balanced tree over points of the unit sphere, so that neither the poles nor the
//! date line are special: the middle one of a range splits the others along x, those on each side along y, then z, then x
//! again.

use crate::layout::PlacesLayout;

/// The mean radius of the earth.
const EARTH_KM: f64 = 6371.0088;

/// Coordinates are stored with three bytes, so what the tree was made from can differ by this much on the unit sphere.
const ROUNDING: f64 = 1e-6;

type SpherePoint = [f64; 3];

fn sphere_point(latitude: f64, longitude: f64) -> SpherePoint {
    let (latitude, longitude) = (latitude.to_radians(), longitude.to_radians());
    [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
}

/// Returns the square of the straight line between two points.
fn square_between(one: SpherePoint, other: SpherePoint) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum()
}

fn km_of_square(square: f64) -> f64 {
    2.0 * EARTH_KM * (square.sqrt() / 2.0).min(1.0).asin()
}

/// Returns the distance along the surface of the earth, taken as a sphere: up to 0.6 % off.
///
/// ```
/// let km = peerage_places::distance_km((50.11, 8.68), (52.37, 4.89));
/// assert!((360.0..370.0).contains(&km));
/// ```
pub fn distance_km(one: (f64, f64), other: (f64, f64)) -> f64 {
    km_of_square(square_between(sphere_point(one.0, one.1), sphere_point(other.0, other.1)))
}

/// Returns the numbers of the nearest cities and their distances in km, the nearest first.
pub fn nearest_cities(layout: &PlacesLayout<'_>, latitude: f64, longitude: f64, limit: usize) -> Vec<(u32, f64)> {
    let mut search =
        SphereSearch { layout, point: sphere_point(latitude, longitude), limit, found: Vec::with_capacity(limit + 1) };
    if limit > 0 && latitude.is_finite() && longitude.is_finite() {
        search.range(0, layout.city_names.len(), 0, [0.0; 3]);
    }
    search.found.into_iter().map(|(square, number)| (number, km_of_square(square))).collect()
}

struct SphereSearch<'s, 'a> {
    layout: &'s PlacesLayout<'a>,
    point: SpherePoint,
    limit: usize,
    /// Squares of distances, the nearest first.
    found: Vec<(f64, u32)>,
}

impl SphereSearch<'_, '_> {
    /// Searches the tree between two places of the section. `apart` is how far its points are from the point at least, along
    /// each axis. Each call halves the range, so calls are at most 24 deep.
    fn range(&mut self, low: usize, high: usize, axis: usize, apart: SpherePoint) {
        if low >= high {
            return;
        }
        let middle = low.midpoint(high);
        let number = self.layout.sphere_city(middle);
        let Some((number, city)) = number.and_then(|number| Some((number, self.layout.city(number)?))) else { return };
        let splits = sphere_point(city.latitude, city.longitude);
        self.add(square_between(self.point, splits), number);
        let beyond = self.point[axis] - splits[axis];
        let following = (axis + 1) % 3;
        let (near, far) =
            if beyond < 0.0 { ((low, middle), (middle + 1, high)) } else { ((middle + 1, high), (low, middle)) };
        self.range(near.0, near.1, following, apart);
        let mut far_apart = apart;
        far_apart[axis] = far_apart[axis].max(beyond.abs() - ROUNDING);
        let least: f64 = far_apart.iter().map(|along| along.powi(2)).sum();
        if self.found.len() < self.limit || self.found.last().is_some_and(|(square, _)| least <= *square) {
            self.range(far.0, far.1, following, far_apart);
        }
    }

    fn add(&mut self, square: f64, number: u32) {
        let at = self.found.partition_point(|(other, _)| *other <= square);
        if at < self.limit {
            self.found.insert(at, (square, number));
            self.found.truncate(self.limit);
        }
    }
}
