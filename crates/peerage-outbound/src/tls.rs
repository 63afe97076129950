//! Trusted certificates.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::SettingError;

/// The certificates in a PEM file, and no others; without a file, those that the system trusts.
///
/// A system without trusted certificates is not an error, since an operator may use unencrypted connections only. It is
/// logged.
pub(crate) fn roots(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, SettingError> {
    let Some(file) = file else {
        let found = rustls_native_certs::load_native_certs().certs;
        if found.is_empty() {
            tracing::warn!("the system has no trusted certificates; encrypted outgoing connections will fail");
        }
        return Ok(found);
    };
    let unreadable = |why: String| SettingError::Certificates { file: file.to_owned(), why };
    let found = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(error.to_string()))?;
    if found.is_empty() { Err(unreadable("there is no certificate in it".to_owned())) } else { Ok(found) }
}

/// The TLS configuration: versions 1.2 and 1.3.
pub(crate) fn config(file: Option<&Path>) -> Result<ClientConfig, SettingError> {
    let mut store = RootCertStore::empty();
    let (_, unfit) = store.add_parsable_certificates(roots(file)?);
    if let Some(file) = file
        && unfit > 0
    {
        let why = format!("{unfit} of its certificates cannot be used");
        return Err(SettingError::Certificates { file: file.to_owned(), why });
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| SettingError::Client(error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(config)
}
