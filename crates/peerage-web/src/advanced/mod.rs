//! Advanced search: every filter of the API as a form, for six kinds of objects (spec/web.md, 6).
//!
//! The rows come from the API's own filter over the same snapshot, so page, file and API agree.

mod columns;
mod fields;
mod filters;
mod question;
mod results;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_edge::content::{JSON, TEXT};
use peerage_edge::heavy::HeavySlot;
use peerage_pages::find::AdvancedPage;
use peerage_pages::object::ObjectTable;
use peerage_pages::parts::PageTab;
use peerage_registry::query::QueryParams;
use peerage_schema::Resource;

use crate::address::PageAddress;
use crate::examples;
use crate::page_form::{PageForm, PooledAnswer, as_file, in_form, keep_page, kept_page, pooled, varied};
use crate::sites;
use crate::visit::Visit;
use question::SearchQuestion;
use results::{SearchContext, SearchOutcome};

/// The kinds that are searched, in the order of their tabs. The first is the default.
pub const KINDS: [Resource; 6] =
    [Resource::Net, Resource::Ix, Resource::Fac, Resource::Org, Resource::Campus, Resource::Carrier];

/// Rows on one page.
pub const ROWS_A_PAGE: usize = 250;

/// The page of a search, or its rows in another form.
pub async fn show(visit: Visit) -> Response<Body> {
    let form = PageForm::of(&visit);
    if let Some(page) = kept_page(&visit, "advanced search") {
        return page;
    }
    let query = visit.parts.uri.query().unwrap_or_default();
    let mut params = QueryParams::parse(query);
    if params.last("reftag") == Some("asn_connectivity") {
        return visit.redirect_to(&connectivity(&params));
    }
    let max = visit.app.settings.limits.query_params_max;
    let is_too_long = params.len() > max;
    if is_too_long {
        params = QueryParams::default();
    }
    let texts = visit.texts();
    let context =
        SearchContext { snapshot: Arc::clone(&visit.state.snapshot), viewer: visit.principal().viewer(), texts };
    let is_defused = visit.query("raw").is_none();
    let asked = params.clone();
    let work = move |place: HeavySlot| {
        let question = SearchQuestion::read(&asked, &context.snapshot, texts);
        if is_too_long {
            let text = texts.with("advanced-too-many", &[("max", &max)]);
            return (question, SearchOutcome::Refused { status: StatusCode::BAD_REQUEST, text, filter: None });
        }
        let outcome = match context.answer(&question, form, is_defused) {
            SearchOutcome::File(bytes) => SearchOutcome::File(place.hold(bytes)),
            other => other,
        };
        (question, outcome)
    };
    let (question, outcome) = match visit.app.heavy.run_holding(visit.source.address, work).await {
        Ok(answered) => answered,
        Err(busy) => return visit.try_later(&busy),
    };
    match (form, outcome) {
        (_, SearchOutcome::Api) => visit.redirect_to(&question.api()),
        (PageForm::Csv, SearchOutcome::File(bytes)) => {
            as_file(in_form(&visit, "advanced search", StatusCode::OK, TEXT, bytes), question.resource.tag())
        }
        (_, SearchOutcome::Places(ids)) => {
            let resource = question.resource;
            pooled(visit, move |visit| places(visit, form, resource, &ids)).await
        }
        (_, SearchOutcome::File(bytes)) => in_form(&visit, "advanced search", StatusCode::OK, TEXT, bytes),
        (PageForm::Html, outcome) => page(&visit, &params, &question, outcome),
        (_, outcome) => complaint(&visit, form, &question, &outcome),
    }
}

/// Rows as a file of places: objects that have a place, or the facilities where they are.
fn places(visit: &Visit, form: PageForm, resource: Resource, ids: &[u32]) -> PooledAnswer {
    let snapshot = &visit.state.snapshot;
    let of_row = |id: &u32| match resource {
        Resource::Fac | Resource::Ix | Resource::Campus => sites::sites_of_object(snapshot, resource, *id),
        _ => sites::sites_of(snapshot, resource, *id),
    };
    let found: Vec<_> = ids.iter().flat_map(of_row).collect();
    let title = visit.texts().get(&format!("resources-{}", resource.tag())).into_owned();
    sites::file(visit, form, &found, &format!("search-{}", resource.tag()), &title)
}

