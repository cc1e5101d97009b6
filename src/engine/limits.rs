//! How many connections there may be, in all and per address, and how fast they may come.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::config::Config;
use super::metrics::{Metrics, Refusal};
use super::rate::{Bucket, now};

/// Addresses whose handshakes are counted at a time. One is forgotten a second after its last handshake, so this many
/// different addresses within a second are an attack, and more of them are refused.
const MAX_ADDRESSES: usize = 65_536;

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
    per_address: HashMap<IpAddr, Bucket>,
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
        if let (Some(rate), Some(address)) = (limits.handshakes_per_address, address) {
            if rates.per_address.len() >= MAX_ADDRESSES && !rates.per_address.contains_key(&address) {
                rates.per_address.retain(|_, bucket| !bucket.is_full(now));
                if rates.per_address.len() >= MAX_ADDRESSES {
                    return Err(Refusal::HandshakeRatePerAddress);
                }
            }
            if !rates.per_address.entry(address).or_default().take(now, 1, rate) {
                return Err(Refusal::HandshakeRatePerAddress);
            }
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
        let count = counts.entry(address).or_default();
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
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
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
    use super::*;

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
