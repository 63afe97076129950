//! What the server is handed: a clock, chance, and ways to the outside.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use ipnet::IpNet;
use peerage_access::ServerKey;
use peerage_access::notices::Letter;
use peerage_access::records::Signing;
use peerage_engine::{Asking, FactSource, Means};
use peerage_outbound::{
    LogoutSettings, Logouts, Mail, MailSettings, MemberListSettings, MemberLists, Post as Mailer, Rdap, RdapSettings,
    RdapSource,
};
use peerage_registry::moment::Micros;
use peerage_registry::rules::{MemberList, Registration};
use peerage_server::{Hands, LogoutSender, Post, PostError};
use peerage_store::Store;
use zeroize::Zeroizing;

use crate::breached;
use crate::chance::{Chance, now};
use crate::failure::usage;
use crate::mails::{self, Fate};
use crate::settings::Config;

/// The system's clock and random source.
pub struct System {
    chance: Mutex<Chance>,
}

impl System {
    pub fn new() -> anyhow::Result<System> {
        Ok(System { chance: Mutex::new(Chance::new()?) })
    }
}

impl Means for System {
    fn now(&self) -> Micros {
        now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        for piece in bytes.chunks_mut(32) {
            piece.copy_from_slice(&chance.salt()[..piece.len()]);
        }
    }

    fn signing_key(&self, way: Signing) -> Option<Zeroizing<String>> {
        let key = match way {
            Signing::RS256 => rsa::KeyPair::generate(rsa::KeySize::Rsa2048).ok()?.as_der().ok()?.as_ref().to_vec(),
            Signing::ES256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
                key.to_pkcs8v1().ok()?.as_ref().to_vec()
            }
            Signing::EdDSA => Ed25519KeyPair::generate().ok()?.to_pkcs8v1().ok()?.as_ref().to_vec(),
        };
        let text = Zeroizing::new(data_encoding::BASE64.encode(&Zeroizing::new(key)));
        let mut pem = Zeroizing::new(String::with_capacity(text.len() + 128));
        pem.push_str("-----BEGIN PRIVATE KEY-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Some(pem)
    }
}

/// Address registries and member lists, over the network.
struct Outside {
    /// None: this registry asks nobody.
    rdap: Option<Rdap>,
    lists: MemberLists,
}

impl FactSource for Outside {
    fn autnum(&self, asn: u32) -> Asking<'_, Registration> {
        Box::pin(async move {
            match &self.rdap {
                Some(rdap) => rdap.autnum(asn).await,
                None => Registration::Unavailable,
            }
        })
    }

    fn network(&self, network: IpNet) -> Asking<'_, Registration> {
        Box::pin(async move {
            match &self.rdap {
                Some(rdap) => rdap.network(network).await,
                None => Registration::Unavailable,
            }
        })
    }

    fn member_list<'a>(&'a self, url: &'a str) -> Asking<'a, MemberList> {
        Box::pin(self.lists.fetch(url))
    }
}

/// Logout tokens, over the network.
struct Senders {
    logouts: Logouts,
}

impl LogoutSender for Senders {
    fn logout<'a>(&'a self, url: &'a str, token: &'a str) -> Asking<'a, Result<(), (bool, String)>> {
        Box::pin(
            async move { self.logouts.tell(url, token).await.map_err(|not_told| (not_told.is_final, not_told.why)) },
        )
    }
}

/// Mails by whatever way is set.
struct Letters {
    mailer: Mailer,
    /// Shows mails instead of sending them: for the demonstration.
    shown: Option<mails::Shown>,
}

impl Post for Letters {
    fn send<'a>(&'a self, letter: &'a Letter) -> Asking<'a, Result<(), PostError>> {
        Box::pin(async move {
            if let Some(shown) = &self.shown {
                shown.show(letter);
                return Ok(());
            }
            let Letter { to, subject, body, reference } = letter.clone();
            let sent = self.mailer.send(&Mail { to: vec![to], subject, body, reference }).await;
            sent.map_err(|error| PostError { is_final: error.is_lasting(), why: error.to_string() })
        })
    }
}

/// All that the server is handed.
pub fn hands(
    config: &Config,
    store: Store,
    server_key: ServerKey,
    lost_log_lines: Arc<AtomicU64>,
) -> anyhow::Result<Hands> {
    let strangers = &config.strangers;
    let rdap = match strangers.rdap.as_str() {
        "off" => None,
        rdap => {
            let source = match rdap {
                "iana" => RdapSettings::default().source,
                base if base.starts_with("http://") || base.starts_with("https://") => {
                    RdapSource::Fixed(base.trim_end_matches('/').to_owned())
                }
                other => {
                    return Err(usage(format!("strangers.rdap: {other:?} is neither iana nor off nor an address")));
                }
            };
            let timeout = Duration::from_millis(strangers.rdap_timeout_ms);
            let settings = RdapSettings { source, timeout, ..RdapSettings::default() };
            Some(Rdap::from_settings(&settings).map_err(|error| usage(error.to_string()))?)
        }
    };
    let settings = MemberListSettings { allows_private: strangers.allow_private, ..MemberListSettings::default() };
    let lists = MemberLists::from_settings(&settings).context("the client for member lists")?;
    let settings = LogoutSettings { allows_private: strangers.allow_private, ..LogoutSettings::default() };
    let logouts = Logouts::from_settings(&settings).context("the client for log-outs")?;
    let mail = &config.mail;
    let mut settings = MailSettings::new(&*mail.mail, &*mail.from);
    settings.name = (!mail.name.is_empty()).then(|| mail.name.clone());
    settings.ca_file = (!mail.ca_file.is_empty()).then(|| mail.ca_file.clone().into());
    let fate = Fate::of(config, &crate::store::location(config)?);
    settings.kept = fate.folder().map(Path::to_owned);
    let shown = (config.demo && fate != Fate::Sent).then(mails::Shown::start).transpose()?;
    let mailer = Mailer::from_settings(&settings).map_err(|error| usage(error.to_string()))?;
    Ok(Hands {
        store,
        server_key,
        means: Arc::new(System::new()?),
        facts: Arc::new(Outside { rdap, lists }),
        logout_sender: Arc::new(Senders { logouts }),
        post: Arc::new(Letters { mailer, shown }),
        stolen: breached::open(&config.breached_passwords)?,
        lost_log_lines,
    })
}
