"""Visitors as those see them who may not see personal data: rough addresses, initials, pages without their query."""

from __future__ import annotations

from msgspec.structs import replace

from shopwarden.contracts.tracker import TrackedVisitor, VisitorDetail
from shopwarden.contracts.visitor_parts import MergedVisitor, TiedCustomer, VisitorChange, VisitorIp, VisitorSession
from shopwarden.domain.masking import mask_email, mask_ip, mask_name, mask_page, mask_text


def masked(visitor: TrackedVisitor) -> TrackedVisitor:
    return replace(visitor, ip=mask_ip(visitor.ip), anonymous_id=_name(visitor.anonymous_id))


def masked_detail(visitor: VisitorDetail) -> VisitorDetail:
    return replace(
        visitor,
        visitor=masked(visitor.visitor) if visitor.visitor is not None else None,
        ips=[masked_ip(one) for one in visitor.ips],
        customers=[_customer(one) for one in visitor.customers],
        merged=[_merged(one) for one in visitor.merged],
        changes=[masked_change(one) for one in visitor.changes],
    )


def masked_ip(ip: VisitorIp) -> VisitorIp:
    return replace(ip, ip=mask_ip(ip.ip) or "")


def masked_session(session: VisitorSession) -> VisitorSession:
    return replace(
        session,
        ip=mask_ip(session.ip),
        entry_page=mask_page(session.entry_page),
        exit_page=mask_page(session.exit_page),
        referrer=mask_page(session.referrer),
    )


def masked_change(change: VisitorChange) -> VisitorChange:
    """People write into a reason what they know."""
    return replace(change, reason=mask_text(change.reason))


def _customer(customer: TiedCustomer) -> TiedCustomer:
    return replace(
        customer,
        email=mask_email(customer.email),
        first_name=mask_name(customer.first_name),
        last_name=mask_name(customer.last_name),
    )


def _merged(visitor: MergedVisitor) -> MergedVisitor:
    return replace(visitor, anonymous_id=_name(visitor.anonymous_id) or "")


def _name(anonymous_id: str | None) -> str | None:
    """A browser's made-up name says nothing; a server may have put an e-mail or a user's id in its place."""
    if anonymous_id is None or not (anonymous_id.startswith("user:") or "@" in anonymous_id):
        return anonymous_id
    return mask_text(anonymous_id)
