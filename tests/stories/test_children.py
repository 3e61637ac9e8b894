"""What panels say of subscriptions and drip-feeds: their children, and what they may cost the client at most."""
from decimal import Decimal

import pytest

from books import LINK, show, verify, wait_status
from harness import default_config, eventually
from harness.config import SHOP_KEY, provider

OTHER_KEY = "other-key-0123456789abcdef"


@pytest.fixture
def panel(make_panel):
    return make_panel("alpha", services=[
        {"service": 1, "name": "Sub", "type": "Subscriptions", "category": "C", "rate": "1.00", "min": 1, "max": 1000},
        {"service": 2, "name": "Plain", "type": "Default", "category": "C", "rate": "1.00", "min": 1, "max": 10000,
         "dripfeed": True},
        {"service": 3, "name": "Pack", "type": "Package", "category": "C", "rate": "4.00", "min": 1000, "max": 1000}])


def config_of(panel, **changes):
    services = [{"id": n, "markup": "50%", "offers": [{"provider": "alpha", "service": n}]} for n in (1, 2, 3)]
    return default_config([], providers=[provider(panel)], services=services, clients=[
        {"name": "shop", "key": SHOP_KEY, "funds": "unlimited"},
        {"name": "other", "key": OTHER_KEY, "funds": "unlimited"}], **changes)


@pytest.fixture
def gateway(make_gateway, panel):
    return make_gateway(config=config_of(panel))


def subscribe(gateway, panel, **fields):
    """At 1.50 for 1000, at most 20 pieces in each of 2 posts: 0.06 is quoted at most."""
    order = gateway.call("add", **{"service": 1, "username": "ann", "min": 10, "max": 20, "posts": 2, "delay": 0,
                                   **fields})["order"]
    return order, panel.orders()[-1]["id"]


def child_there(panel, n, **fields):
    number = panel.call(action="add", service=2, link=f"https://example.com/post/{n}", quantity=20)["order"]
    panel.set_order(number, **{"status": "In progress", "charge": "0.02", "remains": 5, **fields})
    return number


def with_children(gateway, order, count):
    return eventually(lambda: (lambda told: told["orders"] if len(told.get("orders", [])) == count else None)(
        gateway.status(order).json))


def paid(gateway, order):
    return Decimal(show(gateway, order)["order"]["paid"])


@pytest.mark.parametrize("charge, right", [("0.01", "0.015"), ("0.02", "0.03"), ("5", "0.03"), ("99999", "0.03"),
                                           ("0.0200001", "0.03"), ("0", "0")])
def test_a_child_pays_what_was_delivered_and_no_more_than_one_post_may_cost(gateway, panel, charge, right):
    order, there = subscribe(gateway, panel)
    panel.set_order(there, status="Active", orders=[child_there(panel, 1, charge=charge)])
    ours, = with_children(gateway, order, 1)
    eventually(lambda: Decimal(gateway.status(ours)["charge"]) == Decimal(right))
    panel.set_order(panel.orders()[-1]["id"], status="Completed", charge=charge, remains=0)
    wait_status(gateway, ours, "Completed")
    eventually(lambda: show(gateway, ours)["order"]["state"] == "completed")
    assert paid(gateway, ours) == Decimal(right) and paid(gateway, order) == 0
    verify(gateway)


def test_a_child_whose_share_of_the_quote_is_nothing_pays_nothing(make_gateway, panel):
    """3 posts of 2 pieces at 1.50 for 1000 are quoted 0.01 at most, and the first one takes that."""
    gateway = make_gateway(config=config_of(panel, decimals=2))
    order, there = subscribe(gateway, panel, min=1, max=2, posts=3)
    children = [child_there(panel, n, charge="0.002") for n in range(3)]
    panel.set_order(there, status="Active", orders=children)
    ours = with_children(gateway, order, 3)
    for number in children:
        panel.set_order(number, status="Completed", charge="99999", remains=0)
    for number in ours:
        wait_status(gateway, number, "Completed")
        eventually(lambda number=number: show(gateway, number)["order"]["state"] == "completed")
    assert [paid(gateway, number) for number in ours] == [Decimal("0.01"), 0, 0]
    verify(gateway)


