"""What was measured, as one table, as JSON, and as a chart."""
import json
import statistics

PEERS = {"lua": "nginx + Lua + Redis", "php": "PHP-FPM", "pass": "nginx pass-through", "evhttp": "bare evhttp"}
# Peers that sync before they answer, as panelmux does; a table of their own, without requirements.
DURABLE = {"lua_durable": "nginx + Lua + Redis, appendfsync always", "php_durable": "PHP-FPM, synchronous=FULL"}
DURABLE_CASES = ("add", "mix")
NO_LESS = 0.97  # two panelmux binaries in one run: a case below this has become slower

# case: (name, {peer: (must, aim)}): panelmux's requests per second divided by the peer's. aim None: as must.
CASES = {
    "balance": ("balance", {"lua": (1.8, 2.4), "php": (22, 28), "pass": (1.0, 1.3), "evhttp": (0.70, 0.90)}),
    "add": ("add, durable before the answer", {"lua": (1.3, 1.6), "php": (10, 13), "pass": (0.22, 0.28)}),
    "status": ("status, panel asked", {"lua": (2.0, 2.5), "php": (14, 18), "pass": (0.38, 0.46), "evhttp": (0.28, 0.36)}),
    "fresh": ("status, fresh copy", {"lua": (2.2, 2.8), "php": (40, 48), "pass": (1.0, 1.3), "evhttp": (0.75, 0.95)}),
    "many": ("status, 100 ids, panel asked", {"lua": (7, 10), "php": (14, 18), "pass": (0.28, 0.38)}),
    "services": ("services, 5,000 rows", {"lua": (0.95, 1.1), "php": (22, 28), "pass": (2.2, 3)}),
    "gzip": ("services, gzip", {"lua": (0.75, 1.0), "php": (250, 330), "pass": (90, 120)}),
    "mix": ("70 % status, 20 % add, 10 % services", {"lua": (1.4, 1.6), "php": (18, 21), "pass": (1.0, 1.2)}),
    "slow": ("add, 512 clients, panel of 50 ms", {"lua": (1.2, None), "php": (50, None), "pass": (0.80, None)}),
}
P99_MS = {"status": 3, "add": 6}
BUSY_BELOW = 0.8
MIB_MOST, IDLE_KIB_MOST = 60, 2.5


def _median(runs, key):
    return statistics.median(run[key] for run in runs)


def peers_of(case):
    """The names of all that are measured beside panelmux in this case."""
    return [*CASES[case][1], *(DURABLE if case in DURABLE_CASES else ()), "against"]


def summary(measured):
    """{case: {peer: {"rps", "us", "p99_ms", "util"}}} from the runs of each, and the ratios."""
    result = {}
    for case, (_, goals) in CASES.items():
        rows = {peer: {key: _median(runs, key) for key in ("rps", "us", "p99_ms", "util")}
                for (of, peer), runs in measured.items() if of == case}
        if "panelmux" not in rows:
            continue
        for peer, goal in goals.items():
            if peer in rows:
                ratio = rows["panelmux"]["rps"] / rows[peer]["rps"]
                rows[peer].update(ratio=ratio, must=goal[0], aim=goal[1], mark=mark(ratio, *goal),
                                  cpu_ratio=rows[peer]["us"] / rows["panelmux"]["us"])
        for peer in DURABLE.keys() & rows.keys():
            rows[peer].update(ratio=rows["panelmux"]["rps"] / rows[peer]["rps"],
                              cpu_ratio=rows[peer]["us"] / rows["panelmux"]["us"])
        if "against" in rows:
            rows["against"].update(against_ratios(measured[case, "panelmux"], measured[case, "against"]))
        result[case] = rows
    return result


def against_ratios(ours, theirs):
    """The new binary over the old one, round by round, so that what the machine did in a round counts for both."""
    ratios = sorted(new["rps"] / old["rps"] for new, old in zip(ours, theirs))
    cpu = [old["us"] / new["us"] for new, old in zip(ours, theirs)]
    return {"ratio": statistics.median(ratios), "lowest": ratios[0], "highest": ratios[-1], "cpu_ratio": statistics.median(cpu)}


def slower(cases):
    """{case: sentence} where this binary does less than NO_LESS of the other. On a busy machine requests/s say nothing, so CPU
    per request is compared there."""
    key, name = ("cpu_ratio", "CPU") if busy(cases) else ("ratio", "requests/s")
    return {case: f"{CASES[case][0]}: ×{rows['against'][key]:.3f} of the other binary by {name}, must be ×{NO_LESS:g}"
            for case, rows in cases.items() if "against" in rows and rows["against"][key] < NO_LESS}


def busy(cases):
    """How much of their core servers had that the load should have filled: less than BUSY_BELOW, and other work was on the
    machine; then requests/s say little and only CPU per request may be compared."""
    shares = [row["util"] for case, rows in cases.items() if case not in ("slow", "fresh", "balance")
              for peer, row in rows.items() if peer in ("panelmux", "lua", "php", "against")]
    return statistics.median(shares) if shares and statistics.median(shares) < BUSY_BELOW else None


def mark(ratio, must, aim):
    if ratio < must:
        return "MISSED"
    return "aim" if aim is None or ratio >= aim else "must"


def durable_table(cases):
    """Beside peers that are as durable: no requirement, so no marks."""
    lines = ["| requests/s (µs CPU) | panelmux | " + " | ".join(DURABLE.values()) + " |", "|---|---:|" + "---:|" * len(DURABLE)]
    for case, rows in cases.items():
        cells = [f"{rows[peer]['rps']:,.0f} ({rows[peer]['us']:.0f}): ×{rows[peer]['ratio']:.2f}; CPU ×{rows[peer]['cpu_ratio']:.2f}"
                 if peer in rows else "" for peer in DURABLE]
        if any(cells):
            lines.append(f"| {CASES[case][0]} | **{rows['panelmux']['rps']:,.0f}** ({rows['panelmux']['us']:.0f}) | "
                         + " | ".join(cells) + " |")
    return "\n".join(lines) if len(lines) > 2 else None


