//! An organization's policy on keys, which is applied when a key is used: a rule that is set today also applies to
//! existing keys, and to personal keys of its members, which the organization has not approved.
//!
//! An organization or role key that violates a rule is refused. A personal key that does has no permissions in that
//! organization, and keeps those that it has elsewhere.

use std::net::IpAddr;
use std::sync::Arc;

use peerage_registry::ids::OrgId;
use peerage_registry::moment::{Moment, SignedDuration, days};

use crate::grants::admits;
use crate::key_string::KeyKind;
use crate::records::{Key, Policy};

/// How long existing keys can still be used after a new rule that they violate.
pub const KEY_GRACE: SignedDuration = days(14);

/// A rule of an organization that a key violates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRule {
    NoPersonalKeys,
    /// The maximum life of a key, in days.
    LongestLife(u32),
    NeedsNetworks,
    /// The key is used from outside of the organization's networks.
    Networks,
}

impl KeyRule {
    /// The rule's text, to follow "The organization".
    pub fn text(self) -> String {
        match self {
            KeyRule::NoPersonalKeys => "does not accept personal keys".to_owned(),
            KeyRule::LongestLife(days) => format!("allows keys a lifetime of at most {days} days"),
            KeyRule::NeedsNetworks => "requires keys to list the networks from which they are used".to_owned(),
            KeyRule::Networks => "accepts keys from its own networks only".to_owned(),
        }
    }
}

/// An organization in which a personal key has no permissions, and the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedIn {
    pub org: OrgId,
    pub rule: KeyRule,
}

impl Policy {
    /// When the maximum life of a key ends, given when it was created.
    pub fn end_of_life(&self, created: Moment) -> Option<Moment> {
        let end = created + days(self.key_days_max?);
        Some(end.max(self.key_days_from.unwrap_or(end)))
    }

    /// The rule that a key violates now, regardless of where it is used.
    pub fn broken_by(&self, key: &Key, now: Moment) -> Option<KeyRule> {
        if key.kind == KeyKind::User && !self.allows_user_keys {
            return Some(KeyRule::NoPersonalKeys);
        }
        if self.end_of_life(key.created).is_some_and(|end| end <= now) {
            return Some(KeyRule::LongestLife(self.key_days_max.unwrap_or_default()));
        }
        let is_demanded = self.requires_networks && self.key_networks_from.is_none_or(|from| from <= now);
        (is_demanded && key.networks.is_empty()).then_some(KeyRule::NeedsNetworks)
    }

    /// The rule that a key violates when it is used from an address.
    pub fn broken_from(&self, key: &Key, now: Moment, address: IpAddr) -> Option<KeyRule> {
        let elsewhere = || (!admits(&self.networks, address)).then_some(KeyRule::Networks);
        self.broken_by(key, now).or_else(elsewhere)
    }

    /// When the key will next violate another rule.
    fn next_change(&self, key: &Key, now: Moment) -> Option<Moment> {
        let from = self.key_networks_from.filter(|_| self.requires_networks);
        self.end_of_life(key.created).into_iter().chain(from).filter(|moment| *moment > now).min()
    }

    /// When an existing key stops working because of this policy unless it is changed: because it is too old by then,
    /// or has no allowed networks.
    pub fn ends(&self, key: &Key) -> Option<Moment> {
        let networks = self.requires_networks && key.networks.is_empty();
        let from = self.key_networks_from.filter(|_| networks);
        self.end_of_life(key.created).into_iter().chain(from).min()
    }
}

/// The organizations of a personal key's owner whose policies affect it.
pub(crate) struct PersonalKeyRules {
    /// Those that refuse it wherever it is used.
    pub refused: Vec<RefusedIn>,
    /// Those that accept it from some networks only.
    pub bounded: Vec<Arc<Policy>>,
    /// Until when this is valid.
    pub until: Moment,
}

