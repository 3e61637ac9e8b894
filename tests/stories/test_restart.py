"""The gateway dies, stops, starts: what was acknowledged is there, nothing is sent a second time, and who
cannot start says why."""
import http.client
import itertools
import os
import shutil
import sqlite3
import threading

import pytest

from books import (LINK, SOON, UNAVAILABLE, Later, add, add_later, asked, attempts, deliveries, in_doubt, resolve, show,
                   state, verify, wait_end)
from harness import default_config, eventually, merged, together
from harness.config import provider

UNSAVED = "Order could not be saved. Please try again later"

# ---- killed while a panel works


def kill_while_held(gateway, panel, **fields):
    panel.rule("add", times=1, hold="dying")
    waiting = add_later(gateway, **fields)
    panel.wait_hold("dying")
    gateway.kill()
    with pytest.raises((OSError, http.client.HTTPException)):
        waiting.result()
    panel.release("dying")


def test_an_order_at_the_panel_when_the_gateway_died_is_in_doubt(gateway, alpha, beta):
    kill_while_held(gateway, alpha)
    gateway.start()
    assert in_doubt(gateway) == [1] and attempts(gateway, 1) == [("alpha", "doubt")]
    verify(gateway)
    # Whatever else happens, it is not sent again.
    assert gateway.add(link="https://example.com/p/2") > 1
    assert len(alpha.orders(link=LINK)) == 1 and beta.orders() == []
    gateway.restart()
    assert in_doubt(gateway) == [1] and len(alpha.log("add", link=LINK)) == 1
    resolve(gateway, 1, "accepted", upstream_id=alpha.orders(link=LINK)[0]["id"])
    alpha.set_order(alpha.orders(link=LINK)[0]["id"], status="Completed", remains=0)
    assert gateway.status(1)["status"] == "Completed"
    verify(gateway)


def test_a_number_given_before_the_gateway_died_is_still_known(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], answer_within=SOON)
    alpha.rule("add", times=1, hold="dying")
    order = gateway.add()
    alpha.wait_hold("dying")
    gateway.kill()
    alpha.release("dying")
    gateway.start()
    assert gateway.status(order).json == {"charge": "0.1125", "start_count": "0", "status": "Pending",
                                          "remains": "100", "currency": "USD"}
    assert in_doubt(gateway) == [order] and show(gateway, order)["order"]["number_given"]
    assert deliveries(alpha, beta) == (1, 0)
    verify(gateway)


# ---- killed between two offers


def between_offers(make_gateway, alpha, beta, **changes):
    """An order that alpha refused and that waits for beta's rate bucket, which another one has emptied."""
    offers = [{"provider": "alpha", "service": 101}, {"provider": "beta", "service": 101}]
    gateway = make_gateway(config=default_config(
        [], providers=[provider(alpha), provider(beta, rate_limit={"add": "1.01/s", "other": "1000/s"})],
        services=[{"id": 1, "offers": offers}, {"id": 2, "offers": [{"provider": "beta", "service": 102}]}], **changes))
    alpha.rule("add", times=1, hold="first", error="Service is inactive or not found")
    waiting = add_later(gateway, service=1)
    alpha.wait_hold("first")
    if "answer_within" in changes:
        assert waiting.result()["order"] == 1
    gateway.add(service=2, link="https://example.com/other")
    alpha.release("first")
    eventually(lambda: attempts(gateway, 1) == [("alpha", "refused")])
    gateway.kill()
    assert asked(beta) == (1,) and beta.orders(link=LINK) == []
    return gateway


def test_between_two_offers_an_order_whose_number_was_given_goes_on(make_gateway, alpha, beta):
    gateway = between_offers(make_gateway, alpha, beta, answer_within=SOON)
    gateway.start()
    wait_end(gateway, 1, "accepted")
    assert attempts(gateway, 1) == [("alpha", "refused"), ("beta", "accepted")]
    assert len(beta.orders(link=LINK)) == 1 and asked(alpha) == (1,)
    assert gateway.status(1)["status"] == "Pending"
    verify(gateway)


