"""What a prepaid client's subscriptions may cost: whatever their panel reports of their children and when, available is
never below the credit limit."""
from decimal import Decimal

import pytest

from books import show, state, verify, wait_status
from harness import default_config, eventually
from harness.config import SHOP_KEY, provider


@pytest.fixture
def panel(make_panel):
    return make_panel("alpha", services=[
        {"service": 1, "name": "Sub", "type": "Subscriptions", "category": "C", "rate": "1.00", "min": 1, "max": 1000},
        {"service": 2, "name": "Plain", "type": "Default", "category": "C", "rate": "1.00", "min": 1, "max": 10000}])


@pytest.fixture
def subscribing(make_gateway, panel):
    """Services 1 (subscription) and 2 (plain) at 1.50 for 1000, and so much to spend."""
    def make(amount="0.06", **client):
        services = [{"id": n, "markup": "50%", "offers": [{"provider": "alpha", "service": n}]} for n in (1, 2)]
        gateway = make_gateway(config=default_config([], providers=[provider(panel)], services=services, clients=[
            {"name": "shop", "key": SHOP_KEY, "funds": "prepaid", **client}]))
        credit(gateway, amount)
        return gateway
    return make


def credit(gateway, amount):
    assert gateway.cli("client", "credit", "shop", amount).returncode == 0


def available(gateway):
    return Decimal(gateway.call("balance")["balance"])


def subscribe(gateway, panel, **fields):
    """At most 20 pieces in each of 2 posts: 0.03 for a post at most."""
    order = gateway.call("add", **{"service": 1, "username": "ann", "min": 10, "max": 20, "posts": 2, "delay": 0,
                                   **fields})["order"]
    return order, panel.orders()[-1]["id"]


def child_there(panel, n, **fields):
    number = panel.call(action="add", service=2, link=f"https://example.com/post/{n}", quantity=20)["order"]
    panel.set_order(number, **{"status": "In progress", "charge": "0.00", "remains": 20, **fields})
    return number


def with_children(gateway, order, count):
    return eventually(lambda: (lambda told: told["orders"] if len(told.get("orders", [])) == count else None)(
        gateway.status(order).json))


def wait_paid(gateway, order, amount):
    eventually(lambda: (gateway.status(order), Decimal(show(gateway, order)["order"]["paid"]) == Decimal(amount))[1])


def spend_all(gateway):
    """On plain orders, 0.0015 a piece."""
    pieces = int(available(gateway) / Decimal("0.0015"))
    if pieces > 0:
        gateway.add(service=2, quantity=pieces)


def charge_all_that_is_held(gateway, panel, children, ours):
    for child, number in zip(children, ours):
        panel.set_order(child, charge="0.02")
        wait_paid(gateway, number, "0.03")
    assert available(gateway) == 0
    verify(gateway)


@pytest.mark.parametrize("word", ["Canceled", "Completed"])
def test_children_that_end_after_their_parent_are_covered(subscribing, panel, word):
    gateway = subscribing()
    order, there = subscribe(gateway, panel)
    child = child_there(panel, 1)
    panel.set_order(there, status="Active", orders=[child])
    ours, = with_children(gateway, order, 1)
    panel.set_order(there, status=word, orders=[child])
    wait_status(gateway, order, word)
    eventually(lambda: available(gateway) > 0)
    assert available(gateway) == Decimal("0.03")  # the other 0.03 is what the child may cost
    spend_all(gateway)
    panel.set_order(child, status="Completed", charge="0.01", remains=0)
    wait_paid(gateway, ours, "0.015")
    eventually(lambda: state(gateway, ours) == "completed" and available(gateway) == Decimal("0.015"))
    verify(gateway)


def test_a_subscription_without_an_end_stays_within_its_client_s_money(subscribing, panel):
    gateway = subscribing("0.045")
    order, there = subscribe(gateway, panel, posts="")
    assert available(gateway) == Decimal("0.015")
    children = [child_there(panel, n) for n in range(3)]
    panel.set_order(there, status="Active", orders=children)
    ours = with_children(gateway, order, 3)
    for number, child, paid in zip(ours, children, ("0.03", "0.015", "0")):
        panel.set_order(child, status="Completed", remains=0, charge="0.02")
        wait_status(gateway, number, "Completed")
        eventually(lambda number=number: state(gateway, number) == "completed")
        assert Decimal(show(gateway, number)["order"]["paid"]) == Decimal(paid)
        assert Decimal(gateway.status(number)["charge"]) == Decimal(paid)
        assert available(gateway) == 0
    assert gateway.wait_log("charge_uncovered", order=ours[2])["paid"] == "0.00"
    assert gateway.metrics()["panelmux_charges_uncovered_total"] == 2
    assert "uncovered" in [event["event"] for event in show(gateway, ours[2])["events"]]
    verify(gateway)


