//! The form in which a page was requested, and answers in other forms than HTML.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT, VARY,
};
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use peerage_edge::heavy::HeavySlot;

use peerage_charts::{CsvForm, csv_table};

use crate::page_cache::PageKey;
use crate::visit::Visit;
use peerage_edge::content::TEXT;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageForm {
    Html,
    Json,
    Csv,
    Text,
    /// Places, for programs that show maps.
    GeoJson,
    /// Places, for Google Earth and its like.
    Kmz,
}

/// Programs at a terminal, which show what they get.
const TERMINALS: [&str; 3] = ["curl/", "Wget/", "HTTPie/"];

impl PageForm {
    /// `format` of the address counts first, then what `Accept` names, then the program.
    pub fn of(visit: &Visit) -> PageForm {
        match visit.query("format").as_deref() {
            Some("html") => PageForm::Html,
            Some("json") => PageForm::Json,
            Some("csv") => PageForm::Csv,
            Some("text" | "txt") => PageForm::Text,
            Some("geojson") => PageForm::GeoJson,
            Some("kmz") => PageForm::Kmz,
            _ => PageForm::of_headers(&visit.parts.headers),
        }
    }

    fn of_headers(headers: &HeaderMap) -> PageForm {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let accept = text(ACCEPT).unwrap_or("*/*");
        let named = accept.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
        for kind in named {
            match kind {
                "text/html" | "application/xhtml+xml" => return PageForm::Html,
                "application/json" => return PageForm::Json,
                "text/csv" => return PageForm::Csv,
                "text/plain" => return PageForm::Text,
                _ => {}
            }
        }
        let agent = text(USER_AGENT).unwrap_or_default();
        if TERMINALS.iter().any(|name| agent.starts_with(name)) { PageForm::Text } else { PageForm::Html }
    }
}

/// An answer that is no page.
pub fn in_form(
    visit: &Visit,
    route: &'static str,
    status: StatusCode,
    kind: HeaderValue,
    content: impl Into<Body>,
) -> Response<Body> {
    let mut answer = visit.page(route, status, visit.texts().tag(), String::new());
    *answer.body_mut() = content.into();
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    if visit.session().is_none() {
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("s-maxage=10"));
    }
    varied(answer)
}

/// Marks an answer as a CSV file with this name.
pub fn as_file(mut answer: Response<Body>, name: &str) -> Response<Body> {
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    let name = format!("attachment; filename=\"{name}.csv\"");
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment")));
    answer
}

/// An answer and its content, which may be in the answer already.
pub type PooledAnswer = (Response<Body>, Bytes);

/// Makes an answer in the pool for long work, in which each client has a share. A long one keeps its place until it is sent.
pub async fn pooled(visit: Visit, make: impl FnOnce(&Visit) -> PooledAnswer + Send + 'static) -> Response<Body> {
    let visit = Arc::new(visit);
    let work = {
        let visit = Arc::clone(&visit);
        move |place: HeavySlot| {
            let (mut answer, content) = make(&visit);
            if !content.is_empty() {
                *answer.body_mut() = Body::from(place.hold(content));
            }
            answer
        }
    };
    let answered = visit.app.heavy.run_holding(visit.source.address, work).await;
    answered.unwrap_or_else(|busy| visit.try_later(&busy))
}

/// Does the same, and keeps a page that is the same for everyone until the registry changes.
pub async fn in_pool(
    visit: Visit,
    route: &'static str,
    make: impl FnOnce(&Visit) -> PooledAnswer + Send + 'static,
) -> Response<Body> {
    in_pool_while(visit, route, String::new(), make).await
}

/// Does the same for a page that also depends on something else, of which `stamp` says the state.
pub async fn in_pool_while(
    visit: Visit,
    route: &'static str,
    stamp: String,
    make: impl FnOnce(&Visit) -> PooledAnswer + Send + 'static,
) -> Response<Body> {
    if let Some(page) = kept_while(&visit, route, &stamp) {
        return page;
    }
    let make_and_keep = move |visit: &Visit| {
        let (answer, content) = make(visit);
        if let Some(key) = key_of(visit, &stamp).filter(|_| answer.status() == StatusCode::OK) {
            visit.app.pages.put(key, visit.state.snapshot.head(), &content);
        }
        (answer, content)
    };
    pooled(visit, make_and_keep).await
}

