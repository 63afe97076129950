//! Pages and forms, which identify people by a session cookie: every kind of visitor at every page, compared with
//! `authorization/pages.txt`. Each form is also sent without the CSRF token, which must always fail.

use std::collections::BTreeSet;

use peerage_access::KeyKind;
use peerage_access::acts::invitations;
use peerage_access::records::{
    Application, ApplicationAim, ApplicationState, Client, ClientKind, Consent, Factor, FactorProof, Invitation,
    MemberRole, PermissionRules, Recovery, RecoveryState, RoleKind, SessionStage, SigningAlgorithm,
};
use peerage_registry::ids::{ApplicationId, ClientId, ConsentId, FactorId, InvitationId, OrgId, RecoveryId, UserId};
use peerage_registry::moment::{DAY, HOUR, TICK};
use peerage_schema::tables::net;
use peerage_server::endpoint::{EndpointAccess, StaffRank};
use peerage_server::endpoints;

use crate::authorization::cells::MatrixCells;
use crate::authorization::world::{MatrixWorld, SUGGESTIONS};
use crate::keeper::{RegistryKeeper, UNBOUND, now};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::{VisitedPage, Visitor};

/// The columns of the table: the visitors, with the account (if any), whether a factor was shown recently, and the
/// stage of the session.
const VISITORS: [(&str, Option<u32>, bool, SessionStage); 11] = [
    ("stranger", None, false, SessionStage::Open),
    ("waiting", Some(1), false, SessionStage::Factor),
    ("locked", Some(1), true, SessionStage::Enrol),
    ("guest", Some(4), true, SessionStage::Open),
    ("member", Some(2), true, SessionStage::Open),
    ("stale", Some(1), false, SessionStage::Open),
    ("admin", Some(1), true, SessionStage::Open),
    ("other", Some(12), true, SessionStage::Open),
    ("queue", Some(8), true, SessionStage::Open),
    ("support", Some(9), true, SessionStage::Open),
    ("staff", Some(7), true, SessionStage::Open),
];

struct PageLine {
    method: &'static str,
    path: &'static str,
    fields: Vec<(&'static str, &'static str)>,
    expected: Vec<&'static str>,
}

