//! Where a request comes from and which host it was sent to.
//!
//! Anybody can write `X-Forwarded-For` into a request. It counts only from a peer that the installation has named as
//! its proxy, and so do `X-Forwarded-Host` and `Forwarded` (RFC 7239). Where both kinds are sent, the `X-` ones
//! alone count: proxies that write one kind pass the other one through as the client has sent it. Nothing here asks
//! for the scheme, so `X-Forwarded-Proto` only tells which kind it is.

use std::net::{IpAddr, SocketAddr};

use actix_web::{
    HttpRequest,
    http::{header, uri::Authority},
    web,
};
use app::{App, TrustedProxies};
use domain::text;

const FORWARDED_FOR: &str = "X-Forwarded-For";
const FORWARDED_HOST: &str = "X-Forwarded-Host";
const FORWARDED_PROTO: &str = "X-Forwarded-Proto";

/// The caller's address: the last one on the way here that is not one of our own proxies.
pub(crate) fn address(request: &HttpRequest) -> Option<IpAddr> {
    address_behind(request, proxies(request))
}

/// The host name that the request was sent to, without its port.
pub(crate) fn host(request: &HttpRequest) -> Option<String> {
    host_behind(request, proxies(request))
}

fn proxies(request: &HttpRequest) -> Option<&TrustedProxies> {
    request.app_data::<web::Data<App>>().map(|app| &app.config().trusted_proxies)
}

fn address_behind(request: &HttpRequest, trusted: Option<&TrustedProxies>) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip().to_canonical();
    let Some(trusted) = trusted.filter(|trusted| trusted.contains(peer)) else { return Some(peer) };
    let hops = told(request, FORWARDED_FOR, "for");
    let mut address = peer;
    for hop in hops.iter().rev() {
        // What cannot be read hides whatever stands before it, which may be made up.
        let Some(hop) = parse_address(hop) else { break };
        address = hop;
        if !trusted.contains(hop) {
            break;
        }
    }
    Some(address)
}

fn host_behind(request: &HttpRequest, trusted: Option<&TrustedProxies>) -> Option<String> {
    let is_from_proxy =
        request.peer_addr().zip(trusted).is_some_and(|(peer, trusted)| trusted.contains(peer.ip()));
    // A proxy that finds a value adds its own behind it.
    let told = is_from_proxy.then(|| told(request, FORWARDED_HOST, "host").pop()).flatten();
    let host = told.filter(|host| !host.is_empty()).or_else(|| {
        // The address of the request line, where it is a whole one, counts before the header (RFC 9112, section 3.2.2).
        let authority = request.uri().authority().map(Authority::as_str);
        let header = || request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
        authority.or_else(header).map(str::to_owned)
    })?;
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    text::host(name).ok()
}

/// What proxies have told, in the order of the way here: in a header of its own, or as a parameter of `Forwarded`.
fn told(request: &HttpRequest, own: &str, parameter: &str) -> Vec<String> {
    let has_own_kind = [FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    if has_own_kind { values(request, own) } else { forwarded(request, parameter) }
}

/// The values of a header that is a list, over all its lines.
fn values(request: &HttpRequest, name: &str) -> Vec<String> {
    let lines = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|value| value.trim().to_owned()).collect()
}

