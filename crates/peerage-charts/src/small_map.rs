//! A small map for the page of an object: where its places are.

use crate::cluster::{PointCluster, clustered};
use crate::markup::{MarkupText, tenth};
use crate::outlines::{COARSE, FINE};
use crate::projection::{MapFrame, is_place, project};
use crate::world_map::{MapPlace, POINTS_MAX};

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 180.0;

/// Room between the places and the edge of the map.
const MARGIN: f64 = 28.0;

/// Width of the world in the closest view, in units: the map is 24 degrees wide, so that coasts and borders say where it is.
const WORLD_MAX: f64 = WIDTH * 15.0;

/// A map whose world is narrower than this is drawn with coarse outlines.
const COARSE_WORLD_MAX: f64 = 1600.0;

/// The most bytes of outlines in a map.
const PATHS_MAX: usize = 7_000;

/// Places that are closer than this, in units, are one dot. The distance grows until there are few enough dots.
const CELL: f64 = 7.0;
const DOTS_MAX: usize = 180;

/// Coordinates of outlines are halves of a unit.
const STEPS: f64 = 2.0;

/// Draws a map of 320 by 180 units that is as close as its places allow, at most 12 kB. It has no links: the page has a
/// list of the places beside it.
///
/// Returns nothing if none of the points is on Earth. Points beyond [`POINTS_MAX`] are left out.
///
/// Cost: linear in points; for 10,000 points all over the world about 5 ms, for one 0.2 ms.
pub fn small_map(points: &[MapPlace<'_>], title: &str, description: &str) -> Option<String> {
    let places: Vec<(f64, f64)> = points
        .iter()
        .take(POINTS_MAX)
        .filter(|point| is_place(point.latitude, point.longitude))
        .map(|point| (point.latitude, point.longitude))
        .collect();
    let frame = fitting_frame(&places)?;
    let clusters = few_clusters(&places, &frame);
    let set = if frame.world < COARSE_WORLD_MAX { &COARSE } else { &FINE };
    let (land, borders) = set.paths_within(PATHS_MAX, &frame, STEPS, 0.7);
    let mut out = MarkupText::new();
    let size = format!("0 0 {WIDTH} {HEIGHT}");
    out.open("svg", &[("class", "map"), ("viewBox", &size), ("role", "img"), ("aria-label", title)]);
    out.text("desc", &[], description);
    out.empty("rect", &[("class", "map-sea"), ("width", &tenth(WIDTH)), ("height", &tenth(HEIGHT))]);
    out.open("g", &[("transform", "scale(.5)")]);
    out.empty("path", &[("class", "map-land"), ("d", &land)]);
    out.empty("path", &[("class", "map-borders"), ("d", &borders)]);
    out.close();
    // The smallest are drawn last, so that none is hidden.
    for (class, counts) in [("dots-many", 10..usize::MAX), ("dots-some", 3..10), ("dots-one", 1..3)] {
        let of_size = || clusters.iter().filter(|cluster| counts.contains(&cluster.count));
        if of_size().next().is_some() {
            // A rim in the colour of the map separates dots that touch.
            out.empty("path", &[("class", &format!("map-rim {class}")), ("d", &dots(of_size()))]);
            out.empty("path", &[("class", &format!("map-dots {class}")), ("d", &dots(of_size()))]);
        }
    }
    Some(out.finish())
}

fn few_clusters(places: &[(f64, f64)], frame: &MapFrame) -> Vec<PointCluster> {
    let positions: Vec<(u32, (f64, f64))> =
        (0..).zip(places.iter().map(|(latitude, longitude)| frame.position(*latitude, *longitude))).collect();
    let mut cell = CELL;
    loop {
        let clusters = clustered(positions.iter().copied(), (WIDTH, HEIGHT), (frame.left, frame.top), cell);
        if clusters.len() <= DOTS_MAX {
            return clusters;
        }
        cell *= (clusters.len() as f64 / DOTS_MAX as f64).sqrt().max(1.2);
    }
}

/// Lines without length: round ends make them dots, in a third of the bytes of circles.
fn dots<'a>(clusters: impl Iterator<Item = &'a PointCluster>) -> String {
    let mut path = String::new();
    for cluster in clusters {
        path.push_str(&format!("M{} {}h0", cluster.x.round(), cluster.y.round()));
    }
    path
}

