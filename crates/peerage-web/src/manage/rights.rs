//! Permissions in an organization: an overview of all holders, and the editor for one.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys::{self, KeyOwner, KeyPatch};
use peerage_access::acts::members;
use peerage_access::acts::roles::{self, RolePatch};
use peerage_access::bundles::GrantBundle;
use peerage_access::entities::{GrantEntity, with_entity};
use peerage_access::grants::Grants;
use peerage_access::records::{MemberRole, PermissionRules};
use peerage_access::{AccessContext, AccessError, GrantScope, KeyKind, Patch, Principal, RecordStep};
use peerage_pages::PageFrame;
use peerage_pages::manage::{ChosenView, HolderView, RightsPage};
use peerage_pages::parts::{FormErrors, MatrixCell, MatrixRow, PermissionMatrix, SelectChoice};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_registry::place::of_organization;
use peerage_registry::rights::Permissions;
use peerage_schema::Resource;

use super::{answer, bundle_word, frame, needs_admin, tabs};
use crate::frame::person_name;
use crate::outcome::settle;
use crate::visit::Visit;

/// Maximum number of objects in the overview; others are found by search.
const COLUMNS_MAX: usize = 12;
/// Maximum number of objects in the editor.
const ROWS_MAX: usize = 500;
/// Maximum number of holders in the overview.
const HOLDERS_MAX: usize = 500;

/// Permissions in the order of the columns, with the key of their text.
const RIGHTS: [(Permissions, &str, char); 4] = [
    (Permissions::CREATE, "rights-create", 'C'),
    (Permissions::READ, "rights-read", 'R'),
    (Permissions::UPDATE, "rights-update", 'U'),
    (Permissions::DELETE, "rights-delete", 'D'),
];

/// Permission sets that keys and role accounts can have.
const BUNDLES_OF_OTHERS: [GrantBundle; 4] =
    [GrantBundle::Editor, GrantBundle::Contacts, GrantBundle::Peering, GrantBundle::Auditor];

/// Formats permissions as letters, or as a dash for none.
pub fn letters(rights: Permissions) -> String {
    let held: String = RIGHTS.iter().filter(|(right, ..)| rights.holds(*right)).map(|(.., letter)| *letter).collect();
    if held.is_empty() { "–".to_owned() } else { held }
}

struct PermissionRow {
    entity: GrantEntity,
    label: String,
    namespace: String,
    depth: usize,
}

/// Returns the text key of a resource.
fn resource_key(resource: Resource) -> &'static str {
    match resource {
        Resource::Net => "resources-net",
        Resource::Ix => "resources-ix",
        Resource::Fac => "resources-fac",
        Resource::Carrier => "resources-carrier",
        Resource::Campus => "resources-campus",
        _ => "resources-org",
    }
}

/// Returns the name of an object.
pub fn entity_word(visit: &Visit, frame: &PageFrame<'_>, entity: GrantEntity) -> String {
    let object = |resource: Resource, id| {
        let row = visit.state.snapshot.row(resource, id);
        let name = row.zip(resource.table().columns.name).map(|(row, name)| row.text_or_empty(name).to_owned());
        name.unwrap_or_else(|| format!("{} {id}", frame.text(resource_key(resource))))
    };
    match entity {
        GrantEntity::Org => frame.text("rights-place-org").into_owned(),
        GrantEntity::Users => frame.text("rights-place-users").into_owned(),
        GrantEntity::Any(resource) => frame.text(resource_key(resource)).into_owned(),
        GrantEntity::One(resource, id) => object(resource, id),
        GrantEntity::Sessions(None) => frame.text("rights-place-sessions").into_owned(),
        GrantEntity::Sessions(Some(net)) => {
            format!("{}: {}", frame.text("rights-place-sessions"), object(Resource::Net, net))
        }
    }
}

/// Describes rules in words: the name of a set, or each object with its letters.
pub fn rules_word(visit: &Visit, frame: &PageFrame<'_>, org: OrgId, rules: &PermissionRules) -> String {
    if let Some(bundle) = GrantBundle::of(org, MemberRole::Member, rules) {
        return bundle_word(frame, bundle);
    }
    let named = GrantEntity::of_rules(org, rules);
    let words =
        named.iter().map(|(entity, rights)| format!("{} {}", entity_word(visit, frame, *entity), letters(*rights)));
    let words: Vec<String> = if named.is_empty() {
        let rights = |bits: &u8| Permissions::from_bits(*bits).unwrap_or(Permissions::NONE);
        rules.iter().map(|(namespace, bits)| format!("{namespace} {}", letters(rights(bits)))).collect()
    } else {
        words.collect()
    };
    if words.is_empty() { frame.text("preset-none").into_owned() } else { words.join(", ") }
}

