//! All routes, by what their paths look like, with their methods. The API serves no path whose pattern is not here, and
//! tests walk this list: whoever adds a route says in the authorization matrix who may use it.

/// A pattern and the methods that it takes; methods of rows are those of their kind's table.
pub const ROUTES: &[(&str, &str)] = &[
    // Pages, probes and files; none asks who one is.
    ("/", READ),
    ("/apidocs", READ),
    ("/apidocs/", READ),
    ("/static/style.css", READ),
    ("/static/peerage.js", READ),
    ("/robots.txt", READ),
    ("/media/logo/{file}", READ),
    ("/healthz", READ),
    ("/healthcheck", READ),
    ("/readyz", READ),
    ("/metrics", READ),
    ("/dumps/{file}", READ),
    ("/data/countries", READ),
    ("/data/countries_b", READ),
    ("/data/enum/{name}", READ),
    ("/data/locales", READ),
    ("/data/sponsors", READ),
    ("/data/asns", READ),
    ("/data/my_organizations", READ),
    ("/data/organizations", READ),
    ("/data/campus_facilities", READ),
    ("/api_search", READ),
    ("/export/ix/{id}/ixp-member-list", READ),
    ("/export/ixlan/{id}/ixp-member-list", READ),
    ("/export/advanced-search/{tag}/{format}", READ),
    ("/export/kmz/", READ),
    // Coming into organizations, their panels, own keys, staff: pages that know nobody but by a session's cookie.
    ("/affiliate", READ),
    ("/affiliate-to-org", READ_AND_SEND),
    ("/cancel-affiliation-request/{id}/", "POST"),
    ("/request-ownership", READ_AND_SEND),
    ("/remove-affiliation/", READ_AND_SEND),
    ("/invitation/{id}/{code}", READ_AND_SEND),
    ("/org_admin/users", READ),
    ("/org_admin/uoar/approve", "POST"),
    ("/org_admin/uoar/deny", "POST"),
    ("/org_admin/manage_user/update", "POST"),
    ("/org_admin/manage_user/delete", "POST"),
    ("/org_admin/user_options", "POST"),
    ("/org_admin/permissions", READ),
    ("/org_admin/user_permissions", READ),
    ("/org_admin/user_permissions/update", "POST"),
    ("/org_admin/user_permissions/remove", "POST"),
    ("/org_admin/key_permissions", READ),
    ("/org_admin/key_permissions/update", "POST"),
    ("/org_admin/key_permissions/remove", "POST"),
    ("/org_admin/manage_key/add", "POST"),
    ("/org_admin/manage_key/update", "POST"),
    ("/org_admin/manage_key/revoke", "POST"),
    ("/user_keys/add", "POST"),
    ("/user_keys/revoke", "POST"),
    ("/org/{org}/manage", READ),
    ("/org/{org}/manage/people", READ),
    ("/org/{org}/manage/people/approve", "POST"),
    ("/org/{org}/manage/people/deny", "POST"),
    ("/org/{org}/manage/people/promote", "POST"),
    ("/org/{org}/manage/people/demote", "POST"),
    ("/org/{org}/manage/people/remove", "POST"),
    ("/org/{org}/manage/people/vouch", "POST"),
    ("/org/{org}/manage/people/invite", "POST"),
    ("/org/{org}/manage/people/withdraw", "POST"),
    ("/org/{org}/manage/presences/approve", "POST"),
    ("/org/{org}/manage/presences/reject", "POST"),
    ("/org/{org}/manage/rights", READ_AND_SEND),
    ("/org/{org}/manage/roles", READ_AND_SEND),
    ("/org/{org}/manage/roles/{role}", "POST"),
    ("/org/{org}/manage/roles/{role}/end", "POST"),
    ("/org/{org}/manage/roles/{role}/key", "POST"),
    ("/org/{org}/manage/keys", READ_AND_SEND),
    ("/org/{org}/manage/keys/{verb}", "POST"),
    ("/org/{org}/manage/key/{key}", READ_AND_SEND),
    ("/org/{org}/manage/hygiene", READ),
    ("/org/{org}/manage/audit", READ),
    ("/org/{org}/manage/policy", READ_AND_SEND),
    ("/profile/keys", READ_AND_SEND),
    ("/profile/keys/{verb}", "POST"),
    ("/profile/key/{key}", READ_AND_SEND),
    ("/staff", READ),
    ("/staff/approve", "POST"),
    ("/staff/refuse", "POST"),
    ("/staff/users", READ),
    ("/staff/users/bar", "POST"),
    ("/staff/users/let-in", "POST"),
    ("/staff/look", READ),
    ("/staff/recoveries", READ),
    ("/staff/recoveries/approve", "POST"),
    ("/staff/recoveries/refuse", "POST"),
    // Accounts: made, proved, forgotten, changed, recovered.
    ("/register", READ_AND_SEND),
    ("/accounts/confirm-email/{word}/", READ_AND_SEND),
    ("/reset-password", READ_AND_SEND),
    ("/username-retrieve", READ),
    ("/username-retrieve/initiate", "POST"),
    ("/username-retrieve/complete", READ_AND_SEND),
    ("/account/key-contact", READ_AND_SEND),
    ("/account/recover/", READ_AND_SEND),
    ("/account/recover/address", READ_AND_SEND),
    ("/account/recover/stop", READ_AND_SEND),
    ("/account/recover/end", "POST"),
    ("/account/recover/finish", READ_AND_SEND),
    ("/profile", READ),
    ("/verify", READ),
    ("/profile/email/add", "POST"),
    ("/profile/email/delete", "POST"),
    ("/profile/email/primary", "POST"),
    ("/profile/close", "POST"),
    ("/resend_email_confirmation", "POST"),
    ("/change-password", "POST"),
    ("/change-username", "POST"),
    ("/change-name", "POST"),
    ("/set-user-locale", "POST"),
    ("/set-organization/", "POST"),
    ("/look", "POST"),
    // Logging in, second factors, sessions.
    ("/static/webauthn.js", READ),
    ("/login", READ),
    ("/logout", "POST"),
    ("/account/login/", READ_AND_SEND),
    ("/account/confirm/", READ_AND_SEND),
    ("/account/resume/", READ),
    ("/account/two_factor/", READ),
    ("/account/two_factor/rename/", "POST"),
    ("/account/two_factor/log_in_on/", "POST"),
    ("/account/two_factor/log_in_off/", "POST"),
    ("/account/two_factor/remove/", "POST"),
    ("/account/two_factor/setup/", READ_AND_SEND),
    ("/account/two_factor/backup/tokens/", READ_AND_SEND),
    ("/account/sessions/", READ),
    ("/account/sessions/end", "POST"),
    ("/account/sessions/end_others", "POST"),
    ("/account/sessions/not_me", "POST"),
    ("/security_keys/request_registration", "POST"),
    ("/security_keys/add", "POST"),
    ("/security_keys/update-security-key", "POST"),
    ("/security_keys/remove", "POST"),
    ("/security_keys/request_authentication", "POST"),
    ("/security_keys/verify_authentication", "POST"),
    // Sign in with Peerage.
    ("/.well-known/openid-configuration", SHARED),
    ("/.well-known/oauth-authorization-server", SHARED),
    ("/.well-known/oauth-authorization-server/oauth2", SHARED),
    ("/oauth2/.well-known/openid-configuration", SHARED),
    ("/oauth2/.well-known/oauth-authorization-server", SHARED),
    ("/.well-known/jwks.json", SHARED),
    ("/oauth2/.well-known/jwks.json", SHARED),
    ("/oauth2/jwks/", SHARED),
    ("/oauth2/jwks", SHARED),
    ("/oauth2/token/", "POST, OPTIONS"),
    ("/oauth2/token", "POST, OPTIONS"),
    ("/oauth2/revoke_token/", "POST, OPTIONS"),
    ("/oauth2/revoke_token", "POST, OPTIONS"),
    ("/oauth2/introspect/", "POST"),
    ("/oauth2/introspect", "POST"),
    ("/oauth2/userinfo/", "GET, POST, HEAD, OPTIONS"),
    ("/oauth2/userinfo", "GET, POST, HEAD, OPTIONS"),
    ("/profile/v1", SHARED),
    ("/oauth2/authorize/", PAGE),
    ("/oauth2/authorize", PAGE),
    ("/oauth2/openid/authorize/", PAGE),
    ("/oauth2/logout/", PAGE),
    ("/oauth2/applications/", READ),
    ("/oauth2/applications/register/", PAGE),
    ("/oauth2/applications/{client}/", READ),
    ("/oauth2/applications/{client}/update/", "POST"),
    ("/oauth2/applications/{client}/rotate/", "POST"),
    ("/oauth2/applications/{client}/delete/", "POST"),
    ("/oauth2/authorized_tokens/", READ),
    ("/oauth2/authorized_tokens/{id}/delete/", "POST"),
    // The API.
    ("/api", READ),
    ("/api/", "GET, HEAD, OPTIONS"),
    ("/api/schema", "GET, HEAD, OPTIONS"),
    ("/api/schema.json", "GET, HEAD, OPTIONS"),
    ("/api/{kind}", ""),
    ("/api/{kind}/{id}", ""),
    ("/api/{kind}/self", "GET, HEAD, OPTIONS"),
    ("/api/as_set", "GET"),
    ("/api/as_set/{asn}", "GET"),
    ("/api/{*search}", "GET, HEAD, OPTIONS"),
    ("/api/asset/{kind}/{id}/logo", "GET, POST, PUT, DELETE, HEAD, OPTIONS"),
    ("/api/ix/{id}/request_ixf_import", "POST, OPTIONS"),
    ("/api/campus/{id}/add-facility/{fac}", "POST, OPTIONS"),
    ("/api/campus/{id}/remove-facility/{fac}", "POST, OPTIONS"),
    ("/api/netixlan/{id}/set-net-side", "POST, OPTIONS"),
    ("/api/netixlan/{id}/set-ix-side", "POST, OPTIONS"),
    ("/api/carrierfac/{id}/approve", "POST, OPTIONS"),
    ("/api/carrierfac/{id}/reject", "POST, OPTIONS"),
    // Keys, roles, people, trails.
    ("/api/whoami", "GET, HEAD, OPTIONS"),
    ("/api/session", "DELETE, OPTIONS"),
    ("/api/keys/report", "POST, OPTIONS"),
    ("/api/keys/confirm", "POST, OPTIONS"),
    ("/api/audit", "GET, HEAD, OPTIONS"),
    ("/api/user/audit", "GET, HEAD, OPTIONS"),
    ("/api/user/keys", "GET, POST, HEAD, OPTIONS"),
    ("/api/user/keys/{key}", "GET, PATCH, DELETE, HEAD, OPTIONS"),
    ("/api/user/keys/{key}/rotate", "POST, OPTIONS"),
    ("/api/user/keys/{key}/suspend", "POST, OPTIONS"),
    ("/api/user/keys/{key}/resume", "POST, OPTIONS"),
    ("/api/user/keys/{key}/use", "GET, HEAD, OPTIONS"),
    ("/api/org/{org}/keys", "GET, POST, HEAD, OPTIONS"),
    ("/api/org/{org}/keys/{key}", "GET, PATCH, DELETE, HEAD, OPTIONS"),
    ("/api/org/{org}/keys/{key}/rotate", "POST, OPTIONS"),
    ("/api/org/{org}/keys/{key}/suspend", "POST, OPTIONS"),
    ("/api/org/{org}/keys/{key}/resume", "POST, OPTIONS"),
    ("/api/org/{org}/keys/{key}/use", "GET, HEAD, OPTIONS"),
    ("/api/org/{org}/roles", "GET, POST, HEAD, OPTIONS"),
    ("/api/org/{org}/roles/{role}", "GET, PATCH, DELETE, HEAD, OPTIONS"),
    ("/api/org/{org}/roles/{role}/keys", "GET, POST, HEAD, OPTIONS"),
    ("/api/org/{org}/members", "GET, HEAD, OPTIONS"),
    ("/api/org/{org}/members/{user}", "PATCH, DELETE, OPTIONS"),
    ("/api/org/{org}/policy", "GET, PATCH, HEAD, OPTIONS"),
    ("/api/org/{org}/audit", "GET, HEAD, OPTIONS"),
    ("/api/org/{org}/hygiene", "GET, HEAD, OPTIONS"),
    ("/api/org/{org}/users", "GET, HEAD, OPTIONS"),
    ("/api/org/{org}/users/add", "POST, OPTIONS"),
    ("/api/org/{org}/users/remove", "DELETE, OPTIONS"),
    ("/api/org/{org}/users/{user}", "PUT, OPTIONS"),
    ("/api/{kind}/{id}/history", "GET, HEAD, OPTIONS"),
];

