//! The schemas of rows and their fields.

use peerage_schema::choices::{COUNTRIES, FieldChoice};
use peerage_schema::{DisplayForm, EmptyValue, Field, FieldKind, RelatedSet, ResourceTable, ValueStorage, WriteAccess};
use serde_json::{Map, Value as Json, json};

use super::reference;

/// Returns the schema of a row. No field is required, because `fields=` selects them.
pub fn row_schema(table: &ResourceTable) -> Json {
    let properties: Map<String, Json> = table
        .fields
        .iter()
        .filter(|field| field.is_shown())
        .map(|field| (field.name.to_owned(), field_schema(field)))
        .collect();
    json!({"type": "object", "title": table.title, "description": table.about, "properties": properties})
}

/// Returns the schema of a field in an answer.
pub fn field_schema(field: &Field) -> Json {
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
            // Older rows may hold other values, so the list is documented and not enforced.
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

/// Returns the schema of a field in a body. A field with a closed list takes one of its values.
pub fn written_schema(field: &Field) -> Json {
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
    // The rules also accept an empty value.
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
