//! One connection of the reference.

use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_async_with_config};

use crate::hub::{Hub, Member};

/// How long an `S` message sleeps.
const SLEEP: Duration = Duration::from_millis(200);

/// When replies go to the socket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// Once everything that was ready has been read: one write for many replies.
    Batch,
    /// After each reply, as `send()` in a loop does.
    Message,
}

pub async fn serve(socket: TcpStream, config: WebSocketConfig, flush: Flush, hub: Option<Hub>) -> Result<(), Error> {
    let socket = accept_async_with_config(socket, Some(config)).await?;
    match hub {
        Some(hub) => {
            Talk {
                member: hub.join(),
                hub,
                socket,
                flush,
            }
            .run()
            .await
        }
        None => echo(socket, flush).await,
    }
}

/// The echo alone: no broadcast is listened for, nothing sleeps.
async fn echo(mut socket: WebSocketStream<TcpStream>, flush: Flush) -> Result<(), Error> {
    while let Some(message) = socket.next().await {
        reply(&mut socket, message?, flush).await?;
        while let Some(Some(message)) = socket.next().now_or_never() {
            reply(&mut socket, message?, flush).await?;
        }
        if flush == Flush::Batch {
            socket.flush().await?;
        }
    }
    Ok(())
}

async fn reply(socket: &mut WebSocketStream<TcpStream>, message: Message, flush: Flush) -> Result<(), Error> {
    // Pings and closes are answered by tungstenite itself.
    if !(message.is_text() || message.is_binary()) {
        return Ok(());
    }
    match flush {
        Flush::Batch => socket.feed(message).await,
        Flush::Message => socket.send(message).await,
    }
}

/// A connection that also takes part in broadcasts.
struct Talk {
    socket: WebSocketStream<TcpStream>,
    flush: Flush,
    hub: Hub,
    member: Member,
}

impl Talk {
    async fn run(mut self) -> Result<(), Error> {
        loop {
            tokio::select! {
                message = self.socket.next() => match message {
                    Some(message) => self.answer(message?).await?,
                    None => return Ok(()),
                },
                message = self.member.mailbox.recv() => match message {
                    Some(message) => reply(&mut self.socket, message, self.flush).await?,
                    None => return Ok(()),
                },
            }
            while let Ok(message) = self.member.mailbox.try_recv() {
                reply(&mut self.socket, message, self.flush).await?;
            }
            while let Some(Some(message)) = self.socket.next().now_or_never() {
                self.answer(message?).await?;
            }
            self.socket.flush().await?;
        }
    }

    async fn answer(&mut self, message: Message) -> Result<(), Error> {
        let payload: &[u8] = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            _ => return Ok(()),
        };
        match payload.first() {
            Some(b'B') => {
                self.hub.broadcast(&message);
                Ok(())
            }
            Some(b'S') => {
                // Only this connection sleeps: what a native server does with work that takes long.
                self.socket.flush().await?;
                tokio::time::sleep(SLEEP).await;
                reply(&mut self.socket, message, self.flush).await
            }
            _ => reply(&mut self.socket, message, self.flush).await,
        }
    }
}
