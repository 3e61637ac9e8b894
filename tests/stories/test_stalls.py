"""Nothing outside may hold a thread: a log whose reader stalls, pipes in place of files. And the log's level, which a
reload changes."""
import os
import pty
import re
import signal
import socket
import ssl
import subprocess

import pytest

from harness import SLOW, default_config, eventually
from harness.process import binary
from harness.tls import Server, certificate

SET_PIPE_SIZE = 1031  # fcntl's F_SETPIPE_SZ


def small_pipe():
    import fcntl
    reading, writing = os.pipe()
    fcntl.fcntl(writing, SET_PIPE_SIZE, 4096)
    return reading, writing


def small_socket():
    reading, writing = socket.socketpair()
    writing.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    return reading.detach(), writing.detach()


STREAMS = {"pipe": small_pipe, "socket": small_socket, "terminal": pty.openpty}


def dropped(gateway):
    return gateway.metrics()["panelmux_log_lines_dropped_total"]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_log_that_nobody_reads_stops_nobody(make_gateway, alpha, stream):
    gateway = make_gateway([alpha], start=False, log={"level": "debug"})
    reading, writing = STREAMS[stream]()
    process = subprocess.Popen([binary(), "serve", "-c", gateway.path], stderr=writing, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, cwd=gateway.folder)
    os.close(writing)
    try:
        def is_ready():
            assert process.poll() is None
            try:
                return gateway.admin("/readyz").status == 200
            except OSError:
                return False

        eventually(is_ready, timeout=30)
        orders = [gateway.add()]
        while dropped(gateway) < 20:  # each order is some lines
            orders.append(gateway.add())
            assert len(orders) < 5000
        assert gateway.call("balance").error is None and gateway.status(orders[0]).error is None
        process.send_signal(signal.SIGHUP)
        eventually(lambda: gateway.metrics()["panelmux_reloads_total"] == 1)
        said = b""
        while b"event=log_lines_dropped" not in said:  # the reader goes on; the next line says what is missing
            gateway.add()
            said += os.read(reading, 1 << 16)
        while dropped(gateway) < 40 or dropped(gateway) == 0:
            gateway.add()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30 * SLOW) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)


def pipe_in(folder):
    path = os.path.join(str(folder), "pipe")
    os.mkfifo(path)
    return path


PLACES = {
    "secret": lambda config, path: config["clients"][0].update(key="${file:%s}" % path),
    "certificate": lambda config, path: config.update(tls={"certificate": path, "key": path}),
    "ca_file": lambda config, path: config["providers"][0].update(ca_file=path),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_pipe_in_place_of_a_file_is_a_fault(make_gateway, alpha, tmp_path, place):
    gateway = make_gateway([alpha])
    path = pipe_in(tmp_path)
    config = default_config([alpha])
    PLACES[place](config, path)
    gateway.write(config)
    for command in ("check", "reload"):
        done = gateway.cli(command, timeout=20)
        assert done.returncode == 1 and "not a regular file" in done.stderr + done.stdout, done
    assert gateway.call("balance").error is None
    gateway.stop()
    gateway.start(ready=False)
    assert gateway.program.wait_end() == 1
    assert any("not a regular file" in line for line in gateway.program.lines)


@pytest.mark.parametrize("kind", ["no certificate", "empty", "folder"])
def test_a_ca_file_without_a_certificate_is_a_fault(make_gateway, alpha, tmp_path, kind):
    path = tmp_path / "authority"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_text("" if kind == "empty" else "not a certificate\n")
    config = default_config([alpha])
    config["providers"][0]["ca_file"] = str(path)
    gateway = make_gateway(config=config, start=False)
    done = gateway.cli("check")
    assert done.returncode == 1, done
    assert "ca_file" in done.stderr and ("holds no certificate" in done.stderr or "Is a directory" in done.stderr), done


def test_a_secret_file_may_begin_with_a_byte_order_mark(make_gateway, alpha, tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"\xef\xbb\xbf" + alpha.key.encode() + b"\r\n")
    config = default_config([alpha])
    config["providers"][0]["key"] = "${file:%s}" % path
    gateway = make_gateway(config=config)
    assert gateway.add() and len(alpha.orders()) == 1


def test_the_environment_does_not_learn_tls_secrets(make_gateway, alpha, tmp_path):
    file = certificate(str(tmp_path))
    learned = tmp_path / "secrets"

    def work(server, wire):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        with context.wrap_socket(wire, server_side=True) as safe:
            server.read(safe)
            safe.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    with Server(work) as server:
        config = default_config([alpha])
        config["providers"][0].update(url=f"https://127.0.0.1:{server.port}/api/v2", ca_file=file)
        make_gateway(config=config, environment={"SSLKEYLOGFILE": str(learned)}, ready=False)
        eventually(lambda: server.requests > 0)
    assert not learned.exists()


def test_a_reload_switches_debugging_on_and_off(make_gateway, alpha):
    gateway = make_gateway([alpha])
    gateway.add()
    assert gateway.log_lines("place") == []
    for level in ("debug", "info"):
        done = gateway.reload({**gateway.config, "log": {"level": level}})
        assert done.returncode == 0, done
        at = gateway.mark()
        order = gateway.add()
        gateway.wait_log("order", after=at, order=str(order))
        steps = [line["to"] for line in gateway.log_lines("place", at)]
        assert (len(steps) > 3) == (level == "debug"), steps


@pytest.mark.parametrize("change, priorities", [({}, {"6"}), ({"log": {"level": "loud"}}, {"3"})])
def test_the_journal_is_told_how_serious_a_line_is(make_gateway, alpha, change, priorities):
    """Where $JOURNAL_STREAM names stderr each line begins with <N>, the configuration's faults too; nowhere else."""
    gateway = make_gateway([alpha], start=False, **change)
    for names_us in (True, False):
        reading, writing = socket.socketpair()
        facts = os.fstat(writing.fileno())
        process = subprocess.Popen([binary(), "serve", "-c", gateway.path], stderr=writing, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, cwd=gateway.folder, env={
                                       **os.environ, **gateway.environment,
                                       "JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino if names_us else 1}"})
        writing.close()
        said = b""
        while piece := reading.recv(1 << 16):
            said += piece
            if b"event=serving" in said:
                process.terminate()
        process.wait(30 * SLOW)
        reading.close()
        lines = said.decode().splitlines()
        found = {line[1] if re.match(r"<\d>", line) else "" for line in lines}
        assert lines and (priorities <= found and "" not in found if names_us else found == {""}), lines


def test_an_unknown_level_is_a_fault(make_gateway, alpha):
    gateway = make_gateway([alpha], start=False, log={"level": "verbose"})
    done = gateway.cli("check")
    assert done.returncode == 1 and "error, warn, info, debug" in done.stderr, done
