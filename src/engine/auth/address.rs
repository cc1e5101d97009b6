//! Which client addresses may connect, and which address is the client's behind proxies.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

use super::forwarded;

/// Allowed and denied networks, and the proxies whose headers are believed.
///
/// IPv4-mapped IPv6 addresses and networks count as IPv4 throughout, as a dual-stack socket reports IPv4 clients so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressPolicy {
    allowed: Vec<IpNet>,
    denied: Vec<IpNet>,
    trusted_proxies: Vec<IpNet>,
}

impl AddressPolicy {
    /// An empty `allowed` allows every address that is not denied.
    pub fn new(allowed: Vec<IpNet>, denied: Vec<IpNet>, trusted_proxies: Vec<IpNet>) -> Self {
        let normalise = |networks: Vec<IpNet>| networks.into_iter().map(unmap_network).collect();
        Self {
            allowed: normalise(allowed),
            denied: normalise(denied),
            trusted_proxies: normalise(trusted_proxies),
        }
    }

    /// Whether no address is restricted and no proxy trusted.
    pub fn is_empty(&self) -> bool {
        self.allowed.is_empty() && self.denied.is_empty() && self.trusted_proxies.is_empty()
    }

    /// Whether a client with this address may connect; denied wins over allowed.
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        !contains(&self.denied, address) && (self.allowed.is_empty() || contains(&self.allowed, address))
    }

    /// Whether there is such a proxy.
    pub fn trusts_any(&self) -> bool {
        !self.trusted_proxies.is_empty()
    }

    /// Whether this peer is a proxy whose headers are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        contains(&self.trusted_proxies, peer.to_canonical())
    }

    /// The client's address, with IPv4-mapped ones as IPv4.
    ///
    /// Headers count only when the peer is a trusted proxy. They are read from the nearest hop on, past trusted proxies,
    /// to the first address that is not trusted: what stands further left is the client's own claim. Anything that is not
    /// an address (`unknown`, an obfuscated name, garbage) ends the walk at the last address reached, at worst the peer's.
    ///
    /// `Forwarded` and `X-Forwarded-For` must agree when both are there, else the peer's address stands: most proxies
    /// write one of the two and pass the other on as the client sent it, and nothing tells which.
    pub fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !contains(&self.trusted_proxies, peer) {
            return peer;
        }
        let forwarded = forwarded::forwarded(headers).map(|hops| self.walk(peer, hops));
        let x_forwarded_for = forwarded::x_forwarded_for(headers).map(|hops| self.walk(peer, hops));
        match (forwarded, x_forwarded_for) {
            (Some(one), Some(other)) if one != other => peer,
            (Some(address), _) | (None, Some(address)) => address,
            (None, None) => peer,
        }
    }

    fn walk(&self, peer: IpAddr, hops: impl Iterator<Item = forwarded::Hop>) -> IpAddr {
        let mut last = peer;
        for hop in hops {
            let Some(address) = hop else { break };
            last = address.to_canonical();
            if !contains(&self.trusted_proxies, last) {
                break;
            }
        }
        last
    }
}

