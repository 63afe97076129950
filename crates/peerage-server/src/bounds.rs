//! What a request to each route may cost: bytes, values, work, and records that stay.
//!
//! The numbers are the constants that hold them; `docs/bounds.md` is made from this table, and a test compares the two. A
//! route without bounds fails a test.

use std::fmt::Write as _;

use peerage_access::acts::{accounts, clients, invitations, joining, keys, policies, roles, sessions};
use peerage_access::factors::FACTORS_MAX;
use peerage_registry::query::values::{SEARCH_WORDS_MAX, TRIED_VALUES_MAX};
use peerage_registry::query::work::{LIGHT_BYTES_MAX, LIGHT_WORK_MAX, WORK_A_ROW, WORK_MAX};
use peerage_registry::query::{ASNS_MAX, ROWS_MAX_A_PAGE, ROWS_MAX_WITH_DEPTH};

use peerage_api::manage::{AUDIT_ROWS_MAX, CONFIRM_BYTES_MAX, REPORT_BYTES_MAX, STRANGER_BYTES_MAX};
use peerage_api::picture;
use peerage_api::tools::{CONNECTIVITY_ASNS_MAX, FOUND_MAX, HITS_MAX};
use peerage_edge::Limits;
use peerage_edge::body::{PAIRS_MAX, PARSED_AT_ONCE_MAX, VALUES_MAX};
use peerage_edge::heavy::{
    PATIENCE, PATIENT_MAX, PATIENT_PER_CLIENT, PLACES_MAX, PLACES_PER_CLIENT, SENT_FREELY_MAX, SHORT_ANSWERS_MAX,
    SHORT_ANSWERS_PER_CLIENT,
};
use peerage_edge::log_reads::{READS_MAX, READS_PER_READER};
use peerage_edge::routes::ROUTES;
use peerage_identity::oauth::{SIGN_IN_BYTES_MAX, SIGN_IN_FIELDS_MAX};
use peerage_web::form;
use peerage_web::log_in::resume::KEPT_BYTES_MAX;
use peerage_web::log_in::{FORMS_MAX, FORMS_PER_SESSION};

/// What a request to a route may send, do and leave behind.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub body: Body,
    /// How many of what one request may name, or is shown.
    pub counts: &'static [Count],
    pub work: Work,
    pub stored: Stored,
}

/// The body that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    None,
    /// JSON or a form, up to [`Limits::body_bytes_max`].
    Api,
    /// At most so many bytes.
    Bytes(usize),
}

/// At most `max` of `what`.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    pub max: usize,
    pub what: &'static str,
}

const fn up_to(max: usize, what: &'static str) -> Count {
    Count { max, what }
}

/// Where and how much a request works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// The same for every request.
    Constant,
    /// In memory, by what one object or one account has.
    OneObject,
    /// Up to the budget of a query; most of it in the pool for heavy requests.
    Query,
    /// In the pool for heavy requests, by the rows that are shown.
    Export,
    /// So many rows of the log or of stored uses, by an index.
    StoredRows,
    /// One password at most is hashed, a few at a time.
    Password,
    /// One change: checked in memory, committed together with others that wait.
    Change,
    /// A change that asks external services first, with bounded time and bytes.
    External,
}

