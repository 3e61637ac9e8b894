"""Where a service takes one order per link at a time: `same_link: reject` and `queue`; and one open refill per order."""
import pytest

from books import ACTIVE_ORDER, LINK, Later, add, asked, attempts, deliveries, in_doubt, resolve, show, state, verify, wait_status
from harness import eventually, together
from harness.config import SHOP_KEY

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


@pytest.fixture
def completed(make_gateway, alpha):
    gateway = make_gateway([alpha], workers=2)
    order = gateway.add()
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    wait_status(gateway, order, "Completed")
    return gateway, order


def test_of_many_refills_at_once_one_is_asked(completed, alpha):
    gateway, order = completed
    answers = {}
    together(6, lambda i: answers.__setitem__(i, gateway.call("refill", order=order)))
    assert sorted("refill" in answer for answer in answers.values()) == [False] * 5 + [True]
    assert alpha.count("refill") == 1
    verify(gateway)


@pytest.mark.parametrize("status", ["Rejected", "Canceled", "Completed"])
def test_a_refill_is_open_across_restarts_until_it_ends(completed, alpha, status):
    gateway, order = completed
    first = gateway.call("refill", order=order)["refill"]
    gateway.restart(by_kill=True)
    assert "error" in gateway.call("refill", order=order)
    alpha.set_refill(alpha.refills()[0]["id"], status)
    eventually(lambda: gateway.call("refill_status", refill=first)["status"] == status)
    assert eventually(lambda: gateway.call("refill", order=order).get("refill")) != first
    verify(gateway)


def test_a_refused_refill_is_none(completed, alpha):
    gateway, order = completed
    alpha.rule("refill", times=1, error="Refill is disabled for this service")
    assert "error" in gateway.call("refill", order=order)
    assert "refill" in gateway.call("refill", order=order)


# ---- queue


@pytest.fixture
def make_queue(make_gateway, alpha):
    """Service 1 takes one order per link, the next ones wait; 100 of it are 0.10."""

    def make(word="queue", **changes):
        service = {"id": 1, "rate": "1.00", "same_link": word, "offers": [{"provider": "alpha", "service": 101}]}
        return make_gateway([alpha], **{"services": [service], **changes})

    return make


@pytest.fixture
def queue(make_queue):
    return make_queue()


def finish(gateway, alpha, order, status="Completed", remains=0):
    """The order that is at the panel ends there, and the gateway knows it."""
    upstream = show(gateway, order)["order"]["upstream_id"]
    alpha.set_order(upstream, status=status, remains=remains)
    wait_status(gateway, order, status)


def is_placed(gateway, order):
    return eventually(lambda: state(gateway, order) == "pending")


def test_queued_orders_are_placed_one_after_the_other(queue, alpha):
    first, second, third = (queue.add() for _ in range(3))
    assert [state(queue, order) for order in (first, second, third)] == ["pending", "queued", "queued"]
    told = queue.status(second).json
    assert (told["status"], told["remains"], float(told["charge"])) == ("Pending", "100", 0.1)
    other = queue.add(link=LINK + "x")
    assert state(queue, other) == "pending" and deliveries(alpha) == (2,)
    finish(queue, alpha, first)
    is_placed(queue, second)
    assert state(queue, third) == "queued" and deliveries(alpha) == (3,)
    assert [event["event"] for event in show(queue, second)["events"]] == ["queued", "placed", "accepted"]
    verify(queue)
    finish(queue, alpha, second, "Canceled")
    is_placed(queue, third)
    assert add(queue, quantity=5).error == "Quantity less than minimal 10"
    finish(queue, alpha, third)
    is_placed(queue, queue.add())
    assert deliveries(alpha) == (5,)
    verify(queue)


def test_queued_orders_outlive_a_restart_and_a_kill(make_queue, alpha):
    queue = make_queue(claim="off")  # else an equal add after a kill gets the number of one before it
    first, second, third = (queue.add() for _ in range(3))
    queue.restart(by_kill=True)
    assert [state(queue, order) for order in (first, second, third)] == ["pending", "queued", "queued"]
    assert queue.status(second)["status"] == "Pending"
    fourth = queue.add()
    finish(queue, alpha, first)
    is_placed(queue, second)
    queue.restart()
    assert [state(queue, order) for order in (third, fourth)] == ["queued", "queued"]
    finish(queue, alpha, second)
    is_placed(queue, third)
    finish(queue, alpha, third)
    is_placed(queue, fourth)
    assert deliveries(alpha) == (4,)
    verify(queue)


def test_whose_turn_came_while_the_gateway_was_down_is_placed_at_the_start(queue, alpha):
    """The former one ended, and the gateway died before it could place the next."""
    first, second = queue.add(), queue.add()
    alpha.rule("add", hold="working")
    finish(queue, alpha, first)
    alpha.wait_hold("working")
    third = queue.add()
    queue.kill()
    alpha.release("working", open=True)
    queue.start()
    assert in_doubt(queue) == [second] and state(queue, third) == "queued", "what may have been sent keeps the link"
    resolve(queue, second, "refund")
    is_placed(queue, third)
    verify(queue)


