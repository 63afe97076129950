//! `/`: search first, then what the registry holds, what changed, and what waits for the reader.

use axum::body::Body;
use axum::http::Response;
use peerage_access::acts::joining::waiting_at;
use peerage_access::acts::presences;
use peerage_charts::{ChartWords, small_map, sparkline};
use peerage_engine::member_import::proposals;
use peerage_pages::PageTexts;
use peerage_pages::home::{
    HomePage, HomeView, KindCount, OpenTask, OwnOrganization, OwnView, RecentKind, RecentObject,
};
use peerage_registry::ids::OrgId;
use peerage_registry::moment::{DAY, HOUR, MINUTE, Moment, days, print_seconds};
use peerage_registry::{Row, Snapshot};
use peerage_schema::Resource;
use peerage_schema::tables::net;

use crate::address::escaped;
use crate::frame::organization_name;
use crate::page_form::{PooledAnswer, in_pool_while, kept_drawing, pooled_page};
use crate::sites::{ObjectSite, marks, place_words, sites_of_kind, where_facilities};
use crate::statistics::figures::RegistryFigures;
use crate::statistics::{change, figures_of, year_of};
use crate::visit::Visit;

/// Kinds whose counts are shown.
const COUNTED: [Resource; 6] =
    [Resource::Net, Resource::Ix, Resource::Fac, Resource::Org, Resource::Carrier, Resource::Campus];

/// Kinds whose latest changes are shown.
const RECENT: [Resource; 4] = [Resource::Net, Resource::Ix, Resource::Fac, Resource::Carrier];

/// Changed objects of each kind.
pub const RECENT_MAX: usize = 6;

/// The latest changes among which live objects are looked for. The others are deleted.
const LOOKED_AT: usize = 200;

/// Keys, or requests, that the page names; the pages that they lead to have all.
const TASKS_MAX: usize = 6;

/// Keys that expire within this time are named.
const SOON_DAYS: u32 = 30;

pub async fn show(visit: Visit) -> Response<Body> {
    let figures = figures_of(&visit).await;
    // It says how many minutes ago objects changed, and has figures that are counted again at times.
    let minute = visit.app.environment.now().as_microseconds() / MINUTE.as_micros() as i64;
    let stamp = format!("{minute} {}", figures.taken.as_microseconds());
    in_pool_while(visit, "home", stamp, move |visit| page(visit, &figures)).await
}

fn page(visit: &Visit, figures: &RegistryFigures) -> PooledAnswer {
    let frame = visit.frame_without_forms("home-title");
    let texts = frame.texts;
    let home = HomeView {
        counts: COUNTED.into_iter().map(|kind| count(visit, texts, kind, figures)).collect(),
        recent: RECENT.into_iter().map(|kind| recent(visit, texts, kind)).collect(),
        map: kept_drawing(visit, "home", || map(&visit.state.snapshot, texts)),
        own: own(visit, texts),
        version: peerage_edge::VERSION,
        dump_path: visit.app.settings.dump_path.clone(),
    };
    pooled_page(visit, "home", HomePage { frame, home }.show())
}

/// How many live objects of a kind there are now, and were in the months before.
fn count(visit: &Visit, texts: PageTexts, kind: Resource, figures: &RegistryFigures) -> KindCount {
    let growth = figures.growth_of(kind);
    let (_, before) = year_of(growth);
    let count = visit.state.snapshot.count_live(kind);
    let mut values: Vec<f64> = growth[growth.len().saturating_sub(13)..].iter().map(|value| *value as f64).collect();
    if let Some(last) = values.last_mut() {
        *last = count as f64;
    }
    let title = texts.get(&format!("resources-{}", kind.tag()));
    let change = change(texts, count, before);
    let number = |value: f64| texts.number(value as usize);
    let words = ChartWords { title: &title, description: &change, empty: "", number: &number };
    KindCount {
        tag: kind.tag(),
        count: texts.number(count),
        sparkline: sparkline(&words, &values),
        title: title.into_owned(),
        change,
    }
}

/// The live objects of a kind that changed last.
fn recent(visit: &Visit, texts: PageTexts, kind: Resource) -> RecentKind {
    let (snapshot, now) = (&visit.state.snapshot, visit.app.environment.now());
    let latest = snapshot.latest(kind).take(LOOKED_AT).filter_map(|id| snapshot.row(kind, id));
    let live = latest.filter(|row| snapshot.is_live(kind, row)).take(RECENT_MAX);
    RecentKind {
        tag: kind.tag(),
        title: texts.get(&format!("resources-{}", kind.tag())).into_owned(),
        objects: live.map(|row| object(texts, kind, row, now)).collect(),
    }
}

fn object(texts: PageTexts, kind: Resource, row: &Row, now: Moment) -> RecentObject {
    let table = kind.table();
    let changed = row.time(table.columns.updated).unwrap_or_default();
    let text = |name: &str| table.position(name).map_or("", |at| row.text_or_empty(at));
    let asn = if kind == Resource::Net { row.int(net::ASN) } else { None };
    RecentObject {
        name: table.columns.name.map_or("", |name| row.text_or_empty(name)).to_owned(),
        link: format!("/{}/{}", kind.tag(), row.id()),
        mark: asn.map(|asn| format!("AS{asn}")).unwrap_or_default(),
        place: place_words(texts, (text("city"), text("country"))),
        time: print_seconds(changed),
        ago: ago(texts, now, changed),
    }
}

