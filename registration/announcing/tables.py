"""The table of announcements: which packs came out together, and how far their mails have come."""

from __future__ import annotations

from piccolo.columns import JSON, ForeignKey, Integer, OnDelete, Serial, Timestamptz
from piccolo.table import Table

from conference.tables import Conference


class PackAnnouncement(Table):
    """Packs of one conference that are told of in one mail. ``packs`` are their codes; everyone whose row id is at most
    ``through`` has been looked at. A pack stands in one announcement at most: ``ResourcePack.announced_at`` says that it does."""

    id: Serial
    conference = ForeignKey(Conference, null=False, on_delete=OnDelete.cascade, index=True)
    packs = JSON(default="[]", null=False)
    begun_at = Timestamptz(null=False)
    through = Integer(default=0, null=False)
    finished_at = Timestamptz(default=None, null=True, index=True)
