"""What is often said by radio, telephone and voice, so that two keys write it down.

The words of ours are in the catalogues of screens and reports under `phrase.<id>`; a site's own stand in its file.
"""

from __future__ import annotations

from watchline.domain.site import Phrase

PHRASES = (
    Phrase(id="radio_check", what="radio", text=""),
    Phrase(id="radio_passed", what="radio", text=""),
    Phrase(id="radio_confirmed", what="radio", text=""),
    Phrase(id="order_look", what="order", text=""),
    Phrase(id="order_hold", what="order", text=""),
    Phrase(id="order_return", what="order", text=""),
    Phrase(id="phone_post", what="phone", text=""),
    Phrase(id="visit", what="visit", text=""),
    Phrase(id="fault_told", what="fault", text=""),
)
"""In the order of the keys 1 to 9."""
