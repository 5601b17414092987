//! Who is at the other end: the connection's address, or what a trusted proxy says of it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use crate::tls::TlsListener;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Who sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// From where. Nothing where there is no connection.
    pub(crate) address: Option<IpAddr>,
    /// Whether a trusted proxy says that it came by TLS.
    pub(crate) is_by_tls: bool,
}

impl Client {
    /// Of a request: the connection's other end, or, where that is a trusted proxy, whom the proxy names.
    pub(crate) fn of(request: &Request, trusted: &[IpAddr]) -> Self {
        let peer = request
            .extensions()
            .get::<ConnectInfo<Peer>>()
            .map(|ConnectInfo(Peer(address))| address.ip().to_canonical());
        Self::behind(peer, request.headers(), trusted)
    }

    fn behind(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.contains(address);
        if !peer.as_ref().is_some_and(is_trusted) {
            return Self {
                address: peer,
                is_by_tls: false,
            };
        }
        // Each proxy appends whom it heard: the last one who is no trusted proxy is the client. What stands before was
        // sent by the client, and may be anything.
        let mut address = peer;
        for text in words(headers, "x-forwarded-for").rev() {
            let Some(named) = parse(text) else { break };
            address = Some(named);
            if !is_trusted(&named) {
                break;
            }
        }
        let protocol = words(headers, "x-forwarded-proto").next_back();
        Self {
            address,
            is_by_tls: protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("https")),
        }
    }
}

fn words<'headers>(
    headers: &'headers HeaderMap,
    name: &str,
) -> impl DoubleEndedIterator<Item = &'headers str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .into_iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// An address, or one with a port.
fn parse(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::Client;

    fn client(peer: &str, headers: &[(&str, &str)]) -> (String, bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            );
        }
        let trusted: Vec<IpAddr> = ["10.0.0.1", "10.0.0.2"]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        let client = Client::behind(Some(peer.parse().unwrap()), &map, &trusted);
        (client.address.unwrap().to_string(), client.is_by_tls)
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_what_it_has_heard_itself() {
        let forged = [
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(client("8.8.8.8", &forged), ("8.8.8.8".to_owned(), false));
        assert_eq!(client("10.0.0.1", &forged), ("1.1.1.1".to_owned(), true));
        let longer = [
            ("x-forwarded-for", "9.9.9.9, 1.1.1.1"),
            ("x-forwarded-for", "10.0.0.2"),
        ];
        assert_eq!(client("10.0.0.1", &longer), ("1.1.1.1".to_owned(), false));
        let with_port = [
            ("x-forwarded-for", "[2001:db8::7]:4711"),
            ("x-forwarded-proto", "https, http"),
        ];
        assert_eq!(
            client("10.0.0.1", &with_port),
            ("2001:db8::7".to_owned(), false)
        );
        let nonsense = [("x-forwarded-for", "1.1.1.1, who")];
        assert_eq!(
            client("10.0.0.1", &nonsense),
            ("10.0.0.1".to_owned(), false)
        );
        assert_eq!(client("10.0.0.1", &[]), ("10.0.0.1".to_owned(), false));
    }
}
