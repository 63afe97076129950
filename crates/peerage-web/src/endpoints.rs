//! The endpoints of the pages: who may use each, what a request can cost, and which handler answers it.

use std::sync::Arc;

use axum::Router;
use peerage_access::acts::{accounts, invitations, joining as joining_acts, keys, policies, roles, sessions};
use peerage_access::factors::FACTORS_MAX;
use peerage_edge::bounds::{BodyBound, CountBound, RouteBounds, StoredBound, WorkBound};
use peerage_edge::endpoint::{ServedEndpoint, router};
use peerage_engine::undo::ROWS_MAX as UNDONE_ROWS_MAX;
use peerage_schema::Resource;
use peerage_store::AUDIT_EVENTS_MAX;

use crate::visit::Visit;
use crate::{
    WebPages, account, advanced, compare, edit, form, guides, home, joining, log_in, manage, map, member_lists, named,
    objects, org_admin, proposals, public, renumber, requests, search, sitemap, staff, statistics, undo,
};

/// Sessions of one person: those that are open, and those that wait for a second factor.
const SESSIONS_MAX: usize = sessions::OF_ONE_MAX + sessions::UNFINISHED_MAX;

/// Events on one page of an audit log.
const AUDIT_EVENTS: &[CountBound] = &[CountBound::new(manage::look::EVENTS_OF_FILE, "events")];

const NOTHING: RouteBounds = RouteBounds::NOTHING_SENT;
const PAGE: RouteBounds = RouteBounds::ONE_OBJECT;
/// The page of an object of the registry.
const OBJECT: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(objects::ROWS_A_PAGE, "rows of each list"),
        CountBound::new(objects::PAST_ROWS_MAX, "rows of a page of the past"),
    ],
    work: WorkBound::Export,
    ..PAGE
};
/// The history of an object.
const HISTORY: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(objects::history::EVENTS_A_PAGE, "events"),
        CountBound::new(objects::PAST_ROWS_MAX, "rows of its lists"),
    ],
    work: WorkBound::StoredRows,
    ..PAGE
};
/// Sections of the documentation.
const GUIDES: RouteBounds = RouteBounds { counts: &[CountBound::new(guides::FOUND_MAX, "sections found")], ..PAGE };
/// The home page.
const HOME: RouteBounds = RouteBounds {
    counts: &[CountBound::new(home::RECENT_MAX, "changed objects of a kind")],
    work: WorkBound::Export,
    ..PAGE
};
/// The map. Its files have all places in view.
const MAP: RouteBounds = RouteBounds {
    work: WorkBound::Query,
    counts: &[
        CountBound::new(map::LISTED_A_PAGE, "objects listed on a page"),
        CountBound::new(peerage_charts::FEATURES_MAX, "places of a file"),
    ],
    ..PAGE
};
/// Statistics, which are counted at most once a minute.
const STATISTICS: RouteBounds = RouteBounds {
    counts: &[CountBound::new(statistics::ROWS_MAX, "rows of a table on the page")],
    work: WorkBound::Export,
    ..PAGE
};
/// Search results.
const HITS: RouteBounds =
    RouteBounds { counts: &[CountBound::new(search::HITS_MAX, "results of a query")], work: WorkBound::Query, ..PAGE };
/// Pages for crawlers.
const SITEMAP: RouteBounds = RouteBounds {
    counts: &[CountBound::new(sitemap::IDS_A_PART as usize, "addresses")],
    work: WorkBound::Export,
    ..PAGE
};
/// A page of objects that filters find.
const FILTERED: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(advanced::ROWS_A_PAGE, "rows of a page"),
        CountBound::new(named::NAMES_MAX, "names that are looked up"),
    ],
    work: WorkBound::Query,
    ..PAGE
};
/// A page that compares objects.
const COMPARED: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(compare::OBJECTS_MAX, "objects"),
        CountBound::new(compare::ROWS_A_PAGE, "rows of a page"),
        CountBound::new(named::NAMES_MAX, "names that are looked up"),
    ],
    work: WorkBound::Export,
    ..PAGE
};
/// A page that calls external services.
const LOOKUP: RouteBounds = RouteBounds { work: WorkBound::External, ..PAGE };
const AUDIT: RouteBounds = RouteBounds { counts: AUDIT_EVENTS, work: WorkBound::StoredRows, ..PAGE };
/// A person's requests.
const REQUESTS: RouteBounds = RouteBounds {
    counts: &[CountBound::new(requests::OBJECTS_MAX, "new objects")],
    work: WorkBound::StoredRows,
    ..PAGE
};
/// A form that makes one change.
const FORM: RouteBounds = RouteBounds {
    body: BodyBound::Bytes(form::BYTES_MAX),
    counts: &[CountBound::new(form::FIELDS_MAX, "fields")],
    work: WorkBound::Change,
    stored: StoredBound::Event,
};
const PASSWORD_FORM: RouteBounds = RouteBounds { work: WorkBound::Password, ..FORM };
const LOGIN_FORM: RouteBounds =
    RouteBounds { stored: StoredBound::AtMost(SESSIONS_MAX, "sessions of one person"), ..PASSWORD_FORM };
