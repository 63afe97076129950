//! The model and the registry side by side.

use std::collections::BTreeMap;

use peerage_registry::ids::OrgId;
use peerage_registry::moment::Moment;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::rules::{
    ExternalFacts, RequestBody, RowStep, WriteAction, WritePolicy, WriteRefusal, WriteRequest, decide,
};
use peerage_registry::{Action, Event, EventChange, LogEntry, LogHead, Row, Snapshot, SnapshotLoader, stored};
use peerage_schema::Resource::{
    self, Campus, Carrier, Carrierfac, Fac, Ix, Ixfac, Ixlan, Ixpfx, Net, Netfac, Netixlan, Org, Poc,
};
use serde_json::{Map, Value as Json, json};

use super::naive::{ModelAction, ModelBody, ModelRow, ModelStatus, NaiveModel, SUGGESTIONS, has_name};

const NOW: Moment = Moment::from_seconds(1_800_000_000);

/// A caller with all permissions.
struct RootAuthority;

impl Authority for RootAuthority {
    fn may(&self, _: &str, _: Permissions) -> bool {
        true
    }

    fn mail_addresses(&self) -> Vec<String> {
        vec!["noc@alpha.example".to_owned()]
    }

    fn is_key(&self) -> bool {
        true
    }
}

/// The request body for a wish.
fn body(kind: Resource, planned_action: ModelAction, input: &ModelBody) -> Map<String, Json> {
    let mut body = Map::new();
    let mut say = |name: &str, value: Json| {
        body.insert(name.to_owned(), value);
    };
    match planned_action {
        ModelAction::NetSide(_, fac) | ModelAction::IxSide(_, fac) => say("fac_id", json!(fac)),
        ModelAction::Create | ModelAction::Update(_) => {
            let names = fields(kind);
            for (name, id) in names.iter().zip([input.one, input.other]) {
                say(name, json!(id));
            }
            if has_name(kind) {
                say("name", json!(input.name));
                say("website", json!("https://own.example"));
            }
            match kind {
                Net => {
                    say("asn", json!(input.asn));
                    if input.suggests {
                        say("suggest", json!(false));
                    }
                }
                Fac => {
                    let address = [("address1", "Street 1"), ("address2", ""), ("city", "Berlin"), ("state", "")];
                    for (name, value) in address.into_iter().chain([("country", "DE"), ("zipcode", "10115")]) {
                        say(name, json!(value));
                    }
                    let place = input.is_placed.then_some((52.5, 13.4)).unzip();
                    say("latitude", json!(place.0));
                    say("longitude", json!(place.1));
                    say("campus_id", json!(input.campus));
                    if input.suggests {
                        say("suggest", json!("x"));
                    }
                }
                Ix => {
                    for (name, value) in [
                        ("city", "Berlin"),
                        ("country", "DE"),
                        ("region_continent", "Europe"),
                        ("tech_email", "noc@ix.example"),
                    ] {
                        say(name, json!(value));
                    }
                    if matches!(planned_action, ModelAction::Create) {
                        say("prefix", json!(input.prefix));
                    }
                }
                Ixlan => say("arp_sponge", if input.mac.is_empty() { Json::Null } else { json!(input.mac) }),
                Ixpfx => {
                    say("prefix", json!(input.prefix));
                    say("protocol", json!(if input.prefix.contains(':') { "IPv6" } else { "IPv4" }));
                }
                Netixlan => {
                    say("ipaddr4", json!(input.ipaddr4));
                    say("ipaddr6", json!(input.ipaddr6));
                    say("speed", json!(input.speed));
                }
                Poc => {
                    say("role", json!(input.role));
                    say("visible", json!(input.visible));
                    say("email", json!(if input.has_email { "a@b.example" } else { "" }));
                    say("phone", json!(if input.has_phone { "+4930123456" } else { "" }));
                }
                _ => {}
            }
        }
        _ => {}
    }
    body
}

