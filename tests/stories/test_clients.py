"""Clients' settings and money, and clients that are added and changed while the gateway runs."""
import csv
import io
import re
from decimal import Decimal

import pytest
from books import wait_status
from harness import eventually, together
from harness.config import SHOP_KEY

FRIEND = "friend-key-0123456789"


def rates(gateway, key=SHOP_KEY):
    return {row["service"]: row["rate"] for row in gateway.call("services", key=key).json}


# ---- settings


def test_own_prices_take_the_place_of_price_and_markups(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "shop", "key": SHOP_KEY},
        {"name": "friend", "key": FRIEND, "markup": "100%", "prices": {1: "0.987654", 3: 7}}])
    plain, own = rates(gateway), rates(gateway, FRIEND)
    assert (own[1], own[3]) == ("0.98766", "7.00")  # rounded up to `decimals`
    assert float(own[2]) == 2 * float(plain[2])
    order = gateway.add(service=1, quantity=1000, key=FRIEND)
    assert gateway.status(order, key=FRIEND)["charge"] == "0.98766"


def test_an_own_price_below_cost_is_not_sold_at_a_loss(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[{"name": "friend", "key": FRIEND, "prices": {1: "0.00001"}}])
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/p", quantity=100).error == \
        "Service is temporarily unavailable"
    assert alpha.log("add") == []


def test_a_frozen_client_reads_and_changes_nothing(make_gateway, alpha):
    gateway = make_gateway([alpha])
    order = gateway.add()
    asked = len(alpha.log("add"))
    client = {**gateway.config["clients"][0], "frozen": True}
    assert gateway.reload({**gateway.config, "clients": [client]}).returncode == 0
    for action, fields in (("add", {"service": 1, "link": "https://e.com/p", "quantity": 100}),
                           ("refill", {"order": order}), ("cancel", {"orders": order})):
        assert gateway.call(action, **fields).error == "Your account is inactive", action
    assert gateway.status(order).error is None and gateway.call("balance").error is None
    assert rates(gateway) and len(alpha.log("add")) == asked and alpha.log("cancel") == []


def test_a_prepaid_client_without_money_orders_nothing(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[{"name": "friend", "key": FRIEND, "funds": "prepaid"}])
    assert gateway.call("balance", key=FRIEND).json == {"balance": "0.00000", "currency": "USD"}
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/p", quantity=100).error == \
        "Not enough funds on balance"
    assert alpha.log("add") == []


def test_credit_goes_as_far_as_its_limit(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "friend", "key": FRIEND, "funds": "prepaid", "credit_limit": "2.50", "prices": {1: 10}}])
    for number in range(2):
        gateway.add(service=1, quantity=100, link=f"https://e.com/{number}", key=FRIEND)
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/3", quantity=100).error == \
        "Not enough funds on balance"
    gateway.add(service=1, quantity=50, link="https://e.com/4", key=FRIEND)
    assert gateway.call("balance", key=FRIEND)["balance"] == "-2.50000"


def test_a_limit_a_day_holds_for_an_unlimited_client(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "friend", "key": FRIEND, "daily_limit": "1.50", "prices": {1: 10}}])
    gateway.add(service=1, quantity=100, link="https://e.com/1", key=FRIEND)
    assert gateway.call("add", key=FRIEND, service=1, link="https://e.com/2", quantity=100).error == \
        "Not enough funds on balance"
    gateway.add(service=1, quantity=50, link="https://e.com/3", key=FRIEND)
    assert len(alpha.log("add")) == 2


# ---- clients added at run time


LINK = "https://example.com/p/1"


def ok(done):
    assert done.returncode == 0, done
    return done


def add(gateway, name, *options):
    options = options if "--funds" in options else ("--balance", "0", *options)
    return ok(gateway.cli("client", "add", name, *options, "--json")).json["key"]


def listed(gateway, name):
    found = [row for row in ok(gateway.cli("client", "list", "--json")).json["clients"] if row["name"] == name]
    assert len(found) == 1, found
    return found[0]


