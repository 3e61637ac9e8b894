"""What follows when a panel ends an order it had accepted: `on_cancel` and `on_partial: next_offer`. The client sees one
order and one charge."""
import pytest

from books import LINK, add, attempts, deliveries, in_doubt, resolve, show, state, verify, wait_status
from harness import eventually
from harness.config import SHOP_KEY


def panel_of(make_panel, name, rate, **changes):
    service = {"service": 101, "name": "Followers", "type": "Default", "category": "One", "rate": rate, "min": 10,
               "max": 10000, "refill": True, "cancel": True, **changes}
    return make_panel(name, services=[service, {**service, "service": 104, "type": "Custom Comments", "min": 1}],
                      cancel="request")


@pytest.fixture
def alpha(make_panel):
    return panel_of(make_panel, "alpha", "1.00")


@pytest.fixture
def beta(make_panel):
    return panel_of(make_panel, "beta", "1.80")


@pytest.fixture
def make(make_gateway):
    """Service 1 at 2.00 for 1000: 100 of it are 0.20; alpha takes 0.10 of that."""

    def make(*panels, services=None, **changes):
        offers = [{"provider": panel.name, "service": 101} for panel in panels]
        service = {"id": 1, "rate": "2.00", "on_cancel": "next_offer", "on_partial": "next_offer", "offers": offers}
        return make_gateway(panels, services=[{**service, **(services or {})}], **changes)

    return make


@pytest.fixture
def gateway(make, alpha, beta):
    return make(alpha, beta)


def end(panel, status, remains=None, **fields):
    """How the panel's only order ends."""
    order, = panel.orders()
    panel.set_order(order["id"], **({} if status is None else {"status": status}), **({} if remains is None else {"remains": remains}), **fields)


def goes_on(gateway, order, panel):
    """Once the panel has what was left, and the gateway knows it; what its client saw on the way."""
    seen = []

    def is_there():
        seen.append(gateway.status(order).json)
        return panel.orders() and state(gateway, order) == "pending"

    eventually(is_there)
    assert {told["status"] for told in seen[1:]} <= {"In progress"}, seen
    return seen


def told(gateway, order):
    answer = gateway.status(order).json
    return answer["status"], answer["remains"], float(answer["charge"])


def test_a_canceled_order_goes_to_the_next_offer(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, "Canceled")
    goes_on(gateway, order, beta)
    delivery, = beta.orders()
    assert (delivery["fields"]["quantity"], delivery["fields"]["link"]) == ("100", LINK)
    assert told(gateway, order) == ("In progress", "100", 0.2)
    end(beta, "In progress", 30)
    assert told(gateway, order) == ("In progress", "30", 0.2)
    end(beta, "Completed", 0)
    wait_status(gateway, order, "Completed")
    assert told(gateway, order) == ("Completed", "0", 0.2)
    assert attempts(gateway, order) == [("alpha", "canceled"), ("beta", "accepted")]
    eventually(lambda: state(gateway, order) == "completed")
    books = show(gateway, order)
    assert [event["event"] for event in books["events"]][:4] == ["placed", "accepted", "sent_on", "next_offer"]
    assert [a["upstream_id"] for a in books["attempts"]] == [str(alpha.orders()[0]["id"]), str(delivery["id"])]
    assert (books["order"]["moves"], books["order"]["delivered_before"], books["order"]["cost"]) == (1, 0, "0.18")
    verify(gateway)


def test_what_is_left_of_a_partial_order_goes_to_the_next_offer(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, "In progress", 70, start_count=500)
    wait_status(gateway, order, "In progress")
    end(alpha, "Partial", 40)
    seen = goes_on(gateway, order, beta)
    remains = [int(entry["remains"]) for entry in seen]
    assert remains == sorted(remains, reverse=True) and remains[-1] == 40, "a client never sees remains rise"
    assert beta.orders()[0]["fields"]["quantity"] == "40"
    end(beta, "In progress", 25, start_count=560)
    answer = gateway.status(order).json
    assert (answer["remains"], answer["start_count"]) == ("25", "500"), "it started where the first panel started"
    end(beta, "Partial", 10)
    wait_status(gateway, order, "Partial")
    assert told(gateway, order) == ("Partial", "10", 0.18), "0.20 for 90 of 100"
    eventually(lambda: state(gateway, order) == "partial")
    books = show(gateway, order)
    assert [(a["state"], a.get("delivered"), a.get("kept")) for a in books["attempts"]] == [
        ("partial", 60, "0.06"), ("accepted", None, None)]
    verify(gateway)


