//! How many connections there may be, in all and per address, and how fast they may come.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::config::Config;
use super::metrics::{Metrics, Refusal};
use super::rate::{Bucket, now};

/// Addresses whose handshakes are counted within a second. So many different ones are an attack, and more of them are
/// refused.
const MAX_ADDRESSES: usize = 65_536;
/// After so long without a handshake an address owes nothing, in nanoseconds: at its rate's slowest one handshake a second.
const FORGIVEN_AFTER: u64 = 1_000_000_000;

/// What counts as one client: an IPv6 address stands for its /64 network, of which one client can have all addresses.
fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Counts connections from accept to end, handshakes included. Shared by the I/O threads.
#[derive(Debug)]
pub struct ConnectionLimits {
    max: usize,
    max_per_address: Option<usize>,
    per_address: Mutex<HashMap<IpAddr, usize>>,
    handshakes: Option<u64>,
    handshakes_per_address: Option<u64>,
    rates: Mutex<HandshakeRates>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct HandshakeRates {
    all: Bucket,
    per_address: AddressRates,
}

/// The buckets of those who shook hands lately, in two generations: the older one is forgotten as a whole, so no handshake
/// waits for a search through all.
#[derive(Debug, Default)]
struct AddressRates {
    young: HashMap<IpAddr, Bucket>,
    old: HashMap<IpAddr, Bucket>,
    /// When `young` began.
    since: u64,
}

impl AddressRates {
    fn take(&mut self, now: u64, address: IpAddr, rate: u64) -> bool {
        if now.saturating_sub(self.since) >= FORGIVEN_AFTER {
            // What is in `old` is at least as old as `young` was.
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
        let known = self.young.get(&address).or_else(|| self.old.get(&address)).copied();
        if known.is_none() && self.young.len() >= MAX_ADDRESSES {
            return false;
        }
        let mut bucket = known.unwrap_or_default();
        let passes = bucket.take(now, 1, rate);
        if passes {
            self.young.insert(address, bucket);
        }
        passes
    }
}

/// A place among the connections, given back on drop.
#[derive(Debug)]
pub struct ConnectionPermit {
    limits: Arc<ConnectionLimits>,
    address: Option<IpAddr>,
}

impl ConnectionLimits {
    pub fn new(config: &Config, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            max: config.max_connections,
            max_per_address: config.max_connections_per_ip,
            per_address: Mutex::default(),
            handshakes: config.rates.handshakes,
            handshakes_per_address: config.rates.handshakes_per_ip,
            rates: Mutex::default(),
            metrics,
        })
    }

    /// Takes a place, without an address yet: behind a proxy the client's address stands in the request.
    pub fn enter(self: &Arc<Self>) -> Result<ConnectionPermit, Refusal> {
        // Counted first, so that two threads cannot both take the last place.
        if self.metrics.connections.fetch_add(1, Ordering::Relaxed) >= self.max {
            self.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            return Err(Refusal::TooManyConnections);
        }
        Ok(ConnectionPermit {
            limits: Arc::clone(self),
            address: None,
        })
    }
}

