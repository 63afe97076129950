//! Compares the rules with a naive model: random actions on all thirteen kinds, with a comparison after each.
//!
//! Each world is small, so that names, numbers and addresses collide, and short-lived, so that a failure is near its
//! seed. `PEERAGE_MODEL_OPERATIONS` sets the number of actions, `PEERAGE_MODEL_SEED` the first seed. The command
//! `scripts/soak model` runs a million of them.

mod chance;
mod draw;
mod naive;
mod world;

use std::collections::BTreeMap;

use chance::SeededRandom;
use draw::{draw_deed, draw_id, draw_wish};
use naive::ModelAction;
use world::ModelWorld;

/// Number of actions in the test suite.
const OPERATIONS: u64 = 20_000;

/// Number of actions in one world.
const WORLD: u64 = 2_000;

/// After this number of actions everything is compared, and not only what was changed.
const LOOK_ROUND: u64 = 100;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is no number")))
}

#[test]
fn the_rules_do_what_the_naive_model_does() {
    let operations = setting("PEERAGE_MODEL_OPERATIONS").unwrap_or(OPERATIONS);
    let seed = setting("PEERAGE_MODEL_SEED").unwrap_or(1);
    let begun = std::time::Instant::now();
    let mut answers: BTreeMap<(&str, u16), u64> = BTreeMap::new();
    let mut done = 0;
    while done < operations {
        let world = seed + done / WORLD;
        let count = WORLD.min(operations - done);
        if let Err(wrong) = run(world, count, &mut answers) {
            panic!("{wrong}\n\nAgain: PEERAGE_MODEL_SEED={world} PEERAGE_MODEL_OPERATIONS={WORLD}");
        }
        done += count;
    }
    println!("{operations} deeds from seed {seed} in {:.1} s", begun.elapsed().as_secs_f64());
    for ((what, status), count) in &answers {
        println!("{what:>8} {status} {count}");
    }
    let met = |what: &str, status: u16| answers.get(&(what, status)).copied().unwrap_or(0);
    for (what, status) in [("create", 201), ("create", 400), ("update", 200), ("update", 400), ("update", 404)] {
        assert!(met(what, status) > operations / 100, "{what} {status} came hardly ever");
    }
    for (what, status) in [("delete", 204), ("delete", 403), ("act", 200), ("act", 404)] {
        assert!(met(what, status) > operations / 500, "{what} {status} came hardly ever");
    }
}

/// Runs one world from its seed.
fn run(seed: u64, count: u64, answers: &mut BTreeMap<(&'static str, u16), u64>) -> Result<(), String> {
    let mut chance = SeededRandom::new(seed);
    let mut world = ModelWorld::new();
    world.compare_all().map_err(|wrong| format!("at the beginning: {wrong}"))?;
    for number in 0..count {
        let (kind, planned_action) = draw_deed(&mut chance, &world.naive);
        if chance.one_in(12) {
            world.approve(kind, draw_id(&mut chance, &world.naive, kind));
        }
        let input = draw_wish(&mut chance, &world.naive, kind, planned_action);
        let message = || format!("deed {number} of seed {seed}: {planned_action:?} of {} with {input:?}", kind.tag());
        let expected = world.naive.act(kind, planned_action, &input);
        let (status, body) =
            world.act(kind, planned_action, &input).map_err(|wrong| format!("{}: {wrong}", message()))?;
        if status != expected {
            return Err(format!("{}: {status} and not {expected}; {body}", message()));
        }
        world.compare_touched().map_err(|wrong| format!("{}: {wrong}", message()))?;
        if number % LOOK_ROUND == 0 {
            world.compare_all().map_err(|wrong| format!("{}: {wrong}", message()))?;
        }
        let what = match planned_action {
            ModelAction::Create => "create",
            ModelAction::Update(_) => "update",
            ModelAction::Delete(_) => "delete",
            _ => "act",
        };
        *answers.entry((what, status)).or_default() += 1;
    }
    world.compare_all().map_err(|wrong| format!("at the end of seed {seed}: {wrong}"))
}
