"""Every table of the three packages, in the order in which a person is told of them."""

from __future__ import annotations

import conference.personal_tables as ground
import registration.rights.personal_tables as people
import sessions.personal_tables as programme
from conference.personal_data import Held, NotHeld
from registration.rights.attending_tables import ATTENDING, SPEAKING

HELD: tuple[Held, ...] = (*people.HELD, *ATTENDING, *programme.HELD, *SPEAKING, *ground.HELD)
NOT_HELD: tuple[NotHeld, ...] = (*people.NOT_HELD, *programme.NOT_HELD, *ground.NOT_HELD)