def test_a_new_client_calls_at_once_by_every_worker(make_gateway, alpha):
    gateway = make_gateway([alpha], workers=4)
    done = ok(gateway.cli("client", "add", "bob", "--balance", "0", "--markup", "100%", "--services", "1-2", "--rate-limit", "5000/s"))
    key = done.stdout.split()[-1]
    assert len(key) == 40
    plain, own = rates(gateway), None
    for _ in range(30):  # each by a connection of its own: some worker's
        own = rates(gateway, key)
        assert sorted(own) == [1, 2]
    assert float(own[1]) == 2 * float(plain[1])
    order = gateway.add(key=key)
    assert gateway.status(order, key=key).error is None
    assert gateway.status(order).error == "Incorrect order ID"
    row = listed(gateway, "bob")
    assert (row["origin"], row["funds"], row["services"], row["keys"]) == ("ledger", "unlimited", "1-2", 1)
    assert row["key_list"][0]["label"] == "first" and row["last_call_at"]
    assert listed(gateway, "shop")["origin"] == "file" and ":" in listed(gateway, "shop")["where"]
    assert key not in gateway.program.tail(1000) and key not in ok(gateway.cli("client", "list", "--json")).stdout


def test_what_was_acknowledged_outlives_a_kill(gateway):
    key = add(gateway, "bob", "--funds", "prepaid", "--credit-limit", "100")
    gateway.restart(by_kill=True)
    order = gateway.add(key=key)
    ok(gateway.cli("client", "freeze", "bob"))
    second = ok(gateway.cli("client", "key", "add", "bob", "--label", "second", "--json")).json["key"]
    gateway.restart(by_kill=True)
    assert gateway.call("add", key=second, service=1, link=LINK, quantity=100).error == "Your account is inactive"
    assert gateway.status(order, key=second).error is None
    ok(gateway.cli("client", "unfreeze", "bob"))
    ok(gateway.cli("client", "key", "revoke", "bob", "first"))
    gateway.restart(by_kill=True)
    assert gateway.call("balance", key=key).error == "Invalid API key"
    gateway.add(key=second, link="https://example.com/p/2")
    assert ok(gateway.cli("ledger", "verify")).stdout.startswith("ok")


def test_a_key_is_changed_without_a_gap(gateway):
    old = add(gateway, "bob", "--label", "old")
    new = ok(gateway.cli("client", "key", "add", "bob", "--label", "new", "--json")).json["key"]
    assert gateway.call("balance", key=old).error is None and gateway.call("balance", key=new).error is None
    ok(gateway.cli("client", "key", "revoke", "bob", "old"))
    assert gateway.call("balance", key=old).error == "Invalid API key" and gateway.call("balance", key=new).error is None
    again = gateway.cli("client", "key", "add", "bob", "--label", "old")
    assert again.returncode == 1 and "revoked" in again.stderr
    twice = gateway.cli("client", "key", "add", "bob", "--label", "new")
    assert twice.returncode == 1 and "label" in twice.stderr
    assert [key["label"] for key in listed(gateway, "bob")["key_list"]] == ["new"]


def test_settings_are_put_over_what_is_there(gateway):
    key = add(gateway, "bob", "--markup", "100%", "--prices", "1=5,2=6")
    ok(gateway.cli("client", "set", "bob", "--services", "1,3"))
    assert rates(gateway, key)[1] == "5.00" and sorted(rates(gateway, key)) == [1, 3]
    ok(gateway.cli("client", "set", "bob", "--prices", "none", "--services", "all"))
    assert float(rates(gateway, key)[1]) == 2 * float(rates(gateway)[1])
    ok(gateway.cli("client", "set", "bob", "--funds", "prepaid"))
    assert gateway.call("add", key=key, service=1, link=LINK, quantity=100).error == "Not enough funds on balance"
    unsaid = gateway.cli("client", "set", "bob", "--funds", "unlimited")
    assert unsaid.returncode == 1 and "an amount or provider_sum" in unsaid.stderr, unsaid
    assert gateway.call("balance", key=key)["balance"] == "0.00000"
    ok(gateway.cli("client", "set", "bob", "--funds", "unlimited", "--balance", "12"))
    assert gateway.call("balance", key=key)["balance"] == "12.00000"
    assert listed(gateway, "bob")["markup"] == "100%"