impl ConnectionPermit {
    /// Counts a handshake. One that its address' rate refuses does not count for the others.
    pub fn begin_handshake(&self, address: Option<IpAddr>) -> Result<(), Refusal> {
        let limits = &*self.limits;
        if limits.handshakes.is_none() && limits.handshakes_per_address.is_none() {
            return Ok(());
        }
        let now = now();
        let mut rates = limits.rates.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Some(rate), Some(address)) = (limits.handshakes_per_address, address)
            && !rates.per_address.take(now, origin(address), rate)
        {
            return Err(Refusal::HandshakeRatePerAddress);
        }
        match limits.handshakes {
            Some(rate) if !rates.all.take(now, 1, rate) => Err(Refusal::HandshakeRate),
            _ => Ok(()),
        }
    }

    /// Counts the connection for its address, in place of an earlier one.
    pub fn set_address(&mut self, address: IpAddr) -> Result<(), Refusal> {
        if self.address == Some(address) {
            return Ok(());
        }
        self.release_address();
        let Some(max) = self.limits.max_per_address else {
            self.address = Some(address);
            return Ok(());
        };
        let mut counts = self.limits.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(origin(address)).or_default();
        if *count >= max {
            return Err(Refusal::TooManyPerAddress);
        }
        *count += 1;
        self.address = Some(address);
        Ok(())
    }

    /// The client's; `None`: it came over a Unix socket, or has not said it yet.
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    fn release_address(&mut self) {
        let Some(address) = self.address.take() else { return };
        if self.limits.max_per_address.is_none() {
            return;
        }
        let mut counts = self.limits.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        let origin = origin(address);
        if let Some(count) = counts.get_mut(&origin) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&origin);
            }
        }
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.release_address();
        self.limits.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn v6(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_of_64_bits_is_one_client() {
        let config = Config {
            max_connections_per_ip: Some(1),
            ..Config::default()
        };
        let limits = ConnectionLimits::new(&config, Arc::default());
        let (mut a, mut b) = (limits.enter().unwrap(), limits.enter().unwrap());
        a.set_address(v6("2001:db8:1:2::1")).unwrap();
        assert_eq!(
            b.set_address(v6("2001:db8:1:2:ffff:ffff:ffff:ffff")),
            Err(Refusal::TooManyPerAddress)
        );
        b.set_address(v6("2001:db8:1:3::1")).unwrap();
        assert_eq!(a.address(), Some(v6("2001:db8:1:2::1")), "as it was told");
        // An IPv4 address that came over an IPv6 socket is the same client, and no network.
        a.set_address(v6("::ffff:192.0.2.1")).unwrap();
        assert_eq!(b.set_address(v6("192.0.2.1")), Err(Refusal::TooManyPerAddress));
        b.set_address(v6("::ffff:192.0.2.2")).unwrap();
        drop((a, b));
        assert!(limits.per_address.lock().unwrap().is_empty());
    }

    #[test]
    fn handshakes_count_by_network_too() {
        let mut config = Config::default();
        config.rates.handshakes_per_ip = Some(1);
        let limits = ConnectionLimits::new(&config, Arc::default());
        let permit = limits.enter().unwrap();
        assert_eq!(permit.begin_handshake(Some(v6("2001:db8::1"))), Ok(()));
        assert_eq!(
            permit.begin_handshake(Some(v6("2001:db8::2"))),
            Err(Refusal::HandshakeRatePerAddress)
        );
        assert_eq!(permit.begin_handshake(Some(v6("2001:db8:0:1::2"))), Ok(()));
    }

    #[test]
    fn a_crowd_of_addresses_is_bounded_and_forgotten_and_those_known_pass() {
        let (mut rates, start) = (AddressRates::default(), 5 * FORGIVEN_AFTER);
        let address = |n: usize| IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(n).unwrap()));
        assert!((0..MAX_ADDRESSES).all(|n| rates.take(start, address(n), 2)));
        assert!(!rates.take(start, address(MAX_ADDRESSES), 2));
        assert!(rates.take(start, address(7), 2) && !rates.take(start, address(7), 2));
        // What was owed is still owed in the next generation.
        let later = start + FORGIVEN_AFTER;
        assert!(rates.take(start + FORGIVEN_AFTER - 1, address(8), 2));
        assert!(rates.take(later, address(8), 2) && !rates.take(later, address(8), 2));
        assert!(rates.take(later, address(MAX_ADDRESSES), 2));
        assert_eq!((rates.young.len(), rates.old.len()), (2, MAX_ADDRESSES));
        assert!(rates.take(later + FORGIVEN_AFTER, address(1), 2));
        assert_eq!((rates.young.len(), rates.old.len()), (1, 2));
    }

    #[test]
    fn places_are_given_back() {
        let config = Config {
            max_connections: 2,
            max_connections_per_ip: Some(1),
            ..Config::default()
        };
        let limits = ConnectionLimits::new(&config, Arc::default());
        let (mut a, b) = (limits.enter().unwrap(), limits.enter().unwrap());
        assert_eq!(limits.enter().unwrap_err(), Refusal::TooManyConnections);
        drop(b);
        let mut c = limits.enter().unwrap();
        let home = IpAddr::from([127, 0, 0, 1]);
        a.set_address(home).unwrap();
        a.set_address(home).unwrap();
        assert_eq!(c.set_address(home), Err(Refusal::TooManyPerAddress));
        drop(a);
        c.set_address(home).unwrap();
        drop(c);
        assert!(limits.per_address.lock().unwrap().is_empty());
    }
}
