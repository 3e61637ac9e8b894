#!/usr/bin/python3
"""Random lives of orders with the real gateway, against a model in exact numbers.

  tests/lives/lives.py BINARY [ORDERS] [SEED]     100000 orders; SEED: 1, or what a difference named

Clients order, are refused, doubt, ask, pay, are frozen and limited, while their panels say everything in every order; the
gateway is killed now and then, at a random moment or (a build with crash points) at a named one. After each round, and
after each death, the books are compared with the model: each order, each posting, each account. What was acknowledged is
there; of what was not, the books say which, and it is one of the two."""
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from fractions import Fraction

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "stories"), os.path.dirname(HERE)]

import yaml  # noqa: E402
from harness.ports import free_port  # noqa: E402
from life import BAD, BUSY, PACKAGE, SERVICES, UNKNOWN, Difference, Life, text  # noqa: E402
from model import FINAL, ONE, Terms, up  # noqa: E402
from wire import Door, Line, Wire, post  # noqa: E402

CLIENTS = 64
ROUND = 2500       # answers between two comparisons
BEFORE_MIDNIGHT = 30  # seconds in which no round begins
TOKEN = "operator-of-lives"
POINTS = ("place.intending", "place.intended", "place.sending", "place.sent", "place.answered", "place.booking", "place.booked",
          "ledger.batch", "ledger.committing", "ledger.wal_write", "ledger.syncing", "ledger.committed", "ledger.hold",
          "ledger.capture", "ledger.release", "ledger.refund")
TYPES = {"plain": "Default", "drip": "Default", "subscription": "Subscriptions", "package": "Package"}
CURRENCIES = {"alpha": "USD", "beta": "EUR", "gone": "USD"}
EXCHANGE = {"alpha": Fraction(1), "beta": Fraction(10837, 10000), "gone": Fraction(1)}


class Panels:
    """What was delivered, and what is said of it: the lives decide both."""

    def __init__(self, dice):
        self.dice, self.wishes, self.delivered, self.says, self.rates, self.last = dice, {}, {}, {}, {}, 100000

    def new_id(self):
        self.last += 1
        return str(self.last)

    def take(self, key, panel):
        upstream = self.new_id()
        self.delivered.setdefault(key, []).append((panel, upstream))
        self.says[upstream] = {"status": "Pending"}
        return upstream

    def add(self, panel, fields):
        key = fields.get("username") or fields["link"].removeprefix("https://e.com/")
        does = self.wishes[key].panels[panel]
        if does in ("busy", "bad", "doubt"):
            return {"error": {"busy": BUSY, "bad": BAD, "doubt": UNKNOWN}[does]}
        if does == "lost":
            return None
        upstream = self.take(key, panel)
        return {"order": upstream, **({"error": "x"} if does == "taken" else {})}

    def answer(self, panel, fields):
        action = fields["action"]
        if action == "add":
            said = self.add(panel, fields)
        elif action == "status" and "order" in fields:
            said = self.says.get(fields["order"], {"error": "Incorrect order ID"})
        elif action == "status":
            said = {number: self.says.get(number, {"error": "Incorrect order ID"}) for number in fields["orders"].split(",")}
        elif action == "services":
            said = [{"service": service, "name": f"S{service}", "type": TYPES[kind], "category": "C", "rate": text(up(rate)),
                     "min": PACKAGE if kind == "package" else 1, "max": PACKAGE if kind == "package" else 1000000,
                     "dripfeed": True, "refill": True, "cancel": True}
                    for (name, service), (rate, kind) in self.rates.items() if name == panel]
        elif action == "balance":
            said = {"balance": "1000000", "currency": CURRENCIES[panel]}
        elif action == "refill":
            said = {"refill": self.new_id()}
        else:
            said = [{"order": fields.get("orders") or fields.get("order"), "cancel": 1}]
        return None if said is None else json.dumps(said).encode()


