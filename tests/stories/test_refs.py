"""Idempotency-Key and ref: one order for one ref, however often and wherever it is sent."""
import http.client
import json
import urllib.parse

import pytest

from books import LINK, SOON, UNAVAILABLE, Later, add, asked, deliveries, in_doubt, resolve, show, state, verify, wait_end
from harness import SLOW, eventually, together
from harness.config import SHOP_KEY, provider

BUSY = "The order with this ref is still being placed. Please try again later"
OTHER_CONTENT = "This ref already has another order. Please use a new ref for a new order"
UNKNOWN = {"error": "Incorrect order ID"}
SHOP = {"name": "shop", "key": SHOP_KEY, "funds": "unlimited", "refs": True}
OTHER = {"name": "other", "key": "other-key-0123456789abcdef", "funds": "unlimited", "refs": True}


@pytest.fixture
def shop(make_gateway, alpha, beta):
    return make_gateway([alpha, beta], clients=[SHOP, OTHER], workers=2)


def by_header(gateway, key, **fields):
    return add(gateway, headers={"Idempotency-Key": key}, **fields)


def wait_open(gateway, count):
    """Until so many requests of clients wait for their answers."""
    eventually(lambda: gateway.metrics()["panelmux_http_open_requests"] == count)


def held(gateway, panel, **fields):
    """An add whose panel has read it and does not answer."""
    panel.rule("add", times=1, hold="slow", **fields)
    first = Later(add, gateway, ref="a")
    panel.wait_hold("slow")
    return first


# ---- the same ref


def test_the_same_ref_and_order_have_one_number(shop, alpha, beta):
    order = add(shop, ref="a")["order"]
    assert add(shop, ref="a").json == {"order": order}
    assert add(shop, ref="b")["order"] != order
    assert deliveries(alpha, beta) == (2, 0)
    verify(shop)


def test_header_and_parameter_are_one_and_the_same(shop, alpha):
    order = by_header(shop, "a")["order"]
    assert by_header(shop, '"a"').json == add(shop, ref="a").json == add(shop, ref=" a ").json == {"order": order}
    assert by_header(shop, "a", ref="a").json == {"order": order}
    assert by_header(shop, "a", ref="b").error == "Incorrect ref: it differs from Idempotency-Key; one of them is enough"
    assert deliveries(alpha) == (1,)


def test_two_headers_that_differ_are_an_error(shop, alpha):
    """As header against parameter: nobody knows which one is meant."""
    def twice(first, second):
        line = http.client.HTTPConnection("127.0.0.1", shop.port, timeout=30 * SLOW)
        try:
            body = urllib.parse.urlencode({"key": SHOP_KEY, "action": "add", "service": 1, "link": LINK, "quantity": 100})
            line.putrequest("POST", "/api/v2")
            for name, value in (("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", len(body)),
                                ("Idempotency-Key", first), ("idempotency-key", second)):
                line.putheader(name, value)
            line.endheaders(body.encode())
            return json.loads(line.getresponse().read())
        finally:
            line.close()

    assert twice("a", "b") == {"error": "Incorrect Idempotency-Key: it was sent more than once, with different values"}
    assert deliveries(alpha) == (0,)
    order = twice("a", "a")["order"]
    assert by_header(shop, "a")["order"] == order and deliveries(alpha) == (1,)


def test_the_header_is_always_read_the_parameter_only_where_the_client_has_refs(gateway, alpha):
    assert by_header(gateway, "a").json == by_header(gateway, "a").json
    assert add(gateway, ref="b")["order"] != add(gateway, ref="b")["order"]
    assert gateway.call("orders").json[0]["ref"] is None
    assert deliveries(alpha) == (3,)


def test_a_ref_belongs_to_its_client(shop, alpha):
    assert add(shop, ref="a")["order"] != add(shop, ref="a", key=OTHER["key"])["order"]
    assert shop.call("status", ref="b").json == UNKNOWN
    assert deliveries(alpha) == (2,)


@pytest.mark.parametrize("again", [{"quantity": "100.0"}, {"link": f" {LINK} "}, {"service": None, "service_id": 1},
                                   {"service": "01"}, {"unknown": "x"}, {"runs": 0}])
def test_another_spelling_is_the_same_order(shop, alpha, again):
    order = add(shop, ref="a")["order"]
    assert add(shop, ref="a", **again).json == {"order": order}
    assert deliveries(alpha) == (1,)


