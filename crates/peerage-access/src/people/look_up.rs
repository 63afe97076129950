//! Finding people, keys and permissions: by id, by name, by owner.

use std::sync::Arc;

use imbl::OrdMap;
use peerage_registry::ids::{Id, ImportFailureId, KeyId, OrgId, PortProposalId, UserId};
use peerage_registry::moment::Moment;

use super::indexes::{folded, folded_address};
use super::tables::TableRecord;
use super::{KeyEntry, People};
use crate::records::{
    Application, Client, Codes, Consent, Factor, ImportFailure, Invitation, Key, Logo, Member, MemberRole, Password,
    Policy, PortProposal, Recovery, Role, Session, StoredRecord, Ticket, User,
};

/// Functions that find one record by its id.
macro_rules! by_id {
    ($($name:ident $kind:ident)*) => {
        impl People {
            $(
                pub fn $name(&self, id: <$kind as StoredRecord>::Id) -> Option<&Arc<$kind>> {
                    self.get(id)
                }
            )*
        }
    };
}

by_id! {
    user User
    role Role
    session Session
    factor Factor
    ticket Ticket
    recovery Recovery
    application Application
    invitation Invitation
    client Client
    consent Consent
    port_proposal PortProposal
}

/// Functions that list all records of a kind, by id.
macro_rules! all {
    ($($name:ident $kind:ident)*) => {
        impl People {
            $(
                pub fn $name(&self) -> impl Iterator<Item = &Arc<$kind>> {
                    self.all()
                }
            )*
        }
    };
}

all! {
    port_proposals PortProposal
    import_failures ImportFailure
    users User
    roles Role
    policies Policy
    sessions Session
    tickets Ticket
    recoveries Recovery
    applications Application
    invitations Invitation
    clients Client
    consents Consent
    logos Logo
}

