"""What an operator finds and ends: lists by any filter, with what an order brings; doubts by text, asked first and with a
reason; a ledger that is none."""
import csv
import io
import os
import pty
import sqlite3
import subprocess

import pytest

from books import show, state, wait_status
from harness import default_config, eventually
from harness.config import provider
from harness.process import binary

ANY = "https://example.com/p/"


def listed(gateway, *arguments):
    done = gateway.cli("order", "list", *arguments, "--json")
    assert done.returncode == 0, done
    return [row["order"] for row in done.json["orders"]]


@pytest.fixture
def several(gateway, alpha, beta):
    """{what: order}: one under way, one that ended, one in doubt, and a try that was refused."""
    orders = {"under way": gateway.add(link=ANY + "1"), "completed": gateway.add(link=ANY + "2", service=1)}
    theirs = alpha.orders(link=ANY + "2")[0]["id"]
    alpha.set_order(theirs, status="Completed", remains=0)
    wait_status(gateway, orders["completed"], "Completed")
    alpha.rule("add", times=1, cut="after_read", accept=True)
    orders["doubt"] = gateway.add(link=ANY + "1")
    alpha.rule("add", times=1, error="Not enough funds on balance")
    beta.rule("add", times=1, error="Service is disabled")
    assert "error" in gateway.call("add", service=1, link=ANY + "3", quantity=100).json
    orders["refused"] = next(row["order"] for row in gateway.admin("/orders?refused=1").json["orders"] if row["state"] == "refused")
    return orders


def test_refused_tries_are_left_out_unless_they_are_wanted(gateway, several):
    kept = [several[what] for what in ("doubt", "completed", "under way")]
    assert listed(gateway) == kept
    assert listed(gateway, "--refused") == [several["refused"], *kept]
    assert listed(gateway, "--state", "refused") == [several["refused"]]
    gateway.stop()
    assert listed(gateway) == kept and listed(gateway, "--refused") == [several["refused"], *kept]


def test_each_filter_finds_its_orders_with_and_without_a_gateway(gateway, alpha, several):
    upstream = show(gateway, several["completed"])["order"]["upstream_id"]
    found = {
        ("--state", "completed"): ["completed"],
        ("--state", "pending,in progress,doubt"): ["doubt", "under way"],
        ("--in-doubt",): ["doubt"],
        ("--client", "shop"): ["doubt", "completed", "under way"],
        ("--client", "nobody"): [],
        ("--provider", "beta"): [],
        ("--provider", "alpha", "--refused"): ["doubt", "completed", "under way"],
        ("--service", "1"): ["doubt", "completed", "under way"],
        ("--service", "2"): [],
        ("--link", f" {ANY}1 "): ["doubt", "under way"],
        ("--link", ANY): [],
        ("--link", ANY + "1", "--in-doubt"): ["doubt"],
        ("--upstream", upstream): ["completed"],
        ("--upstream", upstream, "--provider", "alpha"): ["completed"],
        ("--upstream", upstream, "--provider", "beta"): [],
        ("--since", "2020-01-01"): ["doubt", "completed", "under way"],
        ("--until", "2020-01-01"): [],
        ("--before", several["doubt"], "--limit", 1): ["completed"],
    }
    if show(gateway, several["refused"])["order"]["provider"] == "beta":
        found["--provider", "beta", "--refused"] = ["refused"]
    for arguments, wanted in found.items():
        assert listed(gateway, *arguments) == [several[what] for what in wanted], arguments
    gateway.stop()
    for arguments, wanted in found.items():
        assert listed(gateway, *arguments) == [several[what] for what in wanted], arguments
    stuck = gateway.cli("order", "list", "--stuck")
    assert stuck.returncode == 3 and "start it" in stuck.stderr, stuck


def test_a_list_shows_link_cost_and_profit(gateway, alpha, several):
    rows = {row["order"]: row for row in gateway.admin("/orders?refused=1").json["orders"]}
    way, doubt, refused = (rows[several[what]] for what in ("under way", "doubt", "refused"))
    assert (way["link"], way["paid"], way["cost"], way["profit"]) == (ANY + "1", "0.1125", "0.09", "0.0225")
    assert doubt["profit"] is None and refused["profit"] == "0.00" and refused["cost"] == "0.00"
    table = gateway.cli("order", "list")
    head = table.stdout.splitlines()[0].split()
    assert table.returncode == 0 and {"COST", "PROFIT", "LINK"} <= set(head), table
    assert "0.0225" in table.stdout and ANY + "2" in table.stdout
    shown = gateway.cli("order", "show", several["under way"])
    assert "profit" in shown.stdout and "0.0225" in shown.stdout, shown


