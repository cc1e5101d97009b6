//! Commands on their way from the PHP thread to one I/O thread.
//!
//! The PHP thread appends to one open [`Batch`]; the I/O thread takes the whole batch and leaves an empty one. A lock
//! held for an append or a swap (about 10 ns when nobody else wants it) lets the I/O thread take what a long callback
//! has sent so far, without the PHP thread's help.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::frame::{MessageKind, encode_message, message_frame};
use super::history::Offset;
use super::hub::State;
use super::id::ConnId;
use super::request::HandshakeReply;
use super::socket::Detached;
use super::tally::Count;

/// Frame bytes one mailbox holds; above it the PHP thread waits until the I/O thread has taken some. The I/O thread
/// never waits for the PHP thread, so this cannot lock up.
const LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// A buffer larger than this is not kept for reuse.
const KEEP_BYTES: usize = 4 * 1024 * 1024;

/// Messages of so many bytes travel as a buffer of their own.
const LARGE_BYTES: usize = 16 * 1024;

#[derive(Debug)]
pub enum Command {
    /// The frames `data[previous end..end]` of the batch go to one connection.
    Data {
        id: ConnId,
        end: usize,
        messages: u32,
    },
    /// The frame of one message, too large to be worth another copy, goes to one connection.
    Frame {
        id: ConnId,
        frame: Bytes,
    },
    /// One encoded frame goes to many.
    Broadcast {
        audience: Audience,
        frame: Bytes,
        except: Box<[ConnId]>,
        /// Of an event that its room keeps.
        number: Option<u64>,
        /// Told how many it reached, where somebody asks.
        count: Option<Count>,
    },
    /// Close every connection of a user.
    CloseUser {
        user: Box<str>,
        code: u16,
        reason: Box<str>,
        count: Count,
    },
    /// The connection belongs to this user from now on.
    Identify {
        id: ConnId,
        user: Box<str>,
    },
    Ask(Question),
    Close {
        id: ConnId,
        code: u16,
        reason: Box<str>,
    },
    /// PHP has handled the close event.
    Finish {
        id: ConnId,
    },
    Join {
        id: ConnId,
        room: Arc<str>,
        /// In a room with a history: the last event before.
        entered: Option<u64>,
    },
    /// The client has seen the room's events up to that offset.
    ResumeRoom {
        id: ConnId,
        room: Arc<str>,
        since: Offset,
    },
    Leave {
        id: ConnId,
        room: Arc<str>,
    },
    /// What Redis has of a room is in the history now, or could not be had.
    Loaded {
        room: Arc<str>,
    },
    /// Events of these rooms, or of all with a history, up to that number are lost.
    Gap {
        rooms: Option<Box<[Arc<str>]>>,
        at: u64,
    },
    /// The connection closes at this Unix time.
    Expire {
        id: ConnId,
        at: Option<i64>,
    },
    Reply {
        serial: u64,
        reply: HandshakeReply,
    },
    /// A connection that another I/O thread accepted.
    Adopt(Detached),
    /// The client is not read, or again.
    Hold {
        id: ConnId,
        held: bool,
    },
    /// The inbox has room again.
    Resume,
    StopAccepting,
    /// Close every connection and take no new one.
    Drain {
        code: u16,
        reason: Box<str>,
    },
    /// Drop what is left and end the thread.
    Shutdown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    All,
    Room(Arc<str>),
    User(Arc<str>),
}

/// Looks at what an I/O thread has, on that thread, and sends the answer itself. It must be quick.
pub struct Question(Box<dyn FnOnce(&State) + Send>);

impl Question {
    pub fn new(look: impl FnOnce(&State) + Send + 'static) -> Self {
        Self(Box::new(look))
    }

    pub fn answer(self, state: &State) {
        (self.0)(state);
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Question")
    }
}

#[derive(Debug, Default)]
pub struct Batch {
    pub commands: Vec<Command>,
    pub data: Vec<u8>,
    /// Bytes of frames that `data` does not hold.
    apart: usize,
}

