mod reading;

use data_encoding::BASE64URL_NOPAD;
use peerage_registry::ids::UserId;
use peerage_registry::moment::MINUTE;
use peerage_registry::{LogHead, SnapshotLoader, stored};
use peerage_schema::Resource;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;
use crate::acts::clients::{ClientOwner, ClientPatch, RegisteredClient, register};
use crate::acts::world::{ANN, ActsWorld, CYD, ORG};
use crate::oidc::{ClaimsContext, IdToken, id_claims, profile, userinfo};
use crate::principal::Principal;
use crate::records::{AuthMethod, ClientKind};

const BACK: &str = "https://portal.example/back";
const VERIFIER: &str = "a-verifier-that-nobody-else-can-know-0123456789";

fn scopes(text: &str) -> OauthScopes {
    OauthScopes::parse(text).expect("scopes")
}

/// A world with a client and its requests.
struct ConsentSite {
    world: ActsWorld,
    client: Client,
    shown: ClientCredentials,
}

impl ConsentSite {
    fn of(patch: ClientPatch) -> ConsentSite {
        let mut world = ActsWorld::new();
        let (one, two) = (world.entropy(), world.entropy());
        let person = world.person(CYD);
        let patch = ClientPatch { name: Some("Portal".to_owned()), ..patch };
        let made =
            register(&world.access_context(&person), ClientOwner::User(CYD), &patch, &world.server_key, [&one, &two]);
        let (RegisteredClient { client, secret }, steps) = made.expect("made");
        world.take(&steps);
        let shown = ClientCredentials { client_id: client.client_id.clone(), secret };
        ConsentSite { world, client, shown }
    }

    fn new() -> ConsentSite {
        ConsentSite::of(ClientPatch { redirect_uris: Some(vec![BACK.to_owned()]), ..ClientPatch::default() })
    }

    fn question(&self, request: &str) -> ConsentRequest {
        ConsentRequest {
            is_below: false,
            client_id: self.client.client_id.clone(),
            redirect_uri: BACK.to_owned(),
            scopes: scopes(request),
            challenge: Some(BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER))),
            nonce: Some("n".to_owned()),
        }
    }

    fn authorize(
        &mut self,
        user: UserId,
        question: &ConsentRequest,
        answer: Option<&ConsentChoice>,
    ) -> Result<Zeroizing<String>, AccessError> {
        let entropy = [self.world.entropy(), self.world.entropy()];
        let person = self.world.person(user);
        let context = self.world.access_context(&person);
        let (code, steps) = authorize(&context, question, answer, &self.world.server_key, &entropy)?;
        self.world.take(&steps);
        Ok(code)
    }

    /// Authorizes with a fresh consent, and returns the code.
    fn code(&mut self, request: &str) -> Zeroizing<String> {
        let question = self.question(request);
        self.authorize(ANN, &question, Some(&ConsentChoice::default())).expect("a code")
    }

    fn exchange_as(&mut self, shown: &ClientCredentials, showing: &TokenGrant<'_>) -> TokenResult {
        let entropy = [self.world.entropy(), self.world.entropy()];
        let nobody = Principal::anonymous();
        let context = self.world.access_context(&nobody);
        let (outcome, steps) = exchange(&context, shown, showing, &self.world.server_key, &entropy).expect("bytes");
        self.world.take(&steps);
        outcome
    }

    fn exchange(&mut self, code: &str) -> TokenResult {
        let shown = self.shown.clone();
        let showing = TokenGrant::Code { text: code, redirect_uri: Some(BACK), verifier: Some(VERIFIER) };
        self.exchange_as(&shown, &showing)
    }

    fn renew(&mut self, text: &str) -> TokenResult {
        let shown = self.shown.clone();
        self.exchange_as(&shown, &TokenGrant::Refresh { text, scopes: None })
    }

    fn signed_in(&mut self, request: &str) -> Box<IssuedTokens> {
        let code = self.code(request);
        self.exchange(&code).expect("tokens")
    }

    fn is_active(&self, token: &str) -> bool {
        recognise(&self.world.people, &self.world.server_key, token, self.world.now).is_some()
    }
}

