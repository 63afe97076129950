//! Data that was erased on legal request is gone, and the log remains valid.

use std::sync::Arc;

use peerage_registry::ids::UserId;
use peerage_registry::{Action, Actor, Cause, ErasedEvents, EventSubject, LogEntry, LogHead, Record, Value};
use peerage_schema::Resource;
use peerage_store::{
    AppendError, AuditQuery, ErasureCounts, ErasureResult, LogFinding, ReloadReason, Store, StoreError,
};

use crate::support::{StoreCheck, TestDatabase, append, changed, created, everything, is_sound, org, record, row};

on_both_engines!(
    an_erased_actor_is_gone_and_the_log_holds,
    erased_rows_are_gone_and_what_is_there_stays,
    both_halves_of_an_event_may_be_erased_one_after_the_other,
    what_tells_of_the_erasure_is_not_erased,
    without_an_event_nothing_is_erased,
    a_byte_of_what_is_left_is_still_found,
);

const ANN: u32 = 5;
const BEN: u32 = 6;

fn by(person: u32, entry: LogEntry) -> LogEntry {
    let name = if person == ANN { "Annabel Lee" } else { "Benjamin Lee" };
    let actor =
        format!("{{\"name\":\"{name}\",\"user\":{person},\"key\":\"key{person}\",\"address\":\"192.0.2.{person}\"}}");
    LogEntry { actor: actor.into(), ..entry }
}

/// The event that records an erasure.
fn logged(erased: &ErasedEvents) -> LogEntry {
    let note = LogEntry { action: Action::Note, org: None, ..record(Record::User, ANN, None, None) };
    let cause = Some(Cause::Erasure(erased.clone()));
    let actor = Actor { name: "the staff".to_owned(), cause, ..Actor::default() };
    LogEntry { actor: serde_json::to_string(&actor).expect("JSON").into(), ..note }
}

/// All events in which these people acted, and all about these objects.
async fn of(store: &Store, people: &[u32], objects: &[(EventSubject, u32)]) -> ErasedEvents {
    let mut erased = ErasedEvents::default();
    for event in store.audit_log(&AuditQuery::default()).await.expect("a trail") {
        let actor: Option<Actor> = event.actor.as_deref().and_then(|text| serde_json::from_str(text).ok());
        if actor.and_then(|actor| actor.user).is_some_and(|user| people.contains(&user.get())) {
            erased.actors.insert(event.sequence);
        }
        if objects.contains(&(event.subject, event.id)) && (event.before.is_some() || event.after.is_some()) {
            erased.rows.insert(event.sequence);
        }
    }
    erased
}

async fn erase(store: &Store, people: &[u32], objects: &[(EventSubject, u32)]) -> ErasureCounts {
    let known = store.head().await.expect("a head");
    let erasure = of(store, people, objects).await;
    let note = logged(&erasure);
    let erased: ErasureResult<_> =
        store.erase_payload(known, erasure, move |_: LogHead, _| Ok::<_, ()>([note.clone()])).await.expect("erased");
    assert_eq!(erased.appended.head.sequence, known.sequence + 1);
    assert!(erased.is_scrubbed);
    erased.counts
}

