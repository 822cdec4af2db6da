"""Weakest path: convergence to closed forms, time per cell, and ratios against graph searches in the same run.

Peers: an 8-neighbour Dijkstra with a binary heap, compiled, written here; scikit-image's MCP_Geometric where it can
be imported.  Run with --quick for a tenth of the strip, with --change for the update after one change only.
"""

from __future__ import annotations

import resource
import sys
import time

import numba
import numpy as np

from watchline.coverage.crossing import Belt, crossing, crossing_after, strength, weakest_paths
from watchline.coverage.solver.eikonal import least_cost
from watchline.coverage.weakest_path import Ground, end_at, weakest_path

HALF_M = 2.6
CASES = [(1, 1 + 0j, 2j), (2, 1 + 0j, 2j), (4, 1 + 0j, 1.5 * np.exp(1j * np.pi / 6))]
SHAPE = (1333, 6667)  # 40 x 200 km at 30 m
CELL_M = 30.0
RUNS = 2


@numba.njit
def _sift_down(value, item, n):
    k = 0
    while True:
        child = 2 * k + 1
        if child >= n:
            return
        if child + 1 < n and value[child + 1] < value[child]:
            child += 1
        if value[k] <= value[child]:
            return
        value[k], value[child] = value[child], value[k]
        item[k], item[child] = item[child], item[k]
        k = child


