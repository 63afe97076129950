//! The authorization matrix: every kind of caller × every row × every action × every way to read, compared with a table
//! written by hand (`authorization/expected.txt`). Most cells are checked with the pure functions that the server
//! itself uses; each caller, route and method is then tried over HTTP.

mod cells;
mod pages;
mod rehearsal;
mod rules;
mod table;
mod visibility;
pub mod world;

mod wire;

use crate::server::RegistryPlace;
use cells::MatrixCells;
use world::MatrixWorld;

#[test]
fn every_caller_may_do_and_see_what_the_table_says_and_nothing_else() {
    let begun = std::time::Instant::now();
    let world = MatrixWorld::of(&RegistryPlace::sqlite());
    let table = table::read();
    for name in world.callers.keys() {
        assert!(table.iter().any(|expected| expected.name == *name), "the table does not have {name}");
    }
    let whole = visibility::whole(&world);
    let (mut writing, mut seeing) = (MatrixCells::default(), MatrixCells::default());
    for expected in &table {
        let principal = world.principal(&expected.name);
        writing.check(principal.is_none() == expected.door_status().is_some(), || {
            format!("{} at the login", expected.name)
        });
        let Some(principal) = principal else { continue };
        rules::check_all(&world, expected, &principal, &mut writing);
        visibility::look(&world, &whole, expected, &principal, &mut seeing);
    }
    let took = begun.elapsed();
    println!(
        "{} cells: {} of writing, {} of seeing, {} callers, in {took:.1?}",
        writing.count + seeing.count,
        writing.count,
        seeing.count,
        table.len()
    );
    writing.finish();
    seeing.finish();
    assert!(writing.count + seeing.count > 100_000, "{} cells are too few", writing.count + seeing.count);
}

#[test]
fn every_route_answers_every_caller_by_every_method_as_the_table_says() {
    let begun = std::time::Instant::now();
    let (cells, requests) = wire::try_all(&RegistryPlace::sqlite());
    let most = requests.values().max().copied().unwrap_or_default();
    println!("{} cells over HTTP, up to {most} a caller, in {:.1?}", cells.count, begun.elapsed());
    cells.finish();
}

#[test]
fn every_visitor_gets_the_pages_and_forms_that_the_table_says() {
    let begun = std::time::Instant::now();
    let cells = pages::try_all(RegistryPlace::sqlite);
    println!("{} cells of pages, in {:.1?}", cells.count, begun.elapsed());
    cells.finish();
}

/// Routers follow from tables of endpoints. Only three places add a route in another way: the function that reads a
/// table, the API, which matches paths with its own table, and the dump files, whose folder is a setting.
#[test]
fn every_route_is_a_row_of_a_table() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let serving = ["peerage-edge", "peerage-api", "peerage-web", "peerage-identity", "peerage-server"];
    let mut folders: Vec<_> = serving.iter().map(|name| crates.join(name).join("src")).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let routes =
                [".route(", ".route_service(", ".nest(", ".nest_service("].map(|call| code.matches(call).count());
            if routes.iter().sum::<usize>() > 0 {
                found.push(path.file_name().expect("a name").to_string_lossy().into_owned());
            }
        }
    }
    found.sort_unstable();
    assert_eq!(found, ["edge.rs", "endpoint.rs", "lib.rs", "requests.rs"]);
}

#[test]
fn a_rehearsal_says_exactly_what_the_request_then_does() {
    let cells = rehearsal::compare(&RegistryPlace::sqlite());
    println!("{} cells of rehearsals", cells.count);
    cells.finish();
}
