//! A small world for tests: people, an organization, and a context for each caller.

use std::sync::Arc;

use peerage_registry::ids::{Id, MemberId, OrgId, SessionId, UserId};
use peerage_registry::moment::{MINUTE, Moment, days};

use crate::acts::{AccessContext, RecordStep};
use crate::key_string::ENTROPY_BYTES;
use crate::people::{Organizations, People};
use crate::principal::Principal;
use crate::records::{
    AuthMethod, EmailAddress, Member, MemberRole, PermissionRules, Session, SessionStage, StoredRecord, StoredSecret,
    User,
};
use crate::server_key::ServerKey;

pub const NOW: Moment = Moment::from_seconds(1_800_000_000);

/// Ann is its admin, Ben a member; Cyd does not belong to it.
pub const ORG: OrgId = OrgId::new(7);
pub const ANN: UserId = UserId::new(1);
pub const BEN: UserId = UserId::new(2);
pub const CYD: UserId = UserId::new(3);

pub fn session_of(user: UserId) -> SessionId {
    SessionId::new(user.get())
}

pub struct EveryOrganization;

impl Organizations for EveryOrganization {
    fn is_alive(&self, _: OrgId) -> bool {
        true
    }

    fn belongs_to(&self, _: crate::people::ObjectRef, _: crate::people::ObjectRef) -> bool {
        true
    }
}

pub struct ActsWorld {
    pub people: People,
    pub server_key: ServerKey,
    pub now: Moment,
    count: u64,
    chance: u64,
}

impl ActsWorld {
    pub fn new() -> ActsWorld {
        let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("sound");
        let mut world = ActsWorld { people: People::default(), server_key, now: NOW, count: 0, chance: 0 };
        for (id, name) in [(ANN, "ann"), (BEN, "ben"), (CYD, "cyd")] {
            world.put(&User {
                id,
                username: name.to_owned(),
                first_name: name.to_uppercase(),
                last_name: "Exämple".to_owned(),
                emails: vec![EmailAddress::answered(format!("{name}@example.net"))],
                verified: true,
                ..User::blank(NOW)
            });
            world.session(id, &[AuthMethod::Pwd, AuthMethod::Otp]);
        }
        for (id, user, rank) in [(1, ANN, MemberRole::Admin), (2, BEN, MemberRole::Member)] {
            world.put(&Member {
                id: MemberId::new(id),
                org: ORG,
                user,
                rank,
                grants: PermissionRules::new(),
                since: NOW - days(60),
                ranked: None,
                reconfirm_due: None,
            });
        }
        world
    }

    pub fn put<T: StoredRecord>(&mut self, kept: &T) {
        self.count += 1;
        self.people.put(T::RECORD, kept.id().get(), Some(&kept.to_text()), self.count).expect("sound");
    }

    /// Replaces a person's session, whose id is the person's.
    pub fn session(&mut self, user: UserId, amr: &[AuthMethod]) -> Session {
        let session = Session {
            id: session_of(user),
            user,
            secret: StoredSecret { hash: [0; 32], version: 1, made: self.now, until: None },
            created: self.now,
            expires: self.now + 600 * MINUTE,
            fresh_until: Some(self.now + 10 * MINUTE),
            by_backup: false,
            line: None,
            stage: SessionStage::Open,
            amr: amr.to_vec(),
            passkey: None,
            proved: Some(self.now),
            address: String::new(),
            agent: String::new(),
        };
        self.put(&session);
        session
    }

    pub fn person(&self, id: UserId) -> Principal {
        let user = self.people.user(id).expect("a person");
        Principal::of_person(&self.people, user, self.people.session(session_of(id)).expect("a session"), self.now)
    }

    pub fn access_context<'a>(&'a self, by: &'a Principal) -> AccessContext<'a> {
        AccessContext { people: &self.people, organizations: &EveryOrganization, by, now: self.now }
    }

    /// Applies steps to the state.
    pub fn take(&mut self, steps: &[RecordStep]) {
        for step in steps.iter().filter(|step| step.action != peerage_registry::Action::Note) {
            self.count += 1;
            self.people.put(step.record, step.id, step.after.as_deref(), self.count).expect("readable");
        }
    }

    /// Returns different bytes on each call.
    pub fn entropy(&mut self) -> [u8; ENTROPY_BYTES] {
        std::array::from_fn(|_| {
            self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.chance >> 40) as u8
        })
    }

    pub fn user(&self, id: UserId) -> Arc<User> {
        Arc::clone(self.people.user(id).expect("a person"))
    }
}