@pytest.mark.parametrize("first, second, ends", [
    (("Canceled", None), ("Canceled", None), ("Canceled", "100", 0.0)),
    (("Canceled", None), ("Partial", 40), ("Partial", "40", 0.12)),
    (("Partial", 40), ("Canceled", None), ("Partial", "40", 0.12)),
    (("Partial", 40), ("Completed", 0), ("Completed", "0", 0.2)),
    (("Partial", 1), None, ("Partial", "1", 0.198)),  # below beta's minimum: nobody is asked
])
def test_it_ends_when_no_offer_is_left(gateway, alpha, beta, first, second, ends):
    order = gateway.add()
    end(alpha, *first)
    if second:
        goes_on(gateway, order, beta)
        end(beta, *second)
    wait_status(gateway, order, ends[0])
    assert told(gateway, order) == ends
    assert deliveries(alpha, beta) == (1, 1 if second else 0)
    verify(gateway)


def test_an_offer_that_refuses_what_is_left_ends_it(gateway, alpha, beta):
    beta.rule("add", error="Service is inactive or not found")
    order = gateway.add()
    end(alpha, "Partial", 40)
    wait_status(gateway, order, "Partial")
    assert told(gateway, order) == ("Partial", "40", 0.12)
    assert attempts(gateway, order) == [("alpha", "partial"), ("beta", "refused")]
    verify(gateway)


@pytest.mark.parametrize("margin, is_sent_on", [("never_below_cost", False), ("allow_loss", True)])
def test_all_attempts_together_cost_no_more_than_the_charge(make, make_panel, alpha, margin, is_sent_on):
    """40 of beta's are 0.144: within the charge of 0.20, but not with the 0.06 that alpha keeps."""
    beta = panel_of(make_panel, "beta", "3.60")
    gateway = make(alpha, beta, services={"margin": margin})
    order = gateway.add()
    end(alpha, "Partial", 40)
    if is_sent_on:
        goes_on(gateway, order, beta)
    else:
        wait_status(gateway, order, "Partial")
        assert told(gateway, order) == ("Partial", "40", 0.12)
    assert deliveries(beta) == (int(is_sent_on),)


def test_the_tracker_sends_on_what_no_client_asks_about(make, alpha, beta):
    gateway = make(alpha, beta, track_after="20ms")
    order = gateway.add()
    end(alpha, "Partial", 40)
    eventually(lambda: beta.orders() and state(gateway, order) == "pending")
    end(beta, "Completed", 0)
    eventually(lambda: state(gateway, order) == "completed")
    assert gateway.metrics()["panelmux_orders_sent_on_total"] == 1
    verify(gateway)


@pytest.mark.parametrize("status, remains, charge", [("Canceled", None, 0.0), ("Partial", 40, 0.12)])
def test_without_the_setting_a_panel_s_end_is_the_end(make, alpha, beta, status, remains, charge):
    gateway = make(alpha, beta, services={"on_cancel": "refund", "on_partial": "refund"})
    order = gateway.add()
    end(alpha, status, remains)
    wait_status(gateway, order, status)
    assert told(gateway, order)[2] == charge and deliveries(alpha, beta) == (1, 0)


@pytest.mark.parametrize("status, remains", [("Canceled", None), ("Partial", 40)])
def test_who_asked_for_a_cancel_gets_the_cancel(gateway, alpha, beta, status, remains):
    order = gateway.add()
    answer, = gateway.call("cancel", orders=order).json
    assert answer == {"order": order, "cancel": 1}
    end(alpha, status, remains)
    wait_status(gateway, order, status)
    assert deliveries(alpha, beta) == (1, 0)
    verify(gateway)


def test_a_refused_cancel_stops_nothing(gateway, alpha, beta):
    order = gateway.add()
    alpha.rule("cancel", error="Order can no longer be canceled")
    answer = gateway.call("cancel", orders=order)
    assert "can no longer" in answer.text.lower() or "error" in answer.text, answer
    eventually(lambda: [row["state"] for row in show(gateway, order)["aftersales"]] == ["refused"])
    end(alpha, "Canceled")
    goes_on(gateway, order, beta)


def test_comments_go_on_only_while_none_was_delivered(make, alpha, beta):
    gateway = make(alpha, beta, services={"offers": [{"provider": name, "service": 104} for name in ("alpha", "beta")]})
    first = gateway.add(quantity=None, comments="a\nb\nc\nd", link=LINK + "/1")
    end(alpha, "Partial", 2)
    wait_status(gateway, first, "Partial")
    assert deliveries(alpha, beta) == (1, 0)
    second = gateway.add(quantity=None, comments="a\nb\nc\nd", link=LINK + "/2")
    alpha.set_order(alpha.orders(link=LINK + "/2")[0]["id"], status="Canceled")
    goes_on(gateway, second, beta)
    assert beta.orders()[0]["fields"]["comments"].split("\n") == ["a", "b", "c", "d"]