def test_a_list_as_csv_is_read_by_a_spreadsheet(gateway, alpha):
    gateway.add(link=ANY + "1")
    alpha.rule("add", times=1, cut="after_read")
    doubtful = gateway.add(link=ANY + "2")
    gateway.add(link="=HYPERLINK(1)")
    done = gateway.cli("order", "list", "--csv", "--limit", 2)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 0 and len(rows) == 2 and f"--before {doubtful}" in done.stderr, done
    assert rows[0]["link"] == "'=HYPERLINK(1)" and rows[1]["order"] == str(doubtful)
    assert rows[0]["profit"] == "0.0225" and rows[1]["profit"] == "" and rows[0]["currency"] == "USD"
    gateway.stop()
    again = gateway.cli("order", "list", "--csv", "--limit", 2)
    assert again.returncode == 0 and again.stdout == done.stdout


def test_a_wrong_filter_says_what_is_right(gateway):
    for arguments, words in [(["--state", "done"], "they are placing, doubt"), (["--since", "monday"], "2026-11-30"),
                             (["--limit", "5000"], "from 1 to 1000"), (["--service", "x"], "whole number"),
                             (["--in-doubt", "--stuck"], "not both"), (["--csv", "--json"], "not both"),
                             (["--in-doubt", "--state", "pending"], "either"), (["--refund"], "takes no --refund"),
                             (["--since", "2026-01-02", "--until", "2026-01-01"], "later than since")]:
        done = gateway.cli("order", "list", *arguments)
        assert done.returncode == 2 and words in done.stderr, done
    assert gateway.admin("/orders?state=done").status == 400
    assert gateway.cli("order", "show", 1, "--client", "shop").returncode == 2


def test_a_number_that_an_order_had_before_finds_it(make_gateway, alpha, beta):
    services = [{"id": 1, "on_cancel": "next_offer", "offers": [{"provider": "alpha", "service": 101}, {"provider": "beta", "service": 101}]}]
    gateway = make_gateway(config=default_config([], providers=[provider(alpha), provider(beta)], services=services))
    order = gateway.add()
    first = alpha.orders()[0]["id"]
    alpha.set_order(first, status="Canceled", remains=100)
    eventually(lambda: (gateway.status(order), show(gateway, order)["order"]["moves"] if "moves" in show(gateway, order)["order"] else 0)[1])
    beta.wait_requests("add", count=1)
    assert listed(gateway, "--upstream", first, "--provider", "alpha") == [order]


# --- doubts


def doubts(gateway, alpha, *texts):
    orders = []
    for number, text in enumerate(texts):
        alpha.rule("add", times=1, error=text)
        orders.append(gateway.add(link=f"{ANY}d{number}"))
        assert state(gateway, orders[-1]) == "doubt"
    return orders


@pytest.mark.parametrize("text, ended", [("the moon   IS in the wrong house", 2), ("The moon is in*", 3), ("the moon", 0), ("*", 4)])
def test_texts_fold_as_those_of_answers_do(gateway, alpha, text, ended):
    orders = doubts(gateway, alpha, "The moon is in the wrong house.", "The Moon is in the wrong house",
                    "The moon is in the other house", "Weird thing")
    done = gateway.cli("order", "resolve", "--provider", "alpha", "--text", text, "--refund", "--yes", "--json")
    if ended == 0:
        assert done.returncode == 1 and "no order in doubt" in done.stderr, done
    else:
        assert done.returncode == 0 and done.json == {"resolved": ended}, done
    assert [state(gateway, order) for order in orders] == ["canceled"] * ended + ["doubt"] * (4 - ended)


def test_who_ended_a_doubt_and_why_stays_with_the_order(gateway, alpha):
    first, second = doubts(gateway, alpha, "Weird thing", "Another thing")
    assert gateway.cli("order", "resolve", first, "--refund", "--yes", "--reason", "asked their support").returncode == 0
    assert gateway.cli("order", "resolve", second, "--next-offer", "--yes").returncode == 0
    events = {order: [e["reason"] for e in show(gateway, order)["events"] if e["event"].startswith("resolved")] for order in (first, second)}
    assert events == {first: ["by admin: asked their support"], second: ["by admin"]}
    assert "asked their support" in gateway.cli("order", "show", first).stdout
    long = gateway.cli("order", "resolve", first, "--refund", "--yes", "--reason", "x" * 501)
    assert long.returncode == 1 and "shorter" in long.stderr