class Run:
    def __init__(self, binary, orders, seed):
        self.binary, self.seed, self.dice = binary, seed, random.Random(seed)
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = tempfile.mkdtemp(prefix="panelmux-lives-", dir=memory)
        self.path, self.ledger = os.path.join(self.folder, "panelmux.yaml"), os.path.join(self.folder, "panelmux.db")
        self.armed = os.path.join(self.folder, "armed")
        self.wire, self.panels = Wire(), Panels(self.dice)
        self.doors = {name: Door(self.wire, lambda fields, name=name: self.panels.answer(name, fields)) for name in CURRENCIES}
        self.port, self.admin_port = free_port(), free_port()
        self.terms, self.base = None, {}
        self.orders = orders
        self.lives = [Life(self, index, seed) for index in range(CLIENTS)]
        self.lines = {(life.name, side): Line(self.wire, port) for life in self.lives
                      for side, port in (("v2", self.port), ("admin", self.admin_port))}
        self.program, self.log, self.books = None, open(os.path.join(self.folder, "log"), "wb"), None
        self.is_pausing = self.is_dead = False
        self.answers = self.kills = self.named = self.rounds = self.compared = 0
        self.last_order = self.last_posting = 0

    @staticmethod
    def day():
        return int(time.time() // 86400)

    # ---- the gateway

    def configure(self):
        """Other prices, markups and decimals in each of its lives; what was ordered before is sold as it was."""
        dice = self.dice
        for service, (kind, offers, _) in SERVICES.items():
            for name, upstream in offers:
                if (name, upstream) not in self.base:
                    about = (80, 95) if name == "beta" else (90, 110)
                    self.base[name, upstream] = Fraction(dice.randrange(*about), 100)
                if name != "gone" or self.terms is None:
                    moved = self.base[name, upstream] * Fraction(dice.randrange(85, 116), 100)
                    self.panels.rates[name, upstream] = Fraction(int(moved * 10000), 10000), kind
        self.terms = Terms(dice.choice((2, 3, 4, 5, 6, 8)), EXCHANGE,
                           {offer: rate for offer, (rate, _) in self.panels.rates.items()},
                           {service: Fraction(dice.randrange(40, 90), 100) for service in SERVICES})
        said = {
            "listen": f"127.0.0.1:{self.port}", "admin": {"listen": f"127.0.0.1:{self.admin_port}", "token": TOKEN},
            "ledger": f"sqlite:{self.ledger}", "currency": "USD", "rates": {"EUR": float(EXCHANGE["beta"])}, "workers": 1,
            "decimals": self.terms.decimals, "status_fresh": "1ms", "tracker": False, "watch": "off", "status_within": "60s",
            "answer_within": "60s", "catalogue": {"refresh": "1h", "balance": "1h", "vanish_limit": "90%"}, "clients": [],
            "log": {"level": "error"},
            "providers": [{"name": name, "url": f"http://127.0.0.1:{self.doors[name].port}/", "key": "key-of-us", "currency": currency,
                           "max_connections": 256, "rate_limit": "none", "timeout": "60s",
                           "answers": {BUSY.lower(): {"class": "busy"}}} for name, currency in CURRENCIES.items()],
            "services": [{"id": service, "markup": f"{int(self.terms.markups[service] * 100)}%",
                          "offers": [{"provider": name, "service": upstream} for name, upstream in offers]}
                         for service, (_, offers, _) in SERVICES.items()]}
        with open(self.path, "w") as file:
            yaml.safe_dump(said, file, sort_keys=False)

    def start(self, point=None):
        environment = dict(os.environ)
        if os.path.exists(self.armed):
            os.unlink(self.armed)
        if point:
            environment |= {"PANELMUX_CRASH_AT": f"{point}:{self.dice.randrange(1, 60)}", "PANELMUX_CRASH_WHEN": self.armed}
        self.program = subprocess.Popen([self.binary, "serve", "-c", self.path], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, env=environment)
        self.is_dead = False
        self.wait(lambda: self.once("admin", b"GET /readyz HTTP/1.1\r\nHost: g\r\n\r\n")[0] == 200, "the gateway is not ready")
        if self.kills:
            self.wait(self.has_prices, "the lists are not in force")

    def has_prices(self):
        """Each service at the price that the model has for it."""
        life = self.lives[0]
        status, answer = self.once("v2", post({"key": life.key, "action": "services"}))
        rows = json.loads(answer) if status == 200 else {}
        listed = {int(row["service"]): Fraction(row["rate"]) for row in rows} if isinstance(rows, list) else {}
        return all(listed.get(service) == Fraction(self.terms.rate(service, offers, life.account), ONE)
                   for service, (_, offers, _) in SERVICES.items())

    def once(self, side, request):
        """One answer on a line of its own, while all else goes on."""
        line, got = Line(self.wire, self.port if side == "v2" else self.admin_port), []
        line.ask(request, lambda status, body: got.append((status, body)))
        while not got:
            self.wire.turn(0.02)
        line.lose()
        return got[0]

    def wait(self, fits, words, seconds=60):
        end = time.monotonic() + seconds
        while not fits():
            if time.monotonic() > end:
                raise Difference(f"{words} within {seconds} s\n{self.tail()}")
            self.wire.turn(0.02)

    def tail(self):
        self.log.flush()
        with open(self.log.name, errors="replace") as file:
            return "".join(file.readlines()[-12:])

    def operator(self, path, body=None):
        body = (body or "").encode()
        return b"%b %b HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer %b\r\nContent-Type: application/json\r\n" \
               b"Content-Length: %d\r\n\r\n%b" % (b"POST" if body else b"GET", path.encode(), TOKEN.encode(), len(body), body)

    # ---- lives

    def resume(self, life, value=(None, None)):
        life.want, request = life.generator.send(value)
        if life.want in ("v2", "admin"):
            self.lines[life.name, life.want].ask(request, lambda status, body: self.answered(life, status, body))

    def answered(self, life, status, body):
        self.answers += 1
        self.resume(life, (status, body))

    def play(self, want):
        """Until every life waits for the same."""
        while not all(life.want == want for life in self.lives):
            self.wire.turn(1)
            for life in self.lives:
                if life.want == "wait":
                    self.resume(life)
            self.look_after()

    def look_after(self):
        if self.answers >= self.pause_at and not self.is_pausing and self.kill_at is None:
            self.is_pausing = True
        if self.kill_at is not None and self.answers >= self.kill_at and not self.is_dead:
            self.is_dead = True
            with open(self.armed, "w"):
                pass
            delay = 0.5 if self.point else self.dice.uniform(0, 0.004)
            threading.Timer(delay, self.program.kill).start()

    def a_round(self, kill):
        # Charges of a day: which one an add at midnight counts for, only the gateway knows.
        while time.time() % 86400 > 86400 - BEFORE_MIDNIGHT:
            self.wire.turn(0.5)
        self.is_pausing, self.pause_at = False, self.answers + ROUND
        self.kill_at = self.answers + self.dice.randrange(200, ROUND) if kill else None
        for life in self.lives:
            self.resume(life, (True, None))
        if not kill:
            self.play("pause")
            self.wait_equal()
            return
        while not all(life.want == "restart" for life in self.lives) or self.program.poll() is None:
            self.wire.turn(0.02)
            for life in self.lives:
                if life.want == "wait":
                    self.resume(life)
            self.look_after()
        self.program.wait()
        self.kills += 1
        self.named += self.point is not None and f"name={self.point}" in self.tail()
        self.books.close()
        self.configure()
        self.point = self.dice.choice((None, *POINTS))
        self.start(self.point)
        self.open_books()
        self.wait(lambda: not self.books.execute("SELECT count(*) FROM orders WHERE state = 'placing'").fetchone()[0],
                  "orders are still being placed")
        self.adopt()
        self.wait_equal()

    def open_books(self):
        self.books = sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True, isolation_level=None)
        self.books.row_factory = sqlite3.Row

    # ---- comparison

    def read(self):
        """What is new in the ledger: rows of orders by number, postings by client and order, accounts."""
        books = self.books
        books.execute("BEGIN")
        wanted = [order.number for life in self.lives for order in life.touched.values() if order.number]
        rows = {row["id"]: row for row in books.execute("SELECT * FROM orders WHERE id > ?", (self.last_order,))}
        for at in range(0, len(wanted), 500):
            part = wanted[at:at + 500]
            rows.update((row["id"], row) for row in books.execute(
                f"SELECT * FROM orders WHERE id IN ({','.join('?' * len(part))})", part))
        postings, last = {}, self.last_posting
        for row in books.execute("SELECT * FROM postings WHERE id > ? ORDER BY id", (self.last_posting,)):
            postings.setdefault((row["client"], row["order_id"]), []).append((row["kind"], row["amount"], row["held"]))
            last = row["id"]
        odd = books.execute("SELECT transaction_id, sum(amount) FROM entries WHERE transaction_id > ? GROUP BY transaction_id"
                            " HAVING sum(amount) <> 0", (self.last_posting,)).fetchall()
        total = books.execute("SELECT sum(amount) FROM entries WHERE transaction_id > ?", (self.last_posting,)).fetchone()[0]
        if odd or total:
            raise Difference(f"transactions do not sum to 0: {[tuple(row) for row in odd]}, together {total}")
        accounts = {row["client"]: row for row in books.execute("SELECT * FROM accounts")}
        books.execute("COMMIT")
        return rows, postings, last, accounts

    def bind(self, rows):
        """Orders whose number nobody was told: refused ones, children of an answer that did not come."""
        lives = {life.name: life for life in self.lives}
        numbers = {order.number for life in self.lives for order in life.touched.values()}
        for number in sorted(rows):
            row = rows[number]
            if number in numbers or number <= self.last_order:
                continue
            life = lives[row["client"]]
            found = None
            if row["parent"]:
                found = next((child for order in [*life.touched.values()] if order.number == row["parent"]
                              for child in order.children if child.upstream == row["upstream_id"]), None)
            else:
                fields = json.loads(row["fields"])
                key = fields.get("username") or fields["link"].removeprefix("https://e.com/")
                waiting = life.unnumbered.get(key)
                found = waiting.pop(0) if waiting else None
                if found is None and life.wish and life.wish.key == key and life.wish.order is None:
                    found = self.take_in(life, row)
            if found is None:
                raise Difference(f"{life.name}: the books have an order that the model does not: {dict(row)}")
            found.number = number
            life.touch(found)

    def take_in(self, life, row):
        """An add that nobody was answered is in the ledger: as it may be."""
        wish, terms, state = life.wish, life.wish_terms, row["state"]
        order = wish.make(life, terms)
        expected, error = life.expect(wish, terms, order)
        walk = wish.walk(order, terms)
        path = [offer for offer, _ in walk]
        may = {"doubt", expected}
        if walk and walk[0][1] in ("busy", "unsent"):
            may.add("canceled")  # it died between two offers
        if expected is None or state not in may:
            raise Difference(f"{life.name}: {life.what} ended as {state}; the model says {error or may}")
        life.begin(order, wish, terms)
        order.number = row["id"]
        order.story.append(f"{life.what}: found as {state} at {row['provider']}")
        last = next(offer for offer in path if offer[0] == row["provider"])
        order.tried = {offer[0] for offer in wish.offers[:wish.offers.index(last) + 1]}
        if state in ("refused", "canceled"):
            life.account.change(order, state, 0, self.day(), order.quantity)
        else:
            life.accept(order, terms, state)
            wish.order = order
        life.barrier()
        return order

    def adopt(self):
        """After a death: each order is found in a state that it had since what was last acknowledged."""
        for life in self.lives:
            if life.resolving:
                life.touch(life.resolving[0])
            for order in life.open:
                for child in order.children:
                    child.is_unpriced = False  # it is asked again first
        self.bind(self.read()[0])
        rows, postings, _, _ = self.read()
        for life in self.lives:
            if life.wish and life.wish.order is None and life.wish.key in self.panels.delivered and not any(
                    order.key == life.wish.key for order in life.touched.values()):
                raise Difference(f"{life.name}: {life.wish.key} was sent, and the books know nothing of it")
            self.adopt_payment(life, postings.get((life.name, None), []))
            if life.resolving:
                self.adopt_resolved(life, rows)
            for order in reversed(list(life.touched.values())):
                self.adopt_order(life, order, rows.get(order.number), postings.get((life.name, order.number), []))

    def adopt_payment(self, life, found):
        if life.payment and len(found) == len(life.account.postings) + 1:
            life.account.credit(*life.payment)
            life.account.must = len(found)

    def adopt_resolved(self, life, rows):
        (order, how), life.resolving = life.resolving, None
        row = rows[order.number]
        order.story.append(f"a death while it was resolved: {row['state']} at {row['provider']}")
        if how != "next-offer" and row["state"] != "doubt":
            life.end_doubt(order, how, self.terms, row["upstream_id"] or None)
        elif row["provider"] != order.provider[0] or row["state"] != "doubt":
            # It was sent on in the terms of its resolving, or, after the death, in those of now.
            there = row["state"], row["provider"]
            terms = next((terms for terms in (life.resolving_terms, self.terms) if life.next_state(order, terms) == there or
                          row["state"] == "doubt" and life.next_state(order, terms)[1] == there[1]), None)
            if terms is None:
                raise Difference(f"{life.name}: {life.what} ended as {row['state']} at {row['provider']}")
            life.end_doubt(order, how, terms, state=row["state"])
        order.must = len(order.states) - 1

    def adopt_order(self, life, order, row, found):
        if row is None:
            if order.must >= 0 or order.parent is None:
                raise Difference(f"{life.name}: {order} was acknowledged and is not in the books")
            life.account.forget(order)
            life.touched.pop(id(order))
            life.unsure.pop(id(order), None)
            return
        shown = (row["state"], row["paid"], row["remains"], row["start_count"], row["package_unit"] or None)
        for index in range(len(order.states) - 1, max(order.must, 0) - 1, -1):
            state = order.states[index]
            if books_of(order, state) == shown and [posting[:3] for posting in order.postings[:state[5]]] == found:
                life.account.take_back(order, index)
                return
        raise Difference(f"{life.name}: after a death the books say {shown} {found} of {order}; the model {order.must} or later of "
                         f"{order.states}, {[posting[:3] for posting in order.postings]}\n" + "\n".join(order.story[-12:]))

    def wait_equal(self):
        """What a status wrote, nobody waits for: it may take a moment."""
        end, words = time.monotonic() + 10, None
        while True:
            rows, postings, last, accounts = self.read()
            self.bind(rows)
            words = self.difference(rows, postings, accounts)
            if words is None:
                break
            if time.monotonic() > end:
                raise Difference(words)
            self.wire.turn(0.01)
        self.rounds += 1
        self.last_order = max([self.last_order, *rows])
        self.last_posting = last
        for life in self.lives:
            self.compared += len(life.touched)
            for order in life.touched.values():
                order.postings.clear()
                order.states[:] = [(*order.shown(), 0, order.unit)]
                order.must = 0
            life.touched.clear()
            life.unsure.clear()
            life.account.postings.clear()
            life.account.must, life.is_loose = 0, False
            life.ended += [order for order in life.open if order.state in FINAL]
            del life.ended[:-40]
            life.open = [order for order in life.open if order.state not in FINAL]

    def difference(self, rows, postings, accounts):
        for life in self.lives:
            account, row = life.account, accounts.get(life.name)
            for order in life.touched.values():
                of = rows.get(order.number)
                if of is None:
                    return f"{life.name}: {order} is not in the books"
                wanted = (*books_of(order, (*order.shown(), 0, order.unit)), order.held, order.quantity, order.charge, order.decimals)
                found = (of["state"], of["paid"], of["remains"], of["start_count"], of["package_unit"] or None, of["held"],
                         of["quantity"], of["charge"], of["decimals"])
                booked = postings.get((life.name, order.number), [])
                if wanted != found or [posting[:3] for posting in order.postings] != booked:
                    return (f"{life.name}: {order}: the model says {wanted} {[posting[:3] for posting in order.postings]}, the books "
                            f"{found} {booked}\n    " + "\n    ".join(order.story[-12:]))
            if postings.get((life.name, None), []) != account.postings:
                return f"{life.name}: payments: the model says {account.postings}, the books {postings.get((life.name, None))}"
            wanted = (account.balance, account.held, account.spent(self.day()))
            found = (row["balance"], row["held"], row["charged"] if row["day"] == self.day() else 0) if row else (0, 0, 0)
            if wanted[:2] != found[:2] or account.counts_days() and wanted != found:
                return f"{life.name}: the model says balance, held, spent {wanted}, the books {found}"
        return None

    # ---- all of it

    def begin(self):
        self.configure()
        self.point = None
        self.start()
        self.doors["gone"].close()
        for life in self.lives:
            status, answer = self.once("admin", self.operator(f"/api/clients/{life.name}/add", json.dumps(life.settings())))
            if status != 200:
                raise Difference(f"{life.name} was not added: {answer}")
        self.wait(self.has_prices, "the lists are not in force")
        self.open_books()

    def go(self, kills):
        began = time.monotonic()
        self.begin()
        self.is_pausing = True
        for life in self.lives:
            life.want, _ = next(life.generator)
        while self.last_order < self.orders:
            self.a_round(kill=self.last_order and self.kills < kills and self.kills * self.orders <= kills * self.last_order)
        self.finish()
        print(f"seed {self.seed}: {self.last_order} orders, {self.answers} answers, {self.kills} kills ({self.named} at named "
              f"points), {self.rounds} comparisons of {self.compared} changed orders, 0 differences; "
              f"{time.monotonic() - began:.0f} s", flush=True)

    def finish(self):
        total = self.books.execute("SELECT sum(amount) FROM entries").fetchone()[0]
        count = self.books.execute("SELECT count(*) FROM postings").fetchone()[0]
        if total or not count:
            raise Difference(f"all entries together sum to {total}")
        self.books.close()
        self.program.send_signal(signal.SIGTERM)
        self.wait(lambda: self.program.poll() is not None, "the gateway does not stop")
        done = subprocess.run([self.binary, "ledger", "verify", "-c", self.path], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise Difference(f"ledger verify: {done.stdout} {done.stderr}")
        twice = {key: there for key, there in self.panels.delivered.items() if len(there) > 1}
        if twice:
            raise Difference(f"delivered twice: {list(twice.items())[:5]}")

    def close(self, keep):
        if self.program and self.program.poll() is None:
            self.program.kill()
            self.program.wait()
        if keep:
            print(f"its files are in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def books_of(order, state):
    """A state as the row has it."""
    return state[0], 0 if order.kind == "run" else state[1], state[2], state[3], state[6]


def main(binary, orders=100000, seed=1, kills=None):
    orders, seed = int(orders), int(seed)
    run = Run(os.path.abspath(binary), orders, seed)
    is_good = False
    try:
        run.go(int(kills) if kills is not None else max(3, min(400, orders // 5000)))
        is_good = True
    except Difference as difference:
        print(f"seed {seed}: a difference after {run.answers} answers and {run.kills} kills: {difference}", flush=True)
    finally:
        run.close(keep=not is_good)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
