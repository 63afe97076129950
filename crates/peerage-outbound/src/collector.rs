//! Sends traces to the collector that the operator names. Its address may be private, because the operator chose it.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use tokio::runtime::Handle;
use url::Url;

use crate::SettingError;
use crate::http::{GuardedClient, HttpBounds};

/// Maximum size of a response, in bytes. A collector only says how many spans it has refused.
const BODY_BYTES_MAX: usize = 64 << 10;

/// A client for the thread that sends traces. Requests run on the server's threads.
#[derive(Debug)]
pub struct CollectorClient {
    client: Arc<GuardedClient>,
    runtime: Handle,
    timeout: Duration,
}

impl CollectorClient {
    /// Makes a client that runs its requests on this runtime. Redirects are refused: requests can have a password.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub fn new(runtime: Handle, ca_file: Option<&Path>, timeout: Duration) -> Result<Self, SettingError> {
        let bounds = HttpBounds { redirects_max: 0, allows_private: true, ca_file };
        Ok(Self { client: Arc::new(GuardedClient::new(&bounds)?), runtime, timeout })
    }
}

impl HttpClient for CollectorClient {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let (client, limit) = (Arc::clone(&self.client), self.timeout);
        // The timer needs the runtime, which the thread of this caller does not have.
        let sent = self.runtime.spawn(async move { tokio::time::timeout(limit, send(client, request)).await });
        Box::pin(async move {
            match sent.await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(_)) => Err(format!("no answer within {} s", limit.as_secs_f32()).into()),
                Err(_) => Err("the server is stopping".into()),
            }
        })
    }
}

/// The error does not repeat the address, which can contain a password.
async fn send(client: Arc<GuardedClient>, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string()).map_err(|error| error.to_string())?;
    let answer =
        client.post_bytes(url, parts.headers, body, BODY_BYTES_MAX).await.map_err(|failure| failure.to_string())?;
    let mut response = Response::new(Bytes::from(answer.body));
    *response.status_mut() = answer.status;
    Ok(response)
}
