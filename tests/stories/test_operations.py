"""The operator's side: health, metrics, operations over HTTP and by the commands."""
import concurrent.futures
import hashlib
import json
import os
import re
import signal
import subprocess

import pytest

from harness import eventually, together
from harness.config import ADMIN_TOKEN, SHOP_KEY, provider
from harness.ports import free_port, give_back
from harness.process import binary

LINK = "https://example.com/p/1"
OPERATIONS = [("GET", "/"), ("GET", "/orders"), ("GET", "/orders/1"), ("POST", "/orders/1/resolve"), ("POST", "/orders/resolve"),
              ("GET", "/providers"), ("POST", "/providers/alpha/pause"), ("POST", "/providers/alpha/resume"),
              ("POST", "/providers/alpha/accept"), ("GET", "/providers/alpha/quarantine"), ("POST", "/providers/alpha/doctor"), ("GET", "/clients"),
              ("GET", "/explain?service=1&quantity=100"), ("POST", "/reload"), ("POST", "/ledger/backup")]


def doubt(gateway, panel, link=LINK, **fields):
    """An order whose answer got lost on its way."""
    panel.rule("add", match={"link": link}, cut="after_read", accept=True)
    order = gateway.add(link=link, **fields)
    gateway.wait_log("order", order=order, outcome="doubt")
    return order


# --- who may ask


def test_operations_ask_for_the_token_and_health_does_not(gateway):
    for method, path in OPERATIONS + [("GET", "/nothing")]:
        for token in (None, "wrong", ADMIN_TOKEN + "x", SHOP_KEY):
            answer = gateway.admin(path, method, body={} if method == "POST" else None, token=token)
            assert answer.status == 401 and answer.error, (path, token, answer)
            assert answer.headers["www-authenticate"] == "Bearer"
    for path in ("/healthz", "/readyz", "/metrics"):
        assert gateway.admin(path, token=None).status == 200
    assert gateway.admin("/providers").status == 200


def test_the_index_lists_what_there_is(gateway):
    index = gateway.admin("/").json["index"]
    assert {"method": "GET", "path": "/", "does": "this index", "needs_token": True} in index
    found = {(row["method"], row["path"]): row for row in index}
    assert len(found) == len(index) and all(row["does"] for row in index)
    assert {path for (_, path), row in found.items() if not row["needs_token"]} == {"/healthz", "/readyz", "/metrics"}
    for method, path in OPERATIONS:
        shape = path.partition("?")[0].replace("alpha", "*").replace("/1", "/*")
        assert (method, shape) in found, (method, shape)
    # What it lists is there: nothing answers "not found" for its path, and the other method is refused.
    for method, path in found:
        if "*" in path or path in ("/reload", "/ledger/backup"):
            continue
        assert gateway.admin(path, method, body={} if method == "POST" else None).status in (200, 400), path
    assert gateway.admin("/", "POST", body={}).status == 405
    assert "GET /" in gateway.admin("/nothing").error


def test_a_request_without_a_key_costs_nothing(gateway):
    before = gateway.metrics()["panelmux_bad_keys_total"]
    forms = [{"key": None}, {"key": ""}, {"key": "  "}, {"key": None, "headers": {"Authorization": "Bearer "}}]
    for fields in forms * 5:  # of bad keys, the fourth in a minute is answered later
        assert gateway.call("balance", **fields).error == "Invalid API key"
    assert gateway.request("POST", "/api/v2").error == "Invalid API key"
    assert gateway.request("GET", "/api/v2").error == "Invalid API key"
    assert gateway.metrics()["panelmux_bad_keys_total"] == before and gateway.log_lines("bad_key") == []
    # The address is not slowed: its first bad key is free, too.
    assert gateway.call("balance", key="wrong-key").error == "Invalid API key"
    assert gateway.wait_log("bad_key")["held_ms"] == "0"
    assert gateway.metrics()["panelmux_bad_keys_total"] == before + 1


def test_the_clients_health_check_says_nothing_of_providers(gateway, alpha):
    gateway.cli("provider", "pause", "alpha")
    answer = gateway.request("GET", "/healthz")
    assert answer.status == 200 and answer.json == {"status": "ok"}
    assert gateway.request("GET", "/healthz?verbose").body == answer.body
    assert gateway.request("POST", "/healthz", "x").status in (404, 405)
    for path in ("/readyz", "/metrics", "/providers", "/"):
        assert gateway.request("GET", path).status == 404, path


def test_refused_operations_change_nothing(gateway):
    gateway.admin("/providers/alpha/pause", "POST", body={}, token="wrong")
    assert {row["name"]: row["state"] for row in gateway.admin("/providers").json["providers"]} == {
        "alpha": "open", "beta": "open"}


def test_readiness_names_providers_only_to_who_knows_the_token(gateway):
    assert "alpha" in gateway.admin("/readyz?verbose").text
    assert "alpha" not in gateway.admin("/readyz?verbose", token=None).text