impl People {
    fn of_user<'a, T: TableRecord + 'a>(
        &'a self,
        index: &'a OrdMap<(UserId, T::Id), ()>,
        user: UserId,
    ) -> impl Iterator<Item = &'a Arc<T>> {
        index.range((user, T::Id::MIN)..=(user, T::Id::MAX)).filter_map(|((_, id), ())| self.get(*id))
    }

    pub fn password(&self, user: UserId) -> Option<&Arc<Password>> {
        self.get(user)
    }

    pub fn codes(&self, user: UserId) -> Option<&Arc<Codes>> {
        self.get(user)
    }

    /// By user name, ignoring case.
    pub fn user_named(&self, name: &str) -> Option<&Arc<User>> {
        self.user(*self.indexes.user_by_name.get(&*folded(name))?)
    }

    fn having_address(&self, address: &str) -> impl Iterator<Item = (UserId, bool)> {
        let address = folded_address(address);
        let all = self.indexes.user_by_email.range((address.clone(), UserId::MIN)..=(address, UserId::MAX));
        all.map(|((_, id), is_confirmed)| (*id, *is_confirmed))
    }

    /// By any of the addresses, ignoring case. An account that has confirmed it comes first.
    pub fn user_with_email(&self, address: &str) -> Option<&Arc<User>> {
        let unconfirmed = || self.having_address(address).next().and_then(|(id, _)| self.user(id));
        self.owner_of_address(address).or_else(unconfirmed)
    }

    /// The account that has confirmed an address.
    pub fn owner_of_address(&self, address: &str) -> Option<&Arc<User>> {
        self.having_address(address).find(|(_, is_confirmed)| *is_confirmed).and_then(|(id, _)| self.user(id))
    }

    /// The account that a text refers to when its owner is about to prove their identity: by confirmed address, else by
    /// user name. The owner of an address comes before an imported user name that looks like it.
    pub fn user_meant(&self, text: &str) -> Option<&Arc<User>> {
        let text = text.trim();
        let owner = if text.contains('@') { self.owner_of_address(text) } else { None };
        owner.or_else(|| self.user_named(text))
    }

    /// The account that a text refers to when something is given to it: an address refers only to the account that has
    /// confirmed it.
    pub fn user_to_give(&self, text: &str) -> Option<&Arc<User>> {
        let text = text.trim();
        if text.contains('@') { self.owner_of_address(text) } else { self.user_named(text) }
    }

    pub fn member(&self, org: OrgId, user: UserId) -> Option<&Arc<Member>> {
        self.get(*self.indexes.member_by_org.get(&(org, user))?)
    }

    /// An organization's members, by user id.
    pub fn members_of(&self, org: OrgId) -> impl Iterator<Item = &Arc<Member>> {
        let ids = self.indexes.member_by_org.range((org, UserId::MIN)..=(org, UserId::MAX)).map(|(_, id)| id);
        ids.filter_map(|id| self.get(*id))
    }

    /// A person's memberships, by organization.
    pub fn memberships_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Member>> {
        let ids = self.indexes.member_by_user.range((user, OrgId::MIN)..=(user, OrgId::MAX)).map(|(_, id)| id);
        ids.filter_map(|id| self.get(*id))
    }

    pub fn admins_of(&self, org: OrgId) -> impl Iterator<Item = &Arc<User>> {
        let admins = self.members_of(org).filter(|member| member.rank == MemberRole::Admin);
        admins.filter_map(|member| self.user(member.user)).filter(|user| user.active)
    }

    /// Whether an admin of the organization is suspended, and so can come back.
    pub fn has_suspended_admin(&self, org: OrgId) -> bool {
        let admins = self.members_of(org).filter(|member| member.rank == MemberRole::Admin);
        admins.filter_map(|member| self.user(member.user)).any(|user| !user.active)
    }

    pub fn keys(&self) -> impl Iterator<Item = &Arc<KeyEntry>> {
        self.indexes.keys.values()
    }

    pub fn key(&self, public: &str) -> Option<&Arc<KeyEntry>> {
        self.indexes.key_by_public.get(public)
    }

    pub fn key_by_id(&self, id: KeyId) -> Option<&Arc<KeyEntry>> {
        self.indexes.keys.get(&id)
    }

    pub fn roles_of(&self, org: OrgId) -> impl Iterator<Item = &Arc<Role>> {
        self.roles().filter(move |role| role.org == org)
    }

    /// An organization's policy, or the default if it has set none.
    pub fn policy(&self, org: OrgId) -> Arc<Policy> {
        self.get(org).cloned().unwrap_or_else(|| Arc::new(Policy::unset(org)))
    }

    pub fn has_policy(&self, org: OrgId) -> bool {
        self.get::<Policy>(org).is_some()
    }

    /// A person's sessions, oldest first.
    pub fn sessions_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Session>> {
        self.of_user(&self.indexes.session_by_user, user)
    }

    /// Whether its person's permissions have changed since a session was opened.
    pub fn has_new_rights(&self, session: &Session) -> bool {
        let opened = self.indexes.session_opened.get(&session.id).copied().unwrap_or(0);
        self.indexes.rights.changed.get(&session.user).is_some_and(|changed| *changed > opened)
    }

    /// A person's factors, oldest first.
    pub fn factors_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Factor>> {
        self.of_user(&self.indexes.factor_by_user, user)
    }

    /// By the id of a `WebAuthn` credential, base64url.
    pub fn factor_with_credential(&self, credential_id: &str) -> Option<&Arc<Factor>> {
        self.factor(*self.indexes.factor_by_credential.get(credential_id)?)
    }

    /// By client id.
    pub fn client_named(&self, client_id: &str) -> Option<&Arc<Client>> {
        self.client(*self.indexes.client_by_name.get(client_id)?)
    }

    pub fn consents_of(&self, user: UserId) -> impl Iterator<Item = &Arc<Consent>> {
        self.of_user(&self.indexes.consent_by_user, user)
    }

    pub fn logo(&self, kind: &str, object: u32) -> Option<&Arc<Logo>> {
        self.get(*self.indexes.logo_by_object.get(&(kind.into(), object))?)
    }

    /// Proposals of imports on a LAN, also those that are dismissed or resolved.
    pub fn proposals_on(&self, lan: u32) -> impl Iterator<Item = &Arc<PortProposal>> {
        let range = (lan, PortProposalId::MIN)..=(lan, PortProposalId::MAX);
        self.indexes.proposal_by_lan.range(range).filter_map(|((_, id), ())| self.get(*id))
    }

    /// Proposals of imports to a network, also those that are dismissed or resolved.
    pub fn proposals_to(&self, net: u32) -> impl Iterator<Item = &Arc<PortProposal>> {
        let range = (net, PortProposalId::MIN)..=(net, PortProposalId::MAX);
        self.indexes.proposal_by_net.range(range).filter_map(|((_, id), ())| self.get(*id))
    }

    /// Why the member list of an exchange is not imported.
    pub fn import_failure(&self, ix: u32) -> Option<&Arc<ImportFailure>> {
        self.get(ImportFailureId::new(ix))
    }

    /// When a key stops working: by its own expiry, or by its organization's policy.
    pub fn key_ends(&self, key: &Key) -> Option<Moment> {
        let by_policy = key.org.filter(|org| self.has_policy(*org)).and_then(|org| self.policy(org).ends(key));
        key.expires.into_iter().chain(by_policy).min()
    }
}