def test_a_queued_order_is_canceled_at_once(make_queue, alpha):
    gateway = make_queue(clients=[{"name": "shop", "key": SHOP_KEY, "funds": "prepaid"}])
    assert gateway.cli("client", "credit", "shop", "0.35").returncode == 0

    def funds():
        client, = gateway.cli("client", "list", "--json").json["clients"]
        return client["available"], client["held"]

    first, second, third = (gateway.add() for _ in range(3))
    assert funds() == ("0.05", "0.20")
    assert add(gateway).error == "Not enough funds on balance"
    assert gateway.call("cancel", orders=[second]).json == [{"order": second, "cancel": 1}]
    assert funds() == ("0.15", "0.10")
    told = gateway.status(second).json
    assert (told["status"], told["charge"], told["remains"]) == ("Canceled", "0", "100")
    assert "error" in gateway.call("cancel", orders=[second]).json[0]["cancel"]
    verify(gateway)
    finish(gateway, alpha, first)
    is_placed(gateway, third)
    assert funds() == ("0.15", "0.00")
    assert deliveries(alpha) == (2,) and alpha.count("cancel") == 0
    assert "error" in gateway.call("refill", order=second)
    verify(gateway)


def test_a_doubt_keeps_the_queue_waiting(queue, alpha):
    alpha.rule("add", times=1, cut="after_read")
    first = eventually(lambda: add(queue).get("order"))
    second = queue.add()
    assert in_doubt(queue) == [first] and state(queue, second) == "queued"
    resolve(queue, first, "refund")
    is_placed(queue, second)
    verify(queue)


def test_what_nobody_takes_at_its_turn_is_canceled_and_the_next_one_comes(queue, alpha):
    first, second, third = (queue.add() for _ in range(3))
    alpha.rule("add", times=1, error="Incorrect link")
    finish(queue, alpha, first)
    is_placed(queue, third)
    assert (state(queue, second), attempts(queue, second)) == ("canceled", [("alpha", "refused")])
    assert queue.status(second)["status"] == "Canceled"
    verify(queue)


def test_a_cancel_at_the_moment_of_its_turn_is_refused_or_nothing_was_sent(make_queue, alpha):
    gateway = make_queue(workers=2)
    for number in range(12):
        link = f"{LINK}{number}"
        first, second = gateway.add(link=link), gateway.add(link=link)
        asked_before = alpha.count("cancel")
        alpha.set_order(show(gateway, first)["order"]["upstream_id"], status="Completed", remains=0)
        canceled = Later(gateway.call, "cancel", orders=[second])
        gateway.status(first)
        answer = canceled.result().json[0]["cancel"]
        wait_status(gateway, first, "Completed")
        eventually(lambda: state(gateway, second) in ("pending", "canceled"))
        sent = len(alpha.orders(link=link)) - 1
        if alpha.count("cancel") > asked_before:
            assert sent == 1, "the panel had it already, and was asked"
        else:
            assert (state(gateway, second), sent) == (("canceled", 0) if answer == 1 else ("pending", 1))
    assert not gateway.log_lines("booking_refused")
    verify(gateway)


def test_at_its_turn_a_service_may_be_sold_no_longer(make_queue, alpha):
    gateway = make_queue()
    first, second = gateway.add(), gateway.add()
    config = {**gateway.config, "services": [{**gateway.config["services"][0], "id": 2}]}
    assert gateway.reload(config).returncode == 0
    finish(gateway, alpha, first)
    wait_status(gateway, second, "Canceled")
    books = show(gateway, second)
    assert (books["order"]["state"], books["order"]["reason"]) == ("canceled", "its service is no longer sold")
    assert [event["event"] for event in books["events"]] == ["queued", "unavailable"]
    assert deliveries(alpha) == (1,) and gateway.wait_log("order_unsold")["order"] == str(second)
    verify(gateway)


def test_so_many_may_wait_for_a_link(queue, alpha):
    orders = [queue.add() for _ in range(101)]
    assert add(queue).error == ACTIVE_ORDER
    assert queue.wait_log("link_queue_full") and "order" in add(queue, link=LINK + "x")
    assert queue.call("cancel", orders=orders[1:3]).status == 200
    assert "order" in add(queue)
    assert deliveries(alpha) == (2,)


@pytest.mark.parametrize("word", ["allow", "reject"])
def test_a_reload_that_changes_the_setting_leaves_nobody_behind(make_queue, alpha, word):
    gateway = make_queue()
    first, second = gateway.add(), gateway.add()
    config = {**gateway.config, "services": [{**gateway.config["services"][0], "same_link": word}]}
    assert gateway.reload(config).returncode == 0
    if word == "allow":
        assert state(gateway, gateway.add()) == "pending"
    else:
        assert add(gateway).error == ACTIVE_ORDER
    assert state(gateway, second) == "queued"
    finish(gateway, alpha, first)
    is_placed(gateway, second)
    verify(gateway)


def test_of_many_at_once_one_is_placed_and_the_others_wait(make_queue, alpha):
    gateway = make_queue(workers=2)
    answers = {}
    together(8, lambda i: answers.__setitem__(i, gateway.add()))
    assert len(set(answers.values())) == 8
    for count in range(1, 9):
        eventually(lambda: deliveries(alpha) == (count,))
        placed, = eventually(lambda: [order for order in answers.values() if state(gateway, order) == "pending"])
        assert [state(gateway, order) for order in answers.values()].count("queued") == 8 - count
        finish(gateway, alpha, placed)
    verify(gateway)


def test_a_ref_finds_its_queued_order(queue):
    queue.add()
    first = queue.call("add", service=1, link=LINK, quantity=100, headers={"Idempotency-Key": "a"})["order"]
    assert queue.call("add", service=1, link=LINK, quantity=100, headers={"Idempotency-Key": "a"})["order"] == first
    assert state(queue, first) == "queued"
