"""Agendas, invites and feeds: what stands in people’s calendars."""
