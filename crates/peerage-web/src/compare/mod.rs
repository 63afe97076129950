//! Comparison: where several networks are, which networks several exchanges or facilities have in common, and whom a
//! network would meet at an exchange (spec/web.md, 14).

mod peers;
mod presences;
mod question;
pub mod sets;
mod tables;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use peerage_edge::content::{JSON, TEXT};
use peerage_edge::heavy::HeavySlot;
use peerage_pages::PageTexts;
use peerage_pages::find::{ComparePage, ComparedObject, FilterField, FilterInput, NearestPlaces};
use peerage_pages::object::{ObjectTable, plain_table};
use peerage_pages::parts::PageTab;
use peerage_registry::Snapshot;
use peerage_registry::query::QueryParams;
use peerage_schema::Resource;
use peerage_schema::tables::net;
use serde_json::{Map, Value as Json, json};

use crate::named;
use crate::page_form::{PageForm, as_file, in_form, varied};
use crate::sites::sites_of;
use crate::table::csv::csv;
use crate::visit::Visit;
use presences::PresenceLink;
pub use question::OBJECTS_MAX;
use question::{CompareKind, CompareQuestion};
use sets::{MatrixLine, RowMatch, nearest};
use tables::{CellHeading, CellShape, TableMaker, TableSource};

/// Rows on one page of a table.
pub const ROWS_A_PAGE: usize = 250;

/// The matrix of one kind of rows.
struct ComparedMatrix {
    key: &'static str,
    title: &'static str,
    of: Resource,
    cells: Vec<CellHeading>,
    count: Option<&'static str>,
    /// All rows, before any choice.
    lines: Vec<MatrixLine>,
}

