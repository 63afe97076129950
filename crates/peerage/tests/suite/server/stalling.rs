//! A proxy to a database that can stop forwarding while its connections stay open.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::RegistryPlace;

/// The proxy. A connection that stalled once stays stalled.
pub struct StallingProxy {
    /// The address of the database through the proxy.
    pub database: String,
    server: String,
    port: u16,
    stalls: Arc<AtomicBool>,
}

impl StallingProxy {
    /// Starts a proxy to the database of a registry.
    pub fn before(place: &RegistryPlace) -> StallingProxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = StallingProxy::at(place, listener.local_addr().expect("an address").port());
        proxy.start(listener);
        proxy
    }

    /// Returns a proxy that does not listen yet.
    pub fn away(place: &RegistryPlace) -> StallingProxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        StallingProxy::at(place, listener.local_addr().expect("an address").port())
    }

    fn at(place: &RegistryPlace, port: u16) -> StallingProxy {
        let database = place.database();
        let (scheme, rest) = database.split_once("://").expect("an address");
        let (authority, path) = rest.split_once('/').expect("a database");
        let (user, server) =
            authority.rsplit_once('@').map_or((String::new(), authority), |(user, host)| (format!("{user}@"), host));
        StallingProxy {
            database: format!("{scheme}://{user}127.0.0.1:{port}/{path}"),
            server: server.to_owned(),
            port,
            stalls: Arc::default(),
        }
    }

    /// Begins to listen.
    pub fn come(&self) {
        self.start(TcpListener::bind(("127.0.0.1", self.port)).expect("the port"));
    }

    /// Stops forwarding, or forwards new connections again.
    pub fn stall(&self, stalls: bool) {
        self.stalls.store(stalls, Ordering::Relaxed);
    }

    fn start(&self, listener: TcpListener) {
        let (server, shared) = (self.server.clone(), Arc::clone(&self.stalls));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&server) else { continue };
                let pairs = [(client.try_clone(), server.try_clone()), (Ok(server), Ok(client))];
                let hangs = Arc::new(AtomicBool::new(false));
                for (from, into) in pairs {
                    let (Ok(from), Ok(into)) = (from, into) else { continue };
                    let (stalls, hangs) = (Arc::clone(&shared), Arc::clone(&hangs));
                    std::thread::spawn(move || forward(from, into, &stalls, &hangs));
                }
            }
        });
    }
}

fn forward(mut from: TcpStream, mut into: TcpStream, stalls: &AtomicBool, hangs: &AtomicBool) {
    let mut bytes = vec![0; 65_536];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if stalls.load(Ordering::Relaxed) {
            hangs.store(true, Ordering::Relaxed);
        }
        if !hangs.load(Ordering::Relaxed) && into.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = into.shutdown(std::net::Shutdown::Both);
}
