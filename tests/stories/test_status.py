"""After the order: status, refill, cancel, balance and the client's own orders."""
import json
import pathlib
from decimal import Decimal

import pytest

from books import SOON
from harness import eventually, together
from harness.config import SHOP_KEY, default_config, provider

OTHER = {"name": "other", "key": "other-key-0123456789abcdef"}
SHOP = {"name": "shop", "key": SHOP_KEY}
FIVE = ["charge", "start_count", "status", "remains", "currency"]
UNKNOWN = {"error": "Incorrect order ID"}
SIX = {"Pending", "In progress", "Processing", "Completed", "Partial", "Canceled"}


def split(panels, **changes):
    """Services 1 at alpha and 2 at beta."""
    services = [{"id": number, "offers": [{"provider": panel.name, "service": 101}]}
                for number, panel in enumerate(panels, 1)]
    return {"services": services, **changes}


def theirs(panel, link):
    return next(order["id"] for order in panel.orders() if order["fields"]["link"] == link)


def link(n):
    return f"https://example.com/p/{n}"


def asked(gateway, panel, order):
    """The status of an order, from a question that reached the panel."""
    mark = panel.mark()

    def ask():
        answer = gateway.call("status", orders=order) if isinstance(order, list) else gateway.status(order)
        return panel.log("status", after=mark) and answer
    return eventually(ask)


# ---- status


def test_a_new_order_shows_the_five_fields_as_text(gateway):
    order = gateway.add(quantity=333)
    answer = gateway.status(order)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    assert answer.json == {"charge": "0.37463", "start_count": "0", "status": "Pending", "remains": "333", "currency": "USD"}
    assert list(answer.json) == FIVE


def test_many_over_two_panels_in_the_order_asked(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], clients=[SHOP, OTHER], **split([alpha, beta]))
    mine = [gateway.add(service=1 + n % 2, link=link(n), quantity=100 + n) for n in range(6)]
    foreign = gateway.add(key=OTHER["key"], service=1, link=link(99))
    for n, order in enumerate(mine):
        (alpha, beta)[n % 2].set_order(theirs((alpha, beta)[n % 2], link(n)), status="In progress", start_count=1000 + n, remains=50 + n)
    marks = alpha.mark(), beta.mark()
    asked = [mine[4], 900000, mine[1], foreign, mine[0], mine[5], "abc", mine[3], mine[2]]
    answer = gateway.call("status", orders=asked)
    assert list(answer.json) == [str(order) for order in asked]
    for n, order in enumerate(mine):
        entry = answer[str(order)]
        assert list(entry) == FIVE
        assert (entry["start_count"], entry["status"], entry["remains"]) == (str(1000 + n), "In progress", str(50 + n))
    assert answer["900000"] == answer[str(foreign)] == answer["abc"] == UNKNOWN
    for panel, mark in zip((alpha, beta), marks):
        calls = panel.log("status", after=mark)
        assert len(calls) == 1 and len(calls[0]["fields"]["orders"].split(",")) == 3
    assert "charge" in gateway.status(foreign, key=OTHER["key"])
    assert gateway.status(foreign).json == UNKNOWN


def test_no_order_at_all_is_an_object_of_errors_never_a_list(gateway):
    assert gateway.call("status", orders="5,6").json == {"5": UNKNOWN, "6": UNKNOWN}
    assert gateway.call("status", orders="5").json == {"5": UNKNOWN}
    assert gateway.status(5).json == UNKNOWN
    assert gateway.call("status").json == UNKNOWN


def test_many_clients_asking_at_once_are_one_question(make_gateway, alpha):
    gateway = make_gateway([alpha], workers=2, status_fresh="1ms", status_within="20s")
    order = gateway.add()
    mark = alpha.mark()
    alpha.rule("status", hold="asked")
    ready = []

    def ask(n):
        if n == 0:
            alpha.wait_hold("asked")
            eventually(lambda: gateway.metrics() and len(ready) == 20)
            alpha.set_order(theirs(alpha, "https://example.com/p/1"), status="Completed", remains=0)
            alpha.release("asked", open=True)
            return None
        ready.append(n)
        return gateway.status(order) if n % 2 else gateway.call("status", orders=order)[str(order)]

    answers = together(21, ask)[1:]
    assert all(answer["status"] == "Completed" for answer in answers)
    assert len(alpha.log("status", after=mark)) == 1


