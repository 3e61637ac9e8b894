#!/usr/bin/python3
"""runner.py BINARY [KILLS [SEED]]: prints what was killed where, and last its figure."""
import multiprocessing
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from crash import era, points  # noqa: E402

DEATHS_OF_AN_ERA = 40


def one(arguments):
    return era.run(*arguments)


def main(binary, kills=2000, seed=1, jobs=os.cpu_count() or 2):
    """How many eras broke."""
    began = time.monotonic()
    plan = points.plan(kills, random.Random(seed))
    eras = []
    while plan:
        share = DEATHS_OF_AN_ERA if kills >= 3 * DEATHS_OF_AN_ERA else max(1, kills // 3)
        eras.append((seed * 1000 + len(eras), era.MODES[len(eras) % 3], plan[:share], os.path.abspath(binary)))
        plan = plan[share:]
    total = {"orders": 0, "acknowledged": 0, "delivered": 0, "doubts": 0}
    died, faults, broken = {}, [], {"lost": 0, "doubled": 0, "wrong": 0}
    with multiprocessing.get_context("fork").Pool(min(jobs, len(eras)), maxtasksperchild=1) as pool:
        for number, result in enumerate(pool.imap_unordered(one, eras), 1):
            for name in total:
                total[name] += result[name]
            for name, count in result["kills"].items():
                died[name] = died.get(name, 0) + count
            if result["fault"]:
                faults.append(result["fault"])
                broken[result["kind"]] += 1
                print(result["fault"], flush=True)
            print(f"  {number} of {len(eras)} eras, {sum(died.values())} kills, {total['orders']} orders, "
                  f"{time.monotonic() - began:.0f} s", flush=True)
    for name in [*points.ALL, points.RANDOM]:
        print(f"  {died.get(name, 0):5d}  {name}")
    missed = [name for name in points.ALL if not died.get(name)]
    if missed and kills >= 5 * len(points.ALL):
        faults.append("never reached: " + ", ".join(missed))
        print(faults[-1])
    print(f"{total['acknowledged']} acknowledged, {total['delivered']} delivered, {total['doubts']} in doubt by a death; "
          f"{len(faults)} faults; seed {seed}; {time.monotonic() - began:.0f} s")
    print(f"{sum(died.values())} kills, {total['orders']} orders, {broken['lost']} lost, {broken['doubled']} doubled", flush=True)
    return len(faults)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], *map(int, sys.argv[2:])) else 0)
