"""The Markdown that a run prints."""

import os
import platform
import re
import statistics
import subprocess
import time
from pathlib import Path

from compare.servers import ROOT

REACHED, MISSED, UNDECIDED = "✓", "✗", "?"


def header(options, servers):
    def output(*command):
        try:
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()
        except FileNotFoundError:
            return ""

    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    ini = [part for setting in options.php_ini for part in ("-d", setting)]
    settings = output(
        options.php,
        *ini,
        "-r",
        'echo PHP_VERSION, PHP_ZTS ? " ZTS" : " NTS", "; opcache.enable_cli=", (int) ini_get("opcache.enable_cli"),'
        ' " opcache.jit=", ini_get("opcache.jit") ?: "off";',
    )
    changed = " ".join(options.php_ini) or "nothing changed on the command line"
    dirty = " with changes" if output("git", "status", "--porcelain") else ""
    load = os.getloadavg()[0]
    lines = [
        f"- {time.strftime('%Y-%m-%d')}, commit {output('git', 'rev-parse', '--short', 'HEAD') or 'unknown'}{dirty}",
        f"- {cpu.group(1) if cpu else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()} (TCP: {congestion_control()}), "
        f"load average at the start {load:.2f}{' (others were working: expect noise)' if load > 0.3 else ''}",
        f"- {output('rustc', '--version')}; PHP {settings or 'not found'} ({changed})",
        f"- {options.rounds} rounds of {options.seconds:g} s, interleaved: {', '.join(server.name for server in servers)}",
        "- pinned: server on one core, load generator on another; unpinned: the kernel decides",
        "",
    ]
    return "\n".join(lines)


def congestion_control():
    return Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()


def render(scenarios, servers, pinnings, results):
    """The table, what Ferry missed, and what a disturbed machine left open."""
    lines = [
        "| scenario | cores | server | median | min – max | p50 / p99 µs | CPU server / load | × native | must reach | |",
        "|---|---|---|---:|---:|---:|---:|---:|---|---|",
    ]
    missed, undecided = [], []
    for scenario in scenarios:
        for measure in scenario.measures:
            for pinned in pinnings:
                for server in servers:
                    reports = results.get((scenario.name, pinned, server.name))
                    if not reports:
                        continue
                    judged = server.name == "ferry" and pinned == pinnings[0]
                    native = results.get((scenario.name, pinned, "native"), [])
                    peers = {name: results.get((scenario.name, pinned, name), []) for name, _ in measure.beat}
                    cells, mark = row(measure, reports, native, judged, peers)
                    if server.beside:
                        beside = ratio(measure, reports, results.get((scenario.name, pinned, server.beside), []))
                        bound = dict(measure.beside).get(server.name)
                        cells[5] = "" if beside is None else f"({beside:.2f} × {server.beside})"
                        if bound and beside is not None and pinned == pinnings[0]:
                            mark = verdict(("ratio", ">=", bound), beside, [r for r in reports if r])
                            cells[5:] = [f"≥ {bound} × {server.beside} ({beside:.2f})", mark]
                    cores = "pinned" if pinned else "unpinned"
                    lines.append(f"| {measure.title} | {cores} | {server.name} | {' | '.join(cells)} |")
                    if mark in (MISSED, UNDECIDED):
                        (missed if mark == MISSED else undecided).append(f"{measure.title} ({measure.unit})")
    return "\n".join(lines), missed, undecided


def row(measure, reports, native, judged, peers):
    def value(report):
        return dig(report, measure.path) * measure.scale

    judged = judged and (measure.must or any(any(reports) for reports in peers.values()))
    done = [report for report in reports if report]
    if not done:
        mark = MISSED if judged else ""
        return ["failed", "", "", "", "", "", mark], mark
    values = [value(report) for report in done]
    median = statistics.median(values)
    to_native = ratio(measure, reports, native)
    latency = ""
    if measure.latency:
        p50, p99 = (
            statistics.median(dig(report, (*measure.latency, name)) for report in done) for name in ("p50_us", "p99_us")
        )
        latency = f"{number(p50)} / {number(p99)}"
    must = mark = ""
    if judged:
        wants, mark = [], UNDECIDED if disturbed(done) else REACHED
        if measure.must:
            kind, sign, bound = measure.must
            wants.append(f"{'≥' if sign == '>=' else '≤'} {bound:g} {'× native' if kind == 'ratio' else measure.unit}")
            mark = verdict(measure.must, to_native if kind == "ratio" else median, done)
            if measure.pauses and mark == MISSED and congestion_control() == "bbr":
                mark = UNDECIDED
        for name, bound in measure.beat:
            factor = ratio(measure, reports, peers[name])
            if factor is not None:
                wants.append(f"≥ {bound} × {name} ({factor:.2f})")
                if factor < bound and mark == REACHED:
                    mark = MISSED
        must = "; ".join(wants)
        if None in reports:
            mark = MISSED
    cells = [
        f"{number(median)} {measure.unit}",
        f"{number(min(values))} – {number(max(values))}",
        latency,
        cpu(done),
        "" if to_native is None else f"{to_native:.2f}",
        must,
        mark,
    ]
    return cells, mark


def ratio(measure, reports, others):
    """The median over pairs of one round: what the machine did in that round cancels out."""
    pairs = [
        (dig(ours, measure.path), dig(theirs, measure.path)) for ours, theirs in zip(reports, others) if ours and theirs
    ]
    ratios = [ours / theirs for ours, theirs in pairs if theirs]
    return statistics.median(ratios) if ratios else None


def verdict(must, actual, reports):
    _, sign, bound = must
    if actual is None or disturbed(reports):
        return UNDECIDED
    return REACHED if (actual >= bound if sign == ">=" else actual <= bound) else MISSED


def dig(report, path):
    for name in path:
        report = report[name]
    return report


def cpu(reports):
    pairs = [report["cpu"] for report in reports if report.get("cpu")]
    if not pairs or any(pair["server"] is None for pair in pairs):
        return ""
    server, load = (statistics.median(pair[name] for pair in pairs) for name in ("server", "loader"))
    # A load generator without a pause may have been the slower half: the figure is a lower bound.
    note = " (disturbed)" if disturbed(reports) else " (full)" if load >= 0.95 else ""
    return f"{server:.2f} / {load:.2f}{note}"


def disturbed(reports):
    return sum(report["disturbed"] for report in reports) > len(reports) / 2


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
