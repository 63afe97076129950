//! Where a place is on a map, and which part of the world a map shows.
//!
//! The projection is Mercator's. It keeps shapes at every zoom, so a city looks right in a detail view at any latitude,
//! which equal-area projections cannot do. Meridians are parallel: a view is a rectangle, can cross the antimeridian,
//! and means the same on every other web map. What it exaggerates, the far north and south, has few places.

use std::f64::consts::{PI, TAU};

/// The largest zoom of a [`MapView`]: about 20 m a unit.
pub const ZOOM_MAX: u8 = 11;

/// Units of a world map, which are pixels if it is shown in its own size.
pub const WIDTH: f64 = 960.0;
pub const HEIGHT: f64 = 540.0;

/// Latitude at which the world is square.
const LATITUDE_MAX: f64 = 85.051_128;

/// Returns where a place is in the world: x from west (0 at the antimeridian) to east (1), y from north to south.
pub fn project(latitude: f64, longitude: f64) -> (f64, f64) {
    let latitude = latitude.clamp(-LATITUDE_MAX, LATITUDE_MAX).to_radians();
    ((longitude + 180.0) / 360.0, 0.5 - (PI / 4.0 + latitude / 2.0).tan().ln() / TAU)
}

/// The reverse of [`project`]: latitude and longitude in degrees, longitude from -180 to 180.
pub fn unproject(x: f64, y: f64) -> (f64, f64) {
    let latitude = 2.0 * ((0.5 - y) * TAU).exp().atan() - PI / 2.0;
    (latitude.to_degrees(), x.rem_euclid(1.0) * 360.0 - 180.0)
}

/// Whether a place can be on a map: its coordinates are degrees.
pub fn is_place(latitude: f64, longitude: f64) -> bool {
    (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
}

/// The rectangle of the world that a picture shows.
#[derive(Clone, Copy, Debug)]
pub struct MapFrame {
    /// Width of the whole world, in units of the picture.
    pub world: f64,
    /// Where the picture begins in the world, in units of the picture.
    pub left: f64,
    pub top: f64,
    /// Size of the picture.
    pub width: f64,
    pub height: f64,
}

impl MapFrame {
    /// Returns a frame around a place, given as by [`project`].
    pub fn around((x, y): (f64, f64), world: f64, width: f64, height: f64) -> Self {
        Self { world, left: x * world - width / 2.0, top: y * world - height / 2.0, width, height }
    }

    /// Returns where a place is in the picture, in the copy of the world that is nearest to its middle.
    pub fn position(&self, latitude: f64, longitude: f64) -> (f64, f64) {
        let (x, y) = project(latitude, longitude);
        let from_middle = x * self.world - self.left - self.width / 2.0;
        let turns = (from_middle / self.world).round();
        (from_middle - turns * self.world + self.width / 2.0, y * self.world - self.top)
    }

    pub fn contains(&self, (x, y): (f64, f64)) -> bool {
        (0.0..=self.width).contains(&x) && (0.0..=self.height).contains(&y)
    }

    /// The reverse of [`MapFrame::position`].
    pub fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        unproject((x + self.left) / self.world, (y + self.top) / self.world)
    }

    /// Kilometres that a unit stands for at the middle of the picture.
    pub fn unit_km(&self) -> f64 {
        let (latitude, _) = self.place((self.width / 2.0, self.height / 2.0));
        40_075.0 * latitude.to_radians().cos() / self.world
    }
}

/// A direction in which a view can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanStep {
    North,
    East,
    South,
    West,
}

/// The part of the world that a world map shows.
///
/// At zoom 0 it is the whole width of the world; each step halves that. In an address it is `z=3&at=52.37,4.9`.
///
/// Bounds: zoom 0 to [`ZOOM_MAX`]; the centre is moved so that nothing beyond the poles is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapView {
    zoom: u8,
    latitude: f64,
    longitude: f64,
}

impl Default for MapView {
    /// The inhabited world, divided in the Bering Strait.
    fn default() -> Self {
        Self::new(0, 28.6, 10.0)
    }
}

impl MapView {
    /// Returns the view around a place. Values out of bounds are moved into them, and those that are no numbers are zero.
    pub fn new(zoom: u8, latitude: f64, longitude: f64) -> Self {
        let zoom = zoom.min(ZOOM_MAX);
        let rounded = |value: f64| if value.is_finite() { (value * 10_000.0).round() / 10_000.0 } else { 0.0 };
        let longitude = rounded((rounded(longitude) + 180.0).rem_euclid(360.0) - 180.0);
        let latitude = rounded(latitude);
        let (_, y) = project(latitude, longitude);
        let margin = HEIGHT / 2.0 / Self::world(zoom);
        let nearest = y.clamp(margin, 1.0 - margin);
        if nearest.total_cmp(&y).is_eq() {
            return Self { zoom, latitude, longitude };
        }
        // Rounded towards the equator, so that the result is within the bounds.
        let (latitude, _) = unproject(0.0, nearest);
        Self { zoom, latitude: (latitude * 10_000.0).trunc() / 10_000.0, longitude }
    }

