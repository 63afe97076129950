//! Acts that change rows of the registry together with people and permissions, and may need external facts.

use std::sync::Arc;

use peerage_access::acts::Deeds;
use peerage_access::acts::joining::Ground;
use peerage_access::{AccessError, Desk};
use peerage_registry::rules::{Lookup, Outside};

use crate::api::caller::Denied;
use crate::errors::ApiError;
use crate::web::visit::Visit;
use crate::writer::WriteError;

/// Maximum number of external lookups for one request.
const LOOKUPS_MAX: usize = 3;

impl Visit {
    /// Changes people and rows, decided at the head of the log. External lookups happen while nobody waits for the log.
    pub async fn act_on_rows<T, F>(&self, judge: F) -> Result<T, Denied>
    where
        T: Send + 'static,
        F: Fn(&Desk<'_>, &Ground<'_>) -> Result<(T, Deeds), AccessError> + Send + Sync + 'static,
    {
        self.count_write()?;
        let judge = Arc::new(judge);
        let mut outside = Outside::default();
        for _ in 0..LOOKUPS_MAX {
            let (app, caller, judge) = (Arc::clone(&self.app), self.caller(), Arc::clone(&judge));
            let known = outside.clone();
            let written = self.app.writer.write(move |standing| {
                let now = app.means.now();
                let by = caller.at(&app, standing.people, standing.registry, now)?;
                let desk = Desk { people: standing.people, organizations: standing.registry, by: &by, now };
                let ground = Ground { registry: standing.registry, policy: &app.settings.policy, outside: &known };
                desk.needs_standing()?;
                let (told, deeds) = judge(&desk, &ground)?;
                let (reason, cause) = (deeds.reason.clone(), deeds.cause.clone());
                let (rows, records) = desk.admit_deeds(deeds)?;
                let mut entries = caller.entries_because(&rows, reason.as_deref(), cause.as_ref(), now, &*app.means);
                entries.extend(caller.record_entries(records, now, &*app.means));
                Ok::<_, Denied>((told, entries))
            });
            match written.await {
                Ok(written) => return Ok(written.told),
                Err(WriteError::Refused(Denied::Access(AccessError::Needs(lookup)))) => {
                    self.ask(&lookup, &mut outside).await;
                }
                Err(WriteError::Refused(denied)) => return Err(denied),
                Err(WriteError::Failed(failure)) => return Err(Denied::Api(failure.into())),
                Err(WriteError::Stopped(why)) => return Err(Denied::Api(ApiError::WritesStopped(why))),
            }
        }
        Err(Denied::Api(ApiError::Unavailable))
    }

    async fn ask(&self, lookup: &Lookup, outside: &mut Outside) {
        let strangers = &self.app.strangers;
        match lookup {
            Lookup::Autnum(asn) => outside.autnum = Some(strangers.autnum(*asn).await),
            Lookup::Network(network) => outside.network = Some(strangers.network(*network).await),
            Lookup::MemberList(url) => outside.member_list = Some(strangers.member_list(url).await),
        }
    }
}
