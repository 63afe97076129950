//! Shows each picture with made-up data, on the standard output:
//!
//!     cargo run -p peerage-charts --example pictures [theme] > pictures.html

use jiff::ToSpan;
use jiff::civil::{Date, date};
use peerage_charts::{
    ChartWords, DateStep, LabelledValue, LegendKey, LineSeries, MapPlace, MapView, MapWords, PointMark, bar_chart,
    chart_legend, line_chart, share_chart, shares, small_map, sparkline, world_map,
};

/// Cities with their share of the places, in thousandths.
const CITIES: [(&str, f64, f64, usize); 24] = [
    ("Frankfurt", 50.11, 8.68, 90),
    ("Amsterdam", 52.37, 4.90, 90),
    ("London", 51.51, -0.13, 90),
    ("Paris", 48.86, 2.35, 60),
    ("Ashburn", 39.04, -77.49, 90),
    ("New York", 40.71, -74.01, 60),
    ("San Jose", 37.34, -121.89, 60),
    ("Dallas", 32.78, -96.80, 40),
    ("São Paulo", -23.55, -46.63, 60),
    ("Buenos Aires", -34.60, -58.38, 20),
    ("Johannesburg", -26.20, 28.05, 30),
    ("Lagos", 6.52, 3.38, 15),
    ("Nairobi", -1.29, 36.82, 12),
    ("Mumbai", 19.08, 72.88, 40),
    ("Singapore", 1.35, 103.82, 60),
    ("Hong Kong", 22.32, 114.17, 40),
    ("Tokyo", 35.68, 139.69, 60),
    ("Sydney", -33.87, 151.21, 30),
    ("Auckland", -36.85, 174.76, 10),
    ("Suva", -18.14, 178.44, 1),
    ("Honolulu", 21.31, -157.86, 2),
    ("Oslo", 59.91, 10.75, 15),
    ("Warszawa", 52.23, 21.01, 20),
    ("Reykjavík", 64.15, -21.94, 5),
];

struct MadePlace {
    name: String,
    latitude: f64,
    longitude: f64,
    mark: PointMark,
}

fn places() -> Vec<MadePlace> {
    let mut state = 1_u32;
    let mut chance = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1 << 24) - 0.5
    };
    let mut places = Vec::new();
    for (city, latitude, longitude, count) in CITIES {
        for number in 1..=count {
            let far = if number % 3 == 0 { 6.0 } else { 0.4 };
            let mark = if number % 5 == 0 { PointMark::Diamond } else { PointMark::Circle };
            places.push(MadePlace {
                name: format!("{city} {number}"),
                latitude: latitude + chance() * chance() * far,
                longitude: longitude + chance() * chance() * far * 1.5,
                mark,
            });
        }
    }
    places
}

fn map(title: &str, places: &[MadePlace], view: &MapView) -> String {
    let points: Vec<MapPlace<'_>> = places
        .iter()
        .map(|place| MapPlace {
            latitude: place.latitude,
            longitude: place.longitude,
            name: &place.name,
            href: "#",
            mark: place.mark,
        })
        .collect();
    let words = MapWords {
        title,
        cluster: &|count, names| format!("{count} places: {}, …", names.join(", ")),
        number: &|count| count.to_string(),
        distance: &|km| format!("{km} km"),
        page: &|view| format!("?{}", view.parameters()),
    };
    let map = world_map(&points, view, &words);
    let weight = map.svg.len() / 1000;
    let svg = map.svg;
    format!(
        "<h2>{title}: {weight} kB, {} inside, {} outside</h2><div class=map-box>{svg}</div>",
        map.inside, map.outside
    )
}

fn small(title: &str, places: &[(f64, f64)]) -> String {
    let point = |(latitude, longitude): &(f64, f64)| MapPlace {
        latitude: *latitude,
        longitude: *longitude,
        name: "",
        href: "",
        mark: PointMark::Circle,
    };
    let points: Vec<MapPlace<'_>> = places.iter().map(point).collect();
    let svg = small_map(&points, title, "Where the places are").unwrap_or_default();
    format!("<div class=panel><h3>{title}: {} B</h3>{svg}</div>", svg.len())
}