def test_more_children_than_posts_are_for_the_operator(gateway, panel):
    order, there = subscribe(gateway, panel)
    panel.set_order(there, status="Active", orders=[child_there(panel, n) for n in range(5)])
    ours = with_children(gateway, order, 2)
    assert [Decimal(gateway.status(child)["charge"]) for child in ours] == [Decimal("0.03")] * 2
    assert gateway.wait_log("children_odd", order=order)["beyond"] == "3"
    assert gateway.metrics()["panelmux_children_odd_total"] == 3
    verify(gateway)


def test_a_child_named_five_times_is_one(gateway, panel):
    order, there = subscribe(gateway, panel, posts=9)
    child = child_there(panel, 1)
    panel.set_order(there, status="Active", orders=[child] * 5)
    ours, = with_children(gateway, order, 1)
    assert Decimal(gateway.status(ours)["charge"]) == Decimal("0.03")
    panel.set_order(there, status="Active", orders=[child, child_there(panel, 2), child])
    assert with_children(gateway, order, 2)[0] == ours
    assert len(gateway.call("orders").json) == 3
    verify(gateway)


@pytest.mark.parametrize("whose", ["itself", "this client", "another client", "another parent", "finished"])
def test_an_order_of_its_own_is_nobody_s_child(gateway, panel, whose):
    order, there = subscribe(gateway, panel)
    key = OTHER_KEY if whose == "another client" else SHOP_KEY
    if whose == "itself":
        taken = there
    elif whose == "another parent":
        taken = subscribe(gateway, panel, username="bob")[1]
    else:
        other = gateway.add(service=2, key=key, quantity=20)
        taken = panel.orders(link=LINK)[0]["id"]
        if whose == "finished":
            panel.set_order(taken, status="Completed", remains=0)
            wait_status(gateway, other, "Completed")
            eventually(lambda: show(gateway, other)["order"]["state"] == "completed")
    panel.set_order(there, status="Active", orders=[taken, child_there(panel, 7)])
    ours, = with_children(gateway, order, 1)
    assert gateway.wait_log("children_odd", order=order)["taken"] == "1"
    assert show(gateway, ours)["order"]["upstream_id"] == str(panel.orders()[-1]["id"])
    verify(gateway)


def test_a_child_of_two_parents_is_the_first_one_s(gateway, panel):
    order, there = subscribe(gateway, panel)
    second, elsewhere = subscribe(gateway, panel, username="bob")
    child = child_there(panel, 1)
    panel.set_order(there, status="Active", orders=[child])
    ours, = with_children(gateway, order, 1)
    panel.set_order(elsewhere, status="Active", orders=[child])
    gateway.status(second)
    gateway.wait_log("children_odd", order=second)
    assert "orders" not in gateway.status(second).json and show(gateway, ours)["order"]["parent"] == order
    verify(gateway)


def test_a_child_that_two_parents_name_at_once_is_one_s(gateway, panel):
    """In one answer of the panel: each parent's look-up finds the number free."""
    parents = [subscribe(gateway, panel, username=name) for name in ("ann", "bob", "cid")]
    child = child_there(panel, 1)
    for _, there in parents:
        panel.set_order(there, status="Active", orders=[child])
    orders = [order for order, _ in parents]
    eventually(lambda: any("orders" in told for told in gateway.call("status", orders=orders).json.values()))
    for order in orders:
        gateway.status(order)
    told = gateway.call("status", orders=orders).json
    assert sum(len(told[str(order)].get("orders", [])) for order in orders) == 1, told
    ours = [entry["order"] for entry in gateway.call("orders").json if entry["order"] not in orders]
    assert len(ours) == 1 and Decimal(gateway.status(ours[0])["charge"]) == Decimal("0.03")
    verify(gateway)


def test_three_thousand_children_of_two_posts_use_up_two_numbers(gateway, panel):
    order, there = subscribe(gateway, panel)
    panel.set_order(there, status="Active", orders=[str(800000 + n) for n in range(3000)])
    with_children(gateway, order, 2)
    assert gateway.add(service=2, quantity=10) == order + 3
    verify(gateway)