fn fault(outcome: TokenResult) -> Option<TokenError> {
    outcome.err()
}

#[test]
fn a_code_is_exchanged_once_and_whoever_shows_it_again_ends_what_came_of_it() {
    let mut site = ConsentSite::new();
    let code = site.code("openid profile");
    let issued = site.exchange(&code).expect("tokens");
    assert_eq!((issued.nonce.as_deref(), issued.is_first), (Some("n"), true));
    assert!(site.is_active(&issued.access) && site.is_active(&issued.refresh));
    for _ in 0..2 {
        assert_eq!(fault(site.exchange(&code)), Some(TokenError::Grant));
        assert!(!site.is_active(&issued.access) && !site.is_active(&issued.refresh));
    }
    assert_eq!(fault(site.renew(&issued.refresh)), Some(TokenError::Grant));
}

#[test]
fn i12_13_only_tokens_that_another_node_may_have_given_are_waited_for() {
    let mut site = ConsentSite::new();
    let code = site.code("openid");
    let issued = site.exchange(&code).expect("tokens");
    let key = site.world.server_key.clone();
    assert!(may_be_newer(&key, &issued.access) && may_be_newer(&key, &issued.refresh));
    let forged = issued.refresh.replace("prf_1", "prf_2");
    assert_ne!(forged, *issued.refresh);
    for junk in ["", "junk", "pra_1_x_y", "pra_x", &forged, &code, "1XZaTNoyNPrWHdSVrRLznEGcpgFk9M"] {
        assert!(!may_be_newer(&key, junk), "{junk}");
    }
}

#[test]
fn a_code_is_bound_to_its_client_its_address_its_proof_and_a_minute() {
    type ExchangeVariant = fn(&mut ConsentSite, &str) -> TokenResult;
    let bends: [(&str, ExchangeVariant); 7] = [
        ("another verifier", |site, code| {
            let (shown, other) = (site.shown.clone(), VERIFIER.replace('0', "1"));
            site.exchange_as(&shown, &TokenGrant::Code { text: code, redirect_uri: Some(BACK), verifier: Some(&other) })
        }),
        ("no verifier", |site, code| {
            let shown = site.shown.clone();
            site.exchange_as(&shown, &TokenGrant::Code { text: code, redirect_uri: Some(BACK), verifier: None })
        }),
        ("the challenge itself", |site, code| {
            let (shown, plain) = (site.shown.clone(), BASE64URL_NOPAD.encode(&Sha256::digest(VERIFIER)));
            site.exchange_as(&shown, &TokenGrant::Code { text: code, redirect_uri: Some(BACK), verifier: Some(&plain) })
        }),
        ("another address", |site, code| {
            let shown = site.shown.clone();
            let uri = Some("https://portal.example/other");
            site.exchange_as(&shown, &TokenGrant::Code { text: code, redirect_uri: uri, verifier: Some(VERIFIER) })
        }),
        ("a slip", |site, code| site.exchange(&format!("{code}x"))),
        ("as a token for renewing", |site, code| site.renew(code)),
        ("a minute later", |site, code| {
            site.world.now += MINUTE;
            site.exchange(code)
        }),
    ];
    for (name, bend) in bends {
        let mut site = ConsentSite::new();
        let code = site.code("openid");
        assert_eq!(fault(bend(&mut site, &code)), Some(TokenError::Grant), "{name}");
    }
    let mut site = ConsentSite::new();
    let code = site.code("openid");
    let mut shown = site.shown.clone();
    shown.secret = Some(Zeroizing::new("prc_wrong".to_owned()));
    let showing = TokenGrant::Code { text: &code, redirect_uri: Some(BACK), verifier: Some(VERIFIER) };
    assert_eq!(fault(site.exchange_as(&shown, &showing)), Some(TokenError::Client));
    // Another client with its own secret gets nothing for it, and does no harm.
    let (one, two) = (site.world.entropy(), site.world.entropy());
    let person = site.world.person(ANN);
    let patch = ClientPatch {
        name: Some("Other".to_owned()),
        redirect_uris: Some(vec![BACK.to_owned()]),
        ..ClientPatch::default()
    };
    let made = register(
        &site.world.access_context(&person),
        ClientOwner::User(ANN),
        &patch,
        &site.world.server_key,
        [&one, &two],
    );
    let (other, steps) = made.expect("made");
    site.world.take(&steps);
    let other = ClientCredentials { client_id: other.client.client_id, secret: other.secret };
    assert_eq!(fault(site.exchange_as(&other, &showing)), Some(TokenError::Grant));
    assert!(site.exchange(&code).is_ok());
}

