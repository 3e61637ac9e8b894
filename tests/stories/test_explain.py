"""Why something takes no orders, since when, until when and how that ends: `explain` and `provider list`."""
import datetime

import pytest

from harness import eventually
from harness.config import provider

ROW = {"service": 101, "name": "A name", "type": "Default", "category": "A category", "rate": "1.00", "min": "10",
       "max": "10000", "refill": True, "cancel": False}
PATIENT = {"refresh": "50ms", "balance": "50ms"}


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def now():
    """In whole milliseconds, as the gateway writes its moments."""
    moment = datetime.datetime.now(datetime.timezone.utc)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def explain(gateway, service=1, quantity=100):
    """Exit code, what JSON says of the first offer, and the text."""
    told, spoken = (gateway.cli("explain", service, quantity, *more) for more in (["--json"], []))
    assert told.returncode == spoken.returncode and told.json["deliverable"] == (told.returncode == 0), (told, spoken)
    return told.returncode, told.json["offers"][0], spoken.stdout


def health(gateway, name="alpha"):
    """What JSON says of the provider, and its line of the table."""
    [row] = [row for row in gateway.cli("provider", "list", "--json").json["providers"] if row["name"] == name]
    [line] = [line for line in gateway.cli("provider", "list").stdout.splitlines() if line.startswith(name)]
    return row, line


def says(line, offer):
    """The table's line tells the same; the moments may differ by a millisecond."""
    return offer["message"].partition(", since")[0] in line and offer["how"].partition(" at ")[0] in line


def alone(make_panel, make_gateway, **panel):
    alpha = make_panel("alpha", **{"services": [ROW], **panel})
    gateway = make_gateway([alpha], catalogue=PATIENT, providers=[provider(alpha, currency="USD")],
                           services=[{"id": 1, "offers": [{"provider": "alpha", "service": 101}]}])
    return alpha, gateway


def check_since(row, started):
    assert started <= at(row["since"]) <= now(), row


def test_what_may_be_taken_has_no_reason(make_panel, make_gateway):
    _, gateway = alone(make_panel, make_gateway)
    code, offer, _ = explain(gateway)
    assert code == 0 and offer["position"] == 1
    assert {offer[name] for name in ("reason", "since", "until", "next_try", "ends", "how")} == {None}
    assert offer["message"] == "" and health(gateway)[0]["obstacle"]["reason"] is None


def test_a_service_that_the_panel_refuses(make_panel, make_gateway):
    alpha, gateway = alone(make_panel, make_gateway)
    started = now()
    alpha.rule("add", times=1, error="Service is disabled")
    assert gateway.call("add", service=1, link="https://example.com/1", quantity=100).error
    code, offer, text = explain(gateway)
    assert code == 1 and offer["position"] is None and offer["reason"] == "refused" and offer["ends"] == "time"
    check_since(offer, started)
    assert 25 < (at(offer["until"]) - now()).total_seconds() <= 30
    assert "the panel refuses orders for this service" in text and ", until 20" in text and "provider resume alpha" in text
    row, line = health(gateway)
    assert row["health"] == "offers cooling down" and row["offers_cooling_down"] == 1
    [told] = row["offers"]
    assert told["service"] == "101" and told["reason"] == "refused" and says(line, told)
    assert abs(at(told["until"]) - at(offer["until"])).total_seconds() < 1
    assert gateway.cli("provider", "resume", "alpha").returncode == 0
    assert explain(gateway)[0] == 0 and gateway.add(service=1)


def test_out_of_funds(make_panel, make_gateway):
    alpha, gateway = alone(make_panel, make_gateway, balance="0.05")
    started = now()
    alpha.rule("add", error="Not enough funds on balance")
    assert gateway.call("add", service=1, link="https://example.com/1", quantity=100).error
    eventually(lambda: "its balance is 0.05 USD" in health(gateway)[1])
    code, offer, text = explain(gateway)
    assert code == 1 and offer["reason"] == "out_of_funds" and offer["ends"] == "balance" and offer["until"] is None
    check_since(offer, started)
    assert "covers the order (0.10 USD)" in text and "provider resume alpha" in text
    row, line = health(gateway)
    assert row["health"] == "out of funds" and says(line, row["obstacle"])
    alpha.rules()
    alpha.set(balance="50.00")
    gateway.wait_log("provider_recovered", reason="balance_rose")
    assert explain(gateway)[0] == 0 and health(gateway)[0]["health"] == "good"


def test_a_bad_key(make_panel, make_gateway):
    alpha, gateway = alone(make_panel, make_gateway)
    started = now()
    alpha.rule("*", error="Invalid API key")
    gateway.wait_log("provider_cool_down", reason="bad_key")
    code, offer, text = explain(gateway)
    assert code == 1 and offer["reason"] == "bad_key" and offer["ends"] == "new_key" and offer["until"] is None
    check_since(offer, started)
    assert 14 * 60 < (at(offer["next_try"]) - now()).total_seconds() <= 15 * 60
    assert "a new `key`" in text and "provider resume alpha" in text
    row, line = health(gateway)
    assert row["health"] == "bad key" and says(line, offer)


