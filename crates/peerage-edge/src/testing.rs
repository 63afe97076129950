//! A node for tests: a store in a temporary file, a clock that stands still, no external facts.

use std::sync::Arc;

use peerage_access::records::SigningAlgorithm;
use peerage_access::{People, ServerKey};
use peerage_engine::facts::NoFacts;
use peerage_engine::{Environment, LiveRegistry, Supervisor};
use peerage_registry::Snapshot;
use peerage_registry::moment::Moment;
use peerage_store::{Store, StoreLocation};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::{EdgeSettings, Node, NodeParts};

pub struct FixedEnvironment;

impl Environment for FixedEnvironment {
    fn now(&self) -> Moment {
        Moment::from_seconds(1_800_000_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn signing_key(&self, _: SigningAlgorithm) -> Option<Zeroizing<String>> {
        None
    }
}

/// Makes the parts of a node on a store in a folder.
pub async fn node_parts(snapshot: Snapshot) -> (NodeParts, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&StoreLocation::file(folder.path().join("x.db")), "test").await.expect("a store");
    let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("a key");
    let parts = NodeParts {
        live: LiveRegistry::new(snapshot, People::default(), "epoch".to_owned()),
        store,
        server_key,
        environment: Arc::new(FixedEnvironment),
        facts: Arc::new(NoFacts),
        lost_log_lines: Arc::default(),
    };
    (parts, folder)
}

/// Makes a node that answers from a snapshot. The folder holds its store.
pub async fn node(snapshot: Snapshot) -> (Arc<Node>, TempDir) {
    let (parts, folder) = node_parts(snapshot).await;
    (Node::start(parts, EdgeSettings::default(), &Supervisor::new(CancellationToken::new())), folder)
}
