//! The thread `ferry-redis`: makes the link, and makes it again whenever it breaks.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use redis::RedisError;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::Link;
use super::publishing::Publishing;
use super::session::Session;
use crate::engine::id::InstanceId;
use crate::engine::publish::Publisher;

/// Between attempts, doubled with each and jittered, so that servers do not come back all at once.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// What was published before the end goes out within this time.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Serves a link as long as it lives.
#[derive(Debug)]
pub struct Thread {
    link: Arc<Link>,
    handle: Option<JoinHandle<()>>,
    first: Mutex<Receiver<()>>,
}

impl Thread {
    /// Start it with all signals blocked.
    pub fn start(link: Arc<Link>, publisher: Arc<Publisher>) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let (sender, first) = channel();
        let shared = Arc::clone(&link);
        let handle = std::thread::Builder::new().name("ferry-redis".into()).spawn(move || {
            LocalSet::new().block_on(&runtime, serve(shared, publisher, sender));
            // A look-up of a name may hang in the system: nobody waits for it.
            runtime.shutdown_background();
        })?;
        Ok(Self {
            link,
            handle: Some(handle),
            first: Mutex::new(first),
        })
    }

    /// Waits for the first attempt, whose success makes offsets of earlier runs known before the first client comes.
    pub fn wait_for_first(&self, most: Duration) {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        // A server without Redis serves, too.
        let _ = first.recv_timeout(most);
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.link.stop();
        if let Some(handle) = self.handle.take() {
            // A panic has ended the link only, which the counters show.
            let _ = handle.join();
        }
    }
}

/// Until told to stop.
async fn serve(link: Arc<Link>, publisher: Arc<Publisher>, first: Sender<()>) {
    let mut publishing = Publishing::new(Arc::clone(&link));
    let (mut pause, mut away_since, mut told) = (FIRST_PAUSE, Instant::now(), None::<String>);
    while !stops(&link) {
        let opened = tokio::select! {
            opened = Session::open(&link, &publisher) => opened,
            () = stopped(&link, Duration::ZERO) => return,
        };
        let error = match opened {
            Ok(mut session) => {
                let recovered = session.recovered();
                if link.metrics.redis.connects() > 0 {
                    let away = away_since.elapsed().as_secs_f64();
                    say(&format!(
                        "Redis is back after {away:.1} s: {} events of rooms with a history came late, members of {} such rooms \
                         were told that they missed some. What was published to others meanwhile was not delivered",
                        recovered.events, recovered.gaps
                    ));
                } else if told.is_some() {
                    say(&format!("Redis answers at {}", link.options.dsn));
                }
                (pause, told) = (FIRST_PAUSE, None);
                link.metrics.redis.add_connects(1);
                link.set_connected(true);
                let _ = first.send(());
                let ended = tokio::select! {
                    ended = session.run(&mut publishing) => ended,
                    () = stopped(&link, LAST_WORDS) => return end(&link),
                };
                away_since = Instant::now();
                if let Some(history) = &publisher.history {
                    history.lock().joined = Some(HashSet::new());
                }
                end(&link);
                match ended {
                    Ok(()) => return,
                    Err(error) => error,
                }
            }
            Err(error) => {
                let _ = first.send(());
                error
            }
        };
        let text = describe(&error);
        // Once per reason, not once per attempt.
        if told.as_ref() != Some(&text) {
            say(&format!(
                "Redis is away, the server goes on without it and tries again: {} ({text})",
                link.options.dsn
            ));
            told = Some(text);
        }
        tokio::select! {
            () = tokio::time::sleep(jittered(pause)) => {}
            () = stopped(&link, Duration::ZERO) => return,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn end(link: &Link) {
    link.set_connected(false);
}

fn stops(link: &Link) -> bool {
    link.lock().stop
}

/// That long after the link was told to stop.
async fn stopped(link: &Link, grace: Duration) {
    while !stops(link) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(grace).await;
}

/// Between half of it and all of it.
fn jittered(pause: Duration) -> Duration {
    let random = f64::from(InstanceId::random().as_epoch()) / f64::from(u32::MAX);
    pause.mul_f64(0.5 + 0.5 * random)
}

/// Without what Redis or the system adds about the login.
fn describe(error: &RedisError) -> String {
    error
        .code()
        .map_or_else(|| error.to_string(), |code| format!("{code}: {error}"))
}

/// To whoever watches the process. The PHP thread, which has a log, may be busy for long.
pub fn say(text: &str) {
    use std::io::Write;
    // Nobody may listen there.
    let _ = writeln!(std::io::stderr(), "Ferry: {text}.");
}