ZERO = ("--balance", "0")


@pytest.mark.parametrize("arguments, words", [
    (("add", "bob", *ZERO, "--markup", "much"), "markup"),
    (("add", "bob", "--funds", "credit"), "funds"),
    (("add", "bob", *ZERO, "--credit-limit", "5"), "credit_limit"),
    (("add", "bob", "--funds", "prepaid", "--balance", "5"), "balance"),
    (("add", "bob", *ZERO, "--daily-limit", "-1"), "daily_limit"),
    (("add", "bob", *ZERO, "--services", "9-1"), "services"),
    (("add", "bob", *ZERO, "--services", ""), "services"),
    (("add", "bob", *ZERO, "--rate-limit", "5"), "rate_limit"),
    (("add", "bob", *ZERO, "--prices", "1=0.80,1=x"), "prices"),
    (("add", "bob", *ZERO, "--prices", "nonsense"), "--prices"),
    (("add", "bob", *ZERO, "--markup", "${env:HOME}"), "configuration file"),
    (("add", "a name", *ZERO), "name"),
    (("add", "shop", *ZERO), "panelmux.yaml:"),
    (("set", "shop", "--markup", "5%"), "panelmux.yaml:"),
    (("freeze", "shop"), "panelmux.yaml:"),
    (("key", "add", "shop", "--label", "x"), "panelmux.yaml:"),
    (("key", "revoke", "shop", "x"), "panelmux.yaml:"),
    (("set", "nobody", "--markup", "5%"), "no client"),
    (("freeze", "nobody"), "no client"),
    (("key", "add", "nobody", "--label", "x"), "no client"),
    (("set", "bob"), "nothing to set"),
    (("add",), "missing argument"),
    (("add", "bob"), "needs --balance"),
    (("add", "bob", "--funds", "unlimited"), "an amount or provider_sum"),
    (("add", "bob", "--balance", "much"), "an amount such as 1000.00, or provider_sum"),
    (("freeze", "nobody", "--markup", "5%"), "--markup"),
    (("key", "add", "nobody"), "--label"),
])
def test_what_is_wrong_is_said_and_changes_nothing(gateway, arguments, words):
    before = ok(gateway.cli("client", "list", "--json")).json["clients"]
    done = gateway.cli("client", *arguments)
    assert done.returncode in (1, 2) and words in done.stderr, done
    after = ok(gateway.cli("client", "list", "--json")).json["clients"]
    assert [row["name"] for row in after] == [row["name"] for row in before] == ["shop"]


def test_the_page_refuses_what_it_cannot_read(gateway):
    for body in ("[]", "x", '{"markup": 5, "markup": 6}', '{"markup": {"a": 1}}', '{"name": "x"}', '{"frozen": true}',
                 '{"key": "too-short"}', '{"label": "a\\nb"}', '{"key_sha256": "00"}'):
        answer = gateway.admin("/api/clients/bob/add", "POST", body)
        assert answer.status == 400 and answer.error, (body, answer)
    assert gateway.admin("/api/clients/bob/add", "POST", "{}", token="wrong").status == 401
    own = gateway.admin("/api/clients/bob/add", "POST", {"key": "moved-in-key-0123456789", "balance": "0", "markup": "5%"})
    assert own.status == 200 and gateway.call("balance", key="moved-in-key-0123456789").error is None
    twice = gateway.admin("/api/clients/eve/add", "POST", {"key": "moved-in-key-0123456789", "balance": "0"})
    assert twice.status in (409, 503), twice


def test_a_name_in_both_places_is_a_fault_that_names_them(gateway):
    add(gateway, "bob")
    config = {**gateway.config, "clients": [*gateway.config["clients"], {"name": "bob", "key": "bobs-file-key-0123456789"}]}
    done = gateway.reload(config)
    assert done.returncode == 1 and "panelmux.yaml:" in done.stderr and "panelmux.db" in done.stderr, done
    assert gateway.call("balance", key="bobs-file-key-0123456789").error == "Invalid API key"
    checked = gateway.cli("check")
    assert checked.returncode == 1 and re.search(r"panelmux.yaml:\d+:\d+: client `bob`", checked.stderr), checked
    gateway.stop()
    gateway.start(ready=False)
    assert gateway.program.wait_end() == 1
    assert "bob" in gateway.program.tail() and "panelmux.db" in gateway.program.tail()


