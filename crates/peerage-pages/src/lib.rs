//! Templates and styles of the pages. Pages are plain HTML that works without scripts.

use peerage_schema::Resource;

/// The style sheet.
pub const STYLE: &str = "";

pub fn home(_counts: &[(Resource, usize); 13], _version: &str, _dump_path: &str) -> String {
    String::new()
}
pub fn api_docs(_version: &str, _dump_path: &str) -> String {
    String::new()
}
pub fn not_found() -> String {
    "<!doctype html><title>Not found</title>".to_owned()
}
