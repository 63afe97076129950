//! The cost of queries is bounded, however they are composed (issue 11, number 1).

use std::sync::{Arc, LazyLock};

use peerage_registry::query::values::{SEARCH_WORDS_MAX, TRIED_VALUES_MAX};
use peerage_registry::query::work::{KEY, LIGHT_BYTES_MAX, WORK_MAX};
use peerage_registry::query::{self, ListQuery, QueryError, QueryParams, QueryWork, search};
use peerage_registry::{Snapshot, Viewer};
use peerage_schema::{FilterSupport, Resource};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Map, Value as Json, json};

use crate::world::{StoredRows, any_row, ask, ask_within, bytes, ids, snapshot};

/// Maximum size of a query string that the server accepts, in bytes.
const QUERY_BYTES: usize = 32 * 1024;

/// Rows of each resource: enough to matter, few enough for a test.
const ROWS: u32 = 300;

static REGISTRY: LazyLock<Arc<Snapshot>> = LazyLock::new(|| {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut rows: StoredRows = Vec::new();
    for resource in Resource::ALL {
        for id in 1..=ROWS {
            let tree = any_row(resource, id).new_tree(&mut runner).expect("a row");
            let mut fields: Map<String, Json> = tree.current();
            fields.insert("status".to_owned(), json!("ok"));
            if resource.table().position("notes").is_some() {
                fields.insert("notes".to_owned(), json!(format!("Notes of {id}. ").repeat(40)));
            }
            rows.push((resource, fields));
        }
    }
    snapshot(&rows)
});

fn cost(resource: Resource, query: &str) -> u64 {
    let work = QueryWork::full(&REGISTRY);
    ask_within(&work, &REGISTRY, &Viewer::Verified, resource, query).expect("a question that is answered");
    work.spent()
}

/// `head`, followed by as many of `items`, separated by commas, as fit in a query string.
fn filled(head: &str, mut items: impl Iterator<Item = String>) -> String {
    let mut query = head.to_owned();
    while let Some(item) = items.next().filter(|item| query.len() + item.len() < QUERY_BYTES) {
        query.push_str(&item);
        query.push(',');
    }
    query.pop();
    query
}

#[test]
fn n01_sixteen_thousand_values_cost_a_row_what_one_costs() {
    use Resource::{Fac, Ix, Net, Netixlan};
    for (resource, filter, one) in [
        (Net, "notes__in", "q"),
        (Net, "aka__in", "q"),
        (Net, "asn__in", "7"),
        (Net, "info_prefixes4__in", "7"),
        (Net, "info_ipv6__in", "1"),
        (Net, "info_types__in", "q"),
        (Netixlan, "notes__in", "q"),
        (Netixlan, "speed__in", "7"),
        (Fac, "latitude__in", "1.5"),
        (Fac, "not_net", "7"),
        (Fac, "all_net", "7"),
        (Fac, "org_present", "7"),
        (Ix, "capacity__in", "7"),
        (Ix, "not_net", "7"),
    ] {
        let query = filled(&format!("{filter}="), std::iter::repeat(one.to_owned()));
        let (single, many) = (cost(resource, &format!("{filter}={one}")), cost(resource, &query));
        assert!(
            many <= single,
            "{}?{filter}: {many} units for {} bytes, {single} for one",
            resource.tag(),
            query.len()
        );
    }
    // A single value as long as the whole query is not prepared again for each row.
    for (resource, filter) in [(Net, "notes__contains"), (Net, "asn__contains"), (Net, "name_search")] {
        let query = format!("{filter}={}", "e".repeat(QUERY_BYTES - 20));
        let begun = std::time::Instant::now();
        assert!(cost(resource, &query) < 1_000_000, "{filter}");
        // It took 33 microseconds per row in an optimized build.
        assert!(begun.elapsed().as_millis() < 500, "{filter}: {:?}", begun.elapsed());
    }
    for (resource, filter) in [(Net, "notes__in"), (Net, "irr_as_set__in"), (Netixlan, "notes__in"), (Net, "id__in")] {
        let query = filled(&format!("{filter}="), (1_000_000..).map(|at: u32| at.to_string()));
        let values = query.matches(',').count() as u64 + 1;
        assert!(values > 4_000);
        let (single, many) = (cost(resource, &format!("{filter}=1000000")), cost(resource, &query));
        let most = single + values * 2 * KEY;
        assert!(many <= most, "{}?{filter}: {many} units for {values} values, {single} for one", resource.tag());
    }
}

#[test]
fn n01_thousands_of_ids_are_answered_and_equal_values_count_once() {
    let query = filled("id__in=", (1..=10_000).map(|id: u32| id.to_string()));
    let found = ask(&REGISTRY, &Viewer::Anonymous, Resource::Net, &query).expect("ids by index");
    assert_eq!(ids(&found).len(), ROWS as usize);
    let query = filled("asn__in=", (64_001..64_151).map(|asn: u32| asn.to_string()));
    let found = ask(&REGISTRY, &Viewer::Anonymous, Resource::Net, &query).expect("150 AS numbers");
    assert_eq!(ids(&found).len(), 150);
    let one = ask(&REGISTRY, &Viewer::Anonymous, Resource::Net, "aka__in=alpine");
    let same = ask(&REGISTRY, &Viewer::Anonymous, Resource::Net, "aka__in=alpine,ALPINE,alpine ,alpine");
    assert_eq!(one, same);
}

