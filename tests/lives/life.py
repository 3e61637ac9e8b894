"""The life of one client: it orders, asks, pays, is frozen, sends again after a death. One thing at a time, so that what must
come of it is known; many lives at once, so that commits hold a crowd."""
import json
import random
import time
from fractions import Fraction

from model import FINAL, ONE, OPEN, SUBSCRIPTION_WORDS, WORDS, Account, Order, report, share, taken_for, undelivered, up
from wire import post

# service: (kind, offers in their order, a probability)
SERVICES = {
    1: ("plain", (("alpha", 101), ("beta", 101)), 40),
    2: ("plain", (("gone", 101), ("beta", 102)), 10),
    3: ("plain", (("beta", 103), ("alpha", 103)), 20),
    4: ("drip", (("alpha", 104), ("beta", 104)), 10),
    5: ("subscription", (("alpha", 105), ("beta", 105)), 10),
    6: ("package", (("alpha", 106),), 10),
}
DRAWN = [service for service, row in SERVICES.items() for _ in range(row[2])]
PACKAGE = 1000  # its quantity
SHOWN = {"placing": "Pending", "doubt": "Pending", "pending": "Pending", "processing": "Processing", "in_progress": "In progress",
         "completed": "Completed", "partial": "Partial", "canceled": "Canceled"}
SHOWN_SUBSCRIPTION = {"placing": "Active", "doubt": "Active", "pending": "Active", "in_progress": "Active", "processing": "Paused",
                      "completed": "Completed", "partial": "Expired", "canceled": "Canceled"}
BUSY, BAD, UNKNOWN = "Quantity is locked by story", "Bad link", "The moon is in the wrong house"
NO_FUNDS, UNAVAILABLE, FROZEN, LINK, OTHER_REF = (
    "Not enough funds on balance", "Service is temporarily unavailable", "Your account is inactive", "Incorrect link",
    "This ref already has another order. Please use a new ref for a new order")
DOES = ["ok"] * 86 + ["busy"] * 7 + ["bad"] * 2 + ["doubt"] * 2 + ["taken"] + ["lost"] * 2
OPEN_MOST = 32
FRESH = 0.003
ENDS = ("Completed", "Completed", "Partial", "Partial", "Canceled", "Refunded")
NEWS = ("Pending", "Processing", "In progress", "In progress", "Fail", "Whatever")


class Difference(AssertionError):
    pass


class Wish:
    """What a client wants ordered, and how each panel takes it."""

    def __init__(self, key, service, fields, panels, ref):
        self.key, self.service, self.fields, self.panels, self.ref = key, service, fields, panels, ref
        self.kind, self.offers = SERVICES[service][:2]
        self.order = None  # found in the ledger after a death

    def make(self, life, terms):
        """The order it would be, now."""
        rate = terms.rate(self.service, self.offers, life.account)
        quantity, fields = int(self.fields.get("quantity", 0)), self.fields
        pieces, posts, runs = int(fields.get("max", 0)), int(fields.get("posts", 0)), int(fields.get("runs", 0))
        charge = rate if self.kind == "package" else 0 if self.kind == "subscription" else share(
            rate, quantity * max(runs, 1), 1000, terms.decimals)
        order = Order(life.account, self.kind, self.service, PACKAGE if self.kind == "package" else quantity * max(runs, 1),
                      rate, charge, terms.decimals)
        order.pieces, order.posts, order.runs, order.ref, order.key = pieces, posts or 1000, runs, self.ref, self.key
        order.is_endless = self.kind == "subscription" and not posts
        order.panels, order.tried, order.wish = self.panels, set(), self
        order.hold = charge if self.kind != "subscription" else order.most(posts or 1)
        return order

    def walk(self, order, terms):
        """[(offer, what its panel does)] as far as it comes."""
        path = []
        for offer in self.offers:
            if offer[0] in order.tried or not terms.takes(offer, order):
                continue
            path.append((offer, self.panels[offer[0]]))
            if path[-1][1] not in ("busy", "unsent"):
                break
        return path

    def request(self, life):
        return post({"key": life.key, "action": "add", "service": self.service, **self.fields},
                    f"Idempotency-Key: {self.ref}\r\n" if self.ref else "")