def test_between_two_offers_an_order_without_a_number_is_canceled(make_gateway, alpha, beta):
    gateway = between_offers(make_gateway, alpha, beta)
    gateway.start()
    assert state(gateway, 1) == "canceled"
    # Were it to go on, it would before the next order of that panel.
    gateway.add(service=2, link="https://example.com/next")
    assert beta.orders(link=LINK) == [] and asked(alpha, beta) == (1, 2)
    assert show(gateway, 1)["order"]["paid"] in ("0", "0.00")
    verify(gateway)


def test_an_order_that_goes_on_after_a_restart_may_find_no_offer(make_gateway, alpha, beta):
    gateway = between_offers(make_gateway, alpha, beta, answer_within=SOON)
    beta.rule("add", error="Service is inactive or not found")
    gateway.start()
    wait_end(gateway, 1, "unavailable")
    assert gateway.status(1).json == {"charge": "0", "start_count": "0", "status": "Canceled", "remains": "100",
                                      "currency": "USD"}
    verify(gateway)


# ---- killed under load


def test_orders_acknowledged_before_a_crash_are_all_there(gateway, alpha, beta):
    numbers = {}

    def work(i):
        if i == 0:
            alpha.wait_requests("add", 25)
            gateway.kill()
            return
        for j in range(12):
            link = f"https://example.com/load/{i}/{j}"
            try:
                answer = gateway.call("add", service=1, link=link, quantity=100)
            except (OSError, http.client.HTTPException):
                return
            numbers[link] = answer["order"]

    together(6, work)
    gateway.start()
    delivered = [order["fields"]["link"] for order in alpha.orders()] + [o["fields"]["link"] for o in beta.orders()]
    assert len(delivered) == len(set(delivered)), "an order was delivered twice"
    assert len(numbers) == len(set(numbers.values()))
    for link, number in numbers.items():
        told = show(gateway, number)["order"]
        assert told["fields"]["link"] == link and told["state"] == "pending"
        assert link in delivered
    # What was delivered without an answer is in doubt, never lost and never forgotten.
    unanswered = set(delivered) - set(numbers)
    doubtful = {show(gateway, order)["order"]["fields"]["link"] for order in in_doubt(gateway)}
    known = {show(gateway, order)["order"]["fields"]["link"] for order in range(1, max([*numbers.values(), 0]) + 8)
             if gateway.admin(f"/orders/{order}").status == 200}
    assert unanswered <= known and doubtful <= set(delivered) | known
    assert gateway.add(link="https://example.com/after") > max(numbers.values())
    verify(gateway)


# ---- stopped


def test_a_stop_answers_what_is_under_way(gateway, alpha, beta):
    alpha.rule("add", times=3, hold="working")
    waiting = [add_later(gateway, link=f"https://example.com/p/{i}") for i in range(3)]
    alpha.wait_hold("working", 3)
    mark = gateway.mark()
    gateway.program.signal(15)
    gateway.wait_log("draining", after=mark)
    assert not any(one.is_done() for one in waiting)
    alpha.release("working")
    numbers = sorted(one.result()["order"] for one in waiting)
    assert gateway.program.wait_end() == 0
    assert deliveries(alpha, beta) == (3, 0)
    gateway.start()
    assert [state(gateway, order) for order in numbers] == ["pending"] * 3 and in_doubt(gateway) == []
    verify(gateway)


def test_a_stop_waits_for_an_order_whose_client_has_its_number(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], answer_within=SOON)
    alpha.rule("add", times=1, hold="working")
    order = gateway.add()
    alpha.wait_hold("working")
    mark = gateway.mark()
    gateway.program.signal(15)
    gateway.wait_log("draining", after=mark)
    alpha.release("working")
    assert gateway.program.wait_end() == 0
    gateway.start()
    assert state(gateway, order) == "pending" and deliveries(alpha, beta) == (1, 0)


