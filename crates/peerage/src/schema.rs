//! `peerage schema`: describes the fields of the registry's objects.

use std::io::Write;

use clap::{Args, Subcommand};
use peerage_schema::choices::FieldChoice;
use peerage_schema::{DefaultValue, EmptyValue, Field, FieldKind, Resource, ValueOrigin, WriteAccess};
use serde_json::{Value as Json, json};

use crate::migration::MigrationArgs;

#[derive(Debug, Args)]
pub struct SchemaArgs {
    #[command(subcommand)]
    what: SchemaCommand,
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    /// List the fields of each kind of object: type, limits, choices and access.
    Fields {
        /// Only this kind: org, net, fac …
        #[arg(value_parser = kind)]
        kind: Option<Resource>,
        /// Print one JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    Migration(MigrationArgs),
}

/// Parses the name of a kind.
pub fn kind(name: &str) -> Result<Resource, String> {
    Resource::from_tag(name).ok_or_else(|| {
        let names: Vec<&str> = Resource::ALL.iter().map(|resource| resource.tag()).collect();
        format!("unknown kind; expected one of {}", names.join(", "))
    })
}

pub fn run(arguments: &SchemaArgs) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match &arguments.what {
        SchemaCommand::Fields { kind, json } => {
            let resources: Vec<Resource> =
                Resource::ALL.into_iter().filter(|resource| kind.is_none_or(|kind| kind == *resource)).collect();
            let text = if *json { as_json(&resources) } else { as_text(&resources) };
            out.write_all(text.as_bytes())?;
        }
        SchemaCommand::Migration(arguments) => out.write_all(arguments.run()?.as_bytes())?,
    }
    Ok(())
}

/// Returns the field's type in one or two words, and its allowed values.
fn type_of(field: &Field) -> (String, Option<&'static [FieldChoice]>) {
    let name = match field.kind {
        FieldKind::Id => "id".to_owned(),
        FieldKind::Ref(of) => format!("id of {}", of.tag()),
        FieldKind::Int { min, max } => format!("whole number {min} to {max}"),
        FieldKind::Asn => "AS number".to_owned(),
        FieldKind::Count => "count".to_owned(),
        FieldKind::Bool => "true or false".to_owned(),
        FieldKind::Degrees => "degrees".to_owned(),
        FieldKind::Text { max: 0 } => "text".to_owned(),
        FieldKind::Text { max } => format!("text to {max}"),
        FieldKind::Choice(choices) => return ("choice".to_owned(), Some(choices)),
        FieldKind::Choices(choices) => return ("list of choices".to_owned(), Some(choices)),
        FieldKind::Words(choices) => return ("list of words".to_owned(), Some(choices)),
        FieldKind::NumberChoice(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            format!("one of {}", numbers.join(", "))
        }
        FieldKind::Url { max, .. } => format!("URL to {max}"),
        FieldKind::Email => "mail address".to_owned(),
        FieldKind::Phone { max } => format!("phone number to {max}"),
        FieldKind::Country => "country code".to_owned(),
        FieldKind::Mac => "hardware address".to_owned(),
        FieldKind::Ip4 => "IPv4 address".to_owned(),
        FieldKind::Ip6 => "IPv6 address".to_owned(),
        FieldKind::Prefix => "prefix".to_owned(),
        FieldKind::Time => "time".to_owned(),
        FieldKind::Social => "list of {service, identifier}".to_owned(),
        FieldKind::One { of, .. } => format!("object {}", of.tag()),
        FieldKind::Set(set) => format!("list of {}", set.of.tag()),
    };
    (name, None)
}

fn writable(field: &Field) -> &'static str {
    match field.write {
        WriteAccess::Yes => "write",
        WriteAccess::Create => "create",
        WriteAccess::Update => "update",
        WriteAccess::No => "read",
    }
}

fn preset(field: &Field) -> Json {
    match field.default {
        DefaultValue::None => Json::Null,
        DefaultValue::Text(text) => json!(text),
        DefaultValue::Int(number) => json!(number),
        DefaultValue::Bool(flag) => json!(flag),
    }
}

fn as_json(resources: &[Resource]) -> String {
    let kinds: serde_json::Map<String, Json> = resources
        .iter()
        .map(|resource| {
            let table = resource.table();
            let fields: Vec<Json> = table
                .fields
                .iter()
                .map(|field| {
                    let (name, choices) = type_of(field);
                    let choices = choices.map(|list| list.iter().map(|choice| choice.value).collect::<Vec<_>>());
                    json!({
                        "name": field.name,
                        "type": name,
                        "choices": choices,
                        "required": field.required,
                        "null": field.empty != EmptyValue::Blank,
                        "default": preset(field),
                        "access": writable(field),
                        "derived": matches!(field.origin, ValueOrigin::Derived(_)),
                        "shown": field.is_shown(),
                        "label": field.label,
                        "help": field.help,
                    })
                })
                .collect();
            (table.tag.to_owned(), json!({ "title": table.title, "about": table.about, "fields": fields }))
        })
        .collect();
    format!("{}\n", Json::Object(kinds))
}

fn as_text(resources: &[Resource]) -> String {
    let mut out = String::new();
    for resource in resources {
        let table = resource.table();
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("{}: {}\n", table.tag, table.about));
        for field in table.fields.iter().filter(|field| field.is_shown()) {
            let (name, choices) = type_of(field);
            let access = if field.required { "required" } else { writable(field) };
            let choices = choices.map_or_else(String::new, |list| {
                let values: Vec<String> = list.iter().map(|choice| format!("{:?}", choice.value)).collect();
                format!(": {}", values.join(", "))
            });
            out.push_str(format!("  {:<32} {access:<9} {name}{choices}", field.name).trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_kind_is_described() {
        let json: Json = serde_json::from_str(&as_json(&Resource::ALL)).expect("JSON");
        for resource in Resource::ALL {
            let fields = json[resource.tag()]["fields"].as_array().expect("a list");
            assert_eq!(fields.len(), resource.table().fields.len());
        }
        assert!(as_text(&[Resource::Ixlan]).contains("mtu"));
        assert!(kind("nat").expect_err("unknown").contains("org, campus"));
    }
}
