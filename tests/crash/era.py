"""One ledger and three panels: load, death, restart, comparison, again."""
import os
import random
import shutil
import tempfile
import threading
import time

import load  # noqa: F401  the harness's place
from crash import points
from crash.books import Books
from harness import Gateway, Panel, default_config
from harness.config import SHOP_KEY, provider
from load import faults
from load.lines import Lines, request

LINES = 12
WAITING_SERVICE = 11
REF_EVERY = 3      # one add in so many has an Idempotency-Key
REPEATS = 8        # acknowledged ones whose client sends again after a death
NOT_REACHED_AFTER = 1.2  # seconds of load; then it is a random moment
MODES = ("killed", "power lost", "power lost, writes torn")


class Broken(AssertionError):
    """A promise is broken: an order is "lost", something was "doubled", or the books are "wrong"."""

    def __init__(self, words, kind="wrong"):
        super().__init__(words)
        self.kind = kind


class Era:
    def __init__(self, seed, mode, binary):
        self.random = random.Random(seed)
        self.seed, self.mode = seed, mode
        os.environ["PANELMUX"] = binary
        self.folder = tempfile.mkdtemp(prefix="panelmux-crash-")
        self.armed = os.path.join(self.folder, "armed")
        # The first panel's orders end soon (refills), the others' go on (cancels).
        progress = {"start": "10ms", "finish": "30ms"}
        self.panels = [
            Panel(self.folder, name, rules=faults.rules(place), journal=100000, order_ids=ids, balance="100000000",
                  **({"progress": progress} if place == "x" else {}))
            for name, place, ids in (("alpha", "x", "number"), ("beta", "y", "string"), ("gamma", "z", "text"))]
        config = default_config(
            self.panels, answer_within="60ms", status_within="200ms", workers=2,
            providers=[provider(panel, timeout="250ms", connect_timeout="250ms", answers=faults.ANSWERS, max_connections=64,
                                rate_limit={"add": "40/s" if panel.name == "gamma" else "100000/s", "other": "100000/s"})
                       for panel in self.panels])
        # The client's money is real: each order holds, captures, releases or refunds some of it.
        config["clients"] = [{"name": "shop", "key": SHOP_KEY, "funds": "prepaid", "credit_limit": 1000000}]
        # Half of the orders begin at beta, so that all three have work.
        config["services"][1]["offers"] = [config["services"][1]["offers"][i] for i in (1, 2, 0)]
        # Its orders are mostly refused by alpha and then wait for gamma's rate bucket, between two offers.
        config["services"].append({"id": WAITING_SERVICE, "markup": "25%",
                                   "offers": [{"provider": name, "service": 101} for name in ("alpha", "gamma")]})
        self.gateway = Gateway(self.folder, config, start=False)
        self.path = os.path.join(self.folder, "panelmux.db")
        self.next = 0
        self.acknowledged = {}  # link → number
        self.refills = {}       # number of ours → order
        self.cancels = set()    # orders whose cancel was acknowledged
        self.refused = set()    # links that were answered with an error
        self.unanswered = {}    # link → service, of this life
        self.again = []         # those of the last one: every client sends again
        self.services = {}      # link → service, of those with a ref
        self.repeats = []       # acknowledged, with a ref: sent again all the same
        self.asked_after = set()  # orders that were asked to be refilled or canceled: once each
        self.delivered = {}     # link → (panel, its number)
        self.seen = {panel.name: 0 for panel in self.panels}
        self.logged = {panel.name: 0 for panel in self.panels}
        self.aftersales_asked = {}
        self.dead = Books(self.path)
        self.checked_to = 0
        self.kills = {}
        self.doubts = 0

    # --- load

    def ref_of(self, link):
        number = faults.number_of(link)
        return f"ref-{self.seed}-{number}" if number % REF_EVERY == 0 else None

    def add(self, service, link, kind="add"):
        if kind == "add":
            self.unanswered[link] = service
        if self.ref_of(link):
            self.services[link] = service
        return request({"key": SHOP_KEY, "action": "add", "service": service, "link": link, "quantity": 100},
                       ref=self.ref_of(link)), (kind, link)

    def job(self):
        if self.again:
            return self.add(*self.again.pop())
        if self.repeats:
            link = self.repeats.pop()
            return self.add(self.services[link], link, "repeat")
        dice = self.random.random()
        if dice < 0.5 and self.acknowledged or dice < 0.02:
            order = self.recent()
            if order is None:
                pass
            elif dice < 0.22:
                return request({"key": SHOP_KEY, "action": "status", "order": order}), ("status", order)
            elif order not in self.asked_after:
                self.asked_after.add(order)
                kind = "refill" if dice < 0.36 else "cancel"
                name = "order" if kind == "refill" else "orders"
                return request({"key": SHOP_KEY, "action": kind, name: order}), (kind, order)
        self.next += 1
        letters = [faults.pick(self.random, 0.2) for _ in "xyz"]
        service = self.random.choice((1, 1, 2, 2, WAITING_SERVICE))
        if service == WAITING_SERVICE and self.random.random() < 0.6:
            letters[0] = faults.BUSY
        link = faults.link(self.next, *letters)
        return self.add(service, link)

    def recent(self):
        if not self.latest:
            return None
        return self.latest[self.random.randrange(max(0, len(self.latest) - 40), len(self.latest))]

    def on_answer(self, context, status, body):
        kind, about = context
        if status != 200:
            raise Broken(f"{context}: HTTP {status} {body!r}")
        if kind == "add":
            self.unanswered.pop(about, None)
            if body.startswith(b'{"order":'):
                number = int(body[9:-1])
                self.check(self.acknowledged.get(about, number) == number,
                           f"{about} is {self.acknowledged.get(about)} and {number}", "doubled")
                self.acknowledged[about] = number
                self.latest.append(number)
            else:
                self.refused.add(about)
        elif kind == "repeat" and b"Please try again later" in body:
            self.repeats.insert(0, about)  # not within answer_within, which is short here: no number, and no other one
        elif kind == "repeat":
            self.check(body == b'{"order":%d}' % self.acknowledged[about],
                       f"ref {self.ref_of(about)} of {about} has order {self.acknowledged[about]}; sent again: {body!r}", "doubled")
        elif kind == "refill" and body.startswith(b'{"refill":"'):
            self.refills[int(body[11:-2])] = about
        elif kind == "cancel" and b'"cancel":1}' in body:
            self.cancels.add(about)
        elif kind == "status":
            self.check(b'"status":' in body, f"order {about} was acknowledged, its status is {body!r}", "lost")

    # --- deaths

    def environment(self, point):
        environment = {}
        if self.mode != "killed":
            environment["PANELMUX_POWER_LOSS"] = "all" if self.mode == "power lost" else "some"
        if point != points.RANDOM:
            environment["PANELMUX_CRASH_AT"] = f"{point}:{self.random.randint(1, points.DEPTH.get(point, 1))}"
        if point not in points.AT_START:
            environment["PANELMUX_CRASH_WHEN"] = self.armed
        return environment

    def is_dead(self):
        return not self.gateway.program.is_running()

    def die(self, point):
        """One life of the gateway: start, comparison with the books it died with before, load, death."""
        if point == "ledger.migrating" or point == "ledger.migrated":
            self.new_ledger()
        if os.path.exists(self.armed):
            os.unlink(self.armed)
        self.latest = list(self.acknowledged.values())[-60:]
        self.again = [(service, link) for link, service in self.unanswered.items()]
        self.unanswered = {}
        self.repeats = [link for link in list(self.acknowledged)[-60:] if link in self.services][-REPEATS:]
        self.gateway.environment = self.environment(point)
        self.gateway.start(ready=False)
        at = point
        if point in points.AT_START:
            self.gateway.program.process.wait(20)
            self.check(self.was_told(point), f"{point} was not reached:\n{self.gateway.program.tail()}")
        else:
            self.gateway.wait_ready()
            self.compare()
            at = self.load_until_death(point)
        self.gateway.program.kill()
        self.gateway.programs = self.gateway.programs[-1:]
        self.kills[at] = self.kills.get(at, 0) + 1
        self.bury()

    def load_until_death(self, point):
        lines = Lines(self.gateway.port, LINES)
        died_at = [point]
        is_random = point == points.RANDOM
        seconds = self.random.uniform(0.01, 0.4) if is_random else NOT_REACHED_AFTER
        with open(self.armed, "w"):
            pass
        killer = threading.Timer(seconds, self.gateway.program.process.kill)
        killer.start()
        begun = time.monotonic()
        try:
            lines.run(self.job, self.on_answer, lambda _: None, look=self.is_dead)
        finally:
            killer.cancel()
            lines.close()
        self.gateway.program.process.wait(10)
        if not is_random and time.monotonic() - begun >= seconds and not self.was_told(point):
            died_at[0] = points.RANDOM
        return died_at[0]

    def was_told(self, point):
        self.gateway.program.wait_end(5)
        return any(line == f"event=crashpoint_reach name={point}" for line in self.gateway.program.lines[-50:])

    def new_ledger(self):
        """A migration happens only in a new ledger: what there was is compared a last time."""
        self.finish()
        for ending in ("", "-wal", "-shm"):
            if os.path.exists(self.path + ending):
                os.unlink(self.path + ending)
        for panel in self.panels:
            panel.reset()
            panel.rules(*panel.settings["rules"])
            self.seen[panel.name] = 0
        self.acknowledged, self.refills, self.delivered, self.asked_after, self.cancels = {}, {}, {}, set(), set()
        self.aftersales_asked = {}
        self.unanswered, self.again, self.services, self.repeats = {}, [], {}, []
        self.logged = {panel.name: 0 for panel in self.panels}
        self.checked_to = 0
        self.dead = Books(self.path)

    # --- comparison

    def check(self, is_so, words, kind="wrong"):
        if not is_so:
            raise Broken(f"era {self.seed}, {self.mode}, {self.folder}: {words}", kind)

    def bury(self):
        """The dead files: whole, and holding all that was acknowledged."""
        if not os.path.exists(self.path):
            return
        self.dead = Books(self.path, self.checked_to)
        if self.dead.version:
            ended = self.gateway.cli("ledger", "verify")
            self.check(ended.returncode == 0, f"ledger verify of the dead books: {ended}")
        for link, number in self.acknowledged.items():
            if number >= self.checked_to:
                there = self.dead.orders.get(number)
                self.check(there is not None and there["link"] == link,
                           f"order {number} was acknowledged for {link}; the books have {there}", "lost")
                ref = self.ref_of(link)
                self.check(ref is None or self.dead.refs.get(ref) == number,
                           f"{ref} was answered with order {number}, the books have {self.dead.refs.get(ref)}", "lost")
                self.check(there["state"] not in ("refused",), f"order {number} was acknowledged, the books say {there}",
                           "lost")
        canceled = {order for kind, order, _ in self.dead.aftersales.values() if kind == "cancel"}
        self.check(self.cancels <= canceled, f"cancels of {self.cancels - canceled} were acknowledged, not in the books", "lost")
        for number, order in self.refills.items():
            self.check(self.dead.aftersales.get(number, (0, 0))[:2] == ("refill", order),
                       f"refill {number} of order {order} was acknowledged; the books have {self.dead.aftersales.get(number)}",
                       "lost")

    def read_panels(self):
        fresh = []
        for panel in self.panels:
            orders = panel.control(f"orders?after={self.seen[panel.name]}")["orders"]
            self.seen[panel.name] += len(orders)
            for order in orders:
                link = order["fields"]["link"]
                self.check(link not in self.delivered,
                           f"{link} was delivered twice: {self.delivered.get(link)} and {panel.name} {order['id']}",
                           "doubled")
                self.delivered[link] = (panel.name, order["id"])
                fresh.append(link)
            log = panel.log(after=self.logged[panel.name])
            for entry in log:
                self.logged[panel.name] = max(self.logged[panel.name], entry["number"])
                if entry["action"] not in ("refill", "cancel"):
                    continue
                about = (panel.name, entry["action"], entry["fields"].get("order") or entry["fields"].get("orders"))
                self.check(about not in self.aftersales_asked, f"{about} was asked twice", "doubled")
                self.aftersales_asked[about] = entry["number"]
        return fresh

    def show(self, number):
        answer = self.gateway.admin(f"/orders/{number}")
        self.check(answer.status == 200, f"order {number} is in the dead books but not known after the restart: {answer}",
                   "lost")
        return answer.json

    def compare(self):
        """After a restart: the living books against the dead ones and against the panels."""
        fresh = self.read_panels()
        for link in fresh:
            self.check(link in self.dead.links,
                       f"{link} was delivered to {self.delivered[link]} without an intent in the books", "lost")
        for number, dead in self.dead.orders.items():
            if number < self.checked_to:
                continue
            self.compare_order(number, dead, self.show(number))
        if self.dead.orders:
            self.checked_to = max(self.checked_to, max(self.dead.orders) - 400)

    def compare_order(self, number, dead, living):
        attempts = {attempt["attempt"]: attempt for attempt in living["attempts"]}
        was_sending = False
        for (order, which), (name, state, upstream) in self.dead.attempts.items():
            if order != number:
                continue
            now = attempts.get(which)
            self.check(now is not None and now["provider"] == name, f"order {number}: attempt {which} is gone")
            expected = "doubt" if state == "sending" else state
            was_sending = was_sending or state == "sending"
            self.check(now["state"] == expected,
                       f"order {number}: attempt {which} was {state} at its death and is {now['state']} now")
        link = dead["link"]
        state = living["order"]["state"]
        self.doubts += was_sending
        if was_sending:
            self.check(state == "doubt", f"order {number} was being sent, it is {state} now")
        elif dead["state"] == "placing" and dead["given"]:
            self.check(state != "refused", f"order {number} had its number given, it is refused now")
        elif dead["state"] == "placing":
            self.check(state == "canceled", f"order {number} had no number given and was not being sent; it is {state}")
            self.check(link not in self.delivered or self.dead.is_again(number), f"order {number} is canceled, {link} was delivered", "lost")
        elif dead["state"] == "doubt":
            self.check(state == "doubt", f"order {number} was in doubt, it is {state} now")
        if link in self.delivered and not (state in ("canceled", "refused") and self.dead.is_again(number)):
            name, upstream = self.delivered[link]
            mine = [attempt for attempt in attempts.values() if attempt["provider"] == name]
            # One that went on after the restart may be at the panel right now.
            self.check(any(attempt["state"] == "doubt" or
                           attempt["state"] == "sending" and (number, attempt["attempt"]) not in self.dead.attempts or
                           attempt["state"] == "accepted" and attempt["upstream_id"] == upstream for attempt in mine),
                       f"order {number}, {link}: delivered as {name} {upstream}, but its attempts are {living['attempts']}")
        for attempt in attempts.values():
            if attempt["state"] == "accepted":
                if link not in self.delivered:  # it has gone on since the restart
                    self.read_panels()
                self.check(self.delivered.get(link) == (attempt["provider"], attempt["upstream_id"]),
                           f"order {number}, {link}: accepted as {attempt['provider']} {attempt['upstream_id']}, "
                           f"the panels have {self.delivered.get(link)}")
        for row in living["aftersales"]:
            was = self.dead.aftersales.get(row["number"])
            if was:
                expected = "doubt" if was[2] == "sending" else was[2]
                self.check(row["state"] == expected, f"{row['kind']} {row['number']} was {was[2]} and is {row['state']} now")

    def finish(self):
        """A last life without a death: everything is known, the books are clean, numbers are unique."""
        if os.path.exists(self.armed):
            os.unlink(self.armed)
        self.gateway.environment = self.environment(points.RANDOM)
        self.gateway.start()
        self.latest = []
        self.compare()
        numbers = list(self.acknowledged.values())
        self.check(len(numbers) == len(set(numbers)), "a number was given twice", "doubled")
        self.gateway.stop()
        ended = self.gateway.cli("ledger", "verify")
        self.check(ended.returncode == 0, f"ledger verify at the end: {ended}")
        end = Books(self.path)
        for link, number in self.acknowledged.items():
            self.check(end.orders.get(number, {}).get("link") == link, f"order {number} of {link} is lost", "lost")
        for link in self.delivered:
            self.check(link in end.by_link(), f"{link} was delivered and is not in the books", "lost")
        self.orders_total = getattr(self, "orders_total", 0) + len(end.orders)
        self.acknowledged_total = getattr(self, "acknowledged_total", 0) + len(numbers)
        self.delivered_total = getattr(self, "delivered_total", 0) + len(self.delivered)

    def close(self, keep=False):
        for program in self.gateway.programs:
            program.kill()
        for panel in self.panels:
            panel.program.kill()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def run(seed, mode, plan, binary):
    """A mapping of what happened; "fault" is None when nothing broke."""
    era = Era(seed, mode, binary)
    fault = kind = None
    try:
        for point in plan:
            era.die(point)
        era.finish()
    except Exception as raised:
        kind = raised.kind if isinstance(raised, Broken) else "wrong"
        tail = era.gateway.program.tail(12) if isinstance(raised, Broken) and era.gateway.programs else ""
        fault = f"{type(raised).__name__}: {raised}\n{tail}"
    finally:
        era.close(keep=fault is not None)
    return {"kills": era.kills, "orders": getattr(era, "orders_total", 0), "fault": fault, "kind": kind, "doubts": era.doubts,
            "acknowledged": getattr(era, "acknowledged_total", 0), "delivered": getattr(era, "delivered_total", 0)}
