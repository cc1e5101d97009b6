//! How many connections there may be, in all and per address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::metrics::{Metrics, Refusal};

/// Counts connections from accept to end, handshakes included. Shared by the I/O threads.
#[derive(Debug)]
pub struct ConnectionLimits {
    max: usize,
    max_per_address: Option<usize>,
    per_address: Mutex<HashMap<IpAddr, usize>>,
    metrics: Arc<Metrics>,
}

/// A place among the connections, given back on drop.
#[derive(Debug)]
pub struct ConnectionPermit {
    limits: Arc<ConnectionLimits>,
    address: Option<IpAddr>,
}

impl ConnectionLimits {
    pub fn new(max: usize, max_per_address: Option<usize>, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_per_address,
            per_address: Mutex::default(),
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
    /// Counts the connection for its address, in place of an earlier one.
    pub fn set_address(&mut self, address: IpAddr) -> Result<(), Refusal> {
        let Some(max) = self.limits.max_per_address else {
            return Ok(());
        };
        if self.address == Some(address) {
            return Ok(());
        }
        self.release_address();
        let mut counts = self.limits.per_address.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_default();
        if *count >= max {
            return Err(Refusal::TooManyPerAddress);
        }
        *count += 1;
        self.address = Some(address);
        Ok(())
    }

    fn release_address(&mut self) {
        let Some(address) = self.address.take() else { return };
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
        let limits = ConnectionLimits::new(2, Some(1), Arc::default());
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
