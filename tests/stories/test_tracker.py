"""Orders are followed to their end although no client ever asks."""
import pytest

from books import show, state, verify
from harness import SLOW, eventually, together
from harness.config import default_config, provider

SOON = {"track_after": "100ms"}


@pytest.fixture
def tracked(make_gateway, alpha, beta):
    return make_gateway([alpha, beta], **SOON)


def link(n):
    return f"https://example.com/t/{n}"


def ended(gateway, order, word):
    return eventually(lambda: (lambda told: told if told["state"] == word else None)(show(gateway, order)["order"]),
                      timeout=20)


def test_what_nobody_asks_about_is_settled_all_the_same(tracked, alpha):
    orders = [tracked.add(link=link(n), quantity=100 + n) for n in range(6)]
    ends = [("Completed", 0), ("Partial", 40), ("Canceled", 100), ("Refunded", 103), ("In progress", 50), ("Completed", 0)]
    for n, (word, remains) in enumerate(ends):
        alpha.set_order(alpha.orders(link=link(n))[0]["id"], status=word, remains=remains, start_count=7)
    for order, word in zip(orders, ["completed", "partial", "canceled", "canceled", "in_progress", "completed"]):
        ended(tracked, order, word)
    paid = [float(show(tracked, order)["order"]["paid"]) for order in orders]
    full = [0.1125, 0.11363, 0, 0, 0.117, 0.11813]
    assert paid[0] == full[0] and 0 < paid[1] < full[1] and paid[2] == paid[3] == 0 and paid[5] == full[5]
    assert tracked.metrics() and verify(tracked) is None


def test_a_cancel_is_refunded_without_any_status(tracked, alpha):
    order = tracked.add(link=link(1))
    assert tracked.call("cancel", orders=order).status == 200
    alpha.set_order(alpha.orders()[0]["id"], status="Canceled")
    assert float(ended(tracked, order, "canceled")["paid"]) == 0
    verify(tracked)


def test_due_orders_go_out_in_batches(make_gateway, alpha):
    gateway = make_gateway([alpha], track_after="1500ms")
    together(10, lambda i: [gateway.add(link=link(10 * i + j)) for j in range(10)])
    alpha.set_order("*", status="Completed", remains=0)
    for order in (1, 50, 100):
        ended(gateway, order, "completed")
    calls = alpha.log("status")
    assert len(calls) < 60, f"{len(calls)} calls for a hundred orders"
    assert any("orders" in call["fields"] for call in calls)
    verify(gateway)


def test_after_a_restart_the_ledger_s_orders_are_followed(tracked, alpha):
    order = tracked.add(link=link(1))
    tracked.stop()
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    tracked.start()
    ended(tracked, order, "completed")


def test_a_dead_panel_s_orders_wait_until_it_is_back(tracked, alpha, beta):
    order = tracked.add(link=link(1))
    there = alpha.orders()[0]["id"]
    alpha.rule("status", error="Maintenance")
    alpha.wait_requests("status", 1)
    alpha.rules()
    alpha.set_order(there, status="Completed", remains=0)
    assert tracked.cli("provider", "resume", "alpha").returncode == 0
    ended(tracked, order, "completed")


@pytest.mark.parametrize("way", ["unsupported", "list_without_ids", "list", "object"])
def test_panels_without_multi_status_are_followed_too(make_panel, make_gateway, way):
    alpha = make_panel("alpha", multi_status=way)
    gateway = make_gateway([alpha], **SOON)
    orders = [gateway.add(link=link(n)) for n in range(5)]
    for n in range(5):
        alpha.set_order(alpha.orders(link=link(n))[0]["id"], status="Partial", remains=10 * n + 10)
    for n, order in enumerate(orders):
        ended(gateway, order, "partial")
        assert int(show(gateway, order)["order"]["remains"]) == 10 * n + 10


@pytest.mark.parametrize("unknown", ["error", "text", "left_out"])
def test_an_order_the_panel_forgot_ends_nothing_and_hides_no_other(make_panel, make_gateway, unknown):
    alpha = make_panel("alpha", unknown_orders=unknown)
    gateway = make_gateway([alpha], **SOON)
    orders = [gateway.add(link=link(n)) for n in range(4)]
    alpha.stop()
    alpha.start()
    for n in range(2):
        alpha.call(action="add", service=101, link=link(n), quantity=100)
        alpha.set_order(n + 1, status="Completed", remains=0)
    for order in orders[:2]:
        ended(gateway, order, "completed")
    assert [state(gateway, order) for order in orders[2:]] == ["pending", "pending"]


def test_a_refill_is_followed_to_its_end(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], **SOON)
    orders = [gateway.add(link=link(n)) for n in range(3)]
    alpha.set_order("*", status="Completed", remains=0)
    for order in orders:
        ended(gateway, order, "completed")
        assert "refill" in gateway.call("refill", order=order)
    alpha.set_refill(alpha.refills()[0]["id"], "Completed")
    alpha.set_refill(alpha.refills()[1]["id"], "Rejected")
    for order, word in zip(orders, ("completed", "rejected", "pending")):
        eventually(lambda: show(gateway, order)["aftersales"][0]["status"].lower() == word)
    assert len(alpha.log("refill")) == 3 and beta.log("refill_status") == []
    verify(gateway)


def test_clients_go_first(make_gateway, alpha):
    """At two calls a second the tracker leaves a token for whoever asks."""
    gateway = make_gateway([alpha], providers=[provider(alpha, rate_limit="4/s")], **SOON)
    orders = [gateway.add(link=link(n)) for n in range(4)]
    alpha.wait_requests("status", 3)
    for turn in range(4):
        alpha.set_order(alpha.orders(link=link(turn))[0]["id"], status="In progress", remains=90 - turn)
        told = gateway.status(orders[turn]).json
        assert told["status"] == "In progress" and told["remains"] == str(90 - turn)