/// The result of a comparison.
#[derive(Default)]
struct ComparedResult {
    tables: Vec<ObjectTable>,
    /// How many rows each choice of rows has: its word, and the number.
    counts: Vec<(&'static str, usize)>,
    /// The choice in force.
    shown: &'static str,
    nearest: Option<NearestPlaces>,
    note: String,
    /// The answer in another form than HTML.
    file: Bytes,
}

/// The page of a comparison, or its rows in another form.
pub async fn show(visit: Visit) -> Response<Body> {
    // A comparison has no file of places.
    let form = match PageForm::of(&visit) {
        PageForm::GeoJson | PageForm::Kmz => PageForm::Html,
        form => form,
    };
    let mut params = QueryParams::parse(visit.parts.uri.query().unwrap_or_default());
    let is_too_long = params.len() > visit.app.settings.limits.query_params_max;
    if is_too_long {
        params = QueryParams::default();
    }
    let (snapshot, texts) = (Arc::clone(&visit.state.snapshot), visit.texts());
    let (asked, is_defused) = (params.clone(), visit.query("raw").is_none());
    let work = move |place: HeavySlot| {
        let question = CompareQuestion::read(&asked, &snapshot, texts);
        let mut result = ComparedResult::default();
        if question.is_sound() && question.fields.iter().all(|field| !field.ids.is_empty()) {
            result = compared(&snapshot, texts, &question, form, is_defused);
            result.file = place.hold(std::mem::take(&mut result.file));
        }
        (question, result)
    };
    let (question, result) = match visit.app.heavy.run_holding(visit.source.address, work).await {
        Ok(compared) => compared,
        Err(busy) => return visit.try_later(&busy),
    };
    let is_sound = question.is_sound() && !is_too_long;
    if form == PageForm::Html {
        return page(&visit, &params, &question, result, is_too_long);
    }
    let is_empty = question.fields.iter().any(|field| field.ids.is_empty());
    if !is_sound || is_empty {
        let errors = question.fields.iter().filter_map(|field| field.error.clone());
        let text = errors.reduce(|one, other| format!("{one} {other}"));
        let text = text.unwrap_or_else(|| texts.get("compare-nothing").into_owned());
        return complaint(&visit, form, &text);
    }
    match form {
        PageForm::Csv => as_file(in_form(&visit, "compare", StatusCode::OK, TEXT, result.file), "comparison"),
        PageForm::Json => in_form(&visit, "compare", StatusCode::OK, JSON, result.file),
        _ => in_form(&visit, "compare", StatusCode::OK, TEXT, result.file),
    }
}

fn complaint(visit: &Visit, form: PageForm, text: &str) -> Response<Body> {
    if form == PageForm::Json {
        let answer = json!({"meta": {"error": text}, "data": []});
        return in_form(visit, "compare", StatusCode::BAD_REQUEST, JSON, answer.to_string());
    }
    in_form(visit, "compare", StatusCode::BAD_REQUEST, TEXT, format!("{text}\n"))
}

/// Compares, and writes the tables or the file.
fn compared(
    snapshot: &Snapshot,
    texts: PageTexts,
    question: &CompareQuestion,
    form: PageForm,
    is_defused: bool,
) -> ComparedResult {
    let mut matrices = matrices(snapshot, texts, question);
    let objects = question.ids().len();
    let mut result = ComparedResult {
        nearest: nearest_places(snapshot, question, &matrices),
        note: note(snapshot, texts, question),
        ..ComparedResult::default()
    };
    let lines = || matrices.iter().flat_map(|matrix| &matrix.lines);
    if question.kind == CompareKind::Peers {
        result.shown = if question.show == "new" { "new" } else { "any" };
        result.counts = vec![("any", lines().count()), ("new", lines().filter(|line| peers::is_new(line)).count())];
    } else {
        let which = RowMatch::of(&question.show, objects);
        result.shown = which.word();
        let count = |which: RowMatch| lines().filter(|line| which.admits(line.count(), objects)).count();
        result.counts = RowMatch::EACH.map(|which| (which.word(), count(which))).to_vec();
    }
    for matrix in &mut matrices {
        matrix.lines.retain(|line| match (question.kind, question.show.as_str()) {
            (CompareKind::Peers, show) => show != "new" || peers::is_new(line),
            (_, show) => RowMatch::of(show, objects).admits(line.count(), objects),
        });
    }
    if form == PageForm::Json {
        result.file = as_json(snapshot, question, &matrices).to_string().into();
        return result;
    }
    let maker = TableMaker { snapshot, texts, question, is_whole: form != PageForm::Html };
    let each = matrices.into_iter().map(|matrix| {
        let ComparedMatrix { key, title, of, cells, count, lines } = matrix;
        maker.table(TableSource { key, title, of, cells: &cells, count, lines })
    });
    result.tables = each.collect();
    let wanted = result.tables.iter().find(|table| table.key == question.table).or(result.tables.first());
    match form {
        PageForm::Csv => result.file = wanted.map(|table| csv(table, is_defused)).unwrap_or_default().into(),
        PageForm::Text => {
            let each = result.tables.iter().map(|table| plain_table(table, texts));
            result.file = each.collect::<String>().into();
        }
        _ => {}
    }
    result
}

/// The matrices that a comparison consists of, with all rows where any of the objects is.
fn matrices(snapshot: &Snapshot, texts: PageTexts, question: &CompareQuestion) -> Vec<ComparedMatrix> {
    let ids = question.ids();
    let heading = |of: Resource, shape: CellShape| -> Vec<CellHeading> {
        let each = ids.iter().map(|id| {
            let row = snapshot.row(of, *id);
            let name = of.table().columns.name.zip(row).map_or("", |(name, row)| row.text_or_empty(name));
            let asn = row.filter(|_| of == Resource::Net).and_then(|row| row.int(net::ASN));
            let (key, label) = match asn {
                Some(asn) => (format!("as{asn}"), format!("AS{asn}")),
                None => (format!("{}{id}", of.tag()), name.to_owned()),
            };
            CellHeading { key, label, shape }
        });
        each.collect()
    };
    let matrix = |key, title, of, compared: Resource, link: PresenceLink| ComparedMatrix {
        key,
        title,
        of,
        cells: heading(compared, if link.has_speed() { CellShape::Speed } else { CellShape::Yes }),
        count: Some("compare-present"),
        lines: link.matrix(snapshot, ids),
    };
    match question.kind {
        CompareKind::Networks => vec![
            matrix("exchanges", "object-exchanges", Resource::Ix, Resource::Net, PresenceLink::NETWORKS_AT_EXCHANGES),
            matrix(
                "facilities",
                "object-facilities",
                Resource::Fac,
                Resource::Net,
                PresenceLink::NETWORKS_AT_FACILITIES,
            ),
        ],
        CompareKind::Exchanges => {
            vec![matrix(
                "networks",
                "object-networks",
                Resource::Net,
                Resource::Ix,
                PresenceLink::EXCHANGES_OF_NETWORKS,
            )]
        }
        CompareKind::Facilities => {
            vec![matrix(
                "networks",
                "object-networks",
                Resource::Net,
                Resource::Fac,
                PresenceLink::FACILITIES_OF_NETWORKS,
            )]
        }
        CompareKind::Peers => {
            let lines = question.fields.get(1).and_then(|field| field.ids.first()).zip(ids.first());
            let cell = |key: &str, label: &'static str, shape: CellShape| CellHeading {
                key: key.to_owned(),
                label: texts.get(label).into_owned(),
                shape,
            };
            vec![ComparedMatrix {
                key: "networks",
                title: "object-networks",
                of: Resource::Net,
                cells: vec![
                    cell("speed", "compare-speed-here", CellShape::Speed),
                    cell("exchanges", "compare-elsewhere", CellShape::Count),
                    cell("facilities", "compare-common-facilities", CellShape::Count),
                ],
                count: None,
                lines: lines.map(|(ix, net)| peers::lines(snapshot, *net, *ix)).unwrap_or_default(),
            }]
        }
    }
}

