"""How much one request may send, and how it is read without trusting it."""

from __future__ import annotations

import json
from typing import NoReturn

from starlette.requests import Request

from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault

MOST_BODY_BYTES = 1 << 20
MOST_QUERY_BYTES = 64 << 10
MOST_NAME_CHARACTERS = 256


class BadRequest(CallerFault):
    """A request that is not GraphQL over HTTP; `status` is the HTTP status of the answer."""

    code = ErrorCode.BAD_REQUEST

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request) -> bytes:
    """Read a body of at most 1 MiB; a longer one is not read to its end.

    Raises
    ------
    BadRequest
    """
    too_long = BadRequest(f"The body is longer than {MOST_BODY_BYTES} bytes; send less at once.", 413)
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MOST_BODY_BYTES:
        raise too_long
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise too_long
        parts.append(part)
    return b"".join(parts)


def read_json(text: bytes | str, what: str) -> object:
    """Read strict JSON.

    Raises
    ------
    BadRequest
        If it is none: wrong encoding, half characters, NaN, nested too deeply, numbers of thousands of digits.
    """
    try:
        plain = text if isinstance(text, str) else text.decode("utf-8")
        said: object = json.loads(plain, parse_constant=_no_constant)
        if "\\u" in plain:
            json.dumps(said, ensure_ascii=False).encode()
    except RecursionError:
        raise BadRequest(f"{what} is nested too deeply.") from None
    except UnicodeDecodeError:
        raise BadRequest(f"{what} is not UTF-8.") from None
    except UnicodeEncodeError:
        raise BadRequest(f"{what} has half a surrogate pair, which is no character.") from None
    except ValueError:
        raise BadRequest(f"{what} is not JSON.") from None
    return said


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def check_query(query: str) -> str:
    """Hold a document against its bound.

    Raises
    ------
    BadRequest
    """
    if len(query) > MOST_QUERY_BYTES or len(query.encode("utf-8", "replace")) > MOST_QUERY_BYTES:
        raise BadRequest(f"The query is longer than {MOST_QUERY_BYTES} bytes; put values into variables.", 413)
    return query
