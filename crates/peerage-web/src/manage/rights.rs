//! Permissions in an organization: an overview of all holders, and the editor for one.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Response, StatusCode};
use peerage_access::acts::keys::{self, KeyWish, Owner};
use peerage_access::acts::members;
use peerage_access::acts::roles::{self, RoleWish};
use peerage_access::bundles::Bundle;
use peerage_access::entities::{Entity, with_entity};
use peerage_access::grants::Grants;
use peerage_access::records::{Rank, Rules};
use peerage_access::{AccessError, Desk, KeyKind, Patch, Principal, RecordStep, Scope};
use peerage_pages::Frame;
use peerage_pages::manage::{ChosenView, HolderView, RightsPage};
use peerage_pages::parts::{Choice, Errors, Matrix, MatrixCell, MatrixRow};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_registry::place::of_organization;
use peerage_registry::rights::Rights;
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
const RIGHTS: [(Rights, &str, char); 4] = [
    (Rights::CREATE, "rights-create", 'C'),
    (Rights::READ, "rights-read", 'R'),
    (Rights::UPDATE, "rights-update", 'U'),
    (Rights::DELETE, "rights-delete", 'D'),
];

/// Permission sets that keys and role accounts can have.
const BUNDLES_OF_OTHERS: [Bundle; 4] = [Bundle::Editor, Bundle::Contacts, Bundle::Peering, Bundle::Auditor];

/// Formats permissions as letters, or as a dash for none.
pub fn letters(rights: Rights) -> String {
    let held: String = RIGHTS.iter().filter(|(right, ..)| rights.holds(*right)).map(|(.., letter)| *letter).collect();
    if held.is_empty() { "–".to_owned() } else { held }
}