/// The field names of [`ModelRow::one`] and [`ModelRow::other`].
fn fields(kind: Resource) -> &'static [&'static str] {
    match kind {
        Org => &[],
        Net | Fac | Ix | Carrier | Campus => &["org_id"],
        Poc => &["net_id"],
        Ixlan => &["ix_id"],
        Ixpfx => &["ixlan_id"],
        Netixlan => &["net_id", "ixlan_id"],
        Netfac => &["net_id", "fac_id"],
        Ixfac => &["ix_id", "fac_id"],
        Carrierfac => &["carrier_id", "fac_id"],
    }
}

/// The model, and the registry that follows the rules.
pub(super) struct ModelWorld {
    pub naive: NaiveModel,
    state: Snapshot,
    /// What the rules have changed last.
    touched: Vec<(Resource, u32)>,
}

impl ModelWorld {
    /// Creates organizations, two networks with a contact, an exchange with prefixes, and two facilities.
    pub fn new() -> ModelWorld {
        let blank = ModelRow {
            status: ModelStatus::Live,
            name: String::new(),
            one: 0,
            other: 0,
            campus: None,
            is_placed: false,
            asn: 0,
            ipaddr4: "",
            ipaddr6: "",
            prefix: "",
            mac: "",
            role: "NOC",
            visible: "Public",
            has_email: true,
            net_side: None,
            ix_side: None,
        };
        let named = |name: &str, one: u32| ModelRow { name: name.to_owned(), one, ..blank.clone() };
        let mut naive = NaiveModel::default();
        for (id, name) in [(1, "Alpha"), (2, "Beta"), (SUGGESTIONS, "Suggestions")] {
            naive.put(Org, id, named(name, 0));
        }
        for id in [1, 2] {
            naive.put(Net, id, ModelRow { asn: 63_100 + id, ..named(&format!("Net {id}"), id) });
            naive.put(Poc, id, ModelRow { one: id, ..blank.clone() });
            naive.put(Fac, id, ModelRow { is_placed: true, ..named(&format!("Fac {id}"), 1) });
            naive.put(Carrier, id, named(&format!("Carrier {id}"), id));
            naive.put(Ix, id, named(&format!("Ix {id}"), id));
            naive.put(Ixlan, id, ModelRow { one: id, ..blank.clone() });
        }
        naive.put(Campus, 1, ModelRow { status: ModelStatus::Pending, ..named("Campus 1", 1) });
        for (id, lan, prefix) in [(1, 1, "195.69.144.0/22"), (2, 1, "2001:7f8:1::/64"), (3, 2, "194.59.161.0/24")] {
            naive.put(Ixpfx, id, ModelRow { one: lan, prefix, ..blank.clone() });
        }
        let mut loader = SnapshotLoader::default();
        for kind in Resource::ALL {
            for (id, object) in naive.rows(kind) {
                loader.push(kind, seed_row(kind, id, object));
            }
        }
        ModelWorld { naive, state: loader.finish(LogHead::EMPTY), touched: Vec::new() }
    }

    /// Has the rules decide, and applies what they allow. Returns the status that the answer would have.
    pub fn act(
        &mut self,
        kind: Resource,
        planned_action: ModelAction,
        input: &ModelBody,
    ) -> Result<(u16, String), String> {
        let body = RequestBody { values: body(kind, planned_action, input), is_form: false };
        let text = |id: u32| id.to_string();
        let (first, second) = match planned_action {
            ModelAction::Create => (String::new(), String::new()),
            ModelAction::Join(campus, fac) | ModelAction::Leave(campus, fac) => (text(campus), text(fac)),
            ModelAction::Update(id)
            | ModelAction::Delete(id)
            | ModelAction::Agree(id)
            | ModelAction::Refuse(id)
            | ModelAction::NetSide(id, _)
            | ModelAction::IxSide(id, _) => (text(id), String::new()),
        };
        let act = match planned_action {
            ModelAction::Create => WriteAction::Create,
            ModelAction::Update(_) => WriteAction::Update(&first),
            ModelAction::Delete(_) => WriteAction::Delete(&first),
            ModelAction::Join(..) => WriteAction::AddFacility(&first, &second),
            ModelAction::Leave(..) => WriteAction::RemoveFacility(&first, &second),
            ModelAction::Agree(_) => WriteAction::Approve(&first),
            ModelAction::Refuse(_) => WriteAction::Reject(&first),
            ModelAction::NetSide(..) => WriteAction::SetNetSide(&first),
            ModelAction::IxSide(..) => WriteAction::SetIxSide(&first),
        };
        let policy = WritePolicy {
            support_email: "help@registry.example".to_owned(),
            suggestion_org: OrgId::new(SUGGESTIONS),
            checks_rir: false,
            approves_exchanges: false,
            takes_no_power: false,
        };
        let outside = ExternalFacts::default();
        let write = WriteRequest {
            resource: kind,
            act,
            body: &body,
            authority: &RootAuthority,
            policy: &policy,
            outside: &outside,
            now: NOW,
        };
        self.touched.clear();
        match decide(&write, &self.state) {
            Ok(decided) => {
                self.carry_out(decided.steps)?;
                let status = match decided.shown {
                    None => 204,
                    Some(_) if decided.is_new => 201,
                    Some(_) => 200,
                };
                Ok((status, String::new()))
            }
            Err(refusal) => Ok((status_of(&refusal), format!("{refusal:?}"))),
        }
    }

