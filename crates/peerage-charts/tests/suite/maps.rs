//! Maps of places of all kinds.

use peerage_charts::{DrawnMap, MapPlace, MapView, MapWords, PanStep, PointMark, ZOOM_MAX, small_map, world_map};
use proptest::prelude::*;

use crate::pictures::{ReadElement, check_picture};

pub fn place(latitude: f64, longitude: f64, name: &str) -> MapPlace<'_> {
    MapPlace { latitude, longitude, name, href: "/fac/1", mark: PointMark::Circle }
}

pub fn drawn(places: &[MapPlace<'_>], view: &MapView) -> DrawnMap {
    let words = MapWords {
        title: "Places",
        cluster: &|count, names| format!("{count}: {}", names.join(", ")),
        number: &|count| count.to_string(),
        distance: &|km| format!("{km} km"),
        page: &|view| format!("/map?kind=fac&{}", view.parameters()),
    };
    world_map(places, view, &words)
}

/// The part of a map that is shown on wide screens.
fn wide(map: &DrawnMap) -> Vec<ReadElement> {
    let mut elements = check_picture(&map.svg);
    let end = elements.iter().position(|element| element.get("class") == "map-narrow").expect("a layer");
    elements.truncate(end);
    elements
}

fn links(elements: &[ReadElement]) -> Vec<&ReadElement> {
    elements.iter().filter(|element| element.name == "a").collect()
}

#[test]
fn a_place_is_a_link_to_its_page_with_its_name() {
    let map = drawn(&[place(50.11, 8.68, "Main <Data> & 3")], &MapView::default());
    let elements = wide(&map);
    assert_eq!(links(&elements)[0].get("href"), "/fac/1");
    assert!(elements.iter().any(|element| element.name == "title" && element.text == "Main <Data> & 3"));
    assert_eq!((map.inside, map.outside), (1, 0));
}

#[test]
fn a_cluster_is_a_link_to_the_view_that_divides_it() {
    let places = [place(50.11, 8.68, "Frankfurt"), place(52.37, 4.90, "Amsterdam")];
    let mut view = MapView::default();
    for steps in 0..=ZOOM_MAX {
        let elements = wide(&drawn(&places, &view));
        let links = links(&elements);
        if links.len() == 2 {
            assert_eq!(steps, 1);
            return;
        }
        let query = links[0].get("href").strip_prefix("/map?kind=fac&z=").expect("the same page");
        let (z, at) = query.split_once("&at=").expect("a view");
        let closer = MapView::from_parameters(Some(z), Some(at));
        assert!(closer.zoom() > view.zoom());
        view = closer;
    }
    panic!("the cluster is never divided");
}

#[test]
fn places_of_one_spot_are_drawn_around_it_in_the_closest_view() {
    let places = vec![place(50.11, 8.68, "Same"); 30];
    let elements = wide(&drawn(&places, &MapView::new(3, 50.0, 8.0)));
    assert_eq!(links(&elements).len(), 1);
    assert!(links(&elements)[0].get("href").contains("z=11&at=50.11,8.68"), "{elements:?}");
    let elements = wide(&drawn(&places, &MapView::new(ZOOM_MAX, 50.11, 8.68)));
    assert_eq!(links(&elements).len(), 30);
    // More than can be drawn around a spot stay a cluster, which leads nowhere.
    let elements = wide(&drawn(&vec![place(50.11, 8.68, "Same"); 41], &MapView::new(ZOOM_MAX, 50.11, 8.68)));
    assert_eq!(links(&elements).len(), 0);
    assert!(elements.iter().any(|element| element.name == "text" && element.text == "41"));
}

#[test]
fn places_outside_are_counted() {
    let places = [
        place(50.11, 8.68, "Frankfurt"),
        place(-33.87, 151.21, "Sydney"),
        place(f64::NAN, 0.0, "Unknown"),
        place(91.0, 0.0, "Nowhere"),
    ];
    let map = drawn(&places, &MapView::new(4, 50.0, 8.0));
    assert_eq!((map.inside, map.outside), (1, 3));
    let map = drawn(&places, &MapView::default());
    assert_eq!((map.inside, map.outside), (2, 2));
}

#[test]
fn a_view_moves_and_zooms() {
    let view = MapView::new(3, 50.0, 170.0);
    let east = view.moved(PanStep::East).expect("a view");
    assert_eq!(east.centre(), (50.0, -175.0));
    assert_eq!(east.moved(PanStep::West), Some(view));
    assert_eq!(view.closer().map(|view| view.zoom()), Some(4));
    assert_eq!(view.farther().map(|view| view.zoom()), Some(2));
    assert_eq!(MapView::default().farther(), None);
    assert_eq!(MapView::new(ZOOM_MAX, 0.0, 0.0).closer(), None);
    assert_eq!(MapView::new(3, 90.0, 0.0).moved(PanStep::North), None);
}

#[test]
fn the_map_of_a_large_registry_weighs_less_than_60_kb() {
    // Around 150 cities, most of them on the northern half, 6,000 facilities.
    let places: Vec<MapPlace<'_>> = (0..6_000)
        .map(|index| {
            let (city, number) = (index % 150, f64::from(index / 150));
            let (latitude, longitude) = (f64::from(city * 37 % 90 - 30), f64::from(city * 101 % 330 - 160));
            place(latitude + number / 40.0, longitude - number / 40.0, "A facility with an average name")
        })
        .collect();
    let map = drawn(&places, &MapView::default());
    assert_eq!(map.inside, 6_000);
    assert!(map.svg.len() <= 60_000, "{} B", map.svg.len());
}

#[test]
fn no_view_of_the_world_is_heavy() {
    // A few clusters in each of many places, as the heaviest registry could have them.
    let mut places = Vec::new();
    for latitude in (-50..76).step_by(3) {
        for longitude in (-180..180).step_by(3) {
            places.push(place(f64::from(latitude), f64::from(longitude), "A facility with an average name"));
        }
    }
    for zoom in 0..=ZOOM_MAX {
        for (latitude, longitude) in
            [(28.6, 10.0), (50.0, 8.0), (62.0, 10.0), (70.0, -90.0), (-50.0, -73.0), (10.0, 120.0)]
        {
            let bare = drawn(&[], &MapView::new(zoom, latitude, longitude)).svg.len();
            let full = drawn(&places, &MapView::new(zoom, latitude, longitude)).svg.len();
            assert!(bare <= 60_000, "{bare} B at zoom {zoom}, {latitude},{longitude}");
            assert!(full <= 110_000, "{full} B at zoom {zoom}, {latitude},{longitude}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_places_make_a_map(
        places in prop::collection::vec(
            prop_oneof![(any::<f64>(), any::<f64>()), (-90.0..=90.0_f64, -180.0..=180.0_f64), (49.0..51.0_f64, 8.0..9.0_f64)],
            0..60
        ),
        zoom in 0..=ZOOM_MAX, latitude in any::<f64>(), longitude in -200.0..200.0_f64, name in any::<String>(),
    ) {
        let places: Vec<MapPlace<'_>> =
            places.into_iter().map(|(latitude, longitude)| place(latitude, longitude, &name)).collect();
        let map = drawn(&places, &MapView::new(zoom, latitude, longitude));
        check_picture(&map.svg);
        prop_assert_eq!(map.inside + map.outside, places.len());
        if let Some(small) = small_map(&places, &name, &name) {
            check_picture(&small);
        }
    }
}
