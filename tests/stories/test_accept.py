"""`provider accept`: what it shows before it takes a price out of quarantine, what it refuses, and that a restart knows of
what it took."""
import os
import pty
import subprocess

import pytest

from books import UNAVAILABLE
from harness import eventually
from harness.process import binary

QUICK = {"refresh": "50ms"}


def row(service, rate="1.00", name="A name"):
    return {"service": service, "name": name, "type": "Default", "category": "A category", "rate": rate, "min": "10",
            "max": "10000"}


def offers(*pairs, **more):
    return {"offers": [{"provider": panel.name, "service": service} for panel, service in pairs], **more}


def rates(gateway):
    return {entry["service"]: entry["rate"] for entry in gateway.call("services").json}


def quarantined(gateway):
    return gateway.admin("/providers").json["providers"][0]["quarantined"]


@pytest.fixture
def alpha(make_panel):
    return make_panel("alpha", currency="EUR", services=[row(i) for i in range(1, 8)])


@pytest.fixture
def gateway(make_gateway, alpha):
    """Our 1 to 5 are alpha's; 1 at 20 % above cost; 6 and 7 are not sold."""
    gateway = make_gateway([alpha], catalogue=QUICK, rates={"EUR": "2"}, services=[
        {"id": i, "markup": "20%" if i == 1 else "10%", **offers((alpha, i))} for i in range(1, 6)])
    assert rates(gateway)[1] == "2.40"
    return gateway


def jump(gateway, alpha, **changed):
    """alpha lists other prices: jump(gateway, alpha, _2="9.00")."""
    prices = {int(name[1:]): rate for name, rate in changed.items()}
    alpha.set(services=[row(i, rate=prices.get(i, "1.00")) for i in range(1, 8)])
    eventually(lambda: quarantined(gateway) == len(prices))


def accept(gateway, *arguments):
    return gateway.cli("provider", "accept", "alpha", *arguments)


def test_old_and_new_cost_price_and_margin_are_shown_first(gateway, alpha):
    jump(gateway, alpha, _1="3.00", _6="5.00")
    shown = accept(gateway)
    assert shown.returncode == 2 and "nothing was accepted; name the services to accept, or --all" in shown.stderr, shown
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert shown.stdout.startswith("alpha: old and new in EUR for 1000; price and margin in USD")
    assert lines[1] == ["SERVICE", "NAME", "WHY", "OLD", "NEW", "SOLD", "AS", "PRICE", "OLD", "PRICE", "NEW", "MARGIN", "OLD",
                        "MARGIN", "NEW"]
    assert lines[2] == ["1", "A", "name", "jump", "1.00", "3.00", "1", "2.40", "7.20", "0.40", "1.20"]
    assert lines[3] == ["6", "A", "name", "jump", "1.00", "5.00", "not", "sold", "-", "-", "-", "-"]
    assert rates(gateway)[1] == "2.40" and quarantined(gateway) == 2
    json = gateway.admin("/providers/alpha/quarantine").json
    assert (json["provider_currency"], json["currency"], json["gone"]) == ("EUR", "USD", 0)
    assert json["services"][0]["sold"] == [{
        "service": 1, "name": "A name", "old": {"price": "2.40", "cost": "2.00", "margin": "0.40"},
        "new": {"price": "7.20", "cost": "6.00", "margin": "1.20"}}]


def test_nothing_is_taken_unless_somebody_says_yes(gateway, alpha):
    jump(gateway, alpha, _1="3.00")
    unasked = accept(gateway, "1")
    assert unasked.returncode == 1 and "--yes" in unasked.stderr and "7.20" in unasked.stdout, unasked
    for answer, code in (("n", 1), ("", 1), ("yes", 0)):
        ours, theirs = pty.openpty()
        os.write(ours, answer.encode() + b"\n")
        done = subprocess.run([binary(), "provider", "accept", "alpha", "1", "-c", gateway.path], stdin=theirs,
                              capture_output=True, text=True, cwd=gateway.folder)
        os.close(ours)
        os.close(theirs)
        assert done.returncode == code and "accept 1 price of alpha? [y/N]" in done.stderr, done
        assert rates(gateway)[1] == ("7.20" if code == 0 else "2.40")
    assert "accepted: 1\n  service 1: 1.00 -> 3.00 EUR\n" in done.stdout


