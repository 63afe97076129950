//! Changes that pages make.

use peerage_access::acts::PlannedSteps;
use peerage_access::acts::joining::JoinContext;
use peerage_access::{AccessContext, AccessError, RecordStep};
use peerage_engine::{Caller, CommitSteps, Engine};

use crate::visit::Visit;
use peerage_edge::caller::ChangeDenied;

impl Visit {
    /// Changes people and rows.
    pub async fn act_on_rows<T, F>(&self, decide: F) -> Result<T, ChangeDenied>
    where
        T: Send + 'static,
        F: Fn(&AccessContext<'_>, &JoinContext<'_>) -> Result<(T, PlannedSteps), AccessError> + Send + 'static,
    {
        self.count_write()?;
        let caller = self.caller();
        let committed = self.app.engine.commit(&caller, move |context| {
            let act_context = context.access_context();
            act_context.needs_standing()?;
            let (outcome, planned) = decide(&act_context, &context.join_context())?;
            Ok::<_, AccessError>((outcome, CommitSteps::admitted(&act_context, planned)?))
        });
        Ok(committed.await?.outcome)
    }
}

/// Changes people, keys or permissions on behalf of a caller.
pub async fn act<T: Send + 'static>(
    engine: &Engine,
    caller: &Caller,
    mut decide: impl FnMut(&AccessContext<'_>) -> Result<(T, Vec<RecordStep>), AccessError> + Send + 'static,
) -> Result<T, ChangeDenied> {
    let committed = engine.commit(caller, move |context| {
        let act_context = context.access_context();
        let (outcome, steps) = decide(&act_context)?;
        Ok::<_, AccessError>((outcome, CommitSteps::of_records(act_context.admit(steps)?)))
    });
    Ok(committed.await?.outcome)
}
