//! A server for tests: a node in a temporary file, nobody outside.

use std::sync::Arc;

use peerage_access::notices::Letter;
use peerage_edge::testing;
use peerage_engine::{Asking, Live, Supervisor};
use peerage_registry::Snapshot;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::{Hands, LogoutSender, Post, PostError, Server, Settings};

struct Nobody;

impl LogoutSender for Nobody {
    fn logout<'a>(&'a self, _: &'a str, _: &'a str) -> Asking<'a, Result<(), (bool, String)>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Post for Nobody {
    fn send<'a>(&'a self, _: &'a Letter) -> Asking<'a, Result<(), PostError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What a server is handed, on a store in a folder, with the state that it shows.
pub async fn hands(snapshot: Snapshot) -> (Arc<Live>, Hands, TempDir) {
    let (node, folder) = testing::hands(snapshot).await;
    let hands = Hands {
        store: node.store,
        server_key: node.server_key,
        means: node.means,
        facts: node.facts,
        logout_sender: Arc::new(Nobody),
        post: Arc::new(Nobody),
        stolen: None,
        lost_log_lines: node.lost_log_lines,
    };
    (node.live, hands, folder)
}

/// A server that answers from a snapshot. The folder holds its store.
pub async fn app(snapshot: Snapshot) -> (Arc<Server>, TempDir) {
    let (live, hands, folder) = hands(snapshot).await;
    let supervisor = Supervisor::new(CancellationToken::new());
    (Server::new(live, hands, Settings::default(), &supervisor), folder)
}
