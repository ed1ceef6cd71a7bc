"""What does the program write about its own work? Structured lines, one JSON object each, on standard error.

Libraries that write whole requests when asked for details, credentials among them, are kept above that level for good.
"""

import logging
import sys
from typing import Any, Final, Literal

import structlog

_TALKATIVE: Final = ("botocore", "aiobotocore", "boto3", "s3fs", "fsspec", "aiohttp", "httpx", "httpcore", "urllib3", "asyncio")
"""Loggers whose details hold headers or URLs with secrets, or drown all else."""


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
    last = structlog.processors.JSONRenderer(sort_keys=False) if style == "json" else structlog.dev.ConsoleRenderer(colors=False)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *([structlog.processors.dict_tracebacks] if style == "json" else []),
            last,
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
