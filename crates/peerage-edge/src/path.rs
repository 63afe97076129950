//! Normalizes each path before anything else reads it.

use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Returns the same address with each run of slashes in its path replaced by one slash, or `None` if it has no such
/// run.
///
/// Clients join a base address that ends with a slash and a path that begins with one. Limits, authorization and
/// routing only see the normalized path, so that `/api//net` is `/api/net` for all of them.
pub fn with_single_slashes(uri: &Uri) -> Option<Uri> {
    if !uri.path().contains("//") {
        return None;
    }
    let mut text = String::with_capacity(uri.path().len());
    for letter in uri.path().chars() {
        if letter != '/' || !text.ends_with('/') {
            text.push(letter);
        }
    }
    if let Some(query) = uri.query() {
        text.push('?');
        text.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_01_runs_of_slashes_are_one_slash_and_nothing_else_changes() {
        for (given, expected) in [
            ("/api/net", None),
            ("/api/net?x=//", None),
            ("/api/%2F%2Fnet", None),
            ("/api//net?asn=1", Some("/api/net?asn=1")),
            ("//api/net", Some("/api/net")),
            ("///api////net///1", Some("/api/net/1")),
            ("/api//", Some("/api/")),
            ("//", Some("/")),
            ("//host.example/x?y=//z", Some("/host.example/x?y=//z")),
            ("http://host.example//api/net", Some("http://host.example/api/net")),
        ] {
            let uri: Uri = given.parse().expect("an address");
            let single = with_single_slashes(&uri).map(|uri| uri.to_string());
            assert_eq!(single.as_deref(), expected, "{given}");
        }
    }
}
