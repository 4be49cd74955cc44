//! Which proxies are believed.

use std::net::IpAddr;

use ipnet::IpNet;

/// The addresses of the proxies whose word on a request's origin counts; nobody's, unless it is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Reads addresses and networks: `10.0.0.5`, `10.0.0.0/8`, `fd00::/8`. The error is the entry that is neither.
    pub fn parse(entries: &[String]) -> Result<Self, String> {
        let network = |entry: &String| {
            let text = entry.trim();
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| entry.clone())
        };
        entries.iter().map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an address is that of such a proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(entries: &[&str]) -> Result<TrustedProxies, String> {
        TrustedProxies::parse(&entries.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn addresses_and_networks_are_understood() {
        let trusted = parse(&["10.0.0.0/8", "192.0.2.7", "fd00::/8"]).unwrap();
        for (address, is_trusted) in [
            ("10.200.1.1", true),
            ("::ffff:10.1.1.1", true),
            ("11.0.0.1", false),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("fd12::1", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(trusted.contains(address.parse().unwrap()), is_trusted, "{address}");
        }
        assert!(!TrustedProxies::default().contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_neither_is_named() {
        for wrong in ["proxy.example.com", "10.0.0.0/33", "", "10.0.0.1:80"] {
            assert_eq!(parse(&["10.0.0.1", wrong]), Err(wrong.to_owned()));
        }
    }
}
