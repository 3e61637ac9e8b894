"""How a request may look: paths, bodies, keys, spellings, limits, and what no gateway may swallow."""
import json
import select
import socket
import ssl
import subprocess
import time
import urllib.parse
import warnings

import pytest

from harness import SLOW, Wire, eventually, post, together
from harness.config import SHOP_KEY, default_config, provider

LINK = "https://example.com/p/1"
PATHS = ["/api/v2", "/api/v2/", "/api/v1", "/api", "/api.php"]


def form(**fields):
    return urllib.parse.urlencode({"key": SHOP_KEY, **fields})


def multipart(fields, boundary="----storyboundary"):
    parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                    for name, value in fields.items())
    return (parts + f"--{boundary}--\r\n").encode(), f"multipart/form-data; boundary={boundary}"


def send(gateway, body, kind=None, path="/api/v2", **headers):
    if kind:
        headers["Content-Type"] = kind
    return gateway.request("POST", path, body, headers)


def is_error(answer, status=200):
    assert answer.status == status, answer
    assert answer.headers["content-type"].startswith("application/json"), answer.headers
    assert list(answer.json) == ["error"] and answer.error, answer
    return answer.error


# ---- paths and methods


def test_all_five_paths_answer_and_no_other(gateway):
    for path in PATHS:
        assert "balance" in gateway.call("balance", path=path), path
        assert "balance" in gateway.call("balance", path=path, method="GET"), path
    for path in ("/", "/api/v3", "/api/v2/x", "/API/V2", "/metrics", "/readyz", "/_control"):
        is_error(gateway.call("balance", path=path), 404)


def test_healthz_answers_on_the_clients_side(gateway):
    for method in ("GET", "HEAD"):
        assert gateway.request(method, "/healthz").status == 200, method
    assert gateway.request("GET", "/healthz").json == {"status": "ok"}


def test_other_methods_get_405_in_json_and_redirects_never_happen(gateway):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = gateway.request(method, "/api/v2")
        is_error(answer, 405)
        assert "POST" in answer.headers["allow"]
        assert "location" not in answer.headers
    head = gateway.request("HEAD", f"/api/v2?{form(action='balance')}")
    assert (head.status, head.body) == (200, b"")


def test_get_serves_reading_and_orders_only_where_allowed(make_gateway, alpha, beta):
    shop = {"name": "shop", "key": SHOP_KEY}
    bot = {"name": "bot", "key": "bot-key-0123456789abcdef", "get_orders": True}
    gateway = make_gateway([alpha, beta], clients=[shop, bot])
    assert isinstance(gateway.call("services", method="GET").json, list)
    assert "balance" in gateway.call("balance", method="GET")
    order = gateway.add()
    assert "status" in gateway.status(order, method="GET")
    for action in ("add", "refill", "cancel"):
        answer = gateway.call(action, method="GET", service=1, link=LINK, quantity=100, order=order, orders=order)
        assert answer.status in (200, 405) and "POST" in answer.error, answer
    assert len(alpha.orders()) == 1
    answer = gateway.call("add", key=bot["key"], method="GET", service=1, link=LINK + "?x=1", quantity=100)
    assert "order" in answer, answer
    assert [order["fields"]["link"] for order in alpha.orders()][1:] == [LINK + "?x=1"]
    looked = gateway.request("HEAD", f"/api/v2?key={bot['key']}&action=add&service=1&quantity=100&link={LINK}")
    assert looked.status == 405 and len(alpha.orders()) == 2  # a HEAD changes nothing
    assert gateway.request("HEAD", f"/api/v2?key={bot['key']}&action=balance").status == 200


def test_a_raw_link_in_a_get_loses_its_tail_but_nothing_breaks(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[{"name": "shop", "key": SHOP_KEY, "get_orders": True}])
    raw = f"GET /api/v2?key={SHOP_KEY}&action=add&service=1&quantity=100&link=https://example.com/a?b=1&c=2 HTTP/1.0\r\n\r\n"
    assert b'{"order":1}' in gateway.api(raw.encode())
    assert alpha.orders()[0]["fields"]["link"] == "https://example.com/a?b=1"


# ---- bodies


def test_an_order_arrives_whole_in_every_way_of_writing_it(gateway, alpha):
    link = "https://example.com/ü?a=1&b=%2F+x"
    fields = {"key": SHOP_KEY, "action": "add", "service": "1", "link": link, "quantity": "100"}
    urlencoded = urllib.parse.urlencode(fields)
    body, kind = multipart(fields)
    ways = [
        lambda: send(gateway, urlencoded, "application/x-www-form-urlencoded"),
        lambda: send(gateway, urlencoded, "application/x-www-form-urlencoded; charset=UTF-8"),
        lambda: send(gateway, body, kind),
        lambda: send(gateway, json.dumps(fields), "application/json"),
        lambda: send(gateway, json.dumps({**fields, "service": 1, "quantity": 100}, ensure_ascii=False).encode(),
                     "application/json; charset=utf-8"),
        lambda: send(gateway, json.dumps({**fields, "service": 1.0, "quantity": 100.0}), "application/json"),
        lambda: send(gateway, "", None, "/api/v2?" + urlencoded),
        lambda: send(gateway, urlencoded),
        lambda: send(gateway, urlencoded, "text/plain"),
        lambda: send(gateway, urlencoded, "application/json"),
        lambda: send(gateway, urlencoded, "multipart/form-data"),
        lambda: send(gateway, json.dumps(fields), "application/x-www-form-urlencoded"),
        lambda: send(gateway, " \r\n" + json.dumps(fields, indent=4), "text/html"),
        lambda: send(gateway, json.dumps(fields)),
        lambda: send(gateway, b"\xef\xbb\xbf" + json.dumps(fields).encode(), "application/json"),
    ]
    for number, way in enumerate(ways, 1):
        answer = way()
        assert answer.status == 200 and answer.json == {"order": number}, (number, answer)
        sent = alpha.orders()[-1]["fields"]
        assert (sent["link"], sent["quantity"], sent["service"]) == (link, "100", "101"), number
    assert len(alpha.orders()) == len(ways)


