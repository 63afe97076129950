//! The endpoints of the API: who may use each, what a request can cost, what it answers, and its handler.
//!
//! Requests under `/api/` are matched here once and answered without axum's router, because most of them are answered
//! from memory at once (see [`crate::requests`]). The other paths of this crate have handlers of axum.

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use peerage_access::acts::{invitations, keys as key_acts, policies, roles as role_acts};
use peerage_edge::body::PAIRS_MAX;
use peerage_edge::bounds::{BodyBound, CountBound, RouteBounds, StoredBound, WorkBound};
use peerage_edge::content::EdgeResponse;
use peerage_edge::endpoint::{Endpoint, EndpointAccess, ServedEndpoint, StaffPower, router};
use peerage_edge::errors::ApiError;
use peerage_engine::member_import::proposals as kept_proposals;
use peerage_engine::object::ObjectAction;
use peerage_registry::query::values::{SEARCH_WORDS_MAX, TRIED_VALUES_MAX};
use peerage_registry::query::{ASNS_MAX, ROWS_MAX_A_PAGE, ROWS_MAX_WITH_DEPTH};
use peerage_schema::Resource;

use crate::manage::{AUDIT_ROWS_MAX, CONFIRM_BYTES_MAX, KeyHolder, ManageFuture, REPORT_BYTES_MAX};
use crate::manage::{audit, keys, members, proposals, queue, roles, whoami};
use crate::paths::PathValues;
use crate::requests::own;
use crate::tools::{CONNECTIVITY_ASNS_MAX, FOUND_MAX, HITS_MAX, data, export, member_list, quick_search};
use crate::{Api, index, logo, picture, read, requests, tools};

/// One method of one path under `/api/`.
pub struct ApiEndpoint {
    pub endpoint: Endpoint,
    pub answer: AnswerForm,
    pub handler: ApiHandler,
}

/// The handler of a request under `/api/`.
pub enum ApiHandler {
    /// From memory.
    Read(fn(&read::ReadContext<'_>, &PathValues<'_>) -> Result<EdgeResponse, ApiError>),
    /// Changes one of the thirteen resources.
    Change(fn(&PathValues<'_>) -> Result<(Resource, ObjectAction), ApiError>),
    /// Uses a body, the store or the rules about keys and people.
    Manage(for<'a> fn(&'a crate::manage::ManageRequest<'a>, &'a PathValues<'a>) -> ManageFuture<'a>),
    /// Sets or deletes a logo.
    Logo,
}

/// What an endpoint answers. The `OpenAPI` document, the metrics and some behaviour depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// The names of the resources.
    Index,
    /// The `OpenAPI` document.
    Document,
    /// Rows of a resource.
    List,
    /// One row of a resource.
    Object,
    /// A redirect to the caller's own object.
    OwnObject,
    AsSets,
    AsSet,
    /// Objects that a search found.
    Found,
    /// The row that was created.
    NewRow,
    /// The row that was changed.
    ChangedRow,
    /// Nothing: the row was deleted.
    DeletedRow,
    /// The row after something was done to it.
    ActedRow,
    /// A logo.
    Logo,
    /// A logo that did not exist before.
    NewLogo,
    /// Nothing: the logo was deleted.
    DeletedLogo,
    /// Rows about keys and people.
    Rows,
    /// A record that was created.
    NewRecord,
    /// A key that was created, with its secret.
    NewKey,
    /// A key with a new secret.
    NewSecret,
    /// Nothing: the record was deleted or revoked.
    Gone,
    /// Nothing: the session of the request has ended. A session can end itself in any state.
    LoggedOut,
    /// Events, possibly as a file.
    Events,
}

impl AnswerForm {
    /// The name under which requests are counted.
    pub fn measure(self) -> &'static str {
        match self {
            AnswerForm::Index | AnswerForm::Document => "index",
            AnswerForm::List | AnswerForm::NewRow => "list",
            AnswerForm::Object | AnswerForm::ChangedRow | AnswerForm::DeletedRow => "object",
            AnswerForm::OwnObject => "self",
            AnswerForm::AsSets | AnswerForm::AsSet => "as_set",
            AnswerForm::Found => "search",
            AnswerForm::ActedRow => "action",
            AnswerForm::Logo | AnswerForm::NewLogo | AnswerForm::DeletedLogo => "asset",
            AnswerForm::Rows
            | AnswerForm::NewRecord
            | AnswerForm::NewKey
            | AnswerForm::NewSecret
            | AnswerForm::Gone
            | AnswerForm::LoggedOut
            | AnswerForm::Events => "manage",
        }
    }

