//! The caller, and everything that they can do.

use std::sync::Arc;

use peerage_registry::ids::{OrgId, UserId};
use peerage_registry::moment::Moment;
use peerage_registry::place::ROOT;
use peerage_registry::rights::{Authority, Permissions};
use peerage_registry::viewer::{Viewer, ViewerPermissions, Visibility};

use crate::grants::{GrantScope, Grants};
use crate::key_rules::RefusedIn;
use crate::key_string::KeyKind;
use crate::namespaces::LIST_URL;
use crate::records::{Key, Session, SessionStage, User};
use crate::staff_ranks::{StaffPower, StaffRank};
use crate::standard_grants::add_guest;

pub use crate::namespaces::{applications, manage, users};

/// The caller.
#[derive(Debug, Clone)]
pub enum PrincipalKind {
    Anonymous,
    Person {
        user: Arc<User>,
        session: Arc<Session>,
    },
    Key(Arc<Key>),
    /// The operator, at the command line of the server.
    Operator,
}

/// The caller, with everything that they can do.
///
/// ```
/// use peerage_access::Principal;
/// use peerage_registry::rights::Permissions;
///
/// let (anonymous, operator) = (Principal::anonymous(), Principal::operator());
/// assert!(anonymous.scope.may("peeringdb.organization.7.network", Permissions::READ));
/// assert!(!anonymous.scope.may("peeringdb.organization.7.network", Permissions::UPDATE));
/// assert!(operator.scope.may("peeringdb.organization.7.network", Permissions::UPDATE));
/// ```
#[derive(Debug, Clone)]
pub struct Principal {
    pub who: PrincipalKind,
    pub scope: GrantScope,
    /// Confirmed addresses.
    pub(crate) mails: Vec<String>,
    /// The class of viewers whose shared answers the caller gets, if any.
    pub(crate) class: Option<Viewer>,
    /// The staff rank with which the caller acts now. None for a session that has to verify again, and for restricted keys.
    pub(crate) staff: Option<StaffRank>,
    /// Whether the person, or the key's organization, is verified.
    pub(crate) is_verified: bool,
    /// Whether the person has to verify again before they can change anything.
    pub(crate) has_lapsed: bool,
    /// Organizations whose rules deny permissions to the personal key.
    pub(crate) refused_in: Vec<RefusedIn>,
    pub(crate) auth_id: Option<String>,
}

impl Principal {
    pub fn anonymous() -> Principal {
        let mut grants = Grants::default();
        add_guest(&mut grants);
        Principal {
            who: PrincipalKind::Anonymous,
            scope: GrantScope::Rules(Arc::new(grants)),
            mails: Vec::new(),
            class: Some(Viewer::Anonymous),
            staff: None,
            is_verified: false,
            has_lapsed: false,
            refused_in: Vec::new(),
            auth_id: None,
        }
    }

    /// The operator, who can do everything.
    pub fn operator() -> Principal {
        Principal {
            who: PrincipalKind::Operator,
            scope: GrantScope::All,
            mails: Vec::new(),
            class: None,
            staff: Some(StaffRank::Admin),
            is_verified: true,
            has_lapsed: false,
            refused_in: Vec::new(),
            auth_id: None,
        }
    }

    /// The viewer, for queries to the registry.
    pub fn viewer(self: &Arc<Principal>) -> Viewer {
        match &self.class {
            Some(class) => class.clone(),
            None => Viewer::Particular(Arc::clone(self) as Arc<dyn ViewerPermissions>),
        }
    }

    /// Organizations in which this personal key has no permissions, whatever its owner has there.
    pub fn refused_in(&self) -> &[RefusedIn] {
        &self.refused_in
    }

    /// The rules of organizations that may explain why this key is refused, for people; `None` if there are none.
    pub fn refusing_rules(&self) -> Option<String> {
        let line = |refused: &RefusedIn| {
            format!("This key has no permissions in organization {}, which {}.", refused.org, refused.rule.text())
        };
        (!self.refused_in.is_empty()).then(|| self.refused_in.iter().map(line).collect::<Vec<_>>().join(" "))
    }

    pub fn is_anonymous(&self) -> bool {
        matches!(self.who, PrincipalKind::Anonymous)
    }

    pub fn key(&self) -> Option<&Key> {
        match &self.who {
            PrincipalKind::Key(key) => Some(key),
            _ => None,
        }
    }

    /// The person of a session, whatever its stage. They may have entered no more than a password.
    pub fn person(&self) -> Option<(&Arc<User>, &Arc<Session>)> {
        match &self.who {
            PrincipalKind::Person { user, session } => Some((user, session)),
            _ => None,
        }
    }

    /// The acting person; for a user or role key, its owner or creator. `None` for a session that is not complete.
    pub fn user(&self) -> Option<UserId> {
        match &self.who {
            PrincipalKind::Person { user, session } => (session.stage == SessionStage::Open).then_some(user.id),
            PrincipalKind::Key(key) => key.user,
            PrincipalKind::Anonymous | PrincipalKind::Operator => None,
        }
    }

