"""What an order costs, what a client has: the contract in exact numbers, written after docs/architecture.md and not after
the code. Amounts are whole numbers of 10^-8; prices are exact fractions, rounded up once."""

ONE = 10**8
FINAL = ("completed", "partial", "canceled", "refused")
OPEN = ("placing", "doubt")  # nothing is certain: the hold stays, nothing is taken


def up(value, decimals=8):
    """A fraction in units of 10^-8, rounded up to so many decimals."""
    return -(-value.numerator * 10**decimals // value.denominator) * 10**(8 - decimals)


def share(amount, part, of, decimals):
    """part/of of an amount, rounded up."""
    step = 10**(8 - decimals)
    return -(-amount * part // (of * step)) * step


class Terms:
    """The configuration and the lists of one life of the gateway: what an order is sold and bought at."""

    def __init__(self, decimals, exchange, rates, markups):
        self.decimals, self.exchange, self.rates, self.markups = decimals, exchange, rates, markups
        self.costs = {offer: rate * exchange[offer[0]] for offer, rate in rates.items()}
        self.found = {}

    def cost(self, offer):
        """Of a thousand, in our currency."""
        return up(self.costs[offer])

    def rate(self, service, offers, client):
        rate = self.found.get((service, client.name))
        if rate is None:
            rate = client.prices.get(service)
            if rate is None:
                rate = self.costs[offers[0]] * (1 + self.markups[service]) * (1 + client.markup)
            rate = self.found[service, client.name] = up(rate, self.decimals)
        return rate

    def takes(self, offer, order):
        """Never below cost."""
        cost = self.costs[offer]
        if order.kind == "subscription":
            return up(cost) <= order.rate
        if order.kind == "package":
            return up(cost) <= order.charge
        return share(cost.numerator * ONE, order.quantity, 1000 * cost.denominator, 8) <= order.charge


class Order:
    """One order as it stands; what it did to its client's account since the last comparison, and the states it had."""

    def __init__(self, client, kind, service, quantity, rate, charge, decimals):
        self.client, self.kind, self.service = client, kind, service
        self.quantity, self.rate, self.charge, self.decimals = quantity, rate, charge, decimals
        self.number = self.upstream = self.provider = self.parent = self.bought = self.unit = self.ref = None
        self.state, self.paid, self.remains, self.start, self.held = "placing", 0, quantity, None, 0
        self.children, self.pieces, self.posts, self.runs = [], 0, 0, 0  # pieces: at most in one post
        self.is_endless = self.is_unpriced = False  # a subscription; its child that ended with no charge to be read
        self.day = self.said = self.key = None
        self.asked_at = 0.0
        self.must = -1                      # the state that the ledger has at least
        self.story = []                     # for whoever reads of a difference
        self.postings, self.states = [], []

    def __repr__(self):
        return f"order {self.number} ({self.kind}, service {self.service}, {self.quantity} for {self.charge})"

    def shown(self):
        return self.state, self.paid, self.remains, self.start, self.held

    def keep(self):
        """The state is one that the ledger may be found in."""
        self.states.append((*self.shown(), len(self.postings), self.unit))

    def most(self, count):
        """What the first `count` children may be charged together."""
        if self.kind == "subscription":
            return share(self.rate, self.pieces * count, 1000, self.decimals)
        return share(self.charge, count, self.runs, self.decimals)

    def counted(self):
        """For the daily limit: a subscription's children are charged on any day."""
        return self.most(self.posts) if self.kind == "subscription" else self.charge

    def still_due(self):
        """What its unfinished children may still cost."""
        return sum(max(child.charge - child.paid, 0) for child in self.children if child.state not in FINAL)


class Account:
    """A client's money. Every change of an order goes through change()."""

    def __init__(self, name, prepaid, credit_limit, daily_limit, markup, prices):
        self.name, self.prepaid, self.credit_limit, self.daily_limit = name, prepaid, credit_limit, daily_limit
        self.markup, self.prices = markup, prices
        self.balance = self.held = 0
        self.floor = None  # prepaid: what available does not fall below, by the limit of the last hold
        self.day, self.charged = 0, 0
        self.credits, self.postings = {}, []  # by id; those of no order since the last comparison

    def counts_days(self):
        return self.daily_limit is not None

    def spent(self, day):
        return self.charged if self.day == day else 0

    def affords(self, hold, counted, day):
        if self.prepaid and self.balance - self.held - hold < -self.credit_limit:
            return False
        return not self.counts_days() or self.spent(day) + counted <= self.daily_limit

    def room(self):
        """What may still be taken or held."""
        return max(0, self.balance - self.held - self.floor)

    def begin(self, order, hold, day):
        """Its intent is durable."""
        order.day = day
        if self.prepaid:
            self.post(order, order, "hold", 0, hold)
            self.floor = -self.credit_limit
        if self.prepaid or self.counts_days():
            self.day, self.charged = day, self.spent(day) + order.counted()
        order.keep()

    def change(self, order, state, paid, day, remains=None, start=None):
        """Money follows the state: what is due is captured once a panel has taken the order, what is due no longer is
        given back, a hold ends with its reason."""
        was_open, held = order.state in OPEN, order.held
        more = (0 if state in OPEN else paid) - (0 if was_open else order.paid)
        if order.kind in ("subscription", "child"):
            now = state, paid, order.remains if remains is None else remains, order.start if start is None else start
            if order.kind != "child" or now != order.shown()[:4]:  # a report that says nothing new is not written
                self.charge(order, state, paid, more)
        elif state not in OPEN:
            self.post(order, order, "capture" if more > 0 else "refund" if more < 0 else "release", -more, -held)
        if was_open and state in FINAL and paid == 0 and order.day == day == self.day and self.charged:
            self.charged = max(0, self.charged - (held or order.charge))
        order.state, order.paid = state, paid
        if remains is not None:
            order.remains = remains
        if start is not None:
            order.start = start
        order.keep()

    def charge(self, order, state, paid, more, is_birth=False):
        """A subscription's hold pays for its children, and what they give back is held again. Until its end all of it stays;
        after it, what its unfinished children may still cost. One without an end holds one post: what is used is held
        again, as far as funds go."""
        holder = order.parent or order
        if not self.prepaid:
            self.post(order, holder, "capture" if more > 0 else "refund", -more, 0)
            return
        if more - holder.held > self.room():
            raise AssertionError(f"{order}: {more} more, {holder.held} held and {self.room()} left: not covered")
        held = max(holder.held - more, 0)
        has_ended = (state if holder is order else holder.state) in FINAL
        due = holder.still_due()
        if order is not holder and not is_birth:
            due -= max(order.charge - order.paid, 0) * (order.state not in FINAL)
            due += max(order.charge - paid, 0) * (state not in FINAL)
        if has_ended:
            held = min(held, due)
        elif holder.is_endless and order is not holder:
            held = min(held, due + order.charge) if order.charge else held
            wanted = order.charge if is_birth else holder.held if more > 0 else 0
            left = self.room() - max(more - holder.held, 0)
            held += min(max(wanted - held, 0), left)
        kind = "capture" if more > 0 else "refund" if more < 0 else "hold" if held > holder.held else "release"
        self.post(order, holder, kind, -more, held - holder.held)

    def bear(self, child):
        """A child was found; it is its parent's last."""
        if child.kind == "child":
            self.charge(child, child.state, 0, 0, is_birth=True)
        child.keep()

    def forget(self, child):
        """The ledger has nothing of it."""
        self.undo(child, 0)
        child.parent.children.remove(child)

    def post(self, order, holder, kind, amount, held):
        if not amount and not held:
            return
        order.postings.append((kind, amount, held, holder))
        self.balance += amount
        self.held += held
        holder.held += held

    def credit(self, amount, name):
        self.balance += amount
        self.postings.append(("deposit", amount, 0))
        if name:
            self.credits[name] = amount

    def take_back(self, order, states):
        """What the ledger does not have of an order's course."""
        state = order.states[states]
        self.undo(order, state[5])
        del order.states[states + 1:]
        order.state, order.paid, order.remains, order.start, _, _, order.unit = state

    def undo(self, order, first):
        """The order's postings from that one on."""
        for _, amount, held, holder in order.postings[first:]:
            self.balance -= amount
            self.held -= held
            holder.held -= held
        del order.postings[first:]


# ---- reports

WORDS = {"Pending": "pending", "Processing": "processing", "In progress": "in_progress", "Completed": "completed",
         "Partial": "partial", "Canceled": "canceled", "Refunded": "refunded", "Fail": None, "Whatever": None}
SUBSCRIPTION_WORDS = {"Active": "in_progress", "Paused": "processing", "Completed": "completed", "Expired": "partial",
                      "Canceled": "canceled"}


def report(order, word, told, start, day, taken=None):
    """Its panel says so: the course that follows. told: what remains, None where it does not say. taken: of a
    subscription's child, what the client pays for what the panel took of us."""
    if order.state in FINAL:
        return  # terminal is terminal
    if order.kind == "subscription":
        state = SUBSCRIPTION_WORDS[word]
        if state in FINAL and any(child.is_unpriced for child in order.children):
            state = order.state  # not before each child that has ended is paid for
        order.client.change(order, state, 0, day)
        return
    state, paid, remains = order.state, order.paid if taken is None else taken, order.remains
    told = None if told is None else max(told, 0)  # below 0 is more than was ordered
    if told == 0 and word == "Pending" and not start:
        told = None  # a panel's column before it has looked at the order
    if told is not None:
        meant = WORDS[word]
        if is_fresh_package(order) and told > 0 and meant == "pending":
            order.unit = told
        remains = min(told, order.quantity) if order.quantity else told
    meant = WORDS[word]
    whole = order.unit if order.kind == "package" else order.quantity
    left = told if order.kind == "package" else remains
    if meant == "refunded":
        meant = "partial" if told is not None and whole and 0 < remains < whole else "canceled"
        if meant == "canceled" and order.kind == "package" and whole is None and remains and told is not None \
                and order.remains < order.quantity:
            meant = None  # it was begun: what was given back is not known
    if meant == "partial" and (told is None or (order.kind == "package" and whole is None and remains)):
        meant = None  # what is not known cannot be priced
    if meant == "partial" and remains == 0:
        meant = "completed"
    state = meant or state
    if state not in FINAL and order.kind == "package":
        if told is not None and remains == order.quantity and is_begun(order, told):
            remains -= 1
        remains = min(remains, order.remains)  # what was once begun stays so
    if state == "canceled":
        paid, remains = 0, order.quantity or remains
    elif state == "partial" and whole:
        paid = min(order.charge, share(order.charge, whole - min(left, whole), whole, order.decimals))
    elif state == "completed" and told is None:
        remains = 0
    if order.kind == "run":
        paid = 0  # it is booked with its parent
    order.is_unpriced = order.kind == "child" and state in ("completed", "partial") and taken is None and order.charge > 0
    if order.is_unpriced:
        state, paid = order.state, order.paid  # it is not free
    if order.kind == "drip" and state == "canceled":
        state, paid, remains = end_of_runs(order)
    elif order.kind == "drip":
        paid = min(paid, order.charge - undelivered(order))
    order.client.change(order, state, paid, day, remains, start)


def is_fresh_package(order):
    """Its panel's first word on what remains says in which unit it counts."""
    return order.kind == "package" and order.unit is None and order.state not in ("processing", "in_progress") and \
        order.remains >= order.quantity


def is_begun(package, told):
    """In a unit that is not known, only a remainder of just its quantity says that nothing was delivered."""
    return told < package.unit if package.unit else told != package.quantity


def end_of_runs(parent):
    """A drip-feed that its panel cancels pays for what its runs delivered until now: state, paid, remains."""
    delivered = paid = 0
    for run in parent.children:
        pieces = 0 if run.state == "canceled" else run.quantity if run.state == "completed" else run.quantity - run.remains
        delivered += pieces
        paid += min(run.charge, share(run.charge, pieces, run.quantity, run.decimals))
    if not delivered:
        return "canceled", 0, parent.quantity
    left = max(0, parent.quantity - delivered)
    return "partial" if left else "completed", min(paid, parent.charge), left


def undelivered(parent):
    """The share of what ended runs left undone."""
    total = 0
    for run in parent.children:
        if run.state == "canceled":
            total += run.charge
        elif run.state == "partial":
            total += run.charge - min(run.charge, share(run.charge, run.quantity - run.remains, run.quantity, run.decimals))
    return total


def taken_for(order, taken, pieces, bought):
    """What a child pays: our rate for whole pieces, else the same part of our rate as was taken of the rate it was bought
    at; never more than its share of the quote."""
    price = share(order.rate, taken, bought, order.decimals) if pieces is None else \
        share(order.rate, pieces, 1000, order.decimals)
    return min(price, order.charge)
