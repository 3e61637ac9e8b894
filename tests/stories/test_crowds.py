"""Crowds at the front: ten thousand idle connections, thousands that send a byte a second. The figures of ./run crowds
are the measure; here a promise holds or does not."""
import os
import resource
import sys

import pytest

from books import verify
from harness import SLOW

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)

from load.crowds import Crowds, configuration, faults_of_idle, faults_of_normal, faults_of_slow  # noqa: E402

IDLE, SLOW_ONES = (10000, 3000) if SLOW == 1 else (2000, 600)
TIMEOUT_S = 2


def allowed(count):
    """So many connections, or as many as this machine lets a process have."""
    return min(count, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 300)


@pytest.fixture
def crowds(make_gateway, make_panel, tmp_path):
    panel = make_panel("alpha", balance="100000000")
    gateway = make_gateway(config=configuration(panel, round(TIMEOUT_S * SLOW)))
    crowds = Crowds(gateway, tmp_path)
    yield crowds
    assert panel.count("add") == crowds.adds
    verify(gateway)


def test_ten_thousand_idle_connections_stop_nobody_and_are_served_when_they_ask(crowds):
    count = allowed(IDLE)
    normal, crowd, each_kib = crowds.beside_idle(count, 1, rate=200)
    assert [*faults_of_normal(normal, "idle ones"), *faults_of_idle(crowd, count)] == []
    assert each_kib < 10 * SLOW, f"{each_kib:.1f} KiB for each"


def test_a_crowd_of_slow_senders_stops_nobody_and_each_ends_by_request_timeout(crowds):
    count, timeout_s = allowed(SLOW_ONES), round(TIMEOUT_S * SLOW)
    normal, crowd, _ = crowds.beside_slow(count, 2 * timeout_s, rate=200)
    assert [*faults_of_normal(normal, "slow ones"), *faults_of_slow(crowd, count, timeout_s, 5 * SLOW)] == []
    assert normal["all"]["p99_ms"] < 2000 * SLOW
