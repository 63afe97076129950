//! Endpoints: one row for each method of each path.
//!
//! Each part of the server has one table. Its router, the `Allow` header, the `OpenAPI` document, `docs/endpoints.md`,
//! `docs/bounds.md` and the authorization tests all follow from the rows, so an endpoint without a row does not exist, and
//! a row without access or bounds does not compile.

use std::convert::Infallible;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Extension, Router};

use crate::bounds::RouteBounds;

pub use peerage_access::staff_ranks::{StaffPower, StaffRank};

/// One method of one path. `GET` includes `HEAD`.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub method: Method,
    /// The pattern, with parameters in braces: `/api/org/{org}/keys`.
    pub path: &'static str,
    pub access: EndpointAccess,
    pub bounds: RouteBounds,
    /// What it does, in one sentence fragment: "List the keys of an organization".
    pub about: &'static str,
}

/// Who may use an endpoint, at least. Before the handler runs, the server refuses requests without a session or key
/// unless the access is open ([`EndpointAccess::is_open`]), and on pages of [`EndpointAccess::Staff`] everyone except
/// staff with the power. Handlers check applications and links, and the rules decide the rest at the head of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointAccess {
    Anyone,
    /// Anyone with the secret of a mailed link.
    LinkHolder,
    /// An application that is registered for signing in.
    Application,
    /// A key, or a person who has logged in.
    Caller,
    /// A person who has logged in.
    Person,
    /// A key or person with the permission on the object.
    Editor,
    /// A member of the organization.
    Member,
    /// An admin of the organization.
    Admin,
    /// Staff of the registry with this power.
    Staff(StaffPower),
}

impl EndpointAccess {
    /// Returns the name in the docs.
    pub fn text(self) -> &'static str {
        match self {
            EndpointAccess::Anyone => "anyone",
            EndpointAccess::LinkHolder => "holders of a mailed link",
            EndpointAccess::Application => "registered applications",
            EndpointAccess::Caller => "keys and logged-in people",
            EndpointAccess::Person => "logged-in people",
            EndpointAccess::Editor => "keys and people with the permission",
            EndpointAccess::Member => "members of the organization",
            EndpointAccess::Admin => "admins of the organization",
            EndpointAccess::Staff(power) => power.holders(),
        }
    }

    /// Whether requests without a session or key can pass.
    pub fn is_open(self) -> bool {
        matches!(self, EndpointAccess::Anyone | EndpointAccess::LinkHolder | EndpointAccess::Application)
    }
}

/// A row with a handler of axum. `S` is the state of the handlers.
pub struct ServedEndpoint<S> {
    pub endpoint: Endpoint,
    /// Makes the handler for the method of the row.
    pub handler: fn(Method) -> MethodRouter<S>,
}

/// Makes rows of [`ServedEndpoint`]: `METHOD "path" Access BOUNDS, "about" => handler;`. The access of staff names the
/// power, as in `Staff: ManageAccounts`.
#[macro_export]
macro_rules! endpoints {
    ($($method:ident $path:literal $access:ident $(: $power:ident)? $bounds:expr, $about:literal => $handler:expr;)*) => {
        &[$($crate::endpoint::ServedEndpoint {
            endpoint: $crate::endpoint::Endpoint {
                method: ::axum::http::Method::$method,
                path: $path,
                access: $crate::endpoint::EndpointAccess::$access $(($crate::endpoint::StaffPower::$power))?,
                bounds: $bounds,
                about: $about,
            },
            handler: |method| $crate::endpoint::handled(method, $handler),
        }),*]
    };
}

/// Makes a handler for one method.
///
/// # Panics
/// If the method is not one that a router can match. No row of a table has such a method.
pub fn handled<H, T, S>(method: Method, handler: H) -> MethodRouter<S, Infallible>
where
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    on(MethodFilter::try_from(method).expect("a standard method"), handler)
}

/// Makes the router of a table. Each request gets the row that it matched as an extension (`&'static Endpoint`).
pub fn router<S: Clone + Send + Sync + 'static>(table: &'static [ServedEndpoint<S>]) -> Router<S> {
    table.iter().fold(Router::new(), |router, row| {
        let handler = (row.handler)(row.endpoint.method.clone());
        router.route(row.endpoint.path, handler.layer(Extension(&row.endpoint)))
    })
}

/// Returns all methods of a path, in the order of the `Allow` header, from its rows.
pub fn allowed<'a>(rows: impl IntoIterator<Item = &'a Endpoint>, path: &str) -> Vec<Method> {
    let mut methods: Vec<Method> =
        rows.into_iter().filter(|row| row.path == path).map(|row| row.method.clone()).collect();
    let is_read = methods.contains(&Method::GET);
    let answers_options = methods.iter().position(|method| *method == Method::OPTIONS).map(|at| methods.remove(at));
    methods.extend(is_read.then_some(Method::HEAD));
    methods.extend(answers_options);
    methods
}
