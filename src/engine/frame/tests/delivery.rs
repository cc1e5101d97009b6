//! What reaches the sink, and what is held meanwhile.

use bytes::BufMut;

use super::*;

#[test]
fn decoder_is_tiny_when_idle() {
    assert!(size_of::<Decoder>() <= 24);
}

#[test]
fn whole_messages_are_borrowed_from_the_input() {
    let mut input = [
        frame(FIN | TEXT, "Hello"),
        frame(FIN | BINARY, [0, 255]),
        frame(FIN | TEXT, ""),
    ]
    .concat();
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    decoder.feed(&mut input, &LIMITS, &mut sink).unwrap();
    assert_eq!(sink.events, [text("Hello"), binary(&[0, 255]), text("")]);
    assert_eq!(sink.borrowed, 3);
    assert!(!decoder.holds_memory());
}

#[test]
fn memory_is_freed_with_the_end_of_what_was_cut() {
    for first in [FIN | TEXT, FIN | PING] {
        let mut input = frame(first, "Hello");
        let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
        let (front, back) = input.split_at_mut(8);
        decoder.feed(front, &LIMITS, &mut sink).unwrap();
        assert!(decoder.holds_memory());
        decoder.feed(back, &LIMITS, &mut sink).unwrap();
        assert!(!decoder.holds_memory());
        assert_eq!((sink.events.len(), sink.borrowed), (1, 0));
    }
}

#[test]
fn every_length_form_is_read() {
    for len in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
        let payload = vec![b'x'; len];
        assert_eq!(
            decode(&[frame(FIN | BINARY, &payload), frame(FIN | PING, "")]).0,
            [binary(&payload), Ping(vec![])]
        );
    }
}

#[test]
fn fragments_make_one_message_with_control_frames_between() {
    let frames = [
        frame(TEXT, "Hel"),
        frame(FIN | PING, "are you there"),
        frame(CONTINUATION, ""),
        frame(CONTINUATION, "lo €"),
        frame(FIN | PONG, ""),
        frame(FIN | CONTINUATION, "!"),
        frame(FIN | BINARY, [1, 2, 3]),
    ];
    let events = [
        Ping(b"are you there".to_vec()),
        Pong(vec![]),
        text("Hello €!"),
        binary(&[1, 2, 3]),
    ];
    assert_eq!(decode(&frames), (events.to_vec(), Ok(())));
}

#[test]
fn any_three_pieces_and_single_bytes_give_the_same_events() {
    let input = [
        frame(TEXT, "κό"),
        frame(FIN | PING, "p"),
        frame(FIN | CONTINUATION, "σμε"),
        frame(FIN | BINARY, [7; 130]),
        frame(FIN | CLOSE, close_payload(1000, b"bye")),
    ]
    .concat();
    let whole = decode_cut(&input, &[], &LIMITS);
    assert_eq!(whole.0.len(), 4);
    for first in 0..input.len() {
        for second in first..input.len() {
            assert_eq!(decode_cut(&input, &[first, second], &LIMITS), whole);
        }
    }
    assert_eq!(
        decode_cut(&input, &(0..input.len()).collect::<Vec<_>>(), &LIMITS),
        whole
    );
}

#[test]
fn nothing_is_heard_after_close() {
    let frames = [frame(FIN | CLOSE, ""), frame(FIN | TEXT, "late"), vec![0xFF; 20]];
    assert_eq!(decode(&frames), (vec![Close(None, String::new())], Ok(())));
}

#[test]
fn close_between_fragments_ends_the_message() {
    let frames = [
        frame(TEXT, "Hel"),
        frame(FIN | CLOSE, close_payload(4000, b"")),
        frame(FIN | CONTINUATION, "lo"),
    ];
    assert_eq!(decode(&frames), (vec![Close(Some(4000), String::new())], Ok(())));
}

#[test]
fn sink_can_stop_the_reading() {
    let (mut decoder, mut sink) = (
        Decoder::default(),
        Recorder {
            stop_after: 1,
            ..Recorder::default()
        },
    );
    let mut input = [frame(FIN | TEXT, "one"), frame(FIN | TEXT, "two"), vec![0xFF]].concat();
    decoder.feed(&mut input, &LIMITS, &mut sink).unwrap();
    decoder
        .feed(&mut frame(FIN | TEXT, "three"), &LIMITS, &mut sink)
        .unwrap();
    assert_eq!(sink.events, [text("one")]);
    assert!(decoder.is_ended());
}

#[test]
fn nothing_is_heard_after_an_error() {
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    let mut input = [frame(BINARY, "half"), frame(FIN | TEXT, "new")].concat();
    assert_eq!(
        decoder.feed(&mut input, &LIMITS, &mut sink),
        Err(ProtocolError::EXPECTED_CONTINUATION)
    );
    assert!(decoder.is_ended() && !decoder.holds_memory());
    assert_eq!(decoder.feed(&mut frame(FIN | TEXT, "late"), &LIMITS, &mut sink), Ok(()));
    assert_eq!(sink.events, []);
}

