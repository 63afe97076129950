use crate::{chance::Chance, progress::Progress, settings::Config};
use peerage_registry::{
    Head, Snapshot,
    dump::{Batch, Mode, Report},
};
pub struct Change<'a> {
    pub batch: &'a Batch,
    pub mode: Mode,
    pub strict: bool,
    pub agent: &'static str,
}
pub struct Changed {
    pub report: Report,
    pub head: Head,
    pub applied: bool,
}
pub fn read(_: &Config, _: &Progress) -> anyhow::Result<Snapshot> {
    anyhow::bail!("no")
}
pub fn read_or_empty(_: &Config, _: &Progress) -> anyhow::Result<Snapshot> {
    Ok(Snapshot::default())
}
pub fn change(_: &Config, _: &Change<'_>, _: &mut Chance, _: &Progress) -> anyhow::Result<Changed> {
    anyhow::bail!("no")
}
pub fn shown(config: &Config) -> String {
    crate::settings::masked(&config.database)
}
