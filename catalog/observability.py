"""What does the program write about its own work? Structured lines, one JSON object each, on standard error.

Libraries that write whole requests when asked for details, credentials among them, are kept above that level for good. Tracebacks
come without the values of variables, and what looks like a secret is taken out of every line, whoever wrote it.
"""

import logging
import re
import sys
from typing import Any, Final, Literal

import structlog

_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
_TALKATIVE: Final = ("botocore", "aiobotocore", "boto3", "s3fs", "fsspec", "aiohttp", "httpx", "httpcore", "urllib3", "asyncio")
"""Loggers whose details hold headers or URLs with secrets, or drown all else."""


_SECRETS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), kept)
    for pattern, kept in (
        (r"(://)[^/\s\"'\\@<>]+@", r"\1***@"),
        (r"\b(bearer|basic|negotiate)\s+[A-Za-z0-9._~+/=-]{6,}", r"\1 ***"),
        (r"\bzc_[A-Za-z0-9_-]{16,}", "zc_***"),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", "***"),
        (
            r"([?&](?:[a-z0-9_-]*(?:sig|signature|token|secret|password|credential|key|code|policy)[a-z0-9_-]*)=)[^&\s\"'\\#<>]+",
            r"\1***",
        ),
        (
            r"([\"'](?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|password|secret|token|secret_key)[\"']"
            r"\s*[:,]\s*b?[\"'])(?:[^\"'\\]|\\.)+",
            r"\1***",
        ),
    )
)
"""What a secret looks like in a line, and what is left of it."""

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def redact(line: str) -> str:
    """A line without what looks like a secret: credentials in URLs and headers, signatures of signed URLs, keys."""
    for pattern, kept in _SECRETS:
        line = pattern.sub(kept, line)
    return line


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(each) for key, each in value.items()}
    return [_redacted(each) for each in value] if isinstance(value, list) else value


def _on_one_line(text: str) -> str:
    """A text whose control characters, line breaks among them, are written as escapes."""
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def set_up_logging(style: Literal["json", "console"] = "json", level: str = "INFO") -> None:
    """Send all log lines of this process, those of libraries too, through one formatter.

    Parameters
    ----------
    style
        ``json`` for machines, ``console`` for people.
    level
        The least grave that is written.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: Any = structlog.processors.JSONRenderer(sort_keys=False)
    if style == "console":  # texts in quotes, so that one with a line break makes no second line
        plain = structlog.dev.plain_traceback
        console = structlog.dev.ConsoleRenderer(colors=False, repr_native_str=True, exception_formatter=plain)

        def last(logger: Any, name: str, event: Any) -> Any:
            return console(logger, name, {**event, "event": _on_one_line(str(event.get("event", "")))})

    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *([_TRACEBACKS] if style == "json" else []),
            lambda _, __, event: _redacted(event),  # before quotes are written in another way
            lambda logger, name, event: redact(last(logger, name, event)),  # and what has become text only now
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelName(level)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