def test_without_a_token_a_foreign_page_is_refused(make_gateway, alpha):
    port = free_port()
    try:
        gateway = make_gateway([alpha], admin={"listen": f"127.0.0.1:{port}"}, ready=False)
        gateway.wait_log("serving")
        ask = lambda **headers: gateway.request("GET", "/orders", None, headers, port=port).status
        assert ask() == 200
        assert ask(Host=f"localhost:{port}") == 200
        assert ask(Origin=f"http://127.0.0.1:{port}") == 200
        assert ask(Host="evil.example") == 403
        assert ask(Origin="http://evil.example") == 403
        assert ask(Origin="null") == 403
        # An origin is scheme, host and port.
        for origin in (f"https://127.0.0.1:{port}", f"chrome-extension://127.0.0.1:{port}", "http://127.0.0.1",
                       f"http://127.0.0.1:{port + 1}", f"http://localhost:{port}", f"http://127.0.0.1:{port}.evil", ""):
            assert ask(Origin=origin) == 403, origin
        for host in ("[::1]x", "[::1]:x", "[::1", "localhost:@x", "localhost:80:80", "localhost:99999", "::1", "[127.0.0.1",
                     "127.0.0.1.evil.example", "localhost.", "[localhost]", "x@localhost", ":80", ""):
            assert ask(Host=host) == 403, host
        for host in ("[::1]", f"[::1]:{port}", "LOCALHOST", "127.0.0.1"):
            assert ask(Host=host) == 200, host
        for site, status in [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("", 403)]:
            assert ask(**{"Sec-Fetch-Site": site}) == status, site
        # An image on any page asks like this, without an Origin; a doctor calls the panel.
        asked = alpha.count("balance")
        assert gateway.request("GET", "/providers/alpha/doctor", None, {"Sec-Fetch-Site": "cross-site"}, port=port).status == 403
        assert alpha.count("balance") == asked
    finally:
        give_back(port)


def test_unknown_pages_and_wrong_methods_say_so(gateway):
    for method, path, status in [("GET", "/nothing", 404), ("GET", "/orders/1/2/3", 404), ("GET", "//orders", 404),
                                 ("POST", "/orders", 405), ("GET", "/reload", 405), ("POST", "/metrics", 405),
                                 ("POST", "/providers/nobody/doctor", 404), ("GET", "/orders/abc", 404),
                                 ("GET", "/orders/0", 404), ("GET", "/orders/99999999999", 404),
                                 ("GET", "/orders?limit=0", 400), ("GET", "/orders?limit=1001", 400),
                                 ("GET", "/orders?before=x", 400), ("GET", "/explain?service=1", 400),
                                 ("GET", "/explain?service=1&quantity=-1", 400),
                                 ("GET", "/explain?service=999&quantity=1", 404),
                                 ("GET", "/explain?service=1&quantity=100&client=nobody", 404),
                                 ("POST", "/providers/nobody/pause", 404), ("POST", "/orders/1/resolve", 400),
                                 ("POST", "/orders/resolve", 400), ("POST", "/ledger/backup", 400)]:
        answer = gateway.admin(path, method, body={} if method == "POST" else None)
        assert answer.status == status and answer.error, (method, path, answer)
        if status == 405:
            assert answer.headers["allow"] in ("GET, HEAD", "POST")


# --- health


def test_ready_is_said_only_when_clients_are_served(make_gateway, alpha):
    alpha.rule("services", hold="list")
    gateway = make_gateway([alpha], ready=False)
    alpha.wait_hold("list", 1)
    assert eventually(lambda: gateway.admin("/healthz").status) == 200
    answer = gateway.admin("/readyz")
    assert answer.status == 503 and answer["ready"] is False and answer["port"] is False
    alpha.release("list", open=True)
    gateway.wait_ready()


def test_ready_with_every_panel_down_as_long_as_a_list_is_held(gateway, alpha, beta):
    alpha.stop()
    beta.stop()
    gateway.restart()
    answer = gateway.admin("/readyz")
    assert answer.status == 200 and answer["lists"] is True


def test_draining_is_not_ready(gateway, alpha):
    alpha.rule("add", hold="add")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        order = pool.submit(gateway.add)
        alpha.wait_hold("add", 1)
        gateway.program.signal(signal.SIGTERM)
        gateway.wait_log("draining")
        answer = gateway.admin("/readyz")
        assert answer.status == 503 and answer["draining"] is True
        alpha.release("add", open=True)
        assert order.result() == 1
    assert gateway.program.wait_end() == 0


# --- metrics