#[test]
fn no_challenge_and_a_plain_one_are_refused_but_of_the_few_that_were_written_before() {
    let mut site = ConsentSite::new();
    for challenge in [None, Some(VERIFIER.to_owned()), Some(String::new())] {
        let question = ConsentRequest { challenge: challenge.clone(), ..site.question("openid") };
        let error = site.authorize(ANN, &question, Some(&ConsentChoice::default())).err();
        let is_about = matches!(error, Some(AccessError::Field { field: "code_challenge", .. }));
        assert!(is_about, "{challenge:?}: {error:?}");
    }
    let old = Client { without_pkce: true, ..site.client.clone() };
    site.world.put(&old);
    let question = ConsentRequest { challenge: None, ..site.question("openid") };
    let code = site.authorize(ANN, &question, Some(&ConsentChoice::default())).expect("a code");
    let shown = site.shown.clone();
    let showing = TokenGrant::Code { text: &code, redirect_uri: None, verifier: None };
    assert!(site.exchange_as(&shown, &showing).is_ok());
    let code = site.authorize(ANN, &question, None).expect("a code");
    assert_eq!(fault(site.exchange(&code)), Some(TokenError::Grant), "a proof of another question");
    let plain = ConsentRequest { challenge: Some(VERIFIER.to_owned()), ..question };
    assert!(site.authorize(ANN, &plain, None).is_err());
}

#[test]
fn an_address_that_is_not_registered_gets_no_code() {
    let mut site = ConsentSite::new();
    let question = ConsentRequest { redirect_uri: format!("{BACK}/"), ..site.question("openid") };
    let error = site.authorize(ANN, &question, Some(&ConsentChoice::default())).err();
    assert!(matches!(error, Some(AccessError::Field { field: "redirect_uri", .. })), "{error:?}");
}

#[test]
fn each_renewal_spends_the_token_and_a_spent_one_ends_the_whole_sign_in() {
    let mut site = ConsentSite::new();
    let first = site.signed_in("openid");
    let mut latest = first.refresh.clone();
    for _ in 0..30 {
        site.world.now += 20 * 24 * 60 * MINUTE;
        let issued = site.renew(&latest).expect("renewed, for the life is a sliding one");
        assert!(!issued.is_first && issued.nonce.is_none() && issued.access != first.access);
        latest = issued.refresh.clone();
    }
    let consent = site.world.people.consents_of(ANN).next().expect("one").to_text_len();
    assert!(consent < 1_500, "{consent} bytes: nothing is kept of spent tokens");
    assert_eq!(fault(site.renew(&format!("{}0", &first.refresh[..first.refresh.len() - 1]))), Some(TokenError::Grant));
    assert!(site.is_active(&latest), "an invented token ends nothing");
    assert_eq!(fault(site.renew(&first.refresh)), Some(TokenError::Grant), "spent two years ago");
    assert!(!site.is_active(&latest));
    assert_eq!(fault(site.renew(&latest)), Some(TokenError::Grant));

    let issued = site.signed_in("openid");
    site.world.now += oidc::REFRESH_LIFE;
    assert_eq!(fault(site.renew(&issued.refresh)), Some(TokenError::Grant), "thirty days without use");
}