/// Six events: Ann's account by Ben and by Ann, and an organization by Ann and Ben.
async fn a_log(database: &TestDatabase) -> Store {
    let store = database.open().await;
    let (one, two) = (r#"{"mail":"ann@secret.example"}"#, r#"{"mail":"lee@secret.example"}"#);
    append(&store, vec![by(BEN, record(Record::User, ANN, None, Some(one)))]).await;
    append(&store, vec![by(ANN, record(Record::User, ANN, Some(one), Some(two)))]).await;
    append(&store, vec![by(ANN, created(Resource::Org, &org(1, "Acme")))]).await;
    append(&store, vec![by(BEN, changed(Resource::Org, &org(1, "Acme"), &org(1, "Ajax")))]).await;
    append(&store, vec![by(ANN, record(Record::User, ANN, Some(two), Some(r#"{"mail":"nobody"}"#)))]).await;
    append(&store, vec![by(BEN, record(Record::Key, 1, None, Some("{}")))]).await;
    is_sound(&store).await;
    store
}

/// Whether a text can be found: with SQL in any table, and on SQLite anywhere in the files.
async fn is_anywhere(database: &TestDatabase, needle: &str) -> bool {
    let like = format!("LIKE '%{needle}%'");
    let sql = format!(
        "SELECT count(*) FROM event WHERE actor {like} OR \"before\" {like} OR \"after\" {like} OR key_id {like} \
         UNION ALL SELECT count(*) FROM record WHERE body {like} UNION ALL SELECT count(*) FROM org WHERE name {like}"
    );
    if database.ask(&sql).await.iter().any(|count| count != "0") {
        return true;
    }
    !database.is_server()
        && ["", "-wal", "-shm"].iter().any(|beside| {
            let bytes = std::fs::read(format!("{}{beside}", database.url)).unwrap_or_default();
            bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
        })
}

fn an_erased_actor_is_gone_and_the_log_holds(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = a_log(&database).await;
        let before = everything(&store).await;
        assert!(is_anywhere(&database, "Annabel").await);
        let counts = erase(&store, &[ANN], &[]).await;
        assert_eq!(counts, ErasureCounts { actors: 3, rows: 0 });
        is_sound(&store).await;
        for gone in ["Annabel", "key5", "192.0.2.5"] {
            assert!(!is_anywhere(&database, gone).await, "{gone}");
        }
        assert!(is_anywhere(&database, "Benjamin").await);
        assert_eq!(everything(&store).await, before);

        // Nobody has to load the rows again.
        let events = store.tail(LogHead::EMPTY, 10).await.expect("the log");
        let silent: Vec<u64> =
            events.iter().filter(|event| event.entry.actor.is_empty()).map(|event| event.sequence).collect();
        assert_eq!((events.len(), silent), (7, vec![2, 3, 5]));
        let by_ann = AuditQuery { person: Some(UserId::new(ANN)), ..AuditQuery::default() };
        assert_eq!(store.audit_log(&by_ann).await.expect("a trail"), []);
        let logged = store.audit_log(&AuditQuery::default()).await.expect("a trail");
        assert!(logged[1].actor.is_none() && logged[1].after.is_some() && !logged[1].is_erased);
        // Doing it again does no harm, and changes nothing.
        let counts = erase(&store, &[ANN], &[]).await;
        assert_eq!(counts, ErasureCounts::default());
        is_sound(&store).await;
    })
}

fn erased_rows_are_gone_and_what_is_there_stays(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = a_log(&database).await;
        let before = everything(&store).await;
        let objects = vec![(EventSubject::Record(Record::User), ANN), (EventSubject::Row(Resource::Org), 1)];
        assert_eq!(erase(&store, &[], &objects).await, ErasureCounts { actors: 0, rows: 5 });
        is_sound(&store).await;
        assert_eq!(everything(&store).await, before);
        assert!(!is_anywhere(&database, "secret.example").await);
        assert!(!is_anywhere(&database, "Acme").await);
        assert!(is_anywhere(&database, "Ajax").await, "the row stays");
        assert!(is_anywhere(&database, "Annabel").await, "who acted stays");

        // A follower that passes what was erased has to load the rows again; one that starts later need not.
        let erased = store.tail(LogHead::EMPTY, 10).await;
        assert!(matches!(erased, Err(StoreError::Reload(ReloadReason::Erased { sequence: 1 }))), "{erased:?}");
        let missed = store.append(LogHead::EMPTY, |_: LogHead, _| Ok::<Vec<LogEntry>, ()>(Vec::new())).await;
        assert!(matches!(missed, Err(AppendError::Store(StoreError::Reload(ReloadReason::Erased { sequence: 1 })))));
        let history = AuditQuery { object: Some(1), ..AuditQuery::default() };
        let logged = store.audit_log(&history).await.expect("a trail");
        let states: Vec<_> =
            logged.iter().map(|logged| (logged.sequence, logged.is_erased, logged.after.is_some())).collect();
        assert_eq!(states, [(3, true, false), (4, true, false), (6, false, true)]);
        assert!(logged.iter().all(|logged| logged.actor.is_some()));

        // The log continues.
        append(&store, vec![by(BEN, changed(Resource::Org, &org(1, "Ajax"), &org(1, "Atlas")))]).await;
        append(&store, vec![by(BEN, record(Record::User, ANN, Some("{}"), None))]).await;
        is_sound(&store).await;
    })
}

fn both_halves_of_an_event_may_be_erased_one_after_the_other(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = a_log(&database).await;
        let objects = vec![(EventSubject::Record(Record::User), ANN)];
        erase(&store, &[ANN], &[]).await;
        is_sound(&store).await;
        erase(&store, &[], &objects).await;
        is_sound(&store).await;
        erase(&store, &[BEN], &objects).await;
        is_sound(&store).await;
        for gone in ["Annabel", "Benjamin", "secret.example"] {
            assert!(!is_anywhere(&database, gone).await, "{gone}");
        }
    })
}

