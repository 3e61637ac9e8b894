"""panelmux beside itself: what prepaid clients, the tracker, and very many orders cost. Each case gives rows
{"words", "figure", "is_good"}."""
import os
import random
import re
import statistics
import subprocess
import time

import ledgers
import report
import servers
from load import wrk
from processes import SERVER_CORE, cpu_seconds, get, pss_mib, start, stop, wait_for
from servers import FIRST_SERVICE, PREPAID_KEY, SERVICES

OPEN, FEW, MANY, LARGE = 100_000, 10_000, 1_000_000, 10_000_000
ASKED = 200_000  # orders that clients ask about, in turn
PAIRS_LEAST = 7
WORK_S = 15  # how long the tracker is watched
FEWER_ACCOUNTS, MANY_ACCOUNTS = 1, 10_000
PREPAID_LEAST, TRACKED_LEAST, LARGE_LEAST = 0.95, 0.95, 1 / 1.3
TURN_MS, CORE_PERCENT, OPEN_MIB, START_MS, ADD_US, SCRAPE_MS = 5, 1, 40, 1000, 15, 2


def row(words, figure, is_good):
    return {"words": words, "figure": figure, "is_good": is_good}


def pairs(rounds, one, other):
    """one() and other() in turn; (ratio, how), by requests/s, or by CPU where the machine was busy."""
    runs = []
    for number in range(max(rounds, PAIRS_LEAST)):
        if number % 2:
            second, first = other(), one()
        else:
            first, second = one(), other()
        runs.append((first, second))
    util = statistics.median(run["util"] for pair in runs for run in pair)
    by_cpu = util < report.BUSY_BELOW
    ratios = [(b["us"] / a["us"] if by_cpu else a["rps"] / b["rps"]) for a, b in runs]
    us = [statistics.median(pair[i]["us"] for pair in runs) for i in (0, 1)]
    return statistics.median(ratios), f"{'by CPU, ' if by_cpu else ''}{us[0]:.0f} beside {us[1]:.0f} µs"


def ask_about(scene, server, first, last):
    """The files that wrk reads: any service, and orders of this range in no order."""
    server.services_file, server.orders_file = (os.path.join(scene.run, server.name + end) for end in (".services", ".orders"))
    numbers = range(FIRST_SERVICE, FIRST_SERVICE + SERVICES)
    orders = random.Random(1).choices(range(first, last + 1), k=ASKED)
    for path, list_ in ((server.services_file, numbers), (server.orders_file, orders)):
        with open(path, "w") as file:
            file.writelines(f"{number}\n" for number in list_)


def checked(server, case, **more):
    figures = wrk(server, server.port, case, 1, check=True, **more)
    if figures["wrong"]:
        raise SystemExit(f"bench: {server.label}, {case}: {figures['wrong']} wrong answers")


def metric(server, name):
    """The sum of a family's samples of which the line begins so."""
    text = get(server.admin_port, "/metrics")[1]
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}[^ ]* (\S+)$", text, re.M))


def end(scene, server):
    for program in server.programs:
        stop(program)
    for ending in (".db", ".db-wal", ".db-shm"):
        path = os.path.join(scene.run, server.name + ending)
        if os.path.exists(path):
            os.unlink(path)


# ---- a prepaid client ----

def prepaid(scene, rounds, seconds, large):
    server = servers.panelmux(scene, "prepaid", prepaid=True)
    ask_about(scene, server, 1, 1)
    checked(server, "add", key=PREPAID_KEY)
    checked(server, "add")
    ratio, how = pairs(rounds, lambda: wrk(server, server.port, "add", seconds, key=PREPAID_KEY),
                       lambda: wrk(server, server.port, "add", seconds))
    end(scene, server)
    return [row("add of a prepaid client beside an unlimited one's", f"×{ratio:.2f} ({how}), at least ×{PREPAID_LEAST:g}",
                ratio >= PREPAID_LEAST)]


# ---- the tracker ----

