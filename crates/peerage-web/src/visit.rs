//! A request to a page: the person, the form, and the answer.

mod reply;
mod sent;

pub use reply::POLICY;
pub use sent::DraftVisit;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use peerage_access::acts::tickets::{self, BrowserMark};
use peerage_access::acts::{log_in, sessions};
use peerage_access::records::{Session, SessionStage, TicketPurpose, User};
use peerage_access::{AccessContext, AccessError, Principal, PrincipalKind, RecordStep, StaffPower, known_browser};
use peerage_registry::ids::UserId;
use peerage_registry::moment::{SignedDuration, days};
use serde_json::json;

use crate::WebPages;
use crate::address;
use crate::commit::act;
use crate::form::WebForm;
use crate::log_in::LoginInputs;
use crate::objects::PastRegistry;
use crate::public;
use peerage_edge::auth::{self, RequestIdentity};
use peerage_edge::caller::{self, ChangeDenied};
use peerage_edge::content::TEXT;
use peerage_edge::cookies::{self, CookieName};
use peerage_edge::edge::{RequestSource, is_safe};
use peerage_edge::endpoint::{Endpoint, EndpointAccess};
use peerage_edge::errors::{ApiError, SET_UP};
use peerage_edge::guard;
use peerage_edge::quota::QuotaSubject;
use peerage_engine::{Caller, RegistryState};

/// Size of a browser's mark in bytes.
const MARK_BYTES: usize = 24;

/// Lifetime of a browser's mark: as long as the longest mailed link works.
const MARK_LIFE: SignedDuration = days(4);

/// Lifetime of the cookie of known accounts.
const KNOWN_LIFE: SignedDuration = days(400);

/// A request to a page.
pub struct Visit {
    pub app: Arc<WebPages>,
    pub state: Arc<RegistryState>,
    /// The registry as the page of an object shows it, if that is not the one of now.
    pub past: Option<PastRegistry>,
    pub parts: Parts,
    pub source: RequestSource,
    pub form: WebForm,
    pub is_secure: bool,
    identity: RequestIdentity,
    /// The session of the cookie, even if its person must do something before it is valid.
    session: Option<(Arc<User>, Arc<Session>)>,
    /// The person of the session in any state.
    holder: Principal,
    /// A header that sets a new token of the session, if it got one with this request.
    renewed: Option<HeaderValue>,
    /// What the CSRF token is derived from: the session's token, or the mark of the browser.
    cookie: String,
    /// The browser's mark, and whether it is new and must be set.
    mark: String,
    is_mark_new: bool,
    /// Whether a form was rendered that needs the mark.
    shows_form: AtomicBool,
    csrf: String,
    /// Whether the form was sent with the token of another session, so that it may only be shown again.
    is_stale: bool,
}

/// Paths that are allowed for a session that must still set up a second factor (spec/accounts.md, 6).
fn is_for_enrolment(path: &str) -> bool {
    let rests = ["/look", "/account/", "/security_keys/", "/accounts/confirm-email/", "/static/", "/oauth2/jwks"];
    path == "/logout" || path == "/logout/" || rests.iter().any(|rest| path.starts_with(rest))
}

impl<S> FromRequest<S> for Visit
where
    S: Send + Sync,
    Arc<WebPages>: FromRef<S>,
{
    type Rejection = Response<Body>;

    async fn from_request(request: Request, state: &S) -> Result<Visit, Response<Body>> {
        Visit::read(request, &Arc::<WebPages>::from_ref(state), false).await
    }
}

