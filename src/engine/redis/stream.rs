//! The stream of a room: what `publish.lua` wrote down, read back.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use redis::aio::MultiplexedConnection;
use redis::{RedisResult, cmd};

use super::envelope::from_stream;
use super::{id_of, number_of};
use crate::engine::history::{History, Noted, Record};
use crate::engine::publish::event_frame;

/// Entries asked for at once.
const PAGE: usize = 256;

/// An id, and names and values.
type Entry = (String, Vec<Vec<u8>>);

/// Where the stream of a room is.
#[derive(Clone, Debug)]
pub struct Place {
    pub key: String,
    pub room: std::sync::Arc<str>,
    /// How long it is kept without a new event.
    pub expire: Duration,
}

/// The newest events of a room, as many as `history` keeps. `head` is the last event that this server has seen.
pub async fn newest(
    connection: &mut MultiplexedConnection,
    place: &Place,
    history: &History,
    head: u64,
) -> RedisResult<Record> {
    let (mut found, mut bytes, mut end) = (Vec::new(), 0, "+".to_owned());
    loop {
        let page: Vec<Entry> = cmd("XREVRANGE")
            .arg(&place.key)
            .arg(&end)
            .arg("-")
            .arg("COUNT")
            .arg(PAGE)
            .query_async(connection)
            .await?;
        let complete = page.len() < PAGE;
        for entry in page {
            bytes += size(&entry);
            end = format!("({}", entry.0);
            found.push(entry);
        }
        if complete || bytes > history.options().room_bytes {
            break;
        }
    }
    found.reverse();
    let floor = match found.first() {
        Some(entry) => floor(entry),
        None => oldest_possible(connection, place).await?,
    };
    let last = found.last().and_then(|entry| number_of(&entry.0)).unwrap_or(0);
    Ok(Record {
        entries: found.iter().filter_map(|entry| note(entry, place, history)).collect(),
        floor,
        complete_to: last.max(head),
    })
}

/// The events of a room after `head`, or `None` when not all of them are there any more or they have more than `limit`
/// bytes.
pub async fn after(
    connection: &mut MultiplexedConnection,
    place: &Place,
    history: &History,
    head: u64,
    limit: usize,
) -> RedisResult<Option<Vec<Noted>>> {
    let oldest: Vec<Entry> = cmd("XRANGE")
        .arg(&place.key)
        .arg("-")
        .arg("+")
        .arg("COUNT")
        .arg(1)
        .query_async(connection)
        .await?;
    let floor = match oldest.first() {
        Some(entry) => floor(entry),
        None => oldest_possible(connection, place).await?,
    };
    if floor > head {
        return Ok(None);
    }
    let (mut found, mut bytes, mut start) = (Vec::new(), 0, format!("({}", id_of(head)));
    loop {
        let page: Vec<Entry> = cmd("XRANGE")
            .arg(&place.key)
            .arg(&start)
            .arg("+")
            .arg("COUNT")
            .arg(PAGE)
            .query_async(connection)
            .await?;
        let complete = page.len() < PAGE;
        for entry in page {
            bytes += size(&entry);
            found.extend(note(&entry, place, history));
            start = format!("({}", entry.0);
        }
        if bytes > limit {
            return Ok(None);
        }
        if complete {
            return Ok(Some(found));
        }
    }
}

/// What a room without a stream may have had: all of it is older than streams are kept.
async fn oldest_possible(connection: &mut MultiplexedConnection, place: &Place) -> RedisResult<u64> {
    let (seconds, micros): (u64, u64) = cmd("TIME").query_async(connection).await?;
    let now = Duration::from_secs(seconds) + Duration::from_micros(micros);
    Ok(u64::try_from(now.saturating_sub(place.expire).as_millis()).unwrap_or(0) << 20)
}

fn size(entry: &Entry) -> usize {
    entry.1.iter().map(Vec::len).sum()
}

fn field<'a>(entry: &'a Entry, name: &[u8]) -> Option<&'a [u8]> {
    entry
        .1
        .chunks_exact(2)
        .find(|pair| pair[0] == name)
        .map(|pair| pair[1].as_slice())
}

/// The event before it; of an entry that somebody else made nothing is known.
fn floor(entry: &Entry) -> u64 {
    field(entry, b"p")
        .and_then(|text| str::from_utf8(text).ok())
        .and_then(number_of)
        .or_else(|| number_of(&entry.0))
        .unwrap_or(u64::MAX)
}

/// An entry as clients get it. `None`: it is none of ours.
fn note(entry: &Entry, place: &Place, history: &History) -> Option<Noted> {
    let number = number_of(&entry.0)?;
    let message = from_stream(field(entry, b"m")?)?;
    let offset = history.offset(&place.room, number).to_string();
    Some(Noted {
        number,
        at: instant(number >> 20),
        frame: event_frame(&message.event, &message.data, Some(&place.room), Some(&offset)),
    })
}

/// A Unix time in milliseconds on this machine's other clock.
fn instant(ms: u64) -> Instant {
    let now = Instant::now();
    let age = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .saturating_sub(Duration::from_millis(ms));
    // Where the clock does not reach back as far, an event is kept as if it were new.
    now.checked_sub(age).unwrap_or(now)
}
