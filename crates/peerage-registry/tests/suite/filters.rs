//! The filter engine compared with a naive scan: the same rows, whatever the index or plan.

mod bounds;
mod cases;
mod hostile;

use std::sync::Arc;

use peerage_registry::query::QueryError;
use peerage_registry::{Snapshot, Viewer};
use peerage_schema::Resource;
use proptest::prelude::*;

use crate::world::{any_rows, ask, ids, snapshot};
use cases::{FilterCase, cases, live, of, text};

fn found(snapshot: &Arc<Snapshot>, case: &FilterCase) -> Vec<u32> {
    match ask(snapshot, &Viewer::Anonymous, case.resource, &case.query) {
        Ok(answer) => ids(&answer),
        Err(QueryError::NoEntity) => Vec::new(),
        Err(error) => panic!("{}?{}: {error}", case.resource.tag(), case.query),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_plan_finds_what_a_scan_finds(rows in any_rows(), number in 1_u32..8, word in 0_usize..6) {
        let word = ["Alpha", "alp", "zürich", "École", "%", "東京"][word];
        let snapshot = snapshot(&rows);
        for case in cases(number, word) {
            let mut expected: Vec<u32> = of(&rows, case.resource)
                .filter(|row| live(row) && (case.meaning)(&rows, row))
                .map(|row| row["id"].as_u64().expect("an id") as u32)
                .collect();
            expected.sort_unstable();
            let mut found = found(&snapshot, &case);
            found.sort_unstable();
            prop_assert_eq!(&found, &expected, "{}?{}", case.resource.tag(), case.query);
        }
    }

    #[test]
    fn since_finds_what_changed_after(rows in any_rows(), day in 1_u32..28) {
        let snapshot = snapshot(&rows);
        let after = 1_704_067_200 + i64::from(day) * 86_400;
        let limit = format!("2024-01-{:02}T00:00:00", day + 1);
        for resource in Resource::ALL {
            let answer = ask(&snapshot, &Viewer::Verified, resource, &format!("since={after}")).expect("an answer");
            let mut found = ids(&answer);
            found.sort_unstable();
            let mut expected: Vec<u32> = of(&rows, resource)
                .filter(|row| text(row, "created") > limit.as_str() || text(row, "updated") > limit.as_str())
                .filter(|row| live(row) || row["status"] == "deleted" || resource == Resource::Campus)
                .filter(|row| resource != Resource::Poc || row["visible"] != "Private")
                .map(|row| row["id"].as_u64().expect("an id") as u32)
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected, "{}", resource.tag());
        }
    }

    #[test]
    fn no_filter_answers_for_what_is_hidden(rows in any_rows()) {
        let snapshot = snapshot(&rows);
        let nets = |query: &str| ids(&ask(&snapshot, &Viewer::Anonymous, Resource::Net, query).expect("an answer"));
        for net in nets("poc_set__email__contains=secret1") {
            let tells = of(&rows, Resource::Poc).any(|poc| poc["net_id"] == net && poc["visible"] == "Public" && text(poc, "email").contains("secret1"));
            prop_assert!(tells, "network {net} by a contact that nobody may see");
        }
        for query in ["ixf_ixp_member_list_url__contains=secret", "ixf_ixp_member_list_url__startswith=https"] {
            let lans = ids(&ask(&snapshot, &Viewer::Anonymous, Resource::Ixlan, query).expect("an answer"));
            for lan in lans {
                let visible = of(&rows, Resource::Ixlan).any(|row| row["id"] == lan && row["ixf_ixp_member_list_url_visible"] == "Public");
                prop_assert!(visible, "LAN {lan} by an address that nobody may see");
            }
        }
        let counted = ask(&snapshot, &Viewer::Anonymous, Resource::Poc, "email__contains=secret&page=1").expect("an answer");
        let public = of(&rows, Resource::Poc).filter(|poc| live(poc) && poc["visible"] == "Public").count() as u64;
        prop_assert_eq!(counted["meta"]["pagination"]["count"].as_u64(), Some(public));
    }
}
