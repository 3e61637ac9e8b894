"""How an attempt may end when it certainly did or did not happen, row by row of the outcome table, and
where the order goes then. Each story counts what reached each panel."""
import time

import pytest

from books import (ACTIVE_ORDER, LINK, ONE_SERVICE, SOON, UNAVAILABLE, add, add_later, asked, attempts, deliveries,
                   in_doubt, show, state)
from harness import SLOW, default_config, eventually
from harness.config import provider

# ---- accepted


def test_an_accepted_order_is_delivered_once_and_known(gateway, alpha, beta):
    order = gateway.add(service=1, quantity=100)
    assert deliveries(alpha, beta) == (1, 0) and asked(alpha, beta) == (1, 0)
    assert alpha.orders()[0]["fields"] == {"key": "***", "action": "add", "service": "101", "link": LINK,
                                           "quantity": "100"}
    assert gateway.status(order).json == {"charge": "0.1125", "start_count": "0", "status": "Pending",
                                          "remains": "100", "currency": "USD"}
    assert state(gateway, order) == "pending" and attempts(gateway, order) == [("alpha", "accepted")]
    assert in_doubt(gateway) == []


@pytest.mark.parametrize("body", [
    '{"order":"{order}"}', '{"status":"success","order":{order}}', '{"order_id":{order}}', '{"data":{"order":{order}}}',
    '[{"order":{order}}]', '\ufeff{"order":{order}}'])
def test_an_accepted_order_has_many_shapes(gateway, alpha, beta, body):
    alpha.rule("add", body=body, accept=True)
    order = gateway.add()
    assert attempts(gateway, order) == [("alpha", "accepted")]
    assert show(gateway, order)["order"]["upstream_id"] == alpha.orders()[0]["id"]
    assert deliveries(alpha, beta) == (1, 0)


# ---- not sent: the next offer


def takes_over(gateway, alpha, beta, order, how, delivered=1):
    assert attempts(gateway, order) == [("alpha", how), ("beta", "accepted")]
    assert len(beta.orders(link=LINK)) == delivered
    assert in_doubt(gateway) == []


def test_a_panel_that_refuses_connections_is_passed_over(gateway, alpha, beta):
    alpha.stop()
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")


def test_a_panel_without_an_address_is_passed_over(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta])
    gateway.stop()
    config = dict(gateway.config)
    config["providers"] = [provider(alpha, url="http://panel.invalid/api/v2"), provider(beta)]
    gateway.write(config)
    gateway.start()
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")
    assert asked(alpha) == (0,)


def test_a_panel_that_speaks_no_tls_is_passed_over(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta])
    gateway.stop()
    config = dict(gateway.config)
    secure = provider(alpha, url=alpha.url.replace("http:", "https:"), connect_timeout="300ms")
    config["providers"] = [secure, provider(beta)]
    gateway.write(config)
    gateway.start()
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")
    assert asked(alpha) == (0,)


def test_a_panel_with_all_connections_in_use_is_passed_over(make_gateway, alpha, beta):
    gateway = make_gateway(config=default_config([], providers=[provider(alpha, max_connections=1), provider(beta)],
                                                 services=ONE_SERVICE))
    alpha.rule("add", times=1, hold="busy")
    first = add_later(gateway, link="https://example.com/p/first")
    alpha.wait_hold("busy")
    takes_over(gateway, alpha, beta, gateway.add(), "not_sent")
    assert not first.is_done()
    alpha.release("busy")
    assert "order" in first.result()
    assert deliveries(alpha, beta) == (1, 1)


def test_an_empty_rate_bucket_is_waited_for_a_second_at_most(make_gateway, alpha, beta):
    gateway = make_gateway(config=default_config(
        [], providers=[provider(alpha, rate_limit={"add": "0.2/s", "other": "1000/s"}), provider(beta)],
        services=ONE_SERVICE))
    gateway.add()
    began = time.monotonic()
    gateway.add()
    assert time.monotonic() - began < 1 + 0.5 * SLOW
    assert deliveries(alpha, beta) == (1, 1) and asked(alpha) == (1,)


