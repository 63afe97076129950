//! What is written: bodies and answers of the thirteen resources, and the calls that tend keys, roles, people and trails.

use peerage_registry::rules::extras;
use peerage_schema::{Kind, Table, Write};
use serde_json::{Map, Value as Json, json};

use super::{envelope, reference, written_schema};

/// Adds what changes rows of a resource to its paths.
pub fn add(table: &Table, list: &mut Json, object: &mut Json) {
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
        "parameters": [dry_run(), idempotency_key()],
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
            "parameters": [dry_run(), idempotency_key()],
            "responses": refusals(Map::from_iter([
                ("200".to_owned(), json!({
                    "description": "Of a dry run: what would be deleted with it.",
                    "content": {"application/json": {"schema": envelope(&json!({"type": "object"}))}},
                })),
                ("204".to_owned(), json!({"description": "It is deleted."})),
            ])),
        });
    }
}

/// What a body may say, from the table.
pub fn body_schema(table: &Table) -> Json {
    let writable = || {
        table
            .fields
            .iter()
            .filter(|field| field.write != Write::No && !matches!(field.kind, Kind::One { .. } | Kind::Set(_)))
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

/// Calls that tell or take something without asking who it is; a key may be shown all the same.
const OPEN: [(&str, &str); 4] = [
    ("get", "/api/whoami"),
    ("post", "/api/keys/report"),
    ("post", "/api/keys/confirm"),
    ("get", "/api/asset/{kind}/{id}/logo"),
];

fn security_of(call: (&str, &str)) -> Json {
    if OPEN.contains(&call) { json!([{}, {"key": []}]) } else { security() }
}

/// What a call answers when it is done. A dry run of one that makes something is answered 200.
fn done(method: &str, path: &str) -> &'static [&'static str] {
    let makes = ["/keys", "/roles", "/users/add", "/logo"].iter().any(|end| path.ends_with(end));
    match method {
        "delete" if path.ends_with("/logo") => &["200", "204"],
        "delete" => &["204"],
        "post" if makes => &["200", "201"],
        _ => &["200"],
    }
}

/// Answers that are no JSON where the caller asks for a file.
fn files(method: &str, path: &str) -> &'static [&'static str] {
    let is_log = method == "get" && (path.ends_with("/audit") || path.ends_with("/history"));
    if is_log { &["application/x-ndjson", "text/csv"] } else { &[] }
}