/// A CIDR network, or a bare address as the network that holds it alone; `None` for anything else.
pub fn parse_network(text: &str) -> Option<IpNet> {
    let network = text
        .parse::<IpNet>()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Some(unmap_network(network))
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

fn unmap_network(network: IpNet) -> IpNet {
    if let IpNet::V6(v6) = network
        && let (Some(v4), Some(prefix)) = (v6.addr().to_ipv4_mapped(), v6.prefix_len().checked_sub(96))
        && let Ok(mapped) = Ipv4Net::new(v4, prefix)
    {
        return IpNet::V4(mapped).trunc();
    }
    network.trunc()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn networks(list: &[&str]) -> Vec<IpNet> {
        list.iter().map(|text| parse_network(text).unwrap()).collect()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_bytes(value.as_bytes()).unwrap(),
                )
            })
            .collect()
    }

    fn client(trusted: &[&str], peer: &str, lines: &[(&'static str, &str)]) -> String {
        let policy = AddressPolicy::new(vec![], vec![], networks(trusted));
        policy.client_address(ip(peer), &headers(lines)).to_string()
    }

    #[test]
    fn networks_are_cidr_or_bare_addresses() {
        let shown = |text| parse_network(text).map(|network| network.to_string());
        assert_eq!(shown("10.0.0.0/8"), Some("10.0.0.0/8".into()));
        assert_eq!(shown("10.1.2.3/8"), Some("10.0.0.0/8".into()));
        assert_eq!(shown("192.0.2.1"), Some("192.0.2.1/32".into()));
        assert_eq!(shown("2001:db8::1"), Some("2001:db8::1/128".into()));
        assert_eq!(shown("::ffff:10.0.0.0/104"), Some("10.0.0.0/8".into()));
        assert_eq!(shown("::ffff:192.0.2.1"), Some("192.0.2.1/32".into()));
        assert_eq!(shown("::ffff:0:0/90"), Some("::ffc0:0:0/90".into()));
        for broken in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "localhost",
            "10.0.0.1:80",
            "fe80::1%eth0",
            "10.0.0.0/-1",
        ] {
            assert_eq!(shown(broken), None, "{broken}");
        }
    }

    #[test]
    fn denied_wins_over_allowed() {
        let policy = AddressPolicy::new(
            networks(&["10.0.0.0/8", "2001:db8::/32"]),
            networks(&["10.9.0.0/16"]),
            vec![],
        );
        assert!(policy.permits(ip("10.1.1.1")));
        assert!(policy.permits(ip("::ffff:10.1.1.1")));
        assert!(policy.permits(ip("2001:db8::5")));
        assert!(!policy.permits(ip("10.9.1.1")));
        assert!(!policy.permits(ip("::ffff:10.9.1.1")));
        assert!(!policy.permits(ip("192.0.2.1")));
        assert!(!policy.permits(ip("::1")));
    }

    #[test]
    fn without_lists_every_address_is_permitted() {
        assert!(AddressPolicy::default().permits(ip("192.0.2.1")));
        let policy = AddressPolicy::new(vec![], networks(&["192.0.2.1"]), vec![]);
        assert!(policy.permits(ip("192.0.2.2")));
        assert!(!policy.permits(ip("192.0.2.1")));
    }

    #[test]
    fn headers_of_an_untrusted_peer_are_ignored() {
        let lines = [("forwarded", "for=1.2.3.4"), ("x-forwarded-for", "1.2.3.4")];
        assert_eq!(client(&[], "192.0.2.1", &lines), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], "::ffff:192.0.2.1", &lines), "192.0.2.1");
    }

    #[test]
    fn the_walk_stops_at_the_first_untrusted_address() {
        let trusted = ["10.0.0.0/8"];
        for (value, expected) in [
            ("1.2.3.4", "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4", "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4:5678, [::ffff:10.0.0.2]:9", "1.2.3.4"),
            ("2001:db8::1", "2001:db8::1"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
            ("6.6.6.6, rubbish", "10.0.0.1"),
            ("6.6.6.6,", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(
                client(&trusted, "10.0.0.1", &[("x-forwarded-for", value)]),
                expected,
                "{value}"
            );
        }
        assert_eq!(
            client(&trusted, "::ffff:10.0.0.1", &[("x-forwarded-for", "1.2.3.4")]),
            "1.2.3.4"
        );
        assert_eq!(client(&trusted, "10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn several_lines_are_one_list() {
        let lines = [
            ("x-forwarded-for", "6.6.6.6, 1.2.3.4"),
            ("x-forwarded-for", "10.0.0.3"),
            ("x-forwarded-for", "10.0.0.2"),
        ];
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &lines), "1.2.3.4");
        let lines = [
            ("forwarded", "for=\"broken"),
            ("forwarded", "for=1.2.3.4"),
            ("forwarded", "for=10.0.0.2"),
        ];
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &lines), "1.2.3.4");
    }

    #[test]
    fn forwarded_is_read_like_x_forwarded_for() {
        for (value, expected) in [
            ("for=1.2.3.4;proto=https", "1.2.3.4"),
            ("for=6.6.6.6, for=\"[2001:db8::1]:80\", for=10.0.0.2", "2001:db8::1"),
            ("for=1.2.3.4, for=_hidden, for=10.0.0.2", "10.0.0.2"),
            ("for=\"6.6.6.6, for=1.2.3.4", "10.0.0.1"),
        ] {
            assert_eq!(
                client(&["10.0.0.0/8"], "10.0.0.1", &[("forwarded", value)]),
                expected,
                "{value}"
            );
        }
    }

    /// nginx appends to X-Forwarded-For and passes a client's Forwarded through.
    #[test]
    fn a_smuggled_second_header_is_not_believed() {
        let smuggled = [("forwarded", "for=127.0.0.1"), ("x-forwarded-for", "1.2.3.4")];
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &smuggled), "10.0.0.1");
        let agreeing = [("forwarded", "for=1.2.3.4"), ("x-forwarded-for", "6.6.6.6, 1.2.3.4")];
        assert_eq!(client(&["10.0.0.0/8"], "10.0.0.1", &agreeing), "1.2.3.4");
    }

    #[test]
    fn bytes_that_are_not_text_end_the_walk() {
        let mut map = headers(&[("x-forwarded-for", "1.2.3.4")]);
        map.append("x-forwarded-for", HeaderValue::from_bytes(b"\xff").unwrap());
        let policy = AddressPolicy::new(vec![], vec![], networks(&["10.0.0.1"]));
        assert_eq!(policy.client_address(ip("10.0.0.1"), &map), ip("10.0.0.1"));
    }
}
