"""The library at ``/resources``: everything that all conferences left behind for everyone, to search and to look through."""

from __future__ import annotations

from litestar import Controller, get
from litestar.response import Template

from conference import clock, texts
from conference.pagecache import KEPT, SHARED
from conference.web import AnyRequest, page, settings_of
from sessions.packs.library.library import PAGE, look_up
from sessions.packs.library.library_asked import read_asked
from sessions.packs.library.library_views import PATH, broader_of, chips_of, facets_of, rows_of


class LibraryController(Controller):
    path = PATH

    @get("/", name="library:show")
    async def show(self, request: AnyRequest) -> Template:
        asked = read_asked(
            (name, texts.clean_line(value)) for name, value in request.query_params.multi_items()
        )
        found = await look_up(asked, clock.now())
        first = (found.page - 1) * PAGE
        return page(
            request,
            "sessions/library.html",
            # The same for everyone, but searches are endless: packed and compared like a kept page, and not kept.
            shared=True,
            headers={SHARED: PATH, KEPT: "0"},
            asked=asked,
            rows=rows_of(found, asked),
            facets=facets_of(found, asked),
            chips=chips_of(found, asked),
            broader=broader_of(found, asked),
            total=found.total,
            first=first + 1,
            last=first + len(found.resources),
            pages=found.pages,
            page_number=found.page,
            previous_url=asked.on(found.page - 1).address(PATH) if found.page > 1 else "",
            next_url=asked.on(found.page + 1).address(PATH) if found.page < found.pages else "",
            best_url=asked.sorted(newest=False).address(PATH),
            newest_url=asked.sorted(newest=True).address(PATH),
            plain_url=PATH,
            canonical=f"{settings_of(request).base_url}{PATH}",
        )
