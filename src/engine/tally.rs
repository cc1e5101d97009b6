//! How many connections something reached, summed over the I/O threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

/// The counts of a batch, one per message. Complete when the last [`Count`] is dropped, whether its command ran or was
/// lost with its thread: nobody waits for ever.
#[derive(Debug)]
pub struct Tally {
    counts: Box<[AtomicUsize]>,
    done: Option<oneshot::Sender<Vec<usize>>>,
}

impl Tally {
    pub fn new(messages: usize) -> (Arc<Self>, oneshot::Receiver<Vec<usize>>) {
        let (sender, receiver) = oneshot::channel();
        let tally = Self {
            counts: (0..messages).map(|_| AtomicUsize::new(0)).collect(),
            done: Some(sender),
        };
        (Arc::new(tally), receiver)
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        let counts = self.counts.iter().map(|c| c.load(Ordering::Relaxed)).collect();
        if let Some(done) = self.done.take() {
            // Nobody asks any more: the client of the control endpoint is gone.
            let _ = done.send(counts);
        }
    }
}

/// Where one command adds what it reached.
#[derive(Clone, Debug)]
pub struct Count {
    tally: Arc<Tally>,
    message: usize,
}

impl Count {
    /// `message` is the number of the message in its batch.
    pub fn new(tally: &Arc<Tally>, message: usize) -> Self {
        Self {
            tally: Arc::clone(tally),
            message,
        }
    }

    pub fn add(&self, reached: usize) {
        if let Some(count) = self.tally.counts.get(self.message) {
            count.fetch_add(reached, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_complete_when_its_last_count_is_gone() {
        let (tally, mut done) = Tally::new(2);
        let counts: Vec<Count> = [0, 1, 1].map(|m| Count::new(&tally, m)).into();
        drop(tally);
        for (count, reached) in counts.iter().zip([3, 4, 5]) {
            count.add(reached);
        }
        assert!(done.try_recv().is_err(), "the commands are not gone yet");
        drop(counts);
        assert_eq!(done.try_recv(), Ok(vec![3, 9]));
    }
}
