//! TLS without a proxy: a listener whose handshakes run beside each other, so that a client that is slow, or says nothing,
//! holds nobody else up.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate in the file.
    #[error(
        "tls: the certificate's file holds no certificate as PEM; give the chain, the server's own first"
    )]
    Certificate,
    /// No private key in the file.
    #[error("tls: the key's file holds no private key as PEM")]
    Key,
    /// They do not fit together.
    #[error("tls: certificate and key cannot be used together ({0})")]
    Pair(#[from] rustls::Error),
}

/// A certificate with its key, ready to be served.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

/// It has no state to show.
impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls")
    }
}

impl Tls {
    /// Takes a certificate chain and its private key, both as PEM. TLS 1.2 and 1.3 are spoken.
    ///
    /// # Errors
    /// They are none, or do not fit together.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<Vec<_>, _>>()
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// Time for a handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes at a time: further connections wait in the operating system's queue.
const HANDSHAKES: usize = 512;

/// Time after which accepting is tried again where there are no file descriptors left.
const RETRY: Duration = Duration::from_millis(200);

/// Gives connections whose handshake is done.
pub(crate) struct TlsListener {
    done: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Begins to accept.
    pub(crate) fn new(listener: TcpListener, tls: Tls) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, done) = mpsc::channel(64);
        tokio::spawn(accept(listener, tls.0, sender));
        Ok(Self { done, address })
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            // The server has stopped: the socket is closed with this task.
            () = done.closed() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            tokio::time::sleep(RETRY).await;
            continue;
        };
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            // Whoever speaks no TLS, or takes too long, is hung up on.
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                let _ = done.send((stream, peer)).await;
            }
            drop(place);
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.done.recv().await {
            Some(connection) => connection,
            // The accepting task ends only after this listener.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