    /// Whether a second factor was verified recently. The operator needs none.
    pub fn is_fresh(&self, now: Moment) -> bool {
        match &self.who {
            PrincipalKind::Person { session, .. } => {
                session.stage == SessionStage::Open && session.fresh_until.is_some_and(|until| until > now)
            }
            PrincipalKind::Operator => true,
            PrincipalKind::Anonymous | PrincipalKind::Key(_) => false,
        }
    }

    /// Whether the session is read-only until its person verifies again: it was opened or verified too long ago, or was
    /// idle (spec/accounts.md, 22).
    pub fn has_lapsed(&self) -> bool {
        self.has_lapsed
    }

    /// `X-Auth-ID` (spec/write-api.md, 2.1).
    pub fn auth_id(&self) -> Option<&str> {
        self.auth_id.as_deref()
    }

    /// Whether this principal can manage an organization's keys, members and rules.
    pub fn may_manage(&self, org: OrgId) -> bool {
        self.scope.may(&manage(org), Permissions::UPDATE)
    }

    /// Whether this principal can read an organization's audit log and security review.
    pub fn may_audit(&self, org: OrgId) -> bool {
        self.scope.may(&manage(org), Permissions::READ)
    }

    /// Whether the caller acts as staff with this power: the operator, staff, or an unrestricted key of theirs.
    pub fn has_power(&self, power: StaffPower) -> bool {
        self.staff.is_some_and(|rank| rank.has(power))
    }

    /// The caller with the permissions to undo what others have changed, if they are a person who can do so.
    pub fn undoing(&self) -> Option<Principal> {
        let may_undo = self.person().is_some() && self.has_power(StaffPower::UndoChanges);
        may_undo.then(|| Principal { scope: GrantScope::All, ..self.clone() })
    }

    /// Whether this is a key with fewer permissions than its owner: a role or organization key, or a personal key with
    /// rules of its own.
    pub fn is_narrowed_key(&self) -> bool {
        self.key().is_some_and(|key| key.kind != KeyKind::User || key.grants.is_some())
    }

    /// Whether the caller can see a key in lists: people see their own keys and those of organizations that they
    /// manage. A restricted key sees itself, and organization and role keys if it can manage their organization.
    pub fn sees_key(&self, key: &Key) -> bool {
        let manages = || key.kind != KeyKind::User && key.org.is_some_and(|org| self.may_manage(org));
        match &self.who {
            PrincipalKind::Operator => true,
            PrincipalKind::Key(own) if own.id == key.id => true,
            PrincipalKind::Key(_) if self.is_narrowed_key() => manages(),
            _ => (key.kind != KeyKind::Org && key.user.is_some() && key.user == self.user()) || manages(),
        }
    }

    fn reads(&self, middle: [&str; 2], ids: [u32; 2], last: [&str; 2]) -> bool {
        let (mut org, mut object) = ([0; 10], [0; 10]);
        let path =
            [ROOT, middle[0], decimal(ids[0], &mut org), middle[1], decimal(ids[1], &mut object), last[0], last[1]];
        self.scope.exactly_on_path(&path).holds(Permissions::READ)
    }
}

fn word(visible: Visibility) -> &'static str {
    match visible {
        Visibility::Public => "public",
        Visibility::Users => "users",
        Visibility::Private => "private",
    }
}

/// A number as text, without an allocation: this is needed for every contact of a listing.
fn decimal(number: u32, buffer: &mut [u8; 10]) -> &str {
    let mut at = buffer.len();
    let mut rest = number;
    loop {
        at -= 1;
        buffer[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

impl ViewerPermissions for Principal {
    fn may_read_contact(&self, org: OrgId, net: u32, visible: Visibility) -> bool {
        self.reads(["organization", "network"], [org.get(), net], ["poc_set", word(visible)])
    }

    fn may_read_member_list(&self, org: OrgId, ix: u32, visible: Visibility) -> bool {
        self.reads(["organization", "internetexchange"], [org.get(), ix], [LIST_URL, word(visible)])
    }

    fn may_search_by_distance(&self) -> Result<(), &'static str> {
        match &self.who {
            PrincipalKind::Anonymous => Err("Please authenticate to use the `distance` filter"),
            _ if !self.is_verified => Err("Please verify your account to use the `distance` filter"),
            _ => Ok(()),
        }
    }
}

impl Authority for Principal {
    fn may(&self, namespace: &str, needed: Permissions) -> bool {
        self.scope.may(namespace, needed)
    }

    fn mail_addresses(&self) -> Vec<String> {
        self.mails.clone()
    }

    fn is_key(&self) -> bool {
        matches!(self.who, PrincipalKind::Key(_) | PrincipalKind::Anonymous)
    }
}