    /// Whether something new is created, so that success is 201.
    pub fn is_new(self) -> bool {
        matches!(self, AnswerForm::NewRow | AnswerForm::NewLogo | AnswerForm::NewRecord | AnswerForm::NewKey)
    }

    /// Whether the answer shows the secret of a key, which is stored nowhere.
    pub fn shows_secret(self) -> bool {
        matches!(self, AnswerForm::NewKey | AnswerForm::NewSecret)
    }
}

const NOTHING: RouteBounds = RouteBounds::NOTHING_SENT;
const ONE: RouteBounds = RouteBounds::ONE_OBJECT;
const EXPORT: RouteBounds = RouteBounds::EXPORT;
const LIST: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(
            TRIED_VALUES_MAX,
            "values that are compared one by one (any number of ids, numbers and whole texts)",
        ),
        CountBound::new(SEARCH_WORDS_MAX, "search words"),
        CountBound::new(ASNS_MAX, "AS numbers of asn_overlap"),
        CountBound::new(ROWS_MAX_A_PAGE, "rows a page"),
        CountBound::new(ROWS_MAX_WITH_DEPTH, "rows of a filtered list with depth"),
    ],
    ..QUERY
};
const QUERY: RouteBounds = RouteBounds { work: WorkBound::Query, ..NOTHING };
const SEARCH: RouteBounds = RouteBounds {
    counts: &[CountBound::new(SEARCH_WORDS_MAX, "search words"), CountBound::new(FOUND_MAX, "hits")],
    ..QUERY
};
const QUICK_SEARCH: RouteBounds = RouteBounds {
    counts: &[CountBound::new(SEARCH_WORDS_MAX, "search words"), CountBound::new(HITS_MAX, "hits")],
    ..QUERY
};
const ADVANCED_SEARCH: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(TRIED_VALUES_MAX, "values that are compared one by one"),
        CountBound::new(CONNECTIVITY_ASNS_MAX, "AS numbers of asn_connectivity"),
    ],
    ..QUERY
};
const CHANGE: RouteBounds = RouteBounds {
    body: BodyBound::Api,
    counts: &[CountBound::new(PAIRS_MAX, "values of a form")],
    work: WorkBound::Change,
    stored: StoredBound::Event,
};
/// A change without a body.
const ACT: RouteBounds = RouteBounds { body: BodyBound::None, counts: &[], ..CHANGE };
const IMPORT: RouteBounds = RouteBounds { work: WorkBound::External, ..ACT };
const LOGO: RouteBounds = RouteBounds {
    body: BodyBound::Bytes(picture::BYTES_MAX * 4 / 3),
    counts: &[
        CountBound::new(picture::WIDTH_MAX as usize, "pixels wide"),
        CountBound::new(picture::HEIGHT_MAX as usize, "pixels high"),
        CountBound::new(PAIRS_MAX, "values of a form"),
    ],
    stored: StoredBound::AtMost(1, "logo of one object"),
    ..CHANGE
};
const KEYS: RouteBounds =
    RouteBounds { stored: StoredBound::AtMost(key_acts::KEYS_MAX, "keys of one owner"), ..CHANGE };
const ROLES: RouteBounds =
    RouteBounds { stored: StoredBound::AtMost(role_acts::ROLES_MAX, "roles of one organization"), ..CHANGE };
