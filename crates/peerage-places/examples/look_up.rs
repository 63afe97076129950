//! Looks up a place, and says how long that took: `look_up find|prefix|fuzzy|near TEXT`.

use std::time::Instant;

use peerage_places::{City, Gazetteer};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [how, text] = arguments.as_slice() else {
        eprintln!("usage: look_up find|prefix|fuzzy|near TEXT");
        std::process::exit(2);
    };
    let places = Gazetteer::built_in();
    let begin = Instant::now();
    let found: Vec<City<'_>> = match how.as_str() {
        "find" => places.find(text),
        "prefix" => places.prefix(text, 10),
        "fuzzy" => places.fuzzy(text),
        "near" => {
            let degrees: Vec<f64> = text.split(',').filter_map(|part| part.trim().parse().ok()).collect();
            let [latitude, longitude] = degrees.as_slice() else {
                eprintln!("near takes two numbers: 50.1,8.7");
                std::process::exit(2);
            };
            places.nearest(*latitude, *longitude, 10).into_iter().map(|near| near.city).collect()
        }
        _ => Vec::new(),
    };
    let time = begin.elapsed();
    for city in found.iter().take(10) {
        let admin = city.admin.unwrap_or("-");
        println!(
            "{}, {admin}, {}: {:.4}, {:.4}, {} people, {:.0} km",
            city.name, city.country, city.latitude, city.longitude, city.population, city.radius_km
        );
    }
    println!("{} found in {time:?}", found.len());
}
