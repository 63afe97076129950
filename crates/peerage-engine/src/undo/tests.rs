//! Undoing events in a small registry: network 1 with a contact and a port.

use std::cell::RefCell;

use peerage_access::{People, Principal};
use peerage_registry::moment::Moment;
use peerage_registry::rules::{ExternalFacts, RequestBody, RowStep};
use peerage_registry::{LogHead, Snapshot, SnapshotLoader};
use peerage_schema::tables::{net, netixlan, poc};
use peerage_schema::{Column, Status};
use serde_json::{Value as Json, json};

use super::*;
use crate::EngineRules;
use crate::object::{self, ObjectAction, ObjectChange};

struct UndoWorld {
    registry: RefCell<Snapshot>,
    sequence: RefCell<u64>,
    people: People,
}

impl UndoWorld {
    fn new() -> UndoWorld {
        let mut loader = SnapshotLoader::default();
        let mut put = |kind: Resource, row: Json| {
            let mut row = row;
            row["status"] = json!("ok");
            loader.push(kind, stored::from_json(kind, &row.to_string()).expect("a row"));
        };
        for id in [1, 2] {
            put(Resource::Org, json!({"id": id, "name": format!("Org {id}"), "website": "https://o.example"}));
            let asn = 63_000 + id;
            let name = format!("Net {id}");
            put(
                Resource::Net,
                json!({"id": id, "org_id": id, "asn": asn, "name": name, "website": "https://n.example"}),
            );
            put(Resource::Poc, json!({"id": id, "net_id": id, "role": "NOC", "email": "noc@n.example"}));
        }
        put(Resource::Ix, json!({"id": 1, "org_id": 2, "name": "Exchange", "website": "https://x.example"}));
        put(Resource::Ixlan, json!({"id": 1, "ix_id": 1}));
        put(Resource::Ixpfx, json!({"id": 1, "ixlan_id": 1, "protocol": "IPv4", "prefix": "195.69.144.0/22"}));
        put(
            Resource::Netixlan,
            json!({"id": 1, "net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.147.1", "operational": true}),
        );
        UndoWorld {
            registry: RefCell::new(loader.finish(LogHead::EMPTY)),
            sequence: RefCell::new(100),
            people: People::default(),
        }
    }