def test_metrics_are_well_formed_and_name_no_client_and_no_order(gateway):
    order = gateway.add(link="https://example.com/secret-link")
    answer = gateway.admin("/metrics", token=None)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    helped, typed, seen, current = {}, {}, set(), None
    for line in answer.text.splitlines():
        if line.startswith("# HELP "):
            _, _, current, words = line.split(" ", 3)
            assert current not in helped and words.strip(), line
            helped[current] = words
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current and kind in ("counter", "gauge"), line
            typed[name] = kind
        else:
            found = re.fullmatch(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (-?\d+(?:\.\d+)?)', line)
            assert found, line
            assert found[1] == current, f"{line}: outside its family"
            assert (found[1], found[2]) not in seen, f"{line}: twice"
            seen.add((found[1], found[2]))
    assert set(helped) == set(typed)
    for name, kind in typed.items():
        assert name.startswith("panelmux_") and (kind == "counter") == name.endswith("_total"), name
        assert not re.search(r"_(ms|us|millis|micros|minutes|kib|percent)(_|$)", name), f"{name}: a base unit"
    assert "shop" not in answer.text and "secret-link" not in answer.text
    assert not re.search(r'(order|client|link)="', answer.text), order


def test_metrics_count_what_happened(gateway, alpha):
    before = gateway.metrics()
    alpha.rule("add", error="Not enough funds on balance", times=1)
    gateway.add()
    doubt(gateway, alpha, link="https://example.com/lost", service=2)
    gateway.call("add", service=999, link=LINK, quantity=100)
    gateway.call("balance", key="nobody")
    after = gateway.metrics()
    grown = lambda name: after.get(name, 0) - before.get(name, 0)
    assert grown("panelmux_orders_placed_total") == 2
    assert grown("panelmux_orders_accepted_total") == 1
    assert grown("panelmux_orders_doubt_total") == 1
    assert grown("panelmux_orders_failovers_total") == 1
    assert grown('panelmux_action_requests_total{action="add"}') == 3
    assert grown('panelmux_action_errors_total{action="add"}') == 1
    assert grown('panelmux_action_seconds_total{action="add"}') > 0
    assert grown("panelmux_bad_keys_total") == 1
    assert grown('panelmux_provider_calls_total{provider="alpha",action="add",outcome="refused"}') == 1
    assert grown('panelmux_provider_calls_total{provider="alpha",action="add",outcome="doubt"}') == 1
    assert grown('panelmux_provider_calls_total{provider="beta",action="add",outcome="accepted"}') == 1
    assert after['panelmux_orders_unfinished{state="doubt"}'] == 1
    assert after["panelmux_ledger_commits_total"] > before["panelmux_ledger_commits_total"]
    assert after['panelmux_provider_balance{provider="alpha",currency="USD"}'] > 0
    assert after["panelmux_process_open_fds"] > 5


def test_clients_money_is_in_the_metrics_as_sums(make_gateway, alpha):
    prepaid = {"name": "bob", "key": "bob-key-0123456789abcdef", "funds": "prepaid"}
    shop = {"name": "shop", "key": SHOP_KEY, "funds": "unlimited", "balance": "provider_sum"}
    gateway = make_gateway([alpha], clients=[shop, prepaid])
    sums = lambda: tuple(gateway.metrics()['panelmux_clients_%s{currency="USD"}' % what]
                         for what in ("held", "available", "owed"))
    assert sums() == (0, 0, 0) and gateway.metrics()["panelmux_ledger_postings_total"] == 0
    assert gateway.cli("client", "credit", "bob", "10").returncode == 0
    assert sums() == (0, 10, 0)
    alpha.rule("add", times=1, hold="slow")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        order = pool.submit(gateway.add, quantity=1000, key=prepaid["key"])
        alpha.wait_hold("slow")
        held, available, owed = sums()
        assert held > 0 and (held + available, owed) == (10, 0)
        alpha.release("slow")
        order.result()
    eventually(lambda: sums() == (0, available, 0))
    gateway.add(quantity=1000)
    eventually(lambda: sums() == (0, available, held))
    assert gateway.metrics()["panelmux_ledger_postings_total"] == 4  # deposit, hold, capture, capture
    assert "bob" not in gateway.admin("/metrics").text


def test_readiness_shows_what_the_tracker_has_before_it(gateway, alpha):
    gateway.add()
    doubt(gateway, alpha, link="https://example.com/lost", service=2)
    tracker = gateway.admin("/readyz?verbose")["tracker"]
    assert tracker["unfinished"] == 2 and tracker["doubt"] == 1
    assert {tracker[name] for name in ("due", "oldest_due_seconds", "stuck_slow", "stuck_unknown", "stuck_review", "oldest_stuck_seconds")} == {0}
    assert "tracker" not in gateway.admin("/readyz?verbose", token=None)


# --- orders


def test_an_order_is_shown_with_its_attempts_and_events(gateway, alpha, beta):
    alpha.rule("add", error="Not enough funds on balance")
    order = gateway.add(quantity=200)
    shown = gateway.admin(f"/orders/{order}").json
    assert shown["order"]["order"] == order and shown["order"]["client"] == "shop"
    assert shown["order"]["charge"] == "0.225" and shown["order"]["fields"]["link"] == LINK
    assert [(a["provider"], a["state"]) for a in shown["attempts"]] == [("alpha", "refused"), ("beta", "accepted")]
    assert shown["attempts"][0]["text"] == "Not enough funds on balance"
    assert shown["attempts"][1]["upstream_id"] == beta.orders()[0]["id"]
    assert shown["events"][0]["event"] == "placed"
    assert all(e["at"].endswith("Z") for e in shown["events"])
    text = gateway.cli("order", "show", order)
    assert text.returncode == 0 and "Not enough funds on balance" in text.stdout and "beta" in text.stdout
    assert gateway.cli("order", "show", order, "--json").json == gateway.admin(f"/orders/{order}").json


def test_orders_are_listed_page_by_page(gateway):
    orders = [gateway.add(link=f"https://example.com/p/{i}") for i in range(5)]
    found, before = [], ""
    while before is not None:
        page = gateway.admin(f"/orders?limit=2{f'&before={before}' if before else ''}").json
        found += [row["order"] for row in page["orders"]]
        before = page["next_before"]
    assert found == sorted(orders, reverse=True)
    assert gateway.admin("/orders?client=nobody").json["orders"] == []
    assert len(gateway.admin("/orders?client=shop").json["orders"]) == 5
    table = gateway.cli("order", "list", "--limit", 2)
    assert table.returncode == 0 and "--before 4" in table.stdout, table


def test_what_is_in_doubt_is_listed_with_its_evidence(gateway, alpha):
    gateway.add(service=3, comments="\n".join(map(str, range(10))), quantity=None, link="https://example.com/fine")
    order = doubt(gateway, alpha)
    rows = gateway.admin("/orders?in_doubt=1").json["orders"]
    assert [row["order"] for row in rows] == [order]
    assert rows[0]["doubt"]["provider"] == "alpha" and rows[0]["doubt"]["evidence"]
    listed = gateway.cli("order", "list", "--in-doubt")
    assert listed.returncode == 0 and f"order {order} " in listed.stdout and "evidence:" in listed.stdout


@pytest.mark.parametrize("how, arguments", [("accepted", ["--accepted", "4711", "--force"]), ("next-offer", ["--next-offer"]),
                                            ("refund", ["--refund"])])
def test_a_doubt_is_ended_by_the_operator(gateway, alpha, beta, how, arguments):
    order = doubt(gateway, alpha)
    done = gateway.cli("order", "resolve", order, *arguments, "--yes")
    assert done.returncode == 0 and "resolved: 1" in done.stdout, done
    shown = gateway.admin(f"/orders/{order}").json
    if how == "accepted":
        assert shown["order"]["state"] == "pending" and shown["order"]["upstream_id"] == "4711"
        assert beta.orders() == []
    elif how == "refund":
        assert shown["order"]["state"] == "canceled" and shown["order"]["paid"] == "0.00"
        assert gateway.status(order)["status"] == "Canceled" and gateway.status(order)["charge"] in ("0", "0.00")
    else:
        beta.wait_requests("add", count=1)
        gateway.wait_log("order", order=order, outcome="accepted", provider="beta")
        assert len(beta.orders()) == 1 and len(alpha.log("add")) == 1
    again = gateway.cli("order", "resolve", order, "--refund", "--yes")
    assert again.returncode == 1 and "not in doubt" in again.stderr


def test_a_number_that_its_panel_does_not_know_is_not_taken(gateway, alpha):
    order = doubt(gateway, alpha)
    done = gateway.cli("order", "resolve", order, "--accepted", "4711", "--yes")
    assert done.returncode == 1 and "alpha does not know its order 4711" in done.stderr, done
    assert "--force" in done.stderr
    assert gateway.admin(f"/orders/{order}").json["order"]["state"] == "doubt"
    alpha.rule("status", error="Internal server error", status=500)
    done = gateway.cli("order", "resolve", order, "--accepted", "4711", "--yes")
    assert done.returncode == 1 and "could not be asked" in done.stderr, done
    alpha.rules()
    there = alpha.call(action="add", service=101, link="https://example.com/there", quantity=100)["order"]
    done = gateway.cli("order", "resolve", order, "--accepted", there, "--yes")
    assert done.returncode == 0, done
    assert gateway.admin(f"/orders/{order}").json["order"]["upstream_id"] == str(there)


def test_a_number_of_another_order_is_not_taken(gateway, alpha):
    other = gateway.add(link="https://example.com/other")
    taken = alpha.orders(link="https://example.com/other")[0]["id"]
    order = doubt(gateway, alpha)
    for more in ([], ["--force"]):
        done = gateway.cli("order", "resolve", order, "--accepted", taken, "--yes", *more)
        assert done.returncode == 1 and f"is our order {other} already" in done.stderr, done
    assert gateway.admin(f"/orders/{order}").json["order"]["state"] == "doubt"


def test_doubts_with_one_text_are_ended_together(gateway, alpha):
    alpha.rule("add", error="Weird thing 17")
    orders = [gateway.add(link=f"https://example.com/p/{i}") for i in range(3)]
    assert len(gateway.admin("/orders?in_doubt=1").json["orders"]) == 3
    none = gateway.cli("order", "resolve", "--provider", "alpha", "--text", "Another", "--refund", "--yes")
    assert none.returncode == 1 and "no order in doubt" in none.stderr
    done = gateway.cli("order", "resolve", "--provider", "alpha", "--text", "Weird thing 17", "--refund", "--yes", "--json")
    assert done.returncode == 0 and done.json == {"resolved": 3}
    assert {gateway.status(order)["status"] for order in orders} == {"Canceled"}


@pytest.mark.parametrize("upstream", ["", "a b", "1;2", "x" * 65, "1\n2", "ä"])
def test_an_upstream_id_that_none_can_be_is_refused(gateway, alpha, upstream):
    order = doubt(gateway, alpha)
    answer = gateway.admin(f"/orders/{order}/resolve", "POST", body={"how": "accepted", "upstream_id": upstream})
    assert answer.status == 400, answer
    assert gateway.admin(f"/orders/{order}").json["order"]["state"] == "doubt"


def test_resolving_what_is_not_there_says_so(gateway):
    order = gateway.add()
    assert gateway.admin("/orders/77/resolve", "POST", body={"how": "refund"}).status == 404
    assert gateway.admin(f"/orders/{order}/resolve", "POST", body={"how": "refund"}).status == 409
    assert gateway.admin(f"/orders/{order}/resolve", "POST", body={"how": "perhaps"}).status == 400


# --- providers


def test_a_paused_provider_gets_no_orders_until_it_is_resumed(gateway, alpha, beta):
    assert gateway.cli("provider", "pause", "alpha").returncode == 0
    gateway.add(link="https://example.com/1")
    assert alpha.orders() == [] and len(beta.orders()) == 1
    assert gateway.admin("/providers").json["providers"][0]["state"] == "paused"
    assert gateway.metrics()['panelmux_provider_paused{provider="alpha"}'] == 1
    assert gateway.cli("provider", "resume", "alpha").returncode == 0
    gateway.add(link="https://example.com/2")
    assert len(alpha.orders()) == 1


def standing(gateway, name="alpha"):
    return next(row for row in gateway.admin("/providers").json["providers"] if row["name"] == name)


@pytest.mark.parametrize("by_kill", [False, True], ids=["SIGTERM", "SIGKILL"])
def test_a_pause_outlives_a_restart_and_so_does_a_resume(gateway, alpha, beta, by_kill):
    paused = gateway.cli("provider", "pause", "alpha", "--for", "2h", "--reason", "too slow; ask again\nlater")
    assert paused.returncode == 0 and "paused until 20" in paused.stdout and "by admin: too slow" in paused.stdout, paused
    before = standing(gateway)
    assert (before["paused_by"], before["paused_reason"]) == ("admin", "too slow; ask again\nlater")
    gateway.restart(by_kill=by_kill)
    after = standing(gateway)
    assert {name: after[name] for name in after if "paused" in name} == {name: before[name] for name in before if "paused" in name}
    assert after["state"] == "paused" and 7100 < gateway.metrics()['panelmux_provider_pause_seconds{provider="alpha"}'] <= 7200
    gateway.add(link="https://example.com/1")
    assert alpha.orders() == [] and len(beta.orders()) == 1
    assert gateway.cli("provider", "resume", "alpha").returncode == 0
    gateway.restart(by_kill=by_kill)
    assert standing(gateway)["state"] == "open" and standing(gateway)["paused_at"] is None
    gateway.add(link="https://example.com/2")
    assert len(alpha.orders()) == 1


def test_a_pause_without_an_end_stays_and_the_newest_counts(gateway, alpha, beta):
    assert gateway.admin("/providers/alpha/pause", "POST", {"for": "1ms"}).status == 200
    assert gateway.admin("/providers/alpha/pause", "POST", {"reason": "forever"}).json["paused_until"] is None
    gateway.restart()
    assert (standing(gateway)["state"], standing(gateway)["paused_reason"]) == ("paused", "forever")


def test_a_pause_for_a_time_ends_by_itself(gateway, alpha, beta):
    assert gateway.admin("/providers/alpha/pause", "POST", {"for": "300ms"}).json["state"] == "paused"
    gateway.add(link="https://example.com/1")
    eventually(lambda: standing(gateway)["state"] == "open")
    assert standing(gateway)["paused_until"] is None
    assert gateway.metrics()['panelmux_provider_paused{provider="alpha"}'] == 0
    gateway.add(link="https://example.com/2")
    assert len(alpha.orders()) == 1
    gateway.restart()
    assert standing(gateway)["state"] == "open"


@pytest.mark.parametrize("words", [["pause", "alpha", "--for", "2"], ["pause", "alpha", "--for", "0s"], ["pause", "alpha", "--for", "-1h"],
                                   ["pause", "alpha", "--for", "2 weeks"], ["pause", "alpha", "--for", ""],
                                   ["resume", "alpha", "--for", "2h"], ["list", "--reason", "x"]], ids=" ".join)
def test_a_pause_with_a_wrong_length_is_a_usage_fault(gateway, words):
    assert gateway.cli("provider", *words).returncode == 2
    assert standing(gateway)["state"] == "open"


@pytest.mark.parametrize("words", [["provider", "pause", "alpha", "--for", "1h", "--reason", "x" * 5000], ["provider", "pause", "x" * 5000],
                                   ["explain", "1", "100", "--client", "x" * 5000], ["client", "statement", "shop", "--since", "x" * 5000],
                                   ["order", "resolve", "--provider", "alpha", "--text", "*", "--refund", "--yes", "--reason", "x" * 70000]],
                         ids=lambda words: " ".join(words)[:40])
def test_an_argument_that_is_too_long_is_never_left_out(gateway, words):
    done = gateway.cli(*words)
    assert done.returncode == 1 and "an argument is too long; nothing was asked of the gateway" in done.stderr, done
    assert done.stdout == "" and standing(gateway)["state"] == "open"


def test_a_misspelt_parameter_never_stands_for_ever_or_for_all(gateway):
    refused = gateway.admin("/providers/alpha/pause", "POST", {"fro": "1h"})
    assert refused.status == 400 and refused.error == "there is no parameter fro here; there is: for reason"
    assert standing(gateway)["state"] == "open"
    refused = gateway.admin("/orders?clinet=shop")
    assert refused.status == 400 and refused.error.startswith("there is no parameter clinet here; there is: in_doubt "), refused
    for path in ("/orders/resolve", "/orders/7/resolve"):
        assert "no parameter reson" in gateway.admin(path, "POST", {"reson": "x", "how": "refund"}).error


@pytest.mark.parametrize("body", [{"for": "2"}, {"for": "0s"}, {"for": "99999d"}, {"reason": "x" * 256}], ids=str)
def test_the_admin_side_says_what_a_pause_may_be(gateway, body):
    refused = gateway.admin("/providers/alpha/pause", "POST", body)
    assert refused.status == 400 and refused.error and standing(gateway)["state"] == "open"


def test_resume_ends_the_rest_of_an_offer(gateway, alpha, beta):
    alpha.rule("add", error="Service disabled", times=1)
    gateway.add(link="https://example.com/1")
    gateway.add(link="https://example.com/2")
    assert alpha.orders() == [] and len(beta.orders()) == 2
    assert gateway.cli("provider", "resume", "alpha").returncode == 0
    gateway.add(link="https://example.com/3")
    assert len(alpha.orders()) == 1


def test_the_providers_stand_in_a_table(gateway):
    listed = gateway.cli("provider", "list")
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()
    assert lines[0].split()[:3] == ["NAME", "STATE", "BALANCE"] and lines[1].split()[:2] == ["alpha", "open"]
    assert "1000.00 USD" in lines[1] and lines[1].rstrip().endswith("good")
    row = gateway.cli("provider", "list", "--json").json["providers"][0]
    assert row["balance"] == "1000.00" and row["services"] == 10 and row["quarantined"] == 0


def test_a_jumped_price_waits_until_it_is_accepted(make_gateway, alpha):
    gateway = make_gateway([alpha], catalogue={"refresh": "50ms"})
    services = [{"service": 101, "name": "Followers", "type": "Default", "category": "Simulated", "rate": "9.00",
                 "min": 10, "max": 10000}]
    services += [{"service": s, "name": f"s{s}", "type": "Default", "category": "C", "rate": "1.00", "min": 10,
                  "max": 1000} for s in range(102, 111)]
    alpha.set(services=services)
    eventually(lambda: gateway.admin("/providers").json["providers"][0]["quarantined"] >= 1)
    eventually(lambda: not gateway.admin("/explain?service=1&quantity=100").json["deliverable"])
    done = gateway.cli("provider", "accept", "alpha", "101", "--yes")
    assert done.returncode == 0 and "accepted: 1" in done.stdout, done
    eventually(lambda: gateway.admin("/explain?service=1&quantity=100").json["deliverable"])
    assert gateway.admin("/explain?service=1&quantity=1000").json["offers"][0]["cost"] == "9.00"


def test_the_doctor_says_what_is_wrong(gateway, alpha, beta):
    well = gateway.cli("provider", "doctor", "beta")
    assert well.returncode == 0 and "PROBLEM" not in well.stdout, well
    alpha.set(services=[{"service": 101, "name": "Followers", "type": "Default", "category": "C", "rate": "0.90",
                         "min": 10, "max": 100}], balance="0.00")
    ill = gateway.cli("provider", "doctor", "alpha")
    assert ill.returncode == 1 and "nothing left" in ill.stdout and "102 is not in its list" in ill.stdout, ill
    alpha.rule("balance", error="Invalid API key")
    assert "the key is refused" in gateway.cli("provider", "doctor", "alpha").stdout
    beta.stop()
    gone = gateway.cli("provider", "doctor", "beta", "--json")
    assert gone.returncode == 1 and gone.json["healthy"] is False
    assert any("could not be asked" in f["message"] for f in gone.json["findings"])


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm", ".lock"])
def test_a_backup_never_takes_the_ledgers_own_names(gateway, tmp_path, suffix):
    gateway.add()
    ledger = gateway.config["ledger"].removeprefix("sqlite:")
    folder, name = os.path.split(os.path.join(gateway.folder, ledger))
    os.makedirs(os.path.join(folder, "there"), exist_ok=True)
    for path in (os.path.join(folder, name + suffix), os.path.join(folder, "there", "..", name + suffix)):
        if os.path.exists(path):
            assert gateway.admin("/ledger/backup", "POST", {"path": path}).status == 409
            continue
        refused = gateway.admin("/ledger/backup", "POST", {"path": path})
        assert refused.status == 409 and "belongs to the ledger" in refused.error and not os.path.exists(path), refused
    assert gateway.cli("ledger", "verify").returncode == 0


def test_a_backup_never_removes_what_it_did_not_make(gateway, tmp_path):
    target = tmp_path / "copy.db"
    others = [tmp_path / "copy.db.partial", tmp_path / "copy.db-journal", tmp_path / "copy.db-wal"]
    for other in others:
        other.write_text("not a backup of ours")
    done = gateway.admin("/ledger/backup", "POST", {"path": str(target)})
    assert done.status == 200, done
    assert all(other.read_text() == "not a backup of ours" for other in others[:1])
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("copy.db")) == \
        ["copy.db", "copy.db-journal", "copy.db-wal", "copy.db.partial"]