def test_it_can_be_turned_off(make_gateway, alpha):
    gateway = make_gateway([alpha], tracker="off", **SOON)
    order = gateway.add(link=link(1))
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    config = default_config([alpha], tracker="off", **SOON)
    assert gateway.reload(config).returncode == 0
    assert alpha.log("status") == [] and state(gateway, order) == "pending"
    assert gateway.reload(default_config([alpha], **SOON)).returncode == 0
    ended(gateway, order, "completed")


def late_events(gateway, order):
    return str(show(gateway, order)["events"]).count("'late'")


def test_what_a_panel_changes_after_the_end_is_an_event_once(make_gateway, alpha):
    gateway = make_gateway([alpha], watch="9s", **SOON)
    order, other = (gateway.add(link=link(n)) for n in range(2))
    alpha.set_order("*", status="Completed", remains=0)
    ended(gateway, order, "completed")
    ended(gateway, other, "completed")
    there = alpha.orders(link=link(0))[0]["id"]
    alpha.set_order(there, status="Partial", remains=50)
    assert "now the panel says Partial, 50 left" in gateway.wait_log("order_changed_late", order=order)["why"]
    eventually(lambda: late_events(gateway, order) == 1)
    mark = alpha.mark()
    alpha.wait_requests("status", 3, after=mark)
    assert late_events(gateway, order) == 1 and late_events(gateway, other) == 0
    told = gateway.status(order).json
    assert (told["status"], told["charge"]) == ("Completed", "0.1125")
    alpha.set_order(there, status="Canceled")
    eventually(lambda: late_events(gateway, order) == 2)
    assert state(gateway, order) == "completed"
    verify(gateway)


def test_watching_can_be_turned_off(make_gateway, alpha):
    gateway = make_gateway([alpha], watch="off", **SOON)
    order, other = (gateway.add(link=link(n)) for n in range(2))
    alpha.set_order(alpha.orders(link=link(0))[0]["id"], status="Completed", remains=0)
    ended(gateway, order, "completed")
    mark = alpha.mark()
    alpha.wait_requests("status", 2, after=mark)  # of the other one
    asked = [str(call["fields"].get("order", call["fields"].get("orders"))) for call in alpha.log("status", after=mark)]
    assert set(asked) == {str(alpha.orders(link=link(1))[0]["id"])}


def test_an_order_far_slower_than_usual_is_stuck(make_gateway, alpha):
    gateway = make_gateway([alpha], stuck=3, **SOON)
    for n in range(5):
        order = gateway.add(link=link(n))
        alpha.set_order(alpha.orders(link=link(n))[0]["id"], status="Completed", remains=0)
        ended(gateway, order, "completed")
    slow = gateway.add(link=link(9))
    assert gateway.wait_log("order_stuck", order=slow, timeout=30)["why"] == "slow"
    listed = gateway.cli("order", "list", "--stuck", "--json")
    assert [row["order"] for row in listed.json["orders"]] == [slow]
    metrics = gateway.metrics()
    assert any("panelmux_orders_stuck" in name and value == 1 for name, value in metrics.items())
    assert metrics["panelmux_orders_oldest_stuck_seconds"] > 0
    alpha.set_order(alpha.orders(link=link(9))[0]["id"], status="Completed", remains=0)
    ended(gateway, slow, "completed")
    assert gateway.cli("order", "list", "--stuck", "--json").json["orders"] == []


def test_stuck_orders_are_listed_in_pages(make_gateway, alpha):
    gateway = make_gateway([alpha], stuck=3, **SOON)
    for n in range(5):
        order = gateway.add(link=link(n))
        alpha.set_order(alpha.orders(link=link(n))[0]["id"], status="Completed", remains=0)
        ended(gateway, order, "completed")
    slow = [gateway.add(link=link(n)) for n in (7, 8, 9)]
    for order in slow:
        gateway.wait_log("order_stuck", order=order, timeout=30)
    page = gateway.admin("/orders?stuck=1&limit=2").json
    assert [row["order"] for row in page["orders"]] == [slow[2], slow[1]] and page["next_before"] == slow[1]
    page = gateway.admin(f"/orders?stuck=1&limit=2&before={slow[1]}").json
    assert [row["order"] for row in page["orders"]] == [slow[0]] and page["next_before"] is None
    page = gateway.admin("/orders?stuck=1&limit=3").json
    assert [row["order"] for row in page["orders"]] == slow[::-1] and page["next_before"] is None


def test_a_panel_that_lags_behind_and_refuses_whole_batches(make_panel, make_gateway):
    """To it a fresh order is unknown for a while, and one unknown order spoils the batch."""
    alpha = make_panel("alpha", unknown_orders="refused", progress={"lag_asked": 2, "finish_asked": 2})
    gateway = make_gateway([alpha], **SOON)
    orders = [gateway.add(link=link(n)) for n in range(4)]
    for order in orders:
        ended(gateway, order, "completed")
    verify(gateway)


def test_a_panel_that_flips_late_changes_no_client_s_order(make_panel, make_gateway):
    alpha = make_panel("alpha", progress={"finish_asked": 1, "flip_asked": 1, "flips_to": "Canceled"})
    gateway = make_gateway([alpha], watch="9s", **SOON)
    order = gateway.add(link=link(1))
    paid = ended(gateway, order, "completed")["paid"]
    assert "now the panel says Canceled" in gateway.wait_log("order_changed_late", order=order)["why"]
    told = show(gateway, order)["order"]
    assert told["state"] == "completed" and told["paid"] == paid != "0.00"
    verify(gateway)
