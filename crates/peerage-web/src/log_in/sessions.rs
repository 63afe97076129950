//! Logout, here and elsewhere.

use axum::body::Body;
use axum::http::header::SET_COOKIE;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::sessions::{self, SessionStanding, standing};
use peerage_access::records::{AuthMethod, Session};
use peerage_pages::PageTexts;
use peerage_pages::security::{SessionView, SessionsPage};
use peerage_registry::moment::print_seconds;

use crate::commit::act;
use crate::outcome::settle;
use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;
use peerage_edge::cookies;
use peerage_edge::cookies::CookieName;
use peerage_edge::errors::ApiError;

/// Ends the session in any state. An expired session counts as logged out.
pub async fn log_out(visit: Visit) -> Response<Body> {
    if visit.session().is_some() {
        let decide = |context: &peerage_access::AccessContext<'_>| {
            let own = context.by.person().and_then(|(_, own)| context.people.session(own.id));
            own.map_or(Ok(((), Vec::new())), |session| sessions::end(context, session).map(|steps| ((), steps)))
        };
        let done = act(&visit.app.engine, &visit.caller_of_session(), decide).await;
        if let Err(ChangeDenied::Api(error @ (ApiError::Unavailable | ApiError::WritesStopped(_)))) = done {
            return visit.try_later(&error);
        }
    }
    let mut answer = visit.success("/", "told-logged-out");
    answer.headers_mut().append(SET_COOKIE, cookies::remove(CookieName::Session, visit.is_secure));
    answer
}

fn method_names(texts: PageTexts, session: &Session) -> String {
    let word = |way: &AuthMethod| match way {
        AuthMethod::Pwd => Some(texts.get("sessions-pwd")),
        AuthMethod::Otp => Some(texts.get("sessions-otp")),
        AuthMethod::Swk => Some(texts.get("sessions-swk")),
        AuthMethod::User => Some(texts.get("sessions-user")),
        AuthMethod::Mfa => None,
    };
    session.amr.iter().filter_map(word).collect::<Vec<_>>().join(" + ")
}

/// Names of browsers and systems in `User-Agent`, the most specific first: each browser also claims to be its
/// predecessors.
const BROWSERS: [(&str, &str); 7] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Returns the browser and system of a session, or the program's own name if it is not a known browser.
fn program(agent: &str) -> String {
    let agent = agent.replace("HeadlessChrome/", "Chrome/");
    let named =
        |names: &[(&str, &'static str)]| names.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name);
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) if agent.is_empty() => "–".to_owned(),
        (None, _) => agent,
    }
}

pub async fn show(visit: Visit) -> Response<Body> {
    let (user, own) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (now, texts) = (visit.app.environment.now(), visit.texts());
    let is_alive = |session: &&std::sync::Arc<Session>| {
        standing(user, session, now, visit.app.presence.activity_of(session)) != SessionStanding::Over
    };
    let known = visit.state.people.sessions_of(user.id).filter(is_alive);
    let view = |session: &std::sync::Arc<Session>| SessionView {
        id: session.id.get(),
        is_this: session.id == own.id,
        agent: program(&session.agent),
        address: session.address.clone(),
        created: print_seconds(session.created),
        seen: print_seconds(visit.app.presence.activity_of(session).last),
        expires: print_seconds(session.expires),
        ways: method_names(texts, session),
    };
    let mut sessions: Vec<SessionView> = known.map(view).collect();
    sessions.sort_by_key(|session| (!session.is_this, std::cmp::Reverse(session.id)));
    let page = SessionsPage { frame: visit.frame("sessions-title"), sessions };
    visit.page("sessions", StatusCode::OK, page.language(), page.show())
}

const HERE: &str = "/account/sessions/";

pub async fn end(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let id = visit.form.number("id").unwrap_or_default();
    let decide = move |context: &peerage_access::AccessContext<'_>| {
        let session = context.people.session(id).ok_or(AccessError::NotFound("Session not found"))?;
        sessions::end(context, session).map(|steps| ((), steps))
    };
    let done = act(&visit.app.engine, &visit.caller_of_session(), decide).await;
    match settle(&visit, done, HERE, |_| visit.redirect_to(HERE)) {
        Ok(()) => visit.success(HERE, "told-session-ended"),
        Err(answer) => answer,
    }
}

/// Handles "This was not me": the person was notified of something that they did not do.
pub async fn not_me(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    // Like a logout, this does not count as a change, so a stolen session cannot prevent it.
    let decide =
        |context: &peerage_access::AccessContext<'_>| sessions::end_all_but_this(context).map(|steps| ((), steps));
    let caller = visit.caller();
    let done = act(&visit.app.engine, &caller, decide);
    match settle(&visit, done.await, HERE, |_| visit.redirect_to(HERE)) {
        Ok(()) => visit.success(HERE, "told-not-me"),
        Err(answer) => answer,
    }
}

pub async fn end_others(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let caller = visit.caller_of_session();
    let done = act(&visit.app.engine, &caller, |context| sessions::end_others(context).map(|steps| ((), steps)));
    match settle(&visit, done.await, HERE, |_| visit.redirect_to(HERE)) {
        Ok(()) => visit.success(HERE, "told-sessions-ended"),
        Err(answer) => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_called_as_people_call_them() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome, Android",
            ),
            ("curl/8.9.1", "curl/8.9.1"),
            ("", "–"),
        ] {
            assert_eq!(program(agent), expected, "{agent}");
        }
    }
}
