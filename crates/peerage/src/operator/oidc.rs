//! `peerage oidc`: signing in elsewhere with an account here.

use std::sync::Arc;

use clap::{Args, Subcommand};
use peerage_access::AccessError;
use peerage_access::acts::clients::{self, ClientWish};
use peerage_engine::Means;
use peerage_server::signing::{Rotation, Surroundings, rotate};
use serde_json::json;

use crate::hands::System;
use crate::operator::act::{Office, Told, Writing, open_store};
use crate::operator::sheet;
use crate::server_key;
use crate::store::block_on;

const EXAMPLES: &str = "\
Examples:
  peerage oidc rotate-keys           new keys, shown for ten minutes before
                                     they sign; what the old ones signed stays
                                     good until it ends
  peerage oidc rotate-keys --distrust-old
                                     others may have the old keys: what they
                                     signed is good for nothing at once
  peerage oidc pkce 4fK2ab81Qw0c optional
                                     a site that was written before PKCE

Keys are made at their first use, and anew after ninety days. A running server
signs by what is decided here within seconds.

Exit status: 0 done; 1 refused or failed, and nothing was changed; 2 wrong
arguments.";

/// Signing in elsewhere with an account here: signing keys, and what sites may leave out.
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum OidcCommand {
    /// Make new signing keys.
    RotateKeys(RotateKeys),
    /// Let an application go without PKCE, or no longer.
    Pkce(Pkce),
}

#[derive(Debug, Args)]
pub struct RotateKeys {
    /// The new keys sign from now on, also for whoever keeps an older copy of the public ones.
    #[arg(long)]
    at_once: bool,
    /// The old keys are shown no more: others may have them.
    #[arg(long)]
    distrust_old: bool,
    #[command(flatten)]
    told: Told,
}

#[derive(Debug, Args)]
pub struct Pkce {
    #[arg(value_name = "CLIENT")]
    client: String,
    #[arg(value_name = "required|optional", value_parser = ["required", "optional"])]
    demand: String,
    #[command(flatten)]
    writing: Writing,
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
        let rotation = Rotation { at_once: self.at_once, distrusts_old: self.distrust_old };
        let kids = block_on(async {
            let (store, location, config, progress) = open_store(&self.told.common).await?;
            progress.end();
            let server_key = server_key::load(&config, &location, &store).await?;
            let means: Arc<dyn Means> = Arc::new(System::new()?);
            let around = Surroundings { store: &store, server_key: &server_key, means: &means };
            let kids = rotate(around, rotation).await?;
            store.settle().await;
            Ok(kids)
        })?;
        sheet::one(self.told.json, &json!({"made": kids}))
    }
}

impl Pkce {
    fn run(self) -> anyhow::Result<()> {
        let wish = ClientWish { without_pkce: Some(self.demand == "optional"), ..ClientWish::default() };
        let row = block_on(async {
            let mut office = Office::open(&self.writing.told.common).await?;
            let name = self.client.clone();
            let judge = move |desk: &peerage_access::Desk<'_>, _: &mut crate::chance::Chance| {
                let client = desk.people.client_named(&name);
                let client = client.ok_or(AccessError::NotFound("client: there is no such application"))?;
                let (client, steps) = clients::change(desk, client, &wish)?;
                let pkce = if client.without_pkce { "optional" } else { "required" };
                Ok((json!({"client_id": client.client_id, "name": client.name, "pkce": pkce}), steps))
            };
            office.act("oidc pkce", &self.writing, judge).await
        })?;
        sheet::one(self.writing.told.json, &row)
    }
}
