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


class Account:
    """A client's money. Every change of an order goes through change()."""

    def __init__(self, name, prepaid, credit_limit, daily_limit, markup, prices):
        self.name, self.prepaid, self.credit_limit, self.daily_limit = name, prepaid, credit_limit, daily_limit
        self.markup, self.prices = markup, prices
        self.balance = self.held = 0
        self.day, self.charged = 0, 0
        self.credits, self.postings = {}, []  # by id; those of no order since the last comparison

    def counts_days(self):
        return self.daily_limit is not None

    def spent(self, day):
        return self.charged if self.day == day else 0

    def affords(self, amount, day):
        if self.prepaid and self.balance - self.held - amount < -self.credit_limit:
            return False
        return not self.counts_days() or self.spent(day) + amount <= self.daily_limit

    def begin(self, order, hold, day):
        """Its intent is durable."""
        order.day = day
        amount = hold if self.prepaid else order.charge
        if self.prepaid:
            self.post(order, order, "hold", 0, hold)
        if self.prepaid or self.counts_days():
            self.day, self.charged = day, self.spent(day) + amount
        order.keep()

    def change(self, order, state, paid, day, remains=None, start=None):
        """Money follows the state: what is due is captured once a panel has taken the order, what is due no longer is
        given back, a hold ends with its reason. A subscription's hold pays for its children, and lasts until it ends."""
        was_open, held = order.state in OPEN, order.held
        due = 0 if state in OPEN else paid
        more = due - (0 if was_open else order.paid)
        holder = order.parent if order.kind == "child" and order.parent.held else order
        if state in OPEN:
            freed = 0
        elif holder.kind == "subscription" and (holder is not order or state not in FINAL):
            freed = min(max(more, 0), holder.held)
        else:
            freed = holder.held
        if more or freed:
            self.post(order, holder, "capture" if more > 0 else "refund" if more < 0 else "release", -more, -freed)
        if was_open and state in FINAL and paid == 0 and order.day == day == self.day and self.charged:
            self.charged = max(0, self.charged - (held or order.charge))
        order.state, order.paid = state, paid
        if remains is not None:
            order.remains = remains
        if start is not None:
            order.start = start
        order.keep()

    def post(self, order, holder, kind, amount, held):
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
        for kind, amount, held, holder in order.postings[state[5]:]:
            self.balance -= amount
            self.held -= held
            holder.held -= held
        del order.postings[state[5]:], order.states[states + 1:]
        order.state, order.paid, order.remains, order.start, _, _, order.unit = state


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
        order.client.change(order, SUBSCRIPTION_WORDS[word], 0, day)
        return
    state, paid, remains = order.state, order.paid if taken is None else taken, order.remains
    told = None if told is None else max(told, 0)  # below 0 is more than was ordered
    if told == 0 and word == "Pending" and not start:
        told = None  # a panel's column before it has looked at the order
    if told is not None:
        meant = WORDS[word]
        if order.kind == "package" and order.unit is None and told > 0 and meant in ("pending", "processing", "in_progress"):
            order.unit = told
        remains = min(told, order.quantity) if order.quantity else told
    meant = WORDS[word]
    whole = order.unit if order.kind == "package" else order.quantity
    left = told if order.kind == "package" else remains
    if meant == "refunded":
        meant = "partial" if told is not None and whole and 0 < remains < whole else "canceled"
    if meant == "partial" and (told is None or (order.kind == "package" and whole is None and remains)):
        meant = None  # what is not known cannot be priced
    if meant == "partial" and remains == 0:
        meant = "completed"
    state = meant or state
    if state == "canceled":
        paid, remains = 0, order.quantity or remains
    elif state == "partial" and whole:
        paid = min(order.charge, share(order.charge, whole - min(left, whole), whole, order.decimals))
    elif state == "completed" and told is None:
        remains = 0
    if order.kind == "run":
        paid = 0  # it is booked with its parent
    if order.kind == "drip":
        paid = min(paid, order.charge - undelivered(order))
    order.client.change(order, state, paid, day, remains, start)


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
