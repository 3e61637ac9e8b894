"""The simulated panel itself: what the other stories stand on must be right."""
import base64
import gzip
import http.client
import json
import socket
import threading
import time
import zlib

import pytest

from harness import eventually, together

FORM = "key={key}&action={action}{more}"


def raw_request(panel, action="balance", more="", extra=""):
    body = FORM.format(key=panel.key, action=action, more=more)
    return (f"POST /api/v2 HTTP/1.1\r\nHost: panel\r\n{extra}Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def exchange(panel, data, timeout=10):
    """Everything the panel sends until it closes; and how it closed."""
    with socket.create_connection(("127.0.0.1", panel.port), timeout) as line:
        line.sendall(data)
        got = b""
        while True:
            try:
                more = line.recv(65536)
            except ConnectionResetError:
                return got, "reset"
            if not more:
                return got, "closed"
            got += more


def add(panel, **fields):
    return panel.call(**{"action": "add", "service": 101, "link": "https://example.com/1", "quantity": 100, **fields})


# --- the protocol


def test_services_have_canonical_fields(alpha):
    services = alpha.call(action="services")
    assert len(services) == 10
    assert {"service", "name", "type", "category", "rate", "min", "max", "refill", "cancel"} <= set(services[0])


def test_a_wrong_key_is_refused(alpha):
    assert alpha.call(action="balance", key="wrong") == {"error": "Invalid API key"}
    assert alpha.log("balance")[0]["key_good"] is False


def test_an_order_takes_money_and_is_delivered_once(alpha):
    assert add(alpha) == {"order": 1}
    assert alpha.call(action="balance") == {"balance": "999.91", "currency": "USD"}
    order, = alpha.orders()
    assert order["fields"]["link"] == "https://example.com/1" and order["fields"]["key"] == "***"
    assert alpha.call(action="status", order=1) == {
        "charge": "0.09", "start_count": "0", "status": "Pending", "remains": "100", "currency": "USD"}


@pytest.mark.parametrize("service, fields, quantity, charge", [
    (101, {"quantity": 1000}, 1000, "0.90"),
    (101, {"quantity": 100, "runs": 5, "interval": 10}, 100, "0.45"),
    (103, {"comments": "\n".join(f"c{i}" for i in range(10)) + "\n\n"}, 10, "0.08"),
    (104, {}, 1, "2.50"),
    (105, {"quantity": 10, "username": "u"}, 10, "0.012"),
    (106, {"usernames": "\n".join("abcdefghij")}, 10, "0.04"),
    (107, {"quantity": 10, "answer_number": 2}, 10, "0.0175"),
    (108, {"username": "u", "min": 10, "max": 20, "delay": 0, "posts": 3}, 0, "0.00"),
    (109, {"quantity": 10, "country": "US", "device": 1, "type_of_traffic": 3}, 10, "0.003"),
    (110, {"quantity": 10, "groups": "g"}, 10, "0.031"),
])
def test_every_order_type_is_charged_by_its_own_count(alpha, service, fields, quantity, charge):
    answer = alpha.call(action="add", service=service, link="l", **fields)
    assert "order" in answer, answer
    order, = alpha.orders()
    assert (order["quantity"], order["charge"]) == (quantity, charge)


@pytest.mark.parametrize("fields, words", [
    ({"service": 999}, "Incorrect service ID"),
    ({"link": ""}, "Incorrect link"),
    ({"quantity": 9}, "Quantity less than minimal 10"),
    ({"quantity": 10001}, "Quantity more than maximum 10000"),
    ({"quantity": "many"}, "Incorrect quantity"),
    ({"runs": 3}, "Interval time is required"),
    ({"service": 105}, "You must fill in the required fields."),
])
def test_a_faulty_order_is_refused_and_not_stored(alpha, fields, words):
    assert add(alpha, **fields) == {"error": words}
    assert alpha.orders() == [] and alpha.log("add")[0]["stored"] is False


def test_without_funds_nothing_is_stored(make_panel):
    panel = make_panel(balance="0.05")
    assert add(panel) == {"error": "Not enough funds on balance"}
    panel.set(balance="0.09")
    assert add(panel) == {"order": 1}


@pytest.mark.parametrize("shape, expected", [
    ("object", {"1": "Pending", "2": "Pending", "9": "Incorrect order ID"}),
    ("list", [("order", 1), ("order", 2)]),
    ("list_without_ids", [None, None]),
    ("unsupported", "Incorrect order ID"),
])
def test_many_statuses_come_in_the_shape_the_script_names(make_panel, shape, expected):
    panel = make_panel(multi_status=shape)
    add(panel), add(panel)
    answer = panel.call(action="status", orders="1, 2,9")
    if shape == "object":
        assert {order: entry.get("status", entry.get("error")) for order, entry in answer.items()} == expected
    elif shape == "unsupported":
        assert answer == {"error": expected}
    else:
        assert [("order", entry["order"]) if "order" in entry else None for entry in answer] == expected


def test_order_ids_may_be_text(make_panel):
    panel = make_panel(order_ids="text", first_order=1000)
    assert add(panel) == {"order": "TX1000"}
    assert panel.call(action="status", order="TX1000")["status"] == "Pending"


def test_refill_and_cancel_in_single_and_multi_form(alpha):
    for _ in range(3):
        add(alpha)
    assert alpha.call(action="refill", order=1) == {"error": "The order is not completed"}
    alpha.set_order(1, status="Completed")
    assert alpha.call(action="refill", order=1) == {"refill": "1"}
    assert alpha.call(action="refill", orders="1,77") == [
        {"order": 1, "refill": 2}, {"order": 77, "refill": {"error": "Incorrect order ID"}}]
    alpha.set_refill(2, "Rejected")
    assert alpha.call(action="refill_status", refill=1) == {"status": "Pending"}
    assert alpha.call(action="refill_status", refills="2,9") == [
        {"refill": 2, "status": "Rejected"}, {"refill": 9, "status": {"error": "Refill not found"}}]
    assert alpha.call(action="cancel", orders="2,77") == [
        {"order": 2, "cancel": 1}, {"order": 77, "cancel": {"error": "Incorrect order ID"}}]
    assert alpha.call(action="status", order=2)["status"] == "Canceled"
    assert alpha.call(action="balance")["balance"] == "999.82"


def test_cancel_may_be_a_request_only(make_panel):
    panel = make_panel(cancel="request")
    add(panel)
    assert panel.call(action="cancel", orders="1") == [{"order": 1, "cancel": 1}]
    assert panel.call(action="status", order=1)["status"] == "Pending" and panel.order(1)["cancel_asked"]


def test_progress_by_questions(make_panel):
    panel = make_panel(progress={"start_asked": 2, "finish_asked": 3, "ends_as": "Partial", "ends_remains": 40})
    add(panel)
    seen = [panel.call(action="status", order=1)["status"] for _ in range(3)]
    assert seen == ["Pending", "In progress", "Partial"]
    assert panel.call(action="status", order=1)["charge"] == "0.054"
    assert panel.call(action="balance")["balance"] == "999.946"


def test_a_late_flip_comes_once_after_the_end(make_panel):
    panel = make_panel(progress={"finish_asked": 1, "flip_asked": 2, "flips_to": "Partial", "flips_remains": 40})
    add(panel)
    seen = [panel.call(action="status", order=1) for _ in range(4)]
    assert [status["status"] for status in seen] == ["Completed", "Completed", "Partial", "Partial"]
    assert (seen[0]["remains"], seen[3]["remains"], seen[3]["charge"]) == ("0", "40", "0.054")
    assert panel.call(action="balance")["balance"] == "999.946"


def test_a_panel_lags_behind_its_own_orders(make_panel):
    panel = make_panel(progress={"lag_asked": 3})
    add(panel)
    assert panel.call(action="status", order=1) == {"error": "Incorrect order ID"}
    assert panel.call(action="status", orders="1") == {"1": {"error": "Incorrect order ID"}}
    assert panel.call(action="cancel", orders="1") == [{"order": 1, "cancel": {"error": "Incorrect order ID"}}]
    assert panel.call(action="status", order=1)["status"] == "Pending"
    panel.set(progress={"lag": "1h", "lag_asked": None})
    add(panel)
    assert panel.call(action="status", order=2) == {"error": "Incorrect order ID"}
    panel.set_order(2, status="In progress")
    assert panel.call(action="status", order=2)["status"] == "In progress", "what is set by hand is known"


def test_a_batch_is_refused_as_a_whole_for_one_unknown_id(make_panel):
    panel = make_panel(unknown_orders="refused")
    add(panel)
    assert panel.call(action="status", orders="1,77") == {"error": "Incorrect order ID"}
    assert list(panel.call(action="status", orders="1")) == ["1"]


def test_generated_services_and_more_than_one_request_a_connection(make_panel):
    panel = make_panel(generated_services={"count": 5000, "first": 20000})
    line = http.client.HTTPConnection("127.0.0.1", panel.port)
    for _ in range(3):
        line.request("POST", "/any/path.php", f"key={panel.key}&action=services")
        assert len(json.loads(line.getresponse().read())) == 5010
    entries = panel.log("services")
    assert [entry["request"] for entry in entries] == [1, 2, 3]
    assert len({entry["connection"] for entry in entries}) == 1 and entries[0]["path"] == "/any/path.php"


# --- ways of asking


def test_get_json_multipart_chunked_and_expect(alpha):
    get = f"GET /p?key={alpha.key}&action=balance HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n".encode()
    body = json.dumps({"key": alpha.key, "action": "status", "orders": [1, "2"]})
    as_json = (f"POST / HTTP/1.1\r\nHost: p\r\nConnection: close\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
    parts = "".join(f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                    for name, value in (("key", alpha.key), ("action", "balance"))) + "--B--\r\n"
    multipart = (f"POST / HTTP/1.1\r\nHost: p\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=B\r\n"
                 f"Content-Length: {len(parts)}\r\n\r\n{parts}").encode()
    pieces = [f"key={alpha.key}", "&action=bal", "ance"]
    chunks = "".join(f"{len(piece):x}\r\n{piece}\r\n" for piece in pieces) + "0\r\n\r\n"
    chunked = ("POST / HTTP/1.1\r\nHost: p\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks).encode()
    assert b'"balance":"1000.00"' in exchange(alpha, get)[0]
    assert b'"1":{"error"' in exchange(alpha, as_json)[0]
    assert b'"balance":"1000.00"' in exchange(alpha, multipart)[0]
    assert b'"balance":"1000.00"' in exchange(alpha, chunked)[0]
    with socket.create_connection(("127.0.0.1", alpha.port), 10) as line:
        head, _, rest = raw_request(alpha, extra="Expect: 100-continue\r\nConnection: close\r\n").partition(b"\r\n\r\n")
        line.sendall(head + b"\r\n\r\n")
        assert line.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(rest)
        assert b"200 OK" in line.recv(1000)


def test_pipelined_requests_are_answered_in_order(alpha):
    got, _ = exchange(alpha, raw_request(alpha, "balance") + raw_request(alpha, "nonsense")
                      + raw_request(alpha, "balance", extra="Connection: close\r\n"))
    assert [got.count(b"1000.00"), got.count(b"Incorrect request")] == [2, 1]
    assert got.find(b"balance") < got.find(b"Incorrect request") < got.rfind(b"balance")


def test_what_is_no_request_gets_400(alpha):
    got, how = exchange(alpha, b"nonsense\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400") and how == "closed"


# --- faults


@pytest.mark.parametrize("do, stored", [
    ({"cut": "after_read", "accept": True}, 1),
    ({"cut": "after_read"}, 0),
    ({"cut": "after_headers"}, 1),
    ({"cut": "mid_answer", "accept": False, "body": '{"order":12345}'}, 0),
    ({"cut": "before_read"}, 0),
])
@pytest.mark.parametrize("reset", [False, True])
def test_cuts(alpha, do, stored, reset):
    alpha.rules({"times": 1, "do": {**do, "reset": reset}})
    got, how = exchange(alpha, raw_request(alpha, "add", "&service=101&link=l&quantity=100"))
    assert how == ("reset" if reset else "closed")
    assert len(alpha.orders()) == stored
    head, _, body = got.partition(b"\r\n\r\n")
    if do["cut"] in ("after_read", "before_read"):
        assert got == b""
    elif not reset:
        assert head.startswith(b"HTTP/1.1 200")
        assert body == (b"" if do["cut"] == "after_headers" else b'{"order')
    assert add(alpha)["order"] == stored + 1


def test_answers_by_rule(alpha):
    alpha.rules(
        {"action": "add", "match": {"service": 101}, "times": 1, "do": {"error": "Not enough funds on balance"}},
        {"action": "add", "match": {"link": "taken"}, "do": {"accept": True, "body": {"data": {"order_id": "{order}"}}}},
        {"action": "balance", "do": {"status": 503, "body": "<html>", "content_type": "text/html",
                                     "headers": {"Retry-After": 7}}},
        {"action": "services", "do": {"redirect": "http://elsewhere.example/"}},
        {"action": "status", "do": {"body_base64": base64.b64encode(b"\xff\xfe").decode()}})
    assert add(alpha) == {"error": "Not enough funds on balance"}
    assert add(alpha, link="https://x/taken/1") == {"data": {"order_id": "1"}}
    assert add(alpha) == {"order": 2}
    got, _ = exchange(alpha, raw_request(alpha, "balance", extra="Connection: close\r\n"))
    assert got.startswith(b"HTTP/1.1 503 Service Unavailable") and b"Retry-After: 7" in got and got.endswith(b"<html>")
    got, _ = exchange(alpha, raw_request(alpha, "services", extra="Connection: close\r\n"))
    assert got.startswith(b"HTTP/1.1 302") and b"Location: http://elsewhere.example/" in got
    got, _ = exchange(alpha, raw_request(alpha, "status", extra="Connection: close\r\n"))
    assert got.endswith(b"\r\n\r\n\xff\xfe")
    assert [entry["rule"] for entry in alpha.log("add")] == ["rule 1", "rule 2", None]


def test_nth_every_after_and_times(alpha):
    alpha.rules({"action": "add", "nth": 2, "do": {"error": "second"}},
                {"action": "add", "after": 2, "every": 2, "times": 1, "do": {"error": "fourth"}})
    answers = [add(alpha) for _ in range(6)]
    assert [answer.get("error") for answer in answers] == [None, "second", None, None, "fourth", None]


def test_a_held_request_waits_for_its_release(alpha):
    alpha.rules({"action": "add", "do": {"hold": "gate"}}, {"action": "status", "do": {"hold": "look"}})
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(add(alpha))) for _ in range(3)]
    for thread in threads:
        thread.start()
    alpha.wait_hold("gate", 3)
    assert answers == [] and len(alpha.orders()) == 3  # taken at arrival, answered later
    assert alpha.release("gate", count=1) == 1
    assert alpha.release("gate") == 2
    for thread in threads:
        thread.join()
    assert sorted(answer["order"] for answer in answers) == [1, 2, 3]
    asker = threading.Thread(target=lambda: answers.append(alpha.call(action="status", order=1)))
    asker.start()
    alpha.wait_hold("look")
    alpha.set_order(1, status="Completed")  # a reading is worked out when it is released
    alpha.release("look", open=True)
    asker.join()
    assert answers[-1]["status"] == "Completed" and alpha.call(action="status", order=1)["status"] == "Completed"


def test_an_asker_who_leaves_is_noted(alpha):
    alpha.rule("add", hang=True)
    line = socket.create_connection(("127.0.0.1", alpha.port), 10)
    line.sendall(raw_request(alpha, "add", "&service=101&link=l&quantity=100"))
    alpha.wait_hold("hang")
    assert alpha.about()["in_flight"] == 1
    line.close()
    alpha.rules()
    add(alpha)
    assert [entry["gone"] for entry in alpha.log("add")] == [True, False]
    assert alpha.about()["in_flight"] == 0


def test_drip_delay_and_lengths(alpha):
    alpha.rules({"action": "balance", "times": 1, "do": {"drip": "1ms"}},
                {"action": "balance", "times": 1, "do": {"delay": "120ms"}},
                {"action": "balance", "times": 1, "do": {"wrong_length": 5}},
                {"action": "balance", "times": 1, "do": {"close_after": True}})
    assert alpha.call(action="balance")["balance"] == "1000.00"
    started = time.monotonic()
    assert alpha.call(action="balance")["balance"] == "1000.00"
    assert time.monotonic() - started >= 0.119
    with pytest.raises(http.client.IncompleteRead):
        alpha.call(action="balance")
    got, how = exchange(alpha, raw_request(alpha))
    assert b"Connection: close" in got and how == "closed"


def test_an_endless_answer_never_ends(alpha):
    alpha.rule("services", endless=True)
    with socket.create_connection(("127.0.0.1", alpha.port), 10) as line:
        line.sendall(raw_request(alpha, "services"))
        got = 0
        while got < 8 * 1024 * 1024:
            more = line.recv(1 << 20)
            assert more
            got += len(more)


def test_a_gzip_bomb_is_small_until_opened(alpha):
    alpha.rule("services", gzip_bomb=20)
    got, _ = exchange(alpha, raw_request(alpha, "services", extra="Connection: close\r\n"))
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head and len(body) < 100_000
    assert len(gzip.decompress(body)) == 20 * 1024 * 1024 and zlib.crc32(body)


def test_idle_connections_can_be_dropped(alpha):
    line = http.client.HTTPConnection("127.0.0.1", alpha.port)
    line.request("POST", "/", f"key={alpha.key}&action=balance")
    line.getresponse().read()
    assert alpha.drop_idle() == 1
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
        line.request("POST", "/", f"key={alpha.key}&action=balance")
        line.getresponse()


# --- control


def test_an_order_can_be_shown_as_any_panel_would(alpha):
    add(alpha)
    alpha.set_order(1, status="Partial", remains=25, start_counter="17", leave_out=["start_count"])
    assert alpha.call(action="status", order=1) == {
        "charge": "0.0675", "status": "Partial", "remains": 25, "currency": "USD", "start_counter": "17"}
    assert alpha.call(action="balance")["balance"] == "999.9325"
    alpha.set_order(1, remains="Unknown", refund=False)
    assert alpha.call(action="status", order=1)["remains"] == "Unknown"
    alpha.set_order(1, answer=[{"odd": None}])
    assert alpha.call(action="status", order=1) == [{"odd": None}]


def test_waiting_for_requests(alpha):
    add(alpha)
    mark = alpha.mark()
    threading.Timer(0.1, lambda: [add(alpha, link=f"l{i}") for i in range(3)]).start()
    found = alpha.wait_requests("add", 2, after=mark, link="l")
    assert len(found) >= 2 and found[0]["fields"]["link"] == "l0"
    answer = alpha.control("log?action=cancel&wait=1&count=1")
    assert answer["timed_out"] is True and answer["entries"] == []


def test_the_log_is_a_ring_but_counts_go_on(make_panel):
    panel = make_panel(journal=5)
    for _ in range(12):
        panel.call(action="balance")
    assert [entry["number"] for entry in panel.log()] == [8, 9, 10, 11, 12] and panel.count("balance") == 12


@pytest.mark.parametrize("path, body, words", [
    ("set", {"balence": 1}, "balence: unknown key; did you mean balance?"),
    ("set", {"balance": "much"}, 'balance: must be an amount such as "1000.00"'),
    ("rules", [{"action": "add", "do": {"cut": "never mind"}}], "cut: must be one of"),
    ("rules", [{"do": {"delay": "soon"}}], "delay: must be a duration"),
    ("rules", {"append": [{"name": "mine", "do": {"acept": True}}]}, "mine.do: acept: unknown key; did you mean accept?"),
    ("order", {"id": 77}, "no order 77"),
    ("nowhere", {}, "no such door"),
])
def test_faulty_control_is_refused_with_a_message(alpha, path, body, words):
    with pytest.raises(AssertionError, match=".*") as fault:
        alpha.control(path, body)
    assert words in str(fault.value)


def test_a_restarted_panel_keeps_its_address(alpha):
    add(alpha)
    port = alpha.port
    alpha.stop()
    with pytest.raises(ConnectionRefusedError):
        alpha.call(action="balance")
    alpha.start()
    assert alpha.port == port and alpha.orders() == []


def test_a_recorded_answer_can_be_played(alpha):
    alpha.play({"action": "multi_status", "http_status": 201, "content_type": "text/html", "body": "\ufeff[]"}, times=1)
    alpha.play({"action": "add", "http_status": 0, "transport": "reset_after_send"}, times=1)
    got, _ = exchange(alpha, raw_request(alpha, "status", "&orders=1,2", "Connection: close\r\n"))
    assert got.startswith(b"HTTP/1.1 201") and b"text/html" in got and got.endswith(b"\r\n\r\n\xef\xbb\xbf[]")
    assert exchange(alpha, raw_request(alpha, "add", "&service=101&link=l&quantity=10")) == (b"", "reset")


def test_many_at_once_each_get_a_number_of_their_own(alpha):
    answers = together(50, lambda i: add(alpha, link=f"l{i}")["order"])
    assert sorted(answers) == list(range(1, 51)) and alpha.about()["balance"] == "995.50"


def test_a_raw_answer_goes_out_as_it_stands_and_the_line_stays_open(alpha):
    alpha.rule("add", times=1, raw="HTTP/1.0 299 Odd\r\nX: {order}\r\n\r\n", accept=True)
    ask = raw_request(alpha, "add", "&service=101&link=l&quantity=100")
    with socket.create_connection(("127.0.0.1", alpha.port), 10) as line:
        line.sendall(ask)
        assert line.recv(65536) == b"HTTP/1.0 299 Odd\r\nX: 1\r\n\r\n"
        line.sendall(raw_request(alpha))
        assert line.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")
        assert alpha.say("nobody asked") == 1
        assert line.recv(65536) == b"nobody asked"
    assert len(alpha.orders()) == 1
    alpha.rule("balance", raw="again ", endless=True, times=1)
    with socket.create_connection(("127.0.0.1", alpha.port), 10) as line:
        line.sendall(raw_request(alpha))
        got = b""
        while len(got) < 60:
            got += line.recv(60)
        assert got.startswith(b"again again again ")


def test_the_log_says_how_much_of_an_answer_went_out(alpha):
    data = raw_request(alpha, extra="Connection: close\r\n")
    got, _ = exchange(alpha, data)
    alpha.rule("balance", cut="after_headers", times=1)
    head, _ = exchange(alpha, data)
    assert got.startswith(head) and head.endswith(b"\r\n\r\n")
    alpha.rule("balance", endless=True)
    with socket.create_connection(("127.0.0.1", alpha.port), 10) as line:
        line.sendall(data)
        seen = 0
        while seen < 1 << 20:
            seen += len(line.recv(65536))
    entries = eventually(lambda: (found := alpha.log("balance"))[-1]["gone"] and found)
    assert [entry["sent"] for entry in entries[:2]] == [len(got), len(head)]
    assert seen <= entries[2]["sent"] < 64 << 20
