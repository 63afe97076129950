//! A registry with people and a site, and a browser.

use peerage_access::records::{
    Client, ClientKind, MemberRole, PermissionRules, Session, SigningAlgorithm, StoredSecret,
};
use peerage_registry::ids::{ClientId, OrgId, SessionId};
use serde_json::{Value as Json, json};

use crate::keeper::{RegistryKeeper, UNBOUND, now, row};
use crate::server::{RegistryPlace, TestResponse, TestServer, send};

pub const ADA: u32 = 1;
pub const MAX: u32 = 2;

pub const BACK: &str = "https://portal.example/back";
/// From RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub const CLIENT: &str = "portalportal";
pub const SECRET: &str = "prc_portalportal_0123456789abcdefghijklmnopqrstuvwxyz";

pub struct RelyingSite {
    pub keeper: RegistryKeeper,
    pub server: TestServer,
    /// The cookie of ada's session, with a fresh factor.
    pub ada: String,
}

pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Returns the value of a hidden field of a page.
pub fn hidden(page: &str, name: &str) -> String {
    let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{name} in {page}"));
    rest.split('"').next().expect("an end").to_owned()
}

/// Returns a parameter of an address.
pub fn parameter(address: &str, name: &str) -> Option<String> {
    let query = address.split_once('?')?.1;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
    let mut out = Vec::new();
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// Returns the payload of a JWT.
pub fn payload(token: &str) -> Json {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url")).expect("JSON")
}

/// Returns the authorization request of a site. `more` begins with `&`.
pub fn question(scope: &str, more: &str) -> String {
    let (scope, back) = (escaped(scope), escaped(BACK));
    format!(
        "/oauth2/authorize/?response_type=code&client_id={CLIENT}&redirect_uri={back}&scope={scope}&state=xyz&nonce=n-1\
         &code_challenge={CHALLENGE}&code_challenge_method=S256{more}"
    )
}

impl RelyingSite {
    pub fn of(place: &RegistryPlace) -> RelyingSite {
        RelyingSite::with(place, &[], |_| {})
    }

    /// Makes a site with more flags, and with a changed registration.
    pub fn with(place: &RegistryPlace, flags: &[&str], change: impl FnOnce(&mut Client)) -> RelyingSite {
        let keeper = RegistryKeeper::of(place);
        let org = |id: u32| row(id, &json!({"name": format!("Org {id}"), "website": "https://org.example"}));
        let net = |id: u32, org: u32| row(id, &json!({"org_id": org, "name": format!("Net {id}"), "asn": 63000 + id}));
        keeper.import(&json!({
            "org": {"data": [org(1), org(2)]},
            "net": {"data": [net(5, 1), net(50, 1), net(6, 2)]},
        }));
        for id in [ADA, MAX] {
            keeper.user(id, true, false);
            keeper.app(id, id, &[3; 20]);
        }
        keeper.member(1, 1, ADA, MemberRole::Admin, PermissionRules::new());
        keeper.member(2, 1, MAX, MemberRole::Member, PermissionRules::new());
        let hash = keeper.server_key.stamp(SECRET);
        let mut client = Client {
            id: ClientId::new(1),
            client_id: CLIENT.to_owned(),
            name: "Portal".to_owned(),
            user: None,
            org: Some(OrgId::new(2)),
            kind: ClientKind::Confidential,
            secrets: vec![StoredSecret { hash, version: 1, made: now(), until: None }],
            redirect_uris: vec![BACK.to_owned()],
            logout_uris: vec!["https://portal.example/bye".to_owned()],
            backchannel_uri: None,
            signing: SigningAlgorithm::RS256,
            without_pkce: false,
            created: now(),
        };
        change(&mut client);
        keeper.put(&client);
        let ada = cookie(&keeper.session(ADA, true));
        let server = keeper.serve(place, &[&UNBOUND[..], flags].concat());
        RelyingSite { keeper, server, ada }
    }

    /// Makes a session of a person who has verified, changed by `change`.
    pub fn session(&self, user: u32, change: impl FnOnce(&mut Session)) -> String {
        let text = self.keeper.session(user, true);
        let id: u32 = text.split('_').nth(1).and_then(|id| id.parse().ok()).expect("a number");
        let (_, people) = self.keeper.load();
        let mut session = Session::clone(people.session(SessionId::new(id)).expect("just made"));
        change(&mut session);
        self.keeper.put(&session);
        self.keeper.settle(&self.server);
        cookie(&text)
    }

    pub fn get(&self, target: &str, cookie: &str) -> TestResponse {
        send(&self.server.address, "GET", target, &[("Cookie", cookie)], b"").expect("a connection")
    }

    pub fn form(&self, target: &str, headers: &[(&str, &str)], form: &str) -> TestResponse {
        let headers = [headers, &[("Content-Type", "application/x-www-form-urlencoded")]].concat();
        send(&self.server.address, "POST", target, &headers, form.as_bytes()).expect("a connection")
    }

    /// Sends the form of a page with its hidden fields.
    pub fn press(&self, page: &TestResponse, target: &str, cookie: &str, more: &str) -> TestResponse {
        let text = String::from_utf8_lossy(&page.body);
        let proof = hidden(&text, "csrfmiddlewaretoken");
        self.form(target, &[("Cookie", cookie)], &format!("csrfmiddlewaretoken={}{more}", escaped(&proof)))
    }

    /// Returns the address to which the person is redirected after they consent.
    pub fn allow(&self, target: &str, cookie: &str, more: &str) -> String {
        let page = self.get(target, cookie);
        let text = String::from_utf8_lossy(&page.body).into_owned();
        assert_eq!(page.status, 200, "{text}");
        let answer = self.press(&page, target, cookie, &format!("&decision=allow{more}"));
        assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
        answer.header("location").expect("a way").to_owned()
    }

    pub fn code(&self, scope: &str) -> String {
        let way = self.allow(&question(scope, "&prompt=consent"), &self.ada, "&which=all");
        parameter(&way, "code").unwrap_or_else(|| panic!("{way}"))
    }

    /// Sends a token request of the site's server, with the secret in the form.
    pub fn token(&self, form: &str) -> TestResponse {
        self.form("/oauth2/token/", &[], &format!("client_id={CLIENT}&client_secret={SECRET}&{form}"))
    }

    pub fn exchange(&self, code: &str) -> TestResponse {
        let back = escaped(BACK);
        self.token(&format!("grant_type=authorization_code&code={code}&redirect_uri={back}&code_verifier={VERIFIER}"))
    }

    pub fn signed_in(&self, scope: &str) -> Json {
        let answer = self.exchange(&self.code(scope));
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        self.keeper.settle(&self.server);
        answer.json()
    }

    pub fn renew(&self, token: &Json) -> TestResponse {
        self.token(&format!("grant_type=refresh_token&refresh_token={}", token.as_str().expect("a text")))
    }

    pub fn profile(&self, token: &Json) -> TestResponse {
        let header = format!("Bearer {}", token.as_str().expect("a text"));
        send(&self.server.address, "GET", "/profile/v1", &[("Authorization", &header)], b"").expect("a connection")
    }

    pub fn error(answer: &TestResponse) -> (u16, String) {
        (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
    }
}

pub fn cookie(session: &str) -> String {
    format!("peerage-session={session}")
}