const INVITE: RouteBounds = RouteBounds {
    stored: StoredBound::AtMost(invitations::OPEN_MAX, "open invitations of one organization"),
    ..CHANGE
};
const POLICY: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(policies::ITEMS_MAX, "domains, and as many networks"),
        CountBound::new(policies::DOMAINS_BYTES_MAX, "bytes of domains"),
    ],
    ..CHANGE
};
const REPORT: RouteBounds = RouteBounds { body: BodyBound::Bytes(REPORT_BYTES_MAX), ..CHANGE };
const CONFIRM: RouteBounds = RouteBounds { body: BodyBound::Bytes(CONFIRM_BYTES_MAX), ..CHANGE };
const EVENTS: RouteBounds =
    RouteBounds { counts: &[CountBound::new(AUDIT_ROWS_MAX, "events")], work: WorkBound::StoredRows, ..NOTHING };
const PROPOSALS: RouteBounds =
    RouteBounds { counts: &[CountBound::new(kept_proposals::OF_LAN_MAX, "proposals")], ..NOTHING };
const DECIDED: RouteBounds =
    RouteBounds { counts: &[CountBound::new(kept_proposals::DECIDED_MAX, "proposals")], ..CHANGE };
const QUEUE: RouteBounds =
    RouteBounds { counts: &[CountBound::new(queue::ITEMS_MAX, "requests")], work: WorkBound::Export, ..NOTHING };
const STORED: RouteBounds = RouteBounds { work: WorkBound::StoredRows, ..NOTHING };

/// Makes rows of [`ApiEndpoint`]: `METHOD "path" Access BOUNDS AnswerForm, "about" => handler;`, where the handler is
/// `read`, `change`, `manage` or `logo`, with the names of its arguments and an expression that uses them.
macro_rules! api_endpoints {
    ($($method:ident $path:literal $access:ident $(: $power:ident)? $bounds:ident $answer:ident, $about:literal
        => $kind:ident $(|$($argument:ident),+| $handler:expr)?;)*) => {
        &[$(ApiEndpoint {
            endpoint: Endpoint {
                method: Method::$method,
                path: $path,
                access: EndpointAccess::$access $((StaffPower::$power))?,
                bounds: $bounds,
                about: $about,
            },
            answer: AnswerForm::$answer,
            handler: api_endpoints!(@ $kind $(|$($argument),+| $handler)?),
        }),*]
    };
    (@ read |$request:ident, $path:ident| $handler:expr) => { ApiHandler::Read(|$request, $path| $handler) };
    (@ change |$path:ident| $handler:expr) => { ApiHandler::Change(|$path| Ok($handler)) };
    (@ manage |$request:ident, $path:ident| $handler:expr) => {
        ApiHandler::Manage(|$request, $path| Box::pin(async move { $handler.await }))
    };
    (@ logo) => { ApiHandler::Logo };
}

