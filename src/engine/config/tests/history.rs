use super::*;
use crate::engine::history::Rule;

fn rooms<const N: usize>(rules: [(&str, Value); N]) -> Value {
    Value::from([("rooms", Value::from(rules))])
}

#[test]
fn history_has_rules_by_pattern() {
    assert!(parse("history", Value::Null).unwrap().history.is_none());
    let rules = rooms([
        ("chat.*", Value::from([("messages", 100)])),
        ("*", Value::from([("seconds", 60)])),
    ]);
    let read = parse("history", rules).unwrap().history.unwrap();
    let rule = |pattern: &str, messages, age: Option<u64>| Rule {
        pattern: pattern.into(),
        messages,
        age: age.map(std::time::Duration::from_secs),
    };
    assert_eq!(read.rules, [rule("chat.*", 100, None), rule("*", usize::MAX, Some(60))]);
    assert_eq!((read.room_bytes, read.total_bytes), (1 << 20, 64 << 20));
}

#[test]
fn history_options_are_checked() {
    assert_eq!(
        message("history", 5),
        r#"Option "history" must be an array, an int given."#
    );
    assert!(message("history", empty()).starts_with(r#"Option "history.rooms" is required"#));
    assert!(message("history", Value::from([("rooms", vec!["a"])])).starts_with(r#"Option "history.rooms" must be"#));
    assert_eq!(
        message("history", rooms([("a", empty())])),
        r#"Option "history.rooms[a]" is required: "messages", "seconds" or both."#
    );
    assert_eq!(
        message("history", rooms([("a", Value::from([("messages", 0)]))])),
        r#"Option "history.rooms[a].messages" must be an integer from 1 to 1000000, 0 given."#
    );
    assert!(message("history", rooms([("a", Value::from([("seconds", 0)]))])).contains("history.rooms[a].seconds"));
    assert!(message("history", rooms([("a", Value::from([("message", 1)]))])).ends_with(r#"did you mean "messages"?"#));
    for name in ["room_bytes", "total_bytes"] {
        let options = Value::from([
            ("rooms", Value::from([("a", Value::from([("messages", 1)]))])),
            (name, 1023.into()),
        ]);
        let expected = format!("Option \"history.{name}\" must be an integer from 1024 to 68719476736, 1023 given.");
        assert_eq!(message("history", options), expected);
    }
}
