//! How long a picture of a large registry takes. `cargo nextest run --release -p peerage-charts timing --no-capture` prints
//! the figures.

use std::hint::black_box;
use std::time::{Duration, Instant};

use peerage_charts::{CsvForm, MapPlace, MapView, PlaceFeature, csv_table, geojson, kmz, small_map};

use crate::maps::{drawn, place};

/// Without optimization, everything takes about this many times as long.
const SLOWNESS: u32 = if cfg!(debug_assertions) { 10 } else { 1 };

fn check<T>(what: &str, most: Duration, mut action: impl FnMut() -> T) {
    black_box(action());
    let best = (0..7)
        .map(|_| {
            let begin = Instant::now();
            black_box(action());
            begin.elapsed()
        })
        .min()
        .expect("seven runs");
    println!("{what}: {best:.1?}");
    assert!(best <= most * SLOWNESS, "{what} took {best:?}");
}

fn places(count: u32) -> Vec<MapPlace<'static>> {
    // Half of them in Europe, spread evenly by two periods without a common divisor.
    let spread =
        |index: u32, factor: u32, low: f64, high: f64| low + f64::from(index * factor % 9_973) / 9_973.0 * (high - low);
    (0..count)
        .map(|index| {
            let (south, north, west, east) =
                if index % 2 == 0 { (36.0, 65.0, -10.0, 30.0) } else { (-50.0, 70.0, -180.0, 180.0) };
            place(spread(index, 31, south, north), spread(index, 577, west, east), "A facility with an average name")
        })
        .collect()
}

#[test]
fn ten_thousand_places_are_drawn_in_time() {
    let places = places(10_000);
    let most = Duration::from_millis(15);
    for view in [MapView::default(), MapView::new(1, 50.0, 8.0), MapView::new(3, 50.0, 8.0), MapView::new(6, 50.0, 8.0)]
    {
        let kilobytes = drawn(&places, &view).svg.len() / 1000;
        check(&format!("world map at zoom {}, {kilobytes} kB", view.zoom()), most, || drawn(&places, &view));
    }
    check("small map", most, || small_map(&places, "Places", ""));
    let europe: Vec<MapPlace<'_>> = places.iter().step_by(2).cloned().collect();
    check("small map of Europe", most, || small_map(&europe, "Places", ""));
    check("small map of one place", most, || small_map(&places[..1], "Places", ""));
}

#[test]
fn ten_thousand_places_are_written_in_time() {
    let features = vec![
        PlaceFeature {
            kind: "Facility",
            name: "A facility with an average name",
            url: "https://registry.example/fac/1",
            place: Some((50.11, 8.68)),
            details: &[],
        };
        10_000
    ];
    check("GeoJSON", Duration::from_millis(30), || geojson(&features));
    check("KMZ", Duration::from_millis(120), || kmz("Places", &features));
    let rows = vec![["A facility with an average name", "=1+1", "8.68"]; 10_000];
    check("CSV", Duration::from_millis(15), || csv_table(CsvForm::Safe, &["Name", "Formula", "Longitude"], &rows));
}

#[test]
fn time_grows_with_places_and_not_faster() {
    let time = |count| {
        let places = places(count);
        let run = || {
            let begin = Instant::now();
            black_box(drawn(&places, &MapView::default()));
            begin.elapsed()
        };
        (0..5).map(|_| run()).min().expect("five runs")
    };
    let (small, large) = (time(5_000), time(50_000));
    assert!(large < small * 25, "{large:?} for ten times the places of {small:?}");
}