@numba.njit
def dijkstra(cost, starts, start_cost):  # noqa: C901  one compiled loop
    """Return least cost over 8-neighbour edges, mean of both cells times the step; cost per cell."""
    rows, cols = cost.shape
    field = np.full(rows * cols, np.inf)
    flat = cost.ravel()
    value, item = np.empty(1 << 20), np.empty(1 << 20, np.int64)
    n = 0
    for m in range(len(starts)):
        field[starts[m]] = start_cost[m]
    order = np.argsort(start_cost)
    for m in order:
        value[n], item[n] = start_cost[m], starts[m]
        n += 1
    while n:
        t, i = value[0], item[0]
        n -= 1
        value[0], item[0] = value[n], item[n]
        _sift_down(value, item, n)
        if t > field[i]:
            continue
        r, c = i // cols, i % cols
        for dr in range(-1, 2):
            for dc in range(-1, 2):
                rr, cc = r + dr, c + dc
                if (dr == 0 and dc == 0) or rr < 0 or cc < 0 or rr >= rows or cc >= cols:
                    continue
                j = rr * cols + cc
                there = t + 0.5 * (flat[i] + flat[j]) * np.sqrt(float(dr * dr + dc * dc))
                if there < field[j]:
                    field[j] = there
                    if n == len(value):
                        value, item = (
                            np.concatenate((value, np.empty(n))),
                            np.concatenate((item, np.empty(n, np.int64))),
                        )
                    k = n
                    n += 1
                    while k and value[(k - 1) // 2] > there:
                        value[k], item[k] = value[(k - 1) // 2], item[(k - 1) // 2]
                        k = (k - 1) // 2
                    value[k], item[k] = there, j
    return field.reshape(cost.shape)


def closed_form(k, z1, z2):
    return abs(np.log(z1 / z2)) if k == 1 else abs(z1 ** (1 - k) - z2 ** (1 - k)) / (k - 1)


def convergence():
    print("error against the closed form, percent")
    print("  k  cell   field 1st  field 2nd  route  8-neighbour graph")
    for k, z1, z2 in CASES:
        exact = closed_form(k, z1, z2)
        for cell in (0.08, 0.04, 0.02, 0.01):
            x = -HALF_M + cell * np.arange(round(2 * HALF_M / cell) + 1)
            with np.errstate(divide="ignore"):
                ground = Ground(np.hypot(*np.meshgrid(x, -x)) ** -float(k), 1.0, cell)
            start, goal = (end_at(ground, (HALF_M - z.imag) / cell, (z.real + HALF_M) / cell) for z in (z1, z2))
            route = weakest_path(ground, start, goal)
            cost = ground.cost_per_m()
            first = least_cost(cost, cell, start.cell, start.cost, order=1)
            graph = dijkstra(cost.astype(float) * cell, start.cell, start.cost)
            values = [float((f.ravel()[goal.cell] + goal.cost).min()) for f in (first, graph)]
            error = [100 * (v / exact - 1) for v in (values[0], route.field_cost, route.exposure, values[1])]
            print(f"  {k}  {cell:<5}" + "".join(f"{e:10.3f}" for e in error))


def grounds(shape):
    """Return named rates: towers on a plain, towers with shadows, noise, towers and walls with gaps."""
    rng = np.random.default_rng(1)
    rows, cols = shape
    r, c = np.mgrid[0:rows, 0:cols].astype(np.float32)
    rate = np.full(shape, 1e-5, np.float32)
    for n, at in enumerate(np.arange(80, cols, 167)):
        rate += 2e-3 * np.exp(-((r - rows / 2 - 20 * (n % 3)) ** 2 + (c - at) ** 2) / (2 * 120.0**2))
    rough = np.zeros(shape, np.float32)
    for n in range(1, 40):
        u, v = rng.normal(0, 0.02 * n**0.5, 2)
        rough += np.sin(u * r + v * c + rng.uniform(0, 6)).astype(np.float32)
    walls = rate.copy()
    for row in range(200, rows - 100, 100):
        walls[row] = np.inf
        for gap in rng.integers(0, cols - 10, max(1, cols // 700)):
            walls[row, gap : gap + 10] = 1e-5
    noise = (1e-5 * np.exp(1.5 * rng.normal(size=shape))).astype(np.float32)
    yield "towers on a plain", rate
    yield "towers with shadows", np.where(rough > 1.0, np.float32(1e-5), rate)
    yield "noise", noise
    yield "towers and walls", walls


def best_s(call):
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        answer = call()
        times.append(time.process_time() - begin)
    return min(times), answer


def speed(shape):
    try:
        from skimage.graph import MCP_Geometric
    except ImportError:
        MCP_Geometric = None
        print("scikit-image cannot be imported: no MCP column")
    cells = shape[0] * shape[1]
    starts, zero = np.arange(shape[1]), np.zeros(shape[1])
    least_cost(np.ones((4, 4), np.float32), 1.0, np.arange(4), np.zeros(4))
    dijkstra(np.ones((4, 4)), np.arange(4), np.zeros(4))
    print(f"\n{shape[1]} x {shape[0]} = {cells / 1e6:.1f} million cells, best of {RUNS}, CPU seconds of one core")
    print(f"  {'ground':22}{'ours':>7}{'ns/cell':>9}{'heap':>8}{'ratio':>7}{'MCP':>8}{'ratio':>7}   least ours, heap")
    for name, rate in grounds(shape):
        cost = Ground(rate, 1.3, CELL_M).cost_per_m()
        ours_s, field = best_s(lambda cost=cost: least_cost(cost, CELL_M, starts, zero))
        per_cell = cost.astype(float) * CELL_M
        heap_s, graph = best_s(lambda cost=per_cell: dijkstra(cost, starts, zero))
        line = f"  {name:22}{ours_s:7.2f}{ours_s / cells * 1e9:9.0f}{heap_s:8.2f}{heap_s / ours_s:7.2f}"
        if MCP_Geometric is not None:
            begin = time.process_time()
            MCP_Geometric(np.where(np.isfinite(per_cell), per_cell, -1.0)).find_costs([(0, int(c)) for c in starts])
            mcp_s = time.process_time() - begin
            line += f"{mcp_s:8.2f}{mcp_s / ours_s:7.2f}"
        else:
            line += f"{'':15}"
        print(line + f"   {field[-1].min():.5g}, {graph[-1].min():.5g}", flush=True)


def memory(shape):
    """Print the growth of the process's peak over one field, in bytes a cell."""
    least_cost(np.ones((4, 4), np.float32), CELL_M, np.arange(4), np.zeros(4))
    cost = np.ones(shape, np.float32)
    starts, zero = np.arange(shape[1]), np.zeros(shape[1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    field = least_cost(cost, CELL_M, starts, zero)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"memory of one field besides its input: {grown * 1024 / field.size:.0f} bytes a cell")


def whole_line(shape):
    """Print what a user waits for: the line's strength, and the weakest route."""
    name, rate = next(grounds(shape))
    ground, belt = Ground(rate, 1.3, CELL_M), level_belt(shape)
    begin = time.process_time()
    found = crossing(ground, belt)
    found_s = time.process_time() - begin
    begin = time.process_time()
    route = weakest_paths(found, 1, separation_m=1.0)[0]
    print(
        f"{name}: both sides of the line {found_s:.2f} s, weakest route {time.process_time() - begin:.2f} s "
        f"(exposure {route.exposure:.5g}, field {route.field_cost:.5g})"
    )


def level_belt(shape):
    """Return a belt whose line is the middle row, as wide as the grid."""
    rows, cols = shape
    offset = ((np.arange(rows) - rows // 2) * np.float32(CELL_M))[:, None] + np.zeros(cols, np.float32)
    line = rows // 2 * cols + np.arange(cols)
    return Belt(offset, line, CELL_M * np.arange(cols), rows // 2 * CELL_M, (rows - 1 - rows // 2) * CELL_M)


def tower_changes(shape, rate):
    """Yield a name, the box and the new rate for changes of one tower: 10 km round it, and twice 20 km."""
    rows, cols = shape
    at = np.arange(80, cols, 167)
    middle = len(at) // 2
    r, c = np.mgrid[0:rows, 0:cols].astype(np.float32)
    dark = rate == np.float32(1e-5)
    chosen = [(n, 333) for n in (0, 1, middle, middle + 1, len(at) - 2, len(at) - 1)] + [(middle, 667), (0, 667)]
    for n, reach in chosen:
        row, col = rows / 2 + 20 * (n % 3), at[n]
        box = (max(int(row) - reach, 0), min(int(row) + reach, rows), max(col - reach, 0), min(col + reach, cols))
        here = np.s_[box[0] : box[1], box[2] : box[3]]
        hill = np.exp(-((r[here] - row) ** 2 + (c[here] - col) ** 2) / (2 * (0.36 * reach) ** 2))
        for what, factor in (("removed", -1.0), ("four times", 3.0)):
            new = rate.copy()
            level = np.maximum(rate[here] + np.float32(factor * 2e-3) * hill, np.float32(1e-5))
            new[here] = np.where(dark[here], rate[here], level)
            yield f"tower {n}, {2 * reach * CELL_M / 1000:.0f} km box, {what}", box, new


def one_change(shape):
    """Print the line's strength after one tower changed: updated against solved anew, in one run."""
    _, rate = next(item for item in grounds(shape) if item[0] == "towers with shadows")
    belt, cols = level_belt(shape), shape[1]
    stretch = np.arange(cols) // 33
    rows = np.arange(shape[0], dtype=np.float32)[:, None] - shape[0] / 2
    even = np.full(shape, 1e-5, np.float32)
    for at in np.arange(80, cols, 167):
        even += 2e-3 * np.exp(-(rows**2 + (np.arange(cols) - np.float32(at)) ** 2) / (2 * 120.0**2))
    print("\none tower changed, both sides, CPU seconds of one core; worst: of any stretch's strength")
    print(f"  {'change':44}{'update':>8}{'anew':>7}{'ratio':>7}   worst")
    cases = [(rate, change) for change in tower_changes(shape, rate)]
    cases += [(even, (f"even row, {name}", box, new)) for name, box, new in tower_changes(shape, even)][4:7]
    before, old = None, None
    for base, (name, box, new) in cases:
        if base is not before:
            before, old = base, crossing(Ground(base, 1.3, CELL_M), belt)
        ground = Ground(new, 1.3, CELL_M)

        def updated(old=old, ground=ground, box=box):
            return strength(crossing_after(old, ground, box).at_line, stretch, cols // 33 + 1)

        update_s, got = best_s(updated)
        anew_s, want = best_s(lambda g=ground: strength(crossing(g, belt).at_line, stretch, cols // 33 + 1))
        worst = np.abs(got / want - 1).max()
        print(f"  {name:44}{update_s:8.2f}{anew_s:7.2f}{anew_s / update_s:7.1f}   {worst:.1e}", flush=True)


if __name__ == "__main__":
    chosen = (SHAPE[0], SHAPE[1] // 10) if "--quick" in sys.argv else SHAPE
    if "--change" not in sys.argv:
        memory(chosen)
        convergence()
        speed(chosen)
        whole_line(chosen)
    one_change(chosen)