def test_the_doctor_works_within_the_rate_limit(make_gateway, alpha):
    gateway = make_gateway([alpha], providers=[provider(alpha, rate_limit="2/s")], catalogue={"balance": "1h", "refresh": "1h"})
    refused = gateway.admin("/providers/alpha/doctor")
    assert refused.status == 405 and refused.error and refused.headers["allow"] == "POST", refused
    before = alpha.count("balance") + alpha.count("services")
    answers = together(20, lambda i: gateway.admin("/providers/alpha/doctor", "POST", {}))
    assert [answer.status for answer in answers] == [200] * 20
    assert all(answer.json["services"] > 0 for answer in answers)
    # Those that came while one was at it share its report: a second round may have begun, hardly a third.
    assert alpha.count("balance") + alpha.count("services") - before <= 6


# --- explain


def test_explain_shows_price_cost_and_why_an_offer_is_skipped(gateway, alpha):
    gateway.cli("provider", "pause", "alpha")
    told = gateway.admin("/explain?service=1&quantity=1000&client=shop").json
    assert told["rate"] == "1.125" and told["charge"] == "1.125" and told["client"] == "shop"
    assert [(o["provider"], o["position"]) for o in told["offers"]] == [("alpha", None), ("beta", 1)]
    assert told["offers"][0]["skip"] and told["offers"][1]["skip"] == "" and told["offers"][1]["cost"] == "0.90"
    text = gateway.cli("explain", 1, 1000, "--client", "shop")
    assert text.returncode == 0 and "paused" in text.stdout and "charge for 1000: 1.125 USD" in text.stdout
    assert gateway.admin("/explain?service=1&quantity=1").json["problem"]


