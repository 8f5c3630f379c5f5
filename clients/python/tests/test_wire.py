"""The protocol's bytes, on the fixtures of all clients."""

from __future__ import annotations

import math
import unittest
from typing import Any

from msglite import wire
from msglite.decoder import Answer, Decoder, Delivered, Done, Over, Refusal, Strange

from .support import fixtures


def plain(frame: Any) -> dict[str, Any]:
    """As the fixtures have it."""
    if isinstance(frame, Done):
        return {"kind": "done", "tag": frame.tag, "options": frame.options}
    if isinstance(frame, Refusal):
        return {"kind": "refusal", "tag": frame.tag, "code": frame.code, "text": frame.text}
    if isinstance(frame, Over):
        return {"kind": "over", "tag": frame.tag}
    if isinstance(frame, Answer):
        return {"kind": "answer", "tag": frame.tag, "body": frame.body.decode("latin-1")}
    if isinstance(frame, Strange):
        found = {"kind": "refused", "code": frame.code, "tag": frame.tag, "skip": frame.skip}
    else:
        assert isinstance(frame, Delivered)
        found = {
            "kind": "message",
            "tag": frame.tag,
            "to": frame.to,
            "replyTo": frame.reply_to,
            "timeout": frame.timeout,
            "attempt": frame.attempt,
            "delivery": frame.delivery,
            "id": frame.id,
            "sentTo": frame.sent_to,
            "body": frame.body.decode("latin-1"),
        }
    return {key: value for key, value in found.items() if value is not None}


def decode(pieces: list[bytes], limits: dict[str, int]) -> list[dict[str, Any]]:
    decoder = Decoder(limits["line"], limits["body"])
    frames = []
    for piece in pieces:
        decoder.push(piece)
        frames += [plain(frame) for frame in iter(decoder.next, None)]
    return frames


def encode(frame: dict[str, Any]) -> bytes:
    kind = frame["kind"]
    if kind == "send":
        given = frame["options"]
        options = wire.Options(
            given.get("id"),
            given["delay"] / 1000,
            given["attempts"],
            given["once"],
            given.get("dead"),
            given["receipt"],
        )
        body = frame["body"].encode("latin-1")
        return wire.send(frame["tag"], frame["to"], frame.get("replyTo"), body, frame["timeout"] / 1000, options)
    if kind == "receive":
        timeout, lease = frame["timeout"] / 1000, frame["lease"] / 1000
        return wire.receive(frame["tag"], frame["addresses"], timeout, frame["count"], lease)
    if kind == "hello":
        return wire.hello(frame["tag"], frame.get("token"), frame.get("idle", 0) / 1000)
    if kind == "take-back":
        return wire.take_back(frame["tag"])
    if kind == "done":
        return wire.done(frame["delivery"])
    if kind == "give-back":
        return wire.give_back(frame["delivery"], frame["delay"] / 1000)
    if kind == "keep":
        return wire.keep(frame["delivery"], frame["lease"] / 1000)
    if kind == "goodbye":
        return wire.GOODBYE
    assert kind == "control"
    return wire.control(frame["tag"], *control(frame["control"]))


def control(given: dict[str, Any]) -> tuple[str, list[str]]:
    arguments = [given[key] for key in ("prefix", "address", "id") if given.get(key)]
    if given.get("count") is not None:
        arguments.append(str(given["count"]))
    if given.get("after"):
        arguments.append(f"after={given['after']}")
    return given["command"], arguments


class Answers(unittest.TestCase):
    def test_fixtures(self) -> None:
        for fixture in fixtures("wire/part2-answers.json", "fixtures"):
            data = fixture["bytes"].encode("latin-1")
            limits = fixture.get("limits", {"line": 8192, "body": 16 * 1024 * 1024})
            with self.subTest(fixture["name"]):
                self.assertEqual(decode([data], limits), fixture["frames"], "whole")
                single = [data[i : i + 1] for i in range(len(data))]
                self.assertEqual(decode(single, limits), fixture["frames"], "byte by byte")
                for at in range(1, len(data)):
                    self.assertEqual(decode([data[:at], data[at:]], limits), fixture["frames"], f"split at {at}")


class Commands(unittest.TestCase):
    def test_fixtures(self) -> None:
        """What a command means is written so that it means that."""
        seen = set()
        for fixture in fixtures("wire/part2-commands.json", "fixtures"):
            for frame in fixture["frames"]:
                if frame["kind"] == "refused":
                    continue
                with self.subTest(fixture["name"], frame=frame):
                    self.assertIn(canonical(encode(frame)), canonical_commands(fixture["bytes"]))
                seen.add(frame["kind"])
        self.assertEqual(len(seen), 9)

    def test_as_short_as_it_can_be(self) -> None:
        values = [0, 0.001, 0.01, 0.1, 1, 1.5, 1.05, 60, 999999999.999, 0.0002, 1.0005, math.inf]
        expected = ["0", "0.001", "0.01", "0.1", "1", "1.5", "1.05", "60", "999999999.999", "0.001", "1.001"]
        self.assertEqual([wire.seconds(value) for value in values], [*expected, "999999999.999"])
        self.assertEqual(wire.send("t", "jobs", None, b"hello", 60.0), b">> t 5 60 jobs -\r\nhello\r\n")
        self.assertEqual(wire.send("t", "jobs", "me", b"", 1.5, wire.Options()), b">> t 0 1.5 jobs me\r\n")
        self.assertEqual(wire.receive("t", ["a", "b"], 10), b"<< t 10 a b\r\n")
        self.assertEqual(wire.receive("t", ["a"], math.inf, 10**12), b"<< t 999999999.999 a count=1000000000\r\n")


def canonical(command: bytes) -> tuple[Any, ...]:
    """Its words, those of options sorted; its body."""
    line, _, body = command.decode("latin-1").partition("\r\n")
    words = line.split(" ")
    fixed = {">>": 6, "<<": 3, "!!": 2}.get(words[0], len(words))
    return (*words[:fixed], *sorted(words[fixed:]), body[:-2] if body else "")


def canonical_commands(text: str) -> list[tuple[Any, ...]]:
    """The same of what stands there, spelt as we do: without blanks too many, without options that say what is so anyway."""
    found = []
    while text:
        line, _, text = text.partition("\n")
        words = [word for word in line.rstrip("\r").replace("\t", " ").split(" ") if word]
        if not words:
            continue
        sign = words[0]
        fixed = {">>": 6, "<<": 3, "!!": 2}.get(sign, len(words))
        if sign in (">>", "<<", "~~", "--"):
            at = 3 if sign == ">>" else 2
            words[at:] = [spelt(word) if i == 0 else word for i, word in enumerate(words[at:])]
        options = sorted(spelt_option(word) for word in words[fixed:] if word not in NOTHING_SAID)
        body = ""
        if sign == ">>" and len(words) > 2 and words[2].isdigit():
            length = int(words[2])
            body, text = text[:length], text[length:].lstrip("\r\n") if length else text
        if len(words) == 4 and (sign, words[2]) == ("==", "peek"):
            words.append("1")
            fixed += 1
        if sign == "--" and words[2:] == ["0"]:
            words.pop()
            fixed -= 1
        found.append((*words[:fixed], *options, body))
    return found


NOTHING_SAID = ("receipt=taken", "once=0", "attempts=5", "delay=0", "count=1")


def spelt(word: str) -> str:
    try:
        return wire.seconds(float(word))
    except ValueError:
        return word


def spelt_option(word: str) -> str:
    name, _, value = word.partition("=")
    return f"{name}={spelt(value)}" if name in ("delay", "lease", "idle") else word
