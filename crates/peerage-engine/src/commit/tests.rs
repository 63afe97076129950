//! The order of changes when clocks differ or are set back.

use std::sync::atomic::{AtomicI64, Ordering};

use peerage_access::records::SigningAlgorithm;
use peerage_registry::moment::SignedDuration;
use peerage_registry::rules::RequestBody;
use peerage_schema::Resource;
use peerage_schema::tables::org;
use peerage_store::{AuditQuery, Store, StoreLocation};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::*;
use crate::facts::NoFacts;
use crate::object::{self, ObjectAction, ObjectChange};
use crate::{EngineRules, Environment, LiveRegistry, Supervisor};

/// A clock that the test sets.
struct SetClock(AtomicI64);

impl SetClock {
    fn at(seconds: i64) -> Arc<SetClock> {
        Arc::new(SetClock(AtomicI64::new(seconds)))
    }

    fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl Environment for SetClock {
    fn now(&self) -> Moment {
        Moment::from_seconds(self.0.load(Ordering::Relaxed))
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn signing_key(&self, _: SigningAlgorithm) -> Option<Zeroizing<String>> {
        None
    }
}

async fn node(location: &StoreLocation, clock: &Arc<SetClock>) -> Engine {
    let store = Store::open(location, "test").await.expect("a store");
    let (snapshot, people) = crate::load(&store).await.expect("loaded");
    let live = LiveRegistry::new(snapshot, people, "epoch".to_owned());
    let supervisor = Supervisor::new(CancellationToken::new());
    let environment = Arc::clone(clock) as Arc<dyn Environment>;
    Engine::start(live, store, environment, Arc::new(NoFacts), EngineRules::default(), &supervisor)
}

/// Creates an organization, and returns `updated` as the answer to the request has it.
async fn create(engine: &Engine, name: &str) -> Moment {
    let values = json!({"name": name, "website": "https://o.example"});
    let serde_json::Value::Object(values) = values else { panic!("an object") };
    let body = RequestBody { values, is_form: false };
    let change = ObjectChange { resource: Resource::Org, action: ObjectAction::Create, body };
    let made = engine.commit(&Caller::program(), move |context| object::decide(&change, context)).await;
    let Ok(Committed { outcome, .. }) = made else { panic!("{name} is refused") };
    let row = outcome.decision.steps.iter().find_map(|step| step.after.as_ref()).expect("a row");
    row.time(org::UPDATED).expect("a time")
}

/// A node whose clock is set back, a node that is three seconds behind, and a node that starts later: whoever asks for what
/// changed since the last answer misses nothing.
#[tokio::test]
async fn updated_never_goes_back_whatever_the_clocks_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = StoreLocation::file(folder.path().join("x.db"));
    let (fast, slow) = (SetClock::at(1_800_000_003), SetClock::at(1_800_000_000));
    let nodes = [node(&location, &fast).await, node(&location, &slow).await];
    let mut times = Vec::new();
    for round in 0..6 {
        times.push(create(&nodes[round % 2], &format!("Org {round}")).await);
    }
    fast.set(1_700_000_000);
    times.push(create(&nodes[0], "set back").await);
    let late = node(&location, &SetClock::at(1_600_000_000)).await;
    times.push(create(&late, "started later").await);
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    let log = late.store().audit_log(&AuditQuery::default()).await.expect("the log");
    assert_eq!(log.iter().map(|event| event.at).collect::<Vec<_>>(), times, "events and rows have the same time");
    // The clock counts again once it is later.
    fast.set(1_900_000_000);
    assert_eq!(create(&nodes[0], "later").await, Moment::from_seconds(1_900_000_000));
}

/// Requests that are committed together.
#[tokio::test]
async fn changes_of_one_batch_have_different_times() {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = node(&StoreLocation::file(folder.path().join("x.db")), &SetClock::at(1_800_000_000)).await;
    let names: Vec<String> = (0..20).map(|number| format!("Org {number}")).collect();
    let mut times = futures_util::future::join_all(names.iter().map(|name| create(&engine, name))).await;
    times.sort_unstable();
    let last = Moment::from_seconds(1_800_000_000) + SignedDuration::from_micros(19);
    times.dedup();
    assert_eq!((times.len(), times.last()), (20, Some(&last)));
}
