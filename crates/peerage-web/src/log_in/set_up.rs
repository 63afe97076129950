//! Adding an authenticator app: the QR code, and one code that proves that it was scanned.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::factors::{self, NewTotp};
use peerage_access::factors::totp::{self, SEED_BYTES};
use peerage_pages::parts::FormErrors;
use peerage_pages::security::SetUpPage;
use peerage_registry::ids::UserId;
use qrcode::QrCode;
use qrcode::render::svg;

use crate::address::escaped;
use crate::log_in::ceremony;
use crate::log_in::ceremony::{Ceremony, SET_UP_LIFE};
use crate::log_in::factors as overview;
use crate::log_in::{LoginInputs, codes};
use crate::outcome::settle;
use crate::visit::Visit;

const HERE: &str = "/account/two_factor/setup/";
const KIND: &str = "totp set-up";

/// Returns the person if they have verified recently, or else a redirect to do so.
pub fn needs_fresh(visit: &Visit, back: &str) -> Result<UserId, Response<Body>> {
    let (user, session) = visit.needs_person()?;
    let now = visit.app.environment.now();
    if session.fresh_until.is_some_and(|until| until > now) {
        return Ok(user.id);
    }
    if visit.wants_json() {
        let mut body = serde_json::json!({"status": "reauthenticate"});
        body["next"] = format!("/account/confirm/?next={}", escaped(back)).into();
        body["non_field_errors"] = serde_json::json!([AccessError::NeedsFreshFactor.to_string()]);
        return Err(visit.json(StatusCode::FORBIDDEN, &body));
    }
    Err(visit.to_prove(back))
}

/// Renders a QR code as SVG, without colors that a theme could break.
fn square(text: &str) -> Option<String> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let drawn = code.render::<svg::Color<'_>>().min_dimensions(220, 220).build();
    // The XML declaration is only for files.
    Some(drawn.split_once("?>").map_or(drawn.as_str(), |(_, rest)| rest).to_owned())
}

fn page(visit: &Visit, status: StatusCode, seed: &[u8], ceremony: String, errors: FormErrors) -> Response<Body> {
    let Ok((user, _)) = visit.needs_person() else { return visit.redirect_to(&visit.with_next("/account/login/")) };
    let host = visit.app.settings.site.split("://").nth(1).unwrap_or("Peerage");
    let uri = totp::uri(seed, &format!("Peerage {host}"), &user.username);
    let Some(qr) = square(&uri) else { return visit.redirect_to(overview::HERE) };
    let secret = totp::secret_text(seed);
    let groups: Vec<&str> = (0..secret.len()).step_by(4).map(|at| &secret[at..(at + 4).min(secret.len())]).collect();
    let name = visit.form.text("name");
    let page = SetUpPage {
        frame: visit.frame("setup-title"),
        qr,
        secret: groups.join(" "),
        ceremony,
        next: visit.next().unwrap_or_default(),
        carried: visit.with_next(""),
        name: if name.is_empty() { "App".to_owned() } else { name.to_owned() },
        errors,
    };
    let answer = visit.page("set up app", status, page.language(), page.show());
    (visit.app.links.may_go_on)(visit, answer, &visit.next().unwrap_or_default())
}

pub async fn show(visit: Visit) -> Response<Body> {
    let user = match needs_fresh(&visit, &visit.with_next(HERE)) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let seed = zeroize::Zeroizing::new(visit.chance::<SEED_BYTES>());
    let sealed = ceremony::seal(&visit, KIND, user, &*seed);
    let until = visit.app.environment.now() + SET_UP_LIFE;
    let begun = Ceremony::SetUp { user, seed: sealed.text, version: sealed.version, until };
    match ceremony::put(&visit, user, &begun, SET_UP_LIFE).await {
        Ok(id) => page(&visit, StatusCode::OK, &*seed, id, FormErrors::none()),
        Err(error) => visit.try_later(&error),
    }
}

pub async fn send(visit: Visit) -> Response<Body> {
    let own = match needs_fresh(&visit, &visit.with_next(HERE)) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let id = visit.form.text("ceremony").to_owned();
    let (user, text, version, until) = match ceremony::take(&visit, &id).await {
        Ok(Some(Ceremony::SetUp { user, seed, version, until })) => (user, seed, version, until),
        Ok(_) => return visit.redirect_to(&visit.with_next(HERE)),
        Err(error) => return visit.try_later(&error),
    };
    let seed = ceremony::open(&visit, KIND, user, &text, version).filter(|_| user == own);
    let Some(seed) = seed else { return visit.redirect_to(&visit.with_next(HERE)) };
    let (way, name, code) =
        (LoginInputs::of(&visit), visit.form.text("name").to_owned(), visit.form.text("token").to_owned());
    let (nonce, entropy, kept) = (visit.chance(), visit.chance(), seed.clone());
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        let new = NewTotp { name: &name, seed: &kept, code: &code, nonce: &nonce };
        factors::add_totp(context, &way.login(), &new, &entropy)
    };
    let done = visit.act_of_session(decide).await;
    if done.is_err() {
        // After a wrong code, the same QR code can be tried again.
        let begun = Ceremony::SetUp { user, seed: text, version, until };
        if let Err(error) = ceremony::put_as(&visit, &id, &begun, until).await {
            return visit.try_later(&error);
        }
    }
    let again = |errors: FormErrors| {
        let seed = seed.clone();
        visit.complaints(&errors).unwrap_or_else(|| page(&visit, StatusCode::BAD_REQUEST, &seed, id.clone(), errors))
    };
    match settle(&visit, done, &visit.with_next(HERE), again) {
        Ok(changed) => {
            let next = codes::after(&visit, own, changed.codes.as_ref()).await;
            visit.with_session(visit.success(&next, "told-factor-added"), &changed.text)
        }
        Err(answer) => answer,
    }
}