def _with_open_orders(path):
    ledgers.fill(path, FIRST_SERVICE, unfinished=OPEN)


def _real_time(server, is_real_time):
    """Before all other work on its core, where that may be asked for: a turn's length is to be the loop's own."""
    policy, priority = (os.SCHED_RR, 1) if is_real_time else (os.SCHED_OTHER, 0)
    for root in server.roots:
        for thread in os.listdir(f"/proc/{root}/task"):
            try:
                os.sched_setscheduler(int(thread), policy, os.sched_param(priority))
            except PermissionError:
                return


def _at_work(scene, server, seconds):
    """(main loop's longest turn in ms, answers a minute, share of a core) while the tracker has it for itself."""
    _real_time(server, True)
    metric(server, "panelmux_loop_longest_turn_seconds")  # begins anew
    answers, spent, began = scene.counts()[server.name]["statuses"], cpu_seconds(server.roots), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    spent = cpu_seconds(server.roots) - spent
    turn = metric(server, 'panelmux_loop_longest_turn_seconds{loop="main"}')
    answers = scene.counts()[server.name]["statuses"] - answers
    _real_time(server, False)
    return turn * 1000, answers * 60 / took, spent / took


def tracker(scene, rounds, seconds, large):
    """At its full speed: track_after 1s, no rate limit, all orders due again sooner than it gets round."""
    idle = servers.panelmux(scene, "without_orders")
    mib = pss_mib(idle.roots)
    end(scene, idle)
    tracked = servers.panelmux(scene, "tracked", ledger=_with_open_orders, track_after="1s")
    mib = pss_mib(tracked.roots) - mib
    turn_ms, a_minute, _ = _at_work(scene, tracked, WORK_S)
    rows = [
        row(f"memory (Pss) of {OPEN:,} open orders", f"{mib:.1f} MiB, less than {OPEN_MIB}", mib < OPEN_MIB),
        row(f"the tracker's longest turn at {OPEN:,} open orders, {a_minute:,.0f} answers a minute",
            f"{turn_ms:.1f} ms, less than {TURN_MS}", turn_ms < TURN_MS and a_minute > 1000),
    ]
    untracked = servers.panelmux(scene, "untracked", ledger=_with_open_orders, tracker="off")
    for server in (tracked, untracked):
        ask_about(scene, server, 1, OPEN)
        checked(server, "status")
    ratio, how = pairs(rounds, lambda: wrk(tracked, tracked.port, "status", seconds),
                       lambda: wrk(untracked, untracked.port, "status", seconds))
    rows.append(row("status while the tracker works, beside one without it", f"×{ratio:.3f} ({how}), at least ×{TRACKED_LEAST:g}",
                    ratio >= TRACKED_LEAST))
    end(scene, tracked)
    end(scene, untracked)
    slow = servers.panelmux(scene, "slow_panel", ledger=_with_open_orders, rate_limit="10/m")
    _at_work(scene, slow, 5)  # until it is at its pace
    turn_ms, a_minute, share = _at_work(scene, slow, 2 * WORK_S)
    rows.append(row(f"{OPEN:,} open orders at a panel that is asked for {a_minute:,.0f} of them a minute",
                    f"{share:.2%} of a core, less than {CORE_PERCENT} %", share * 100 < CORE_PERCENT))
    end(scene, slow)
    return rows


# ---- a large ledger ----

def started_ms(scene, server):
    """Stops and starts it: how long until it takes clients."""
    [program] = server.programs
    command, log = [word.decode() for word in open(f"/proc/{program.pid}/cmdline", "rb").read().split(b"\0")[:-1]], scene.log(server.name)
    stop(program)
    began = time.monotonic()
    program = start(command, log)
    wait_for(lambda: get(server.admin_port, "/readyz")[0] == 200, log)
    server.roots, server.programs = [program.pid], [program]
    return (time.monotonic() - began) * 1000


def _scrape_ms(server, count=20):
    taken = []
    for _ in range(count):
        began = time.monotonic()
        get(server.admin_port, "/metrics")
        taken.append((time.monotonic() - began) * 1000)
    return statistics.median(taken)


