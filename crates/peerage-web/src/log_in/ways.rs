//! The page on which a factor is shown: as the second step of a log-in, and to prove once more to be there.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::log_in;
use peerage_access::records::{Session, User};
use peerage_pages::parts::Errors;
use peerage_pages::security::{Second, WaysView};

use crate::log_in::house;
use crate::visit::Visit;

/// Which of the two pages it is.
pub struct Step {
    /// The address that the form is sent to.
    pub action: &'static str,
    /// Keys of the texts.
    pub title: &'static str,
    pub about: &'static str,
    pub is_log_in: bool,
    /// What the page is called in measures.
    pub route: &'static str,
}

/// The page with the ways that the session can take; complaints as JSON where a script asks.
pub fn page(
    visit: &Visit,
    (user, session): (&User, &Session),
    step: &Step,
    status: StatusCode,
    errors: Errors,
) -> Response<Body> {
    if let Some(answer) = (!errors.is_empty()).then(|| visit.complaints(&errors)).flatten() {
        return answer;
    }
    let ways = log_in::ways(&visit.desk(), house(visit), user, session);
    let has_factor = visit.state.people.factors_of(user.id).next().is_some();
    let frame = visit.frame(step.title);
    let page = Second {
        about: frame.text(step.about).into_owned(),
        frame,
        action: step.action,
        next: visit.next().unwrap_or_default(),
        ways: WaysView {
            key: ways.key && visit.app.relying.is_some(),
            totp: ways.totp,
            backup: ways.backup,
            // Who has no factor yet proves by the password; a log-in has asked for it before.
            password: !step.is_log_in && !has_factor,
        },
        is_log_in: step.is_log_in,
        errors,
    };
    let answer = visit.page(step.route, status, page.language(), page.show());
    (visit.app.links.may_go_on)(visit, answer, &visit.next().unwrap_or_default())
}
