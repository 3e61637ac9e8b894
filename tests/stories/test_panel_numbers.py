"""A number at a panel belongs to one order of ours, whatever panels answer, report, and operators type, and however many of
them do so at the same moment."""

import pytest
from books import LINK, Later, add, show, state, wait_status
from harness import default_config, eventually
from harness.config import SHOP_KEY, provider

OTHER = "other-key-0123456789abcdef"
SERVICES = [{"service": 1, "name": "Sub", "type": "Subscriptions", "category": "C", "rate": "1.00", "min": 1, "max": 1000},
            {"service": 2, "name": "Plain", "type": "Default", "category": "C", "rate": "1.00", "min": 1, "max": 10000}]


@pytest.fixture
def panel(make_panel):
    return make_panel("alpha", services=SERVICES)


@pytest.fixture
def make(make_gateway, panel):
    """Services 1 (subscription) and 2 (plain), clients shop and other."""
    def make(**changes):
        services = [{"id": n, "markup": "50%", "offers": [{"provider": "alpha", "service": n}]} for n in (1, 2)]
        g = make_gateway(config=default_config([], providers=[provider(panel)], services=services, clients=[
            {"name": "shop", "key": SHOP_KEY, "funds": "prepaid"}, {"name": "other", "key": OTHER, "funds": "prepaid"}], **changes))
        for name in ("shop", "other"):
            assert g.cli("client", "credit", name, "10").returncode == 0
        return g
    return make


@pytest.fixture
def gateway(make):
    return make()


def plain(gateway, link=LINK, **fields):
    return gateway.add(service=2, link=link, quantity=100, **fields)


def there(panel):
    return panel.orders()[-1]["id"]


def subscribe(gateway, panel, key=SHOP_KEY, username="ann"):
    answer = gateway.call("add", key=key, service=1, username=username, min=10, max=20, posts=2, delay=0)
    return answer["order"], there(panel)


def test_an_add_answered_with_another_order_s_number_is_in_doubt(gateway, panel):
    first = plain(gateway)
    panel.rule("add", times=1, body={"order": int(there(panel))})  # nothing is stored
    second = plain(gateway, LINK + "2")
    panel.set_order(there(panel), status="Completed", remains=0)
    wait_status(gateway, first, "Completed")
    assert state(gateway, second) == "doubt" and gateway.status(second)["status"] == "Pending"
    attempt = show(gateway, second)["attempts"][-1]
    assert f"our order {first} already" in attempt["evidence"] and attempt["upstream_id"] == ""
    # Also after a restart, and resolved as any other.
    gateway.restart()
    refused = gateway.cli("order", "resolve", second, "--accepted", there(panel), "--yes")
    assert refused.returncode == 1 and f"our order {first} already" in refused.stderr
    assert gateway.cli("order", "resolve", second, "--refund", "--yes").returncode == 0
    assert state(gateway, second) == "canceled"


def test_a_child_s_number_is_no_order_of_its_own_later(gateway, panel):
    order, number = subscribe(gateway, panel)
    panel.set_order(number, status="Active", orders=[int(number) + 1])
    child, = eventually(lambda: gateway.status(order).json.get("orders"))
    later = add(gateway, service=2)["order"]
    assert state(gateway, later) == "doubt"
    assert f"our order {child} already" in show(gateway, later)["attempts"][-1]["evidence"]


def test_a_child_of_two_parents_at_once_is_one(make, panel):
    gateway = make(workers=2)
    parents = [(SHOP_KEY, *subscribe(gateway, panel)), (OTHER, *subscribe(gateway, panel, OTHER, "bob"))]
    child = panel.call(action="add", service=2, link=LINK, quantity=20)["order"]
    for _, _, number in parents:
        panel.set_order(number, status="Active", orders=[child])
    panel.rules({"action": "status", "times": 2, "do": {"hold": "s"}})
    asked = []
    for held, (key, order, _) in enumerate(parents, 1):  # one after the other: together they may become one request
        asked.append(Later(lambda k=key, o=order: gateway.status(o, key=k)))
        panel.wait_hold("s", held)
    panel.release("s", open=True)
    [later.result() for later in asked]
    panel.rules()
    found = sum((gateway.status(order, key=key).json.get("orders", []) for key, order, _ in parents), [])
    assert len(found) == 1, found
    assert gateway.wait_log("children_odd")["taken"] == "1"


def test_two_doubts_never_get_one_number(gateway, panel):
    panel.rule("add", times=2, cut="after_read", accept=True)
    orders = [plain(gateway), plain(gateway, LINK + "2")]
    panel.rule("status", times=2, hold="s")
    number = panel.orders()[0]["id"]
    asked = [Later(lambda o=o: gateway.admin(f"/orders/{o}/resolve", "POST", {"how": "accepted", "upstream_id": number}).json)
             for o in orders]
    panel.wait_hold("s", 2)
    panel.release("s", open=True)
    answers = [later.result() for later in asked]
    assert sorted(answer["resolved"] for answer in answers) == [0, 1]
    owner = next(o for o, answer in zip(orders, answers) if answer["resolved"])
    assert f"our order {owner} already" in str(next(answer for answer in answers if not answer["resolved"]))


def test_a_number_given_by_hand_that_was_on_its_way_leaves_the_other_in_doubt(gateway, panel):
    panel.rule("add", times=1, cut="after_read", accept=True)
    doubt = plain(gateway)
    panel.rule("add", times=1, hold="h")
    second = Later(lambda: plain(gateway, LINK + "2"))
    panel.wait_hold("h")
    assert gateway.cli("order", "resolve", doubt, "--accepted", panel.orders()[1]["id"], "--yes").returncode == 0
    panel.release("h")
    other = second.result()
    assert state(gateway, other) == "doubt"
    assert show(gateway, other)["order"]["upstream_id"] != show(gateway, doubt)["order"]["upstream_id"]
