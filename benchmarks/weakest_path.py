"""Weakest path: convergence to closed forms, time per cell, and ratios against graph searches in the same run.

Peers: an 8-neighbour Dijkstra with a binary heap, compiled, written here; scikit-image's MCP_Geometric where it can
be imported.  Run with --quick for a tenth of the strip.
"""

from __future__ import annotations

import resource
import sys
import time

import numba
import numpy as np

from watchline.coverage.eikonal import least_cost
from watchline.coverage.weakest_path import Ground, end_at, ends_in, exposure_field, weakest_path

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
    """Print what a user waits for: both fields and the route."""
    name, rate = next(grounds(shape))
    ground = Ground(rate, 1.3, CELL_M)
    top, bottom = np.zeros(shape, bool), np.zeros(shape, bool)
    top[0], bottom[-1] = True, True
    start, goal = ends_in(top), ends_in(bottom)
    begin = time.process_time()
    route = weakest_path(ground, start, goal)
    route_s = time.process_time() - begin
    begin = time.process_time()
    exposure_field(ground, goal)
    print(
        f"{name}: weakest route {route_s:.2f} s (exposure {route.exposure:.5g}, field {route.field_cost:.5g}), "
        f"field of the other side {time.process_time() - begin:.2f} s"
    )


if __name__ == "__main__":
    chosen = (SHAPE[0], SHAPE[1] // 10) if "--quick" in sys.argv else SHAPE
    memory(chosen)
    convergence()
    speed(chosen)
    whole_line(chosen)
