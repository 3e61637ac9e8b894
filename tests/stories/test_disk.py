"""A ledger on a disk of its own, a small tmpfs, that becomes full: orders are refused at once, reading goes on,
and with room again so do orders, without a restart. Needs the right to mount."""
import os
import subprocess
import time

import pytest

from books import Later, add, asked, attempts, deliveries, in_doubt, show, state, verify, wait_status
from harness import SLOW, eventually
from harness.config import provider

UNSAVED = "Order could not be saved. Please try again later"


class Disk:
    def __init__(self, folder, size):
        self.folder = str(folder)
        self.ballast = os.path.join(self.folder, "ballast")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.folder], capture_output=True,
                              text=True)
        if done.returncode != 0:
            pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")

    def fill(self):
        """Until not a byte goes in any more."""
        with open(self.ballast, "ab", buffering=0) as file:
            size = 65536
            while size:
                try:
                    file.write(b"x" * size)
                except OSError:
                    size //= 2

    def empty(self):
        os.unlink(self.ballast)

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.folder], check=True)

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Disk(folder, "4m")
    yield disk
    disk.unmount()


@pytest.fixture
def gateway(disk, make_gateway, alpha, beta):
    return make_gateway([alpha, beta], ledger=f"sqlite:{disk.folder}/panelmux.db")


def refused_at_once(gateway, i):
    began = time.monotonic()
    answer = add(gateway, link=f"https://example.com/full/{i}")
    took = time.monotonic() - began
    assert answer.error == UNSAVED, answer
    assert took < 0.1 * SLOW, f"{took:.3f} s"


def fill_until_refused(gateway, disk):
    """What the log's file has already is used up first."""
    disk.fill()
    for i in range(2000):
        if add(gateway, link=f"https://example.com/filling/{i}").error == UNSAVED:
            return i
    raise AssertionError("a full disk took 2000 orders")


def test_on_a_full_disk_orders_are_refused_at_once_and_reading_goes_on(gateway, disk, alpha, beta):
    order = gateway.add()
    taken = fill_until_refused(gateway, disk)
    sent = asked(alpha, beta)
    assert sent == (1 + taken, 0)
    for i in range(5):
        refused_at_once(gateway, i)
    assert asked(alpha, beta) == sent
    assert gateway.status(order)["status"] == "Pending"
    assert len(gateway.call("services").json) == 10
    assert float(gateway.call("balance")["balance"]) > 0
    ready = gateway.admin("/readyz")
    assert ready.status == 503 and ready["ledger"] is False, ready
    assert "disk is full" in gateway.wait_log("ledger_not_writable")["reason"]
    disk.empty()
    eventually(lambda: gateway.admin("/readyz").status == 200, timeout=5 / SLOW)
    assert gateway.add(link="https://example.com/room/1") > order
    assert in_doubt(gateway) == []
    verify(gateway)
    gateway.restart(by_kill=True)
    assert gateway.status(order)["status"] == "Pending" and in_doubt(gateway) == []
    assert sum(deliveries(alpha, beta)) == taken + 2
    verify(gateway)


def test_what_was_at_the_panel_when_the_disk_became_full_is_booked_once_there_is_room(gateway, disk, alpha, beta):
    alpha.rule("add", times=1, hold="working", match={"link": "/held"})
    waiting = Later(add, gateway, link="https://example.com/held")
    alpha.wait_hold("working")
    fill_until_refused(gateway, disk)
    alpha.release("working")
    held = waiting.result()["order"]
    gateway.wait_log("booking_failed", order=held)
    assert gateway.status(held)["status"] == "Pending"
    disk.empty()
    eventually(lambda: attempts(gateway, held) == [("alpha", "accepted")], timeout=5 / SLOW)
    assert state(gateway, held) == "pending" and in_doubt(gateway) == []
    assert len(alpha.orders(link="https://example.com/held")) == 1
    verify(gateway)


def test_what_ended_while_the_disk_was_full_is_booked_once_there_is_room(gateway, disk, alpha, beta):
    order = gateway.add(link="https://example.com/ended")
    fill_until_refused(gateway, disk)
    alpha.set_order(alpha.orders(link="https://example.com/ended")[0]["id"], status="Canceled")
    wait_status(gateway, order, "Canceled")
    assert state(gateway, order) == "pending"
    disk.empty()
    # Its client knows and asks no more; what it gets back is booked all the same.
    eventually(lambda: state(gateway, order) == "canceled", timeout=5 / SLOW)
    verify(gateway)


