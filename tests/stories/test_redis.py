"""Whatever is done to the Redis that gateways share: no client call fails, it is logged once, and it is in
use again within 2 s of its return. What is in it is only believed when it is ours and whole."""
import contextlib
import os
import socket
import threading
import time

import pytest

from harness import SLOW, eventually
from harness.redis import Redis, RedisError

SOON = 2 * SLOW  # the promise, stretched for sanitizers
QUICK = {"catalogue": {"refresh": "1s", "balance": "1s"}}  # the cache is used every second
AWAY = ("cannot be reached", "does not answer in time", "the connection was lost")


@pytest.fixture
def make_redis(_programs, tmp_path):
    servers = []

    def make(*arguments, **settings):
        servers.append(Redis(tmp_path, *arguments, **settings))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def redis(make_redis):
    return make_redis()


class Load:
    """Clients that never pause: services, balance, add and status, until the block ends; then all of
    their calls must have been answered well."""

    def __init__(self, gateway, clients=3):
        self.gateway = gateway
        self.calls, self.failed = 0, []
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    def _run(self):
        order = self.gateway.add()
        while not self.is_over.is_set():
            for action, fields in (("services", {}), ("balance", {}), ("status", {"order": order}),
                                   ("add", {"service": 1, "link": "https://example.com/p/1", "quantity": 100})):
                try:
                    answer = self.gateway.call(action, **fields)
                    good = answer.status == 200 and answer.error is None
                except Exception as fault:  # a refused or lost connection is a failed call as well
                    good, answer = False, fault
                with self.lock:
                    self.calls += 1
                    if not good:
                        self.failed.append((action, answer))

    def more(self, count=40):
        """Waits until so many more calls were answered."""
        wanted = self.calls + count
        eventually(lambda: self.calls >= wanted, timeout=30, what=f"{count} more calls")

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.more(1)
        return self

    def __exit__(self, kind, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)
        if kind is None:
            assert self.failed == [], f"{len(self.failed)} of {self.calls} calls failed: {self.failed[:3]}"


def is_usable(gateway):
    return gateway.metrics()["panelmux_cache_usable"] == 1


def failures(gateway):
    return gateway.metrics()["panelmux_cache_failures_total"]


@contextlib.contextmanager
def within(seconds, what):
    from_s = time.monotonic()
    yield
    took = time.monotonic() - from_s
    assert took <= seconds, f"{what} took {took:.2f} s"


def unusable_lines(gateway, after=0):
    return gateway.log_lines("cache_unusable", after)


@pytest.fixture
def shared(make_gateway, alpha, beta, redis):
    """A gateway that uses Redis each second."""
    gateway = make_gateway([alpha, beta], cache=redis.url(), **QUICK)
    gateway.wait_log("cache_usable")
    eventually(lambda: len(redis.keys("panelmux:1:list:*")) == 2)
    return gateway


def outage(gateway, alpha, redis, begin, end):
    """Redis goes and returns under load; while it is away the lists are asked for all the same."""
    with Load(gateway) as load:
        before, at = failures(gateway), gateway.mark()
        begin()
        assert gateway.wait_log("cache_unusable", after=at)["why"] in AWAY
        assert not is_usable(gateway)
        asked = alpha.mark()
        alpha.wait_requests("services", 2, after=asked)
        load.more()
        assert failures(gateway) > before
        end()
        with within(SOON, "being in use again"):
            gateway.wait_log("cache_usable", after=at)
        assert is_usable(gateway)
        redis.do("FLUSHALL")
        eventually(lambda: len(redis.keys("panelmux:1:list:*")) == 2, what="lists put again")
        load.more()
    assert len(unusable_lines(gateway, at)) == 1, unusable_lines(gateway, at)


def test_killed(shared, alpha, redis):
    outage(shared, alpha, redis, redis.kill, redis.start)


def test_frozen(shared, alpha, redis):
    outage(shared, alpha, redis, redis.freeze, redis.thaw)


def test_slow(shared, alpha, redis):
    def end():
        while True:  # its own word for it: an answer
            try:
                redis.do("PING", timeout=60)
                return
            except OSError:
                pass

    outage(shared, alpha, redis, lambda: redis.do("CLIENT", "PAUSE", 4000, "ALL"), end)


