"""The words of papers for people outside the desk, and of their codes: English."""

from __future__ import annotations

PAPERS_ENGLISH: dict[str, str] = {
    "metres": "{m} m",
    "column.did": "Did",
    "column.learned": "Learned",
    "column.batch": "Batch",
    "column.hash": "Hash (SHA-256)",
    "column.sector": "Sector",
    "column.from_km": "From km",
    "column.to_km": "To km",
    "column.organisation": "Answers for it",
    "column.recipient": "Told",
    "column.number": "Number",
    "column.square": "Square",
    "column.risk": "Risk to people",
    "column.measure": "What is done",
    "did.acknowledge": "took it",
    "did.dispose": "said what it was",
    "did.defer": "look again later",
    "did.hand": "handed it on",
    "did.undo": "took it back",
    "nuisance.shepherd": "shepherd",
    "nuisance.animal": "animal",
    "nuisance.vehicle": "vehicle",
    "nuisance.works": "works",
    "nuisance.wind": "wind",
    "nuisance.rain": "rain",
    "nuisance.dust": "dust",
    "nuisance.heat": "heat",
    "nuisance.fault": "fault",
    "nuisance.other": "other",
    "rule.budget": "desk's load",
    "rule.flood": "flood of alerts",
    "rule.chatter": "chattering sensor",
    "rule.shelved": "set aside by a person",
    "rule.threshold": "below the threshold",
    "rule.mass_event": "part of a mass event",
    "rule.own_unit": "own unit",
    "rule.partner_unit": "partner's unit",
    "rule.movement": "registered movement",
    "rule.road": "road with usual traffic",
    "rule.learned": "learned of this place and hour",
    "viewed.trail": "trail",
    "viewed.clip": "film",
    "viewed.camera": "live picture",
    "viewed.evidence": "map or sheet",
    "viewed.export": "file taken away",
    "viewed.search": "list",
    "viewed.report": "report",
    "viewed.weakest": "where the line is weak",
    "recipient.own": "own force",
    "recipient.rescue": "rescue",
    "recipient.partner": "partner",
    "recipient.armed": "armed",
    "recipient.unknown": "unknown",
    "purpose.coordination": "coordination",
    "purpose.rescue": "rescue",
    "record.cell_report": "counts of a square",
    "record.outside_track": "track",
    "record.node_detection": "detection",
    "record.node_alert": "alert",
    "record.unit_place": "place of a unit",
    "record.distress_call": "call for help",
    "thing.tracks": "tracks",
    "thing.alerts": "alerts",
    "thing.units": "own units",
    "thing.distress": "distress",
    "role.tower_operator": "operators",
    "role.shift_commander": "shift commanders",
    "role.maintainer": "maintainers",
    "role.auditor": "auditors",
    "sensor.thermal_camera": "thermal cameras",
    "sensor.radar": "radars",
    "sensor.fence_sensor": "fence sensors",
    "sensor.ground_sensor": "ground sensors",
    "sensor.drone_camera": "drone cameras",
    "unseen.beside": "Beside what was seen: what may have crossed unseen",
    "sign.title": "Sign found later",
    "sign.none": (
        "No sign that proves a crossing here has been entered. Whether anybody looked for it is not in the ledger."
    ),
    "sign.not_sure": (
        "Finds that may have another origin (round an end, another stretch or time) and prove nothing here: {n}."
    ),
    "sign.layers": (
        "Crossings on foot found by the sensors: {first}; by sign: {second}; by both, as far as place "
        "and time allow: {both}."
    ),
    "sign.missed": "So at least {n} crossed without the sensors' notice; the bounds above are given that.",
    "sign.least": "Known to have crossed unseen, by sign found later: {n}.",
    "sign.no_common": (
        "No find is common to both, so how many both missed is UNKNOWN. Chapman's estimate of all: "
        "{chapman}, a lower bound."
    ),
    "sign.lower": (
        "How many there were in all is at least about {chapman} (Chapman), were the layers independent. "
        "Who is easy to see leaves sign that is easy to find, so the truth is further down this table:"
    ),
    "column.odds_ratio": "If odds are tied by",
    "column.both_missed": "Missed by both",
    "column.in_all": "In all at least",
    "incident.blind": "Left out: this paper is for a second look by somebody who was not told the first word.",
    "column.was_said": "First word",
    "column.again_by": "Second person",
    "column.said_again": "Second word",
    "column.found_at": "Found",
    "column.told_at": "Told",
    "disposition.stands": "stands",
    "disposition.fell": "does not stand",
    "audit.title": "Honest counting · {site}",
    "audit.judged": "Alerts judged by people: {n}; of them taken out of the count as nobody who came: {out}.",
    "audit.drawn": (
        "Drawn blindly for a second look: {n}; looked at: {looked}; the second word was another one: {changed}."
    ),
    "audit.most": (
        "Of {n} that had been taken out of the count and were looked at again, {wrong} belonged into it. "
        "So of all {pool} at most {most} were taken out wrongly (95 %)."
    ),
    "audit.unknown": (
        "How many were taken out of the count wrongly is UNKNOWN: none of them has been looked at again."
    ),
    "audit.late": "Sign told late ({n})",
    "audit.signs": "Reports of sign in all: {n}. Late: told more than six hours after it was found.",
    "audit.withdrawn": "Sign withdrawn ({n})",
    "audit.gaps": "Reports that never came ({n})",
    "audit.gaps_words": (
        "Reporters' devices number their reports. Under these numbers none arrived: lost on the way, or held back."
    ),
    "incident.title": "Incident {number} · {site}",
    "incident.what": "{what} at kilometre {km}, first told {first}.",
    "incident.place_outside": "{d} m outside the line; {lat} N, {lon} E.",
    "incident.place_home": "{d} m on the home side; {lat} N, {lon} E.",
    "incident.people_none": "Nothing in this paper or its ledger says who anybody is, but for our own people.",
    "incident.first_told": "What the desk was told first, and on what grounds",
    "incident.p": "Told as {p} likely, level {level} of 4.",
    "incident.verifier_up": "{name} could have confirmed it and was working.",
    "incident.verifier_down": "{name} could have confirmed it and was NOT working.",
    "incident.not_working": "Sensors known to be dark at that moment ({n})",
    "incident.decisions": "Decisions, with names ({n})",
    "incident.no_decision": "Nobody decided anything.",
    "incident.course": "Course, as the desk learned it ({n})",
    "incident.course_words": (
        "In the order in which it was learned. Between the first two columns lies what came late. Batch: "
        "where it is in the ledger."
    ),
    "incident.told": "Told: {what}, km {km}, level {level}",
    "incident.closed": "Over: {what}, km {km}, level {level}",
    "incident.decided": "A person {action}",
    "incident.held_back": "Kept off the queue: {rule}",
    "incident.shown_again": "On the queue again: {rule}",
    "incident.escalated": "Nobody had answered for {s} s: told to {to}",
    "incident.proposed": "Proposed to answer it: {units}",
    "incident.approved": "Approved that {unit} goes, by right of {right}",
    "incident.task_sent": "Order {task} went out, link {link}: {say}",
    "incident.task_report": "Order {task}: {state}; {text}",
    "incident.task_unanswered": "Nobody answered order {task}: told to {to}",
    "told.approver": "whoever approved it",
    "task.sent": "sent",
    "task.accepted": "accepted",
    "task.declined": "declined",
    "task.en_route": "under way",
    "task.on_scene": "there",
    "task.done": "done",
    "task.failed": "failed",
    "task.withdrawn": "withdrawn",
    "incident.clip": "Film {name} of {sensor} kept",
    "incident.evidence": "Map and sheet kept",
    "incident.cue_asked": "{camera} was turned there",
    "incident.cue_looked": "{camera} looked there",
    "incident.cue_refused": "{camera} could not look there",
    "incident.logged": "Shift log, {kind}: {text}",
    "incident.arrival": "A group came openly, at least {n} people",
    "incident.released": "Let {recipient} see more: {reason}",
    "incident.left": "Told to {recipient}, SHA-256 {digest}",
    "incident.track_explained": "The track is explained by {by}: {rule}",
    "incident.track_ended": "The track is not explained by {by} any more: {rule}",
    "incident.track_promoted": "Somebody asked to be told of the track, whatever explains it: {by}, {rule}",
    "incident.viewed": "Looked at: {how}",
    "incident.deleted": "Bytes removed: {reason}",
    "incident.kept": "What was kept ({n})",
    "incident.nothing_kept": "No film, map or sheet was kept.",
    "incident.kept_clip": "Film {name}, {sensor}, {span}",
    "incident.kept_map": "Map {name}, {sensor}, {span}",
    "incident.kept_sheet": "Sheet {name}, {sensor}, {span}",
    "incident.kept_chain": "In the chain as {payload}",
    "incident.kept_digest": "Held; SHA-256 of its bytes {digest}",
    "incident.kept_deleted": "Removed {when}: {reason}",
    "incident.kept_missing": "NOT HELD, and no record says that it was removed",
    "incident.proof": "Proof",
    "incident.proof_words": (
        "Each batch of the ledger holds the hash of the one before; its head is {head}. `watchline "
        "verify` works all of them out again."
    ),
    "public.title": "How this line was watched: report for the public · {site}",
    "public.nobody": (
        "The ledger holds no face, plate, name or gait, and no judgement about anybody. Only our own "
        "people are named in it."
    ),
    "public.use": "Use",
    "public.places": "Where it stands",
    "public.sharing": "What was shared",
    "public.complaints": "Complaints",
    "public.audits": "Audits",
    "public.effect": "Effect",
    "public.retention": "What is kept, what was removed",
    "public.requests": "Requests for information",
    "public.costs": "Costs",
    "public.changes": "Changes",
    "public.by_hand": "UNKNOWN to this ledger. To be filled in by hand: ________",
    "public.alerts": "Alerts raised: {n}.",
    "public.judged": "What people said of {n} of them ({not_n} not yet judged):",
    "public.line": "{km} km of line, watched by:",
    "public.masks": "Places that are never looked into (privacy masks): {n}.",
    "public.exact": "exact",
    "public.nothing_left": "No record says that anything left for others than our own.",
    "public.releases": "Releases by a named officer beyond the policy: {n}.",
    "public.release": "{when}: {officer} to {recipient}, {purpose}: {reason}",
    "public.exports": "Files of live things that took two people: {n}.",
    "public.seats": "Auditors sat down {n} times.",
    "public.looks": "Looks at what is kept of somebody: {n}, by {people} of our people.",
    "public.sampled": "Decisions drawn blindly and looked at again: {n}; changed: {changed}.",
    "public.chain": "Head of the chain: {head}. Anybody who has the ledger can work it out again.",
    "public.answered": "Alerts that a person answered: {n} of {of}; half of them within {median} s.",
    "public.tests": "Test alerts: {n}, of them missed: {missed}.",
    "public.unseen_below": (
        "What may have crossed unseen stands at the end; a count of what was seen is never the whole truth."
    ),
    "public.kept_for": "Films, maps and sheets of alerts are removed after {days} days.",
    "public.deleted": "Removed in this time, with proof: {n}.",
    "public.versions": "Versions of the site's configuration that came into force: {n}.",
    "public.responsible": "Responsible for this report",
    "impact.title": "Data-protection impact assessment · {site}",
    "impact.what_this_is": (
        "Filled in from the configuration in force since {since}. It is a draft for people to judge, "
        "complete and sign."
    ),
    "impact.processing": "What is done, and what for",
    "impact.purpose": (
        "To notice who crosses the line, to help who is in distress, and to know what was missed. Every "
        "action is a person's decision."
    ),
    "impact.line": (
        "{km} km of line, {outside} km outside, {home} km at home and {ends} km beyond the ends, watched by:"
    ),
    "impact.organisations": "Under the command of: {names}.",
    "impact.people": "Our people at the screens ({n}):",
    "impact.held": "What is held, and for how long",
    "impact.held_tracks": (
        "Detections, looks and tracks (place, speed, person, vehicle or animal): as long as the ledger. "
        "Nothing thins them out yet."
    ),
    "impact.held_clips": "Short films of alerts, nothing of what raised none: {days} days, then removed with proof.",
    "impact.held_evidence": "Maps and trails of alerts: {days} days, then removed with proof.",
    "impact.held_actions": "What our own people did, with their names: as long as the ledger.",
    "impact.held_reports": "What patrols and checkpoints report (counts and directions): as long as the ledger.",
    "impact.never_faces": "Never: faces, gait, plates or any other biometric trait. No record has a field for them.",
    "impact.never_names": "Never: who somebody is, their papers, their telephone.",
    "impact.never_judgement": "Never: a judgement about a person, or a label of an enemy.",
    "impact.never_arms": "Never: anything that aims or steers a weapon.",
    "impact.told": "Who is told what",
    "impact.nobody_told": "Nobody outside this core is told anything by the policy.",
    "impact.sends": "Link {link} ({protocol}) sends {what} to {recipient}.",
    "impact.officers": "May let others see more, with a reason and an end: {names}.",
    "impact.other_machines": "Screens on other machines reach it over HTTPS, each person with an account.",
    "impact.this_machine": "Only this machine's own browser reaches it.",
    "impact.necessity": "Is it needed, and is it too much?",
    "impact.necessity_words": (
        "How well the line is watched, and what it still misses, stands at the end: a watch that finds "
        "nothing cannot be justified by that alone. For people to answer: could less do? ________"
    ),
    "impact.masks": "Privacy masks: {n}. Villages and camps on the map: {villages}.",
    "impact.risks": "Risks to people, and what is done against them",
    "impact.open": "What the configuration leaves open ({n})",
    "impact.sign_controller": "Who answers for the line",
    "impact.sign_officer": "Data-protection officer",
    "impact.sign_affected": "Heard for the people concerned",
    "risk.harder_ways": "People take harder ways round the watch and come to harm.",
    "measure.harder_ways": (
        "Distress stands above every alert; its records cannot be taken back. Where people die is for people to ask."
    ),
    "risk.danger": "Live places of people reach somebody armed.",
    "measure.danger": (
        "Armed and unknown recipients get squares of a kilometre, late, or nothing; more only for a "
        "rescue, by a named officer, with an end."
    ),
    "risk.partner": "A partner does to people what we may not.",
    "measure.partner": (
        "Partners get squares, late, without pictures; everything that leaves is kept first, with its SHA-256."
    ),
    "risk.own_staff": "Our own people misuse what they see.",
    "measure.own_staff": (
        "Every look at what is kept of somebody is an event of the chain; more than {km} km of live "
        "things takes two people; auditors see all and change nothing."
    ),
    "risk.error": "Somebody is stopped because an alert was wrong.",
    "measure.error": (
        "Each alert shows its reasons and how likely it is; whether such figures were right is a report "
        "for everybody; a person decides."
    ),
    "risk.homes": "Homes and fields are watched.",
    "measure.homes": "Privacy masks in force: {n}. What lies in one is not stored and not tracked.",
    "risk.kept": "Things are kept longer than they are needed.",
    "measure.kept": "One rule removes films, maps and trails of alerts after {days} days; the chain proves it.",
    "risk.purpose": "It is used for something else later.",
    "measure.purpose": (
        "No field for identity or arms exists and a test keeps it so; every change of the configuration "
        "is in the ledger."
    ),
    "open.no_people": "Nobody is named: whoever opens the console has every right.",
    "open.no_auditor": "There is no auditor.",
    "open.no_officer": "No officer is named who may release more than the policy gives.",
    "open.no_masks": "There is no privacy mask. Does nobody live in view?",
    "open.kept_long": "Films of people are kept longer than 90 days.",
    "open.no_distress_card": "There is no action card for distress.",
    "open.no_rescue": "No rescue service is told of distress.",
    "open.no_tests": "No test alerts are set: whether alerts are answered is not known.",
}
