//! Paths under `/api/`: each is parsed once, into its endpoints and the values of its parameters.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::Method;
use peerage_edge::endpoint::allowed;
use peerage_edge::errors::ApiError;
use peerage_registry::ids::{OrgId, RoleId, UserId};
use peerage_schema::Resource;

use crate::endpoints::{ALIASES, AnswerForm, ApiEndpoint, ApiHandler, ENDPOINTS};

/// The path of a caller's own object. As on the reference server, anything that begins like it is one, too.
const OWN_OBJECT: &str = "/api/{kind}/self";

/// The path of everything else that contains `search`, as on the reference server.
const SEARCH: &str = "/api/{*search}";

/// A path with its endpoints.
pub struct ApiPath {
    pub pattern: &'static str,
    /// The methods as the `Allow` header has them, for a path whose kind does not determine them.
    allow: String,
    endpoints: Vec<&'static ApiEndpoint>,
}

/// The result of matching a path.
pub struct FoundPath<'p> {
    pub path: &'static ApiPath,
    pub values: PathValues<'p>,
}

/// The parameters of a path, and how they were written.
pub struct PathValues<'p> {
    /// `None` for a path that only `find` matches.
    params: Option<matchit::Params<'static, 'p>>,
    kind: Option<Resource>,
    /// The parameter `id` without a suffix for JSON.
    id: &'p str,
    /// Whether the path ends with a suffix for another format than JSON: `/api/net.xml`.
    is_other_format: bool,
    is_without_slash: bool,
}

impl<'p> PathValues<'p> {
    pub fn text(&self, name: &str) -> &'p str {
        self.params.as_ref().and_then(|params| params.get(name)).unwrap_or_default()
    }

    /// Returns the resource that the path names.
    ///
    /// # Errors
    /// The pattern has none. No row whose handler calls this is such a pattern.
    pub fn kind(&self) -> Result<Resource, ApiError> {
        self.kind.ok_or(ApiError::NotFound)
    }

    pub fn id(&self) -> &'p str {
        self.id
    }

    pub fn key(&self) -> &'p str {
        self.text("key")
    }

    pub fn facility(&self) -> &'p str {
        self.text("fac")
    }

    pub fn asn(&self) -> &'p str {
        let asn = self.text("asn");
        asn.strip_suffix(".json").unwrap_or(asn)
    }

    /// Returns the ID of the object.
    pub fn object(&self) -> Result<u32, ApiError> {
        number(self.id).ok_or(ApiError::NotFound)
    }

    pub fn org(&self) -> Result<OrgId, ApiError> {
        number(self.text("org")).map(OrgId::new).ok_or(ApiError::NotFound)
    }

    pub fn role(&self) -> Result<RoleId, ApiError> {
        number(self.text("role")).map(RoleId::new).ok_or(ApiError::NotFound)
    }

    pub fn user(&self) -> Result<UserId, ApiError> {
        number(self.text("user")).map(UserId::new).ok_or(ApiError::NotFound)
    }

    pub fn is_other_format(&self) -> bool {
        self.is_other_format
    }

    pub fn is_without_slash(&self) -> bool {
        self.is_without_slash
    }
}

fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl ApiPath {
    /// Returns the endpoint for a method. `HEAD` has the endpoint of `GET`.
    pub fn endpoint(&self, method: &Method) -> Option<&'static ApiEndpoint> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.endpoints.iter().copied().find(|row| row.endpoint.method == *method)
    }

    /// Returns what its endpoints answer, which the first one determines.
    pub fn answer(&self) -> AnswerForm {
        self.endpoints[0].answer
    }

    pub fn measure(&self) -> &'static str {
        self.answer().measure()
    }

    /// Whether its requests need a body, the store or the rules about people.
    pub fn is_managed(&self) -> bool {
        matches!(self.endpoints[0].handler, ApiHandler::Manage(_))
    }
}

impl FoundPath<'_> {
    /// Returns the `Allow` header.
    pub fn allow(&self) -> &'static str {
        match (self.path.answer(), self.values.kind) {
            (AnswerForm::List, Some(resource)) => resource.table().list_methods,
            (AnswerForm::Object, Some(resource)) => resource.table().object_methods,
            _ => &self.path.allow,
        }
    }

    /// Returns the name in the answer to `OPTIONS`.
    pub fn title(&self) -> String {
        match (self.path.answer(), self.values.kind) {
            (AnswerForm::List, Some(resource)) => format!("{} List", resource.table().title),
            (AnswerForm::Object, Some(resource)) => format!("{} Instance", resource.table().title),
            _ => "Api Root".to_owned(),
        }
    }

    /// Whether `format=` is read.
    pub fn takes_format(&self) -> bool {
        matches!(self.path.answer(), AnswerForm::Index | AnswerForm::List | AnswerForm::Object)
    }
}

