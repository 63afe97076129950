//! Sites that are notified of logouts.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use peerage_access::records::SigningAlgorithm;
use serde_json::{Value as Json, json};

use crate::server::RegistryPlace;
use crate::sign_in::site::{CLIENT, MAX, RelyingSite, parameter, payload, question};

/// Starts a site's own server: it returns the bodies that it receives, and answers the first as if it were overloaded.
fn listen() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/heard", listener.local_addr().expect("an address"));
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("a connection");
            stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
            let (mut text, mut piece) = (String::new(), [0; 4096]);
            while !is_whole(&text) {
                let read = stream.read(&mut piece).expect("the request is sent");
                text.push_str(&String::from_utf8_lossy(&piece[..read]));
            }
            let status = if number == 0 { "503 Service Unavailable" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("the answer is read");
            if number > 0 && sender.send(text).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .to_ascii_lowercase()
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.lines().next().and_then(|line| line.trim().parse::<usize>().ok()));
    length.is_some_and(|length| body.len() >= length)
}

/// Whether one of the published keys has signed this (RFC 8037).
fn is_signed(site: &RelyingSite, token: &str) -> bool {
    let (body, signature) = token.rsplit_once('.').expect("three parts");
    let bytes = |text: &str| data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url");
    let keys = site.server.get("/.well-known/jwks.json").json()["keys"].as_array().expect("keys").clone();
    let key = keys.iter().find(|key| key["kty"] == "OKP").expect("a key of Ed25519");
    let public = UnparsedPublicKey::new(&ED25519, bytes(key["x"].as_str().expect("a part")));
    public.verify(body.as_bytes(), &bytes(signature)).is_ok()
}

/// Returns the header and claims of the received token.
fn received(site: &RelyingSite, receiver: &Receiver<String>) -> (Json, Json) {
    let text = receiver.recv_timeout(Duration::from_secs(20)).expect("the site is notified");
    assert!(text.starts_with("POST /heard "), "{text}");
    let token = text.split("logout_token=").nth(1).expect("a token");
    assert!(is_signed(site, token), "{token}");
    let head = data_encoding::BASE64URL_NOPAD.decode(token.split('.').next().expect("a head").as_bytes());
    (serde_json::from_slice(&head.expect("base64url")).expect("JSON"), payload(token))
}

fn listening(place: &RegistryPlace) -> (RelyingSite, Receiver<String>) {
    let (address, receiver) = listen();
    let site = RelyingSite::with(place, &["--allow-private", "true"], |client| {
        client.backchannel_uri = Some(address);
        client.signing = SigningAlgorithm::EdDSA;
    });
    (site, receiver)
}

fn sid_of(tokens: &Json) -> Json {
    payload(tokens["id_token"].as_str().expect("an ID token"))["sid"].clone()
}

pub fn a_site_hears_that_somebody_logged_out_and_of_nobody_else(place: &RegistryPlace) {
    let (site, receiver) = listening(place);
    let sid = sid_of(&site.signed_in("openid"));
    assert!(sid.as_str().is_some_and(|sid| sid.len() == 32), "{sid}");
    // Max is logged in but has never been at the site: it is not notified about him.
    let max = site.session(MAX, |_| {});
    let page = site.get("/account/sessions/", &max);
    assert_eq!(site.press(&page, "/logout", &max, "").status, 303);
    let page = site.get("/account/sessions/", &site.ada);
    assert_eq!(site.press(&page, "/logout", &site.ada, "").status, 303);
    let (head, claims) = received(&site, &receiver);
    assert_eq!((&head["typ"], &head["alg"]), (&json!("logout+jwt"), &json!("EdDSA")));
    assert_eq!((&claims["aud"], &claims["sub"], &claims["sid"]), (&json!(CLIENT), &json!("1"), &sid));
    assert_eq!(claims["events"], json!({"http://schemas.openid.net/event/backchannel-logout": {}}));
    assert!(claims.get("nonce").is_none() && claims["jti"].is_string());
    let life = claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(end, begin)| end - begin);
    assert_eq!(life, Some(120));
    assert!(receiver.recv_timeout(Duration::from_millis(300)).is_err(), "once");
}

pub fn a_site_hears_when_what_it_may_know_is_taken_back(place: &RegistryPlace) {
    let (site, receiver) = listening(place);
    let way = site.allow(&question("openid", ""), &site.ada, "");
    let tokens = site.exchange(&parameter(&way, "code").expect("a code")).json();
    site.keeper.settle(&site.server);
    let page = site.get("/oauth2/authorized_tokens/", &site.ada);
    let consent = site.keeper.load().1.consents().next().expect("one").id;
    let answer = site.press(&page, &format!("/oauth2/authorized_tokens/{consent}/delete/"), &site.ada, "");
    assert_eq!(answer.status, 303);
    let (_, claims) = received(&site, &receiver);
    assert_eq!(claims["sid"], sid_of(&tokens));
}