const KEY_FORM: RouteBounds = RouteBounds { stored: StoredBound::AtMost(keys::KEYS_MAX, "keys of one owner"), ..FORM };
const ROLE_FORM: RouteBounds =
    RouteBounds { stored: StoredBound::AtMost(roles::ROLES_MAX, "roles of one organization"), ..FORM };
const FACTOR_FORM: RouteBounds =
    RouteBounds { stored: StoredBound::AtMost(FACTORS_MAX, "second factors of one person"), ..FORM };
/// A challenge to a security key. What is stored of it is that it was answered.
const CHALLENGE_FORM: RouteBounds = RouteBounds { work: WorkBound::Constant, stored: StoredBound::Nothing, ..FORM };
const ADDRESS_FORM: RouteBounds =
    RouteBounds { stored: StoredBound::AtMost(accounts::ADDRESSES_MAX, "addresses of one person"), ..FORM };
const INVITATION_FORM: RouteBounds =
    RouteBounds { stored: StoredBound::AtMost(invitations::OPEN_MAX, "open invitations of one organization"), ..FORM };
const JOIN_FORM: RouteBounds = RouteBounds {
    work: WorkBound::External,
    stored: StoredBound::AtMost(joining_acts::PENDING_MAX, "open requests of one person"),
    ..FORM
};
const POLICY_FORM: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(policies::ITEMS_MAX, "domains, and as many networks"),
        CountBound::new(policies::DOMAINS_BYTES_MAX, "bytes of domains"),
    ],
    ..FORM
};

/// The form of a list of an object.
const EDIT_LIST: RouteBounds = RouteBounds { counts: &[CountBound::new(edit::ROWS_A_PAGE, "rows of a form")], ..PAGE };
const EDIT_LIST_FORM: RouteBounds = RouteBounds {
    counts: &[
        CountBound::new(form::FIELDS_MAX, "fields"),
        CountBound::new(edit::ROWS_A_PAGE, "changed rows"),
        CountBound::new(edit::NEW_ROWS_MAX, "new rows"),
    ],
    ..FORM
};
/// A text that is rendered. Nothing of it is stored.
const MARKDOWN: RouteBounds = RouteBounds {
    body: BodyBound::Bytes(form::BYTES_MAX),
    counts: &[CountBound::new(edit::TEXT_BYTES_MAX, "bytes of the text")],
    ..PAGE
};
/// What would be deleted with an object.
const DELETION: RouteBounds =
    RouteBounds { counts: &[CountBound::new(edit::LISTED_MAX, "objects listed")], work: WorkBound::Change, ..PAGE };
/// What undoing changes would do.
const UNDO: RouteBounds = RouteBounds { counts: UNDONE, work: WorkBound::Change, ..PAGE };
const UNDO_FORM: RouteBounds = RouteBounds { counts: UNDONE, ..FORM };
const UNDONE: &[CountBound] = &[
    CountBound::new(AUDIT_EVENTS_MAX, "events"),
    CountBound::new(UNDONE_ROWS_MAX, "changed rows"),
    CountBound::new(undo::LISTED_MAX, "rows listed"),
];
/// The form of a new object, for which external services may be asked.
const NEW_OBJECT_FORM: RouteBounds = RouteBounds { work: WorkBound::External, ..FORM };

const IMPORT_FORM: RouteBounds = RouteBounds {
    counts: &[CountBound::new(member_lists::ROWS_MAX, "rows of a preview")],
    work: WorkBound::External,
    ..FORM
};
const PREVIEW: RouteBounds = RouteBounds { work: WorkBound::External, ..PAGE };
/// Proposals of member lists.
const PROPOSALS: RouteBounds =
    RouteBounds { counts: &[CountBound::new(proposals::SHOWN_MAX, "proposals")], work: WorkBound::Export, ..PAGE };
const POST_MORTEM: RouteBounds = RouteBounds {
    counts: &[CountBound::new(proposals::POST_MORTEM_ROWS_MAX, "changes")],
    work: WorkBound::StoredRows,
    ..PAGE
};
const RENUMBER_FORM: RouteBounds =
    RouteBounds { counts: &[CountBound::new(peerage_engine::renumber::PORTS_MAX, "ports")], ..FORM };
