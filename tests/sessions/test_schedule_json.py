"""Schedule JSON: checked against the published schema by a small validator of the keywords that schema uses."""

from __future__ import annotations

import json
import re
import uuid
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from sessions.interchange import frab, own_yaml, schedule_json
from tests.shared import data_path

BASE = "https://conf.example.org/day"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "object": dict, "array": list, "null": type(None), "number": (int, float), "integer": int,
    "boolean": bool,
}  # fmt: skip


def problems(value: Any, schema: Any, root: dict[str, Any], at: str = "") -> list[str]:
    """What is wrong with ``value``, for the JSON Schema keywords the schedule schema uses."""
    if schema is False:
        return [f"{at}: nothing is allowed"]
    if "$ref" in schema:
        return problems(value, root["definitions"][schema["$ref"].rpartition("/")[2]], root, at)
    found: list[str] = []
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(
        isinstance(value, _TYPES[k]) and (k == "boolean" or value is not True) for k in kinds
    ):
        return [f"{at}: {value!r} is not {kinds}"]
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{at}: {value!r} does not match {schema['pattern']}")
        found.extend(wrong_format(value, schema.get("format", ""), at))
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is none of {schema['enum']}")
    if "minimum" in schema and value < schema["minimum"]:
        found.append(f"{at}: {value!r} is too small")
    if isinstance(value, dict):
        known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        found.extend(f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value)
        for name, inner in value.items():
            rules = [known[name]] if name in known else [r for p, r in patterns.items() if re.search(p, name)]
            if not rules and schema.get("additionalProperties") is False:
                found.append(f"{at}: {name} is not allowed")
            for rule in rules:
                found.extend(problems(inner, rule, root, f"{at}/{name}"))
    if isinstance(value, list) and "items" in schema:
        for index, inner in enumerate(value):
            found.extend(problems(inner, schema["items"], root, f"{at}/{index}"))
    if "oneOf" in schema and sum(not problems(value, choice, root, at) for choice in schema["oneOf"]) != 1:
        found.append(f"{at}: not exactly one of the choices fits")
    return found


def wrong_format(value: str, kind: str, at: str) -> list[str]:
    try:
        if kind == "date-time":
            assert datetime.fromisoformat(value).utcoffset() is not None
        elif kind == "date":
            date.fromisoformat(value)
        elif kind == "uuid":
            uuid.UUID(value)
        elif kind == "uri":
            assert urlsplit(value).scheme
    except (AssertionError, ValueError):
        return [f"{at}: {value!r} is not a {kind}"]
    return []


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(data_path("schedules/schema/json-schema.json").read_text())
    return loaded


def test_the_validator_agrees_with_the_published_examples(schema: dict[str, Any]) -> None:
    good = json.loads(data_path("schedules/democon-pretalx.json").read_text())
    bad = json.loads(data_path("schedules/malformed/invalid-example.json").read_text())
    assert problems(good, schema, schema) == []
    assert len(problems(bad, schema, schema)) == 5


@pytest.mark.parametrize(
    "name", ["fosdem-2020", "35c3-everything", "cccamp2019-everything", "31c3-wiki-sessions"]
)
def test_what_we_write_is_valid(name: str, schema: dict[str, Any]) -> None:
    programme = frab.read(data_path(f"schedules/{name}.xml").read_bytes()).programme
    document = schedule_json.write(programme, version="Release 1", base_url=BASE)
    assert problems(json.loads(document), schema, schema) == []
    assert document == schedule_json.write(programme, version="Release 1", base_url=BASE + "/")


def test_the_model_conference_as_json(schema: dict[str, Any]) -> None:
    programme = own_yaml.read(data_path("demo/working-internationally-2021.yaml").read_bytes()).programme
    document = json.loads(schedule_json.write(programme, version="Release 1", base_url=BASE))
    assert problems(document, schema, schema) == []
    conference = document["schedule"]["conference"]
    assert (conference["time_zone_name"], conference["daysCount"]) == ("Europe/London", 1)
    (day,) = conference["days"]
    panel = next(e for e in day["rooms"]["Main stage"] if e["type"] == "panel")
    assert (panel["date"], panel["end"], panel["duration"]) == (
        "2021-06-25T11:30:00+01:00",
        "2021-06-25T12:45:00+01:00",
        "01:15",
    )
    assert [p["name"] for p in panel["persons"]][:2] == ["Oxfordshire Libraries", "Bergen Libraries"]
    assert [e["date"] for e in day["rooms"]["Workshop room A"]] == [
        "2021-06-25T13:30:00+01:00",
        "2021-06-25T15:15:00+01:00",
    ]


def test_a_zone_the_schema_does_not_know_is_left_out(schema: dict[str, Any]) -> None:
    programme = frab.read(data_path("schedules/seagl-2023.xml").read_bytes(), zone="Etc/GMT+8").programme
    document = json.loads(schedule_json.write(programme, version="1", base_url=BASE))
    assert problems(document, schema, schema) == []
    assert "time_zone_name" not in document["schedule"]["conference"]