    fn in_context<T>(&self, act: impl FnOnce(&DecisionContext<'_>) -> T) -> T {
        let (by, facts, rules) = (Principal::operator(), ExternalFacts::default(), EngineRules::default());
        let registry = self.registry.borrow().clone();
        let now = Moment::from_seconds(2_000_000_000);
        act(&DecisionContext {
            registry: &registry,
            people: &self.people,
            by: &by,
            now,
            facts: &facts,
            policy: &rules.policy,
        })
    }

    /// Makes the steps, and returns them as events of the log.
    fn make(&self, steps: Vec<RowStep>) -> Vec<RowEvent> {
        let after = object::after(&self.registry.borrow(), &steps);
        self.registry.replace(after);
        let event = |step: RowStep| RowEvent {
            sequence: self.sequence.replace_with(|sequence| *sequence + 1),
            resource: step.resource,
            id: step.id,
            before: step.before,
            after: step.after,
        };
        steps.into_iter().map(event).collect()
    }

    fn change(&self, resource: Resource, action: ObjectAction, values: Json) -> Vec<RowEvent> {
        let Json::Object(values) = values else { panic!("an object") };
        let change = ObjectChange { resource, action, body: RequestBody { values, is_form: false } };
        let decided = self.in_context(|context| object::decide(&change, context).expect("decided").0);
        self.make(decided.decision.steps)
    }

    /// Changes fields of a row, as a form does.
    fn update(&self, resource: Resource, id: u32, values: &[(Column, Json)]) -> Vec<RowEvent> {
        let row = self.row(resource, id).expect("a row");
        let mut body = super::decide::body(resource, &row);
        body.extend(values.iter().map(|(column, value)| (column.name().to_owned(), value.clone())));
        self.change(resource, ObjectAction::Update(id.to_string()), Json::Object(body))
    }

    fn port(&self, net: u32, address: &str) -> Vec<RowEvent> {
        let body = json!({"net_id": net, "ixlan_id": 1, "speed": 1000, "ipaddr4": address, "ipaddr6": ""});
        self.change(Resource::Netixlan, ObjectAction::Create, body)
    }

    fn delete(&self, resource: Resource, id: u32) -> Vec<RowEvent> {
        self.change(resource, ObjectAction::Delete(id.to_string()), json!({}))
    }

    fn row(&self, resource: Resource, id: u32) -> Option<Row> {
        self.registry.borrow().row(resource, id).cloned()
    }

    fn is_live(&self, resource: Resource, id: u32) -> bool {
        let registry = self.registry.borrow();
        registry.row(resource, id).is_some_and(|row| registry.is_live(resource, row))
    }

    fn text(&self, resource: Resource, id: u32, column: Column) -> String {
        self.row(resource, id).expect("a row").text_or_empty(column).to_owned()
    }

    /// Undoes events. Returns the events of that, and the rows that were left.
    fn undo(&self, events: &[RowEvent], leaves_out: bool) -> Result<(Vec<RowEvent>, Vec<UndoConflict>), UndoRefusal> {
        let request = UndoRequest { events: events.to_vec(), leaves_out, shown: None };
        let (rows, steps) = self.in_context(|context| request.decide(context))?;
        Ok((self.make(steps.row_steps()), rows.left))
    }

    #[track_caller]
    fn refused(&self, events: &[RowEvent]) -> Vec<ConflictReason> {
        match self.undo(events, false) {
            Err(UndoRefusal::Conflicts(conflicts)) => conflicts.into_iter().map(|conflict| conflict.reason).collect(),
            other => panic!("{other:?}"),
        }
    }
}

/// The key of an organization after an undo.
fn key_after(world: &UndoWorld, events: &[RowEvent]) -> Json {
    // The sample exchange lacks what a restored one needs.
    let request = UndoRequest { events: events.to_vec(), leaves_out: true, shown: None };
    let (_, steps) = world.in_context(|context| request.decide(context)).expect("undone");
    let people = steps.people_after(&world.people).expect("the key changes");
    let key = people.keys().next().expect("a key").key.clone();
    serde_json::to_value(&*key).expect("JSON")
}

fn world_with_key(grants: &Json) -> UndoWorld {
    let mut world = UndoWorld::new();
    let key = json!({"id": 1, "public": "abcdefghijkl", "kind": "org", "org": 2, "name": "key", "state": "active",
        "created": "2027-01-01T00:00:00Z", "secrets": [], "grants": grants});
    world.people.put(peerage_registry::Record::Key, 1, Some(&key.to_string()), 1).expect("a key");
    world
}

#[test]
fn permissions_on_every_object_that_moves_back_end() {
    let grants = json!({"peeringdb.organization.2.network.1": 4, "peeringdb.organization.1.network.2": 4,
        "peeringdb.organization.2.internetexchange.1": 4});
    let world = world_with_key(&grants);
    let mut events = world.update(Resource::Net, 1, &[(net::ORG_ID, json!(2))]);
    events.extend(world.update(Resource::Net, 2, &[(net::ORG_ID, json!(1))]));
    let left = key_after(&world, &events)["grants"].clone();
    assert_eq!(left, json!({"peeringdb.organization.2.internetexchange.1": 4}));
}

#[test]
fn keys_of_an_organization_that_comes_back_wait_for_its_admin() {
    let world = world_with_key(&json!({"peeringdb.organization.2": 15}));
    let mut events = world.delete(Resource::Netixlan, 1);
    events.extend(world.delete(Resource::Ix, 1));
    events.extend(world.delete(Resource::Net, 2));
    events.extend(world.delete(Resource::Org, 2));
    assert!(!world.is_live(Resource::Org, 2));
    assert_eq!(key_after(&world, &events)["state"], "suspended");
}

#[test]
fn only_fields_that_changed_go_back_and_only_once() {
    let world = UndoWorld::new();
    let events = world.update(Resource::Net, 1, &[(net::AKA, json!("x"))]);
    world.update(Resource::Net, 1, &[(net::NOTES, json!("kept"))]);
    let (undone, left) = world.undo(&events, false).expect("undone");
    assert_eq!((world.text(Resource::Net, 1, net::AKA).as_str(), left.len()), ("", 0));
    assert_eq!(world.text(Resource::Net, 1, net::NOTES), "kept");
    assert_eq!(world.refused(&events), [ConflictReason::Field("aka")]);
    world.undo(&undone, false).expect("the undo is undone");
    assert_eq!(world.text(Resource::Net, 1, net::AKA), "x");
}

#[test]
fn several_changes_of_a_field_go_back_together_or_not_at_all() {
    let world = UndoWorld::new();
    let first = world.update(Resource::Net, 1, &[(net::AKA, json!("x"))]);
    let second = world.update(Resource::Net, 1, &[(net::AKA, json!("y"))]);
    assert_eq!(world.refused(&first), [ConflictReason::Field("aka")]);
    world.undo(&[first, second].concat(), false).expect("undone");
    assert_eq!(world.text(Resource::Net, 1, net::AKA), "");
}

#[test]
fn rows_with_conflicts_are_left_out_if_wanted() {
    let world = UndoWorld::new();
    let mut events = world.update(Resource::Net, 1, &[(net::AKA, json!("x"))]);
    events.extend(world.update(Resource::Net, 2, &[(net::AKA, json!("x"))]));
    world.update(Resource::Net, 2, &[(net::AKA, json!("theirs"))]);
    assert_eq!(world.refused(&events), [ConflictReason::Field("aka")]);
    let (_, left) = world.undo(&events, true).expect("undone");
    assert_eq!(left, [UndoConflict { resource: Resource::Net, id: 2, reason: ConflictReason::Field("aka") }]);
    assert_eq!(world.text(Resource::Net, 1, net::AKA), "");
    assert_eq!(world.text(Resource::Net, 2, net::AKA), "theirs");
}

#[test]
fn created_rows_go_unless_they_changed_or_grew() {
    let world = UndoWorld::new();
    let made = world.port(2, "195.69.147.9");
    let (undone, _) = world.undo(&made, false).expect("undone");
    assert!(!world.is_live(Resource::Netixlan, 2));
    assert_eq!(world.refused(&made), [ConflictReason::Gone]);
    world.undo(&undone, false).expect("it is restored");
    assert!(world.is_live(Resource::Netixlan, 2));
    world.update(Resource::Netixlan, 2, &[(netixlan::SPEED, json!(2_000))]);
    assert_eq!(world.refused(&made), [ConflictReason::Field("speed")]);
    let carrier = json!({"org_id": 1, "name": "Waves", "website": "https://w.example"});
    let made = world.change(Resource::Carrier, ObjectAction::Create, carrier);
    world.undo(&made, false).expect("undone");
}

#[test]
fn deleted_rows_come_back_with_what_was_deleted_with_them() {
    let world = UndoWorld::new();
    let before = [world.row(Resource::Net, 1), world.row(Resource::Poc, 1), world.row(Resource::Netixlan, 1)];
    let gone = world.delete(Resource::Net, 1);
    assert!(!world.is_live(Resource::Netixlan, 1) && !world.is_live(Resource::Poc, 1));
    // Not without their owner.
    let port: Vec<RowEvent> = gone.iter().filter(|event| event.resource == Resource::Poc).cloned().collect();
    assert!(matches!(world.refused(&port)[..], [ConflictReason::Refused(_)]));
    let (undone, _) = world.undo(&gone, false).expect("undone");
    for (kind, before) in [Resource::Net, Resource::Poc, Resource::Netixlan].into_iter().zip(before) {
        let before = super::decide::body(kind, &before.expect("a row"));
        assert_eq!(super::decide::body(kind, &world.row(kind, 1).expect("a row")), before);
        assert!(world.is_live(kind, 1), "{}", kind.tag());
    }
    assert_eq!(world.refused(&gone)[0], ConflictReason::Restored);
    world.undo(&undone, false).expect("the undo is undone");
    assert!(!world.is_live(Resource::Net, 1));
}

#[test]
fn a_pending_row_comes_back_pending() {
    let world = UndoWorld::new();
    let fac = json!({"org_id": 1, "name": "Fac", "website": "https://f.example", "address1": "Street 1", "city": "Berlin",
                     "country": "DE", "zipcode": "10115"});
    world.change(Resource::Fac, ObjectAction::Create, fac);
    let gone = world.delete(Resource::Fac, 1);
    world.undo(&gone, false).expect("undone");
    let registry = world.registry.borrow();
    let row = registry.row(Resource::Fac, 1).expect("a row");
    assert_eq!(registry.status(Resource::Fac, row), Some(Status::Pending));
}

#[test]
fn an_address_that_was_given_away_stays_there() {
    let world = UndoWorld::new();
    let gone = world.delete(Resource::Netixlan, 1);
    // The new port takes the place of the deleted one in the table.
    let taken = world.port(2, "195.69.147.1");
    assert_eq!(world.refused(&gone), [ConflictReason::Restored]);
    // Together, both go back: the port is that of network 1 again.
    world.undo(&[gone, taken].concat(), false).expect("undone");
    let row = world.row(Resource::Netixlan, 1).expect("a row");
    assert_eq!((row.int(netixlan::NET_ID), row.text(netixlan::IPADDR4)), (Some(1), Some("195.69.147.1")));
    assert!(world.is_live(Resource::Netixlan, 1));
}

#[test]
fn an_address_moves_back_from_another_port() {
    let world = UndoWorld::new();
    world.port(2, "195.69.147.9");
    let mut events = world.delete(Resource::Netixlan, 1);
    events.extend(world.update(Resource::Netixlan, 2, &[(netixlan::IPADDR4, json!("195.69.147.1"))]));
    world.undo(&events, false).expect("undone");
    assert_eq!(world.text(Resource::Netixlan, 1, netixlan::IPADDR4), "195.69.147.1");
    assert_eq!(world.text(Resource::Netixlan, 2, netixlan::IPADDR4), "195.69.147.9");
}

#[test]
fn what_was_erased_or_changes_nothing_is_not_undone() {
    let world = UndoWorld::new();
    let mut events = world.update(Resource::Poc, 1, &[(poc::NAME, json!("Somebody"))]);
    events[0].after = None;
    assert_eq!(world.refused(&events[..1]), [ConflictReason::Erased]);
    assert_eq!(world.refused(&[]), []);
}

#[test]
fn an_undo_does_what_was_shown_or_nothing() {
    let world = UndoWorld::new();
    let events = world.update(Resource::Net, 1, &[(net::AKA, json!("x"))]);
    let mut request = UndoRequest { events, leaves_out: false, shown: None };
    let mark = world.in_context(|context| request.decide(context)).expect("decided").0.mark;
    request.shown = Some(mark);
    assert!(world.in_context(|context| request.decide(context)).is_ok());
    world.update(Resource::Net, 1, &[(net::NOTES, json!("new"))]);
    let refusal = world.in_context(|context| request.decide(context)).expect_err("refused");
    assert_eq!(refusal, UndoRefusal::HasChanged);
}