fn number(value: f64) -> String {
    let digits = format!("{value:.0}");
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn growth(start: f64, factor: f64) -> Vec<(Date, f64)> {
    let first = date(2022, 1, 1);
    let wave = |week: i32| f64::from(week * week * 31 % 17) * start / 400.0;
    (0..256).map(|week| (first + (week * 7).days(), (start * factor.powi(week) + wave(week)).round())).collect()
}

fn charts() -> String {
    let words = |title| ChartWords { title, description: "Made-up values.", empty: "No values yet", number: &number };
    let tick = |date: Date, step: DateStep| match step {
        DateStep::Day => date.strftime("%-d %b").to_string(),
        DateStep::Month => date.strftime("%b %Y").to_string(),
        DateStep::Year => date.strftime("%Y").to_string(),
    };
    let lines = [growth(26_000.0, 1.0012), growth(5_200.0, 1.0016), growth(1_050.0, 1.003)];
    let names = ["Networks", "Facilities", "Exchanges"];
    let series: Vec<LineSeries<'_>> =
        names.iter().zip(&lines).map(|(name, points)| LineSeries { name, points }).collect();
    let legend: Vec<LabelledValue<'_>> =
        series.iter().map(|one| LabelledValue { label: one.name, value: one.points[255].1 }).collect();
    let year = [LineSeries { name: "Exchanges", points: &lines[2][203..] }];
    let bars = [
        ("DE-ZX Frankfurt", 1_124.0),
        ("AMS-ZX Amsterdam", 968.0),
        ("An exchange with a name that is too long for a phone, Hamburg", 512.0),
        ("ZX 東京 データ交換", 240.0),
        ("Wisła-IX Warszawa", 31.0),
        ("Empty IX", 0.0),
    ]
    .map(|(label, value)| LabelledValue { label, value });
    let policies = [("Open", 21_430.0), ("Selective", 6_700.0), ("Restrictive", 1_950.0), ("No peering", 410.0)]
        .map(|(label, value)| LabelledValue { label, value });
    let speeds: Vec<LabelledValue<'_>> = ["100G", "10G", "400G", "1G", "200G", "25G", "40G", "50G", "5G", "2.5G"]
        .iter()
        .zip([410.0, 380.0, 120.0, 90.0, 70.0, 30.0, 20.0, 8.0, 7.0, 6.0])
        .map(|(label, value)| LabelledValue { label, value })
        .collect();
    let speeds = shares(&speeds, "Other");
    let share = |value: f64| format!("{:.0} %", value * 100.0);
    let spark: Vec<f64> = lines[1][200..].iter().map(|(_, value)| *value).collect();
    [
        "<div class=sides><div class=panel><h2>Growth</h2>".to_owned(),
        line_chart(&words("Growth"), &series, &tick),
        chart_legend(LegendKey::Line, &legend, &number),
        "</div><div class=panel><h2>A year</h2>".to_owned(),
        line_chart(&words("A year"), &year, &tick),
        "</div><div class=panel><h2>Largest exchanges</h2>".to_owned(),
        bar_chart(&words("Largest exchanges"), &bars),
        "</div><div class=panel><h2>Policies</h2>".to_owned(),
        share_chart(&words("Policies"), &policies, &share),
        chart_legend(LegendKey::Fill, &policies, &number),
        "<h2>Port speeds</h2>".to_owned(),
        share_chart(&words("Port speeds"), &speeds, &share),
        chart_legend(LegendKey::Fill, &speeds, &number),
        "<h2>A line in a text</h2><p>Facilities 6,420 ".to_owned(),
        sparkline(&words("Facilities in a year"), &spark),
        "</p><h2>Nothing</h2>".to_owned(),
        line_chart(&words("Nothing"), &[], &tick),
        "</div></div>".to_owned(),
    ]
    .concat()
}

fn main() {
    let theme = std::env::args().nth(1).unwrap_or_else(|| "light".to_owned());
    let places = places();
    let page = [
        "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Pictures</title>",
        &format!("<html lang=en data-theme={theme}><style>"),
        include_str!("../../peerage-pages/static/style.css"),
        peerage_charts::STYLE,
        "</style><main><h1>Pictures</h1>",
        &map("The world", &places, &MapView::default()),
        &map("Europe", &places, &MapView::new(2, 50.0, 8.0)),
        &map("The Netherlands", &places, &MapView::new(6, 52.3, 4.9)),
        &map("The Pacific", &places, &MapView::new(1, 5.0, 179.0)),
        &map("A city", &places, &MapView::new(11, 50.11, 8.68)),
        "<h2>Small maps</h2><div class=sides>",
        &small("One place", &[(50.11, 8.68)]),
        &small("Norway", &[(59.91, 10.75), (60.39, 5.32), (63.43, 10.4), (69.65, 18.96)]),
        &small(
            "Europe",
            &CITIES
                .map(|(_, latitude, longitude, _)| (latitude, longitude))
                .into_iter()
                .filter(|(latitude, longitude)| *latitude > 45.0 && *longitude > -30.0)
                .collect::<Vec<_>>(),
        ),
        &small("Fiji and Samoa", &[(-18.14, 178.44), (-13.83, -171.77)]),
        &small("Everywhere", &places.iter().map(|place| (place.latitude, place.longitude)).collect::<Vec<_>>()),
        "</div>",
        &charts(),
        "</main></html>",
    ]
    .concat();
    println!("{page}");
}