def test_what_funds_do_not_cover_is_not_asked_for_with_every_report(subscribing, panel):
    gateway = subscribing("0.03")
    order, there = subscribe(gateway, panel, posts="")
    children = [child_there(panel, n) for n in range(2)]
    panel.set_order(there, status="Active", orders=children)
    ours = with_children(gateway, order, 2)
    panel.set_order(children[0], charge="0.02")
    wait_paid(gateway, ours[0], "0.03")
    panel.set_order(children[1], charge="0.01")
    gateway.status(ours[1])
    assert gateway.wait_log("charge_uncovered", order=ours[1])
    eventually(lambda: gateway.status(ours[1])["charge"] == "0")
    for charge in ("0.015", "0.02"):
        panel.set_order(children[1], charge=charge, start_count=int(Decimal(charge) * 1000))
        eventually(lambda charge=charge: gateway.status(ours[1])["start_count"] == str(int(Decimal(charge) * 1000)))
    assert gateway.metrics()["panelmux_charges_uncovered_total"] == 1
    verify(gateway)


def test_a_charge_goes_down_to_the_credit_limit(subscribing, panel):
    gateway = subscribing("0.03", credit_limit="0.01")
    order, there = subscribe(gateway, panel, posts="")
    children = [child_there(panel, n) for n in range(2)]
    panel.set_order(there, status="Active", orders=children)
    ours = with_children(gateway, order, 2)
    for number, child, paid in zip(ours, children, ("0.03", "0.01")):
        panel.set_order(child, status="Completed", remains=0, charge="0.02")
        wait_paid(gateway, number, paid)
    eventually(lambda: available(gateway) == Decimal("-0.01"))
    verify(gateway)


@pytest.mark.parametrize("posts", ["0", "-1"])
def test_no_posts_are_no_subscription(subscribing, panel, posts):
    gateway = subscribing()
    told = gateway.call("add", service=1, username="ann", min=10, max=20, posts=posts, delay=0)
    assert told["error"] == "Incorrect posts"
    assert panel.orders() == []


def test_what_a_child_gives_back_is_held_again(subscribing, panel):
    gateway = subscribing()
    order, there = subscribe(gateway, panel)
    children = [child_there(panel, n) for n in range(2)]
    panel.set_order(there, status="Active", orders=children)
    ours = with_children(gateway, order, 2)
    for charge, paid in (("0.02", "0.03"), ("0.00", "0")):
        panel.set_order(children[0], charge=charge)
        wait_paid(gateway, ours[0], paid)
        assert available(gateway) == 0
    charge_all_that_is_held(gateway, panel, children, ours)


def test_what_a_parent_was_charged_itself_is_held_for_its_children(subscribing, panel):
    gateway = subscribing()
    order, there = subscribe(gateway, panel)
    panel.set_order(there, status="Active", charge="0.04")
    wait_paid(gateway, order, "0.06")
    children = [child_there(panel, n) for n in range(2)]
    panel.set_order(there, status="Active", charge="0.04", orders=children)
    ours = with_children(gateway, order, 2)
    wait_paid(gateway, order, "0")
    assert available(gateway) == 0
    charge_all_that_is_held(gateway, panel, children, ours)


@pytest.mark.parametrize("client", [{"funds": "unlimited", "balance": "0"}, {"funds": "prepaid"}])
def test_a_daily_limit_counts_all_that_a_subscription_may_cost(subscribing, panel, client):
    gateway = subscribing("100", **client, daily_limit="0.10")
    fields = {"service": 1, "username": "ann", "min": 10, "max": 20, "delay": 0}
    for posts in (4, "", 100):
        assert gateway.call("add", **fields, posts=posts).error == "Not enough funds on balance"
    assert panel.orders() == []
    assert "order" in gateway.call("add", **fields, posts=3)  # 0.09
    assert gateway.call("add", **fields, posts=1).error == "Not enough funds on balance"
    verify(gateway)
