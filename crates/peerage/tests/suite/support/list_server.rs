//! A web server with the member list of an exchange.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

/// An exchange's web server with its list.
pub struct ListServer {
    pub url: String,
    list: Arc<Mutex<String>>,
}

impl ListServer {
    pub fn start() -> ListServer {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/members.json", listener.local_addr().expect("an address"));
        let list = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&list);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let body = shared.lock().expect("no panic").clone();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
                let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
            }
        });
        ListServer { url, list }
    }

    pub fn says(&self, text: impl Into<String>) {
        *self.list.lock().expect("no panic") = text.into();
    }

    /// A list with these ports: AS number, last part of the address, speed.
    pub fn lists(&self, ports: &[(u32, &str, u32)]) {
        let member = |(asn, address, speed): &(u32, &str, u32)| {
            json!({"asnum": asn, "connection_list": [{"ixp_id": 1, "state": "active",
                "if_list": [{"if_speed": speed}],
                "vlan_list": [{"vlan_id": 7, "ipv4": {"address": address, "routeserver": true}}]}]})
        };
        let members: Vec<Json> = ports.iter().map(member).collect();
        self.says(
            json!({"version": "1.0", "timestamp": "2026-01-01T00:00:00Z", "ixp_list": [], "member_list": members})
                .to_string(),
        );
    }
}
