"""Clients as real panels are (harness/reseller.py): they import the whole list, switch off for good what leaves it, ask for
statuses by number, send again what got no answer, and know five words. The contract's sections are in brackets."""
from decimal import Decimal

import pytest

from books import LINK, Later, in_doubt, show
from harness import Reseller, eventually

QUICK = {"refresh": "50ms"}


def row(service, rate="1.00", **more):
    return {"service": service, "name": f"Service {service}", "type": "Default", "category": "C", "rate": rate, "min": 10,
            "max": 10000, "refill": True, "cancel": True, **more}


@pytest.fixture
def panel(make_panel):
    return make_panel("alpha", services=[row(1), row(2), row(3, type="Subscriptions", rate="2.00")])


def sell(make_gateway, panel, services=(1, 2, 3), **changes):
    sold = [{"id": number, "markup": "25%", "offers": [{"provider": panel.name, "service": number}]} for number in services]
    return make_gateway([panel], catalogue=QUICK, **{"services": sold, **changes})


@pytest.fixture
def gateway(make_gateway, panel):
    return sell(make_gateway, panel)


@pytest.fixture
def reseller(gateway):
    reseller = Reseller(gateway)
    reseller.import_all()
    return reseller


def next_list(panel):
    """Until the panel was asked for its list again and that list was dealt with."""
    after = panel.mark()
    panel.wait_requests("services", 2, after=after)


def synced(reseller, panel):
    next_list(panel)
    reseller.sync()
    return {number: service["on"] for number, service in reseller.services.items()}


# ---- the list


def test_an_import_sells_everything_and_a_sync_follows_its_prices(reseller, panel):
    assert {number: str(service["rate"]) for number, service in reseller.services.items()} == {1: "1.25", 2: "1.25", 3: "2.50"}
    panel.set(services=[row(1, rate="1.20"), row(2), row(3, type="Subscriptions", rate="2.00")])
    eventually(lambda: reseller.sync() or str(reseller.services[1]["rate"]) == "1.50")
    assert all(service["on"] for service in reseller.services.values())
    assert reseller.order(1)["number"] == 1 and len(panel.orders()) == 1


def test_a_price_that_jumps_switches_nothing_off(gateway, reseller, panel):
    panel.set(services=[row(1, rate="9.00"), row(2, rate="0"), row(3, type="Subscriptions", rate="2.00")])
    eventually(lambda: gateway.metrics()['panelmux_provider_quarantined_services{provider="alpha"}'] == 2)
    assert synced(reseller, panel) == {1: True, 2: True, 3: True}
    assert str(reseller.services[1]["rate"]) == "1.25", "the last price stands"
    assert reseller.order(1)["status"] == "Canceled" and panel.orders() == [], "listed, and refused"


TROUBLE = {"empty": {"body": "[]"}, "error": {"error": "Something else"}, "cut": {"cut": "mid_answer"}}


@pytest.mark.parametrize("trouble", [*TROUBLE, "gone"])
def test_a_panel_in_trouble_switches_nothing_off(gateway, reseller, panel, trouble):
    if trouble == "gone":
        panel.stop()
    else:
        panel.rule("services", **TROUBLE[trouble])
        next_list(panel)
    reseller.sync()
    assert all(service["on"] for service in reseller.services.values())
    gateway.restart()
    reseller.sync()
    assert all(service["on"] for service in reseller.services.values()), "after a restart as well"


def test_a_provider_out_of_funds_switches_nothing_off(reseller, panel):
    panel.rule("add", error="Not enough funds on balance")
    panel.set(balance="0.00")
    assert reseller.order(1)["status"] == "Canceled"
    assert synced(reseller, panel) == {1: True, 2: True, 3: True}


def test_a_service_the_operator_takes_out_is_gone(gateway, reseller, panel):
    gateway.reload({**gateway.config, "services": gateway.config["services"][1:]})
    assert synced(reseller, panel) == {1: False, 2: True, 3: True}


# ---- statuses


@pytest.mark.parametrize("action", ["status", "multi-status", "orders"])
def test_statuses_are_read_by_number(reseller, panel, action):
    """Read as an array, answer["1"] is another order's row, which was canceled and refunded."""
    orders = [reseller.order(1, link=f"{LINK}/{i}") for i in range(4)]
    assert [order["number"] for order in orders] == [1, 2, 3, 4]
    ids = {order["fields"]["link"]: order["id"] for order in panel.orders()}
    panel.set_order(ids[f"{LINK}/2"], status="Canceled")
    panel.set_order(ids[f"{LINK}/1"], status="Partial", remains=40)
    eventually(lambda: reseller.poll(action) or orders[2]["status"] == "Canceled" and orders[1]["status"] == "Partial")
    assert [order["status"] for order in orders] == ["Pending", "Partial", "Canceled", "Pending"]
    assert [order["refunded"] for order in orders] == [0, orders[1]["sold"] * 40 / 100, orders[2]["sold"], 0]


@pytest.mark.parametrize("spelling", ["orders", "multi-status", "multi_status"])
def test_ids_in_any_spelling_are_an_object(gateway, reseller, panel, spelling):
    order = reseller.order(1)["number"]
    for form in ({"orders": order}, {"orders": f"{order},99"}, {"orders[]": order}):
        answer = gateway.call(spelling, **form).json
        assert isinstance(answer, dict) and answer[str(order)]["status"] == "Pending", (spelling, form, answer)


