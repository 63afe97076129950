//! Markdown as pages will show it, while somebody writes it.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_pages::edit::MarkdownPage;
use peerage_pages::markdown::markdown;
use peerage_pages::object::FieldChange;
use peerage_schema::{Field, Resource};

use crate::visit::Visit;

/// The longest text that is shown, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

pub async fn show(visit: Visit) -> Response<Body> {
    let (texts, text) = (visit.texts(), visit.form.text("text"));
    let (status, html) = match text.len() {
        0..=TEXT_BYTES_MAX => (StatusCode::OK, markdown(text)),
        _ => {
            (StatusCode::PAYLOAD_TOO_LARGE, markdown(&texts.with("edit-markdown-long", &[("bytes", &TEXT_BYTES_MAX)])))
        }
    };
    let page = MarkdownPage { language: texts.tag(), title: texts.get("edit-markdown"), html };
    visit.page("markdown", status, texts.tag(), page.show())
}

/// The changed fields in Markdown as pages will show them: labels and HTML.
pub fn rendered(resource: Resource, fields: &[FieldChange]) -> Vec<(String, String)> {
    let is_markdown = |change: &&FieldChange| resource.table().field(change.key).is_some_and(Field::has_lines);
    let text = |change: &FieldChange| change.values[1].as_str().unwrap_or_default().to_owned();
    let changed = fields.iter().filter(is_markdown).map(|change| (change.label.clone(), markdown(&text(change))));
    changed.filter(|(_, html)| !html.is_empty()).collect()
}
