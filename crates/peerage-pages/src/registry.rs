//! Pages about the registry: contents, API documentation, not found.

use std::borrow::Cow;

use askama::Template;
use peerage_schema::{Field, Filter, Kind, Resource, Storage};

use crate::{Frame, render};

struct Counted {
    tag: &'static str,
    title: Cow<'static, str>,
    rows: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    frame: Frame<'a>,
    rows: Vec<Counted>,
    version: &'a str,
    dump_path: &'a str,
}

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

#[derive(Template)]
#[template(path = "api_docs.html")]
struct ApiDocs<'a> {
    frame: Frame<'a>,
    tables: Vec<TableView>,
    operators: Vec<&'static str>,
    version: &'a str,
    dump_path: &'a str,
}

#[derive(Template)]
#[template(path = "not_found.html")]
struct NotFound<'a> {
    frame: Frame<'a>,
}

/// The home page with the contents of the registry. `counts` are the active rows of each resource.
pub fn home(frame: Frame<'_>, counts: &[(Resource, usize)], version: &str, dump_path: &str) -> String {
    let row = |(resource, count): &(Resource, usize)| Counted {
        tag: resource.tag(),
        title: frame.texts.get(&format!("resources-{}", resource.tag())),
        rows: frame.texts.number(*count),
    };
    let rows = counts.iter().map(row).collect();
    render(&Home { rows, frame: frame.titled("home-title"), version, dump_path })
}

/// The API documentation. `filters` returns the filters that only one resource has.
pub fn api_docs(
    frame: Frame<'_>,
    version: &str,
    dump_path: &str,
    operators: Vec<&'static str>,
    filters: fn(Resource) -> &'static [(&'static str, &'static str)],
) -> String {
    let view = |resource: Resource| {
        let table = resource.table();
        let shown = table.fields.iter().filter(|field| field.is_shown());
        TableView {
            tag: table.tag,
            title: table.title,
            about: table.about,
            fields: shown.map(field_view).collect(),
            filters: filters(resource),
        }
    };
    let frame = frame.titled("docs-title");
    render(&ApiDocs { frame, tables: Resource::ALL.map(view).into(), operators, version, dump_path })
}

/// The page for unknown addresses.
pub fn not_found(frame: Frame<'_>) -> String {
    render(&NotFound { frame: frame.titled("missing-title") })
}

fn field_view(field: &Field) -> FieldView {
    let kind = match field.kind {
        Kind::Id => "number".to_owned(),
        Kind::Ref(of) => format!("id of {}", of.tag()),
        Kind::One { of, .. } => format!("{}, with depth", of.tag()),
        Kind::Set(set) => format!("list of {}, with depth", set.of.tag()),
        Kind::Choice(_) => "one of a list".to_owned(),
        Kind::Choices(_) | Kind::Words(_) => "several of a list".to_owned(),
        Kind::Social => "list of service and identifier".to_owned(),
        Kind::Country => "country code".to_owned(),
        Kind::Ip4 => "IPv4 address".to_owned(),
        Kind::Ip6 => "IPv6 address".to_owned(),
        Kind::Prefix => "prefix".to_owned(),
        Kind::Url { .. } => "URL".to_owned(),
        Kind::Email => "e-mail address".to_owned(),
        Kind::Phone { .. } => "phone number".to_owned(),
        Kind::Mac => "hardware address".to_owned(),
        _ => match field.kind.storage() {
            Storage::Int => "number",
            Storage::Bool => "true or false",
            Storage::Degrees => "degrees",
            Storage::Time => "time, UTC",
            Storage::Text | Storage::None => "text",
        }
        .to_owned(),
    };
    let mut about = field.label.to_owned();
    if !field.help.is_empty() {
        about = format!("{about}. {}", field.help);
    }
    if let Kind::Choice(choices) | Kind::Choices(choices) | Kind::Words(choices) = field.kind {
        let values: Vec<&str> = choices.iter().map(|choice| choice.value).filter(|value| !value.is_empty()).collect();
        about = format!("{}: {}", about.trim_end_matches('.'), values.join(", "));
    }
    if field.filter != Filter::Yes && !field.kind.is_relation() && !about.ends_with('.') {
        about.push('.');
    }
    FieldView { name: field.name, kind, about }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Texts;

    fn frame(path: &str) -> Frame<'_> {
        Frame::new(Texts::english(), path)
    }

    #[test]
    fn pages_are_whole_and_escape_what_they_show() {
        let home = home(frame("/"), &[(Resource::Net, 3)], "<1>", "/dumps");
        assert!(home.contains("Networks") && home.contains("&#60;1&#62;") && home.ends_with("</html>"));
        let docs = api_docs(frame("/apidocs/"), "1", "/dumps", vec!["__lt"], |_| &[("whereis", "Contains it.")]);
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
            let said = Texts::english().get(&format!("resources-{}", resource.tag()));
            assert_eq!(said, resource.table().title_plural);
        }
    }
}
