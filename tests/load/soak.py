#!/usr/bin/python3
"""soak.py BINARY [ORDERS [SEED]]: so many orders against three panels of whose answers a fifth is a fault, of all
kinds mixed, with statuses, refills and cancels between, and an operator who ends doubts and rests. Prints its
figure last; exits 1 when an order was lost or doubled, the books are broken, or memory or descriptors grew.

Every link is delivered at most once; whatever was delivered has a number that its client was given; in the end
each number's order is final, accepted ones are mapped to the panel's order with the same link, and the others
were never delivered or refunded by the panel's own word. So that the panels' memory stays bounded they forget
their orders every EPOCH orders, once all of those are final."""
import collections
import json
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import load  # noqa: E402,F401
from harness import Panel, default_config  # noqa: E402
from harness.config import SHOP_KEY, provider  # noqa: E402
from load import faults  # noqa: E402
from load.lines import Lines, request  # noqa: E402
from load.quiet import QuietGateway  # noqa: E402

LINES = 48
EPOCH = 50000
FAULTS = 0.2
OPERATOR_WAITS = 1.5  # seconds before he looks whether a panel has an order in doubt
PANEL_ANSWERS_WITHIN = 30  # seconds of tries before a panel that cannot be asked for a number is a fault
FINAL = {"Completed", "Canceled", "Partial"}
UNAVAILABLE = b'{"error":"Service is temporarily unavailable"}'