def test_flushed(shared, redis):
    with Load(shared) as load:
        at = shared.mark()
        for _ in range(3):
            redis.do("FLUSHALL")
            eventually(lambda: len(redis.keys("panelmux:1:list:*")) == 2)
        load.more()
    assert unusable_lines(shared, at) == [] and shared.log_lines("cache_trouble", at) == []


def refused_writes(gateway, load, begin, end, why):
    at = gateway.mark()
    begin()
    line = gateway.wait_log("cache_trouble", after=at)
    assert line["while"] == "writing" and line["why"] == why
    told = failures(gateway)
    eventually(lambda: failures(gateway) > told + 2)
    assert is_usable(gateway)  # it still reads
    load.more()
    assert len(gateway.log_lines("cache_trouble", at)) == 1
    end()
    with within(SOON + 1, "being in use again"):  # the next refresh is a second away
        gateway.wait_log("cache_trouble_over", after=at)


def test_full(shared, redis):
    with Load(shared) as load:
        refused_writes(shared, load, lambda: redis.do("CONFIG", "SET", "maxmemory", "1mb"),
                       lambda: redis.do("CONFIG", "SET", "maxmemory", "0"), "its memory is full")


def test_read_only_replica(shared, redis):
    with Load(shared) as load:
        refused_writes(shared, load, lambda: redis.do("REPLICAOF", "127.0.0.1", "1"),
                       lambda: redis.do("REPLICAOF", "NO", "ONE"), "takes no writes")


def plant_wrong_type(redis, key, value):
    redis.do("DEL", key)
    redis.do("RPUSH", key, "a", "b")


