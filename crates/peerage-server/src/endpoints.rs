//! All endpoints of the server: the tables of its parts, and `docs/endpoints.md`, which is made from them.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::http::Method;
use peerage_edge::bounds::RouteBounds;
use peerage_edge::endpoint::{Endpoint, EndpointAccess, ServedEndpoint, allowed};

use crate::{Server, health};

const NOTHING: RouteBounds = RouteBounds::NOTHING_SENT;

/// The endpoints for load balancers and monitoring.
pub static PROBES: &[ServedEndpoint<Arc<Server>>] = peerage_edge::endpoints! {
    GET "/healthz" Anyone NOTHING, "Say that the process is alive" => health::alive;
    GET "/healthcheck" Anyone NOTHING, "Say that the process is alive, as PeeringDB does" => health::alive_without_body;
    GET "/readyz" Anyone NOTHING, "Say whether the node can serve, and its position in the log" => health::ready;
    GET "/metrics" Anyone NOTHING, "Get measures for Prometheus" => health::metrics;
};

/// The dump files. Their folder is a setting; this is the default.
pub static DUMP: Endpoint = Endpoint {
    method: Method::GET,
    path: "/dumps/{file}",
    access: EndpointAccess::Anyone,
    bounds: RouteBounds::EXPORT,
    about: "Get all active rows of a resource: `<resource>-<depth>.json`",
};

/// Every endpoint of the server, part by part.
pub fn all() -> impl Iterator<Item = &'static Endpoint> {
    parts().into_iter().flat_map(|(_, endpoints)| endpoints)
}

/// The parts of the server, with their headings in the docs.
fn parts() -> Vec<(&'static str, Vec<&'static Endpoint>)> {
    let probes = PROBES.iter().map(|row| &row.endpoint);
    let pages = peerage_web::endpoints::ENDPOINTS.iter().map(|row| &row.endpoint);
    let identity = peerage_identity::endpoints::ENDPOINTS.iter().map(|row| &row.endpoint);
    vec![
        ("The API, exports and dump files", peerage_api::endpoints::all().chain([&DUMP]).collect()),
        ("Pages", pages.collect()),
        ("Sign in with Peerage", identity.collect()),
        ("Probes", probes.collect()),
    ]
}

/// Returns every path once, with its methods in the order of the `Allow` header. Lists and objects have an empty text,
/// because each resource has its own methods.
pub fn routes() -> Vec<(&'static str, String)> {
    let mut routes: Vec<(&'static str, String)> =
        peerage_api::paths::all().map(|(path, allow)| (path, allow.to_owned())).collect();
    for endpoint in all() {
        if routes.iter().all(|(path, _)| *path != endpoint.path) {
            let methods = allowed(all(), endpoint.path);
            let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
            routes.push((endpoint.path, methods.join(", ")));
        }
    }
    routes
}

/// Returns the methods of a path, or `None` if it has no endpoint.
pub fn methods(path: &str) -> Option<String> {
    routes().into_iter().find(|(known, _)| *known == path).map(|(_, methods)| methods)
}

/// Returns the text of `docs/endpoints.md`.
pub fn document() -> String {
    let mut text = String::from(BEGIN);
    // Writing to a String cannot fail.
    for (heading, endpoints) in parts() {
        let _ = write!(text, "\n## {heading}\n\n| endpoint | what it does | who |\n| --- | --- | --- |\n");
        for endpoint in endpoints.into_iter().filter(|endpoint| endpoint.method != Method::OPTIONS) {
            let (method, path, about) = (&endpoint.method, endpoint.path, endpoint.about);
            let _ = writeln!(text, "| {method} `{path}` | {about} | {} |", endpoint.access.text());
        }
    }
    text
}

const BEGIN: &str = "\
# Endpoints

Every endpoint of the server, generated from its tables. `/api/schema.json` describes those under `/api/` with their parameters
and answers. The limits of each are in [Bounds](bounds.md).

\"Who\" is the least that a request needs. The permissions of the key or person decide the rest: an admin's read-only key, for
example, can read what admins read and change nothing.
";

#[cfg(test)]
pub mod tests {
    use std::collections::BTreeSet;

    use peerage_access::StaffPower;
    use peerage_access::notices::PageLink;

    use super::*;

    /// Writes all documents that are made from tables.
    const WRITE_DOCS: &str = "PEERAGE_WRITE_DOCS=1 cargo test --workspace --lib --bins the_document_of";

    /// Compares a document with its file in `docs/`; with `PEERAGE_WRITE_DOCS=1` it writes the file first.
    pub fn compare(file: &str, document: &str) {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
        if std::env::var_os("PEERAGE_WRITE_DOCS").is_some() {
            std::fs::write(&path, document).expect("the document is written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == document, "docs/{file} is out of date. To write it, run: {WRITE_DOCS}");
    }

    #[test]
    fn the_document_of_endpoints_is_the_table() {
        compare("endpoints.md", &document());
    }

    /// The text of `docs/staff.md`.
    fn document_of_staff() -> String {
        let mut rows = String::new();
        for power in StaffPower::ALL {
            let used = all().filter(|endpoint| endpoint.access == EndpointAccess::Staff(*power));
            let used: BTreeSet<String> = used.map(|endpoint| format!("`{}`", endpoint.path)).collect();
            let used: Vec<String> = used.into_iter().collect();
            writeln!(rows, "| {} | {} | {} |", power.about(), power.least().name(), used.join(", "))
                .expect("writing to a string cannot fail");
        }
        format!(
            "# Staff ranks\n\nA test writes this page from the program's own table; do not edit it.\n\nThe registry's staff \
             have one of three ranks: queue, support or admin. Each includes the ones before it. An unrestricted personal \
             key of a staff member reads what its owner reads; it never decides who has access. [Organizations]\
             (organizations.md#for-the-registrys-staff) describes the pages, and [Operations](operations.md) how ranks are \
             given.\n\n| what | least rank | only here |\n| --- | --- | --- |\n{rows}"
        )
    }

    #[test]
    fn the_document_of_staff_ranks_is_the_table() {
        compare("staff.md", &document_of_staff());
    }

    #[test]
    fn no_endpoint_stands_twice() {
        let mut known = BTreeSet::new();
        for endpoint in all() {
            let is_new = known.insert((endpoint.path, endpoint.method.to_string()));
            assert!(is_new, "{} {}", endpoint.method, endpoint.path);
        }
    }

    #[test]
    fn n18_every_link_of_a_mail_leads_to_a_route_that_is_read() {
        for link in PageLink::SAMPLES {
            let path = link.path();
            let path = path.split(['?', '#']).next().unwrap_or_default();
            let segments: Vec<&str> = path.split('/').collect();
            let leads_to = |endpoint: &&Endpoint| {
                let parts: Vec<&str> = endpoint.path.split('/').collect();
                parts.len() == segments.len()
                    && !endpoint.path.contains("{*")
                    && parts.iter().zip(&segments).all(|(part, segment)| part.starts_with('{') || part == segment)
            };
            let is_read = all().filter(leads_to).any(|endpoint| endpoint.method == Method::GET);
            assert!(is_read, "{link:?}: {path} is not an endpoint for GET");
        }
    }
}
