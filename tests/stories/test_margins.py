"""Selling at cost is never silent: `check`, the start and a reload say which services, imports and clients pay cost or less."""
import pathlib

import pytest

from harness import eventually
from harness.config import SHOP_KEY


def row(service, rate="1.00", name="A name"):
    return {"service": service, "name": name, "type": "Default", "category": "A category", "rate": rate, "min": "10",
            "max": "10000"}


def service(ours, **more):
    return {"id": ours, "offers": [{"provider": "alpha", "service": ours}], **more}


def client(name, **more):
    return {"name": name, "key": f"{name}-key-0123456789", "balance": "0", **more}


def at_cost(done):
    """Its lines about what is sold at cost, without the place."""
    return [line.split("warning: ", 1)[1].split(";")[0] for line in done.stderr.splitlines() if " at cost or less" in line or
            "pays cost or less" in line]


SERVICES = [service(1, markup="25%"), service(2), service(3, markup="-5%"), service(4, rate="2.00"),
            service(5, rate="1.00"), service(6, markup="-10% + 0.05")]


@pytest.fixture
def alpha(make_panel):
    return make_panel("alpha", services=[row(i) for i in range(1, 7)] + [row(7, "3.00")])


@pytest.fixture
def gateway(make_gateway, alpha):
    return make_gateway([alpha], start=False, services=SERVICES, clients=[client("shop", key=SHOP_KEY)])


def test_without_any_list_what_holds_whatever_the_cost_is_said(gateway):
    done = gateway.cli("check")
    assert done.returncode == 0 and at_cost(done) == ["sold at cost or less: service 2, service 3"], done
    [line] = [line for line in done.stderr.splitlines() if "at cost or less" in line]
    assert line.startswith(f"{gateway.path}: warning: ") and line.endswith("right is a `markup` above 0%, or a `rate` above the cost")
    json = gateway.cli("check", "--json").json
    assert json["ok"] is True and "sold at cost or less: service 2, service 3" in str(json["check"])


def test_with_lists_costs_are_compared_to_the_last_digit(gateway):
    all_of_it = ["sold at cost or less: service 2 (at 1.00, costs 1.00), service 3 (at 0.95, costs 1.00), "
                 "service 5 (at 1.00, costs 1.00), service 6 (at 0.95, costs 1.00)"]
    online = gateway.cli("check", "--online")
    assert at_cost(online) == all_of_it, online
    gateway.start()
    eventually(lambda: at_cost(gateway.cli("check")) == all_of_it)  # by the list that the ledger keeps


def test_what_is_sold_above_cost_is_not_mentioned(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False, services=[service(1, markup="25%"), service(4, rate="1.01"), service(2)],
                           imports=[{"provider": "alpha", "first_id": 1000, "markup": "20%"}],
                           clients=[client("a", markup="5%"), client("b", markup="0.01", services=["1-3"])])
    for done in (gateway.cli("check"), gateway.cli("check", "--online")):
        assert at_cost(done) == [], done


def test_a_client_and_an_import_are_named(make_gateway, alpha):
    gateway = make_gateway([alpha], services=[service(1, markup="25%"), service(2, markup="50%")],
                           imports=[{"provider": "alpha", "first_id": 1000, "services": ["7"]},
                                    {"provider": "alpha", "first_id": 2000, "services": ["6"], "markup": "10%"}],
                           clients=[client("shop", key=SHOP_KEY), client("friend", markup="-20%"),
                                    client("cheap", prices={"2": "1.00", "2006": "0.99"})])
    online = at_cost(gateway.cli("check", "--online"))
    assert online == ["the import of alpha from 1000 sells at cost or less",
                      "client `friend` pays cost or less for service 1 (at 1.00, costs 1.00), the import of alpha from 2000",
                      "client `cheap` pays cost or less for service 2 (at 1.00, costs 1.00), service 2006 (at 0.99, costs 1.00)"]
    line = next(line for line in gateway.cli("check").stderr.splitlines() if "client `friend`" in line)
    place = pathlib.Path(gateway.path).read_text().splitlines().index("  name: friend")
    assert line.startswith(f"{gateway.path}:{place}:"), (line, place)  # "- balance: …" is the line before
    added = gateway.cli("client", "add", "ledgers", "--balance", "0", "--markup", "-30%")
    assert added.returncode == 0
    assert "client `ledgers` pays cost or less for service 1 (at 0.875, costs 1.00)" in gateway.cli("check").stderr


def test_the_start_and_a_reload_say_it_too(make_gateway, alpha):
    gateway = make_gateway([alpha], services=[service(1)], clients=[client("shop", key=SHOP_KEY)])
    assert any("sold at cost or less: service 1;" in line for line in gateway.program.lines)
    config = {**gateway.config, "services": [service(1, markup="1%")]}
    mark = gateway.mark()
    assert gateway.reload(config).returncode == 0
    assert gateway.log_lines("sold_at_cost", after=mark) == []
    assert gateway.reload({**config, "services": [service(1, markup="1%"), service(2)]}).returncode == 0
    [said] = gateway.log_lines("sold_at_cost", after=mark)
    assert "service 2" in said["what"]