#[test]
fn n01_what_is_tried_value_by_value_is_capped_with_an_error_that_names_the_cap() {
    let refused = |resource, query: String| match ask(&REGISTRY, &Viewer::Anonymous, resource, &query) {
        Err(QueryError::Malformed(text)) => text,
        other => panic!("{other:?}"),
    };
    let text = refused(Resource::Net, filled("info_types__in=", (0..).map(|at: u32| format!("v{at}"))));
    assert!(text.contains("'info_types__in'") && text.contains(&TRIED_VALUES_MAX.to_string()), "{text}");
    let words: Vec<String> = (0..=SEARCH_WORDS_MAX).map(|at| format!("w{at}")).collect();
    let text = refused(Resource::Net, format!("name_search={}", words.join("+")));
    assert!(text.contains("'name_search'") && text.contains(&SEARCH_WORDS_MAX.to_string()), "{text}");
    let work = QueryWork::full(&REGISTRY);
    assert!(search(&REGISTRY, Resource::Net, ("q", &words.join(" ")), &work).is_err());
    assert_eq!(work.spent(), 0, "nothing is searched");
    assert!(search(&REGISTRY, Resource::Net, ("q", &"a ".repeat(16_000)), &work).is_ok(), "one word many times");
}

#[test]
fn n01_many_filters_stop_at_the_first_that_fails_and_texts_come_last() {
    let texts: Vec<&str> =
        vec!["notes__contains=zzz", "name__contains=zzz", "aka__contains=zzz", "website__contains=zzz"];
    let one = cost(Resource::Net, texts[0]);
    let all = cost(Resource::Net, &texts.join("&"));
    assert!(all <= one, "the first text fails for each row: {all}, {one}");
    let cheap = cost(Resource::Net, "notes__contains=notes&info_prefixes4=-1");
    assert!(cheap < one / 2, "the number is tested before the text: {cheap}, {one}");
}

#[test]
fn n01_a_question_beyond_its_budget_is_refused_and_told_what_to_do() {
    let query = "notes__contains=notes&since=1";
    let needed = cost(Resource::Net, query);
    let within = |limit| {
        let work = QueryWork::limited(limit);
        ask_within(&work, &REGISTRY, &Viewer::Anonymous, Resource::Net, query).map(|answer| ids(&answer).len())
    };
    assert_eq!(within(needed), Ok(ROWS as usize));
    for limit in [0, needed / 100, needed / 2, needed - 1] {
        assert_eq!(within(limit), Err(QueryError::TooMuchWork), "{limit}");
    }
    let text = QueryError::TooMuchWork.to_string();
    assert!(text.contains("too much work") && text.contains("fewer conditions"), "{text}");
}

#[test]
fn n01_a_large_object_is_foreseen_and_made_where_nobody_waits() {
    // Ports of one network, each of some hundred bytes.
    let with_ports = |count: u32| {
        let row = |fields: Json| fields.as_object().cloned().expect("an object");
        let base = |id: u32| json!({"id": id, "status": "ok", "created": "2024-01-01T00:00:00Z", "updated": "2024-01-01T00:00:00Z", "version": 1});
        let with = |id: u32, more: &Json| {
            let mut fields = row(base(id));
            fields.extend(row(more.clone()));
            fields
        };
        let mut rows = vec![
            (Resource::Org, with(1, &json!({"name": "Org"}))),
            (Resource::Net, with(1, &json!({"org_id": 1, "name": "Net", "asn": 63_001}))),
            (Resource::Ix, with(1, &json!({"org_id": 1, "name": "IX"}))),
            (Resource::Ixlan, with(1, &json!({"ix_id": 1}))),
        ];
        let port =
            |id| json!({"net_id": 1, "ixlan_id": 1, "asn": 63_001, "speed": 1000, "notes": format!("port {id}")});
        rows.extend((1..=count).map(|id| (Resource::Netixlan, with(id, &port(id)))));
        snapshot(&rows)
    };
    let object = |snapshot: &Arc<Snapshot>, query: &str, work: &QueryWork| {
        let params = QueryParams::parse(query);
        let viewer = &Viewer::Anonymous;
        let ask = ListQuery { snapshot, viewer, resource: Resource::Net, params: &params, url: "", work };
        query::object(&ask, "1").map(|answer| bytes(answer).len())
    };
    let (small, large) = (with_ports(1_000), with_ports(5_000));
    for query in ["", "pretty", "depth=1", "depth=1&pretty"] {
        let light = object(&small, query, &QueryWork::light());
        let full = object(&small, query, &QueryWork::full(&small)).expect("answered");
        // With indentation, a third of that is already too long.
        let expected = if query == "pretty" { Err(QueryError::TooMuchWork) } else { Ok(full) };
        assert_eq!(light, expected, "{query}");
    }
    let full = object(&large, "", &QueryWork::full(&large)).expect("answered");
    assert!(full > LIGHT_BYTES_MAX, "{full}");
    assert_eq!(object(&large, "", &QueryWork::light()), Err(QueryError::TooMuchWork));
    // Its ids alone are short, and so is an answer without relations.
    for query in ["depth=1", "depth=0", "depth=0&pretty", "fields=name", "fields=name&pretty"] {
        let full = object(&large, query, &QueryWork::full(&large)).expect("answered");
        assert_eq!(object(&large, query, &QueryWork::light()), Ok(full), "{query}");
    }
    // The same for a list with one row.
    assert_eq!(
        ask_within(&QueryWork::light(), &large, &Viewer::Anonymous, Resource::Net, "id=1&depth=2"),
        Err(QueryError::TooMuchWork)
    );
}

