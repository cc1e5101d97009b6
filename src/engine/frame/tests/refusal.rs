//! What fails the connection, and when.

use super::*;

#[test]
fn malformed_headers_are_refused() {
    let mut unmasked = frame(FIN | TEXT, "a");
    unmasked[1] &= 0x7F;
    assert_eq!(error_of(&[unmasked]), ProtocolError::UNMASKED);
    for opcode in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] {
        assert_eq!(error_of(&[frame(FIN | opcode, "")]), ProtocolError::RESERVED_OPCODE);
    }
    for bits in [0x10, 0x20, 0x30, RSV1, 0x70] {
        for opcode in [TEXT, BINARY, CLOSE, PING, PONG] {
            assert_eq!(
                error_of(&[frame(FIN | bits | opcode, "")]),
                ProtocolError::RESERVED_BITS
            );
        }
    }
    for opcode in [CLOSE, PING, PONG] {
        assert_eq!(error_of(&[frame(opcode, "")]), ProtocolError::FRAGMENTED_CONTROL);
        assert_eq!(
            error_of(&[frame(FIN | opcode, [0; 126])]),
            ProtocolError::CONTROL_TOO_LONG
        );
        assert_eq!(
            error_of(&[raw_frame(FIN | opcode, 8, 5, b"hello")]),
            ProtocolError::CONTROL_TOO_LONG
        );
    }
}

#[test]
fn control_payload_of_125_bytes_is_allowed() {
    assert_eq!(decode(&[frame(FIN | PING, [1; 125])]).0, [Ping(vec![1; 125])]);
}

#[test]
fn length_must_take_the_shortest_form() {
    for (length, claimed) in [(2, 0), (2, 125), (8, 0), (8, 126), (8, 65_535)] {
        let input = raw_frame(FIN | BINARY, length, claimed, &[]);
        assert_eq!(error_of(&[input]), ProtocolError::LENGTH_NOT_MINIMAL);
    }
    for claimed in [1 << 63, u64::MAX] {
        assert_eq!(
            error_of(&[raw_frame(FIN | BINARY, 8, claimed, &[])]),
            ProtocolError::LENGTH_OVERFLOW
        );
    }
}

#[test]
fn fragments_must_follow_each_other() {
    assert_eq!(
        error_of(&[frame(CONTINUATION, "a")]),
        ProtocolError::UNEXPECTED_CONTINUATION
    );
    assert_eq!(
        error_of(&[frame(FIN | CONTINUATION, "a")]),
        ProtocolError::UNEXPECTED_CONTINUATION
    );
    let finished = [
        frame(TEXT, "a"),
        frame(FIN | CONTINUATION, "b"),
        frame(FIN | CONTINUATION, "c"),
    ];
    assert_eq!(
        decode(&finished),
        (vec![text("ab")], Err(ProtocolError::UNEXPECTED_CONTINUATION))
    );
    for first in [TEXT, BINARY, FIN | TEXT, FIN | BINARY] {
        assert_eq!(
            error_of(&[frame(TEXT, "a"), frame(first, "b")]),
            ProtocolError::EXPECTED_CONTINUATION
        );
    }
}

#[test]
fn too_many_fragments_are_refused() {
    let mut frames = vec![frame(BINARY, "")];
    frames.extend(vec![frame(CONTINUATION, ""); 14]);
    let last = frame(FIN | CONTINUATION, "z");
    assert_eq!(decode(&[frames.clone(), vec![last.clone()]].concat()).0, [binary(b"z")]);
    frames.push(frame(CONTINUATION, ""));
    frames.push(last);
    assert_eq!(error_of(&frames), ProtocolError::TOO_MANY_FRAGMENTS);

    // A message that several reads bring is no fragmented one.
    let unfragmented = Limits {
        max_fragments: 0,
        ..LIMITS
    };
    assert_eq!(
        decode_with(&unfragmented, &[frame(FIN | TEXT, "whole")]),
        (vec![text("whole")], Ok(()))
    );
}

#[test]
fn too_big_is_known_from_the_header() {
    let limits = Limits {
        max_message_bytes: 10,
        ..LIMITS
    };
    let too_big = Err(ProtocolError::TOO_BIG);
    assert_eq!(
        decode_with(&limits, &[frame(FIN | BINARY, [1; 10])]).0,
        [binary(&[1; 10])]
    );
    assert_eq!(decode_with(&limits, &[raw_frame(FIN | BINARY, 0, 11, &[])]).1, too_big);
    assert_eq!(
        decode_with(&limits, &[raw_frame(BINARY, 8, i64::MAX as u64, &[])]).1,
        too_big
    );
    // Over all fragments, from the header of the one that goes too far.
    let fragments = [frame(BINARY, [1; 6]), raw_frame(CONTINUATION, 0, 5, &[])];
    assert_eq!(decode_with(&limits, &fragments).1, too_big);
    // Control frames have a limit of their own.
    assert_eq!(
        decode_with(&limits, &[frame(FIN | PING, [1; 11])]).0,
        [Ping(vec![1; 11])]
    );
}

#[test]
fn close_payload_is_checked() {
    assert_eq!(error_of(&[frame(FIN | CLOSE, [3])]), ProtocolError::CLOSE_TOO_SHORT);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        assert_eq!(
            error_of(&[frame(FIN | CLOSE, close_payload(code, b""))]),
            ProtocolError::CLOSE_CODE
        );
    }
    assert_eq!(
        error_of(&[frame(FIN | CLOSE, close_payload(1000, b"\xE2\x82"))]),
        ProtocolError::CLOSE_REASON
    );
    for code in [1000, 1003, 1007, 1014, 3000, 4999] {
        let frames = [frame(FIN | CLOSE, close_payload(code, "schön".as_bytes()))];
        assert_eq!(decode(&frames), (vec![Close(Some(code), "schön".to_owned())], Ok(())));
    }
}

#[test]
fn invalid_text_is_refused_and_binary_is_not_looked_at() {
    for bad in [&b"\xFF"[..], b"ok \xE2\x82", b"\xED\xA0\x80", b"\xC0\xAF"] {
        assert_eq!(error_of(&[frame(FIN | TEXT, bad)]), ProtocolError::INVALID_TEXT);
        assert_eq!(
            error_of(&[frame(TEXT, bad), frame(FIN | CONTINUATION, "")]),
            ProtocolError::INVALID_TEXT
        );
        assert_eq!(decode(&[frame(FIN | BINARY, bad)]).0, [binary(bad)]);
    }
}

#[test]
fn invalid_text_fails_before_its_frame_or_message_ends() {
    let hopeless = "κόσμε".as_bytes().iter().copied().chain(*b"\xF4\x90edited");
    let input = frame(FIN | TEXT, hopeless.collect::<Vec<_>>());
    let hopeless_at = 6 + "κόσμε".len() + 1;
    assert_eq!(decode_cut(&input[..hopeless_at], &[], &LIMITS).1, Ok(()));
    assert_eq!(
        decode_cut(&input[..=hopeless_at], &[], &LIMITS).1,
        Err(ProtocolError::INVALID_TEXT)
    );

    // A ping after the bad fragment is not answered any more.
    let frames = [
        frame(TEXT, b"\xE2\x82"),
        frame(CONTINUATION, "x"),
        frame(FIN | PING, ""),
    ];
    assert_eq!(decode(&frames), (vec![], Err(ProtocolError::INVALID_TEXT)));
}
