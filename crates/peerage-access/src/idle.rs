//! Unused keys are a risk that nobody watches: an organization can have them suspended after a number of days
//! (spec/accounts.md, 26).

use std::collections::BTreeMap;

use peerage_registry::Cause;
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::{Moment, SignedDuration, days};

use crate::people::People;
use crate::records::{Key, KeyState, RecordStep};
use crate::usage::KeyUse;

/// The time from which on a key counts as unused, according to its record.
fn since(key: &Key) -> Moment {
    let secret = key.secrets.first().map_or(key.created, |secret| secret.made);
    key.created.max(secret).max(key.idle_since.unwrap_or_default())
}

/// The keys that may have to be suspended, according to their records. Their usage has to be looked up.
pub fn candidates(people: &People, now: Moment) -> Vec<KeyId> {
    let bounds: BTreeMap<OrgId, SignedDuration> =
        people.policies().filter_map(|policy| Some((policy.id, days(policy.key_idle_days_max?)))).collect();
    if bounds.is_empty() {
        return Vec::new();
    }
    let keys =
        people.keys().map(|entry| &*entry.key).filter(|key| key.state == KeyState::Active && !key.is_expired(now));
    let idle = keys.filter(|key| {
        let bound = key.org.and_then(|org| bounds.get(&org));
        bound.is_some_and(|bound| since(key) + *bound <= now)
    });
    idle.map(|key| key.id).collect()
}

/// Suspends those candidates that have not been used for too long.
pub fn due(people: &People, uses: &BTreeMap<KeyId, KeyUse>, now: Moment) -> Vec<RecordStep> {
    let keys = candidates(people, now).into_iter().filter_map(|id| people.key_by_id(id)).map(|entry| &*entry.key);
    let idle = keys.filter(|key| {
        let idle_days = key.org.and_then(|org| people.policy(org).key_idle_days_max).unwrap_or(u32::MAX);
        let last = uses.get(&key.id).map_or(Moment::EPOCH, |used| used.last);
        last + days(idle_days) <= now
    });
    idle.map(|before| {
        let after = Key { state: KeyState::Suspended, ..before.clone() };
        RecordStep::update(before, &after).caused_by(Cause::KeyIdle)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::DAY;

    use super::*;
    use crate::acts::keys::{self, KeyStateChange};
    use crate::acts::world::{ANN, ActsWorld, ORG};
    use crate::key_string::KeyKind;
    use crate::records::Policy;

    fn world(created_days_ago: i32) -> ActsWorld {
        let mut world = ActsWorld::new();
        world.put(&Policy { key_idle_days_max: Some(30), ..Policy::unset(ORG) });
        let created = world.now - created_days_ago * DAY;
        let key = Key {
            id: KeyId::new(1),
            public: "robot0000000".to_owned(),
            org: Some(ORG),
            ..Key::blank(KeyKind::Org, created)
        };
        world.put(&key);
        world
    }

    fn used(world: &ActsWorld, days_ago: i32) -> BTreeMap<KeyId, KeyUse> {
        [(KeyId::new(1), KeyUse { last: world.now - days_ago * DAY, ..KeyUse::default() })].into()
    }

    #[test]
    fn a_key_that_is_not_used_for_too_long_is_suspended_once() {
        for (made, last, expected) in [(29, None, 0), (30, None, 1), (90, Some(29), 0), (90, Some(30), 1)] {
            let mut world = world(made);
            let uses = last.map(|days| used(&world, days)).unwrap_or_default();
            let steps = due(&world.people, &uses, world.now);
            assert_eq!(steps.len(), expected, "made {made} days ago, used {last:?}");
            world.take(&steps);
            assert!(due(&world.people, &uses, world.now).is_empty());
        }
    }

    #[test]
    fn a_key_that_was_resumed_counts_anew() {
        let mut world = world(90);
        let steps = due(&world.people, &BTreeMap::new(), world.now);
        world.take(&steps);
        let (ann, key) =
            (world.person(ANN), world.people.key_by_id(KeyId::new(1)).expect("there").key.as_ref().clone());
        let steps = keys::turn(&world.access_context(&ann), &key, KeyStateChange::Resume, "").expect("resumed").1;
        world.take(&steps);
        assert!(due(&world.people, &BTreeMap::new(), world.now + 29 * DAY).is_empty());
        assert_eq!(due(&world.people, &BTreeMap::new(), world.now + 30 * DAY).len(), 1);
    }
}
