//! The form in which a page was asked for.

use axum::http::header::{ACCEPT, HeaderMap, USER_AGENT};

use crate::visit::Visit;

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
        let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
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
