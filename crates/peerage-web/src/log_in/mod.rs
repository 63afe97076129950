//! Logging in and out, second factors, fresh proofs, sessions (spec/accounts.md, 4, 5 and 20 to 23).

mod again;
mod ceremony;
pub use ceremony::{FORMS_MAX, FORMS_PER_SESSION, PendingCeremonies};
mod codes;
mod factors;
mod guesses;
mod keys;
pub mod resume;
mod sessions;
mod set_up;
mod ways;
mod wizard;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::{get, post};
use peerage_access::acts::demands::{self, House};
use peerage_access::acts::log_in::{Door, Opened};
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::Stage;

use crate::Web;
use crate::address::with_next;
use crate::visit::Visit;

pub fn routes() -> Router<Arc<Web>> {
    Router::new()
        .route("/login", get(wizard::redirect))
        .route("/account/login/", get(wizard::show).post(wizard::send))
        .route("/logout", post(sessions::log_out))
        .route("/account/confirm/", get(again::show).post(again::send))
        .route("/account/resume/", get(resume::show))
        .route("/account/two_factor/", get(factors::show))
        .route("/account/two_factor/rename/", post(factors::rename))
        .route("/account/two_factor/log_in_on/", post(factors::log_in_on))
        .route("/account/two_factor/log_in_off/", post(factors::log_in_off))
        .route("/account/two_factor/remove/", post(factors::remove))
        .route("/account/two_factor/setup/", get(set_up::show).post(set_up::send))
        .route("/account/two_factor/backup/tokens/", get(codes::show).post(codes::renew))
        .route("/account/sessions/", get(sessions::show))
        .route("/account/sessions/end", post(sessions::end))
        .route("/account/sessions/end_others", post(sessions::end_others))
        .route("/account/sessions/not_me", post(sessions::not_me))
        .route("/security_keys/request_registration", post(keys::request_registration))
        .route("/security_keys/add", post(keys::add))
        .route("/security_keys/update-security-key", post(factors::update_key))
        .route("/security_keys/remove", post(factors::remove))
        .route("/security_keys/request_authentication", post(keys::request_authentication))
        .route("/security_keys/verify_authentication", post(keys::verify_authentication))
}

/// What a judge of log-ins needs beside the desk, kept for as long as it may be asked.
#[derive(Clone)]
pub struct Way {
    app: Arc<Web>,
    address: String,
    agent: String,
    entropy: [u8; ENTROPY_BYTES],
}

impl Way {
    pub fn of(visit: &Visit) -> Way {
        Way {
            app: Arc::clone(&visit.app),
            address: visit.source.address.to_string(),
            agent: peerage_edge::auth::agent(&visit.parts.headers).to_owned(),
            entropy: visit.chance(),
        }
    }

    pub fn door(&self) -> Door<'_> {
        Door {
            server_key: &self.app.server_key,
            house: self.app.settings.rules.factors,
            address: &self.address,
            agent: &self.agent,
            entropy: &self.entropy,
        }
    }
}

fn house(visit: &Visit) -> House {
    visit.app.settings.rules.factors
}

/// Where somebody goes on to whose session came a step further.
fn after(opened: &Opened, next: Option<String>) -> String {
    match opened.session.stage {
        Stage::Open => next.unwrap_or_else(|| "/".to_owned()),
        Stage::Enrol => with_next(factors::HERE, next.as_deref()),
        Stage::Factor => with_next("/account/login/", next.as_deref()),
    }
}

/// The same, with the cookie that it needs.
fn lead(visit: &Visit, opened: &Opened, next: Option<String>) -> Response<Body> {
    let (people, registry) = (&visit.state.people, &*visit.state.snapshot);
    let now = visit.app.means.now();
    let user = people.user(opened.session.user).filter(|_| opened.session.stage == Stage::Open);
    let notice = user.and_then(|user| {
        if !demands::limits(people, registry, user, &opened.session, now).is_empty() {
            return Some("told-demands-limited");
        }
        let coming = demands::of(people, registry, house(visit), user, now).coming;
        (!coming.is_empty()).then_some("told-demands-coming")
    });
    let to = after(opened, next);
    let answer = notice.map_or_else(|| visit.go(&to), |notice| visit.go_telling(&to, notice));
    let answer =
        if opened.session.stage == Stage::Factor { answer } else { visit.with_known(answer, opened.session.user) };
    visit.with_session(answer, &opened.text)
}
