"""Fixtures of the stories; README.md beside this file says how to write one."""
import os
import pathlib
import struct
import subprocess

import pytest

from harness import Gateway, Panel, default_config
from harness.process import binary, live


def pytest_collection_modifyitems(items):
    """Stories that need the gateway are skipped, loudly, where there is no binary at all."""
    if os.access(binary(), os.X_OK):
        return
    missing = pytest.mark.skip(reason=f"no binary at {binary()}; build it, or set PANELMUX")
    for item in items:
        needs_gateway = {"gateway", "make_gateway"} & set(item.fixturenames)
        if needs_gateway or not os.environ.get("PANELMUX_SIMULATOR"):
            item.add_marker(missing)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        for program in live:
            report.sections.append((f"log of {program.name}", program.tail(60)))


@pytest.fixture(autouse=True)
def _programs():
    """Whatever a story started ends with it; a sanitizer's report fails it."""
    live.clear()
    yield
    reports = []
    for program in live:
        program.kill()
        reports += [f"{program.name}: {report}" for report in program.reports]
    assert not reports, "sanitizer reports:\n" + "\n".join(reports)


@pytest.fixture
def make_panel(_programs, tmp_path):
    """make_panel("alpha", balance="5.00", …): a running Panel."""
    panels = []

    def make(name="alpha", **settings):
        panels.append(Panel(str(tmp_path), name, **settings))
        return panels[-1]

    yield make
    for panel in panels:
        panel.stop()


@pytest.fixture
def make_gateway(_programs, tmp_path):
    """make_gateway([alpha, beta], changes…): a ready Gateway with default_config, changed; or
    make_gateway(config=mapping or YAML text). start=False: not started, ready=False: not waited for."""
    gateways = []

    def make(panels=(), config=None, environment=None, start=True, ready=True, **changes):
        folder = tmp_path / f"gateway{len(gateways)}"
        folder.mkdir()
        text = default_config(panels, **changes) if config is None else config
        gateway = Gateway(folder, text, environment, start=False)
        gateways.append(gateway)
        if start:
            gateway.start(ready=ready)
        return gateway

    yield make
    reports = [report for gateway in gateways for report in gateway.close()]
    assert not reports, "at the gateway's end:\n" + "\n".join(reports)


@pytest.fixture
def alpha(make_panel):
    return make_panel("alpha")


@pytest.fixture
def beta(make_panel):
    return make_panel("beta")


@pytest.fixture
def gateway(make_gateway, alpha, beta):
    """The usual scene: services 1 to 10, first alpha, then beta; one client, shop."""
    return make_gateway([alpha, beta])


@pytest.fixture
def clock(tmp_path):
    """(environment, jump): a preloaded wall clock, and how to put it forward or back by seconds."""
    shared, file = tmp_path / "clock.so", tmp_path / "clock"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shared, pathlib.Path(__file__).with_name("clock.c")], check=True)
    file.write_bytes(struct.pack("q", 0))

    def jump(seconds):
        with file.open("r+b") as opened:
            opened.write(struct.pack("q", seconds * 10**9))

    return {"LD_PRELOAD": str(shared), "CLOCK_FILE": str(file), "ASAN_OPTIONS": "detect_leaks=1:verify_asan_link_order=0"}, jump
