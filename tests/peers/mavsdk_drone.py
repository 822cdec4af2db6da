"""A real autopilot's side of the mission protocol: MAVSDK in the role of a drone.  Run in an environment of its own.

python mavsdk_drone.py PORT

pip install mavsdk==4.1.0; prints a JSON line when ready, per mission and per arming asked.
"""

import json
import sys
import time

from mavsdk.component_type import ComponentType
from mavsdk.mavsdk import Configuration, Mavsdk
from mavsdk.plugins.action_server import ActionServer, AllowableFlightModes
from mavsdk.plugins.mission_raw_server import MissionRawServer
from mavsdk.plugins.telemetry_server import Heading, Position, TelemetryServer, VelocityNed


def say(**what: object) -> None:
    """Print a line that the test reads."""
    print(json.dumps(what), flush=True)


def main() -> None:
    """Serve until killed."""
    drone = Mavsdk(Configuration.create_with_component_type(ComponentType.AUTOPILOT))
    result = drone.add_any_connection(f"udpout://127.0.0.1:{sys.argv[1]}")
    component = drone.server_component_by_type(ComponentType.AUTOPILOT)
    missions = MissionRawServer(component)
    actions = ActionServer(component)
    telemetry = TelemetryServer(component)
    actions.set_armable(True, True)
    actions.set_allowable_flight_modes(AllowableFlightModes(True, True, True))
    actions.subscribe_arm_disarm(lambda *a: say(arm=str(a)))
    missions.subscribe_incoming_mission(
        lambda result, plan, *_: say(mission=len(plan.mission_items), result=str(result))
    )
    say(ready=True, connection=str(result))
    while True:
        telemetry.publish_position(Position(33.6, 42.0, 850.0, 50.0), VelocityNed(3.0, 4.0, 0.0), Heading(53.13))
        time.sleep(0.2)


main()