/// Names of a resource's filters: columns with all operators, relations, and those of section 6.
fn any_filter(resource: Resource) -> impl Strategy<Value = String> {
    const SPECIAL: [&str; 22] = [
        "not_ix",
        "not_fac",
        "fac_count",
        "info_type",
        "info_types__in",
        "ix",
        "ixlan",
        "netixlan__notes__contains",
        "fac__notes__contains",
        "net__notes__contains",
        "org_name",
        "asn_overlap",
        "all_net",
        "not_net",
        "org_present",
        "org_not_present",
        "capacity__in",
        "ipblock",
        "whereis",
        "name_search",
        "hide_ix_no_fac",
        "facility__notes__in",
    ];
    const CONTROLS: [&str; 9] =
        ["fields", "since", "depth", "page", "per_page", "limit", "distance", "latitude", "longitude"];
    let columns = |of: Resource| -> Vec<&'static str> {
        of.table().fields.iter().filter(|field| field.filter != FilterSupport::No).map(|field| field.name).collect()
    };
    let own = columns(resource);
    let relations = ["org__", "net__", "fac__", "ix__", "netixlan_set__", "poc_set__", "netfac_set__", "ixlan_set__"];
    let operators = ["", "__lt", "__lte", "__gt", "__gte", "__contains", "__startswith", "__in"];
    let related = (
        prop::sample::select(relations.to_vec()),
        prop::sample::select(vec!["name", "notes", "aka", "asn", "id", "city", "updated", "speed", "role", "email"]),
    );
    prop_oneof![
        4 => (prop::sample::select(own), prop::sample::select(operators.to_vec()))
            .prop_map(|(name, operator)| format!("{name}{operator}")),
        2 => (related, prop::sample::select(operators.to_vec()))
            .prop_map(|((relation, name), operator)| format!("{relation}{name}{operator}")),
        2 => prop::sample::select(SPECIAL.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(CONTROLS.to_vec()).prop_map(str::to_owned),
    ]
}

/// A value: short, or one item many times, or many different ones.
fn any_value() -> impl Strategy<Value = String> {
    let short =
        prop::sample::select(vec!["", "1", "e", "notes", "64001", "1.5", "true", "2024-01-01", "NSP", "31.0.1.1"]);
    let long = (prop::sample::select(vec!["q", "1", "a", "1.5", "e"]), 1_usize..16_000, any::<bool>(), any::<bool>());
    prop_oneof![
        4 => short.prop_map(str::to_owned),
        1 => long.prop_map(|(item, count, is_same, is_list)| {
            let items = (0..count).map(|at| if is_same { item.to_owned() } else { format!("{item}{at}") });
            items.collect::<Vec<_>>().join(if is_list { "," } else { "+" })
        }),
    ]
}

fn any_question() -> impl Strategy<Value = (Resource, String)> {
    prop::sample::select(Resource::ALL.to_vec()).prop_flat_map(|resource| {
        prop::collection::vec((any_filter(resource), any_value()), 1..60).prop_map(move |pairs| {
            let mut query = String::new();
            for (name, value) in pairs {
                let pair = format!("&{name}={value}");
                if query.len() + pair.len() <= QUERY_BYTES {
                    query.push_str(&pair);
                }
            }
            (resource, query)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn n01_no_question_of_32_kib_does_more_work_than_its_budget((resource, query) in any_question()) {
        // Whatever the query, it ends: within the budget, or refused. A small budget refuses early.
        for limit in [WORK_MAX, 200_000] {
            let work = QueryWork::limited(limit);
            let answer = ask_within(&work, &REGISTRY, &Viewer::Verified, resource, &query);
            prop_assert_eq!(answer == Err(QueryError::TooMuchWork), work.spent() > limit);
        }
        // Three hundred rows of each kind, a hundred parameters, sixteen thousand values: the cost is not their
        // product.
        let work = QueryWork::full(&REGISTRY);
        let _ = ask_within(&work, &REGISTRY, &Viewer::Verified, resource, &query);
        prop_assert!(work.spent() < WORK_MAX, "{} units", work.spent());
    }
}
