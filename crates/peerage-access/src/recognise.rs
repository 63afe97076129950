//! Authentication by key: whose it is, whether it is accepted, and what it can do.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use peerage_registry::ids::KeyId;
use peerage_registry::moment::Moment;

use crate::demands;
use crate::grants::admits;
use crate::key_rules::{KeyRule, PersonalKeyRules, RefusedIn};
use crate::key_string::{KeyKind, ParsedKey, parse};
use crate::people::{KeyEntry, Organizations, People, ResolvedHolder};
use crate::principal::Principal;
use crate::records::{Key, KeyState, StoredSecret};
use crate::server_key::{SecretHash, ServerKey};

/// A key that was presented, and which of its secrets matched.
#[derive(Clone, Copy)]
pub struct RecognisedKey<'a> {
    pub entry: &'a Arc<KeyEntry>,
    /// The stored hash.
    pub by: &'a SecretHash,
}

/// Why a key is refused (spec/write-api.md, 2.2). All reasons except the first are only for callers with the correct
/// secret, who can be told what happened to the key. Others get [`KeyRejection::Invalid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRejection {
    /// Unknown, or with a wrong secret.
    Invalid,
    /// Revoked permanently; `exposed`: because it has leaked.
    Revoked {
        at: Option<Moment>,
        exposed: bool,
    },
    /// Expired. Its owner is notified as well.
    Expired {
        key: KeyId,
        at: Moment,
    },
    Suspended,
    /// Its organization was deleted.
    OrganizationDeleted,
    /// The account of its owner is suspended or closed.
    OwnerInactive,
    /// Used from a network that is not allowed.
    Elsewhere,
    /// It violates a rule of its organization.
    Refused(RefusedIn),
}

/// What a text is compared with if there is no secret. No text has this hash.
static NOBODYS: [StoredSecret; 1] = [StoredSecret { hash: [0; 32], version: 0, made: Moment::EPOCH, until: None }];

