//! The operations of each path.

use peerage_schema::{FilterSupport, ResourceTable};
use serde_json::{Map, Value as Json, json};

use super::{REFUSALS, answers, envelope, filter_parameters, parameter, special_filters};
use crate::endpoints::ApiEndpoint;

pub fn list_path(table: &ResourceTable) -> Json {
    let mut parameters: Vec<Json> =
        ["fields", "limit", "skip", "since", "depth_list", "page", "per_page", "pretty"].map(parameter).into();
    if table.searchable {
        parameters.push(parameter("name_search"));
    }
    for field in table.fields.iter().filter(|field| field.filter == FilterSupport::Yes && !field.kind.is_relation()) {
        parameters.extend(filter_parameters(field));
    }
    parameters.extend(
        special_filters(table.resource).iter().map(
            |(name, about)| json!({"name": name, "in": "query", "description": about, "schema": {"type": "string"}}),
        ),
    );
    json!({
        "get": {
            "operationId": format!("list {}", table.tag),
            "tags": [table.tag],
            "summary": format!("List {}", table.title_plural.to_lowercase()),
            "description": "Rows with status `ok`; with `since`, also deleted rows.",
            "parameters": parameters,
            "responses": answers(&format!("{}_envelope", table.tag), &REFUSALS),
        }
    })
}

pub fn object_path(table: &ResourceTable) -> Json {
    json!({
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 0}}],
        "get": {
            "operationId": format!("retrieve {}", table.tag),
            "tags": [table.tag],
            "summary": format!("Get one {}", table.title.to_lowercase()),
            "description": "A row with status `ok` or `pending`.",
            "parameters": [
                parameter("fields"),
                parameter("depth_object"),
                parameter("pretty"),
            ],
            "responses": answers(&format!("{}_envelope", table.tag), &REFUSALS),
        }
    })
}

pub fn as_sets_path(row: &ApiEndpoint) -> Json {
    json!({"get": {
        "operationId": "list as_set",
        "tags": ["net"],
        "summary": row.endpoint.about,
        "responses": in_one_row(&as_set_row()),
    }})
}

pub fn as_set_path(row: &ApiEndpoint) -> Json {
    let mut responses = in_one_row(&as_set_row());
    responses["404"] = json!({"description": "No network has this number. No body."});
    json!({"get": {
        "operationId": "retrieve as_set",
        "tags": ["net"],
        "summary": row.endpoint.about,
        "parameters": [{"name": "asn", "in": "path", "required": true, "schema": {"type": "integer", "minimum": 0}}],
        "responses": responses,
    }})
}

/// Returns the responses of an endpoint that always returns one row.
pub fn in_one_row(row: &Json) -> Json {
    let mut responses = Map::new();
    let content = json!({"application/json": {"schema": envelope(row)}});
    responses.insert("200".to_owned(), json!({"description": "One row.", "content": content}));
    responses.insert("304".to_owned(), json!({"description": "The client's row is up to date."}));
    for (status, name) in REFUSALS.iter().filter(|(status, _)| *status != "404") {
        responses.insert((*status).to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
    Json::Object(responses)
}

pub fn as_set_row() -> Json {
    json!({"type": "object", "additionalProperties": {"type": "string"}})
}

pub fn index_path(row: &ApiEndpoint) -> Json {
    json!({"get": {
        "operationId": "list resources",
        "summary": row.endpoint.about,
        "responses": in_one_row(&json!({"type": "object", "additionalProperties": {"type": "string", "format": "uri"}})),
    }})
}

pub fn own_path(table: &ResourceTable) -> Json {
    json!({"get": {
        "operationId": format!("own {}", table.tag),
        "tags": [table.tag],
        "summary": format!("Redirect to the caller's own {}", table.title.to_lowercase()),
        "responses": {
            "302": {"description": "The first one of the caller's organization, or the default one."},
            "400": {"$ref": "#/components/responses/malformed"},
            "401": {"$ref": "#/components/responses/unauthenticated"},
            "403": {"$ref": "#/components/responses/forbidden"},
            "404": {"$ref": "#/components/responses/not_found"},
            "406": {"$ref": "#/components/responses/not_acceptable"},
            "429": {"$ref": "#/components/responses/throttled"},
        },
    }})
}

pub fn schema_path(row: &ApiEndpoint) -> Json {
    json!({"get": {
        "operationId": format!("document {}", row.endpoint.path.trim_start_matches("/api/")),
        "summary": row.endpoint.about,
        "responses": {
            "200": {"description": "The document.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "406": {"$ref": "#/components/responses/not_acceptable"},
            "429": {"$ref": "#/components/responses/throttled"},
        },
    }})
}

pub fn search_path(row: &ApiEndpoint) -> Json {
    let hit = json!({
        "type": "object",
        "properties": {
            "id": {"type": "integer"}, "name": {"type": "string"}, "org_id": {"type": "integer"}, "asn": {"type": "integer"},
        },
    });
    let found = json!({"type": "object", "additionalProperties": {"type": "array", "items": hit}});
    json!({"get": {
        "operationId": "search",
        "summary": row.endpoint.about,
        "security": [{"key": []}],
        "parameters": [{"name": "q", "in": "query", "description": "Search text.", "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "The objects by kind, without an envelope.", "content": {"application/json": {"schema": found}}},
            "400": {"$ref": "#/components/responses/malformed"},
            "401": {"description": "No key, or a wrong one.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "403": {"$ref": "#/components/responses/forbidden"},
            "406": {"$ref": "#/components/responses/not_acceptable"},
            "429": {"$ref": "#/components/responses/throttled"},
        },
    }})
}

pub fn dump_path_item() -> Json {
    json!({"get": {
        "operationId": "dump",
        "summary": "Get all active rows of a resource, as anonymous users see them",
        "description": "`<resource>-<depth>.json`, depth 0 to 3. Always fresh; revalidate with `If-None-Match`.",
        "parameters": [{"name": "file", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[a-z]+-[0-3]\\.json$"}}],
        "responses": {
            "200": {"description": "The envelope.", "content": {"application/json": {"schema": envelope(&json!({"type": "object"}))}}},
            "304": {"description": "The client's copy is up to date."},
            "404": {"description": "No such file."},
        },
    }})
}