def test_what_was_accepted_outlives_a_kill_right_behind_it(gateway, alpha):
    jump(gateway, alpha, _1="3.00", _2="0.10", _3="9.00")
    alpha.stop()
    done = accept(gateway, "1", "2", "--yes")
    assert done.returncode == 0 and "accepted: 2" in done.stdout, done
    gateway.restart(by_kill=True)
    assert rates(gateway) == {1: "7.20", 2: "0.22", 3: "2.20", 4: "2.20", 5: "2.20"}
    assert gateway.call("add", service=3, link="https://example.com/1", quantity=100).error == UNAVAILABLE
    assert [entry["service"] for entry in gateway.admin("/providers/alpha/quarantine").json["services"]] == ["3"]
    [line] = [line for line in gateway.cli("provider", "list").stdout.splitlines() if line.startswith("alpha")]
    assert accept(gateway, "--all", "--yes").returncode == 0
    gateway.restart(by_kill=True)
    assert rates(gateway)[3] == "19.80" and quarantined(gateway) == 0


def test_a_price_of_0_needs_its_own_word(gateway, alpha):
    jump(gateway, alpha, _1="0", _2="9.00", _3="0.00")
    refused = accept(gateway, "2", "1", "--yes")
    assert refused.returncode == 1 and "the price of service 1 is 0" in refused.stderr and "--zero" in refused.stderr, refused
    assert quarantined(gateway) == 3
    rest = accept(gateway, "--all", "--yes")
    assert rest.returncode == 0 and "2 with a price of 0 stay in quarantine; --zero takes them" in rest.stderr, rest
    assert "accepted: 1" in rest.stdout and quarantined(gateway) == 2 and rates(gateway)[2] == "19.80"
    none = accept(gateway, "--all", "--yes")
    assert none.returncode == 1 and quarantined(gateway) == 2, none
    direct = gateway.admin("/providers/alpha/accept", "POST", {"services": ["1"]})
    assert direct.status == 409 and "--zero" in direct.error
    alpha.stop()
    done = accept(gateway, "1", "--zero", "--yes")
    assert done.returncode == 0 and "service 1: 1.00 -> 0.00 EUR" in done.stdout, done
    assert rates(gateway)[1] == "0.00"
    gateway.restart(by_kill=True)
    assert rates(gateway)[1] == "0.00" and quarantined(gateway) == 1


@pytest.mark.parametrize("arguments, code, words", [
    (("alpha", "1", "--all"), 2, "services or --all, not both"),
    ((), 2, "needs the name of a provider"),
    (("nobody", "--all"), 1, "no such provider"),
    (("alpha", "2"), 1, "has no service 2 in quarantine"),
    (("alpha", "1", "999"), 1, "has no service 999 in quarantine"),
    (("alpha", "4"), 1, "has no readable price to accept"),
], ids=lambda value: " ".join(value) if isinstance(value, tuple) else "")
def test_what_cannot_be_accepted_is_said_and_nothing_is(gateway, alpha, arguments, code, words):
    jump(gateway, alpha, _1="3.00", _4="on request")
    done = gateway.cli("provider", "accept", *arguments, "--yes")
    assert done.returncode == code and words in done.stderr, done
    assert quarantined(gateway) == 2 and rates(gateway)[1] == "2.40"


def test_options_of_accept_belong_to_accept_alone(gateway):
    for option in ("--all", "--zero", "--yes"):
        done = gateway.cli("provider", "resume", "alpha", option)
        assert done.returncode == 2 and "provider accept" in done.stderr, done


