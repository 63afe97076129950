//! Visibility: no request shows what a caller may not see, and each shows what it may.

use std::sync::Arc;

use peerage_access::Principal;
use peerage_registry::Viewer;
use peerage_registry::query::{self, ListQuery, QueryBody, QueryError, QueryParams, QueryResponse, QueryWork};
use peerage_schema::Resource;

use crate::authorization::cells::MatrixCells;
use crate::authorization::table::ExpectedCaller;
use crate::authorization::world::{HiddenText, MatrixWorld, ORGS, ids};

fn text(answer: QueryResponse) -> String {
    let bytes = match answer.body {
        QueryBody::Whole(bytes) => bytes.to_vec(),
        QueryBody::Pages(pages) => pages.frames().flatten().collect(),
        QueryBody::Listing(listing) => listing.flat_map(|piece| piece.to_vec()).collect(),
    };
    String::from_utf8(bytes).expect("UTF-8")
}

/// Sends a read. A refusal counts as an empty text, except if it only concerns one object.
fn ask(world: &MatrixWorld, viewer: &Viewer, target: &str) -> Result<String, QueryError> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (tag, id) = path.split_once('/').map_or((path, None), |(tag, id)| (tag, Some(id)));
    let resource = Resource::from_tag(tag).expect("a kind");
    let params = QueryParams::parse(query);
    let request = ListQuery {
        snapshot: &world.snapshot,
        viewer,
        resource,
        params: &params,
        url: "http://x/api",
        work: &QueryWork::full(&world.snapshot),
    };
    let answer = match id {
        Some(id) => query::object(&request, id),
        None => query::list(&request),
    };
    answer.map(text)
}

/// Returns requests whose answers contain contacts or addresses of member lists.
fn surfaces() -> Vec<String> {
    let mut all: Vec<String> = [
        "poc",
        "poc?since=1",
        "poc?depth=1",
        "poc?depth=2",
        "poc?fields=email",
        "poc?fields=id,email,visible",
        "poc?limit=1000&skip=0",
        "poc?visible=Private",
        "poc?visible=Users",
        "poc?visible__in=Private,Users,Public",
        "poc?role=NOC",
        "poc?email__contains=secret",
        "poc?email__startswith=secret",
        "poc?name__contains=Contact",
        "poc?page=1&per_page=250",
        "net?depth=2",
        "net?depth=3",
        "net?depth=2&since=1",
        "net?depth=2&fields=poc_set",
        "org?depth=3",
        "ixlan",
        "ixlan?since=1",
        "ixlan?depth=2",
        "ixlan?fields=ixf_ixp_member_list_url",
        "ixlan?fields=id,ixf_ixp_member_list_url_visible,ixf_ixp_member_list_url",
        "ixlan?ixf_ixp_member_list_url__contains=secret",
        "ixlan?ixf_ixp_member_list_url_visible=Private",
        "ixlan?page=1&per_page=250",
        "ix?depth=2",
        "ix?depth=3",
        "ixpfx?depth=1",
        "ixpfx?depth=2",
        "netixlan?depth=2",
        "netfac?depth=2",
        "ixfac?depth=3",
    ]
    .map(str::to_owned)
    .to_vec();
    for org in ORGS {
        for depth in 0..=4 {
            all.push(format!("org/{org}?depth={depth}"));
        }
        for id in ids(org) {
            all.extend([1, 2, 3].map(|depth| format!("net/{id}?depth={depth}")));
            all.extend([0, 2, 3].map(|depth| format!("ixlan/{id}?depth={depth}")));
            all.extend([2, 4].map(|depth| format!("ix/{id}?depth={depth}")));
            all.push(format!("ixpfx/{id}?depth=3"));
        }
    }
    all
}

/// What an answer contains for a caller with full access.
pub struct FullResponse {
    surfaces: Vec<(String, Vec<usize>)>,
    oracles: Vec<(usize, Vec<(String, String)>)>,
}