impl Consent {
    fn to_text_len(&self) -> usize {
        crate::records::StoredRecord::to_text(self).len()
    }
}

#[test]
fn a_token_tells_what_was_asked_for_and_never_more() {
    let mut site = ConsentSite::new();
    let issued = site.signed_in("openid email");
    let shown = site.shown.clone();
    let wider = scopes("openid networks");
    let showing = TokenGrant::Refresh { text: &issued.refresh, scopes: Some(&wider) };
    assert_eq!(fault(site.exchange_as(&shown, &showing)), Some(TokenError::Scope));
    let narrow = scopes("openid");
    let showing = TokenGrant::Refresh { text: &issued.refresh, scopes: Some(&narrow) };
    let narrowed = site.exchange_as(&shown, &showing).expect("less than was given");
    let of = |site: &ConsentSite, token: &str| {
        let known = recognise(&site.world.people, &site.world.server_key, token, site.world.now);
        known.map(|known| known.scopes.to_string())
    };
    assert_eq!(of(&site, &narrowed.access).as_deref(), Some("openid"));
    assert_eq!(of(&site, &issued.access), None, "the token before is replaced");
    let whole = site.renew(&narrowed.refresh).expect("renewed");
    assert_eq!(of(&site, &whole.access).as_deref(), Some("openid email"));
    site.world.now += oidc::ACCESS_LIFE;
    assert_eq!(of(&site, &whole.access), None);
    assert!(!site.is_active(&issued.sign_in.family));
}

#[test]
fn what_was_agreed_is_remembered_until_it_is_taken_back() {
    let mut site = ConsentSite::new();
    let question = site.question("openid profile");
    assert!(matches!(site.authorize(ANN, &question, None), Err(AccessError::Refused(_))));
    site.authorize(ANN, &question, Some(&ConsentChoice::default())).expect("a code");
    site.authorize(ANN, &question, None).expect("a code without a question");
    let less = site.question("openid");
    site.authorize(ANN, &less, None).expect("a code without a question");
    let more = site.question("openid email");
    assert!(site.authorize(ANN, &more, None).is_err() && site.authorize(CYD, &question, None).is_err());
    site.authorize(ANN, &more, Some(&ConsentChoice::default())).expect("a code");
    assert_eq!(site.world.people.consents_of(ANN).count(), 1);
    assert!(covers(&site.world.people, ANN, site.client.id, &scopes("openid profile email")));
    let issued = site.signed_in("openid");
    let id = site.world.people.consents_of(ANN).next().expect("one").id;
    let (ann, cyd) = (site.world.person(ANN), site.world.person(CYD));
    assert!(matches!(revoke(&site.world.access_context(&cyd), id), Err(AccessError::NotFound(_))));
    let ((), steps) = revoke(&site.world.access_context(&ann), id).expect("taken back");
    site.world.take(&steps);
    assert!(!site.is_active(&issued.access) && !site.is_active(&issued.refresh));
    assert!(site.authorize(ANN, &question, None).is_err());
}

#[test]
fn only_a_person_whose_log_in_is_complete_signs_in_elsewhere() {
    let mut site = ConsentSite::new();
    let question = site.question("openid");
    let session = site.world.session(ANN, &[AuthMethod::Pwd]);
    for stage in [SessionStage::Factor, SessionStage::Enrol] {
        site.world.put(&Session { stage, ..session.clone() });
        let error = site.authorize(ANN, &question, Some(&ConsentChoice::default())).err();
        assert!(matches!(error, Some(AccessError::Forbidden(_))), "{stage:?}: {error:?}");
    }
    let entropy = [[7; ENTROPY_BYTES]; 2];
    for by in [Principal::anonymous(), Principal::operator()] {
        let context = site.world.access_context(&by);
        let answer = ConsentChoice::default();
        assert!(authorize(&context, &question, Some(&answer), &site.world.server_key, &entropy).is_err());
    }
}

