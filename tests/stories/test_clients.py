"""Clients' settings and money, and clients that are added and changed while the gateway runs."""
from harness.config import SHOP_KEY

FRIEND = "friend-key-0123456789"


def rates(gateway, key=SHOP_KEY):
    return {row["service"]: row["rate"] for row in gateway.call("services", key=key).json}


# ---- settings


def test_own_prices_take_the_place_of_price_and_markups(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "shop", "key": SHOP_KEY},
        {"name": "friend", "key": FRIEND, "markup": "100%", "prices": {1: "0.987654", 3: 7}}])
    plain, own = rates(gateway), rates(gateway, FRIEND)
    assert (own[1], own[3]) == ("0.98766", "7.00")  # rounded up to `decimals`
    assert float(own[2]) == 2 * float(plain[2])
    order = gateway.add(service=1, quantity=1000, key=FRIEND)
    assert gateway.status(order, key=FRIEND)["charge"] == "0.98766"


def test_an_own_price_below_cost_is_not_sold_at_a_loss(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[{"name": "friend", "key": FRIEND, "prices": {1: "0.00001"}}])
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/p", quantity=100).error == \
        "Service is temporarily unavailable"
    assert alpha.log("add") == []


def test_a_frozen_client_reads_and_changes_nothing(make_gateway, alpha):
    gateway = make_gateway([alpha])
    order = gateway.add()
    asked = len(alpha.log("add"))
    client = {**gateway.config["clients"][0], "frozen": True}
    assert gateway.reload({**gateway.config, "clients": [client]}).returncode == 0
    for action, fields in (("add", {"service": 1, "link": "https://e.com/p", "quantity": 100}),
                           ("refill", {"order": order}), ("cancel", {"orders": order})):
        assert gateway.call(action, **fields).error == "Your account is inactive", action
    assert gateway.status(order).error is None and gateway.call("balance").error is None
    assert rates(gateway) and len(alpha.log("add")) == asked and alpha.log("cancel") == []


def test_a_prepaid_client_without_money_orders_nothing(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[{"name": "friend", "key": FRIEND, "funds": "prepaid"}])
    assert gateway.call("balance", key=FRIEND).json == {"balance": "0.00000", "currency": "USD"}
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/p", quantity=100).error == \
        "Not enough funds on balance"
    assert alpha.log("add") == []


def test_credit_goes_as_far_as_its_limit(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "friend", "key": FRIEND, "funds": "prepaid", "credit_limit": "2.50", "prices": {1: 10}}])
    for number in range(2):
        gateway.add(service=1, quantity=100, link=f"https://e.com/{number}", key=FRIEND)
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/3", quantity=100).error == \
        "Not enough funds on balance"
    gateway.add(service=1, quantity=50, link="https://e.com/4", key=FRIEND)
    assert gateway.call("balance", key=FRIEND)["balance"] == "-2.50000"


def test_a_limit_a_day_holds_for_an_unlimited_client(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "friend", "key": FRIEND, "daily_limit": "1.50", "prices": {1: 10}}])
    gateway.add(service=1, quantity=100, link="https://e.com/1", key=FRIEND)
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/2", quantity=100).error == \
        "Not enough funds on balance"
    gateway.add(service=1, quantity=50, link="https://e.com/3", key=FRIEND)
    assert len(alpha.log("add")) == 2
