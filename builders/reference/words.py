"""The vocabulary: what a field of this name is in every record whose docstring does not say it in other words."""

from __future__ import annotations

_VOCABULARY = """
above_home_m: height above the place it started from
action: what was done
age_h: how old the sign is, as judged there
aim: what is to be reached of the measure, 0..1
air_c: air temperature
aircraft: its address, call sign or name
alert: id of the alert
alert_id: the other system's id of the alert
alert_kind: what the alert says
area: outline, corner by corner
area_km2: size of the area
args: numbers and names that the text is filled with
argument: what the command needs besides, in the protocol's words
armed: its motors may turn, by its own word
arrival: id of the arrival
arrives_s: half of its arrivals are before
at: where it was told to be
az0_deg: from this true bearing
az1_deg: to this true bearing, clockwise
azimuth_rad: clockwise from true north
battery: charge, 0..1
beacon: id of the beacon
bearing_rad: clockwise from true north
before_s: how long it waited before
begins_s: from when
below: nodes that it speaks for
boxes: who searches what
by: who did it
callsign: as it was heard or told
camera_azimuth_rad: of the camera against the platform, clockwise seen from above
camera_elevation_rad: of the camera against the platform, up
camera_roll_rad: of the camera against the platform, clockwise seen from behind
cause: why, in a word of the catalogues
cell_m: side of the squares that places are told in
claim: id of the claim
climb_m_s: up, negative down
clip: id of the film
command: what is asked
confidence: 0..1, how sure whoever tells it is
control: begin, end or pause it
coordination: what was agreed with others, line by line
could_be: other kinds of subject and their chances
count: how many
course_rad: where it goes, clockwise from true north
cover: the nearest place where it is out of sight
cue: id of the look
d_m: offset from the line, positive on the home side
day: it was day
delay_s: how late it was told
desk: id of the desk
detail: in the sender's words
detected: looks that found it
device: id of the device
dew_point_c: dew point
digest: SHA-256 of exactly what is meant
direction: where it is, seen from the node
disposition: what it was, in the person's judgement
distance_m: how far away
drone: id of the unit
dropped: how many were left out
dust: 0 clear .. 1 nothing is seen
early_s: one in twenty of its arrivals is before
elevation_rad: up from the horizontal
emergency: it says that it is in distress
end_state: what is so when it is over
ends_s: until when
eta: when it reaches the line
export: id of the request
facts: its reasons, the weightiest first
fault: what is wrong, "" nothing
faults: what is wrong by its own word
fidelity: with rendered pictures, or not
first_s: time of the first of them
fixes: where it was and when, place by place
forces: who takes part
form: file format
found: what it was, by the second look
fps: pictures a second
frame_centre: where the middle of the picture meets the ground
from_km: beginning of the stretch, along the line
from_m: beginning of the stretch, along the line
from_number: first number of the store that was handed on
from_s: from when
gimbal_azimuth_rad: of the camera against the drone, clockwise seen from above
gimbal_elevation_rad: of the camera against the drone, up
gust_m_s: strongest gusts
handover: id of the handover
hazards: what to beware of, line by line
heading_rad: where it faces or goes, clockwise from true north
heard_s: when the unit was last heard
height_m: height, above what the frame says
height_px: height of its pictures
hfov_rad: horizontal field of view
high: 95 % point
high_msl_m: top of the band
hold: id of the hold
hour_s: beginning of the hour
how: by which way of looking
items: one after the other
km: along the line
last_s: time of the last of them
lat_deg: latitude, WGS 84
late_detections: of the detections, those that came too late for tracking
late_s: nineteen in twenty of its arrivals are before
late_scans: of the scans, those that came too late for tracking
layer: what of the line
length_m: length of the line
level: how ready the line is held
lift: id of the request
limit_s: how long it may take
link: id of the link
lon_deg: longitude, WGS 84
looks: how many looks, or which way it looks
lost: it is not seen any more
lost_detections: detections that the node had to give up
lost_scans: scans that the node had to give up
low: 5 % point
low_msl_m: bottom of the band
means: how they go
media_type: of its bytes
mission_item: number of the item under way
mode: its mode of working, as the protocol names it
modes: modes it can work in
movement: id of the registered movement
moving: the head turns
name: what it is called
needs: what they need
no_clip_reason_key: why there is no film, a text of the catalogues
node: id of the sensor or system
node_types: what it said it is
note: in the person's words
number: on the reporter's own device, by which a repeat is known
numbers: which of its messages, as closed intervals
objectives: what is to be reached
officer: name on the site's list, entitled to release
on_ground: it stands or rolls
operation: id of the operation
operator: name on the site's list, who did it
organisation: id of the organisation
outcome: how it ended
outgoing: name on the site's list, whose shift ends
p_found: chance that this plan finds them
p_outside: chance that they are off the map
p_success: cumulative chance that they would have been found by now
p_used: chance that the place is used then
params: the command's four parameters
payload_id: by which the bytes are found, stored apart
people: how many people, none: not told
period_s: time of one turn
person: name on the site's list, who did it
phases: parts of its time
pitch_rad: nose up
place: where
platform: id of the aircraft
pod: chance to find whoever is there
points: place by place
position: where it is, on Earth and on the line
posture: id of the posture
pressure_hpa: air pressure at sea level
primary: seen by its own echo, not by a transponder
proposal: id of the proposal
pts_s: its time in the video
purpose: what for, in the officer's words
quality: share of its nominal contrast, 0..1
rain_mm_h: rain
range_m: how far away
reason: why, in words
reason_key: why, a text of the catalogues
recipient: id of one of the site's recipients
ref: id of what is meant
registered_by: who registered it
release: id of the release
remarks: in the sender's words
result: what came of it
revision: of the alert
role: what they may do or are to do
roll_rad: right side down
run: id of the exercise
s_m: chainage along the line
sample: id of the sample, or first bytes of what was refused
scenario: what is practised
sd_bearing_rad: 1-sigma error
sd_elevation_rad: 1-sigma error
sd_range_m: 1-sigma error
search: id of the search
seconds: how long the sweep takes
sectors: who sweeps what
seed: of all chance, none on a real line
seen_s: when whoever is meant was last seen
sender: who says it
sensor: id of the sensor
sensors: ids of the sensors that saw it
seq: up to which batch of the ledger it was reckoned
shape: which form its points make
shelving: id of the shelving
side: whose signature
since_s: since when
site: what the line is called
slant_range_m: from the camera to the middle of its picture
source: who says so
spacing_m: between lanes
speed_m_s: over the ground
stale_s: until when it holds
state: how it stands
station: id of the station
strength: 0 nothing .. 1 everything
stretches: which stretches of the line
subject: what it is of or for
sweep: how the area is swept
t0_s: time of its first picture
t1_s: time of its last picture
t50_s: half of the arrivals are before
t5_s: one in twenty of the arrivals is before
t95_s: nineteen in twenty of the arrivals are before
t_s: when it happened
takes_s: how long the way takes
task_id: id of the task
test: id of the test
text: in words
text_key: a text of the catalogues
then_s: how long it waits then
to: who or what it is meant for
to_km: end of the stretch, along the line
to_m: end of the stretch, along the line
to_number: last number of the store that was handed on
to_s: until when
track_id: number of the track
track_number: the radar's own number of the track
uid: the sender's id of it
uncovers: which stretch waits longer without the unit
unit: id of the unit
until_s: until when
up: it was working
usual: what it is while everything works
vehicles: how many vehicles, none: not told
verdict: what the ledger says of it
verifiers: what could have confirmed or denied it
version: which one
vfov_rad: vertical field of view
visibility_m: how far one sees
visits: who looks at which place
waited_s: how long it had waited
way_km: length of the way
what: which kind
who: id of the unit
why: the reason, in a word of the catalogues
width_m: sweep width, or width of the route
width_px: width of its pictures
wind_from_rad: where the wind comes from, clockwise from true north
wind_m_s: wind
withdrawn: taken back
worth: what it is worth against the other options, more is better
"""
FIELD_WORDS: dict[str, str] = dict(line.split(": ", 1) for line in _VOCABULARY.strip().splitlines())