def test_killed_on_a_full_disk_what_was_at_the_panel_is_in_doubt(gateway, disk, alpha, beta):
    alpha.rule("add", times=1, hold="working", match={"link": "/held"})
    waiting = Later(add, gateway, link="https://example.com/held")
    alpha.wait_hold("working")
    fill_until_refused(gateway, disk)
    alpha.release("working")
    held = waiting.result()["order"]
    gateway.wait_log("booking_failed", order=held)
    gateway.kill()
    disk.empty()
    gateway.start()
    # Its client has the number; the outcome never came to the disk.
    assert in_doubt(gateway) == [held] and gateway.status(held)["status"] == "Pending"
    assert len(alpha.orders(link="https://example.com/held")) == 1
    verify(gateway)


@pytest.fixture
def number_that_cannot_be_given(disk, make_gateway, alpha, beta):
    """An order whose attempt is at alpha when answer_within ends on a full disk, and what its client was told."""
    def make(link, **do):
        patient = [provider(panel, timeout=f"{round(20 * SLOW)}s") for panel in (alpha, beta)]
        gateway = make_gateway([alpha, beta], ledger=f"sqlite:{disk.folder}/panelmux.db", providers=patient,
                               answer_within=f"{round(3000 * SLOW)}ms")
        alpha.rule("add", times=1, hold="working", match={"link": link}, **do)
        waiting = Later(add, gateway, link=link)
        alpha.wait_hold("working")
        fill_until_refused(gateway, disk)
        assert not waiting.is_done(), "the disk was to be full before answer_within is over"
        told = waiting.result()
        assert told.error == UNSAVED, told
        gateway.wait_log("number_not_given", order=1)
        return gateway
    return make


def test_a_number_that_cannot_be_made_durable_is_not_given(number_that_cannot_be_given, disk, alpha, beta):
    gateway = number_that_cannot_be_given("https://example.com/held")
    alpha.release("working")
    disk.empty()
    # What the panel took is booked all the same.
    eventually(lambda: attempts(gateway, 1) == [("alpha", "accepted")], timeout=5 / SLOW)
    assert state(gateway, 1) == "pending" and in_doubt(gateway) == []
    verify(gateway)


def test_nothing_more_is_sent_for_an_order_whose_number_could_not_be_given(number_that_cannot_be_given, disk, alpha,
                                                                           beta):
    gateway = number_that_cannot_be_given("https://example.com/held", error="Service is inactive or not found")
    alpha.release("working")
    disk.empty()
    eventually(lambda: state(gateway, 1) == "canceled", timeout=5 / SLOW)
    assert attempts(gateway, 1) == [("alpha", "refused")] and beta.count("add") == 0
    assert float(show(gateway, 1)["order"]["paid"]) == 0
    verify(gateway)


def test_killed_before_its_number_could_be_given_an_order_is_sent_nowhere_else(number_that_cannot_be_given, disk,
                                                                               alpha, beta):
    gateway = number_that_cannot_be_given("https://example.com/held")
    gateway.kill()
    disk.empty()
    gateway.start()
    assert in_doubt(gateway) == [1] and beta.count("add") == 0
    verify(gateway)


def test_on_a_read_only_disk_a_start_says_so(gateway, disk):
    gateway.add()
    gateway.stop()
    disk.remount("ro")
    ended = gateway.cli("serve")
    assert ended.returncode in (1, 3) and "panelmux.db: no permission to write" in ended.stderr, ended
    # Reading the books needs no writing.
    assert gateway.cli("ledger", "verify").returncode == 0
    disk.remount("rw")
    gateway.start()
    assert gateway.add(link="https://example.com/p/2") == 2


def test_an_accepted_price_that_cannot_be_kept_is_said(disk, make_panel, make_gateway):
    rows = lambda rate: [{"service": 1, "name": "A", "type": "Default", "category": "C", "rate": rate, "min": 10, "max": 1000}]
    alpha = make_panel("alpha", services=rows("1.00"))
    gateway = make_gateway([alpha], ledger=f"sqlite:{disk.folder}/panelmux.db", catalogue={"refresh": "50ms"},
                           services=[{"id": 1, "offers": [{"provider": "alpha", "service": 1}]}])
    alpha.set(services=rows("9.00"))
    eventually(lambda: gateway.admin("/providers").json["providers"][0]["quarantined"])
    disk.fill()
    done = gateway.cli("provider", "accept", "alpha", "1", "--yes")
    assert done.returncode == 1 and "in force, but the ledger could not keep it" in done.stderr, done
    assert [entry["rate"] for entry in gateway.call("services").json] == ["9.00"]
    disk.empty()
    eventually(lambda: gateway.admin("/readyz").status == 200)
    before = alpha.mark()
    alpha.wait_requests("services", 3, after=before)  # kept with the next list, now that the ledger takes it
    alpha.stop()
    gateway.restart()
    assert [entry["rate"] for entry in gateway.call("services").json] == ["9.00"]
