"""The error tree, by what has to happen next: try later, skip the item, stop for a person, refuse the caller."""

from __future__ import annotations


class ShopwardenError(Exception):
    """Root of every error this product raises on purpose."""


class RetryError(ShopwardenError):
    """Works later without anybody's help; `after` is the advised wait in seconds, None for the usual backoff."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class SkipError(ShopwardenError):
    """This one item can't be used, now or later; its neighbours go on."""


class StopError(ShopwardenError):
    """Nothing helps until a person acts: a missing setting, a revoked key, a wrong database."""


class RefuseError(ShopwardenError):
    """The caller's fault: answered as an RFC 9457 problem document.

    `type` is the stable last part of the problem's URI; `fields` maps the path of a wrong field to what is wrong with it;
    `headers` go out with the answer (Retry-After).
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int = 400,
        type: str = "bad-request",
        fields: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.type = type
        self.fields = fields or {}
        self.headers = headers or {}
