//! The registry of the matrix: organizations with everything twice or thrice, and callers of all kinds.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use peerage_access::records::{Key, KeyState, MemberRole, PermissionRules, Policy, RoleKind};
use peerage_access::{KeyKind, People, Principal};
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_registry::moment::TICK;
use peerage_registry::{Snapshot, Visibility};
use peerage_schema::Resource;
use serde_json::{Value as Json, json};

use crate::keeper::{RegistryKeeper, ended, now, row};
use crate::server::RegistryPlace;

pub const ORGS: [u32; 4] = [1, 10, 100, 2];
pub const DEAD: u32 = 3;
pub const SUGGESTIONS: u32 = 20_525;

/// Ids of an organization's objects of a kind: the text of the first begins the others'.
pub fn ids(org: u32) -> [u32; 3] {
    let first = org * 10 + 1;
    [first, first * 10, first * 100]
}

pub const VISIBLE: [Visibility; 3] = [Visibility::Public, Visibility::Users, Visibility::Private];

pub fn word(visible: Visibility) -> &'static str {
    match visible {
        Visibility::Public => "Public",
        Visibility::Users => "Users",
        Visibility::Private => "Private",
    }
}

/// A contact or the address of a member list, with the text that tells it from all others.
pub struct HiddenText {
    pub resource: Resource,
    pub id: u32,
    pub org: u32,
    pub visible: Visibility,
    pub mark: String,
}

/// One row of the world.
pub struct WorldRow {
    pub resource: Resource,
    pub id: u32,
    pub org: u32,
    pub is_first: bool,
    pub visible: Visibility,
}

/// How a caller shows who it is.
pub enum WorldCredential {
    Nothing,
    Key(String),
    Session(String),
}

impl WorldCredential {
    pub fn header(&self) -> String {
        match self {
            WorldCredential::Nothing => String::new(),
            WorldCredential::Key(text) => format!("Api-Key {text}"),
            WorldCredential::Session(text) => format!("Bearer {text}"),
        }
    }
}

pub struct MatrixWorld {
    pub keeper: RegistryKeeper,
    pub callers: BTreeMap<&'static str, WorldCredential>,
    pub things: Vec<WorldRow>,
    pub hidden: Vec<HiddenText>,
    pub snapshot: Arc<Snapshot>,
    pub people: People,
}

/// Place of an organization's networks in address space.
fn block(org: u32, number: usize) -> u32 {
    let at = ORGS.iter().position(|known| *known == org).expect("an organization of the world");
    160 + (at * 3 + number) as u32
}

