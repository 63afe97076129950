//! A node whose database hangs, is busy or is away, and a node under load: callers are told in time.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::server::fixture::{NETS, ServerFixture};
use crate::server::stalling::StallingProxy;
use crate::server::{RegistryPlace, TestResponse, TestServer, call, eventually, peerage};

/// No request waits longer than this for the database.
const LONGEST: Duration = Duration::from_secs(5);

/// The command that serves a fixture's registry from another address of its database.
fn command_at(fixture: &ServerFixture, database: &str, listen: &str) -> Command {
    let mut command = peerage();
    command
        .args(["serve", "--listen", listen, "--database", database, "--rdap", "off", "--log-level", "error"])
        .args(["--writes-per-minute", "0", "--writes-per-minute-per-org", "0", "--requests-per-second", "0"])
        .arg("--server-key-file")
        .arg(fixture.folder.path().join("server.key"));
    command
}

fn put(address: &str, key: &str, net: u32, notes: &str) -> TestResponse {
    let name = format!("Net {net}");
    let body =
        json!({"org_id": 1, "name": name, "asn": 63_000 + net, "website": "https://net.example", "notes": notes});
    call(address, key, "PUT", &format!("/api/net/{net}"), &body).expect("a connection")
}

/// Writes in many threads while `trouble` lasts. Returns the acknowledged texts by network.
fn write_through(address: &str, key: &str, trouble: impl FnOnce()) -> Vec<(u32, String)> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (1..=20_u32)
            .map(|net| {
                let stop = &stop;
                scope.spawn(move || {
                    let mut acknowledged = None;
                    for round in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let (notes, begun) = (format!("{net} {round}"), Instant::now());
                        let answer = put(address, key, net, &notes);
                        let waited = begun.elapsed();
                        assert!(waited < LONGEST, "{net}: {waited:?} {}", answer.status);
                        match answer.status {
                            200 => acknowledged = Some(notes),
                            503 => assert!(answer.header("retry-after").is_some(), "{}", answer.error()),
                            504 => acknowledged = None,
                            other => panic!("{other}: {}", answer.error()),
                        }
                        std::thread::sleep(Duration::from_millis(50));
                    }
                    acknowledged.map(|notes| (net, notes))
                })
            })
            .collect();
        trouble();
        stop.store(true, Ordering::Relaxed);
        writers.into_iter().filter_map(|writer| writer.join().expect("a writer")).collect()
    })
}

