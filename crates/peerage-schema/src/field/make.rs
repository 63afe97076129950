//! Constructors of fields, one for each kind: a name, a label, and whatever else the kind needs.

use super::{Derivation, DisplayForm, Field, FieldKind, RelatedSet, SetRelation};
use crate::choices::FieldChoice;
use crate::resource::Resource;

pub const fn id() -> Field {
    Field::new("id", FieldKind::Id, "Id").read_only()
}

pub const fn reference(name: &'static str, of: Resource, label: &'static str) -> Field {
    Field::new(name, FieldKind::Ref(of), label).indexed()
}

pub const fn one(name: &'static str, of: Resource, via: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::One { of, via }, label).read_only()
}

pub const fn children(name: &'static str, of: Resource, by: &'static str, without: &'static [&'static str]) -> Field {
    Field::new(name, FieldKind::Set(RelatedSet { of, through: SetRelation::Child(by), without }), name).read_only()
}

pub const fn linked(
    name: &'static str,
    of: Resource,
    link: Resource,
    here: &'static str,
    there: &'static str,
) -> Field {
    Field::new(
        name,
        FieldKind::Set(RelatedSet { of, through: SetRelation::Link { link, here, there }, without: &[] }),
        name,
    )
    .read_only()
}

pub const fn text(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, FieldKind::Text { max }, label)
}

pub const fn url(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, FieldKind::Url { max, any_scheme: false }, label)
}

pub const fn url_any_scheme(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, FieldKind::Url { max, any_scheme: true }, label)
}

pub const fn email(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Email, label)
}

pub const fn phone(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, FieldKind::Phone { max }, label)
}

pub const fn choice(name: &'static str, choices: &'static [FieldChoice], label: &'static str) -> Field {
    Field::new(name, FieldKind::Choice(choices), label)
}

pub const fn choices(name: &'static str, choices: &'static [FieldChoice], label: &'static str) -> Field {
    Field::new(name, FieldKind::Choices(choices), label)
}

pub const fn words(name: &'static str, choices: &'static [FieldChoice], label: &'static str) -> Field {
    Field::new(name, FieldKind::Words(choices), label)
}

pub const fn number_choice(name: &'static str, choices: &'static [i64], label: &'static str) -> Field {
    Field::new(name, FieldKind::NumberChoice(choices), label)
}

pub const fn country(name: &'static str) -> Field {
    Field::new(name, FieldKind::Country, "Country").indexed()
}

pub const fn integer(name: &'static str, min: i64, max: i64, label: &'static str) -> Field {
    Field::new(name, FieldKind::Int { min, max }, label)
}

pub const fn asn(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Asn, label)
}

pub const fn count(name: &'static str, derivation: Derivation, label: &'static str) -> Field {
    Field::new(name, FieldKind::Count, label).derived(derivation)
}

pub const fn flag(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Bool, label)
}

pub const fn degrees(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Degrees, label).nullable()
}

pub const fn time(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Time, label).read_only()
}

pub const fn mac(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Mac, label).nullable()
}

pub const fn ip4(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Ip4, label).nullable()
}

pub const fn ip6(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Ip6, label).nullable()
}

pub const fn prefix(name: &'static str, label: &'static str) -> Field {
    Field::new(name, FieldKind::Prefix, label)
}

pub const fn social() -> Field {
    Field::new("social_media", FieldKind::Social, "Social media").shown_as(DisplayForm::WithWebsite)
}

pub const fn logo() -> Field {
    text("logo", 0, "Logo").nullable().read_only().not_filterable().help("Address of the image.")
}

pub const fn created() -> Field {
    time("created", "Created").indexed()
}

pub const fn updated() -> Field {
    time("updated", "Updated").indexed()
}

pub const fn status() -> Field {
    choice("status", crate::choices::STATUS, "Status").read_only().default_text(crate::Status::Live.text())
}

/// The floor was part of the address in older versions. The field is kept for rows that still have it.
pub const fn floor() -> Field {
    text("floor", 255, "Floor")
        .help("No longer used: write the floor into the address.")
        .retired("Field is being deprecated. Please move this data to the suite field and remove it from here.")
}

/// URL of the page that reports outages.
pub const fn status_dashboard() -> Field {
    url("status_dashboard", 255, "Status dashboard").null_or_blank().reset()
}

/// Number of accepted changes to the row. Stored and filterable, never shown.
pub const fn version() -> Field {
    integer("version", 0, i64::MAX, "Version").hidden().default_int(1)
}
