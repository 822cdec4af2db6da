"""The command line: one file per verb, imported only when its verb is used.

Exit codes: 0 done; 1 the answer is "no" (a check failed, a chain is broken); 2 bad input, with one
clear line naming file, field and rule.  Start reading at `main`.
"""

from __future__ import annotations

import sys

import cyclopts

from watchline import __version__
from watchline.domain.errors import BadInput

# group -> verb -> (where it lives, what it is for); imported on use, so that `watchline --help` stays quick.
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "First steps": {
        "run": ("watchline.cli.run:run", "start the built-in 200 km line, or a site, and its console"),
        "init": ("watchline.cli.site:init", "make a site file from a line and an elevation file"),
        "check": ("watchline.cli.site:check", "read a site file and say what is wrong with it"),
        "doctor": ("watchline.cli.doctor:doctor", "say what this machine lacks, and what to do"),
    },
    "Watch": {
        "serve": ("watchline.cli.serve:serve", "run a site for good: one core, its console and its links"),
        "node": ("watchline.cli.node:node", "watch with one post's sensors and send what they see to the core"),
        "detect": ("watchline.cli.detect:detect", "find people and vehicles in thermal pictures"),
        "pose": ("watchline.cli.pose:pose", "find out where a camera really looks"),
        "track": ("watchline.cli.track:track", "fuse scans and detections into tracks"),
        "link": ("watchline.cli.link:link", "read a file of another system, or check the links of a site"),
    },
    "Plan": {
        "coverage": ("watchline.cli.coverage:coverage", "what is detected where, and the weakest ways across"),
        "viewshed": ("watchline.cli.viewshed:viewshed", "what can be seen from a place"),
        "interruption": ("watchline.cli.interruption:interruption", "the chance to stop who was detected in time"),
        "plan": ("watchline.cli.plan:plan", "the next tower, patrol, drone, repair or test walk"),
        "mission": ("watchline.cli.mission:mission", "draw a drone's flight, or read one"),
    },
    "Respond": {
        "respond": ("watchline.cli.respond:respond", "who gets there first, what checkpoints can reach"),
        "search": ("watchline.cli.search:search", "where to look for whoever was last seen"),
        "operation": ("watchline.cli.operation:operation", "a search of large ground by many units, shift by shift"),
    },
    "Account": {
        "report": ("watchline.cli.report:report", "shift, handover, unseen crossings, claims and other papers"),
        "claim": ("watchline.cli.claim:claim", "write down what is said in public, or a sign found later"),
        "trial": ("watchline.cli.trial:trial", "hold a planted walk, or a red team, against the line's own figures"),
        "audit": ("watchline.cli.audit:audit", "draw decisions for a second look that does not know the first"),
        "replay": ("watchline.cli.replay:replay", "go through a ledger again"),
        "verify": ("watchline.cli.verify:verify", "prove that nothing in a ledger was changed or lost"),
        "log": ("watchline.cli.log:log", "read a ledger's records, line by line"),
    },
    "Keep": {
        "account": ("watchline.cli.account:account", "people who may sign in, and their passwords"),
        "https": ("watchline.cli.https:https", "certificates for the console"),
        "backup": ("watchline.cli.backup:backup", "bring a copy of a ledger up to date, also while it is written"),
        "restore": ("watchline.cli.backup:restore", "make a ledger again from its backup"),
        "checkpoint": ("watchline.cli.checkpoint:checkpoint", "sign a ledger's head, to be kept elsewhere"),
        "support": ("watchline.cli.support:support", "a bundle for whoever helps, without personal data"),
    },
}
VERBS = tuple(verb for verbs in GROUPS.values() for verb in verbs)


def command_line(*, listed: bool = False) -> cyclopts.App:
    """Return every verb; listed: with what each is for, in place of its own help, which is not read then."""
    made = cyclopts.App(
        name="watchline",
        version=__version__,
        help="Watch a long line: where could someone cross unseen, who is moving, who gets there first, "
        "and what did we miss.",
        result_action="return_value",
    )
    for number, (group, verbs) in enumerate(GROUPS.items()):
        shown = cyclopts.Group(group, sort_key=number)
        for verb, (where, about) in verbs.items():
            made.command(where, name=verb, help=about if listed else None, group=shown)
    return made


app = command_line()


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit with the code it earned."""
    asked = sys.argv[1:] if argv is None else argv
    try:
        line = app if any(word in VERBS for word in asked) else command_line(listed=True)
        code = line(asked, exit_on_error=False, print_error=False)
    except BadInput as error:
        print(f"watchline: {error}", file=sys.stderr)
        sys.exit(2)
    except cyclopts.CycloptsError as error:
        print(f"watchline: {' '.join(str(error).split())}; see watchline --help", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("watchline: stopped", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"watchline: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)