impl Batch {
    /// Appends the frame of one message for one connection, which `encode` writes to the buffer. Returns its bytes.
    pub fn message(&mut self, id: ConnId, encode: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.data(id, 1, encode)
    }

    /// The same for a control frame, which no count of messages has.
    pub fn control(&mut self, id: ConnId, encode: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.data(id, 0, encode)
    }

    fn data(&mut self, id: ConnId, count: u32, encode: impl FnOnce(&mut Vec<u8>)) -> usize {
        let start = self.data.len();
        encode(&mut self.data);
        let grown = self.data.len();
        match self.commands.last_mut() {
            Some(Command::Data {
                id: last,
                end,
                messages,
            }) if *last == id => {
                *end = grown;
                *messages += count;
            }
            _ => self.commands.push(Command::Data {
                id,
                end: grown,
                messages: count,
            }),
        }
        grown - start
    }

    pub fn push(&mut self, command: Command) {
        if let Command::Broadcast { frame, .. } | Command::Frame { frame, .. } = &command {
            self.apart += frame.len();
        }
        self.commands.push(command);
    }

    fn bytes(&self) -> usize {
        self.data.len() + self.apart
    }

    /// Makes an emptied batch ready to be filled again.
    pub fn clear(&mut self) {
        self.commands.clear();
        self.data.clear();
        self.apart = 0;
        if self.data.capacity() > KEEP_BYTES {
            self.data = Vec::new();
        }
        if self.commands.capacity() > KEEP_BYTES / size_of::<Command>() {
            self.commands = Vec::new();
        }
    }
}

#[derive(Debug, Default)]
pub struct Mailbox {
    open: Mutex<Batch>,
    /// The I/O thread has taken a batch.
    taken: Condvar,
    /// How many wait for that, changed under the lock. Notifying is a system call, even where nobody waits.
    waiting: AtomicUsize,
    /// `open` has something; read without the lock.
    filled: AtomicBool,
    /// The I/O thread parks: it must be woken.
    parked: AtomicBool,
    /// The I/O thread looks in every few milliseconds by itself.
    watched: AtomicBool,
    /// The I/O thread takes nothing any more.
    dead: AtomicBool,
    pub bell: Notify,
}

impl Mailbox {
    /// The batch to append to. Waits while it is over its limit.
    pub fn batch(&self) -> MutexGuard<'_, Batch> {
        let mut batch = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        while batch.bytes() > LIMIT_BYTES && !self.dead.load(Ordering::Relaxed) {
            self.filled.store(true, Ordering::SeqCst);
            self.bell.notify_one();
            self.waiting.fetch_add(1, Ordering::Relaxed);
            batch = self.taken.wait(batch).unwrap_or_else(PoisonError::into_inner);
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        if self.dead.load(Ordering::Relaxed) {
            batch.clear();
        }
        batch
    }

    /// Appends one message for one connection. Returns the bytes of its frame. [`mark`](Self::mark) follows.
    pub fn message(&self, id: ConnId, kind: MessageKind, data: &[u8]) -> usize {
        if data.len() < LARGE_BYTES {
            return self.batch().message(id, |out| encode_message(out, kind, data));
        }
        // Copied before the lock is taken, and not once more where the socket takes only a part.
        let frame = message_frame(kind, data);
        let size = frame.len();
        self.batch().push(Command::Frame { id, frame });
        size
    }