/// All endpoints under `/api/`. A resource's table says which of their methods it allows.
pub static ENDPOINTS: &[ApiEndpoint] = api_endpoints! {
    // The resources.
    GET "/api/" Anyone NOTHING Index, "List the resources"
        => read |request, path| Ok(index::answer(request, path.is_without_slash()));
    GET "/api/schema" Anyone NOTHING Document, "Get the OpenAPI document" => read |request, _path| Ok(request.openapi());
    GET "/api/schema.json" Anyone NOTHING Document, "Get the OpenAPI document" => read |request, _path| Ok(request.openapi());
    GET "/api/{kind}" Anyone LIST List, "List objects" => read |request, path| request.list(path.kind()?);
    POST "/api/{kind}" Editor CHANGE NewRow, "Add an object" => change |path| (path.kind()?, ObjectAction::Create);
    GET "/api/{kind}/{id}" Anyone LIST Object, "Get one object" => read |request, path| request.object(path.kind()?, path.id());
    PUT "/api/{kind}/{id}" Editor CHANGE ChangedRow, "Change an object"
        => change |path| (path.kind()?, ObjectAction::Update(path.id().to_owned()));
    DELETE "/api/{kind}/{id}" Editor ACT DeletedRow, "Delete an object"
        => change |path| (path.kind()?, ObjectAction::Delete(path.id().to_owned()));
    GET "/api/{kind}/self" Anyone ONE OwnObject, "Redirect to the caller's own object"
        => read |request, path| own(request, path.kind()?);
    GET "/api/{kind}/{id}/history" Editor EVENTS Events,
        "Get the history of an object, or with `at` its state at a given time"
        => manage |request, path| audit::history(request, path.kind()?, path.object()?);
    GET "/api/as_set" Anyone QUERY AsSets, "List the as-sets of all active networks, by AS number"
        => read |request, _path| request.as_sets();
    GET "/api/as_set/{asn}" Anyone ONE AsSet, "Get the as-set of one network" => read |request, path| request.as_set(path.asn());
    GET "/api/{*search}" Caller SEARCH Found, "Search objects of all kinds by name, AS number or location"
        => read |request, _path| request.search();

    // Other actions on an object.
    POST "/api/ix/{id}/request_ixf_import" Editor IMPORT ActedRow, "Request an import of the member list"
        => change |path| (Resource::Ix, ObjectAction::RequestImport(path.id().to_owned()));
    GET "/api/net/{id}/proposals" Editor PROPOSALS Rows, "List what member lists propose for the ports of a network"
        => manage |request, path| ready(proposals::of_network(request, path.object()?));
    POST "/api/net/{id}/proposals" Editor DECIDED Rows, "Accept or dismiss proposals of member lists"
        => manage |request, path| proposals::decide(request, path.object()?);
    GET "/api/ix/{id}/proposals" Editor PROPOSALS Rows, "List what the member list of an exchange proposes"
        => manage |request, path| ready(proposals::of_exchange(request, path.object()?));
    POST "/api/campus/{id}/add-facility/{fac}" Editor ACT ActedRow, "Add a facility to a campus"
        => change |path| (Resource::Campus, ObjectAction::AddFacility(path.id().to_owned(), path.facility().to_owned()));
    POST "/api/campus/{id}/remove-facility/{fac}" Editor ACT ActedRow, "Remove a facility from a campus"
        => change |path| (Resource::Campus, ObjectAction::RemoveFacility(path.id().to_owned(), path.facility().to_owned()));
    POST "/api/netixlan/{id}/set-net-side" Editor CHANGE ActedRow, "Set the facility of the network's side of a port"
        => change |path| (Resource::Netixlan, ObjectAction::SetNetSide(path.id().to_owned()));
    POST "/api/netixlan/{id}/set-ix-side" Editor CHANGE ActedRow, "Set the facility of the exchange's side of a port"
        => change |path| (Resource::Netixlan, ObjectAction::SetIxSide(path.id().to_owned()));
    POST "/api/carrierfac/{id}/approve" Editor ACT ActedRow, "Approve a carrier's presence"
        => change |path| (Resource::Carrierfac, ObjectAction::Approve(path.id().to_owned()));
    POST "/api/carrierfac/{id}/reject" Editor ACT ActedRow, "Reject a carrier's presence"
        => change |path| (Resource::Carrierfac, ObjectAction::Reject(path.id().to_owned()));
    GET "/api/asset/{kind}/{id}/logo" Anyone ONE Logo, "Get the logo of an object"
        => read |request, path| request.asset(path.text("kind"), path.id());
    POST "/api/asset/{kind}/{id}/logo" Editor LOGO NewLogo, "Set the logo of an object" => logo;
    PUT "/api/asset/{kind}/{id}/logo" Editor LOGO Logo, "Replace the logo of an object" => logo;
    DELETE "/api/asset/{kind}/{id}/logo" Editor ACT DeletedLogo, "Delete the logo of an object" => logo;

    // The caller and personal keys.
    GET "/api/whoami" Anyone ONE Rows, "Show the caller, the key and its permissions"
        => manage |request, _path| ready(Ok(whoami::answer(request)));
    DELETE "/api/session" Caller CHANGE LoggedOut, "End the session of this request"
        => manage |request, _path| whoami::log_out(request);
    GET "/api/user/audit" Person EVENTS Events, "Get your own changes from the audit log"
        => manage |request, _path| audit::own(request);
    GET "/api/user/keys" Person ONE Rows, "List your keys" => manage |request, _path| keys::list(request, KeyHolder::Own);
    POST "/api/user/keys" Person KEYS NewKey, "Create a personal key"
        => manage |request, _path| keys::make(request, KeyHolder::Own);
    GET "/api/user/keys/{key}" Person ONE Rows, "Get one of your keys"
        => manage |request, path| keys::show(request, KeyHolder::Own, path.key());
    PATCH "/api/user/keys/{key}" Person KEYS Rows, "Change one of your keys"
        => manage |request, path| keys::change(request, KeyHolder::Own, path.key());
    DELETE "/api/user/keys/{key}" Person KEYS Gone, "Revoke one of your keys"
        => manage |request, path| keys::revoke(request, KeyHolder::Own, path.key());
    POST "/api/user/keys/{key}/rotate" Person KEYS NewSecret, "Replace the secret of one of your keys"
        => manage |request, path| keys::rotate(request, KeyHolder::Own, path.key());
    POST "/api/user/keys/{key}/suspend" Person KEYS Rows, "Suspend one of your keys"
        => manage |request, path| keys::suspend(request, KeyHolder::Own, path.key());
    POST "/api/user/keys/{key}/resume" Person KEYS Rows, "Resume one of your keys"
        => manage |request, path| keys::resume(request, KeyHolder::Own, path.key());
    GET "/api/user/keys/{key}/use" Person STORED Rows, "Show how one of your keys is used"
        => manage |request, path| keys::usage(request, KeyHolder::Own, path.key());
    POST "/api/keys/report" Anyone REPORT Rows, "Report a leaked key" => manage |request, _path| keys::report(request);
    POST "/api/keys/confirm" LinkHolder CONFIRM Rows, "Confirm the contact address of a key"
        => manage |request, _path| keys::confirm(request);

    // Keys and role accounts of organizations.
    GET "/api/org/{org}/keys" Admin ONE Rows, "List the keys of an organization"
        => manage |request, path| keys::list(request, KeyHolder::Org(path.org()?));
    POST "/api/org/{org}/keys" Admin KEYS NewKey, "Create an organization key"
        => manage |request, path| keys::make(request, KeyHolder::Org(path.org()?));
    GET "/api/org/{org}/keys/{key}" Admin ONE Rows, "Get a key of an organization"
        => manage |request, path| keys::show(request, KeyHolder::Org(path.org()?), path.key());
    PATCH "/api/org/{org}/keys/{key}" Admin KEYS Rows, "Change a key of an organization"
        => manage |request, path| keys::change(request, KeyHolder::Org(path.org()?), path.key());
    DELETE "/api/org/{org}/keys/{key}" Admin KEYS Gone, "Revoke a key of an organization"
        => manage |request, path| keys::revoke(request, KeyHolder::Org(path.org()?), path.key());
    POST "/api/org/{org}/keys/{key}/rotate" Admin KEYS NewSecret, "Replace the secret of a key"
        => manage |request, path| keys::rotate(request, KeyHolder::Org(path.org()?), path.key());
    POST "/api/org/{org}/keys/{key}/suspend" Admin KEYS Rows, "Suspend a key"
        => manage |request, path| keys::suspend(request, KeyHolder::Org(path.org()?), path.key());
    POST "/api/org/{org}/keys/{key}/resume" Admin KEYS Rows, "Resume a key"
        => manage |request, path| keys::resume(request, KeyHolder::Org(path.org()?), path.key());
    GET "/api/org/{org}/keys/{key}/use" Admin STORED Rows, "Show how a key is used"
        => manage |request, path| keys::usage(request, KeyHolder::Org(path.org()?), path.key());
    GET "/api/org/{org}/roles" Member ONE Rows, "List the role accounts of an organization"
        => manage |request, path| ready(roles::list(request, path.org()?));
    POST "/api/org/{org}/roles" Admin ROLES NewRecord, "Create a role account"
        => manage |request, path| roles::make(request, path.org()?);
    GET "/api/org/{org}/roles/{role}" Member ONE Rows, "Get a role account"
        => manage |request, path| ready(roles::show(request, path.org()?, path.role()?));
    PATCH "/api/org/{org}/roles/{role}" Admin CHANGE Rows, "Change a role account, its people or its permissions"
        => manage |request, path| roles::change(request, path.org()?, path.role()?);
    DELETE "/api/org/{org}/roles/{role}" Admin CHANGE Gone, "Delete a role account and revoke its keys"
        => manage |request, path| roles::erase(request, path.org()?, path.role()?);
    GET "/api/org/{org}/roles/{role}/keys" Member ONE Rows, "List the keys of a role account"
        => manage |request, path| keys::list(request, KeyHolder::Role(path.org()?, path.role()?));
    POST "/api/org/{org}/roles/{role}/keys" Member KEYS NewKey, "Create your key for a role account"
        => manage |request, path| keys::make(request, KeyHolder::Role(path.org()?, path.role()?));

    // Members, policy, security review and audit log of organizations.
    GET "/api/org/{org}/members" Admin ONE Rows, "List the members of an organization, with permissions and role accounts"
        => manage |request, path| ready(members::list(request, path.org()?));
    PATCH "/api/org/{org}/members/{user}" Admin CHANGE Rows, "Change a member's role or permissions"
        => manage |request, path| members::change(request, path.org()?, path.user()?);
    DELETE "/api/org/{org}/members/{user}" Member CHANGE Gone, "Remove a member, or leave"
        => manage |request, path| members::remove(request, path.org()?, path.user()?);
    GET "/api/org/{org}/users" Admin ONE Rows, "List the members of an organization in PeeringDB's format"
        => manage |request, path| ready(members::list_users(request, path.org()?));
    POST "/api/org/{org}/users/add" Admin INVITE NewRecord, "Invite a person"
        => manage |request, path| members::add_user(request, path.org()?);
    PUT "/api/org/{org}/users/{user}" Admin CHANGE Rows, "Change the role of a member: admin or member"
        => manage |request, path| members::change_user(request, path.org()?, path.text("user"));
    DELETE "/api/org/{org}/users/remove" Admin CHANGE Gone, "Remove a member"
        => manage |request, path| members::remove_user(request, path.org()?);
    GET "/api/org/{org}/policy" Admin ONE Rows, "Get the policy of an organization"
        => manage |request, path| ready(members::policy(request, path.org()?));
    PATCH "/api/org/{org}/policy" Admin POLICY Rows, "Change the policy of an organization"
        => manage |request, path| members::change_policy(request, path.org()?);
    GET "/api/org/{org}/hygiene" Admin STORED Rows, "Get the security review of an organization"
        => manage |request, path| audit::hygiene(request, path.org()?);
    GET "/api/org/{org}/audit" Admin EVENTS Events, "Get the audit log of an organization"
        => manage |request, path| audit::of_org(request, path.org()?);
    GET "/api/audit" Staff: ReadEverything EVENTS Events, "Get the complete audit log" => manage |request, _path| audit::of_all(request);

    // Requests that wait for the registry's staff.
    GET "/api/staff/queue" Staff: ReviewRequests QUEUE Rows, "List the requests that wait for staff"
        => manage |request, _path| queue::list(request);
    GET "/api/staff/queue/{kind}/{id}" Staff: ReviewRequests EXPORT Rows, "Get one request that waits for staff"
        => manage |request, path| queue::show(request, path.text("kind"), path.id());
    POST "/api/staff/queue/{kind}/{id}/approve" Staff: ReviewRequests CHANGE Rows, "Approve a request"
        => manage |request, path| queue::approve(request, path.text("kind"), path.id());
    POST "/api/staff/queue/{kind}/{id}/refuse" Staff: ReviewRequests CHANGE Rows, "Refuse a request, with a reason for the requester"
        => manage |request, path| queue::refuse(request, path.text("kind"), path.id());
};

