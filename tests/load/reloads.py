#!/usr/bin/python3
"""reloads.py BINARY [REQUESTS [PERIOD_MS]]: a SIGHUP every 100 ms while so many requests are made (half of them
orders), every third time with a broken file, every other good one with other prices, limits and addresses. No
request may fail and no order be lost or doubled. Prints its figure last."""
import itertools
import os
import re
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import load  # noqa: E402,F401
from harness import Gateway, Panel, default_config, merged  # noqa: E402
from harness.config import SHOP_KEY, provider  # noqa: E402
from harness.ports import free_port  # noqa: E402
from load.lines import Lines, request  # noqa: E402

LINES = 24
BROKEN = ("services: [", "colour: red\n", "workers: many\n")


class Reloads:
    def __init__(self, binary, requests, period_ms):
        os.environ["PANELMUX"] = os.path.abspath(binary)
        self.requests, self.period = requests, period_ms / 1000
        self.folder = tempfile.mkdtemp(prefix="panelmux-reloads-")
        self.panels = [Panel(self.folder, name, balance="100000000", journal=100) for name in ("alpha", "beta")]
        self.config = default_config(self.panels, workers=2, providers=[
            provider(panel, rate_limit="100000/s", max_connections=128) for panel in self.panels])
        self.gateway = Gateway(self.folder, self.config)
        self.config = self.gateway.config
        self.listen = [f"127.0.0.1:{self.gateway.port}"]
        self.extra = f"127.0.0.1:{free_port()}"
        self.numbers, self.failed, self.asked = {}, [], 0
        self.is_over = threading.Event()
        self.sent = {"good": 0, "broken": 0}

    def files(self):
        """One configuration after the other; every third is broken."""
        for i in itertools.count():
            if i % 3 == 2:
                yield "broken", open(self.gateway.path).read() + "\n" + BROKEN[i // 3 % len(BROKEN)]
                continue
            yield "good", merged(self.config, {
                "listen": self.listen + [self.extra] * (i % 2), "status_within": f"{2000 + i % 7}ms",
                "services": [{**service, "markup": f"{20 + i % 10}%"} for service in self.config["services"]],
                "clients": self.config["clients"] + [{"name": f"guest{i % 2}", "key": f"guest-key-0123456789-{i % 2}", "balance": 0}]})

    def reload_for_ever(self):
        good = self.config
        for kind, config in self.files():
            if kind == "broken":
                with open(self.gateway.path, "w") as file:
                    file.write(config)
            else:
                good = config
                self.gateway.write(good)
            self.gateway.hang_up()
            self.sent[kind] += 1
            with self.gateway.program._news:  # the log of a long run is not kept
                self.note_log()
            if self.is_over.wait(self.period):
                break
            if kind == "broken":
                self.gateway.write(good)  # the next broken one is made from a good one

    def note_log(self):
        lines = self.gateway.program.lines
        for line in lines[:-100]:
            self.count_line(line)
        del lines[:-100]

    reloaded = refused = 0

    def count_line(self, line):
        self.reloaded += bool(re.search(r"event=reloaded\b", line))
        self.refused += bool(re.search(r"event=reload_(refused|failed)", line))

    def job(self):
        if self.asked >= self.requests:
            raise StopIteration
        self.asked += 1
        if self.asked % 2 == 0:
            link = f"https://example.com/{self.asked}/"
            return (request({"key": SHOP_KEY, "action": "add", "service": 1 + self.asked % 10 // 5, "link": link,
                             "quantity": 100}), ("add", link))
        if self.numbers and self.asked % 4 == 1:
            return request({"key": SHOP_KEY, "action": "status", "order": self.last}), ("status", self.last)
        return request({"key": SHOP_KEY, "action": "services" if self.asked % 20 == 3 else "balance"}), ("read", None)

    def on_answer(self, context, status, body):
        if status != 200 or body.startswith(b'{"error"'):
            self.failed.append(f"{context}: {status} {body[:200]!r}")
        elif context[0] == "add":
            self.last = int(body[9:-1])
            self.numbers[context[1]] = self.last

    def run(self):
        began = time.monotonic()
        hangups = threading.Thread(target=self.reload_for_ever)
        hangups.start()
        lines = Lines(self.gateway.port, LINES, broken_most=1000)
        is_done = lines.run(self.job, self.on_answer, lambda context: self.failed.append(f"{context}: broke"))
        took = time.monotonic() - began
        self.is_over.set()
        hangups.join()
        lines.close()
        links = [order["fields"]["link"] for panel in self.panels for order in panel.orders()]
        wrong = []
        if not is_done:
            wrong.append("not all requests were answered")
        if len(links) != len(set(links)) or set(links) != set(self.numbers) or len(set(self.numbers.values())) != len(links):
            wrong.append(f"{len(links)} deliveries of {len(set(links))} links, {len(self.numbers)} numbers were given")
        self.gateway.stop()
        self.gateway.write(self.config)
        ended = self.gateway.cli("ledger", "verify", timeout=300)
        if ended.returncode != 0:
            wrong.append(f"ledger verify: {ended}")
        for line in self.gateway.program.lines:
            self.count_line(line)
        if self.sent["broken"] and not (self.refused and self.reloaded):
            wrong.append("the log tells of no reload, or of no refused one")
        for words in [*self.failed[:10], *wrong]:
            print(f"  {words}")
        print(f"{self.asked} requests, {sum(self.sent.values())} hang-ups ({self.sent['broken']} with a broken file), "
              f"{self.reloaded} reloads, {self.refused} refused, {len(self.failed)} failed requests, {len(wrong)} other faults, "
              f"{took:.0f} s", flush=True)
        return not self.failed and not wrong

    def close(self):
        for program in [*self.gateway.programs, *(panel.program for panel in self.panels)]:
            program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def main(binary, requests=200000, period_ms=100):
    reloads = Reloads(binary, requests, period_ms)
    try:
        return reloads.run()
    finally:
        reloads.close()


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], *map(int, sys.argv[2:])) else 1)
