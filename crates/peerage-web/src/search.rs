//! `/search`: everything found in one box, as a page, as text, as CSV, and as JSON for results while typing.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_pages::PageTexts;
use peerage_pages::object::speed;
use peerage_pages::search::{KindTab, ResultView, SearchPage, SearchView};
use peerage_registry::query::{FoundObject, FoundObjects, FoundReason, MatchManner, find};
use peerage_registry::{Row, Snapshot};
use peerage_schema::tables::{fac, net, netixlan, org};
use peerage_schema::{Column, Resource};
use serde_json::json;

use crate::address::escaped;
use crate::page_form::{PageForm, PooledAnswer, complete, csv_answer, in_form, in_pool, pooled_page};
use crate::places::built_in_places;
use crate::sites::{file, place_words, sites_of_object};
use crate::visit::Visit;
use peerage_edge::content::{JSON, TEXT};

/// Results that are found at most, those of all pages together.
pub const HITS_MAX: usize = 1_000;
/// Results on a page.
pub const HITS_A_PAGE: usize = 50;
/// Results while typing.
const TYPED_HITS: usize = 8;

pub async fn search(visit: Visit) -> Response<Body> {
    in_pool(visit, "search", answer).await
}

fn answer(visit: &Visit) -> PooledAnswer {
    let text = visit.query("q").unwrap_or_default().trim().to_owned();
    let form = PageForm::of(visit);
    let is_typed = visit.query("typed").is_some();
    let kind = visit.query("kind").and_then(|tag| Resource::from_tag(&tag));
    // Results of one kind are chosen among all that are found.
    let limit = if is_typed && kind.is_none() { TYPED_HITS } else { HITS_MAX };
    let places = built_in_places();
    let found =
        if text.is_empty() { Ok(FoundObjects::default()) } else { find(&visit.state.snapshot, &text, places, limit) };
    let (found, error) = match found {
        Ok(found) => (found, String::new()),
        Err(_) => (FoundObjects::default(), visit.texts().get("search-too-long").into_owned()),
    };
    if let (PageForm::Html, None, Some(id)) = (form, kind, found.network) {
        return complete(crate::objects::moved(visit, &format!("/net/{id}")));
    }
    let searched = Searched { visit, text: &text, kind };
    let view = searched.view(&found, error, form == PageForm::Html && !is_typed);
    match form {
        PageForm::Json => complete(in_form(visit, "search", StatusCode::OK, JSON, as_json(&view).to_string())),
        PageForm::Text => complete(in_form(visit, "search", StatusCode::OK, TEXT, plain(&view))),
        PageForm::Csv => complete(as_csv(visit, &view)),
        PageForm::GeoJson | PageForm::Kmz => {
            let fits = |hit: &&FoundObject| kind.is_none_or(|kind| hit.resource == kind);
            let hits = found.hits.iter().filter(fits);
            let sites: Vec<_> =
                hits.flat_map(|hit| sites_of_object(&visit.state.snapshot, hit.resource, hit.id)).collect();
            file(visit, form, &sites, "search", &text)
        }
        PageForm::Html => {
            let mut frame = visit.frame_without_forms("search-title");
            if !text.is_empty() {
                let title = format!("{text} · {}", frame.title);
                frame = frame.named(title);
            }
            frame.search = text.into();
            let page = SearchPage { frame, search: view };
            pooled_page(visit, "search", page.show())
        }
    }
}

/// What was searched for, and by whom.
struct Searched<'a> {
    visit: &'a Visit,
    text: &'a str,
    kind: Option<Resource>,
}