def test_a_bucket_that_fills_within_a_second_is_waited_for(make_gateway, alpha, beta):
    gateway = make_gateway(config=default_config(
        [], providers=[provider(alpha, rate_limit={"add": "4/s", "other": "1000/s"}), provider(beta)],
        services=ONE_SERVICE))
    began = time.monotonic()
    for _ in range(3):
        gateway.add()
    assert time.monotonic() - began > 0.45  # two waits of a quarter of a second
    assert deliveries(alpha, beta) == (3, 0)


# ---- refused, by the provider's fault: the next offer; which provider cools down is seen by the next order


CHALLENGE = "<!DOCTYPE html><title>Just a moment...</title><div id=cf-wrapper>Checking your browser</div>"

# what alpha does; whether its next order of the same service, and of another one, is asked of it
PROVIDERS_FAULT = {
    "funds": ({"error": "Not enough funds on balance"}, None, None),  # which cools down: test_routing
    "bad key": ({"error": "Invalid API key"}, False, False),
    "account off": ({"error": "Your account is inactive"}, False, False),
    "service disabled": ({"error": "Service is inactive or not found"}, False, True),
    "maintenance": ({"body": {"status": "error", "msg": "We are under maintenance"}}, False, False),
    "too many requests": ({"status": 429, "body": {"error": "Too many requests"}, "headers": {"Retry-After": "60"}},
                          False, False),
    "too many requests as 200": ({"error": "Rate limit exceeded"}, False, False),
    "429 in html": ({"status": 429, "body": "<html>slow down</html>", "content_type": "text/html",
                     "headers": {"Retry-After": "60"}}, False, False),
    "challenge": ({"status": 403, "body": CHALLENGE, "content_type": "text/html", "headers": {"Server": "cloudflare"}},
                  None, None),
    "known text with 500": ({"status": 500, "body": {"error": "Not enough funds on balance"}}, None, None),
    "wrong dialect": ({"error": "Incorrect request"}, None, None),
}


@pytest.mark.parametrize("what", PROVIDERS_FAULT)
def test_what_is_the_providers_fault_goes_to_the_next_offer(gateway, alpha, beta, what):
    do, same, other = PROVIDERS_FAULT[what]
    alpha.rule("add", times=1, **do)
    order = gateway.add()
    takes_over(gateway, alpha, beta, order, "refused")
    assert gateway.status(order)["status"] == "Pending"
    assert asked(alpha, beta) == (1, 1) and deliveries(alpha) == (0,)
    if same is not None:
        gateway.add(service=1, link="https://example.com/p/2")
        assert asked(alpha) == (2 if same else 1,)
        mark = alpha.count("add")
        gateway.add(service=2, link="https://example.com/p/3")
        assert asked(alpha) == (mark + (1 if other else 0),)


def test_a_redirect_is_never_followed(gateway, make_panel, alpha, beta):
    elsewhere = make_panel("elsewhere")
    alpha.rule("add", times=1, redirect=elsewhere.url)
    order = gateway.add()
    takes_over(gateway, alpha, beta, order, "refused")
    assert elsewhere.log() == []


def test_after_a_bad_key_nothing_but_one_balance_is_asked(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], catalogue={"refresh": "100ms", "balance": "100ms"})
    order = gateway.add()
    mark, before = alpha.mark(), beta.mark()
    alpha.set(key="another-key-0123456789")
    gateway.add(link="https://example.com/p/2")
    alpha.wait_requests(None, 1, after=mark)
    # Meanwhile beta is asked again and again for its list and balance, and orders and statuses come in.
    for i in range(3):
        gateway.add(link=f"https://example.com/p/{i + 3}")
        assert gateway.status(order)["status"] == "Pending"
    beta.wait_requests("balance", 8, after=before)
    beta.wait_requests("services", 8, after=before)
    entries = alpha.log(after=mark)
    first_refusal = next(i for i, entry in enumerate(entries) if not entry["key_good"])
    rest = [entry["action"] for entry in entries[first_refusal + 1:]]
    # What was already on its way when the first refusal came home may be there too.
    assert len(rest) <= 3 and rest.count("balance") <= 2 and "status" not in rest, rest


@pytest.mark.parametrize("words, status", [("Failed to place order", 402), ("Server busy, order status unknown", 200),
                                           ("Access denied for user 'smm'@'localhost'", 200)])
