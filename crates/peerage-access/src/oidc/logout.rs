//! Clients that are notified when a person has logged out (`OpenID` Connect Back-Channel Logout 1.0).

use data_encoding::HEXLOWER;
use peerage_registry::ids::{ClientId, SessionId, UserId};
use peerage_registry::moment::{Moment, SignedDuration};
use peerage_registry::{Action, EventSubject, Record};
use serde_json::{Map, Value as Json, json};

use crate::people::People;
use crate::records::{Consent, Session};
use crate::server_key::ServerKey;

/// Life of a logout token; at most two minutes, as the specification recommends.
const LIFE: SignedDuration = SignedDuration::from_mins(2);

/// A client to notify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutNotice {
    pub uri: String,
    pub client: ClientId,
    pub user: UserId,
    /// The line of sessions that has ended.
    pub line: SessionId,
    /// Whether the client uses the issuer with the path `/oauth2`.
    pub is_below: bool,
}

/// The name of a line of sessions for a client. It reveals nothing about the session's text.
pub fn sid(server_key: &ServerKey, user: UserId, line: SessionId) -> String {
    HEXLOWER.encode(&server_key.lasting(&format!("sid {user} {line}"))[..16])
}

/// Returns the clients to notify about an event, given its action, its subject and the record before it: a session
/// has ended without being replaced, or a consent was revoked.
pub fn of(people: &People, action: Action, subject: EventSubject, before: Option<&str>) -> Vec<LogoutNotice> {
    if action != Action::Erase {
        return Vec::new();
    }
    let Some(before) = before else { return Vec::new() };
    match subject {
        EventSubject::Record(Record::Session) => {
            let Ok(session) = serde_json::from_str::<Session>(before) else { return Vec::new() };
            let goes_on = people.sessions_of(session.user).any(|other| other.line() == session.line());
            if goes_on {
                return Vec::new();
            }
            let consents = people.consents_of(session.user);
            consents.flat_map(|consent| logout_notices(people, consent, Some(session.line()))).collect()
        }
        EventSubject::Record(Record::Consent) => serde_json::from_str::<Consent>(before)
            .map_or_else(|_| Vec::new(), |consent| logout_notices(people, &consent, None)),
        _ => Vec::new(),
    }
}

/// The logouts for a consent's client, each line once; if `only` is set, only that line.
fn logout_notices(people: &People, consent: &Consent, only: Option<SessionId>) -> Vec<LogoutNotice> {
    let uri = people.client(consent.client).and_then(|client| client.backchannel_uri.clone());
    let Some(uri) = uri else { return Vec::new() };
    let signed_in = consent.access.iter();
    let mut lines: Vec<(SessionId, bool)> =
        signed_in.filter_map(|access| access.session.map(|line| (line, access.is_below))).collect();
    lines.retain(|(line, _)| only.is_none_or(|only| only == *line));
    lines.sort_unstable();
    lines.dedup();
    let (client, user) = (consent.client, consent.user);
    let logout = |(line, is_below)| LogoutNotice { uri: uri.clone(), client, user, line, is_below };
    lines.into_iter().map(logout).collect()
}

/// The claims of a logout token.
pub fn logout_claims(
    issuer: &str,
    client_id: &str,
    user: UserId,
    sid: &str,
    jti: &str,
    now: Moment,
) -> Map<String, Json> {
    let claims = json!({
        "iss": issuer,
        "sub": user.to_string(),
        "aud": client_id,
        "iat": now.as_seconds(),
        "exp": (now + LIFE).as_seconds(),
        "jti": jti,
        "sid": sid,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    match claims {
        Json::Object(claims) => claims,
        _ => Map::new(),
    }
}
