//! Backup codes: shown once, then only counted.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use peerage_access::acts::factors;
use peerage_access::factors::backup;
use peerage_pages::parts::FormErrors;
use peerage_pages::security::{BackupCodesPage, UsedCode};
use peerage_registry::ids::UserId;
use peerage_registry::moment::print_seconds;
use zeroize::Zeroizing;

use crate::address::escaped;
use crate::log_in::ceremony;
use crate::log_in::ceremony::{Ceremony, SET_UP_LIFE};
use crate::log_in::factors as overview;
use crate::log_in::{LoginInputs, set_up};
use crate::outcome::settle;
use crate::visit::Visit;

const HERE: &str = "/account/two_factor/backup/tokens/";
const KIND: &str = "backup codes";

/// Where to continue after a change that may have created backup codes: to the page that shows them once, and from
/// there to the original target.
pub async fn after(visit: &Visit, user: UserId, codes: Option<&backup::BackupCodeTexts>) -> String {
    let Some(codes) = codes else { return visit.next().unwrap_or_else(|| overview::HERE.to_owned()) };
    let lines = Zeroizing::new(codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join("\n"));
    let sealed = ceremony::seal(visit, KIND, user, lines.as_bytes());
    let shown = Ceremony::Codes { user, codes: sealed.text, version: sealed.version };
    match ceremony::put(visit, user, &shown, SET_UP_LIFE).await.ok() {
        Some(id) => visit.with_next(&format!("{HERE}?shown={id}")),
        None => visit.with_next(HERE),
    }
}

pub async fn show(visit: Visit) -> Response<Body> {
    let user = match visit.needs_person() {
        Ok((user, _)) => user.id,
        Err(answer) => return answer,
    };
    let mut lines = None;
    if let Some(id) = visit.query("shown") {
        match ceremony::take(&visit, &id).await {
            Ok(Some(Ceremony::Codes { user: owner, codes, version })) if owner == user => {
                let opened = ceremony::open(&visit, KIND, user, &codes, version);
                lines = opened.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
            }
            Ok(_) => (),
            // The codes are still there when the page is requested again.
            Err(error) => return visit.try_later(&error),
        }
    }
    page(&visit, StatusCode::OK, lines, FormErrors::none())
}

fn page(visit: &Visit, status: StatusCode, codes: Option<String>, errors: FormErrors) -> Response<Body> {
    let Ok((user, _)) = visit.needs_person() else { return visit.redirect_to("/account/login/") };
    let known = visit.state.people.codes(user.id);
    let spent = known.iter().flat_map(|codes| &codes.codes).filter_map(|code| code.used.as_ref());
    let host = visit.app.settings.site.split("://").nth(1).unwrap_or("Peerage");
    let file = codes.as_ref().map_or_else(String::new, |codes| {
        let text = format!("{host}, {}\n\n{codes}\n", user.username);
        format!("data:text/plain;charset=utf-8,{}", escaped(&text))
    });
    let page = BackupCodesPage {
        frame: visit.frame("codes-title"),
        codes,
        file,
        next: visit.next().unwrap_or_else(|| overview::HERE.to_owned()),
        left: known.map_or(0, |codes| codes.left()),
        made: known.map(|codes| print_seconds(codes.made)),
        used: spent.map(|used| UsedCode { at: print_seconds(used.at), from: used.address.clone() }).collect(),
        errors,
    };
    visit.page("backup codes", status, page.language(), page.show())
}

pub async fn renew(visit: Visit) -> Response<Body> {
    let user = match set_up::needs_fresh(&visit, HERE) {
        Ok(user) => user,
        Err(answer) => return answer,
    };
    let (way, entropy) = (LoginInputs::of(&visit), visit.chance());
    let decide =
        move |context: &peerage_access::AccessContext<'_>| factors::renew_codes(context, &way.login(), &entropy);
    let done = visit.act_of_session(decide).await;
    match settle(&visit, done, HERE, |errors| page(&visit, StatusCode::BAD_REQUEST, None, errors)) {
        Ok(changed) => {
            let next = after(&visit, user, changed.codes.as_ref()).await;
            visit.with_session(visit.redirect_to(&next), &changed.text)
        }
        Err(answer) => answer,
    }
}