/// Spellings of paths that clients use and that no document names.
pub const ALIASES: &[(&str, &str)] = &[
    ("/api/.json", "/api/"),
    ("/api/openapi.json", "/api/schema.json"),
    ("/api/as_set.json", "/api/as_set"),
    ("/api/asset/{kind}/{id}/logo/", "/api/asset/{kind}/{id}/logo"),
    ("/api/org/{org}/users/", "/api/org/{org}/users"),
    ("/api/org/{org}/users/add/", "/api/org/{org}/users/add"),
    ("/api/org/{org}/users/remove/", "/api/org/{org}/users/remove"),
    ("/api/org/{org}/users/{user}/", "/api/org/{org}/users/{user}"),
];

/// Endpoints outside of the REST API. Logos are files of rows.
pub static FILES: &[ServedEndpoint<Arc<Api>>] = peerage_edge::endpoints! {
    GET "/api" Anyone NOTHING, "Redirect to the list of resources" => requests::redirect;
    GET "/media/logo/{file}" Anyone ONE, "Get the picture of a logo" => logo::serve;
};

/// Option lists for forms, as PeeringDB's pages use them.
pub static OPTION_LISTS: &[ServedEndpoint<Arc<Api>>] = peerage_edge::endpoints! {
    GET "/data/countries" Anyone NOTHING, "List the countries" => data::countries;
    GET "/data/countries_b" Anyone NOTHING, "List the countries, and none" => data::countries_or_none;
    GET "/data/enum/{name}" Anyone NOTHING, "List the values of a field" => data::choices;
    GET "/data/locales" Anyone NOTHING, "List the languages" => data::locales;
    GET "/data/sponsors" Anyone NOTHING, "List the sponsors: none" => data::sponsors;
    GET "/data/asns" Anyone ONE, "List the networks of an organization" => data::asns;
    GET "/data/my_organizations" Anyone NOTHING, "List your organizations" => data::my_organizations;
    GET "/data/organizations" Anyone NOTHING, "Refuse a list of all organizations" => data::organizations;
    GET "/data/campus_facilities" Anyone EXPORT, "List the facilities of a campus" => data::campus_facilities;
};