@pytest.mark.parametrize("other", [{"quantity": 101}, {"link": "https://example.com/p/2"}, {"service": 2},
                                   {"service": 99}, {"service": None}, {"link": None}, {"quantity": 1},
                                   {"runs": 2, "interval": 10}])
def test_another_order_under_the_same_ref_is_an_error(shop, alpha, other):
    order = add(shop, ref="a")["order"]
    assert add(shop, ref="a", **other).json == {"error": OTHER_CONTENT}
    assert add(shop, ref="a").json == {"order": order}
    assert deliveries(alpha) == (1,)


def test_bytes_and_order_of_json_do_not_matter(shop, alpha):
    order = add(shop, ref="5")["order"]
    body = json.dumps({"ref": 5, "quantity": 100, "link": LINK, "service": 1, "key": SHOP_KEY, "action": "add"})
    answer = shop.request("POST", "/api/v2", body, {"Content-Type": "application/json"})
    assert answer.json == {"order": order} and deliveries(alpha) == (1,)


# ---- what is no ref


@pytest.mark.parametrize("ref", ["x" * 256, "a\nb", "a\tb", "\x7f"])
def test_what_is_no_ref_is_refused(shop, alpha, ref):
    assert add(shop, ref=ref).error == "Incorrect ref: at most 255 bytes of text in one line"
    assert shop.call("status", ref=ref).error == "Incorrect ref: at most 255 bytes of text in one line"
    assert asked(alpha) == (0,)


def test_the_longest_ref_is_a_ref_and_one_more_is_none(shop, alpha):
    assert by_header(shop, "x" * 255).json == add(shop, ref="x" * 255).json
    assert by_header(shop, "x" * 256).error == "Incorrect Idempotency-Key: at most 255 bytes of text in one line"
    assert deliveries(alpha) == (1,)


def test_an_empty_ref_is_none(shop, alpha):
    assert by_header(shop, "", ref="")["order"] != by_header(shop, "", ref="")["order"]
    assert deliveries(alpha) == (2,)


def test_a_ref_that_is_a_list_is_refused(shop, alpha):
    body = json.dumps({"key": SHOP_KEY, "action": "add", "service": 1, "link": LINK, "quantity": 100, "ref": [[1], {}]})
    answer = shop.request("POST", "/api/v2", body, {"Content-Type": "application/json"})
    assert answer.error == "Incorrect ref: must be a text or a number" and asked(alpha) == (0,)


# ---- while the first is under way


def test_twenty_at_once_on_two_workers_are_one_order(shop, alpha, beta):
    answers = together(20, lambda i: add(shop, ref="a").json)
    assert answers == [answers[0]] * 20 and "order" in answers[0]
    assert asked(alpha, beta) == (1, 0)
    verify(shop)


def test_who_comes_while_it_is_being_placed_waits_for_its_answer(shop, alpha, beta):
    first = held(shop, alpha)
    others = [Later(add, shop, ref="a") for _ in range(8)]
    wait_open(shop, 9)
    assert not any(other.is_done() for other in others)
    alpha.release("slow")
    order = first.result().json
    assert "order" in order and all(other.result().json == order for other in others)
    assert asked(alpha, beta) == (1, 0)


def test_a_refusal_is_the_answer_of_all_who_waited_and_frees_the_ref(shop, alpha, beta):
    first = held(shop, alpha, error="Bad link")
    others = [Later(add, shop, ref="a") for _ in range(4)]
    wait_open(shop, 5)
    alpha.release("slow")
    assert first.result().error == "Incorrect link"
    assert all(other.result().error == "Incorrect link" for other in others)
    assert asked(alpha, beta) == (1, 0)
    order = add(shop, ref="a")["order"]
    assert add(shop, ref="a").json == {"order": order} and deliveries(alpha, beta) == (1, 0)
    verify(shop)


def test_other_content_that_waited_for_a_refusal_is_placed_for_an_order_it_is_an_error(shop, alpha, beta):
    first = held(shop, alpha, error="Bad link")
    other = Later(add, shop, ref="a", quantity=200)
    wait_open(shop, 2)
    alpha.release("slow")
    assert first.result().error == "Incorrect link"
    order = other.result()["order"]
    assert shop.status(order)["remains"] == "200"
    alpha.rule("add", times=1, hold="slow")
    third = Later(add, shop, ref="b")
    alpha.wait_hold("slow")
    fourth = Later(add, shop, ref="b", quantity=200)
    wait_open(shop, 2)
    alpha.release("slow")
    assert "order" in third.result() and fourth.result().error == OTHER_CONTENT
    verify(shop)


