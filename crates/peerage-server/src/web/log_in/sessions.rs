//! Logging out, here and elsewhere.

use axum::body::Body;
use axum::http::header::SET_COOKIE;
use axum::http::{Response, StatusCode};
use peerage_access::AccessError;
use peerage_access::acts::sessions;
use peerage_access::records::{Amr, Session};
use peerage_pages::Texts;
use peerage_pages::security::{SessionView, Sessions};
use peerage_registry::moment::print_seconds;

use crate::web::cookies::{self, Name};
use crate::web::outcome::settle;
use crate::web::visit::{Visit, act};

/// Ends the session, whatever its stage. A session that is over already is one that was logged out.
pub async fn log_out(visit: Visit) -> Response<Body> {
    if visit.session().is_some() {
        let judge = |desk: &peerage_access::Desk<'_>| {
            let own = desk.by.person().and_then(|(_, own)| desk.people.session(own.id));
            own.map_or(Ok(((), Vec::new())), |session| sessions::end(desk, session).map(|steps| ((), steps)))
        };
        let done = act(&visit.app, visit.caller_of_session(), judge).await;
        if let Err(crate::api::caller::Denied::Api(error @ crate::errors::ApiError::Unavailable)) = done {
            return error.into_response();
        }
    }
    let mut answer = visit.done("/", "told-logged-out");
    answer.headers_mut().append(SET_COOKIE, cookies::remove(Name::Session, visit.is_secure));
    answer
}

fn ways(texts: Texts, session: &Session) -> String {
    let word = |way: &Amr| match way {
        Amr::Pwd => Some(texts.get("sessions-pwd")),
        Amr::Otp => Some(texts.get("sessions-otp")),
        Amr::Swk => Some(texts.get("sessions-swk")),
        Amr::User => Some(texts.get("sessions-user")),
        Amr::Mfa => None,
    };
    session.amr.iter().filter_map(word).collect::<Vec<_>>().join(" + ")
}

pub async fn show(visit: Visit) -> Response<Body> {
    let (user, own) = match visit.needs_person() {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (now, texts) = (visit.app.means.now(), visit.texts());
    let known = visit.state.people.sessions_of(user.id).filter(|session| session.expires > now);
    let view = |session: &std::sync::Arc<Session>| SessionView {
        id: session.id,
        is_this: session.id == own.id,
        agent: if session.agent.is_empty() { "–".to_owned() } else { session.agent.clone() },
        address: session.address.clone(),
        created: print_seconds(session.created),
        expires: print_seconds(session.expires),
        ways: ways(texts, session),
    };
    let mut sessions: Vec<SessionView> = known.map(view).collect();
    sessions.sort_by_key(|session| (!session.is_this, std::cmp::Reverse(session.id)));
    let page = Sessions { frame: visit.frame("sessions-title"), sessions };
    visit.page("sessions", StatusCode::OK, page.language(), page.show())
}

const HERE: &str = "/account/sessions/";

pub async fn end(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let id = visit.form.number("id").unwrap_or(0);
    let judge = move |desk: &peerage_access::Desk<'_>| {
        let session = desk.people.session(id).ok_or(AccessError::NotFound("Session not found"))?;
        sessions::end(desk, session).map(|steps| ((), steps))
    };
    let done = act(&visit.app, visit.caller_of_session(), judge).await;
    match settle(&visit, done, HERE, |_| visit.go(HERE)) {
        Ok(()) => visit.done(HERE, "told-session-ended"),
        Err(answer) => answer,
    }
}

pub async fn end_others(visit: Visit) -> Response<Body> {
    if let Err(answer) = visit.needs_person() {
        return answer;
    }
    let done = act(&visit.app, visit.caller_of_session(), |desk| sessions::end_others(desk).map(|steps| ((), steps)));
    match settle(&visit, done.await, HERE, |_| visit.go(HERE)) {
        Ok(()) => visit.done(HERE, "told-sessions-ended"),
        Err(answer) => answer,
    }
}
