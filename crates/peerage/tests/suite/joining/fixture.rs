//! A small registry: ada manages organization 1, max is a member of it, zoe manages 10, vera has no membership, root is
//! staff. Organization 2 has no members.

use peerage_access::records::{MemberRole, PermissionRules};
use serde_json::{Value as Json, json};

use crate::keeper::{RegistryKeeper, UNBOUND, row};
use crate::server::{RegistryPlace, TestServer};
use crate::visitor::Visitor;

pub const ADA: u32 = 1;
pub const MAX: u32 = 2;
pub const VERA: u32 = 3;
pub const ZOE: u32 = 5;
pub const ROOT: u32 = 7;

pub struct JoinFixture {
    pub keeper: RegistryKeeper,
    pub server: TestServer,
}

impl JoinFixture {
    pub fn of(place: &RegistryPlace) -> JoinFixture {
        JoinFixture::with(place, &[])
    }

    /// Makes the fixture with additional settings, which follow those that disable limits.
    pub fn with(place: &RegistryPlace, settings: &[&str]) -> JoinFixture {
        let keeper = RegistryKeeper::of(place);
        let org = |id: u32| row(id, &json!({"name": format!("Org {id}"), "website": "https://org.example"}));
        let net = |id: u32, org: u32| {
            row(
                id,
                &json!({"org_id": org, "name": format!("Net {id}"), "asn": 63000 + id, "website": "https://n.example"}),
            )
        };
        let mut waiting =
            row(60, &json!({"org_id": 2, "name": "Net 60", "asn": 63060, "website": "https://n.example"}));
        waiting["status"] = json!("pending");
        keeper.import(&json!({
            "org": {"data": [org(1), org(2), org(10)]},
            "net": {"data": [net(5, 1), net(50, 10), waiting]},
        }));
        for (id, staff) in [(ADA, false), (MAX, false), (VERA, false), (ZOE, false), (ROOT, true)] {
            keeper.user(id, true, staff);
        }
        keeper.member(1, 1, ADA, MemberRole::Admin, PermissionRules::new());
        keeper.member(2, 1, MAX, MemberRole::Member, PermissionRules::new());
        keeper.member(3, 10, ZOE, MemberRole::Admin, PermissionRules::new());
        let is_set = |name: &str| settings.iter().step_by(2).any(|set| *set == name);
        let others = UNBOUND.chunks(2).filter(|pair| !is_set(pair[0])).flatten().copied();
        let arguments: Vec<&str> = others.chain(settings.iter().copied()).collect();
        let server = keeper.serve(place, &arguments);
        JoinFixture { keeper, server }
    }

    /// Returns a browser of a logged-in person who has seen a page.
    pub fn visitor(&self, user: u32, fresh: bool) -> Visitor<'_> {
        let session = self.keeper.session(user, fresh);
        self.keeper.settle(&self.server);
        let visitor = Visitor::with_session(&self.server, &session);
        assert_eq!(visitor.get("/affiliate").status(), 200);
        visitor
    }
}

/// Returns the status and JSON of an answer.
pub fn message(page: &crate::visitor::VisitedPage) -> (u16, Json) {
    (page.status(), serde_json::from_str(&page.text).unwrap_or(Json::Null))
}
