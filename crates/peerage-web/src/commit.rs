//! How pages change something.

use peerage_access::acts::Deeds;
use peerage_access::acts::joining::Ground;
use peerage_access::{AccessError, Desk, RecordStep};
use peerage_engine::{Caller, Engine, Steps};

use crate::visit::Visit;
use peerage_edge::caller::Denied;

impl Visit {
    /// Has something done to people and rows.
    pub async fn act_on_rows<T, F>(&self, decide: F) -> Result<T, Denied>
    where
        T: Send + 'static,
        F: Fn(&Desk<'_>, &Ground<'_>) -> Result<(T, Deeds), AccessError> + Send + 'static,
    {
        self.count_write()?;
        let caller = self.caller();
        let committed = self.app.engine.commit(&caller, move |context| {
            let desk = context.desk();
            desk.needs_standing()?;
            let ground = Ground { registry: context.registry, policy: context.policy, outside: context.facts };
            let (outcome, deeds) = decide(&desk, &ground)?;
            Ok::<_, AccessError>((outcome, Steps::admitted(&desk, deeds)?))
        });
        Ok(committed.await?.outcome)
    }
}

/// Has something done to people, keys or rights by a caller.
pub async fn act<T: Send + 'static>(
    engine: &Engine,
    caller: &Caller,
    mut decide: impl FnMut(&Desk<'_>) -> Result<(T, Vec<RecordStep>), AccessError> + Send + 'static,
) -> Result<T, Denied> {
    let committed = engine.commit(caller, move |context| {
        let desk = context.desk();
        let (outcome, steps) = decide(&desk)?;
        Ok::<_, AccessError>((outcome, Steps::of_records(desk.admit(steps)?)))
    });
    Ok(committed.await?.outcome)
}