@pytest.mark.parametrize("change", ["dearer", "gone", "quarantined", "another offer"])
def test_children_are_charged_by_what_their_parent_was_bought_at(make_gateway, panel, change):
    gateway = make_gateway(config=config_of(panel))
    order, there = subscribe(gateway, panel, max=200)
    config = config_of(panel)
    if change == "another offer":
        config["services"][0]["offers"] = [{"provider": "alpha", "service": 2}]
    else:
        rate = {"dearer": "1.40", "gone": None, "quarantined": "9"}[change]
        panel.set(services=[row for row in [
            {"service": 1, "name": "Sub", "type": "Subscriptions", "category": "C", "rate": rate, "min": 1, "max": 1000},
            {"service": 2, "name": "Plain", "type": "Default", "category": "C", "rate": "1.00", "min": 1, "max": 10000},
            {"service": 3, "name": "Pack", "type": "Package", "category": "C", "rate": "4.00", "min": 1000,
             "max": 1000}] if row["rate"]])
    gateway.reload(config)
    panel.set_order(there, status="Active", orders=[child_there(panel, 1, charge="0.2")])
    ours, = with_children(gateway, order, 1)
    eventually(lambda: gateway.status(ours)["charge"] == "0.30")


def test_a_subscription_that_its_panel_charges_itself(gateway, panel):
    order, there = subscribe(gateway, panel, max=200)
    panel.set_order(there, status="Active", charge="0.24")
    eventually(lambda: gateway.status(order)["charge"] == "0.36")
    panel.set_order(there, status="Active", charge="7")
    eventually(lambda: gateway.status(order)["charge"] == "0.60")  # 200 x 2 at 1.50
    assert gateway.wait_log("charge_odd", order=order)
    panel.set_order(there, status="Completed", charge="0.30")
    assert wait_status(gateway, order, "Completed")["charge"] == "0.45"
    eventually(lambda: show(gateway, order)["order"]["state"] == "completed")
    assert paid(gateway, order) == Decimal("0.45")
    verify(gateway)


@pytest.mark.parametrize("word, charge, right", [
    ("Canceled", "0.20", "0.30"), ("Canceled", "0", "0"), ("Canceled", None, "0.36"), ("Canceled", "7", "0.60"),
    ("Expired", "0.20", "0.30"), ("Expired", None, "0.36"), ("Completed", "0.30", "0.45"), ("Completed", None, "0.36"),
    ("Partial", "0.10", "0.15"), ("Refunded", None, "0"), ("Refunded", "0", "0"), ("Refunded", "0.10", "0.15")])
def test_what_a_subscription_s_panel_charged_until_its_end_is_paid(gateway, panel, word, charge, right):
    order, there = subscribe(gateway, panel, max=200)
    panel.set_order(there, status="Active", charge="0.24")
    eventually(lambda: gateway.status(order)["charge"] == "0.36")
    panel.set_order(there, status=word, **({"charge": charge} if charge else {"leave_out": ["charge"]}))
    shown = {"Partial": "Completed", "Refunded": "Canceled"}.get(word, word)
    assert Decimal(wait_status(gateway, order, shown)["charge"]) == Decimal(right)
    eventually(lambda: Decimal(gateway.call("orders").json[0]["charge"]) == Decimal(right))
    gateway.restart()
    assert Decimal(gateway.status(order)["charge"]) == paid(gateway, order) == Decimal(right)
    verify(gateway)


def test_a_canceled_subscription_pays_for_its_children_alone(gateway, panel):
    order, there = subscribe(gateway, panel)
    child = child_there(panel, 1, charge="0.02")
    panel.set_order(there, status="Active", orders=[child])
    ours, = with_children(gateway, order, 1)
    panel.set_order(child, status="Completed", charge="0.02", remains=0)
    panel.set_order(there, status="Canceled", charge="0.02", orders=[child])
    assert Decimal(wait_status(gateway, order, "Canceled")["charge"]) == 0
    assert Decimal(wait_status(gateway, ours, "Completed")["charge"]) == Decimal("0.03")
    eventually(lambda: show(gateway, order)["order"]["state"] == "canceled")
    assert paid(gateway, order) == 0 and paid(gateway, ours) == Decimal("0.03")
    verify(gateway)