def test_a_panel_that_fails(make_panel, make_gateway):
    alpha, gateway = alone(make_panel, make_gateway)
    started = now()
    alpha.rule("add", times=5, status=500, body="")
    for i in range(5):
        gateway.add(service=1, link=f"https://example.com/{i}")
    code, offer, text = explain(gateway)
    assert code == 1 and offer["reason"] == "failing" and offer["ends"] == "probe"
    check_since(offer, started)
    assert 25 < (at(offer["until"]) - now()).total_seconds() <= 30
    assert "5 orders in a row failed" in text and "as a probe" in text
    row, line = health(gateway)
    assert row["health"] == "failing" and says(line, offer)


def test_a_panel_with_another_currency(make_panel, make_gateway):
    _, gateway = alone(make_panel, make_gateway, currency="EUR")
    gateway.wait_log("provider_closed", reason="wrong_currency")
    code, offer, text = explain(gateway)
    assert code == 1 and offer["reason"] == "wrong_currency" and offer["ends"] == "currency"
    assert "reports EUR, and `currency` says USD" in text and "`provider resume` does not end it" in text
    assert health(gateway)[0]["health"] == "wrong currency"


def test_a_paused_and_a_closed_provider(make_panel, make_gateway):
    _, gateway = alone(make_panel, make_gateway)
    assert gateway.cli("provider", "pause", "alpha", "--for", "2h", "--reason", "too slow").returncode == 0
    code, offer, text = explain(gateway)
    assert code == 1 and offer["reason"] == "paused" and offer["ends"] == "time"
    assert (at(offer["until"]) - at(offer["since"])).total_seconds() == 7200
    assert "too slow" in text and "provider resume alpha" in text
    assert gateway.cli("provider", "resume", "alpha").returncode == 0
    assert explain(gateway)[0] == 0
    gateway.config["providers"][0]["state"] = "closed"
    assert gateway.reload(gateway.config).returncode == 0
    code, offer, _ = explain(gateway)
    assert code == 1 and offer["reason"] == "closed" and "`state: open`" in offer["how"]


def test_an_offer_that_its_panel_does_not_list(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[ROW, {**ROW, "service": 102}])
    gateway = make_gateway([alpha], catalogue={**PATIENT, "vanish_limit": "100%"}, services=[
        {"id": 1, "offers": [{"provider": "alpha", "service": 999}]},
        {"id": 2, "offers": [{"provider": "alpha", "service": 102}]}])
    code, offer, text = explain(gateway)
    assert code == 1 and offer["reason"] == "not_listed"
    assert "the panel lists no service 999 (list of " in text and "2 services" in text and "panelmux import alpha" in text
    assert explain(gateway, 2)[0] == 0
    alpha.set(services=[ROW])
    eventually(lambda: not gateway.cli("explain", 2, 100, "--json").json["deliverable"])
    code, offer, text = explain(gateway, 2)
    assert code == 1 and offer["reason"] == "no_longer_listed" and "no longer lists service 102 (list of " in text


@pytest.mark.parametrize("rate, says, how", [
    ("9.00", "its price went from 1.00 to 9.00 USD", "provider accept alpha 101`"),
    ("0", "its price went from 1.00 to 0.00 USD", "provider accept alpha 101 --zero`"),
    ("on request", "cannot be read", "ends with a list whose price can be read")])
def test_a_price_in_quarantine(make_panel, make_gateway, rate, says, how):
    alpha, gateway = alone(make_panel, make_gateway)
    started = now()
    alpha.set(services=[{**ROW, "rate": rate}])
    gateway.wait_log("catalogue_published", offers_quarantined=1)
    _, offer, text = explain(gateway)
    assert offer["reason"] == "quarantined" and offer["ends"] == ("list" if rate == "on request" else "accept")
    check_since(offer, started)
    assert says in text and how in text
    assert ("three lists" in text) == (rate == "9.00")
    assert "1 price in quarantine: `provider accept alpha`" in health(gateway)[1]


def test_an_order_that_no_offer_takes(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[ROW])
    gateway = make_gateway([alpha], services=[
        {"id": 1, "min": 1, "offers": [{"provider": "alpha", "service": 101}]},
        {"id": 2, "rate": "0.50", "offers": [{"provider": "alpha", "service": 101}]}])
    code, offer, text = explain(gateway, 1, 5)
    assert code == 1 and offer["reason"] == "limits" and "a quantity of 5 is outside its 10 to 10000" in text
    code, offer, text = explain(gateway, 2, 100)
    assert code == 1 and offer["reason"] == "cost" and "allow_loss" in text
    # What is refused whatever the offers is no success either; a service that is not there is a problem, too.
    assert gateway.cli("explain", 1, 100000000).returncode == 1
    assert gateway.cli("explain", 77, 100).returncode == 1
    assert gateway.cli("explain", 1).returncode == 2