def test_a_fresh_status_is_not_asked_again(make_gateway, alpha):
    gateway = make_gateway([alpha], status_fresh="1h")
    order = gateway.add()
    mark = alpha.mark()
    alpha.set_order(1, status="Processing", start_count=7)
    first = gateway.status(order)
    alpha.set_order(1, status="In progress")
    for _ in range(5):
        assert gateway.status(order).json == first.json
    assert first["status"] == "Processing" and len(alpha.log("status", after=mark)) == 1


def test_a_panel_that_hangs_leaves_the_last_known_state(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], status_within="200ms", **split([alpha, beta]))
    slow, quick = gateway.add(service=1, link=link(1)), gateway.add(service=2, link=link(2))
    alpha.set_order(1, status="In progress", start_count=5, remains=60)
    beta.set_order(1, status="Processing")
    assert gateway.status(slow)["status"] == "In progress"
    alpha.set_order(1, status="Completed", remains=0)
    alpha.rule("status", hang=True)
    assert gateway.status(slow).json == {"charge": "0.09", "start_count": "5", "status": "In progress", "remains": "60", "currency": "USD"}
    both = gateway.call("status", orders=[slow, quick])
    assert (both[str(slow)]["status"], both[str(quick)]["status"]) == ("In progress", "Processing")
    alpha.release("hang", open=True)
    eventually(lambda: gateway.status(slow)["status"] == "Completed")


@pytest.mark.parametrize("spoilt", [
    {"status": 500, "body": "<html>oops</html>"}, {"body": ""}, {"body": "null"}, {"body": "[]"}, {"cut": "after_read"},
    {"cut": "mid_answer"}, {"error": "Incorrect order ID"}, {"error": "Too many requests"}, {"error": "Invalid API key"},
    {"body": "Completed"}, {"status": 404, "body": {"message": "Not Found"}}, {"body": '{"status":"Comp'}],
    ids=lambda spoilt: str(list(spoilt.values())[0])[:20])
def test_a_spoilt_answer_changes_nothing(make_gateway, alpha, spoilt):
    gateway = make_gateway([alpha], status_within="1s")
    order = gateway.add()
    alpha.set_order(1, status="In progress", start_count=5, remains=60)
    before = gateway.status(order).json
    assert before["status"] == "In progress"
    alpha.rules({"action": "status", "do": spoilt})
    assert asked(gateway, alpha, order).json == before
    assert gateway.call("status", orders=order).json == {str(order): before}
    assert alpha.key not in "\n".join(gateway.program.lines)


WORDS = {"pending": "Pending", "Queued": "Pending", "NEW": "Pending", "awaiting-validation": "Pending", "on-hold": "Pending",
         "0": "Pending", "processing": "Processing", "1": "Processing", "In progress": "In progress", "in_progress": "In progress",
         "INPROGRESS": "In progress", "Active": "In progress", "running": "In progress", "refill": "In progress",
         "completed": "Completed", "Complete": "Completed", "success": "Completed", "Done": "Completed", "2": "Completed",
         "partially_completed": "Partial", "Partial": "Partial", "3": "Partial", "Cancelled": "Canceled", "canelled": "Canceled",
         "Rejected": "Canceled", "4": "Canceled", "Refunded": "Canceled", "refunds": "Canceled", "5": "Canceled"}


def test_every_word_becomes_one_of_six(make_gateway, alpha):
    gateway = make_gateway([alpha])
    for n, (word, wanted) in enumerate(WORDS.items(), 1):
        order = gateway.add(link=link(n))
        if word == "0":
            alpha.set_order(n, status="In progress")
        remains = 40 if wanted == "Partial" else 100 if wanted == "Canceled" else 0 if wanted == "Completed" else 90
        alpha.set_order(n, answer={"charge": "0.1", "start_count": "3", "status": word, "remains": str(remains), "currency": "USD"})
        answer = gateway.status(order)
        assert answer["status"] == wanted, word
        if wanted == "Canceled":
            assert (answer["charge"], answer["remains"]) == ("0", "100"), word


