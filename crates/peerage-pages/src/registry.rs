//! Pages about the registry: API documentation, not found.

use askama::Template;
use peerage_schema::{Field, FieldKind, FilterSupport, Resource, ValueStorage};

use crate::find::RequestExample;
use crate::{PageFrame, render};

struct FieldView {
    name: &'static str,
    kind: String,
    about: String,
}

struct TableView {
    tag: &'static str,
    title: &'static str,
    about: &'static str,
    fields: Vec<FieldView>,
    filters: &'static [(&'static str, &'static str)],
}

/// A request that the reader puts together.
#[derive(Clone, Debug)]
pub struct ComposedRequest {
    /// The resource, as the API names it.
    pub tag: &'static str,
    pub id: String,
    pub params: String,
    /// Path and query.
    pub path: String,
    pub examples: Vec<RequestExample>,
}

/// What the API documentation says about this server.
pub struct ApiFacts<'a> {
    pub version: &'a str,
    pub dump_path: &'a str,
    pub operators: Vec<&'static str>,
    /// The filters that only one resource has.
    pub filters: fn(Resource) -> &'static [(&'static str, &'static str)],
    /// Each limit: of what, and its number; 0: none.
    pub limits: Vec<(&'static str, usize)>,
    pub request: ComposedRequest,
}

#[derive(Template)]
#[template(path = "api_docs.html")]
struct ApiDocsPage<'a> {
    frame: PageFrame<'a>,
    tables: Vec<TableView>,
    facts: ApiFacts<'a>,
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFoundPage<'a> {
    frame: PageFrame<'a>,
}

/// The API documentation.
pub fn api_docs(frame: PageFrame<'_>, facts: ApiFacts<'_>) -> String {
    let view = |resource: Resource| {
        let table = resource.table();
        let shown = table.fields.iter().filter(|field| field.is_shown());
        TableView {
            tag: table.tag,
            title: table.title,
            about: table.about,
            fields: shown.map(field_view).collect(),
            filters: (facts.filters)(resource),
        }
    };
    let frame = frame.titled("docs-title");
    render(&ApiDocsPage { frame, tables: Resource::ALL.map(view).into(), facts })
}

/// The page for unknown addresses.
pub fn not_found(frame: PageFrame<'_>) -> String {
    render(&NotFoundPage { frame: frame.titled("missing-title") })
}

fn field_view(field: &Field) -> FieldView {
    let kind = match field.kind {
        FieldKind::Id => "number".to_owned(),
        FieldKind::Ref(of) => format!("id of {}", of.tag()),
        FieldKind::One { of, .. } => format!("{}, with depth", of.tag()),
        FieldKind::Set(set) => format!("list of {}, with depth", set.of.tag()),
        FieldKind::Choice(_) => "one of a list".to_owned(),
        FieldKind::Choices(_) | FieldKind::Words(_) => "several of a list".to_owned(),
        FieldKind::Social => "list of service and identifier".to_owned(),
        FieldKind::Country => "country code".to_owned(),
        FieldKind::Ip4 => "IPv4 address".to_owned(),
        FieldKind::Ip6 => "IPv6 address".to_owned(),
        FieldKind::Prefix => "prefix".to_owned(),
        FieldKind::Url { .. } => "URL".to_owned(),
        FieldKind::Email => "e-mail address".to_owned(),
        FieldKind::Phone { .. } => "phone number".to_owned(),
        FieldKind::Mac => "hardware address".to_owned(),
        _ => match field.kind.storage() {
            ValueStorage::Int => "number",
            ValueStorage::Bool => "true or false",
            ValueStorage::Degrees => "degrees",
            ValueStorage::Time => "time, UTC",
            ValueStorage::Text | ValueStorage::None => "text",
        }
        .to_owned(),
    };
    let mut about = field.label.to_owned();
    if !field.help.is_empty() {
        about = format!("{about}. {}", field.help);
    }
    if let FieldKind::Choice(choices) | FieldKind::Choices(choices) | FieldKind::Words(choices) = field.kind {
        let values: Vec<&str> = choices.iter().map(|choice| choice.value).filter(|value| !value.is_empty()).collect();
        about = format!("{}: {}", about.trim_end_matches('.'), values.join(", "));
    }
    if field.filter != FilterSupport::Yes && !field.kind.is_relation() && !about.ends_with('.') {
        about.push('.');
    }
    FieldView { name: field.name, kind, about }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PageTexts;

    fn frame(path: &str) -> PageFrame<'_> {
        PageFrame::new(PageTexts::english(), path)
    }

    #[test]
    fn pages_are_whole_and_escape_what_they_show() {
        let facts = ApiFacts {
            version: "1",
            dump_path: "/dumps",
            operators: vec!["__lt"],
            filters: |_| &[("whereis", "Contains it.")],
            limits: vec![("Requests", 0), ("Changes", 1_000)],
            request: ComposedRequest {
                tag: "fac",
                id: "7".to_owned(),
                params: "depth=0".to_owned(),
                path: "/api/fac/7?depth=0".to_owned(),
                examples: Vec::new(),
            },
        };
        let docs = api_docs(frame("/apidocs/"), facts);
        assert!(docs.contains("<option value=\"fac\" selected>") && docs.contains("GET /api/fac/7?depth=0"));
        assert!(docs.contains("<td class=\"number\">none</td>") && docs.contains("<td class=\"number\">1,000</td>"));
        for resource in Resource::ALL {
            assert!(docs.contains(&format!("id=\"{}\"", resource.tag())));
        }
        assert!(docs.contains("whereis") && docs.contains("ipaddr6"));
        assert!(not_found(frame("/<x>")).contains("Not found"));
        assert!(!not_found(frame("/<x>")).contains("<x>"));
    }

    #[test]
    fn english_names_of_resources_are_those_of_the_tables() {
        for resource in Resource::ALL {
            let title = PageTexts::english().get(&format!("resources-{}", resource.tag()));
            assert_eq!(title, resource.table().title_plural);
        }
    }
}
