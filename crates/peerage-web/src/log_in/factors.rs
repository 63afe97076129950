//! The page of all second factors, and the changes to each.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::demands::{self, UpcomingRequirement};
use peerage_access::acts::factors::{self, FactorChange};
use peerage_access::acts::lockout::UnmetRequirement;
use peerage_access::acts::log_in::{self, LoginContext};
use peerage_access::records::Factor;
use peerage_access::{AccessContext, AccessError, RecordStep};
use peerage_pages::parts::FormErrors;
use peerage_pages::security::{FactorView, FactorsPage};
use peerage_registry::ids::FactorId;
use peerage_registry::moment::print_seconds;

use crate::log_in::{LoginInputs, requirements};
use crate::manage::limit_line;
use crate::outcome::settle;
use crate::visit::Visit;

pub const HERE: &str = "/account/two_factor/";

pub async fn show(visit: Visit) -> Response<Body> {
    match visit.needs_person() {
        Ok(_) => page(&visit, StatusCode::OK, FormErrors::none()),
        Err(answer) => answer,
    }
}

fn view(factor: &Factor) -> FactorView {
    let key = factor.key();
    FactorView {
        id: factor.id.get(),
        name: factor.name.clone(),
        is_key: key.is_some(),
        logs_in: key.is_some_and(|key| key.logs_in),
        may_log_in: key.is_some_and(|key| key.verifies && key.discoverable != Some(false)),
        created: print_seconds(factor.created),
        used: factor.used.as_ref().map(|used| print_seconds(used.at)).unwrap_or_default(),
        used_from: factor.used.as_ref().map(|used| used.address.clone()).unwrap_or_default(),
    }
}

/// Upcoming requirements, with organization, start and remaining days.
fn announced(visit: &Visit, coming: &UpcomingRequirement) -> String {
    let key = match coming.lack {
        UnmetRequirement::Passkey => "coming-passkey",
        UnmetRequirement::OtherThanTotp => "coming-totp",
        _ => "coming-beside",
    };
    let (texts, day) = (visit.texts(), print_seconds(coming.from));
    let days = (coming.from - visit.app.environment.now()).as_hours() / 24;
    let text = texts.with(key, &[("day", &&day[..10]), ("name", &coming.organization)]);
    format!("{text} {}", texts.with("coming-left", &[("days", &days)]))
}

pub fn page(visit: &Visit, status: StatusCode, errors: FormErrors) -> Response<Body> {
    let (user, session) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    if let Some(answer) = (!errors.is_empty()).then(|| visit.complaints(&errors)).flatten() {
        return answer;
    }
    let (context, people) = (visit.access_context(), &visit.state.people);
    let demands = demands::of(people, &*visit.state.snapshot, requirements(visit), user, visit.app.environment.now());
    let limits = demands::limits(people, &*visit.state.snapshot, user, session, visit.app.environment.now());
    let limits = limits.iter().map(|limit| limit_line(visit, limit));
    let factors: Vec<FactorView> = people.factors_of(user.id).map(|factor| view(factor)).collect();
    let has_factor = !factors.is_empty();
    let page = FactorsPage {
        frame: visit.frame("factors-title"),
        factors,
        codes_left: has_factor.then(|| people.codes(user.id).map_or(0, |codes| codes.left())),
        lock: log_in::lock_of(&context, requirements(visit), user, session),
        coming: limits.chain(demands.coming.iter().map(|coming| announced(visit, coming))).collect(),
        is_confirmed: user.primary_email().is_some_and(|email| email.verified),
        has_keys: visit.app.relying.is_some(),
        totp_refusal: demands.totp_refusal(),
        carried: visit.with_next(""),
        go_on: visit.person().and_then(|_| visit.next()).unwrap_or_default(),
        next: visit.next().unwrap_or_default(),
        errors,
    };
    visit.page("factors", status, page.language(), page.show())
}

type FactorResult = Result<(FactorChange, Vec<RecordStep>), AccessError>;

/// Changes a factor and redirects with the session's new token.
async fn change(
    visit: &Visit,
    notice: &'static str,
    request: impl Fn(&AccessContext<'_>, &LoginContext<'_>) -> FactorResult + Send + 'static,
) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let way = LoginInputs::of(visit);
    let done = visit.act_of_session(move |context| request(context, &way.login())).await;
    let here = visit.with_next(HERE);
    match settle(visit, done, &here, |errors| page(visit, StatusCode::BAD_REQUEST, errors)) {
        Ok(changed) => visit.with_session(visit.success(&here, notice), &changed.text),
        Err(answer) => answer,
    }
}

fn id(visit: &Visit) -> FactorId {
    visit.form.number("id").unwrap_or_default()
}

pub async fn rename(visit: Visit) -> Response<Body> {
    let (id, name) = (id(&visit), visit.form.text("name").to_owned());
    change(&visit, "told-factor-renamed", move |context, login| factors::rename(context, login, id, &name)).await
}

pub async fn log_in_on(visit: Visit) -> Response<Body> {
    let id = id(&visit);
    change(&visit, "told-factor-changed", move |context, login| factors::set_logs_in(context, login, id, true)).await
}

pub async fn log_in_off(visit: Visit) -> Response<Body> {
    let id = id(&visit);
    change(&visit, "told-factor-changed", move |context, login| factors::set_logs_in(context, login, id, false)).await
}

pub async fn remove(visit: Visit) -> Response<Body> {
    let id = id(&visit);
    change(&visit, "told-factor-removed", move |context, login| factors::remove(context, login, id)).await
}

/// Scripts can change the name or the mode of a key; only fields that are sent are changed.
pub async fn update_key(visit: Visit) -> Response<Body> {
    let (id, name, logs_in) = (id(&visit), visit.form.text("name").to_owned(), visit.form.is_on("passkey_login"));
    if visit.form.has("passkey_login") {
        return change(&visit, "told-factor-changed", move |context, login| {
            factors::set_logs_in(context, login, id, logs_in)
        })
        .await;
    }
    change(&visit, "told-factor-renamed", move |context, login| factors::rename(context, login, id, &name)).await
}