@pytest.mark.parametrize("word", ["Fail", "error", "Expired", "Wibble", "", None, 17, {"a": 1}, "shipped"])
def test_a_word_nobody_knows_keeps_the_state_and_the_money(make_gateway, alpha, word):
    gateway = make_gateway([alpha])
    order = gateway.add()
    alpha.set_order(1, status="In progress", start_count=3, remains=77)
    before = gateway.status(order).json
    alpha.set_order(1, answer={"charge": "0.1", "start_count": "3", "status": word, "remains": "77", "currency": "USD"})
    after = asked(gateway, alpha, order).json
    assert (after["status"], after["charge"]) == (before["status"], before["charge"]) == ("In progress", "0.1125")
    alpha.set_order(1, answer={"charge": "0.1", "start_count": "3", "status": "Completed", "remains": "0", "currency": "USD"})
    eventually(lambda: gateway.status(order)["status"] == "Completed")


@pytest.mark.parametrize("told, start, remains", [
    ({"remains": "-5"}, "3", "0"), ({"remains": 101}, "3", "100"), ({"remains": "Unknown"}, "3", "77"), ({"remains": None}, "3", "77"),
    ({"start_count": None}, "9", "50"), ({"start_count": ""}, "9", "50"), ({"start_count": "-4"}, "9", "50"),
    ({"start_counter": "12", "start_count": None}, "12", "50"), ({"remains": 1e30}, "3", "100"), ({"remains": "12.0"}, "3", "12")])
def test_implausible_numbers_are_clamped_or_left(make_gateway, alpha, told, start, remains):
    gateway = make_gateway([alpha])
    order = gateway.add()
    alpha.set_order(1, status="In progress", start_count=9, remains=77)
    gateway.status(order)
    alpha.set_order(1, answer={"charge": "99999", "start_count": "3", "status": "Processing", "remains": "50", "currency": "XYZ", **told})
    answer = asked(gateway, alpha, order)
    assert (answer["status"], answer["start_count"], answer["charge"], answer["currency"]) == ("Processing", start, "0.1125", "USD")
    if not (told.get("remains", 0) == 1e30 and answer["remains"] == "77"):  # unreadable, or clamped: both are sane
        assert answer["remains"] == remains


