"""Panels that break off, hang, drip, flood and lie, on a connection that is new and on one that was used before.
What counts is what reached the panels: each story counts deliveries and requests there, not answers."""
import pytest

from books import LINK, ONE_SERVICE, add, attempts, in_doubt, show, state, verify
from faults import FAULTS, rule_of, takes_effect
from harness import SLOW, default_config
from harness.config import provider

WARM, BEHIND = "https://example.com/warm", "https://example.com/behind"


@pytest.fixture
def scene(make_gateway, alpha, beta):
    """Service 1 by alpha, who has little time, then beta."""
    hasty = provider(alpha, timeout=f"{round(400 * SLOW)}ms", connect_timeout=f"{round(300 * SLOW)}ms")
    return make_gateway(config=default_config([], providers=[hasty, provider(beta)], services=ONE_SERVICE))


def seen(panel, *actions, after=0):
    """The requests for these actions, and those that were cut before anybody read what they were."""
    return [entry for entry in panel.log(after=after) if entry["action"] in (*actions, "(none)")]


@pytest.mark.parametrize("connection", ["new", "used"])
@pytest.mark.parametrize("what", FAULTS)
def test_an_order_is_delivered_once_whatever_the_panel_does(scene, alpha, beta, what, connection):
    gateway, ends = scene, FAULTS[what][1]
    if connection == "used":
        gateway.add(link=WARM)
    mark, stored = alpha.mark(), len(alpha.orders())
    warm = alpha.log("add")
    alpha.rule("add", times=None if "redirect" in FAULTS[what][0] else 1, **rule_of(what, alpha))
    order = add(gateway)["order"]
    # One request, on the connection this story is about; one delivery.
    [asked] = seen(alpha, "add", after=mark)
    assert [entry["connection"] for entry in warm] == ([asked["connection"]] if connection == "used" else [])
    assert len(alpha.orders()) - stored == takes_effect(what)
    if ends == "next":
        assert len(beta.orders(link=LINK)) == 1 and beta.count("add") == 1
        assert attempts(gateway, order) == [("alpha", "refused"), ("beta", "accepted")]
    else:
        assert beta.count("add") == 0
        assert attempts(gateway, order) == [("alpha", ends)]
    attempt = show(gateway, order)["attempts"][0]
    assert in_doubt(gateway) == ([order] if ends == "doubt" else [])
    if ends == "doubt":
        assert state(gateway, order) == "doubt" and (attempt["evidence"] or attempt["text"])
        assert gateway.status(order).json == {"charge": "0.09", "start_count": "0", "status": "Pending",
                                              "remains": "100", "currency": "USD"}
    elif ends == "accepted":
        assert show(gateway, order)["order"]["upstream_id"] == alpha.orders()[-1]["id"]
    # The order behind it goes its own way, and is told its own number.
    behind = gateway.add(link=BEHIND)
    taken, = alpha.orders(link=BEHIND) + beta.orders(link=BEHIND)
    assert show(gateway, behind)["order"]["upstream_id"] == taken["id"]
    assert len(seen(alpha, "add", after=mark)) == 1 + len(alpha.orders(link=BEHIND))
    assert in_doubt(gateway) == ([order] if ends == "doubt" else [])
    verify(gateway)
