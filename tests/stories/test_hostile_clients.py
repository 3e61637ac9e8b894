"""Clients that flood, leave at every moment, hide things in trailers, or use up the gateway's files: memory stays
bounded, others are served, and what the panels took is what the books say."""
import os
import random
import resource
import socket
import struct
import urllib.parse

import pytest

from books import verify
from harness import SLOW, Wire, eventually, post, together
from harness.config import SHOP_KEY

LINK = "https://example.com/p/1"
MIB = 1024  # KiB


def form(**fields):
    return urllib.parse.urlencode({"key": SHOP_KEY, **fields})


def an_add(link=LINK):
    return post(form(action="add", service=1, link=link, quantity=100))


def memory_kib(gateway):
    with open(f"/proc/{gateway.program.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.program.pid}/fd"))


def reset(line):
    """Closes so that the other side gets a reset."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


# ---- trailers


def chunked(body, trailers, head=""):
    text = body.encode()
    return (f"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{head}\r\n{len(text):x}\r\n".encode() + text
            + b"\r\n0\r\n" + trailers.encode() + b"\r\n")


def only_answer(gateway, raw):
    with Wire(gateway.port) as wire:
        wire.send(raw)
        answer = wire.answer()
        assert wire.ended()  # whatever a chunked body was, nothing follows it
    return answer


def test_a_trailer_is_no_header(gateway, alpha):
    """What comes behind the body can't be what a proxy in front has looked at."""
    assert "balance" in only_answer(gateway, chunked("action=balance", "", f"X-API-Key: {SHOP_KEY}\r\n"))
    for trailer in (f"X-API-Key: {SHOP_KEY}\r\n", f"Authorization: Bearer {SHOP_KEY}\r\n", f"A: b\r\nX-Api-Key: {SHOP_KEY}\r\n"):
        answer = only_answer(gateway, chunked("action=balance", trailer))
        assert answer is None or answer.status == 400 or answer.error == "Invalid API key", (trailer, answer)
    answer = only_answer(gateway, chunked(form(action="balance"), "X-Request-Id: from-a-trailer\r\n"))
    assert answer is None or answer.headers.get("x-request-id") != "from-a-trailer", answer


def test_a_trailer_chooses_no_address(make_gateway, alpha):
    """Behind a trusted proxy the address counts that stands in the head."""
    clients = [{"name": "shop", "key": SHOP_KEY, "addresses": ["10.9.8.7/32"]}]
    gateway = make_gateway([alpha], clients=clients, trusted_proxies=["127.0.0.1/32"])
    body = form(action="balance")
    for head in ("X-Forwarded-For: 1.2.3.4\r\n", ""):
        for trailer in ("X-Forwarded-For: 10.9.8.7\r\n", " , 10.9.8.7\r\n", "A: b\r\nX-Forwarded-For: 10.9.8.7\r\n"):
            answer = only_answer(gateway, chunked(body, trailer, head))
            assert answer is None or answer.status in (400, 413) or "address" in answer.error, (head, trailer, answer)
    assert "balance" in only_answer(gateway, chunked(body, "X-Forwarded-For: 1.2.3.4\r\n", "X-Forwarded-For: 10.9.8.7\r\n"))
    for trailer in ("Content-Length: 5\r\n", "Host: y\r\n", "Transfer-Encoding: identity\r\n"):
        answer = only_answer(gateway, chunked(body, trailer, "X-Forwarded-For: 10.9.8.7\r\n"))
        assert "balance" in answer, (trailer, answer)


@pytest.mark.parametrize("first", [b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", b"FOO http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
                                   b"TRACE http://x/api/v2 HTTP/1.1\r\nHost: x\r\n\r\n", b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n",
                                   b"GET http://x/api/v2 HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n"])
def test_behind_a_refused_request_nothing_is_read(gateway, alpha, first):
    for pieces in ([first + an_add()], [first, an_add()]):
        with Wire(gateway.port) as wire:
            for piece in pieces:
                try:
                    wire.send(piece)
                except OSError:
                    pass  # it has closed already
            answer = wire.answer()
            assert answer is not None and answer.status in (400, 405, 501), answer
            try:
                assert wire.answer() is None and b"HTTP/" not in wire.rest  # evhttp gives the body of some no length
            except ConnectionResetError:
                pass  # what came behind was not even received
    assert alpha.log("add") == []