def test_texts_that_may_follow_a_delivery_are_never_a_refusal(gateway, alpha, beta, words, status):
    alpha.rule("add", times=1, status=status, error=words, accept=True)
    order = gateway.add(link="https://example.com/p/7")
    assert attempts(gateway, order) == [("alpha", "doubt")] and in_doubt(gateway) == [order]
    assert len(alpha.orders()) == 1 and beta.orders() == []


@pytest.mark.parametrize("words", ["User has blocked comments", "Instagram user not found", "Incorrect keywords",
                                   "Drip-feed is not permitted for this service"])
def test_a_complaint_about_one_clients_input_parks_nobody(gateway, alpha, beta, words):
    alpha.rule("add", times=1, error=words)
    assert attempts(gateway, gateway.add(link="https://example.com/p/8")) == [("alpha", "refused"), ("beta", "accepted")]
    assert attempts(gateway, gateway.add(link="https://example.com/p/9")) == [("alpha", "accepted")]


def test_a_status_of_another_order_or_of_the_call_refunds_nothing(gateway, alpha):
    order = gateway.add()
    for body in ('{"order_id":"999","status":"Canceled","remains":"100"}', '{"status":"4","message":"Invalid API key"}',
                 '{"status":"rejected","message":"Too many requests"}'):
        alpha.rule("status", times=1, body=body)
        assert gateway.status(order)["status"] == "Pending", body
    assert gateway.status(order)["charge"] != "0"


def test_a_mismatch_of_quantity_or_fields_goes_to_the_next_offer(gateway, alpha, beta):
    for i, words in enumerate(["Quantity less than minimal 500", "neworder.error.max_quantity",
                               "Comments field is required", "You must fill in the required fields."]):
        link = f"https://example.com/m/{i}"
        alpha.rule("add", times=1, error=words)
        order = gateway.add(link=link)
        assert attempts(gateway, order) == [("alpha", "refused"), ("beta", "accepted")], words
        assert len(beta.orders(link=link)) == 1 and alpha.orders(link=link) == []


def test_an_active_order_elsewhere_goes_to_the_next_offer(gateway, alpha, beta):
    alpha.rule("add", times=1, error=ACTIVE_ORDER)
    takes_over(gateway, alpha, beta, gateway.add(), "refused")


def test_an_active_order_everywhere_gets_the_same_message(gateway, alpha, beta):
    for panel in (alpha, beta):
        panel.rule("add", times=1, error="neworder.error.link_duplicate")
    assert add(gateway).error == ACTIVE_ORDER
    assert asked(alpha, beta) == (1, 1) and deliveries(alpha, beta) == (0, 0)
    assert in_doubt(gateway) == []


def test_when_every_offer_refuses_no_reason_leaks(gateway, alpha, beta):
    alpha.rule("add", times=1, error="Not enough funds on balance")
    beta.rule("add", times=1, error="Service is inactive or not found")
    assert add(gateway).json == {"error": UNAVAILABLE}
    assert asked(alpha, beta) == (1, 1) and deliveries(alpha, beta) == (0, 0)
    assert gateway.call("orders").json == []
    assert attempts(gateway, 1) == [("alpha", "refused"), ("beta", "refused")]
    assert state(gateway, 1) == "refused"
    assert gateway.status(1).error == "Incorrect order ID"
    assert gateway.add(service=2) == 2


# ---- refused, by the client's fault


@pytest.mark.parametrize("words", ["Bad link", "neworder.error.link", "Incorrect link", "The account is private"])
def test_a_bad_link_is_the_clients_and_no_other_panel_is_asked(gateway, alpha, beta, words):
    alpha.rule("add", times=1, error=words)
    assert add(gateway).json == {"error": "Incorrect link"}
    assert asked(alpha, beta) == (1, 0) and deliveries(alpha, beta) == (0, 0)
    assert state(gateway, 1) == "refused" and gateway.status(1).error == "Incorrect order ID"
    gateway.add(link="https://example.com/good")
    assert asked(alpha, beta) == (2, 0)


# ---- a provider's own `answers:`


OWN = {"moon phase*": {"class": "provider", "cool_down": "offer"}, "kota doldu": {"class": "busy"},
       "no way": {"class": "client"}, "Not enough funds on balance": {"class": "doubt"},
       "*gateway down*": {"class": "provider", "cool_down": "provider"}}