struct ApiPaths {
    router: matchit::Router<usize>,
    paths: Vec<ApiPath>,
}

static PATHS: LazyLock<ApiPaths> = LazyLock::new(|| {
    let mut by_pattern: BTreeMap<&'static str, Vec<&'static ApiEndpoint>> = BTreeMap::new();
    for row in ENDPOINTS {
        by_pattern.entry(row.endpoint.path).or_default().push(row);
    }
    let mut router = matchit::Router::new();
    let mut paths = Vec::new();
    for (pattern, endpoints) in by_pattern {
        let written = ALIASES.iter().filter(|(_, path)| *path == pattern).map(|(alias, _)| *alias);
        // `find` matches these two.
        let own = (!matches!(pattern, OWN_OBJECT | SEARCH)).then_some(pattern);
        for path in written.chain(own) {
            router.insert(path, paths.len()).expect("patterns of the table do not contradict each other");
        }
        let allow = allow_header(pattern, &endpoints);
        paths.push(ApiPath { pattern, allow, endpoints });
    }
    ApiPaths { router, paths }
});

/// Each path accepts `OPTIONS`, except as-sets, which the reference server answers with a view that only accepts `GET`.
fn allow_header(pattern: &str, endpoints: &[&'static ApiEndpoint]) -> String {
    if matches!(endpoints[0].answer, AnswerForm::AsSets | AnswerForm::AsSet) {
        return "GET".to_owned();
    }
    let mut methods = allowed(endpoints.iter().map(|row| &row.endpoint), pattern);
    methods.push(Method::OPTIONS);
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
}

/// Returns all paths, with their methods as the `Allow` header has them. The text is empty for lists and objects, whose
/// methods are in the table of the resource.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let by_table = |path: &ApiPath| matches!(path.pattern, "/api/{kind}" | "/api/{kind}/{id}");
    PATHS.paths.iter().map(move |path| (path.pattern, if by_table(path) { "" } else { path.allow.as_str() }))
}

/// Matches a path. Returns `None` for a path without an endpoint, such as most paths with a trailing slash.
pub fn find(path: &str) -> Option<FoundPath<'_>> {
    let below = path.strip_prefix("/api/")?;
    if let Some((kind, rest)) = below.split_once('/')
        && rest.starts_with("self")
        && Resource::from_tag(kind).is_some_and(|resource| resource.table().own_default.is_some())
    {
        return found(OWN_OBJECT, &path[..path.len() - rest.len() + "self".len()]);
    }
    let matched = PATHS.router.at(path).ok();
    let direct = matched.and_then(|matched| accepted(&PATHS.paths[*matched.value], matched.params, below));
    direct.or_else(|| below.contains("search").then(|| found(SEARCH, path)).flatten())
}

/// Matches a path against a known pattern.
fn found<'p>(pattern: &str, path: &'p str) -> Option<FoundPath<'p>> {
    let params = PATHS.router.at(path).ok().map(|matched| matched.params);
    let known = PATHS.paths.iter().find(|known| known.pattern == pattern)?;
    let kind = params.as_ref().and_then(|params| Resource::from_tag(params.get("kind")?));
    let values = PathValues { params, kind, id: "", is_other_format: false, is_without_slash: false };
    Some(FoundPath { path: known, values })
}

/// Returns the path, if its parameters have valid values.
fn accepted<'p>(path: &'static ApiPath, params: matchit::Params<'static, 'p>, below: &'p str) -> Option<FoundPath<'p>> {
    let is_number = |name: &str| params.get(name).is_none_or(|text| number(text).is_some());
    if !is_number("org") || !is_number("role") {
        return None;
    }
    let is_without_slash = !below.is_empty();
    let mut values = PathValues { params: Some(params), kind: None, id: "", is_other_format: false, is_without_slash };
    let (kind, id) = (values.text("kind"), values.text("id"));
    values.id = id;
    match path.pattern {
        "/api/{kind}" => {
            let (name, format) = with_format(kind);
            values.kind = Some(Resource::from_tag(name)?);
            values.is_other_format = format.is_some_and(|format| format != "json");
        }
        "/api/{kind}/{id}" => {
            values.kind = Some(Resource::from_tag(kind)?);
            let (id, format) = with_format(id);
            values.id = id;
            values.is_other_format = format.is_some_and(|format| format != "json");
        }
        pattern if pattern.starts_with("/api/{kind}/") => values.kind = Some(Resource::from_tag(kind)?),
        _ => {}
    }
    Some(FoundPath { path, values })
}