def test_what_arrives_while_a_refusal_is_sent_is_no_request(gateway, alpha):
    """The next request meets the refusal at every moment of its way out; the gateway stays whole."""
    def play(worker):
        for n in range(40):
            with Wire(gateway.port) as wire:
                try:
                    wire.send(b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n")
                    for _ in range((worker * 40 + n) % 7):
                        wire.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                    wire.send(an_add())
                    while wire.answer() is not None:
                        pass
                except OSError:
                    pass  # it has closed already

    together(12, play)
    assert "balance" in gateway.call("balance")
    assert alpha.log("add") == []


def test_a_request_behind_trailers_is_never_read(gateway, alpha):
    for trailer in ("", "A: b\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "no colon\r\n", " folded\r\n", "A: b\n",
                    "A: \0\r\n"):
        with Wire(gateway.port) as wire:
            wire.send(chunked(form(action="balance"), trailer) + an_add())
            while wire.answer() is not None:
                pass
    assert alpha.log("add") == []
    assert "balance" in gateway.call("balance")


def test_trailers_have_an_end(make_gateway, alpha):
    gateway = make_gateway([alpha], request_timeout="500ms")
    for trailer in ("A: b\r\n" * 100000, "A: " + "b" * 1000000, "A: b\r\n"):
        with Wire(gateway.port) as wire:
            try:
                wire.send(chunked(form(action="balance"), trailer)[:-2])  # the empty line never comes
            except OSError:
                pass  # it has seen enough
            while wire.answer() is not None:
                pass
    assert "balance" in gateway.call("balance")


def test_a_chunks_size_without_end_ends_the_connection_long_before_request_timeout(gateway):
    with Wire(gateway.port) as wire:
        try:
            wire.send(b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1 " + b"x" * (4 << 20))
        except OSError:
            pass  # it has seen enough
        assert wire.answer() is None  # within the wire's 20 s; request_timeout is 30 s
    assert gateway.metrics()["panelmux_http_timeouts_total"] == 0


# ---- floods


def flood(port, first, rest, most):
    """Sends first, then rest over and over without reading, until nothing more is taken: bytes taken."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(first)
        line.settimeout(0.5)
        try:
            while sent < most:
                sent += line.send(rest)
        except OSError:
            pass
        return sent


FLOODS = {
    "bytes": b"x" * 65536,
    "requests": post(form(action="balance")) * 300,
    "lists": post(form(action="services")) * 300,
    "orders of nothing": post("key=wrong&action=add") * 300,
    "empty lines": b"\r\n" * 32768,
    "heads without end": b"GET /api/v2 HTTP/1.1\r\nX: ",
}


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_behind_a_waiting_answer_takes_bounded_memory(make_gateway, alpha, what):
    """The order waits at the panel while its client sends on and reads nothing."""
    gateway = make_gateway([alpha])
    gateway.add(link=LINK + "?first")
    alpha.rule("add", hold="flood", times=4)
    before = memory_kib(gateway)
    sent = together(4, lambda i: flood(gateway.port, an_add(f"{LINK}?{i}"), FLOODS[what], 64 << 20))
    grown = memory_kib(gateway) - before
    alpha.release("flood", open=True)
    assert all(one < 64 << 20 for one in sent), sent  # no longer taken, so it waits at the client
    assert SLOW > 1 or grown < 24 * MIB, f"{grown} KiB for {sent}"  # a sanitizer keeps what was freed
    eventually(lambda: len(alpha.orders()) == 5)
    assert "balance" in gateway.call("balance")


def test_answers_nobody_reads_take_bounded_memory(make_gateway, alpha):
    gateway = make_gateway([alpha])
    gateway.call("services")
    before = memory_kib(gateway)
    sent = together(4, lambda i: flood(gateway.port, b"", FLOODS["lists"], 64 << 20))
    grown = memory_kib(gateway) - before
    assert all(one < 64 << 20 for one in sent), sent
    assert SLOW > 1 or grown < 24 * MIB, f"{grown} KiB for {sent}"  # a sanitizer keeps what was freed
    assert "balance" in gateway.call("balance")


def test_a_thousand_requests_in_one_piece_have_a_thousand_answers(gateway):
    with Wire(gateway.port) as wire:
        wire.send(post(form(action="balance")) * 500 + post(form(action="services")) * 500)
        kinds = [type(wire.answer().json) for _ in range(1000)]
    assert kinds == [dict] * 500 + [list] * 500


# ---- leaving


def booked(gateway):
    return gateway.admin("/orders?limit=1000").json["orders"]


def wait_quiet(gateway):
    """Until the gateway has seen that all have left."""
    eventually(lambda: gateway.metrics()["panelmux_http_connections"] == 0)


def test_a_client_may_leave_after_each_byte_of_its_order(gateway, alpha, beta):
    """Cut anywhere, by an end or a reset: no order before the last byte, one order after it, whoever reads the answer."""
    first = gateway.add(link=LINK + "?first")
    whole = 0
    for leave in (lambda line: line.close(), reset, lambda line: line.shutdown(socket.SHUT_WR)):
        request = an_add(f"{LINK}?{whole}")
        for length in range(1, len(request) + 1):
            line = socket.create_connection(("127.0.0.1", gateway.port))
            line.sendall(request[:length])
            if length == len(request):
                eventually(lambda: len(alpha.orders()) == 2 + whole)  # the gateway has read it
                whole += 1
            leave(line)
            line.close()
    wait_quiet(gateway)
    links = [order["fields"]["link"] for order in alpha.orders()]
    assert links == [LINK + "?first", *(f"{LINK}?{i}" for i in range(3))] and beta.orders() == []
    assert [gateway.status(first + i)["status"] for i in range(4)] == ["Pending"] * 4
    assert gateway.status(first + 4).error == "Incorrect order ID"
    verify(gateway)


def test_clients_that_leave_while_their_orders_are_under_way_lose_none(gateway, alpha):
    """Before the panel has it, while the panel has it, when the answer is written, in the middle of reading it."""
    gateway.add(link=LINK + "?first")
    count = 24
    alpha.rule("add", hold="leaving", times=count)
    lines = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(2 * count)]
    for i, line in enumerate(lines[:count]):
        line.sendall(an_add(f"{LINK}?{i}") + an_add(f"{LINK}?{i}.second") * (i % 2) + b"POST /api" * (i % 3 == 2))
    alpha.wait_hold("leaving", count)
    for i, line in enumerate(lines[:count]):
        (reset if i % 4 < 2 else socket.socket.close)(line)  # the panel has it
    alpha.release("leaving", open=True)
    for i, line in enumerate(lines[count:], count):
        line.sendall(an_add(f"{LINK}?{i}"))
        if i % 3 == 0:
            reset(line)  # it may not have been read yet
        elif i % 3 == 1:
            assert line.recv(5) == b"HTTP/"
            reset(line)
        else:
            line.shutdown(socket.SHUT_WR)
            line.close()
    wait_quiet(gateway)
    eventually(lambda: "placing" not in {entry["state"] for entry in booked(gateway)})
    links = [order["fields"]["link"] for order in alpha.orders()]
    assert len(links) == len(set(links))
    assert {f"{LINK}?{i}" for i in range(count)} <= set(links)
    assert {entry["fields"]["link"] for entry in booked(gateway)} == set(links)
    verify(gateway)


# ---- descriptors


def limit_files(gateway, most):
    hard = resource.prlimit(gateway.program.pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(gateway.program.pid, resource.RLIMIT_NOFILE, (min(most, hard), hard))


def test_out_of_descriptors_those_who_are_here_are_served_and_then_all_again(gateway, alpha, beta):
    kept = Wire(gateway.port)
    for i in range(3):
        kept.send(an_add(f"{LINK}?{i}"))
        assert kept.answer().json == {"order": 1 + i}
    mark = gateway.mark()
    limit_files(gateway, descriptors(gateway) + 4)
    crowd = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(40)]
    for line in crowd:
        line.sendall(post(form(action="balance")))
    gateway.wait_log("accept_failed", after=mark)
    kept.send(post(form(action="status", order=1)))
    assert kept.answer()["status"] == "Pending"
    kept.send(an_add(LINK + "?kept"))
    answer = kept.answer()  # the panel's connection stands already
    assert answer.json == {"order": 4}, answer
    alpha.drop_idle()
    beta.drop_idle()
    kept.send(an_add(LINK + "?dropped"))
    told = kept.answer()  # no descriptor for a new one: an order that was given or one that was not, never a doubt
    assert told.status == 200, told
    assert len(gateway.log_lines("accept_failed", after=mark)) < 100 * SLOW  # it tries now and then, it does not spin
    for line in crowd[:20]:
        line.close()
    limit_files(gateway, 4096)
    for line in crowd[20:]:
        line.settimeout(20 * SLOW)
        assert line.recv(12) == b"HTTP/1.1 200"  # waited in the queue, and was served
        line.close()
    assert gateway.add(link=LINK + "?after")
    delivered = len(alpha.orders()) + len(beta.orders())
    assert delivered == 5 + ("order" in told)
    assert gateway.admin("/orders?in_doubt=1").json["orders"] == []
    kept.line.close()
    verify(gateway)


def test_silent_connections_take_no_place_that_others_need(make_gateway, alpha, beta):
    """However many come and say nothing: newcomers are served, panels reached, the operator answered."""
    gateway = make_gateway([alpha, beta], workers=2)
    assert int(gateway.wait_log("descriptors")["limit"]) > 0
    mark = gateway.mark()
    limit_files(gateway, 512)  # a reload shares it out anew, as the start did
    gateway.reload()
    shares = gateway.wait_log("descriptors", after=mark)
    assert sum(int(shares[name]) for name in ("clients", "upstream", "admin", "files", "reserve")) <= int(shares["limit"]) == 512
    silent = [socket.create_connection(("127.0.0.1", gateway.port), 5 * SLOW) for _ in range(400)]
    silent += [socket.create_connection(("127.0.0.1", gateway.admin_port), 5 * SLOW) for _ in range(100)]
    for i in range(10):
        assert gateway.add(link=f"{LINK}?{i}")
        assert gateway.admin("/healthz").status == 200
    assert len(alpha.orders()) == 10
    assert gateway.log_lines("accept_failed", after=mark) == []
    assert gateway.metrics()["panelmux_http_displaced_total"] > 300
    for line in silent:
        line.close()


# ---- what nobody has thought of


def whole_requests(chance, i):
    add = form(action="add", service=1, link=f"{LINK}?{i}", quantity=100)
    chunks = b"%x\r\n%b\r\n0\r\n" % (len(add), add.encode())
    return [
        an_add(f"{LINK}?{i}"), post(add, "Expect: 100-continue\r\n"), post(add, "Connection: close\r\n"), post("key=wrong&action=add"),
        post(form(action="services")), post(form(action="status", orders=",".join(map(str, range(1, chance.randint(2, 100)))))),
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + chance.choice([b"\r\n", b"A: b\r\n\r\n"]),
        f"GET /api/v2?{form(action='services')} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n".encode(),
        f"HEAD /api/v2?{form(action='services')} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", b"PUT /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
        b"GET http://u:p@[::1%25lo]:99999/api/v2?x HTTP/1.1\r\nHost: x\r\n\r\n", b"GET //////?%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1 " + b"x" * 200000, b"\r\n" * 3, b"GET /\r\n\r\n",
    ]


PIECES = [b"\0", b"\r\n", b"\n", b"\r", b" ", b":", b"\r\n\r\n", b"Content-Length: 5\r\n", b"Expect: 100-continue\r\n", b"%00", b"HTTP/1.1",
          b"Transfer-Encoding: chunked\r\n", b"\xff" * 9, b"9" * 30, b"a" * 100, b"a" * 20000, b"a" * 70000]


def disturbed(chance, request):
    for _ in range(chance.choice([0, 0, 0, 1, 1, 2, 5])):
        at = chance.randint(0, len(request))
        request = chance.choice([
            lambda: request[:at], lambda: request[:at] + request[at + chance.randint(1, 30):],
            lambda: request[:at] + chance.choice(PIECES) + request[at:], lambda: request[:at] + bytes([chance.randint(0, 255)]) + request[at + 1:],
            lambda: request[:at] + request[chance.randint(0, len(request)):][:200] + request[at:]])()
    return request


def disturb(gateway, chance, i):
    """One connection: requests with faults, in pieces of any size, ended in any way at any moment."""
    data = b"".join(disturbed(chance, chance.choice(whole_requests(chance, f"{i}.{n}"))) for n in range(chance.choice([1, 1, 2, 3, 20])))
    with socket.create_connection(("127.0.0.1", gateway.port), 20 * SLOW) as line:
        line.settimeout(chance.choice([0.001, 0.01, 0.05, 0.5]))
        try:
            while data:
                size = chance.choice([1, 10, 100, 1000, 100000]) if len(data) < 2000 else 5000
                line.send(data[:size])
                data = data[size:]
                if chance.random() < 0.05:
                    line.recv(chance.choice([1, 100, 100000]))
            end = chance.randint(0, 4)
            if end < 2:
                line.shutdown(socket.SHUT_WR if end else socket.SHUT_RD)
            if end == 4:
                reset(line)
            while end in (1, 3) and line.recv(65536):
                pass
        except OSError:
            pass


@pytest.mark.parametrize("seed", range(2))
def test_whatever_clients_send_and_however_they_end_the_gateway_stays_whole(make_gateway, alpha, seed):
    """Nothing is left open, nothing is delivered twice, the books hold, and it stops when told (see the fixture)."""
    gateway = make_gateway([alpha], request_timeout="300ms", max_body="64KiB", workers=2)

    def play(worker):
        chance = random.Random(seed * 100 + worker)
        for n in range(60):
            disturb(gateway, chance, f"{worker}.{n}")

    together(12, play)
    assert "balance" in gateway.call("balance")
    links = [order["fields"]["link"] for order in alpha.orders()]
    assert links and {entry["fields"]["link"] for entry in booked(gateway)} >= set(links[-500:])
    mark = gateway.mark()
    gateway.stop()  # while held answers to guessed keys are still waiting
    gateway.wait_log("ended", after=mark)
    gateway.start()
    eventually(lambda: "placing" not in {entry["state"] for entry in booked(gateway)})
    verify(gateway)