/// The comparison that replaces a search for connectivity.
fn connectivity(params: &QueryParams) -> String {
    let show = match params.last("match_filter") {
        Some("all-match") => "all",
        Some("any-match") => "some",
        _ => "",
    };
    let address = PageAddress::new("/compare", Vec::new());
    address.with("asn", params.last("asn_list").unwrap_or_default()).with("show", show).text()
}

/// An error in another form than HTML.
fn complaint(visit: &Visit, form: PageForm, question: &SearchQuestion, outcome: &SearchOutcome) -> Response<Body> {
    let (status, text) = if let SearchOutcome::Refused { status, text, .. } = outcome {
        (*status, text.clone())
    } else {
        let texts: Vec<&str> = question.troubles.iter().map(|trouble| trouble.text.as_str()).collect();
        (StatusCode::BAD_REQUEST, texts.join(" "))
    };
    if form == PageForm::Json {
        let answer = serde_json::json!({"meta": {"error": text}, "data": []});
        return in_form(visit, "advanced search", status, JSON, answer.to_string());
    }
    in_form(visit, "advanced search", status, TEXT, format!("{text}\n"))
}

fn page(visit: &Visit, params: &QueryParams, question: &SearchQuestion, outcome: SearchOutcome) -> Response<Body> {
    let address = question.address();
    let is_sound = question.troubles.is_empty();
    let (mut status, mut error, mut at_fault, mut table) = (StatusCode::OK, None, None, None);
    match outcome {
        SearchOutcome::Table(found) => table = Some(*found),
        SearchOutcome::Refused { status: refused, text, filter } => {
            status = refused;
            error = Some(text);
            at_fault = filter;
        }
        SearchOutcome::Nothing | SearchOutcome::File(_) | SearchOutcome::Places(_) | SearchOutcome::Api => {
            status = StatusCode::BAD_REQUEST;
        }
    }
    // The address is brought into the form that can be shared, unless something is wrong with it.
    let is_same = params
        .pairs()
        .filter(|(name, _)| *name != "format")
        .eq(address.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let target = address.text();
    if status == StatusCode::OK && is_sound && !params.is_empty() && !is_same && crate::address::own(&target).is_some()
    {
        let form = if params.has("format") { "html" } else { "" };
        return visit.redirect_to(&address.with("format", form).text());
    }
    let page = advanced_page(visit, question, &address, error, at_fault.as_deref(), table);
    let html = page.show();
    if status == StatusCode::OK {
        keep_page(visit, html.as_bytes());
    }
    varied(visit.public_page("advanced search", status, page.language(), html))
}

fn advanced_page<'a>(
    visit: &'a Visit,
    question: &SearchQuestion,
    address: &PageAddress,
    error: Option<String>,
    at_fault: Option<&str>,
    table: Option<ObjectTable>,
) -> AdvancedPage<'a> {
    let frame = visit.frame_without_forms("advanced-title");
    let texts = frame.texts;
    let tab = |kind: Resource| {
        let label = texts.get(&format!("resources-{}", kind.tag())).into_owned();
        PageTab::new(label, format!("/advanced_search?reftag={}", kind.tag()), kind == question.resource)
    };
    let url = format!("{}{}", visit.source.base_url(&visit.app.settings, &visit.parts), question.api());
    let mut kept: Vec<(String, String)> = question.others().cloned().collect();
    kept.extend((!question.sort.is_empty()).then(|| ("sort".to_owned(), question.sort.clone())));
    let groups = fields::groups(visit, question, at_fault.zip(error.as_deref()));
    let first_page = address.with("page", "");
    AdvancedPage {
        tabs: KINDS.into_iter().map(tab).collect(),
        tag: question.resource.tag(),
        active: fields::active(question, &groups),
        groups,
        kept,
        columns: fields::column_choices(texts, question),
        // A filter that is at fault alone has the error at its field.
        error: error.filter(|_| at_fault.is_none_or(|name| filters::find(question.resource, name).is_none())),
        examples: if table.is_some() { examples::of(&url) } else { Vec::new() },
        table,
        text: first_page.with("format", "text").text(),
        raw: first_page.with("format", "csv").with("raw", "1").text(),
        geojson: address.with("format", "geojson").text(),
        kmz: address.with("format", "kmz").text(),
        frame,
    }
}