class Life:
    def __init__(self, run, index, seed):
        self.run, self.dice = run, random.Random(f"{seed} {index}")
        self.name, self.key = f"client-{index}", f"key-of-client-{index}-0123456789abcdef"
        dice = self.dice
        prepaid, daily = index % 4 != 3, index % 5 == 0
        prices = {1: Fraction(dice.randrange(200000, 400000), 10**5)} if index % 6 == 1 else {}
        self.account = Account(self.name, prepaid, 0, 40 * ONE if daily else None, Fraction(dice.choice([0, 0, 73, 250]), 1000),
                               prices)
        self.links = 0
        self.open, self.ended, self.refs = [], [], []
        self.unnumbered = {}       # by key: orders whose number nobody has, in their order
        self.touched = {}          # orders since the last comparison
        self.unsure = {}           # likewise, since the last barrier
        self.spare = 0
        self.frozen = self.is_loose = False
        self.wish = self.wish_terms = self.payment = self.resolving = self.resolving_terms = None
        self.generator, self.what = self.live(), "nothing"

    def settings(self):
        """As an operator gives them."""
        account = self.account
        said = {"key": self.key, "markup": f"{float(account.markup * 100):g}%"}
        if account.prices:
            said["prices"] = {str(service): f"{float(price):.5f}" for service, price in account.prices.items()}
        if account.prepaid:
            said |= {"funds": "prepaid", "credit_limit": "0"}
        else:
            said |= {"funds": "unlimited", "balance": "0"}
        if account.daily_limit is not None:
            said["daily_limit"] = text(account.daily_limit)
        return said

    # ---- what it does

    def live(self):
        while True:
            if self.run.is_pausing:
                yield "pause", None
                continue
            self.sort()
            yield from self.dice.choices(
                (self.add, self.add_again, self.ask, self.ask_orphan, self.ask_ended, self.resolve, self.pay, self.freeze,
                 self.limit, self.after_sale, self.look),
                (60, 2, 20, 3, 2, 2 + 8 * (len(self.doubts) > 4), 3 + 30 * self.is_poor(), 1 + 60 * self.frozen,
                 1 + 20 * self.is_at_its_limit(), 1, 1))[0]()

    def is_poor(self):
        account = self.account
        return account.prepaid and account.balance - account.held < 4 * ONE

    def is_at_its_limit(self):
        account = self.account
        return account.counts_days() and account.daily_limit - account.spent(self.run.day()) < ONE

    def sort(self):
        self.doubts = [order for order in self.open if order.state == "doubt"]
        self.running = [order for order in self.open if order.state not in OPEN and order.state not in FINAL]

    def differ(self, words, order=None):
        story = "".join(f"\n    {line}" for line in order.story[-12:]) if order else ""
        raise Difference(f"{self.name}, {self.what}: {words}{story}")

    def check(self, is_so, words, order=None):
        if not is_so:
            self.differ(words, order)

    def touch(self, order):
        self.touched[id(order)] = self.unsure[id(order)] = order

    def barrier(self):
        """What was acknowledged is durable, and all that was written before."""
        for order in self.unsure.values():
            order.must = len(order.states) - 1
        self.unsure.clear()
        self.account.must = len(self.account.postings)
        self.is_loose = False

    # ---- add

    def add(self):
        dice = self.dice
        if len(self.open) > OPEN_MOST and not self.is_loose:
            yield from self.ask()
            return
        service = dice.choice(DRAWN)
        kind = SERVICES[service][0]
        self.links += 1
        key = f"{self.name}/{self.links}"
        fields = {"username": key} if kind == "subscription" else {"link": f"https://e.com/{key}"}
        if kind == "subscription":
            fields |= {"min": 1, "max": dice.choice([10, 33, 100, dice.randrange(2, 1000)]), "delay": 0}
            if dice.random() < 0.8:
                fields["posts"] = dice.randrange(1, 12)
        elif kind == "drip":
            fields |= {"quantity": dice.randrange(1, 200), "runs": dice.randrange(2, 12), "interval": 5}
        elif kind == "plain":
            fields["quantity"] = dice.choice([1, 7, 100, 1000, dice.randrange(1, 3000)])
        does = [dice.choice(DOES) for _ in "ab"]
        wish = Wish(key, service, fields, {"alpha": does[0], "beta": does[1], "gone": "unsent"},
                    f"ref {self.name} {self.links}" if dice.random() < 0.25 else None)
        yield from self.place(wish)

    def place(self, wish):
        self.wish = wish
        self.run.panels.wishes[wish.key] = wish
        while True:
            self.what = f"add of {wish.key} {wish.fields} {wish.panels} ref {wish.ref}"
            terms = self.wish_terms = self.run.terms
            status, body = yield "v2", wish.request(self)
            if status is not None:
                self.wish = None
                self.take_answer(wish, terms, json.loads(body))
                return
            yield "restart", None
            if wish.order is None or wish.order.state in FINAL:
                wish.order = None
                continue
            # It is there, and nobody had its number: sent again, it gets that.
            self.what += ", sent again"
            status, body = yield "v2", wish.request(self)
            if status is not None:
                answer = json.loads(body)
                wanted = {"error": FROZEN} if self.frozen else {"order": wish.order.number}
                self.check(answer == wanted, f"it is {wish.order}, the answer {answer}", wish.order)
                self.wish = None
                return
            yield "restart", None

    def expect(self, wish, terms, order):
        """(state or None, error)"""
        if self.frozen:
            return None, FROZEN
        path = wish.walk(order, terms)
        if not path:
            return None, UNAVAILABLE
        if not self.account.affords(order.hold, order.counted(), self.run.day()):
            return None, NO_FUNDS
        last = path[-1][1]
        if last in ("busy", "unsent"):
            return "refused", UNAVAILABLE
        if last == "bad":
            return "refused", LINK
        return ("pending" if last == "ok" else "doubt"), None

    def take_answer(self, wish, terms, answer):
        order = wish.make(self, terms)
        state, error = self.expect(wish, terms, order)
        got = answer.get("error")
        self.check(got == error, f"the model says {error or state}, the answer is {answer}; {order}, hold {order.hold}, "
                                 f"account {vars(self.account)}")
        if error == NO_FUNDS:
            self.barrier()
        if state is None:
            return
        self.begin(order, wish, terms)
        order.story.append(f"add: {state} {answer}")
        if state == "refused":
            self.account.change(order, "refused", 0, self.run.day())
            self.unnumbered.setdefault(wish.key, []).append(order)
        else:
            order.number = answer["order"]
            self.accept(order, terms, state)
        self.barrier()

    def begin(self, order, wish, terms):
        self.touch(order)
        self.account.begin(order, order.hold, self.run.day())
        order.tried |= {offer[0] for offer, _ in wish.walk(order, terms)}
        order.must = 0

    def accept(self, order, terms, state):
        """By the last offer of its walk, or in doubt there."""
        order.provider = self.last_offer(order)
        order.bought = terms.cost(order.provider)
        self.set_panel_terms(order, terms)
        if state == "pending":
            order.upstream = self.delivered(order, 1)
        else:
            self.delivered(order)
        self.account.change(order, state, order.charge, self.run.day())
        self.open.append(order)
        if order.ref:
            self.refs.append(order)

    @staticmethod
    def last_offer(order):
        return [offer for offer in order.wish.offers if offer[0] in order.tried][-1]

    def delivered(self, order, wanted=None):
        there = self.run.panels.delivered.get(order.key, [])
        self.check(len(there) == wanted if wanted is not None else len(there) <= 1, f"was delivered as {there}", order)
        return there[0][1] if there else None

    def add_again(self):
        """A ref once more: the same order has its number, another is an error; nothing is sent."""
        if not self.refs:
            return
        order = self.dice.choice(self.refs[-30:])
        fields = dict(order.wish.fields)
        is_same = self.dice.random() < 0.7
        if not is_same:
            name = "max" if order.kind == "subscription" else "link" if order.kind == "package" else "quantity"
            fields[name] = f"{fields[name]}x" if name == "link" else int(fields[name]) + 1
        wish = Wish(order.key, order.service, fields, order.panels, order.ref)
        self.what = f"ref {order.ref} of {order} again"
        status, body = yield "v2", wish.request(self)
        if status is None:
            yield "restart", None
            return
        answer = json.loads(body)
        wanted = {"error": FROZEN} if self.frozen else {"order": order.number} if is_same else {"error": OTHER_REF}
        self.check(answer == wanted, f"the model says {wanted}, the answer is {answer}", order)
        self.delivered(order)

    # ---- status

    def ask(self):
        """Panels say something of orders that run."""
        dice = self.dice
        parents = [order for order in self.running if order.kind in ("drip", "subscription")]
        if parents and dice.random() < 0.5:
            yield from self.ask_family(dice.choice(parents))
            return
        plain = [order for order in self.running if order.kind in ("plain", "package")]
        if plain:
            yield from self.ask_plain(dice.sample(plain, min(len(plain), dice.choice((1, 12, OPEN_MOST)))))

    def ask_orphan(self):
        """A child that is under way when its parent has ended."""
        parents = [order for order in self.ended if any(is_asked_for(child) for child in order.children)]
        if parents:
            yield from self.ask_family(self.dice.choice(parents))

    def say(self, order, **more):
        """Another report of its panel; what the model makes of it."""
        dice, quantity = self.dice, order.unit or order.quantity or 50
        if order.said and dice.random() < 0.15:
            said = order.said  # the same again
        else:
            late = 0.6 if len(self.open) > OPEN_MOST - 6 else 0.35
            word = dice.choice(ENDS if dice.random() < late else NEWS)
            told = dice.choice((None, 0, 1, quantity - 1, quantity, quantity + 1, -1, dice.randrange(quantity + 1)))
            if order.kind == "package" and order.unit is None:
                told = dice.choice((None, 1, PACKAGE, 0))
            said = word, told, dice.choice((None, None, dice.randrange(10**6)))
        order.said = said
        word, told, start = said
        facts = {"status": word, "currency": "USD", **more}
        if told is not None:
            facts["remains"] = told if dice.random() < 0.5 else str(told)
        if start is not None:
            facts["start_count"] = str(start)
        self.run.panels.says[order.upstream] = facts
        order.story.append(f"its panel says {facts}")
        return said

    def answered(self, orders, body):
        """What the client was told, against what it should be."""
        answer = json.loads(body)
        for order in orders:
            order.asked_at = time.monotonic()
            told = answer if len(orders) == 1 else answer.get(str(order.number), {})
            words = SHOWN_SUBSCRIPTION if order.kind == "subscription" else SHOWN
            paid = order.paid
            if order.kind == "run":
                paid = 0 if order.state == "canceled" else order.charge - undelivered_of(order)
            remains = max(order.remains, 1) if order.kind == "package" and order.state not in FINAL else order.remains
            wanted = (words[order.state], paid, remains, order.start or 0)
            got = "error" not in told and (told["status"], units(told["charge"]), int(told["remains"]), int(told["start_count"]))
            self.check(got == wanted, f"{order}: the model says {wanted}, the answer is {told}", order)
        return answer

    def ask_about(self, orders):
        """status of these; one that its panel spoke of within the last millisecond would not be asked for again."""
        self.is_loose = True
        while any(time.monotonic() - order.asked_at < FRESH for order in orders):
            yield "wait", None
        if len(orders) == 1:
            fields = {"order": orders[0].number}
        else:
            fields = {"orders": ",".join(str(order.number) for order in orders)}
        return (yield "v2", post({"key": self.key, "action": "status", **fields}))

    def ask_plain(self, orders):
        self.what = f"status of {orders}"
        said = [self.say(order) for order in orders]
        status, body = yield from self.ask_about(orders)
        for order, (word, told, start) in zip(orders, said):
            self.touch(order)
            report(order, word, told, start, self.run.day())
        if status is None:
            yield "restart", None
            return
        self.answered(orders, body)

    def ask_ended(self):
        """Terminal is terminal, whatever its panel says later."""
        ended = [order for order in self.ended[-20:] if order.number]
        if not ended:
            return
        orders = [self.dice.choice(ended)]
        self.what = f"status of ended {orders}"
        if orders[0].upstream and orders[0].kind in ("plain", "package", "run"):
            late = {"status": self.dice.choice(list(WORDS)), "remains": self.dice.randrange(99)}
            self.run.panels.says[orders[0].upstream] = late
        status, body = yield from self.ask_about(orders)
        if status is None:
            yield "restart", None
            return
        self.answered(orders, body)

    # ---- parents and their children

    def ask_family(self, parent):
        dice = self.dice
        children = [child for child in parent.children if is_asked_for(child)]
        if children and (parent.state in FINAL or dice.random() < 0.4):
            child = dice.choice(children)
            self.set_spare(parent)
            self.what = f"status of {child}, child of {parent}"
            said = self.say_child(child)
            status, body = yield from self.ask_about([child])
            self.hear_child(child, said)
            if status is None:
                yield "restart", None
                return
            self.answered([child], body)
            return
        yield from self.ask_parent(parent)

    def say_child(self, child):
        if child.kind == "run":
            return (*self.say(child), None)
        dice = self.dice
        kind = dice.randrange(5)
        pieces = dice.randrange(child.pieces + 1) if kind < 3 else None
        if pieces is not None:
            charge = child.panel_rate * pieces / 1000
        elif kind == 3:
            charge = child.panel_rate * dice.randrange(1, 10**6) / 10**6 * Fraction(child.pieces, 1000)
        else:
            charge = child.panel_rate * dice.choice((2, 99999))
        if kind == 4 and dice.random() < 0.6:
            charge = None
        if charge is None:
            return (*self.say(child), None)
        amount = decimals_of(charge)
        if pieces is None:
            pieces = whole_pieces(Fraction(amount), child.panel_rate)
        paid = taken_for(child, up(Fraction(amount) * child.exchange), pieces, child.bought)
        if child.parent.is_endless and self.account.prepaid and paid - child.paid > self.spare:
            amount, paid = "0", 0  # what funds do not cover is told to the operator later than its client asks
        self.spare -= max(paid - child.paid, 0)
        # The same report again has another charge: that is what counts.
        return (*self.say(child, charge=amount), paid)

    def set_spare(self, parent):
        """What the parent's children may be charged now."""
        self.spare = parent.held + (self.account.room() if self.account.prepaid else 0)

    def hear_child(self, child, said):
        word, told, start, taken = said
        self.touch(child)
        self.touch(child.parent)
        report(child, word, told, start, self.run.day(), taken)

    def ask_parent(self, parent):
        dice, panels, day = self.dice, self.run.panels, self.run.day()
        self.what = f"status of {parent}"
        is_drip = parent.kind == "drip"
        most = parent.runs if is_drip else parent.posts
        listed = [child.upstream for child in parent.children]
        for _ in range(dice.choice((0, 2, 4, 6))):
            if len(listed) < most or dice.random() < 0.1:
                listed.append(panels.new_id())
        if listed and dice.random() < 0.1:
            listed.append(dice.choice(listed))  # named twice
        if dice.random() < 0.05:
            listed.append(parent.upstream)
        ended = [order for order in self.ended[:-5] if order.upstream and order.provider and order.kind == "plain"]
        if ended and dice.random() < 0.05:
            other = dice.choice(ended)
            if other.provider[0] == parent.provider[0]:
                listed.append(other.upstream)
        if listed and dice.random() < 0.1:
            listed = []  # names none: those there are stay
        if is_drip:
            facts = {"orders": listed} if listed else {}
            word, told, start = self.say(parent, runs=str(len(listed)), **facts)
        else:
            word, told, start = dice.choices(list(SUBSCRIPTION_WORDS), (60, 10, 12, 9, 9))[0], None, None
            panels.says[parent.upstream] = {"status": word, "posts": str(len(listed)), "expiry": "2030-01-01",
                                            **({"orders": listed} if listed else {})}
            parent.story.append(f"its panel says {panels.says[parent.upstream]}")
        taken = {order.upstream for order in ended} | {parent.upstream}
        known = {child.upstream: child for child in parent.children}
        shown = []
        for upstream in listed or list(known):
            if upstream in taken and upstream not in known or upstream in [child.upstream for child in shown]:
                continue
            if upstream not in known:
                if len(parent.children) >= most:
                    continue
                known[upstream] = self.bear(parent, upstream)
            shown.append(known[upstream])
        # At a parent's end those of its report are looked at first, as they stand there.
        self.set_spare(parent)
        ends = SUBSCRIPTION_WORDS[word] in FINAL if not is_drip else ends_by(word, told)
        reports = [(child, self.say_child(child)) for child in shown if ends and child.state not in FINAL]
        status, body = yield from self.ask_about([parent])
        for child, said in reports:
            self.hear_child(child, said)
        self.touch(parent)
        report(parent, word, told, start, day)
        if status is None:
            yield "restart", None
            return
        answer = self.answered([parent], body)
        numbers = [int(number) for number in answer.get("orders", [])]
        self.check(len(numbers) == len(shown), f"{parent}: its children are {shown}, the answer {answer}", parent)
        for child, number in zip(shown, numbers):
            self.check(child.number in (None, number), f"{child} of {parent} is {number} now", parent)
            child.number = number
            child.must = max(child.must, 0)

    def bear(self, parent, upstream):
        place = len(parent.children)
        is_drip = parent.kind == "drip"
        child = Order(self.account, "run" if is_drip else "child", parent.service,
                      parent.quantity // parent.runs if is_drip else 0, parent.rate,
                      parent.most(place + 1) - parent.most(place), parent.decimals)
        child.parent, child.upstream, child.provider, child.bought = parent, upstream, parent.provider, parent.bought
        child.pieces, child.state, child.must, child.said = parent.pieces, "pending", -1, None
        child.panel_rate, child.exchange = parent.panel_rate, parent.exchange
        self.touch(child)
        self.touch(parent)
        parent.children.append(child)
        self.account.bear(child)
        self.run.panels.says[upstream] = {"status": "Pending"}
        return child

    # ---- an operator ends a doubt

    def resolve(self):
        if not self.doubts:
            return
        if not (yield from self.settle()):
            return
        order = self.dice.choice(self.doubts)
        there = self.delivered(order)
        if there is None and self.dice.random() < 0.2:
            there = self.run.panels.take(order.key, order.provider[0])
        how = "accepted" if there else self.dice.choice(("next-offer", "refund"))
        self.what = f"resolve {order} as {how}"
        order.story.append(self.what)
        self.resolving, self.resolving_terms = (order, how), self.run.terms
        body = json.dumps({"how": how, **({"upstream_id": there} if there else {})})
        status, answer = yield "admin", self.run.operator(f"/orders/{order.number}/resolve", body)
        if status is None:
            yield "restart", None
            return
        self.check(status == 200 and json.loads(answer) == {"resolved": 1}, f"the answer is {status} {answer}", order)
        if how == "next-offer":
            state = "placing"
            while state == "placing":
                status, answer = yield "admin", self.run.operator(f"/orders/{order.number}")
                if status is None:
                    yield "restart", None
                    return
                state = json.loads(answer)["order"]["state"]
                if state == "placing":
                    yield "wait", None
            # The ledger is ahead of the table: another write behind it, of the same loop, is heard of after it.
            body = json.dumps({"markup": self.settings()["markup"]})
            if (yield "admin", self.run.operator(f"/api/clients/{self.name}/set", body))[0] is None:
                yield "restart", None
                return
        self.end_doubt(order, how, self.run.terms, there)
        self.resolving = None
        self.barrier()

    def next_state(self, order, terms):
        """(state, provider) once it is sent on."""
        path = order.wish.walk(order, terms)
        if not path:
            return "canceled", order.provider[0]
        does = path[-1][1]
        return "pending" if does == "ok" else "canceled" if does in ("busy", "unsent", "bad") else "doubt", path[-1][0][0]

    def end_doubt(self, order, how, terms, there=None, state=None):
        """state: where a death left it in doubt, else as its panels' doings have it."""
        self.touch(order)
        day, account = self.run.day(), self.account
        if how == "accepted":
            order.upstream = there
            account.change(order, "pending", order.charge, day)
        elif how == "refund":
            account.change(order, "canceled", 0, day, order.quantity)
        else:
            path = order.wish.walk(order, terms)
            state = state or self.next_state(order, terms)[0]
            order.story.append(f"next offers: {path}, {state}")
            order.tried |= {offer[0] for offer, _ in path}
            if path:
                order.provider, order.bought = path[-1][0], terms.cost(path[-1][0])
                self.set_panel_terms(order, terms)
            if state == "pending":
                order.upstream = self.delivered(order, 1)
                account.change(order, "pending", order.charge, day)
            elif state == "canceled":
                account.change(order, "canceled", 0, day, order.quantity)
            else:
                order.keep()

    @staticmethod
    def set_panel_terms(order, terms):
        """What its panel charges by, as it was bought."""
        order.panel_rate, order.exchange = terms.rates[order.provider], terms.exchange[order.provider[0]]

    # ---- money, and the operator's other doings

    def settle(self):
        """What a status wrote, its loop hands over once it is quiet; an operator's command comes by another thread and might
        overtake it. An add of the same loop that was decided in the ledger cannot. True: all is there."""
        if self.is_loose:
            yield from self.add()
        return not self.is_loose

    def pay(self):
        account, dice = self.account, self.dice
        if not (yield from self.settle()):
            return
        name = f"payment {len(account.credits)}" if dice.random() < 0.7 else None
        amount = dice.choice([ONE, 30 * ONE, 60 * ONE, dice.randrange(1, 50 * ONE), -ONE, -dice.randrange(1, 3 * ONE)])
        if account.credits and dice.random() < 0.2:
            name = dice.choice(list(account.credits))
            amount = account.credits[name] if dice.random() < 0.6 else amount
        self.what = f"credit of {text(amount)} as {name}"
        body = json.dumps({"amount": text(amount), **({"id": name} if name else {}), "note": "n"})
        while True:
            self.payment = amount, name
            status, answer = yield "admin", self.run.operator(f"/api/clients/{self.name}/credit", body)
            if status is not None:
                break
            yield "restart", None
            if name is None:
                return
        self.payment = None
        is_repeat, other = name in account.credits, account.credits.get(name)
        if is_repeat and other != amount or not is_repeat and amount < 0 and account.balance - account.held < -amount:
            self.check(status == 409, f"the model says that it is refused, the answer is {status} {answer}")
            return
        self.check(status == 200, f"the answer is {status} {answer}; {vars(account)}")
        if not is_repeat:
            account.credit(amount, name)
        answer = json.loads(answer)
        self.check(answer["repeat"] == is_repeat and units(answer["balance"]) == account.balance,
                   f"the model says {text(account.balance)}, repeat {is_repeat}; the answer is {answer}")
        self.barrier()

    def freeze(self):
        self.frozen = not self.frozen
        self.what = "freeze" if self.frozen else "unfreeze"
        yield from self.operate(f"/api/clients/{self.name}/{self.what}", {})

    def limit(self):
        account, dice = self.account, self.dice
        if account.prepaid and (account.daily_limit is None or dice.random() < 0.5):
            account.credit_limit = dice.choice([0, 0, ONE // 2, 2 * ONE])
            said = {"credit_limit": text(account.credit_limit)}
        elif account.daily_limit is not None:
            if not (yield from self.settle()):
                return
            account.daily_limit = account.spent(self.run.day()) + dice.choice([ONE // 100, 20 * ONE, 60 * ONE])
            said = {"daily_limit": text(account.daily_limit)}
        else:
            return
        self.what = f"set {said}"
        yield from self.operate(f"/api/clients/{self.name}/set", said)

    def operate(self, path, said):
        """Until it is acknowledged: what it sets is the same each time."""
        while True:
            status, answer = yield "admin", self.run.operator(path, json.dumps(said))
            if status is not None:
                break
            yield "restart", None
        self.check(status == 200, f"the answer is {status} {answer}")

    def after_sale(self):
        """Refill and cancel are asked for; money follows the status alone."""
        orders = [order for order in self.open + self.ended[-10:] if order.number and order.state not in OPEN]
        if orders:
            order = self.dice.choice(orders)
            self.what = f"refill or cancel of {order}"
            fields = self.dice.choice(({"action": "refill", "order": order.number}, {"action": "cancel", "orders": order.number}))
            status, _ = yield "v2", post({"key": self.key, **fields})
            if status is None:
                yield "restart", None

    def look(self):
        """The balance, behind a payment: all that came before is in the ledger."""
        yield from self.pay()
        account = self.account
        if self.is_loose or not account.prepaid or self.run.is_pausing:
            return
        self.what = "balance"
        status, body = yield "v2", post({"key": self.key, "action": "balance"})
        if status is None:
            yield "restart", None
            return
        wanted = (account.balance - account.held) // 1000 * 1000
        self.check(units(json.loads(body)["balance"]) == wanted, f"the model says {text(wanted)}, the answer is {body}")


def is_asked_for(child):
    return child.number and child.state not in FINAL


def ends_by(word, told):
    return WORDS[word] in ("completed", "canceled", "refunded") or WORDS[word] == "partial" and told is not None


def undelivered_of(run):
    class Parent:
        children = [run]
    return undelivered(Parent)


def whole_pieces(charge, rate):
    pieces = charge * 1000 / rate
    return int(pieces) if pieces.denominator == 1 else None


def decimals_of(amount):
    """Exact text of an amount, at most 8 decimals."""
    return text(up(amount))


def text(amount):
    sign, amount = ("-", -amount) if amount < 0 else ("", amount)
    return f"{sign}{amount // ONE}.{amount % ONE:08d}"


def units(said):
    """Text of at most 8 decimals."""
    whole, _, part = said.partition(".")
    amount = int(whole.lstrip("-") + part.ljust(8, "0"))
    return -amount if whole[:1] == "-" else amount