/// A member list that somebody pastes. Nothing of it is stored.
const VALIDATION: RouteBounds =
    RouteBounds { body: BodyBound::Bytes(member_lists::PASTED_BYTES_MAX), work: WorkBound::Export, ..PAGE };

/// All endpoints of the pages.
pub static ENDPOINTS: &[ServedEndpoint<Arc<WebPages>>] = peerage_edge::endpoints! {
    // Public pages and files.
    GET "/" Anyone HOME, "Show the home page" => home::show;
    GET "/map" Anyone MAP, "Show facilities, exchanges and campuses on a map" => map::show;
    GET "/map/" Anyone MAP, "Show facilities, exchanges and campuses on a map" => map::show;
    GET "/statistics" Anyone STATISTICS, "Show statistics of the registry" => statistics::show;
    GET "/statistics/" Anyone STATISTICS, "Show statistics of the registry" => statistics::show;
    GET "/apidocs" Anyone NOTHING, "Show the guide to the API" => public::docs;
    GET "/apidocs/" Anyone NOTHING, "Show the guide to the API" => public::docs;
    GET "/static/style.css" Anyone NOTHING, "Get the style sheet" => || async { public::style() };
    GET "/static/peerage.js" Anyone NOTHING, "Get the script of the pages" => || async { public::script() };
    GET "/robots.txt" Anyone NOTHING, "Get the rules for crawlers" => public::robots;
    GET "/sitemap.xml" Anyone SITEMAP, "List the parts of the list of pages, for crawlers" => sitemap::index;
    GET "/sitemap/{part}" Anyone SITEMAP, "List pages of objects, for crawlers" => sitemap::part;
    GET "/static/webauthn.js" Anyone NOTHING, "Get the script for security keys" => || async { public::keys_script() };
    GET "/docs" Anyone GUIDES, "List the guides, or search them" => guides::index;
    GET "/docs/" Anyone GUIDES, "List the guides, or search them" => guides::index;
    GET "/docs/{name}" Anyone NOTHING, "Show a guide" => guides::show;
    GET "/search" Anyone HITS, "Search the registry" => search::search;
    GET "/search/" Anyone HITS, "Search the registry" => search::search;
    GET "/search/v2" Anyone HITS, "Search the registry" => search::search;
    GET "/about" Anyone NOTHING, "Show the page about the registry" => |visit: Visit| async move { guides::own(&visit, "about") };
    GET "/terms" Anyone NOTHING, "Show the operator's terms" => |visit: Visit| async move { guides::own(&visit, "terms") };
    GET "/aup" Anyone NOTHING, "Show the operator's terms" => |visit: Visit| async move { guides::own(&visit, "terms") };
    GET "/privacy" Anyone NOTHING, "Show the operator's page on privacy"
        => |visit: Visit| async move { guides::own(&visit, "privacy") };
    GET "/imprint" Anyone NOTHING, "Show the operator's imprint"
        => |visit: Visit| async move { guides::own(&visit, "imprint") };
    // Objects of the registry.
    GET "/net" Anyone OBJECT, "Show the network with an AS number" => objects::by_asn_query;
    GET "/net/{id}" Anyone OBJECT, "Show a network" => objects::net;
    GET "/net/{id}/" Anyone OBJECT, "Show a network" => objects::net;
    GET "/net/{id}/history" Anyone HISTORY, "Show what changed of a network" => objects::history::net;
    GET "/net/self" Anyone NOTHING, "Go to your own network"
        => |visit: Visit| objects::own(visit, Resource::Net);
    GET "/net/self/" Anyone NOTHING, "Go to your own network"
        => |visit: Visit| objects::own(visit, Resource::Net);
    GET "/ix/{id}" Anyone OBJECT, "Show an exchange" => objects::ix;
    GET "/ix/{id}/" Anyone OBJECT, "Show an exchange" => objects::ix;
    GET "/ix/{id}/history" Anyone HISTORY, "Show what changed of an exchange" => objects::history::ix;
    GET "/ix/self" Anyone NOTHING, "Go to your own exchange"
        => |visit: Visit| objects::own(visit, Resource::Ix);
    GET "/ix/self/" Anyone NOTHING, "Go to your own exchange"
        => |visit: Visit| objects::own(visit, Resource::Ix);
    GET "/fac/{id}" Anyone OBJECT, "Show a facility" => objects::fac;
    GET "/fac/{id}/" Anyone OBJECT, "Show a facility" => objects::fac;
    GET "/fac/{id}/history" Anyone HISTORY, "Show what changed of a facility" => objects::history::fac;
    GET "/fac/self" Anyone NOTHING, "Go to your own facility"
        => |visit: Visit| objects::own(visit, Resource::Fac);
    GET "/fac/self/" Anyone NOTHING, "Go to your own facility"
        => |visit: Visit| objects::own(visit, Resource::Fac);
    GET "/org/{org}" Anyone OBJECT, "Show an organization" => objects::org;
    GET "/org/{org}/" Anyone OBJECT, "Show an organization" => objects::org;
    GET "/org/{org}/history" Anyone HISTORY, "Show what changed of an organization" => objects::history::org;
    GET "/org/self" Anyone NOTHING, "Go to your own organization"
        => |visit: Visit| objects::own(visit, Resource::Org);
    GET "/org/self/" Anyone NOTHING, "Go to your own organization"
        => |visit: Visit| objects::own(visit, Resource::Org);
    GET "/carrier/{id}" Anyone OBJECT, "Show a carrier" => objects::carrier;
    GET "/carrier/{id}/" Anyone OBJECT, "Show a carrier" => objects::carrier;
    GET "/carrier/{id}/history" Anyone HISTORY, "Show what changed of a carrier" => objects::history::carrier;
    GET "/carrier/self" Anyone NOTHING, "Go to your own carrier"
        => |visit: Visit| objects::own(visit, Resource::Carrier);
    GET "/carrier/self/" Anyone NOTHING, "Go to your own carrier"
        => |visit: Visit| objects::own(visit, Resource::Carrier);
    GET "/campus/{id}" Anyone OBJECT, "Show a campus" => objects::campus;
    GET "/campus/{id}/" Anyone OBJECT, "Show a campus" => objects::campus;
    GET "/campus/{id}/history" Anyone HISTORY, "Show what changed of a campus" => objects::history::campus;
    GET "/campus/self" Anyone NOTHING, "Go to your own campus"
        => |visit: Visit| objects::own(visit, Resource::Campus);
    GET "/campus/self/" Anyone NOTHING, "Go to your own campus"
        => |visit: Visit| objects::own(visit, Resource::Campus);
    GET "/asn/{asn}" Anyone OBJECT, "Show the network with an AS number" => objects::by_asn;
    GET "/asn/{asn}/" Anyone OBJECT, "Show the network with an AS number" => objects::by_asn;
    // Finding and comparing objects.
    GET "/advanced_search" Anyone FILTERED, "Find objects by filters" => advanced::show;
    GET "/compare" Anyone COMPARED, "Compare where networks are, or which networks are somewhere" => compare::show;
    // Forms of objects.
    POST "/edit/markdown" Person MARKDOWN, "Show Markdown as pages will show it" => edit::show_markdown;
    GET "/edit/{kind}/{id}" Editor PAGE, "Show the form of an object" => edit::show;
    POST "/edit/{kind}/{id}" Editor FORM, "Preview or save a changed object" => edit::take;
    GET "/edit/{kind}/{id}/{list}" Editor EDIT_LIST, "Show the form of a list of an object" => edit::show_list;
    POST "/edit/{kind}/{id}/{list}" Editor EDIT_LIST_FORM, "Preview or save changed rows of a list" => edit::take_list;
    GET "/delete/{kind}/{id}" Editor DELETION, "Show what would be deleted with an object" => edit::show_deletion;
    POST "/delete/{kind}/{id}" Editor FORM, "Delete an object" => edit::take_deletion;
    GET "/undo/{sequence}" Editor UNDO, "Show what undoing a change would do" => undo::show;
    POST "/undo/{sequence}" Editor UNDO_FORM, "Undo a change" => undo::take;
    GET "/add/{org}/{kind}" Editor PAGE, "Show the form of a new object" => edit::show_new;
    POST "/add/{org}/{kind}" Editor NEW_OBJECT_FORM, "Preview or save a new object" => edit::take_new;
    GET "/suggest/{kind}" Person PAGE, "Show the form to suggest an object" => edit::show_suggestion;
    POST "/suggest/{kind}" Person NEW_OBJECT_FORM, "Preview or save a suggestion" => edit::take_suggestion;
    GET "/ix/{id}/import" Editor PAGE, "Show imports of the member list of an exchange" => member_lists::show;
    POST "/ix/{id}/import" Editor IMPORT_FORM, "Preview or request an import" => member_lists::take;
    GET "/import/ixlan/{id}/ixf/preview" Editor PREVIEW, "Preview an import, for scripts" => member_lists::preview_json;
    GET "/ix/{id}/proposals" Editor PROPOSALS, "Show what the member list of an exchange proposes" => proposals::show_exchange;
    GET "/net/{id}/proposals" Editor PROPOSALS, "Show what member lists propose for the ports of a network"
        => proposals::show_network;
    POST "/net/{id}/proposals" Editor FORM, "Accept or dismiss proposals of member lists" => proposals::take;
    POST "/net/{id}/dismiss-ixf-proposal/{proposal}" Editor FORM, "Dismiss a proposal of a member list" => proposals::dismiss;
    POST "/net/{id}/dismiss-ixf-proposal/{proposal}/" Editor FORM, "Dismiss a proposal of a member list" => proposals::dismiss;
    POST "/net/{id}/reset-ixf-proposals" Editor FORM, "Show dismissed proposals of member lists again" => proposals::reset;
    POST "/net/{id}/reset-ixf-proposals/" Editor FORM, "Show dismissed proposals of member lists again" => proposals::reset;
    GET "/import/net/{id}/ixf/preview" Editor PROPOSALS, "Get what member lists propose for a network, for scripts"
        => proposals::preview_json;
    GET "/import/net/{id}/ixf/postmortem" Editor POST_MORTEM, "Get what imports changed of a network's ports, for scripts"
        => proposals::post_mortem;
    GET "/ix/{id}/renumber" Editor PAGE, "Show the form that renumbers an exchange" => renumber::show;
    POST "/ix/{id}/renumber" Editor RENUMBER_FORM, "Preview or save the renumbering of an exchange" => renumber::take;
    GET "/ixf/validate" Anyone NOTHING, "Show the form that checks a member list" => member_lists::show_validator;
    POST "/ixf/validate" Anyone VALIDATION, "Check a member list" => member_lists::validate;
    // Joining and leaving organizations.
    GET "/affiliate" Person PAGE, "Show the form to join an organization" => joining::show;
    GET "/affiliate-to-org" Person PAGE, "Show the form to join an organization" => joining::show;
    POST "/affiliate-to-org" Person JOIN_FORM, "Ask to join an organization" => joining::request;
    POST "/cancel-affiliation-request/{id}/" Person FORM, "Withdraw a request to join" => joining::cancel;
    GET "/requests" Person REQUESTS, "Show the state of your requests" => requests::show;
    GET "/request-ownership" Person PAGE, "Show the form to claim an organization without admin"
        => joining::show_ownership;
    POST "/request-ownership" Person JOIN_FORM, "Claim an organization without admin" => joining::own;
    GET "/remove-affiliation/" Member PAGE, "Ask whether to leave an organization" => joining::show_leave;
    POST "/remove-affiliation/" Member FORM, "Leave an organization" => joining::leave;
    GET "/invitation/{id}/{code}" Person PAGE, "Show an invitation" => joining::show_invitation;
    POST "/invitation/{id}/{code}" Person FORM, "Accept or decline an invitation" => joining::accept;
    // Organizations, in PeeringDB's format.
    GET "/org_admin/users" Admin PAGE, "List the members of an organization, in PeeringDB's format"
        => org_admin::people::list;
    POST "/org_admin/uoar/approve" Admin FORM, "Approve a request to join" => org_admin::people::approve;
    POST "/org_admin/uoar/deny" Admin FORM, "Deny a request to join" => org_admin::people::deny;
    POST "/org_admin/manage_user/update" Admin FORM, "Change a member's role" => org_admin::people::update;
    POST "/org_admin/manage_user/delete" Admin FORM, "Remove a member" => org_admin::people::delete;
    POST "/org_admin/user_options" Admin FORM, "Change what an organization demands of its members"
        => org_admin::people::options;
    GET "/org_admin/permissions" Admin PAGE, "List the permissions that can be granted"
        => org_admin::rights::grantable;
    GET "/org_admin/user_permissions" Admin PAGE, "List the permissions of members" => org_admin::rights::of_people;
    POST "/org_admin/user_permissions/update" Admin FORM, "Change a member's permissions for one object"
        => org_admin::rights::update_person;
    POST "/org_admin/user_permissions/remove" Admin FORM, "Remove a member's permissions for one object"
        => org_admin::rights::remove_person;
    GET "/org_admin/key_permissions" Admin PAGE, "List the permissions of keys" => org_admin::rights::of_keys;
    POST "/org_admin/key_permissions/update" Admin FORM, "Change a key's permissions for one object"
        => org_admin::rights::update_key;
    POST "/org_admin/key_permissions/remove" Admin FORM, "Remove a key's permissions for one object"
        => org_admin::rights::remove_key;
    POST "/org_admin/manage_key/add" Admin KEY_FORM, "Create an organization key" => org_admin::keys::add;
    POST "/org_admin/manage_key/update" Admin KEY_FORM, "Change an organization key" => org_admin::keys::update;
    POST "/org_admin/manage_key/revoke" Admin KEY_FORM, "Revoke an organization key" => org_admin::keys::revoke;
    POST "/user_keys/add" Person KEY_FORM, "Create a personal key" => org_admin::keys::add_own;
    POST "/user_keys/revoke" Person KEY_FORM, "Revoke a personal key" => org_admin::keys::revoke_own;
    // Organizations: members, permissions, role accounts, keys, policy.
    GET "/org/{org}/manage" Admin PAGE, "Show the members of an organization" => manage::people::show;
    GET "/org/{org}/manage/people" Admin PAGE, "Show the members of an organization, requests and invitations"
        => manage::people::show;
    POST "/org/{org}/manage/people/approve" Admin FORM, "Approve a request to join" => manage::people::approve;
    POST "/org/{org}/manage/people/deny" Admin FORM, "Deny a request to join" => manage::people::deny;
    POST "/org/{org}/manage/people/promote" Admin FORM, "Make a member an admin" => manage::people::promote;
    POST "/org/{org}/manage/people/demote" Admin FORM, "Make an admin a member" => manage::people::demote;
    POST "/org/{org}/manage/people/remove" Admin FORM, "Remove a member" => manage::people::remove;
    POST "/org/{org}/manage/people/vouch" Admin FORM, "Confirm the identity of a member who recovers an account"
        => manage::people::vouch;
    POST "/org/{org}/manage/people/invite" Admin INVITATION_FORM, "Invite a person" => manage::people::invite;
    POST "/org/{org}/manage/people/withdraw" Admin FORM, "Withdraw an invitation" => manage::people::withdraw;
    POST "/org/{org}/manage/presences/approve" Admin FORM, "Approve a carrier's presence"
        => manage::people::approve_presence;
    POST "/org/{org}/manage/presences/reject" Admin FORM, "Reject a carrier's presence"
        => manage::people::reject_presence;
    GET "/org/{org}/manage/rights" Admin PAGE, "Show the permissions of members" => manage::rights::show;
    POST "/org/{org}/manage/rights" Admin FORM, "Change the permissions of members" => manage::rights::save;
    GET "/org/{org}/manage/roles" Member PAGE, "Show the role accounts" => manage::roles::show;
    POST "/org/{org}/manage/roles" Admin ROLE_FORM, "Create a role account" => manage::roles::make;
    POST "/org/{org}/manage/roles/{role}" Admin FORM, "Change a role account" => manage::roles::change;
    POST "/org/{org}/manage/roles/{role}/end" Admin FORM, "Delete a role account and revoke its keys"
        => manage::roles::end;
    POST "/org/{org}/manage/roles/{role}/key" Member KEY_FORM, "Create your key for a role account"
        => manage::roles::make_key;
    GET "/org/{org}/manage/keys" Admin PAGE, "Show the keys of an organization" => manage::keys::show;
    POST "/org/{org}/manage/keys" Admin KEY_FORM, "Create an organization key" => manage::keys::make;
    POST "/org/{org}/manage/keys/{verb}" Admin KEY_FORM, "Rotate, suspend, resume or revoke an organization key"
        => manage::keys::act;
    GET "/org/{org}/manage/key/{key}" Admin PAGE, "Show the form to change an organization key" => manage::key::show;
    POST "/org/{org}/manage/key/{key}" Admin KEY_FORM, "Change an organization key" => manage::key::save;
    GET "/org/{org}/manage/hygiene" Admin PAGE, "Show the security review of an organization"
        => manage::look::hygiene;
    GET "/org/{org}/manage/audit" Admin AUDIT, "Show the audit log of an organization" => manage::look::audit;
    GET "/org/{org}/manage/policy" Admin PAGE, "Show the policy of an organization" => manage::policy::show;
    POST "/org/{org}/manage/policy" Admin POLICY_FORM, "Change the policy of an organization" => manage::policy::save;
    // Personal keys.
    GET "/profile/keys" Person PAGE, "Show your personal keys" => manage::keys::show_own;
    POST "/profile/keys" Person KEY_FORM, "Create a personal key" => manage::keys::make_own;
    POST "/profile/keys/{verb}" Person KEY_FORM, "Rotate, suspend, resume or revoke a personal key"
        => manage::keys::act_own;
    GET "/profile/key/{key}" Person PAGE, "Show the form to change a personal key" => manage::key::show_own;
    POST "/profile/key/{key}" Person KEY_FORM, "Change a personal key" => manage::key::save_own;
    // Staff.
    GET "/staff" Staff: ReviewRequests PAGE, "Show the requests that wait for staff" => staff::queue;
    POST "/staff/approve" Staff: ReviewRequests FORM, "Approve a request" => staff::approve;
    POST "/staff/refuse" Staff: ReviewRequests FORM, "Refuse a request" => staff::refuse;
    GET "/staff/users" Staff: ManageAccounts PAGE, "Find accounts" => staff::accounts;
    POST "/staff/users/bar" Staff: ManageAccounts FORM, "Disable an account" => staff::bar;
    POST "/staff/users/let-in" Staff: ManageAccounts FORM, "Enable an account" => staff::let_in;
    GET "/staff/look" Staff: ReviewRequests LOOKUP, "Look up a pending object in external registries" => staff::look::show;
    GET "/staff/recoveries" Staff: ReviewRecoveries PAGE, "Show account recoveries that wait for staff" => staff::recoveries::show;
    POST "/staff/recoveries/approve" Staff: ReviewRecoveries FORM, "Approve an account recovery" => staff::recoveries::approve;
    POST "/staff/recoveries/refuse" Staff: ReviewRecoveries FORM, "Refuse an account recovery" => staff::recoveries::refuse;
    GET "/staff/undo" Staff: UndoChanges UNDO, "Show what undoing the changes of a person or key would do" => undo::staff::show;
    POST "/staff/undo" Staff: UndoChanges UNDO_FORM, "Undo the changes of a person or key" => undo::staff::take;
    GET "/staff/ranks" Staff: ManageStaff PAGE, "List the staff of the registry with their ranks" => staff::ranks::show;
    POST "/staff/ranks" Staff: ManageStaff FORM, "Give a person a staff rank, or take it" => staff::ranks::set;
    // Logging in, second factors and sessions.
    GET "/login" Anyone NOTHING, "Redirect to the login page" => log_in::wizard::redirect;
    POST "/logout" Anyone FORM, "Log out" => log_in::sessions::log_out;
    GET "/account/login/" Anyone PAGE, "Show the login form" => log_in::wizard::show;
    POST "/account/login/" Anyone LOGIN_FORM, "Log in, one step at a time" => log_in::wizard::send;
    GET "/account/confirm/" Person PAGE, "Show the form to verify again" => log_in::again::show;
    POST "/account/confirm/" Person LOGIN_FORM, "Verify again with a second factor" => log_in::again::send;
    GET "/account/resume/" Person PAGE, "Send a form that waited for a verification" => log_in::resume::show;
    GET "/account/two_factor/" Person PAGE, "Show your second factors" => log_in::factors::show;
    POST "/account/two_factor/rename/" Person FORM, "Rename a second factor" => log_in::factors::rename;
    POST "/account/two_factor/log_in_on/" Person FORM, "Let a passkey log in without password"
        => log_in::factors::log_in_on;
    POST "/account/two_factor/log_in_off/" Person FORM, "Do not let a passkey log in without password"
        => log_in::factors::log_in_off;
    POST "/account/two_factor/remove/" Person FORM, "Remove a second factor" => log_in::factors::remove;
    GET "/account/two_factor/setup/" Person PAGE, "Show the form to set up an authenticator app"
        => log_in::set_up::show;
    POST "/account/two_factor/setup/" Person FACTOR_FORM, "Set up an authenticator app" => log_in::set_up::send;
    GET "/account/two_factor/backup/tokens/" Person PAGE, "Show how many backup codes are left"
        => log_in::codes::show;
    POST "/account/two_factor/backup/tokens/" Person FACTOR_FORM, "Make new backup codes" => log_in::codes::renew;
    GET "/account/sessions/" Person PAGE, "Show your sessions" => log_in::sessions::show;
    POST "/account/sessions/end" Person FORM, "End a session" => log_in::sessions::end;
    POST "/account/sessions/end_others" Person FORM, "End all other sessions" => log_in::sessions::end_others;
    POST "/account/sessions/not_me" Person FORM, "Report a login that was not yours" => log_in::sessions::not_me;
    POST "/security_keys/request_registration" Person CHALLENGE_FORM, "Begin to add a security key or passkey"
        => log_in::keys::request_registration;
    POST "/security_keys/add" Person FACTOR_FORM, "Add a security key or passkey" => log_in::keys::add;
    POST "/security_keys/update-security-key" Person FORM, "Rename a security key" => log_in::factors::update_key;
    POST "/security_keys/remove" Person FORM, "Remove a security key" => log_in::factors::remove;
    POST "/security_keys/request_authentication" Anyone CHALLENGE_FORM, "Begin to verify with a security key or passkey"
        => log_in::keys::request_authentication;
    POST "/security_keys/verify_authentication" Anyone FORM, "Verify with a security key or passkey"
        => log_in::keys::verify_authentication;
    // Accounts.
    GET "/register" Anyone PAGE, "Show the form to register" => account::register::show;
    POST "/register" Anyone PASSWORD_FORM, "Register an account" => account::register::send;
    GET "/accounts/confirm-email/{word}/" LinkHolder PAGE, "Ask whether to confirm an address"
        => account::register::show_confirm;
    POST "/accounts/confirm-email/{word}/" LinkHolder FORM, "Confirm an address" => account::register::confirm;
    GET "/reset-password" Anyone PAGE, "Show the form to reset a password, or to set a new one"
        => account::forgotten::show_reset;
    POST "/reset-password" Anyone PASSWORD_FORM, "Ask for a link to reset a password, or set a new one"
        => account::forgotten::reset;
    GET "/username-retrieve" Anyone PAGE, "Show the form to retrieve user names" => account::forgotten::show_names;
    POST "/username-retrieve/initiate" Anyone PASSWORD_FORM, "Ask for a link to user names"
        => account::forgotten::ask_names;
    GET "/username-retrieve/complete" LinkHolder PAGE, "Ask whether to show user names"
        => account::forgotten::show_names_link;
    POST "/username-retrieve/complete" LinkHolder FORM, "Show user names" => account::forgotten::names;
    GET "/account/key-contact" LinkHolder PAGE, "Ask whether to confirm the contact address of a key"
        => account::key_contact::show;
    POST "/account/key-contact" LinkHolder FORM, "Confirm the contact address of a key"
        => account::key_contact::confirm;
    GET "/account/recover/" Anyone PAGE, "Show the form to recover an account" => account::recover::show;
    POST "/account/recover/" Anyone PASSWORD_FORM, "Begin to recover an account" => account::recover::begin;
    GET "/account/recover/address" LinkHolder PAGE, "Ask whether to prove an address for a recovery"
        => account::recover::show_address;
    POST "/account/recover/address" LinkHolder PASSWORD_FORM, "Prove an address for a recovery"
        => account::recover::address;
    GET "/account/recover/stop" LinkHolder PAGE, "Ask whether to stop a recovery" => account::recover::show_stop;
    POST "/account/recover/stop" LinkHolder FORM, "Stop a recovery that somebody else began"
        => account::recover::stop;
    POST "/account/recover/end" Person FORM, "Stop a recovery of your account" => account::recover::end;
    GET "/account/recover/finish" LinkHolder PAGE, "Show the form that ends a recovery"
        => account::recover::show_finish;
    POST "/account/recover/finish" LinkHolder PASSWORD_FORM, "Set a new password and second factor"
        => account::recover::finish;
    GET "/profile" Person PAGE, "Show your profile" => account::profile::show;
    GET "/verify" Person NOTHING, "Show your profile" => account::profile::show;
    POST "/profile/email/add" Person ADDRESS_FORM, "Add an address" => account::addresses::add;
    POST "/profile/email/delete" Person FORM, "Remove an address" => account::addresses::remove;
    POST "/profile/email/primary" Person FORM, "Choose your main address" => account::addresses::make_main;
    POST "/profile/close" Person PASSWORD_FORM, "Close your account" => account::profile::close;
    POST "/resend_email_confirmation" Person ADDRESS_FORM, "Send the link that confirms an address again"
        => account::addresses::resend;
    POST "/change-password" Person PASSWORD_FORM, "Change your password" => account::profile::change_password;
    POST "/change-username" Person FORM, "Change your user name" => account::profile::change_username;
    POST "/change-name" Person FORM, "Change your name" => account::profile::change_name;
    POST "/set-user-locale" Person FORM, "Choose your language" => account::profile::set_locale;
    POST "/set-organization/" Person FORM, "Choose your main organization" => account::profile::set_organization;
    POST "/look" Anyone FORM, "Choose language and colours" => account::look::choose;
};

/// The router of all pages. A form that needs a fresh second factor is kept until its sender has verified.
pub fn routes(web: &Arc<WebPages>) -> Router<Arc<WebPages>> {
    router(ENDPOINTS).layer(axum::middleware::from_fn_with_state(Arc::clone(web), log_in::resume::keep))
}
