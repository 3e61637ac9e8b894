"""Before the request: names that lead nowhere, handshakes that fail. Nothing was sent, so the next offer takes it.
And between two requests: what comes then on a connection is no answer to anything."""
import ssl
import time

import pytest

from books import LINK, attempts, in_doubt, show, state, verify, wait_status
from harness import SLOW, eventually
from harness.config import provider
from harness.tls import Server, certificate

OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ORDER = f'{OK}Content-Length: 12\r\n\r\n{{"order":77}}'
CONNECT = f"{round(300 * SLOW)}ms"


def say_tls(certificate_file, work, **limits):
    """A server's work behind its handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file)
    for name, value in limits.items():
        setattr(context, name, value)

    def run(server, line):
        with context.wrap_socket(line, server_side=True, suppress_ragged_eofs=False) as wire:
            server.lines.append(wire)  # which has taken line over
            work(server, wire)
    return run


def answer(server, wire):
    server.read(wire)
    wire.sendall(ORDER.encode())


def wait_for_the_end(server, line):
    server.ending.wait(60 * SLOW)


def hang_up(server, line):
    pass


def greet(server, line):
    line.sendall(b"220 panel ESMTP\r\n")
    server.ending.wait(60 * SLOW)


def at_another_address(make_gateway, alpha, beta, url, **changes):
    """The usual scene, once both lists are known, with alpha elsewhere."""
    gateway = make_gateway([alpha, beta])
    gateway.stop()
    elsewhere = {"url": url, "connect_timeout": CONNECT, "timeout": "2s", **changes}
    gateway.write({**gateway.config, "providers": [provider(alpha, **elsewhere), provider(beta)]})
    gateway.start()
    return gateway


def is_passed_over(gateway, alpha, beta):
    """Twice: nothing was sent, no order is in doubt, beta has each once."""
    for n in (1, 2):
        link = f"https://example.com/p/{n}"
        began = time.monotonic()
        order = gateway.add(link=link)
        assert time.monotonic() - began < 1.5 * SLOW, "bounded by connect_timeout"
        assert attempts(gateway, order) == [("alpha", "not_sent"), ("beta", "accepted")]
        assert len(beta.orders(link=link)) == 1 and beta.count("add") == n
        assert gateway.status(order)["status"] == "Pending"
    assert in_doubt(gateway) == [] and alpha.log("add") == []
    verify(gateway)


# ---- names


@pytest.mark.parametrize("host", ["panel.invalid", "no-such-name.panel.invalid", "256.256.256.256", "a" * 60 + ".invalid"])
def test_a_name_that_leads_nowhere_is_passed_over(make_gateway, alpha, beta, host):
    is_passed_over(at_another_address(make_gateway, alpha, beta, f"http://{host}/api/v2"), alpha, beta)


# ---- handshakes

ENDED = {"begins": "20200101000000Z", "ends": "20200102000000Z"}
TO_COME = {"begins": "20900101000000Z", "ends": "20910101000000Z"}
# what: the certificate, whether it is the provider's ca_file, how the server greets (None: by TLS)
HANDSHAKES = {
    "a certificate nobody knows": ({}, False, None),
    "a certificate that has ended": (ENDED, True, None),
    "a certificate of the future": (TO_COME, True, None),
    "a certificate for another name": ({"names": "DNS:other.example"}, True, None),
    "a certificate for another address": ({"names": "IP:127.0.0.2"}, True, None),
    "a server that says nothing": ({}, True, wait_for_the_end),
    "a server that hangs up": ({}, True, hang_up),
    "a server that speaks something else": ({}, True, greet),
}


@pytest.mark.parametrize("what", HANDSHAKES)
def test_a_handshake_that_fails_is_passed_over(make_gateway, alpha, beta, tmp_path, what):
    wanted, is_trusted, greeting = HANDSHAKES[what]
    file = certificate(str(tmp_path), **wanted)
    with Server(greeting or say_tls(file, answer)) as server:
        trust = {"ca_file": file} if is_trusted else {}
        url = f"https://127.0.0.1:{server.port}/api/v2"
        is_passed_over(at_another_address(make_gateway, alpha, beta, url, **trust), alpha, beta)
        assert server.connections >= 1 and server.requests == 0


def test_a_server_of_old_tls_is_passed_over(make_gateway, alpha, beta, tmp_path):
    file = certificate(str(tmp_path))
    with pytest.warns(DeprecationWarning):
        work = say_tls(file, answer, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
    with Server(work) as server:
        url = f"https://127.0.0.1:{server.port}/api/v2"
        is_passed_over(at_another_address(make_gateway, alpha, beta, url, ca_file=file), alpha, beta)
        assert server.requests == 0


BEHIND_HANDSHAKE = {
    "answered": (ORDER, "accepted"),
    "cut after reading": ("", "doubt"),
    "cut in the middle": (ORDER[:-3], "doubt"),
    # Nothing says that no more was to come, but an object that is closed cannot have been cut.
    "whole without a farewell": ('HTTP/1.0 200 OK\r\n\r\n{"order":77}', "accepted"),
    "cut without a farewell": ('HTTP/1.0 200 OK\r\n\r\n{"order":77', "doubt"),
}


@pytest.mark.parametrize("what", BEHIND_HANDSHAKE)
def test_behind_a_good_handshake_the_same_rules_hold(make_gateway, alpha, beta, tmp_path, what):
    said, ends = BEHIND_HANDSHAKE[what]
    orders = []

    def work(server, wire):
        while True:
            body = server.read(wire)
            if b"action=add" in body:
                orders.append(body)
                wire.sendall(said.encode())
                return
            # The list and the balance are asked for as well.
            wire.sendall(f"{OK}Content-Length: 2\r\n\r\n{{}}".encode())

    file = certificate(str(tmp_path))
    with Server(say_tls(file, work)) as server:
        gateway = at_another_address(make_gateway, alpha, beta, f"https://127.0.0.1:{server.port}/api/v2", ca_file=file)
        order = gateway.add()
        assert attempts(gateway, order) == [("alpha", ends)]
        assert len(orders) == 1 and beta.log("add") == []
        assert in_doubt(gateway) == ([order] if ends == "doubt" else [])


# ---- between two requests

STRAY = {
    "an order's answer": f'{OK}Content-Length: 14\r\n\r\n{{"order":4711}}',
    "a refusal": f'{OK}Content-Length: 20\r\n\r\n{{"error":"Bad link"}}',
    "a status": f'{OK}Content-Length: 67\r\n\r\n{{"charge":"9","start_count":"1","status":"Completed","remains":"0"}} ',
    "408": "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "half a head": "HTTP/1.1 200 OK\r\nX: ",
    "continue": "HTTP/1.1 100 Continue\r\n\r\n",
    "a lot": f'{OK}Content-Length: 14\r\n\r\n{{"order":4711}}' * 2000,
}


@pytest.mark.parametrize("what", STRAY)
def test_what_comes_between_two_requests_answers_neither(make_gateway, alpha, beta, what):
    gateway = make_gateway([alpha, beta])
    first = gateway.add(link="https://example.com/warm")
    assert alpha.say(STRAY[what]) >= 1
    order = gateway.add()
    taken, = alpha.orders(link=LINK)
    assert show(gateway, order)["order"]["upstream_id"] == taken["id"] and attempts(gateway, order) == [("alpha", "accepted")]
    alpha.set_order("*", status="In progress", remains=50)
    wait_status(gateway, order, "In progress")
    assert alpha.say(STRAY[what]) >= 1
    assert gateway.status(first)["status"] == "In progress"
    alpha.set_order("*", status="Completed", remains=0)
    wait_status(gateway, order, "Completed")
    assert alpha.say(STRAY[what]) >= 1
    refill = gateway.call("refill", order=order)
    assert len(alpha.log("refill")) == 1 and "refill" in refill
    assert beta.log("add") == [] and in_doubt(gateway) == [] and len(alpha.log("add")) == 2


def test_an_answer_after_the_deadline_is_nobodys(make_gateway, alpha, beta):
    gateway = make_gateway([alpha, beta], providers=[
        provider(alpha, timeout=f"{round(300 * SLOW)}ms", connect_timeout=CONNECT), provider(beta)])
    gateway.add(link="https://example.com/warm")
    alpha.rule("add", times=1, hold="late", accept=True)
    late = gateway.add(link="https://example.com/late")
    assert in_doubt(gateway) == [late]
    alpha.release("late")
    order = gateway.add()
    taken, = alpha.orders(link=LINK)
    assert show(gateway, order)["order"]["upstream_id"] == taken["id"]
    slow, quick = (alpha.log("add", link=link) for link in ("example.com/late", LINK))
    assert len(slow) == len(quick) == 1 and slow[0]["connection"] != quick[0]["connection"]
    assert state(gateway, late) == "doubt"
    # The same for a status: the late word of one order is not another's.
    alpha.rule("status", times=1, hold="status")
    alpha.set_order(1, status="Completed", remains=0)
    gateway.status(1)
    alpha.release("status")
    assert gateway.status(order)["status"] == "Pending"
    eventually(lambda: gateway.status(1)["status"] == "Completed")


def test_no_cookie_is_kept(gateway, alpha):
    alpha.rule("*", headers={"Set-Cookie": "session=1; Path=/"})
    order = gateway.add()
    gateway.status(order)
    gateway.add(link="https://example.com/p/2")
    assert len(alpha.log("add")) == 2
    assert all("cookie" not in entry["headers"] for entry in alpha.log())