@pytest.mark.parametrize("word, shown", [("Active", "Active"), ("In progress", "Active"), ("Pending", "Active"),
                                         ("Processing", "Active"), ("Paused", "Paused"), ("Completed", "Completed"),
                                         ("Partial", "Completed"), ("Expired", "Expired"), ("Canceled", "Canceled"),
                                         ("Cancelled", "Canceled"), ("Refunded", "Canceled")])
def test_a_subscription_says_the_five_words_of_its_kind(gateway, panel, word, shown):
    order, there = subscribe(gateway, panel)
    panel.set_order(there, status=word)
    wait_status(gateway, order, shown)
    for _ in range(2):
        assert gateway.status(order)["status"] == shown
        # The list is read from the ledger, which no reader of a status waits for.
        eventually(lambda: [entry["status"] for entry in gateway.call("orders").json] == [shown])
        gateway.restart()


# ---- drip-feed


def drip(gateway, panel, runs=4, quantity=50):
    order = gateway.add(service=2, quantity=quantity, runs=runs, interval=5)
    return order, panel.orders()[-1]["id"]


def test_a_run_that_leaves_something_undone_lowers_its_parent_s_charge(gateway, panel):
    order, there = drip(gateway, panel)  # 200 at 1.50 for 1000: 0.30
    runs = [panel.call(action="add", service=2, link=LINK, quantity=50)["order"] for _ in range(4)]
    panel.set_order(there, status="In progress", runs="4", orders=runs)
    ours = with_children(gateway, order, 4)
    assert [gateway.status(run)["charge"] for run in ours] == ["0.075"] * 4
    panel.set_order(runs[0], status="Completed", remains=0)
    panel.set_order(runs[1], status="Partial", remains=20)
    panel.set_order(runs[2], status="Canceled")
    assert wait_status(gateway, ours[1], "Partial")["charge"] == "0.045"
    assert wait_status(gateway, ours[2], "Canceled")["charge"] == "0"
    assert wait_status(gateway, ours[0], "Completed")["charge"] == "0.075"
    eventually(lambda: gateway.status(order)["charge"] == "0.195")
    panel.set_order(runs[3], status="Completed", remains=0)
    panel.set_order(there, status="Completed", runs="4", orders=runs)
    told = wait_status(gateway, order, "Completed")
    assert told["charge"] == "0.195"
    eventually(lambda: show(gateway, order)["order"]["state"] == "completed")
    assert paid(gateway, order) == Decimal("0.195") and [paid(gateway, run) for run in ours] == [0] * 4
    verify(gateway)


def test_a_parent_that_ends_looks_at_its_runs_first(gateway, panel):
    """Nobody asked for the runs: their end is found when the parent's is."""
    order, there = drip(gateway, panel)
    runs = [panel.call(action="add", service=2, link=LINK, quantity=50)["order"] for _ in range(4)]
    for number, fields in zip(runs, [{"remains": 0}, {"status": "Partial", "remains": 40}, {"remains": 0}, {"remains": 0}]):
        panel.set_order(number, **{"status": "Completed", **fields})
    panel.set_order(there, status="Completed", runs="4", orders=runs)
    assert wait_status(gateway, order, "Completed")["charge"] == "0.24"
    eventually(lambda: show(gateway, order)["order"]["state"] == "completed")
    assert paid(gateway, order) == Decimal("0.24")


def test_runs_that_its_panel_names_no_more_are_not_forgotten(gateway, panel):
    order, there = drip(gateway, panel)
    runs = [panel.call(action="add", service=2, link=LINK, quantity=50)["order"] for _ in range(4)]
    panel.set_order(there, status="In progress", runs="4", orders=runs)
    ours = with_children(gateway, order, 4)
    panel.set_order(there, status="In progress", runs="4", orders=[], start_count=7)
    eventually(lambda: gateway.status(order)["start_count"] == "7")
    assert gateway.status(order)["orders"] == ours
    eventually(lambda: show(gateway, order)["order"]["start_count"] == 7)
    gateway.restart(by_kill=True)
    for number, fields in zip(runs, [{"remains": 0}, {"status": "Partial", "remains": 40}, {"remains": 0}, {"remains": 0}]):
        panel.set_order(number, **{"status": "Completed", **fields})
    panel.set_order(there, status="Completed", runs="4", orders=[])
    assert wait_status(gateway, order, "Completed")["charge"] == "0.24"
    eventually(lambda: show(gateway, order)["order"]["state"] == "completed")
    assert paid(gateway, order) == Decimal("0.24")
    verify(gateway)


