"""Several sources about one thing: the tables decide, never the order of arrival, and unknown takes nothing away."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.domain.answers import EmailAnswer, IpAnswer, PhoneAnswer, VendorFacts
from shopwarden.domain.facts import EmailFacts, IpFacts, PhoneFacts
from shopwarden.domain.vendor_merge import PRECEDENCE, merged_email, merged_ip, merged_phone

KEYS = (*PRECEDENCE["ip"], "newcomer.ip", "another.ip")
flag = st.none() | st.booleans()
text = st.none() | st.sampled_from(["DE", "FR", "US", "Berlin", "Mobile", "Data Center"])
number = st.none() | st.floats(-90, 90)
ip_values = {
    "country": st.none() | st.sampled_from(["DE", "FR"]), "city": text, "region": text, "timezone": text,
    "latitude": number, "longitude": number, "is_vpn": flag, "is_proxy": flag, "is_tor": flag, "is_hosting": flag,
    "is_crawler": flag, "is_mobile": flag, "recent_abuse": flag, "organization": text, "asn": st.none() | st.integers(1, 9),
    "connection_type": text,
}  # fmt: skip
offline_ips = st.builds(IpFacts, address=st.just("198.51.100.7"), **ip_values)
ip_answers = st.dictionaries(st.sampled_from(KEYS), st.builds(IpAnswer, is_residential_proxy=flag, **ip_values))
email_values = {"is_valid": flag, "has_mx": flag, "is_disposable": flag, "is_role": flag, "is_free": flag}
offline_emails = st.builds(EmailFacts, address=st.just("a@b.test"), domain=st.just("b.test"), bounced=flag, **email_values)
email_answers = st.dictionaries(
    st.sampled_from(KEYS), st.builds(EmailAnswer, known_bounces=flag, verdict=st.none() | st.just("risky"), **email_values)
)
seeds = st.randoms(use_true_random=False)


def shuffled(answers: dict[str, object], random: random.Random) -> dict[str, object]:
    items = list(answers.items())
    random.shuffle(items)
    return dict(items)


@given(offline_ips, ip_answers, seeds)
def test_the_order_of_answers_never_matters_for_an_address(offline, answers, random):
    one = merged_ip(offline, VendorFacts(ip=answers))
    assert merged_ip(offline, VendorFacts(ip=shuffled(answers, random))) == one


@given(offline_emails, email_answers, seeds)
def test_the_order_of_answers_never_matters_for_a_mailbox(offline, answers, random):
    one = merged_email(offline, VendorFacts(email=answers))
    assert merged_email(offline, VendorFacts(email=shuffled(answers, random))) == one


@given(offline_ips, ip_answers)
def test_unknown_never_overwrites_what_is_known_of_an_address(offline, answers):
    merged = merged_ip(offline, VendorFacts(ip=answers))
    for name in IpFacts.__struct_fields__:
        if getattr(offline, name) is not None and name not in ("latitude", "longitude"):
            assert getattr(merged, name) is not None
    assert merged_ip(offline, VendorFacts(ip={key: IpAnswer() for key in answers})) == offline


@given(offline_emails, email_answers)
def test_unknown_never_overwrites_what_is_known_of_a_mailbox(offline, answers):
    merged = merged_email(offline, VendorFacts(email=answers))
    for name in EmailFacts.__struct_fields__:
        assert getattr(offline, name) is None or getattr(merged, name) is not None
    assert merged_email(offline, VendorFacts(email={key: EmailAnswer() for key in answers})) == offline


@given(offline_ips, ip_answers, st.sampled_from(["is_vpn", "is_tor", "recent_abuse"]))
def test_one_more_yes_is_a_yes(offline, answers, name):
    told = {**answers, "newcomer.ip": msgspec.structs.replace(answers.get("newcomer.ip", IpAnswer()), **{name: True})}
    assert getattr(merged_ip(offline, VendorFacts(ip=told)), name) is True


@settings(max_examples=300)
@given(offline_ips, ip_answers)
def test_a_place_is_never_put_together_from_two_countries(offline, answers):
    merged = merged_ip(offline, VendorFacts(ip=answers))
    agreeing = [source for source in (offline, *answers.values()) if source.country in (None, merged.country)]
    for name in ("city", "region", "timezone", "latitude"):
        value = getattr(merged, name)
        assert value is None or value in [getattr(source, name) for source in agreeing]


def test_the_offline_word_comes_first_and_then_the_table():
    answers = {
        "ipqualityscore.ip": IpAnswer(country="DE", city="Munich", organization="B"),
        "maxmind.insights": IpAnswer(country="DE", city="Berlin", organization="A"),
    }
    merged = merged_ip(IpFacts(address="198.51.100.7", organization="C"), VendorFacts(ip=answers))
    assert (merged.country, merged.city, merged.organization) == ("DE", "Berlin", "C")


def test_a_mailbox_that_was_tried_out_counts_more_than_its_form():
    offline = EmailFacts(address="a@b.test", domain="b.test", is_valid=True, first_seen=datetime(2026, 1, 1, tzinfo=UTC))
    said = {
        "sendgrid.email": EmailAnswer(verdict="invalid"),
        "ipqualityscore.email": EmailAnswer(first_seen=date(2019, 5, 1)),
    }
    merged = merged_email(offline, VendorFacts(email=said))
    assert merged.is_valid is False
    assert merged.first_seen == datetime(2019, 5, 1, tzinfo=UTC)


def test_a_number_moved_to_an_internet_line_is_one():
    offline = PhoneFacts(number="+4915112345678", kind="mobile", is_valid=True)
    merged = merged_phone(offline, VendorFacts(phone={"ipqualityscore.phone": PhoneAnswer(is_voip=True, is_valid=False)}))
    assert (merged.kind, merged.is_valid) == ("voip", False)


def test_no_answers_change_nothing():
    offline = IpFacts(address="198.51.100.7", is_vpn=False)
    assert merged_ip(offline, None) == merged_ip(offline, VendorFacts()) == offline
    assert merged_ip(None, VendorFacts(ip={"maxmind.insights": IpAnswer(is_tor=True)})) is None