def _ask_finished(scene, server, seconds):
    """Its ledger is in the system's cache, and other work on its core waits: orders that lie apart are compared with orders
    that lie close, not with a disk or with what other programs leave of the processor's caches."""
    with open(os.path.join(scene.run, server.name + ".db"), "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass
    _real_time(server, True)
    figures = wrk(server, server.port, "finished", seconds)
    _real_time(server, False)
    return figures


def finished(scene, rounds, seconds, large):
    most = LARGE if large else MANY
    made = [servers.panelmux(scene, f"finished_{count}",
                             ledger=lambda path, count=count: ledgers.fill(path, FIRST_SERVICE, finished=count, accounts=accounts))
            for count, accounts in ((FEW, FEWER_ACCOUNTS), (most, MANY_ACCOUNTS))]
    few, many = made
    for server, count in ((few, FEW), (many, most)):
        ask_about(scene, server, 1, count)
        checked(server, "finished")
    ratio, how = pairs(rounds, lambda: _ask_finished(scene, many, seconds), lambda: _ask_finished(scene, few, seconds))
    took_ms = started_ms(scene, many)
    scrapes = _scrape_ms(few), _scrape_ms(many)
    verify = _progress(scene, many) if large else None
    for server in made:
        end(scene, server)
    return [
        row(f"status of 100 of {most:,} finished orders beside {FEW:,}", f"×{1 / ratio:.2f} as long ({how}), at most ×{1 / LARGE_LEAST:.1f}",
            ratio >= LARGE_LEAST),
        row(f"start with {most:,} finished orders", f"{took_ms:.0f} ms, at most {START_MS}", took_ms <= START_MS),
        row(f"a scrape of /metrics with {MANY_ACCOUNTS:,} clients' accounts, beside one", f"{scrapes[1]:.1f} and {scrapes[0]:.1f} ms",
            scrapes[1] < scrapes[0] + SCRAPE_MS),
    ] + ([verify] if verify else [])


def _progress(scene, server):
    began = time.monotonic()
    done = subprocess.run([scene.binary, "ledger", "verify", "-c", os.path.join(scene.run, server.name + ".yaml")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = re.findall(r"^panelmux: (\d+) of \d+ rules checked in", done.stderr, re.M)
    return row("`ledger verify` of that", f"exit {done.returncode} after {time.monotonic() - began:.0f} s, said {len(lines)} times how far it was",
               done.returncode == 0 and len(lines) > 1)


# ---- the storage alone ----

def storage(scene, rounds, seconds, large):
    """What SQLite takes of an add, in batches of 16; the lowest of some runs, for other work only adds."""
    program = os.path.join(os.path.dirname(scene.binary), "bench_adds")
    if not os.path.exists(program):
        return [row("SQLite's part of an add", "bench_adds was not built", False)]
    lowest = {}
    for kind in ("unlimited", "prepaid"):
        for number in range(max(3, rounds)):
            folder = os.path.join(scene.run, f"adds-{kind}-{number}")
            os.mkdir(folder)
            done = subprocess.run(["taskset", "-c", str(SERVER_CORE), program, folder, "500", kind], stdout=subprocess.PIPE, text=True, check=True)
            found = dict(re.findall(r'"(\w+)":([\d.]+)', done.stdout))
            lowest[kind] = min(lowest.get(kind, (1e9, 0)), (float(found["user_us"]), float(found["system_us"])))
    (user, system), (prepaid_user, prepaid_system) = lowest["unlimited"], lowest["prepaid"]
    return [row("the storage's part of an add (two changes, batches of 16)",
                f"{user:.1f} µs and {system:.1f} µs of the kernel's, prepaid {prepaid_user:.1f} and {prepaid_system:.1f}; aim {ADD_US}",
                user <= ADD_US)]


CASES = {"storage": storage, "prepaid": prepaid, "tracker": tracker, "finished": finished}
