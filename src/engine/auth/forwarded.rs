//! The `Forwarded` (RFC 7239) and `X-Forwarded-For` headers.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use http::HeaderMap;
use http::header::HeaderValue;

use super::token::is_token;

/// One hop as its proxy saw it: an address, or something else (`unknown`, an obfuscated name, garbage).
pub(super) type Hop = Option<IpAddr>;

/// The hops of all `Forwarded` lines, the nearest one first; `None` without such a header.
pub(super) fn forwarded(headers: &HeaderMap) -> Option<impl Iterator<Item = Hop>> {
    hops(headers, "forwarded", |line| {
        forwarded_line(line).unwrap_or_else(|| vec![None])
    })
}

/// The hops of all `X-Forwarded-For` lines, the nearest one first; `None` without such a header.
pub(super) fn x_forwarded_for(headers: &HeaderMap) -> Option<impl Iterator<Item = Hop>> {
    hops(headers, "x-forwarded-for", |line| {
        line.split(',').map(|node| parse_node(node.trim())).collect()
    })
}

/// Lines are parsed one by one: a client that leaves a quoted string open can spoil only the line it wrote itself.
fn hops(
    headers: &HeaderMap,
    name: &'static str,
    parse: impl Fn(&str) -> Vec<Hop>,
) -> Option<impl Iterator<Item = Hop>> {
    let line = move |value: &HeaderValue| value.to_str().map_or_else(|_| vec![None], &parse).into_iter().rev();
    headers
        .contains_key(name)
        .then(|| headers.get_all(name).iter().rev().flat_map(line))
}

/// The `for` values of one line, or `None` when its syntax is broken anywhere.
///
/// Leniency would be a hole: after `for="x` from a client, a proxy's own `, for=192.0.2.1` is inside the quotes.
fn forwarded_line(line: &str) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    let mut node: Option<Hop> = None;
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if !rest.starts_with([',', ';']) && !rest.is_empty() {
            let (name, after) = rest.split_once('=')?;
            let (value, after) = take_value(after)?;
            if name.eq_ignore_ascii_case("for") {
                // RFC 7239 section 4: each parameter occurs once.
                if node.replace(parse_node(&value)).is_some() {
                    return None;
                }
            } else if !is_token(name) {
                return None;
            }
            rest = after.trim_start_matches([' ', '\t']);
        }
        let Some(separator) = rest.chars().next() else { break };
        match separator {
            ',' => hops.push(node.take().flatten()),
            ';' => {}
            _ => return None,
        }
        rest = &rest[1..];
    }
    hops.push(node.flatten());
    Some(hops)
}

/// A token or a quoted string, unquoted, and what follows it.
fn take_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        // Colons and brackets need quotes, yet proxies are seen to leave them out; they cannot be mistaken here.
        let end = text.find([',', ';', ' ', '\t', '"', '=']).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(char),
        }
    }
    None
}

/// RFC 7239 section 6: an address, a bracketed v6 address, each perhaps with a port.
fn parse_node(node: &str) -> Hop {
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(socket) = node.parse::<SocketAddr>() {
        return Some(socket.ip());
    }
    let (host, port) = match node.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => node.split_at(node.find(':')?),
    };
    if !port.is_empty() && !port.strip_prefix(":_").is_some_and(is_token) {
        return None;
    }
    if node.starts_with('[') {
        host.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    } else {
        host.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hops as text, empty where there is no address.
    fn line(text: &str) -> Option<Vec<String>> {
        let shown = |hop: Hop| hop.map(|ip| ip.to_string()).unwrap_or_default();
        Some(forwarded_line(text)?.into_iter().map(shown).collect())
    }

    #[test]
    fn the_examples_of_rfc_7239_are_read() {
        assert_eq!(line("for=\"_gazonk\"").unwrap(), [""]);
        assert_eq!(line("For=\"[2001:db8:cafe::17]:4711\"").unwrap(), ["2001:db8:cafe::17"]);
        assert_eq!(
            line("for=192.0.2.60;proto=http;by=203.0.113.43").unwrap(),
            ["192.0.2.60"]
        );
        assert_eq!(
            line("for=192.0.2.43, for=198.51.100.17").unwrap(),
            ["192.0.2.43", "198.51.100.17"]
        );
        assert_eq!(line("for=_hidden, for=_SEVKISEK").unwrap(), ["", ""]);
        assert_eq!(line("for=192.0.2.43,for=unknown;by=_x").unwrap(), ["192.0.2.43", ""]);
    }

    #[test]
    fn nodes_may_have_ports() {
        for node in ["192.0.2.1", "192.0.2.1:80", "192.0.2.1:_port"] {
            assert_eq!(parse_node(node), Some([192, 0, 2, 1].into()), "{node}");
        }
        for node in ["::1", "[::1]", "[::1]:80", "[::1]:_a"] {
            assert_eq!(parse_node(node), Some(Ipv6Addr::LOCALHOST.into()), "{node}");
        }
        for garbage in [
            "",
            "unknown",
            "_x",
            "[",
            "[]",
            "[::1",
            "[::1]80",
            "[192.0.2.1]",
            "192.0.2.1:",
            "192.0.2",
            "::1%2",
        ] {
            assert_eq!(parse_node(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn an_element_without_an_address_is_still_a_hop() {
        assert_eq!(line("proto=https, for=192.0.2.1").unwrap(), ["", "192.0.2.1"]);
        assert_eq!(line("for=192.0.2.1,,").unwrap(), ["192.0.2.1", "", ""]);
    }

    #[test]
    fn broken_syntax_spoils_its_line() {
        for broken in [
            "for",
            "for=",
            "for=\"192.0.2.1",
            "for=\"x, for=\"192.0.2.1\"",
            "for=\"x\\",
            "for=192.0.2.1 for=192.0.2.2",
            "for=192.0.2.1;for=192.0.2.2",
            "f or=x",
            "for=\"x\"y",
        ] {
            assert_eq!(line(broken), None, "{broken}");
        }
    }

    #[test]
    fn hostile_lines_never_panic() {
        let seed = "for=\"[2001:db8::1]:4711\";by=\\é,for=192.0.2.1:_x;proto=https, for=\"\\\"\"";
        for start in (0..seed.len()).filter(|at| seed.is_char_boundary(*at)) {
            for end in (start..=seed.len()).filter(|at| seed.is_char_boundary(*at)) {
                let _ = forwarded_line(&seed[start..end]);
                let _ = parse_node(&seed[start..end]);
            }
        }
    }
}
