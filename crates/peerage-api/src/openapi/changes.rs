//! Bodies and answers of changes: the thirteen resources, and the calls that manage keys, role accounts, people and
//! audit logs.

use axum::http::Method;
use peerage_edge::bounds::BodyBound;
use peerage_edge::endpoint::{Endpoint, EndpointAccess};
use peerage_registry::rules::extras;
use peerage_schema::{FieldKind, ResourceTable, WriteAccess};
use serde_json::{Map, Value as Json, json};

use crate::endpoints::{AnswerForm, ApiEndpoint};

use super::schemas::written_schema;
use super::{envelope, reference};

/// Adds the methods that change rows of a resource to its paths.
pub fn add(table: &ResourceTable, list: &mut Json, object: &mut Json) {
    let tag = table.tag;
    if table.list_methods.contains("POST") {
        list["post"] = json!({
            "operationId": format!("create {tag}"),
            "tags": [tag],
            "summary": format!("Add a {}", table.title.to_lowercase()),
            "security": security(),
            "parameters": [dry_run(), idempotency_key()],
            "requestBody": body(&format!("{tag}_new")),
            "responses": answers(&["200", "201"], &format!("{tag}_envelope")),
        });
    }
    object["put"] = json!({
        "operationId": format!("update {tag}"),
        "tags": [tag],
        "summary": format!("Change a {}", table.title.to_lowercase()),
        "description": "Fields that are required have to be sent; others stay as they are when they are missing, but for \
            those whose description says that they are reset.",
        "security": security(),
        "parameters": [dry_run(), idempotency_key(), if_match()],
        "requestBody": body(&format!("{tag}_new")),
        "responses": answers(&["200"], &format!("{tag}_envelope")),
    });
    if table.object_methods.contains("DELETE") {
        object["delete"] = json!({
            "operationId": format!("delete {tag}"),
            "tags": [tag],
            "summary": format!("Delete a {}", table.title.to_lowercase()),
            "description": "What is not there counts as deleted. What is below it goes with it; what others still need is \
                protected, and the answer says by whom.",
            "security": security(),
            "parameters": [dry_run(), idempotency_key(), if_match()],
            "responses": refusals(Map::from_iter([
                ("200".to_owned(), json!({
                    "description": "In a dry run: the objects that would be deleted.",
                    "content": {"application/json": {"schema": envelope(&json!({"type": "object"}))}},
                })),
                ("204".to_owned(), json!({"description": "Deleted."})),
            ])),
        });
    }
}

/// Returns the schema of a body, from the table.
pub fn body_schema(table: &ResourceTable) -> Json {
    let writable = || {
        table.fields.iter().filter(|field| {
            field.write != WriteAccess::No && !matches!(field.kind, FieldKind::One { .. } | FieldKind::Set(_))
        })
    };
    let mut properties: Map<String, Json> =
        writable().map(|field| (field.name.to_owned(), written_schema(field))).collect();
    let mut required: Vec<&str> = writable().filter(|field| field.required).map(|field| field.name).collect();
    for extra in extras(table.resource) {
        let kind = if extra.is_text { "string" } else { "boolean" };
        properties.insert(extra.name.to_owned(), json!({"type": kind, "description": extra.about}));
    }
    required.sort_unstable();
    json!({"type": "object", "properties": properties, "required": required})
}

fn security() -> Json {
    json!([{"key": []}])
}

fn security_of(access: EndpointAccess) -> Json {
    if access.is_open() { json!([{}, {"key": []}]) } else { security() }
}

/// Returns the statuses of success. A dry run of a request that creates something is answered with 200.
fn statuses(answer: AnswerForm) -> &'static [&'static str] {
    match answer {
        AnswerForm::Gone | AnswerForm::LoggedOut => &["204"],
        AnswerForm::DeletedLogo => &["200", "204"],
        answer if answer.is_new() => &["200", "201"],
        _ => &["200"],
    }
}

fn dry_run() -> Json {
    json!({"$ref": "#/components/parameters/dry_run"})
}

fn if_match() -> Json {
    json!({"$ref": "#/components/parameters/if_match"})
}

fn idempotency_key() -> Json {
    json!({"$ref": "#/components/parameters/idempotency_key"})
}

fn body(schema: &str) -> Json {
    let content = |kind: &str| (kind.to_owned(), json!({"schema": reference(schema)}));
    let kinds = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"].map(content);
    json!({"required": true, "content": Map::from_iter(kinds)})
}

fn answers(statuses: &[&str], schema: &str) -> Json {
    let content = json!({"application/json": {"schema": reference(schema)}});
    let answer = |status: &&str| {
        let about = if *status == "200" && statuses.len() > 1 {
            "In a dry run: the row as it would be stored."
        } else {
            "The stored row."
        };
        ((*status).to_owned(), json!({"description": about, "content": content}))
    };
    refusals(statuses.iter().map(answer).collect())
}

fn refusals(mut responses: Map<String, Json>) -> Json {
    for (status, name) in [
        ("400", "malformed"),
        ("401", "unauthenticated"),
        ("403", "forbidden"),
        ("404", "not_found"),
        ("406", "not_acceptable"),
        ("408", "too_slow"),
        ("413", "too_large"),
        ("412", "has_changed"),
        ("415", "unsupported_media"),
        ("422", "key_of_another_request"),
        ("429", "throttled"),
        ("503", "unavailable"),
        ("504", "outcome_unknown"),
    ] {
        responses.insert(status.to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
    Json::Object(responses)
}

/// Describes an endpoint for keys, role accounts, people, logos and audit logs, or one that acts on an object.
pub fn add_managed(paths: &mut Map<String, Json>, row: &ApiEndpoint) {
    let Endpoint { method, path, access, about, bounds } = &row.endpoint;
    let item = paths.entry(*path).or_insert_with(|| {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameters: Vec<Json> = names
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        json!({"parameters": parameters})
    });
    let object = json!({"type": "object"});
    let answer = |status: &&str| {
        let mut answer = json!({"description": "Success."});
        if *status != "204" {
            answer["description"] = json!("An envelope.");
            answer["content"] = json!({"application/json": {"schema": envelope(&object)}});
        }
        if row.answer == AnswerForm::Events {
            for kind in ["application/x-ndjson", "text/csv"] {
                answer["content"][kind] = json!({"schema": {"type": "string"}});
            }
        }
        ((*status).to_owned(), answer)
    };
    let word = method.as_str().to_lowercase();
    let mut operation = json!({
        "operationId": format!("{word} {}", path.trim_start_matches("/api/")),
        "tags": ["keys and people"],
        "summary": about,
        "description": format!("For {}.", access.text()),
        "security": security_of(*access),
        "responses": refusals(statuses(row.answer).iter().map(answer).collect()),
    });
    if *method != Method::GET {
        operation["parameters"] = json!([dry_run(), idempotency_key()]);
    }
    if bounds.body != BodyBound::None && *method != Method::DELETE {
        operation["requestBody"] = json!({"content": {"application/json": {"schema": object}}});
    }
    item[word] = operation;
}