#[test]
fn writes_to_a_database_that_hangs_are_answered_in_time_and_none_is_lost() {
    let fixture = ServerFixture::new(RegistryPlace::postgres());
    let proxy = StallingProxy::before(&fixture.place);
    let server = TestServer::run(command_at(&fixture, &proxy.database, "127.0.0.1:0"));
    let acknowledged = write_through(&server.address, &fixture.key, || {
        for _ in 0..2 {
            std::thread::sleep(Duration::from_secs(1));
            proxy.stall(true);
            std::thread::sleep(Duration::from_secs(7));
            proxy.stall(false);
            let begun = Instant::now();
            while put(&server.address, &fixture.key, NETS, "probe").status != 200 {
                assert!(begun.elapsed() < LONGEST, "the node does not recover");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });
    assert!(acknowledged.len() > 10, "{acknowledged:?}");
    for (net, notes) in acknowledged {
        assert_eq!(server.get(&format!("/api/net/{net}")).rows()[0]["notes"], notes);
    }
    fixture.check();
}

/// Holds what an import of another process holds, for some seconds.
pub fn hold_the_log(place: &RegistryPlace, lasting: Duration) {
    match place {
        RegistryPlace::File(_) => {
            let connection = rusqlite::Connection::open(place.database()).expect("the file opens");
            connection.execute_batch("BEGIN IMMEDIATE").expect("the lock");
            std::thread::sleep(lasting);
            connection.execute_batch("ROLLBACK").expect("it ends");
        }
        RegistryPlace::Postgres { .. } => {
            let statements = format!(
                "BEGIN; SELECT FROM head FOR UPDATE; SELECT pg_advisory_xact_lock_shared(1885693298); \
                 SELECT pg_sleep({}); ROLLBACK",
                lasting.as_secs()
            );
            let done =
                Command::new("psql").args([&place.database(), "-qc", &statements]).stdout(Stdio::null()).status();
            assert!(done.expect("psql runs").success());
        }
    }
}

fn check_beside_an_import(place: RegistryPlace) {
    let fixture = ServerFixture::new(place);
    let server = fixture.serve(&[]);
    let acknowledged = write_through(&server.address, &fixture.key, || {
        std::thread::sleep(Duration::from_millis(500));
        hold_the_log(&fixture.place, Duration::from_secs(9));
        std::thread::sleep(Duration::from_secs(1));
    });
    assert_eq!(acknowledged.len(), 20, "every writer goes on: {acknowledged:?}");
    fixture.check();
}

#[test]
fn writes_beside_an_import_are_answered_in_time_on_sqlite() {
    check_beside_an_import(RegistryPlace::sqlite());
}

#[test]
fn writes_beside_an_import_are_answered_in_time_on_postgres() {
    check_beside_an_import(RegistryPlace::postgres());
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

fn get(address: &str, path: &str) -> TestResponse {
    crate::server::send(address, "GET", path, &[], b"").unwrap_or(TestResponse {
        status: 0,
        headers: Vec::new(),
        body: Vec::new(),
    })
}

fn text(answer: &TestResponse) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[test]
fn a_node_starts_while_its_database_is_away_and_says_so() {
    let fixture = ServerFixture::new(RegistryPlace::postgres());
    let proxy = StallingProxy::away(&fixture.place);
    let [address, admin] = [(); 2].map(|()| format!("127.0.0.1:{}", free_port()));
    let start = || {
        let mut command = command_at(&fixture, &proxy.database, &address);
        command.args(["--admin-listen", &admin]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
    };
    let mut child = start();
    eventually("it answers", || get(&address, "/healthz").status == 200);
    let ready = get(&address, "/readyz");
    assert_eq!(ready.status, 503);
    assert!(text(&ready).starts_with("not ready\nstarting: "), "{}", text(&ready));
    assert_eq!((get(&admin, "/healthz").status, get(&admin, "/readyz").status), (200, 503), "probes of their own");
    eventually("it says why", || text(&get(&address, "/readyz")).contains("refused"));
    let refused = get(&address, "/api/net/1");
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
    assert!(refused.error().contains("waits for its database"), "{}", refused.error());
    let told = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    let begun = Instant::now();
    assert!(told.success() && child.wait().expect("it ends").success());
    assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    let mut child = start();
    eventually("it answers", || get(&address, "/healthz").status == 200);
    proxy.come();
    eventually("it becomes ready", || get(&address, "/readyz").status == 200);
    eventually("so do its probes", || get(&admin, "/readyz").status == 200);
    assert_eq!(put(&address, &fixture.key, 1, "started late").status, 200);
    let told = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    assert!(told.success() && child.wait().expect("it ends").success());
}

#[test]
fn a_database_that_refuses_the_password_or_is_not_there_ends_the_program() {
    let place = RegistryPlace::postgres();
    let database = place.database().replace("/http_", "/missing_");
    let output = peerage().args(["serve", "--listen", "127.0.0.1:0", "--database", &database]).output();
    let output = output.expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("does not exist"), "{said}");
}

#[test]
fn probes_and_metrics_can_have_a_listener_of_their_own() {
    let place = RegistryPlace::sqlite();
    let admin = format!("127.0.0.1:{}", free_port());
    let server = TestServer::start(&place, &["--admin-listen", &admin]);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(&admin, path).status, 200, "{path}");
    }
    assert!(text(&get(&admin, "/metrics")).contains("peerage_database_age_seconds "));
    assert_eq!(get(&admin, "/readyz").header("peerage-data-age"), Some("0"));
    assert_eq!(server.get("/metrics").status, 404, "the metrics are not public");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    for path in ["/api/net", "/", "/metrics/x"] {
        assert_eq!(get(&admin, path).status, 404, "{path}");
    }
    let refused = crate::server::send(&admin, "POST", "/metrics", &[], b"{}").expect("an answer");
    assert_eq!(refused.status, 405);
}

/// Alerts and dashboards name metrics that exist, whatever else changes.
#[test]
fn every_metric_of_the_alerts_and_the_dashboard_is_there() {
    let place = RegistryPlace::postgres();
    let server = TestServer::start(&place, &[]);
    assert_eq!(call(&server.address, "wrong", "GET", "/api/net", &Json::Null).expect("an answer").status, 401);
    let metrics = text(&server.get("/metrics"));
    let mut checked = 0;
    for file in ["prometheus/peerage.rules.yml", "grafana/peerage.json"] {
        let path = format!("{}/../../contrib/{file}", env!("CARGO_MANIFEST_DIR"));
        let named = std::fs::read_to_string(&path).expect("the file");
        let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        for (at, _) in named.match_indices("peerage_") {
            let name: String = named[at..].chars().take_while(|letter| is_part(*letter)).collect();
            let family = ["_total", "_bucket", "_info"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
            assert!(metrics.contains(&format!("# TYPE {family} ")), "{file}: {name}");
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
    for line in [
        "peerage_credentials_total{kind=\"key\",outcome=\"refused\"} 1",
        "peerage_changes_failed_total{reason=\"busy\"} 0",
        "peerage_queue_length{queue=\"changes\"} 0",
        "peerage_log_lag_events 0",
    ] {
        assert!(metrics.lines().any(|known| known == line), "{line}: {metrics}");
    }
    let number = |name: &str| {
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse::<f64>().ok());
        value.unwrap_or_else(|| panic!("{name}: {metrics}"))
    };
    assert!(number("peerage_process_resident_memory_bytes") > 1e6);
    assert!(number("peerage_clock_skew_seconds").abs() < 1.0);
}

/// Sends bytes as they are.
fn raw(server: &TestServer, request: &str) -> TestResponse {
    let mut stream = TcpStream::connect(&server.address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    TestResponse::read(&bytes)
}

#[test]
fn requests_that_others_could_read_differently_are_refused() {
    let place = RegistryPlace::sqlite();
    let server = TestServer::start(&place, &[]);
    let json = "Content-Type: application/json\r\nConnection: close\r\n";
    for (head, expected) in [
        ("GET /api/net HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(), 200),
        ("GET /api/net HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(), 400),
        ("GET /api/net HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n".to_owned(), 400),
        ("GET /healthz HTTP/1.0\r\n\r\n".to_owned(), 200),
        (format!("POST /api/net HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n{json}\r\n0\r\n\r\n"), 501),
        (
            format!(
                "POST /api/net HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n{json}\r\n{{}}"
            ),
            415,
        ),
        (
            format!(
                "POST /api/net HTTP/1.1\r\nHost: a\r\nContent-Encoding: identity\r\nContent-Length: 2\r\n{json}\r\n{{}}"
            ),
            401,
        ),
    ] {
        let answer = raw(&server, &head);
        assert_eq!(answer.status, expected, "{head}: {}", answer.error());
        if expected == 415 {
            assert_eq!(answer.header("accept-encoding"), Some("identity"));
        }
    }
}

/// After a clean stop, the next start sends mails at once and does not wait for the lease of the stopped node.
#[test]
fn a_restart_does_not_delay_mails() {
    for place in [RegistryPlace::sqlite(), RegistryPlace::postgres()] {
        let fixture = ServerFixture::new(place);
        let mails = fixture.folder.path().join("mails");
        let way = format!("file:{}", mails.display());
        let count = || crate::support::mail_folder::mails_in(&mails).len();
        for round in 0..3 {
            let mut server = fixture.serve(&["--mail", &way, "--mails-per-minute", "0"]);
            let (before, begun) = (count(), Instant::now());
            let body = json!({"name": format!("key {round}"), "email": format!("noc{round}@org.example"), "grants": {"net": 15}});
            let session = fixture.open_session(1);
            eventually("the session is known", || {
                call(&server.address, &session, "GET", "/api/net/1", &Json::Null)
                    .is_ok_and(|answer| answer.status == 200)
            });
            let made = call(&server.address, &session, "POST", "/api/org/1/keys", &body).expect("a connection");
            assert!(matches!(made.status, 200 | 201), "{}: {}", made.status, made.error());
            eventually("a mail is sent", || count() > before);
            assert!(begun.elapsed() < Duration::from_secs(15), "{round}: {:?}", begun.elapsed());
            let told = Command::new("kill").arg(server.pid().to_string()).status().expect("kill runs");
            assert!(told.success() && server.wait_for(Duration::from_secs(20)).expect("it ends").success());
        }
    }
}
