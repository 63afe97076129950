//! What the page of an object says, beside its lists: taken from the object's row as the API shows it.

use peerage_charts::small_map;
use peerage_pages::PageTexts;
use peerage_pages::object::{CellKind, FactGroup, ObjectCell, ObjectForms, ObjectPlaces, ObjectView};
use peerage_registry::query::{ListQuery, QueryBody, QueryParams, QueryWork, object};
use peerage_registry::{Row, Snapshot, Viewer};
use peerage_schema::tables::{campus, fac, ix, ixlan, net, netixlan, org, poc};
use peerage_schema::{Column, FieldKind, Resource};
use serde_json::Value as Json;

use super::figures::figures;
use super::lists;
use super::tables::{ListedObject, TableChoice};
use crate::address::escaped;
use crate::edit;
use crate::page_form::PageForm;
use crate::sites;
use crate::statistics::port_charts;
use crate::table::cells::{is_web, policy_class};
use crate::visit::Visit;

/// Groups of facts: the key of the title, and fields.
pub type GroupOf = (&'static str, &'static [Column]);

const NET: &[GroupOf] = &[
    (
        "object-routing",
        &[
            net::IRR_AS_SET,
            net::INFO_TYPES,
            net::INFO_TRAFFIC,
            net::INFO_RATIO,
            net::INFO_SCOPE,
            net::INFO_PREFIXES4,
            net::INFO_PREFIXES6,
            net::INFO_UNICAST,
            net::INFO_IPV6,
            net::INFO_MULTICAST,
            net::INFO_NEVER_VIA_ROUTE_SERVERS,
            net::RIR_STATUS,
            net::RIR_STATUS_UPDATED,
        ],
    ),
    (
        "object-policy-group",
        &[
            net::POLICY_GENERAL,
            net::POLICY_LOCATIONS,
            net::POLICY_RATIO,
            net::POLICY_CONTRACTS,
            net::POLICY_URL,
            net::ALLOW_IXP_UPDATE,
        ],
    ),
];

const IX: &[GroupOf] = &[
    (
        "object-about",
        &[
            ix::CITY,
            ix::COUNTRY,
            ix::REGION_CONTINENT,
            ix::SERVICE_LEVEL,
            ix::TERMS,
            ix::PROTO_UNICAST,
            ix::PROTO_IPV6,
            ix::PROTO_MULTICAST,
        ],
    ),
    (
        "object-contact",
        &[ix::TECH_EMAIL, ix::TECH_PHONE, ix::POLICY_EMAIL, ix::POLICY_PHONE, ix::SALES_EMAIL, ix::SALES_PHONE],
    ),
];

const FAC: &[GroupOf] = &[
    (
        "object-address",
        &[
            fac::ADDRESS1,
            fac::ADDRESS2,
            fac::FLOOR,
            fac::SUITE,
            fac::ZIPCODE,
            fac::CITY,
            fac::STATE,
            fac::COUNTRY,
            fac::REGION_CONTINENT,
            fac::LATITUDE,
            fac::LONGITUDE,
        ],
    ),
    (
        "object-about",
        &[fac::CLLI, fac::NPANXX, fac::PROPERTY, fac::DIVERSE_SERVING_SUBSTATIONS, fac::AVAILABLE_VOLTAGE_SERVICES],
    ),
    ("object-contact", &[fac::TECH_EMAIL, fac::TECH_PHONE, fac::SALES_EMAIL, fac::SALES_PHONE]),
];

const ORG: &[GroupOf] = &[(
    "object-address",
    &[
        org::ADDRESS1,
        org::ADDRESS2,
        org::FLOOR,
        org::SUITE,
        org::ZIPCODE,
        org::CITY,
        org::STATE,
        org::COUNTRY,
        org::LATITUDE,
        org::LONGITUDE,
    ],
)];

const CAMPUS: &[GroupOf] = &[("object-address", &[campus::ZIPCODE, campus::CITY, campus::STATE, campus::COUNTRY])];

pub fn groups_of(resource: Resource) -> &'static [GroupOf] {
    match resource {
        Resource::Net => NET,
        Resource::Ix => IX,
        Resource::Fac => FAC,
        Resource::Org => ORG,
        Resource::Campus => CAMPUS,
        _ => &[],
    }
}