/// One parameter of each element of `Forwarded`.
fn forwarded(request: &HttpRequest, parameter: &str) -> Vec<String> {
    let named = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case(parameter).then(|| value.trim().trim_matches('"').to_owned())
    };
    // An element without it says nothing, which is not the same as not being there.
    let element = |element: String| element.split(';').find_map(named).unwrap_or_default();
    values(request, "Forwarded").into_iter().map(element).collect()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    /// A request of a peer, with headers, to an installation behind 10.0.0.0/8.
    fn origin(peer: &str, headers: &[(&'static str, &'static str)]) -> (String, String) {
        let trusted = TrustedProxies::parse(&["10.0.0.0/8".to_owned()]).unwrap();
        let peer = SocketAddr::new(peer.parse().unwrap(), 40_000);
        let mut request =
            TestRequest::default().peer_addr(peer).insert_header(("Host", "real.example.com:8080"));
        for header in headers {
            request = request.append_header(*header);
        }
        let request = request.to_http_request();
        let address = address_behind(&request, Some(&trusted)).unwrap().to_string();
        (address, host_behind(&request, Some(&trusted)).unwrap_or_default())
    }

    fn address(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        origin(peer, headers).0
    }

    fn host(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        origin(peer, headers).1
    }

    #[test]
    fn strangers_are_not_believed() {
        for headers in [
            [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Host", "evil.example.com")],
            [("Forwarded", "for=1.2.3.4;host=evil.example.com"), ("X-Real-Ip", "1.2.3.4")],
        ] {
            assert_eq!(origin("192.0.2.1", &headers), ("192.0.2.1".into(), "real.example.com".into()));
        }
        let request = TestRequest::default()
            .peer_addr(([10, 0, 0, 1], 1).into())
            .insert_header(("X-Forwarded-For", "1.2.3.4"))
            .to_http_request();
        let nobody = TrustedProxies::default();
        assert_eq!(address_behind(&request, Some(&nobody)).unwrap().to_string(), "10.0.0.1");
        assert_eq!(address_behind(&request, None).unwrap().to_string(), "10.0.0.1");
    }

    #[test]
    fn a_proxy_tells_the_address() {
        let told = |value| address("10.0.0.1", &[("X-Forwarded-For", value)]);
        assert_eq!(told("192.0.2.1"), "192.0.2.1");
        assert_eq!(told("192.0.2.1:1234"), "192.0.2.1");
        assert_eq!(told("2001:db8::1"), "2001:db8::1");
        assert_eq!(told("[2001:db8::1]:80"), "2001:db8::1");
        assert_eq!(told("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(told("6.6.6.6, 192.0.2.1"), "192.0.2.1", "what the client has written itself");
        assert_eq!(told("6.6.6.6, 192.0.2.1, 10.0.0.2"), "192.0.2.1", "over two proxies");
        assert_eq!(told("10.0.0.3, 10.0.0.2"), "10.0.0.3", "from inside");
        assert_eq!(told("6.6.6.6, unknown"), "10.0.0.1");
        assert_eq!(told(""), "10.0.0.1");
        let lines = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "192.0.2.1")];
        assert_eq!(address("10.0.0.1", &lines), "192.0.2.1");
        assert_eq!(address("::ffff:10.0.0.1", &lines), "192.0.2.1");
    }

    #[test]
    fn a_proxy_tells_the_host() {
        let told = |value| host("10.0.0.1", &[("X-Forwarded-Host", value)]);
        assert_eq!(told("Portal.Example.com:443"), "portal.example.com");
        assert_eq!(told("evil.example.com, portal.example.com"), "portal.example.com");
        assert_eq!(host("10.0.0.1", &[]), "real.example.com");
        assert_eq!(told("no host"), "");
    }

    #[test]
    fn the_standard_header_is_understood() {
        let told = |value| origin("10.0.0.1", &[("Forwarded", value)]);
        let is = |address: &str, host: &str| (address.to_owned(), host.to_owned());
        assert_eq!(
            told(r#"for=6.6.6.6, For="[2001:db8::1]:47";Proto=https;Host="portal.example.com:443""#),
            is("2001:db8::1", "portal.example.com")
        );
        assert_eq!(told("for=6.6.6.6, for=_hidden"), is("10.0.0.1", "real.example.com"));
        assert_eq!(told("for=6.6.6.6, proto=https"), is("10.0.0.1", "real.example.com"));
        // The proxy writes the other kind and lets this one through.
        let both = [("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=6.6.6.6;host=evil.example.com")];
        assert_eq!(origin("10.0.0.1", &both), is("192.0.2.1", "real.example.com"));
    }
}
