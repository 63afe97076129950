//! Tells a client that a person has logged out (`OpenID` Connect Back-Channel Logout 1.0, 2.5).

use std::time::Duration;

use url::Url;

use crate::SettingError;
use crate::http::{GuardedClient, HttpBounds};

/// Maximum size of a response, in bytes. It is not used.
const BODY_BYTES_MAX: usize = 64 << 10;

/// Settings of logout notifications.
#[derive(Debug, Clone)]
pub struct LogoutSettings {
    /// Whether clients with addresses that are not public can be notified ([`crate::guard::is_public`]).
    pub allows_private: bool,
    /// For one client, in total. Default: 5 s.
    pub timeout: Duration,
}

impl Default for LogoutSettings {
    fn default() -> Self {
        Self { allows_private: false, timeout: Duration::from_secs(5) }
    }
}

/// Sends logout tokens. The address is untrusted: only public networks, no redirects.
#[derive(Debug)]
pub struct LogoutClient {
    client: GuardedClient,
    timeout: Duration,
}

/// Why a client was not notified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutError {
    /// Whether another attempt would be useless.
    pub is_final: bool,
    /// In words for operators.
    pub why: String,
}

impl LogoutClient {
    /// # Errors
    /// The system's certificates cannot be used.
    pub fn from_settings(settings: &LogoutSettings) -> Result<Self, SettingError> {
        let bounds = HttpBounds { redirects_max: 0, allows_private: settings.allows_private, ca_file: None };
        Ok(Self { client: GuardedClient::new(&bounds)?, timeout: settings.timeout })
    }

    /// Sends a logout token.
    ///
    /// # Errors
    /// The client does not respond, or not with success. If it rejects the token as invalid (400), do not send it
    /// again.
    pub async fn send(&self, address: &str, token: &str) -> Result<(), LogoutError> {
        let url = Url::parse(address).map_err(|error| LogoutError { is_final: true, why: error.to_string() })?;
        let form = [("logout_token", token)];
        let request = self.client.post(url, &form, BODY_BYTES_MAX);
        let answer = match tokio::time::timeout(self.timeout, request).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(silence)) => return Err(LogoutError { is_final: false, why: silence.to_string() }),
            Err(_) => {
                let why = format!("no answer within {} s", self.timeout.as_secs_f32());
                return Err(LogoutError { is_final: false, why });
            }
        };
        if answer.status.is_success() {
            return Ok(());
        }
        let why = format!("the site answers with status {}", answer.status.as_u16());
        Err(LogoutError { is_final: answer.status.is_client_error(), why })
    }
}
