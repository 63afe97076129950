//! The `OpenAPI` 3.1 document, made from the field tables: what the tables say is what the server does.

mod changes;

use peerage_registry::query::{FilterOperator, ROWS_MAX_A_PAGE, ROWS_MAX_WITH_DEPTH};
use peerage_registry::rules::NO_POWER;
use peerage_schema::choices::{COUNTRIES, FieldChoice};
use peerage_schema::{
    DisplayForm, EmptyValue, Field, FieldKind, FilterSupport, RelatedSet, Resource, ResourceTable, ValueStorage,
    WriteAccess,
};
use serde_json::{Map, Value as Json, json};

use crate::endpoints::{AnswerForm, ApiEndpoint, ENDPOINTS};
use crate::read::ReadContext;
use peerage_edge::content::EdgeResponse;
use peerage_edge::prepared::prepared;

impl ReadContext<'_> {
    pub fn openapi(&self) -> EdgeResponse {
        prepared(self.app.openapi.clone().into(), None)
    }
}

/// The whole document.
pub fn document(dump_path: &str, takes_no_power: bool) -> Json {
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for resource in Resource::ALL {
        let table = resource.table();
        let (mut list, mut object) = (list_path(table), object_path(table));
        changes::add(table, &mut list, &mut object);
        paths.insert(format!("/api/{}", table.tag), list);
        paths.insert(format!("/api/{}/{{id}}", table.tag), object);
        schemas.insert(table.tag.to_owned(), row_schema(table));
        schemas.insert(format!("{}_new", table.tag), changes::body_schema(table));
        schemas.insert(format!("{}_envelope", table.tag), envelope(&reference(table.tag)));
    }
    for row in ENDPOINTS {
        let path = row.endpoint.path;
        let described = match row.answer {
            // The paths of each resource, which are above.
            AnswerForm::List
            | AnswerForm::Object
            | AnswerForm::NewRow
            | AnswerForm::ChangedRow
            | AnswerForm::DeletedRow => continue,
            AnswerForm::OwnObject => {
                for table in Resource::ALL.map(Resource::table).into_iter().filter(|table| table.own_default.is_some())
                {
                    paths.insert(path.replace("{kind}", table.tag), own_path(table));
                }
                continue;
            }
            AnswerForm::Found => {
                paths.insert("/api/search".to_owned(), search_path(row));
                continue;
            }
            AnswerForm::Index => index_path(row),
            AnswerForm::Document => schema_path(row),
            AnswerForm::AsSets => as_sets_path(row),
            AnswerForm::AsSet => as_set_path(row),
            AnswerForm::ActedRow
            | AnswerForm::Logo
            | AnswerForm::NewLogo
            | AnswerForm::DeletedLogo
            | AnswerForm::Rows
            | AnswerForm::NewRecord
            | AnswerForm::NewKey
            | AnswerForm::NewSecret
            | AnswerForm::Gone
            | AnswerForm::LoggedOut
            | AnswerForm::Events => {
                changes::add_managed(&mut paths, row);
                continue;
            }
        };
        paths.insert(path.to_owned(), described);
    }
    paths.insert(format!("{dump_path}/{{file}}"), dump_path_item());
    if let Some(listed) = schemas
        .get_mut("fac_new")
        .and_then(|schema| schema.pointer_mut("/properties/available_voltage_services/items/enum"))
        .and_then(Json::as_array_mut)
        .filter(|_| !takes_no_power)
    {
        listed.retain(|value| value != NO_POWER);
    }
    schemas.insert("error".to_owned(), error_schema());
    schemas.insert("meta".to_owned(), meta_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Peerage API",
            "version": peerage_edge::VERSION,
            "summary": "An interconnection registry that speaks PeeringDB's REST API.",
            "description": "Networks, exchanges, facilities and how they are connected. Every answer is an envelope \
                `{\"data\": [...], \"meta\": {}}`. Unknown parameters are ignored.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": Resource::ALL.map(|resource| {
            let table = resource.table();
            json!({"name": table.tag, "description": table.about})
        }),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": shared_parameters(),
            "responses": shared_responses(),
            "securitySchemes": {
                "key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Api-Key <key>`",
                },
            },
        },
    })
}

