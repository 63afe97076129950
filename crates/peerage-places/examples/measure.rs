//! Measures each kind of lookup and prints the median and the slowest, each of its fastest run of five:
//! `cargo run --release -p peerage-places --example measure`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use peerage_places::Gazetteer;

const RUNS: usize = 5;

fn measure<Input: Clone>(what: &str, inputs: &[Input], mut look_up: impl FnMut(&Input) -> usize) {
    let mut times: Vec<(Duration, usize)> = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.iter().enumerate() {
        let runs = (0..RUNS).map(|_| {
            let begin = Instant::now();
            black_box(look_up(black_box(input)));
            begin.elapsed()
        });
        times.push((runs.min().unwrap_or_default(), index));
    }
    times.sort_unstable();
    let median = times.get(times.len() / 2).map_or(Duration::ZERO, |(time, _)| *time);
    let (slowest, index) = times.last().copied().unwrap_or_default();
    println!("{what:<28} median {median:>10.1?}   slowest {slowest:>10.1?} (number {index})");
}

fn main() {
    let begin = Instant::now();
    let places = Gazetteer::built_in();
    println!("opened in {:?}", begin.elapsed());
    let begin = Instant::now();
    let result = places.verify();
    println!("verified in {:?}: {result:?}", begin.elapsed());
    let cities: Vec<_> = places.all_cities().step_by(70).collect();
    let names: Vec<String> = cities.iter().map(|city| city.name.to_owned()).collect();
    measure("find, a name", &names, |name| places.find(name).len());
    let scripts = ["東京", "Москва", "القاهرة", "Αθήνα", "서울", "fra", "Sankt Petersburg"].map(str::to_owned);
    measure("find, other scripts", &scripts, |name| places.find(name).len());
    let qualified: Vec<String> = cities.iter().map(|city| format!("{}, {}", city.name, city.country)).collect();
    measure("find, a name and a country", &qualified, |name| places.find(name).len());
    let worst = ["san", "san jose", "santa cruz", "victoria", "xyzzy plugh quux", "a b c d e f g h"].map(str::to_owned);
    measure("find, many or none", &worst, |name| places.find(name).len());
    let wrong: Vec<String> = names
        .iter()
        .map(|name| {
            let mut letters: Vec<char> = name.chars().collect();
            let middle = letters.len() / 2;
            letters.swap(middle, middle.saturating_sub(1));
            letters.into_iter().collect()
        })
        .collect();
    measure("fuzzy, letters exchanged", &wrong, |name| places.fuzzy(name).len());
    let hard =
        ["santa maria de", "saint martin", "aaaaaaaa", "san sebastian de la", "ssssssssssssssss", "a a a a a a a a"];
    let hard = hard.map(str::to_owned);
    measure("fuzzy, hard", &hard, |name| places.fuzzy(name).len());
    let short: Vec<String> = names.iter().map(|name| name.chars().take(1).collect()).collect();
    measure("prefix, one letter", &short, |name| places.prefix(name, 10).len());
    let three: Vec<String> = names.iter().map(|name| name.chars().take(3).collect()).collect();
    measure("prefix, three letters", &three, |name| places.prefix(name, 10).len());
    let points: Vec<(f64, f64)> = (0..1000)
        .map(|number| (f64::from(number * 37 % 180) - 90.0, f64::from(number * 101 % 360) - 180.0))
        .chain(cities.iter().map(|city| (city.latitude + 0.1, city.longitude - 0.1)))
        .collect();
    measure("nearest 10", &points, |(latitude, longitude)| places.nearest(*latitude, *longitude, 10).len());
    measure("nearest 100", &points, |(latitude, longitude)| places.nearest(*latitude, *longitude, 100).len());
    let countries = ["de", "Deutschland", "United States", "日本", "Atlantis"].map(str::to_owned);
    measure("country", &countries, |name| usize::from(places.country(name).is_some()));
}
