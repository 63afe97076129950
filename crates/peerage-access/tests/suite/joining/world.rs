//! A registry with some organizations, and people who want to join them.

use std::sync::Arc;

use peerage_access::acts::PlannedSteps;
use peerage_access::acts::joining::JoinContext;
use peerage_access::records::{
    Application, ApplicationAim, ApplicationState, AuthMethod, EmailAddress, Factor, FactorProof, Member, MemberRole,
    PermissionRules, Policy, SecurityKeyProof, Session, SessionStage, StoredRecord, StoredSecret, User,
};
use peerage_access::{AccessContext, AccessError, People, Principal, RecordStep};
use peerage_registry::ids::{FactorId, Id, MemberId, OrgId, SessionId, UserId};
use peerage_registry::moment::{Moment, SECOND};
use peerage_registry::rules::{ExternalFacts, NumberRegistration, RowStep};
use peerage_registry::{Action, Event, EventChange, LogEntry, LogHead, Snapshot, SnapshotLoader, rules, stored};
use peerage_schema::{Resource, Status};
use serde_json::json;

pub const NOW: Moment = Moment::from_seconds(1_800_000_000);

/// Organizations: 1 has an admin (user 1), 2 has no admin and the network AS63311, 3 is deleted, 4 has no admin and a
/// deleted network (AS63312), 10 has an admin (user 2).
pub struct JoinWorld {
    pub registry: Snapshot,
    pub people: People,
    pub outside: ExternalFacts,
    pub policy: rules::WritePolicy,
    pub now: Moment,
    /// The passkey with which people's sessions are opened, if any.
    pub passkey: Option<FactorId>,
}

fn row(resource: Resource, fields: &serde_json::Value) -> peerage_registry::Row {
    stored::from_json(resource, &fields.to_string()).expect("a row that the test made")
}

impl JoinWorld {
    pub fn new() -> JoinWorld {
        let mut loader = SnapshotLoader::default();
        for (id, name, status) in
            [(1, "One", "ok"), (2, "Two", "ok"), (3, "Three", "deleted"), (4, "Four", "ok"), (10, "Ten", "ok")]
        {
            let website = format!("https://www.org{id}.example/");
            let fields = json!({"id": id, "name": name, "status": status, "website": website,
                "created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z", "version": 1});
            loader.push(Resource::Org, row(Resource::Org, &fields));
        }
        for (id, org, asn, status) in [(1, 1, 63310, "ok"), (2, 2, 63311, "ok"), (4, 4, 63312, "deleted")] {
            let fields = json!({"id": id, "org_id": org, "asn": asn, "name": format!("Net {id}"), "status": status,
                "created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z", "version": 1});
            loader.push(Resource::Net, row(Resource::Net, &fields));
        }
        let mut world = JoinWorld {
            registry: loader.finish(LogHead::EMPTY),
            people: People::default(),
            outside: ExternalFacts::default(),
            policy: rules::WritePolicy {
                support_email: "support@x.example".to_owned(),
                suggestion_org: OrgId::new(20_525),
                checks_rir: true,
                approves_exchanges: false,
                takes_no_power: false,
            },
            now: NOW,
            passkey: None,
        };
        for id in 1..=5 {
            world.put(&person(id));
        }
        world.put(&User { staff: Some(peerage_access::StaffRank::Admin), ..person(9) });
        world.member(1, 1, MemberRole::Admin);
        world.member(10, 2, MemberRole::Admin);
        world
    }

    pub fn put<T: StoredRecord>(&mut self, kept: &T) {
        self.people.put(T::RECORD, kept.id().get(), Some(&kept.to_text()), 1).expect("sound");
    }

    pub fn member(&mut self, org: u32, user: u32, rank: MemberRole) {
        let id = org * 100 + user;
        let grants = PermissionRules::new();
        self.put(&Member {
            id: MemberId::new(id),
            org: OrgId::new(org),
            user: UserId::new(user),
            rank,
            grants,
            since: NOW,
            ranked: None,
            reconfirm_due: None,
        });
    }

    pub fn demand(&mut self, policy: &Policy) {
        self.put(policy);
    }