fn what_tells_of_the_erasure_is_not_erased(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = a_log(&database).await;
        let known = store.head().await.expect("a head");
        let erasure = of(&store, &[BEN], &[(EventSubject::Record(Record::Key), 1)]).await;
        let note = logged(&erasure);
        let decide =
            move |_: LogHead, _| Ok::<_, ()>([by(BEN, record(Record::Key, 1, Some("{}"), Some("[]"))), note.clone()]);
        let erased = store.erase_payload(known, erasure, decide).await.expect("erased");
        assert_eq!(erased.counts, ErasureCounts { actors: 3, rows: 1 });
        let events = store.tail(known, 10).await.expect("the log");
        assert_eq!((events.len(), events[1].hash), (2, erased.appended.head.hash));
        assert!(events[0].entry.actor.contains("Benjamin"));
        is_sound(&store).await;
    })
}

fn without_an_event_nothing_is_erased(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = a_log(&database).await;
        let known = store.head().await.expect("a head");
        let erasure = of(&store, &[ANN], &[(EventSubject::Row(Resource::Org), 1)]).await;
        let refused = store
            .erase_payload(known, erasure.clone(), |_: LogHead, _| Err::<Vec<LogEntry>, _>("no"))
            .await
            .map(|_| ());
        assert!(matches!(refused, Err(AppendError::Refused("no"))));
        let silent = |_: LogHead, _| Ok::<Vec<LogEntry>, ()>(Vec::new());
        let erased = store.erase_payload(known, erasure.clone(), silent).await.expect("nothing");
        assert_eq!((erased.counts, erased.appended.head), (ErasureCounts::default(), known));
        // An entry that the database rejects prevents the erasure as well.
        let note = logged(&erasure);
        let wrong = move |_: LogHead, _| Ok::<_, ()>([note.clone(), record(Record::Key, 77, Some("{}"), None)]);
        assert!(store.erase_payload(known, erasure.clone(), wrong).await.is_err());
        // An event that names other events, or none, does not record it; and none can name later ones.
        let mut less = erasure.clone();
        less.rows = [3].into_iter().collect();
        for entry in [logged(&less), by(BEN, record(Record::Key, 1, Some("{}"), Some("[]")))] {
            let silent = move |_: LogHead, _| Ok::<_, ()>([entry.clone()]);
            let refused = store.erase_payload(known, erasure.clone(), silent).await.map(|_| ());
            assert!(matches!(refused, Err(AppendError::Store(StoreError::Unsupported(_)))), "{refused:?}");
        }
        let mut more = erasure.clone();
        more.rows.insert(7);
        let note = logged(&more);
        let early = move |_: LogHead, _| Ok::<_, ()>([note.clone()]);
        let refused = store.erase_payload(known, more, early).await.map(|_| ());
        assert!(matches!(refused, Err(AppendError::Store(StoreError::Unsupported(_)))), "{refused:?}");
        assert_eq!(store.tail(LogHead::EMPTY, 10).await.expect("the log").len(), 6);
        assert!(is_anywhere(&database, "Annabel").await && is_anywhere(&database, "Acme").await);
        is_sound(&store).await;
    })
}

