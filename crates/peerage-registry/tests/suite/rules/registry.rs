//! A small registry, callers, and a short way to run the rules and to see the result.

use std::collections::BTreeMap;

use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{
    ExternalFacts, NumberRegistration, RequestBody, WriteAction, WriteDecision, WritePolicy, WriteRefusal,
    WriteRequest, decide,
};
use peerage_registry::{Action, Event, EventChange, LogEntry, LogHead, Snapshot, SnapshotLoader, moment, stored};
use peerage_schema::{Resource, ValueStorage};
use serde_json::{Map, Value as Json, json};

/// Now, in the tests.
pub const NOW: Moment = Moment::from_seconds(1_800_000_000);
pub const SUGGESTIONS: u32 = 90;

/// The caller: permissions by namespace, the most specific on the path wins.
pub struct RuleCaller(pub Vec<(&'static str, u8)>);

impl RuleCaller {
    /// A caller with all permissions.
    pub fn root() -> RuleCaller {
        RuleCaller(vec![("peeringdb", 15)])
    }

    pub fn with(namespace: &'static str, bits: u8) -> RuleCaller {
        RuleCaller(vec![(namespace, bits)])
    }
}

impl Authority for RuleCaller {
    fn may(&self, namespace: &str, needed: Permissions) -> bool {
        let stands_over = |rule: &&(&str, u8)| namespace == rule.0 || namespace.starts_with(&format!("{}.", rule.0));
        let deepest = self.0.iter().filter(stands_over).max_by_key(|rule| rule.0.len());
        deepest.is_some_and(|rule| Permissions::from_bits(rule.1).expect("bits of a rule").holds(needed))
    }

    fn mail_addresses(&self) -> Vec<String> {
        vec!["noc@alpha.example".to_owned()]
    }

    fn is_key(&self) -> bool {
        true
    }
}

/// A registry that applies what the rules allow.
pub struct RuleRegistry {
    pub state: Snapshot,
    pub policy: WritePolicy,
    pub outside: ExternalFacts,
    pub caller: RuleCaller,
}

/// The result of the rules in short: a status, and what comes with it.
#[derive(Debug, PartialEq)]
pub struct RuleOutcome(pub u16, pub Json);

fn row(resource: Resource, mut fields: Json) -> (Resource, Json) {
    let defaults =
        json!({"created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z", "status": "ok", "version": 1});
    let object = fields.as_object_mut().expect("fields");
    for (key, value) in defaults.as_object().expect("defaults") {
        object.entry(key).or_insert_with(|| value.clone());
    }
    (resource, fields)
}

fn rows() -> Vec<(Resource, Json)> {
    use Resource::{Campus, Carrier, Carrierfac, Fac, Ix, Ixfac, Ixlan, Ixpfx, Net, Netfac, Netixlan, Org, Poc};
    vec![
        row(Org, json!({"id": 1, "name": "Alpha", "website": "https://alpha.example"})),
        row(Org, json!({"id": 2, "name": "Beta"})),
        row(Org, json!({"id": 3, "name": "Gone", "status": "deleted"})),
        row(Org, json!({"id": 4, "name": "New", "status": "pending", "website": "https://new.example"})),
        row(Org, json!({"id": SUGGESTIONS, "name": "Suggestions", "website": "https://registry.example"})),
        row(Net, json!({"id": 1, "org_id": 1, "name": "Alpha Net", "asn": 63311, "info_types": "NSP", "notes": "n"})),
        row(Net, json!({"id": 2, "org_id": 1, "name": "Old Net", "asn": 63400, "status": "deleted"})),
        row(Net, json!({"id": 3, "org_id": 2, "name": "Beta Net", "asn": 63312, "website": "https://beta.example"})),
        row(Poc, json!({"id": 1, "net_id": 1, "role": "NOC", "visible": "Public", "email": "noc@alpha.example"})),
        row(Poc, json!({"id": 2, "net_id": 1, "role": "Sales", "visible": "Private", "email": "s@alpha.example"})),
        row(
            Fac,
            json!({"id": 1, "org_id": 1, "campus_id": 1, "name": "One", "address1": "Street 1", "city": "Berlin",
                   "country": "DE", "zipcode": "10115", "latitude": 52_520_000, "longitude": 13_405_000,
                   "tech_phone": "+4930123456", "region_continent": "Europe"}),
        ),
        row(
            Fac,
            json!({"id": 2, "org_id": 1, "campus_id": 1, "name": "Two", "address1": "Street 2", "city": "Berlin",
                   "country": "DE", "zipcode": "10115", "latitude": 52_530_000, "longitude": 13_405_000}),
        ),
        row(
            Fac,
            json!({"id": 3, "org_id": 1, "name": "Far", "address1": "Street 3", "city": "Zürich", "country": "CH",
                   "zipcode": "8005", "latitude": 47_376_900, "longitude": 8_541_700}),
        ),
        row(Fac, json!({"id": 4, "org_id": 1, "name": "Shut", "status": "deleted"})),
        row(Fac, json!({"id": 5, "org_id": 2, "name": "Foreign", "city": "Wien", "country": "AT"})),
        row(Campus, json!({"id": 1, "org_id": 1, "name": "Grounds"})),
        row(Carrier, json!({"id": 1, "org_id": 1, "name": "Waves"})),
        row(Carrierfac, json!({"id": 1, "carrier_id": 1, "fac_id": 1})),
        row(Carrierfac, json!({"id": 2, "carrier_id": 1, "fac_id": 5, "status": "deleted"})),
        row(
            Ix,
            json!({"id": 1, "org_id": 2, "name": "BX", "city": "Wien", "country": "AT", "region_continent": "Europe",
                   "tech_email": "noc@bx.example", "website": "https://bx.example"}),
        ),
        row(Ixlan, json!({"id": 1, "ix_id": 1, "arp_sponge": "00:11:22:33:44:55"})),
        row(Ixfac, json!({"id": 1, "ix_id": 1, "fac_id": 1})),
        row(Ixpfx, json!({"id": 1, "ixlan_id": 1, "protocol": "IPv4", "prefix": "195.69.144.0/22"})),
        row(Ixpfx, json!({"id": 2, "ixlan_id": 1, "protocol": "IPv6", "prefix": "2001:7f8:1::/64"})),
        row(
            Ixpfx,
            json!({"id": 3, "ixlan_id": 1, "protocol": "IPv4", "prefix": "193.242.98.0/24", "status": "deleted"}),
        ),
        row(Ixpfx, json!({"id": 4, "ixlan_id": 1, "protocol": "IPv4", "prefix": "194.59.160.0/24"})),
        row(
            Ix,
            json!({"id": 2, "org_id": 1, "name": "AX", "city": "Berlin", "country": "DE", "region_continent": "Europe",
                   "tech_email": "noc@ax.example", "website": "https://ax.example"}),
        ),
        row(
            Ix,
            json!({"id": 3, "org_id": 1, "name": "YX", "city": "Berlin", "country": "DE", "region_continent": "Europe",
                   "tech_email": "noc@yx.example", "website": "https://yx.example"}),
        ),
        row(Ixlan, json!({"id": 3, "ix_id": 3})),
        row(Ixlan, json!({"id": 2, "ix_id": 2, "status": "deleted", "arp_sponge": "00:11:22:33:44:66"})),
        row(
            Netixlan,
            json!({"id": 1, "net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.10",
                   "ipaddr6": "2001:7f8:1::10"}),
        ),
        row(
            Netixlan,
            json!({"id": 2, "net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.20", "status": "deleted",
                   "ipaddr6": "2001:7f8:1::20"}),
        ),
        row(
            Netixlan,
            json!({"id": 3, "net_id": 1, "ixlan_id": 1, "speed": 1000, "ipaddr4": "195.69.144.30", "status": "deleted",
                   "ipaddr6": "2001:7f8:1::30"}),
        ),
        row(Netfac, json!({"id": 1, "net_id": 1, "fac_id": 1})),
        row(Netfac, json!({"id": 2, "net_id": 1, "fac_id": 2, "status": "deleted"})),
    ]
}

impl RuleRegistry {
    pub fn new() -> RuleRegistry {
        let mut loader = SnapshotLoader::default();
        for (resource, fields) in rows() {
            loader.push(resource, stored::from_json(resource, &fields.to_string()).expect("a row of the test"));
        }
        let policy = WritePolicy {
            support_email: "help@registry.example".to_owned(),
            suggestion_org: OrgId::new(SUGGESTIONS),
            checks_rir: false,
            approves_exchanges: false,
            takes_no_power: false,
        };
        let outside = ExternalFacts::default();
        RuleRegistry { state: loader.finish(LogHead::EMPTY), policy, outside, caller: RuleCaller::root() }
    }

    /// The same registry with a row added or replaced.
    pub fn put_row(&mut self, resource: Resource, fields: Json) {
        let (_, fields) = row(resource, fields);
        let after = stored::from_json(resource, &fields.to_string()).expect("a row of the test");
        let entry = LogEntry {
            at: NOW,
            actor: "{}".into(),
            action: Action::Import,
            id: after.id(),
            change: EventChange::Row { resource, before: None, after: Some(after) },
            org: None,
            salt: [0; 32],
        };
        self.state.apply(&[Event { sequence: self.state.head().sequence + 1, entry, hash: [0; 32] }]);
    }

    pub fn by(caller: RuleCaller) -> RuleRegistry {
        RuleRegistry { caller, ..RuleRegistry::new() }
    }

    /// A registry that looks up AS numbers.
    pub fn asking(caller: RuleCaller, autnum: Option<NumberRegistration>) -> RuleRegistry {
        let mut registry = RuleRegistry::by(caller);
        registry.policy.checks_rir = true;
        registry.outside.autnum = autnum;
        registry
    }

    pub fn decide(
        &self,
        resource: Resource,
        act: WriteAction<'_>,
        body: &RequestBody,
    ) -> Result<WriteDecision, WriteRefusal> {
        let RuleRegistry { state, policy, outside, caller } = self;
        decide(&WriteRequest { resource, act, body, authority: caller, policy, outside, now: NOW }, state)
    }

    /// Decides, and applies what is allowed. Asserts what must be true of all changes.
    pub fn act(&mut self, resource: Resource, act: WriteAction<'_>, values: Json, is_form: bool) -> RuleOutcome {
        let values = match values {
            Json::Object(values) => values,
            _ => Map::new(),
        };
        let decided = match self.decide(resource, act, &RequestBody { values, is_form }) {
            Ok(decided) => decided,
            Err(refusal) => return outcome_of(refusal),
        };
        let mut newest: BTreeMap<(Resource, u32), String> = BTreeMap::new();
        let mut events = Vec::new();
        for step in &decided.steps {
            let table = step.resource.table();
            let text =
                |row: &Option<peerage_registry::Row>| row.as_ref().map(|row| stored::to_json(step.resource, row));
            let (before, after) = (text(&step.before), text(&step.after));
            let key = (step.resource, step.id);
            let existing = self.state.row(step.resource, step.id).map(|row| stored::to_json(step.resource, row));
            assert_eq!(before, newest.get(&key).cloned().or(existing), "{} {}", table.tag, step.id);
            assert_eq!(step.action == Action::Create, before.is_none());
            let row = step.after.as_ref().expect("rows are never erased");
            let versions = (
                step.before.as_ref().and_then(|row| row.int(table.column("version"))).unwrap_or(0),
                row.int(table.column("version")),
            );
            assert_eq!(versions.1, Some(versions.0 + 1), "each change counts");
            assert!(step.org.is_some(), "{} {} belongs to somebody", table.tag, step.id);
            for (position, field) in table.fields.iter().enumerate().filter(|(_, field)| !field.is_stored()) {
                assert!(
                    row.is_null(position) || field.kind.storage() == ValueStorage::None,
                    "{} is derived",
                    field.name
                );
            }
            newest.insert(key, after.expect("a row after"));
            let change =
                EventChange::Row { resource: step.resource, before: step.before.clone(), after: step.after.clone() };
            let entry = LogEntry {
                at: NOW,
                actor: "{}".into(),
                action: step.action,
                id: step.id,
                change,
                org: step.org,
                salt: [0; 32],
            };
            let sequence = self.state.head().sequence + 1 + events.len() as u64;
            events.push(Event { sequence, entry, hash: [0; 32] });
        }
        let before = self.state.clone();
        self.state.apply(&events);
        let status = match decided.shown {
            None => return RuleOutcome(204, Json::Null),
            Some(_) if decided.is_new => 201,
            Some(_) => 200,
        };
        let (resource, id) = decided.shown.expect("a row to show");
        let shown = decided.shown_state(&before, &self.state);
        let row = shown.row(resource, id).expect("the row to show");
        let mut answer: Map<String, Json> =
            serde_json::from_str(&stored::to_json(resource, row)).expect("a row as JSON");
        answer.extend(decided.extra.into_iter().map(|(key, value)| (key.to_owned(), value)));
        RuleOutcome(status, Json::Object(answer))
    }

    pub fn post(&mut self, resource: Resource, body: Json) -> RuleOutcome {
        self.act(resource, WriteAction::Create, body, false)
    }

    pub fn put(&mut self, resource: Resource, id: &str, body: Json) -> RuleOutcome {
        self.act(resource, WriteAction::Update(id), body, false)
    }

    pub fn delete(&mut self, resource: Resource, id: &str) -> RuleOutcome {
        self.act(resource, WriteAction::Delete(id), Json::Null, false)
    }

    /// A stored value.
    pub fn get(&self, resource: Resource, id: u32, field: &str) -> Json {
        let row = self.state.row(resource, id).expect("a row");
        let row: Json = serde_json::from_str(&stored::to_json(resource, row)).expect("a row as JSON");
        row[field].clone()
    }

    pub fn status(&self, resource: Resource, id: u32) -> String {
        self.get(resource, id, "status").as_str().expect("a status").to_owned()
    }

    /// Whether a time of a row is the current time.
    pub fn is_touched(&self, resource: Resource, id: u32, field: &str) -> bool {
        // Each change is later than the one before it in the log.
        self.get(resource, id, field).as_str().is_some_and(|time| *time >= *moment::print_exact(NOW))
    }
}

fn outcome_of(refusal: WriteRefusal) -> RuleOutcome {
    match refusal {
        WriteRefusal::Invalid(complaints) => {
            let mut fields = complaints.fields;
            if complaints.concerns_caller {
                fields.insert("meta".to_owned(), json!({"ignore_field_error": "True", "error": "Bad Request"}));
            }
            RuleOutcome(400, Json::Object(fields))
        }
        WriteRefusal::Impossible(text) => RuleOutcome(400, json!(text)),
        WriteRefusal::OtherOrganization => RuleOutcome(400, Json::Null),
        WriteRefusal::NotYours => RuleOutcome(401, Json::Null),
        WriteRefusal::NotPermitted => RuleOutcome(403, Json::Null),
        WriteRefusal::NotPermittedBecause(text) | WriteRefusal::StillNeeded(text) => RuleOutcome(403, json!(text)),
        WriteRefusal::NotFound(text) => RuleOutcome(404, json!(text)),
        WriteRefusal::AlreadyGone => RuleOutcome(204, json!("nothing there")),
        WriteRefusal::NeedsFacts(lookup) => RuleOutcome(0, json!(format!("{lookup:?}"))),
    }
}

/// A body with some keys replaced. Null removes a key.
pub fn but(body: &Json, changes: Json) -> Json {
    let mut body = body.clone();
    let object = body.as_object_mut().expect("a body");
    let Json::Object(changes) = changes else { panic!("changes are an object") };
    for (key, value) in changes {
        if value.is_null() {
            object.shift_remove(&key);
        } else {
            object.insert(key, value);
        }
    }
    body
}
