//! The same over HTTP: every caller at every route with every method. Writes are dry runs, so the world does not
//! change.

mod caller;
mod cases;
mod managed;
mod objects;
mod pages;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use caller::MatrixCaller;
use peerage_registry::{Actor, Cause, Visibility};
use peerage_schema::Resource;
use peerage_server::endpoints::routes;
use serde_json::Value as Json;

use crate::authorization::cells::MatrixCells;
use crate::authorization::table;
use crate::authorization::world::MatrixWorld;
use crate::keeper::{OpenConnection, UNBOUND};
use crate::server::{RegistryPlace, TestResponse};
pub use caller::public;
use cases::{MatrixCase, case, cases};

/// A picture of one pixel.
pub const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// Pages take no notice of who calls the API, so each caller tries one of so many, and each page is tried by one of so many
/// callers. With `PEERAGE_WHOLE_MATRIX` (`scripts/soak matrix`), all try all.
const PAGES_SAMPLED: usize = 8;

/// Tries every route of the API × every method × every caller, and pages as [`PAGES_SAMPLED`] says. Returns the number of requests by caller.
pub fn try_all(place: &RegistryPlace) -> (MatrixCells, BTreeMap<String, usize>) {
    let world = MatrixWorld::of(place);
    let server = world.keeper.serve(place, &UNBOUND);
    let client = OpenConnection::of(&server);
    let before = world.keeper.load().0.head().sequence;
    let (mut cells, mut requests) = (MatrixCells::default(), BTreeMap::new());
    let mut tried: BTreeSet<(&str, &str)> = BTreeSet::new();
    let all_routes = routes();
    let is_whole = std::env::var_os("PEERAGE_WHOLE_MATRIX").is_some();
    for (place_of_caller, expected) in table::read().iter().enumerate() {
        let caller = MatrixCaller::of(&world, &client, expected);
        let count = cells.count;
        for (place_of_route, (pattern, methods)) in all_routes.iter().enumerate() {
            let is_api = pattern.starts_with("/api/");
            if !is_api && !is_whole && (place_of_caller + place_of_route) % PAGES_SAMPLED != 0 {
                continue;
            }
            let all = cases(pattern, &caller);
            for case in &all {
                tried.insert((pattern, case.method));
                let answer = client.send(case.method, &case.target, &caller.header, body_of(case));
                let door_status = expected.door_status().filter(|_| is_api);
                let right = door_status
                    .map_or(case.status.contains(&answer.status), |door_status| answer.status == door_status);
                cells.check(right, || {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    format!(
                        "{}: {} {}: {}, not {:?} {door_status:?} {text}",
                        expected.name, case.method, case.target, answer.status, case.status
                    )
                });
                check_secrets(&caller, case, &answer, &mut cells);
            }
            check_others(&caller, pattern, methods, &all, &mut tried, &mut cells);
        }
        requests.insert(expected.name.clone(), cells.count - count);
    }
    for (pattern, methods) in all_routes.iter().filter(|(_, methods)| !methods.is_empty()) {
        for method in methods.split(", ") {
            cells.check(tried.contains(&(*pattern, method)), || format!("{method} {pattern} was never tried"));
        }
    }
    check_unchanged(&world, before, &mut cells);
    (cells, requests)
}

fn body_of(case: &MatrixCase) -> Option<&Json> {
    (!case.body.is_null()).then_some(&case.body)
}

/// Checks that no answer contains anything hidden, and that a refused caller learns nothing at all.
fn check_secrets(caller: &MatrixCaller<'_>, case: &MatrixCase, answer: &TestResponse, cells: &mut MatrixCells) {
    let text = String::from_utf8_lossy(&answer.body);
    for hidden in &caller.world.hidden {
        let may = match hidden.resource {
            Resource::Poc => caller.expected.sees_contact(hidden.org, hidden.visible),
            _ => caller.expected.sees_list(hidden.org, hidden.visible),
        };
        // Pages, files and tools show every caller what an anonymous one sees.
        let may = if case.target.starts_with("/api/") { may } else { hidden.visible == Visibility::Public };
        if text.contains(&hidden.mark) && !may {
            cells.check(false, || {
                format!("{}: {} {} shows {}", caller.expected.name, case.method, case.target, hidden.mark)
            });
        }
    }
    let is_refused = matches!(answer.status, 401 | 403 | 404) && case.target.starts_with("/api/");
    let tells = text.contains("@people.example") || text.contains("\"data\": [{");
    cells.check(!is_refused || !tells, || {
        format!("{}: {} {} tells: {text}", caller.expected.name, case.method, case.target)
    });
}

/// Tries methods that the route does not have, and OPTIONS, which reveals nothing.
fn check_others<'a>(
    caller: &MatrixCaller<'_>,
    pattern: &'a str,
    methods: &str,
    all: &[MatrixCase],
    tried: &mut BTreeSet<(&'a str, &'static str)>,
    cells: &mut MatrixCells,
) {
    let Some(target) = all.first().map(|case| case.target.clone()) else { return };
    let is_api = pattern.starts_with("/api/");
    for method in METHODS {
        if !is_api || methods.is_empty() || pattern == "/api/{*search}" && method == "POST" {
            continue;
        }
        let takes = methods.split(", ").any(|known| known == method);
        if takes && method != "OPTIONS" {
            continue;
        }
        tried.insert((pattern, method));
        let answer = caller.client.send(method, &target, &caller.header, None);
        let expected = match caller.expected.door_status() {
            Some(door_status) => vec![door_status],
            None if takes => vec![200],
            // The refusal that all of these share: 401 or 403, as clients know it.
            None if pattern.starts_with("/api/as_set") && !matches!(method, "OPTIONS" | "HEAD") => vec![401, 403],
            None => vec![405],
        };
        cells.check(expected.contains(&answer.status), || {
            format!("{}: {method} {target}: {}, not {expected:?}", caller.expected.name, answer.status)
        });
        check_secrets(caller, &case(method, target.clone(), Json::Null, 0), &answer, cells);
    }
}

/// Checks that no request wrote to the log. About once a minute, the server itself records that an expired key is still
/// used, or that a key is used from a new network.
fn check_unchanged(world: &MatrixWorld, before: u64, cells: &mut MatrixCells) {
    for event in world.keeper.events_after(before) {
        let actor: Actor = serde_json::from_str(event.actor.as_deref().unwrap_or("null")).expect("an actor");
        let is_note = matches!(actor.cause, Some(Cause::KeyExpired | Cause::KeyUsedFrom { .. }));
        cells.check(is_note, || format!("a request changed something: {event:?}"));
    }
}