struct Spot {
    entity: Entity,
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
pub fn entity_word(visit: &Visit, frame: &Frame<'_>, entity: Entity) -> String {
    let object = |resource: Resource, id| {
        let row = visit.state.snapshot.row(resource, id);
        let name = row.zip(resource.table().columns.name).map(|(row, name)| row.text_or_empty(name).to_owned());
        name.unwrap_or_else(|| format!("{} {id}", frame.text(resource_key(resource))))
    };
    match entity {
        Entity::Org => frame.text("rights-place-org").into_owned(),
        Entity::Users => frame.text("rights-place-users").into_owned(),
        Entity::Any(resource) => frame.text(resource_key(resource)).into_owned(),
        Entity::One(resource, id) => object(resource, id),
        Entity::Sessions(None) => frame.text("rights-place-sessions").into_owned(),
        Entity::Sessions(Some(net)) => {
            format!("{}: {}", frame.text("rights-place-sessions"), object(Resource::Net, net))
        }
    }
}

/// Describes rules in words: the name of a set, or each object with its letters.
pub fn rules_word(visit: &Visit, frame: &Frame<'_>, org: OrgId, rules: &Rules) -> String {
    if let Some(bundle) = Bundle::of(org, Rank::Member, rules) {
        return bundle_word(frame, bundle);
    }
    let named = Entity::of_rules(org, rules);
    let words =
        named.iter().map(|(entity, rights)| format!("{} {}", entity_word(visit, frame, *entity), letters(*rights)));
    let words: Vec<String> = if named.is_empty() {
        let rights = |bits: &u8| Rights::from_bits(*bits).unwrap_or(Rights::NONE);
        rules.iter().map(|(namespace, bits)| format!("{namespace} {}", letters(rights(bits)))).collect()
    } else {
        words.collect()
    };
    if words.is_empty() { frame.text("preset-none").into_owned() } else { words.join(", ") }
}

/// Returns the objects of an organization whose name or ID matches the search.
fn spots(visit: &Visit, frame: &Frame<'_>, org: OrgId, search: &str) -> Vec<Spot> {
    let (snapshot, base) = (&visit.state.snapshot, of_organization(org));
    let wanted = search.trim().to_lowercase();
    let mut spots = vec![
        Spot {
            entity: Entity::Org,
            label: frame.text("rights-place-org").into_owned(),
            namespace: base.clone(),
            depth: 0,
        },
        Spot {
            entity: Entity::Users,
            label: frame.text("rights-place-users").into_owned(),
            namespace: peerage_access::principal::users(org),
            depth: 1,
        },
    ];
    for resource in Resource::ROOTS {
        let kind = format!("{base}.{}", resource.table().namespace);
        let columns = &resource.table().columns;
        spots.push(Spot {
            entity: Entity::Any(resource),
            label: frame.text(resource_key(resource)).into_owned(),
            namespace: kind.clone(),
            depth: 1,
        });
        for id in snapshot.owned(resource, org.get()).iter() {
            let Some(row) = snapshot.row(resource, *id).filter(|row| snapshot.is_live(resource, row)) else { continue };
            let number = columns.asn.and_then(|at| row.int(at)).map(|asn| format!(" (AS{asn})")).unwrap_or_default();
            let label = format!("{}{number}", columns.name.map_or("", |name| row.text_or_empty(name)));
            spots.push(Spot { entity: Entity::One(resource, *id), label, namespace: format!("{kind}.{id}"), depth: 2 });
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
enum Holder {
    Person(UserId),
    Key(String),
    Role(RoleId),
}

impl Holder {
    fn parse(text: &str) -> Option<Holder> {
        let (kind, id) = text.split_once('.')?;
        match kind {
            "user" => Some(Holder::Person(id.parse().ok()?)),
            "key" => Some(Holder::Key(id.to_owned())),
            "role" => Some(Holder::Role(id.parse().ok()?)),
            _ => None,
        }
    }

    fn id(&self) -> String {
        match self {
            Holder::Person(user) => format!("user.{user}"),
            Holder::Key(public) => format!("key.{public}"),
            Holder::Role(role) => format!("role.{role}"),
        }
    }
}

struct Held {
    holder: Holder,
    name: String,
    kind: &'static str,
    /// Granted rules. `None` if they cannot be granted individually.
    own: Option<Rules>,
    /// The effective permissions.
    scope: Scope,
}

/// Returns everyone with permissions in the organization: people, keys, role accounts.
fn everybody(visit: &Visit, org: OrgId) -> Vec<Held> {
    let people = &visit.state.people;
    let mut all: Vec<Held> = people
        .members_of(org)
        .filter_map(|member| {
            let user = people.user(member.user)?;
            Some(Held {
                holder: Holder::Person(user.id),
                name: person_name(user),
                kind: "rights-kind-person",
                own: (member.rank == Rank::Member).then(|| member.grants.clone()),
                scope: Principal::scope_of_person(people, user, visit.app.means.now()),
            })
        })
        .collect();
    for role in people.roles_of(org) {
        all.push(Held {
            holder: Holder::Role(role.id),
            name: role.name.clone(),
            kind: "rights-kind-role",
            own: Some(role.grants.clone()),
            scope: Scope::Rules(Grants::from_rules(&role.grants).into()),
        });
    }
    let keys = people.keys().filter(|entry| entry.key.org == Some(org) && !entry.key.is_final());
    for entry in keys {
        let key = &*entry.key;
        all.push(Held {
            holder: Holder::Key(key.public.clone()),
            name: key.name.clone(),
            kind: "rights-kind-key",
            own: key.grants.clone().filter(|_| key.kind == KeyKind::Org),
            scope: people.principal_of(entry, visit.app.means.now()).scope.clone(),
        });
    }
    all.truncate(HOLDERS_MAX);
    all
}

pub async fn show(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    answer(needs_admin(&visit, org).map(|()| {
        let chosen = visit.query("of");
        page(&visit, org, chosen.as_deref(), StatusCode::OK, Errors::none())
    }))
}

fn page(visit: &Visit, org: OrgId, chosen: Option<&str>, status: StatusCode, errors: Errors) -> Response<Body> {
    let frame = frame(visit, "rights-title", org);
    let search = visit.query("q").unwrap_or_default();
    let spots = spots(visit, &frame, org, &search);
    let all = everybody(visit, org);
    let chosen = chosen.and_then(Holder::parse);
    let columns: Vec<&Spot> = spots.iter().take(COLUMNS_MAX).collect();
    let row = |held: &Held| HolderView {
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
        let copied = visit.query("copy").as_deref().and_then(Holder::parse);
        let copied = copied.and_then(|copied| all.iter().find(|other| other.holder == copied)?.own.as_ref());
        let own = copied.or(held.own.as_ref());
        let others = all.iter().filter(|other| other.holder != held.holder && other.own.is_some());
        ChosenView {
            id: held.holder.id(),
            name: held.name.clone(),
            fixed: held.own.is_none().then(|| frame.text("rights-admin-fixed").into_owned()),
            own: matrix(&frame, org, &spots, &|spot| given(org, own, spot.entity), false),
            effective: matrix(&frame, org, &spots, &|spot| held.scope.on(&spot.namespace), true),
            shown: spots.iter().map(|spot| spot.entity.name(org)).collect(),
            others: others.map(|other| Choice::new(other.holder.id(), other.name.clone(), false)).collect(),
            bundles: match &held.holder {
                Holder::Person(_) => super::bundle_choices(&frame, "", &Bundle::ALL),
                // Keys and role accounts are never owners, and no key manages people or keys unless that is granted by
                // name.
                Holder::Key(_) | Holder::Role(_) => super::bundle_choices(&frame, "", &BUNDLES_OF_OTHERS),
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
fn given(org: OrgId, rules: Option<&Rules>, entity: Entity) -> Rights {
    let named = rules.map(|rules| Entity::of_rules(org, rules)).unwrap_or_default();
    named.into_iter().find(|(known, _)| *known == entity).map_or(Rights::NONE, |(_, rights)| rights)
}

fn matrix(frame: &Frame<'_>, org: OrgId, spots: &[Spot], rights: &dyn Fn(&Spot) -> Rights, is_fixed: bool) -> Matrix {
    let row = |spot: &Spot| {
        let (name, held) = (spot.entity.name(org), rights(spot));
        let cell = |(right, ..): &(Rights, &str, char)| MatrixCell {
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
    Matrix {
        columns: RIGHTS.iter().map(|(_, key, _)| frame.text(key).into_owned()).collect(),
        rows: spots.iter().map(row).collect(),
        is_fixed,
    }
}

/// Converts what the form contains about its objects.
fn said(visit: &Visit, org: OrgId) -> Vec<(Entity, Option<Rights>)> {
    let mut bits: BTreeMap<&str, u8> = visit.form.all("place").map(|place| (place, 0)).collect();
    for right in visit.form.all("right") {
        if let Some((place, bit)) = right.rsplit_once(':')
            && let Some(held) = bits.get_mut(place)
        {
            *held |= bit.parse::<u8>().unwrap_or(0);
        }
    }
    let read = |(place, bits): (&str, u8)| {
        let rights = Rights::from_bits(bits).filter(|rights| !rights.is_empty());
        Some((Entity::parse(org, place)?, rights))
    };
    bits.into_iter().filter_map(read).collect()
}

fn apply(org: OrgId, rules: &Rules, said: &[(Entity, Option<Rights>)]) -> Rules {
    let mut after = rules.clone();
    for (entity, rights) in said {
        // Unchanged rows keep their permissions, even if these are finer than the boxes.
        if given(org, Some(rules), *entity) != rights.map_or(Rights::NONE, |rights| rights.or(Rights::READ)) {
            after = with_entity(org, &after, *entity, *rights);
        }
    }
    after
}

fn judge(
    desk: &Desk<'_>,
    org: OrgId,
    holder: &Holder,
    said: &[(Entity, Option<Rights>)],
) -> Result<Vec<RecordStep>, AccessError> {
    match holder {
        Holder::Person(user) => {
            let gone = AccessError::NotFound("User is not in the organization");
            let before = desk.people.member(org, *user).ok_or(gone)?;
            let rules = apply(org, &before.grants, said);
            members::set_grants(desk, org, *user, rules).map(|(_, steps)| steps)
        }
        Holder::Key(public) => {
            let before = keys::of_owner(desk, Owner::Org(org), public)?.key.clone();
            let rules = apply(org, &before.grants.clone().unwrap_or_default(), said);
            let wish = KeyWish { grants: Patch::Set(rules), ..KeyWish::default() };
            keys::change(desk, &before, &wish).map(|(_, steps)| steps)
        }
        Holder::Role(role) => {
            let before = roles::of_org(desk, org, *role)?.clone();
            let wish = RoleWish { grants: Patch::Set(apply(org, &before.grants, said)), ..RoleWish::default() };
            roles::change(desk, &before, &wish).map(|(_, steps)| steps)
        }
    }
}

/// Replaces the granted permissions with those of a set.
fn judge_bundle(desk: &Desk<'_>, org: OrgId, holder: &Holder, bundle: Bundle) -> Result<Vec<RecordStep>, AccessError> {
    let rules = bundle.rules(org);
    match holder {
        Holder::Person(user) if bundle.rank() == Rank::Admin => {
            members::may_give(desk, org)?;
            members::set_rank(desk, org, *user, Rank::Admin).map(|(_, steps)| steps)
        }
        _ if bundle.rank() == Rank::Admin => Err(AccessError::Refused("Only a person can be an owner.".to_owned())),
        Holder::Person(user) => members::set_grants(desk, org, *user, rules).map(|(_, steps)| steps),
        Holder::Key(public) => {
            let before = keys::of_owner(desk, Owner::Org(org), public)?.key.clone();
            let wish = KeyWish { grants: Patch::Set(rules), ..KeyWish::default() };
            keys::change(desk, &before, &wish).map(|(_, steps)| steps)
        }
        Holder::Role(role) => {
            let before = roles::of_org(desk, org, *role)?.clone();
            let wish = RoleWish { grants: Patch::Set(rules), ..RoleWish::default() };
            roles::change(desk, &before, &wish).map(|(_, steps)| steps)
        }
    }
}

pub async fn save(Path(org): Path<OrgId>, visit: Visit) -> Response<Body> {
    if let Err(answer) = needs_admin(&visit, org) {
        return *answer;
    }
    let of = visit.form.text("of").to_owned();
    let back = format!("/org/{org}/manage/rights?of={}", crate::visit::escaped(&of));
    let Some(holder) = Holder::parse(&of) else { return crate::public::not_found() };
    let done = if visit.form.has("bundle") {
        let Some(bundle) = Bundle::from_name(visit.form.text("bundle")) else { return crate::public::not_found() };
        visit.act(move |desk| judge_bundle(desk, org, &holder, bundle).map(|steps| ((), steps))).await
    } else {
        let said = said(&visit, org);
        visit.act(move |desk| judge(desk, org, &holder, &said).map(|steps| ((), steps))).await
    };
    let again = |errors| page(&visit, org, Some(&of), StatusCode::BAD_REQUEST, errors);
    match settle(&visit, done, &back, again) {
        Ok(()) => visit.done(&back, "told-rights-saved"),
        Err(answer) => answer,
    }
}