fn with_format(text: &str) -> (&str, Option<&str>) {
    text.split_once('.').map_or((text, None), |(name, format)| (name, Some(format)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(path: &str) -> Option<&'static str> {
        find(&format!("/api/{path}")).map(|found| found.path.pattern)
    }

    #[test]
    fn paths_are_told_apart() {
        for (path, expected) in [
            ("", Some("/api/")),
            (".json", Some("/api/")),
            ("net", Some("/api/{kind}")),
            ("net.json", Some("/api/{kind}")),
            ("net.xml", Some("/api/{kind}")),
            ("nets", None),
            ("net/", None),
            ("net/42", Some("/api/{kind}/{id}")),
            ("net/42.json", Some("/api/{kind}/{id}")),
            ("net/42/", None),
            ("net.json/42", None),
            ("org/7", Some("/api/{kind}/{id}")),
            ("net/self", Some("/api/{kind}/self")),
            ("net/selfish/x", Some("/api/{kind}/self")),
            ("poc/self", Some("/api/{kind}/{id}")),
            ("schema", Some("/api/schema")),
            ("openapi.json", Some("/api/schema.json")),
            ("as_set", Some("/api/as_set")),
            ("as_set.json", Some("/api/as_set")),
            ("as_set/1.json", Some("/api/as_set/{asn}")),
            ("as_set/", None),
            ("search", Some("/api/{*search}")),
            ("x/y/search/z", Some("/api/{*search}")),
            ("net/1/search", Some("/api/{*search}")),
            ("net/search", Some("/api/{kind}/{id}")),
            ("whoami", Some("/api/whoami")),
            ("org/7/keys", Some("/api/org/{org}/keys")),
            ("org/7/keys/abc", Some("/api/org/{org}/keys/{key}")),
            ("org/7/keys/abc/rotate", Some("/api/org/{org}/keys/{key}/rotate")),
            ("user/keys/abc/use", Some("/api/user/keys/{key}/use")),
            ("org/7/roles/3/keys", Some("/api/org/{org}/roles/{role}/keys")),
            ("org/7/users", Some("/api/org/{org}/users")),
            ("org/7/users/", Some("/api/org/{org}/users")),
            ("org/7/users/add/", Some("/api/org/{org}/users/add")),
            ("org/7/users/8", Some("/api/org/{org}/users/{user}")),
            ("org/7/audit", Some("/api/org/{org}/audit")),
            ("org/7/history", Some("/api/{kind}/{id}/history")),
            ("net/42/history", Some("/api/{kind}/{id}/history")),
            ("asset/net/1/logo/", Some("/api/asset/{kind}/{id}/logo")),
            ("ix/1/request_ixf_import", Some("/api/ix/{id}/request_ixf_import")),
            ("net/1/request_ixf_import", None),
            ("org/x/keys", None),
            ("org/7/keys/abc/steal", None),
            ("org/7/keys/abc/rotate/now", None),
            ("org/99999999999/keys", None),
        ] {
            assert_eq!(pattern(path), expected, "{path}");
        }
    }

    #[test]
    fn every_row_is_found_by_a_path_of_its_own() {
        let filled = [("{org}", "7"), ("{role}", "3"), ("{user}", "5"), ("{kind}", "net"), ("{*search}", "search")];
        for row in ENDPOINTS {
            let path =
                filled.iter().fold(row.endpoint.path.to_owned(), |path, (name, value)| path.replace(name, value));
            let found = find(&path).unwrap_or_else(|| panic!("{path} has no endpoint"));
            assert_eq!(found.path.pattern, row.endpoint.path);
            let endpoint = found.path.endpoint(&row.endpoint.method).expect("its method");
            assert!(std::ptr::eq(endpoint, row), "{} {} is listed twice", row.endpoint.method, row.endpoint.path);
            assert_eq!(endpoint.answer.measure(), found.path.measure(), "{path} is counted under two names");
            let is_managed = matches!(row.handler, ApiHandler::Manage(_));
            assert_eq!(is_managed, found.path.is_managed(), "{path} is answered in two ways");
        }
    }

    #[test]
    fn suffixes_are_read_off() {
        let found = find("/api/net/42.json").expect("an object");
        assert_eq!((found.values.id(), found.values.is_other_format()), ("42", false));
        let found = find("/api/net/42.xml").expect("an object");
        assert_eq!((found.values.id(), found.values.is_other_format()), ("42", true));
        assert!(find("/api/net.xml").expect("a list").values.is_other_format());
        assert!(!find("/api/").expect("the index").values.is_without_slash());
        assert!(find("/api/.json").expect("the index").values.is_without_slash());
    }
}