def ends_at(gateway, order, *panels):
    """Once it has ended, or has gone on to one of the panels."""
    eventually(lambda: (gateway.status(order), any(panel.orders() for panel in panels)
                        or state(gateway, order) in ("canceled", "partial"))[1])


def test_what_was_once_reported_as_delivered_is_not_sent_again(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, "In progress", 30)
    wait_status(gateway, order, "In progress")
    end(alpha, "Processing", 100)
    wait_status(gateway, order, "Processing")
    assert told(gateway, order) == ("Processing", "30", 0.2), "remains do not rise under way"
    end(alpha, "Canceled")
    ends_at(gateway, order, beta)
    assert told(gateway, order) == ("Canceled", "100", 0.0) and deliveries(alpha, beta) == (1, 0)


def test_a_partial_that_takes_delivered_pieces_back_is_not_sent_on(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, "In progress", 30)
    wait_status(gateway, order, "In progress")
    end(alpha, "Partial", 70)
    ends_at(gateway, order, beta)
    assert told(gateway, order) == ("Partial", "70", 0.06) and deliveries(alpha, beta) == (1, 0)


@pytest.fixture
def package(make, make_panel):
    """An order of service 1, a package at alpha and beta."""
    panels = [panel_of(make_panel, name, "1.00", type="Package", min=1, max=1) for name in ("alpha", "beta")]
    gateway = make(*panels)
    return gateway, gateway.add(quantity=None), *panels


@pytest.mark.parametrize("reports, is_sent_on", [
    ([("Pending", 1000)], True),
    ([("Pending", 1000), ("In progress", 1000)], True),
    ([("Pending", 1000), ("In progress", 400)], False),
    ([("Pending", 1000), ("In progress", 400), ("Processing", 1000)], False),
    ([("In progress", 400)], False),
    ([("In progress", 400), ("Pending", 1000)], False),
])
def test_a_package_that_was_begun_is_not_sent_again(package, reports, is_sent_on):
    gateway, order, alpha, beta = package
    for status, remains in reports:
        end(alpha, status, remains)
        wait_status(gateway, order, status)
        assert gateway.status(order)["remains"] == "1", "its client has it whole or not at all"
    end(alpha, None, answer={"status": "Canceled", "charge": "0"})
    ends_at(gateway, order, beta)
    assert deliveries(alpha, beta) == (1, int(is_sent_on))


@pytest.mark.parametrize("said, is_sent_on", [
    ({"status": "Partial", "remains": "40", "charge": "0.14"}, False),
    ({"status": "Partial", "remains": "40", "charge": "0.15"}, True),  # what it cost: not lowered, so it says nothing
    ({"status": "Canceled", "remains": "100", "charge": "0.15"}, True),
    ({"status": "Canceled", "remains": "100", "charge": "0.14"}, True),
    ({"status": "Canceled", "charge": "0.15"}, True),
    ({"status": "Canceled", "charge": "0.14"}, False),
])
def test_what_a_panel_says_it_kept_is_spent(make, make_panel, said, is_sent_on):
    """Of 0.20: what is left would cost beta 0.072 or 0.18."""
    alpha, beta = panel_of(make_panel, "alpha", "1.50"), panel_of(make_panel, "beta", "1.80")
    gateway = make(alpha, beta)
    order = gateway.add()
    end(alpha, None, answer=said)
    if is_sent_on:
        goes_on(gateway, order, beta)
    else:
        ends_at(gateway, order, beta)
    assert deliveries(alpha, beta) == (1, int(is_sent_on))


def test_what_a_panel_says_it_kept_is_in_the_books(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, None, answer={"status": "Partial", "remains": "40", "charge": "0.08"})
    goes_on(gateway, order, beta)
    assert [a.get("kept") for a in show(gateway, order)["attempts"]] == ["0.08", None]
    verify(gateway)


def test_a_cancel_that_was_charged_is_not_certainly_undelivered(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, None, answer={"status": "Canceled", "charge": "0.01"})
    ends_at(gateway, order, beta)
    assert told(gateway, order) == ("Canceled", "100", 0.0) and deliveries(alpha, beta) == (1, 0)