/// What stays.
#[derive(Debug, Clone, Copy)]
pub enum Stored {
    Nothing,
    /// One event and the rows that follow from it, bounded in number a minute.
    Event,
    /// At most so many of what, of one owner.
    AtMost(usize, &'static str),
}

/// Those that are open, and those that wait for a second factor.
const SESSIONS_MAX: usize = sessions::OF_ONE_MAX + sessions::UNFINISHED_MAX;

const NOTHING_SENT: Bounds = Bounds { body: Body::None, counts: &[], work: Work::Constant, stored: Stored::Nothing };
const ONE_OBJECT: Bounds = Bounds { work: Work::OneObject, ..NOTHING_SENT };
const EXPORT: Bounds = Bounds { work: Work::Export, ..NOTHING_SENT };
/// A page with a form, and what the form changes.
const FORM: Bounds = Bounds {
    body: Body::Bytes(form::BYTES_MAX),
    counts: &[up_to(form::FIELDS_MAX, "fields")],
    work: Work::Change,
    stored: Stored::Event,
};
const PASSWORD_FORM: Bounds = Bounds { work: Work::Password, ..FORM };
const SIGN_IN: Bounds = Bounds {
    body: Body::Bytes(SIGN_IN_BYTES_MAX),
    counts: &[up_to(SIGN_IN_FIELDS_MAX, "fields")],
    work: Work::Change,
    stored: Stored::AtMost(peerage_access::acts::consents::SIGN_INS_MAX, "sign-ins of one person and application"),
};
const CHANGE: Bounds = Bounds {
    body: Body::Api,
    counts: &[up_to(PAIRS_MAX, "values of a form")],
    work: Work::Change,
    stored: Stored::Event,
};
const KEYS: Bounds = Bounds { stored: Stored::AtMost(keys::KEYS_MAX, "keys of one owner"), ..CHANGE };
const AUDIT: Bounds = Bounds { counts: &[up_to(AUDIT_ROWS_MAX, "events")], work: Work::StoredRows, ..NOTHING_SENT };

const POLICY_COUNTS: &[Count] = &[
    up_to(policies::ITEMS_MAX, "domains, and as many networks"),
    up_to(policies::DOMAINS_BYTES_MAX, "bytes of domains"),
];

const QUERY_COUNTS: &[Count] = &[
    up_to(TRIED_VALUES_MAX, "values that are compared one by one (any number of ids, numbers and whole texts)"),
    up_to(SEARCH_WORDS_MAX, "search words"),
    up_to(ASNS_MAX, "AS numbers of asn_overlap"),
    up_to(ROWS_MAX_A_PAGE, "rows a page"),
    up_to(ROWS_MAX_WITH_DEPTH, "rows of a filtered list with depth"),
];

/// Patterns of routes, and what bounds each of them.
pub const BOUNDS: &[(&[&str], Bounds)] = &[
    (
        &[
            "/",
            "/apidocs",
            "/apidocs/",
            "/static/style.css",
            "/static/peerage.js",
            "/static/webauthn.js",
            "/robots.txt",
            "/healthz",
            "/healthcheck",
            "/readyz",
            "/metrics",
            "/data/countries",
            "/data/countries_b",
            "/data/enum/{name}",
            "/data/locales",
            "/data/sponsors",
            "/data/my_organizations",
            "/data/organizations",
            "/api",
            "/api/",
            "/api/schema",
            "/api/schema.json",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/oauth2",
            "/oauth2/.well-known/openid-configuration",
            "/oauth2/.well-known/oauth-authorization-server",
            "/.well-known/jwks.json",
            "/oauth2/.well-known/jwks.json",
            "/oauth2/jwks/",
            "/oauth2/jwks",
            "/login",
            "/verify",
        ],
        NOTHING_SENT,
    ),
    (
        &["/media/logo/{file}", "/data/asns", "/api/as_set/{asn}", "/api/{kind}/self", "/api/whoami", "/profile/v1"],
        ONE_OBJECT,
    ),
    (&["/oauth2/userinfo/", "/oauth2/userinfo"], Bounds { body: Body::Bytes(SIGN_IN_BYTES_MAX), ..ONE_OBJECT }),
    (
        &["/api/{kind}", "/api/{kind}/{id}"],
        Bounds { body: Body::Api, counts: QUERY_COUNTS, work: Work::Query, stored: Stored::Event },
    ),
    (&["/api/as_set"], Bounds { work: Work::Query, ..NOTHING_SENT }),
    (
        &["/api_search"],
        Bounds {
            counts: &[up_to(SEARCH_WORDS_MAX, "search words"), up_to(HITS_MAX, "hits")],
            work: Work::Query,
            ..NOTHING_SENT
        },
    ),
    (
        &["/api/{*search}"],
        Bounds {
            counts: &[up_to(SEARCH_WORDS_MAX, "search words"), up_to(FOUND_MAX, "hits")],
            work: Work::Query,
            ..NOTHING_SENT
        },
    ),
    (
        &["/export/advanced-search/{tag}/{format}"],
        Bounds {
            counts: &[
                up_to(TRIED_VALUES_MAX, "values that are compared one by one"),
                up_to(CONNECTIVITY_ASNS_MAX, "AS numbers of asn_connectivity"),
            ],
            work: Work::Query,
            ..NOTHING_SENT
        },
    ),
    (
        &[
            "/dumps/{file}",
            "/data/campus_facilities",
            "/export/ix/{id}/ixp-member-list",
            "/export/ixlan/{id}/ixp-member-list",
            "/export/kmz/",
        ],
        EXPORT,
    ),
    (
        &["/api/asset/{kind}/{id}/logo"],
        Bounds {
            body: Body::Bytes(picture::BYTES_MAX * 4 / 3),
            counts: &[
                up_to(picture::WIDTH_MAX as usize, "pixels wide"),
                up_to(picture::HEIGHT_MAX as usize, "pixels high"),
                up_to(PAIRS_MAX, "values of a form"),
            ],
            stored: Stored::AtMost(1, "logo of one object"),
            ..CHANGE
        },
    ),
    (
        &[
            "/api/campus/{id}/add-facility/{fac}",
            "/api/campus/{id}/remove-facility/{fac}",
            "/api/netixlan/{id}/set-net-side",
            "/api/netixlan/{id}/set-ix-side",
            "/api/carrierfac/{id}/approve",
            "/api/carrierfac/{id}/reject",
            "/api/session",
            "/api/org/{org}/members/{user}",
            "/api/org/{org}/users/remove",
            "/api/org/{org}/users/{user}",
            "/api/org/{org}/roles/{role}",
        ],
        CHANGE,
    ),
    (&["/api/org/{org}/policy"], Bounds { counts: POLICY_COUNTS, ..CHANGE }),
    (&["/org/{org}/manage/policy"], Bounds { counts: POLICY_COUNTS, ..FORM }),
    (&["/api/keys/report"], Bounds { body: Body::Bytes(REPORT_BYTES_MAX), ..CHANGE }),
    (&["/api/keys/confirm"], Bounds { body: Body::Bytes(CONFIRM_BYTES_MAX), ..CHANGE }),
    (&["/api/ix/{id}/request_ixf_import"], Bounds { work: Work::External, ..CHANGE }),
    (
        &[
            "/api/user/keys",
            "/api/user/keys/{key}",
            "/api/user/keys/{key}/rotate",
            "/api/user/keys/{key}/suspend",
            "/api/user/keys/{key}/resume",
            "/api/org/{org}/keys",
            "/api/org/{org}/keys/{key}",
            "/api/org/{org}/keys/{key}/rotate",
            "/api/org/{org}/keys/{key}/suspend",
            "/api/org/{org}/keys/{key}/resume",
            "/api/org/{org}/roles/{role}/keys",
        ],
        KEYS,
    ),
    (
        &["/api/org/{org}/roles"],
        Bounds { stored: Stored::AtMost(roles::ROLES_MAX, "roles of one organization"), ..CHANGE },
    ),
    (
        &["/api/org/{org}/users/add"],
        Bounds { stored: Stored::AtMost(invitations::OPEN_MAX, "open invitations of one organization"), ..CHANGE },
    ),
    (&["/api/org/{org}/members", "/api/org/{org}/users", "/api/org/{org}/hygiene"], ONE_OBJECT),
    (
        &[
            "/api/audit",
            "/api/user/audit",
            "/api/org/{org}/audit",
            "/api/{kind}/{id}/history",
            "/api/user/keys/{key}/use",
            "/api/org/{org}/keys/{key}/use",
            "/org/{org}/manage/audit",
        ],
        AUDIT,
    ),
    (
        &[
            "/affiliate",
            "/org_admin/users",
            "/org_admin/permissions",
            "/org_admin/user_permissions",
            "/org_admin/key_permissions",
            "/org/{org}/manage",
            "/org/{org}/manage/people",
            "/org/{org}/manage/hygiene",
            "/staff",
            "/staff/users",
            "/staff/recoveries",
            "/username-retrieve",
            "/profile",
            "/account/resume/",
            "/account/two_factor/",
            "/account/sessions/",
            "/oauth2/applications/",
            "/oauth2/applications/{client}/",
            "/oauth2/authorized_tokens/",
        ],
        ONE_OBJECT,
    ),
    (&["/staff/look"], Bounds { work: Work::External, ..ONE_OBJECT }),
    (
        &["/affiliate-to-org", "/request-ownership"],
        Bounds {
            work: Work::External,
            stored: Stored::AtMost(joining::PENDING_MAX, "open requests of one person"),
            ..FORM
        },
    ),
    (
        &[
            "/cancel-affiliation-request/{id}/",
            "/remove-affiliation/",
            "/invitation/{id}/{code}",
            "/org_admin/uoar/approve",
            "/org_admin/uoar/deny",
            "/org_admin/manage_user/update",
            "/org_admin/manage_user/delete",
            "/org_admin/user_options",
            "/org_admin/user_permissions/update",
            "/org_admin/user_permissions/remove",
            "/org_admin/key_permissions/update",
            "/org_admin/key_permissions/remove",
            "/org/{org}/manage/people/approve",
            "/org/{org}/manage/people/deny",
            "/org/{org}/manage/people/promote",
            "/org/{org}/manage/people/demote",
            "/org/{org}/manage/people/remove",
            "/org/{org}/manage/people/vouch",
            "/org/{org}/manage/people/withdraw",
            "/org/{org}/manage/presences/approve",
            "/org/{org}/manage/presences/reject",
            "/org/{org}/manage/rights",
            "/org/{org}/manage/roles/{role}",
            "/org/{org}/manage/roles/{role}/end",
            "/staff/approve",
            "/staff/refuse",
            "/staff/users/bar",
            "/staff/users/let-in",
            "/staff/recoveries/approve",
            "/staff/recoveries/refuse",
            "/account/key-contact",
            "/account/recover/stop",
            "/account/recover/end",
            "/profile/email/delete",
            "/profile/email/primary",
            "/change-username",
            "/change-name",
            "/set-user-locale",
            "/set-organization/",
            "/look",
            "/logout",
            "/account/two_factor/rename/",
            "/account/two_factor/log_in_on/",
            "/account/two_factor/log_in_off/",
            "/account/two_factor/remove/",
            "/account/sessions/end",
            "/account/sessions/end_others",
            "/account/sessions/not_me",
            "/security_keys/update-security-key",
            "/security_keys/remove",
            "/username-retrieve/complete",
            "/accounts/confirm-email/{word}/",
        ],
        FORM,
    ),
    (
        &["/org/{org}/manage/people/invite"],
        Bounds { stored: Stored::AtMost(invitations::OPEN_MAX, "open invitations of one organization"), ..FORM },
    ),
    (
        &["/org/{org}/manage/roles"],
        Bounds { stored: Stored::AtMost(roles::ROLES_MAX, "roles of one organization"), ..FORM },
    ),
    (
        &[
            "/org_admin/manage_key/add",
            "/org_admin/manage_key/update",
            "/org_admin/manage_key/revoke",
            "/user_keys/add",
            "/user_keys/revoke",
            "/org/{org}/manage/keys",
            "/org/{org}/manage/keys/{verb}",
            "/org/{org}/manage/key/{key}",
            "/org/{org}/manage/roles/{role}/key",
            "/profile/keys",
            "/profile/keys/{verb}",
            "/profile/key/{key}",
        ],
        Bounds { stored: Stored::AtMost(keys::KEYS_MAX, "keys of one owner"), ..FORM },
    ),
    (
        &[
            "/register",
            "/reset-password",
            "/account/recover/",
            "/account/recover/address",
            "/account/recover/finish",
            "/username-retrieve/initiate",
            "/change-password",
            "/profile/close",
        ],
        PASSWORD_FORM,
    ),
    (
        &["/account/login/", "/account/confirm/"],
        Bounds { stored: Stored::AtMost(SESSIONS_MAX, "sessions of one person"), ..PASSWORD_FORM },
    ),
    (
        &["/profile/email/add", "/resend_email_confirmation"],
        Bounds { stored: Stored::AtMost(accounts::ADDRESSES_MAX, "addresses of one person"), ..FORM },
    ),
    (
        &[
            "/account/two_factor/setup/",
            "/account/two_factor/backup/tokens/",
            "/security_keys/request_registration",
            "/security_keys/add",
            "/security_keys/request_authentication",
            "/security_keys/verify_authentication",
        ],
        Bounds { stored: Stored::AtMost(FACTORS_MAX, "second factors of one person"), ..FORM },
    ),
    (
        &[
            "/oauth2/token/",
            "/oauth2/token",
            "/oauth2/revoke_token/",
            "/oauth2/revoke_token",
            "/oauth2/introspect/",
            "/oauth2/introspect",
            "/oauth2/authorize/",
            "/oauth2/authorize",
            "/oauth2/openid/authorize/",
            "/oauth2/logout/",
            "/oauth2/authorized_tokens/{id}/delete/",
        ],
        SIGN_IN,
    ),
    (
        &[
            "/oauth2/applications/register/",
            "/oauth2/applications/{client}/update/",
            "/oauth2/applications/{client}/rotate/",
            "/oauth2/applications/{client}/delete/",
        ],
        Bounds { stored: Stored::AtMost(clients::CLIENTS_MAX, "applications of one person"), ..FORM },
    ),
];

/// The bounds of a route; none if it has none.
pub fn of(pattern: &str) -> Option<&'static Bounds> {
    BOUNDS.iter().find(|(patterns, _)| patterns.contains(&pattern)).map(|(_, bounds)| bounds)
}