fn read() -> Vec<PageLine> {
    let text = include_str!("pages.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(line).collect()
}

fn line(text: &'static str) -> PageLine {
    let (request, cells) = text.split_once('|').expect("a bar");
    let mut words = request.split_whitespace();
    let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
    let fields = words.map(|word| word.split_once('=').expect("a field")).collect();
    let expected: Vec<&str> = cells.split_whitespace().collect();
    assert_eq!(expected.len(), VISITORS.len(), "{text}");
    PageLine { method, path, fields, expected }
}

/// Returns the outcome of an answer for the visitor.
fn outcome(page: &VisitedPage, is_locked: bool) -> String {
    let to = page.location();
    match page.status() {
        303 if to.starts_with("/account/login/?next=") => "login".to_owned(),
        303 if to.starts_with("/account/confirm/") => "again".to_owned(),
        302 | 303 if to.starts_with("/account/two_factor/") && is_locked => "locked".to_owned(),
        401 => "401".to_owned(),
        403 => "403".to_owned(),
        404 => "404".to_owned(),
        200..=499 => "in".to_owned(),
        status => status.to_string(),
    }
}

/// Creates the objects that forms name. The visitor's own belong to `user`. Returns the code of the first invitation.
fn furnish(world: &MatrixWorld, user: u32) -> String {
    let keeper = &world.keeper;
    put_applications(keeper, user);
    keeper.role(50, 1, RoleKind::Technical, &[1, 2]);
    put_clients(keeper, user);
    put_recoveries_and_factors(keeper, user);
    put_invitations(keeper)
}

fn put_applications(keeper: &RegistryKeeper, user: u32) {
    let application = Application {
        id: ApplicationId::new(1),
        user: UserId::new(4),
        wanted: ApplicationAim::Place,
        org: Some(OrgId::new(1)),
        asn: None,
        org_name: String::new(),
        state: ApplicationState::Pending,
        created: now(),
        note: String::new(),
        decided: None,
    };
    keeper.put(&application);
    keeper.put(&Application {
        id: ApplicationId::new(2),
        wanted: ApplicationAim::Ownership,
        org: Some(OrgId::new(SUGGESTIONS)),
        ..application.clone()
    });
    keeper.put(&Application {
        id: ApplicationId::new(3),
        user: UserId::new(user),
        org: Some(OrgId::new(10)),
        ..application
    });
}

fn put_invitations(keeper: &RegistryKeeper) -> String {
    let invitation = Invitation {
        id: InvitationId::new(1),
        org: OrgId::new(1),
        email: "new@people.example".to_owned(),
        rank: MemberRole::Member,
        grants: PermissionRules::new(),
        roles: Vec::new(),
        by: UserId::new(1),
        key: None,
        created: now(),
        expires: now() + DAY,
        nonce: "one".to_owned(),
    };
    keeper.put(&invitation);
    keeper.put(&Invitation { id: InvitationId::new(2), email: "late@people.example".to_owned(), ..invitation.clone() });
    invitations::code(&keeper.server_key, &invitation)
}

fn put_clients(keeper: &RegistryKeeper, user: u32) {
    let client = Client {
        id: ClientId::new(1),
        client_id: "ofone".to_owned(),
        name: "Site".to_owned(),
        user: None,
        org: Some(OrgId::new(1)),
        kind: ClientKind::Public,
        secrets: Vec::new(),
        redirect_uris: vec!["https://site.example/back".to_owned()],
        logout_uris: Vec::new(),
        backchannel_uri: None,
        signing: SigningAlgorithm::RS256,
        without_pkce: false,
        created: now(),
    };
    keeper.put(&client);
    keeper.put(&Client {
        id: ClientId::new(2),
        client_id: "ofoneself".to_owned(),
        user: Some(UserId::new(user)),
        org: None,
        ..client
    });
    keeper.put(&Consent {
        id: ConsentId::new(1),
        user: UserId::new(user),
        client: ClientId::new(1),
        scopes: vec!["openid".to_owned()],
        has_username: true,
        networks: None,
        created: now(),
        used: None,
        access: Vec::new(),
    });
}

fn put_recoveries_and_factors(keeper: &RegistryKeeper, user: u32) {
    for (id, user, state) in [(1, 22, RecoveryState::Review), (2, 23, RecoveryState::Open)] {
        keeper.put(&Recovery {
            id: RecoveryId::new(id),
            user: UserId::new(user),
            state,
            begun: now(),
            ends: None,
            evidence: Vec::new(),
            told: 0,
            address: "127.0.0.1".to_owned(),
            browser: None,
        });
    }
    for id in [1, 2] {
        keeper.put(&Factor {
            id: FactorId::new(id),
            user: UserId::new(user),
            name: format!("App {id}"),
            proof: FactorProof::Totp { seed: "00".to_owned(), version: 1, last_step: 0 },
            created: now(),
            used: None,
        });
    }
}

/// Returns a visitor with a CSRF token, or `None` if the session has ended.
fn visitor<'a>(server: &'a TestServer, session: Option<&String>, stage: SessionStage) -> Option<Visitor<'a>> {
    let visitor = match session {
        None => Visitor::new(server),
        Some(text) => Visitor::with_session(server, text),
    };
    let own = if stage == SessionStage::Open && session.is_some() { "/profile" } else { "/account/two_factor/" };
    let is_there = visitor.get(own).status() == 200;
    visitor.get(if stage == SessionStage::Enrol { own } else { "/account/login/" });
    (is_there || session.is_none() || stage == SessionStage::Factor).then_some(visitor)
}

fn id_of(session: &str) -> &str {
    session.split('_').nth(1).expect("a number")
}