def test_a_reload_keeps_the_ledgers_clients(gateway):
    key = add(gateway, "bob")
    assert gateway.reload({**gateway.config, "services": gateway.config["services"][:3]}).returncode == 0
    assert sorted(rates(gateway, key)) == [1, 2, 3]
    ok(gateway.cli("client", "set", "bob", "--services", "3"))
    assert sorted(rates(gateway, key)) == [3]


def test_many_changes_at_once_are_all_made(gateway):
    done = together(24, lambda i: gateway.cli("client", "add", f"client-{i % 12}", "--balance", "0", "--json"))
    good = [answer for answer in done if answer.returncode == 0]
    assert len(good) == 12 and all("there is a client" in a.stderr for a in done if a.returncode), done
    for answer in good:
        assert gateway.call("balance", key=answer.json["key"]).error is None
    settings = [("--markup", "10%"), ("--services", "1-3"), ("--daily-limit", "50"), ("--rate-limit", "100/s"),
                ("--prices", "1=5")]
    for answer in together(len(settings), lambda i: gateway.cli("client", "set", "client-1", *settings[i])):
        ok(answer)
    row = listed(gateway, "client-1")
    assert (row["markup"], row["services"], row["daily_limit"], row["rate_limit"], row["prices"]) == \
        ("10%", "1-3", "50.00", "100/s", {"1": "5.00"})


def test_the_list_is_read_without_a_gateway(gateway):
    key = add(gateway, "bob", "--funds", "prepaid", "--credit-limit", "9")
    gateway.add(key=key)
    before = listed(gateway, "bob")
    gateway.stop()
    assert listed(gateway, "bob") == before
    assert "bob" in ok(gateway.cli("client", "list")).stdout
    changed = gateway.cli("client", "freeze", "bob")
    assert changed.returncode == 3 and "running" in changed.stderr, changed


def test_the_files_clients_are_listed_before_the_first_start(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False)
    assert listed(gateway, "shop")["held"] == "0.00"


# ---- money


def credit(gateway, name, amount, *options):
    return gateway.cli("client", "credit", name, amount, *options, "--json")


def test_credit_pays_for_orders_and_comes_once(gateway, alpha):
    key = add(gateway, "bob", "--funds", "prepaid", "--prices", "1=10")
    assert ok(credit(gateway, "bob", "1.50", "--id", "pay-1", "--note", "bank, \"first\"")).json["balance"] == "1.50"
    again = ok(credit(gateway, "bob", "1.50", "--id", "pay-1")).json
    assert again["repeat"] is True and again["balance"] == "1.50"
    other = credit(gateway, "bob", "2", "--id", "pay-1")
    assert other.returncode == 1 and other.stderr, other
    gateway.add(key=key)
    assert gateway.call("add", key=key, service=1, link="https://e.com/2", quantity=100).error == "Not enough funds on balance"
    assert gateway.call("balance", key=key).json == {"balance": "0.50000", "currency": "USD"}
    row = listed(gateway, "bob")
    assert (row["balance"], row["held"], row["available"], row["spent_today"]) == ("0.50", "0.00", "0.50", "1.00")
    back = credit(gateway, "bob", "-0.51")
    assert back.returncode == 1 and "available" in back.stderr, back
    assert ok(credit(gateway, "bob", "-0.50")).json["available"] == "0.00"
    gateway.restart(by_kill=True)
    assert gateway.call("balance", key=key)["balance"] == "0.00000"
    assert ok(credit(gateway, "bob", "1.5", "--id", "pay-1")).json["repeat"] is True