/// The search of PeeringDB's pages.
pub static QUICK_SEARCHES: &[ServedEndpoint<Arc<Api>>] = peerage_edge::endpoints! {
    GET "/api_search" Anyone QUICK_SEARCH, "Search objects of all kinds" => quick_search::answer;
};

/// Files made from the registry.
pub static EXPORTS: &[ServedEndpoint<Arc<Api>>] = peerage_edge::endpoints! {
    GET "/export/ix/{id}/ixp-member-list" Anyone EXPORT, "Get the member list of an exchange (IX-F)"
        => member_list::of_exchange;
    GET "/export/ixlan/{id}/ixp-member-list" Anyone EXPORT, "Get the member list of a peering LAN (IX-F)"
        => member_list::of_lan;
    GET "/export/advanced-search/{tag}/{format}" Anyone ADVANCED_SEARCH, "Get the results of an advanced search as a file"
        => export::advanced_search;
    GET "/export/kmz/" Anyone EXPORT, "Get a map of all facilities" => export::all_facilities;
};

/// All rows of this crate, in the order of the docs.
pub fn all() -> impl Iterator<Item = &'static Endpoint> {
    let beside = [FILES, OPTION_LISTS, QUICK_SEARCHES, EXPORTS].into_iter().flatten().map(|row| &row.endpoint);
    ENDPOINTS.iter().map(|row| &row.endpoint).chain(beside)
}

