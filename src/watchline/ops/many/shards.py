"""Which part of a line each of several cores tracks: its nodes in order of chainage, and the borders between them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from watchline.domain.errors import BadInput
from watchline.domain.site import Site
from watchline.geo.line import LineFrame
from watchline.ops.many.node import nodes_of, sensors_of


@dataclass(frozen=True)
class Shards:
    """nodes: of each shard, in order of chainage; borders_m: chainages between them."""

    nodes: tuple[tuple[str, ...], ...]
    borders_m: tuple[float, ...]


def shards_of(site: Site, line: LineFrame, count: int) -> Shards:
    """Return the line in `count` parts of as many nodes as can be; BadInput when there are more parts than nodes."""
    nodes = sorted((chainage_m(site, line, node), node) for node in nodes_of(site))
    if not 1 <= count <= len(nodes):
        raise BadInput("--shard", f"{count} parts are more than the {len(nodes)} nodes of the site")
    cuts = [len(nodes) * k // count for k in range(count + 1)]
    borders = [0.5 * (nodes[cut - 1][0] + nodes[cut][0]) for cut in cuts[1:-1]]
    parts = tuple(tuple(name for _, name in nodes[a:b]) for a, b in itertools.pairwise(cuts))
    return Shards(parts, tuple(borders))


def chainage_m(site: Site, line: LineFrame, node: str) -> float:
    """Return where along the line a node is: at its post, or in the middle of what its sensors watch."""
    posts = {post.id: post for post in site.posts}
    if node in posts:
        xy = line.frame.xy_m_from_lonlat(posts[node].lon_deg, posts[node].lat_deg)
        return float(line.sd_from_xy_m(xy)[0])
    places = []
    for k in sensors_of(site, node):
        sensor = site.sensors[k]
        if sensor.lon_deg is not None and sensor.lat_deg is not None:
            xy = line.frame.xy_m_of(sensor)
            places.append(float(line.sd_from_xy_m(xy)[0]))
        else:
            places.append(500.0 * ((sensor.from_km or 0.0) + (sensor.to_km or 0.0)))
    return float(np.mean(places)) if places else 0.0


def others_of(site: Site, shards: Shards, shard: int) -> frozenset[int]:
    """Return the sensors of the nodes of all shards but one."""
    return frozenset(
        k
        for number, nodes in enumerate(shards.nodes)
        if number != shard
        for node in nodes
        for k in sensors_of(site, node)
    )