    /// Reads the parameters `z` and `at` of an address. What is missing or cannot be read is as in the default view.
    ///
    /// ```
    /// use peerage_charts::MapView;
    ///
    /// let view = MapView::from_parameters(Some("4"), Some("52.37,4.9"));
    /// assert_eq!(view.parameters(), "z=4&at=52.37,4.9");
    /// assert_eq!(MapView::from_parameters(Some("x"), None), MapView::default());
    /// ```
    pub fn from_parameters(z: Option<&str>, at: Option<&str>) -> Self {
        let default = Self::default();
        let zoom = z.and_then(|z| z.parse().ok()).unwrap_or(default.zoom);
        let place = at.and_then(|at| {
            let (latitude, longitude) = at.split_once(',')?;
            Some((latitude.trim().parse().ok()?, longitude.trim().parse().ok()?))
        });
        let (latitude, longitude) = place
            .filter(|(latitude, longitude)| is_place(*latitude, *longitude))
            .unwrap_or((default.latitude, default.longitude));
        Self::new(zoom, latitude, longitude)
    }

    /// Returns the view as parameters of an address. They need no escaping in a query.
    pub fn parameters(&self) -> String {
        format!("z={}&at={},{}", self.zoom, self.latitude, self.longitude)
    }

    pub fn zoom(&self) -> u8 {
        self.zoom
    }

    /// Latitude and longitude of the centre, in degrees.
    pub fn centre(&self) -> (f64, f64) {
        (self.latitude, self.longitude)
    }

    /// Whether a place in degrees is within the view.
    pub fn shows(&self, latitude: f64, longitude: f64) -> bool {
        let frame = self.frame();
        is_place(latitude, longitude) && frame.contains(frame.position(latitude, longitude))
    }

    /// Returns the view one step closer, or `None` at [`ZOOM_MAX`].
    pub fn closer(&self) -> Option<Self> {
        (self.zoom < ZOOM_MAX).then(|| Self::new(self.zoom + 1, self.latitude, self.longitude))
    }

    /// Returns the view one step farther away, or `None` if it shows the whole world.
    pub fn farther(&self) -> Option<Self> {
        self.zoom
            .checked_sub(1)
            .map(|zoom| if zoom == 0 { Self::default() } else { Self::new(zoom, self.latitude, self.longitude) })
    }

    /// Returns the view moved by a third of its size, or `None` where the world ends.
    pub fn moved(&self, step: PanStep) -> Option<Self> {
        let (east, south) = match step {
            PanStep::North => (0.0, -1.0),
            PanStep::East => (1.0, 0.0),
            PanStep::South => (0.0, 1.0),
            PanStep::West => (-1.0, 0.0),
        };
        let centre = (WIDTH / 2.0 + east * WIDTH / 3.0, HEIGHT / 2.0 + south * HEIGHT / 3.0);
        let (latitude, longitude) = self.frame().place(centre);
        let moved = Self::new(self.zoom, latitude, longitude);
        (moved != *self).then_some(moved)
    }

    pub(crate) fn frame(&self) -> MapFrame {
        MapFrame::around(project(self.latitude, self.longitude), Self::world(self.zoom), WIDTH, HEIGHT)
    }

    fn world(zoom: u8) -> f64 {
        WIDTH * f64::from(1_u32 << zoom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_are_where_other_maps_have_them() {
        let check = |latitude: f64, longitude: f64, expected: (f64, f64)| {
            let (x, y) = project(latitude, longitude);
            assert!((x - expected.0).abs() < 1e-4 && (y - expected.1).abs() < 1e-4, "{latitude},{longitude}: {x},{y}");
        };
        check(0.0, 0.0, (0.5, 0.5));
        check(0.0, -180.0, (0.0, 0.5));
        check(LATITUDE_MAX, 180.0, (1.0, 0.0));
        check(52.3702, 4.8952, (0.513_598, 0.328_646));
    }

    #[test]
    fn a_place_is_in_the_nearest_copy_of_the_world() {
        let frame = MapView::new(3, -17.0, 179.0).frame();
        let (fiji, samoa) = (frame.position(-17.0, 178.0), frame.position(-17.0, -179.0));
        assert!((fiji.0 - (480.0 - 7680.0 / 360.0)).abs() < 0.1, "{fiji:?}");
        assert!((samoa.0 - (480.0 + 2.0 * 7680.0 / 360.0)).abs() < 0.1, "{samoa:?}");
    }

    #[test]
    fn parameters_out_of_bounds_give_the_nearest_view() {
        let check = |z: &str, at: &str, expected: &str| {
            assert_eq!(MapView::from_parameters(Some(z), Some(at)).parameters(), expected, "{z} {at}");
        };
        check("200", "50.11,8.68", "z=11&at=50.11,8.68");
        check("-1", " 1, 2", "z=0&at=1,2");
        check("3", "nan,inf", "z=3&at=28.6,10");
        check("3", "1", "z=3&at=28.6,10");
        check("3", "1e9,5", "z=3&at=28.6,10");
    }

    proptest! {
        #[test]
        fn a_view_is_within_the_world_and_survives_its_address(
            zoom in any::<u8>(), latitude in any::<f64>(), longitude in any::<f64>()
        ) {
            let view = MapView::new(zoom, latitude, longitude);
            let frame = view.frame();
            prop_assert!(frame.top >= 0.0 && frame.top + HEIGHT <= frame.world, "{view:?} {frame:?}");
            let parameters = view.parameters();
            let (z, at) = parameters.strip_prefix("z=").and_then(|rest| rest.split_once("&at=")).expect("two");
            prop_assert_eq!(MapView::from_parameters(Some(z), Some(at)), view);
        }

        #[test]
        fn places_come_back(latitude in -85.0..85.0_f64, longitude in -179.99..179.99_f64) {
            let (x, y) = project(latitude, longitude);
            let (back_latitude, back_longitude) = unproject(x, y);
            prop_assert!((latitude - back_latitude).abs() < 1e-6 && (longitude - back_longitude).abs() < 1e-6);
        }
    }
}
