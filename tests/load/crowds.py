#!/usr/bin/python3
"""crowds.py BINARY [CONNECTIONS [SECONDS]]: what the front does for normal clients beside so many idle connections,
then beside so many that send a byte a second, half in heads, half in bodies. Normal clients: 32 kept connections with
1,000 requests a second of status, balance and add. No error is allowed, each order must be delivered once, their p99
stays below 50 ms, and every slow request must end by request_timeout, not before and not much later. Prints its
figure last."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import load  # noqa: E402,F401
from harness import Panel, default_config  # noqa: E402
from harness.config import SHOP_KEY, provider  # noqa: E402
from load.quiet import QuietGateway  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LINES, RATE = 32, 1000
TIMEOUT_S = 10  # request_timeout
P99_MOST_MS = 50


def compiled(name, folder):
    """The program tests/load/NAME.c."""
    made = os.path.join(folder, name)
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", made, os.path.join(HERE, name + ".c")], check=True)
    return made


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def used_cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Crowd:
    """with Crowd(program, "slow", port, count): all are there within the block; figures afterwards."""

    def __init__(self, program, kind, port, count, *more):
        self.arguments = [program, kind, str(port), str(count), *more]
        self.figures = None

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.arguments[0]} ended with {self.process.wait()}")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        line = self.process.stdout.readline()
        self.process.wait()
        if line:
            self.figures = json.loads(line)


def paced(program, port, seconds, order, rate=RATE, lines=LINES):
    """What the normal clients saw in so many seconds."""
    done = subprocess.run([program, str(port), str(lines), str(seconds), str(rate), SHOP_KEY, str(order)],
                          stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def configuration(panel, timeout_s):
    """One service at one panel that no limit of ours slows down."""
    return default_config(
        [], request_timeout=f"{timeout_s}s", providers=[provider(panel, rate_limit="100000/s", max_connections=128)],
        services=[{"id": 1, "markup": "25%", "offers": [{"provider": panel.name, "service": 101}]}])


class Crowds:
    """What happens to normal clients of a gateway beside others."""

    def __init__(self, gateway, folder):
        self.gateway = gateway
        self.crowd, self.paced = compiled("crowd", str(folder)), compiled("paced", str(folder))
        self.order = gateway.add()
        self.adds = 1

    def normal(self, seconds, rate=RATE):
        pid = self.gateway.program.pid
        cpu_s = used_cpu_s(pid)
        figures = paced(self.paced, self.gateway.port, seconds, self.order, rate)
        figures["cpu"] = (used_cpu_s(pid) - cpu_s) / figures["seconds"]
        self.adds += figures["add"]["requests"]
        return figures

    def beside_idle(self, count, seconds, **how):
        """(normal's figures, the crowd's, KiB of Pss for each idle connection that has asked once)."""
        before = pss_kib(self.gateway.program.pid)
        with Crowd(self.crowd, "idle", self.gateway.port, count, f"key={SHOP_KEY}&action=balance") as crowd:
            each = (pss_kib(self.gateway.program.pid) - before) / count
            figures = self.normal(seconds, **how)
        return figures, crowd.figures, each

    def beside_slow(self, count, seconds, **how):
        """(normal's figures, the crowd's, KiB of Pss for each slow connection)."""
        before = pss_kib(self.gateway.program.pid)
        with Crowd(self.crowd, "slow", self.gateway.port, count) as crowd:
            figures = self.normal(seconds, **how)
            each = (pss_kib(self.gateway.program.pid) - before) / count
        return figures, crowd.figures, each


def faults_of_normal(figures, beside):
    if figures["errors"] or not figures["all"]["requests"]:
        yield f"{figures['errors']} errors of {figures['all']['requests']} requests beside {beside}"


def faults_of_idle(crowd, count):
    if crowd["open"] != count or crowd["answered_again"] != count or crowd["ended"] or crowd["broken"]:
        yield f"not all of {count} idle connections stayed and were served again: {crowd}"


def faults_of_slow(crowd, count, timeout_s, late_s):
    """Each lives as long as request_timeout says, give or take; those that ended were replaced."""
    if crowd["life_least_ms"] and crowd["life_least_ms"] < 1000 * timeout_s - 100:
        yield f"a slow request ended after {crowd['life_least_ms']} ms"
    if max(crowd["life_most_ms"], crowd["oldest_ms"]) > 1000 * (timeout_s + late_s):
        yield f"a slow request lived for {max(crowd['life_most_ms'], crowd['oldest_ms'])} ms"
    if crowd["ended"] < count or crowd["refused"]:
        yield f"{crowd['ended']} of {count} slow requests came to their end, {crowd['refused']} connections were refused"


def show(words, figures):
    each = ", ".join(f"{name} {figures[name]['p99_ms']:.1f}" for name in ("status", "balance", "add"))
    print(f"  {words}: {figures['all']['requests']} requests in {figures['seconds']:.0f} s, {figures['errors']} errors, p50 "
          f"{figures['all']['p50_ms']:.1f} ms, p99 {figures['all']['p99_ms']:.1f} ms ({each}), most "
          f"{figures['all']['most_ms']:.1f} ms; the gateway took {figures['cpu'] * 100:.0f} % of a core", flush=True)


def measure(crowds, panel, count, seconds):
    alone = crowds.normal(min(seconds, 10))
    show("normal clients alone", alone)
    idle, idle_crowd, idle_kib = crowds.beside_idle(count, min(seconds, 10))
    show(f"beside {count} idle connections", idle)
    print(f"  {idle_kib:.2f} KiB of Pss for each; asked again and answered: {idle_crowd['answered_again']}", flush=True)
    slow, slow_crowd, slow_kib = crowds.beside_slow(count, seconds)
    show(f"beside {count} slow ones", slow)
    print(f"  {slow_crowd['bytes']} bytes; {slow_crowd['ended']} ended by request_timeout ({TIMEOUT_S} s) after "
          f"{slow_crowd['life_least_ms'] / 1000:.1f} to {slow_crowd['life_most_ms'] / 1000:.1f} s and were replaced; never fewer than "
          f"{slow_crowd['open_least']} open; {slow_kib:.2f} KiB of Pss for each", flush=True)
    wrong = [*faults_of_normal(alone, "nobody"), *faults_of_normal(idle, "idle ones"), *faults_of_normal(slow, "slow ones"),
             *faults_of_idle(idle_crowd, count), *faults_of_slow(slow_crowd, count, TIMEOUT_S, 2)]
    wrong += [f"p99 beside {name} ones is {figures['all']['p99_ms']:.1f} ms" for name, figures in (("idle", idle), ("slow", slow))
              if figures["all"]["p99_ms"] >= P99_MOST_MS]
    if panel.count("add") != crowds.adds:
        wrong.append(f"{panel.count('add')} deliveries of {crowds.adds} orders")
    words = (f"{count} slow connections: normal p99 {slow['all']['p99_ms']:.1f} ms, {slow['errors']} errors; {count} idle: p99 "
             f"{idle['all']['p99_ms']:.1f} ms, {idle['errors']} errors, {idle_kib:.1f} KiB each; alone p99 {alone['all']['p99_ms']:.1f} ms; "
             f"{panel.count('add')} deliveries of {crowds.adds} orders")
    return words, wrong


def main(binary, count=10000, seconds=30):
    began = time.monotonic()
    os.environ["PANELMUX"] = os.path.abspath(binary)
    folder = tempfile.mkdtemp(prefix="panelmux-crowds-")
    programs = []
    try:
        panel = Panel(folder, "alpha", balance="100000000", journal=100)
        programs.append(panel)
        gateway = QuietGateway(folder, configuration(panel, TIMEOUT_S))
        programs.append(gateway)
        words, wrong = measure(Crowds(gateway, folder), panel, count, seconds)
        for fault in wrong:
            print(f"  {fault}")
        print(f"{words}; {len(wrong)} faults, {time.monotonic() - began:.0f} s", flush=True)
        return not wrong
    finally:
        for one in programs:
            one.program.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], *map(int, sys.argv[2:])) else 1)