def test_explain_never_asks_a_panel(gateway, alpha, beta):
    asked = len(alpha.log()) + len(beta.log())
    for service in range(1, 11):
        assert gateway.cli("explain", service, 100).returncode == 0
    assert len(alpha.log("add")) == 0 and len(alpha.log()) + len(beta.log()) == asked


# --- clients, configuration, ledger


def test_clients_are_listed_without_their_keys(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "shop", "key": SHOP_KEY},
        {"name": "other", "keys": ["k" * 20, "l" * 20], "markup": "12.5% + 0.01", "rate_limit": "5/s",
         "services": ["1-3", 7], "addresses": ["10.0.0.0/8"], "balance": "12.00"}])
    listed = gateway.cli("client", "list", "--json")
    other = listed.json["clients"][1]
    assert (other["keys"], other["markup"], other["rate_limit"]) == (2, "12.5% + 0.01", "5/s")
    assert (other["services"], other["addresses"], other["balance"]) == ("1-3, 7", "10.0.0.0/8", "12.00")
    assert SHOP_KEY not in listed.stdout and "kkkk" not in listed.stdout
    assert "other" in gateway.cli("client", "list").stdout


def test_a_fresh_key_opens_the_door(make_gateway, alpha, tmp_path):
    fresh = json.loads(subprocess.run([binary(), "client", "key", "--json"], capture_output=True, check=True,
                                      cwd=tmp_path).stdout)
    assert hashlib.sha256(fresh["key"].encode()).hexdigest() == fresh["key_sha256"]
    gateway = make_gateway([alpha], clients=[{"name": "new", "key_sha256": fresh["key_sha256"]}])
    assert "balance" in gateway.call("balance", key=fresh["key"])
    assert gateway.call("balance").error == "Invalid API key"


