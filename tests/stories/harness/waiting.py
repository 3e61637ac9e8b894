"""Waiting for what has no event of its own, and doing things at the same time."""
import os
import threading
import time

# Every time-out is multiplied by this; sanitizers and loaded machines want 3 or more.
SLOW = float(os.environ.get("PANELMUX_SLOW", "1"))


def eventually(question, timeout=10, what=None):
    """Asks until the answer is true and returns it. Only for states nobody announces: prefer
    Panel.wait_requests and Gateway.wait_log."""
    end = time.monotonic() + timeout * SLOW
    pause = threading.Event()
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {timeout * SLOW:g} s: "
                                 f"{what or getattr(question, '__name__', question)}; last: {answer!r}")
        pause.wait(0.02)


def together(count, work):
    """Runs work(0) … work(count-1) in threads that start at one signal; their results in order. The
    first exception is raised again here."""
    results, faults = [None] * count, []
    start = threading.Barrier(count)

    def run(i):
        try:
            start.wait()
            results[i] = work(i)
        except BaseException as fault:  # handed on below
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return results
