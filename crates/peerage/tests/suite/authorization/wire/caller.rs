//! The caller, and what the table allows it.

use peerage_access::KeyKind;
use peerage_registry::Visibility;
use peerage_registry::ids::{OrgId, UserId};
use peerage_schema::Resource;

use crate::authorization::table::ExpectedCaller;
use crate::authorization::world::{MatrixWorld, WorldCredential};
use crate::keeper::OpenConnection;

/// The caller of a request, and its position in the table.
pub struct MatrixCaller<'a> {
    pub world: &'a MatrixWorld,
    pub client: &'a OpenConnection,
    pub expected: &'a ExpectedCaller,
    pub header: String,
    pub is_anonymous: bool,
    pub is_session: bool,
    pub user: Option<u32>,
    is_org_key: bool,
}

impl<'a> MatrixCaller<'a> {
    pub fn of(world: &'a MatrixWorld, client: &'a OpenConnection, expected: &'a ExpectedCaller) -> MatrixCaller<'a> {
        let credential = &world.callers[expected.name.as_str()];
        let principal = world.principal(&expected.name);
        let key = principal.as_ref().and_then(|principal| principal.key());
        MatrixCaller {
            world,
            client,
            expected,
            header: credential.header(),
            is_anonymous: matches!(credential, WorldCredential::Nothing),
            is_session: matches!(credential, WorldCredential::Session(_)),
            user: principal.as_ref().and_then(|principal| principal.user()).map(UserId::get),
            is_org_key: key.is_some_and(|key| key.kind == KeyKind::Org),
        }
    }

    /// Returns the status of a refusal: 401 without credentials, 403 with credentials.
    pub fn refused(&self) -> u16 {
        if self.is_anonymous { 401 } else { 403 }
    }

    /// Returns the status for a row that the caller may not change.
    pub fn not_yours(&self) -> u16 {
        if self.is_session { 403 } else { 401 }
    }

    /// Returns this status for people, and a refusal for everyone else.
    pub fn personal(&self, status: u16) -> u16 {
        match (self.is_anonymous, self.user) {
            (true, _) => 401,
            (_, None) => 403,
            (_, Some(_)) => status,
        }
    }

    /// Whether the caller manages organization 1. `fresh` means with a recently shown second factor.
    pub fn manages(&self, fresh: bool) -> bool {
        let letters = &self.expected.manage;
        self.expected.is_at_home(1) && (letters == "m" || (letters == "r" && !fresh))
    }

    /// Whether the caller can read the keys, role accounts and people of organization 1.
    pub fn views(&self) -> bool {
        self.manages(false) || (self.expected.is_at_home(1) && self.expected.manage == "k")
    }

    /// Whether the caller can read the audit log of organization 1.
    pub fn audits(&self) -> bool {
        self.expected.is_at_home(1) && !self.expected.manage.is_empty()
    }

    pub fn people(&self, letter: char) -> bool {
        self.expected.is_at_home(1) && self.expected.people.contains(letter)
    }

    pub fn rights(&self, org: u32, resource: Resource) -> &str {
        self.expected.rights(org, resource, true, Visibility::Public)
    }

    pub fn is_key(&self, name: &str) -> bool {
        self.expected.name == name
    }

    /// Whether the caller is a member of organization 1, or its key. A narrowed key does not count as its owner.
    pub fn belongs(&self) -> bool {
        let is_narrowed = self.expected.name.contains("-cut-");
        let has_place = !is_narrowed
            && self.user.is_some_and(|user| self.world.people.member(OrgId::new(1), UserId::new(user)).is_some());
        let is_key_of_1 = self.is_org_key
            && self
                .world
                .principal(&self.expected.name)
                .is_some_and(|principal| principal.key().is_some_and(|key| key.org == Some(OrgId::new(1))));
        has_place || is_key_of_1 || self.views()
    }
}

/// Returns the public ID of a caller's key.
pub fn public(world: &MatrixWorld, name: &str) -> String {
    let principal = world.principal(name).expect("a key that works");
    principal.key().expect("a key").public.clone()
}