const READ: &str = "GET, HEAD";
const READ_AND_SEND: &str = "GET, HEAD, POST";
/// Read by pages of other sites, too.
const SHARED: &str = "GET, HEAD, OPTIONS";
/// A page with a form.
const PAGE: &str = "GET, POST, HEAD";

/// The methods that a pattern takes; none if there is no such route.
pub fn methods(pattern: &str) -> Option<&'static str> {
    ROUTES.iter().find(|(known, _)| *known == pattern).map(|(_, methods)| *methods)
}

/// Parameters of patterns that hold numbers of public things.
const NUMBERS: [&str; 6] = ["{id}", "{org}", "{asn}", "{role}", "{user}", "{fac}"];

/// Parameters that hold one of few short words of ours.
const WORDS: [&str; 5] = ["{kind}", "{tag}", "{format}", "{verb}", "{name}"];

/// Longest value of either that is logged: words of links are longer.
const LOGGED_BYTES_MAX: usize = 12;

/// A path as it may stand in a log: of a route what its pattern says and its public parameters, of anything else no more
/// than what begins some route. Everything that could be a secret is left out.
pub fn logged(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').collect();
    let is_route = |pattern: &&str| {
        let parts: Vec<&str> = pattern.split('/').collect();
        parts.len() == segments.len()
            && !pattern.contains("{*")
            && parts.iter().zip(&segments).all(|(part, segment)| part.starts_with('{') || part == segment)
    };
    // The most literal pattern is the one that is meant.
    let patterns = ROUTES.iter().map(|(pattern, _)| *pattern).filter(is_route);
    let Some(pattern) = patterns.min_by_key(|pattern| pattern.matches('{').count()) else {
        return unknown(&segments);
    };
    let shown = pattern.split('/').zip(&segments).map(|(part, segment)| match part {
        part if !part.starts_with('{') => part,
        part if is_public(part, segment) => segment,
        _ => "…",
    });
    shown.collect::<Vec<_>>().join("/")
}

