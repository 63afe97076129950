//! Cache of registrations.

use std::time::{Duration, Instant};

use peerage_registry::rules::NumberRegistration;
use quick_cache::sync::Cache;

use super::RdapQuery;

/// Caches what was found. What was not found may exist a moment later, and somebody waits for it.
#[derive(Debug)]
pub(super) struct RdapCache {
    cache: Cache<RdapQuery, (Instant, NumberRegistration)>,
    time: Duration,
}

impl RdapCache {
    pub fn new(number_max: usize, time: Duration) -> Self {
        Self { cache: Cache::new(number_max.max(1)), time }
    }

    pub fn get(&self, question: RdapQuery, now: Instant) -> Option<NumberRegistration> {
        let (since, registration) = self.cache.get(&question)?;
        (now.saturating_duration_since(since) < self.time).then_some(registration)
    }

    pub fn put(&self, question: RdapQuery, registration: &NumberRegistration, now: Instant) {
        if matches!(registration, NumberRegistration::Found { .. }) && !self.time.is_zero() {
            self.cache.insert(question, (now, registration.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: RdapQuery = RdapQuery::Autnum(64500);

    fn found() -> NumberRegistration {
        NumberRegistration::Found { mails: vec!["noc@example.net".to_owned()], holder: None }
    }

    #[test]
    fn a_registration_is_kept_for_its_time() {
        let kept = RdapCache::new(10, Duration::from_mins(1));
        let begin = Instant::now();
        kept.put(QUERY, &found(), begin);
        assert_eq!(kept.get(QUERY, begin + Duration::from_secs(59)), Some(found()));
        assert_eq!(kept.get(QUERY, begin + Duration::from_mins(1)), None);
        assert_eq!(kept.get(RdapQuery::Autnum(64501), begin), None);
    }

    #[test]
    fn only_good_answers_are_kept() {
        let kept = RdapCache::new(10, Duration::from_mins(1));
        let now = Instant::now();
        for answer in [
            NumberRegistration::Unassigned,
            NumberRegistration::Unavailable,
            NumberRegistration::Refused("no".to_owned()),
        ] {
            kept.put(QUERY, &answer, now);
            assert_eq!(kept.get(QUERY, now), None);
        }
    }

    #[test]
    fn the_number_is_bounded_and_no_time_keeps_nothing() {
        let kept = RdapCache::new(10, Duration::from_mins(1));
        let now = Instant::now();
        for number in 0..1_000 {
            kept.put(RdapQuery::Autnum(number), &found(), now);
        }
        let left = (0..1_000).filter(|number| kept.get(RdapQuery::Autnum(*number), now).is_some()).count();
        assert!((1..=10).contains(&left), "{left}");
        let kept = RdapCache::new(10, Duration::ZERO);
        kept.put(QUERY, &found(), now);
        assert_eq!(kept.get(QUERY, now), None);
    }
}