/// The names in the table for values that each world creates.
struct FreshNames {
    key: String,
    own_key: String,
    invitation: String,
    /// The position of a change of a network of organization 1 by its admin.
    change: String,
}

impl FreshNames {
    fn fill(&self, text: &str, session: &str) -> String {
        let pairs = [
            ("{key}", self.key.as_str()),
            ("{ownkey}", &self.own_key),
            ("{invitation}", &self.invitation),
            ("{change}", &self.change),
            ("{session}", id_of(session)),
        ];
        pairs.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

fn public_of(world: &MatrixWorld, name: &str) -> String {
    let found = world.people.keys().find(|entry| entry.key.name == name);
    found.map(|entry| entry.key.public.clone()).expect("a key")
}

/// Each visitor gets a separate world, so that changes affect nobody else.
pub fn try_all(place: impl Fn() -> RegistryPlace) -> MatrixCells {
    let lines = read();
    let mut cells = MatrixCells::default();
    check_that_all_are_there(&lines, &mut cells);
    check_access(&lines, &mut cells);
    for (column, (name, user, fresh, stage)) in VISITORS.into_iter().enumerate() {
        let place = place();
        let world = MatrixWorld::of(&place);
        let owner = user.unwrap_or(1);
        let invitation = furnish(&world, owner);
        let own_key = world.keeper.key(900, KeyKind::User, |key| key.user = Some(UserId::new(owner)));
        let own_key = own_key.split('_').nth(2).expect("a public part").to_owned();
        let change = world.keeper.change_net(11, net::AKA, "Changed", 1).to_string();
        let made = FreshNames { key: public_of(&world, "org-key-none"), own_key, invitation, change };
        // Changes that one form makes to its session must not affect the next.
        let open = || {
            world.keeper.sessions(owner, lines.len() + 1, |session| {
                session.stage = stage;
                session.fresh_until = if fresh { Some(now() + HOUR) } else { Some(now() - TICK) };
            })
        };
        let mut sessions = open();
        let server = world.keeper.serve(&place, &UNBOUND);
        for (at, line) in lines.iter().enumerate() {
            let there = visitor(&server, user.map(|_| &sessions[at]), stage);
            let visitor = there.unwrap_or_else(|| {
                // The previous form has ended all sessions.
                sessions = open();
                world.keeper.settle(&server);
                visitor(&server, Some(&sessions[at]), stage).expect("a session that was just opened")
            });
            let another = sessions.last().expect("one more");
            let path = made.fill(line.path, another);
            let fields: Vec<(&str, String)> =
                line.fields.iter().map(|(name, value)| (*name, made.fill(value, another))).collect();
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            if line.method == "POST" && line.path != "/look" {
                let before = server.position();
                let page = visitor.post_raw(&path, &fields, &[]);
                cells.check(page.status() == 403 && server.position() == before, || {
                    format!("{name}: POST {path} without a token: {}, and it may have been done", page.status())
                });
            }
            let page = match line.method {
                "GET" => visitor.get(&path),
                _ => visitor.post(&path, &fields),
            };
            // The pages for factors themselves redirect back to them at the end.
            let is_locked = stage == SessionStage::Enrol && !line.path.starts_with("/account/two_factor/");
            let (came, expected) = (outcome(&page, is_locked), line.expected[column]);
            cells.check(came == expected, || {
                let text: String = page.text.chars().filter(|letter| *letter != '\n').take(160).collect();
                format!(
                    "{name}: {} {path}: {came}, not {expected} ({} {} {text})",
                    line.method,
                    page.status(),
                    page.location()
                )
            });
        }
    }
    cells
}

/// Checks that every route of a page or form is in the table with each of its methods.
fn check_that_all_are_there(lines: &[PageLine], cells: &mut MatrixCells) {
    let told: BTreeSet<(String, &str)> = lines.iter().map(|line| (pattern_of(line.path), line.method)).collect();
    for (pattern, taken) in endpoints::routes().iter().filter(|(pattern, _)| is_page(pattern)) {
        for method in taken.split(", ").filter(|method| matches!(*method, "GET" | "POST")) {
            cells.check(told.contains(&((*pattern).to_owned(), method)), || {
                format!("{method} {pattern} is not in authorization/pages.txt: add a line with what each visitor gets")
            });
        }
    }
}

/// Pages that anyone can open, and that ask anonymous visitors to log in if the application's request is valid.
const ASKS_TO_LOG_IN: [&str; 3] = ["/oauth2/authorize", "/oauth2/authorize/", "/oauth2/openid/authorize/"];

/// Pages that exist only if the operator wrote them.
const OF_OPERATOR: [&str; 4] = ["/terms", "/aup", "/privacy", "/imprint"];

/// Checks that the access in the tables of endpoints agrees with the visitors in the matrix.
fn check_access(lines: &[PageLine], cells: &mut MatrixCells) {
    let column = |name: &str| VISITORS.iter().position(|(known, ..)| *known == name).expect("a visitor");
    for line in lines {
        let (pattern, method) = (pattern_of(line.path), line.method);
        let row = endpoints::all().find(|row| row.path == pattern && row.method == method).expect("a row");
        let is_in = |name: &str| line.expected[column(name)] == "in";
        let is_right = match row.access {
            EndpointAccess::Anyone | EndpointAccess::LinkHolder => {
                let exceptions = ASKS_TO_LOG_IN.iter().chain(&OF_OPERATOR);
                is_in("stranger") || exceptions.into_iter().any(|one| *one == pattern)
            }
            EndpointAccess::Person | EndpointAccess::Caller => !is_in("stranger") && is_in("admin"),
            EndpointAccess::Member => !is_in("stranger") && !is_in("guest") && is_in("member"),
            EndpointAccess::Admin => !is_in("guest") && !is_in("member") && !is_in("other") && is_in("admin"),
            EndpointAccess::Staff(power) => {
                let ranks = [("queue", StaffRank::Queue), ("support", StaffRank::Support), ("staff", StaffRank::Admin)];
                let is_right = |(name, rank): (&str, StaffRank)| is_in(name) == rank.has(power);
                !is_in("admin") && !is_in("other") && ranks.into_iter().all(is_right)
            }
            EndpointAccess::Editor => !is_in("guest") && !is_in("other") && is_in("admin"),
            EndpointAccess::Application => false,
        };
        cells.check(is_right, || format!("{method} {pattern}: {:?} is not what pages.txt says", row.access));
    }
}

/// Whether a route identifies people by a cookie: all except files, probes, and requests with a header.
fn is_page(pattern: &str) -> bool {
    let others = [
        "/api",
        "/static/",
        "/media/",
        "/data/",
        "/export/",
        "/dumps/",
        "/.well-known/",
        "/oauth2/.well-known/",
        "/oauth2/jwks",
        "/oauth2/token",
        "/oauth2/revoke_token",
        "/oauth2/introspect",
        "/oauth2/userinfo",
        "/profile/v1",
        "/healthz",
        "/healthcheck",
        "/readyz",
        "/metrics",
        "/robots.txt",
        "/sitemap",
        "/favicon.ico",
    ];
    pattern == "/" || pattern.starts_with("/apidocs") || !others.iter().any(|other| pattern.starts_with(other))
}

/// Returns the pattern that a path of the table matches.
fn pattern_of(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let fits = |pattern: &str| {
        let (mut parts, mut pieces) = (pattern.split('/'), path.split('/'));
        loop {
            match (parts.next(), pieces.next()) {
                (None, None) => return true,
                (Some(part), Some(piece)) if part == piece || (part.starts_with('{') && !piece.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let mut found: Vec<&str> = endpoints::all().map(|endpoint| endpoint.path).filter(|pattern| fits(pattern)).collect();
    found.sort_by_key(|pattern| pattern.matches('{').count());
    (*found.first().unwrap_or_else(|| panic!("{path} matches no route"))).to_owned()
}