@pytest.mark.parametrize("printed", ["[1]", "[1, 2]", "['1', '2']", '["1","2"]'])
def test_a_printed_list_is_a_list(gateway, reseller, printed):
    reseller.order(1)
    assert gateway.call("status", orders=printed).json["1"]["status"] == "Pending"


def test_without_ids_the_listing_stays(gateway, reseller):
    reseller.order(1)
    assert [row["order"] for row in gateway.call("orders").json] == [1]


def test_every_status_word_is_one_the_column_has(gateway, reseller, panel):
    order = reseller.order(1)
    for word in ("Awaiting", "in_progress", "Refill", "Error", "Fail", "Queued"):
        panel.set_order(panel.orders()[0]["id"], status=word)
        reseller.poll()
        assert order["status"] in ("Pending", "In progress", "Processing"), word


# ---- sent again


def test_what_was_at_the_panel_when_we_died_is_not_delivered_twice(gateway, reseller, panel):
    panel.rule("add", times=1, hold="add")
    later = Later(reseller.order)
    panel.wait_hold("add")
    gateway.kill()
    assert later.result()["number"] is None
    panel.release("add", open=True)
    gateway.start()
    reseller.send_again()
    [order] = reseller.orders
    assert order["number"] == 1 and len(panel.orders()) == 1
    assert in_doubt(gateway) == [1]


def hang_up(gateway, panel, link=LINK):
    """A client that is gone before its answer; the order goes on and is accepted."""
    panel.rule("add", times=1, hold="add")
    body = f"key=shop-key-0123456789abcdef&action=add&service=1&quantity=100&link={link}"
    with gateway.connect() as line:
        line.sendall((f"POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        panel.wait_hold("add")
    panel.release("add")
    eventually(lambda: show(gateway, 1)["order"]["state"] != "placing")


def test_a_client_that_hung_up_gets_its_number_when_it_sends_again(gateway, reseller, panel):
    hang_up(gateway, panel)
    assert reseller.order(1)["number"] == 1 and len(panel.orders()) == 1
    assert reseller.order(1)["number"] == 2 and len(panel.orders()) == 2, "each is claimed once"


@pytest.mark.parametrize("other", [{"link": f"{LINK}/other"}, {"quantity": 101}, {"service": 2}])
def test_another_order_claims_nothing(gateway, reseller, panel, other):
    hang_up(gateway, panel)
    assert reseller.order(**other)["number"] == 2 and len(panel.orders()) == 2


def test_an_order_that_was_answered_is_never_claimed(reseller, panel):
    assert [reseller.order(1)["number"] for _ in range(2)] == [1, 2] and len(panel.orders()) == 2


# ---- parents


def test_a_subscription_is_followed_to_its_end(gateway, reseller, panel):
    parent = reseller.subscribe(3, username="ann", min=10, max=40, posts=3, delay=0)
    reseller.poll_subscriptions()
    assert parent["status"] == "Active"
    theirs = panel.orders()[0]["id"]
    child = panel.call(action="add", service=1, link=LINK, quantity=30)["order"]
    panel.set_order(theirs, status="Paused", posts="3", orders=[child])
    eventually(lambda: reseller.poll_subscriptions() or parent["status"] == "Paused")
    assert len(parent["children"]) == 1
    panel.set_order(theirs, status="Expired", posts="3", orders=[child])
    eventually(lambda: reseller.poll_subscriptions() or parent["status"] == "Expired")


def test_a_subscription_that_the_panel_charges_itself_is_paid_for(reseller, panel):
    parent = reseller.subscribe(3, username="ann", min=10, max=40, posts=3, delay=0)
    panel.set_order(panel.orders()[0]["id"], status="Completed", posts="3", charge="0.24", remains=0)
    eventually(lambda: reseller.poll_subscriptions() or parent["status"] == "Completed")
    assert parent["charge"] == Decimal("0.30"), "120 at our 2.50 for 1000"


@pytest.mark.parametrize("ending, remains, charge, share", [
    ("Partial", 40, "0.20", "0.075"), ("Canceled", 100, "0.125", "0"), ("Completed", 0, "0.25", "0.125")])
def test_a_run_that_was_not_delivered_lowers_the_price_of_a_drip_feed(gateway, reseller, panel, ending, remains, charge, share):
    order = reseller.order(1, runs=2, interval=10)
    theirs = panel.orders()[0]["id"]
    runs = [panel.call(action="add", service=1, link=LINK, quantity=100)["order"] for _ in range(2)]
    panel.set_order(runs[0], status="Completed", remains=0)
    panel.set_order(runs[1], status=ending, remains=remains)
    panel.set_order(theirs, status="Completed", runs="2", orders=runs)
    children = eventually(lambda: gateway.status(order["number"]).json.get("orders"))

    def charges():
        return [Decimal(gateway.status(number)["charge"]) for number in (order["number"], *children)]
    eventually(lambda: charges() == [Decimal(charge), Decimal("0.125"), Decimal(share)], what=f"{charge}, 0.125, {share}")