/// The nearest facilities of two networks that have no place in common.
fn nearest_places(
    snapshot: &Snapshot,
    question: &CompareQuestion,
    matrices: &[ComparedMatrix],
) -> Option<NearestPlaces> {
    let [one, other] = question.ids() else { return None };
    let meets = matrices.iter().flat_map(|matrix| &matrix.lines).any(|line| line.count() > 1);
    if question.kind != CompareKind::Networks || meets {
        return None;
    }
    let placed = |net: u32| -> Vec<(u32, sets::GeoPoint)> {
        let sites = sites_of(snapshot, Resource::Net, net).into_iter();
        sites.filter_map(|site| Some((site.row.id(), site.place?))).collect()
    };
    let (ours, theirs) = (placed(*one), placed(*other));
    let points = |all: &[(u32, sets::GeoPoint)]| all.iter().map(|(_, point)| *point).collect::<Vec<_>>();
    let (here, there, km) = nearest(&points(&ours), &points(&theirs))?;
    let place = |id: u32| {
        let name =
            snapshot.row(Resource::Fac, id).map_or("", |row| row.text_or_empty(peerage_schema::tables::fac::NAME));
        (name.to_owned(), format!("/fac/{id}"))
    };
    Some(NearestPlaces {
        one: place(ours.get(here)?.0),
        other: place(theirs.get(there)?.0),
        of: (named::shown(snapshot, Resource::Net, *one), named::shown(snapshot, Resource::Net, *other)),
        km: if km < 10.0 { format!("{km:.1}") } else { format!("{km:.0}") },
    })
}

/// Whether the network is at the exchange already.
fn note(snapshot: &Snapshot, texts: PageTexts, question: &CompareQuestion) -> String {
    let ix = question.fields.get(1).and_then(|field| field.ids.first());
    let Some((net, ix)) = question.ids().first().zip(ix).filter(|_| question.kind == CompareKind::Peers) else {
        return String::new();
    };
    let mut ports = PresenceLink::NETWORKS_AT_EXCHANGES.of(snapshot, *net);
    let is_there = ports.any(|row| row.int(PresenceLink::NETWORKS_AT_EXCHANGES.there) == Some(i64::from(*ix)));
    let (net, ix) = (named::shown(snapshot, Resource::Net, *net), row_name(snapshot, Resource::Ix, *ix));
    let key = if is_there { "compare-is-there" } else { "compare-is-not-there" };
    texts.with(key, &[("net", &net), ("ix", &ix)])
}

fn row_name(snapshot: &Snapshot, resource: Resource, id: u32) -> String {
    let name = resource.table().columns.name;
    snapshot.row(resource, id).zip(name).map_or("", |(row, name)| row.text_or_empty(name)).to_owned()
}

