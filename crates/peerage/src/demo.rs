//! The small invented registry that `serve --demo` begins with, and people who may look at its pages.

use std::sync::Arc;

use anyhow::Context;
use peerage_access::acts::members;
use peerage_access::acts::users::{self, UserWish};
use peerage_access::records::Rank;
use peerage_access::{Desk, ServerKey, password};
use peerage_registry::dump::{Batch, Mode, ReadError, Reading};
use peerage_store::{Location, Store};
use zeroize::Zeroizing;

use crate::chance::Chance;
use crate::failure::usage;
use crate::operator::act::{Office, Writing};
use crate::progress::Progress;
use crate::settings::Config;
use crate::store::{self, Import};

/// Made by `demo/generate.py`.
const DEMO: &str = include_str!("../demo/demo.json");

/// The demo's rows, ready to be planned.
pub fn batch() -> Result<Batch, ReadError> {
    let mut batch = Batch::new();
    batch.read(DEMO.as_bytes(), Reading { file: "demo", kind: None, progress: &mut |_| {} })?;
    Ok(batch)
}

/// One of the people: user name, first and last name, place in organization 1, whether of the staff.
type Person = (&'static str, &'static str, &'static str, Option<Rank>, bool);

const PEOPLE: [Person; 3] = [
    ("ann", "Ann", "Admin", Some(Rank::Admin), false),
    ("ben", "Ben", "Member", Some(Rank::Member), false),
    ("sam", "Sam", "Staff", None, true),
];

/// Under which name the store remembers that it holds the demonstration.
const MARK: &str = "demo";

/// The password of the demonstration's people: another one for each server key, so that a demonstration on the net lets
/// nobody in by what stands in a manual. Each start can tell it anew, and it is stored nowhere.
pub fn people_password(server_key: &ServerKey) -> Zeroizing<String> {
    let secret = Zeroizing::new(server_key.derive("password of the demonstration"));
    let letters = Zeroizing::new(data_encoding::BASE32_NOPAD.encode(&secret[..10]).to_lowercase());
    let groups: Vec<&str> = (0..4).map(|group| &letters[group * 4..group * 4 + 4]).collect();
    Zeroizing::new(groups.join("-"))
}

/// The people whom their first password still lets in, as they are introduced. Each may have changed it since.
pub async fn with_first_password(store: &Store) -> anyhow::Result<Vec<String>> {
    let (_, people) = store::load_all(store, &Progress::new()).await?;
    let has_first = |username: &str| {
        let user = people.user_named(username).filter(|user| user.active);
        user.and_then(|user| Some(people.password(user.id)?.changed == user.created)).unwrap_or(false)
    };
    let introduced = PEOPLE.into_iter().filter(|(username, ..)| has_first(username)).map(|(username, .., rank, _)| {
        let what = match rank {
            Some(Rank::Admin) => "admin of organization 1",
            Some(Rank::Member) => "member of organization 1",
            None => "staff",
        };
        format!("{username} ({what})")
    });
    Ok(introduced.collect())
}

/// Fills a new registry with the demonstration. One that holds it already stays as it is.
///
/// # Errors
/// The registry holds something else, which invented rows must not be mixed into.
pub async fn prepare(
    store: &Store,
    location: &Location,
    config: &Config,
    server_key: &ServerKey,
) -> anyhow::Result<()> {
    if store.value(MARK).await?.is_none() {
        if store.head().await?.sequence > 0 {
            return Err(usage(format!(
                "{location} holds a registry that is not the demonstration; leave out --demo, or name a new file with \
                 --database"
            )));
        }
        store.swap_value(MARK, None, "1").await?;
    }
    // What a start that was cut off has left undone is done now.
    if store.head().await?.sequence == 0 {
        let import = Import {
            batch: Arc::new(batch().context("the demonstration cannot be read")?),
            mode: Mode::Merge,
            strict: true,
            only_into_empty: true,
            obeys_rules: false,
            prunes: None,
            accounts: None,
            command: "serve --demo",
        };
        let progress = Progress::new();
        store::import(store, &import, &progress).await?;
        progress.end();
    }
    people(store.clone(), location.clone(), config.clone(), server_key).await
}

/// Makes the people, or those whom a start that was cut off has not made. Accounts that were closed since count as made.
async fn people(store: Store, location: Location, config: Config, server_key: &ServerKey) -> anyhow::Result<()> {
    let mut office = Office::at(store, location, config, Progress::new()).await?;
    let text = people_password(server_key);
    let known = office.people.users().count();
    for (username, first, last, rank, staff) in PEOPLE.into_iter().skip(known) {
        let salt = Chance::new()?.bytes::<16>();
        let hash = password::hash(&text, &salt).context("the password cannot be hashed")?;
        let wish = UserWish {
            username: Some(username.to_owned()),
            email: Some(format!("{username}@demo.example")),
            first_name: Some(first.to_owned()),
            last_name: Some(last.to_owned()),
            superuser: Some(staff),
            ..UserWish::default()
        };
        let make = move |desk: &Desk<'_>, _: &mut Chance| {
            let (user, mut steps) = users::create(desk, &wish)?;
            steps.extend(users::set_password(desk, &user, hash.clone())?);
            Ok((user.id, steps))
        };
        let id = office.act("serve --demo", &Writing::default(), make).await?;
        if let Some(rank) = rank {
            let add = move |desk: &Desk<'_>, _: &mut Chance| members::add(desk, 1, id, rank);
            office.act("serve --demo", &Writing::default(), add).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use peerage_registry::dump::plan;
    use peerage_registry::{Event, Head, Snapshot};
    use peerage_schema::tables::{ixpfx, netixlan};
    use peerage_schema::{Resource, Status};

    use super::*;

    fn snapshot() -> Snapshot {
        let batch = batch().expect("the demo is readable");
        let plan = plan(&Snapshot::default(), &batch, Mode::Merge);
        assert!(plan.report.complaints.is_empty(), "{:?}", plan.report.complaints);
        let mut snapshot = Snapshot::default();
        let events: Vec<Event> = plan
            .entries(0, |_| "{}".into(), || [1; 32])
            .zip(1..)
            .map(|(entry, sequence)| Event { sequence, entry, hash: Head::EMPTY.hash })
            .collect();
        snapshot.apply(&events);
        snapshot
    }

    #[test]
    fn every_kind_and_every_status_is_in_it() {
        let snapshot = snapshot();
        let mut statuses = BTreeSet::new();
        for resource in Resource::ALL {
            assert!(snapshot.count_live(resource) >= 2, "{}", resource.tag());
            statuses.extend(snapshot.rows(resource).map(|row| snapshot.status(resource, row)));
        }
        assert_eq!(
            statuses.into_iter().collect::<Vec<_>>(),
            [Some(Status::Live), Some(Status::Pending), Some(Status::Deleted)]
        );
        assert!(DEMO.len() < 200_000);
    }

    #[test]
    fn live_ports_lie_in_a_live_prefix_of_their_lan() {
        let snapshot = snapshot();
        for port in snapshot.rows(Resource::Netixlan).filter(|port| snapshot.is_live(Resource::Netixlan, port)) {
            for address in [port.text(netixlan::IPADDR4), port.text(netixlan::IPADDR6)].into_iter().flatten() {
                let around = snapshot.prefixes_around(address.parse().expect("an address"));
                let is_in = around.iter().filter_map(|id| snapshot.row(Resource::Ixpfx, *id)).any(|prefix| {
                    prefix.int(ixpfx::IXLAN_ID) == port.int(netixlan::IXLAN_ID)
                        && snapshot.is_live(Resource::Ixpfx, prefix)
                });
                assert!(is_in, "{address}");
            }
        }
    }

    #[test]
    fn live_rows_have_live_parents() {
        let snapshot = snapshot();
        for resource in Resource::ALL {
            for row in snapshot.rows(resource).filter(|row| snapshot.is_live(resource, row)) {
                for (position, field, of) in resource.table().references() {
                    let Some(parent) = row.int(position) else { continue };
                    let parent = snapshot.row(of, parent as u32).expect("a parent");
                    let pending_campus = of == Resource::Campus && snapshot.status(of, parent) == Some(Status::Pending);
                    assert!(
                        pending_campus || snapshot.is_live(of, parent),
                        "{} {}: {}",
                        resource.tag(),
                        row.id(),
                        field.name
                    );
                }
            }
        }
    }
}
