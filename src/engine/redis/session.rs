//! One life of the link: two connections that work.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{MultiplexedConnection, PubSub, PubSubSink};
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ErrorKind, IntoConnectionInfo, RedisConnectionInfo, RedisError,
    RedisResult, cmd,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::dsn::Address;
use super::envelope::{self, Request};
use super::publishing::{Publishing, SCRIPT};
use super::stream::{self, Place};
use super::{Link, id_of, number_of};
use crate::engine::control::{Action, MAX_PUBLISH_BYTES, Reason, Refused, connections};
use crate::engine::history::History;
use crate::engine::id::InstanceId;
use crate::engine::mailbox::Command;
use crate::engine::publish::{Message, Publisher};

const PRIME: &str = include_str!("prime.lua");
/// A connection that is dead without anybody having said so is noticed in this time and `redis.timeout`.
const PING: Duration = Duration::from_secs(10);
/// What has come and is not delivered yet; above it the link is made anew, and what was missed is read from the streams.
const MAX_WAITING: usize = 64 << 20;
/// Streams that are read at a time.
const MAX_LOADS: usize = 16;
/// Nobody reads an answer later.
const ANSWER_SECONDS: u64 = 60;

type Sending = Pin<Box<dyn Future<Output = Vec<RedisResult<()>>>>>;

/// What came late.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recovered {
    pub events: usize,
    pub gaps: usize,
}

pub struct Session {
    link: Arc<Link>,
    publisher: Arc<Publisher>,
    commands: MultiplexedConnection,
    subscription: PubSubSink,
    messages: mpsc::UnboundedReceiver<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    reader: JoinHandle<()>,
    script: String,
    recovered: Recovered,
    /// Who waits for what this server has published to come back.
    echoes: HashMap<u64, oneshot::Sender<Vec<usize>>>,
    /// Answers and streams on their way.
    tasks: JoinSet<()>,
    loads: usize,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Session {
    /// Connects, subscribes, and catches up with what was missed.
    pub async fn open(link: &Arc<Link>, publisher: &Arc<Publisher>) -> RedisResult<Self> {
        let wait = link.options.timeout;
        let client = client(link)?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(wait))
            .set_response_timeout(Some(wait));
        let mut commands = client.get_multiplexed_async_connection_with_config(&config).await?;
        // Before the subscription: where this fails, nobody would end the task that reads it.
        let script = cmd("SCRIPT").arg("LOAD").arg(SCRIPT).query_async(&mut commands).await?;
        let channel = format!("{}:events", link.options.prefix);
        let subscribing = async {
            let mut subscription: PubSub = client.get_async_pubsub().await?;
            subscription.subscribe(&channel).await?;
            RedisResult::Ok(subscription)
        };
        let (subscription, mut stream) = timeout(wait, subscribing).await.map_err(|_| silent())??.split();
        let (sender, messages) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        // Read at once: the driver's own queue has no bound.
        let reader = tokio::task::spawn_local({
            let waiting = Arc::clone(&waiting);
            async move {
                while let Some(message) = stream.next().await {
                    let payload = message.get_payload_bytes().to_vec();
                    if waiting.fetch_add(payload.len(), Ordering::Relaxed) > MAX_WAITING
                        || sender.send(payload).is_err()
                    {
                        return;
                    }
                }
            }
        });
        let mut session = Self {
            script,
            link: Arc::clone(link),
            publisher: Arc::clone(publisher),
            commands,
            subscription,
            messages,
            waiting,
            reader,
            recovered: Recovered::default(),
            echoes: HashMap::new(),
            tasks: JoinSet::new(),
            loads: 0,
        };
        session.prime().await?;
        Ok(session)
    }

    pub fn recovered(&self) -> Recovered {
        self.recovered
    }

