"""A client waits so long and no longer; what it was told holds, whatever becomes of the attempt."""
import pytest

from books import LINK, SOON, add_later, asked, attempts, deliveries, in_doubt, show, verify, wait_end
from harness import eventually, together

# ---- answer_within, and what is durable when


@pytest.fixture
def hasty(make_gateway, alpha, beta):
    return make_gateway([alpha, beta], answer_within=SOON)


def test_a_slow_panel_does_not_keep_the_client_waiting(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow")
    order = hasty.add(quantity=100)
    alpha.wait_hold("slow")
    assert hasty.status(order).json == {"charge": "0.1125", "start_count": "0", "status": "Pending",
                                        "remains": "100", "currency": "USD"}
    told = show(hasty, order)
    assert told["order"]["number_given"] and told["order"]["state"] == "placing"
    alpha.release("slow")
    wait_end(hasty, order, "accepted")
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0, start_count=3)
    eventually(lambda: hasty.status(order)["status"] == "Completed")
    assert deliveries(alpha, beta) == (1, 0) and asked(alpha, beta) == (1, 0)


def test_a_number_given_early_survives_the_refusal_of_every_offer(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow", error="Service is inactive or not found")
    beta.rule("add", times=1, error="Not enough funds on balance")
    order = hasty.add(quantity=100)
    alpha.wait_hold("slow")
    assert hasty.status(order)["status"] == "Pending"
    alpha.release("slow")
    wait_end(hasty, order, "unavailable")
    canceled = {"charge": "0", "start_count": "0", "status": "Canceled", "remains": "100", "currency": "USD"}
    eventually(lambda: hasty.status(order).json == canceled)
    assert attempts(hasty, order) == [("alpha", "refused"), ("beta", "refused")]
    assert show(hasty, order)["order"]["reason"]
    assert deliveries(alpha, beta) == (0, 0)
    assert [entry["status"] for entry in hasty.call("orders").json] == ["Canceled"]


def test_a_number_given_early_survives_a_bad_link(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow", error="Bad link")
    order = hasty.add(quantity=100)
    alpha.wait_hold("slow")
    alpha.release("slow")
    wait_end(hasty, order, "refused")
    eventually(lambda: hasty.status(order)["status"] == "Canceled")
    assert hasty.status(order)["charge"] == "0" and hasty.status(order)["remains"] == "100"
    assert asked(alpha, beta) == (1, 0)


def test_a_number_given_early_goes_on_to_the_next_offer(hasty, alpha, beta):
    alpha.rule("add", times=1, hold="slow", error="Service is inactive or not found")
    order = hasty.add()
    alpha.wait_hold("slow")
    alpha.release("slow")
    wait_end(hasty, order, "accepted")
    assert attempts(hasty, order) == [("alpha", "refused"), ("beta", "accepted")]
    assert len(beta.orders(link=LINK)) == 1 and in_doubt(hasty) == []


def test_the_intent_is_durable_before_the_panel_is_asked(gateway, alpha, beta):
    alpha.rule("add", times=1, hold="looking")
    waiting = add_later(gateway)
    alpha.wait_hold("looking")
    told = show(gateway, 1)
    assert told["order"]["state"] == "placing" and not told["order"]["number_given"]
    assert [(a["provider"], a["state"]) for a in told["attempts"]] == [("alpha", "sending")]
    alpha.release("looking")
    assert waiting.result()["order"] == 1
    assert attempts(gateway, 1) == [("alpha", "accepted")]


def test_a_client_that_hangs_up_does_not_lose_its_order(gateway, alpha, beta):
    alpha.rule("add", times=1, hold="looking")
    line = gateway.connect()
    body = f"key=shop-key-0123456789abcdef&action=add&service=1&quantity=100&link={LINK}"
    line.sendall(f"POST /api/v2 HTTP/1.1\r\nHost: g\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    alpha.wait_hold("looking")
    line.close()
    alpha.release("looking")
    wait_end(gateway, 1, "accepted")
    eventually(lambda: gateway.status(1).get("status") == "Pending")
    assert deliveries(alpha, beta) == (1, 0)


def test_a_storm_over_several_workers_loses_and_doubles_nothing(make_gateway, alpha, beta):
    """Every third add dies behind alpha's reading, every fifth is refused there: each order is delivered once
    or is in doubt, and everybody has a number of his own."""
    gateway = make_gateway([alpha, beta], workers=2)
    alpha.rules({"action": "add", "every": 3, "do": {"cut": "after_read", "accept": True}},
                {"action": "add", "every": 5, "do": {"error": "Quantity less than minimal 500"}})
    numbers = {}

    def work(i):
        for j in range(8):
            link = f"https://example.com/storm/{i}/{j}"
            numbers[link] = gateway.add(link=link)

    together(10, work)
    assert len(set(numbers.values())) == 80
    delivered = [order["fields"]["link"] for panel in (alpha, beta) for order in panel.orders()]
    assert sorted(delivered) == sorted(numbers), "each once"
    cut = {entry["fields"]["link"] for entry in alpha.log("add") if entry["rule"] and entry["stored"]}
    assert {numbers[link] for link in cut} == set(in_doubt(gateway)) and cut
    told = gateway.call("status", orders=sorted(numbers.values())).json
    assert {entry["status"] for entry in told.values()} == {"Pending"} and len(told) == 80
    verify(gateway)
