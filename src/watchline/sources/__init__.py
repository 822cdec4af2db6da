"""Readers of what others made: pictures, video, elevation.  All input from files and cameras is here.

May import: `watchline.domain`, and `watchline.geo` for elevation.
Public: `pictures.open_pictures`, `clips.encode_clip`, `clips.to_8bit`.
Start reading at `pictures.open_pictures`.
"""
