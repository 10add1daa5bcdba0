//! TLS by certificate files.
//!
//! **Comes in:** two PEM files. **Goes out:** what answers handshakes. They can be read again while the server runs;
//! when that fails, the old ones stay.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use parking_lot::RwLock;
use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use crate::config::TlsFiles;

/// The certificate in use.
pub(crate) struct Tls {
    files: TlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn load(files: TlsFiles) -> Result<Self> {
        let config = RwLock::new(read(&files)?);
        Ok(Self { files, config })
    }

    /// Reads the files again; handshakes from now on see the new certificate.
    pub(crate) fn reload(&self) -> Result<()> {
        let config = read(&self.files)?;
        *self.config.write() = config;
        Ok(())
    }

    /// Answers a handshake.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.config.read().clone().into()
    }
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>> {
    let open = |path: &std::path::Path| {
        File::open(path)
            .map(BufReader::new)
            .with_context(|| format!("opening {}", path.display()))
    };
    let chain: Vec<_> = rustls_pemfile::certs(&mut open(&files.cert)?)
        .collect::<Result<_, _>>()
        .with_context(|| format!("reading {}", files.cert.display()))?;
    if chain.is_empty() {
        bail!("{} holds no certificate", files.cert.display());
    }
    let key = rustls_pemfile::private_key(&mut open(&files.key)?)
        .with_context(|| format!("reading {}", files.key.display()))?
        .with_context(|| format!("{} holds no private key", files.key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("the certificate and its key do not go together")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