/// Returns the objects of an organization whose name or ID matches the search.
fn spots(visit: &Visit, frame: &PageFrame<'_>, org: OrgId, search: &str) -> Vec<PermissionRow> {
    let (snapshot, base) = (&visit.state.snapshot, of_organization(org));
    let wanted = search.trim().to_lowercase();
    let mut spots = vec![
        PermissionRow {
            entity: GrantEntity::Org,
            label: frame.text("rights-place-org").into_owned(),
            namespace: base.clone(),
            depth: 0,
        },
        PermissionRow {
            entity: GrantEntity::Users,
            label: frame.text("rights-place-users").into_owned(),
            namespace: peerage_access::principal::users(org),
            depth: 1,
        },
    ];
    for resource in Resource::ROOTS {
        let kind = format!("{base}.{}", resource.table().namespace);
        let columns = &resource.table().columns;
        spots.push(PermissionRow {
            entity: GrantEntity::Any(resource),
            label: frame.text(resource_key(resource)).into_owned(),
            namespace: kind.clone(),
            depth: 1,
        });
        for id in snapshot.owned(resource, org.get()).iter() {
            let Some(row) = snapshot.row(resource, *id).filter(|row| snapshot.is_live(resource, row)) else { continue };
            let number = columns.asn.and_then(|at| row.int(at)).map(|asn| format!(" (AS{asn})")).unwrap_or_default();
            let label = format!("{}{number}", columns.name.map_or("", |name| row.text_or_empty(name)));
            spots.push(PermissionRow {
                entity: GrantEntity::One(resource, *id),
                label,
                namespace: format!("{kind}.{id}"),
                depth: 2,
            });
        }
    }
    if !wanted.is_empty() {
        spots.retain(|spot| {
            spot.label.to_lowercase().contains(&wanted) || spot.entity.name(org).to_lowercase().contains(&wanted)
        });
    }
    spots.truncate(ROWS_MAX);
    spots
}

/// The holder of permissions.
#[derive(Clone, PartialEq, Eq)]
enum GrantHolder {
    Person(UserId),
    Key(String),
    Role(RoleId),
}

impl GrantHolder {
    fn parse(text: &str) -> Option<GrantHolder> {
        let (kind, id) = text.split_once('.')?;
        match kind {
            "user" => Some(GrantHolder::Person(id.parse().ok()?)),
            "key" => Some(GrantHolder::Key(id.to_owned())),
            "role" => Some(GrantHolder::Role(id.parse().ok()?)),
            _ => None,
        }
    }

    fn id(&self) -> String {
        match self {
            GrantHolder::Person(user) => format!("user.{user}"),
            GrantHolder::Key(public) => format!("key.{public}"),
            GrantHolder::Role(role) => format!("role.{role}"),
        }
    }
}

struct HeldPermissions {
    holder: GrantHolder,
    name: String,
    kind: &'static str,
    /// Granted rules. `None` if they cannot be granted individually.
    own: Option<PermissionRules>,
    /// The effective permissions.
    scope: GrantScope,
}

/// Returns everyone with permissions in the organization: people, keys, role accounts.
fn everybody(visit: &Visit, org: OrgId) -> Vec<HeldPermissions> {
    let people = &visit.state.people;
    let mut all: Vec<HeldPermissions> = people
        .members_of(org)
        .filter_map(|member| {
            let user = people.user(member.user)?;
            Some(HeldPermissions {
                holder: GrantHolder::Person(user.id),
                name: person_name(user),
                kind: "rights-kind-person",
                own: (member.rank == MemberRole::Member).then(|| member.grants.clone()),
                scope: Principal::scope_of_person(people, user, visit.app.environment.now()),
            })
        })
        .collect();
    for role in people.roles_of(org) {
        all.push(HeldPermissions {
            holder: GrantHolder::Role(role.id),
            name: role.name.clone(),
            kind: "rights-kind-role",
            own: Some(role.grants.clone()),
            scope: GrantScope::Rules(Grants::from_rules(&role.grants).into()),
        });
    }
    let keys = people.keys().filter(|entry| entry.key.org == Some(org) && !entry.key.is_final());
    for entry in keys {
        let key = &*entry.key;
        all.push(HeldPermissions {
            holder: GrantHolder::Key(key.public.clone()),
            name: key.name.clone(),
            kind: "rights-kind-key",
            own: key.grants.clone().filter(|_| key.kind == KeyKind::Org),
            scope: people.principal_of(entry, visit.app.environment.now()).scope.clone(),
        });
    }
    all.truncate(HOLDERS_MAX);
    all
}

