"""Captions as text to be read."""

from __future__ import annotations

from sessions.packs.collecting.captions import Cue, read_captions
from sessions.packs.reading.spoken import Paragraph, paragraphs


def cues(*said: tuple[float, str]) -> list[Cue]:
    return [Cue(start, start + 1, text, 1) for start, text in said]


def test_a_turn_is_a_paragraph() -> None:
    assert paragraphs(
        cues((0, "<v Zoë>Welcome,"), (2, "everyone."), (4, "<v.loud Kim>Hello."), (6, "<v Kim>And thanks."))
    ) == [Paragraph(0, "Zoë", "Welcome, everyone."), Paragraph(4, "Kim", "Hello. And thanks.")]


def test_two_voices_in_one_cue_are_two() -> None:
    assert paragraphs(cues((3.9, "<v Zoë>Yes?</v>\n<v Kim>No."))) == [
        Paragraph(3, "Zoë", "Yes?"),
        Paragraph(3, "Kim", "No."),
    ]


def test_long_turns_part_after_a_sentence_and_in_any_case_after_a_while() -> None:
    talk = [(float(at), "word" if at != 50 else "the end.") for at in range(0, 200, 10)]
    assert [
        one.at
        for one in paragraphs(cues(*[(at, f"{text} {at}" if text == "word" else text) for at, text in talk]))
    ] == [
        0,
        60,
        160,
    ]


def test_tags_entities_and_rolling_lines_are_cleaned() -> None:
    data = b"WEBVTT\n\n00:00.000 --> 00:01.000\n<c.x>1 &lt; 2</c> &amp;\n<00:00.500><b>so</b>\n\n00:01.000 --> 00:02.000\nmore\n\n00:02.000 --> 00:03.000\nmore\n"
    assert paragraphs(read_captions(data, "c.vtt")) == [Paragraph(0, "", "1 < 2 & so more")]


def test_nothing_said_is_nothing() -> None:
    assert paragraphs([]) == []
    assert paragraphs(cues((0, "<i></i>"), (1, "  "))) == []


def test_marks_of_other_scripts_end_sentences() -> None:
    found = paragraphs(cues((0, "欢迎各位。"), (45, "谢谢。"), (50, "好。")))
    assert [one.text for one in found] == ["欢迎各位。", "谢谢。 好。"]
