"""The words of an operation's orders and of postures: English."""

from __future__ import annotations

OPERATION_ENGLISH: dict[str, str] = {
    "operation.title": "Orders · {name} · {kind} · {site}",
    "operation.window": "From {start} to {end}",
    "operation.commander": "Commander: {name}",
    "operation.objectives": "Objectives",
    "operation.objective": "{text}",
    "operation.measured": "{text}: {reached} of {aim}",
    "operation.end_state": "It is over when: {text}",
    "operation.area": "Area: {km2} km²",
    "operation.so_far": "What tracks covered so far would have found {pod} of those who stay anywhere in it.",
    "operation.next": "The sectors below find {p} more; no plan of these shifts could exceed {bound}.",
    "operation.honest": (
        "Only what tracks really covered counts, not what was ordered. Who moves, or hides below ground, is "
        "found less often."
    ),
    "operation.phases": "Phases",
    "operation.forces": "Forces and who may send them",
    "operation.force": "{organisation}, under {commander}, in {zone}",
    "operation.whole_area": "the whole area",
    "operation.hazards": "Hazards",
    "operation.no_hazard": "No lane below enters mines or flood as the site knows them.",
    "operation.coordination": "Coordination",
    "operation.never": "never",
    "operation.signed": "signs for these orders",
    "operation.footer": (
        "Made {time} from the operation's file, the site and tracks; sectors are proposals until the "
        "commander has signed"
    ),
    "operation.column.phase": "Phase",
    "operation.column.from": "From",
    "operation.column.to": "To",
    "operation.column.what": "What",
    "operation.column.unit": "Unit",
    "operation.column.right": "Sent by right of",
    "operation.column.shift": "Shift",
    "operation.column.kind": "Kind",
    "operation.column.name": "Name",
    "operation.column.place": "Where",
    "operation.column.last": "Last look",
    "operation.kind.search": "search",
    "operation.kind.protect": "protection",
    "operation.kind.rescue": "rescue",
    "operation.place.well": "well",
    "operation.place.cave": "cave",
    "operation.place.ruin": "ruin",
    "operation.place.tunnel": "tunnel mouth",
    "operation.place.ford": "ford",
    "operation.place.camp": "camp",
}