    /// Until the link breaks, or has nothing more to send after it was told to stop.
    pub async fn run(&mut self, publishing: &mut Publishing) -> RedisResult<()> {
        let link = Arc::clone(&self.link);
        let mut pings = interval(PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sending: Option<Sending> = None;
        loop {
            if sending.is_none() && publishing.take(|turn, answer| drop(self.echoes.insert(turn, answer))) {
                sending = Some(Box::pin(publishing.send(&self.commands, &self.script)));
            }
            self.load_rooms();
            if sending.is_none() && link.lock().stop && publishing.is_empty() {
                return Ok(());
            }
            tokio::select! {
                message = self.messages.recv() => match message {
                    Some(payload) => {
                        self.waiting.fetch_sub(payload.len(), Ordering::Relaxed);
                        self.receive(&payload).await;
                    }
                    None => return Err(self.broken()),
                },
                results = async { match &mut sending { Some(sending) => sending.await, None => std::future::pending().await } } => {
                    sending = None;
                    publishing.settle(results)?;
                }
                () = link.bell.notified() => {}
                Some(_) = self.tasks.join_next() => self.loads = self.loads.min(self.tasks.len()),
                _ = pings.tick() => {
                    let wait = link.options.timeout;
                    timeout(wait, self.subscription.ping::<redis::Value>()).await.map_err(|_| silent())??;
                    cmd("PING").query_async::<redis::Value>(&mut self.commands).await?;
                }
            }
        }
    }

    fn broken(&self) -> RedisError {
        if self.waiting.load(Ordering::Relaxed) > MAX_WAITING {
            return RedisError::from((ErrorKind::Io, "more came than could be delivered"));
        }
        RedisError::from((ErrorKind::Io, "the subscription has ended"))
    }

    /// Says what rooms keep, learns where their histories stand, and delivers what was missed.
    async fn prime(&mut self) -> RedisResult<()> {
        let options = &self.link.options;
        let Some(history) = self.publisher.history.clone() else {
            // The limits are for publishers.
            return self.ask_prime("", 0, 0).await.map(drop);
        };
        let head = history.lock().head();
        let rules = rules(&history, options.expire);
        let (epoch, last) = self.ask_prime(&rules, history.epoch(), head).await?;
        if epoch == history.epoch() && last > head {
            return self.catch_up(&history, head, last).await;
        }
        let rooms = &mut *history.lock();
        if epoch != history.epoch() {
            history.reset(rooms, epoch, last);
            self.tell_gap(None, last);
        }
        rooms.joined = None;
        Ok(())
    }

    async fn ask_prime(&mut self, rules: &str, epoch: u32, head: u64) -> RedisResult<(u32, u64)> {
        let options = &self.link.options;
        let (epoch, last): (u32, String) = cmd("EVAL")
            .arg(PRIME)
            .arg(1)
            .arg(&options.prefix)
            .arg(rules)
            .arg(epoch)
            .arg(id_of(head))
            .arg(InstanceId::random().as_epoch())
            .arg(options.max_messages)
            .arg(options.max_body_bytes)
            .query_async(&mut self.commands)
            .await?;
        Ok((epoch, number_of(&last).unwrap_or(0)))
    }

    /// Reads from the streams of rooms with members what came after `head`, and delivers it in order. Nothing live is
    /// delivered before: it waits in the subscription.
    async fn catch_up(&mut self, history: &History, head: u64, last: u64) -> RedisResult<()> {
        let asked = self
            .publisher
            .ask(|state| state.late.names().cloned().collect::<Vec<_>>())
            .await;
        let mut names: HashSet<Arc<str>> = asked.into_iter().flatten().collect();
        let (mut seen, mut gone, mut missed) = (HashSet::new(), Vec::new(), Vec::new());
        let mut left = history.options().total_bytes;
        loop {
            for room in names.drain() {
                let place = self.place(history, &room);
                match stream::after(&mut self.commands, &place, history, head, left).await? {
                    Some(mut events) => {
                        // What came since stands in the subscription, in the order of all rooms.
                        events.retain(|one| one.number <= last);
                        left = left.saturating_sub(events.iter().map(|one| one.frame.len()).sum());
                        missed.extend(events.into_iter().map(|one| (one, Arc::clone(&room))));
                    }
                    None => gone.push(Arc::clone(&room)),
                }
                seen.insert(room);
            }
            let rooms = &mut *history.lock();
            names = rooms
                .joined
                .iter()
                .flatten()
                .filter(|room| !seen.contains(*room))
                .cloned()
                .collect();
            if !names.is_empty() {
                continue;
            }
            missed.sort_unstable_by_key(|(one, _)| one.number);
            for (one, room) in &missed {
                let frame = |_: Option<&str>| one.frame.clone();
                self.publisher.send_numbered(rooms, room, one.number, frame, &[], None);
            }
            history.advance(rooms, last, &seen);
            for room in &gone {
                history.forget_before(rooms, room, last);
            }
            if !gone.is_empty() {
                self.tell_gap(Some(&gone), last);
            }
            rooms.joined = None;
            break;
        }
        self.recovered = Recovered {
            events: missed.len(),
            gaps: gone.len(),
        };
        self.link.metrics.redis.add_recovered(missed.len() as u64);
        self.link.metrics.redis.add_gaps(gone.len() as u64);
        self.publisher.mailboxes.iter().for_each(|m| m.hand_over());
        Ok(())
    }

    fn tell_gap(&self, rooms: Option<&[Arc<str>]>, at: u64) {
        for mailbox in &self.publisher.mailboxes {
            mailbox.post_now(Command::Gap {
                rooms: rooms.map(Into::into),
                at,
            });
        }
    }

    fn place(&self, history: &History, room: &Arc<str>) -> Place {
        let age = history.rule(room).and_then(|rule| rule.age);
        Place {
            key: format!("{}:room:{room}", self.link.options.prefix),
            room: Arc::clone(room),
            expire: expire(age, self.link.options.expire),
        }
    }

    /// Starts to read the streams that were asked for.
    fn load_rooms(&mut self) {
        let Some(history) = self.publisher.history.clone() else {
            return;
        };
        while self.loads < MAX_LOADS {
            let Some(room) = self.link.lock().rooms.pop_front() else {
                return;
            };
            let place = self.place(&history, &room);
            let (mut commands, link, history) = (self.commands.clone(), Arc::clone(&self.link), Arc::clone(&history));
            self.loads += 1;
            self.tasks.spawn_local(async move {
                let (epoch, head) = (history.epoch(), history.lock().head());
                // What cannot be had is a gap.
                if let Ok(record) = stream::newest(&mut commands, &place, &history, head).await {
                    history.prepend(&room, epoch, record);
                }
                link.say_loaded(&room);
            });
        }
    }

    /// One request, from whoever it comes. It is checked as a whole before anything of it is done.
    async fn receive(&mut self, payload: &[u8]) {
        let link = Arc::clone(&self.link);
        let options = &link.options;
        link.metrics.redis.add_received(1);
        let (request, action) = envelope::read(payload, &options.prefix, options.max_body_bytes, options.max_messages);
        let action = action.and_then(check);
        match action {
            Ok(Action::Publish { messages }) => {
                self.wait_for_room().await;
                let reached = self.publisher.deliver(&messages, &request.numbers);
                let echo = (request.source == link.source)
                    .then(|| self.echoes.remove(&request.turn))
                    .flatten();
                let (publisher, commands) = (Arc::clone(&self.publisher), self.commands.clone());
                self.tasks.spawn_local(async move {
                    let reached = reached.await.unwrap_or_default();
                    publisher.count_delivered(&reached);
                    let sum: usize = reached.iter().sum();
                    if let Some(reply) = request.reply {
                        answer(
                            commands,
                            &reply,
                            serde_json::json!({"delivered": sum, "messages": reached}),
                        )
                        .await;
                    }
                    if let Some(echo) = echo {
                        // Its client may be gone.
                        let _ = echo.send(reached);
                    }
                });
            }
            // It was done where it was asked for.
            Ok(Action::Disconnect { .. }) if request.source == link.source => {}
            Ok(Action::Disconnect { user, code, reason }) => self.answer(request.reply, move |publisher| async move {
                serde_json::json!({"disconnected": publisher.disconnect(&user, code, &reason).await})
            }),
            Ok(Action::Connections { room, limit }) => self.answer(request.reply, move |publisher| async move {
                connections(&publisher, room, limit).await
            }),
            Ok(Action::Status) => {}
            Err(refused) => {
                link.metrics.redis.refuse(refused.reason);
                self.forget(&request);
                self.answer(request.reply, move |_| async move {
                    serde_json::json!({"problem": refused.problem()})
                });
            }
        }
    }

    /// Does something and says to the list what came of it.
    fn answer<F: Future<Output = serde_json::Value> + 'static>(
        &mut self,
        reply: Option<String>,
        act: impl FnOnce(Arc<Publisher>) -> F + 'static,
    ) {
        let (publisher, commands) = (Arc::clone(&self.publisher), self.commands.clone());
        self.tasks.spawn_local(async move {
            let said = act(publisher).await;
            if let Some(reply) = reply {
                answer(commands, &reply, said).await;
            }
        });
    }

