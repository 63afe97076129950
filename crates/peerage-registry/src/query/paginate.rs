//! Pages of a list, and the links between them (spec/read-api.md, 4).

use serde_json::{Map, Value as Json, json};

use crate::query::number::integer;
use crate::query::{QueryError, QueryParams, ROWS_MAX_A_PAGE};

/// One page of `count` rows.
#[derive(Debug)]
pub struct PageRange {
    pub from: usize,
    pub to: usize,
    meta: Json,
}

impl PageRange {
    /// The requested page, or `None` if the query does not ask for pages. `url` is the absolute address without its
    /// query.
    pub fn of(params: &QueryParams, count: usize, url: &str) -> Result<Option<PageRange>, QueryError> {
        let Some(request) = params.last("page") else { return Ok(None) };
        let invalid = || QueryError::NotFound("Invalid page.".to_owned());
        let per_page = params.last("per_page").and_then(integer).and_then(|rows| usize::try_from(rows).ok());
        let per_page = per_page.filter(|rows| *rows > 0).unwrap_or(ROWS_MAX_A_PAGE).min(ROWS_MAX_A_PAGE);
        let total = count.div_ceil(per_page).max(1);
        let page = match request {
            "" => 1,
            "last" => total,
            number => integer(number).and_then(|page| usize::try_from(page).ok()).ok_or_else(invalid)?,
        };
        if page < 1 || page > total {
            return Err(invalid());
        }
        let link = |page: usize| format!("{url}{}", query_with_page(params, page));
        let meta = json!({
            "count": count,
            "has_next": page < total,
            "has_previous": page > 1,
            "next": (page < total).then(|| link(page + 1)),
            "previous": (page > 1).then(|| link(page - 1)),
            "page": page,
            "per_page": per_page,
            "total_pages": total,
        });
        let from = (page - 1) * per_page;
        Ok(Some(PageRange { from, to: (from + per_page).min(count), meta }))
    }

    pub fn into_meta(self, meta: &mut Map<String, Json>) {
        meta.insert("pagination".to_owned(), self.meta);
    }
}

/// The query string for another page, sorted by name. The first page needs no number.
fn query_with_page(params: &QueryParams, page: usize) -> String {
    let page_text = page.to_string();
    let mut pairs: Vec<(&str, &str)> = params.pairs().filter(|(name, _)| *name != "page").collect();
    if page > 1 {
        pairs.push(("page", &page_text));
    }
    // A stable sort: repeated names keep their order.
    pairs.sort_by_key(|(name, _)| *name);
    let mut query = String::new();
    for (name, value) in pairs {
        query.push(if query.is_empty() { '?' } else { '&' });
        push_quoted(&mut query, name);
        query.push('=');
        push_quoted(&mut query, value);
    }
    query
}

/// Escapes like an HTML form: a space becomes `+`.
fn push_quoted(out: &mut String, text: &str) {
    use std::fmt::Write;
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_absolute_sorted_and_keep_the_question() {
        let params = QueryParams::parse("page=2&per_page=2&name__contains=z%C3%BC+r&fields=id,name");
        let page = PageRange::of(&params, 7, "http://x/api/net").expect("valid").expect("asked");
        assert_eq!((page.from, page.to), (2, 4));
        assert_eq!(page.meta["next"], "http://x/api/net?fields=id%2Cname&name__contains=z%C3%BC+r&page=3&per_page=2");
        assert_eq!(page.meta["previous"], "http://x/api/net?fields=id%2Cname&name__contains=z%C3%BC+r&per_page=2");
        assert_eq!(page.meta["total_pages"], 4);
    }

    #[test]
    fn pages_out_of_range_are_refused() {
        for bad in ["page=0", "page=-1", "page=5&per_page=2", "page=x", "page=1.0"] {
            assert!(PageRange::of(&QueryParams::parse(bad), 7, "").is_err(), "{bad}");
        }
        for good in ["page=1", "page=", "page=last", "page=1&per_page=x", "page=1&per_page=0", "page=1&per_page=9999"] {
            assert!(PageRange::of(&QueryParams::parse(good), 7, "").is_ok(), "{good}");
        }
        assert!(PageRange::of(&QueryParams::parse("page=1"), 0, "").is_ok());
        assert!(PageRange::of(&QueryParams::parse("per_page=2"), 0, "").expect("valid").is_none());
    }
}