@pytest.mark.parametrize("quantity, remains", [(100, 40), (333, 1), (333, 332), (1000, 999), (17, 5)])
def test_a_partial_order_costs_what_was_delivered(gateway, alpha, quantity, remains):
    order = gateway.add(quantity=quantity)
    charge = Decimal(gateway.status(order)["charge"])
    alpha.set_order(1, status="Partial", remains=remains)
    answer = asked(gateway, alpha, order)
    units = charge * 10**5 * (quantity - remains)
    assert Decimal(answer["charge"]) == Decimal(-(-int(units) // quantity)) / 10**5
    assert (answer["status"], answer["remains"]) == ("Partial", str(remains))


def test_partial_with_nothing_left_is_completed_and_refunded_by_half_is_partial(gateway, alpha):
    orders = [gateway.add(link=link(n)) for n in range(1, 6)]
    told = [("Partial", 0), ("Refunded", 40), ("Refunded", 100), ("Refunded", 0), ("Canceled", 0)]
    for n, (word, remains) in enumerate(told, 1):
        alpha.set_order(n, answer={"charge": "0.1", "start_count": "3", "status": word, "remains": str(remains), "currency": "USD"})
    found = gateway.call("status", orders=orders)
    shown = [(entry["status"], entry["charge"], entry["remains"]) for entry in found.json.values()]
    assert shown == [("Completed", "0.1125", "0"), ("Partial", "0.0675", "40")] + 3 * [("Canceled", "0", "100")]


def test_final_is_final_also_when_the_panel_thinks_again_and_after_a_restart(gateway, alpha):
    ends = [("Completed", 0), ("Partial", 40), ("Canceled", 100)]
    orders = [gateway.add(link=link(n)) for n in range(1, 4)]
    for n, (word, remains) in enumerate(ends, 1):
        alpha.set_order(n, status=word, remains=remains)
    before = gateway.call("status", orders=orders).json
    assert [entry["status"] for entry in before.values()] == [word for word, _ in ends]
    for n in range(1, 4):
        alpha.set_order(n, status="In progress", remains=100)
    assert gateway.call("status", orders=orders).json == before
    gateway.restart()
    assert gateway.call("status", orders=orders).json == before


@pytest.mark.parametrize("way", ["unsupported", "list_without_ids", "list", "object"])
def test_panels_that_answer_many_otherwise_get_every_order_right(make_panel, make_gateway, way):
    alpha = make_panel("alpha", multi_status=way)
    gateway = make_gateway([alpha], status_within="10s")
    orders = [gateway.add(link=link(n)) for n in range(1, 6)]
    for n in range(1, 6):
        alpha.set_order(n, status="In progress", start_count=100 * n, remains=10 * n)
    for turn in range(2):
        found = asked(gateway, alpha, orders[::-1] if turn else orders)
        for n, order in enumerate(orders, 1):
            entry = found[str(order)]
            assert (entry["status"], entry["start_count"], entry["remains"]) == ("In progress", str(100 * n), str(10 * n)), way
    if way in ("unsupported", "list_without_ids"):
        mark = alpha.mark()
        asked(gateway, alpha, orders)
        calls = alpha.log("status", after=mark)
        assert 5 <= len(calls) <= 10 and not any("orders" in call["fields"] for call in calls)  # found out, remembered


@pytest.mark.parametrize("text", ["Incorrect order ID", "order is not yours, code 77"])
def test_a_batch_that_is_refused_as_a_whole_is_split_until_the_culprit_is_alone(make_gateway, alpha, text):
    gateway = make_gateway([alpha], status_within="20s",
                           providers=[provider(alpha, rate_limit={"add": "none", "other": "none"})])
    orders = [gateway.add(link=link(n)) for n in range(1, 8)]
    for n in range(1, 8):
        alpha.set_order(n, status="In progress", start_count=100 * n, remains=10 * n)
    alpha.rules({"action": "status", "match": {"orders": "*5*"}, "do": {"error": text}},
                {"action": "status", "match": {"order": "5"}, "do": {"error": text}})
    found = asked(gateway, alpha, orders)
    for n, order in enumerate(orders, 1):
        entry = found[str(order)]
        right = ("Pending", "0", "100") if n == 5 else ("In progress", str(100 * n), str(10 * n))
        assert (entry["status"], entry["start_count"], entry["remains"]) == right


@pytest.mark.parametrize("how", ["resume", "another url"])
def test_a_panel_that_learnt_multi_status_is_asked_so_again(make_gateway, make_panel, how):
    alpha = make_panel("alpha", multi_status="unsupported")
    gateway = make_gateway([alpha])
    orders = [gateway.add(link=link(n)) for n in range(3)]
    gateway.call("status", orders=orders)
    gateway.wait_log("provider_asked_singly", provider="alpha")
    alpha.set(multi_status="object")
    mark = alpha.mark()
    gateway.call("status", orders=orders)
    assert len(alpha.log("status", after=mark)) == 3, "it is not tried again with every question"
    if how == "resume":
        assert gateway.cli("provider", "resume", "alpha").returncode == 0
    else:
        config = default_config([alpha])
        config["providers"][0]["url"] += "?other"
        assert gateway.reload(config).returncode == 0
    mark = alpha.mark()
    told = gateway.call("status", orders=orders).json
    assert {entry["status"] for entry in told.values()} == {"Pending"} and len(told) == 3
    assert len(alpha.log("status", after=mark)) == 1


@pytest.mark.parametrize("unknown", ["error", "text", "left_out"])
def test_an_order_the_panel_forgot_spoils_no_other(make_panel, make_gateway, unknown):
    alpha = make_panel("alpha", unknown_orders=unknown)
    gateway = make_gateway([alpha], status_within="2s")
    orders = [gateway.add(link=link(n)) for n in range(1, 4)]
    alpha.stop()
    alpha.start()
    for n in range(1, 3):
        alpha.call(action="add", service=101, link=link(n), quantity=100)
    alpha.set_order(1, status="Completed", remains=0)
    alpha.set_order(2, status="Processing")
    found = gateway.call("status", orders=orders).json
    assert [entry["status"] for entry in found.values()] == ["Completed", "Processing", "Pending"]


def test_a_hundred_orders_are_one_question(make_gateway, alpha):
    gateway = make_gateway([alpha])
    orders = [gateway.add(link=link(n)) for n in range(1, 101)]
    alpha.set_order("*", status="In progress")
    mark = alpha.mark()
    found = gateway.call("status", orders=orders).json
    assert len(found) == 100 and {entry["status"] for entry in found.values()} == {"In progress"}
    assert len(alpha.log("status", after=mark)) <= 2


# ---- recorded shapes

RECORDED = [json.loads(line) for line in
            (pathlib.Path(__file__).parents[1] / "unit/providers/upstream-answers.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("answer", [a for a in RECORDED if a["action"] == "status"], ids=lambda answer: answer["id"])
def test_recorded_states_are_read_as_what_they_mean(make_gateway, alpha, answer):
    gateway = make_gateway([alpha], status_within="1s")
    order = gateway.add(quantity=10000)
    alpha.play(answer)
    found = gateway.status(order).json
    assert list(found)[:5] == FIVE and all(type(found[name]) is str for name in FIVE) and found["status"] in SIX
    meaning = answer["meaning"]
    if meaning.get("status") in SIX and meaning.get("class") in (None,):
        if meaning["status"] not in ("Partial", "Canceled"):
            assert found["status"] == meaning["status"], meaning
    elif meaning.get("class") in ("retry", "review", "data", "failover", "busy", "ambiguous", "unsupported"):
        assert found["status"] == "Pending", meaning


# ---- refill


def test_a_refill_gets_our_number_and_its_status(gateway, alpha):
    order = gateway.add()
    alpha.set_order(1, status="Completed", remains=0)
    assert gateway.status(order)["status"] == "Completed"
    answer = gateway.call("refill", order=order)
    assert list(answer.json) == ["refill"] and answer["refill"].isdigit() and int(answer["refill"]) > 0
    assert len(alpha.refills()) == 1 and alpha.refills()[0]["order"] == "1"
    refill = answer["refill"]
    assert gateway.call("refill_status", refill=refill).json["status"] in ("Pending", "In progress")
    alpha.set_refill(1, "Completed")
    eventually(lambda: gateway.call("refill_status", refill=refill).json == {"status": "Completed"})
    gateway.restart()
    assert gateway.call("refill_status", refill=refill).json == {"status": "Completed"}


def test_a_refill_that_cannot_be_asked_about_in_time_holds_up_no_end(make_gateway, alpha):
    gateway = make_gateway([alpha], status_within=SOON)
    order = gateway.add()
    alpha.set_order(1, status="Completed", remains=0)
    asked(gateway, alpha, order)
    refill = gateway.call("refill", order=order)["refill"]
    slow = [provider(alpha, rate_limit={"add": "100/s", "other": "1/m"})]
    assert gateway.reload({**gateway.config, "providers": slow}).returncode == 0
    for _ in range(3):
        assert gateway.call("refill_status", refill=refill).json["status"] in ("Pending", "In progress")
    gateway.stop(timeout=10)
    assert gateway.log_lines("drain_cut") == []


def test_many_refills_and_their_states(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], clients=[SHOP, OTHER], **split([alpha, beta]))
    mine = [gateway.add(service=n, link=link(n)) for n in (1, 2)]
    foreign = gateway.add(key=OTHER["key"], link=link(3))
    for panel in (alpha, beta):
        panel.set_order("*", status="Completed", remains=0)
    gateway.call("status", orders=mine)
    answer = gateway.call("refill", orders=[mine[1], 777, mine[0], foreign, "x"]).json
    assert [entry["order"] for entry in answer] == [mine[1], 777, mine[0], foreign, "x"]
    numbers = [entry["refill"] for entry in answer]
    assert all(type(numbers[n]) is int for n in (0, 2)) and numbers[0] != numbers[2]
    assert numbers[1] == numbers[3] == numbers[4] == UNKNOWN
    assert len(alpha.refills()) == len(beta.refills()) == 1
    alpha.set_refill(1, "Rejected")
    states = eventually(lambda: (found := gateway.call("refill_status", refills=[numbers[0], 555, numbers[2]]).json)
                        and found[2]["status"] == "Rejected" and found)
    assert [entry["refill"] for entry in states] == [numbers[0], 555, numbers[2]]
    assert states[1]["status"] == {"error": "Incorrect refill ID"} and states[0]["status"] in ("Pending", "In progress")
    assert gateway.call("refill_status", refill=numbers[0], key=OTHER["key"]).json == {"error": "Incorrect refill ID"}
    assert gateway.call("refill_status", refill=12345).json == {"error": "Incorrect refill ID"}
    assert gateway.call("refill_status").json == {"error": "Incorrect refill ID"}
    assert gateway.call("refill", order=foreign).json == UNKNOWN
    assert gateway.call("refill").json == UNKNOWN


def test_a_refused_refill_gets_our_message(gateway, alpha):
    order = gateway.add()
    alpha.set_order(1, status="Completed", remains=0)
    for text in ("Refill is disabled for this service", "The order is not completed", "panel-alpha says: nope 101"):
        alpha.rules({"action": "refill", "do": {"error": text}})
        answer = gateway.call("refill", order=order)
        assert list(answer.json) in (["error"], ["refill"]), answer
        assert "alpha" not in answer.text and "101" not in answer.text
    alpha.rules({"action": "refill", "do": {"error": "Refill is disabled for this service"}})
    assert "error" in gateway.call("refill", order=order)
    [entry] = gateway.call("refill", orders=order).json
    assert entry["order"] == order and list(entry["refill"]) == ["error"]


@pytest.mark.parametrize("action", ["refill", "cancel"])
@pytest.mark.parametrize("do", [{"cut": "after_read", "accept": True}, {"cut": "after_headers"}, {"status": 500, "body": "<html>", "accept": True},
                                {"body": "", "accept": True}, {"cut": "after_read", "reset": True, "accept": True}],
                         ids=["cut", "half", "500", "empty", "reset"])
def test_refill_and_cancel_are_never_sent_twice(make_gateway, alpha, beta, action, do):
    gateway = make_gateway([alpha, beta], answer_within="3s")
    order = gateway.add()
    gateway.call("balance")
    if action == "refill":
        alpha.set_order(1, status="Completed", remains=0)
    gateway.status(order)  # the connection is warm: a resend by the library would show
    alpha.rules({"action": action, "do": do})
    mark = alpha.mark()
    fields = {"order": order} if action == "refill" else {"orders": order}
    answer = gateway.call(action, **fields)
    assert answer.status == 200, answer
    if action == "cancel":
        assert [entry["order"] for entry in answer.json] == [order]
    alpha.rules()
    gateway.status(gateway.add(link=link(2)))  # later on the same path
    assert len(alpha.log(action, after=mark)) == 1
    gateway.restart()
    gateway.status(order)
    assert len(alpha.log(action, after=mark)) == 1


@pytest.mark.parametrize("action", ["refill", "cancel"])
def test_a_crash_while_refill_or_cancel_is_under_way_sends_nothing_again(make_gateway, alpha, beta, action):
    gateway = make_gateway([alpha, beta], answer_within=SOON)
    order = gateway.add()
    if action == "refill":
        alpha.set_order(1, status="Completed", remains=0)
    gateway.status(order)
    alpha.rule(action, hold="crash", times=1)
    answer = gateway.call(action, **({"order": order} if action == "refill" else {"orders": order}))
    alpha.wait_hold("crash")
    gateway.restart(by_kill=True)
    alpha.release("crash", open=True)
    gateway.status(gateway.add(link=link(2)))  # later on the same path
    assert len(alpha.log(action)) == 1
    if action == "refill":  # its number was given, and stays known
        assert gateway.call("refill_status", refill=answer["refill"]).json["status"] in ("Pending", "In progress")
    else:
        assert answer.json == [{"order": order, "cancel": 1}]
    assert gateway.cli("ledger", "verify").returncode == 0


def test_a_panel_that_cannot_be_reached_costs_no_time(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], status_within="20s", **split([alpha, beta]))
    gone, there = gateway.add(service=1, link=link(1)), gateway.add(service=2, link=link(2))
    alpha.stop()
    beta.set_order(1, status="Processing")
    found = gateway.call("status", orders=[gone, there], timeout=5)
    assert [found[str(order)]["status"] for order in (gone, there)] == ["Pending", "Processing"]
    assert gateway.call("refill", order=gone, timeout=5).error
    [entry] = gateway.call("cancel", orders=gone, timeout=5).json
    assert list(entry["cancel"]) == ["error"]


def test_a_panel_without_refill_or_cancel_gets_our_message(make_panel, make_gateway):
    alpha = make_panel("alpha", refill=False, cancel="unsupported")
    gateway = make_gateway([alpha])
    orders = [gateway.add(link=link(n)) for n in (1, 2)]
    assert list(gateway.call("refill", order=orders[0]).json) == ["error"]
    assert [list(entry["refill"]) for entry in gateway.call("refill", orders=orders).json] == [["error"]] * 2
    assert [list(entry["cancel"]) for entry in gateway.call("cancel", orders=orders).json] == [["error"]] * 2
    assert gateway.status(orders[0])["status"] == "Pending"


def test_a_service_that_lists_no_refill_or_cancel_refuses_without_asking(make_panel, make_gateway):
    rows = [{"service": 101, "name": "A", "type": "Default", "category": "C", "rate": "0.90", "min": 10, "max": 10000, **flags}
            for flags in [{"refill": False, "cancel": "0"}]]
    rows += [{**rows[0], "service": 102, "refill": None, "cancel": True}]
    rows[1].pop("refill")  # what a list leaves out it does not deny
    alpha = make_panel("alpha", services=rows)
    gateway = make_gateway(config=default_config([alpha], services=[
        {"id": n, "offers": [{"provider": alpha.name, "service": 100 + n}]} for n in (1, 2)]))
    denied, allowed = gateway.add(service=1, link=link(1)), gateway.add(service=2, link=link(2))
    alpha.set_order(theirs(alpha, link(2)), status="Completed", remains=0)
    assert gateway.call("refill", order=denied).json == {"error": "Refill is not available for this service"}
    assert gateway.call("cancel", orders=denied).json == [
        {"order": denied, "cancel": {"error": "Cancel is not available for this service"}}]
    assert alpha.log("refill") == alpha.log("cancel") == []
    assert "refill" in gateway.call("refill", order=allowed)
    assert len(alpha.log("refill")) == 1


# ---- cancel


def test_cancel_takes_a_mixed_list_and_money_follows_the_status(make_panel, make_gateway, alpha):
    beta = make_panel("beta", cancel="request")
    gateway = make_gateway([alpha, beta], clients=[SHOP, OTHER], **split([alpha, beta]))
    first, later, done = gateway.add(service=1, link=link(1)), gateway.add(service=2, link=link(2)), gateway.add(service=1, link=link(3))
    foreign = gateway.add(key=OTHER["key"], service=1, link=link(4))
    alpha.set_order(theirs(alpha, link(3)), status="Completed", remains=0)
    assert gateway.status(done)["status"] == "Completed"
    answer = gateway.call("cancel", orders=[999, first, foreign, later, done, "y"]).json
    assert [entry["order"] for entry in answer] == [999, first, foreign, later, done, "y"]
    said = [entry["cancel"] for entry in answer]
    assert said[1] == said[3] == 1
    assert said[0] == said[2] == said[5] == UNKNOWN and list(said[4]) == ["error"]
    shown = gateway.call("status", orders=[first, later]).json
    assert (shown[str(first)]["status"], shown[str(first)]["charge"], shown[str(first)]["remains"]) == ("Canceled", "0", "100")
    assert (shown[str(later)]["status"], shown[str(later)]["charge"]) == ("Pending", "0.09")
    beta.set_order(theirs(beta, link(2)), status="Canceled")
    assert asked(gateway, beta, later)["charge"] == "0"
    assert [order["status"] for order in alpha.orders() if order["fields"]["link"] == link(4)] == ["Pending"]


def test_cancel_with_one_order_is_a_list_too(gateway):
    order = gateway.add()
    assert gateway.call("cancel", order=order).json == [{"order": order, "cancel": 1}]
    assert gateway.call("cancel", orders="").json == UNKNOWN
    assert gateway.call("cancel").json == UNKNOWN


# ---- balance


def test_balance_is_the_sum_in_our_currency(make_panel, make_gateway):
    alpha = make_panel("alpha", balance="100.84292")
    beta = make_panel("beta", balance="1000.00", currency="TRY")
    gateway = make_gateway([alpha, beta], rates={"TRY": "0.029"}, catalogue={"balance": "50ms"}, clients=[
        SHOP, {**OTHER, "balance": "1000.00"}])
    eventually(lambda: gateway.call("balance").json == {"balance": "129.84292", "currency": "USD"})
    assert list(gateway.call("balance").json) == ["balance", "currency"]
    assert gateway.call("balance", key=OTHER["key"]).json == {"balance": "1000.00000", "currency": "USD"}
    alpha.set(balance="-50.5")
    eventually(lambda: gateway.call("balance").json["balance"] == "-21.50000")
    alpha.rules({"action": "balance", "do": {"status": 500, "body": "x"}})
    mark = alpha.mark()
    alpha.wait_requests("balance", 2, after=mark)
    assert gateway.call("balance").json["balance"] == "-21.50000"  # the last known


# ---- the client's own orders


def test_orders_lists_our_own_by_cursor(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[SHOP, OTHER])
    numbers = [gateway.add(link=link(n), key=OTHER["key"] if n % 5 == 0 else SHOP_KEY) for n in range(1, 26)]
    mine = [number for number in reversed(numbers) if number % 5]
    alpha.set_order(theirs(alpha, link(24)), status="Partial", remains=40)
    assert asked(gateway, alpha, 24)["status"] == "Partial"
    seen = gateway.call("orders").json
    assert [entry["order"] for entry in seen] == mine
    assert list(seen[0]) == ["order", "ref", "service", "link", "quantity", "charge", "status", "created"]
    assert (seen[0]["order"], seen[0]["link"], seen[0]["status"], seen[0]["service"]) == (24, link(24), "Partial", 1)
    assert Decimal(seen[0]["charge"]) == Decimal("0.0675") and Decimal(seen[1]["charge"]) == Decimal("0.1125")
    pages, before = [], None
    while True:
        page = gateway.call("orders", limit=7, before=before).json
        if not page:
            break
        pages.append([entry["order"] for entry in page])
        before = pages[-1][-1]
    assert [len(page) for page in pages] == [7, 7, 6] and sum(pages, []) == mine
    assert [entry["order"] for entry in gateway.call("orders", key=OTHER["key"]).json] == [25, 20, 15, 10, 5]
    assert gateway.call("orders", before=1).json == []
    assert gateway.call("orders", before="abc").error == gateway.call("orders", before=0).error == "Incorrect order ID"
    for limit in ("0", "101", "-1", "x"):
        assert gateway.call("orders", limit=limit).error, limit
    assert len(gateway.call("orders", limit=100).json) == 20