impl People {
    /// Identifies a key, and checks whether it is accepted: parse, look up, one HMAC, compare; then state, expiry,
    /// owner and network. An unknown id costs the same work as a wrong secret.
    ///
    /// # Errors
    /// [`KeyRejection`].
    pub fn recognise(
        &self,
        server_key: &ServerKey,
        text: &str,
        now: Moment,
        address: IpAddr,
        organizations: &impl Organizations,
    ) -> Result<RecognisedKey<'_>, KeyRejection> {
        let known = self.genuine(server_key, text, now).ok_or(KeyRejection::Invalid)?;
        self.standing(known.entry, now, address, organizations).map(|()| known)
    }

    /// Whether a key can be used now, from an address.
    pub fn standing(
        &self,
        entry: &KeyEntry,
        now: Moment,
        address: IpAddr,
        organizations: &impl Organizations,
    ) -> Result<(), KeyRejection> {
        let key = &*entry.key;
        if key.is_final() {
            let at = key.ended.as_ref().map(|ended| ended.at);
            return Err(KeyRejection::Revoked { at, exposed: key.state == KeyState::Exposed });
        }
        if let Some(at) = key.expires.filter(|_| key.is_expired(now)) {
            return Err(KeyRejection::Expired { key: key.id, at });
        }
        if key.state == KeyState::Suspended {
            return Err(KeyRejection::Suspended);
        }
        if key.org.is_some_and(|org| !organizations.is_alive(org)) {
            return Err(KeyRejection::OrganizationDeleted);
        }
        let owner = key.user.map(|user| self.user(user));
        if owner.is_some_and(|user| user.is_none_or(|user| !user.active)) {
            return Err(KeyRejection::OwnerInactive);
        }
        if !admits(&key.networks, address) {
            return Err(KeyRejection::Elsewhere);
        }
        let policy = key.org.filter(|org| self.has_policy(*org)).map(|org| self.policy(org));
        match policy.and_then(|policy| Some((policy.id, policy.broken_from(key, now, address)?))) {
            Some((org, rule)) => Err(KeyRejection::Refused(RefusedIn { org, rule })),
            None => Ok(()),
        }
    }

    /// The key with this text, whatever its state.
    pub fn genuine(&self, server_key: &ServerKey, text: &str, now: Moment) -> Option<RecognisedKey<'_>> {
        let parsed = parse(text);
        let public = match parsed {
            ParsedKey::Own { public, .. } | ParsedKey::Old { public } => public,
            ParsedKey::Damaged { .. } | ParsedKey::Other => return None,
        };
        // A missing key, or one without a secret, is treated like an existing one, so that the time does not reveal
        // which ids exist.
        let entry = self.key(public);
        let secrets = entry.map_or(&NOBODYS[..], |entry| &entry.key.secrets);
        let secrets = if secrets.is_empty() { &NOBODYS } else { secrets };
        let accepted = secrets.iter().filter(|secret| secret.until.is_none_or(|until| until > now));
        let by = server_key.find(accepted.map(|secret| (secret.version, &secret.hash)), text)?;
        Some(RecognisedKey { entry: entry?, by })
    }

    /// The versions of the server key with which the accepted secrets of a stored key were made.
    pub fn versions_of(&self, text: &str, now: Moment) -> impl Iterator<Item = u32> {
        let entry = parse(text).public().and_then(|public| self.key(public));
        let secrets = entry.into_iter().flat_map(|entry| &entry.key.secrets);
        secrets.filter(move |secret| secret.until.is_none_or(|until| until > now)).map(|secret| secret.version)
    }

    /// What the holder of a key can do now, from an address. Computed once for each change of permissions, and again
    /// when a rule or requirement of an organization takes effect.
    pub fn principal_at(&self, entry: &Arc<KeyEntry>, now: Moment, address: IpAddr) -> Arc<Principal> {
        let resolved = self.resolve(entry, now);
        if resolved.rules.bounded.iter().all(|policy| admits(&policy.networks, address)) {
            return Arc::clone(&resolved.principal);
        }
        let outside = resolved.rules.bounded.iter().filter(|policy| !admits(&policy.networks, address));
        let outside = outside.map(|policy| RefusedIn { org: policy.id, rule: KeyRule::Networks });
        let refused: Vec<RefusedIn> = resolved.rules.refused.iter().copied().chain(outside).collect();
        if let Some(known) = &*resolved.outside.load()
            && known.0 == refused
        {
            return Arc::clone(&known.1);
        }
        let principal = Arc::new(Principal::of_key(self, &entry.key, refused.clone(), now));
        resolved.outside.store(Some(Arc::new((refused, Arc::clone(&principal)))));
        principal
    }

    /// The rules for a personal key of its owner's organizations.
    fn personal_rules(&self, key: &Key, now: Moment) -> PersonalKeyRules {
        let user = key.user.filter(|_| key.kind == KeyKind::User);
        let members = user.into_iter().flat_map(|user| self.memberships_of(user));
        let policies = members.filter(|member| self.has_policy(member.org)).map(|member| self.policy(member.org));
        PersonalKeyRules::of(key, policies, now)
    }

    fn resolve(&self, entry: &Arc<KeyEntry>, now: Moment) -> Arc<ResolvedHolder> {
        let known = entry.resolved.load_full();
        if let Some(known) = known.filter(|known| Arc::ptr_eq(&known.rights, self.rights()) && now < known.until) {
            return known;
        }
        let rules = self.personal_rules(&entry.key, now);
        let principal = Arc::new(Principal::of_key(self, &entry.key, rules.refused.clone(), now));
        let demand = entry.key.user.and_then(|user| demands::next_change(self, user, now));
        let until = demand.map_or(rules.until, |demand| demand.min(rules.until));
        let outside = ArcSwapOption::empty();
        let resolved = Arc::new(ResolvedHolder { rights: Arc::clone(self.rights()), until, rules, principal, outside });
        entry.resolved.store(Some(Arc::clone(&resolved)));
        resolved
    }

    /// What the holder of a key can do now, regardless of where it is used.
    pub fn principal_of(&self, entry: &Arc<KeyEntry>, now: Moment) -> Arc<Principal> {
        Arc::clone(&self.resolve(entry, now).principal)
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::ids::FactorId;
    use peerage_registry::rights::Permissions;

    use super::*;
    use crate::acts::world::{ActsWorld, BEN, NOW, ORG};
    use crate::records::{Factor, FactorProof, Member, PermissionRules, Policy};

    /// A world in which Ben can change networks of the organization, and has a key.
    fn world() -> ActsWorld {
        let mut world = ActsWorld::new();
        let grants = PermissionRules::from([(format!("peeringdb.organization.{ORG}.network"), 15)]);
        world.put(&Member { grants, ..Member::clone(world.people.member(ORG, BEN).expect("there")) });
        world.put(&Key {
            id: KeyId::new(1),
            public: "personal0001".to_owned(),
            user: Some(BEN),
            ..Key::blank(KeyKind::User, NOW)
        });
        world
    }

    fn may_change(world: &ActsWorld) -> bool {
        let entry = world.people.key("personal0001").expect("a key");
        let principal = world.people.principal_of(entry, world.now);
        principal.scope.may(&format!("peeringdb.organization.{ORG}.network.5"), Permissions::UPDATE)
    }

    #[test]
    fn i13_08_a_factor_that_an_organization_refuses_rests_the_rights_of_keys_at_once() {
        let mut world = world();
        world.put(&Policy { refuses_totp: true, ..Policy::unset(ORG) });
        assert!(may_change(&world), "without a factor there is nothing to refuse");
        let proof = FactorProof::Totp { seed: String::new(), version: 1, last_step: 0 };
        world.put(&Factor {
            id: FactorId::new(1),
            user: BEN,
            name: "Phone".to_owned(),
            created: NOW,
            used: None,
            proof,
        });
        assert!(!may_change(&world));
    }

    #[test]
    fn i13_08_a_key_that_was_replaced_is_freed() {
        let mut world = world();
        assert!(may_change(&world));
        let entry = Arc::downgrade(world.people.key("personal0001").expect("a key"));
        let key = entry.upgrade().map(|entry| Key { readonly: true, ..Key::clone(&entry.key) }).expect("there");
        world.put(&key);
        assert!(!may_change(&world));
        assert!(entry.upgrade().is_none(), "nothing keeps what was worked out about it");
    }
}
