//! Following events results in the same state as loading the resulting rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::world::{StoredRows, any_change, any_rows, ask, row, snapshot};
use peerage_registry::moment::Moment;
use peerage_registry::{Action, Event, EventChange, LogEntry, Snapshot, Viewer};
use peerage_schema::Resource;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn replay_equals_load(rows in any_rows(), changes in prop::collection::vec(any_change(), 1..25)) {
        let mut state: BTreeMap<(Resource, u32), _> =
            rows.iter().map(|(resource, fields)| ((*resource, fields["id"].as_u64().expect("id") as u32), fields.clone())).collect();
        let begun = snapshot(&rows);
        let before: Vec<_> = Resource::ALL.iter().map(|resource| ask(&begun, &Viewer::Verified, *resource, "depth=3&since=1")).collect();
        let mut followed = Snapshot::clone(&begun);
        for (at, batch) in changes.chunks(4).enumerate() {
            let events: Vec<Event> = batch.iter().enumerate().map(|(within, (resource, id, fields))| {
                match fields {
                    Some(fields) => state.insert((*resource, *id), fields.clone()),
                    None => state.remove(&(*resource, *id)),
                };
                let entry = LogEntry {
                    at: Moment::EPOCH,
                    actor: "{}".into(),
                    action: if fields.is_some() { Action::Update } else { Action::Erase },
                    id: *id,
                    change: EventChange::Row {
                        resource: *resource,
                        before: None,
                        after: fields.as_ref().map(|fields| row(*resource, fields)),
                    },
                    org: None,
                    salt: [0; 32],
                };
                Event { sequence: (at * 4 + within + 1) as u64, entry, hash: [0; 32] }
            }).collect();
            followed.apply(&events);
            // Applying the same events again changes nothing.
            followed.apply(&events);
        }
        let left: StoredRows = state.into_iter().map(|((resource, _), fields)| (resource, fields)).collect();
        let loaded = snapshot(&left);
        let followed = Arc::new(followed);
        prop_assert_eq!(followed.head().sequence, changes.len() as u64);
        prop_assert!(*followed.search_index() == followed.whole_index(), "the search index has followed");
        prop_assert!(followed.search_index() == loaded.search_index());
        for resource in Resource::ALL {
            prop_assert_eq!(followed.count(resource), loaded.count(resource));
            prop_assert_eq!(followed.count_live(resource), loaded.count_live(resource));
            for query in ["", "since=1", "depth=3", "depth=1&since=1", "ix=1", "net=2", "id__gt=1&name__contains=a", "org__name__startswith=a"] {
                let (one, other) = (ask(&followed, &Viewer::Anonymous, resource, query), ask(&loaded, &Viewer::Anonymous, resource, query));
                prop_assert_eq!(one, other, "{}?{}", resource.tag(), query);
            }
        }
        // A reader who started before the changes still sees the old state.
        let after: Vec<_> = Resource::ALL.iter().map(|resource| ask(&begun, &Viewer::Verified, *resource, "depth=3&since=1")).collect();
        prop_assert_eq!(before, after);
    }
}