@pytest.mark.parametrize("body, status, words", [
    ({}, 400, "services: [ID, …] or all: true"),
    ({"services": ["1"], "all": True}, 400, "services: [ID, …] or all: true"),
    ({"services": ["1"], "shown": ["3.01"]}, 409, "has changed since it was shown: it is 3.00 now"),
    ({"services": ["1"], "shown": ["3.00", "1"]}, 400, "one amount for each"),
    ({"services": ["1", "4"], "shown": ["3.00"]}, 400, "one amount for each"),
    ({"services": ["1"], "shown": ["much"]}, 400, "one amount for each"),
    ({"services": ["1", "2"]}, 409, "service 2 of alpha is not in quarantine: its price 1.00 is in force"),
    ({"services": ["1", "999"]}, 404, "service 999 is not in the list of alpha"),
    ({"services": ["4"]}, 409, "has no readable price"),
    ({"all": True, "state": "0" * 64}, 409, "have changed since they were shown"),
], ids=str)
def test_the_admin_side_takes_what_was_shown_or_nothing(gateway, alpha, body, status, words):
    jump(gateway, alpha, _1="3.00", _4="on request")
    answer = gateway.admin("/providers/alpha/accept", "POST", body)
    assert answer.status == status and words in answer.error, answer
    assert quarantined(gateway) == 2 and rates(gateway)[1] == "2.40"


def test_the_admin_side_says_what_it_did(gateway, alpha):
    jump(gateway, alpha, _1="3.00", _4="on request")
    state = gateway.admin("/providers/alpha/quarantine").json["state"]
    done = gateway.admin("/providers/alpha/accept", "POST", {"all": True, "state": state}).json
    [taken] = done.pop("services")
    assert done == {"accepted": 1, "gone": 0, "held": 0, "left_zero": 0, "left_unreadable": 1}
    assert (taken["service"], taken["old"], taken["new"], taken["why"]) == ("1", "1.00", "3.00", "jump")
    gateway.wait_log("price_accepted", provider="alpha", upstream_service="1", old="1.00", new="3.00")
    assert rates(gateway)[1] == "7.20"


def test_a_list_that_shrank_is_shown_with_what_is_gone(gateway, alpha):
    alpha.set(services=[row(1), row(2)])
    eventually(lambda: gateway.admin("/providers/alpha/quarantine").json["gone"] == 5)
    shown = accept(gateway)
    assert shown.returncode == 2 and "5 of 7 services are gone at once; --all takes it" in shown.stdout, shown
    done = accept(gateway, "--all", "--yes")
    assert done.returncode == 0 and "its list is taken: 5 services are gone" in done.stdout, done
    alpha.stop()
    gateway.restart(by_kill=True)
    assert rates(gateway) == {1: "2.40", 2: "2.20"}


def test_prices_in_a_refused_list_are_shown_before_any_is_taken(gateway, alpha):
    jump(gateway, alpha, _2="3.00")
    alpha.set(services=[row(1, rate="9.00"), row(2, rate="3.00")])
    eventually(lambda: gateway.admin("/providers/alpha/quarantine").json["gone"] == 5)
    shown = accept(gateway)
    assert "9.00" not in shown.stdout and "prices that jump in it are in quarantine then" in shown.stdout, shown
    done = accept(gateway, "--all", "--yes")
    assert done.returncode == 0 and "accepted: 1\n  service 2: 1.00 -> 3.00 EUR" in done.stdout, done
    assert "in quarantine now: 1; provider accept alpha shows them" in done.stdout, done
    assert rates(gateway) == {1: "2.40", 2: "6.60"} and quarantined(gateway) == 1
    assert "9.00" in accept(gateway).stdout
    assert accept(gateway, "--all", "--yes").returncode == 0
    assert rates(gateway)[1] == "21.60"


def test_nothing_to_accept_is_no_fault(gateway):
    done = accept(gateway, "--all", "--yes")
    assert done.returncode == 0 and "accepted: 0" in done.stdout, done
    assert accept(gateway, "--all", "--yes", "--json").json == {"accepted": 0, "gone": 0, "services": []}