def against_table(cases):
    """Two binaries of panelmux, interleaved: what the first does for each request of the second."""
    lines = ["| requests/s (µs CPU) | this binary | the other | ratio, median of rounds (lowest to highest) | CPU ratio | p99 ms |",
             "|---|---:|---:|---:|---:|---:|"]
    for case, rows in cases.items():
        if "against" in rows:
            new, old = rows["panelmux"], rows["against"]
            lines.append(f"| {CASES[case][0]} | {new['rps']:,.0f} ({new['us']:.0f}) | {old['rps']:,.0f} ({old['us']:.0f}) | "
                         f"{'✗ ' if case in slower(cases) else ''}×{old['ratio']:.3f} ({old['lowest']:.3f} to {old['highest']:.3f}) | "
                         f"×{old['cpu_ratio']:.3f} | {new['p99_ms']:.1f}, {old['p99_ms']:.1f} |")
    return "\n".join(lines) if len(lines) > 2 else None


def table(cases):
    if not any(peer in rows for rows in cases.values() for peer in PEERS):
        return ""
    lines = ["| requests/s (µs CPU) | panelmux | " + " | ".join(PEERS.values()) + " | p99 ms |",
             "|---|---:|" + "---:|" * len(PEERS) + "---:|"]
    for case, rows in cases.items():
        mine = rows["panelmux"]
        cells = [f"**{mine['rps']:,.0f}** ({mine['us']:.0f})"]
        for peer in PEERS:
            row = rows.get(peer)
            if row is None:
                cells.append("")
                continue
            ratio, cpu = (f"{row[key]:.2f}" if row[key] < 10 else f"{row[key]:.0f}" for key in ("ratio", "cpu_ratio"))
            missed = f", must be {row['must']:g}" if row["mark"] == "MISSED" else ""
            sign = {"MISSED": "✗", "must": "✓", "aim": "✓✓"}[row["mark"]]
            cells.append(f"{row['rps']:,.0f} ({row['us']:.0f}): ×{ratio} {sign}{missed}; CPU ×{cpu}")
        lines.append(f"| {CASES[case][0]} | " + " | ".join(cells) + f" | {mine['p99_ms']:.1f} |")
    lines.append("")
    lines.append("×N: panelmux's requests per second divided by the peer's in the same run; CPU ×N: the peer's CPU per request divided by "
                 "panelmux's; ✓ meets the requirement, ✓✓ the stretch goal.")
    return "\n".join(lines)


def warning(cases):
    return (f"THE MACHINE WAS BUSY: servers had {busy(cases):.0%} of their core. Requests/s and p99 of this run say little; "
            "compare CPU.\n") if busy(cases) else None


def missed(cases, checks):
    """A sentence for each requirement that is not met."""
    found = [f"{CASES[case][0]}: ×{row['ratio']:.2f} of {PEERS[peer]}, must be ×{row['must']:g}"
             for case, rows in cases.items() for peer, row in rows.items() if row.get("mark") == "MISSED"]
    found += slower(cases).values()
    found += [f"{CASES[case][0]}: p99 {cases[case]['panelmux']['p99_ms']:.1f} ms, must be at most {most}"
              for case, most in P99_MS.items() if case in cases and "against" not in cases[case] and cases[case]["panelmux"]["p99_ms"] > most]
    return found + [f"{check['words']}: {check['figure']}" for check in checks if not check["is_good"]]


def write_json(path, about, cases, checks):
    with open(path, "w") as file:
        json.dump({**about, "cases": cases, "checks": checks}, file, indent=1, ensure_ascii=False)
        file.write("\n")


COLOURS = {"panelmux": "#0b6e4f", "lua": "#5b8fb9", "php": "#b86b77", "pass": "#b7b7a4", "evhttp": "#d8d8d8"}


def chart(path, cases, caption):
    """Bars of requests a second, each case scaled to its own best."""
    left, width, bar, gap = 250, 560, 13, 16
    parts, y = [], 46
    for case, rows in cases.items():
        best = max(row["rps"] for peer, row in rows.items() if peer in COLOURS)
        order = [peer for peer in COLOURS if peer in rows]
        parts.append(f'<text x="{left - 10}" y="{y + len(order) * bar / 2 + 4}" text-anchor="end">{CASES[case][0]}</text>')
        for peer in order:
            long = max(1, width * rows[peer]["rps"] / best)
            weight = ' font-weight="bold"' if peer == "panelmux" else ""
            parts.append(f'<rect x="{left}" y="{y}" width="{long:.0f}" height="{bar - 2}" fill="{COLOURS[peer]}"/>'
                         f'<text x="{left + long + 5:.0f}" y="{y + bar - 3}" font-size="10"{weight}>{rows[peer]["rps"]:,.0f}</text>')
            y += bar
        y += gap
    legend, x = [], left
    for peer, colour in COLOURS.items():
        label = PEERS.get(peer, peer)
        legend.append(f'<rect x="{x}" y="20" width="10" height="10" fill="{colour}"/><text x="{x + 14}" y="29">{label}</text>')
        x += 34 + 7 * len(label)
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 80}" height="{y + 14}" '
                   f'font-family="sans-serif" font-size="12" fill="#222">\n<rect width="100%" height="100%" fill="#fff"/>\n'
                   + "\n".join(legend + parts) + f'\n<text x="10" y="{y + 6}" font-size="10" fill="#666">{caption}</text>\n</svg>\n')