    /// Adds a security key, a passkey or an authenticator app.
    pub fn factor(&mut self, id: u32, user: u32, kind: &str) {
        let proof = if kind == "totp" {
            FactorProof::Totp { seed: String::new(), version: 1, last_step: 0 }
        } else {
            FactorProof::Key(Box::new(SecurityKeyProof {
                credential: String::new(),
                format: 1,
                credential_id: id.to_string(),
                logs_in: kind == "passkey",
                verifies: true,
                discoverable: None,
                backup_eligible: false,
                backed_up: false,
                transports: Vec::new(),
                aaguid: None,
                counter: 0,
            }))
        };
        self.put(&Factor {
            id: FactorId::new(id),
            user: UserId::new(user),
            name: kind.to_owned(),
            created: NOW,
            used: None,
            proof,
        });
    }

    /// Sets the RIR's registration of any number.
    pub fn registered(&mut self, mails: &[&str]) {
        let mails = mails.iter().map(|mail| (*mail).to_owned()).collect();
        self.outside.autnum = Some(NumberRegistration::Found { mails, holder: Some("Holder  Networks".to_owned()) });
    }

    /// Runs an action on behalf of a person with a fresh second factor, and applies the result.
    pub fn by<T>(
        &mut self,
        user: u32,
        act: impl FnOnce(&AccessContext<'_>, &JoinContext<'_>) -> Result<(T, PlannedSteps), AccessError>,
    ) -> Result<T, AccessError> {
        self.by_session(user, true, act)
    }

    pub fn by_session<T>(
        &mut self,
        user: u32,
        is_fresh: bool,
        act: impl FnOnce(&AccessContext<'_>, &JoinContext<'_>) -> Result<(T, PlannedSteps), AccessError>,
    ) -> Result<T, AccessError> {
        let person = Arc::clone(self.people.user(UserId::new(user)).expect("there"));
        let session = Session {
            id: SessionId::new(1),
            user: UserId::new(user),
            secret: StoredSecret { hash: [0; 32], version: 1, made: self.now, until: None },
            created: self.now,
            expires: self.now + 1_000 * SECOND,
            fresh_until: is_fresh.then_some(self.now + SECOND),
            by_backup: false,
            line: None,
            stage: SessionStage::Open,
            amr: vec![AuthMethod::Pwd, AuthMethod::Otp],
            passkey: self.passkey,
            proved: Some(self.now),
            address: String::new(),
            agent: String::new(),
        };
        let principal = Principal::of_person(&self.people, &person, &Arc::new(session), self.now);
        let context =
            AccessContext { people: &self.people, organizations: &self.registry, by: &principal, now: self.now };
        let join_context = JoinContext { registry: &self.registry, policy: &self.policy, outside: &self.outside };
        let (message, planned) = act(&context, &join_context)?;
        context.admit_deeds(planned.clone())?;
        self.take(&planned);
        Ok(message)
    }