fn rows() -> (Json, Vec<WorldRow>, Vec<HiddenText>) {
    let mut rows: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
    let (mut things, mut hidden) = (Vec::new(), Vec::new());
    let mut put = |resource: Resource, id: u32, org: u32, is_first: bool, visible: Visibility, fields: Json| {
        rows.entry(resource.tag()).or_default().push(row(id, &fields));
        if org != DEAD && org != SUGGESTIONS {
            things.push(WorldRow { resource, id, org, is_first, visible });
        }
    };
    for org in ORGS {
        let public = Visibility::Public;
        let place = json!({"address1": "Street 1", "city": "Berlin", "country": "DE", "zipcode": "10115"});
        let with = |more: Json| {
            let mut fields = place.clone();
            fields.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
            fields
        };
        let website = "https://org.example";
        put(Resource::Org, org, org, false, public, with(json!({"name": format!("Org {org}"), "website": website})));
        let campus = ids(org)[0];
        put(Resource::Campus, campus, org, true, public, json!({"org_id": org, "name": format!("Campus {org}")}));
        for (number, id) in ids(org).into_iter().enumerate() {
            let is_first = number == 0;
            let visible = VISIBLE[number];
            let block = block(org, number);
            put(
                Resource::Fac,
                id,
                org,
                is_first,
                public,
                with(json!({"org_id": org, "name": format!("Fac {id}"), "latitude": 52.52, "longitude": 13.405,
                            "campus_id": if number < 2 { json!(campus) } else { Json::Null }})),
            );
            let net = json!({"org_id": org, "name": format!("Net {id}"), "asn": 200_000 + id, "website": website});
            put(Resource::Net, id, org, is_first, public, net);
            put(
                Resource::Ix,
                id,
                org,
                is_first,
                public,
                json!({"org_id": org, "name": format!("Ix {id}"), "city": "Berlin", "country": "DE", "website": website,
                       "region_continent": "Europe", "media": "Ethernet", "tech_email": "noc@x.example"}),
            );
            let url = format!("https://list.example/secret-{id}-list");
            put(
                Resource::Ixlan,
                id,
                org,
                is_first,
                visible,
                json!({"ix_id": id, "mtu": 1500, "ixf_ixp_member_list_url": url,
                       "ixf_ixp_member_list_url_visible": word(visible)}),
            );
            hidden.push(HiddenText { resource: Resource::Ixlan, id, org, visible, mark: url });
            let prefix = format!("194.59.{block}.0/24");
            put(
                Resource::Ixpfx,
                id,
                org,
                is_first,
                public,
                json!({"ixlan_id": id, "protocol": "IPv4", "prefix": prefix}),
            );
            put(
                Resource::Carrier,
                id,
                org,
                is_first,
                public,
                json!({"org_id": org, "name": format!("Carrier {id}"), "website": website}),
            );
            if number < 2 {
                put(Resource::Netfac, id, org, is_first, public, json!({"net_id": id, "fac_id": id}));
                put(Resource::Ixfac, id, org, is_first, public, json!({"ix_id": id, "fac_id": id}));
                put(Resource::Carrierfac, id, org, is_first, public, json!({"carrier_id": id, "fac_id": id}));
                put(
                    Resource::Netixlan,
                    id,
                    org,
                    is_first,
                    public,
                    json!({"net_id": id, "ix_id": id, "ixlan_id": id, "asn": 200_000 + id, "speed": 1000,
                           "ipaddr4": format!("194.59.{block}.10")}),
                );
            }
            for (at, visible) in VISIBLE.into_iter().enumerate() {
                let contact = id * 10 + at as u32 + 1;
                let mark = format!("secret-{contact}-mail@hidden.example");
                put(
                    Resource::Poc,
                    contact,
                    org,
                    is_first,
                    visible,
                    json!({"net_id": id, "role": "NOC", "visible": word(visible), "name": format!("Contact {contact}"),
                           "email": mark, "phone": "+4930123456"}),
                );
                hidden.push(HiddenText { resource: Resource::Poc, id: contact, org, visible, mark });
            }
        }
    }
    for (id, status) in [(DEAD, "deleted"), (SUGGESTIONS, "ok")] {
        let mut fields = row(id, &json!({"name": format!("Org {id}"), "website": "https://org.example"}));
        fields["status"] = json!(status);
        rows.get_mut("org").expect("organizations").push(fields);
    }
    let document = rows.into_iter().map(|(tag, list)| (tag.to_owned(), json!({"data": list})));
    (Json::Object(document.collect()), things, hidden)
}

impl MatrixWorld {
    pub fn of(place: &RegistryPlace) -> MatrixWorld {
        let keeper = RegistryKeeper::of(place);
        let (document, things, hidden) = rows();
        keeper.import(&document);
        let callers = callers(&keeper);
        let (snapshot, people) = keeper.load();
        MatrixWorld { keeper, callers, things, hidden, snapshot, people }
    }

    /// Who a caller is once inside; none for those who are refused at the door.
    pub fn principal(&self, name: &str) -> Option<Arc<Principal>> {
        let address = IpAddr::from([127, 0, 0, 1]);
        let credential = self.callers.get(name).unwrap_or_else(|| panic!("{name} is no caller of the world"));
        match credential {
            WorldCredential::Nothing => Some(Arc::new(Principal::anonymous())),
            WorldCredential::Key(text) => {
                let key = self.people.recognise(&self.keeper.server_key, text, now(), address, &*self.snapshot).ok()?;
                Some(self.people.principal_of(key.entry, now()))
            }
            WorldCredential::Session(text) => {
                let key = &self.keeper.server_key;
                let (user, session) = peerage_access::acts::sessions::recognise(&self.people, key, text, now())?;
                Some(Arc::new(Principal::of_person(&self.people, user, session, now())))
            }
        }
    }
}

fn rules(given: &[(&str, u8)]) -> PermissionRules {
    let full = |name: &str| match name {
        "" => "peeringdb.organization.1".to_owned(),
        rest => format!("peeringdb.organization.1.{rest}"),
    };
    given.iter().map(|(name, bits)| (full(name), *bits)).collect()
}

/// Rules as the panels write them: with what goes along.
const CRUD: u8 = 15;
const RU: u8 = 3;

/// What happens to a key.
type KeyTurn = fn(&mut Key);

