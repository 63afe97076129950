//! Changing, suspending and revoking keys.

use std::io::Read;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use peerage_access::acts::AccessError;
use peerage_access::acts::keys::{self as acts, KeyStateChange};
use peerage_access::key_string::{KeyKind, ParsedKey, parse};
use peerage_access::notices::is_confirmation_code;
use peerage_access::{AccessContext, Patch, show};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::operator::act::{ChangeArgs, OperatorContext, words};
use crate::operator::key::{KeyFields, at, find};
use crate::operator::table;
use crate::store::block_on;

/// Maximum size of a file that is searched for keys.
const REPORT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Maximum number of different keys that one report revokes.
const REPORT_KEYS_MAX: usize = 10_000;

#[derive(Debug, Args)]
pub struct ChangeKey {
    #[arg(value_name = "KEY")]
    key: String,
    /// New name of the key.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Remove all permissions of an organization key, except those that every member has, or all restrictions of a
    /// personal key.
    #[arg(long, conflicts_with = "grants")]
    no_grant: bool,
    /// Allow the key to be used from any network again.
    #[arg(long, conflicts_with = "networks")]
    any_network: bool,
    #[command(flatten)]
    said: KeyFields,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct SuspendKey {
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct ResumeKey {
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct RevokeKey {
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct ConfirmKey {
    #[arg(value_name = "KEY")]
    key: String,
    /// Code from the e-mail. Without it, you vouch for the address yourself.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    #[command(flatten)]
    writing: ChangeArgs,
}

#[derive(Debug, Args)]
pub struct ReportKeys {
    /// File that contains keys, among other text. - is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the keys were found. The owners are notified.
    #[arg(long, value_name = "TEXT")]
    found_at: Option<String>,
    #[command(flatten)]
    writing: ChangeArgs,
}

impl ChangeKey {
    pub fn run(self) -> anyhow::Result<()> {
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let key = find(&operator_context.people, &self.key)?;
            let (public, org) = (key.public.clone(), key.org.filter(|_| key.kind != KeyKind::User));
            let mut patch = self.said.into_patch(self.name, org)?;
            if self.no_grant {
                patch.grants = Patch::Clear;
            }
            if self.any_network {
                patch.networks = Some(Vec::new());
            }
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let (key, steps) = acts::change(context, at(context, &public)?, &patch)?;
                Ok((show::key(&key, None, context.now), steps))
            };
            operator_context.act("key change", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

/// Changes the state of a key.
fn turn(command: &'static str, public: String, turn: KeyStateChange, writing: &ChangeArgs) -> anyhow::Result<()> {
    let row = block_on(async {
        let mut operator_context = OperatorContext::open(&writing.output.common).await?;
        let why = words(writing.reason.as_deref())?.unwrap_or_default();
        let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
            let (key, steps) = acts::turn(context, at(context, &public)?, turn, &why)?;
            Ok((show::key(&key, None, context.now), steps))
        };
        operator_context.act(command, writing, decide).await
    })?;
    table::one(writing.output.json, &row)
}

impl SuspendKey {
    pub fn run(self) -> anyhow::Result<()> {
        turn("key suspend", self.key, KeyStateChange::Suspend, &self.writing)
    }
}

impl ResumeKey {
    pub fn run(self) -> anyhow::Result<()> {
        turn("key resume", self.key, KeyStateChange::Resume, &self.writing)
    }
}

impl RevokeKey {
    pub fn run(self) -> anyhow::Result<()> {
        turn("key revoke", self.key, KeyStateChange::Revoke, &self.writing)
    }
}

impl ConfirmKey {
    pub fn run(self) -> anyhow::Result<()> {
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let public = find(&operator_context.people, &self.key)?.public.clone();
            let server_key = match self.code {
                Some(code) => Some((operator_context.server_key().await?, code)),
                None => None,
            };
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let key = at(context, &public)?;
                if let Some((server_key, code)) = &server_key
                    && !is_confirmation_code(server_key, key, code)
                {
                    let text = "the code is wrong or has expired".to_owned();
                    return Err(AccessError::Field { field: "code", text });
                }
                if key.email.is_empty() {
                    return Err(AccessError::Refused("email: the key has no contact address".to_owned()));
                }
                if key.is_final() {
                    return Err(AccessError::Refused(
                        "key: it has been revoked, so no notices are sent about it".to_owned(),
                    ));
                }
                let steps = acts::confirm_address(context.people, key);
                Ok((json!({"id": key.public, "email": key.email, "email_confirmed": true}), steps))
            };
            operator_context.act("key confirm", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl ReportKeys {
    pub fn run(self) -> anyhow::Result<()> {
        let texts = self.texts()?;
        let rows = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            let server_key = operator_context.server_key().await?;
            let why = match words(self.found_at.as_deref())? {
                Some(place) => format!("reported as found at {place}"),
                None => "reported as found".to_owned(),
            };
            let decide = move |context: &AccessContext<'_>, _: &mut SystemRandom| {
                let (mut rows, mut steps) = (Vec::new(), Vec::new());
                let genuine = texts.iter().filter_map(|text| context.people.genuine(&server_key, text, context.now));
                for entry in genuine {
                    let key = &*entry.entry.key;
                    // A file may contain both texts of a key that is being rotated. A revoked key needs no change.
                    if key.is_final() || rows.iter().any(|row: &Json| row["id"] == *key.public) {
                        continue;
                    }
                    steps.extend(acts::expose(key, context.now, &why));
                    rows.push(json!({
                        "id": key.public,
                        "kind": key.kind.name(),
                        "name": key.name,
                        "org_id": key.org,
                        "user_id": key.user,
                        "state": "exposed",
                    }));
                }
                Ok((rows, steps))
            };
            operator_context.act("key report", &self.writing, decide).await
        })?;
        if rows.is_empty() && !self.writing.output.json {
            return table::text("the file contains no active key of this registry\n");
        }
        let columns = [
            ("key", "id"),
            ("kind", "kind"),
            ("name", "name"),
            ("org", "org_id"),
            ("user", "user_id"),
            ("now", "state"),
        ];
        table::rows(self.writing.output.json, rows, &columns)
    }

    /// Returns everything in the file that looks like a key.
    fn texts(&self) -> anyhow::Result<Vec<Zeroizing<String>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        let named = || self.file.display().to_string();
        let mut limited: Box<dyn Read> = if self.file.as_os_str() == "-" {
            Box::new(std::io::stdin().lock().take(REPORT_BYTES_MAX + 1))
        } else {
            let file = std::fs::File::open(&self.file).map_err(|error| usage(format!("{}: {error}", named())))?;
            Box::new(file.take(REPORT_BYTES_MAX + 1))
        };
        limited.read_to_end(&mut bytes).with_context(named)?;
        if bytes.len() as u64 > REPORT_BYTES_MAX {
            return Err(usage(format!("{}: the file is larger than 256 MiB. Split it and report the parts", named())));
        }
        let texts = keys_in(&bytes);
        if texts.is_empty() {
            return Err(usage(format!("{}: nothing in the file looks like a key", named())));
        }
        if texts.len() > REPORT_KEYS_MAX {
            return Err(usage(format!(
                "{}: the file has more than {REPORT_KEYS_MAX} keys. Split it and report the parts",
                named()
            )));
        }
        Ok(texts)
    }
}

/// Returns each text that looks like a key, once.
fn keys_in(bytes: &[u8]) -> Vec<Zeroizing<String>> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let mut found: Vec<Zeroizing<String>> = Vec::new();
    for word in bytes.split(|byte| !is_part(byte)) {
        let Ok(word) = std::str::from_utf8(word) else { continue };
        // The text may have more letters around it: `key=prg_…`, or a full stop at its end. `xprg_…` is not a key.
        let begins = word.match_indices("prg_").map(|(at, _)| at).chain([0]);
        for begin in begins {
            let own: &str = word[begin..].split('.').next().unwrap_or_default();
            for text in [own, word.trim_matches('.')] {
                let is_key = matches!(parse(text), ParsedKey::Own { .. } | ParsedKey::Old { .. });
                if is_key && !found.iter().any(|known| known.as_str() == text) {
                    found.push(Zeroizing::new(text.to_owned()));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_among_other_things() {
        let key = peerage_access::key_string::make(KeyKind::Org, None, &[7; 96]).expect("enough").text;
        let old = "1XZaTNoy.NPrWHdSVrRLznEGcpgFk9MhpJ4pL9KLq";
        let log = format!("GET /?key={} 200\n\"{}\".\n{old}, x{}. {}\u{ff}", *key, *key, *key, &key[..20]);
        let found: Vec<String> = keys_in(log.as_bytes()).iter().map(|text| text.to_string()).collect();
        assert_eq!(found, [key.to_string(), old.to_owned()]);
        assert!(keys_in(b"no key here, prg_o_abc").is_empty());
    }
}
