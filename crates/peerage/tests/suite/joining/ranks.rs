//! Ranks of the registry's staff: each power is refused to the rank below the one that it needs, and ranks are given on a
//! page.

use peerage_access::records::{
    Application, ApplicationAim, ApplicationState, MemberRole, PermissionRules, Recovery, RecoveryEvidence,
    RecoveryState,
};
use peerage_access::{KeyKind, StaffPower, StaffRank};
use peerage_registry::ids::{ApplicationId, OrgId, RecoveryId, UserId};
use peerage_schema::tables::net;
use serde_json::{Value as Json, json};

use super::fixture::{ADA, JoinFixture, MAX, ROOT, VERA, ZOE};
use crate::keeper::{now, row};
use crate::server::RegistryPlace;
use crate::visitor::Visitor;

const QUEUE: u32 = 21;
const SUPPORT: u32 = 22;

/// A request that a power permits, with the statuses for those who lack the power and for those who have it.
enum PowerProbe {
    Page(String, u16, u16),
    Form(String, Vec<(&'static str, String)>, u16),
    Api(&'static str, String, Json, u16),
}

fn account_of(rank: Option<StaffRank>) -> u32 {
    match rank {
        None => VERA,
        Some(StaffRank::Queue) => QUEUE,
        Some(StaffRank::Support) => SUPPORT,
        Some(StaffRank::Admin) => ROOT,
    }
}

fn fixture(place: &RegistryPlace) -> JoinFixture {
    let fixture = JoinFixture::with(place, &["--rdap", "off"]);
    let hall = |id: u32| {
        let fields = json!({"org_id": 10, "name": format!("Hall {id}"), "website": "https://f.example",
            "address1": "Way 1", "city": "Zürich", "country": "CH", "zipcode": "8000"});
        let mut row = row(id, &fields);
        row["status"] = json!("pending");
        row
    };
    let exchange = row(
        9,
        &json!({"org_id": 10, "name": "Exchange", "city": "Zürich", "country": "CH",
        "region_continent": "Europe", "media": "Ethernet", "website": "https://x.example"}),
    );
    let contact = row(
        70,
        &json!({"net_id": 50, "role": "NOC", "name": "Hidden", "visible": "Private",
        "email": "hidden@net50.example"}),
    );
    let halls: Vec<Json> = (40..44).map(hall).collect();
    fixture.keeper.import(&json!({"fac": halls, "ix": [exchange], "poc": [contact]}));
    for (id, rank) in [(QUEUE, StaffRank::Queue), (SUPPORT, StaffRank::Support)] {
        fixture.keeper.staff(id, true, Some(rank));
    }
    fixture.keeper.put(&Recovery {
        id: RecoveryId::new(1),
        user: UserId::new(MAX),
        state: RecoveryState::Review,
        begun: now(),
        ends: None,
        evidence: vec![
            RecoveryEvidence::Address { address: "user2@people.example".to_owned() },
            RecoveryEvidence::Vouch { by: UserId::new(ADA), org: OrgId::new(1) },
        ],
        told: 0,
        address: "127.0.0.1".to_owned(),
        browser: None,
    });
    fixture.keeper.settle(&fixture.server);
    fixture
}

/// The requests that show that somebody has a power. A new power needs some.
fn probes(power: StaffPower, change: u64) -> Vec<PowerProbe> {
    use PowerProbe::{Api, Form, Page};
    let page = |path: &str| Page(path.to_owned(), 404, 200);
    let form = |path: &str, fields: &[(&'static str, &str)], done: u16| {
        Form(path.to_owned(), fields.iter().map(|(name, text)| (*name, (*text).to_owned())).collect(), done)
    };
    let api = |method: &'static str, path: &str, body: Json| Api(method, path.to_owned(), body, 200);
    match power {
        StaffPower::ReviewRequests => vec![
            page("/staff"),
            page("/staff/look?what=fac.40"),
            form("/staff/approve", &[("what", "fac.40")], 303),
            form("/staff/refuse", &[("what", "fac.41"), ("reason", "a double")], 303),
            api("GET", "/api/staff/queue", Json::Null),
            api("POST", "/api/staff/queue/fac/42/approve", Json::Null),
            api("POST", "/api/staff/queue/fac/43/refuse", json!({"reason": "a double"})),
        ],
        StaffPower::ReadEverything => vec![
            page("/org/10/manage/audit"),
            api("GET", "/api/audit", Json::Null),
            api("GET", "/api/org/10/audit", Json::Null),
            api("GET", "/api/org/10/users", Json::Null),
            api("GET", "/api/poc/70", Json::Null),
        ],
        StaffPower::ManageAccounts => vec![
            page("/staff/users"),
            form("/staff/users/bar", &[("user_id", "5")], 303),
            form("/staff/users/let-in", &[("user_id", "5")], 303),
        ],
        StaffPower::ReviewRecoveries => vec![
            page("/staff/recoveries"),
            form("/staff/recoveries/refuse", &[("id", "1"), ("reason", "no proof")], 303),
        ],
        StaffPower::UndoChanges => vec![page("/staff/undo"), page(&format!("/undo/{change}"))],
        StaffPower::ConfirmImports => vec![
            Page("/ix/9/import".to_owned(), 403, 200),
            // Without the tick, there is nothing to confirm.
            form("/ix/9/import", &[("step", "confirm")], 400),
        ],
        StaffPower::ChangeEverything => vec![
            Page("/edit/net/50".to_owned(), 403, 200),
            api("PUT", "/api/net/50", json!({"org_id": 10, "name": "Net 50", "asn": 63050, "aka": "Other"})),
        ],
        StaffPower::ManageStaff => vec![
            page("/staff/ranks"),
            form("/staff/ranks", &[("person", "user2"), ("rank", "queue")], 303),
            form("/staff/ranks", &[("user_id", "2"), ("rank", "none")], 303),
        ],
    }
}

/// Sends a request as a person, and returns the status with the expected ones: without the power, and with it.
fn outcome(visitor: &Visitor<'_>, fixture: &JoinFixture, session: &str, probe: &PowerProbe) -> (u16, u16, u16) {
    match probe {
        PowerProbe::Page(path, refused, shown) => (visitor.get(path).status(), *refused, *shown),
        PowerProbe::Form(path, fields, done) => {
            let refused = if path.starts_with("/ix/") { 403 } else { 404 };
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
            (visitor.post(path, &fields).status(), refused, *done)
        }
        PowerProbe::Api(method, path, body, done) => {
            (fixture.server.call(session, method, path, body).status, 403, *done)
        }
    }
}

pub fn each_power_is_refused_to_the_rank_below_and_allowed_to_its_own(place: &RegistryPlace) {
    let fixture = fixture(place);
    let change = fixture.keeper.change_net(50, net::AKA, "Changed", ZOE);
    let open = |rank: Option<StaffRank>| fixture.keeper.session(account_of(rank), true);
    let ranks = [None, Some(StaffRank::Queue), Some(StaffRank::Support), Some(StaffRank::Admin)];
    let sessions = ranks.map(open);
    fixture.keeper.settle(&fixture.server);
    let visitors = sessions.each_ref().map(|session| {
        let visitor = Visitor::with_session(&fixture.server, session);
        assert_eq!(visitor.get("/affiliate").status(), 200);
        visitor
    });
    for power in StaffPower::ALL {
        let own = ranks.iter().position(|rank| *rank == Some(power.least())).expect("a rank");
        for probe in probes(*power, change) {
            for (at, has_power) in [(own - 1, false), (own, true)] {
                let (status, refused, done) = outcome(&visitors[at], &fixture, &sessions[at], &probe);
                let expected = if has_power { done } else { refused };
                let request = match &probe {
                    PowerProbe::Page(path, ..) | PowerProbe::Form(path, ..) | PowerProbe::Api(_, path, ..) => path,
                };
                assert_eq!(status, expected, "{power:?}: {request} by {:?}", ranks[at]);
            }
        }
    }
    let tabs = |at: usize| visitors[at].get("/staff").text.matches("href=\"/staff").count();
    assert!(tabs(1) < tabs(2) && tabs(2) < tabs(3), "each rank sees the pages that it can use");
}

pub fn nobody_below_admin_decides_for_themselves_or_for_organizations_whose_admins_they_suspended(
    place: &RegistryPlace,
) {
    let fixture = fixture(place);
    // A queue worker belongs to the organization of a facility that waits.
    fixture.keeper.member(90, 10, QUEUE, MemberRole::Member, PermissionRules::new());
    fixture.keeper.put(&Application {
        id: ApplicationId::new(9),
        user: UserId::new(VERA),
        wanted: ApplicationAim::default(),
        org: Some(OrgId::new(1)),
        asn: None,
        org_name: String::new(),
        state: ApplicationState::Pending,
        created: now(),
        note: String::new(),
        decided: None,
    });
    let [queue, support, root] = [QUEUE, SUPPORT, ROOT].map(|id| fixture.visitor(id, true));
    let approve = |who: &Visitor<'_>, what: &str| who.post("/staff/approve", &[("what", what)]);
    let own = approve(&queue, "fac.40");
    assert_ne!(own.status(), 303);
    own.shows("You cannot decide about objects of your own organization.");
    assert_eq!(approve(&support, "fac.40").status(), 303, "others decide about it");
    assert_ne!(approve(&support, "application.9").status(), 303, "the admins of the organization decide");
    assert_eq!(support.post("/staff/users/bar", &[("user_id", "1")]).status(), 303);
    for who in [&queue, &support] {
        let refused = approve(who, "application.9");
        assert_ne!(refused.status(), 303);
        refused.shows("This requires the staff rank admin.");
    }
    let people = || fixture.keeper.load().1;
    assert!(people().member(OrgId::new(1), UserId::new(VERA)).is_none());
    assert_eq!(approve(&root, "application.9").status(), 303);
    assert!(people().member(OrgId::new(1), UserId::new(VERA)).is_some());
}

pub fn support_undoes_what_others_did_and_changes_nothing_else(place: &RegistryPlace) {
    let fixture = fixture(place);
    let change = fixture.keeper.change_net(50, net::AKA, "Changed", ZOE);
    let support = fixture.visitor(SUPPORT, true);
    let preview = support.get(&format!("/undo/{change}"));
    let mut fields = preview.form_fields();
    fields.retain(|(name, _)| name != "note");
    fields.push(("note".to_owned(), "by mistake".to_owned()));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let done = support.post_raw(&format!("/undo/{change}"), &fields, &[]);
    assert_eq!((done.status(), done.location()), (303, "/net/50/history"), "{}", done.text);
    let (registry, _) = fixture.keeper.load();
    let row = registry.row(peerage_schema::Resource::Net, 50).expect("a network");
    assert_eq!(row.text_or_empty(net::AKA), "");
    // A key of theirs reads everything, and neither undoes nor decides.
    let key = fixture.keeper.key(801, KeyKind::User, |key| key.user = Some(UserId::new(SUPPORT)));
    let cut = fixture.keeper.key(802, KeyKind::User, |key| {
        key.user = Some(UserId::new(SUPPORT));
        key.grants = Some([("peeringdb.organization.10".to_owned(), 15)].into());
    });
    fixture.keeper.settle(&fixture.server);
    let get = |who: &str, path: &str| fixture.server.call(who, "GET", path, &Json::Null).status;
    assert_eq!((get(&key, "/api/audit"), get(&key, "/api/poc/70")), (200, 200));
    assert_eq!((get(&cut, "/api/audit"), get(&cut, "/api/poc/70")), (403, 403));
    let change = json!({"org_id": 10, "name": "Net 50", "asn": 63050, "aka": "Other"});
    assert_ne!(fixture.server.call(&key, "PUT", "/api/net/50", &change).status, 200);
}

pub fn an_admin_gives_and_takes_ranks_on_a_page(place: &RegistryPlace) {
    let fixture = fixture(place);
    let (root, stale) = (fixture.visitor(ROOT, true), fixture.visitor(ROOT, false));
    let vera = fixture.visitor(VERA, true);
    let rank_of = |user: u32| fixture.keeper.load().1.user(UserId::new(user)).expect("a person").staff;
    let give =
        |who: &Visitor<'_>, person: &str, rank: &str| who.post("/staff/ranks", &[("person", person), ("rank", rank)]);
    assert_eq!(vera.get("/staff").status(), 404);
    let recovering = give(&root, "user2", "queue");
    assert_eq!(recovering.status(), 400, "an account that is being recovered");
    recovering.shows("This account is being recovered, or was a short time ago.");
    // A form that needs a fresh factor waits for it.
    let waits = give(&stale, "user3", "support");
    assert!(waits.location().starts_with("/account/confirm/"), "{}", waits.location());
    assert_eq!(rank_of(VERA), None);
    for (person, rank) in [("nobody", "support"), ("user3", "king"), ("", "queue")] {
        assert_eq!(give(&root, person, rank).status(), 400, "{person} {rank}");
    }
    assert_eq!(give(&root, "user3@people.example", "support").status(), 303);
    assert_eq!(rank_of(VERA), Some(StaffRank::Support));
    root.get("/staff/ranks").shows("user3");
    // The session gets its new rank at once, and loses it at once.
    assert_eq!((vera.get("/staff/users").status(), vera.get("/staff/ranks").status()), (200, 404));
    let last = give(&root, "user7", "support");
    assert_eq!(last.status(), 400);
    last.shows("This is the last admin of the registry.");
    assert_eq!(root.post("/staff/ranks", &[("user_id", "3"), ("rank", "none")]).status(), 303);
    assert_eq!((vera.get("/staff").status(), rank_of(VERA)), (404, None));
    let ada = fixture.visitor(ADA, true);
    assert_eq!(give(&ada, "user1", "admin").status(), 404, "an admin of an organization");
}
