//! A server for tests: a node on a temporary file, without external services.

use std::sync::Arc;

use peerage_access::notices::WordedMail;
use peerage_edge::testing;
use peerage_engine::{FactFuture, LiveRegistry, Supervisor};
use peerage_registry::Snapshot;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{EdgeSettings, LogoutSender, MailSendError, MailSender, Server, ServerParts};

struct DiscardingSender;

impl LogoutSender for DiscardingSender {
    fn logout<'a>(&'a self, _: &'a str, _: &'a str) -> FactFuture<'a, Result<(), (bool, String)>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl MailSender for DiscardingSender {
    fn send<'a>(&'a self, _: &'a WordedMail) -> FactFuture<'a, Result<(), MailSendError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Makes the parts of a server on a store in a folder, and the state that it shows.
pub async fn server_parts(snapshot: Snapshot) -> (Arc<LiveRegistry>, ServerParts, TempDir) {
    let (node, folder) = testing::node_parts(snapshot).await;
    let parts = ServerParts {
        store: node.store,
        server_key: node.server_key,
        environment: node.environment,
        facts: node.facts,
        logout_sender: Arc::new(DiscardingSender),
        post: Arc::new(DiscardingSender),
        imports: crate::ImportSchedule::Off,
        stolen: None,
        lost_log_lines: node.lost_log_lines,
    };
    (node.live, parts, folder)
}

/// Makes a server that answers from a snapshot. The folder holds its store.
pub async fn app(snapshot: Snapshot) -> (Arc<Server>, TempDir) {
    let (live, parts, folder) = server_parts(snapshot).await;
    let supervisor = Supervisor::new(CancellationToken::new());
    (Server::new(live, parts, EdgeSettings::default(), &supervisor), folder)
}
