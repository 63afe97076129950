//! Periodic confirmation of addresses: an organization can require its members to confirm regularly that they still
//! have their address (spec/accounts.md, 12).
//!
//! A member who is late stays a member, but loses their permissions in that organization; other organizations, the
//! account and its second factors are not affected (D15). The log records once that a member is late, so that their
//! permissions follow from recorded facts and are the same on every node. Confirming the address restores them
//! immediately.

use peerage_registry::Cause;
use peerage_registry::moment::{self, Moment};

use crate::people::People;
use crate::records::{Member, Policy, RecordStep, User};

/// When the best address for an organization was last confirmed, or `None` if there is none. Among the addresses that
/// the organization accepts, this is the one that was confirmed last. If the time is not known, it is that of the
/// account's creation.
pub fn confirmed(user: &User, policy: &Policy) -> Option<Moment> {
    let fitting = user.emails.iter().filter(|email| email.verified && policy.accepts_address(&email.address));
    fitting.map(|email| email.confirmed.unwrap_or(user.created)).max()
}

/// Whether a member is late.
pub fn is_late(user: &User, policy: &Policy, now: Moment) -> bool {
    let Some(days) = policy.reconfirm_days else { return false };
    confirmed(user, policy).is_none_or(|at| at + moment::days(days) <= now)
}

/// Whether a member's permissions are suspended, because they were recorded as late and have not confirmed since.
pub fn is_resting(member: &Member, user: &User, policy: &Policy) -> bool {
    policy.reconfirm_days.is_some()
        && member.reconfirm_due.is_some_and(|since| confirmed(user, policy).is_none_or(|at| at < since))
}

/// Members who have become late, as steps that record it.
pub fn due(people: &People, now: Moment) -> Vec<RecordStep> {
    let mut steps = Vec::new();
    for policy in people.policies().filter(|policy| policy.reconfirm_days.is_some()) {
        for member in people.members_of(policy.id) {
            let Some(user) = people.user(member.user).filter(|user| user.active) else { continue };
            if is_late(user, policy, now) && !is_resting(member, user, policy) {
                let after = Member { reconfirm_due: Some(now), ..Member::clone(member) };
                steps.push(RecordStep::update(&**member, &after).caused_by(Cause::ReconfirmDue));
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use peerage_registry::ids::{MemberId, OrgId, SessionId, UserId};
    use peerage_registry::moment::DAY;
    use std::sync::Arc;

    use peerage_registry::rights::{Authority, Permissions};

    use super::*;
    use crate::principal::Principal;
    use crate::records::{
        EmailAddress, MemberRole, PermissionRules, Session, SessionStage, StoredRecord, StoredSecret,
    };

    const NOW: Moment = Moment::from_seconds(1_800_000_000);

    fn person() -> User {
        let email = |address: &str, days| EmailAddress {
            address: address.to_owned(),
            verified: true,
            confirmed: Some(NOW - days * DAY),
        };
        User {
            id: UserId::new(1),
            username: "ann".to_owned(),
            emails: vec![email("ann@home.example", 1), email("ann@a.example", 40)],
            verified: true,
            ..User::blank(NOW - 400 * DAY)
        }
    }

    fn world(policy: &Policy) -> People {
        let mut people = People::default();
        people.put(person().record(), 1, Some(&person().to_text()), 1).expect("sound");
        for org in [1, 10] {
            let member = Member {
                id: MemberId::new(org),
                org: OrgId::new(org),
                user: UserId::new(1),
                rank: MemberRole::Admin,
                grants: PermissionRules::new(),
                since: NOW,
                ranked: None,
                reconfirm_due: None,
            };
            people.put(member.record(), org, Some(&member.to_text()), 1).expect("sound");
        }
        people.put(policy.record(), policy.id.get(), Some(&policy.to_text()), 1).expect("sound");
        people
    }

    trait NamedRecord {
        fn record(&self) -> peerage_registry::Record;
    }

    impl<T: StoredRecord> NamedRecord for T {
        fn record(&self) -> peerage_registry::Record {
            T::RECORD
        }
    }

    fn may(people: &People, org: OrgId) -> bool {
        let session = Session {
            id: SessionId::new(1),
            user: UserId::new(1),
            secret: StoredSecret { hash: [0; 32], version: 1, made: NOW, until: None },
            created: NOW,
            expires: NOW + DAY,
            fresh_until: None,
            by_backup: false,
            line: None,
            stage: SessionStage::Open,
            amr: Vec::new(),
            passkey: None,
            proved: None,
            address: String::new(),
            agent: String::new(),
        };
        let user = people.user(UserId::new(1)).expect("there");
        let principal = Principal::of_person(people, user, &Arc::new(session), NOW);
        principal.may(&format!("peeringdb.organization.{org}.network"), Permissions::CREATE)
    }

    fn take(people: &mut People, steps: &[RecordStep]) {
        for step in steps {
            people.put(step.record, step.id, step.after.as_deref(), 2).expect("sound");
        }
    }

    struct LivingOrganizations;

    impl crate::Organizations for LivingOrganizations {
        fn is_alive(&self, _: OrgId) -> bool {
            true
        }

        fn belongs_to(&self, _: crate::people::ObjectRef, _: crate::people::ObjectRef) -> bool {
            true
        }
    }

    #[test]
    fn whoever_is_late_has_no_rights_in_that_organization_alone_until_the_address_is_confirmed_again() {
        let policy = Policy {
            email_domains: vec!["a.example".to_owned()],
            reconfirm_days: Some(30),
            ..Policy::unset(OrgId::new(1))
        };
        let mut people = world(&policy);
        assert!(may(&people, OrgId::new(1)) && may(&people, OrgId::new(10)));
        let steps = due(&people, NOW);
        assert_eq!(steps.len(), 1, "only the organization that asks for it");
        take(&mut people, &steps);
        assert!(!may(&people, OrgId::new(1)) && may(&people, OrgId::new(10)), "rights in 1 are gone, in 10 intact");
        assert!(due(&people, NOW + DAY).is_empty(), "it is noted once");
        let user = people.user(UserId::new(1)).expect("there").as_ref();
        assert!(user.emails[0].verified, "the main address stays confirmed");
        let demands = crate::demands::of(
            &people,
            &LivingOrganizations,
            crate::demands::RegistryRequirements::default(),
            user,
            NOW,
        );
        assert!(demands.factor.is_some(), "and the second factor demanded");
        let mut after = user.clone();
        after.emails[1].confirmed = Some(NOW + DAY);
        people.put(peerage_registry::Record::User, 1, Some(&after.to_text()), 3).expect("sound");
        assert!(may(&people, OrgId::new(1)), "at once");
        assert_eq!(due(&people, NOW + 32 * DAY).len(), 1, "and late again in time");
    }

    #[test]
    fn the_best_address_is_the_last_confirmed_of_those_that_are_taken() {
        let check = |domains: &[&str], days: Option<u32>, expected: bool| {
            let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
            let policy = Policy { email_domains: domains, reconfirm_days: days, ..Policy::unset(OrgId::new(1)) };
            assert_eq!(is_late(&person(), &policy, NOW), expected, "{policy:?}");
        };
        check(&[], Some(7), false);
        check(&["a.example"], Some(30), true);
        check(&["a.example"], Some(90), false);
        check(&["b.example"], Some(365), true);
        check(&["b.example"], None, false);
        let unknown = User { emails: vec![EmailAddress::answered("x@a.example".to_owned())], ..person() };
        assert!(is_late(&unknown, &Policy { reconfirm_days: Some(365), ..Policy::unset(OrgId::new(1)) }, NOW));
    }
}