def test_each_client_s_orders_and_spending_of_today_are_listed(gateway, alpha):
    """Of an unlimited client without a daily limit as well, whose account no order holds."""
    row = listed(gateway, "shop")
    assert (row["orders_today"], row["spent_today"]) == (0, "0.00")
    first = gateway.add(service=1, quantity=100)
    gateway.add(service=1, quantity=200, link="https://e.com/2")
    charge = Decimal(gateway.status(first)["charge"])
    row = eventually(lambda: (lambda row: row if Decimal(row["spent_today"]) == 3 * charge else None)(listed(gateway, "shop")))
    assert row["orders_today"] == 2
    alpha.set_order(alpha.orders()[0]["id"], status="Canceled")
    assert wait_status(gateway, first, "Canceled")
    row = eventually(lambda: (lambda row: row if Decimal(row["spent_today"]) == 2 * charge else None)(listed(gateway, "shop")))
    assert row["orders_today"] == 2
    alpha.rule("add", error="Bad link")
    assert gateway.call("add", service=1, quantity=100, link="https://e.com/3").error == "Incorrect link"
    assert listed(gateway, "shop")["orders_today"] == 2, "what was refused is none"
    table = gateway.cli("client", "list").stdout.splitlines()
    assert "ORDERS" in table[0] and "TODAY" in table[0], table
    gateway.stop()
    assert listed(gateway, "shop")["orders_today"] == 2, "read from the ledger itself"


@pytest.mark.parametrize("amount", ["0", "x", "1,5", "1e99", "0.000000001", "", "--5", "NaN", "99999999999999999999"])
def test_what_is_no_amount_is_no_credit(gateway, amount):
    add(gateway, "bob", "--funds", "prepaid")
    done = credit(gateway, "bob", amount)
    assert done.returncode in (1, 2) and done.stderr, done
    assert listed(gateway, "bob")["balance"] == "0.00"


def test_credit_is_for_clients_that_are_there(gateway):
    done = credit(gateway, "nobody", "5")
    assert done.returncode == 1 and "no client" in done.stderr
    assert ok(credit(gateway, "shop", "5")).json["balance"] == "5.00"  # the file's clients have accounts too


def test_a_payment_script_calls_the_page(gateway):
    add(gateway, "bob", "--funds", "prepaid")
    for body in ({"amount": "5.00", "id": "a", "note": "n"}, {"amount": 5, "id": "a"}, {"amount": 5.0, "id": "a"}):
        answer = gateway.admin("/api/clients/bob/credit", "POST", body)
        assert answer.status == 200 and answer["balance"] == "5.00", answer
    assert gateway.admin("/api/clients/bob/credit", "POST", {"amount": 0.1})["balance"] == "5.10"
    for body in ({}, {"amount": None}, {"amount": [1]}, {"amount": True, "id": "b"}, {"amount": "5", "id": "x" * 200}):
        answer = gateway.admin("/api/clients/bob/credit", "POST", body)
        assert answer.status == 400 and answer.error, (body, answer)
    assert listed(gateway, "bob")["balance"] == "5.10"


def test_a_statement_adds_up(gateway, alpha):
    key = add(gateway, "bob", "--funds", "prepaid", "--prices", "1=10")
    ok(credit(gateway, "bob", "10", "--note", "bank, \"first\""))
    order = gateway.add(key=key)
    ok(credit(gateway, "bob", "-1.25"))
    statement = ok(gateway.cli("client", "statement", "bob", "--json")).json
    lines = statement["lines"]
    assert [line["kind"] for line in lines][:3] == ["deposit", "hold", "capture"]
    assert statement["opening"] == "0.00" and lines[1]["order"] == order
    total = Decimal(statement["opening"])
    for line in lines:
        total += Decimal(line["amount"])
        assert total == Decimal(line["balance"]), line
    assert total == Decimal(statement["closing"]) == Decimal("7.75")
    rows = list(csv.reader(ok(gateway.cli("client", "statement", "bob", "--csv")).stdout.splitlines()))
    assert rows[0][0] == "time" and rows[1][6] == "" and rows[2][6] == "bank, \"first\""
    assert (rows[1][1], rows[1][4]) == ("opening", "0.00") and (rows[-1][1], rows[-1][4]) == ("closing", "7.75")
    later = ok(gateway.cli("client", "statement", "bob", "--since", "2099-01-01", "--json")).json
    assert (later["opening"], later["lines"], later["closing"]) == ("7.75", [], "7.75")
    earlier = ok(gateway.cli("client", "statement", "bob", "--until", "2001-01-01", "--json")).json
    assert (earlier["opening"], earlier["lines"], earlier["closing"]) == ("0.00", [], "0.00")
    bad = gateway.cli("client", "statement", "bob", "--since", "2026-02-30")
    assert bad.returncode == 1 and "2026-11-30" in bad.stderr, bad
    gateway.stop()
    assert ok(gateway.cli("client", "statement", "bob", "--json")).json == statement
    unknown = gateway.cli("client", "statement", "nobody")
    assert unknown.returncode == 1 and unknown.stderr