fn dry_run() -> Json {
    json!({"$ref": "#/components/parameters/dry_run"})
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
            "Of a dry run: the row as it would be stored."
        } else {
            "The row as it is stored."
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

/// A call of the second half: method, path, what it does, and whether it takes a body.
const MANAGED: &[(&str, &str, &str, bool)] = &[
    ("get", "/api/whoami", "Who am I, with which key, and what may I do", false),
    ("delete", "/api/session", "End the session that asks", false),
    ("get", "/api/user/keys", "My keys", false),
    ("post", "/api/user/keys", "Make a key of mine", true),
    ("get", "/api/user/keys/{key}", "One of my keys", false),
    ("patch", "/api/user/keys/{key}", "Change one of my keys", true),
    ("delete", "/api/user/keys/{key}", "Revoke one of my keys", false),
    ("post", "/api/user/keys/{key}/rotate", "Give one of my keys a new secret", true),
    ("post", "/api/user/keys/{key}/suspend", "Suspend one of my keys", false),
    ("post", "/api/user/keys/{key}/resume", "Resume one of my keys", false),
    ("get", "/api/user/keys/{key}/use", "How one of my keys is used", false),
    ("get", "/api/org/{org}/keys", "Keys of an organization", false),
    ("post", "/api/org/{org}/keys", "Make a key of an organization", true),
    ("get", "/api/org/{org}/keys/{key}", "A key of an organization", false),
    ("patch", "/api/org/{org}/keys/{key}", "Change a key of an organization", true),
    ("delete", "/api/org/{org}/keys/{key}", "Revoke a key of an organization", false),
    ("post", "/api/org/{org}/keys/{key}/rotate", "Give a key a new secret", true),
    ("post", "/api/org/{org}/keys/{key}/suspend", "Suspend a key", false),
    ("post", "/api/org/{org}/keys/{key}/resume", "Resume a key", false),
    ("get", "/api/org/{org}/keys/{key}/use", "How a key is used", false),
    ("get", "/api/org/{org}/roles", "Roles of an organization", false),
    ("post", "/api/org/{org}/roles", "Make a role", true),
    ("get", "/api/org/{org}/roles/{role}", "A role", false),
    ("patch", "/api/org/{org}/roles/{role}", "Change a role, its people or its grants", true),
    ("delete", "/api/org/{org}/roles/{role}", "End a role and the keys made in it", false),
    ("get", "/api/org/{org}/roles/{role}/keys", "Keys made in a role", false),
    ("post", "/api/org/{org}/roles/{role}/keys", "Make my key in a role", true),
    ("get", "/api/org/{org}/members", "People of an organization, with rights and roles", false),
    ("patch", "/api/org/{org}/members/{user}", "Change a person's rank or grants", true),
    ("delete", "/api/org/{org}/members/{user}", "Take a person out, or leave", false),
    ("get", "/api/org/{org}/users", "People of an organization, as PeeringDB tells them", false),
    ("post", "/api/org/{org}/users/add", "Take a person in", true),
    ("put", "/api/org/{org}/users/{user}", "Make a person an admin or a member", true),
    ("delete", "/api/org/{org}/users/remove", "Take a person out", true),
    ("get", "/api/org/{org}/policy", "What an organization demands of its keys and people", false),
    ("patch", "/api/org/{org}/policy", "Change what an organization demands", true),
    ("get", "/api/org/{org}/audit", "The organization's trail", false),
    ("get", "/api/org/{org}/hygiene", "What to look at about keys and people", false),
    ("get", "/api/user/audit", "What I did", false),
    ("get", "/api/audit", "The whole trail, for the registry's staff", false),
    ("get", "/api/{kind}/{id}/history", "An object's history, or with `at` its state at a past moment", false),
    ("post", "/api/keys/report", "Report a key that was found in the open", true),
    ("post", "/api/keys/confirm", "Confirm a key's contact address", true),
    ("post", "/api/ix/{id}/request_ixf_import", "Ask for an import of the member list", false),
    ("post", "/api/campus/{id}/add-facility/{fac}", "Add a facility to a campus", false),
    ("post", "/api/campus/{id}/remove-facility/{fac}", "Take a facility out of a campus", false),
    ("post", "/api/netixlan/{id}/set-net-side", "Say in which facility the network's side of a port is", true),
    ("post", "/api/netixlan/{id}/set-ix-side", "Say in which facility the exchange's side of a port is", true),
    ("post", "/api/carrierfac/{id}/approve", "Approve a carrier's presence", false),
    ("post", "/api/carrierfac/{id}/reject", "Reject a carrier's presence", false),
    ("get", "/api/asset/{kind}/{id}/logo", "An object's logo", false),
    ("post", "/api/asset/{kind}/{id}/logo", "Set an object's logo", true),
    ("put", "/api/asset/{kind}/{id}/logo", "Replace an object's logo", true),
    ("delete", "/api/asset/{kind}/{id}/logo", "Remove an object's logo", false),
];

/// Adds the calls that tend keys, roles, people and trails.
pub fn add_managed(paths: &mut Map<String, Json>) {
    for (method, path, summary, takes_body) in MANAGED {
        let item = paths.entry(*path).or_insert_with(|| {
            let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let parameters: Vec<Json> = names
                .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
                .collect();
            json!({"parameters": parameters})
        });
        let object = json!({"type": "object"});
        let answer = |status: &&str| {
            let mut answer = json!({"description": "It is done."});
            if *status != "204" {
                answer["description"] = json!("An envelope.");
                answer["content"] = json!({"application/json": {"schema": envelope(&object)}});
            }
            for kind in files(method, path) {
                answer["content"][*kind] = json!({"schema": {"type": "string"}});
            }
            ((*status).to_owned(), answer)
        };
        let mut operation = json!({
            "operationId": format!("{method} {}", path.trim_start_matches("/api/")),
            "tags": ["keys and people"],
            "summary": summary,
            "security": security_of((method, path)),
            "responses": refusals(done(method, path).iter().map(answer).collect()),
        });
        if *method != "get" {
            operation["parameters"] = json!([dry_run(), idempotency_key()]);
        }
        if *takes_body {
            operation["requestBody"] = json!({"content": {"application/json": {"schema": object}}});
        }
        item[*method] = operation;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manage;

    #[test]
    fn every_call_that_is_described_is_there() {
        for (method, path, ..) in MANAGED {
            let example = path
                .replace("{org}", "7")
                .replace("{role}", "3")
                .replace("{user}", "5")
                .replace("{key}", "abcdefghijkl")
                .replace("{kind}", "net")
                .replace("{id}", "1")
                .replace("{fac}", "2");
            let path = example.strip_prefix("/api/").expect("below /api/");
            if path.contains("logo") || path.starts_with("ix/") || path.contains("-facility") || path.contains("-side")
            {
                continue;
            }
            if path.starts_with("carrierfac/") {
                continue;
            }
            let managed = manage::find(path).unwrap_or_else(|| panic!("{path} leads nowhere"));
            let methods =
                peerage_edge::routes::methods(managed.pattern()).unwrap_or_else(|| panic!("{path} is no route"));
            assert!(methods.contains(&method.to_uppercase()), "{method} {path}");
        }
    }
}