def test_a_parent_that_its_panel_lowers_itself_is_lowered_once(gateway, panel):
    order, there = drip(gateway, panel)
    runs = [panel.call(action="add", service=2, link=LINK, quantity=50)["order"] for _ in range(4)]
    panel.set_order("*", status="Completed", remains=0)
    panel.set_order(runs[0], status="Partial", remains=40)
    panel.set_order(there, status="Partial", remains=40, runs="4", orders=runs)
    assert wait_status(gateway, order, "Partial")["charge"] == "0.24"


@pytest.mark.parametrize("ends, state, charge, remains", [
    ([{"status": "Completed", "remains": 0}] * 2, "Partial", "0.15", "100"),
    ([{"status": "Completed", "remains": 0}, {"status": "Partial", "remains": 20}], "Partial", "0.12", "120"),
    ([{"status": "Completed", "remains": 0}, {"status": "In progress", "remains": 20}], "Partial", "0.12", "120"),
    ([{"status": "Canceled", "remains": 50}] * 2, "Canceled", "0", "200"),
    ([{"status": "Completed", "remains": 0}] * 4, "Completed", "0.3", "0"),
])
def test_a_canceled_drip_feed_pays_for_what_its_runs_delivered(gateway, panel, ends, state, charge, remains):
    order, there = drip(gateway, panel)  # 200 at 1.50 for 1000: 0.30
    runs = [panel.call(action="add", service=2, link=LINK, quantity=50)["order"] for _ in ends]
    for number, fields in zip(runs, ends):
        panel.set_order(number, **fields)
    panel.set_order(there, answer={"status": "Canceled", "charge": "0.10", "remains": "100", "runs": str(len(runs)), "orders": runs})
    told = wait_status(gateway, order, state)
    assert (Decimal(told["charge"]), told["remains"]) == (Decimal(charge), remains)
    eventually(lambda: show(gateway, order)["order"]["state"] == state.lower())
    assert paid(gateway, order) == Decimal(charge)
    verify(gateway)


# ---- what cannot be read settles nothing


def stuck(gateway):
    return [row["order"] for row in gateway.cli("order", "list", "--stuck", "--json").json["orders"]]


def for_review(gateway):
    return gateway.metrics()['panelmux_orders_stuck{why="review"}']


@pytest.mark.parametrize("charge", ["n/a", "NaN", None, ""])
def test_a_child_whose_charge_cannot_be_read_is_left_to_the_operator(make_gateway, panel, charge):
    config = config_of(panel, track_after="20ms")
    config["clients"][0]["funds"] = "prepaid"
    gateway = make_gateway(config=config)
    assert gateway.cli("client", "credit", "shop", "0.06").returncode == 0
    order, there = subscribe(gateway, panel)
    child = child_there(panel, 1)
    panel.set_order(there, status="Active", orders=[child])
    ours, = with_children(gateway, order, 1)
    panel.set_order(child, answer={"status": "Completed", "remains": "0", "charge": charge})
    panel.set_order(there, status="Completed", orders=[child])
    eventually(lambda: {order, int(ours)} <= set(stuck(gateway)))
    assert for_review(gateway) == 2
    assert gateway.status(ours)["status"] != "Completed" and gateway.status(order)["status"] == "Active"
    client, = [c for c in gateway.cli("client", "list", "--json").json["clients"] if c["name"] == "shop"]
    assert Decimal(client["available"]) == 0, "what it may cost stays held"
    panel.set_order(child, answer={"status": "Completed", "remains": "0", "charge": "0.01"})
    wait_status(gateway, order, "Completed")
    eventually(lambda: show(gateway, ours)["order"]["state"] == "completed")
    assert paid(gateway, ours) == Decimal("0.015") and stuck(gateway) == []
    verify(gateway)


