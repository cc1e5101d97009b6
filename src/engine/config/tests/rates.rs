use super::*;
use crate::engine::config::RatePolicy;

#[test]
fn zero_is_no_limit() {
    for name in [
        "max_handshakes_per_second",
        "max_handshakes_per_second_per_ip",
        "max_messages_per_second",
        "max_bytes_per_second",
        "max_control_frames_per_second",
        "outbox_total_bytes",
    ] {
        let of = |n: i64| {
            let rates = parse(name, n).unwrap().rates;
            match name {
                "max_handshakes_per_second" => rates.handshakes,
                "max_handshakes_per_second_per_ip" => rates.handshakes_per_ip,
                "max_messages_per_second" => rates.messages,
                "max_bytes_per_second" => rates.bytes,
                "max_control_frames_per_second" => rates.control_frames,
                _ => rates.outbox_total.map(|n| n as u64),
            }
        };
        assert_eq!((of(0), of(7)), (None, Some(7)), "{name}");
    }
}

#[test]
fn rate_policy_is_one_of_three() {
    for (text, policy) in [
        ("close", RatePolicy::Close),
        ("drop", RatePolicy::Drop),
        ("pause", RatePolicy::Pause),
    ] {
        assert_eq!(parse("rate_policy", text).unwrap().rates.policy, policy);
    }
    for wrong in [Value::from("disconnect"), 1.into(), Value::Null, empty()] {
        let expected = format!(
            "Option \"rate_policy\" must be \"close\", \"drop\" or \"pause\", {} given.",
            wrong.describe()
        );
        assert_eq!(message("rate_policy", wrong), expected);
    }
}

#[test]
fn addresses_of_a_unix_socket_s_clients_cannot_be_counted() {
    let options = [
        ("unix", Value::from("/run/ferry.sock")),
        ("max_handshakes_per_second_per_ip", 5.into()),
    ];
    assert!(message_all(options).ends_with("its clients have no address."));
}