/// The router of everything but dump files, whose path is a setting.
pub fn routes() -> Router<Arc<Api>> {
    let named = [(OPTION_LISTS, "data"), (QUICK_SEARCHES, "quick search"), (EXPORTS, "export")];
    let begun = Router::new().merge(requests::routes()).merge(router(FILES));
    named.into_iter().fold(begun, |all, (table, measure)| all.merge(tools::named(router(table), measure)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n01_what_takes_a_body_says_how_long_it_may_be() {
        for row in ENDPOINTS {
            let numbers = ["{org}", "{role}", "{user}"];
            let path = row.endpoint.path.replace("{kind}", "net").replace("{*search}", "search");
            let path = numbers.iter().fold(path, |path, name| path.replace(name, "7"));
            let found = crate::paths::find(&path).expect("a path of a row");
            let takes_body = match row.handler {
                ApiHandler::Read(_) => false,
                ApiHandler::Change(change) => change(&found.values).expect("a change").1.takes_body(),
                ApiHandler::Manage(_) => row.endpoint.method != Method::GET,
                ApiHandler::Logo => row.endpoint.method != Method::DELETE,
            };
            let has_bound = row.endpoint.bounds.body != BodyBound::None;
            assert_eq!(takes_body, has_bound, "{} {}", row.endpoint.method, row.endpoint.path);
        }
    }
}