fn a_byte_of_what_is_left_is_still_found(database: Arc<TestDatabase>) -> StoreCheck {
    Box::pin(async move {
        let store = a_log(&database).await;
        let objects = vec![(EventSubject::Row(Resource::Org), 1)];
        erase(&store, &[ANN], &objects).await;
        let zeros = if database.is_server() { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
        let ones = zeros.replace("00", "01").replace("zeroblob(32)", "CAST(hex(zeroblob(16)) AS BLOB)");
        let half_erased = LogFinding::HalfErased { sequence: 3 };
        for (change, expected) in [
            ("actor = '{}'".to_owned(), half_erased.clone()),
            ("person = 5".to_owned(), half_erased.clone()),
            ("key_id = 'key5'".to_owned(), half_erased.clone()),
            ("\"after\" = '{}'".to_owned(), half_erased.clone()),
            (format!("salt = {ones}"), half_erased),
            ("action = 'update'".to_owned(), LogFinding::Hash { sequence: 3 }),
            ("org = NULL".to_owned(), LogFinding::Hash { sequence: 3 }),
        ] {
            database.sql("CREATE TABLE kept AS SELECT * FROM event WHERE sequence = 3").await;
            database.sql(&format!("UPDATE event SET {change} WHERE sequence = 3")).await;
            let findings = store.verify_chain(|_| ()).await.expect("a check");
            assert!(findings.contains(&expected), "{change}: {findings:?}");
            database.sql("DELETE FROM event WHERE sequence = 3").await;
            database.sql("INSERT INTO event SELECT * FROM kept; DROP TABLE kept").await;
        }
        // Null means the same as zeros.
        database.sql("UPDATE event SET salt = NULL WHERE sequence = 3").await;
        is_sound(&store).await;
        database.sql(&format!("UPDATE event SET salt = {zeros} WHERE sequence = 3")).await;
        is_sound(&store).await;
    })
}

/// So many events that pages are split and merged, which leaves pieces of texts in unused space.
#[test]
fn no_page_of_the_file_keeps_what_was_erased() {
    crate::support::on_sqlite(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = database.open().await;
            let notes = |id: u32, round: u32| {
                let text = format!("{}personal-{id}-{round}", "filler ".repeat((id * 37 % 900) as usize));
                row(Resource::Org, id, &[("notes", Value::Text(&text))])
            };
            append(&store, (1..=300).map(|id| by(ANN, created(Resource::Org, &notes(id, 0)))).collect()).await;
            for round in 0..3 {
                for id in (1..=300).filter(|id| id % 3 == round % 3) {
                    let next = row(Resource::Org, id, &[("notes", Value::Text("nothing"))]);
                    append(&store, vec![by(BEN, changed(Resource::Org, &notes(id, 0), &next))]).await;
                }
            }
            assert!(is_anywhere(&database, "personal-").await);
            let objects: Vec<_> = (1..=300).map(|id| (EventSubject::Row(Resource::Org), id)).collect();
            let counts = erase(&store, &[ANN], &objects).await;
            assert_eq!(counts, ErasureCounts { actors: 300, rows: 600 });
            assert!(!is_anywhere(&database, "personal-").await);
            assert!(!is_anywhere(&database, "Annabel").await);
            is_sound(&store).await;
        })
    });
}

/// A reader keeps the state before the erasure, so the file cannot be rewritten until it is opened again.
#[test]
fn a_scrub_that_was_kept_from_ending_is_done_when_the_file_is_opened() {
    crate::support::on_sqlite(|database: Arc<TestDatabase>| -> StoreCheck {
        Box::pin(async move {
            let store = a_log(&database).await;
            let reader = rusqlite::Connection::open(&database.url).expect("the file opens");
            reader.execute_batch("BEGIN; SELECT * FROM event").expect("a reader");
            let known = store.head().await.expect("a head");
            let erasure = of(&store, &[ANN], &[]).await;
            let note = logged(&erasure);
            let decide = move |_: LogHead, _| Ok::<_, ()>([note.clone()]);
            let erased = store.erase_payload(known, erasure, decide).await.expect("erased");
            assert!(!erased.is_scrubbed && erased.counts.actors == 3);
            drop(reader);
            drop(store);
            let store = database.open().await;
            assert!(!is_anywhere(&database, "Annabel").await);
            assert_eq!(store.value("scrub").await.expect("a value"), None);
            is_sound(&store).await;
        })
    });
}
