"""A short run of ./run crash: the gateway dies at named points and at random moments under load, with and
without the loss of unsynced writes, and the books are compared with the panels. Then what only a build for crash
tests can show: a slow disk."""
import os
import subprocess
import sys

import pytest

from books import Later, add, asked, attempts, show, state, verify
from harness import eventually

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
def slow_gateway(make_gateway, alpha, beta, monkeypatch, tmp_path):
    """A gateway whose syncs take as long as the file `slow` says, while it is there."""
    monkeypatch.setenv("PANELMUX", CRASH)
    gateway = make_gateway([alpha, beta], answer_within="300ms", environment={"PANELMUX_SLOW_DISK": str(tmp_path / "slow")})
    gateway.slow = tmp_path / "slow"
    return gateway


def test_on_a_slow_disk_an_order_waits_then_fails_and_is_closed_unsent(slow_gateway, alpha, beta):
    gateway = slow_gateway
    gateway.slow.write_text("60000")
    waiting = Later(add, gateway)
    assert waiting.result().error == "Order could not be saved. Please try again later"
    assert asked(alpha, beta) == (0, 0)
    gateway.slow.unlink()
    # What committed after that is closed; the next order shows that the disk is fast again.
    eventually(lambda: gateway.admin("/orders/1").status == 200 and state(gateway, 1) == "canceled")
    assert attempts(gateway, 1) == [("alpha", "not_sent")]
    assert show(gateway, 1)["order"]["paid"] in ("0", "0.00") and not show(gateway, 1)["order"]["number_given"]
    assert gateway.add(link="https://example.com/p/2") == 2
    assert asked(alpha, beta) == (1, 0) and len(alpha.orders(link="https://example.com/p/1")) == 0
    verify(gateway)


def test_on_a_slow_disk_an_order_is_placed_when_it_is_in_time(slow_gateway, alpha):
    slow_gateway.slow.write_text("60")
    assert slow_gateway.add() == 1
    assert len(alpha.orders()) == 1 and slow_gateway.status(1)["status"] == "Pending"


def test_on_a_slow_disk_reading_goes_on(slow_gateway, alpha):
    order = slow_gateway.add()
    slow_gateway.slow.write_text("60000")
    assert slow_gateway.status(order)["status"] == "Pending"
    assert len(slow_gateway.call("services").json) == 10
    assert float(slow_gateway.call("balance")["balance"]) > 0
    slow_gateway.slow.unlink()


@pytest.mark.parametrize("action", ["refill", "cancel"])
def test_on_a_slow_disk_a_refill_and_a_cancel_are_not_sent_late(slow_gateway, alpha, action):
    gateway = slow_gateway
    order = gateway.add()
    gateway.slow.write_text("60000")
    fields = {"order": order} if action == "refill" else {"orders": order}
    answer = gateway.call(action, **fields).json
    error = answer["error"] if action == "refill" else answer[0]["cancel"]["error"]
    assert error == "Order could not be saved. Please try again later"
    gateway.slow.unlink()
    eventually(lambda: [row["state"] for row in show(gateway, order)["aftersales"]] == ["not_sent"])
    assert alpha.count(action) == 0
    verify(gateway)