def test_parallel_orders_with_money_for_some_give_exactly_those(make_gateway, alpha):
    gateway = make_gateway([alpha], workers=2)
    key = add(gateway, "bob", "--funds", "prepaid", "--prices", "1=10")
    ok(credit(gateway, "bob", "7.5"))
    done = together(20, lambda i: gateway.call("add", key=key, service=1, link=f"https://e.com/{i}", quantity=100))
    assert sum("order" in answer for answer in done) == 7
    assert all(answer.error == "Not enough funds on balance" for answer in done if "order" not in answer)
    assert gateway.call("balance", key=key)["balance"] == "0.50000" and len(alpha.log("add")) == 7
    assert ok(gateway.cli("ledger", "verify")).stdout.startswith("ok")


def test_the_currency_stays_while_a_client_has_money(make_gateway, alpha):
    gateway = make_gateway([alpha], rates={"USD": 1})
    add(gateway, "bob", "--funds", "prepaid")
    ok(credit(gateway, "bob", "5"))
    other = {**gateway.config, "currency": "EUR", "rates": {"USD": "0.9"}}
    usd = gateway.config
    done = gateway.reload(other)
    assert done.returncode == 1 and "bob" in done.stderr and "USD" in done.stderr, done
    gateway.stop()
    gateway.start(ready=False)
    assert gateway.program.wait_end() == 1 and "currency" in gateway.program.tail()
    gateway.write(usd)
    gateway.start()
    ok(credit(gateway, "bob", "-5"))
    ok(gateway.reload(other))
    assert listed(gateway, "bob")["balance"] == "0.00"


def test_reloads_and_changes_at_once_all_come_into_force(make_gateway, alpha):
    """What is booked while a reload is on its way is in the next set, and the other way round."""
    gateway = make_gateway([alpha], workers=2)
    keys = [add(gateway, f"client-{i}") for i in range(4)]
    shop = gateway.config["clients"][0]

    def work(i):
        if i < 4:
            return gateway.cli("client", "set", f"client-{i}", "--services", str(i + 1))
        gateway.hang_up()
        return gateway.cli("reload")

    gateway.write({**gateway.config, "clients": [{**shop, "services": [5]}]})
    for done in together(8, work):
        ok(done)
    assert [sorted(rates(gateway, key)) for key in keys] == [[1], [2], [3], [4]]
    assert sorted(rates(gateway)) == [5]
    gateway.restart()
    assert [sorted(rates(gateway, key)) for key in keys] == [[1], [2], [3], [4]]


def test_a_stop_right_behind_a_change_loses_nothing(gateway):
    keys = [add(gateway, f"client-{i}") for i in range(2)]

    def work(i):
        if i == 3:
            return gateway.stop()
        return gateway.cli("client", "freeze", f"client-{i % 2}")

    done = [answer for answer in together(4, work) if answer is not None]
    gateway.start()
    frozen = {row["name"]: row["frozen"] for row in ok(gateway.cli("client", "list", "--json")).json["clients"]}
    for i, answer in enumerate(done[:2]):
        if answer.returncode == 0:
            assert frozen[f"client-{i}"], done
    assert gateway.call("balance", key=keys[0]).error is None


def test_when_a_key_was_used_is_known_after_a_restart(gateway):
    key = add(gateway, "bob")
    assert listed(gateway, "bob")["key_list"][0]["last_used_at"] is None
    assert gateway.call("balance", key=key).error is None
    used = listed(gateway, "bob")["key_list"][0]["last_used_at"]
    assert used
    gateway.restart()
    assert listed(gateway, "bob")["key_list"][0]["last_used_at"] == used