impl Visit {
    fn of(app: &Arc<WebPages>, parts: Parts, source: RequestSource) -> Visit {
        let is_secure = cookies::is_secure(&app.settings, source);
        let state = app.live.full();
        let text = cookies::read(&parts.headers, CookieName::Session, is_secure);
        let shown = text.as_ref().and_then(|text| auth::session_of(app, &state.people, text));
        let (session, holder) = match shown {
            Some((user, session, principal)) => (Some((user, session)), principal),
            None => (None, Principal::anonymous()),
        };
        let identity = match &session {
            Some((_, session)) if session.stage != SessionStage::Factor => RequestIdentity::of_person(holder.clone()),
            _ => RequestIdentity::anonymous(app, false),
        };
        let mark =
            cookies::read(&parts.headers, CookieName::Browser, is_secure).filter(|mark| mark.len() >= MARK_BYTES);
        let is_mark_new = mark.is_none();
        let mark = mark.unwrap_or_else(|| {
            let mut bytes = [0; MARK_BYTES];
            app.environment.fill(&mut bytes);
            data_encoding::BASE64URL_NOPAD.encode(&bytes)
        });
        let cookie = text.filter(|_| session.is_some()).unwrap_or_else(|| mark.clone());
        let csrf = guard::token(&app.server_key, &cookie);
        Visit {
            app: Arc::clone(app),
            state,
            parts,
            source,
            form: WebForm::default(),
            is_secure,
            identity,
            session,
            holder,
            renewed: None,
            cookie,
            mark,
            is_mark_new,
            past: None,
            shows_form: AtomicBool::new(false),
            csrf,
            is_stale: false,
        }
    }

    /// Waits until this node is at the head of the log: another node or the operator may just have made the credential
    /// that the request shows, which must not count as a wrong one. For requests without a session.
    pub async fn catch_up(&mut self) {
        self.app.credential_waiters.catch_up(&self.app.live, self.source.address).await;
        self.state = self.app.live.full();
    }

    /// Recognises the key or token of a script at the addresses of previews, as the reference server does. No other page
    /// takes one.
    async fn identify_script(&mut self, app: &Arc<WebPages>) -> Result<(), Response<Body>> {
        let is_for_scripts = self.parts.uri.path().starts_with("/import/") && is_safe(&self.parts.method);
        if is_for_scripts && self.session.is_none() && auth::shown(&self.parts.headers).1.is_some() {
            if auth::is_unknown_key(app, &self.state.people, &self.parts.headers) {
                self.catch_up().await;
            }
            let identity = auth::identify(app, &self.state, &self.parts, self.source);
            self.identity = identity.map_err(ApiError::into_response)?;
            let counted = auth::count(app, &self.identity, &self.parts, self.source);
            counted.map_err(ApiError::into_response)?;
        }
        Ok(())
    }

    fn is_script(&self) -> bool {
        self.session.is_none() && !self.identity.principal.is_anonymous()
    }