/// The shown rows as data: each with who is present, and with which speed in Mbit/s if by a port.
fn as_json(snapshot: &Snapshot, question: &CompareQuestion, matrices: &[ComparedMatrix]) -> Json {
    let value = |column: peerage_schema::Column, row: &peerage_registry::Row| match row.int(column) {
        Some(number) if column == net::ASN => json!(number),
        _ => json!(row.text_or_empty(column)),
    };
    let mut data = Map::new();
    for matrix in matrices {
        let rows = matrix.lines.iter().filter_map(|line| {
            let row = snapshot.row(matrix.of, line.id)?;
            let mut object = Map::from_iter([("id".to_owned(), json!(line.id))]);
            object
                .extend(tables::fields(matrix.of).iter().map(|column| (column.name().to_owned(), value(*column, row))));
            let present = line.cells.iter().zip(&matrix.cells).filter_map(|(cell, heading)| {
                let sum = (*cell)?;
                let shown = match heading.shape {
                    CellShape::Speed => json!(sum.mbit),
                    CellShape::Count => json!(sum.presences),
                    CellShape::Yes => json!(true),
                };
                Some((heading.key.clone(), shown))
            });
            object.insert("present".to_owned(), Json::Object(present.collect()));
            Some(Json::Object(object))
        });
        data.insert(matrix.key.to_owned(), Json::Array(rows.collect()));
    }
    let unknown: Vec<&String> = question.fields.iter().flat_map(|field| &field.unknown).collect();
    json!({"data": data, "meta": {"unknown": unknown}})
}

fn page(
    visit: &Visit,
    params: &QueryParams,
    question: &CompareQuestion,
    result: ComparedResult,
    is_too_long: bool,
) -> Response<Body> {
    let address = question.address();
    let is_same = params
        .pairs()
        .filter(|(name, _)| *name != "format")
        .eq(address.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let target = address.text();
    if question.is_sound() && !params.is_empty() && !is_same && crate::address::own(&target).is_some() {
        let form = if params.has("format") { "html" } else { "" };
        return visit.redirect_to(&address.with("format", form).text());
    }
    let is_wrong = is_too_long || !question.is_sound();
    let status = if is_wrong { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let page = compare_page(visit, question, result, is_too_long);
    varied(visit.public_page("compare", status, page.language(), page.show()))
}

fn compare_page<'a>(
    visit: &'a Visit,
    question: &CompareQuestion,
    result: ComparedResult,
    is_too_long: bool,
) -> ComparePage<'a> {
    let frame = visit.frame_without_forms("compare-title");
    let (texts, snapshot) = (frame.texts, &visit.state.snapshot);
    let address = question.address().with("page", "");
    let tab = |kind: CompareKind| {
        let by = if kind == CompareKind::Networks { "" } else { kind.word() };
        let blank = if by.is_empty() { "/compare".to_owned() } else { format!("/compare?by={by}") };
        PageTab::new(texts.get(tab_key(kind)), blank, kind == question.kind)
    };
    let objects =
        question.kind.fields().iter().zip(&question.fields).enumerate().flat_map(|(field, ((_, of), filled))| {
            filled.ids.iter().map(move |id| {
                let text =
                    if question.kind == CompareKind::Networks { asn_text(snapshot, *id) } else { id.to_string() };
                let at = filled.items.iter().position(|item| *item == text).unwrap_or(usize::MAX);
                let name = match of {
                    Resource::Net => named::shown(snapshot, *of, *id),
                    _ => row_name(snapshot, *of, *id),
                };
                ComparedObject { name, link: format!("/{}/{id}", of.tag()), without: question.without(field, at) }
            })
        });
    let show = |(word, count): &(&'static str, usize)| {
        let label = texts.get(show_key(question.kind, word)).into_owned();
        PageTab::new(label, address.with("show", word).text(), *word == result.shown).with_count(*count)
    };
    let view = |(word, key): (&str, &str)| {
        PageTab::new(texts.get(key), address.with("view", word).text(), question.is_list != word.is_empty())
    };
    let is_compared = !result.tables.is_empty();
    let has_views = is_compared && question.kind != CompareKind::Peers;
    let without_filter = address.with("q", "").with("table", "").with("sort", "");
    let unknown: Vec<&str> = question.fields.iter().flat_map(|field| &field.unknown).map(String::as_str).collect();
    let kept = [("show", question.show.as_str()), ("view", if question.is_list { "list" } else { "" })];
    let kept = kept.into_iter().filter(|(_, value)| !value.is_empty());
    ComparePage {
        tabs: CompareKind::EACH.into_iter().map(tab).collect(),
        about: texts.get(about_key(question.kind)).into_owned(),
        fields: fields(visit, question),
        kept: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        error: is_too_long
            .then(|| texts.with("advanced-too-many", &[("max", &visit.app.settings.limits.query_params_max)])),
        unknown: unknown.join(", "),
        objects: objects.collect(),
        shows: result.counts.iter().map(show).collect(),
        views: [("", "compare-matrix"), ("list", "compare-list")].into_iter().filter(|_| has_views).map(view).collect(),
        filter: question.filter.clone(),
        filter_kept: without_filter.pairs().to_vec(),
        has_filter: is_compared,
        tables: result.tables,
        nearest: result.nearest,
        note: result.note,
        frame,
    }
}