def test_the_currency_stays_while_an_order_is_under_way(make_gateway, alpha):
    """Canceled, it gives money back in the old one."""
    gateway = make_gateway([alpha], rates={"USD": 1})
    key = add(gateway, "bob", "--funds", "prepaid")
    ok(credit(gateway, "bob", "0.1125"))
    order = gateway.add(key=key)
    assert Decimal(listed(gateway, "bob")["balance"]) == 0
    usd, eur = gateway.config, {**gateway.config, "currency": "EUR", "rates": {"USD": "0.9"}}
    done = gateway.reload(eur)
    assert done.returncode == 1 and "1 orders are under way in USD" in done.stderr, done
    gateway.stop()
    gateway.start(ready=False)
    assert gateway.program.wait_end() == 1 and "1 orders are under way in USD" in gateway.program.tail()
    gateway.write(usd)
    gateway.start()
    alpha.set_order(alpha.orders()[-1]["id"], status="Completed", remains=0)
    eventually(lambda: gateway.status(order, key=key)["status"] == "Completed")
    eventually(lambda: gateway.reload(eur).returncode == 0)


@pytest.mark.parametrize("whose", ["of the file", "of the ledger"])
def test_a_key_has_one_client_also_at_run_time(gateway, whose):
    key = SHOP_KEY if whose == "of the file" else add(gateway, "bob")
    add(gateway, "cid")
    for path, body in (("eve/add", {"key": key, "balance": "0"}), ("cid/keys", {"key": key, "label": "second"})):
        refused = gateway.admin(f"/api/clients/{path}", "POST", body)
        assert refused.status == 409 and "has this key" in refused.json["error"], refused
    assert "eve" not in ok(gateway.cli("client", "list")).stdout
    ok(gateway.reload(gateway.config))
    gateway.restart()
    assert "eve" not in ok(gateway.cli("client", "list")).stdout


def test_a_revoked_key_makes_no_half_added_client(gateway):
    key = add(gateway, "bob")
    ok(gateway.cli("client", "key", "revoke", "bob", "first"))
    assert gateway.admin("/api/clients/eve/add", "POST", {"key": key, "balance": "0"}).status == 409
    assert "eve" not in ok(gateway.cli("client", "list")).stdout


def test_a_client_with_unfinished_orders_stays_in_the_file(make_gateway, alpha):
    other = "other-key-0123456789abcdef"
    gateway = make_gateway([alpha], clients=[{"name": "shop", "key": SHOP_KEY}, {"name": "other", "key": other}])
    order = gateway.add(key=other)
    without = {**gateway.config, "clients": gateway.config["clients"][:1]}
    done = gateway.reload(without)
    assert done.returncode == 1 and "client other has 1 unfinished orders" in done.stderr, done
    assert gateway.status(order, key=other)["status"] == "Pending"
    alpha.set_order(alpha.orders()[-1]["id"], status="Completed", remains=0)
    eventually(lambda: gateway.status(order, key=other)["status"] == "Completed")
    eventually(lambda: gateway.reload(without).returncode == 0)


def test_a_statement_has_no_panel_s_text_no_formula_and_times_that_are_read_again(gateway, alpha):
    key = add(gateway, "bob", "--funds", "prepaid")
    ok(credit(gateway, "bob", "1", "--note", "=HYPERLINK(\"http://x\")"))
    ok(credit(gateway, "bob", "1", "--note", "-7.50"))
    alpha.rule("add", times=1, error="Incorrect link, ask @boss at alpha.example")
    assert "error" in gateway.call("add", key=key, service=1, link="https://example.com/a", quantity=100).json
    text = ok(gateway.cli("client", "statement", "bob", "--csv")).stdout
    assert "alpha" not in text and "its link was refused" in text
    notes = [row[-1] for row in csv.reader(io.StringIO(text))]
    assert "'=HYPERLINK(\"http://x\")" in notes and "-7.50" in notes
    lines = ok(gateway.cli("client", "statement", "bob", "--json")).json["lines"]
    since = ok(gateway.cli("client", "statement", "bob", "--json", "--since", lines[-1]["time"])).json["lines"]
    assert since and all(line["time"] >= lines[-1]["time"] for line in since)
