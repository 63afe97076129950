//! Who may do what: every kind of caller × every row × every act × every way to look, against a table written by hand
//! (`authorization/expected.txt`). Most cells are judged by the pure functions that the server itself asks; each caller,
//! route and method is then tried over HTTP.

#[path = "authorization/cells.rs"]
mod cells;
mod keeper;
#[path = "authorization/rules.rs"]
mod rules;
mod server;
#[path = "authorization/sight.rs"]
mod sight;
#[path = "authorization/table.rs"]
mod table;
#[path = "authorization/world.rs"]
mod world;

use cells::Cells;
use server::Place;
use world::World;

#[test]
fn every_caller_may_do_and_see_what_the_table_says_and_nothing_else() {
    let begun = std::time::Instant::now();
    let world = World::of(&Place::sqlite());
    let table = table::read();
    for name in world.callers.keys() {
        assert!(table.iter().any(|expected| expected.name == *name), "the table does not speak of {name}");
    }
    let whole = sight::whole(&world);
    let (mut writing, mut seeing) = (Cells::default(), Cells::default());
    for expected in &table {
        let principal = world.principal(&expected.name);
        writing.check(principal.is_none() == expected.door().is_some(), || format!("{} at the door", expected.name));
        let Some(principal) = principal else { continue };
        rules::judge_all(&world, expected, &principal, &mut writing);
        sight::look(&world, &whole, expected, &principal, &mut seeing);
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
