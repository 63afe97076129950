//! Keys of a body that are not fields of the table: those that have a meaning, and those that are ignored.

use peerage_schema::{FieldKind, Resource};

use super::{RequestBody, WriteAction};

/// A key that is accepted in bodies although no answer contains it.
#[derive(Debug, Clone, Copy)]
pub struct ExtraName {
    pub name: &'static str,
    /// Label in forms.
    pub label: &'static str,
    pub about: &'static str,
    /// Whether the value is a text; otherwise it is a boolean.
    pub is_text: bool,
}

const fn flag(name: &'static str, about: &'static str) -> ExtraName {
    ExtraName { name, label: "", about, is_text: false }
}

const fn text(name: &'static str, label: &'static str, about: &'static str) -> ExtraName {
    ExtraName { name, label, about, is_text: true }
}

const SUGGEST: ExtraName = flag("suggest", "Present with any value: a suggestion, to be taken up by others.");

const OF_NET: &[ExtraName] = &[
    SUGGEST,
    flag("ixp_update_exclude_speed", "Switches `speed` in `ixp_update_exclude`."),
    flag("ixp_update_exclude_is_rs_peer", "Switches `is_rs_peer` in `ixp_update_exclude`."),
    flag("ixp_update_exclude_operational", "Switches `operational` in `ixp_update_exclude`."),
];
const OF_FAC: &[ExtraName] = &[SUGGEST];
const OF_IX: &[ExtraName] = &[
    text("prefix", "Prefix", "First prefix of the LAN; required for a new exchange, ignored later."),
    text(
        "ixf_ixp_member_list_url",
        "Member list",
        "Member list of a new exchange, by which it may be approved at once.",
    ),
];

/// The keys that bodies of a resource can contain in addition to the fields of its table (spec/write-api.md, 5).
pub fn extras(resource: Resource) -> &'static [ExtraName] {
    match resource {
        Resource::Net => OF_NET,
        Resource::Fac => OF_FAC,
        Resource::Ix => OF_IX,
        _ => &[],
    }
}

/// Maximum number of ignored names in an answer.
const NAMES_MAX: usize = 20;

/// Maximum length of such a name, in characters.
const LETTERS_MAX: usize = 100;

/// The keys in a body that are ignored: unknown ones, and lists that a form cannot contain. Read-only fields are not
/// reported, since clients often send back the result of a GET.
pub fn ignored(resource: Resource, act: WriteAction<'_>, body: &RequestBody) -> Vec<String> {
    let table = resource.table();
    let is_read = |name: &str| match act {
        WriteAction::Create | WriteAction::Suggest | WriteAction::Update(_) => {
            let field = table.position(name).map(|position| &table.fields[position]);
            let is_lost = body.is_form && field.is_some_and(|field| matches!(field.kind, FieldKind::Social));
            let is_extra = extras(resource).iter().any(|extra| extra.name == name);
            (field.is_some() && !is_lost) || is_extra
        }
        WriteAction::SetNetSide(_) | WriteAction::SetIxSide(_) => name == "fac_id",
        // The body is not read at all.
        _ => true,
    };
    let unread = body.values.keys().filter(|name| !is_read(name)).take(NAMES_MAX);
    unread.map(|name| name.chars().take(LETTERS_MAX).collect()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(resource: Resource, act: WriteAction<'_>, is_form: bool, names: &[&str], expected: &[&str]) {
        let values = names.iter().map(|name| ((*name).to_owned(), json!("x"))).collect();
        let mut found = ignored(resource, act, &RequestBody { values, is_form });
        found.sort_unstable();
        assert_eq!(found, expected, "{resource:?} {act:?} {names:?}");
    }

    #[test]
    fn i12_16_what_nobody_reads_is_named_and_what_a_get_gave_is_not() {
        let shown: Vec<&str> = Resource::Net.table().fields.iter().map(|field| field.name).collect();
        check(Resource::Net, WriteAction::Update("1"), false, &shown, &[]);
        check(
            Resource::Net,
            WriteAction::Create,
            false,
            &["name", "nmae", "suggest", "version2"],
            &["nmae", "version2"],
        );
        check(
            Resource::Ix,
            WriteAction::Create,
            false,
            &["prefix", "ixf_ixp_member_list_url", "suggest"],
            &["suggest"],
        );
        check(Resource::Net, WriteAction::Update("1"), true, &["name", "social_media"], &["social_media"]);
        check(Resource::Netixlan, WriteAction::SetIxSide("1"), false, &["fac_id", "facid"], &["facid"]);
        check(Resource::Ix, WriteAction::RequestImport("1"), false, &["anything"], &[]);
    }

    #[test]
    fn i12_16_what_is_repeated_is_bounded() {
        let values = (0..1_000).map(|at| (format!("{at}{}", "é".repeat(1_000)), json!(1))).collect();
        let found = ignored(Resource::Org, WriteAction::Create, &RequestBody { values, is_form: false });
        assert_eq!(found.len(), NAMES_MAX);
        assert!(found.iter().all(|name| name.chars().count() == LETTERS_MAX));
    }
}