/// Fields that the line below the title shows, if the kind has them.
const LINE: [&str; 8] =
    ["aka", "name_long", "website", "looking_glass", "route_server", "url_stats", "status_dashboard", "updated"];

/// The page of an object. `as_of`: the time that the page shows, if it is not now.
pub fn view(visit: &Visit, resource: Resource, row: &Row, as_of: Option<String>) -> ObjectView {
    let (snapshot, texts) = (visit.shown(), visit.texts());
    let viewer = visit.principal().viewer();
    let path = format!("/{}/{}", resource.tag(), row.id());
    let facts = shown_row(visit, &viewer, resource, row.id());
    let at = as_of.as_ref().and(visit.query("at")).unwrap_or_default();
    let start = if at.is_empty() { format!("{path}?") } else { format!("{path}?at={}&", escaped(&at)) };
    let listed = ListedObject { visit, viewer: &viewer, at, start: start.clone(), id: row.id(), texts };
    let choice = TableChoice::of(visit, PageForm::of(visit) != PageForm::Html);
    let mut tables: Vec<_> = lists::of(resource).iter().map(|list| listed.table(list, &choice)).collect();
    if resource == Resource::Net
        && let Some(contacts) = tables.iter_mut().find(|table| table.key == "contacts")
    {
        contacts.note = hidden_contacts(visit, &viewer, row.id());
    }
    let mut groups: Vec<FactGroup> = groups_of(resource)
        .iter()
        .map(|(title, columns)| FactGroup {
            title: texts.get(title).into_owned(),
            facts: columns.iter().filter_map(|column| fact(texts, column.field(), &facts[column.name()])).collect(),
        })
        .collect();
    if resource == Resource::Ix {
        groups.insert(1, lan(visit, &viewer, row.id(), texts));
    }
    groups.extend(social(texts, &facts));
    if visit.past.is_none() {
        groups.push(related(snapshot, resource, row, texts));
    }
    groups.retain(|group| !group.facts.is_empty());
    let name = facts["name"].as_str().unwrap_or_default().to_owned();
    let about = about(snapshot, resource, row, texts, &name);
    ObjectView {
        crumbs: crumbs(snapshot, resource, row, texts),
        mark: row_asn(resource, row).map(|asn| format!("AS{asn}")),
        badges: badges(resource, &facts, texts),
        line: line(resource, &facts, texts),
        figures: figures(snapshot, resource, row, texts),
        tables,
        groups,
        logo: facts["logo"].as_str().filter(|logo| !logo.is_empty()).map(str::to_owned),
        actions: actions(visit, resource, row),
        places: places(visit, resource, row, &name, &start),
        charts: if resource == Resource::Ix { port_charts(texts, &ports_of(snapshot, row)) } else { Vec::new() },
        notes: facts["notes"].as_str().unwrap_or_default().trim().to_owned(),
        forms: ObjectForms {
            text: format!("{start}format=text"),
            json: format!("{start}format=json"),
            api: format!("/api/{}/{}", resource.tag(), row.id()),
            examples: format!("/apidocs/?kind={}&id={}#try", resource.tag(), row.id()),
            canonical: format!("{}{path}", visit.app.settings.site),
        },
        schema_type: match resource {
            Resource::Fac | Resource::Campus => "Place",
            Resource::Ix => "Organization",
            _ => "Corporation",
        },
        updated: facts["updated"].as_str().unwrap_or_default().to_owned(),
        name,
        about,
        as_of,
        path,
    }
}

/// Where the object is, if a place is known.
fn places(visit: &Visit, resource: Resource, row: &Row, name: &str, start: &str) -> Option<ObjectPlaces> {
    let texts = visit.texts();
    let facilities = sites::facilities_of(visit.shown(), resource, row.id());
    let found = sites::sites_of(visit.shown(), resource, row.id());
    let about = match resource {
        Resource::Fac => sites::place_words(texts, found.first()?.location()),
        _ => sites::where_facilities(texts, &facilities),
    };
    let hrefs: Vec<String> = found.iter().map(sites::ObjectSite::href).collect();
    let title = texts.with("object-map", &[("name", &name)]);
    let svg = small_map(&sites::marks(&found, &hrefs), &title, &about)?;
    Some(ObjectPlaces {
        svg,
        about,
        map: format!("/map?{}", sites::fitted_view(&found).parameters()),
        geojson: format!("{start}format=geojson"),
        kmz: format!("{start}format=kmz"),
    })
}