PLANTS = {
    "wrong type": plant_wrong_type,
    "foreign": lambda redis, key, value: redis.do("SET", key, b'{"version":1,"fetched":1,"rows":[]}'),
    "binary": lambda redis, key, value: redis.do("SET", key, bytes(range(256)) * 64),
    "truncated": lambda redis, key, value: redis.do("SET", key, value[:-7]),
    "head only": lambda redis, key, value: redis.do("SET", key, value[:20]),
    "changed": lambda redis, key, value: redis.do("SET", key, value.replace(b'"101"', b'"102"')),
    "older version": lambda redis, key, value: redis.do("SET", key, value.replace(b"panelmux 1 ", b"panelmux 0 ", 1)),
    "another's": lambda redis, key, value: redis.do("SET", key, redis.do("GET", redis.list_key("beta"))),
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_ill_formed_values_are_absent(make_gateway, alpha, beta, redis, plant):
    gateway = make_gateway([alpha, beta], cache=redis.url(), catalogue={"refresh": "1h"})
    key = eventually(lambda: redis.keys("panelmux:1:list:alpha:*"))[0]
    eventually(lambda: redis.keys("panelmux:1:list:beta:*"))
    before = gateway.call("services").json
    good = redis.do("GET", key)
    gateway.stop()
    forget_books(gateway)
    plant(redis, key, good)
    alphas, betas = alpha.mark(), beta.mark()
    gateway.start()
    line = gateway.wait_log("cache_trouble")
    assert line["why"] == "holds an ill-formed value" and line["while"] == "reading"
    alpha.wait_requests("services", 1, after=alphas)  # as if nothing had been there
    assert gateway.call("services").json == before
    assert len(beta.log("services", after=betas)) == 0  # whose value is good
    eventually(lambda: redis.do("TYPE", key) == b"string" and redis.do("GET", key)[-200:] == good[-200:])
    assert len(gateway.log_lines("cache_trouble")) == 1
    with Load(gateway) as load:
        load.more()


def forget_books(gateway):
    for name in os.listdir(gateway.folder):
        if ".db" in name:
            os.remove(os.path.join(gateway.folder, name))


def test_services_at_once_from_redis_while_every_panel_is_down(make_gateway, alpha, beta, redis):
    gateway = make_gateway([alpha, beta], cache=redis.url())
    eventually(lambda: len(redis.keys("panelmux:1:list:*")) == 2)
    before = gateway.call("services").json
    assert len(before) == 10
    gateway.stop()
    alpha.stop()
    beta.stop()
    for lose_books in (False, True):
        if lose_books:
            forget_books(gateway)
        with within(3 * SOON, "a start with dead panels"):
            gateway.start()
        assert gateway.call("services").json == before
        gateway.stop()
    redis.do("FLUSHALL")  # this time nobody knows: it was Redis that did
    forget_books(gateway)
    gateway.start(ready=False)
    eventually(lambda: gateway.log_lines("serving"), timeout=30)
    assert gateway.call("services").get("error") is not None or gateway.call("services").json == []


def test_one_gateway_downloads_for_all(make_gateway, alpha, beta, redis):
    alpha.rule("services", hold="lists")
    gateways = [make_gateway([alpha, beta], start=False, cache=redis.url(), catalogue={"refresh": "1h"})
                for _ in range(3)]
    for gateway in gateways:
        gateway.start(ready=False)
    alpha.wait_hold("lists")
    for gateway in gateways:
        gateway.wait_log("listening", side="admin")
    # All of them have tried, and those whose turn it is not keep looking.
    eventually(lambda: sum(gateway.metrics()["panelmux_cache_gets_total"] for gateway in gateways) >= 25)
    assert len(redis.keys("panelmux:1:lock:*")) == 1
    alpha.release("lists")
    for gateway in gateways:
        gateway.wait_log("serving", timeout=30)
        eventually(lambda gateway=gateway: len(gateway.call("services").json) == 10)
    assert len(alpha.log("services")) == 1
    assert len(beta.log("services")) == 1
    assert redis.keys("panelmux:1:lock:*") == []


def test_a_dead_gateways_turn_ends(make_gateway, alpha, redis):
    gateway = make_gateway([alpha], cache=redis.url(), catalogue={"refresh": "1h"})
    key = eventually(lambda: redis.keys("panelmux:1:list:alpha:*"))[0]
    gateway.stop()
    forget_books(gateway)
    lock = key.replace("panelmux:1:", "panelmux:1:lock:", 1)
    redis.do("DEL", key)
    redis.do("SET", lock, "another gateway's token", "PX", 1500)
    asked = alpha.mark()
    gateway.start(ready=False)
    eventually(lambda: gateway.log_lines("cache_usable"))
    assert alpha.log("services", after=asked) == [] or redis.do("GET", lock) != b"another gateway's token"
    alpha.wait_requests("services", 1, after=asked)
    assert redis.do("GET", lock) != b"another gateway's token"
    gateway.wait_log("serving", timeout=20)
    assert len(gateway.call("services").json) == 10


def test_a_gateway_killed_at_its_turn_leaves_the_list_to_the_next(make_gateway, alpha, redis):
    alpha.rule("services", hold="lists", times=1)
    config = {"cache": redis.url(), "catalogue": {"refresh": "1h"}}
    first = make_gateway([alpha], start=False, **config)
    second = make_gateway([alpha], start=False, **config)
    first.start(ready=False)
    alpha.wait_hold("lists")
    assert len(redis.keys("panelmux:1:lock:*")) == 1
    first.kill()
    second.start(ready=False)
    second.wait_log("serving", timeout=60)
    eventually(lambda: len(second.call("services").json) == 10, timeout=30)
    assert len(alpha.log("services")) == 2


def test_unreachable_at_start(make_gateway, make_redis, alpha, beta):
    redis = make_redis(password="a%secret", start=False)
    url = f"redis://:a%25secret@127.0.0.1:{redis.port}/0"
    gateway = make_gateway([alpha, beta], cache=url, **QUICK)
    line = gateway.wait_log("cache_unusable")
    assert line["address"] == redis.address and line["why"] == "cannot be reached"
    with Load(gateway) as load:
        load.more()
        assert not is_usable(gateway)
        redis.start()
        with within(SOON, "being in use"):
            gateway.wait_log("cache_usable")
        eventually(lambda: len(redis.keys("panelmux:1:list:*")) == 2)
    assert len(unusable_lines(gateway)) == 1
    assert not [line for line in gateway.program.lines if "a%secret" in line or "a%25secret" in line]


def test_wrong_password(make_gateway, make_redis, alpha, beta):
    redis = make_redis(password="right-one")
    gateway = make_gateway([alpha, beta], cache=redis.url(password="hunter2"), **QUICK)
    line = gateway.wait_log("cache_unusable")
    assert line["address"] == redis.address and line["why"] == "refuses the login or a right"
    assert line["error"] == "WRONGPASS"
    with Load(gateway) as load:
        load.more()
        redis.do("CONFIG", "SET", "requirepass", "hunter2")
        redis.password = "hunter2"
        with within(SOON, "being in use"):
            gateway.wait_log("cache_usable")
    assert len(unusable_lines(gateway)) == 1
    assert not [line for line in gateway.program.lines if "hunter2" in line or "right-one" in line]


def test_a_host_by_name_that_nobody_knows(make_gateway, alpha):
    gateway = make_gateway([alpha], cache="redis://no-such-host.invalid:6379/0")
    line = gateway.wait_log("cache_unusable")
    assert line["address"] == "no-such-host.invalid:6379/0"
    assert len(gateway.call("services").json) == 10


def name_of_this_machine():
    """A name that leads to 127.0.0.1. A bare Debian has no /etc/hosts; "127.1" is no address to us, and one to the resolver."""
    try:
        socket.getaddrinfo("localhost", 1, socket.AF_INET)
        return "localhost"
    except socket.gaierror:
        return "127.1"


def test_by_name_and_in_another_database(make_gateway, alpha, redis):
    name = name_of_this_machine()
    gateway = make_gateway([alpha], cache=f"redis://{name}:{redis.port}/3")
    gateway.wait_log("cache_usable", address=f"{name}:{redis.port}/3")
    eventually(lambda: b"db3:" in redis.do("INFO", "keyspace"))
    assert b"db0:" not in redis.do("INFO", "keyspace")


def test_balances_are_read_once_for_all(make_gateway, alpha, redis):
    config = {"cache": redis.url(), "catalogue": {"refresh": "1h", "balance": "1h"}}
    make_gateway([alpha], **config)
    alpha.wait_requests("balance", 1)
    eventually(lambda: redis.keys("panelmux:1:balance:alpha:*"))
    second = make_gateway([alpha], **config)
    eventually(lambda: any(key.startswith("panelmux_provider_balance{") and 'provider="alpha"' in key
                           for key in second.metrics()), what="the balance known")
    assert len(alpha.log("balance")) == 1


def test_another_key_of_the_same_panel_shares_nothing(make_gateway, alpha, redis):
    make_gateway([alpha], cache=redis.url())
    eventually(lambda: len(redis.keys("panelmux:1:list:*")) == 1)
    other = make_gateway([alpha], cache=redis.url(), start=False)
    text = open(other.path).read()
    with open(other.path, "w") as file:
        file.write(text.replace(alpha.url, alpha.url + "?for=another"))
    other.start(ready=False)
    eventually(lambda: len(redis.keys("panelmux:1:list:*")) == 2 or other.log_lines("list_refused"))
    assert len(alpha.log("services")) == 2


def p99_ms(gateway, order, count=400):
    took = []
    for _ in range(count):
        from_s = time.perf_counter()
        assert gateway.status(order).error is None
        took.append(time.perf_counter() - from_s)
    return sorted(took)[int(count * 0.99)] * 1000


def test_calls_are_as_quick_while_redis_is_frozen(make_gateway, alpha, redis):
    gateway = make_gateway([alpha], cache=redis.url(), status_fresh="1h", **QUICK)
    gateway.wait_log("cache_usable")
    order = gateway.add()
    gateway.status(order)
    before = min(p99_ms(gateway, order) for _ in range(3))  # the best of three: others use this machine too
    redis.freeze()
    gateway.wait_log("cache_unusable")
    during = min(p99_ms(gateway, order) for _ in range(3))
    assert not is_usable(gateway)
    redis.thaw()
    assert during <= before + 5 * SLOW, (before, during)


def test_client_calls_never_touch_redis(make_gateway, alpha, redis):
    gateway = make_gateway([alpha], cache=redis.url(), catalogue={"refresh": "1h", "balance": "1h"})
    eventually(lambda: redis.keys("panelmux:1:balance:*") and redis.keys("panelmux:1:list:*"))

    def commands():
        info = dict(line.split(b":", 1) for line in redis.do("INFO", "stats").split(b"\r\n") if b":" in line)
        return int(info[b"total_commands_processed"])

    before = commands()
    order = gateway.add()
    for _ in range(50):
        gateway.call("services")
        gateway.call("balance")
        gateway.status(order)
    assert commands() - before <= 2  # our own question, at most twice


def test_tls_is_refused_by_a_clear_word(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False, cache="rediss://:hunter2@127.0.0.1:6379/0")
    done = gateway.cli("check")
    assert done.returncode != 0
    words = done.stdout + done.stderr
    assert "has no TLS" in words or "does not have" in words
    assert "stunnel" in words and "hunter2" not in words


def test_harness_errors_are_seen(redis):
    with pytest.raises(RedisError):
        redis.do("NOSUCH")