pub async fn show(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    answer(needs_admin(&visit, org).map(|()| {
        let chosen = visit.query("of");
        page(&visit, org, chosen.as_deref(), StatusCode::OK, FormErrors::none())
    }))
}

fn page(visit: &Visit, org: OrgId, chosen: Option<&str>, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let frame = frame(visit, "rights-title", org);
    let search = visit.query("q").unwrap_or_default();
    let spots = spots(visit, &frame, org, &search);
    let all = everybody(visit, org);
    let chosen = chosen.and_then(GrantHolder::parse);
    let columns: Vec<&PermissionRow> = spots.iter().take(COLUMNS_MAX).collect();
    let row = |held: &HeldPermissions| HolderView {
        id: held.holder.id(),
        name: held.name.clone(),
        kind: frame.text(held.kind).into_owned(),
        cells: columns.iter().map(|spot| letters(held.scope.on(&spot.namespace))).collect(),
    };
    let found = chosen.as_ref().map(|holder| all.iter().find(|held| held.holder == *holder));
    let mut errors = errors;
    if matches!(found, Some(None)) {
        errors = errors.whole(frame.text("rights-nobody"));
    }
    let view = found.flatten().map(|held| {
        // Copied permissions are filled into the form, and saved only when the reader submits it.
        let copied = visit.query("copy").as_deref().and_then(GrantHolder::parse);
        let copied = copied.and_then(|copied| all.iter().find(|other| other.holder == copied)?.own.as_ref());
        let own = copied.or(held.own.as_ref());
        let others = all.iter().filter(|other| other.holder != held.holder && other.own.is_some());
        ChosenView {
            id: held.holder.id(),
            name: held.name.clone(),
            fixed: held.own.is_none().then(|| frame.text("rights-admin-fixed").into_owned()),
            own: matrix(&frame, org, &spots, &|spot| named_permissions(org, own, spot.entity), false),
            effective: matrix(&frame, org, &spots, &|spot| held.scope.on(&spot.namespace), true),
            shown: spots.iter().map(|spot| spot.entity.name(org)).collect(),
            others: others.map(|other| SelectChoice::new(other.holder.id(), other.name.clone(), false)).collect(),
            bundles: match &held.holder {
                GrantHolder::Person(_) => super::bundle_choices(&frame, "", &GrantBundle::ALL),
                // Keys and role accounts are never owners, and no key manages people or keys unless that is granted by
                // name.
                GrantHolder::Key(_) | GrantHolder::Role(_) => super::bundle_choices(&frame, "", &BUNDLES_OF_OTHERS),
            },
        }
    });
    let page = RightsPage {
        tabs: tabs(visit, &frame, org, "rights"),
        org: org.get(),
        places: columns.iter().map(|spot| spot.label.clone()).collect(),
        holders: all.iter().map(row).collect(),
        chosen: view,
        search,
        errors,
        frame,
    };
    visit.page("organization rights", status, page.language(), page.show())
}

/// Returns the permissions that rules grant by name on an object.
fn named_permissions(org: OrgId, rules: Option<&PermissionRules>, entity: GrantEntity) -> Permissions {
    let named = rules.map(|rules| GrantEntity::of_rules(org, rules)).unwrap_or_default();
    named.into_iter().find(|(known, _)| *known == entity).map_or(Permissions::NONE, |(_, rights)| rights)
}

fn matrix(
    frame: &PageFrame<'_>,
    org: OrgId,
    spots: &[PermissionRow],
    rights: &dyn Fn(&PermissionRow) -> Permissions,
    is_fixed: bool,
) -> PermissionMatrix {
    let row = |spot: &PermissionRow| {
        let (name, held) = (spot.entity.name(org), rights(spot));
        let cell = |(right, ..): &(Permissions, &str, char)| MatrixCell {
            name: "right".to_owned(),
            value: format!("{name}:{}", right.bits()),
            is_held: held.holds(*right),
            is_inherited: false,
        };
        MatrixRow {
            label: spot.label.clone(),
            note: name.clone(),
            depth: spot.depth,
            cells: RIGHTS.iter().map(cell).collect(),
        }
    };
    PermissionMatrix {
        columns: RIGHTS.iter().map(|(_, key, _)| frame.text(key).into_owned()).collect(),
        rows: spots.iter().map(row).collect(),
        is_fixed,
    }
}

