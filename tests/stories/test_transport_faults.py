"""Panels that break off, hang, drip, flood and lie, on a connection that is new and on one that was used before.
What counts is what reached the panels: each story counts deliveries and requests there, not answers."""
import pytest

from books import LINK, ONE_SERVICE, add, attempts, in_doubt, show, state, verify
from faults import FAULTS, SILENT, rule_of, takes_effect
from harness import SLOW, default_config, eventually
from harness.config import provider

WARM, BEHIND = "https://example.com/warm", "https://example.com/behind"


def hasty(panel, **changes):
    """A provider that is given little time."""
    return provider(panel, **{"timeout": f"{round(400 * SLOW)}ms", "connect_timeout": f"{round(300 * SLOW)}ms", **changes})


@pytest.fixture
def scene(make_gateway, alpha, beta):
    """Service 1 by alpha, who is given little time, then beta."""
    gateway = make_gateway(config=default_config([], providers=[hasty(alpha), provider(beta)], services=ONE_SERVICE))
    alpha.wait_requests("balance")  # none of the start's is to come into a story's fault
    return gateway


def seen(panel, *actions, after=0):
    """The requests for these actions, and those that were cut before anybody read what they were."""
    return [entry for entry in panel.log(after=after) if entry["action"] in (*actions, "(none)")]


def play(panel, action, what):
    """The fault, once; a redirect as often as anybody follows it."""
    panel.rules({"action": action, "do": rule_of(what, panel), **({} if FAULTS[what][1] == "next" else {"times": 1})})


def end(gateway, panel):
    """The fault is over; who was rested for it works again. That asks for the balance, which is waited for: a
    connection that is cut before anybody reads might be the balance's."""
    panel.rules()
    mark = panel.mark()
    gateway.admin(f"/providers/{panel.name}/resume", "POST", {})
    panel.wait_requests("balance", after=mark)


def place(gateway, alpha, beta, what, connection):
    """An order of which alpha makes this, on a connection that is new or was used; its number."""
    link, ends = f"{LINK}/{connection}", FAULTS[what][1]
    mark, stored, warm = alpha.mark(), len(alpha.orders()), {entry["connection"] for entry in alpha.log("add")}
    play(alpha, "add", what)
    order = add(gateway, link=link)["order"]
    # One request, on the connection this story is about; one delivery.
    [asked] = seen(alpha, "add", after=mark)
    assert (asked["connection"] in warm) == (connection == "used")
    assert len(alpha.orders()) - stored == takes_effect(what)
    if ends == "next":
        assert len(beta.orders(link=link)) == len(beta.log("add", link=link)) == 1
        assert attempts(gateway, order) == [("alpha", "refused"), ("beta", "accepted")]
    else:
        assert beta.log("add", link=link) == [] and attempts(gateway, order) == [("alpha", ends)]
    if ends == "doubt":
        attempt = show(gateway, order)["attempts"][0]
        assert state(gateway, order) == "doubt" and (attempt["evidence"] or attempt["text"])
        assert gateway.status(order).json == {"charge": "0.09", "start_count": "0", "status": "Pending",
                                              "remains": "100", "currency": "USD"}
    elif ends == "accepted":
        assert show(gateway, order)["order"]["upstream_id"] == alpha.orders()[-1]["id"]
    # The order behind it goes its own way, and is told its own number.
    behind = gateway.add(link=f"{BEHIND}/{connection}")
    taken, = (entry for panel in (alpha, beta) for entry in panel.orders(link=f"{BEHIND}/{connection}"))
    assert show(gateway, behind)["order"]["upstream_id"] == taken["id"]
    assert len(seen(alpha, "add", after=mark)) == 1 + len(alpha.orders(link=f"{BEHIND}/{connection}"))
    return order


@pytest.mark.parametrize("what", FAULTS)
def test_an_order_is_delivered_once_whatever_the_panel_does(scene, alpha, beta, what):
    orders = [place(scene, alpha, beta, what, "new")]
    end(scene, alpha)
    scene.add(link=WARM)
    assert len(alpha.orders(link=WARM)) == 1
    orders.append(place(scene, alpha, beta, what, "used"))
    assert sorted(in_doubt(scene)) == (orders if FAULTS[what][1] == "doubt" else [])
    verify(scene)


# ---- what the other actions make of it


def ask(gateway, alpha, what, action, order, connection):
    """A refill or cancel of which alpha makes this, on a connection that is new or was used."""
    end(gateway, alpha)
    eventually(lambda: gateway.status(order)["status"] == ("Completed" if action == "refill" else "In progress"))
    if connection == "new":
        assert alpha.drop_idle() >= 1
    mark, warm, refills = alpha.mark(), {entry["connection"] for entry in alpha.log()}, len(alpha.refills())
    play(alpha, action, what)
    answer = gateway.call(action, **({"order": order} if action == "refill" else {"orders": order}))
    assert answer.status == 200, answer
    [asked] = seen(alpha, action, after=mark)
    assert (asked["connection"] in warm) == (connection == "used")
    [kept] = show(gateway, order)["aftersales"]
    is_refused = FAULTS[what][1] == "next"
    assert kept["state"] == ("refused" if is_refused else "doubt"), kept
    if action == "refill":
        assert list(answer.json) == (["error"] if is_refused else ["refill"])
        assert len(alpha.refills()) - refills == takes_effect(what)


