//! "Did you mean" for option names.

/// The known name that this one is most likely a slip of, if any is close.
pub(super) fn closest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    // `maxMessageBytes` and `max-message-bytes` are slips too.
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-'], "").into_bytes();
    // The distance is quadratic, and no option's name is half as long.
    if name.len() > 64 {
        return None;
    }
    let given = plain(name);
    let limit = if given.len() > 4 { 2 } else { 1 };
    known
        .iter()
        .map(|candidate| (edit_distance(&given, &plain(candidate)), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions, replacements, and swaps of neighbours.
fn edit_distance(left: &[u8], right: &[u8]) -> usize {
    let mut before = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (row, left_byte) in left.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right_byte) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(left_byte != right_byte);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *left_byte == right[column - 1] && left[row - 1] == *right_byte {
                let swapped: usize = before[column - 1];
                best = best.min(swapped + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut last, current);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["host", "port", "path", "unix", "max_message_bytes", "reuse_port"];

    #[test]
    fn slips_are_recognised() {
        for (name, expected) in [
            ("prot", "port"),
            ("hots", "host"),
            ("Port", "port"),
            ("maxMessageBytes", "max_message_bytes"),
            ("max_mesage_byte", "max_message_bytes"),
            ("reuseport", "reuse_port"),
        ] {
            assert_eq!(closest(name, KNOWN), Some(expected), "{name}");
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in ["", "x", "daemonize", "ssl", "größe", &"port".repeat(100)] {
            assert_eq!(closest(name, KNOWN), None, "{name}");
        }
    }
}