class Soak:
    def __init__(self, binary, orders, seed):
        os.environ["PANELMUX"] = os.path.abspath(binary)
        self.random = random.Random(seed)
        self.orders = orders
        self.folder = tempfile.mkdtemp(prefix="panelmux-soak-")
        self.panels = [Panel(self.folder, name, rules=faults.rules(place), journal=100, order_ids=ids,
                             balance="100000000", progress={"start": "100ms", "finish": "400ms"})
                       for name, place, ids in (("alpha", "x", "number"), ("beta", "y", "string"), ("gamma", "z", "text"))]
        config = default_config(
            self.panels, answer_within="150ms", status_within="2s", workers=2,
            providers=[provider(panel, timeout="300ms", connect_timeout="300ms", rate_limit="100000/s",
                                answers=faults.ANSWERS, max_connections=128) for panel in self.panels])
        config["services"][1]["offers"] = [config["services"][1]["offers"][i] for i in (1, 2, 0)]
        self.gateway = QuietGateway(self.folder, config)
        self.path = os.path.join(self.folder, "panelmux.db")
        self.placed = 0                      # links used
        self.numbers = {}                    # of this epoch: index of the link → number
        self.indices = {}                    # and back
        self.delivered = {}                  # of this epoch: index → (panel, its number)
        self.expected = {}                   # number → (panel, its number, its end), of all epochs: so must the books be
        self.waiting = collections.deque()   # (not before, number): to be asked for their status
        self.seen = {panel.name: 0 for panel in self.panels}
        self.errors = collections.Counter()
        self.faults = collections.Counter()
        self.lost, self.doubled, self.broken = [], [], []
        self.unavailable = self.resumes = self.resolved = self.aftersales = self.requests = 0
        self.refused_later = {}
        self.acknowledged = self.delivered_total = 0
        self.samples = []
        self.doubtful_since = {}

    # --- what is asked

    def job(self):
        self.requests += 1
        now = time.monotonic()
        if self.waiting and (len(self.waiting) >= 100 or self.is_draining) and self.waiting[0][0] <= now:
            batch = []
            while self.waiting and len(batch) < 100 and self.waiting[0][0] <= now:
                batch.append(self.waiting.popleft()[1])
            return request({"key": SHOP_KEY, "action": "status", "orders": ",".join(map(str, batch))}), ("status", batch)
        if self.is_draining or self.placed >= self.goal:
            raise StopIteration
        dice = self.random.random()
        if dice < 0.04 and self.last:
            kind, name = ("refill", "order") if dice < 0.02 else ("cancel", "orders")
            self.aftersales += 1
            return request({"key": SHOP_KEY, "action": kind, name: self.last}), (kind, self.last)
        index = self.placed
        self.placed += 1
        letters = [faults.pick(self.random, FAULTS) for _ in "xyz"]
        service = 1 + index % 2
        self.faults[letters[service - 1]] += 1
        link = faults.link(index, *letters)
        return request({"key": SHOP_KEY, "action": "add", "service": service, "link": link, "quantity": 100}), ("add", index)

    def on_answer(self, context, status, body):
        kind, about = context
        if status != 200:
            self.broken.append(f"{context}: HTTP {status} {body[:200]!r}")
        elif kind == "add":
            self.on_added(about, body)
        elif kind == "status":
            self.on_status(about, json.loads(body))

    def on_added(self, index, body):
        if not body.startswith(b'{"order":'):
            self.errors[body.decode("utf-8", "replace")[:80]] += 1
            self.unavailable += body == UNAVAILABLE
            return
        number = int(body[9:-1])
        if number in self.indices:
            self.doubled.append(f"number {number} was given twice")
        self.numbers[index], self.indices[number], self.last = number, index, number
        self.acknowledged += 1
        self.waiting.append((time.monotonic() + 0.6, number))

    def on_status(self, batch, told):
        again = time.monotonic() + 0.5
        for number in batch:
            entry = told.get(str(number), {})
            if "status" not in entry:
                self.lost.append(f"order {number}: status says {entry}")
            elif entry["status"] not in FINAL:
                self.waiting.append((again, number))

    def on_broken(self, context):
        self.broken.append(f"{context}: the connection broke")

    # --- the operator and the books kept beside

    def look(self):
        """Ends a round of load so that the operator may work."""
        return time.monotonic() > self.next_work or self.unavailable >= 10

    def read_panels(self):
        for panel in self.panels:
            orders = panel.control(f"orders?after={self.seen[panel.name]}", timeout=120)["orders"]
            self.seen[panel.name] += len(orders)
            for order in orders:
                index = faults.number_of(order["fields"]["link"])
                if index in self.delivered:
                    self.doubled.append(f"{order['fields']['link']}: {self.delivered[index]} and {panel.name} {order['id']}")
                self.delivered[index] = (panel.name, order["id"])

    def work(self):
        if self.unavailable >= 10:
            self.unavailable = 0
            self.resumes += 1
            for panel in self.panels:
                self.gateway.ask_admin("POST", f"/providers/{panel.name}/resume", {})
        # A panel may still be reading what the gateway has given up on: the operator takes his time.
        now, known = time.monotonic(), self.doubtful_since
        doubts = self.gateway.ask_admin("GET", "/orders?in_doubt=1&limit=1000")[1]["orders"]
        self.doubtful_since = {entry["order"]: known.get(entry["order"], now) for entry in doubts}
        doubts = [entry for entry in doubts if now - self.doubtful_since[entry["order"]] >= OPERATOR_WAITS]
        if doubts:
            self.read_panels()
        for entry in doubts:
            index = faults.number_of(entry["fields"]["link"])
            panel, upstream = self.delivered.get(index, (None, None))
            doubt = entry.get("doubt") or {}
            how = {"how": "accepted", "upstream_id": upstream} if panel == doubt.get("provider") else {"how": "refund"}
            if panel and how["how"] == "refund":
                self.doubled.append(f"order {entry['order']} is in doubt at {doubt.get('provider')}, delivered by {panel}")
            status, told = self.gateway.ask_admin("POST", f"/orders/{entry['order']}/resolve", how)
            if status == 503:  # the panel failed as it does now and then: the next round asks again
                self.refused_later.setdefault(entry["order"], now)
                if now - self.refused_later[entry["order"]] < PANEL_ANSWERS_WITHIN:
                    continue
            if status == 200:
                self.resolved += 1
            else:
                self.broken.append(f"order {entry['order']} cannot be resolved as {how}: {status} {told}")

    def sample(self):
        self.samples.append((self.placed, self.gateway.memory_kib(), self.gateway.descriptors()))

    def epoch(self, goal):
        self.goal, self.last, self.is_draining = goal, None, False
        lines = Lines(self.gateway.port, LINES, broken_most=10 ** 9)
        every = max(1, self.orders // 40)
        end_by = None
        while True:
            self.next_work = time.monotonic() + 0.5
            is_done = lines.run(self.job, self.on_answer, self.on_broken, look=self.look)
            if not self.samples or self.placed - self.samples[-1][0] >= every:
                self.sample()
            self.work()
            if self.placed >= self.goal:
                self.is_draining = True
                end_by = end_by or time.monotonic() + 60
            if is_done and self.is_draining and not self.waiting:
                break
            if end_by and time.monotonic() > end_by:
                self.lost += [f"order {number} never came to an end" for _, number in list(self.waiting)[:20]]
                break
        lines.close()
        self.close_epoch()

    def close_epoch(self):
        """All are final: the panels are read a last time and forget."""
        self.read_panels()
        ended = {}
        for panel in self.panels:
            for order in panel.control("orders", timeout=120)["orders"]:
                ended[panel.name, order["id"]] = order["status"]
        for index, where in self.delivered.items():
            number = self.numbers.get(index)
            if number is None:
                self.lost.append(f"order of link {index} was delivered as {where}, its client has no number")
            else:
                self.expected[number] = (*where, ended[where].lower())
        self.delivered_total += len(self.delivered)
        for panel in self.panels:
            self.seen[panel.name] = 0
            self.firsts[panel.name] += panel.about()["orders"]
            panel.reset()
            panel.set(first_order=self.firsts[panel.name] + 1)
            panel.rules(*panel.settings["rules"])
        self.numbers, self.indices, self.delivered = {}, {}, {}

    # --- the end

    def check_books(self):
        books = sqlite3.connect(self.path)
        states = collections.Counter()
        for number, state, name, upstream, given in books.execute(
                "SELECT id, state, provider, upstream_id, is_number_given FROM orders"):
            states[state] += 1
            where = self.expected.pop(number, None)
            if where and (name, upstream, state) != where:
                self.lost.append(f"order {number} was delivered as {where}, the books say {name} {upstream} ({state})")
            if where is None and state in ("completed", "partial"):
                self.lost.append(f"order {number} is {state}, no panel has it")
            if state in ("placing", "doubt", "pending", "processing", "in_progress"):
                self.lost.append(f"order {number} is {state} in the end")
        self.lost += [f"order {number} is not in the books" for number in list(self.expected)[:20]]
        books.close()
        return states

    def flat(self):
        """None, or what grew. The first half is warm-up: caches of SQLite and of the allocator fill."""
        warm = [sample for sample in self.samples if sample[0] >= self.orders / 2]
        if self.orders < 20000 or len(warm) < 4:
            return None
        early, late = warm[:len(warm) // 2], warm[len(warm) // 2:]
        memory = max(kib for _, kib, _ in early), max(kib for _, kib, _ in late)
        descriptors = max(count for _, _, count in early), max(count for _, _, count in late)
        if memory[1] > memory[0] * 1.05 + 4096:
            return f"memory grew from {memory[0]} to {memory[1]} KiB"
        if descriptors[1] > descriptors[0] + 32:
            return f"descriptors grew from {descriptors[0]} to {descriptors[1]}"
        return None

    def run(self):
        began = time.monotonic()
        self.firsts = {panel.name: 0 for panel in self.panels}
        self.sample()
        while self.placed < self.orders:
            self.epoch(min(self.orders, self.placed + EPOCH))
            memory, descriptors = self.samples[-1][1:]
            print(f"  {self.placed} orders, {time.monotonic() - began:.0f} s, {memory} KiB, {descriptors} descriptors, "
                  f"{len(self.lost)} lost, {len(self.doubled)} doubled", flush=True)
        self.sample()
        took = time.monotonic() - began
        self.gateway.stop()
        states = self.check_books()
        ended = self.gateway.cli("ledger", "verify", timeout=600)
        if ended.returncode != 0:
            self.broken.append(f"ledger verify: {ended}")
        growth = self.flat()
        if growth:
            self.broken.append(growth)
        for kind, found in (("lost", self.lost), ("doubled", self.doubled), ("broken", self.broken)):
            for words in found[:10]:
                print(f"  {kind}: {words}")
        print("  states in the books: " + ", ".join(f"{name} {count}" for name, count in states.most_common()))
        print("  errors told: " + (", ".join(f"{count} x {words}" for words, count in self.errors.most_common(6)) or "none"))
        print("  memory (KiB) and descriptors: " + ", ".join(
            f"{kib}/{count}" for _, kib, count in self.samples[::max(1, len(self.samples) // 10)]))
        faulty = sum(count for letter, count in self.faults.items() if letter != "0")
        print(f"  {faulty * 100 / max(1, self.placed):.1f} % of first attempts were to fail; {self.resolved} doubts ended by the "
              f"operator, {self.resumes} times rests were ended, {self.aftersales} refills and cancels, "
              f"{self.requests} requests, {self.placed / took:.0f} orders/s")
        print(f"{self.placed} orders, {self.acknowledged} acknowledged, {self.delivered_total} delivered, {len(self.lost)} lost, "
              f"{len(self.doubled)} doubled, {len(self.broken)} other faults, {took:.0f} s", flush=True)
        return not (self.lost or self.doubled or self.broken)

    def close(self):
        for program in [*self.gateway.programs, *(panel.program for panel in self.panels)]:
            program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def main(binary, orders=1000000, seed=1):
    soak = Soak(binary, orders, seed)
    try:
        return soak.run()
    finally:
        soak.close()


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1], *map(int, sys.argv[2:])) else 1)
