//! The page on which a second factor is verified: as the second step of a login, or to verify again.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::log_in;
use peerage_access::records::{Session, User};
use peerage_pages::parts::FormErrors;
use peerage_pages::security::{FactorOptionsView, SecondFactorPage};

use crate::log_in::requirements;
use crate::visit::Visit;

/// The two pages.
pub struct VerifyStep {
    /// Action of the form.
    pub action: &'static str,
    /// Keys of the texts.
    pub title: &'static str,
    pub about: &'static str,
    pub is_log_in: bool,
    /// The name of the page in metrics.
    pub route: &'static str,
}

/// Renders the methods that the session can use. Scripts get errors as JSON.
pub fn page(
    visit: &Visit,
    (user, session): (&User, &Session),
    step: &VerifyStep,
    status: StatusCode,
    errors: FormErrors,
) -> Response<Body> {
    if let Some(answer) = (!errors.is_empty()).then(|| visit.complaints(&errors)).flatten() {
        return answer;
    }
    let ways = log_in::factor_options(&visit.access_context(), requirements(visit), user, session);
    let has_factor = visit.state.people.factors_of(user.id).next().is_some();
    let frame = visit.frame(step.title);
    let page = SecondFactorPage {
        about: frame.text(step.about).into_owned(),
        frame,
        action: step.action,
        next: visit.next().unwrap_or_default(),
        ways: FactorOptionsView {
            key: ways.key && visit.app.relying.is_some(),
            totp: ways.totp,
            backup: ways.backup,
            // People without a second factor verify with the password; a login has already asked for it.
            password: !step.is_log_in && !has_factor,
        },
        is_log_in: step.is_log_in,
        errors,
    };
    let answer = visit.page(step.route, status, page.language(), page.show());
    (visit.app.links.may_go_on)(visit, answer, &visit.next().unwrap_or_default())
}
