"""The command line: one file per verb, imported only when its verb is used.

Exit codes: 0 done; 1 the answer is "no" (a check failed, a chain is broken); 2 bad input, with one
clear line naming file, field and rule.  Start reading at `main`.
"""

from __future__ import annotations

import sys

import cyclopts

from watchline import __version__
from watchline.domain.errors import BadInput

app = cyclopts.App(
    name="watchline",
    version=__version__,
    help="Watch a long line: where could someone cross unseen, who is moving, who gets there first, "
    "and what did we miss.",
    result_action="return_value",
)

# verb -> where it lives; imported on use, so that `watchline --help` stays quick.
VERBS: dict[str, str] = {
    "run": "watchline.cli.run:run",
    "serve": "watchline.cli.serve:serve",
    "node": "watchline.cli.node:node",
    "replay": "watchline.cli.replay:replay",
    "coverage": "watchline.cli.coverage:coverage",
    "init": "watchline.cli.site:init",
    "check": "watchline.cli.site:check",
    "detect": "watchline.cli.detect:detect",
    "pose": "watchline.cli.pose:pose",
    "track": "watchline.cli.track:track",
    "verify": "watchline.cli.verify:verify",
    "viewshed": "watchline.cli.viewshed:viewshed",
    "interruption": "watchline.cli.interruption:interruption",
    "link": "watchline.cli.link:link",
    "report": "watchline.cli.report:report",
    "mission": "watchline.cli.mission:mission",
    "trial": "watchline.cli.trial:trial",
    "claim": "watchline.cli.claim:claim",
    "audit": "watchline.cli.audit:audit",
    "respond": "watchline.cli.respond:respond",
    "plan": "watchline.cli.plan:plan",
    "log": "watchline.cli.log:log",
    "backup": "watchline.cli.backup:backup",
    "restore": "watchline.cli.backup:restore",
    "checkpoint": "watchline.cli.checkpoint:checkpoint",
    "doctor": "watchline.cli.doctor:doctor",
    "support": "watchline.cli.support:support",
    "account": "watchline.cli.account:account",
    "https": "watchline.cli.https:https",
    "search": "watchline.cli.search:search",
    "operation": "watchline.cli.operation:operation",
}
for _verb, _where in VERBS.items():
    app.command(_where, name=_verb)


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit with the code it earned."""
    try:
        code = app(argv, exit_on_error=False, print_error=False)
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