impl Searched<'_> {
    fn snapshot(&self) -> &Snapshot {
        &self.visit.state.snapshot
    }

    fn address(&self, kind: Option<Resource>, page: usize) -> String {
        let mut address = format!("/search?q={}", escaped(self.text));
        if let Some(kind) = kind {
            address.push_str(&format!("&kind={}", kind.tag()));
        }
        if page > 1 {
            address.push_str(&format!("&page={page}"));
        }
        address
    }

    fn view(&self, found: &FoundObjects, error: String, is_paged: bool) -> SearchView {
        let texts = self.visit.texts();
        let fits = |hit: &&FoundObject| self.kind.is_none_or(|kind| hit.resource == kind);
        let hits: Vec<&FoundObject> = found.hits.iter().filter(fits).collect();
        let pages = hits.len().div_ceil(HITS_A_PAGE).max(1);
        let page = self.visit.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
        let is_typed = self.visit.query("typed").is_some();
        let unpaged = if is_typed { TYPED_HITS } else { hits.len() };
        let (skipped, taken) = if is_paged { ((page - 1) * HITS_A_PAGE, HITS_A_PAGE) } else { (0, unpaged) };
        let total: usize = found.totals.iter().map(|(_, count)| count).sum();
        let tab = |kind: Option<Resource>, label: String, count: usize| KindTab {
            label,
            count: texts.number(count),
            address: self.address(kind, 1),
            is_current: kind == self.kind,
        };
        let mut tabs = Vec::new();
        if found.totals.len() > 1 {
            tabs.push(tab(None, texts.get("search-all").into_owned(), total));
        }
        tabs.extend(found.totals.iter().map(|(kind, count)| {
            tab(Some(*kind), texts.get(&format!("resources-{}", kind.tag())).into_owned(), *count)
        }));
        let note = match found {
            _ if found.is_relaxed => "search-relaxed",
            _ if found.is_fuzzy && !found.hits.is_empty() => "search-fuzzy",
            _ if found.is_partial => "search-partial",
            _ => "",
        };
        SearchView {
            text: self.text.to_owned(),
            results: hits.into_iter().skip(skipped).take(taken).filter_map(|hit| self.result(hit)).collect(),
            total,
            tabs,
            note: if note.is_empty() { String::new() } else { texts.get(note).into_owned() },
            unknown_place: found.query.unknown_place.clone(),
            error,
            page,
            pages,
            newer: (page > 1).then(|| self.address(self.kind, page - 1)),
            older: (page < pages).then(|| self.address(self.kind, page + 1)),
            json: format!("{}&format=json", self.address(self.kind, 1)),
            csv: format!("{}&format=csv", self.address(self.kind, 1)),
        }
    }

    fn result(&self, hit: &FoundObject) -> Option<ResultView> {
        let (snapshot, texts) = (self.snapshot(), self.visit.texts());
        let row = snapshot.row(hit.resource, hit.id)?;
        let table = hit.resource.table();
        let name = table.columns.name.map_or("", |name| row.text_or_empty(name)).to_owned();
        let owner = table.columns.org_id.and_then(|by| row.int(by));
        let owner = owner.and_then(|id| snapshot.row(Resource::Org, id as u32)).map(|row| row.text_or_empty(org::NAME));
        let asn = (hit.resource == Resource::Net).then(|| row.int(net::ASN)).flatten();
        let km = hit.km.map(|km| texts.with("search-km", &[("km", &(km.round().max(0.0) as usize))]));
        Some(ResultView {
            id: hit.id,
            tag: hit.resource.tag(),
            kind: texts.get(&format!("kind-{}", hit.resource.tag())).into_owned(),
            link: format!("/{}/{}", hit.resource.tag(), hit.id),
            mark: asn.map(|asn| format!("AS{asn}")).unwrap_or_default(),
            owner: owner.filter(|owner| *owner != name).unwrap_or_default().to_owned(),
            place: place(self.visit.texts(), hit.resource, row),
            size: self.size(hit.resource, row),
            why: hit.reasons.iter().find_map(|reason| self.why(hit, reason)).unwrap_or_default(),
            km: km.unwrap_or_default(),
            name,
        })
    }

    /// How large the object is, in one word or two.
    fn size(&self, resource: Resource, row: &Row) -> String {
        let texts = self.visit.texts();
        let column = match resource {
            Resource::Net => net::IX_COUNT,
            Resource::Ix => peerage_schema::tables::ix::NET_COUNT,
            Resource::Fac => fac::NET_COUNT,
            _ => return String::new(),
        };
        match row.int(column) {
            Some(count) if count > 0 => {
                let key = if resource == Resource::Net { "search-exchanges" } else { "search-networks" };
                texts.with(key, &[("count", &(count as usize))])
            }
            _ => String::new(),
        }
    }

    /// Why it was found, unless its name says so.
    fn why(&self, hit: &FoundObject, reason: &FoundReason) -> Option<String> {
        let texts = self.visit.texts();
        if let Some((Resource::Netixlan, id)) = hit.via {
            let port = self.snapshot().row(Resource::Netixlan, id)?;
            let name = |resource: Resource, by: Column| {
                let there = port.int(by).and_then(|id| self.snapshot().row(resource, id as u32));
                there.and_then(|row| Some(row.text_or_empty(resource.table().columns.name?).to_owned()))
            };
            let at = name(Resource::Ix, netixlan::IX_ID).unwrap_or_default();
            let speed = speed(port.int(netixlan::SPEED).unwrap_or(0));
            return Some(texts.with("search-port", &[("address", &reason.text), ("exchange", &at), ("speed", &speed)]));
        }
        let is_name = reason.column.is_some_and(|column| column.name() == "name");
        let is_plain = matches!(reason.manner, MatchManner::Number | MatchManner::Kind);
        if is_plain || (is_name && reason.manner != MatchManner::Fuzzy) || reason.text.is_empty() {
            return None;
        }
        if is_name {
            return Some(texts.get("search-similar").into_owned());
        }
        let column = reason.column?;
        Some(format!("{}: {}", texts.message(column.field().label), reason.text))
    }
}

/// City and country of an object that has them.
fn place(texts: PageTexts, resource: Resource, row: &Row) -> String {
    let table = resource.table();
    let text = |name: &str| table.position(name).map_or("", |at| row.text(at).unwrap_or_default());
    place_words(texts, (text("city"), text("country")))
}

fn as_json(view: &SearchView) -> serde_json::Value {
    let results = view.results.iter().map(|found| {
        json!({
            "kind": found.tag, "kind_label": found.kind, "id": found.id, "name": found.name, "mark": found.mark,
            "link": found.link, "place": found.place, "organization": found.owner, "why": found.why,
        })
    });
    json!({"q": view.text, "total": view.total, "note": view.note, "error": view.error, "data": results.collect::<Vec<_>>()})
}

fn plain(view: &SearchView) -> String {
    let mut out = String::new();
    for line in [&view.error, &view.note] {
        if !line.is_empty() {
            out.push_str(&format!("{line}\n"));
        }
    }
    let width = view.results.iter().map(|found| found.link.chars().count()).max().unwrap_or(0);
    for found in &view.results {
        let parts = [&found.mark, &found.name, &found.place, &found.km, &found.why];
        let shown: Vec<&str> = parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        out.push_str(&format!("{:width$}  {}\n", found.link, shown.join("  ")));
    }
    out.push_str(&format!("{}\n", view.total));
    out
}

fn as_csv(visit: &Visit, view: &SearchView) -> Response<Body> {
    let head = ["kind", "id", "asn", "name", "place", "organization", "why"];
    let rows = view.results.iter().map(|found| {
        let asn = found.mark.trim_start_matches("AS");
        let (id, name, place) = (found.id.to_string(), found.name.clone(), found.place.clone());
        [found.tag.to_owned(), id, asn.to_owned(), name, place, found.owner.clone(), found.why.clone()]
    });
    csv_answer(visit, "search", "search", &head, rows)
}
