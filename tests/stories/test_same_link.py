"""Where a service takes one order per link at a time: `same_link: reject`; and one open refill per order."""
import pytest

from books import ACTIVE_ORDER, LINK, Later, add, asked, deliveries, in_doubt, resolve, verify, wait_status
from harness import eventually, together

SERVICES = [{"id": n, "same_link": word, "offers": [{"provider": "alpha", "service": 101}]}
            for n, word in ((1, "reject"), (2, "reject"), (3, "allow"))]


@pytest.fixture
def gateway(make_gateway, alpha):
    return make_gateway([alpha], services=SERVICES)


def test_a_second_order_for_a_link_is_refused_until_the_first_has_ended(gateway, alpha):
    order = gateway.add()
    assert add(gateway).error == ACTIVE_ORDER and asked(alpha) == (1,)
    assert "order" in add(gateway, link=LINK + "x") and "order" in add(gateway, service=2)
    assert [("order" in add(gateway, service=3)) for _ in range(2)] == [True, True]
    alpha.set_order(alpha.orders(link=LINK)[0]["id"], status="Completed", remains=0)
    wait_status(gateway, order, "Completed")
    again = eventually(lambda: add(gateway).get("order"))
    assert again and add(gateway).error == ACTIVE_ORDER
    gateway.restart()
    assert add(gateway).error == ACTIVE_ORDER
    verify(gateway)


def test_of_many_at_once_one_is_taken(make_gateway, alpha):
    gateway = make_gateway([alpha], services=SERVICES, workers=2)
    answers = {}
    together(8, lambda i: answers.__setitem__(i, add(gateway)))
    assert sorted("order" in answer for answer in answers.values()) == [False] * 7 + [True]
    assert deliveries(alpha) == (1,)


def test_a_refusal_frees_the_link_and_a_doubt_keeps_it(gateway, alpha):
    alpha.rule("add", times=1, error="Service is inactive or not found")
    assert add(gateway).error
    gateway.cli("provider", "resume", "alpha")
    alpha.rule("add", times=1, cut="after_read")
    doubted = eventually(lambda: add(gateway).get("order"))
    assert add(gateway).error == ACTIVE_ORDER and in_doubt(gateway) == [doubted]
    resolve(gateway, doubted, "refund")
    assert eventually(lambda: add(gateway).get("order"))


def test_while_one_is_being_placed_the_next_is_refused(gateway, alpha):
    alpha.rule("add", times=1, hold="working")
    first = Later(add, gateway)
    alpha.wait_hold("working")
    assert add(gateway).error == ACTIVE_ORDER
    alpha.release("working")
    assert "order" in first.result()


def test_an_order_has_one_open_refill(make_gateway, alpha):
    gateway = make_gateway([alpha])
    order = gateway.add()
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    wait_status(gateway, order, "Completed")
    first = gateway.call("refill", order=order)["refill"]
    again = gateway.call("refill", order=order)
    assert again.error == "The order was completed or refill was requested less than 24 hours ago", again
    assert alpha.count("refill") == 1
    alpha.set_refill(alpha.refills()[0]["id"], "Completed")
    eventually(lambda: gateway.call("refill_status", refill=first)["status"] == "Completed")
    assert eventually(lambda: gateway.call("refill", order=order).get("refill")) != first