/// What a kept page depends on, besides the registry. No address has the character before the stamp.
fn key_of(visit: &Visit, stamp: &str) -> Option<PageKey> {
    let mut key = visit.page_key().filter(|_| visit.past.is_none() && PageForm::of(visit) == PageForm::Html)?;
    if !stamp.is_empty() {
        key.address.push('#');
        key.address.push_str(stamp);
    }
    Some(key)
}

/// The page at the visit's address, if it was kept.
pub fn kept_page(visit: &Visit, route: &'static str) -> Option<Response<Body>> {
    kept_while(visit, route, "")
}

fn kept_while(visit: &Visit, route: &'static str, stamp: &str) -> Option<Response<Body>> {
    let html = visit.app.pages.get(&key_of(visit, stamp)?, visit.state.snapshot.head())?;
    Some(varied(visit.public_page(route, StatusCode::OK, visit.texts().tag(), html)))
}

/// Keeps the page at the visit's address, if it is the same for everyone.
pub fn keep_page(visit: &Visit, html: &[u8]) {
    if let Some(key) = key_of(visit, "") {
        visit.app.pages.put(key, visit.state.snapshot.head(), html);
    }
}

/// A drawing that is part of a page and the same for everyone, kept until the registry changes. `name` says of what, and
/// has all that it depends on besides the registry and the language.
pub fn kept_drawing(visit: &Visit, name: &str, draw: impl FnOnce() -> String) -> String {
    let key = PageKey { address: format!("#{name}"), language: visit.texts().tag(), theme: "" };
    let head = visit.state.snapshot.head();
    if let Some(kept) = visit.app.pages.get(&key, head) {
        return String::from_utf8_lossy(&kept).into_owned();
    }
    let drawn = draw();
    visit.app.pages.put(key, head, drawn.as_bytes());
    drawn
}

/// A page, for [`in_pool`].
pub fn pooled_page(visit: &Visit, route: &'static str, html: String) -> PooledAnswer {
    (varied(visit.public_page(route, StatusCode::OK, visit.texts().tag(), Body::empty())), html.into())
}

/// An answer whose content is in it.
pub fn complete(answer: Response<Body>) -> PooledAnswer {
    (answer, Bytes::new())
}

/// A table as CSV, safe for spreadsheets unless the address has `raw`. `name`: of the file, without its kind.
pub fn csv_answer<R, C>(visit: &Visit, route: &'static str, name: &str, head: &[&str], rows: R) -> Response<Body>
where
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item: AsRef<str>>,
{
    let form = if visit.query("raw").is_none() { CsvForm::Safe } else { CsvForm::Raw };
    as_file(in_form(visit, route, StatusCode::OK, TEXT, csv_table(form, head, rows)), name)
}

/// Marks what the form of the answer depends on.
pub fn varied(mut answer: Response<Body>) -> Response<Body> {
    let on = HeaderValue::from_static("Cookie, Accept, Accept-Language, Accept-Encoding, User-Agent");
    answer.headers_mut().insert(VARY, on);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_accept_and_then_the_program() {
        for (accept, agent, expected) in [
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), "Mozilla/5.0", PageForm::Html),
            (Some("application/json"), "curl/8.1", PageForm::Json),
            (Some("*/*"), "curl/8.1", PageForm::Text),
            (None, "Wget/1.21", PageForm::Text),
            (Some("*/*"), "Mozilla/5.0", PageForm::Html),
            (Some("text/plain;q=0.9"), "", PageForm::Text),
            (Some("text/csv"), "", PageForm::Csv),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().expect("a header"));
            }
            headers.insert(USER_AGENT, agent.parse().expect("a header"));
            assert_eq!(PageForm::of_headers(&headers), expected, "{accept:?} {agent}");
        }
    }
}