/// A path without a route: the longest beginning that literal parts of some route have, too.
fn unknown(segments: &[&str]) -> String {
    let literal = |pattern: &str| {
        let parts = pattern.split('/').zip(segments);
        parts.take_while(|(part, segment)| !part.starts_with('{') && part == *segment).count()
    };
    let known = ROUTES.iter().map(|(pattern, _)| literal(pattern)).max().unwrap_or(0);
    let mut shown = segments[..known].join("/");
    if known < segments.len() {
        shown.push_str(if known == 0 { "…" } else { "/…" });
    }
    shown
}

/// Whether what stands in place of a parameter cannot be a secret. Somebody may send anything anywhere, so it has to look
/// like what belongs there. What any other parameter holds may be the word of a mailed link.
fn is_public(part: &str, segment: &str) -> bool {
    let looks_right = if NUMBERS.contains(&part) {
        segment.bytes().all(|byte| byte.is_ascii_digit())
    } else {
        WORDS.contains(&part) && segment.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'-'))
    };
    looks_right && segment.len() <= LOGGED_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use peerage_access::notices::Link;

    use super::*;

    #[test]
    fn n18_every_link_of_a_mail_leads_to_a_route_that_is_read() {
        for link in Link::SAMPLES {
            let path = link.path();
            let path = path.split(['?', '#']).next().unwrap_or_default();
            let segments: Vec<&str> = path.split('/').collect();
            let found = ROUTES.iter().find(|(pattern, _)| {
                let parts: Vec<&str> = pattern.split('/').collect();
                parts.len() == segments.len()
                    && !pattern.contains("{*")
                    && parts.iter().zip(&segments).all(|(part, segment)| part.starts_with('{') || part == segment)
            });
            let (pattern, methods) = found.unwrap_or_else(|| panic!("{link:?}: {path} is no route"));
            // Methods of rows are those of their kind.
            assert!(methods.is_empty() || methods.split(", ").any(|method| method == "GET"), "{link:?}: {pattern}");
        }
    }

    #[test]
    fn n20_no_path_is_logged_with_what_a_link_holds() {
        for (path, expected) in [
            ("/", "/"),
            ("/api/net/42", "/api/net/42"),
            ("/api/net", "/api/net"),
            ("/api/SECRETWORD", "/api/…"),
            ("/api/net/SECRETWORD", "/api/net/…"),
            ("/invitation/SECRETWORD/5", "/invitation/…/…"),
            ("/api/org/7/keys/abcdefghijkl/rotate", "/api/org/7/keys/…/rotate"),
            ("/accounts/confirm-email/SECRETWORD/", "/accounts/confirm-email/…/"),
            ("/accounts/confirm-email/SECRETWORD", "/accounts/confirm-email/…"),
            ("/accounts/confirm-email/SECRETWORD//", "/accounts/confirm-email/…"),
            ("/accounts//confirm-email/SECRETWORD/", "/accounts/…"),
            ("/Accounts/Confirm-Email/SECRETWORD/", "/…"),
            ("/invitation/5/SECRETWORD", "/invitation/5/…"),
            ("/invitation/5/SECRETWORD/", "/invitation/…"),
            ("/invitation/SECRETWORD", "/invitation/…"),
            ("/reset-password/SECRETWORD", "/reset-password/…"),
            ("/account/recover/stop/SECRETWORD", "/account/recover/stop/…"),
            ("/username-retrieve/complete/SECRETWORD", "/username-retrieve/complete/…"),
            ("/SECRETWORD", "/…"),
            ("SECRETWORD", "…"),
            ("/api/net/SECRETWORD%20x", "/api/net/…"),
            ("/api/net/prg_u_abcdefghijkl_SECRETWORD", "/api/net/…"),
            ("/api/net/1/SECRETWORD", "/api/…"),
            ("/dumps/SECRETWORD", "/dumps/…"),
        ] {
            assert_eq!(logged(path), expected, "{path}");
        }
        // Whatever stands where a pattern has a parameter that is not public is left out, on every route.
        for (pattern, _) in ROUTES {
            let path: Vec<&str> =
                pattern.split('/').map(|part| if part.starts_with('{') { "SECRETWORD" } else { part }).collect();
            let path = path.join("/").replace(['{', '}', '*'], "");
            for path in [path.clone(), format!("{path}/"), format!("{path}/SECRETWORD"), format!("//{path}")] {
                assert!(!logged(&path).contains("SECRETWORD"), "{path}: {}", logged(&path));
            }
        }
    }
}