pub fn whole(world: &MatrixWorld) -> FullResponse {
    let viewer = Viewer::Particular(Arc::new(Principal::operator()));
    let holds = |target: String| {
        let text = ask(world, &viewer, &target).unwrap_or_default();
        let there = world.hidden.iter().enumerate().filter(|(_, hidden)| text.contains(&hidden.mark));
        let there: Vec<usize> = there.map(|(at, _)| at).collect();
        (target, there)
    };
    let surfaces: Vec<_> = surfaces().into_iter().map(holds).collect();
    assert!(surfaces.iter().filter(|(_, there)| !there.is_empty()).count() > 80, "most ways show something");
    // Requests whose answers could reveal a hidden value, each with one about a value that does not exist.
    let oracles =
        world.hidden.iter().enumerate().filter(|(_, hidden)| hidden.visible != peerage_registry::Visibility::Public);
    let oracles = oracles.map(|(at, hidden)| {
        let HiddenText { mark, id, .. } = hidden;
        let pair = |form: &str| (form.replace("MARK", mark), form.replace("MARK", &mark.replace("secret", "nobody")));
        let forms: Vec<String> = match hidden.resource {
            Resource::Poc => vec![
                "poc?email=MARK".to_owned(),
                "poc?email__contains=MARK".to_owned(),
                "poc?email__in=MARK,x".to_owned(),
                format!("poc?id={id}&email=MARK"),
                "net?poc_set__email=MARK".to_owned(),
                "net?poc_set__email__contains=MARK".to_owned(),
                "poc?name_search=MARK".to_owned(),
                "poc?q=MARK".to_owned(),
                "net?name_search=MARK".to_owned(),
            ],
            _ => vec![
                "ixlan?ixf_ixp_member_list_url=MARK".to_owned(),
                "ixlan?ixf_ixp_member_list_url__contains=MARK".to_owned(),
                "ix?ixlan_set__ixf_ixp_member_list_url=MARK".to_owned(),
                "ixpfx?ixlan__ixf_ixp_member_list_url=MARK".to_owned(),
                "ix?name_search=MARK".to_owned(),
            ],
        };
        (at, forms.iter().map(|form| pair(form)).collect())
    });
    FullResponse { surfaces, oracles: oracles.collect() }
}

fn may_see(expected: &ExpectedCaller, hidden: &HiddenText) -> bool {
    match hidden.resource {
        Resource::Poc => expected.sees_contact(hidden.org, hidden.visible),
        _ => expected.sees_list(hidden.org, hidden.visible),
    }
}

pub fn look(
    world: &MatrixWorld,
    whole: &FullResponse,
    expected: &ExpectedCaller,
    by: &Arc<Principal>,
    cells: &mut MatrixCells,
) {
    let viewer = by.viewer();
    for (target, there) in &whole.surfaces {
        let text = ask(world, &viewer, target).unwrap_or_default();
        for at in there {
            let hidden = &world.hidden[*at];
            let is_shown = text.contains(&hidden.mark);
            cells.check(is_shown == may_see(expected, hidden), || {
                format!("{}: GET {target} {} {}", expected.name, if is_shown { "shows" } else { "hides" }, hidden.mark)
            });
        }
        let strays = text.matches("secret-").count()
            - there.iter().map(|at| text.matches(&world.hidden[*at].mark).count()).sum::<usize>();
        cells.check(strays == 0, || format!("{}: GET {target} shows more than staff sees", expected.name));
    }
    for hidden in &world.hidden {
        let target = format!("{}/{}", hidden.resource.tag(), hidden.id);
        let answer = ask(world, &viewer, &target);
        let expected_answer = may_see(expected, hidden) || hidden.resource == Resource::Ixlan;
        let is_refused = answer == Err(QueryError::Unreadable);
        cells.check(answer.is_ok() == expected_answer, || format!("{}: GET {target}: {answer:?}", expected.name));
        cells.check(expected_answer || is_refused, || format!("{}: GET {target} is 403", expected.name));
    }
    for (at, questions) in &whole.oracles {
        let hidden = &world.hidden[*at];
        if may_see(expected, hidden) {
            continue;
        }
        for (question, other) in questions {
            let (answer, nothing) = (ask(world, &viewer, question), ask(world, &viewer, other));
            let message = |answer: &Result<String, QueryError>| match answer {
                Ok(text) => text.clone(),
                Err(error) => error.to_string().replace("secret", "nobody"),
            };
            cells.check(message(&answer) == message(&nothing), || {
                format!("{}: GET {question} reveals that {} exists: {answer:?}", expected.name, hidden.mark)
            });
        }
    }
}