/// How long ago something was, in words.
fn ago(texts: PageTexts, now: Moment, then: Moment) -> String {
    let passed = (now - then).as_secs();
    let (key, length) = match passed {
        ..60 => return texts.get("ago-now").into_owned(),
        60..3_600 => ("ago-minutes", MINUTE),
        3_600..86_400 => ("ago-hours", HOUR),
        86_400..5_184_000 => ("ago-days", DAY),
        5_184_000..63_072_000 => ("ago-months", days(30)),
        _ => ("ago-years", days(365)),
    };
    let count = passed / length.as_secs().max(1);
    texts.with(key, &[("count", &count)])
}

/// All facilities on a small map; empty if none has a place.
fn map(snapshot: &Snapshot, texts: PageTexts) -> String {
    let sites: Vec<ObjectSite<'_>> = sites_of_kind(snapshot, Resource::Fac).collect();
    // The map has no links of its own.
    let hrefs = vec![String::new(); sites.len()];
    let facilities: Vec<&Row> = sites.iter().map(|site| site.row).collect();
    let about = where_facilities(texts, &facilities);
    small_map(&marks(&sites, &hrefs), &texts.get("map-title"), &about).unwrap_or_default()
}

/// What concerns the person.
fn own(visit: &Visit, texts: PageTexts) -> Option<OwnView> {
    let (user, _) = visit.person()?;
    let (people, snapshot) = (&visit.state.people, &visit.state.snapshot);
    let orgs: Vec<OrgId> = people.memberships_of(user.id).map(|member| member.org).collect();
    let managed: Vec<OrgId> = orgs.iter().copied().filter(|org| visit.principal().may_manage(*org)).collect();
    let organizations = orgs.iter().map(|org| OwnOrganization {
        name: organization_name(snapshot, *org),
        link: format!("/org/{org}"),
        manage: managed.contains(org).then(|| format!("/org/{org}/manage")),
    });
    let waiting = managed.iter().map(|org| {
        let count = waiting_at(people, *org).count() + presences::waiting_at(snapshot, *org).len();
        (org, count)
    });
    let requests = waiting.filter(|(_, count)| *count > 0).map(|(org, count)| OpenTask {
        text: texts.with("home-request", &[("count", &count), ("name", &organization_name(snapshot, *org))]),
        link: format!("/org/{org}/manage/people"),
    });
    Some(OwnView {
        organizations: organizations.collect(),
        requests: requests.chain(proposed(visit, texts, &managed)).take(TASKS_MAX).collect(),
        keys: expiring(visit, texts, &managed),
    })
}

/// Networks of these organizations to which member lists propose changes.
fn proposed<'a>(visit: &'a Visit, texts: PageTexts, managed: &'a [OrgId]) -> impl Iterator<Item = OpenTask> + 'a {
    let (people, snapshot) = (&visit.state.people, &visit.state.snapshot);
    let networks = managed.iter().flat_map(|org| snapshot.pointing(net::ORG_ID, org.get()).to_vec());
    networks.filter_map(move |id| {
        let open = proposals::open_to(snapshot, people, id);
        let count = open.iter().filter(|one| one.proposal.dismissed.is_none()).count();
        let row = snapshot.row(Resource::Net, id).filter(|_| count > 0)?;
        let text = texts.with("home-proposals", &[("count", &count), ("name", &row.text_or_empty(net::NAME))]);
        Some(OpenTask { text, link: format!("/net/{id}/proposals") })
    })
}

/// Keys of the person and of organizations that they manage that expire soon, the first to expire first.
fn expiring(visit: &Visit, texts: PageTexts, managed: &[OrgId]) -> Vec<OpenTask> {
    let Some((user, _)) = visit.person() else { return Vec::new() };
    let (people, now) = (&visit.state.people, visit.app.environment.now());
    let soon = now + days(SOON_DAYS);
    let keys = people.keys().map(|entry| &entry.key).filter(|key| match key.org {
        Some(org) => managed.contains(&org),
        None => key.user == Some(user.id),
    });
    let ends = keys.filter_map(|key| Some((people.key_ends(key)?, key)));
    let mut ending: Vec<_> = ends.filter(|(end, _)| *end > now && *end <= soon).collect();
    ending.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.public.cmp(&other.1.public)));
    let task = |(end, key): (Moment, &std::sync::Arc<peerage_access::records::Key>)| {
        let day = print_seconds(end).get(..10).unwrap_or_default().to_owned();
        OpenTask {
            text: texts.with("home-key", &[("name", &key.name), ("day", &day)]),
            link: match key.org {
                Some(org) => format!("/org/{org}/manage/key/{}", escaped(&key.public)),
                None => format!("/profile/key/{}", escaped(&key.public)),
            },
        }
    };
    ending.into_iter().take(TASKS_MAX).map(task).collect()
}