/// Returns the closest frame that shows all places.
fn fitting_frame(places: &[(f64, f64)]) -> Option<MapFrame> {
    let projected: Vec<(f64, f64)> =
        places.iter().map(|(latitude, longitude)| project(*latitude, *longitude)).collect();
    let (west, span) = narrowest(projected.iter().map(|(x, _)| *x).collect())?;
    let north = projected.iter().map(|(_, y)| *y).fold(f64::MAX, f64::min);
    let south = projected.iter().map(|(_, y)| *y).fold(f64::MIN, f64::max);
    let fitting = |room: f64, span: f64| (room - 2.0 * MARGIN) / span.max(1e-9);
    let world = fitting(WIDTH, span).min(fitting(HEIGHT, south - north)).clamp(WIDTH, WORLD_MAX);
    let middle = (west + span / 2.0, f64::midpoint(north, south));
    Some(MapFrame::around(middle, world, WIDTH, HEIGHT))
}

/// Returns the west end and the width of the narrowest part of the world, of width 1, that has all positions. It can cross
/// the antimeridian.
fn narrowest(mut positions: Vec<f64>) -> Option<(f64, f64)> {
    positions.sort_by(f64::total_cmp);
    let (first, last) = (*positions.first()?, *positions.last()?);
    let mut widest = (first, last - first);
    for pair in positions.windows(2) {
        let span = 1.0 - (pair[1] - pair[0]);
        if span < widest.1 {
            widest = (pair[1], span);
        }
    }
    Some(widest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world_map::PointMark;

    fn drawn(places: &[(f64, f64)]) -> Option<String> {
        let point = |(latitude, longitude): &(f64, f64)| MapPlace {
            latitude: *latitude,
            longitude: *longitude,
            name: "",
            href: "",
            mark: PointMark::Circle,
        };
        small_map(&places.iter().map(point).collect::<Vec<_>>(), "Map", "Places")
    }

    #[test]
    fn the_map_is_around_its_places() {
        let check = |places: &[(f64, f64)], expected: (f64, f64, f64)| {
            let frame = fitting_frame(places).expect("places");
            let (latitude, longitude) = frame.place((WIDTH / 2.0, HEIGHT / 2.0));
            let found = (latitude.round(), longitude.round(), (frame.width / frame.world * 360.0).round());
            assert_eq!(found, expected);
            assert!(places.iter().all(|(latitude, longitude)| frame.contains(frame.position(*latitude, *longitude))));
        };
        check(&[(50.11, 8.68)], (50.0, 9.0, 24.0));
        check(&[(50.11, 8.68), (52.37, 4.9)], (51.0, 7.0, 24.0));
        check(&[(50.0, -20.0), (50.0, 40.0)], (50.0, 10.0, 73.0));
        // Fiji and Samoa, across the antimeridian.
        check(&[(-18.0, 178.0), (-14.0, -171.0)], (-16.0, -177.0, 24.0));
        check(&[(0.0, -90.0), (0.0, 0.0), (0.0, 90.0)], (0.0, 0.0, 218.0));
    }

    #[test]
    fn a_map_without_places_is_none() {
        assert_eq!(drawn(&[]), None);
        assert_eq!(drawn(&[(f64::NAN, 1.0), (91.0, 0.0)]), None);
    }

    #[test]
    fn no_small_map_exceeds_its_bytes() {
        let mut places = Vec::new();
        for latitude in (-60..80).step_by(12) {
            for longitude in (-180..180).step_by(12) {
                places.push((f64::from(latitude), f64::from(longitude)));
                let single = drawn(&[(f64::from(latitude), f64::from(longitude))]).expect("a place");
                assert!(single.len() <= 12_000, "{latitude},{longitude}: {}", single.len());
            }
        }
        places.extend((0..2_000).map(|index| (f64::from(index * 7 % 139 - 60), f64::from(index * 13 % 359 - 179))));
        let all = drawn(&places).expect("places");
        assert!(all.len() <= 12_000, "{}", all.len());
    }
}
