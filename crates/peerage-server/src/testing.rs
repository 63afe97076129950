//! An app for tests beside the code: a store in a temporary file, a clock that stands still, nobody outside.

use std::sync::Arc;

use ipnet::IpNet;
use peerage_access::notices::Letter;
use peerage_access::records::Signing;
use peerage_access::{People, ServerKey};
use peerage_registry::Snapshot;
use peerage_registry::rules::{MemberList, Registration};
use peerage_store::{Location, Store};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::{App, Asking, Hands, Live, Means, Post, PostError, Settings, Strangers, Supervisor};

struct Still;

impl Means for Still {
    fn now(&self) -> i64 {
        1_800_000_000_000_000
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn signing_key(&self, _: Signing) -> Option<Zeroizing<String>> {
        None
    }
}

struct Nobody;

impl Strangers for Nobody {
    fn autnum(&self, _: u32) -> Asking<'_, Registration> {
        Box::pin(std::future::ready(Registration::Unavailable))
    }

    fn network(&self, _: IpNet) -> Asking<'_, Registration> {
        Box::pin(std::future::ready(Registration::Unavailable))
    }

    fn logout<'a>(&'a self, _: &'a str, _: &'a str) -> Asking<'a, Result<(), (bool, String)>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn member_list<'a>(&'a self, _: &'a str) -> Asking<'a, MemberList> {
        Box::pin(std::future::ready(MemberList::Failed("nobody".to_owned())))
    }
}

impl Post for Nobody {
    fn send<'a>(&'a self, _: &'a Letter) -> Asking<'a, Result<(), PostError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// What a server is handed, on a store in a folder.
pub async fn hands() -> (Hands, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&Location::file(folder.path().join("x.db")), "test").await.expect("a store");
    let server_key = ServerKey::parse(&ServerKey::print(1, &[1; 32])).expect("a key");
    let hands = Hands {
        store,
        server_key,
        means: Arc::new(Still),
        strangers: Arc::new(Nobody),
        post: Arc::new(Nobody),
        stolen: None,
        lost_log_lines: Arc::default(),
    };
    (hands, folder)
}

/// An app that answers from a snapshot. The folder holds its store.
pub async fn app(snapshot: Snapshot) -> (Arc<App>, TempDir) {
    let (hands, folder) = hands().await;
    let live = Live::new(snapshot, People::default(), "epoch".to_owned());
    let supervisor = Supervisor::new(CancellationToken::new());
    (Arc::new(App::new(live, hands, Settings::default(), &supervisor)), folder)
}