def test_a_reload_takes_effect_or_says_why_not(gateway):
    config = dict(gateway.config, clients=[{"name": "shop", "key": "another-key-12345"}])
    assert gateway.reload(config).returncode == 0
    assert "balance" in gateway.call("balance", key="another-key-12345")
    failures = gateway.metrics()["panelmux_reload_failures_total"]
    bad = gateway.reload(dict(config, workerz=3))
    assert bad.returncode == 1 and re.search(r"panelmux\.yaml:\d+:\d+: ", bad.stderr) and "workerz" in bad.stderr, bad
    assert "balance" in gateway.call("balance", key="another-key-12345")
    assert gateway.metrics()["panelmux_reload_failures_total"] == failures + 1


def test_the_ledger_is_copied_while_it_is_used(gateway, tmp_path):
    order = gateway.add()
    copy = tmp_path / "copy.db"
    done = gateway.cli("ledger", "backup", copy)
    assert done.returncode == 0 and copy.exists(), done
    again = gateway.cli("ledger", "backup", copy)
    assert again.returncode == 1 and "exists" in again.stderr
    gateway.stop()
    os.replace(copy, os.path.join(gateway.folder, "panelmux.db"))
    for name in ("panelmux.db-wal", "panelmux.db-shm"):
        if os.path.exists(os.path.join(gateway.folder, name)):
            os.unlink(os.path.join(gateway.folder, name))
    gateway.start()
    assert gateway.status(order)["status"] == "Pending"