    /// The same for actions that change records only.
    pub fn record<T>(
        &mut self,
        user: u32,
        act: impl FnOnce(&AccessContext<'_>) -> Result<(T, Vec<RecordStep>), AccessError>,
    ) -> Result<T, AccessError> {
        self.by(user, |context, _| {
            let (message, records) = act(context)?;
            Ok((message, PlannedSteps { records, ..PlannedSteps::default() }))
        })
    }

    pub fn take(&mut self, planned: &PlannedSteps) {
        let first = self.registry.head().sequence + 1;
        let event = |(step, sequence): (&RowStep, u64)| Event {
            sequence,
            entry: LogEntry {
                at: self.now,
                actor: "{}".into(),
                action: step.action,
                id: step.id,
                change: EventChange::Row {
                    resource: step.resource,
                    before: step.before.clone(),
                    after: step.after.clone(),
                },
                org: step.org,
                salt: [0; 32],
            },
            hash: [0; 32],
        };
        let events: Vec<Event> = planned.rows.iter().zip(first..).map(event).collect();
        self.registry.apply(&events);
        self.steps(&planned.records);
    }

    pub fn steps(&mut self, steps: &[RecordStep]) {
        let mut seen = Vec::new();
        for step in steps {
            assert!(!seen.contains(&(step.record, step.id)), "two steps of one act speak of {step:?}");
            seen.push((step.record, step.id));
            if step.action != Action::Note {
                self.people.put(step.record, step.id, step.after.as_deref(), 2).expect("sound");
            }
        }
    }

    pub fn rank(&self, org: u32, user: u32) -> Option<MemberRole> {
        self.people.member(OrgId::new(org), UserId::new(user)).map(|member| member.rank)
    }

    pub fn status(&self, resource: Resource, id: u32) -> &str {
        self.registry.row(resource, id).and_then(|row| self.registry.status(resource, row)).map_or("none", Status::text)
    }

    pub fn name(&self, resource: Resource, id: u32) -> &str {
        self.registry.row(resource, id).map_or("none", |row| row.text_or_empty(resource.table().column("name")))
    }

    /// The organization of a network.
    pub fn org_of_net(&self, net: u32) -> u32 {
        (rules::organization_of_network(&self.registry, net).expect("a network")).get()
    }

    pub fn set(&mut self, resource: Resource, fields: &serde_json::Value) {
        let after = row(resource, fields);
        let change = EventChange::Row { resource, before: None, after: Some(after.clone()) };
        let (at, id) = (self.now, after.id());
        let entry = LogEntry { at, actor: "{}".into(), action: Action::Import, id, change, org: None, salt: [0; 32] };
        self.registry.apply(&[Event { sequence: self.registry.head().sequence + 1, entry, hash: [0; 32] }]);
    }

    pub fn set_status(&mut self, resource: Resource, id: u32, status: &str) {
        let before = self.registry.row(resource, id).expect("there");
        let mut fields: serde_json::Value =
            serde_json::from_str(&stored::to_json(resource, before)).expect("a row as JSON");
        fields["status"] = json!(status);
        self.set(resource, &fields);
    }

    /// Puts a network with this AS number into the organization that collects suggestions. Returns its id.
    pub fn suggest(&mut self, asn: u32) -> u32 {
        let org = self.policy.suggestion_org;
        let times = json!({"created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z", "version": 1});
        let with = |mut fields: serde_json::Value| {
            fields.as_object_mut().expect("fields").extend(times.as_object().expect("times").clone());
            fields
        };
        self.set(Resource::Org, &with(json!({"id": org, "name": "Suggested Entities", "status": "ok"})));
        let net = json!({"id": 90, "org_id": org, "asn": asn, "name": "By a stranger", "status": "pending"});
        self.set(Resource::Net, &with(net));
        org.get()
    }

    /// A claim to a number as earlier versions stored it: with a pending organization and network. Returns the
    /// application, the organization and the network.
    pub fn claim_of_old(&mut self, user: u32, asn: u32) -> (u32, u32, u32) {
        let times = json!({"created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z", "version": 1});
        let with = |mut fields: serde_json::Value| {
            fields.as_object_mut().expect("fields").extend(times.as_object().expect("times").clone());
            fields
        };
        let (org, net) = if let Some(net) = self.registry.net_by_asn(i64::from(asn)) {
            (self.org_of_net(net), net)
        } else {
            let org = self.registry.last_id(Resource::Org) + 1;
            let net = self.registry.last_id(Resource::Net) + 1;
            let name = format!("AS{asn}");
            self.set(Resource::Org, &with(json!({"id": org, "name": name, "status": "pending"})));
            let fields = json!({"id": net, "org_id": org, "asn": asn, "name": name, "status": "pending"});
            self.set(Resource::Net, &with(fields));
            (org, net)
        };
        let id = self.people.free_id::<Application>();
        self.put(&Application {
            id,
            user: UserId::new(user),
            wanted: ApplicationAim::Place,
            org: Some(OrgId::new(org)),
            asn: Some(asn),
            org_name: String::new(),
            state: ApplicationState::Pending,
            created: self.now,
            note: String::new(),
            decided: None,
        });
        (id.get(), org, net)
    }

    /// Number of applications.
    pub fn applications(&self) -> usize {
        self.people.applications().count()
    }
}

/// A person. `user<id>@home.example` is confirmed, `user<id>@org<id>.example` is not.
pub fn person(id: u32) -> User {
    User {
        id: UserId::new(id),
        username: format!("user{id}"),
        emails: vec![
            EmailAddress { address: format!("user{id}@home.example"), verified: true, confirmed: Some(NOW) },
            EmailAddress::unanswered(format!("user{id}@org{id}.example")),
        ],
        verified: id == 1 || id == 2,
        ..User::blank(NOW)
    }
}

/// The text of a refusal, with its field if it has one.
pub fn message<T>(result: Result<T, AccessError>) -> String {
    match result {
        Ok(_) => "done".to_owned(),
        Err(error) => error.to_string(),
    }
}
