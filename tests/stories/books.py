"""What the stories of orders look at behind the clients' side: an order's attempts, doubts, how they end."""
import threading

from harness import SLOW, eventually

LINK = "https://example.com/p/1"
UNAVAILABLE = "Service is temporarily unavailable"
SOON = f"{round(1000 * SLOW)}ms"  # an answer_within that a story waits for, yet time enough for the books on a busy disk
# Service 1 at cost: what alpha takes is what the client pays.
ONE_SERVICE = [{"id": 1, "offers": [{"provider": "alpha", "service": 101}, {"provider": "beta", "service": 101}]}]
ACTIVE_ORDER = "You have active order with this link. Please wait until order being completed."


class Later:
    """work(*arguments) in a thread of its own; result() waits for it and hands on what it raised."""

    def __init__(self, work, *arguments, **named):
        self._result, self._fault = None, None
        self._thread = threading.Thread(target=self._run, args=(work, arguments, named), daemon=True)
        self._thread.start()

    def _run(self, work, arguments, named):
        try:
            self._result = work(*arguments, **named)
        except BaseException as fault:  # handed on in result()
            self._fault = fault

    def is_done(self):
        return not self._thread.is_alive()

    def result(self, timeout=30):
        self._thread.join(timeout * SLOW)
        assert not self._thread.is_alive(), "still under way"
        if self._fault:
            raise self._fault
        return self._result


def add_later(gateway, **fields):
    fields = {"service": 1, "link": LINK, "quantity": 100, **fields}
    return Later(gateway.call, "add", **fields)


def add(gateway, **fields):
    """The whole answer, error or not."""
    return gateway.call("add", **{"service": 1, "link": LINK, "quantity": 100, **fields})


def show(gateway, order):
    answer = gateway.admin(f"/orders/{order}")
    assert answer.status == 200, answer
    return answer.json


def state(gateway, order):
    return show(gateway, order)["order"]["state"]


def wait_status(gateway, order, word):
    """The status once it has that word: a status younger than status_fresh (1 ms) is not asked again."""
    return eventually(lambda: (lambda told: told if told["status"] == word else None)(gateway.status(order).json))


def attempts(gateway, order):
    """[(provider, state), …] as they were made."""
    return [(attempt["provider"], attempt["state"]) for attempt in show(gateway, order)["attempts"]]


def wait_end(gateway, order, outcome, **fields):
    """Until an order's attempt has ended so and that is in the books."""
    gateway.wait_log("order", order=order, outcome=outcome, **fields)
    eventually(lambda: state(gateway, order) != "placing")


def in_doubt(gateway):
    return [entry["order"] for entry in gateway.admin("/orders?in_doubt=1").json["orders"]]


def resolve(gateway, order, how, **more):
    answer = gateway.admin(f"/orders/{order}/resolve", "POST", {"how": how, **more})
    assert answer.status == 200, answer
    return answer.json


def deliveries(*panels):
    """How many orders each panel took."""
    return tuple(len(panel.orders()) for panel in panels)


def asked(*panels):
    """How many adds reached each panel, delivered or not."""
    return tuple(panel.count("add") for panel in panels)


def verify(gateway):
    """The books keep all their rules, also while they are in use."""
    ended = gateway.cli("ledger", "verify")
    assert ended.returncode == 0, ended