@pytest.mark.parametrize("by_kill", [False, True], ids=["stopped", "killed"])
def test_orders_and_their_numbers_go_on(gateway, alpha, beta, by_kill):
    orders = [gateway.add(link=f"https://example.com/p/{i}") for i in range(4)]
    theirs = [order["id"] for order in alpha.orders()]
    alpha.set_order(theirs[0], status="Completed", remains=0, start_count=50)
    alpha.set_order(theirs[1], status="Partial", remains=25)
    alpha.set_order(theirs[2], status="Canceled")
    before = gateway.call("status", orders=orders).json
    assert [before[str(order)]["status"] for order in orders] == ["Completed", "Partial", "Canceled", "Pending"]
    # Killed: the last change has to be in the books, which nobody waited for.
    eventually(lambda: [state(gateway, order) for order in orders] == ["completed", "partial", "canceled", "pending"])
    gateway.restart(by_kill=by_kill)
    # A finished order changes no more, whatever its panel says now.
    alpha.set_order(theirs[0], status="Canceled")
    alpha.set_order(theirs[3], status="In progress", remains=99)
    after = gateway.call("status", orders=orders).json
    assert {name: entry for name, entry in after.items() if name != str(orders[3])} == {
        name: entry for name, entry in before.items() if name != str(orders[3])}
    assert after[str(orders[3])]["status"] == "In progress" and after[str(orders[3])]["remains"] == "99"
    assert gateway.add() > orders[-1]
    assert [entry["order"] for entry in gateway.call("orders").json][1:] == orders[::-1]
    assert deliveries(alpha, beta) == (5, 0)
    verify(gateway)


def test_the_first_order_number_is_configured(make_gateway, alpha):
    gateway = make_gateway([alpha], first_order=5000)
    assert [gateway.add(), gateway.add()] == [5000, 5001]
    gateway.restart()
    assert gateway.add() > 5001


def test_a_reload_and_an_end_at_the_same_moment_leave_nothing_behind(gateway):
    """A snapshot that is published while the gateway ends has nobody to take it (leaks fail under ASan)."""
    for _ in range(15):
        for _ in range(4):
            gateway.hang_up()
        gateway.restart()


# ---- restarted while the panels are down


def test_with_every_panel_down_the_list_is_served_as_it_was(gateway, alpha, beta):
    before = gateway.call("services").json
    order = gateway.add()
    gateway.stop()
    alpha.stop()
    beta.stop()
    gateway.start()
    assert gateway.call("services").json == before and len(before) == 10
    assert gateway.status(order)["status"] == "Pending"
    assert add(gateway).error == UNAVAILABLE
    assert in_doubt(gateway) == []
    verify(gateway)


def test_without_any_list_there_is_an_error_and_no_empty_list(make_gateway, alpha):
    alpha.stop()
    gateway = make_gateway([alpha], ready=False)
    gateway.wait_log("serving")
    assert "error" in gateway.call("services").json
    assert add(gateway).error == UNAVAILABLE
    assert gateway.admin("/readyz").status == 503
    alpha.start()


# ---- who cannot start says why


def second_gateway(make_gateway, first, **changes):
    gateway = make_gateway(config=merged(first.config, {"listen": None, "admin": None, **changes}), start=False)
    return gateway


def test_a_ledger_in_use_names_its_holder(make_gateway, gateway):
    second = second_gateway(make_gateway, gateway)
    ended = second.cli("serve")
    assert ended.returncode == 3, ended
    assert f"pid {gateway.program.pid}" in ended.stderr and "panelmux.db" in ended.stderr
    assert gateway.add() == 1


def second_is_refused(second, gateway):
    ended = second.cli("serve")
    assert ended.returncode == 3 and f"pid {gateway.program.pid}" in ended.stderr, ended