@pytest.mark.parametrize("what", SILENT)
def test_refill_and_cancel_are_sent_once_whatever_the_panel_does(scene, alpha, what):
    steps = [(action, connection) for action in ("refill", "cancel") for connection in ("new", "used")]
    orders = [scene.add(link=f"https://example.com/p/{n}") for n in range(len(steps))]
    for n, (action, _) in enumerate(steps, 1):
        alpha.set_order(n, **({"status": "Completed", "remains": 0} if action == "refill" else {"status": "In progress"}))
    mark = alpha.mark()
    for order, (action, connection) in zip(orders, steps):
        ask(scene, alpha, what, action, order, connection)
    # Neither what comes behind them on the same path nor a restart asks again.
    end(scene, alpha)
    assert scene.status(scene.add(link=BEHIND))["status"] == "Pending"
    scene.restart()
    scene.call("status", orders=orders)
    assert len(seen(alpha, "refill", "cancel", after=mark)) == len(steps)
    verify(scene)


@pytest.mark.parametrize("what", SILENT)
def test_a_status_that_does_not_come_leaves_the_last_one(scene, alpha, what):
    gateway = scene
    orders = [gateway.add(link=f"https://example.com/p/{n}") for n in range(3)]
    alpha.set_order("*", status="In progress", remains=50, start_count=7)
    before = eventually(lambda: (told := gateway.call("status", orders=orders).json)
                        and {entry["status"] for entry in told.values()} == {"In progress"} and told)
    alpha.set_order("*", status="Completed", remains=0)
    alpha.rule("status", **rule_of(what, alpha))
    for _ in range(2):  # many in one question, and one; on new and on used connections
        assert gateway.call("status", orders=orders).json == before
        assert gateway.status(orders[0]).json == before[str(orders[0])]
    assert len(seen(alpha, "status")) > 1 and len(alpha.orders()) == 3
    alpha.rules()
    gateway.admin("/providers/alpha/resume", "POST", {})  # readings that failed rest it for a while
    ended = eventually(lambda: (told := gateway.call("status", orders=orders).json)
                       and {entry["status"] for entry in told.values()} == {"Completed"} and told)
    assert ended[str(orders[0])] == gateway.status(orders[0]).json


@pytest.mark.parametrize("what", SILENT)
def test_a_list_or_a_balance_that_does_not_come_leaves_the_last_one(make_gateway, alpha, beta, what):
    gateway = make_gateway([alpha, beta], catalogue={"refresh": "50ms", "balance": "50ms"}, providers=[
        hasty(panel) for panel in (alpha, beta)])
    services = eventually(lambda: gateway.call("services").json)
    balance = gateway.call("balance").json
    assert len(services) == 10 and balance["currency"] == "USD"
    # One after the other: the answers of each keep the failures of the other from putting the panel in cool-down.
    for action in ("services", "balance"):
        mark, other = alpha.mark(), beta.mark()
        alpha.rules({"action": action, "do": rule_of(what, alpha)})
        # The second is asked when the first is over; a redirect rests whom it comes from.
        name = "(none)" if FAULTS[what][0].get("cut") == "before_read" else action
        alpha.wait_requests(name, 1 if FAULTS[what][1] == "next" else 2, after=mark)
        beta.wait_requests("services", 2, after=other)
        assert gateway.call("services").json == services
        assert gateway.call("balance").json == balance
        end(gateway, alpha)
    assert gateway.add() == 1 and len(alpha.orders(link=LINK)) + len(beta.orders(link=LINK)) == 1


# ---- ceilings

MIB = 1 << 20
KERNEL = 12 * MIB  # what the kernel takes on both sides before anybody reads it


def memory(gateway):
    """The most that was ever resident, in bytes."""
    with open(f"/proc/{gateway.program.pid}/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM:"))


ENDLESS = {"endless": {"endless": True}, "bomb": {"gzip_bomb": 200}}


@pytest.mark.parametrize("what", ENDLESS)
@pytest.mark.parametrize("action, ceiling", [("services", 16 * MIB), ("balance", MIB), ("status", MIB), ("add", MIB),
                                             ("refill", MIB), ("cancel", MIB)])
def test_no_answer_is_read_beyond_its_ceiling(make_gateway, alpha, action, ceiling, what):
    """The panel has more to send for as long as it can; it is hung up on long before the time-out."""
    gateway = make_gateway([alpha], catalogue={"refresh": "50ms", "balance": "50ms"} if ceiling > MIB or action == "balance"
                           else {}, providers=[provider(alpha, timeout="60s")], status_within="60s", answer_within="60s")
    order = gateway.add(link=WARM)
    before, mark = memory(gateway), alpha.mark()
    alpha.rule(action, times=1, **ENDLESS[what])
    asks = {"add": {"service": 1, "link": LINK, "quantity": 100}, "status": {"order": order},
            "refill": {"order": order}, "cancel": {"orders": order}}
    if action in asks:
        assert gateway.call(action, **asks[action]).status == 200
    [spoilt] = eventually(lambda: [entry for entry in alpha.log(action, after=mark) if entry["rule"] and entry["sent"]])
    assert spoilt["sent"] < ceiling + KERNEL
    if what == "endless":
        assert spoilt["gone"] and spoilt["sent"] > ceiling
    assert memory(gateway) - before < 100 * MIB
    assert gateway.call("services").json and gateway.status(order).status == 200