impl PersonalKeyRules {
    /// `policies`: those of the organizations to which the key's owner belongs.
    pub fn of(key: &Key, policies: impl Iterator<Item = Arc<Policy>>, now: Moment) -> PersonalKeyRules {
        let mut rules = PersonalKeyRules { refused: Vec::new(), bounded: Vec::new(), until: Moment::MAX };
        for policy in policies {
            rules.until = policy.next_change(key, now).map_or(rules.until, |moment| moment.min(rules.until));
            match policy.broken_by(key, now) {
                Some(rule) => rules.refused.push(RefusedIn { org: policy.id, rule }),
                None if !policy.networks.is_empty() => rules.bounded.push(policy),
                None => {}
            }
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::ids::{KeyId, MemberId};
    use peerage_registry::moment::{DAY, TICK};
    use peerage_registry::rights::Permissions;

    use super::*;
    use crate::Patch;
    use crate::acts::keys::{self, KeyOwner, KeyPatch};
    use crate::acts::policies::{self, PolicyPatch};
    use crate::acts::world::{ANN, ActsWorld, BEN, NOW, ORG};
    use crate::recognise::KeyRejection;
    use crate::records::{Member, PermissionRules};

    const HERE: &str = "192.0.2.7";
    const ELSEWHERE: &str = "198.51.100.7";

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn world() -> ActsWorld {
        let mut world = ActsWorld::new();
        // Ben belongs to another organization as well.
        let grants = PermissionRules::from([("peeringdb.organization.8.network".to_owned(), 15)]);
        world.put(&Member {
            id: MemberId::new(3),
            org: OrgId::new(8),
            grants,
            ..Member::clone(world.people.member(ORG, BEN).expect("there"))
        });
        world.put(&Member {
            grants: PermissionRules::from([(format!("peeringdb.organization.{ORG}.network"), 15)]),
            ..Member::clone(world.people.member(ORG, BEN).expect("there"))
        });
        let key = Key {
            id: KeyId::new(1),
            public: "personal0001".to_owned(),
            user: Some(BEN),
            ..Key::blank(KeyKind::User, NOW)
        };
        world.put(&key);
        world
    }

    fn set(world: &mut ActsWorld, patch: &PolicyPatch) {
        let ann = world.person(ANN);
        let (_, steps) = policies::change(&world.access_context(&ann), ORG, patch).expect("set");
        world.take(&steps);
    }

    /// Whether the personal key can change networks of each of the two organizations, and the rules that refuse it.
    fn reach(world: &ActsWorld, from: &str) -> (bool, bool, Vec<KeyRule>) {
        let entry = world.people.key("personal0001").expect("a key");
        let principal = world.people.principal_at(entry, world.now, address(from));
        let network = |org: OrgId| format!("peeringdb.organization.{org}.network.5");
        let may = |org: OrgId| principal.scope.may(&network(org), Permissions::UPDATE);
        (may(ORG), may(OrgId::new(8)), principal.refused_in().iter().map(|refused| refused.rule).collect())
    }

    #[test]
    fn n14_a_policy_holds_for_personal_keys_when_they_are_used() {
        let mut world = world();
        assert_eq!(reach(&world, HERE), (true, true, vec![]));
        set(&mut world, &PolicyPatch { allows_user_keys: Some(false), ..PolicyPatch::default() });
        assert_eq!(reach(&world, HERE), (false, true, vec![KeyRule::NoPersonalKeys]));
        let networks = vec!["192.0.2.0/24".parse().expect("a network")];
        let patch = PolicyPatch { allows_user_keys: Some(true), networks: Some(networks), ..PolicyPatch::default() };
        set(&mut world, &patch);
        assert_eq!(reach(&world, HERE), (true, true, vec![]));
        assert_eq!(reach(&world, ELSEWHERE), (false, true, vec![KeyRule::Networks]));
        assert_eq!(reach(&world, ELSEWHERE), (false, true, vec![KeyRule::Networks]), "also when it is remembered");
        assert_eq!(reach(&world, HERE), (true, true, vec![]));
        // The cached result is valid until the grace period ends, and no longer.
        set(&mut world, &PolicyPatch { key_days_max: Patch::Set(30), ..PolicyPatch::default() });
        world.now = NOW + 30 * DAY - TICK;
        assert_eq!(reach(&world, HERE), (true, true, vec![]));
        world.now = NOW + 30 * DAY;
        assert_eq!(reach(&world, HERE), (false, true, vec![KeyRule::LongestLife(30)]));
    }

    #[test]
    fn n14_a_new_longest_life_ends_older_keys_after_a_grace_period() {
        let mut world = world();
        let old = Key {
            id: KeyId::new(2),
            public: "robot0000002".to_owned(),
            org: Some(ORG),
            ..Key::blank(KeyKind::Org, NOW - 100 * DAY)
        };
        world.put(&old);
        let standing = |world: &ActsWorld| {
            let entry = world.people.key("robot0000002").expect("a key");
            world.people.standing(entry, world.now, address(HERE), &crate::acts::world::EveryOrganization)
        };
        set(&mut world, &PolicyPatch { key_days_max: Patch::Set(90), ..PolicyPatch::default() });
        assert_eq!(world.people.key_ends(&old), Some(NOW + KEY_GRACE));
        assert_eq!(standing(&world), Ok(()));
        world.now = NOW + KEY_GRACE;
        assert_eq!(
            standing(&world),
            Err(KeyRejection::Refused(RefusedIn { org: ORG, rule: KeyRule::LongestLife(90) }))
        );
        // A key that was created under the rule has its full life, which later changes do not extend.
        world.session(ANN, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
        let (ann, entropy, server_key) = (world.person(ANN), world.entropy(), world.server_key.clone());
        let made = world.now;
        let patch = KeyPatch {
            name: Some("robot".to_owned()),
            email: Some("ann@example.net".to_owned()),
            expires: Patch::Set(made + 90 * DAY),
            ..KeyPatch::default()
        };
        let issued =
            keys::issue(&world.access_context(&ann), KeyOwner::Org(ORG), &patch, &server_key, &entropy).expect("made");
        world.take(&issued.steps);
        world.now += 60 * DAY;
        world.session(ANN, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
        let ann = world.person(ANN);
        let longer = KeyPatch { expires: Patch::Set(made + 91 * DAY), ..KeyPatch::default() };
        assert!(keys::change(&world.access_context(&ann), &issued.key, &longer).is_err());
    }

    #[test]
    fn n14_a_longest_life_that_is_raised_ends_nothing_and_one_that_is_lowered_gives_time() {
        let mut world = world();
        set(&mut world, &PolicyPatch { key_days_max: Patch::Set(90), ..PolicyPatch::default() });
        let first = world.people.policy(ORG).key_days_from;
        world.now += DAY;
        world.session(ANN, &[crate::records::AuthMethod::Pwd, crate::records::AuthMethod::Otp]);
        set(&mut world, &PolicyPatch { key_days_max: Patch::Set(120), ..PolicyPatch::default() });
        assert_eq!(world.people.policy(ORG).key_days_from, first);
        set(&mut world, &PolicyPatch { key_days_max: Patch::Set(10), ..PolicyPatch::default() });
        assert_eq!(world.people.policy(ORG).key_days_from, Some(world.now + KEY_GRACE));
        set(&mut world, &PolicyPatch { key_days_max: Patch::Clear, ..PolicyPatch::default() });
        assert_eq!(world.people.policy(ORG).key_days_from, None);
    }

    #[test]
    fn n14_keys_without_networks_have_time_to_name_them() {
        let mut world = world();
        set(&mut world, &PolicyPatch { requires_networks: Some(true), ..PolicyPatch::default() });
        assert_eq!(reach(&world, HERE), (true, true, vec![]));
        world.now = NOW + KEY_GRACE;
        assert_eq!(reach(&world, HERE), (false, true, vec![KeyRule::NeedsNetworks]));
        let named = Key {
            networks: vec!["192.0.2.0/24".parse().expect("a network")],
            ..world.people.key("personal0001").expect("a key").key.as_ref().clone()
        };
        world.put(&named);
        assert_eq!(reach(&world, HERE), (true, true, vec![]));
    }
}
