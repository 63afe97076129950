//! Login and logout, second factors, repeated verification, sessions (spec/accounts.md, 4, 5 and 20 to 23).

pub mod again;
pub mod ceremony;
mod challenge;
pub use ceremony::{FORMS_MAX, FORMS_PER_SESSION, PendingCeremonies};
pub mod codes;
pub mod factors;
pub mod guesses;
pub mod keys;
pub mod resume;
pub mod sessions;
pub mod set_up;
pub mod ways;
pub mod wizard;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use peerage_access::acts::demands::{self, RegistryRequirements};
use peerage_access::acts::log_in::{LoginContext, OpenedSession};
use peerage_access::key_string::ENTROPY_BYTES;
use peerage_access::records::SessionStage;

use crate::WebPages;
use crate::address::with_next;
use crate::visit::Visit;

/// What the decision about a login needs in addition to the context. Kept because the decision may be repeated.
#[derive(Clone)]
pub struct LoginInputs {
    app: Arc<WebPages>,
    address: String,
    agent: String,
    entropy: [u8; ENTROPY_BYTES],
}

impl LoginInputs {
    pub fn of(visit: &Visit) -> LoginInputs {
        LoginInputs {
            app: Arc::clone(&visit.app),
            address: visit.source.address.to_string(),
            agent: peerage_edge::auth::agent(&visit.parts.headers).to_owned(),
            entropy: visit.chance(),
        }
    }

    pub fn login(&self) -> LoginContext<'_> {
        LoginContext {
            server_key: &self.app.server_key,
            requirements: self.app.settings.rules.factors,
            address: &self.address,
            agent: &self.agent,
            entropy: &self.entropy,
        }
    }
}

fn requirements(visit: &Visit) -> RegistryRequirements {
    visit.app.settings.rules.factors
}

/// Where to continue when a session has advanced a step.
fn after(opened: &OpenedSession, next: Option<String>) -> String {
    match opened.session.stage {
        SessionStage::Open => next.unwrap_or_else(|| "/".to_owned()),
        SessionStage::Enrol => with_next(factors::HERE, next.as_deref()),
        SessionStage::Factor => with_next("/account/login/", next.as_deref()),
    }
}

/// Redirects there, with the session cookie.
fn lead(visit: &Visit, opened: &OpenedSession, next: Option<String>) -> Response<Body> {
    let (people, registry) = (&visit.state.people, &*visit.state.snapshot);
    let now = visit.app.environment.now();
    let user = people.user(opened.session.user).filter(|_| opened.session.stage == SessionStage::Open);
    let notice = user.and_then(|user| {
        if !demands::limits(people, registry, user, &opened.session, now).is_empty() {
            return Some("told-demands-limited");
        }
        let coming = demands::of(people, registry, requirements(visit), user, now).coming;
        (!coming.is_empty()).then_some("told-demands-coming")
    });
    if opened.session.stage == SessionStage::Open {
        let (request, user) = (visit.caller(), opened.session.user.get());
        tracing::info!(request.id = request.actor().request, client = %visit.source.address, user, "logged in");
    }
    let to = after(opened, next);
    let answer = notice.map_or_else(|| visit.redirect_to(&to), |notice| visit.go_telling(&to, notice));
    let answer = if opened.session.stage == SessionStage::Factor {
        answer
    } else {
        visit.with_known(answer, opened.session.user)
    };
    visit.with_session(answer, &opened.text)
}