fn callers(keeper: &RegistryKeeper) -> BTreeMap<&'static str, WorldCredential> {
    let mut all = BTreeMap::from([("anonymous", WorldCredential::Nothing)]);
    let (admin, member, verified, guest, staff) = (1, 2, 3, 4, 7);
    for (id, is_verified, is_staff) in [
        (admin, true, false),
        (member, true, false),
        (verified, true, false),
        (guest, false, false),
        (staff, true, true),
    ] {
        keeper.user(id, is_verified, is_staff);
    }
    keeper.member(1, 1, admin, MemberRole::Admin, PermissionRules::new());
    keeper.member(2, 1, member, MemberRole::Member, PermissionRules::new());
    for (id, org) in [(12, 2), (13, 10), (14, 100)] {
        keeper.user(id, true, false);
        keeper.member(id, org, id, MemberRole::Admin, PermissionRules::new());
    }
    keeper.put(&Policy { allows_user_keys: false, ..Policy::unset(OrgId::new(100)) });
    let private = "network.*.poc_set.private";
    let networks = |bits| rules(&[("network", bits), (private, bits)]);
    let first = ids(1)[0];
    let (net1, net1_private) = (format!("network.{first}"), format!("network.{first}.poc_set.private"));
    let net1_rules = rules(&[(&net1, CRUD), (&net1_private, CRUD)]);
    for (id, grants) in [
        (20, rules(&[("", RU), (private, RU)])),
        (21, rules(&[("", CRUD), (private, CRUD)])),
        (22, net1_rules.clone()),
        (23, rules(&[("facility", CRUD)])),
    ] {
        keeper.user(id, true, false);
        keeper.member(id, 1, id, MemberRole::Member, grants);
    }
    let mut next = 100;
    let mut add = |name: &'static str, kind: KeyKind, shape: &dyn Fn(&mut Key)| {
        next += 1;
        let text = keeper.key(next, kind, |key| {
            name.clone_into(&mut key.name);
            shape(key);
        });
        assert!(all.insert(name, WorldCredential::Key(text)).is_none(), "{name}");
    };
    for (name, user, readonly) in [
        ("guest-key", guest, false),
        ("verified-key", verified, false),
        ("member-key", member, false),
        ("admin-key", admin, false),
        ("admin-readonly-key", admin, true),
        ("staff-key", staff, false),
        ("staff-readonly-key", staff, true),
        ("admin-of-2-key", 12, false),
        ("admin-of-10-key", 13, false),
        ("admin-of-100-key", 14, false),
        ("member-org-ru-key", 20, false),
        ("member-org-crud-key", 21, false),
        ("member-net1-crud-key", 22, false),
        ("member-fac-crud-key", 23, false),
    ] {
        add(name, KeyKind::User, &|key| (key.user, key.readonly) = (Some(UserId::new(user)), readonly));
    }
    let of_10: PermissionRules = [("peeringdb.organization.10".to_owned(), CRUD)].into();
    for (name, user, cut) in [
        ("admin-key-cut-net1", admin, rules(&[(&net1, CRUD)])),
        ("admin-key-cut-to-10", admin, of_10),
        ("staff-key-cut-net1", staff, rules(&[(&net1, CRUD)])),
    ] {
        add(name, KeyKind::User, &|key| (key.user, key.grants) = (Some(UserId::new(user)), Some(cut.clone())));
    }
    let whole = |bits| rules(&[("", bits), (private, bits)]);
    for (name, grants) in [
        ("org-key-none", PermissionRules::new()),
        ("org-key-r", whole(1)),
        ("org-key-ru", whole(RU)),
        ("org-key-crud", whole(CRUD)),
        ("org-key-net-ru", networks(RU)),
        ("org-key-net-crud", networks(CRUD)),
        ("org-key-net1-crud", net1_rules),
        ("org-key-net1-r-net-crud", rules(&[("network", CRUD), (private, CRUD), (&net1, 1), (&net1_private, CRUD)])),
        ("org-key-ix-crud", rules(&[("internetexchange", CRUD)])),
        ("org-key-ix1-crud", rules(&[(&format!("internetexchange.{first}"), CRUD)])),
        ("org-key-fac-crud", rules(&[("facility", CRUD)])),
        ("org-key-fac1-ru", rules(&[(&format!("facility.{first}"), RU)])),
        ("org-key-carrier-crud", rules(&[("carrier", CRUD)])),
        ("org-key-campus-crud", rules(&[("campus", CRUD)])),
        ("org-key-users", rules(&[("users", CRUD)])),
        ("org-key-users-r", rules(&[("users", 1)])),
        ("org-key-sessions", rules(&[("network.*.sessions", CRUD)])),
        ("org-key-links-only", rules(&[("network.*.ixlan", CRUD), ("network.*.netfac", CRUD)])),
        ("org-key-create-only", rules(&[("", 5)])),
        ("org-key-delete-only", rules(&[("", 9)])),
    ] {
        add(name, KeyKind::Org, &|key| {
            (key.org, key.grants) = (Some(OrgId::new(1)), Some(grants.clone()));
            key.manages_members = name == "org-key-users";
        });
    }
    add("org-key-readonly", KeyKind::Org, &|key| {
        (key.org, key.grants, key.readonly) = (Some(OrgId::new(1)), Some(whole(CRUD)), true);
    });
    let of = |org: u32, rest: &str| -> PermissionRules {
        let base = format!("peeringdb.organization.{org}{rest}");
        [(format!("{base}.poc_set.private"), CRUD), (base, CRUD)].into()
    };
    for (name, org, grants) in [
        ("org-10-key-crud", 10, of(10, "")),
        ("org-100-key-crud", 100, of(100, "")),
        ("org-2-key-crud", 2, of(2, "")),
        ("org-10-key-net1-crud", 10, of(10, &format!(".network.{}", ids(10)[0]))),
        ("org-10-key-users", 10, [("peeringdb.organization.10.users".to_owned(), CRUD)].into()),
        ("deleted-org-key", DEAD, of(DEAD, "")),
    ] {
        let private = format!("peeringdb.organization.{org}.network.*.poc_set.private");
        add(name, KeyKind::Org, &|key| {
            let mut grants: PermissionRules = grants.clone();
            if name.ends_with("key-crud") {
                grants.insert(private.clone(), CRUD);
            }
            (key.org, key.grants) = (Some(OrgId::new(org)), Some(grants));
        });
    }
    // One member has a key in each role, and is nothing else.
    for (at, (name, kind)) in [
        ("role-admin", RoleKind::Admin),
        ("role-technical", RoleKind::Technical),
        ("role-routing", RoleKind::Routing),
        ("role-policy", RoleKind::Policy),
        ("role-noc", RoleKind::Noc),
        ("role-abuse", RoleKind::Abuse),
        ("role-sales", RoleKind::Sales),
        ("role-public-relations", RoleKind::PublicRelations),
        ("role-read-only", RoleKind::ReadOnly),
    ]
    .into_iter()
    .enumerate()
    {
        let id = at as u32 + 1;
        keeper.user(30 + id, true, false);
        keeper.member(30 + id, 1, 30 + id, MemberRole::Member, PermissionRules::new());
        keeper.role(id, 1, kind, &[30 + id]);
        add(name, KeyKind::Role, &|key| {
            (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(id)), Some(UserId::new(30 + id)));
        });
    }
    add("role-admin-readonly", KeyKind::Role, &|key| {
        (key.org, key.role, key.user, key.readonly) =
            (Some(OrgId::new(1)), Some(RoleId::new(1)), Some(UserId::new(31)), true);
    });
    add("role-technical-cut-net1", KeyKind::Role, &|key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(2)), Some(UserId::new(32)));
        key.grants = Some(rules(&[(&net1, CRUD)]));
    });
    add("role-left", KeyKind::Role, &|key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(2)), Some(UserId::new(member)));
    });
    // Named in a role, and in the organization no more.
    keeper.role(20, 1, RoleKind::Admin, &[verified]);
    add("role-left-org", KeyKind::Role, &|key| {
        (key.org, key.role, key.user) = (Some(OrgId::new(1)), Some(RoleId::new(20)), Some(UserId::new(verified)));
    });
    let states: [(&'static str, KeyTurn); 5] = [
        ("suspended-key", |key| key.state = KeyState::Suspended),
        ("revoked-key", |key| (key.state, key.ended) = (KeyState::Revoked, Some(ended("by request")))),
        ("exposed-key", |key| (key.state, key.ended) = (KeyState::Exposed, Some(ended("found")))),
        ("expired-key", |key| key.expires = Some(now() - TICK)),
        ("wrong-network-key", |key| key.networks = vec!["192.0.2.0/24".parse().expect("a network")]),
    ];
    for (name, state) in states {
        add(name, KeyKind::Org, &|key| {
            (key.org, key.grants) = (Some(OrgId::new(1)), Some(whole(CRUD)));
            state(key);
        });
    }
    let mut barred = keeper.user(40, true, true);
    add("barred-user-key", KeyKind::User, &|key| key.user = Some(UserId::new(40)));
    barred.active = false;
    keeper.put(&barred);
    let sound = match &all["org-key-crud"] {
        WorldCredential::Key(text) => text.clone(),
        _ => unreachable!("it is a key"),
    };
    all.insert("damaged-key", WorldCredential::Key(format!("{}_", &sound[..sound.len() - 1])));
    all.insert("unknown-key", WorldCredential::Key("abcdefgh.01234567890123456789012345678901".to_owned()));
    for (name, user, fresh) in [
        ("guest-session", guest, true),
        ("verified-session", verified, true),
        ("member-session", member, true),
        ("admin-session-stale", admin, false),
        ("admin-session-fresh", admin, true),
        ("staff-session", staff, true),
        ("admin-of-100-session", 14, true),
        ("member-org-crud-session", 21, true),
        ("technical-person-session", 32, true),
    ] {
        all.insert(name, WorldCredential::Session(keeper.session(user, fresh)));
    }
    all
}
