//! The registry of the matrix: organizations with two or three of everything, and callers of all kinds.

mod callers;
mod rows;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use peerage_access::{People, Principal};
use peerage_registry::{Snapshot, Visibility};
use peerage_schema::Resource;

use crate::keeper::{RegistryKeeper, now};
use crate::server::RegistryPlace;
use callers::callers;
use rows::rows;

pub const ORGS: [u32; 4] = [1, 10, 100, 2];
pub const DEAD: u32 = 3;
pub const SUGGESTIONS: u32 = 20_525;

/// Returns the IDs of an organization's objects of a kind. The first ID is a prefix of the others.
pub fn ids(org: u32) -> [u32; 3] {
    let first = org * 10 + 1;
    [first, first * 10, first * 100]
}

pub const VISIBLE: [Visibility; 3] = [Visibility::Public, Visibility::Users, Visibility::Private];

pub fn word(visible: Visibility) -> &'static str {
    match visible {
        Visibility::Public => "Public",
        Visibility::Users => "Users",
        Visibility::Private => "Private",
    }
}

/// A contact or the address of a member list, with a text that identifies it.
pub struct HiddenText {
    pub resource: Resource,
    pub id: u32,
    pub org: u32,
    pub visible: Visibility,
    pub mark: String,
}

/// One row of the world.
pub struct WorldRow {
    pub resource: Resource,
    pub id: u32,
    pub org: u32,
    pub is_first: bool,
    pub visible: Visibility,
}

/// How a caller authenticates.
pub enum WorldCredential {
    Nothing,
    Key(String),
    Session(String),
}

impl WorldCredential {
    pub fn header(&self) -> String {
        match self {
            WorldCredential::Nothing => String::new(),
            WorldCredential::Key(text) => format!("Api-Key {text}"),
            WorldCredential::Session(text) => format!("Bearer {text}"),
        }
    }
}

pub struct MatrixWorld {
    pub keeper: RegistryKeeper,
    pub callers: BTreeMap<&'static str, WorldCredential>,
    pub things: Vec<WorldRow>,
    pub hidden: Vec<HiddenText>,
    pub snapshot: Arc<Snapshot>,
    pub people: People,
}

impl MatrixWorld {
    pub fn of(place: &RegistryPlace) -> MatrixWorld {
        let keeper = RegistryKeeper::of(place);
        let (document, things, hidden) = rows();
        keeper.import(&document);
        let callers = callers(&keeper);
        let (snapshot, people) = keeper.load();
        MatrixWorld { keeper, callers, things, hidden, snapshot, people }
    }

    /// Returns a caller's principal, or `None` for callers that are refused at login.
    pub fn principal(&self, name: &str) -> Option<Arc<Principal>> {
        let address = IpAddr::from([127, 0, 0, 1]);
        let credential = self.callers.get(name).unwrap_or_else(|| panic!("{name} is not a caller of the world"));
        match credential {
            WorldCredential::Nothing => Some(Arc::new(Principal::anonymous())),
            WorldCredential::Key(text) => {
                let key = self.people.recognise(&self.keeper.server_key, text, now(), address, &*self.snapshot).ok()?;
                Some(self.people.principal_of(key.entry, now()))
            }
            WorldCredential::Session(text) => {
                let key = &self.keeper.server_key;
                let (user, session) = peerage_access::acts::sessions::recognise(&self.people, key, text, now())?;
                Some(Arc::new(Principal::of_person(&self.people, user, session, now())))
            }
        }
    }
}