def test_the_ledger_is_read_when_no_gateway_runs(gateway, alpha, tmp_path):
    order = doubt(gateway, alpha)
    online = gateway.cli("order", "show", order, "--json").json
    online_list = gateway.cli("order", "list", "--in-doubt", "--json").json
    assert gateway.cli("ledger", "verify").returncode == 0
    gateway.stop()
    assert gateway.cli("order", "show", order, "--json").json == online
    assert gateway.cli("order", "list", "--in-doubt", "--json").json == online_list
    assert f"{order}" in gateway.cli("order", "list").stdout
    assert gateway.cli("order", "show", 77).returncode == 1
    verified = gateway.cli("ledger", "verify", "--json")
    assert verified.returncode == 0 and verified.json == {"broken": [], "ok": True}
    assert gateway.cli("ledger", "backup", tmp_path / "offline.db").returncode == 0


def test_what_needs_the_gateway_says_where_it_looked(gateway):
    gateway.stop()
    for words in (["provider", "list"], ["client", "freeze", "shop"], ["reload"], ["explain", 1, 100],
                  ["order", "resolve", 1, "--refund"], ["provider", "pause", "alpha"]):
        done = gateway.cli(*words)
        assert done.returncode == 3 and f"127.0.0.1:{gateway.admin_port}" in done.stderr, (words, done)