def test_a_partial_that_cannot_be_priced_is_shown_to_the_operator(make_gateway, panel):
    gateway = make_gateway(config=config_of(panel, track_after="20ms"))
    order = gateway.add(service=2, quantity=100)
    there = panel.orders()[-1]["id"]
    panel.set_order(there, answer={"status": "Partial", "charge": "0.05"})
    eventually(lambda: stuck(gateway) == [order])
    assert gateway.wait_log("order_stuck", order=order)["why"] == "review" and for_review(gateway) == 1
    panel.set_order(there, answer={"status": "Partial", "charge": "0.05", "remains": "50"})
    wait_status(gateway, order, "Partial")
    eventually(lambda: stuck(gateway) == [] and for_review(gateway) == 0)


@pytest.mark.parametrize("expiry, is_shown", [
    ("2026-12-31", True), ("31/12/2026 8:00 PM", True), ("2026-12-31T08:00:00+00:00", True), ("5 Jan 2026", True),
    ("ask @boss at alpha.example", False), ("never", False), ("2026-12-31 see alpha.example", False), ("1" * 41, False)])
def test_an_expiry_is_a_date_or_nothing(gateway, panel, expiry, is_shown):
    order, there = subscribe(gateway, panel)
    panel.set_order(there, status="Active", posts="3", expiry=expiry)
    told = eventually(lambda: (lambda answer: answer if "posts" in answer else None)(gateway.status(order).json))
    assert told.get("expiry") == (expiry if is_shown else None)


# ---- packages, and what a panel really takes


def test_a_package_that_counts_as_one_piece(gateway, panel):
    order = gateway.call("add", service=3, link=LINK)["order"]
    there = panel.orders()[-1]["id"]
    panel.set_order(there, status="Pending", remains=1)
    eventually(lambda: gateway.status(order)["remains"] == "1")
    panel.set_order(there, status="Partial", remains=1)
    assert wait_status(gateway, order, "Partial")["charge"] == "0"
    verify(gateway)


def test_a_package_in_a_unit_that_nobody_knows_is_left_to_the_operator(gateway, panel):
    order = gateway.call("add", service=3, link=LINK)["order"]
    panel.set_order(panel.orders()[-1]["id"], status="Partial", remains=1)
    gateway.status(order)
    assert gateway.wait_log("status_odd", order=order)["review"] == "1"
    assert gateway.status(order)["status"] == "Pending" and gateway.status(order)["charge"] == "6.00"


def test_a_package_that_is_first_seen_half_done_is_not_given_away(gateway, panel):
    order = gateway.call("add", service=3, link=LINK)["order"]
    there = panel.orders()[-1]["id"]
    panel.set_order(there, status="In progress", remains=400)
    wait_status(gateway, order, "In progress")
    panel.set_order(there, status="Partial", remains=400)
    gateway.status(order)
    assert gateway.wait_log("status_odd", order=order)["review"] == "1"
    assert gateway.status(order)["status"] == "In progress" and gateway.status(order)["charge"] == "6.00"


def test_a_cost_that_was_corrected_too_low_is_raised_by_the_final_charge(gateway, panel):
    order = gateway.add(service=2, quantity=100)
    there = panel.orders()[-1]["id"]
    panel.set_order(there, status="Pending", charge="0.001")
    eventually(lambda: (gateway.status(order), Decimal(show(gateway, order)["order"]["cost"]) == Decimal("0.001"))[1])
    panel.set_order(there, status="Completed", remains=0, charge="0.1")
    wait_status(gateway, order, "Completed")
    eventually(lambda: Decimal(show(gateway, order)["order"]["cost"]) == Decimal("0.1"))
    verify(gateway)


@pytest.mark.parametrize("charge, is_other", [("0.1", False), ("0.10000001", False), ("0.125", True), ("0.08", True),
                                              ("0", False)])
def test_what_a_panel_really_took_corrects_the_cost(gateway, panel, charge, is_other):
    order = gateway.add(service=2, quantity=100)
    panel.set_order(panel.orders()[-1]["id"], status="Pending", charge=charge)
    gateway.status(order)
    gateway.status(order)
    assert gateway.metrics()["panelmux_costs_corrected_total"] == is_other
    if is_other:
        assert gateway.wait_log("cost_corrected", order=order)
        eventually(lambda: Decimal(show(gateway, order)["order"]["cost"]) == Decimal(charge))
    verify(gateway)
