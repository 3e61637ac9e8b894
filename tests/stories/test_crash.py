"""A short run of ./run crash: the gateway dies at named points and at random moments under load, with and
without the loss of unsynced writes, and the books are compared with the panels. Then what only a build for crash
tests can show: slow disks and one that becomes read-only."""
import os
import subprocess
import sys
import time

import pytest

from books import LINK, SOON, Later, add, asked, attempts, deliveries, in_doubt, show, state, verify, wait_status
from harness import SLOW, eventually

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CRASH = os.environ.get("PANELMUX_CRASH", os.path.join(ROOT, "build", "crash", "panelmux"))

pytestmark = pytest.mark.skipif(not os.access(CRASH, os.X_OK),
                                reason=f"no build for crash tests at {CRASH}; ./run crash makes one")


def test_whatever_moment_it_dies_at_nothing_is_lost_and_nothing_doubled():
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tests", "crash", "runner.py"), CRASH, "39", "7"],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    figure = done.stdout.strip().splitlines()[-1]
    assert figure.startswith("39 kills, ") and figure.endswith(" 0 lost, 0 doubled"), figure


@pytest.fixture
def disk_gateway(make_gateway, alpha, beta, monkeypatch, tmp_path):
    """A gateway whose disk is in the trouble that the file `disk` names, while it is there."""
    monkeypatch.setenv("PANELMUX", CRASH)
    gateway = make_gateway([alpha, beta], answer_within=SOON, environment={"PANELMUX_DISK": str(tmp_path / "disk")})
    gateway.disk = tmp_path / "disk"
    yield gateway
    gateway.disk.unlink(missing_ok=True)


def test_on_a_slow_disk_an_order_waits_then_fails_and_is_closed_unsent(disk_gateway, alpha, beta):
    gateway = disk_gateway
    gateway.disk.write_text("slow 60000")
    waiting = Later(add, gateway)
    assert waiting.result().error == "Order could not be saved. Please try again later"
    assert asked(alpha, beta) == (0, 0)
    gateway.disk.unlink()
    # What committed after that is closed; the next order shows that the disk is fast again.
    eventually(lambda: gateway.admin("/orders/1").status == 200 and state(gateway, 1) == "canceled")
    assert attempts(gateway, 1) == [("alpha", "not_sent")]
    assert show(gateway, 1)["order"]["paid"] in ("0", "0.00") and not show(gateway, 1)["order"]["number_given"]
    assert gateway.add(link="https://example.com/p/2") == 2
    assert asked(alpha, beta) == (1, 0) and len(alpha.orders(link="https://example.com/p/1")) == 0
    verify(gateway)


def test_on_a_slow_disk_an_order_is_placed_when_it_is_in_time(disk_gateway, alpha):
    disk_gateway.disk.write_text("slow 60")
    assert disk_gateway.add() == 1
    assert len(alpha.orders()) == 1 and disk_gateway.status(1)["status"] == "Pending"


def test_on_a_slow_disk_reading_goes_on(disk_gateway, alpha):
    order = disk_gateway.add()
    disk_gateway.disk.write_text("slow 60000")
    assert disk_gateway.status(order)["status"] == "Pending"
    assert len(disk_gateway.call("services").json) == 10
    assert float(disk_gateway.call("balance")["balance"]) > 0
    disk_gateway.disk.unlink()


@pytest.mark.parametrize("action", ["refill", "cancel"])
def test_on_a_slow_disk_a_refill_and_a_cancel_are_not_sent_late(disk_gateway, alpha, action):
    gateway = disk_gateway
    order = gateway.add()
    gateway.disk.write_text("slow 60000")
    fields = {"order": order} if action == "refill" else {"orders": order}
    answer = gateway.call(action, **fields).json
    error = answer["error"] if action == "refill" else answer[0]["cancel"]["error"]
    assert error == "Order could not be saved. Please try again later"
    gateway.disk.unlink()
    eventually(lambda: [row["state"] for row in show(gateway, order)["aftersales"]] == ["not_sent"])
    assert alpha.count(action) == 0
    verify(gateway)