impl Body {
    fn text(self, limits: &Limits) -> String {
        match self {
            Body::None => "–".to_owned(),
            Body::Api => bytes(limits.body_bytes_max),
            Body::Bytes(max) => bytes(max),
        }
    }
}

impl Work {
    fn text(self) -> &'static str {
        match self {
            Work::Constant => "constant",
            Work::OneObject => "one object or account",
            Work::Query => "query budget",
            Work::Export => "pool, by what is shown",
            Work::StoredRows => "rows by an index, written in the pool",
            Work::Password => "one password hash",
            Work::Change => "one change",
            Work::External => "one change, external services",
        }
    }
}

impl Stored {
    fn text(self) -> String {
        match self {
            Stored::Nothing => "–".to_owned(),
            Stored::Event => "one change".to_owned(),
            Stored::AtMost(max, what) => format!("{max} {what}"),
        }
    }
}

fn bytes(count: usize) -> String {
    const KIB: usize = 1024;
    if count >= KIB * KIB && count.is_multiple_of(KIB * KIB) {
        format!("{} MiB", count / KIB / KIB)
    } else {
        format!("{} KiB", count.div_ceil(KIB))
    }
}

/// The text of `docs/bounds.md`, with the limits as they are by default.
pub fn document() -> String {
    let limits = Limits::default();
    let mut text = String::from(BEGIN);
    // Writing to a String cannot fail.
    for (what, bound) in [
        ("query string", bytes(limits.query_bytes_max)),
        ("parameters of a query string", limits.query_params_max.to_string()),
        ("header names and values", bytes(limits.header_bytes_max)),
        ("body of an API request", bytes(limits.body_bytes_max)),
        ("values of a JSON body", VALUES_MAX.to_string()),
        ("body that is parsed where connections are served", bytes(PARSED_AT_ONCE_MAX)),
        ("body of a request to keys, roles or people without a credential that is known", bytes(STRANGER_BYTES_MAX)),
        (
            "time for headers, and for which an idle connection is kept",
            format!("{} s", limits.header_timeout.as_secs()),
        ),
        ("time for which sent bytes may stay unread", format!("{} s", limits.write_timeout.as_secs())),
        ("time for a body", format!("{} s", limits.body_timeout.as_secs())),
        ("slowest body", format!("{} bytes a second", limits.body_rate_min)),
        ("connections of one client", limits.connections_per_client.to_string()),
        ("connections", limits.connections_max.to_string()),
        (
            "work of one query",
            format!(
                "{WORK_MAX} units, about 50 ms of CPU time; {WORK_A_ROW} for each row where the registry holds more"
            ),
        ),
        ("the part of it that runs where connections are served", format!("{LIGHT_WORK_MAX} units")),
        (
            "bytes of an answer that is made where connections are served",
            format!("{}; a third of it if it is indented (`pretty`)", bytes(LIGHT_BYTES_MAX)),
        ),
        (
            "answers made there that are not sent yet",
            format!(
                "{SHORT_ANSWERS_MAX} above {}, {SHORT_ANSWERS_PER_CLIENT} of one client; the next is made as a heavy \
                 request",
                bytes(SENT_FREELY_MAX)
            ),
        ),
        (
            "heavy requests that run or wait their turn",
            format!("{PLACES_MAX}; one more waits, and is answered 503 with `Retry-After` if no place becomes free"),
        ),
        (
            "of these, for one client",
            format!(
                "{PLACES_PER_CLIENT}; an answer above {} that no other request shares counts until it is sent",
                bytes(SENT_FREELY_MAX)
            ),
        ),
        (
            "requests that wait for one of these places",
            format!(
                "{PATIENT_MAX}, {PATIENT_PER_CLIENT} of one client, {} s each; long bodies never wait",
                PATIENCE.as_secs()
            ),
        ),
        (
            "heavy requests that run at one time",
            "one for each core but one, and two of two; clients take turns".to_owned(),
        ),
        (
            "requests that read the log at one time",
            format!("{READS_MAX}, {READS_PER_READER} of one person; one more is answered 503 with `Retry-After`"),
        ),
        (
            "forms that a node keeps while their senders verify",
            format!(
                "{FORMS_MAX}, {FORMS_PER_SESSION} of one session, {} each, for 10 minutes; one more has to be sent again",
                bytes(KEPT_BYTES_MAX)
            ),
        ),
    ] {
        let _ = writeln!(text, "| {what} | {bound} |");
    }
    text.push_str(ENDPOINTS);
    for (pattern, _) in ROUTES {
        let Some(bounds) = of(pattern) else { continue };
        let counts: Vec<String> = bounds.counts.iter().map(|count| format!("{} {}", count.max, count.what)).collect();
        let counts = if counts.is_empty() { "–".to_owned() } else { counts.join("; ") };
        let (body, work, stored) = (bounds.body.text(&limits), bounds.work.text(), bounds.stored.text());
        let _ = writeln!(text, "| `{pattern}` | {body} | {counts} | {work} | {stored} |");
    }
    text.push_str(END);
    text
}

