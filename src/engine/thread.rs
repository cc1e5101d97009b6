//! One I/O thread: a current-thread runtime, the hub, and the tasks that serve them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::accept::Acceptor;
use super::config::Config;
use super::control::{Control, Facts};
use super::handshake::Gate;
use super::held;
use super::hub::State;
use super::inbox::Inbox;
use super::limits::ConnectionLimits;
use super::listener::Bound;
use super::mailbox::Mailbox;
use super::observe::Observer;
use super::pending::Stage;
use super::publish::Publisher;
use super::socket::Stream;
use super::task::{Local, SCRATCH_BYTES};

/// What a callback has sent leaves after this long, even if the callback goes on for seconds.
const HAND_OVER_AFTER: Duration = Duration::from_millis(2);

/// What a thread needs from the server that starts it.
pub struct Plan {
    pub number: u8,
    pub config: Arc<Config>,
    pub inbox: Arc<Inbox>,
    pub mailboxes: Vec<Arc<Mailbox>>,
    pub observer: Observer,
    pub limits: Arc<ConnectionLimits>,
    pub ask_php: Arc<AtomicBool>,
    /// In the order of the option `listen`. Only the first thread accepts; the others have none.
    pub listeners: Vec<Bound>,
    /// As the listeners.
    pub control: Option<(Bound, Facts)>,
    pub publisher: Arc<Publisher>,
    pub metrics_listener: Option<std::net::TcpListener>,
}

thread_local! {
    /// For the runtime's park hooks, which must be `Send` and so can hold no `Rc`.
    static CURRENT: RefCell<Option<Rc<Local>>> = const { RefCell::new(None) };
}

/// Runs the thread until it is told to shut down.
pub fn run(plan: Plan) -> std::io::Result<()> {
    let mailbox = Arc::clone(&plan.mailboxes[usize::from(plan.number)]);
    let mut state = State::new(
        plan.number,
        &plan.config,
        Arc::clone(&plan.observer.metrics),
        plan.inbox,
        Arc::clone(&mailbox),
    );
    state.history.clone_from(&plan.publisher.history);
    state.link.clone_from(&plan.publisher.link);
    let local = Rc::new(Local {
        state: RefCell::new(state),
        scratch: RefCell::new(vec![0; SCRATCH_BYTES].into_boxed_slice()),
    });
    CURRENT.set(Some(Rc::clone(&local)));
    let _last_words = LastWords(Rc::clone(&local));
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .on_thread_park(before_park)
        .on_thread_unpark(move || mailbox.unpark())
        .build_local(tokio::runtime::LocalOptions::default())?;
    let options = plan.config.control.clone();
    let control = plan
        .control
        .zip(options)
        .map(|((bound, facts), options)| (bound, Control::new(options, plan.publisher, facts)));
    let gate = Rc::new(Gate {
        config: plan.config,
        ask_php: plan.ask_php,
        local: Rc::clone(&local),
        observer: Rc::new(plan.observer),
    });
    let acceptor = Rc::new(Acceptor {
        gate,
        limits: plan.limits,
        mailboxes: plan.mailboxes,
        turn: Cell::new(0),
        farewells: Rc::new(Cell::new(0)),
    });
    // The runtime's drop ends every task; a session that still lives reports its close.
    runtime.block_on(serve(local, acceptor, plan.listeners, control, plan.metrics_listener))
}

/// Sends the events of the last tasks to PHP, whether the thread returned or panicked. Dropped after the runtime.
struct LastWords(Rc<Local>);

impl Drop for LastWords {
    fn drop(&mut self) {
        CURRENT.set(None);
        if let Ok(mut state) = self.0.state.try_borrow_mut() {
            state.send_burst();
        }
    }
}

async fn serve(
    local: Rc<Local>,
    acceptor: Rc<Acceptor>,
    listeners: Vec<Bound>,
    control: Option<(Bound, Rc<Control>)>,
    metrics_listener: Option<std::net::TcpListener>,
) -> std::io::Result<()> {
    let (mut stage, mut adoptions) = {
        let mut state = local.state.borrow_mut();
        (state.pending.stage(), state.pending.adoptions())
    };
    let mut tasks = JoinSet::new();
    for (number, listener) in listeners.into_iter().enumerate() {
        tasks.spawn_local(Rc::clone(&acceptor).run(listener.into_listener()?, number));
    }
    if let Some((bound, control)) = control {
        tasks.spawn_local(control.serve(bound.into_listener()?));
    }
    if let Some(listener) = metrics_listener {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let observer = Rc::clone(&acceptor.gate.observer);
        tasks.spawn_local(observer.serve(listener, stage.clone()));
    }
    tasks.spawn_local(async move {
        while let Some(detached) = adoptions.recv().await {
            let (peer, listener) = (detached.peer, detached.listener);
            if let Ok(stream) = Stream::attach(detached) {
                acceptor.welcome(stream, peer, listener);
            }
        }
    });
    tasks.spawn_local(take_commands(Rc::clone(&local)));
    tasks.spawn_local(take_from_busy_php(Rc::clone(&local)));
    tasks.spawn_local(held::let_go(Rc::clone(&local)));
    tasks.spawn_local(keep_time(local));
    tokio::select! {
        _ = stage.wait_for(|stage| *stage == Stage::ShutDown) => {}
        () = until_panic(&mut tasks) => {}
    }
    Ok(())
}

/// tokio keeps a task's panic to itself, but without these tasks the thread would only seem to work.
async fn until_panic(tasks: &mut JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        if ended.is_err() {
            return;
        }
    }
}

/// Runs commands when the PHP thread rings.
async fn take_commands(local: Rc<Local>) {
    let (mailbox, inbox) = {
        let state = local.state.borrow();
        (Arc::clone(&state.mailbox), Arc::clone(&state.inbox))
    };
    loop {
        mailbox.bell.notified().await;
        let mut state = local.state.borrow_mut();
        state.run_commands();
        // There may be more to come; to be rung for each would cost more than to look.
        if !inbox.bell.is_armed() {
            state.watch();
        }
    }
}

/// While PHP works on a burst, takes what its callbacks have sent so far: a callback that sends and then sleeps must not
/// hold back the message.
async fn take_from_busy_php(local: Rc<Local>) {
    let (inbox, busy): (_, Rc<Notify>) = {
        let state = local.state.borrow();
        (Arc::clone(&state.inbox), Rc::clone(&state.php_has_work))
    };
    loop {
        busy.notified().await;
        while !(inbox.bell.is_armed() && inbox.is_empty()) {
            tokio::time::sleep(HAND_OVER_AFTER).await;
            local.state.borrow_mut().run_commands();
        }
        let mut state = local.state.borrow_mut();
        state.mailbox.unwatch();
        state.run_commands();
    }
}

async fn keep_time(local: Rc<Local>) {
    let mut ticks = interval(local.state.borrow().limits.sweep_interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        local.state.borrow_mut().sweep();
    }
}

/// The thread has nothing to do: what it has collected goes to PHP, what PHP has sent goes out.
fn before_park() {
    CURRENT.with_borrow(|local| {
        let Some(local) = local else { return };
        // Borrowed only if a task panicked inside; then the thread is about to end.
        let Ok(mut state) = local.state.try_borrow_mut() else {
            return;
        };
        state.send_burst();
        let mailbox = Arc::clone(&state.mailbox);
        while mailbox.is_filled() || mailbox.park() {
            state.run_commands();
            state.send_burst();
        }
    });
}