def test_a_number_given_before_the_panel_answers_is_the_number_for_all(make_gateway, alpha, beta):
    shop = make_gateway([alpha, beta], clients=[SHOP], workers=2, answer_within=SOON, providers=[
        provider(panel, timeout=f"{round(30 * SLOW)}s") for panel in (alpha, beta)])
    first = held(shop, alpha, error="Bad link")
    order = first.result()["order"]
    assert add(shop, ref="a").json == {"order": order}
    assert add(shop, ref="a", quantity=7).error == OTHER_CONTENT
    alpha.release("slow")
    wait_end(shop, order, "refused")
    eventually(lambda: shop.status(order)["status"] == "Canceled")
    assert add(shop, ref="a").json == {"order": order} and shop.call("status", ref="a")["status"] == "Canceled"
    assert asked(alpha, beta) == (1, 0)


# ---- what frees a ref, and what does not


@pytest.mark.parametrize("fields, error", [({"quantity": 1}, "Quantity less than minimal 10"),
                                           ({"service": 99}, "Incorrect service ID"),
                                           ({"link": None}, "Missing parameter: link")])
def test_what_is_refused_before_it_is_sent_takes_no_ref(shop, alpha, fields, error):
    assert add(shop, ref="a", **fields).error == error
    assert "order" in add(shop, ref="a") and deliveries(alpha) == (1,)


def test_no_offer_then_the_same_ref_again(shop, alpha, beta):
    for panel in alpha, beta:
        panel.rule("add", times=1, error="Service is inactive or not found")
    assert add(shop, ref="a").error == UNAVAILABLE
    for name in "alpha", "beta":
        assert shop.cli("provider", "resume", name).returncode == 0
    assert "order" in add(shop, ref="a") and deliveries(alpha, beta) == (1, 0)


def test_a_doubt_keeps_its_number_and_its_ref(shop, alpha, beta):
    alpha.rule("add", times=1, cut="after_read", accept=True)
    order = add(shop, ref="a")["order"]
    assert in_doubt(shop) == [order]
    assert add(shop, ref="a").json == {"order": order}
    assert shop.call("status", ref="a")["status"] == "Pending"
    assert asked(alpha, beta) == (1, 0)
    resolve(shop, order, "refund")
    assert add(shop, ref="a").json == {"order": order} and shop.call("status", ref="a")["status"] == "Canceled"
    assert asked(alpha, beta) == (1, 0)
    verify(shop)


def test_what_was_ordered_has_its_number_whatever_is_sold_now(shop, alpha, beta):
    order = add(shop, ref="a")["order"]
    config = dict(shop.config)
    config["services"] = [entry for entry in config["services"] if entry["id"] != 1]
    assert shop.reload(config).returncode == 0
    assert add(shop).error == "Incorrect service ID"
    assert add(shop, ref="a").json == {"order": order}
    assert add(shop, ref="a", quantity=101).error == OTHER_CONTENT
    assert add(shop, ref="b").error == "Incorrect service ID"
    assert deliveries(alpha, beta) == (1, 0)


# ---- across restarts


@pytest.mark.parametrize("by_kill", [False, True])
def test_a_restart_forgets_no_ref(shop, alpha, beta, by_kill):
    order = add(shop, ref="a")["order"]
    shop.restart(by_kill=by_kill)
    assert add(shop, ref="a").json == {"order": order}
    assert add(shop, ref="a", quantity=101).error == OTHER_CONTENT
    assert add(shop, ref="b")["order"] != order
    assert deliveries(alpha, beta) == (2, 0)
    verify(shop)


def test_killed_between_intent_and_answer_the_ref_has_the_number_in_doubt(shop, alpha, beta):
    first = held(shop, alpha)
    shop.kill()
    with pytest.raises((OSError, ConnectionError)):
        first.result()
    alpha.release("slow")
    shop.start()
    assert shop.call("status", ref="a")["status"] == "Pending"
    answers = together(6, lambda i: add(shop, ref="a").json)
    order = answers[0]["order"]
    assert answers == [{"order": order}] * 6 and in_doubt(shop) == [order]
    shown = show(shop, order)["order"]
    assert shown["number_given"] is True and shown["ref"] == "a"
    assert add(shop, ref="a", quantity=101).error == OTHER_CONTENT
    assert asked(alpha, beta) == (1, 0)
    verify(shop)


