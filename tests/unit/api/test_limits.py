"""Is JSON that is too deep or too long told before it is parsed?"""

import asyncio
import json
import random
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from catalog.api.limits import Limits, RequestLimits, check_json
from catalog.errors import InputError, LimitExceededError

LIMITS = Limits(json_depth=8, json_values=50)


def _depth(value: Any) -> int:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(_depth, inner), default=0)
    return 0


def _made(chance: random.Random, depth: int) -> Any:
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(["[[[[[[[[[[[[", '"]\\', "\\", "{,,,,", 1.5, True, None, "\u2028"])
    members = [_made(chance, depth - 1) for _ in range(chance.randint(1, 2))]
    return members if chance.random() < 0.5 else {f'"{number}[{{,': member for number, member in enumerate(members)}


@pytest.mark.parametrize("seed", range(300))
def test_the_depth_is_that_of_the_parsed_value(seed: int) -> None:
    value = _made(random.Random(seed), 7)
    text = json.dumps(value, ensure_ascii=bool(seed % 2)).encode()
    wide = Limits(json_depth=max(1, _depth(value)), json_values=10_000)
    check_json(text, wide)
    with pytest.raises(LimitExceededError, match="max_json_depth") as caught:
        check_json(b"[" + text + b"]", wide) if _depth(value) else check_json(b"[[" + text + b"]]", wide)
    assert caught.value.value == wide.json_depth + 1


@pytest.mark.parametrize("text", [b"[" * 9, b"[" * 40, b'{"a":' * 9 + b"1" + b"}" * 9, b'["\\"", ' + b"[" * 8])
def test_what_is_too_deep_is_refused(text: bytes) -> None:
    with pytest.raises(LimitExceededError) as caught:
        check_json(text, LIMITS)
    assert (caught.value.limit, caught.value.allowed) == ("max_json_depth", 8)
    with pytest.raises(LimitExceededError):
        check_json(text, LIMITS, linked=True)


@pytest.mark.parametrize("text", [b"[" + b"1," * 50 + b"1]", b"[]" * 60, b'{"a": [' + b"{}," * 30 + b"{}]}"])
def test_what_is_too_long_is_refused(text: bytes) -> None:
    with pytest.raises(LimitExceededError, match="max_json_values"):
        check_json(text, LIMITS)
    check_json(text, LIMITS, linked=True)


def test_strings_are_no_brackets() -> None:
    check_json(json.dumps(["[" * 1000 + "," * 1000, '\\"' * 100]).encode(), LIMITS)


@pytest.mark.parametrize("text", ['"[["'.encode("utf-16"), '{"a": 1}'.encode("utf-32"), b'"\xff"', b'"\xed\xa0\x80"', b"[\0]"])
def test_other_encodings_are_refused(text: bytes) -> None:
    with pytest.raises(InputError, match="UTF-8"):
        check_json(text, LIMITS)


@pytest.mark.parametrize("text", [b'"' + b"\\" * 500_000, b'"' * 500_000, b'"\\"' * 150_000, b"]" * 500_000])
def test_what_is_no_json_takes_no_time(text: bytes) -> None:
    check_json(text, LIMITS)


class Client:
    """One request, which waits where its client is told to: before its body, or before the answer is taken."""

    def __init__(self, service: RequestLimits) -> None:
        self.service, self.sends, self.takes, self.status = service, asyncio.Event(), asyncio.Event(), 0

    async def receive(self) -> Message:
        await self.sends.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        await self.takes.wait()

    def come(self, *, sends: bool = True, takes: bool = True) -> asyncio.Task[None]:
        if sends:
            self.sends.set()
        if takes:
            self.takes.set()
        scope = {"type": "http", "headers": [], "raw_path": b"/", "query_string": b""}
        return asyncio.create_task(self.service(scope, self.receive, self.send))  # type: ignore[arg-type]


def test_only_what_is_worked_on_counts() -> None:
    async def run() -> list[int]:
        work = asyncio.Event()

        async def app(_: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await work.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        service = RequestLimits(app, Limits(running=2))
        clients = [Client(service) for _ in range(8)]
        slow = [client.come(sends=False) for client in clients[:2]]
        await asyncio.sleep(0)
        busy = [client.come() for client in clients[2:4]]
        for _ in range(5):
            await asyncio.sleep(0)
        await clients[4].come()  # two are worked on already
        work.set()
        await asyncio.gather(*busy)
        deaf = [client.come(takes=False) for client in clients[5:7]]
        for _ in range(5):
            await asyncio.sleep(0)
        await clients[7].come()
        for client in clients:
            client.sends.set()
            client.takes.set()
        await asyncio.gather(*slow, *deaf)
        return [client.status for client in clients]

    assert asyncio.run(run()) == [200, 200, 200, 200, 503, 200, 200, 200]
