//! `peerage queue`, `peerage approve` and `peerage refuse`: the requests that wait for the registry's staff.

use clap::Args;
use clap::builder::PossibleValuesParser;
use peerage_access::AccessContext;
use peerage_access::acts::joining::JoinContext;
use peerage_access::acts::review::{self, ReviewItem};
use peerage_access::acts::staff;
use serde_json::Value as Json;

use crate::chance::SystemRandom;
use crate::failure::usage;
use crate::operator::act::{ChangeArgs, OperatorContext, OutputArgs};
use crate::operator::table;
use crate::store::block_on;

const QUEUE_HELP: &str = "\
Lists people who ask for an organization without admins or for an AS number
(kind `application`), and pending organizations, networks, exchanges,
facilities, carriers, campuses and carrier presences. `--json` also shows what
is known about each request, and the effects of an approval.

Examples:
  peerage queue
  peerage approve fac 90
  peerage refuse fac 91 --reason \"This facility is listed as fac 7.\"";

const APPROVE_HELP: &str = "\
Examples:
  peerage approve fac 90
  peerage approve fac 92 --reason \"confirmed by phone\"
  peerage approve fac 91 --dry-run --json

`peerage queue` lists the requests with their kinds and IDs. The kind of a
person's request is `application`. Approving an object also approves its
organization if that is pending.";

const REFUSE_HELP: &str = "\
Examples:
  peerage refuse fac 91 --reason \"This facility is listed as fac 7.\"

The requester gets the reason, and the audit log records it. A refused object is
deleted.";

/// List the requests that wait for approval.
#[derive(Debug, Args)]
#[command(after_help = QUEUE_HELP)]
pub struct QueueArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// One request.
#[derive(Debug, Args)]
struct ItemArgs {
    /// Kind of the request.
    #[arg(value_name = "KIND", value_parser = kinds())]
    kind: String,
    /// ID of the object or application.
    #[arg(value_name = "ID")]
    id: u32,
}

/// Approve a request.
#[derive(Debug, Args)]
#[command(after_help = APPROVE_HELP)]
pub struct ApproveArgs {
    #[command(flatten)]
    item: ItemArgs,
    #[command(flatten)]
    writing: ChangeArgs,
}

/// Refuse a request. Requires a reason.
#[derive(Debug, Args)]
#[command(alias = "reject", after_help = REFUSE_HELP)]
pub struct RefuseArgs {
    #[command(flatten)]
    item: ItemArgs,
    #[command(flatten)]
    writing: ChangeArgs,
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(ReviewItem::kinds())
}

impl ItemArgs {
    fn item(&self) -> anyhow::Result<ReviewItem> {
        ReviewItem::named(&self.kind, &self.id.to_string())
            .ok_or_else(|| usage(format!("kind: {:?} is not a kind of request", self.kind)))
    }
}

impl QueueArgs {
    pub fn run(self) -> anyhow::Result<()> {
        let context = block_on(OperatorContext::open(&self.output.common))?;
        let queue = staff::queue(&context.people, &context.snapshot);
        let items: Vec<ReviewItem> = review::items(&queue).collect();
        let mut rows = review::shown(&context.people, &context.snapshot, &items);
        for row in &mut rows {
            row["doubts"] = Json::from(doubts(row));
        }
        let columns = [
            ("kind", "kind"),
            ("id", "id"),
            ("name", "name"),
            ("organization", "org_name"),
            ("requester", "username"),
            ("since", "created"),
            ("doubts", "doubts"),
        ];
        table::rows(self.output.json, rows, &columns)
    }
}

/// Number of facts that speak against approval.
fn doubts(row: &Json) -> usize {
    row["facts"].as_array().into_iter().flatten().filter(|fact| fact["is_doubt"] == true).count()
}

impl ApproveArgs {
    pub fn run(self) -> anyhow::Result<()> {
        let item = self.item.item()?;
        let decide = move |context: &AccessContext<'_>, join_context: &JoinContext<'_>, _: &mut SystemRandom| {
            review::approve(context, join_context, item).map(|(decision, planned)| (decision.show(), planned))
        };
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            operator_context.act_on_rows("approve", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}

impl RefuseArgs {
    pub fn run(self) -> anyhow::Result<()> {
        let item = self.item.item()?;
        let Some(why) = self.writing.reason.clone().filter(|why| !why.trim().is_empty()) else {
            return Err(usage("reason: this field is required. Use --reason to tell the requester why".to_owned()));
        };
        let decide = move |context: &AccessContext<'_>, join_context: &JoinContext<'_>, _: &mut SystemRandom| {
            review::refuse(context, join_context, item, &why).map(|(decision, planned)| (decision.show(), planned))
        };
        let row = block_on(async {
            let mut operator_context = OperatorContext::open(&self.writing.output.common).await?;
            operator_context.act_on_rows("refuse", &self.writing, decide).await
        })?;
        table::one(self.writing.output.json, &row)
    }
}