const BEGIN: &str = "\
# Bounds

What one request can make the server read, do and keep. `crates/peerage-server/src/bounds.rs` holds this table beside the
routes; the numbers are those of the code. A route without bounds fails a test.

## Every request

| what | at most |
| --- | --- |
";

const ENDPOINTS: &str = "
Settings change most of these: see `peerage serve --help`. Limits on how often one client may ask are in
[operations.md](operations.md).

## How the work of a query is bounded

The query engine counts what it does: rows that it looks at, cells that it tests, bytes of texts that it compares, values
that it looks up in an index. The count depends on the question and the data alone, so the same question is always decided
alike. A query that would cost more than its budget is answered 400 and told to use fewer conditions or to select rows by
`id`, `asn` or `org_id` first. Writing the answer is not part of the budget: it grows with the bytes that are sent.

Lists of values cost a row no more than one value does: numbers, ids and whole texts are sorted or hashed, and a value that
comes twice counts once. Where each value has to be compared on its own, there is a cap, and the error names it.

A query first runs where connections are served. If it needs more than a small part of its budget, or its answer is long,
it starts again in a pool of its own. So do exports, searches, and the compression of long answers, and the writing of what was
read from the log. Clients take turns there, each with one request after the other, so that a client that asks for much waits
for itself alone; one client is an IPv4 address or an IPv6 /64, and an IPv6 /48 takes turns as one. Health checks and
lookups by an index never wait for them.

