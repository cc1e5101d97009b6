//! Our decoder against tungstenite's reader: random frames, valid and damaged, cut at random.

mod judge;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use judge::{Outcome, judge};

const MAX_MESSAGE: usize = 2048;

const CASES: u64 = 5_000;

/// `SplitMix64`: a failure names its case, which alone brings it back.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

fn random_text(random: &mut Random) -> Vec<u8> {
    let len = random.pick(&[0, 1, 5, 40, 130, 600]);
    (0..random.below(len + 1))
        .flat_map(|_| random.pick(&["a", "é", "€", "\u{10FFFF}", "\u{D7FF}"]).bytes())
        .collect()
}

/// A frame of a client. A damaged one has a header that claims something else, or bytes that are hardly UTF-8.
fn push_frame(random: &mut Random, out: &mut Vec<u8>, damage: bool, opcode: OpCode, is_final: bool, payload: &[u8]) {
    let mask = random.next().to_le_bytes()[..4].try_into().unwrap();
    let mut header = FrameHeader {
        is_final,
        opcode,
        mask: Some(mask),
        ..FrameHeader::default()
    };
    let mut payload = payload.to_vec();
    if damage {
        match random.below(7) {
            0 => header.is_final = !is_final,
            1 => header.rsv1 = true,
            2 => header.rsv3 = true,
            3 => header.opcode = OpCode::from(random.byte() & 0xF),
            4 => header.mask = None,
            5 => {
                payload.extend_from_slice(random.pick(&[b"\xC0\xAF", b"\xED\xA0", b"\xF4\x90", b"\xE2\x82", b"\xFF."]));
            }
            _ => payload.resize(random.pick(&[1, 2, 126, MAX_MESSAGE - 100, MAX_MESSAGE + 1]), 3),
        }
    }
    header.format(payload.len() as u64, out).unwrap();
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
}

fn push_control(random: &mut Random, out: &mut Vec<u8>, damage: bool) {
    let opcode = OpCode::Control(random.pick(&[Control::Ping, Control::Pong]));
    let payload: Vec<u8> = (0..random.pick(&[0, 4, 125])).map(|_| random.byte()).collect();
    push_frame(random, out, damage, opcode, true, &payload);
}

fn push_close(random: &mut Random, out: &mut Vec<u8>, damage: bool) {
    let code: u16 = if damage {
        random.pick(&[0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 2999, 5000])
    } else {
        random.pick(&[1000, 1001, 1003, 1007, 1011, 1013, 3000, 4999])
    };
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice("schön".as_bytes());
    payload.truncate(random.pick(&[0, 2, 7, 8]));
    let damage = damage && random.one_in(2);
    push_frame(random, out, damage, OpCode::Control(Control::Close), true, &payload);
}

fn push_message(random: &mut Random, out: &mut Vec<u8>, damage: bool) {
    let (mut opcode, payload) = if random.one_in(2) {
        (Data::Text, random_text(random))
    } else {
        (
            Data::Binary,
            (0..random.pick(&[0, 3, 125, 126, 900]))
                .map(|_| random.byte())
                .collect(),
        )
    };
    let mut rest = payload.as_slice();
    for left in (0..random.pick(&[1, 1, 2, 5])).rev() {
        let (piece, after) = rest.split_at(if left == 0 {
            rest.len()
        } else {
            random.below(rest.len() + 1)
        });
        rest = after;
        let damage = damage && random.one_in(2);
        push_frame(random, out, damage, OpCode::Data(opcode), left == 0, piece);
        opcode = Data::Continue;
        if left > 0 && random.one_in(3) {
            push_control(random, out, false);
        }
    }
}

fn random_stream(random: &mut Random, damaged: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..=random.below(6) {
        let damage = damaged && random.one_in(4);
        match random.below(8) {
            0 | 1 => push_control(random, &mut out, damage),
            2 if random.one_in(2) => push_close(random, &mut out, damage),
            _ => push_message(random, &mut out, damage),
        }
    }
    if damaged && random.one_in(2) {
        let at = random.below(out.len());
        match random.below(3) {
            0 => out[at] ^= 1 << random.below(8),
            1 => out.truncate(at),
            _ => drop(out.remove(at)),
        }
    }
    out
}

fn random_pieces(random: &mut Random, mut stream: &[u8]) -> Vec<Vec<u8>> {
    let longest = random.pick(&[1, 7, 200, 5000]);
    let mut pieces = Vec::new();
    while !stream.is_empty() {
        let (piece, rest) = stream.split_at(stream.len().min(1 + random.below(longest)));
        pieces.push(piece.to_vec());
        stream = rest;
    }
    pieces
}

/// Runs one case through both and compares; says how it ended here.
fn compare(case: u64, damaged: bool) -> Outcome {
    let mut random = Random(case);
    let stream = random_stream(&mut random, damaged);
    judge(random_pieces(&mut random, &stream), &format!("case {case}"))
}

#[test]
fn valid_streams_are_read_as_tungstenite_reads_them() {
    let failed = (0..CASES)
        .filter(|&case| compare(case, false) == Outcome::Failed)
        .count();
    assert_eq!(failed, 0);
}

#[test]
fn damaged_streams_are_judged_as_tungstenite_judges_them() {
    let mut counts = [0_u64; 3];
    for case in 0..CASES {
        counts[compare(case, true) as usize] += 1;
    }
    assert!(
        counts.iter().all(|&count| count > CASES / 20),
        "too little variety: {counts:?}"
    );
}