#[test]
fn closing_the_account_and_another_password_end_all_sites() {
    let operator = Principal::operator();
    let mut site = ConsentSite::new();
    let issued = site.signed_in("openid");
    let user = site.world.user(ANN);
    let steps =
        crate::acts::users::set_password(&site.world.access_context(&operator), &user, "hash".to_owned()).expect("set");
    site.world.take(&steps);
    assert!(!site.is_active(&issued.access) && site.world.people.consents_of(ANN).next().is_none());
    site.world.session(ANN, &[AuthMethod::Pwd, AuthMethod::Otp]);
    let issued = site.signed_in("openid");
    site.world.put(&User { active: false, ..(*user).clone() });
    assert!(!site.is_active(&issued.access), "an account that is barred");
    assert_eq!(fault(site.renew(&issued.refresh)), Some(TokenError::Grant));
    site.world.put(&*user);
    let steps = crate::acts::users::close(&site.world.access_context(&operator), &user).expect("closed");
    site.world.take(&steps);
    assert!(site.world.people.consents_of(ANN).next().is_none());
}

#[test]
fn a_client_gives_tokens_back_and_only_its_own() {
    let mut site = ConsentSite::new();
    let issued = site.signed_in("openid");
    let nobody = Principal::anonymous();
    let wrong = ClientCredentials { secret: None, ..site.shown.clone() };
    let context = site.world.access_context(&nobody);
    assert!(give_back(&context, &wrong, &issued.access, &site.world.server_key).is_err());
    for unknown in ["", "x", "pra_1_a_b", &format!("{}x", issued.access.as_str())] {
        let ((), steps) = give_back(&context, &site.shown, unknown, &site.world.server_key).expect("no error");
        assert!(steps.is_empty(), "{unknown}");
    }
    let ((), steps) = give_back(&context, &site.shown, &issued.access, &site.world.server_key).expect("given back");
    site.world.take(&steps);
    assert!(!site.is_active(&issued.access) && site.is_active(&issued.refresh));
    let nobody = Principal::anonymous();
    let back = give_back(&site.world.access_context(&nobody), &site.shown, &issued.refresh, &site.world.server_key);
    site.world.take(&back.expect("given back").1);
    assert!(!site.is_active(&issued.refresh));
}

#[test]
fn sign_ins_at_one_site_are_bounded_and_the_oldest_ends_first() {
    let mut site = ConsentSite::new();
    let first = site.signed_in("openid");
    let second = site.signed_in("openid");
    for _ in 1..SIGN_INS_MAX {
        site.signed_in("openid");
    }
    assert!(!site.is_active(&first.access) && site.is_active(&second.access));
    assert_eq!(of(&site.world.people, ANN, site.client.id).expect("one").access.len(), SIGN_INS_MAX);
}

#[test]
fn an_app_signs_in_on_any_port_of_its_machine_and_always_with_a_proof() {
    let mut site = ConsentSite::of(ClientPatch {
        kind: Some(ClientKind::Public),
        redirect_uris: Some(vec!["http://127.0.0.1/back".to_owned()]),
        ..ClientPatch::default()
    });
    let uri = "http://127.0.0.1:51004/back";
    let question = ConsentRequest { redirect_uri: uri.to_owned(), ..site.question("openid") };
    let code = site.authorize(ANN, &question, Some(&ConsentChoice::default())).expect("a code");
    let shown = site.shown.clone();
    let showing = TokenGrant::Code { text: &code, redirect_uri: Some(uri), verifier: Some(VERIFIER) };
    assert!(site.exchange_as(&shown, &showing).is_ok());
}