def test_a_disk_that_becomes_read_only_refuses_orders_at_once_and_recovers(disk_gateway, alpha, beta):
    gateway = disk_gateway
    order = gateway.add()
    gateway.disk.write_text("read-only")
    for i in range(3):
        began = time.monotonic()
        assert add(gateway, link=f"https://example.com/r/{i}").error == "Order could not be saved. Please try again later"
        assert time.monotonic() - began < 0.1 * SLOW
    told = gateway.wait_log("ledger_not_writable")
    assert "cannot be written" in told["reason"]
    ready = gateway.admin("/readyz")
    assert ready.status == 503 and ready["ledger"] is False, ready
    assert gateway.status(order)["status"] == "Pending" and len(gateway.call("services").json) == 10
    assert asked(alpha, beta) == (1, 0)
    gateway.disk.unlink()
    eventually(lambda: gateway.admin("/readyz").status == 200, timeout=5)
    assert gateway.add(link="https://example.com/r/9") > order
    assert asked(alpha, beta) == (2, 0)
    verify(gateway)


def test_a_panel_is_not_asked_about_an_order_before_its_outcome_is_in_the_ledger(disk_gateway, alpha):
    """Else its end, saved by another worker, could overtake the booking of its panel's number."""
    gateway = disk_gateway
    alpha.rule("add", times=1, hold="working")
    order = gateway.add()  # its number is given after answer_within
    alpha.wait_hold("working")
    gateway.disk.write_text("slow 60000")
    alpha.release("working")
    gateway.wait_log("order", order=order, outcome="accepted")
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    assert gateway.status(order)["status"] == "Pending"
    assert alpha.count("status") == 0
    gateway.disk.unlink()
    eventually(lambda: gateway.status(order)["status"] == "Completed")
    assert attempts(gateway, order) == [("alpha", "accepted")]
    eventually(lambda: state(gateway, order) == "completed")
    verify(gateway)


# ---- an order that goes on, and one that waits for its link


@pytest.fixture
def dying(make_gateway, alpha, beta, monkeypatch):
    """dying(point): a gateway that dies there. restart(gateway): the next one does not."""
    monkeypatch.setenv("PANELMUX", CRASH)

    def make(point, **service):
        services = [{"id": 1, "rate": "2.00", "on_partial": "next_offer", **service,
                     "offers": [{"provider": name, "service": 101} for name in ("alpha", "beta")]}]
        return make_gateway([alpha, beta], services=services, claim="off",
                            environment={"PANELMUX_CRASH_AT": point} if point else {})

    return make


def dies(gateway, work):
    """Whatever the answer is: the gateway ends while it works on it."""
    try:
        work()
    except OSError:
        pass
    eventually(lambda: not gateway.program.is_running())
    verify(gateway)
    gateway.environment = {}
    gateway.start()


@pytest.mark.parametrize("point", ["send_on.writing", "send_on.written"])
def test_a_move_to_the_next_offer_is_made_once_whenever_it_dies(dying, alpha, beta, point):
    gateway = dying(point)
    order = gateway.add()
    alpha.set_order(alpha.orders()[0]["id"], status="Partial", remains=40)
    dies(gateway, lambda: gateway.status(order))
    eventually(lambda: gateway.status(order) and beta.orders() and state(gateway, order) == "pending")
    assert attempts(gateway, order) == [("alpha", "partial"), ("beta", "accepted")]
    assert deliveries(alpha, beta) == (1, 1) and beta.orders()[0]["fields"]["quantity"] == "40"
    assert gateway.status(order)["status"] == "In progress"
    beta.set_order(beta.orders()[0]["id"], status="Completed", remains=0)
    wait_status(gateway, order, "Completed")
    verify(gateway)


def test_what_was_being_sent_on_is_in_doubt(dying, alpha, beta):
    gateway = dying("place.sending:2")
    order = gateway.add()
    alpha.set_order(alpha.orders()[0]["id"], status="Partial", remains=40)
    dies(gateway, lambda: gateway.status(order))
    assert in_doubt(gateway) == [order] and deliveries(beta) == (0,)
    told = gateway.status(order).json
    assert (told["status"], told["remains"]) == ("In progress", "40")
    verify(gateway)


@pytest.mark.parametrize("point, is_kept", [("place.queuing", False), ("place.queued", True)])
def test_a_queued_order_is_there_or_not_whenever_it_dies(dying, alpha, point, is_kept):
    gateway = dying(point, same_link="queue")
    first = gateway.add()
    dies(gateway, lambda: gateway.call("add", service=1, link=LINK, quantity=100))
    assert (gateway.admin("/orders/2").status == 200) == is_kept
    third = gateway.add()
    alpha.set_order(alpha.orders()[0]["id"], status="Completed", remains=0)
    wait_status(gateway, first, "Completed")
    placed = 2 if is_kept else third
    eventually(lambda: state(gateway, placed) == "pending")
    assert deliveries(alpha) == (2,)
    verify(gateway)
