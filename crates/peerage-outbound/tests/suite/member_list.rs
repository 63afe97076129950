//! Member lists from untrusted servers.

use std::time::Duration;

use peerage_outbound::{MemberListSettings, MemberLists};
use peerage_registry::rules::MemberList;

use crate::http_double::{DoubleReply, HttpDouble};

const LIST: &str = r#"{"version":"1.0","ixp_list":[],"member_list":[
    {"asnum":64511,"connection_list":[]},{"asnum":64500},{"asnum":64501},{"asnum":64500}]}"#;

fn lists() -> MemberLists {
    let timeout = Duration::from_secs(20);
    MemberLists::from_settings(&MemberListSettings { allows_private: true, timeout, ..Default::default() }).unwrap()
}

async fn check(reply: impl Fn(&str) -> DoubleReply + Send + Sync + 'static, expected: &str) {
    let double = HttpDouble::start(reply).await;
    let found = lists().fetch(&format!("{}/list.json", double.base())).await;
    assert_eq!(found, MemberList::Failed(expected.to_owned()));
}

#[tokio::test]
async fn members_are_read_once_and_in_order() {
    let double = HttpDouble::start(|_| DoubleReply::json(200, LIST)).await;
    let found = lists().fetch(&format!(" {}/ixf?x=1 ", double.base())).await;
    assert_eq!(found, MemberList::Members(vec![64500, 64501, 64511]));
    assert_eq!(double.paths(), ["/ixf?x=1"]);
}

#[tokio::test]
async fn a_packed_list_is_unpacked() {
    // gzip of `{"member_list":[{"asnum":64500}]}`, uncompressed.
    let plain = br#"{"member_list":[{"asnum":64500}]}"#;
    let double =
        HttpDouble::start(move |_| DoubleReply::Body(200, "Content-Encoding: gzip\r\n".to_owned(), gzip_stored(plain)))
            .await;
    assert_eq!(lists().fetch(&double.base()).await, MemberList::Members(vec![64500]));
}