#[test]
fn declared_length_buys_no_memory() {
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    let mut claim = raw_frame(FIN | BINARY, 8, 1 << 20, &[1; 100]);
    decoder.feed(&mut claim, &LIMITS, &mut sink).unwrap();
    assert!(decoder.held_bytes() <= 100);
    let mut came = 100;
    for _ in 0..100 {
        decoder.feed(&mut [0; 1000], &LIMITS, &mut sink).unwrap();
        came += 1000;
        let times = if came < 16 * 1024 { 2 } else { 16 };
        assert!(decoder.held_bytes() <= times * came, "{came}");
    }
    assert!(decoder.room(1000, &LIMITS).is_some());
    assert!(decoder.held_bytes() <= 16 * came);
}

/// Feeds `input` in steps, each of which goes to the decoder's room where there is one.
fn decode_in_place(input: &[u8], step: usize, least: usize) -> (Vec<Event>, Result<(), ProtocolError>, usize) {
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    let (mut rest, mut in_place) = (input, 0);
    while !rest.is_empty() {
        let piece = if let Some(mut room) = decoder.room(least, &LIMITS) {
            let (piece, after) = rest.split_at(step.min(rest.len()).min(room.remaining_mut()));
            room.put_slice(piece);
            in_place += piece.len();
            rest = after;
            decoder.filled(&mut sink)
        } else {
            let (piece, after) = rest.split_at(step.min(rest.len()));
            rest = after;
            decoder.feed(&mut piece.to_vec(), &LIMITS, &mut sink)
        };
        if let Err(error) = piece {
            return (sink.events, Err(error), in_place);
        }
    }
    (sink.events, Ok(()), in_place)
}

#[test]
fn reading_in_place_gives_the_same_events() {
    let long = "κόσμε €".repeat(3000);
    let mut wrong = long.clone().into_bytes();
    wrong[30_000] = 0xFF;
    let (front, back) = long.as_bytes().split_at(20_001);
    for frames in [
        vec![
            frame(FIN | TEXT, &long),
            frame(FIN | PING, "p"),
            frame(FIN | BINARY, [7; 9000]),
            frame(FIN | TEXT, "short"),
        ],
        vec![
            frame(TEXT, front),
            frame(FIN | PING, "p"),
            frame(FIN | CONTINUATION, back),
            frame(FIN | CLOSE, ""),
        ],
        vec![frame(FIN | TEXT, &wrong), frame(FIN | TEXT, "never")],
        vec![frame(FIN | TEXT, &long.as_bytes()[..long.len() - 1])],
    ] {
        let input = frames.concat();
        let whole = decode_cut(&input, &[], &LIMITS);
        for step in [999, 4096, 9000] {
            for least in [1, 500, 5000] {
                let (events, end, in_place) = decode_in_place(&input, step, least);
                assert_eq!((&events, end), (&whole.0, whole.1), "steps of {step}, {least}");
                assert!(in_place >= 1000, "{in_place} bytes in steps of {step}, {least}");
            }
        }
    }
}

#[test]
fn little_is_not_worth_a_read_in_place() {
    let payload = vec![3; 10_000];
    let input = frame(FIN | BINARY, &payload);
    for (came, worth) in [(999, false), (1008, true), (9000, true), (9100, false)] {
        let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
        decoder.feed(&mut input[..came].to_vec(), &LIMITS, &mut sink).unwrap();
        assert_eq!(decoder.room(1000, &LIMITS).is_some(), worth, "{came}");
    }
    let mut ended = Decoder::default();
    ended
        .feed(&mut input[..5000].to_vec(), &LIMITS, &mut Recorder::default())
        .unwrap();
    ended.end();
    assert!(ended.room(1, &LIMITS).is_none() && !ended.holds_memory() && ended.is_ended());
}

#[test]
fn buffer_never_outgrows_the_message() {
    let payload = vec![5; 100_000];
    let mut input = frame(FIN | BINARY, &payload);
    let (mut decoder, mut sink) = (Decoder::default(), Recorder::default());
    for piece in input.chunks_mut(999) {
        decoder.feed(piece, &LIMITS, &mut sink).unwrap();
        assert!(decoder.held_bytes() <= payload.len());
    }
    assert_eq!(sink.events, [binary(&payload)]);
}

#[test]
fn compressed_messages_pass_through_unchecked() {
    let limits = Limits {
        allow_rsv1: true,
        ..LIMITS
    };
    let compressed = |payload: &[u8]| Message {
        kind: MessageKind::Text,
        compressed: true,
        payload: payload.to_vec(),
    };
    let frames = [
        frame(FIN | RSV1 | TEXT, b"\xFF"),
        frame(RSV1 | TEXT, b"\xFE"),
        frame(FIN | CONTINUATION, b"\xFD"),
        frame(FIN | TEXT, "plain"),
    ];
    let events = vec![compressed(b"\xFF"), compressed(b"\xFE\xFD"), text("plain")];
    assert_eq!(decode_with(&limits, &frames), (events, Ok(())));

    // RSV1 belongs to the first frame of a message.
    let late = [frame(RSV1 | TEXT, ""), frame(FIN | RSV1 | CONTINUATION, "")];
    assert_eq!(decode_with(&limits, &late).1, Err(ProtocolError::RESERVED_BITS));
    let control = [frame(FIN | RSV1 | PING, "")];
    assert_eq!(decode_with(&limits, &control).1, Err(ProtocolError::RESERVED_BITS));
}
