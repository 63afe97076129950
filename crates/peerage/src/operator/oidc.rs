//! `peerage oidc`: sign-in to other sites with accounts of this registry.

use std::sync::Arc;

use clap::{Args, Subcommand};
use peerage_access::AccessError;
use peerage_access::acts::clients::{self, ClientPatch};
use peerage_engine::Environment;
use peerage_server::signing::{KeyRotation, SigningContext, rotate};
use serde_json::json;

use crate::operator::act::{ChangeArgs, OperatorContext, OutputArgs, open_store};
use crate::operator::table;
use crate::parts::SystemEnvironment;
use crate::server_key;
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage oidc rotate-keys           create new keys, published for ten minutes
                                     before they sign; tokens signed by the old
                                     keys stay valid until they expire
  peerage oidc rotate-keys --distrust-old
                                     revoke the old keys, because others may
                                     have them; their tokens become invalid
  peerage oidc pkce 4fK2ab81Qw0c optional
                                     allow an application without PKCE

Keys are created when first needed and replaced after ninety days. A running
server applies each change within seconds.

Exit status: 0 success; 1 the command was refused or failed and nothing was
changed; 2 invalid arguments.";

/// Manage sign-in to other sites: signing keys and PKCE.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum OidcCommand {
    /// Create new signing keys.
    RotateKeys(RotateKeys),
    /// Make PKCE optional or required for an application.
    Pkce(PkceArgs),
}

#[derive(Debug, Args)]
pub struct RotateKeys {
    /// Sign with the new keys immediately, although sites may still have an older copy of the public keys.
    #[arg(long)]
    at_once: bool,
    /// Stop publishing the old keys, because others may have them.
    #[arg(long)]
    distrust_old: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct PkceArgs {
    #[arg(value_name = "CLIENT")]
    client: String,
    #[arg(value_name = "required|optional", value_parser = ["required", "optional"])]
    demand: String,
    #[command(flatten)]
    writing: ChangeArgs,
}

impl OidcCommand {
    pub fn run(self) -> anyhow::Result<()> {
        match self {
            OidcCommand::RotateKeys(rotate) => rotate.run(),
            OidcCommand::Pkce(pkce) => pkce.run(),
        }
    }
}

impl RotateKeys {
    fn run(self) -> anyhow::Result<()> {
        let rotation = KeyRotation { at_once: self.at_once, distrusts_old: self.distrust_old };
        let kids = block_on(async {
            let (store, location, config, progress) = open_store(&self.output.common).await?;
            progress.end();
            let server_key = server_key::load(&config, &location, &store).await?;
            let environment: Arc<dyn Environment> = Arc::new(SystemEnvironment::new(store.clone())?);
            let around = SigningContext { store: &store, server_key: &server_key, environment: &environment };
            let kids = rotate(around, rotation).await?;
            store.settle().await;
            Ok(kids)
        })?;
        table::one(self.output.json, &json!({"made": kids}))
    }
}

impl PkceArgs {
    fn run(self) -> anyhow::Result<()> {
        let patch = ClientPatch { without_pkce: Some(self.demand == "optional"), ..ClientPatch::default() };
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let name = self.client.clone();
            let decide = move |context: &peerage_access::AccessContext<'_>, _: &mut crate::chance::SystemRandom| {
                let client = context.people.client_named(&name);
                let client =
                    client.ok_or(AccessError::NotFound("client: there is no application with this client ID"))?;
                let (client, steps) = clients::change(context, client, &patch)?;
                let pkce = if client.without_pkce { "optional" } else { "required" };
                Ok((json!({"client_id": client.client_id, "name": client.name, "pkce": pkce}), steps))
            };
            operator_context.act("oidc pkce", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}