def test_what_cannot_be_undone_asks_first(gateway, alpha):
    order, = doubts(gateway, alpha, "Weird thing")
    unasked = gateway.cli("order", "resolve", order, "--refund")
    assert unasked.returncode == 1 and "1 in doubt, charges 0.1125 USD" in unasked.stderr and "--yes" in unasked.stderr, unasked
    assert gateway.cli("order", "resolve", "--provider", "alpha", "--text", "weird*", "--refund").returncode == 1
    assert gateway.cli("order", "resolve", 77, "--refund").returncode == 1
    assert state(gateway, order) == "doubt"
    for answer, code, wanted in (("n", 1, "doubt"), ("y", 0, "canceled")):
        master, slave = pty.openpty()
        asked = subprocess.Popen([binary(), "order", "resolve", str(order), "--refund", "-c", gateway.path], stdin=slave,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=gateway.folder,
                                 env={**os.environ, **gateway.environment})
        os.write(master, f"{answer}\n".encode())
        output, errors = asked.communicate(timeout=60)
        os.close(master)
        os.close(slave)
        assert asked.returncode == code and "Go on? [y/N]" in errors, (output, errors)
        assert ("nothing was changed" in errors) == (code == 1)
        assert state(gateway, order) == wanted


@pytest.mark.parametrize("no", ["no", "False", "OFF", "0"])
def test_a_number_is_taken_unseen_only_when_that_is_said(gateway, alpha, no):
    order, = doubts(gateway, alpha, "Weird thing")
    body = {"how": "accepted", "upstream_id": "4711"}
    asked = gateway.admin(f"/orders/{order}/resolve", "POST", {**body, "force": no})
    assert (asked.status, asked.json["code"]) == (404, "not_found"), asked.json
    unclear = gateway.admin(f"/orders/{order}/resolve", "POST", {**body, "force": "perhaps"})
    assert unclear.status == 400 and "force must be yes or no" in unclear.json["error"]
    unclear = gateway.admin(f"/orders/{order}/resolve", "POST", {"how": "refund", "preview": "perhaps"})
    assert unclear.status == 400 and state(gateway, order) == "doubt"
    assert [gateway.admin(f"/orders?in_doubt={word}").status for word in ("yes", "1", "maybe")] == [200, 200, 400]
    forced = gateway.admin(f"/orders/{order}/resolve", "POST", {**body, "force": "Yes"})
    assert forced.status == 200 and state(gateway, order) == "pending"


# --- a ledger that is none

BROKEN = {
    "no SQLite": lambda path: open(path, "w").write("This is a diary.\n" * 1000),
    "empty": lambda path: open(path, "w").close(),
    "cut short": lambda path: os.truncate(path, os.path.getsize(path) // 2 // 4096 * 4096),
    "cut within a page": lambda path: os.truncate(path, 1000),
    "another program's": lambda path: (os.unlink(path), sqlite3.connect(path).execute("CREATE TABLE t (a)").connection.commit()),
    "overwritten in the middle": lambda path: overwrite(path),
}


def overwrite(path):
    size = os.path.getsize(path)
    with open(path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xAA" * (size - 4096))


@pytest.mark.parametrize("how", BROKEN)
def test_verify_of_a_broken_file_says_so_in_one_line(gateway, how):
    for number in range(30):
        gateway.add(link=f"{ANY}{number}")
    gateway.stop()
    BROKEN[how](os.path.join(gateway.folder, "panelmux.db"))
    for rest in ("panelmux.db-wal", "panelmux.db-shm"):
        path = os.path.join(gateway.folder, rest)
        if os.path.exists(path):
            os.unlink(path)
    done = gateway.cli("ledger", "verify")
    said = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == "" and len(said) == 1, done
    assert "panelmux.db: " in said[0], done
    told = gateway.cli("ledger", "verify", "--json")
    assert told.returncode == 1 and told.json["ok"] is False and len(told.json["broken"]) == 1, told


def test_verify_of_a_ledger_that_is_not_there_is_out_of_reach(gateway):
    gateway.stop()
    os.unlink(os.path.join(gateway.folder, "panelmux.db"))
    done = gateway.cli("ledger", "verify")
    assert done.returncode == 3 and "no such file; correct `ledger`, or start the gateway" in done.stderr, done