    /// What was refused live must not be delivered out of the streams.
    fn forget(&mut self, request: &Request) {
        for (room, number) in request.numbers.iter().flatten() {
            let (key, id) = (format!("{}:room:{room}", self.link.options.prefix), id_of(*number));
            let mut commands = self.commands.clone();
            self.tasks.spawn_local(async move {
                // Read back, it would be refused again.
                let _ = cmd("XDEL")
                    .arg(key)
                    .arg(id)
                    .query_async::<redis::Value>(&mut commands)
                    .await;
            });
        }
    }

    /// The I/O threads come first: what they cannot take yet waits here.
    async fn wait_for_room(&self) {
        while !self.publisher.has_room() && !self.link.lock().stop {
            sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Limits of what a request grows to.
fn check(action: Action) -> Result<Action, Refused> {
    if let Action::Publish { messages } = &action
        && messages.iter().map(Message::frame_bytes).sum::<usize>() > MAX_PUBLISH_BYTES
    {
        let detail = format!("Counted once per room, messages must have at most {MAX_PUBLISH_BYTES} bytes.");
        return Err(Refused::new(Reason::TooLarge, detail));
    }
    Ok(action)
}

async fn answer(mut commands: MultiplexedConnection, reply: &str, said: serde_json::Value) {
    // The publisher's own time limit tells it when this fails.
    let _ = redis::pipe()
        .cmd("RPUSH")
        .arg(reply)
        .arg(said.to_string())
        .cmd("EXPIRE")
        .arg(reply)
        .arg(ANSWER_SECONDS)
        .query_async::<()>(&mut commands)
        .await;
}

/// How long the stream of a room is kept without a new event.
fn expire(age: Option<Duration>, default: Duration) -> Duration {
    let time = age.unwrap_or(default);
    Duration::from_secs((time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1))
}

/// As `publish.lua` reads them.
fn rules(history: &History, default: Duration) -> String {
    let options = history.options();
    let rules: Vec<serde_json::Value> = options
        .rules
        .iter()
        .map(|rule| {
            serde_json::json!({
                "pattern": rule.pattern,
                "messages": if rule.messages == usize::MAX { 0 } else { rule.messages },
                "seconds": rule.age.map_or(0, |age| expire(Some(age), default).as_secs()),
                "expire": expire(rule.age, default).as_secs(),
                "bytes": options.room_bytes,
            })
        })
        .collect();
    serde_json::Value::from(rules).to_string()
}

fn client(link: &Link) -> RedisResult<Client> {
    let dsn = &link.options.dsn;
    let address = match &dsn.address {
        Address::Tcp { host, port, tls: false } => ConnectionAddr::Tcp(host.clone(), *port),
        Address::Tcp { host, port, tls: true } => ConnectionAddr::TcpTls {
            host: host.clone(),
            port: *port,
            insecure: false,
            tls_params: None,
        },
        Address::Unix(path) => ConnectionAddr::Unix(path.clone()),
    };
    let mut login = RedisConnectionInfo::default().set_db(dsn.database);
    if let Some(user) = &dsn.user {
        login = login.set_username(user);
    }
    if let Some(password) = &dsn.password {
        login = login.set_password(String::from_utf8_lossy(password.expose()));
    }
    let info = address.into_connection_info()?.set_redis_settings(login);
    match &dsn.address {
        Address::Tcp { tls: true, .. } => Client::build_with_tls(info, dsn.tls.read()?),
        _ => Client::open(info),
    }
}

fn silent() -> RedisError {
    RedisError::from((ErrorKind::Io, "no answer in time"))
}