def test_an_order_that_its_panel_does_not_know_has_no_state(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, None, answer={"error": "Incorrect order ID", "status": "Canceled", "remains": "100", "charge": "0"})
    for _ in range(2):
        assert told(gateway, order) == ("Pending", "100", 0.2)
    assert deliveries(alpha, beta) == (1, 0)


def test_what_the_first_panel_says_later_is_not_heard(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, "Canceled")
    goes_on(gateway, order, beta)
    asked = alpha.count("status")
    end(alpha, "Completed", 0)
    assert told(gateway, order) == ("In progress", "100", 0.2)
    assert alpha.count("status") == asked
    end(beta, "Partial", 50)
    wait_status(gateway, order, "Partial")
    assert told(gateway, order) == ("Partial", "50", 0.1)


def test_what_the_first_panel_changes_after_the_end_is_an_event_for_the_operator(make, alpha, beta):
    gateway = make(alpha, beta, watch="9s", track_after="20ms")
    order = gateway.add()
    end(alpha, "Partial", 40)
    eventually(lambda: beta.orders() and state(gateway, order) == "pending")
    end(beta, "Completed", 0)
    eventually(lambda: state(gateway, order) == "completed")
    end(alpha, "Completed", 0)

    def late():
        return [event["reason"] for event in show(gateway, order)["events"] if event["event"] == "late"]

    assert eventually(late) == ["attempt 1 ended as partial, now the panel says Completed, 0 left"]
    end(beta, "Canceled", 100)
    assert eventually(lambda: len(late()) == 2 and late())[1].startswith("settled as completed, now the panel says Canceled")
    assert told(gateway, order) == ("Completed", "0", 0.2)
    verify(gateway)


def funds(gateway):
    client, = gateway.cli("client", "list", "--json").json["clients"]
    return client["available"], client["held"]


def test_a_prepaid_client_pays_once(make, alpha, beta):
    gateway = make(alpha, beta, clients=[{"name": "shop", "key": SHOP_KEY, "funds": "prepaid"}])
    assert gateway.cli("client", "credit", "shop", "0.20").returncode == 0
    order = gateway.add()
    assert funds(gateway) == ("0.00", "0.00")
    end(alpha, "Partial", 40)
    beta.rule("add", times=1, hold="working")
    gateway.status(order)
    beta.wait_hold("working")
    assert funds(gateway) == ("0.00", "0.00"), "nothing comes back while it goes on"
    assert add(gateway, link=LINK + "/2").error == "Not enough funds on balance"
    verify(gateway)
    beta.release("working")
    goes_on(gateway, order, beta)
    end(beta, "Partial", 10)
    wait_status(gateway, order, "Partial")
    eventually(lambda: funds(gateway) == ("0.02", "0.00"))
    lines = gateway.cli("client", "statement", "shop", "--json").json["lines"]
    assert [line["kind"] for line in lines] == ["deposit", "hold", "capture", "refund"]
    verify(gateway)


def test_killed_while_the_next_panel_is_asked_it_is_in_doubt_with_what_was_delivered(gateway, alpha, beta):
    order = gateway.add()
    end(alpha, "Partial", 40)
    beta.rule("add", times=1, hold="working")
    gateway.status(order)
    beta.wait_hold("working")
    gateway.restart(by_kill=True)
    assert in_doubt(gateway) == [order]
    assert told(gateway, order) == ("In progress", "40", 0.2)
    verify(gateway)
    resolve(gateway, order, "refund")
    assert told(gateway, order) == ("Partial", "40", 0.12)
    assert attempts(gateway, order) == [("alpha", "partial"), ("beta", "refused")]
    verify(gateway)


def test_a_doubt_on_the_way_ends_like_any_other(make, make_panel, alpha, beta):
    gamma = panel_of(make_panel, "gamma", "1.00")
    gateway = make(alpha, beta, gamma)
    order = gateway.add()
    end(alpha, "Partial", 40)
    beta.rule("add", times=1, cut="after_read")
    gateway.status(order)
    eventually(lambda: in_doubt(gateway) == [order])
    assert told(gateway, order) == ("In progress", "40", 0.2)
    resolve(gateway, order, "next-offer")
    goes_on(gateway, order, gamma)
    assert gamma.orders()[0]["fields"]["quantity"] == "40"
    gateway.restart()
    end(gamma, "Completed", 0)
    wait_status(gateway, order, "Completed")
    assert attempts(gateway, order) == [("alpha", "partial"), ("beta", "refused"), ("gamma", "accepted")]
    assert told(gateway, order) == ("Completed", "0", 0.2)
    verify(gateway)