/// Converts what the form contains about its objects.
fn form_permissions(visit: &Visit, org: OrgId) -> Vec<(GrantEntity, Option<Permissions>)> {
    let mut bits: BTreeMap<&str, u8> = visit.form.all("place").map(|place| (place, 0)).collect();
    for right in visit.form.all("right") {
        if let Some((place, bit)) = right.rsplit_once(':')
            && let Some(held) = bits.get_mut(place)
        {
            *held |= bit.parse::<u8>().unwrap_or(0);
        }
    }
    let read = |(place, bits): (&str, u8)| {
        let rights = Permissions::from_bits(bits).filter(|rights| !rights.is_empty());
        Some((GrantEntity::parse(org, place)?, rights))
    };
    bits.into_iter().filter_map(read).collect()
}

fn apply(org: OrgId, rules: &PermissionRules, changes: &[(GrantEntity, Option<Permissions>)]) -> PermissionRules {
    let mut after = rules.clone();
    for (entity, rights) in changes {
        // Unchanged rows keep their permissions, even if these are finer than the boxes.
        if named_permissions(org, Some(rules), *entity)
            != rights.map_or(Permissions::NONE, |rights| rights.or(Permissions::READ))
        {
            after = with_entity(org, &after, *entity, *rights);
        }
    }
    after
}

fn decide_change(
    context: &AccessContext<'_>,
    org: OrgId,
    holder: &GrantHolder,
    changes: &[(GrantEntity, Option<Permissions>)],
) -> Result<Vec<RecordStep>, AccessError> {
    match holder {
        GrantHolder::Person(user) => {
            let gone = AccessError::NotFound("User is not in the organization");
            let before = context.people.member(org, *user).ok_or(gone)?;
            let rules = apply(org, &before.grants, changes);
            members::set_grants(context, org, *user, rules).map(|(_, steps)| steps)
        }
        GrantHolder::Key(public) => {
            let before = keys::of_owner(context, KeyOwner::Org(org), public)?.key.clone();
            let rules = apply(org, &before.grants.clone().unwrap_or_default(), changes);
            let patch = KeyPatch { grants: Patch::Set(rules), ..KeyPatch::default() };
            keys::change(context, &before, &patch).map(|(_, steps)| steps)
        }
        GrantHolder::Role(role) => {
            let before = roles::of_org(context, org, *role)?.clone();
            let patch = RolePatch { grants: Patch::Set(apply(org, &before.grants, changes)), ..RolePatch::default() };
            roles::change(context, &before, &patch).map(|(_, steps)| steps)
        }
    }
}

/// Replaces the granted permissions with those of a set.
fn decide_bundle(
    context: &AccessContext<'_>,
    org: OrgId,
    holder: &GrantHolder,
    bundle: GrantBundle,
) -> Result<Vec<RecordStep>, AccessError> {
    let rules = bundle.rules(org);
    match holder {
        GrantHolder::Person(user) if bundle.rank() == MemberRole::Admin => {
            members::may_give(context, org)?;
            members::set_rank(context, org, *user, MemberRole::Admin).map(|(_, steps)| steps)
        }
        _ if bundle.rank() == MemberRole::Admin => {
            Err(AccessError::Refused("Only a person can be an owner.".to_owned()))
        }
        GrantHolder::Person(user) => members::set_grants(context, org, *user, rules).map(|(_, steps)| steps),
        GrantHolder::Key(public) => {
            let before = keys::of_owner(context, KeyOwner::Org(org), public)?.key.clone();
            let patch = KeyPatch { grants: Patch::Set(rules), ..KeyPatch::default() };
            keys::change(context, &before, &patch).map(|(_, steps)| steps)
        }
        GrantHolder::Role(role) => {
            let before = roles::of_org(context, org, *role)?.clone();
            let patch = RolePatch { grants: Patch::Set(rules), ..RolePatch::default() };
            roles::change(context, &before, &patch).map(|(_, steps)| steps)
        }
    }
}

pub async fn save(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let of = visit.form.text("of").to_owned();
    let back = format!("/org/{org}/manage/rights?of={}", crate::address::escaped(&of));
    let Some(holder) = GrantHolder::parse(&of) else { return crate::public::not_found() };
    let done = if visit.form.has("bundle") {
        let Some(bundle) = GrantBundle::from_name(visit.form.text("bundle")) else { return crate::public::not_found() };
        visit.act(move |context| decide_bundle(context, org, &holder, bundle).map(|steps| ((), steps))).await
    } else {
        let changes = form_permissions(&visit, org);
        visit.act(move |context| decide_change(context, org, &holder, &changes).map(|steps| ((), steps))).await
    };
    let again = |errors| page(&visit, org, Some(&of), StatusCode::BAD_REQUEST, errors);
    match settle(&visit, done, &back, again) {
        Ok(()) => visit.success(&back, "told-rights-saved"),
        Err(answer) => answer,
    }
}