def test_a_multipart_body_is_invited_by_100_continue(gateway, alpha):
    body, kind = multipart({"key": SHOP_KEY, "action": "add", "service": 1, "link": LINK, "quantity": 100})
    with Wire(gateway.port) as wire:
        wire.send(f"POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                  "Expect: 100-continue\r\n\r\n")
        assert wire.head()[0] == 100  # before a single byte of the body
        wire.send(body)
        assert wire.answer().json == {"order": 1}
    assert len(alpha.orders()) == 1


def test_chunked_bodies_are_read(gateway):
    body = form(action="balance").encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\n\r\n"
    with Wire(gateway.port) as wire:
        wire.send(b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        assert "balance" in wire.answer()


def test_the_body_wins_and_the_query_fills_in(gateway):
    answer = gateway.request("POST", f"/api/v2?action=balance&key={SHOP_KEY}", "action=services",
                             {"Content-Type": "application/x-www-form-urlencoded"})
    assert isinstance(answer.json, list), answer
    assert is_error(gateway.request("POST", f"/api/v2?{form(action='balance')}", "key=wrong",
                                    {"Content-Type": "application/x-www-form-urlencoded"})) == "Invalid API key"


def test_a_broken_body_is_an_error_and_no_order(gateway, alpha):
    add = {"key": SHOP_KEY, "action": "add", "service": 1, "link": LINK, "quantity": 100}
    text = json.dumps(add)
    whole, kind = multipart(add)
    bodies = [
        (text[:-1], "application/json"),
        (text + "}", "application/json"),
        (text.replace("100", "1e", 1), "application/json"),
        ('{"a":' * 100000 + "1" + "}" * 100000, "application/json"),
        (text[:-1] + ',"x":' + "[" * 30 + "]" * 30 + "}", "application/json"),
        (text[:-1] + ',"x":' + "[" * 50000, "application/json"),
        (text.encode()[:-2] + b'\xff"}', "application/json"),
        (text.replace("100", "1" * 5000), "application/json"),
        (text[:-1] + ',"quantity":200}', "application/json"),
        (whole[:-30], kind),
        (form(action="add", service=1, quantity=100) + "&link=https://example.com/%00", None),
        (text[:-1] + ',"c":"\\u0000"}', "application/json"),
    ]
    for body, kind in bodies:
        answer = send(gateway, body, kind)
        assert answer.status in (200, 400) and answer.error, (body[:80], answer)
    assert "balance" in gateway.call("balance")
    assert alpha.orders() == []


def test_a_link_that_is_no_utf8_is_refused(gateway, alpha):
    for raw in ("%ff%fe", "https://example.com/%C3%28", "https://example.com/%ED%A0%80", "https://example.com/%0D%0Ax"):
        assert is_error(send(gateway, form(action="add", service=1, quantity=100) + "&link=" + raw)) == "Incorrect link"
    assert alpha.log("add") == []


def test_64_fields_are_read_and_65_refused(gateway):
    many = "".join(f"&f{i}=1" for i in range(62))
    assert "balance" in send(gateway, form(action="balance") + many)
    is_error(send(gateway, form(action="balance") + many + "&one=more"))
    is_error(send(gateway, form(action="balance") + "".join(f"&x{i}=" for i in range(20000))))
    is_error(send(gateway, json.dumps({"key": SHOP_KEY, "action": "balance", **{f"f{i}": 1 for i in range(100)}})))


# ---- keys


def test_the_key_is_found_wherever_it_is_carried(gateway):
    json_kind = {"Content-Type": "application/json"}
    for answer in (
        gateway.call("balance"),
        gateway.call("balance", key=f"  {SHOP_KEY}\r\n"),
        gateway.call("balance", key=f"\t{SHOP_KEY} ", method="GET"),
        gateway.call("balance", key=None, headers={"X-API-Key": SHOP_KEY}),
        gateway.call("balance", key=None, headers={"X-Api-Key": f"{SHOP_KEY}  "}),
        gateway.call("balance", key=None, headers={"Authorization": f"Bearer {SHOP_KEY}"}),
        gateway.call("balance", key=None, headers={"authorization": f"bearer   {SHOP_KEY} "}),
        gateway.call("balance", key="", headers={"X-API-Key": SHOP_KEY}),
        gateway.request("POST", f"/api/v2?key={SHOP_KEY}", '{"action":"balance"}', json_kind),
        gateway.request("POST", "/api/v2", json.dumps({"key": f" {SHOP_KEY}\n", "action": "balance"}), json_kind),
    ):
        assert "balance" in answer, answer


def test_bad_keys_are_refused_alike_whatever_is_asked(gateway):
    for action in ("services", "add", "nonsense", None):
        assert is_error(gateway.call(action, key="a-wrong-key")) == "Invalid API key"
    assert "a-wrong-key" not in "\n".join(gateway.program.lines)


def test_near_misses_of_a_key_are_no_key(gateway):
    for key in ("", None, SHOP_KEY.upper(), SHOP_KEY[:-1], SHOP_KEY + "x"):
        assert is_error(gateway.call("balance", key=key)) == "Invalid API key", key


def test_guessing_keys_gets_slow_while_the_good_key_stays_quick(gateway):
    guesses = [Wire(gateway.port) for _ in range(12)]
    for guess in guesses:
        guess.send(post("key=a-guessed-key&action=balance"))
    eventually(lambda: len(gateway.log_lines("bad_key")) == 12)
    held = [int(line["held_ms"]) for line in gateway.log_lines("bad_key")]
    assert held[0] == 0 and held == sorted(held) and 1000 <= held[-1] <= 10000, held
    assert "balance" in gateway.call("balance")  # not locked out, not held
    assert "a-guessed-key" not in "\n".join(gateway.program.lines)


def test_no_key_at_all_is_not_a_bad_key(gateway):
    """A forgotten key guesses nothing: it costs no time, and the address stays in good standing."""
    began = time.monotonic()
    for _ in range(20):
        for answer in (gateway.call("balance", key=None), gateway.call("balance", key=" "), send(gateway, "")):
            assert is_error(answer) == "Invalid API key"
    assert time.monotonic() - began < 3 * SLOW  # one bad key too many is held that long
    assert gateway.log_lines("bad_key") == []
    gateway.call("balance", key="a-wrong-key")
    eventually(lambda: [int(line["held_ms"]) for line in gateway.log_lines("bad_key")] == [0])


MARKS = ["\ufeff", "\u200b", "\u200e", "\u202a", "\u2066", "\u00a0", "\u2060"]


def test_invisible_marks_around_key_and_link_are_dropped(gateway, alpha):
    for number, mark in enumerate(MARKS):
        assert "balance" in gateway.call("balance", key=mark + SHOP_KEY + mark), repr(mark)
        gateway.add(link=f"{mark}{LINK}?{number}{mark}")
    assert [order["fields"]["link"] for order in alpha.orders()] == [f"{LINK}?{n}" for n in range(len(MARKS))]
    body = "\ufeff".encode() + form(action="balance").encode()
    assert "balance" in send(gateway, body, "application/x-www-form-urlencoded")
    assert gateway.log_lines("bad_key") == []


def test_several_keys_and_a_hash_open_the_same_account(make_gateway, alpha):
    import hashlib
    digest = hashlib.sha256(b"third-key-0123456789").hexdigest()
    gateway = make_gateway([alpha], clients=[
        {"name": "shop", "keys": ["first-key-0123456789", "second-key-0123456789"], "key_sha256": digest}])
    order = gateway.add(key="first-key-0123456789")
    for key in ("second-key-0123456789", "third-key-0123456789"):
        assert "status" in gateway.status(order, key=key)


# ---- actions, names, values


def test_actions_are_folded_and_have_aliases(gateway):
    order = gateway.add()
    for action in ("balance", "Balance", " BALANCE ", "balance\n"):
        assert "balance" in gateway.call(action), action
    for action in ("status", "Status", "statuses", "multi_status", "multi-status", "mass"):
        assert list(gateway.call(action, orders=order).json) == [str(order)], action
    for action in ("refill_status", "refill-status", "multi_refill_status"):
        assert gateway.call(action, refills=9).json[0]["status"] == {"error": "Incorrect refill ID"}, action
    assert isinstance(gateway.call("SERVICES").json, list)


def test_no_or_an_unknown_action_is_an_incorrect_request(gateway):
    for action in (None, "", " ", "buy", "add\x01", "serviceſ", "x" * 5000):
        assert is_error(gateway.call(action)).startswith("Incorrect request"), action


def test_strange_and_empty_parameters_change_nothing(gateway, alpha):
    noise = {"comments": "", "runs": "", "interval": "", "usernames": "", "is_test": "1", "coupon": "x", "server":
             "https://panel.example/api/v2", "posts": "", "min": "", "expiry": "", "a[b][c]": "d", "]": "", "media": ""}
    order = gateway.add(**noise)
    assert alpha.orders()[0]["fields"].get("runs") in (None, "")
    sent = alpha.log("add")[0]["fields"]
    assert not {"coupon", "server", "is_test", "comments"} & set(sent), sent
    assert "status" in gateway.status(order, **noise)


def test_names_may_be_written_with_capitals_and_blanks(gateway):
    body = f"KEY={SHOP_KEY}&Action=add&SERVICE=1&Link={urllib.parse.quote(LINK)}&+quantity+=100"
    assert send(gateway, body).json == {"order": 1}


@pytest.mark.parametrize("names", [{"service": "service_id"}, {"service": "package"}, {"link": "url"}])
def test_an_add_in_other_words(gateway, alpha, names):
    fields = {names.get(name, name): value for name, value in
              {"service": " 1.0", "link": f"  {LINK}\n", "quantity": " 1,000.0 "}.items()}
    assert gateway.call("add", **fields).json == {"order": 1}
    sent = alpha.orders()[0]["fields"]
    assert (sent["link"], sent["quantity"]) == (LINK, "1000")


def test_ids_in_all_spellings(gateway):
    first, second = gateway.add(), gateway.add()
    both = [str(first), str(second)]
    for fields in ({"order": first}, {"order_id": first}, {"id": first}, {"order": f" {first} "},
                   {"order": f"{first}.0"}, {"order": f"{first}\n"}, {"order": f"00{first}"}):
        assert "charge" in gateway.call("status", **fields), fields
    for text in (f"orders={first},{second}", f"orders=+{first}+,++{second}+,", f"orders={first},,{second}",
                 f"orders={first}.0,{second}.0", f"order={first},{second}", f"orders[]={first}&orders[]={second}",
                 f"orders%5B%5D={first}&orders%5B%5D={second}", f"orders[0]={first}&orders[1]={second}",
                 f"orders={first},{second},{first}", f"orders={first}%0A,{second}"):
        answer = send(gateway, form(action="status") + "&" + text)
        assert list(answer.json) == both, (text, answer)
    for value in ([first, second], both, [float(first), float(second)], f"{first},{second}", {"0": first, "2": second}):
        answer = send(gateway, json.dumps({"key": SHOP_KEY, "action": "status", "orders": value}), "application/json")
        assert list(answer.json) == both, (value, answer)
    for value in (first, str(first), float(first)):
        answer = send(gateway, json.dumps({"key": SHOP_KEY, "action": "status", "order": value}), "application/json")
        assert "charge" in answer, (value, answer)


def test_orders_with_ids_is_a_multi_status(gateway):
    """Some panels know no other; their scripts read the answer by number."""
    first, second = gateway.add(), gateway.add()
    both = [str(first), str(second)]
    for action in ("orders", "Orders", "multi-status", "multi_status"):
        for text in (f"orders={first},{second}", f"order={first},{second}", f"order_ids={first},{second}", f"ids={first},{second}",
                     f"orders[]={first}&orders[]={second}", f"orders={first}&orders={second}", f"orders=[{first}, {second}]",
                     f"orders=['{first}', '{second}']", f'orders=["{first}","{second}"]', f"orders=({first}, {second})",
                     f"orders={{{first}, {second}}}", f"orders=[u'{first}', u'{second}']", f"limit=1&orders={first},{second}"):
            answer = send(gateway, form(action=action) + "&" + text)
            assert list(answer.json) == both and "charge" in answer.json[both[0]], (action, text, answer)
        for text in (f"orders={first}", f"order={first}", f"id={first}", f"orders[]={first}", f"orders=[{first}]"):
            assert list(send(gateway, form(action=action) + "&" + text).json) == [str(first)], (action, text)
        assert is_error(send(gateway, form(action=action) + "&orders=")) == "Incorrect order ID"
        assert send(gateway, form(action=action) + "&orders=x,99").json == {"x": {"error": "Incorrect order ID"},
                                                                          "99": {"error": "Incorrect order ID"}}
    for text in ("", "&limit=5", "&link="):
        listed = send(gateway, form(action="orders") + text).json
        assert [entry["order"] for entry in listed] == [second, first], text


@pytest.mark.parametrize("name", ["orders", "order", "order_ids", "order_id", "ids", "id", "Orders", " orders "])
def test_an_empty_parameter_for_orders_asks_for_no_listing(gateway, name):
    """A script with nothing to ask for reads the answer by number all the same."""
    gateway.add()
    for text in ("=", "", "[]=", "[]", "[0]=", "=[]", "=,", "=%20", "=null", "=[ ]", "=%5B%5D"):
        answer = send(gateway, form(action="orders") + f"&{name}{text}")
        assert isinstance(answer.json, dict) and "Incorrect order ID" in str(answer.json), (text, answer)
    for value in ([], [None], "", {}, None, [None, None], {"0": None}, [""], " ", False, "[]"):
        body = {"key": SHOP_KEY, "action": "orders", name: value}
        answer = send(gateway, json.dumps(body), "application/json")
        assert isinstance(answer.json, dict) and "Incorrect order ID" in str(answer.json), (value, answer)
        if value is not False:
            assert is_error(answer) == "Incorrect order ID", value
    for action in ("status", "refill", "cancel"):
        body = json.dumps({"key": SHOP_KEY, "action": action, name: []})
        assert is_error(send(gateway, body, "application/json")) == "Incorrect order ID", action


def test_repeated_names_and_printed_lists_lose_nothing(gateway, alpha):
    comments = ["one", "two, and a half", "three"]
    for body in ("&comments=" + "&comments=".join(map(urllib.parse.quote, comments)),
                 "&comments[]=" + "&comments[]=".join(map(urllib.parse.quote, comments)),
                 "&comments=" + urllib.parse.quote(json.dumps(comments)), "&comments=" + urllib.parse.quote(str(comments))):
        many = [comments[n % 3] for n in range(12)]
        assert "order" in send(gateway, form(action="add", service=3, link=LINK) + body * 4), body
    assert {order["fields"]["comments"] for order in alpha.orders()} == {"\n".join(many)}
    assert "link" in is_error(send(gateway, form(action="add", service=1, quantity=100) + "&link=a&link=b"))


def test_quantities_with_marks_between_thousands(gateway, alpha):
    for text in ("1000", "1,000", "1.000", "1 000", "1'000", "1.000,00", "1,000.00", "1000.0"):
        assert "order" in gateway.call("add", service=1, link=f"{LINK}?{text}", quantity=text), text
    assert {order["fields"]["quantity"] for order in alpha.orders()} == {"1000"}
    for number, quantity in (("1000.000", "1000"), ("1.5e3", None), ("50.833", None), ("1.000", "below the minimum")):
        body = f'{{"key":"{SHOP_KEY}","action":"add","service":1,"link":"{LINK}?{number}","quantity":{number}}}'
        answer = send(gateway, body, "application/json")  # a JSON number has decimals, never marks
        assert "order" in answer if quantity == "1000" else "uantity" in is_error(answer), number
    for text in ("1000.5", "1,5", "0.5", "1.000.5", "50.833333333333336", "1,00,000"):
        assert "quantity" in is_error(gateway.call("add", service=1, link=LINK, quantity=text)), text
    for name in ("quantity[]=1&quantity[]=200", "quantity[0]=1&quantity[1]=200"):  # two numbers are not 1,200
        assert "quantity" in is_error(send(gateway, form(action="add", service=1, link=LINK) + "&" + name)), name
    for numbers in ([1, 200], ["1", "200"], {"0": 1, "1": 200}):
        body = json.dumps({"key": SHOP_KEY, "action": "add", "service": 1, "link": LINK, "quantity": numbers})
        assert "quantity" in is_error(send(gateway, body, "application/json")), numbers


def test_an_empty_list_of_orders_is_no_listing(gateway):
    gateway.add()
    for orders in ("orders=[]", "orders[]=", "orders=", "orders=,"):
        for action in ("status", "orders", "cancel"):
            assert is_error(send(gateway, form(action=action) + "&" + orders)) == "Incorrect order ID", (action, orders)


def test_what_is_no_order_number_is_an_incorrect_order_id(gateway):
    gateway.add()
    for order in ("0", "-1", "1.5", "1e0", "x", "99999", "2147483648", "18446744073709551617", "1 2", "+1", "٣", None, ""):
        assert is_error(gateway.status(order)) == "Incorrect order ID", order


def test_literal_line_breaks_between_comments(gateway, alpha):
    comments = "one\\ntwo\r\n three \n\n\\n four, five\rsix\n\\r\\n7\n8\n9\n10\n11"
    order = gateway.add(service=3, quantity=None, comments=comments)
    sent = alpha.orders()[0]["fields"]
    assert sent["comments"].split("\n") == ["one", "two", "three", "four, five", "six", "7", "8", "9", "10", "11"]
    assert sent["quantity"] == "10"
    assert gateway.status(order)["remains"] == "10"


def test_a_hundred_ids_are_the_most(gateway):
    gateway.add()
    hundred = gateway.call("status", orders=list(range(1, 101)))
    assert len(hundred.json) == 100 and "charge" in hundred["1"] and hundred["2"] == {"error": "Incorrect order ID"}
    for action, name in (("status", "orders"), ("refill", "orders"), ("cancel", "orders"), ("refill_status", "refills")):
        assert "100" in is_error(gateway.call(action, **{name: list(range(1, 102))})), action
    assert len(gateway.call("cancel", orders=list(range(900, 1000))).json) == 100


def test_a_megabyte_of_ids_holds_nobody_up(gateway):
    order = gateway.add()
    for ids in ([f"id{n}" for n in range(99)], list(range(1, 100))):
        many = ",".join(map(str, ids))
        body = form(action="status") + "&orders=" + ",".join([many] * (900000 // len(many)))
        began = time.monotonic()
        assert "100" in is_error(send(gateway, body))
        assert time.monotonic() - began < SLOW
    assert list(gateway.call("status", orders=[order] * 500).json) == [str(order)]


# ---- request ids


def test_a_request_id_is_taken_returned_and_on_each_line(gateway, alpha):
    answer = gateway.call("add", service=1, link=LINK, quantity=100, headers={"X-Request-Id": "story-id-1.a_B"})
    assert answer.headers["x-request-id"] == "story-id-1.a_B"
    gateway.wait_log("provider_call", request="story-id-1.a_B")
    assert {line.get("event") for line in gateway.log_lines(request="story-id-1.a_B")} >= {"provider_call"}
    assert SHOP_KEY not in "\n".join(gateway.program.lines) and alpha.key not in "\n".join(gateway.program.lines)


def test_a_request_id_is_made_where_none_or_a_bad_one_comes(gateway):
    made = [gateway.call("balance", headers=headers).headers["x-request-id"]
            for headers in ({}, {}, {"X-Request-Id": "a b"}, {"X-Request-Id": "x" * 5000}, {"X-Request-Id": 'a"b=c'})]
    assert len(set(made)) == 5 and all(name.isalnum() and len(name) >= 8 for name in made), made
    for answer in (gateway.call("nonsense"), gateway.request("GET", "/nowhere"), gateway.request("PUT", "/api/v2")):
        assert answer.headers["x-request-id"]


# ---- limits and addresses


def test_beyond_the_rate_limit_is_429_with_retry_after(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[
        {"name": "shop", "key": SHOP_KEY, "rate_limit": "3/s"}, {"name": "other", "key": "other-key-0123456789"}])
    answers = together(12, lambda _: gateway.call("balance"))
    refused = [answer for answer in answers if answer.status == 429]
    assert 1 <= len(answers) - len(refused) <= 7 and refused
    for answer in refused:
        is_error(answer, 429)
        assert int(answer.headers["retry-after"]) >= 1
    assert "balance" in gateway.call("balance", key="other-key-0123456789")
    eventually(lambda: gateway.call("balance").status == 200)


def test_a_client_over_its_rate_waits_a_second_before_429(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[{"name": "shop", "key": SHOP_KEY, "rate_limit": "4/s"}])
    began = time.monotonic()
    assert [gateway.call("balance").status for _ in range(7)] == [200] * 7  # three of them a quarter later each
    assert 0.6 < time.monotonic() - began < 3 * SLOW
    answers = together(20, lambda _: gateway.call("balance"))
    assert {answer.status for answer in answers} == {200, 429}
    assert sum(answer.status == 200 for answer in answers) <= 9  # never more than the rate gives


def test_a_limit_by_the_minute_is_for_the_minute(make_gateway, alpha):
    gateway = make_gateway([alpha], clients=[{"name": "shop", "key": SHOP_KEY, "rate_limit": "3/m"}])
    assert [gateway.call("balance").status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert 1 <= int(gateway.call("balance").headers["retry-after"]) <= 20
    assert gateway.cli("client", "list", "--json").json["clients"][0]["rate_limit"] == "3/m"


def test_a_client_may_be_held_to_its_addresses(make_gateway, alpha):
    clients = [{"name": "shop", "key": SHOP_KEY, "addresses": ["192.0.2.0/24", "2001:db8::/32"]},
               {"name": "local", "key": "local-key-0123456789", "addresses": ["127.0.0.0/8"]}]
    gateway = make_gateway([alpha], clients=clients)
    assert "balance" in gateway.call("balance", key="local-key-0123456789")
    is_error(gateway.call("balance"))
    is_error(gateway.call("balance", headers={"X-Forwarded-For": "192.0.2.7"}))  # nobody trusted says so
    config = default_config([alpha], clients=clients, trusted_proxies=["127.0.0.1/32"])
    assert gateway.reload(config).returncode == 0
    for value in ("192.0.2.7", "203.0.113.9, 192.0.2.7", "2001:db8::1"):
        assert "balance" in gateway.call("balance", headers={"X-Forwarded-For": value}), value
    for value in ("203.0.113.9", "192.0.2.7, 203.0.113.9", "nonsense"):
        is_error(gateway.call("balance", headers={"X-Forwarded-For": value}))


@pytest.mark.parametrize("version", ["0.9", "1.9", "1.300", "-1.-5", "1.-1", "01.1", "1.01", "1.4294967297", "1.1 ", "+1.1"])
def test_other_versions_are_refused_in_ours(gateway, version):
    with Wire(gateway.port) as wire:
        wire.send(f"GET /api/v2 HTTP/{version}\r\nHost: x\r\n\r\n")
        answer = wire.line.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer


# ---- connections


def test_one_connection_carries_many_requests(gateway):
    with Wire(gateway.port) as wire:
        for _ in range(20):
            wire.send(post(form(action="balance")))
            assert "balance" in wire.answer()
        wire.send(post("key=bad&action=balance"))
        assert wire.answer().error == "Invalid API key"
        wire.send(post(form(action="nonsense"), path="/nowhere"))
        assert wire.answer().status == 404
        wire.send(post(form(action="services"), "Connection: close\r\n"))
        assert wire.answer().status == 200
        assert wire.ended()


def test_a_line_break_behind_a_last_request_makes_no_reset_of_its_answer(gateway, alpha):
    alpha.rule("add", hold="add")
    with Wire(gateway.port) as wire:
        wire.send(post(form(action="add", service=1, link=LINK, quantity=100), "Connection: close\r\n"))
        alpha.wait_hold("add")
        wire.send(b"\r\n")  # as some scripts do
        alpha.release("add")
        answer = b""
        while data := wire.line.recv(65536):
            answer += data
        assert "balance" in gateway.call("balance")  # by now it would have come
        assert wire.line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    assert answer.endswith(b'{"order":1}')


def test_http_1_0_is_answered_and_closed(gateway):
    with Wire(gateway.port) as wire:
        wire.send(f"GET /api/v2?{form(action='balance')} HTTP/1.0\r\n\r\n")
        assert "balance" in wire.answer()
        assert wire.ended()


def test_pipelined_requests_are_answered_in_order(gateway, alpha):
    order = gateway.add()
    alpha.rule("status", hold="slow", times=1)
    with Wire(gateway.port) as wire:
        wire.send(post(form(action="status", order=order)) + post(form(action="balance"))
                  + post(form(action="services")) + post(form(action="add", service=1, link=LINK, quantity=50)))
        alpha.wait_hold("slow")
        alpha.release("slow")
        assert "charge" in wire.answer()
        assert "balance" in wire.answer()
        assert isinstance(wire.answer().json, list)
        assert wire.answer().json == {"order": order + 1}
    assert len(alpha.orders()) == 2


def test_two_workers_share_one_number_space(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], workers=2)
    answers = together(12, lambda i: [gateway.add(link=f"{LINK}?{i}.{n}") for n in range(5)])
    numbers = [number for batch in answers for number in batch]
    assert sorted(numbers) == list(range(1, 61))
    assert len(alpha.orders()) == 60
    found = gateway.call("status", orders=numbers)
    assert all("charge" in found[str(number)] for number in numbers)


# ---- hostile


SMUGGLED = "POST /api/v2 HTTP/1.1\r\nHost: x\r\n{head}\r\n{body}"


def smuggling_shapes():
    hidden = post(form(action="add", service=1, link=LINK, quantity=100)).decode()
    chunk = f"0\r\n\r\n{hidden}"
    length = f"Content-Length: {len(chunk)}\r\n"
    return {
        "length and chunked": (f"{length}Transfer-Encoding: chunked\r\n", chunk),
        "chunked and length": (f"Transfer-Encoding: chunked\r\n{length}", chunk),
        "two lengths": (f"Content-Length: 0\r\n{length}", chunk),
        "two equal lengths": (f"{length}{length}", chunk),
        "a list of lengths": (f"Content-Length: 0, {len(chunk)}\r\n", chunk),
        "a signed length": (f"Content-Length: +{len(chunk)}\r\n", chunk),
        "a negative length": ("Content-Length: -1\r\n", chunk),
        "a hex length": (f"Content-Length: {hex(len(chunk))}\r\n", chunk),
        "a length that overflows": ("Content-Length: 18446744073709551616\r\n", chunk),
        "an empty length": ("Content-Length: \r\n", chunk),
        "another coding": ("Transfer-Encoding: identity, chunked\r\n", chunk),
        "a coding nobody knows": ("Transfer-Encoding: xchunked\r\n", chunk),
        "two codings": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunk),
        "a blank before the colon": (f"Content-Length : {len(chunk)}\r\nTransfer-Encoding : chunked\r\n", chunk),
        "a tab in the name": (f"Transfer-Encoding\t: chunked\r\n{length}", chunk),
        "a bare CR": (f"X: a\rTransfer-Encoding: chunked\r\n{length}", chunk),
        "a bare LF": (f"X: a\nTransfer-Encoding: chunked\r\n{length}", chunk),
        "a NUL": (f"X: a\0b\r\nTransfer-Encoding: chunked\r\n{length}", chunk),
        "a folded line": (f"{length}Transfer-Encoding:\r\n chunked\r\n", chunk),
        # whole requests but for the one fault
        "only a bare CR": (f"{length}X: a\rY: b\r\n", chunk),
        "only a bare LF": (f"{length}X: a\nY: b\r\n", chunk),
        "only a NUL": (f"{length}X: a\0b\r\n", chunk),
        "only a folded line": (f"{length}X: a\r\n b\r\n", chunk),
        "only a name with a blank": (f"{length}X y: a\r\n", chunk),
        "only a control character": (f"{length}X: a\x1bb\r\n", chunk),
        "two Hosts": (f"{length}Host: y\r\n", chunk),
        "a hundred headers and more": (length + "a: b\r\n" * 1000, chunk),
    }


@pytest.mark.parametrize("shape", smuggling_shapes())
def test_no_second_request_hides_in_a_first(gateway, alpha, shape):
    head, body = smuggling_shapes()[shape]
    with Wire(gateway.port) as wire:
        wire.send(SMUGGLED.format(head=head, body=body))
        answer = wire.answer()
        assert answer is None or answer.status in (400, 413, 501), answer
        assert wire.ended()  # and whatever came behind it was thrown away
    assert "balance" in gateway.call("balance")
    assert alpha.log("add") == []


def test_chunk_sizes_are_not_taken_for_something_else(gateway, alpha):
    hidden = post(form(action="add", service=1, link=LINK, quantity=100)).decode()
    for size in ("-1", "0x0", "1 ", "ffffffffffffffff", "g", "1;" + "x" * 70000):
        with Wire(gateway.port) as wire:
            wire.send(f"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n{hidden}")
            wire.line.shutdown(socket.SHUT_WR)
            answer = wire.answer()
            assert answer is None or answer.status >= 400 or "error" in answer, (size, answer)
    assert alpha.log("add") == []


def test_heads_that_are_none(gateway):
    for raw in (b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET /api/v2\r\n\r\n", b"GET /api/v2 HTTP/9.9\r\nHost: x\r\n\r\n",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60, b"\x00" * 1000, b"A" * 100000,
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /api/v2 HTTP/1.1\r\nX: " + b"a" * 200000 + b"\r\n\r\n",
                b"GET /api/v2 HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n", b"GET http://[/x HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /api/v2 HTTP/1.1\r\n\r\n", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"):
        with Wire(gateway.port) as wire:
            try:
                wire.send(raw)
                wire.line.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has closed already
            answer = wire.answer()
            assert answer is None or answer.status >= 400, (raw[:40], answer)
    assert "balance" in gateway.call("balance")


def test_too_large_a_body_is_refused_before_it_comes(make_gateway, alpha):
    gateway = make_gateway([alpha], max_body="64KiB")
    with Wire(gateway.port) as wire:
        wire.send("POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n")
        assert wire.answer().status == 413  # not one byte of it was sent
        assert wire.ended()
    with Wire(gateway.port) as wire:
        wire.send("POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\nExpect: 100-continue\r\n\r\n")
        assert wire.answer().status in (413, 417)
    with Wire(gateway.port) as wire:
        wire.send("POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
        try:
            for _ in range(100):
                wire.send(chunk)
        except OSError:
            pass
        answer = wire.answer()
        assert answer is None or answer.status == 413, answer
    comments = "\n".join(["a fine comment"] * 1500)
    assert "order" in gateway.call("add", service=3, link=LINK, comments=comments)


def test_slow_requests_end_with_request_timeout(make_gateway, alpha):
    gateway = make_gateway([alpha], request_timeout="300ms")
    wires = [Wire(gateway.port) for _ in range(3)]
    wires[0].send("POST /api/v2 HTTP/1.1\r\nHost: x\r\n")
    wires[1].send("POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nkey=")
    wires[2].send("G")
    assert "balance" in gateway.call("balance")  # others are served meanwhile
    for wire in wires:
        answer = wire.answer()
        assert answer is None or answer.status in (408, 503), answer
        wire.line.close()


def test_a_byte_now_and_then_keeps_no_request_alive(make_gateway, alpha):
    gateway = make_gateway([alpha], request_timeout="400ms")
    with Wire(gateway.port) as wire:
        wire.send("POST /api/v2 HTTP/1.1\r\nHost: x\r\nX: ")
        wire.line.settimeout(0.05)  # the pace of the bytes, and the wait for the end
        for _ in range(int(100 * SLOW)):
            try:
                data = wire.line.recv(100)
                assert data == b"" or b" 408 " in data or b" 503 " in data, data
                break
            except TimeoutError:
                try:
                    wire.send("a")
                except OSError:
                    break
            except OSError:
                break
        else:
            raise AssertionError("the connection was kept for a drip of bytes")
    assert "balance" in gateway.call("balance")


def test_request_timeout_is_about_the_request_never_about_the_panel(make_gateway, alpha):
    gateway = make_gateway([alpha], request_timeout="200ms")
    alpha.rule("add", times=1, delay="600ms")
    assert gateway.call("add", service=1, link=LINK, quantity=100).json == {"order": 1}
    assert len(alpha.orders()) == 1


def test_a_client_that_leaves_early_leaves_its_order(gateway, alpha):
    alpha.rule("add", hold="late", times=1)
    with Wire(gateway.port) as wire:
        wire.send(post(form(action="add", service=1, link=LINK, quantity=100)))
        alpha.wait_hold("late")
    alpha.release("late")
    eventually(lambda: gateway.call("orders").json)
    eventually(lambda: gateway.status(1).get("status") == "Pending")
    assert len(alpha.orders()) == 1


# ---- TLS


@pytest.fixture
def certificate(tmp_path):
    def make(name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
                        "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
                       check=True, capture_output=True)
        return {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}
    return make


def trust(files):
    return ssl.create_default_context(cafile=files["certificate"])


def test_clients_are_served_by_tls_and_a_new_certificate_is_taken(make_gateway, alpha, certificate):
    files = certificate("first")
    gateway = make_gateway([alpha], tls=files)
    first = trust(files)
    with Wire(gateway.port, tls=first) as wire:
        assert wire.line.version() in ("TLSv1.2", "TLSv1.3")
        wire.send(post(form(action="add", service=1, link=LINK, quantity=100)) + post(form(action="services")))
        assert wire.answer().json == {"order": 1}
        assert len(wire.answer().json) == 10
        certificate("second")
        second = trust(files)
        assert gateway.reload().returncode == 0
        wire.send(post(form(action="balance")))  # the old connection goes on
        assert "balance" in wire.answer()
    def is_renewed():
        try:
            with Wire(gateway.port, tls=second) as wire:
                wire.send(post(form(action="balance")))
                return "balance" in wire.answer()
        except ssl.SSLCertVerificationError:
            return False
    eventually(is_renewed)


def test_a_connection_by_tls_stays_one_when_a_reload_takes_tls_away(make_gateway, alpha, certificate):
    files = certificate("first")
    gateway = make_gateway([alpha], tls=files)
    with Wire(gateway.port, tls=trust(files)) as wire:
        wire.send(post(form(action="balance")))
        assert "balance" in wire.answer()
        assert gateway.reload({name: value for name, value in gateway.config.items() if name != "tls"}).returncode == 0

        def is_plain():
            try:
                return "balance" in gateway.call("balance")
            except OSError:
                return False
        eventually(is_plain)
        wire.send(post(form(action="balance")) + post(form(action="services")))
        assert "balance" in wire.answer()  # never in clear
        assert len(wire.answer().json) == 10


def test_by_tls_too_many_requests_at_once_all_have_their_answers(make_gateway, alpha, certificate):
    """More than the gateway takes in at once: what the TLS session has decoded meanwhile is not forgotten."""
    files = certificate("first")
    gateway = make_gateway([alpha], tls=files)
    count, name = 12000, b'"balance"'
    unsent = memoryview(post(form(action="balance"), "X-More: " + "x" * 100 + "\r\n") * count)
    got, rest = 0, b""
    with Wire(gateway.port, tls=trust(files)) as wire:
        wire.line.setblocking(False)
        while got < count:
            _, writable, _ = select.select([wire.line], [wire.line] if unsent else [], [], 20 * SLOW)
            try:
                if writable:
                    unsent = unsent[wire.line.send(unsent[:16384]):]
                    if unsent:
                        continue  # all of it first, as far as it is taken
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            try:
                data = wire.line.recv(65536)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                continue
            assert data, f"{got} answers, then the end"
            got += (rest + data).count(name)
            rest = (rest + data)[-len(name) + 1:]
    assert got == count


def test_the_tls_port_speaks_nothing_else(make_gateway, alpha, certificate):
    files = certificate("only")
    gateway = make_gateway([alpha], tls=files)
    assert b"balance" not in gateway.api(post(form(action="balance"), "Connection: close\r\n"))
    old = trust(files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        Wire(gateway.port, tls=old)
    with Wire(gateway.port, tls=trust(files)) as wire:
        wire.send(post(form(action="balance")))
        assert "balance" in wire.answer()


def test_nested_json_is_ignored_where_nobody_knows_the_name_and_reported_where_it_is_ours(gateway):
    def ask(fields):
        body = json.dumps({"key": SHOP_KEY, "action": "balance", **fields})
        return send(gateway, body, "application/json")

    assert "balance" in ask({"tags": [{"a": 1}], "meta": {"x": {"y": [1]}}}).json
    for name in ("orders", "runs", "link"):
        assert f"{name} must be a text, a number or a list of them" in ask({name: [{"a": 1}]}).error
