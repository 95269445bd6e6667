from datetime import UTC, datetime

from conference import clock, timezones
from conference.i18n import use_language
from conference.zone_choices import zone_groups, zone_label, zone_options

JUNE = datetime(2026, 6, 25, 9, tzinfo=UTC)
JANUARY = datetime(2026, 1, 25, 9, tzinfo=UTC)


def test_a_zone_is_called_by_its_place_and_the_offset_of_the_day() -> None:
    assert zone_label("Europe/London", JUNE, "en") == "London, UTC+1"
    assert zone_label("Europe/London", JANUARY, "en") == "London, UTC"
    assert zone_label("Asia/Kathmandu", JUNE, "en") == "Kathmandu, UTC+5:45"
    assert zone_label("UTC", JUNE, "en") == "UTC"


def test_the_list_holds_every_zone_once() -> None:
    names = [name for _region, zones in zone_groups(JUNE, "en") for name, _label in zones]
    assert sorted(names) == sorted(timezones.all_zones())


def test_places_stand_under_their_part_of_the_world_in_order() -> None:
    groups = dict(zone_groups(JUNE, "en"))
    assert ("Africa/Nairobi", "Nairobi, UTC+3") in groups["Africa"]
    assert ("America/New_York", "New York, UTC−4") in groups["The Americas"]
    assert groups[""] == [("UTC", "UTC")]
    for zones in groups.values():
        labels = [label for _name, label in zones]
        assert labels == sorted(labels)


def test_only_the_chosen_zone_is_selected() -> None:
    with clock.fixed_at(JUNE):
        options = str(zone_options("Asia/Kolkata"))
    assert options.count(" selected") == 1
    assert '<option value="Asia/Kolkata" selected>Kolkata, UTC+5:30</option>' in options
    assert " selected" not in str(zone_options())
    assert zone_options('"><script>') == zone_options()


def test_the_list_speaks_the_readers_language() -> None:
    with clock.fixed_at(JUNE), use_language("fr"):
        assert '<option value="Europe/London">Londres, UTC+1</option>' in str(zone_options())