    fn carry_out(&mut self, steps: Vec<RowStep>) -> Result<(), String> {
        let mut events = Vec::with_capacity(steps.len());
        let mut newest: BTreeMap<(Resource, u32), Row> = BTreeMap::new();
        for step in steps {
            let (kind, id) = (step.resource, step.id);
            let standing = self.state.row(kind, id).map(|row| stored::stored_cells(kind.table(), row));
            let standing = newest.get(&(kind, id)).cloned().or(standing);
            if step.before != standing {
                return Err(format!("{} {id} was not so before the step", kind.tag()));
            }
            let Some(after) = &step.after else { return Err(format!("{} {id} is erased", kind.tag())) };
            if step.org.is_none() || (step.action == Action::Create) != step.before.is_none() {
                return Err(format!("{} {id}: a step that cannot be", kind.tag()));
            }
            newest.insert((kind, id), after.clone());
            self.touched.push((kind, id));
            let change = EventChange::Row { resource: kind, before: step.before, after: step.after };
            let entry =
                LogEntry { at: NOW, actor: "{}".into(), action: step.action, id, change, org: step.org, salt: [0; 32] };
            let sequence = self.state.head().sequence + 1 + events.len() as u64;
            events.push(Event { sequence, entry, hash: [0; 32] });
        }
        self.state.advance(&events);
        Ok(())
    }

    /// Approves a row on behalf of staff, in the model and in the registry.
    pub fn approve(&mut self, kind: Resource, id: u32) {
        if !self.naive.approve(kind, id) {
            return;
        }
        let touched: Vec<(Resource, u32)> = self.naive.touched.iter().copied().collect();
        let steps = touched.into_iter().map(|(kind, id)| {
            let row = self.state.row(kind, id).expect("a row that waits");
            let before = stored::stored_cells(kind.table(), row);
            let status = (kind.table().column("status"), peerage_registry::Value::Text("ok"));
            let after = before.with(kind.table(), &[status]);
            RowStep {
                action: Action::Update,
                resource: kind,
                id,
                before: Some(before),
                after: Some(after),
                org: Some(OrgId::new(1)),
            }
        });
        let steps = steps.collect();
        self.carry_out(steps).expect("what staff approves");
    }

    pub fn compare_touched(&self) -> Result<(), String> {
        self.naive.touched.iter().chain(&self.touched).try_for_each(|(kind, id)| self.compare(*kind, *id))
    }

    pub fn compare_all(&self) -> Result<(), String> {
        for kind in Resource::ALL {
            if self.naive.rows(kind).count() != self.state.count(kind) {
                return Err(format!("{}: {} rows", kind.tag(), self.state.count(kind)));
            }
            for (id, _) in self.naive.rows(kind) {
                self.compare(kind, id)?;
                let row = self.state.row(kind, id).ok_or("a row is missing")?;
                for (name, count) in self.naive.counts(kind, id) {
                    let shown = row.int(kind.table().column(name));
                    if shown != Some(count as i64) {
                        return Err(format!("{} {id}: {name} is {shown:?} and not {count}", kind.tag()));
                    }
                }
            }
        }
        Ok(())
    }