fn asn_text(snapshot: &Snapshot, id: u32) -> String {
    snapshot.row(Resource::Net, id).and_then(|row| row.int(net::ASN)).map(|asn| asn.to_string()).unwrap_or_default()
}

/// The fields of the form, filled.
fn fields(visit: &Visit, question: &CompareQuestion) -> Vec<FilterField> {
    let (texts, snapshot) = (visit.texts(), &visit.state.snapshot);
    let is_single = question.kind == CompareKind::Peers;
    let each = question.kind.fields().iter().zip(&question.fields).map(|((name, of), filled)| {
        let shown = |item: &String| match item.parse() {
            Ok(id) if *name != "asn" => named::shown(snapshot, *of, id),
            _ if named::asn_of(item).is_some() => format!("AS{item}"),
            _ => item.clone(),
        };
        let meaning = |(id, value): &(u32, String)| {
            (named::shown(snapshot, *of, *id), question.address().with("page", "").with(name, value).text())
        };
        let (label, help) = field_keys(question.kind, name);
        FilterField {
            name,
            label: texts.get(label).into_owned(),
            help: texts.get(help).into_owned(),
            input: if is_single { FilterInput::Text } else { FilterInput::Lines },
            value: filled.items.iter().take(OBJECTS_MAX * 10).map(shown).collect::<Vec<_>>().join("\n"),
            choices: Vec::new(),
            error: filled.error.clone(),
            meanings: filled.meanings.iter().map(meaning).collect(),
        }
    });
    each.collect()
}

fn field_keys(kind: CompareKind, name: &str) -> (&'static str, &'static str) {
    match (kind, name) {
        (CompareKind::Networks, _) => ("object-networks", "compare-networks-help"),
        (CompareKind::Exchanges, _) => ("object-exchanges", "compare-objects-help"),
        (CompareKind::Facilities, _) => ("object-facilities", "compare-objects-help"),
        (CompareKind::Peers, "net") => ("kind-net", "compare-network-help"),
        (CompareKind::Peers, _) => ("kind-ix", "advanced-object-help"),
    }
}

fn tab_key(kind: CompareKind) -> &'static str {
    match kind {
        CompareKind::Networks => "object-networks",
        CompareKind::Exchanges => "object-exchanges",
        CompareKind::Facilities => "object-facilities",
        CompareKind::Peers => "compare-peers",
    }
}

fn about_key(kind: CompareKind) -> &'static str {
    match kind {
        CompareKind::Networks => "compare-networks-about",
        CompareKind::Exchanges => "compare-exchanges-about",
        CompareKind::Facilities => "compare-facilities-about",
        CompareKind::Peers => "compare-peers-about",
    }
}

fn show_key(kind: CompareKind, word: &str) -> &'static str {
    match (kind, word) {
        (CompareKind::Peers, "new") => "compare-new",
        (CompareKind::Peers, _) => "compare-everyone",
        (_, "all") => "compare-all",
        (_, "some") => "compare-some",
        _ => "compare-any",
    }
}