def test_killed_in_doubt_then_resolved_before_the_client_asks_again(shop, alpha, beta):
    first = held(shop, alpha)
    shop.kill()
    with pytest.raises((OSError, ConnectionError)):
        first.result()
    alpha.release("slow")
    theirs = alpha.orders()[0]["id"]
    shop.start()
    order = in_doubt(shop)[0]
    resolve(shop, order, "accepted", upstream_id=theirs)
    alpha.set_order(theirs, status="Completed", remains=0, start_count=3)
    eventually(lambda: shop.status(order)["status"] == "Completed")
    eventually(lambda: state(shop, order) == "completed")
    assert add(shop, ref="a").json == {"order": order}
    assert asked(alpha, beta) == (1, 0)
    verify(shop)


# ---- seen by the client


def test_status_by_ref_is_that_of_the_order(shop, alpha):
    order = add(shop, ref="a", quantity=333)["order"]
    assert shop.call("status", ref="a").json == shop.status(order).json
    assert shop.call("status", ref="a", method="GET").json == shop.status(order).json
    assert shop.call("status", ref="a", key=OTHER["key"]).json == UNKNOWN
    assert shop.call("status", ref="b").json == UNKNOWN
    assert shop.call("status").json == UNKNOWN
    assert list(shop.call("status", orders=[order], ref="b").json) == [str(order)]


def test_orders_shows_the_ref(shop, alpha):
    add(shop, ref='a "quoted" ü')
    add(shop, link="https://example.com/p/2")
    assert [entry["ref"] for entry in shop.call("orders").json] == [None, 'a "quoted" ü']


def test_an_order_that_may_still_be_refused_is_not_listed(shop, alpha):
    first = held(shop, alpha)
    assert shop.call("orders").json == []
    alpha.release("slow")
    order = first.result()["order"]
    assert [entry["order"] for entry in shop.call("orders").json] == [order]


def test_no_funds_takes_no_ref_and_a_repeat_needs_none(make_gateway, alpha):
    bob = {"name": "bob", "key": "bob-key-0123456789abcdef", "funds": "prepaid", "refs": True}
    gateway = make_gateway([alpha], clients=[bob])
    ask = lambda **fields: add(gateway, key=bob["key"], quantity=1000, **fields)
    assert ask(ref="a").error == "Not enough funds on balance" and asked(alpha) == (0,)
    assert gateway.cli("client", "credit", "bob", "1.125").returncode == 0
    order = ask(ref="a")["order"]
    assert ask(ref="b").error == "Not enough funds on balance"
    assert ask(ref="a").json == {"order": order}
    assert deliveries(alpha) == (1,)
    verify(gateway)


def test_twenty_at_once_of_a_prepaid_client_take_one_hold(make_gateway, alpha):
    bob = {"name": "bob", "key": "bob-key-0123456789abcdef", "funds": "prepaid", "refs": True}
    gateway = make_gateway([alpha], clients=[bob], workers=2)
    assert gateway.cli("client", "credit", "bob", "10").returncode == 0
    answers = together(20, lambda i: add(gateway, key=bob["key"], quantity=1000, ref="a").json)
    assert answers == [answers[0]] * 20 and "order" in answers[0]
    assert gateway.call("balance", key=bob["key"])["balance"] == "8.87500"
    verify(gateway)


@pytest.mark.parametrize("outcome", ["accepted", "next-offer"])
def test_a_doubt_that_is_resolved_keeps_its_number(shop, alpha, beta, outcome):
    alpha.rule("add", times=1, cut="after_read", accept=True)
    order = add(shop, ref="a")["order"]
    more = {"upstream_id": alpha.orders()[0]["id"]} if outcome == "accepted" else {}
    resolve(shop, order, outcome, **more)
    assert add(shop, ref="a").json == {"order": order}
    eventually(lambda: in_doubt(shop) == [])
    assert add(shop, ref="a").json == {"order": order}
    eventually(lambda: deliveries(alpha, beta) == ((1, 0) if outcome == "accepted" else (1, 1)))
    verify(shop)


def test_repeats_are_counted(shop, alpha):
    for _ in range(3):
        add(shop, ref="a")
    assert shop.metrics()["panelmux_orders_repeated_total"] == 2
