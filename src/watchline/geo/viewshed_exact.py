"""Least visible height of every cell, exact on the bilinear surface, by proved bounds.

Theory: along the sight line to a target the terrain point at distance d has slope
s(d) = (z(d) - eye) / d - c d with c = (1 - k) / (2 R); the target is hidden below the largest slope M.
Between two grid lines z is one or two quadratics in d, so s = k1 / d + k2 d + const has one interior
maximum at most, known in closed form.  Walking every line costs cells x radius; three facts cut that down.

1. Lines are taken in wedges.  In a quadrant the major axis is x = 0, 1, 2 ... and a line is y = q x,
   |q| <= 1; a wedge is an interval of q, and a step is the strip between grid lines x = i - 1 and i.
2. Upper bound of a step over the whole wedge.  At fixed y the surface is linear in x across the strip, and
   on a grid line it is piecewise linear in y, so over the box that holds the wedge's part of the strip
   the height is at most that of the box's edges on the two grid lines: their ends and the nodes between.
   With z <= H, s <= (H - eye) / d - c d, whose maximum over the strip's distances is closed form.
3. Lower bound for the wedge.  Every line that goes on past grid line x crosses it inside the wedge, so M is
   at least the least slope on that piece of the grid line; that is again ends and nodes.

A step whose upper bound is below the lower bound cannot hold the maximum of any line of the wedge behind
it and is dropped for good; what stays is evaluated per target, the last winner first, and skipped as
soon as its upper bound is below what is already found.  Nothing is estimated: the answer is the full walk's.

Rules: float64 throughout.  Bounds are widened by SLACK, far above rounding and far below what matters.
A line touches a void when a grid square that it passes through (or a node it runs over) is NaN; its
target is NaN.  Limits: heights below 1e5 m, at most 30,000 cells of radius.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F8 = NDArray[np.float64]
Heights = NDArray[np.float64]

SLACK = 1e-12  # slope; 1e-8 m at 10 km, and over ten times the rounding of any slope from a cell's distance on
SLACK_CELLS = 1e-9  # of a place across, as a share of a cell
WEDGES_PER_CELL = 0.5  # wedges per cell of the square's rim; tuned in design/005-viewshed.md
NO_VOID, SOME_VOID, ALL_VOID = 0, 1, 2


@numba.njit(cache=True, nogil=True)
def need_exact(
    height: Heights,
    row0: int,
    col0: int,
    eye_m: float,
    cell_x_m: float,
    cell_y_m: float,
    range_m: float,
    drop: float,
    need: NDArray[np.float32],
) -> None:
    """Fill `need` (rows, cols) with the least visible height, unclipped: negative where the ground stands clear.

    height (rows, cols), NaN for voids; eye_m: height of the eye at the centre of cell (row0, col0), same datum;
    drop: (1 - k) / (2 R).  Cells beyond `range_m` and lines that touch a void become NaN.
    """
    rows, cols = height.shape
    flat = height.ravel()
    need[:] = np.nan
    voids = False
    for v in flat:
        if np.isnan(v):
            voids = True
            break
    base = row0 * cols + col0
    # Each quadrant turned into the next, so that q in [-1, 1) covers every cell once.
    out = need.ravel()
    east, west, south, north = cols - 1 - col0, col0, rows - 1 - row0, row0
    _quadrant(flat, out, base, 1, cols, east, -north, south, eye_m, cell_x_m, cell_y_m, range_m, drop, voids)
    _quadrant(flat, out, base, cols, -1, south, -east, west, eye_m, cell_y_m, cell_x_m, range_m, drop, voids)
    _quadrant(flat, out, base, -1, -cols, west, -south, north, eye_m, cell_x_m, cell_y_m, range_m, drop, voids)
    _quadrant(flat, out, base, -cols, 1, north, -west, east, eye_m, cell_y_m, cell_x_m, range_m, drop, voids)
    out[base] = 0.0


@numba.njit(cache=True, nogil=True)
def _quadrant(  # noqa: C901  one loop nest; a call per step would cost a third of the time
    flat: Heights,
    out: NDArray[np.float32],
    base: int,
    step_x: int,
    step_y: int,
    x_end: int,
    y_low: int,
    y_high: int,
    eye: float,
    cell_x: float,
    cell_y: float,
    reach: float,
    drop: float,
    voids: bool,
) -> None:
    """Do one quadrant: x counts along the major axis, y across; flat[base + x * step_x + y * step_y]."""
    x_end = min(x_end, int(reach / cell_x * (1 + 1e-12)))
    if x_end < 1:
        return
    wedges = max(8, int(2 * x_end * WEDGES_PER_CELL))
    reach2 = reach * reach * (1 + 1e-12)
    inverse = np.empty(x_end + 1)
    inverse[0] = np.inf
    for x in range(1, x_end + 1):
        inverse[x] = 1.0 / x
    at = np.empty(x_end + 1, np.int64)  # steps that may still hold the maximum of some line
    bound = np.empty(x_end + 1)  # their upper bounds
    holed = np.empty(x_end + 1, np.int64)  # steps in which some line may touch a void
    for wedge in range(wedges):
        q_low = (2 * wedge - wedges) / wedges
        q_high = (2 * wedge + 2 - wedges) / wedges
        q_min = 0.0 if q_low < 0.0 < q_high else min(abs(q_low), abs(q_high))
        q_max = max(abs(q_low), abs(q_high))
        near = np.sqrt(cell_x * cell_x + q_min * q_min * cell_y * cell_y)  # metres per x, least in the wedge
        far = np.sqrt(cell_x * cell_x + q_max * q_max * cell_y * cell_y)
        count, holes, last = 0, 0, 0
        lower = -np.inf
        for x in range(1, x_end + 1):
            a0, b0 = q_low * (x - 1), q_high * (x - 1)
            a1, b1 = q_low * x, q_high * x
            # A wedge that begins exactly at the grid's corner has its cell there: rounding must not lose it.
            if a1 > y_high + SLACK_CELLS or b1 < y_low or near * x > reach * (1 + 1e-12):
                break
            here = base + x * step_x
            a, b = max(min(a0, a1), float(y_low)), min(max(b0, b1), float(y_high))
            hole = NO_VOID
            if voids:
                hole = _holes(flat, here, step_x, step_y, int(np.floor(a)), min(int(np.floor(b)) + 1, y_high))
                if hole == ALL_VOID:
                    break
                if hole == SOME_VOID:
                    holed[holes] = x
                    holes += 1
            top = _highest(flat, here, step_x, step_y, y_high, a, b, hole != NO_VOID)
            upper = _largest_slope(eye - top, near * (x - 1), far * x, drop) + SLACK
            if upper > lower:
                at[count] = x
                bound[count] = upper
                count += 1
            # -- targets of this wedge on grid line x; integers, so that each cell has one wedge
            y = -(((wedges - 2 * wedge) * x) // wedges)  # ceiling of q_low x
            y_stop = (2 * wedge + 2 - wedges) * x
            while y * wedges < y_stop:
                if y_low <= y <= y_high:
                    gx, gy = x * cell_x, y * cell_y
                    d2 = gx * gx + gy * gy
                    if d2 <= reach2:
                        target = here + y * step_y
                        blind = np.isnan(flat[target])
                        for i in range(holes):
                            if blind:
                                break
                            blind = _touches(flat, base, step_x, step_y, x, y, holed[i])
                        if not blind:
                            q = y * inverse[x]
                            metre = np.sqrt(d2) * inverse[x]
                            m, count, last = _maximum(
                                flat, base, step_x, step_y, y_low, y_high, q, x, metre, eye, drop,
                                at, bound, count, lower, last,
                            )  # fmt: skip
                            out[target] = m * metre * x + eye + drop * d2 - flat[target]
                y += 1
            # Every line that goes on beyond x crosses grid line x between a1 and b1.
            a, b = min(max(a1, float(y_low)), float(y_high)), min(b1, float(y_high))
            bottom = _lowest(flat, here, step_y, y_high, a, b, hole != NO_VOID)
            if bottom < np.inf:
                lower = max(lower, _least_slope(eye - bottom, near * x, far * x, drop) - SLACK)


@numba.njit(cache=True, nogil=True)
def _maximum(
    flat: Heights,
    base: int,
    step_x: int,
    step_y: int,
    y_low: int,
    y_high: int,
    q: float,
    x: int,
    metre: float,
    eye: float,
    drop: float,
    at: NDArray[np.int64],
    bound: F8,
    count: int,
    lower: float,
    last: int,
) -> tuple[float, int, int]:
    """Return the largest slope of the line y = q x up to x, how many steps stay in play, and the step that won.

    Steps at[:count] whose bound is not above `lower` are taken out; `last` won on the line before and goes first.
    """
    m = lower
    if last > 0:
        m = max(m, _steepest(flat, base, step_x, step_y, y_low, y_high, q, x, last, metre, eye, drop))
    kept = 0
    for i in range(count):
        u, step = bound[i], at[i]
        if u <= lower:
            continue
        at[kept], bound[kept] = step, u
        kept += 1
        if u > m and step != last:
            s = _steepest(flat, base, step_x, step_y, y_low, y_high, q, x, step, metre, eye, drop)
            if s > m:
                m, last = s, step
    return m, kept, last


@numba.njit(cache=True, nogil=True, inline="always")
def _highest(
    flat: Heights, here: int, step_x: int, step_y: int, y_high: int, a: float, b: float, wide: bool
) -> float:
    """Return the largest height on the two grid lines of a step between y = a and y = b.

    wide: take the next nodes outwards too.  Beside a void the height between two nodes is NaN and is passed
    over, though a line may run along the sound one of them.
    """
    top = -np.inf
    ja, jb = int(np.floor(a)), int(np.floor(b))
    for j in range(ja if wide else ja + 1, (min(jb + 1, y_high) if wide else jb) + 1):
        p = here + j * step_y
        if flat[p] > top:
            top = flat[p]
        if flat[p - step_x] > top:
            top = flat[p - step_x]
    for j, f in ((ja, a - ja), (jb, b - jb)):
        p, r = here + j * step_y, here + min(j + 1, y_high) * step_y
        v = flat[p] * (1.0 - f) + flat[r] * f
        if v > top:
            top = v
        v = flat[p - step_x] * (1.0 - f) + flat[r - step_x] * f
        if v > top:
            top = v
    return top


@numba.njit(cache=True, nogil=True, inline="always")
def _lowest(flat: Heights, here: int, step_y: int, y_high: int, a: float, b: float, wide: bool) -> float:
    """Return the least height on one grid line between y = a and y = b; inf if all void; wide as in `_highest`."""
    bottom = np.inf
    ja, jb = int(np.floor(a)), int(np.floor(b))
    for j in range(ja if wide else ja + 1, (min(jb + 1, y_high) if wide else jb) + 1):
        v = flat[here + j * step_y]
        if v < bottom:
            bottom = v
    for j, f in ((ja, a - ja), (jb, b - jb)):
        v = flat[here + j * step_y] * (1.0 - f) + flat[here + min(j + 1, y_high) * step_y] * f
        if v < bottom:
            bottom = v
    return float(bottom)


@numba.njit(cache=True, nogil=True, inline="always")
def _largest_slope(under: float, near: float, far: float, drop: float) -> float:
    """Return the maximum over d in [near, far] of -under / d - drop d."""
    if under <= 0.0:
        return -under / near - drop * near if near > 0.0 else np.inf
    if drop * far * far <= under:
        return -under / far - drop * far
    if drop * near * near >= under:
        return -under / near - drop * near
    return float(-2.0 * np.sqrt(under * drop))


@numba.njit(cache=True, nogil=True, inline="always")
def _least_slope(under: float, near: float, far: float, drop: float) -> float:
    """Return the minimum over d in [near, far] of -under / d - drop d, which is concave in d where under > 0."""
    at_far = -under / far - drop * far
    at_near = -under / near - drop * near
    return at_near if under > 0.0 and at_near < at_far else at_far


@numba.njit(cache=True, nogil=True)
def _holes(flat: Heights, here: int, step_x: int, step_y: int, j0: int, j1: int) -> int:
    """Return whether no, some or every line between nodes j0 and j1 touches a void in this step."""
    some, all_before, all_here = False, True, True
    for j in range(j0, j1 + 1):
        before, now = np.isnan(flat[here - step_x + j * step_y]), np.isnan(flat[here + j * step_y])
        some |= before or now
        all_before &= before
        all_here &= now
    if all_before or all_here:
        return ALL_VOID
    return SOME_VOID if some else NO_VOID


@numba.njit(cache=True, nogil=True, inline="always")
def _touches(flat: Heights, base: int, step_x: int, step_y: int, x: int, y: int, step: int) -> bool:
    """Return whether the line to (x, y) touches a void between grid lines step - 1 and step; integers only."""
    ends = (y * (step - 1), y * step)
    low, high = min(ends), max(ends)
    j0, j1 = low // x, -((-high) // x)
    here = base + step * step_x
    for j in range(j0, j1 + 1):
        p = here + j * step_y
        if np.isnan(flat[p]) or np.isnan(flat[p - step_x]):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _steepest(
    flat: Heights,
    base: int,
    step_x: int,
    step_y: int,
    y_low: int,
    y_high: int,
    q: float,
    x_target: int,
    step: int,
    metre: float,
    eye: float,
    drop: float,
) -> float:
    """Return the largest slope of the line y = q x over x in (step - 1, step], the target itself left out."""
    x0 = float(step - 1)
    y0, y1 = q * x0, q * step
    low, high = min(y0, y1), max(y0, y1)
    j = max(int(np.floor(low)), y_low)
    here = base + step * step_x
    ends = step < x_target
    curve = drop * metre
    if high <= j + 1:
        return _square(
            flat, here, step_x, step_y, j, j if high <= j else min(j + 1, y_high), q, x0, x0, float(step),
            y0 - j, metre, curve, eye, ends,
        )  # fmt: skip
    crossing = (j + 1) / q
    first, second = (j, j + 1) if q > 0.0 else (j + 1, j)
    k2 = min(j + 2, y_high)
    s = _square(
        flat, here, step_x, step_y, first, j + 1 if q > 0.0 else k2, q, x0, x0, crossing,
        y0 - first, metre, curve, eye, True,
    )  # fmt: skip
    t = _square(
        flat, here, step_x, step_y, second, k2 if q > 0.0 else j + 1, q, x0, crossing, float(step),
        y0 - second, metre, curve, eye, ends,
    )  # fmt: skip
    return float(max(s, t))


@numba.njit(cache=True, nogil=True, inline="always")
def _square(
    flat: Heights,
    here: int,
    step_x: int,
    step_y: int,
    j0: int,
    j1: int,
    q: float,
    x0: float,
    start: float,
    stop: float,
    v0: float,
    metre: float,
    curve: float,
    eye: float,
    ends: bool,
) -> float:
    """Return the largest slope on one grid square, for x from `start` (left out) to `stop` (in if `ends`)."""
    p, r = here + j0 * step_y, here + j1 * step_y
    h00, h01 = float(flat[p - step_x]), float(flat[r - step_x])
    h10, h11 = float(flat[p]), float(flat[r])
    b, g = h10 - h00, h01 - h00
    e = h11 - h10 - g
    # z = z0 + z1 u + z2 u^2 with u = x - x0 along the line; then s = k1 / x + k2 x + k0
    z0 = h00 + g * v0
    z1 = b + g * q + e * v0
    z2 = e * q
    k1 = (z0 - eye - z1 * x0 + z2 * x0 * x0) / metre
    k2 = z2 / metre - curve
    k0 = (z1 - 2.0 * z2 * x0) / metre
    best = -np.inf
    if ends:
        u = stop - x0
        best = (z0 + u * (z1 + u * z2) - eye) / (stop * metre) - curve * stop
    if k1 < 0.0 and k2 < 0.0 and k1 < k2 * start * start and k1 > k2 * stop * stop:
        best = max(best, k0 - 2.0 * np.sqrt(k1 * k2))
    return best
