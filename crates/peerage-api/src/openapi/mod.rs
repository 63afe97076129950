//! The `OpenAPI` 3.1 document. It is made from the field tables, so it describes what the server does.

mod changes;
mod paths;
mod schemas;

use paths::{
    as_set_path, as_sets_path, dump_path_item, index_path, list_path, object_path, own_path, schema_path, search_path,
};
use schemas::row_schema;

use peerage_registry::query::{FilterOperator, ROWS_MAX_A_PAGE, ROWS_MAX_WITH_DEPTH};
use peerage_registry::rules::NO_POWER;
use peerage_schema::{Field, Resource, ValueStorage};
use serde_json::{Map, Value as Json, json};

use crate::endpoints::{AnswerForm, ENDPOINTS};
use crate::read::ReadContext;
use peerage_edge::content::EdgeResponse;
use peerage_edge::prepared::prepared;

impl ReadContext<'_> {
    pub fn openapi(&self) -> EdgeResponse {
        prepared(self.app.openapi.clone().into(), None)
    }
}

/// Adds the paths outside of the resources.
fn add_endpoints(paths: &mut Map<String, Json>) {
    for row in ENDPOINTS {
        let path = row.endpoint.path;
        let described = match row.answer {
            // The paths of each resource, which are added elsewhere.
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
                changes::add_managed(paths, row);
                continue;
            }
        };
        paths.insert(path.to_owned(), described);
    }
}

/// Returns the whole document.
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
    add_endpoints(&mut paths);
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

/// 403 is for `distance` without an account, and for passwords in place of a key.
const REFUSALS: [(&str, &str); 6] = [
    ("400", "malformed"),
    ("401", "unauthenticated"),
    ("403", "forbidden"),
    ("404", "not_found"),
    ("406", "not_acceptable"),
    ("429", "throttled"),
];

fn envelope(row: &Json) -> Json {
    json!({
        "type": "object",
        "required": ["data", "meta"],
        "properties": {"data": {"type": "array", "items": row}, "meta": reference("meta")},
    })
}

/// Returns the filters of one column: equality and the seven operators, in the form of their values.
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

/// Returns the filters of one resource that are not columns (spec/read-api.md, 6), for the docs.
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