/// The live ports of an exchange: speeds in Mbit/s, and whether they have an IPv6 address.
fn ports_of(snapshot: &Snapshot, exchange: &Row) -> Vec<(i64, bool)> {
    let lans = snapshot.pointing(ixlan::IX_ID, exchange.id());
    let ids = lans.iter().flat_map(|lan| snapshot.pointing(netixlan::IXLAN_ID, *lan).to_vec());
    let live = ids.filter_map(|id| super::live(snapshot, Resource::Netixlan, id));
    live.map(|row| (row.int(netixlan::SPEED).unwrap_or(0), !row.text_or_empty(netixlan::IPADDR6).is_empty())).collect()
}

/// What the reader can do with the object.
fn actions(visit: &Visit, resource: Resource, row: &Row) -> Vec<(String, String)> {
    let mut of_person = visit.person().into_iter().flat_map(|(user, _)| visit.state.people.memberships_of(user.id));
    let is_member = resource == Resource::Org && of_person.any(|member| member.org.get() == row.id());
    let manage = is_member.then(|| {
        let label = visit.texts().get("object-manage").into_owned();
        (label, format!("/org/{}/manage", row.id()))
    });
    let export = (resource == Resource::Ix)
        .then(|| (visit.texts().get("object-ixf").into_owned(), format!("/export/ix/{}/ixp-member-list", row.id())));
    let compared = match resource {
        Resource::Net => row_asn(resource, row).map(|asn| format!("/compare?asn={asn}")),
        Resource::Ix => Some(format!("/compare?ix={}", row.id())),
        Resource::Fac => Some(format!("/compare?fac={}", row.id())),
        _ => None,
    };
    let compare = compared.map(|address| (visit.texts().get("compare-title").into_owned(), address));
    // The past cannot be changed.
    let is_now = visit.past.is_none();
    let form = if is_now { edit::form_of(visit, resource, row) } else { None };
    let edit = form.map(|form| (visit.texts().get("object-edit").into_owned(), form));
    let addable = if is_now && resource == Resource::Org { edit::addable(visit, row.id()) } else { Vec::new() };
    let add = addable.into_iter().map(|kind| {
        let label = visit.texts().get(edit::texts_of(kind).0).into_owned();
        (label, format!("/add/{}/{}", row.id(), kind.tag()))
    });
    edit.into_iter().chain(manage).chain(add).chain(compare).chain(export).collect()
}

fn row_asn(resource: Resource, row: &Row) -> Option<i64> {
    (resource == Resource::Net).then(|| row.int(net::ASN)).flatten()
}

/// The row as the API shows it to the reader, without its sets.
pub fn shown_row(visit: &Visit, viewer: &Viewer, resource: Resource, id: u32) -> Json {
    let (snapshot, params) = (visit.shown(), QueryParams::parse("depth=0"));
    let work = QueryWork::full(snapshot);
    let question = ListQuery { snapshot, viewer, resource, params: &params, url: "", work: &work };
    match object(&question, &id.to_string()).map(|answer| answer.body) {
        Ok(QueryBody::Whole(bytes)) => {
            let mut envelope: Json = serde_json::from_slice(&bytes).unwrap_or_default();
            envelope["data"][0].take()
        }
        _ => Json::Null,
    }
}

