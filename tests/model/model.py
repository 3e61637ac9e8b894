#!/usr/bin/python3
"""Prices, quarantine, routing and settlement against a model of their own, in exact fractions.

  tests/model/model.py DRIVER [SEED]     SEED: 1, or what a difference named

The model is written after the contract (docs/architecture.md), not after the code; model_driver.c lets the product
answer the same questions. Every question comes from one seeded generator, edges included. The first differences are
printed with the question that shows them."""
import functools
import random
import subprocess
import sys
from fractions import Fraction

ONE, FACTOR, PERCENT, LAST = 10**8, 10**12, 10**14, 2**63 - 1
HOUR = 3600 * 1000


def up(value, decimals):
    """In units of 10^-8, rounded up to so many decimals; None beyond the range."""
    steps = -((-Fraction(value) * 10**decimals) // 1)
    units = int(steps) * 10**(8 - decimals)
    return units if abs(units) <= LAST else None


class Dice(random.Random):
    def units(self, top=10**6):
        """An amount in 10^-8: small, usual, with few decimals, at an edge."""
        kind = self.randrange(10)
        if kind == 0:
            return self.choice([0, 1, 2, 999, 1000, ONE - 1, ONE, ONE + 1, LAST, LAST - 1])
        if kind < 4:
            return self.randrange(top * 100) * 10**6
        if kind < 6:
            return self.randrange(ONE)
        return self.randrange(top * ONE)

    def exchange(self):
        return self.choice([FACTOR, FACTOR, 1, 1080000000000, 29000000000, 62000000, self.randrange(1, 10 * FACTOR),
                            self.randrange(1, 10**6), 16000 * FACTOR])

    def percent(self):
        return self.choice([0, 0, PERCENT // 4, PERCENT // 2, PERCENT, -PERCENT // 10, -2 * PERCENT, 1, -1,
                            self.randrange(-PERCENT, 3 * PERCENT), self.randrange(0, PERCENT)])

    def amount(self):
        return self.choice([0, 0, 0, 5000000, -5000000, 1, -1, self.randrange(-ONE, ONE)])

    def quantity(self):
        return self.choice([0, 1, 10, 100, 999, 1000, 1001, 5000, 2147483647, self.randrange(1, 10**6)])


# ---- amounts and prices


def amounts(dice, count):
    for _ in range(count):
        whole = dice.choice(["", "0", str(dice.randrange(10**dice.randrange(1, 13)))])
        decimals = dice.choice([0, 1, 2, 5, 8, 9, 10, 11, 12, 13, 15, 17, 20, 60])
        digits = "".join(dice.choice("0123456789" if dice.random() < 0.7 else "09") for _ in range(decimals))
        if not whole and not digits:
            continue
        text = whole + ("." + digits if digits else "")
        value = Fraction(int((whole or "0") + digits), 10**decimals)
        if decimals > 12:  # the noise of a float: to the nearest 10^-10 first
            value = Fraction((value * 10**10 + Fraction(1, 2)) // 1, 10**10)
        yield f"amount {text}", up(value, 8)


def rates(dice, count):
    for _ in range(count):
        base, exchange, decimals = dice.units(), dice.exchange(), dice.randrange(2, 9)
        service, client = (dice.percent(), dice.amount()), (dice.percent(), dice.amount())
        price = Fraction(base, ONE) * Fraction(exchange, FACTOR)
        for percent, amount in (service, client):
            price = price * (1 + Fraction(percent, PERCENT)) + Fraction(amount, ONE)
        wanted = None if price < 0 else up(price, decimals)
        yield f"rate {base} {exchange} {service[0]} {service[1]} {client[0]} {client[1]} {decimals}", wanted


def charges(dice, count):
    for _ in range(count):
        decimals, is_flat, quantity = dice.randrange(2, 9), dice.random() < 0.2, dice.quantity()
        rate = dice.units()
        value = Fraction(rate, ONE) * (1 if is_flat else Fraction(quantity, 1000))
        yield f"charge {rate} {quantity} {int(is_flat)} {decimals}", up(value, decimals)


# ---- lists that change: which price is believed


class Price:
    """Section 4 in its own words: what was accepted, and the row of lists that agree on something else."""

    def __init__(self, jump, exchange):
        self.jump, self.exchange = Fraction(jump, PERCENT), Fraction(exchange, FACTOR)
        self.accepted, self.row, self.pending = None, [], None

    def is_absurd(self, rate):
        return rate >= 99999999 or (rate > 10**6 and rate * self.exchange > 10**6)

    def see(self, rate, at):
        if rate is None:
            self.pending, self.row = "unreadable", []
        elif self.accepted == rate or not (
                rate == 0 or self.is_absurd(rate)
                or (self.accepted is not None and abs(rate - self.accepted) > self.jump * self.accepted)):
            self.accepted, self.pending, self.row = rate, None, []
        else:
            if self.pending != rate or (self.row and at < self.row[0]):
                self.row = []
            self.pending = rate
            self.row.append(at)
            if rate != 0 and not self.is_absurd(rate) and len(self.row) >= 3 and at - self.row[0] >= HOUR:
                self.accepted, self.pending, self.row = rate, None, []

    def accept(self):
        if self.pending is None or self.pending == "unreadable":
            return 0
        self.accepted, self.pending, self.row = self.pending, None, []
        return 1

    def __str__(self):
        if self.accepted is None:
            return "held -"
        return f"{'sold' if self.pending is None else 'held'} {int(self.accepted * ONE)}"


def lists(dice, count):
    for _ in range(count):
        jump, exchange = dice.choice([PERCENT // 2, PERCENT // 10, 2 * PERCENT, PERCENT // 1000]), dice.exchange()
        price, at = Price(jump, exchange), dice.randrange(1, 10**12)
        yield f"book {jump} {exchange}", "ok"
        choices = [dice.units(100) for _ in range(2)]
        choices += [choices[0] * 3 // 2, choices[0] * 3 // 2 + 1, choices[0] // 2, choices[0] * 3]
        choices = [min(choice, LAST) for choice in choices]
        choices += [0, 99999999 * ONE, 10**6 * ONE + 1, None, None]
        before = choices[0]
        for _ in range(dice.randrange(3, 25)):
            rate = before if dice.random() < 0.5 else dice.choice(choices)
            before = rate
            at += dice.choice([1, HOUR // 3, HOUR // 2 - 1, HOUR // 2, HOUR, -HOUR])
            price.see(None if rate is None else Fraction(rate, ONE), at)
            yield f"see {'?' if rate is None else rate} {at}", str(price)
            if dice.random() < 0.05:
                yield "accept", price.accept()


MARKS = ("116011238807365", "92233720368.54775808", "184467440737.09551616", "999999999999999999999", "soon", "")


def amount(units):
    return f"{units // ONE}.{units % ONE:08d}"


def whole_lists(dice, count):
    """Rows with marks beyond the range are there, unsold; they hide no other and shrink no list."""
    for _ in range(count):
        jump, exchange = dice.choice([PERCENT // 2, PERCENT // 10, 2 * PERCENT]), dice.choice([FACTOR, 1080000000000, 29000000000])
        limit, at = dice.choice([3 * PERCENT // 10, PERCENT // 2, 0]), dice.randrange(1, 10**12)
        yield f"lists {jump} {exchange}", "ok"
        prices, former = {}, None
        rates = {row: dice.randrange(1, 10**10) for row in range(1, dice.randrange(2, 12))}
        for _ in range(dice.randrange(2, 10)):
            at += dice.choice([1, HOUR // 3, HOUR // 2, HOUR])
            said = {}
            for row, rate in rates.items():
                kind = dice.randrange(10)
                if kind == 0:
                    continue  # left out
                said[row] = dice.choice(MARKS) if kind == 1 else amount(
                    LAST if kind == 2 else rate * 3 if kind == 3 else rate * 6 // 5 if kind == 4 else rate)
            if not said:
                continue
            question = f"list {at} {limit} " + " ".join(f"{row}={text}" for row, text in said.items())
            if former is not None and Fraction(len(former - set(said)), len(former)) > Fraction(limit, PERCENT):
                yield question, "shrunken"
                continue
            former, words = set(said), [len(said)]
            for row, text in said.items():
                price = prices.setdefault(row, Price(jump, exchange))
                price.see(None if text in MARKS else Fraction(text), at)
                words.append(f"{row} {price}")
            yield question, words


# ---- routing


def offers(dice, count):
    close = dice.units(10)
    for _ in range(count):
        rate = close + dice.choice([0, 0, 1, -1, 2]) if dice.random() < 0.5 else dice.units(10)
        yield min(max(rate, 0), LAST), dice.choice([FACTOR, FACTOR, 2 * FACTOR, FACTOR + 1, dice.exchange()]), dice.choice(
            [0, 1, 1, 2, 9, 2**32 - 1]), int(dice.random() < 0.2)


def usable(charge, quantity, is_flat, may_lose, candidates):
    """{index: cost} of those that may be taken."""
    found = {}
    for index, (rate, exchange, _, is_skipped) in enumerate(candidates):
        cost = up(Fraction(rate, ONE) * Fraction(exchange, FACTOR) * (1 if is_flat else Fraction(quantity, 1000)), 8)
        if not is_skipped and cost is not None and (may_lose or cost <= charge):
            found[index] = cost
    return found


def route(head, candidates, tried=()):
    rows = " ".join(f"{rate} {exchange} {weight} {int(skip or index in tried)}"
                    for index, (rate, exchange, weight, skip) in enumerate(candidates))
    return f"{head} {rows}"


def after_refusals(head, candidates, tried, ranking):
    """The first ones have refused: the others come in the order they had."""
    return route(head, candidates, ranking[:tried]), ranking[tried:]


def routes(dice, count):
    for _ in range(count):
        policy, seed = dice.randrange(3), dice.randrange(2**62)
        quantity, is_flat, may_lose = dice.quantity(), dice.random() < 0.1, dice.random() < 0.2
        candidates = list(offers(dice, dice.randrange(0, 9)))
        charge = dice.units(10) if not candidates or dice.random() < 0.5 else (
            up(Fraction(candidates[0][0], ONE) * (1 if is_flat else Fraction(quantity, 1000)), 8) or 0)

        head = f"route {policy} {seed} {charge} {quantity} {int(is_flat)} {int(may_lose)}"
        costs = usable(charge, quantity, is_flat, may_lose, candidates)
        if policy == 2:  # drawn: any order, and the same one after each refusal
            yield route(head, candidates), Drawn(costs)
            for tried in range(1, len(costs)):
                yield functools.partial(after_refusals, head, candidates, tried)
        else:
            ranked = sorted(costs, key=(lambda index: (costs[index], index)) if policy else None)
            yield route(head, candidates), " ".join(map(str, ranked)) or "-"


class Drawn:
    """Fits each order of the same offers; what came is kept for the questions after a refusal."""

    def __init__(self, costs):
        self.members, self.ranking = sorted(costs), []

    def fits(self, answer):
        self.ranking = [] if answer == "-" else [int(word) for word in answer.split()]
        return sorted(self.ranking) == self.members


# ---- settlement

FINAL = ("completed", "partial", "canceled")
WORDS = {"Pending": "pending", "Processing": "processing", "In-progress": "in_progress", "Completed": "completed",
         "Partial": "partial", "Canceled": "canceled", "Refunded": "refunded", "Fail": None, "Whatever": None}


def settled(quantity, charge, decimals, reports):
    state, paid, remains, review = "pending", charge, quantity, 0
    for word, told in reports:
        if state in FINAL:
            continue  # terminal is terminal
        if told is not None:
            remains = min(max(told, 0), quantity)
        meant = WORDS[word]
        if meant == "refunded":
            meant = "partial" if told is not None and 0 < remains < quantity else "canceled"
        if meant == "partial" and told is None:
            continue  # what is not known cannot be priced
        if meant == "partial" and remains == 0:
            meant = "completed"
        if meant:
            state = meant
        if state == "partial":
            # Never more than was quoted, in whatever decimals that was.
            paid = min(charge, up(Fraction(charge, ONE) * Fraction(quantity - remains, quantity), decimals))
        elif state == "canceled":
            paid, remains = 0, quantity
        elif state == "completed" and told is None:
            remains = 0
    return f"{state} {paid} {remains}"


def settlements(dice, count):
    for _ in range(count):
        decimals, quantity = dice.randrange(2, 9), dice.choice([1, 2, 3, 7, 100, 1000, dice.randrange(1, 10**7)])
        charge = dice.randrange(10**dice.randrange(1, 10)) * 10**(8 - decimals)
        reports = []
        for _ in range(dice.choice([1, 1, 2, 3, 5])):
            word = dice.choice(list(WORDS))
            told = dice.choice([None, 0, 1, quantity - 1, quantity, quantity + 1, -1, dice.randrange(quantity + 1)])
            reports.append((word, None if told == 0 and word == "Pending" else told))
        rows = " ".join(f"{word} {'?' if told is None else told}" for word, told in reports)
        # As it was sold, whatever the configuration says by now; an older ledger does not know.
        current, kept = dice.randrange(2, 9), decimals if dice.random() < 0.8 else 0
        wanted = settled(quantity, charge, kept or current, reports)
        yield f"settle {quantity} {charge} {kept} {current} {rows}", wanted


def shares(dice, count):
    """Children pay at most their parts of the quote, which together are the quote."""
    def first(number):
        value = Fraction(charge * number, most * ONE) if pieces == 0 else Fraction(rate * pieces * number, 1000 * ONE)
        return up(value, decimals)

    for _ in range(count):
        decimals, pieces = dice.randrange(2, 9), dice.choice([0, 1, 10, 33, 1000, dice.randrange(1, 10**5)])
        most, rate = dice.choice([1, 2, 3, 7, 1000, dice.randrange(1, 1001)]), dice.units(1000)
        charge = dice.randrange(10**dice.randrange(1, 10)) * 10**(8 - decimals)
        place = dice.randrange(most)
        before, after, whole = first(place), first(place + 1), first(most)
        wanted = None if None in (before, after, whole) else [after - before, whole]
        yield f"share {pieces} {rate} {charge} {most} {decimals} {place}", wanted


# ---- comparing


class Driver:
    def __init__(self, path):
        self.program = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, questions):
        """All of them at once: a thread of its own would only hide that the pipe has an end."""
        done = subprocess.run([self.program.args[0]], input="\n".join(questions) + "\n", text=True,
                              stdout=subprocess.PIPE, check=True)
        return done.stdout.splitlines()


def fits(wanted, answer):
    if isinstance(wanted, Drawn):
        return wanted.fits(answer)
    if isinstance(wanted, list):
        return answer == (" ".join(map(str, wanted)) or "-")
    wanted = "-" if wanted is None else str(wanted)
    return answer == wanted or (wanted.count(" ") == 2 and answer.rsplit(" ", 2)[0] == wanted)  # settle: flags behind


def compare(path, what, pairs):
    """The differences of one kind; questions that need an answer first come in a second round."""
    first = list(pairs)
    asked = [pair for pair in first if not callable(pair)]
    answers = run(path, [question for question, _ in asked])
    wrong = [(question, wanted, answer) for (question, wanted), answer in zip(asked, answers) if not fits(wanted, answer)]
    later, last = [], None
    for pair in first:
        if callable(pair):
            later.append(pair(last.ranking))
        elif isinstance(pair[1], Drawn):
            last = pair[1]
    if later:
        again = run(path, [question for question, _ in later])
        wrong += [(question, wanted, answer) for (question, wanted), answer in zip(later, again) if not fits(wanted, answer)]
    print(f"  {what}: {len(first)} compared, {len(wrong)} differences")
    for question, wanted, answer in wrong[:5]:
        print(f"    {question}\n      the model {getattr(wanted, 'members', wanted)}, the product {answer}")
    return len(wrong)


def run(path, questions):
    done = subprocess.run([path], input="\n".join(questions) + "\n", text=True, stdout=subprocess.PIPE, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(questions), f"{len(questions)} questions, {len(answers)} answers"
    return answers


def main(path, seed=1):
    dice = Dice(int(seed))
    wrong = sum(compare(path, what, make(dice, count)) for what, make, count in (
        ("amounts", amounts, 20000), ("prices", rates, 50000), ("charges", charges, 20000),
        ("prices of lists", lists, 4000), ("whole lists", whole_lists, 4000), ("shares", shares, 20000), ("routings", routes, 10000), ("settlements", settlements, 50000)))
    print(f"seed {seed}: {wrong} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
