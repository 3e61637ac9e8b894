"""Every way in which a panel's answer can fail to come, one table for all actions: what the simulated panel does,
and what becomes of an order for it. What a row says of an order:

    doubt       the panel may have taken it: never sent on, never sent again
    next        it certainly did not happen: the next offer takes it
    accepted    odd, but an answer
"""
import base64
import gzip

OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = '{"order":{order}}'  # 11 bytes while numbers have one digit
TAKEN = {"accept": True}
HEAVY = gzip.compress(gzip.compress(bytes(64 << 20), 1), 9)  # 64 MiB in a thousandth of a thousandth


def raw(text, **more):
    return {"raw": text, **TAKEN, **more}


def raw_bytes(head, body):
    data = f"{OK}{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return {"raw_base64": base64.b64encode(data).decode(), **TAKEN}


# what: (what the panel does, what becomes of an order)
FAULTS = {
    "cut before reading": ({"cut": "before_read"}, "doubt"),
    "reset before reading": ({"cut": "before_read", "reset": True}, "doubt"),
    "cut after reading": ({"cut": "after_read", **TAKEN}, "doubt"),
    "cut after reading, nothing done": ({"cut": "after_read"}, "doubt"),
    "reset after reading": ({"cut": "after_read", "reset": True, **TAKEN}, "doubt"),
    "cut after the head": ({"cut": "after_headers"}, "doubt"),
    "cut in the middle": ({"cut": "mid_answer"}, "doubt"),
    "reset in the middle": ({"cut": "mid_answer", "reset": True}, "doubt"),
    "hang": ({"hang": True}, "doubt"),
    "drip beyond the time-out": ({"drip": "60ms"}, "doubt"),
    "drip in time": (raw(f"HTTP/1.0 200 OK\r\n\r\n{BODY}", close_after=True, drip="1ms"), "accepted"),
    "endless body": ({"endless": True, **TAKEN}, "doubt"),
    "gzip bomb": ({"gzip_bomb": 40, **TAKEN}, "doubt"),
    "gzip bomb in gzip": (raw_bytes("Content-Encoding: gzip, gzip\r\n", HEAVY), "doubt"),
    "length too long": ({"wrong_length": 10}, "doubt"),
    "length too short": ({"wrong_length": -3}, "doubt"),
    "length below zero": (raw(f"{OK}Content-Length: -11\r\n\r\n{BODY}"), "doubt"),
    "a hundred redirects": ({"redirect": "{self}"}, "next"),
    "no head at all": (raw(BODY, close_after=True), "doubt"),
    "no status": (raw(f"HTTP/1.1 ok\r\nContent-Length: 11\r\n\r\n{BODY}"), "doubt"),
    "switching protocols": (raw(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n{BODY}"), "doubt"),
    "continue without end": (raw("HTTP/1.1 100 Continue\r\n\r\n", endless=True), "doubt"),
    "continue, hints, then the answer": (raw(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        f"{OK}Content-Length: 11\r\n\r\n{BODY}"), "accepted"),
    "header of 100 KB": (raw(f"{OK}X-Long: {'x' * 100_000}\r\nContent-Length: 11\r\n\r\n{BODY}"), "doubt"),
    "10,000 headers": (raw(f"{OK}{''.join(f'X-{n}: y' + chr(13) + chr(10) for n in range(10_000))}"
                           f"Content-Length: 11\r\n\r\n{BODY}"), "doubt"),
    "500 headers": (raw(f"{OK}{''.join(f'X-{n}: y' + chr(13) + chr(10) for n in range(500))}"
                        f"Content-Length: 11\r\n\r\n{BODY}"), "accepted"),
    "chunk beyond all numbers": (raw(f"{OK}Transfer-Encoding: chunked\r\n\r\n{'F' * 40}\r\n{BODY}\r\n0\r\n\r\n"), "doubt"),
    "chunk that never ends": (raw(f"{OK}Transfer-Encoding: chunked\r\n\r\n7FFFFFFFFFFFFFFF\r\n{BODY}"), "doubt"),
    "chunk below zero": (raw(f"{OK}Transfer-Encoding: chunked\r\n\r\n-b\r\n{BODY}\r\n0\r\n\r\n"), "doubt"),
    "chunks with trailers": (raw(f"{OK}Transfer-Encoding: chunked\r\n\r\nb\r\n{BODY}\r\n0\r\nRetry-After: 900\r\n"
                                 "HTTP/1.1: 429\r\n\r\n"), "accepted"),
    "gzip that is none": (raw(f"{OK}Content-Encoding: gzip\r\nContent-Length: 11\r\n\r\n{BODY}"), "doubt"),
    "unknown encoding": (raw(f"{OK}Content-Encoding: rot13\r\nContent-Length: 11\r\n\r\n{BODY}"), "doubt"),
    "until the end": (raw(f"HTTP/1.0 200 OK\r\n\r\n{BODY}", close_after=True), "accepted"),
    "until the end, which comes too soon": (raw('HTTP/1.0 200 OK\r\n\r\n{"order":{order}', close_after=True), "doubt"),
    "json that says it is a picture": (raw(f"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 11\r\n\r\n{BODY}"), "accepted"),
    "byte order mark": (raw(f"{OK}Content-Length: 14\r\n\r\n\ufeff{BODY}"), "accepted"),
    "UTF-16": (raw_bytes("", '{"order":7}'.encode("utf-16")), "doubt"),
    "NUL behind the number": (raw_bytes("", b'{"order":7\x00}'), "doubt"),
    "NUL behind the answer": (raw_bytes("", b'{"order":7}\x00{"error":"no"}'), "doubt"),
    "NUL in the number": (raw_bytes("", rb'{"order":"7\u00008"}'), "doubt"),
}
# Those that tell nothing of the answer but that none came: for the actions that only read.
SILENT = [what for what, (_, ends) in FAULTS.items() if ends != "accepted"]


def rule_of(what, panel):
    """The rule's `do` of a fault; a redirect leads to the panel itself, once more."""
    do = FAULTS[what][0]
    return {**do, "redirect": panel.url} if "redirect" in do else do


def takes_effect(what):
    """Whether the panel does what it is asked, although its answer is lost."""
    do = FAULTS[what][0]
    return bool(do.get("accept")) or not (do.get("cut") in ("before_read", "after_read") or "redirect" in do)