    /// Marks that the batch has something. The I/O thread finds it when it next looks, at the latest in some
    /// milliseconds; [`hand_over`](Self::hand_over) makes it look now.
    pub fn mark(&self) {
        if !self.filled.load(Ordering::Relaxed) {
            self.filled.store(true, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            // It gave PHP nothing to do, so it does not expect this: a timer's callback, or one of another I/O thread's
            // connections.
            if !self.watched.load(Ordering::Relaxed) {
                self.hand_over();
            }
        }
    }

    /// Wakes the I/O thread if there is something and it sleeps.
    pub fn hand_over(&self) {
        if self.filled.load(Ordering::Relaxed) {
            fence(Ordering::SeqCst);
            if self.parked.load(Ordering::Relaxed) && self.parked.swap(false, Ordering::SeqCst) {
                self.bell.notify_one();
            }
        }
    }

    /// Appends one command and hands it over.
    pub fn post(&self, command: Command) {
        self.batch().push(command);
        self.mark();
        self.hand_over();
    }

    /// The same without waiting, however full it is: an I/O thread that waited for itself would wait for ever. Ask
    /// [`is_full`](Self::is_full) before taking on work that ends here.
    pub fn post_now(&self, command: Command) {
        self.append_now(command);
        self.hand_over();
    }

    /// The same, for one of several: [`hand_over`](Self::hand_over) follows.
    pub fn append_now(&self, command: Command) {
        let mut batch = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if self.dead.load(Ordering::Relaxed) {
            return;
        }
        batch.push(command);
        drop(batch);
        self.mark();
    }

    /// A quarter of the limit, so that the PHP thread is not made to wait for what others post.
    pub fn is_full(&self) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).bytes() > LIMIT_BYTES / 4
    }

    /// The I/O thread promises to look in by itself; called before PHP has what makes it send. I/O thread only.
    pub fn watch(&self) {
        self.watched.store(true, Ordering::Relaxed);
    }

    /// Takes the promise back. The caller must look once more. I/O thread only.
    pub fn unwatch(&self) {
        self.watched.store(false, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Frame bytes that the I/O thread has not taken.
    pub fn pending_bytes(&self) -> usize {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).bytes()
    }

    pub fn is_filled(&self) -> bool {
        self.filled.load(Ordering::Relaxed)
    }

    /// Swaps the open batch for `empty`; `None` when it has nothing. I/O thread only.
    pub fn take(&self, empty: &mut Batch) -> bool {
        if !self.filled.load(Ordering::Relaxed) {
            return false;
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        self.filled.store(false, Ordering::Relaxed);
        std::mem::swap(&mut *open, empty);
        let awaited = self.waiting.load(Ordering::Relaxed) > 0;
        drop(open);
        if awaited {
            // Of several that wait, none may be left to wait for what the others do.
            self.taken.notify_all();
        }
        !empty.commands.is_empty()
    }

    /// The I/O thread is about to park. True: something came meanwhile, do not.
    pub fn park(&self) -> bool {
        self.parked.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        self.filled.load(Ordering::Relaxed)
    }

    pub fn unpark(&self) {
        self.parked.store(false, Ordering::Relaxed);
    }

    /// Nothing will be taken any more: whoever waits for room goes on, what is sent is lost, sockets included.
    pub fn close(&self) {
        self.dead.store(true, Ordering::SeqCst);
        let lost = std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        drop(lost);
        self.taken.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_in_a_row_to_one_connection_become_one_command() {
        let mut batch = Batch::default();
        let (a, b) = (ConnId::new(0, 1, 1), ConnId::new(0, 2, 1));
        for id in [a, a, b, a] {
            batch.message(id, |out| out.extend_from_slice(b"xy"));
        }
        let seen: Vec<_> = batch
            .commands
            .iter()
            .map(|c| match c {
                Command::Data { id, end, messages } => (*id, *end, *messages),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(seen, [(a, 4, 2), (b, 6, 1), (a, 8, 1)]);
    }

    #[test]
    fn a_full_mailbox_makes_the_sender_wait_until_it_is_taken() {
        let mailbox = Arc::new(Mailbox::default());
        mailbox.batch().data = vec![0; LIMIT_BYTES + 1];
        let sender = std::thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || mailbox.post(Command::Resume)
        });
        let mut taken = Batch::default();
        while taken.commands.is_empty() {
            mailbox.take(&mut taken);
        }
        sender.join().unwrap();
        assert!(matches!(taken.commands[..], [Command::Resume]));
    }
}