@pytest.fixture
def own(make_gateway, alpha, beta):
    return make_gateway(config=default_config([alpha, beta], providers=[provider(alpha, answers=OWN), provider(beta)]))


def test_own_texts_of_the_provider_class_rest_what_they_name(own, alpha, beta):
    alpha.rule("add", times=1, error="Moon Phase 3 is over.")
    takes_over(own, alpha, beta, own.add(), "refused")
    own.add(link="https://example.com/p/2")
    assert asked(alpha) == (1,)
    own.add(service=2)
    assert asked(alpha) == (2,)


def test_own_texts_of_the_busy_class_go_to_the_next_offer(own, alpha, beta):
    alpha.rule("add", times=1, error="  KOTA   doldu. ")
    takes_over(own, alpha, beta, own.add(), "refused")


def test_own_texts_of_the_client_class_end_the_order(own, alpha, beta):
    alpha.rule("add", times=1, error="no way")
    error = add(own).error
    assert error and "no way" not in error
    assert asked(alpha, beta) == (1, 0)
    assert state(own, 1) == "refused"


def test_own_texts_win_over_the_built_in_table(own, alpha, beta):
    alpha.rule("add", times=1, error="Not enough funds on balance")
    order = own.add()
    assert in_doubt(own) == [order] and asked(beta) == (0,)


def test_own_texts_name_what_is_no_json(own, alpha, beta):
    alpha.rule("add", times=1, status=502, body="<h1>Our gateway down</h1>", content_type="text/html")
    takes_over(own, alpha, beta, own.add(), "refused")
    own.add(service=2, link="https://example.com/p/2")
    assert asked(alpha) == (1,)


# ---- refill and cancel keep to the same rules (their own stories: test_status)


def test_a_panel_with_a_bad_key_is_not_asked_to_refill_or_cancel(gateway, alpha, beta):
    order = gateway.add()
    alpha.rule("add", times=1, error="Invalid API key")
    gateway.add(link="https://example.com/p/2")
    assert gateway.call("cancel", orders=order).json == [{"order": order, "cancel": {"error": UNAVAILABLE}}]
    assert gateway.call("refill", order=order).error == UNAVAILABLE
    assert alpha.log("cancel") == [] and alpha.log("refill") == []
    assert [entry["state"] for entry in show(gateway, order)["aftersales"]] == ["not_sent", "not_sent"]


def test_refills_that_must_be_asked_singly_and_cannot_end_well(make_gateway, alpha):
    """The plural form is refused and the rate bucket has no room for single ones: told so, and over."""
    gateway = make_gateway(config=default_config(
        [alpha], answer_within=f"{round(500 * SLOW)}ms",
        providers=[provider(alpha, rate_limit={"add": "1000/s", "other": f"{0.4 / SLOW:.2f}/s"})]))
    orders = [gateway.add(link=f"https://example.com/p/{i}") for i in range(3)]
    alpha.rule("refill", error="This action is Invalid")
    # The list and the balance were asked for at the start: a token is there when the bucket has filled again.
    asked_once = eventually(lambda: gateway.call("refill", orders=orders) and alpha.log("refill"))
    assert len(asked_once) == 1 and "," in asked_once[0]["fields"]["orders"]
    told = gateway.call("refill", orders=orders).json
    assert told == [{"order": order, "refill": {"error": UNAVAILABLE}} for order in orders]
    gateway.stop(timeout=5)
    gateway.start()
    assert {entry["state"] for order in orders for entry in show(gateway, order)["aftersales"]} == {"not_sent"}


def test_refused_orders_hide_no_older_ones(gateway, alpha):
    """The client's own list is a page of orders, however many refusals stand between them."""
    first = gateway.add()
    alpha.rule("add", times=230, error="Bad link")
    for _ in range(230):
        assert add(gateway).error == "Incorrect link"
    last = gateway.add()
    assert [entry["order"] for entry in gateway.call("orders").json] == [last, first]
    assert [entry["order"] for entry in gateway.call("orders", limit=1).json] == [last]
    assert [entry["order"] for entry in gateway.call("orders", before=last).json] == [first]
    assert gateway.call("orders", before=first).json == []
