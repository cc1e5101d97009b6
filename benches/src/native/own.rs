//! Ferry's own codec on tokio, one flush per batch and no PHP: what the rest of Ferry costs is the distance to it.

use std::io;
use std::ops::ControlFlow;

use ferry::engine::frame::{Decoder, Limits, MessageKind, Payload, Sink, encode_close, encode_message, encode_pong};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Error;

/// What Ferry's I/O thread reads at a time.
const SCRATCH: usize = 64 * 1024;
const LIMITS: Limits = Limits {
    max_message_bytes: 64 << 20,
    max_fragments: 1024,
    allow_rsv1: false,
};

thread_local! {
    /// One for all connections, as in Ferry.
    static SHARED: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; SCRATCH]);
}

/// Echoes until the client is gone.
pub async fn serve(socket: TcpStream) -> Result<(), Error> {
    // The load generator sends nothing before it has the answer, so nothing is left behind in there.
    let mut socket = accept_async(socket).await?.into_inner();
    let mut decoder = Decoder::default();
    let mut replies = Replies::default();
    loop {
        socket.readable().await?;
        loop {
            let read = SHARED.with_borrow_mut(|scratch| {
                let read = socket.try_read(scratch)?;
                // An error closes the connection, which the load generator reports.
                decoder
                    .feed(&mut scratch[..read], &LIMITS, &mut replies)
                    .map_err(io::Error::other)?;
                io::Result::Ok(read)
            });
            match read {
                Ok(0) => return Ok(()),
                Ok(SCRATCH) => {}
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        if !replies.out.is_empty() {
            socket.write_all(&replies.out).await?;
            replies.out.clear();
        }
        if decoder.is_ended() {
            return Ok(());
        }
    }
}

#[derive(Default)]
struct Replies {
    out: Vec<u8>,
}

impl Sink for Replies {
    fn message(&mut self, kind: MessageKind, _compressed: bool, payload: Payload<'_>) -> ControlFlow<()> {
        encode_message(&mut self.out, kind, payload.as_ref());
        ControlFlow::Continue(())
    }

    fn ping(&mut self, payload: &[u8]) {
        encode_pong(&mut self.out, payload);
    }

    fn pong(&mut self, _payload: &[u8]) {}

    fn close(&mut self, code: Option<u16>, _reason: &str) {
        encode_close(&mut self.out, code.unwrap_or(1000), "");
    }
}
