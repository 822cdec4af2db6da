"""Every kind of record there is: what the ledger, the links and the readers decode."""

from __future__ import annotations

from watchline.domain.audit import LookedAgain, SampleDrawn
from watchline.domain.claims import ClaimVerdict, PublicClaim, SignFound
from watchline.domain.desk import (
    Escalation,
    Evidence,
    Exercise,
    GroupArrival,
    Handover,
    LogEntry,
    SeatTaken,
    SeededOutcome,
    SeededTest,
    Signature,
)
from watchline.domain.federation import PartnerWord, ToldPartner
from watchline.domain.nodes import ClockJump, LateLooks, MinuteBasis, NodeReceipt
from watchline.domain.operations import (
    OperationEnded,
    OperationOrder,
    OperationPlan,
    OperationPlanAsked,
    OperationProgress,
    OperationStated,
)
from watchline.domain.patrols import PatrolsSealed
from watchline.domain.places import PlaceLook, PlaceTold
from watchline.domain.policy import (
    CellReport,
    ExportApproved,
    ExportAsked,
    LegalHold,
    LegalHoldEnded,
    MaskLiftAgreed,
    MaskLiftAsked,
    Release,
    Released,
    ReleaseEnded,
    TrackViewed,
)
from watchline.domain.posture import PostureApproved, PostureProposed
from watchline.domain.records import (
    AirCover,
    AircraftReport,
    AirspaceBlock,
    Alert,
    Beacon,
    Chat,
    Clip,
    ColumnsDeleted,
    Cue,
    DetectionTrial,
    DistressCall,
    DroneState,
    Drop,
    ExplainedTrack,
    FieldReport,
    GroundReport,
    GroundSeen,
    HeadState,
    Inspection,
    KnownMovement,
    LearnedMovement,
    LineStrength,
    MapShape,
    MissionApproval,
    MissionOutcome,
    MissionPlan,
    NodeAlert,
    NodeAnswer,
    NodeDetection,
    NodeRegistered,
    NodeReplay,
    NodeStatus,
    NodeTask,
    OperatorAction,
    OutsideTrack,
    PartnerEvent,
    PayloadDeleted,
    RadarPlot,
    RadarService,
    RadarTrack,
    Record,
    Rejection,
    ReportReceipt,
    RunEnded,
    RunStarted,
    SensorHealth,
    Shelving,
    SiteVersion,
    Suppression,
    UnitPlace,
    UnitReport,
    VideoGeometry,
    Weather,
    WeatherObservation,
    WorkerFault,
)
from watchline.domain.respond import (
    LineUncovered,
    Proposal,
    PursuitStep,
    Task,
    TaskApproval,
    TaskEscalation,
    TaskReport,
    TaskSent,
    UnitReadiness,
)
from watchline.domain.search import (
    SearchBegun,
    SearchEnded,
    SearchLook,
    SearchOrder,
    SearchPlan,
    SearchPlanAsked,
    SearchProgress,
    SearchSign,
    SearchWatched,
)
from watchline.domain.trials import PassageTrial, SyntheticCrosser

AnyRecord = (
    RunStarted
    | RunEnded
    | SiteVersion
    | SensorHealth
    | Weather
    | UnitReport
    | Beacon
    | Alert
    | Clip
    | OperatorAction
    | Rejection
    | Drop
    | WorkerFault
    | PayloadDeleted
    | ColumnsDeleted
    | NodeRegistered
    | NodeReplay
    | NodeReceipt
    | ClockJump
    | MinuteBasis
    | PartnerWord
    | ToldPartner
    | LateLooks
    | NodeStatus
    | NodeDetection
    | NodeAlert
    | NodeTask
    | NodeAnswer
    | OutsideTrack
    | UnitPlace
    | DistressCall
    | Chat
    | GroundReport
    | GroundSeen
    | HeadState
    | DroneState
    | VideoGeometry
    | MissionApproval
    | MissionOutcome
    | MissionPlan
    | RadarPlot
    | RadarTrack
    | RadarService
    | AircraftReport
    | AirspaceBlock
    | AirCover
    | WeatherObservation
    | PartnerEvent
    | Inspection
    | FieldReport
    | ReportReceipt
    | MapShape
    | Suppression
    | Shelving
    | KnownMovement
    | LearnedMovement
    | ExplainedTrack
    | DetectionTrial
    | PassageTrial
    | SyntheticCrosser
    | PublicClaim
    | PatrolsSealed
    | SignFound
    | ClaimVerdict
    | SampleDrawn
    | LookedAgain
    | Cue
    | LineStrength
    | SeatTaken
    | Escalation
    | LogEntry
    | GroupArrival
    | Handover
    | Signature
    | SeededTest
    | SeededOutcome
    | Exercise
    | Evidence
    | LegalHold
    | LegalHoldEnded
    | MaskLiftAsked
    | MaskLiftAgreed
    | Release
    | ReleaseEnded
    | CellReport
    | Released
    | TrackViewed
    | ExportAsked
    | ExportApproved
    | Proposal
    | TaskApproval
    | Task
    | TaskSent
    | TaskReport
    | TaskEscalation
    | UnitReadiness
    | LineUncovered
    | PursuitStep
    | SearchBegun
    | SearchLook
    | SearchSign
    | SearchWatched
    | SearchPlan
    | SearchPlanAsked
    | SearchProgress
    | SearchOrder
    | SearchEnded
    | PlaceTold
    | PlaceLook
    | PostureProposed
    | PostureApproved
    | OperationStated
    | OperationProgress
    | OperationPlan
    | OperationPlanAsked
    | OperationOrder
    | OperationEnded
)


def record_types() -> dict[str, type[Record]]:
    """Return every record type by its kind."""
    kinds: dict[str, type[Record]] = {}
    for kind in AnyRecord.__args__:
        tag = kind.__struct_config__.tag
        assert isinstance(tag, str)
        kinds[tag] = kind
    return kinds


def kind_of(record: Record) -> str:
    """Return the kind of a record as it is written."""
    return str(type(record).__struct_config__.tag)
