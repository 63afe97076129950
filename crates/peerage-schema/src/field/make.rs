//! Constructors of fields, one for each kind: a name, a label, and whatever else the kind needs.

use super::{Derivation, Field, Kind, Set, Shown, Through};
use crate::choices::Choice;
use crate::resource::Resource;

pub const fn id() -> Field {
    Field::new("id", Kind::Id, "Id").read_only()
}

pub const fn reference(name: &'static str, of: Resource, label: &'static str) -> Field {
    Field::new(name, Kind::Ref(of), label).indexed()
}

pub const fn one(name: &'static str, of: Resource, via: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::One { of, via }, label).read_only()
}

pub const fn children(name: &'static str, of: Resource, by: &'static str, without: &'static [&'static str]) -> Field {
    Field::new(name, Kind::Set(Set { of, through: Through::Child(by), without }), name).read_only()
}

pub const fn linked(
    name: &'static str,
    of: Resource,
    link: Resource,
    here: &'static str,
    there: &'static str,
) -> Field {
    Field::new(name, Kind::Set(Set { of, through: Through::Link { link, here, there }, without: &[] }), name)
        .read_only()
}

pub const fn text(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, Kind::Text { max }, label)
}

pub const fn url(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, Kind::Url { max, any_scheme: false }, label)
}

pub const fn url_any_scheme(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, Kind::Url { max, any_scheme: true }, label)
}

pub const fn email(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Email, label)
}

pub const fn phone(name: &'static str, max: u32, label: &'static str) -> Field {
    Field::new(name, Kind::Phone { max }, label)
}

pub const fn choice(name: &'static str, choices: &'static [Choice], label: &'static str) -> Field {
    Field::new(name, Kind::Choice(choices), label)
}

pub const fn choices(name: &'static str, choices: &'static [Choice], label: &'static str) -> Field {
    Field::new(name, Kind::Choices(choices), label)
}

pub const fn words(name: &'static str, choices: &'static [Choice], label: &'static str) -> Field {
    Field::new(name, Kind::Words(choices), label)
}

pub const fn number_choice(name: &'static str, choices: &'static [i64], label: &'static str) -> Field {
    Field::new(name, Kind::NumberChoice(choices), label)
}

pub const fn country(name: &'static str) -> Field {
    Field::new(name, Kind::Country, "Country").indexed()
}

pub const fn integer(name: &'static str, min: i64, max: i64, label: &'static str) -> Field {
    Field::new(name, Kind::Int { min, max }, label)
}

pub const fn asn(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Asn, label)
}

pub const fn count(name: &'static str, derivation: Derivation, label: &'static str) -> Field {
    Field::new(name, Kind::Count, label).derived(derivation)
}

pub const fn flag(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Bool, label)
}

pub const fn degrees(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Degrees, label).nullable()
}

pub const fn time(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Time, label).read_only()
}

pub const fn mac(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Mac, label).nullable()
}

pub const fn ip4(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Ip4, label).nullable()
}

pub const fn ip6(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Ip6, label).nullable()
}

pub const fn prefix(name: &'static str, label: &'static str) -> Field {
    Field::new(name, Kind::Prefix, label)
}

pub const fn social() -> Field {
    Field::new("social_media", Kind::Social, "Social media").shown(Shown::WithWebsite)
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