/// A gzip member with one stored block (RFC 1951, 3.2.4; RFC 1952).
fn gzip_stored(plain: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    let length = u16::try_from(plain.len()).unwrap();
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(plain);
    packed.extend(crc32(plain).to_le_bytes());
    packed.extend(u32::from(length).to_le_bytes());
    packed
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

#[tokio::test]
async fn a_list_that_has_not_changed_is_not_sent_again() {
    let version = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(1));
    let current = std::sync::Arc::clone(&version);
    let double = HttpDouble::with_heads(move |head| {
        let number = current.load(std::sync::atomic::Ordering::Relaxed);
        let tag = format!("\"v{number}\"");
        match number {
            _ if head.contains(&format!("if-none-match: {tag}")) => DoubleReply::Body(304, String::new(), Vec::new()),
            3 => DoubleReply::json(503, ""),
            _ => DoubleReply::Body(200, format!("ETag: {tag}\r\n"), format!("list {number}").into_bytes()),
        }
    })
    .await;
    let (lists, address) = (lists(), double.base());
    let asked = || double.heads().iter().filter(|head| head.contains("if-none-match")).count();
    let fetched = |text: &str| Ok(text.as_bytes().to_vec());
    assert_eq!(lists.fetch_file(&address).await, fetched("list 1"));
    assert_eq!((lists.fetch_file(&address).await, asked()), (fetched("list 1"), 1));
    version.store(2, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(lists.fetch_file(&address).await, fetched("list 2"));
    // After a failure the list is fetched whole.
    version.store(3, std::sync::atomic::Ordering::Relaxed);
    assert!(lists.fetch_file(&address).await.is_err());
    version.store(2, std::sync::atomic::Ordering::Relaxed);
    assert_eq!((lists.fetch_file(&address).await, asked()), (fetched("list 2"), 3));
    assert_eq!(lists.fetch_file(&format!("{address}/other")).await, fetched("list 2"));
    assert_eq!(asked(), 3, "another address has a version of its own");
}

#[tokio::test]
async fn who_answers_that_nothing_changed_without_being_asked_has_no_list() {
    check(|_| DoubleReply::Body(304, String::new(), Vec::new()), "the server answers with status 304").await;
}

#[tokio::test]
async fn what_is_no_list_is_told_in_plain_words() {
    check(|_| DoubleReply::html(200), "the answer is not JSON (line 1, column 1)").await;
    check(|_| DoubleReply::json(200, "{}"), "the answer is not a member list of the Euro-IX schema (line 1, column 2)")
        .await;
    check(|_| DoubleReply::json(503, LIST), "the server answers with status 503").await;
    check(|_| DoubleReply::json(404, LIST), "the server answers with status 404").await;
    check(|_| DoubleReply::Closed, "the connection broke, or the answer is not HTTP").await;
}

#[tokio::test]
async fn an_endless_list_is_cut_off() {
    check(|_| DoubleReply::Endless, "the list is larger than 10 MiB").await;
    check(|_| DoubleReply::json(200, " ".repeat((10 << 20) + 1)), "the list is larger than 10 MiB").await;
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let double = HttpDouble::start(|_| DoubleReply::Silent).await;
    let settings =
        MemberListSettings { allows_private: true, timeout: Duration::from_millis(300), ..Default::default() };
    let found = MemberLists::from_settings(&settings).unwrap().fetch(&double.base()).await;
    assert_eq!(found, MemberList::Failed("no answer within 0.3 s".to_owned()));
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let double = HttpDouble::start(|path| match path {
        "/3" => DoubleReply::redirect("/2"),
        "/2" => DoubleReply::redirect("/1"),
        "/1" => DoubleReply::redirect("/list"),
        "/4" => DoubleReply::redirect("/3"),
        _ => DoubleReply::json(200, LIST),
    })
    .await;
    let found = lists().fetch(&format!("{}/3", double.base())).await;
    assert_eq!(found, MemberList::Members(vec![64500, 64501, 64511]));
    let found = lists().fetch(&format!("{}/4", double.base())).await;
    assert_eq!(found, MemberList::Failed("redirected more than 3 times".to_owned()));
    assert!(double.heads().iter().all(|head| !head.to_lowercase().contains("referer")));
}

#[tokio::test]
async fn a_redirect_to_another_scheme_is_not_followed() {
    check(|_| DoubleReply::redirect("ftp://127.0.0.1/x"), "only http and https addresses are fetched").await;
    check(|_| DoubleReply::redirect("file:///etc/passwd"), "the server answers with status 302").await;
}

#[tokio::test]
async fn what_is_not_public_is_never_asked() {
    let double = HttpDouble::start(|_| DoubleReply::json(200, LIST)).await;
    let port = double.address.port();
    let guarded = MemberLists::from_settings(&MemberListSettings::default()).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        let found = guarded.fetch(&format!("http://{host}:{port}/")).await;
        let MemberList::Failed(reason) = found else { panic!("{host}") };
        // A name that cannot be resolved is not connected to either.
        let expected =
            ["the address leads to a network that is not public", "the name is not known to the domain name system"];
        assert!(expected.contains(&reason.as_str()), "{host}: {reason}");
    }
    assert_eq!(double.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn other_addresses_are_refused_with_a_reason() {
    let guarded = lists();
    for (address, reason) in [
        ("ftp://example.net/list.json", "only http and https addresses are fetched"),
        ("file:///etc/passwd", "only http and https addresses are fetched"),
        ("list.json", "the address is not a URL: relative URL without a base"),
        ("", "the address is not a URL: relative URL without a base"),
    ] {
        assert_eq!(guarded.fetch(address).await, MemberList::Failed(reason.to_owned()), "{address}");
    }
    // Nothing listens on port 1.
    let found = guarded.fetch("http://127.0.0.1:1/").await;
    assert_eq!(found, MemberList::Failed("the server cannot be reached".to_owned()));
}