fn reference(schema: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn parameter(name: &str) -> Json {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

fn answers(schema: &str, statuses: &[(&str, &str)]) -> Json {
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "The rows.",
            "headers": {"ETag": {"description": "Changes when the registry does.", "schema": {"type": "string"}}},
            "content": {"application/json": {"schema": reference(schema)}},
        }),
    );
    responses.insert("304".to_owned(), json!({"description": "The client's rows are up to date."}));
    for (status, name) in statuses {
        responses.insert((*status).to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
    Json::Object(responses)
}

/// 403: `distance` without an account, and passwords in place of a key.
const REFUSALS: [(&str, &str); 6] = [
    ("400", "malformed"),
    ("401", "unauthenticated"),
    ("403", "forbidden"),
    ("404", "not_found"),
    ("406", "not_acceptable"),
    ("429", "throttled"),
];

fn list_path(table: &ResourceTable) -> Json {
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

fn object_path(table: &ResourceTable) -> Json {
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

fn as_sets_path(row: &ApiEndpoint) -> Json {
    json!({"get": {
        "operationId": "list as_set",
        "tags": ["net"],
        "summary": row.endpoint.about,
        "responses": in_one_row(&as_set_row()),
    }})
}

fn as_set_path(row: &ApiEndpoint) -> Json {
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

/// The answers of what is always one row.
fn in_one_row(row: &Json) -> Json {
    let mut responses = Map::new();
    let content = json!({"application/json": {"schema": envelope(row)}});
    responses.insert("200".to_owned(), json!({"description": "One row.", "content": content}));
    responses.insert("304".to_owned(), json!({"description": "The client's row is up to date."}));
    for (status, name) in REFUSALS.iter().filter(|(status, _)| *status != "404") {
        responses.insert((*status).to_owned(), json!({"$ref": format!("#/components/responses/{name}")}));
    }
    Json::Object(responses)
}

fn as_set_row() -> Json {
    json!({"type": "object", "additionalProperties": {"type": "string"}})
}

fn index_path(row: &ApiEndpoint) -> Json {
    json!({"get": {
        "operationId": "list resources",
        "summary": row.endpoint.about,
        "responses": in_one_row(&json!({"type": "object", "additionalProperties": {"type": "string", "format": "uri"}})),
    }})
}

fn own_path(table: &ResourceTable) -> Json {
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

fn schema_path(row: &ApiEndpoint) -> Json {
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

fn search_path(row: &ApiEndpoint) -> Json {
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

fn dump_path_item() -> Json {
    json!({"get": {
        "operationId": "dump",
        "summary": "Get all active rows of a resource, as anonymous users see them",
        "description": "`<resource>-<depth>.json`, depth 0 to 3. Always fresh; ask again with `If-None-Match`.",
        "parameters": [{"name": "file", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[a-z]+-[0-3]\\.json$"}}],
        "responses": {
            "200": {"description": "The envelope.", "content": {"application/json": {"schema": envelope(&json!({"type": "object"}))}}},
            "304": {"description": "The client's copy is up to date."},
            "404": {"description": "No such file."},
        },
    }})
}

fn envelope(row: &Json) -> Json {
    json!({
        "type": "object",
        "required": ["data", "meta"],
        "properties": {"data": {"type": "array", "items": row}, "meta": reference("meta")},
    })
}

/// A row. No field is required, since `fields=` chooses.
fn row_schema(table: &ResourceTable) -> Json {
    let properties: Map<String, Json> = table
        .fields
        .iter()
        .filter(|field| field.is_shown())
        .map(|field| (field.name.to_owned(), field_schema(field)))
        .collect();
    json!({"type": "object", "title": table.title, "description": table.about, "properties": properties})
}

/// What a field is in an answer.
fn field_schema(field: &Field) -> Json {
    let mut schema = Map::new();
    let nullable = matches!(field.empty, EmptyValue::Null | EmptyValue::Either)
        && field.shown != DisplayForm::FirstOf("info_types");
    let kind = match field.kind {
        FieldKind::One { of, .. } => {
            return json!({"anyOf": [reference(of.tag()), {"type": "null"}], "description": "Only with depth."});
        }
        FieldKind::Set(RelatedSet { of, .. }) => {
            return json!({
                "type": "array",
                "items": {"anyOf": [{"type": "integer"}, reference(of.tag())]},
                "description": "Only with depth: IDs, or objects with more depth.",
            });
        }
        FieldKind::Choices(_) | FieldKind::Words(_) => {
            schema.insert("items".to_owned(), json!({"type": "string"}));
            "array"
        }
        FieldKind::Social => {
            let text = json!({"type": "string"});
            let item = json!({"type": "object", "properties": {"service": text, "identifier": text}});
            schema.insert("items".to_owned(), item);
            "array"
        }
        _ => match field.kind.storage() {
            ValueStorage::Int => "integer",
            ValueStorage::Bool => "boolean",
            ValueStorage::Degrees => "number",
            ValueStorage::Time => {
                schema.insert("format".to_owned(), json!("date-time"));
                "string"
            }
            ValueStorage::Text | ValueStorage::None => "string",
        },
    };
    schema.insert("type".to_owned(), if nullable { json!([kind, "null"]) } else { json!(kind) });
    schema.insert("title".to_owned(), json!(field.label));
    if !field.help.is_empty() {
        schema.insert("description".to_owned(), json!(field.help));
    }
    if field.write == WriteAccess::No {
        schema.insert("readOnly".to_owned(), json!(true));
    }
    match field.kind {
        FieldKind::Text { max } | FieldKind::Url { max, .. } | FieldKind::Phone { max } if max > 0 => {
            schema.insert("maxLength".to_owned(), json!(max));
        }
        FieldKind::Choice(choices) => {
            // Older rows may hold other values, so the list is told and not enforced.
            let values: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
            schema.insert("examples".to_owned(), json!(values));
        }
        FieldKind::Int { min, max } => {
            schema.insert("minimum".to_owned(), json!(min));
            schema.insert("maximum".to_owned(), json!(max));
        }
        FieldKind::Asn => {
            schema.insert("minimum".to_owned(), json!(0));
            schema.insert("maximum".to_owned(), json!(u32::MAX));
        }
        _ => {}
    }
    Json::Object(schema)
}

/// What a field may be in a body: of a closed list, one of its values.
fn written_schema(field: &Field) -> Json {
    let mut schema = field_schema(field);
    let is_open = |value: &&str| field.closed_choice.is_none_or(|(closed, _)| closed != *value);
    let values = |choices: &[FieldChoice]| -> Vec<Json> {
        choices.iter().map(|choice| choice.value).filter(is_open).map(Json::from).collect()
    };
    let (mut closed, is_list) = match field.kind {
        FieldKind::Choice(choices) => (values(choices), false),
        FieldKind::Country => (values(COUNTRIES), false),
        FieldKind::NumberChoice(numbers) => (numbers.iter().map(|number| Json::from(*number)).collect(), false),
        FieldKind::Choices(choices) | FieldKind::Words(choices) => (values(choices), true),
        _ => return schema,
    };
    if is_list {
        schema["items"]["enum"] = closed.into();
        return schema;
    }
    // What the rules take beside the list: no value at all.
    let blank = Json::from("");
    let takes_blank =
        matches!(field.kind, FieldKind::Choice(_) | FieldKind::Country) && !field.required && !field.has_default();
    if takes_blank && !closed.contains(&blank) {
        closed.push(blank);
    }
    if schema["type"].is_array() {
        closed.push(Json::Null);
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("examples");
        schema.insert("enum".to_owned(), closed.into());
    }
    schema
}

/// The filters of one column: equality and the seven operators, in the form of values that they take.
fn filter_parameters(field: &Field) -> Vec<Json> {
    let name = field.relation_name().map_or(field.name.to_owned(), |relation| format!("{relation}_id"));
    let equality = json!({"name": name, "in": "query", "schema": {"type": "string"}, "description": format!("{}: equal.", field.label)});
    let operators = FilterOperator::suffixes().filter(|suffix| {
        let is_text = matches!(*suffix, "__contains" | "__startswith");
        !(field.kind.storage() == ValueStorage::Time && (is_text || *suffix == "__in"))
    });
    let with_operator = operators.map(|suffix| {
        json!({"name": format!("{name}{suffix}"), "in": "query", "schema": {"type": "string"}, "description": format!("{}{suffix}.", field.label)})
    });
    std::iter::once(equality).chain(with_operator).collect()
}

/// The filters of one resource that no column has (spec/read-api.md, 6), for docs.
pub fn special_filters(resource: Resource) -> &'static [(&'static str, &'static str)] {
    match resource {
        Resource::Net => &[
            ("ix", "Has a port at this exchange; also `ix__<field>` and operators."),
            ("ixlan", "Has a port on this LAN; also `ixlan__<field>`."),
            ("netixlan__speed__gte", "Has a port that matches; any field of netixlan."),
            ("fac", "Is at this facility; also `fac__<field>`."),
            ("netfac__fac_id", "Has a facility presence that matches; any field of netfac."),
            ("not_ix", "Has no port at this exchange."),
            ("not_fac", "Is not at this facility."),
            ("info_type", "One of the network types; also `__in`, `__contains`, `__startswith`."),
            ("hide_ix_no_fac", "`1`: only networks that are at an exchange."),
        ],
        Resource::Fac => &[
            ("net", "This network is there; also `net__<field>`."),
            ("ix", "This exchange is there; also `ix__<field>`."),
            ("org_name", "The organization's name contains this."),
            ("asn_overlap", "All of these 2 to 25 AS numbers are there; separated by commas."),
            ("all_net", "All of these networks are there."),
            ("not_net", "None of these networks is there."),
            ("org_present", "One of these organizations is there, by a network or exchange."),
            ("org_not_present", "None of these organizations is there."),
            ("distance", "Kilometres around `latitude` and `longitude`, or around `city` and `country`. Needs a key."),
        ],
        Resource::Ix => &[
            ("net", "This network has a port there; also `net__<field>`."),
            ("fac", "The exchange is in this facility; also `fac__<field>`."),
            ("ixlan__mtu", "Its LAN matches; any field of ixlan."),
            ("ixfac__fac_id", "A facility presence matches; any field of ixfac."),
            ("capacity__gte", "Sum of the speeds of all ports, in Mbit/s; all operators."),
            ("ipblock", "One of its prefixes starts with this text."),
            ("asn_overlap", "All of these 2 to 25 AS numbers have ports there."),
            ("all_net", "All of these networks have ports there."),
            ("not_net", "None of these networks has a port there."),
            ("org_present", "One of these organizations is there, by a port or facility."),
            ("org_not_present", "None of these organizations is there."),
            ("hide_ix_no_fac", "`1`: only exchanges with a facility."),
        ],
        Resource::Ixpfx => &[("ix", "Of this exchange; also `ix__<field>`."), ("whereis", "Contains this address.")],
        Resource::Netixlan => &[
            ("ix_id", "At this exchange; also `ix__<field>`."),
            ("name", "Name of the exchange; all operators."),
            ("hide_ix_no_fac", "`1`: only at exchanges with a facility."),
        ],
        Resource::Netfac | Resource::Ixfac => &[
            ("name", "Name of the facility; all operators."),
            ("city", "City of the facility."),
            ("country", "Country code of the facility."),
        ],
        Resource::Ixlan => &[("hide_ix_no_fac", "`1`: only of exchanges with a facility.")],
        Resource::Campus => &[("facility", "This facility belongs to it; also `facility__<field>`.")],
        Resource::Carrier => &[("carrierfac_set__facility_id", "Is at this facility.")],
        Resource::Org => &[
            ("asn", "Has the network with this AS number."),
            ("distance", "Kilometres around `latitude` and `longitude`, or around `city` and `country`. Needs a key."),
        ],
        Resource::Carrierfac | Resource::Poc => &[],
    }
}

fn shared_parameters() -> Json {
    let query = |name: &str, about: &str, schema: Json| json!({"name": name, "in": "query", "description": about, "schema": schema});
    let integer = json!({"type": "integer"});
    json!({
        "fields": query("fields", "Only these fields, separated by commas.", json!({"type": "string"})),
        "limit": query("limit", "Maximum number of rows; 0 means all.", integer.clone()),
        "skip": query("skip", "Number of rows to skip.", json!({"type": "integer", "minimum": 0})),
        "since": query("since", "Rows created or changed after this time (in seconds since 1970), including deleted rows, oldest change first.", integer),
        "depth_list": query("depth", &format!("How deep sets are shown, at most 3. Filtered lists with depth are cut off at {ROWS_MAX_WITH_DEPTH} rows."), json!({"type": "integer", "default": 0})),
        "depth_object": query("depth", "How deep relations are shown, at most 4.", json!({"type": "integer", "default": 2})),
        "page": query("page", "Number of a page, or `last`.", json!({"type": "string"})),
        "per_page": query("per_page", &format!("Rows per page, at most {ROWS_MAX_A_PAGE}."), json!({"type": "integer", "default": ROWS_MAX_A_PAGE})),
        "pretty": query("pretty", "Any value: with line breaks and indentation.", json!({"type": "string"})),
        "name_search": query("name_search", "Every word must be in one of the names.", json!({"type": "string"})),
        "if_match": {"name": "If-Match", "in": "header", "required": false,
            "description": "The `ETag` with which you got the object: the change is made only if no later change of the \
                object is in the log.",
            "schema": {"type": "string"}},
        "idempotency_key": {"name": "Idempotency-Key", "in": "header", "required": false,
            "description": "1 to 255 printable ASCII characters of your choice. For 24 hours the same request with the \
                same key changes nothing more and is answered as before, with `Idempotency-Replayed: true`.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255}},
        "dry_run": query("dry_run", "With 1: return what would be stored, or the errors, without changing anything.", json!({"type": "string"})),
    })
}

fn shared_responses() -> Json {
    let error =
        |about: &str| json!({"description": about, "content": {"application/json": {"schema": reference("error")}}});
    let mut throttled = error("Too many requests.");
    throttled["headers"] = json!({"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}});
    json!({
        "malformed": error("A parameter is invalid; `meta.error` says which."),
        "unauthenticated": error("The credentials are wrong."),
        "forbidden": error("The caller cannot read or change this: without a body, or with a text that names the missing permission."),
        "unsupported_media": error("The body is neither JSON nor a form."),
        "too_slow": error("The body arrived too slowly."),
        "too_large": error("The body has too many bytes."),
        "unavailable": error("The registry cannot be changed at the moment. Nothing was changed."),
        "has_changed": error("The object has changed since the validator of `If-Match` was given. Nothing was changed."),
        "key_of_another_request": error("The `Idempotency-Key` was used for another request within the last 24 hours."),
        "outcome_unknown": error("The change may have been applied or not; `meta.outcome` is `unknown`. Send the same \
            request with the same `Idempotency-Key` to find out."),
        "not_found": error("The row or page does not exist."),
        "not_acceptable": error("The client does not accept JSON."),
        "throttled": throttled,
    })
}

fn error_schema() -> Json {
    json!({
        "type": "object",
        "required": ["meta"],
        "properties": {
            "meta": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
        },
    })
}

fn meta_schema() -> Json {
    json!({
        "type": "object",
        "properties": {
            "truncated": {"type": "string", "description": "The list was cut off."},
            "generated": {"type": "number", "description": "In a dump: the time of the last change in it, in seconds since 1970; never in the future."},
            "dry_run": {"type": "boolean", "description": "Nothing was changed."},
            "changes": {
                "type": "array",
                "description": "In a dry run: every object that would change.",
                "items": {"type": "object", "properties": {
                    "action": {"type": "string"}, "kind": {"type": "string"}, "id": {"type": "integer"},
                }},
            },
            "ignored": {
                "type": "array",
                "description": "Unknown names in the body, at most 20.",
                "items": {"type": "string"},
            },
            "pagination": {
                "type": "object",
                "properties": {
                    "count": {"type": "integer"},
                    "has_next": {"type": "boolean"},
                    "has_previous": {"type": "boolean"},
                    "next": {"type": ["string", "null"]},
                    "previous": {"type": ["string", "null"]},
                    "page": {"type": "integer"},
                    "per_page": {"type": "integer"},
                    "total_pages": {"type": "integer"},
                },
            },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shown_field_stands_in_the_document_and_every_reference_leads_somewhere() {
        let document = document("/dumps", false);
        for resource in Resource::ALL {
            let properties = &document["components"]["schemas"][resource.tag()]["properties"];
            for field in resource.table().fields.iter().filter(|field| field.is_shown()) {
                assert!(properties.get(field.name).is_some(), "{}.{}", resource.tag(), field.name);
            }
        }
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
    }

    #[test]
    fn no_operation_names_a_parameter_twice() {
        let document = document("/dumps", false);
        for (path, item) in document["paths"].as_object().expect("paths") {
            let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
            let mut names: Vec<&str> = parameters.iter().filter_map(|parameter| parameter["name"].as_str()).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{path}");
        }
    }

    #[test]
    fn i12_02_no_power_is_listed_where_it_is_taken() {
        for takes in [true, false] {
            let document = document("/dumps", takes);
            let list = &document["components"]["schemas"]["fac_new"]["properties"]["available_voltage_services"];
            let listed = list["items"]["enum"].as_array().expect("a closed list");
            assert_eq!((listed.contains(&json!(NO_POWER)), listed.len()), (takes, 3 + usize::from(takes)));
        }
    }
}