def test_a_removed_lock_file_lets_no_second_gateway_in(make_gateway, gateway):
    path = os.path.join(gateway.folder, "panelmux.db.lock")
    second = second_gateway(make_gateway, gateway)
    assert gateway.add() == 1
    os.unlink(path)
    second_is_refused(second, gateway)
    # A foreign file of that name, and none again: the gateway goes on and puts its own back.
    assert gateway.add(link="https://example.com/p/2") == 2
    with open(path) as lock:
        assert lock.read().strip() == str(gateway.program.pid)
    os.unlink(path)
    os.mkdir(path)
    assert UNSAVED in add(gateway, link="https://example.com/p/3").error
    os.rmdir(path)
    eventually(lambda: "order" in add(gateway, link="https://example.com/p/4"))
    second_is_refused(second, gateway)
    verify(gateway)


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_another_name_of_the_ledger_lets_no_second_gateway_in(make_gateway, gateway, link, tmp_path):
    other = os.path.join(gateway.folder, "other.db")
    link(os.path.join(gateway.folder, "panelmux.db"), other)
    second = make_gateway(config=merged(gateway.config, {"listen": None, "admin": None, "ledger": f"sqlite:{other}"}),
                          start=False)
    second_is_refused(second, gateway)
    assert gateway.add() == 1
    verify(gateway)


def test_no_order_is_acknowledged_into_a_ledger_that_was_replaced(gateway):
    """What is acknowledged after the file was replaced would be unknown after the restart, and its number given
    again. Three threads add all the time, so that the change falls between a commit and the next."""
    path = os.path.join(gateway.folder, "panelmux.db")
    acknowledged, is_over = [], threading.Event()

    def add_on(name):
        for i in itertools.count():
            answer = add(gateway, link=f"https://example.com/{name}/{i}")
            if "order" in answer:
                acknowledged.append((name, i, answer["order"]))
            elif is_over.is_set():
                return

    adders = [Later(add_on, name) for name in "abc"]
    eventually(lambda: len(acknowledged) > 30)
    os.link(path, path + ".old")
    shutil.copy(path, path + ".copy")
    os.rename(path + ".copy", path)
    before = len(acknowledged)
    is_over.set()
    for adder in adders:
        adder.result()
    # Those whose intent was durable before: one for each thread.
    late = acknowledged[before:]
    assert len(late) <= len(adders), f"acknowledged into the old file: {late}"
    assert UNSAVED in add(gateway).error
    os.rename(path + ".old", path)  # put back, as the log says: everything goes on
    eventually(lambda: "order" in add(gateway))
    for name, i, order in acknowledged:
        assert show(gateway, order)["order"]["fields"]["link"] == f"https://example.com/{name}/{i}"
    verify(gateway)


def test_the_lock_of_a_killed_gateway_does_not_stay(make_gateway, gateway):
    gateway.kill()
    gateway.start()
    assert gateway.add() == 1


@pytest.mark.parametrize("side", ["listen", "admin"])
def test_a_port_in_use_is_reported(make_gateway, gateway, side):
    second = make_gateway(config=merged(gateway.config, {"listen": None, "admin": None, "ledger": None}), start=False)
    config = dict(second.config)
    config[side] = gateway.config[side]
    second.write(config)
    ended = second.cli("serve")
    port = gateway.port if side == "listen" else gateway.admin_port
    assert ended.returncode in (1, 3) and str(port) in ended.stderr and "in use" in ended.stderr, ended
    assert gateway.add() == 1


def test_a_damaged_ledger_is_refused(gateway):
    gateway.add()
    gateway.stop()
    path = os.path.join(gateway.folder, "panelmux.db")
    with open(path, "r+b") as file:
        file.write(b"this is no database any more, whatever its name" * 10)
    ended = gateway.cli("serve")
    assert ended.returncode in (1, 3) and "damaged" in ended.stderr and "backup" in ended.stderr, ended


def test_a_ledger_of_a_newer_version_is_refused_untouched(gateway):
    gateway.add()
    gateway.stop()
    path = os.path.join(gateway.folder, "panelmux.db")
    with sqlite3.connect(path) as books:
        books.execute("pragma user_version = 9999")
    books.close()
    ended = gateway.cli("serve")
    assert ended.returncode in (1, 3) and "newer" in ended.stderr, ended
    books = sqlite3.connect(path)
    assert books.execute("pragma user_version").fetchone() == (9999,)
    books.close()