/// A field with its label; none if it has no value.
pub fn fact(texts: PageTexts, field: &peerage_schema::Field, value: &Json) -> Option<(String, ObjectCell)> {
    let label = texts.message(field.label);
    let choice = |choices: &[peerage_schema::choices::FieldChoice], text: &str| {
        let named = choices.iter().find(|choice| choice.value == text);
        texts.message(named.map_or(text, |choice| choice.label))
    };
    let cell = match (&field.kind, value) {
        (_, Json::String(text)) if text.is_empty() => return None,
        (_, Json::Bool(is_set)) => ObjectCell::text(texts.get(if *is_set { "object-yes" } else { "object-no" })),
        (_, Json::Number(number)) => match number.as_i64() {
            Some(number) if number >= 0 && !field.name.ends_with("asn") => {
                ObjectCell::text(texts.number(number as usize))
            }
            _ => ObjectCell::code(number.to_string()),
        },
        (FieldKind::Choices(choices) | FieldKind::Words(choices), Json::Array(items)) => {
            let each: Vec<String> = items.iter().filter_map(Json::as_str).map(|text| choice(choices, text)).collect();
            if each.is_empty() {
                return None;
            }
            ObjectCell::text(each.join(", "))
        }
        (FieldKind::Choice(choices), Json::String(text)) => ObjectCell::text(choice(choices, text)),
        (FieldKind::Country, Json::String(code)) => ObjectCell::text(texts.country(code)),
        (FieldKind::Email, Json::String(text)) => ObjectCell::text(text.as_str()).linked(format!("mailto:{text}")),
        (FieldKind::Phone { .. }, Json::String(text)) => ObjectCell::text(text.as_str()).linked(format!("tel:{text}")),
        (FieldKind::Url { .. }, Json::String(text)) => page_link(text),
        (FieldKind::Time, Json::String(text)) => ObjectCell { kind: CellKind::Time, ..ObjectCell::text(text.as_str()) },
        (FieldKind::Prefix | FieldKind::Mac, Json::String(text)) => ObjectCell::code(text.as_str()),
        (_, Json::String(text)) if field.name == "irr_as_set" => ObjectCell::code(text.as_str()),
        (_, Json::String(text)) => ObjectCell::text(text.as_str()),
        _ => return None,
    };
    Some((label, cell))
}

/// A link to a page, named by its host and path. What is no page stays text.
fn page_link(text: &str) -> ObjectCell {
    let bare = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
    let cell = ObjectCell::text(bare.strip_prefix("www.").unwrap_or(bare));
    if is_web(text) { cell.linked(text) } else { ObjectCell::text(text) }
}

/// Networks of people that the object is found in, without its website.
fn social(texts: PageTexts, facts: &Json) -> Option<FactGroup> {
    let items = facts["social_media"].as_array()?;
    let each = items.iter().filter_map(|item| {
        let (service, name) = (item["service"].as_str()?, item["identifier"].as_str()?);
        (service != "website").then(|| (service.to_owned(), page_link(name)))
    });
    let facts: Vec<_> = each.collect();
    (!facts.is_empty()).then(|| FactGroup { title: texts.get("object-social").into_owned(), facts })
}

/// Kinds of objects that are named beside others of their organization, and how many of each.
const RELATED_KINDS: [Resource; 5] = [Resource::Net, Resource::Ix, Resource::Fac, Resource::Carrier, Resource::Campus];
const RELATED_MAX: usize = 6;

/// Other objects of the object's organization. Its own page has all of them.
fn related(snapshot: &Snapshot, resource: Resource, row: &Row, texts: PageTexts) -> FactGroup {
    let owner = resource.table().columns.org_id.and_then(|by| row.int(by)).map(|org| org as u32);
    let mut facts = Vec::new();
    for kind in RELATED_KINDS {
        let columns = &kind.table().columns;
        let (Some(org), Some(by), Some(name)) = (owner, columns.org_id, columns.name) else { continue };
        let others = snapshot.pointing(by, org);
        let others = others.iter().filter(|id| kind != resource || **id != row.id());
        for other in others.filter_map(|id| super::live(snapshot, kind, *id)).take(RELATED_MAX) {
            let link = format!("/{}/{}", kind.tag(), other.id());
            let label = texts.get(&format!("kind-{}", kind.tag())).into_owned();
            facts.push((label, ObjectCell::text(other.text_or_empty(name)).linked(link)));
        }
    }
    FactGroup { title: texts.get("object-related").into_owned(), facts }
}

/// The LAN of an exchange.
fn lan(visit: &Visit, viewer: &Viewer, ix: u32, texts: PageTexts) -> FactGroup {
    let lans = visit.shown().pointing(ixlan::IX_ID, ix);
    let facts = lans.first().map(|lan| shown_row(visit, viewer, Resource::Ixlan, *lan)).unwrap_or_default();
    let columns = [
        ixlan::MTU,
        ixlan::RS_ASN,
        ixlan::ARP_SPONGE,
        ixlan::IXF_IXP_IMPORT_ENABLED,
        ixlan::IXF_IXP_MEMBER_LIST_URL,
        ixlan::IXF_IXP_MEMBER_LIST_URL_VISIBLE,
    ];
    FactGroup {
        title: texts.get("object-lan").into_owned(),
        facts: columns.iter().filter_map(|column| fact(texts, column.field(), &facts[column.name()])).collect(),
    }
}