    /// Refuses requests that the endpoint's row does not allow, as far as the session alone decides that. A request
    /// without a row is refused, so that no page is open because its row was forgotten.
    fn admit(&self) -> Result<(), Response<Body>> {
        let Some(endpoint) = self.parts.extensions.get::<&'static Endpoint>() else {
            tracing::error!("internal error: a page has no row in a table of endpoints");
            return Err(ApiError::Internal.into_response());
        };
        if endpoint.access.is_open() || self.is_script() {
            return Ok(());
        }
        self.needs_person()?;
        if let EndpointAccess::Staff(power) = endpoint.access
            && !self.is_staff_with(power)
        {
            return Err(public::not_found());
        }
        Ok(())
    }

    /// Whether the person is staff with this power. A session that has to verify again still sees the pages.
    pub fn is_staff_with(&self, power: StaffPower) -> bool {
        matches!(&self.principal().who, PrincipalKind::Person { user, .. } if user.has_power(power))
    }

    /// Gives the session a new token if its person's permissions have changed. If that fails, it keeps the old one, and
    /// the next page tries again.
    async fn renew(&mut self) {
        let open = self.person().filter(|(_, session)| !session.is_operators());
        if !open.is_some_and(|(_, session)| self.state.people.has_new_rights(session)) {
            return;
        }
        let way = LoginInputs::of(self);
        let Ok(opened) =
            act(&self.app.engine, &self.caller(), move |context| log_in::renew(context, &way.login())).await
        else {
            return;
        };
        let state = self.app.live.full();
        let Some((user, session, principal)) = auth::session_of(&self.app, &state.people, &opened.text) else {
            return;
        };
        self.state = state;
        self.identity = RequestIdentity::of_person(principal.clone());
        (self.session, self.holder) = (Some((user, session)), principal);
        self.csrf = guard::token(&self.app.server_key, &opened.text);
        self.cookie.clone_from(&opened.text);
        self.renewed = Some(cookies::set(CookieName::Session, &opened.text, self.is_secure, Some(sessions::LIFE)));
    }

    /// Redirects a session that must set up a second factor, and later back to the requested page.
    fn led_to_set_up(&self) -> Response<Body> {
        let here = is_safe(&self.parts.method).then(|| self.here());
        let mut answer = self.redirect_to(&address::with_next(SET_UP, here));
        *answer.status_mut() = StatusCode::FOUND;
        answer
    }

    /// Limits pages without a session (spec/accounts.md, 14).
    fn bounded(&self) -> Result<(), Response<Body>> {
        if self.session.is_some() {
            return Ok(());
        }
        self.app.quotas.pages.check(self.source.address).map(drop).map_err(|wait| {
            let text = self.texts().message("Rate limit exceeded. Please try again later.");
            let mut answer = Response::new(Body::from(text));
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            answer.headers_mut().insert(CONTENT_TYPE, TEXT);
            answer.headers_mut().insert(RETRY_AFTER, wait.as_secs().into());
            answer
        })
    }

    /// Whether the request comes from a script instead of a form.
    pub fn wants_json(&self) -> bool {
        let accepts = self.parts.headers.get(axum::http::header::ACCEPT).and_then(|accept| accept.to_str().ok());
        self.form.json.is_some() || accepts.is_some_and(|accept| accept.starts_with("application/json"))
    }

    /// Returns the logged-in person, if all requirements are met.
    pub fn person(&self) -> Option<(&Arc<User>, &Arc<Session>)> {
        let open = self.session.as_ref().filter(|(_, session)| session.stage == SessionStage::Open);
        open.map(|(user, session)| (user, session))
    }

    /// Returns the person of the session in any state.
    pub fn session(&self) -> Option<(&Arc<User>, &Arc<Session>)> {
        self.session.as_ref().map(|(user, session)| (user, session))
    }

    pub fn principal(&self) -> &Arc<Principal> {
        &self.identity.principal
    }

    /// Returns the person, or a redirect to the login page that returns here.
    pub fn needs_person(&self) -> Result<(&Arc<User>, &Arc<Session>), Response<Body>> {
        if let Some(session) = self.session.as_ref().filter(|(_, session)| session.stage != SessionStage::Factor) {
            return Ok((&session.0, &session.1));
        }
        if self.wants_json() {
            let text = json!({"non_field_errors": ["Authentication required"]});
            return Err(self.json(StatusCode::UNAUTHORIZED, &text));
        }
        Err(self.redirect_to(&format!("/account/login/?next={}", address::escaped(self.here()))))
    }

    /// Redirects a person with a read-only session to verify again, and back here. `None` if it is not read-only.
    pub fn led_to_prove(&self) -> Option<Response<Body>> {
        if !self.principal().has_lapsed() {
            return None;
        }
        if self.wants_json() {
            return Some(self.json_refusal(&AccessError::NeedsFreshFactor));
        }
        let back = if is_safe(&self.parts.method) { self.here() } else { "/" };
        Some(self.to_prove(back))
    }

    /// Returns path and query of this page.
    pub fn here(&self) -> &str {
        self.parts.uri.path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str)
    }

    /// Returns a query parameter, the last one with this name.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        pairs.filter(|(known, _)| known == name).last().map(|(_, text)| text)
    }

    /// Returns where to continue afterwards; only paths of this site.
    pub fn next(&self) -> Option<String> {
        let sent = ["auth-next", "next"].into_iter().map(|name| self.form.text(name)).find(|text| !text.is_empty());
        let next = sent.map(str::to_owned).or_else(|| self.query("next"));
        next.and_then(|next| address::local(&next).map(str::to_owned))
    }

    /// Adds the target of this request to a path.
    pub fn with_next(&self, path: &str) -> String {
        address::with_next(path, self.next().as_deref())
    }

    /// Returns the CSRF token for the forms of the page.
    pub fn csrf(&self) -> &str {
        self.shows_form.store(true, Ordering::Relaxed);
        &self.csrf
    }

    /// Returns the hash of the browser's mark, which mailed links store.
    pub fn browser(&self) -> String {
        self.shows_form.store(true, Ordering::Relaxed);
        let bytes = self.app.server_key.lasting(&format!("browser {}", self.mark));
        data_encoding::HEXLOWER.encode(&bytes[..16])
    }

    /// Returns the mark together with the links that the browser has requested, which is needed to check links.
    pub fn shown_browser(&self) -> BrowserMark {
        let wanted = cookies::read(&self.parts.headers, CookieName::Asked, self.is_secure).unwrap_or_default();
        BrowserMark { mark: self.browser(), requests: wanted }
    }

    /// Makes the browser remember that it requested a link, whether or not one was mailed. A link that was mailed to
    /// someone else who requested it just before works in it, too.
    pub fn with_asked(&self, mut answer: Response<Body>, purpose: TicketPurpose, text: &str) -> Response<Body> {
        let BrowserMark { mark, requests: wanted } = self.shown_browser();
        let word = tickets::request_word(&self.app.server_key, purpose, text, &mark, self.app.environment.now());
        let others = wanted.split('~').filter(|word| !word.is_empty()).take(tickets::REQUESTS_MAX - 1);
        let words = std::iter::once(word.as_str()).chain(others).collect::<Vec<_>>().join("~");
        let cookie = cookies::set(CookieName::Asked, &words, self.is_secure, Some(tickets::REQUEST_LIFE));
        answer.headers_mut().append(SET_COOKIE, cookie);
        answer
    }

    /// Makes the browser remember where to continue after the login that follows a mailed link. It is stored for the
    /// entered address, in this browser only: no e-mail contains it, and nobody else's link leads there.
    pub fn with_kept_next(&self, mut answer: Response<Body>, address: &str) -> Response<Body> {
        if let Some(next) = self.next().filter(|next| next != "/") {
            let text =
                format!("{}.{}", self.next_code(address), data_encoding::BASE64URL_NOPAD.encode(next.as_bytes()));
            let cookie = cookies::set(CookieName::Next, &text, self.is_secure, Some(tickets::REQUEST_LIFE));
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        answer
    }

    /// Redirects to the login page, and from there to the target that the browser has stored for an address.
    pub fn done_to_log_in(&self, address: &str, notice: &'static str) -> Response<Body> {
        let kept = cookies::read(&self.parts.headers, CookieName::Next, self.is_secure).and_then(|text| {
            let (code, next) = text.split_once('.')?;
            let next = data_encoding::BASE64URL_NOPAD
                .decode(next.as_bytes())
                .ok()
                .filter(|_| code == self.next_code(address))?;
            String::from_utf8(next).ok()
        });
        let mut answer = self.success(&address::with_next("/account/login/", kept.as_deref()), notice);
        if kept.is_some() {
            answer.headers_mut().append(SET_COOKIE, cookies::remove(CookieName::Next, self.is_secure));
        }
        answer
    }

    fn next_code(&self, address: &str) -> String {
        let bytes = self.app.server_key.lasting(&format!("next {} {}", self.mark, address.trim().to_lowercase()));
        data_encoding::HEXLOWER.encode(&bytes[..16])
    }

    /// Returns the accounts that the browser knows.
    pub fn known_words(&self) -> String {
        cookies::read(&self.parts.headers, CookieName::Known, self.is_secure).unwrap_or_default()
    }

    /// Makes the browser known for an account that has logged in with it.
    pub fn with_known(&self, mut answer: Response<Body>, user: UserId) -> Response<Body> {
        let words = known_browser::with_account(&self.app.server_key, &self.known_words(), user, &self.chance());
        let cookie = cookies::set(CookieName::Known, &words, self.is_secure, Some(KNOWN_LIFE));
        answer.headers_mut().append(SET_COOKIE, cookie);
        answer
    }

    /// Returns the caller, as the log names them.
    pub fn caller(&self) -> Caller {
        caller::of(&self.identity, &self.state.people, &self.parts, self.source)
    }

    /// Returns the caller for a session in any state, even one that waits for its second factor and is valid for
    /// nothing else.
    pub fn caller_of_session(&self) -> Caller {
        let principal = self.principal_of_session();
        caller::of(&RequestIdentity::of_person(principal), &self.state.people, &self.parts, self.source)
    }

    /// Returns the person of the session in any state.
    pub fn principal_of_session(&self) -> Principal {
        self.holder.clone()
    }

    /// Adds the cookie of a session to an answer.
    pub fn with_session(&self, mut answer: Response<Body>, text: &str) -> Response<Body> {
        let cookie = cookies::set(CookieName::Session, text, self.is_secure, Some(sessions::LIFE));
        answer.headers_mut().append(SET_COOKIE, cookie);
        answer
    }

    /// Returns a context for reading, with the state at the start of the request.
    pub fn access_context(&self) -> AccessContext<'_> {
        AccessContext {
            people: &self.state.people,
            organizations: &*self.state.snapshot,
            by: &self.identity.principal,
            now: self.app.environment.now(),
        }
    }

    /// Changes people, keys or permissions, decided at the head of the log.
    ///
    /// # Errors
    /// Why it was refused, or that the session ended or the store failed.
    pub async fn act<T: Send + 'static>(
        &self,
        mut decide: impl FnMut(&AccessContext<'_>) -> Result<(T, Vec<RecordStep>), AccessError> + Send + 'static,
    ) -> Result<T, ChangeDenied> {
        self.act_of_reader(move |context| context.needs_standing().and_then(|()| decide(context))).await
    }

    /// Does the same, also for a read-only session: for actions that a mailed token allows, or that end something.
    pub async fn act_of_reader<T: Send + 'static>(
        &self,
        decide: impl FnMut(&AccessContext<'_>) -> Result<(T, Vec<RecordStep>), AccessError> + Send + 'static,
    ) -> Result<T, ChangeDenied> {
        self.count_write()?;
        act(&self.app.engine, &self.caller(), decide).await
    }

    /// Does the same for a session in any state, like [`Visit::caller_of_session`].
    pub async fn act_of_session<T: Send + 'static>(
        &self,
        decide: impl FnMut(&AccessContext<'_>) -> Result<(T, Vec<RecordStep>), AccessError> + Send + 'static,
    ) -> Result<T, ChangeDenied> {
        self.count_write()?;
        act(&self.app.engine, &self.caller_of_session(), decide).await
    }

    /// Counts a change by a session, together with changes over the API. Someone who has only entered a password counts
    /// by client, so they use up nothing of the person's limit.
    pub fn count_write(&self) -> Result<(), ChangeDenied> {
        let Some((_, session)) = &self.session else { return Ok(()) };
        let anonymous = Principal::anonymous();
        let by = if session.stage == SessionStage::Factor { &anonymous } else { &self.holder };
        // A session that must set up a factor has no permissions yet, but counts for its person.
        let counted = match (session.stage, by.user()) {
            (SessionStage::Enrol, None) => {
                let counted = QuotaSubject::User(session.user);
                self.app.quotas.writes.check(&counted).map_err(|wait| ApiError::Throttled { wait })
            }
            _ => self.app.count_write(by, self.source),
        };
        counted.map(drop).map_err(ChangeDenied::Api)
    }

    /// Returns secure random bytes.
    pub fn chance<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.app.environment.fill(&mut bytes);
        bytes
    }
}