def test_a_missing_folder_is_named(gateway):
    gateway.stop()
    gateway.write(merged(gateway.config, {"ledger": f"sqlite:{gateway.folder}/nowhere/panelmux.db"}))
    ended = gateway.cli("serve")
    assert ended.returncode in (1, 3) and "nowhere" in ended.stderr and "no such folder" in ended.stderr, ended


# ---- the operator's copies


def test_a_backup_made_while_serving_is_whole(make_gateway, gateway, alpha, beta):
    orders = [gateway.add(link=f"https://example.com/p/{i}") for i in range(5)]
    copy = os.path.join(gateway.folder, "copy.db")
    alpha.rule("add", times=1, hold="working")
    waiting = add_later(gateway)
    alpha.wait_hold("working")
    ended = gateway.cli("ledger", "backup", copy)
    assert ended.returncode == 0, ended
    assert gateway.cli("ledger", "backup", copy).returncode == 1, "a file that is there is not overwritten"
    alpha.release("working")
    assert waiting.result()["order"]
    verify(gateway)
    gateway.stop()
    restored = make_gateway(config=merged(gateway.config, {"ledger": None, "listen": None, "admin": None}), start=False)
    shutil.copy(copy, os.path.join(restored.folder, "panelmux.db"))
    verify(restored)
    restored.start()
    assert [state(restored, order) for order in orders] == ["pending"] * 5
    assert in_doubt(restored) == [orders[-1] + 1]  # it was at the panel when the copy was made
    verify(restored)


def test_the_ledger_is_verified_without_a_gateway(gateway, alpha):
    alpha.rule("add", times=1, cut="after_read")
    gateway.add()
    gateway.add(link="https://example.com/p/2")
    verify(gateway)
    gateway.stop()
    verify(gateway)
    assert gateway.cli("order", "show", 1, "--json").json["attempts"][0]["state"] == "doubt"
    # A broken rule is told: an order that says it was accepted has no attempt that was.
    books = sqlite3.connect(os.path.join(gateway.folder, "panelmux.db"))
    books.execute("update orders set live_attempt = 0 where id = 2")
    books.commit()
    books.close()
    ended = gateway.cli("ledger", "verify")
    assert ended.returncode == 1 and "2" in ended.stderr, ended


def test_a_doubt_at_the_second_panel_is_followed_there(gateway, alpha, beta):
    """Killed while the second offer's panel works: what an operator accepts is asked of that panel."""
    gateway.add(link="https://example.com/p/0")  # so that both panels have an order 1
    alpha.rule("add", times=1, error="Service is inactive or not found")
    kill_while_held(gateway, beta)
    gateway.start()
    order = in_doubt(gateway)[0]
    assert attempts(gateway, order) == [("alpha", "refused"), ("beta", "doubt")]
    told = show(gateway, order)["order"]
    assert (told["provider"], told["upstream_service"]) == ("beta", "101")
    theirs = beta.orders(link=LINK)[0]["id"]
    resolve(gateway, order, "accepted", upstream_id=theirs)
    beta.set_order(theirs, status="In progress", remains=7)
    assert gateway.status(order)["status"] == "In progress" and gateway.status(order)["remains"] == "7"
    gateway.restart()
    beta.set_order(theirs, status="Completed", remains=0)
    assert gateway.status(order)["status"] == "Completed"
    assert deliveries(alpha, beta) == (1, 1)
    verify(gateway)


# ---- ending


def drained_ms(gateway):
    return int([entry for entry in gateway.log_lines("ended")][-1]["drained_ms"])


def test_an_idle_gateway_ends_on_the_event(gateway):
    """The end waits for what is under way, not for the next look of a poll (which took 10 ms at least)."""
    took = []
    for _ in range(5):
        gateway.stop()
        took.append(drained_ms(gateway))
        gateway.start()
    assert min(took) < 10, took