    fn compare(&self, kind: Resource, id: u32) -> Result<(), String> {
        let (Some(object), Some(row)) = (self.naive.row(kind, id), self.state.row(kind, id)) else {
            return Err(format!("{} {id} is there on one side only", kind.tag()));
        };
        let table = kind.table();
        let text = |name: &str| row.text_or_empty(table.column(name));
        let number = |name: &str| row.int(table.column(name));
        let mut wrong = Vec::new();
        let mut check = |name: &str, is_same: bool| {
            if !is_same {
                wrong.push(name.to_owned());
            }
        };
        check("status", text("status") == object.status.name());
        for (name, expected) in fields(kind).iter().zip([object.one, object.other]) {
            check(name, number(name) == Some(i64::from(expected)));
        }
        let same_id = |name: &str, expected: Option<u32>| number(name) == expected.map(i64::from);
        if has_name(kind) {
            check("name", text("name") == object.name);
        }
        match kind {
            Net => check("asn", number("asn") == Some(i64::from(object.asn))),
            Fac => {
                check("campus_id", same_id("campus_id", object.campus));
                check("latitude", number("latitude").is_some() == object.is_placed);
            }
            Ixlan => check("arp_sponge", text("arp_sponge") == object.mac),
            Ixpfx => check("prefix", text("prefix") == object.prefix),
            Poc => {
                check("role", text("role") == object.role);
                check("visible", text("visible") == object.visible);
                check("email", text("email").is_empty() != object.has_email);
            }
            Netixlan => {
                check("ipaddr4", text("ipaddr4") == object.ipaddr4);
                check("ipaddr6", text("ipaddr6") == object.ipaddr6);
                check("net_side_id", same_id("net_side_id", object.net_side));
                check("ix_side_id", same_id("ix_side_id", object.ix_side));
                let asn = self.naive.row(Net, object.one).map(|net| i64::from(net.asn));
                check("asn", number("asn") == asn);
            }
            _ => {}
        }
        if wrong.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{} {id} differs in {}: {} and not {object:?}",
            kind.tag(),
            wrong.join(", "),
            stored::to_json(kind, row)
        ))
    }
}

fn seed_row(kind: Resource, id: u32, object: &ModelRow) -> Row {
    let mut row = Map::new();
    let mut set = |name: &str, value: Json| row.insert(name.to_owned(), value);
    for (name, value) in [("created", "2024-01-01T00:00:00Z"), ("updated", "2024-01-01T00:00:00Z")] {
        set(name, json!(value));
    }
    set("id", json!(id));
    set("version", json!(1));
    set("status", json!(object.status.name()));
    for (name, parent) in fields(kind).iter().zip([object.one, object.other]) {
        set(name, json!(parent));
    }
    if has_name(kind) {
        set("name", json!(object.name));
        set("website", json!("https://own.example"));
    }
    match kind {
        Net => drop(set("asn", json!(object.asn))),
        Fac => {
            let address = [("address1", "Street 1"), ("city", "Berlin"), ("country", "DE"), ("zipcode", "10115")];
            for (name, value) in address {
                set(name, json!(value));
            }
            set("latitude", json!(52_500_000));
            set("longitude", json!(13_400_000));
        }
        Ixpfx => {
            set("prefix", json!(object.prefix));
            set("protocol", json!(if object.prefix.contains(':') { "IPv6" } else { "IPv4" }));
        }
        Poc => {
            for (name, value) in [("role", object.role), ("visible", object.visible), ("email", "a@b.example")] {
                set(name, json!(value));
            }
        }
        _ => {}
    }
    stored::from_json(kind, &Json::Object(row).to_string()).expect("a row of the test")
}

fn status_of(refusal: &WriteRefusal) -> u16 {
    match refusal {
        WriteRefusal::Invalid(_) | WriteRefusal::Impossible(_) | WriteRefusal::OtherOrganization => 400,
        WriteRefusal::NotYours => 401,
        WriteRefusal::NotPermitted | WriteRefusal::NotPermittedBecause(_) | WriteRefusal::StillNeeded(_) => 403,
        WriteRefusal::NotFound(_) => 404,
        WriteRefusal::AlreadyGone => 204,
        WriteRefusal::NeedsFacts(_) => 0,
    }
}