pub fn crumbs(snapshot: &Snapshot, resource: Resource, row: &Row, texts: PageTexts) -> Vec<(String, Option<String>)> {
    let mut crumbs = Vec::new();
    let columns = &resource.table().columns;
    if let Some(org) = columns.org_id.and_then(|by| row.int(by)).and_then(|id| snapshot.row(Resource::Org, id as u32)) {
        crumbs.push((org.text_or_empty(org::NAME).to_owned(), Some(format!("/org/{}", org.id()))));
    }
    if resource == Resource::Fac
        && let Some(campus) = row.int(fac::CAMPUS_ID).and_then(|id| snapshot.row(Resource::Campus, id as u32))
        && snapshot.is_live(Resource::Campus, campus)
    {
        crumbs.push((campus.text_or_empty(campus::NAME).to_owned(), Some(format!("/campus/{}", campus.id()))));
    }
    crumbs.push((texts.get(&format!("resources-{}", resource.tag())).into_owned(), None));
    crumbs
}

fn badges(resource: Resource, facts: &Json, texts: PageTexts) -> Vec<(String, &'static str)> {
    let text = |name: &str| facts[name].as_str().filter(|text| !text.is_empty());
    let mut badges = Vec::new();
    match resource {
        Resource::Net => {
            if let Some(policy) = text("policy_general") {
                let worded = texts.message(policy);
                badges.push((texts.with("object-policy-badge", &[("policy", &worded)]), policy_class(policy)));
            }
            let types = facts["info_types"].as_array().into_iter().flatten().filter_map(Json::as_str);
            badges.extend(types.map(|kind| (texts.message(kind), "plain")));
            badges.extend(text("info_scope").map(|scope| (texts.message(scope), "plain")));
        }
        Resource::Ix | Resource::Fac | Resource::Campus => {
            let place =
                sites::place_words(texts, (text("city").unwrap_or_default(), text("country").unwrap_or_default()));
            if !place.is_empty() {
                badges.push((place, "plain"));
            }
        }
        _ => {}
    }
    badges
}

fn line(resource: Resource, facts: &Json, texts: PageTexts) -> Vec<(String, ObjectCell)> {
    let table = resource.table();
    let name = facts["name"].as_str().unwrap_or_default();
    let fields = LINE.into_iter().filter_map(|name| table.field(name));
    fields
        .filter(|field| facts[field.name].as_str() != Some(name))
        .filter_map(|field| fact(texts, field, &facts[field.name]))
        .map(|(label, cell)| match &cell.link {
            // The link is named by what it leads to; the first is the website, whose address says it.
            Some(link) if label != texts.message("Website") => {
                (label.clone(), ObjectCell::text(label).linked(link.clone()))
            }
            _ => (label, cell),
        })
        .collect()
}

/// Says why some contacts are not shown, and who could show them.
fn hidden_contacts(visit: &Visit, viewer: &Viewer, net: u32) -> String {
    let snapshot = visit.shown();
    let contacts = snapshot.pointing(poc::NET_ID, net);
    let live = contacts.iter().filter_map(|id| super::live(snapshot, Resource::Poc, *id));
    let hidden = live.filter(|row| !snapshot.may_read(viewer, Resource::Poc, row)).count();
    match (hidden, visit.session().is_some()) {
        (0, _) => String::new(),
        (_, false) => visit.texts().with("object-hidden-anonymous", &[("count", &hidden)]),
        (_, true) => visit.texts().with("object-hidden-person", &[("count", &hidden)]),
    }
}

/// One sentence for links in other places.
fn about(snapshot: &Snapshot, resource: Resource, row: &Row, texts: PageTexts, name: &str) -> String {
    let kind = texts.get(&format!("kind-{}", resource.tag()));
    let owner = resource.table().columns.org_id.and_then(|by| row.int(by));
    let owner = owner.and_then(|id| snapshot.row(Resource::Org, id as u32)).map(|org| org.text_or_empty(org::NAME));
    let mark = row_asn(resource, row).map(|asn| format!("AS{asn} ")).unwrap_or_default();
    match owner {
        Some(owner) => format!("{kind}: {mark}{name} ({owner})"),
        None => format!("{kind}: {mark}{name}"),
    }
}