def test_operators_need_no_other_secret_than_the_token(make_gateway, alpha):
    text = f"""
listen: 127.0.0.1:{{port}}
admin: {{listen: "127.0.0.1:{{admin_port}}", token: "${{env:STORY_TOKEN}}"}}
ledger: sqlite:books.db
clients: [{{name: shop, balance: 0, key: "${{env:STORY_SHOP}}"}}]
providers: [{{name: alpha, url: "{alpha.url}", key: "${{env:STORY_ALPHA}}"}}]
services: [{{id: 1, offers: [{{provider: alpha, service: 101}}]}}]
"""
    text = text.replace("{{", "{").replace("}}", "}")
    gateway = make_gateway(config=text, environment={"STORY_TOKEN": ADMIN_TOKEN, "STORY_SHOP": SHOP_KEY,
                                                     "STORY_ALPHA": alpha.key})
    gateway.environment = {"STORY_TOKEN": ADMIN_TOKEN}
    assert gateway.cli("provider", "list").returncode == 0
    gateway.environment = {"STORY_TOKEN": "wrong"}
    refused = gateway.cli("provider", "list")
    assert refused.returncode == 1 and "token" in refused.stderr
    gateway.environment = {}
    missing = gateway.cli("provider", "list")
    assert missing.returncode == 1 and "STORY_TOKEN" in missing.stderr
