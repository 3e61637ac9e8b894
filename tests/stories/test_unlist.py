"""What nobody can deliver leaves clients' lists after `catalogue: {unlist: …}`, not before, and comes back."""
import datetime
import time

from harness import SLOW, eventually

QUICK = {"refresh": "50ms", "balance": "50ms"}
DAY = 86400


def row(service, rate="1.00"):
    return {"service": service, "name": f"Service {service}", "type": "Default", "category": "A category", "rate": rate,
            "min": "10", "max": "10000", "refill": True, "cancel": False}


def listed(gateway):
    """Our ids in the list; none where the answer is an error, which takes nothing off at a client's."""
    answer = gateway.call("services")
    return [] if "error" in answer else [entry["service"] for entry in answer.json]


def add(gateway, service=1):
    return gateway.call("add", service=service, link="https://example.com/p/1", quantity=100)


def sold(*panels, **more):
    """Our service 1 is the first panel's 1, 2 the second's, and so on."""
    return {"services": [{"id": i + 1, "offers": [{"provider": panel.name, "service": 1}]}
                         for i, panel in enumerate(panels)], **more}


def explain(gateway, service=1):
    return gateway.cli("explain", service, 100, "--json").json


def test_a_dead_panel_s_services_leave_and_come_back(make_panel, make_gateway):
    alpha, beta = make_panel("alpha", services=[row(1)]), make_panel("beta", services=[row(1)])
    gateway = make_gateway([alpha, beta], catalogue={**QUICK, "unlist": "1s"}, **sold(alpha, beta))
    assert listed(gateway) == [1, 2]
    alpha.stop()
    eventually(lambda: listed(gateway) == [2])
    told = explain(gateway)
    assert told["listed"] is False and told["deliverable"] is False and "it left clients' lists" in told["problem"]
    assert told["offers"][0]["reason"] == "failing" and "readings" in told["offers"][0]["message"], "it has no price to lie above"
    spoken = gateway.cli("explain", 1, 100)
    assert spoken.returncode == 1 and "comes back once one can" in spoken.stdout
    alpha.start()
    assert gateway.cli("provider", "resume", "alpha").returncode == 0  # else its next reading is in half a minute
    eventually(lambda: listed(gateway) == [1, 2])
    assert explain(gateway)["deliverable"] and "order" in add(gateway)


def test_a_cool_down_takes_nothing_off(make_panel, make_gateway):
    alpha, beta = make_panel("alpha", services=[row(1)]), make_panel("beta", services=[row(1)])
    gateway = make_gateway([alpha, beta], catalogue={**QUICK, "unlist": "1s"}, **sold(alpha, beta))
    alpha.rule("add", error="Service is disabled")
    assert add(gateway).error == "Service is temporarily unavailable"
    # For half a minute nothing goes there; what is paused from then on has left before that is over.
    assert gateway.cli("provider", "pause", "beta").returncode == 0
    eventually(lambda: listed(gateway) == [1])
    assert explain(gateway)["offers"][0]["reason"] == "refused" and explain(gateway)["unlists_at"] is None


def test_explain_says_when_a_service_leaves_the_list(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1)])
    gateway = make_gateway([alpha], catalogue=QUICK, **sold(alpha))
    assert explain(gateway)["unlists_at"] is None
    assert gateway.cli("provider", "pause", "alpha").returncode == 0
    at = datetime.datetime.fromisoformat(eventually(lambda: explain(gateway)["unlists_at"]).replace("Z", "+00:00"))
    left = (at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert DAY - 60 * SLOW < left <= DAY
    assert "it leaves clients' lists at " in gateway.cli("explain", 1, 100).stdout


def test_what_can_be_delivered_again_leaves_no_list(make_panel, make_gateway):
    alpha = make_panel("alpha", services=[row(1)])
    gateway = make_gateway([alpha], catalogue=QUICK, **sold(alpha))
    assert gateway.admin("/providers/alpha/pause", "POST", {}).status == 200
    eventually(lambda: explain(gateway)["unlists_at"])
    assert gateway.admin("/providers/alpha/resume", "POST", {}).status == 200
    told = explain(gateway)
    assert told["deliverable"] is True and told["unlists_at"] is None


def test_restarts_keep_no_dead_service_listed(make_panel, make_gateway):
    """Each run is too short, and only an order would tell it anew that the account is empty."""
    unlist = 2 * SLOW
    alpha = make_panel("alpha", services=[row(1)], balance="0.01")
    gateway = make_gateway([alpha], catalogue={**QUICK, "unlist": f"{int(unlist * 1000)}ms"}, **sold(alpha))
    alpha.rule("add", error="Not enough funds on balance")
    assert add(gateway).error
    assert eventually(lambda: explain(gateway)["unlists_at"])
    runs, longest = 0, 0
    while listed(gateway) == [1]:
        begun = time.monotonic()
        assert runs < 100, "it is never taken off"
        mark = alpha.mark()
        gateway.restart()
        alpha.wait_requests("balance", 6, after=mark)  # some 0.3 s, and none of them tells of the orders
        runs += 1
        longest = max(longest, time.monotonic() - begun)
    assert runs > 1 and longest < unlist
    gateway.restart(by_kill=True)
    assert listed(gateway) == []
    alpha.rules()
    alpha.set(balance="50.00")
    eventually(lambda: listed(gateway) == [1])
    assert "order" in add(gateway)


def test_time_in_which_the_gateway_was_down_does_not_count(make_panel, make_gateway, clock):
    environment, jump = clock
    alpha, beta = make_panel("alpha", services=[row(1)]), make_panel("beta", services=[row(1)])
    gateway = make_gateway([alpha, beta], environment=environment, catalogue=QUICK, **sold(alpha, beta))
    alpha.set(services=[row(1, "0")])  # lists that agree do not end that
    gateway.wait_log("catalogue_published", offers_quarantined=1)
    assert gateway.cli("provider", "pause", "beta").returncode == 0
    eventually(lambda: explain(gateway, 2)["unlists_at"])
    for days in (30, 60):
        gateway.stop()
        jump(days * DAY)
        gateway.start()
        assert listed(gateway) == [1, 2]
        assert explain(gateway, 1)["offers"][0]["reason"] == "quarantined"
        assert explain(gateway, 2)["offers"][0]["reason"] == "paused"
    jump(90 * DAY)  # while it runs: a wall clock that is set
    assert gateway.reload().returncode == 0
    assert listed(gateway) == [1, 2]