## Every endpoint

Where a row says \"one change\", nothing else stays than the event of a change that was accepted and the rows that follow
from it, and changes are limited per minute, by the API and by pages together. A number with a noun is the most that one owner can have.

| endpoint | body | at most | work | what stays |
| --- | --- | --- | --- | --- |
";

const END: &str = "
## Measuring it

    scripts/soak bounds

generates a registry of today's real size, sends the worst 32 KiB that we know to each endpoint, and reports the CPU time
of each beyond the bytes that it returns. It fails above 50 ms, and when `/healthz` takes longer than 20 ms beside 64 of the
worst requests.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n01_every_route_has_bounds_and_only_one() {
        for (pattern, methods) in ROUTES {
            let found = BOUNDS.iter().flat_map(|(patterns, _)| *patterns).filter(|known| *known == pattern).count();
            assert_eq!(found, 1, "{pattern} ({methods}) needs its bounds in bounds.rs");
        }
        for pattern in BOUNDS.iter().flat_map(|(patterns, _)| *patterns) {
            assert!(ROUTES.iter().any(|(known, _)| known == pattern), "{pattern} is no route");
        }
    }

    #[test]
    fn n01_what_takes_a_body_says_how_long_it_may_be() {
        for (pattern, methods) in ROUTES {
            let takes_body = ["POST", "PUT", "PATCH"].iter().any(|method| methods.contains(method));
            let bounds = of(pattern).expect("bounds");
            assert!(!takes_body || bounds.body != Body::None, "{pattern}");
        }
    }

    /// Run with `PEERAGE_WRITE_DOCS=1` to write the file anew.
    #[test]
    fn n01_the_document_of_bounds_is_the_table() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bounds.md");
        if std::env::var_os("PEERAGE_WRITE_DOCS").is_some() {
            std::fs::write(&path, document()).expect("the document is written");
        }
        let written = std::fs::read_to_string(&path).expect("docs/bounds.md");
        assert!(written == document(), "docs/bounds.md is out of date: run this test with PEERAGE_WRITE_DOCS=1");
    }
}
