"""A speaker's own page: their sessions on their own clock, answers, consents, requests, calendar."""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import replace

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template

from conference import dates, texts
from conference.calendar import CONTENT_TYPE, CalendarEntry, feed
from conference.conferences import languages_of
from conference.errors import Conflict, NotFound
from conference.filenames import content_disposition
from conference.forms import Typed
from conference.i18n import _
from conference.web import AnyRequest, settings_of, typed
from conference.zone_choices import zone_label
from sessions.controllers.speak_owed import debts_of_own
from sessions.controllers.speak_own import GONE, MOST_BYTES, OWN, PRIVATE, Own, own_view
from sessions.desk_words import country_name
from sessions.door.rules import door_rules_of
from sessions.programme.feeds import CalendarPlace, calendar_entry
from sessions.queries import latest_programme
from sessions.speakers.asking import LONGEST_REQUEST, ask_for_change
from sessions.speakers.links import room_path
from sessions.speakers.own_answers import LONGEST_REASON, answer_appearance, answer_consents
from sessions.speakers.own_page import own_page, talks_of
from sessions.speakers.own_words import given_words
from sessions.speakers.photos import photo_of
from sessions.speakers.records import change_speaker, facts_of
from sessions.speakers.reminder_choices import choices_shown
from sessions.tables import AppearanceState, ConsentState


class SpeakController(Controller):
    """The page behind the link. GET changes nothing: mail scanners follow links."""

    path = "/speak/{token:str}"
    dependencies = OWN
    exception_handlers = GONE
    request_max_body_size = MOST_BYTES

    @get("/", name="speak:page")
    async def show(self, request: AnyRequest, own: NamedDependency[Own]) -> Template:
        return await _page(request, own)

    @post("/answer", name="speak:answer", status_code=303)
    async def answer(self, request: AnyRequest, own: NamedDependency[Own]) -> Template | Redirect:
        sent = Typed(await typed(request))
        session, role = sent.raw("session")[:20], sent.raw("role")[:20]
        reason = sent.text("reason", most=LONGEST_REASON)
        if sent.errors:
            return await _page(
                request, own, 422, bad_at=f"{session}-{role}", values=sent.values, errors=sent.errors
            )
        confirms = sent.raw("answer") == "confirm"
        state = AppearanceState.CONFIRMED if confirms else AppearanceState.DECLINED
        try:
            await answer_appearance(own.speaker.id, session, role, state, reason=reason, now=own.now)
        except (Conflict, NotFound) as error:
            return own.to("", error.message, kind="error")
        if confirms:
            return own.to(f"#s-{session}", _("Thank you! You are confirmed."))
        return own.to(f"#s-{session}", _("Thank you for telling us. The team knows now."))

    @post("/consents", name="speak:consents", status_code=303)
    async def consents(self, request: AnyRequest, own: NamedDependency[Own]) -> Template | Redirect:
        sent = Typed(await typed(request))
        session = sent.raw("session")[:20]
        options = {ConsentState.GIVEN.value, ConsentState.REFUSED.value}
        recording, publishing = (
            sent.choice(name, options, required=False) for name in ("recording", "publishing")
        )
        try:
            await answer_consents(
                own.speaker.id,
                session,
                recording=ConsentState(recording or "unknown"),
                publishing=ConsentState(publishing or "unknown"),
                now=own.now,
            )
        except NotFound as error:
            return own.to("", error.message, kind="error")
        return own.to(f"#s-{session}", _("Saved. You can change this at any time."))

    @post("/ask", name="speak:ask", status_code=303)
    async def ask(self, request: AnyRequest, own: NamedDependency[Own]) -> Template | Redirect:
        sent = Typed(await typed(request))
        session = sent.raw("session")[:20]
        text = sent.text("text", required=True, most=LONGEST_REQUEST)
        if sent.errors:
            return await _page(
                request, own, 422, bad_at=session or "general", values=sent.values, errors=sent.errors
            )
        try:
            await ask_for_change(own.speaker.id, text, session=session, now=own.now)
        except (Conflict, NotFound) as error:
            return own.to("#requests", error.message, kind="error")
        return own.to("#requests", _("The team has your request, and will answer by mail or here."))

    @post("/zone", name="speak:zone", status_code=303)
    async def zone(self, request: AnyRequest, own: NamedDependency[Own]) -> Redirect:
        sent = Typed(await typed(request))
        zone = sent.zone("zone")
        if not zone:
            return own.to("", sent.errors["zone"], kind="error")
        speaker = own.speaker
        facts = facts_of(speaker)
        if facts.zone != zone:
            await change_speaker(
                speaker.id,
                replace(facts, zone=zone),
                revision=speaker.revision,
                actor=speaker.name,
                now=own.now,
            )
        back = "/availability" if sent.raw("back") == "availability" else ""
        label = zone_label(zone, own.first_noon, own.language)
        return own.to(back, _("Your times are now on the clock of %(zone)s.") % {"zone": label})

    @get("/talks.ics", name="speak:calendar")
    async def calendar(self, request: AnyRequest, own: NamedDependency[Own]) -> Response[bytes]:
        programme = await latest_programme(own.conference)
        if programme is None:
            raise NotFound(_("The programme has not been published yet."))
        talks = await talks_of(own.speaker, programme)
        place = CalendarPlace(
            slug=own.conference.slug,
            base_url=settings_of(request).base_url,
            uid_host=own.conference.uid_host,
            zone=own.conference.zone,
            languages=languages_of(own.conference),
        )

        def write() -> bytes:
            entries: list[CalendarEntry] = [
                calendar_entry(
                    place,
                    programme,
                    session,
                    slot,
                    language=own.language,
                    join_url=f"{place.base_url}{room_path(own.speaker, slot.code)}",
                )
                for session, slot in talks
            ]
            name = texts.pick(own.conference.name, own.language, place.languages)
            return feed(
                entries, _("My sessions at %(conference)s") % {"conference": name}, language=own.language
            )

        headers = {
            **PRIVATE,
            "content-type": CONTENT_TYPE,
            "content-disposition": content_disposition(f"{own.conference.slug}-speaking.ics"),
        }
        return Response(await to_thread(write), headers=headers)


async def _page(
    request: AnyRequest,
    own: Own,
    status: int = 200,
    *,
    bad_at: str = "",
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Template:
    programme = await latest_programme(own.conference)
    shown = await own_page(
        own.conference, own.speaker, programme, zone=own.zone, language=own.language, now=own.now
    )
    facts = facts_of(own.speaker)
    rules, _revision = await door_rules_of(own.conference.id)
    _expected, owed = await debts_of_own(own)
    first, last = own.conference.starts_on, own.conference.ends_on
    return own_view(
        request,
        own,
        "page.html",
        status=status,
        shown=shown,
        days=dates.day_range(first, last, own.language),
        tagline=texts.pick(own.conference.tagline, own.language, languages_of(own.conference)),
        waiting=[session for session in shown.sessions if session.is_waiting],
        lacking=[session for session in shown.sessions if session.lacks_consent and not session.is_waiting],
        owed=owed,
        times=given_words(shown.given, own.zone, own.language),
        facts=facts,
        country=country_name(facts.country),
        has_biography=any(facts.biography.values()),
        has_photo=photo_of(own.speaker.photo_key) is not None,
        room_address=lambda slot: room_path(own.speaker, slot),
        stage_early_minutes=max(rules.stage_early_minutes, own.conference.early_entry_minutes),
        reminders=choices_shown(own.speaker),
        has_calendar=any(slot.is_public for session in shown.sessions for slot in session.slots),
        bad_at=bad_at,
        values=values or {},
        errors=errors or {},
    )
