"""What an e-mail address tells: throw-away, free, role, name-like or random, and whose name it is."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.vendors.offline.email import read_email
from shopwarden.vendors.offline.randomness import randomness_of

PEOPLE = """
marcus.oneill hbergmann anneliese.vogt jkowalska thuy.nguyen91 xiaofeng.zhu qingyun zhihao_li jisoo.park kyungmin
hyeonseok yamanaka.t shunsuke priyanka.chopra venkat_raman muthukumar oluwatobi abdelrahman.h youssef.elmasry bjornsson
gudrun.h dimitrakis k.papageorgiou stavros lucia.fernandez mjgarcia jlpicard rjsmith ab jp li.na ng.wei wu szymon
vladislav.k zhanna jean-baptiste marie-claire.d thebigbopper bluesky42 coolcat99 guitarhero soccermom3
photography.by.ana mrs.jones therealdeal annasophie mvandenberg jsmith1987 hknight ngoc.tran phuongthao babygirl2003
wangxiaoming zhangwei1990 chenjing88 tanakahiroshi leeminho ramachandran aleksandra.w fitzgerald.m macgregor
"""
WALKS = "qwertyuiop asdfghjkl asdfasdf asdf1234 qweasdzxc zxcvbnm123 aaaaaaa jkljkljkl dfghdfgh ghjghjk"


@pytest.mark.parametrize("local", PEOPLE.split())
def test_names_of_many_languages_do_not_look_random(local: str) -> None:
    assert randomness_of(local) < 0.45


def test_most_names_are_well_below_the_line() -> None:
    scores = [randomness_of(local) for local in PEOPLE.split()]
    assert sum(score < 0.4 for score in scores) / len(scores) > 0.95


@pytest.mark.parametrize("local", WALKS.split())
def test_keyboard_walks_look_random(local: str) -> None:
    assert randomness_of(local) > 0.6


@pytest.mark.parametrize(
    "alphabet", [string.ascii_lowercase, string.ascii_lowercase + string.digits, "abcdef" + string.digits]
)
def test_drawn_letters_look_random(alphabet: str) -> None:
    draw = random.Random(7)
    texts = ["".join(draw.choice(alphabet) for _ in range(draw.randint(9, 14))) for _ in range(300)]
    assert sum(randomness_of(text) > 0.6 for text in texts) / len(texts) > 0.93


@pytest.mark.parametrize(
    ("address", "disposable", "free", "role"),
    [
        ("someone@mailinator.com", True, False, False),
        ("someone@inbox.mailinator.com", True, False, False),
        ("someone@gmail.com", False, True, False),
        ("someone@GMX.de", False, True, False),
        ("someone@example.com", False, False, False),
        ("Info@example.com", False, False, True),
        ("no-reply+1@example.com", False, False, True),
    ],
)
def test_kinds_of_mailbox(address: str, disposable: bool, free: bool, role: bool) -> None:
    facts = read_email(address)
    assert (facts.is_disposable, facts.is_free, facts.is_role) == (disposable, free, role)


@pytest.mark.parametrize(
    ("local", "first", "last", "least", "most"),
    [
        ("john.smith", "John", "Smith", 1.0, 1.0),
        ("smith_john77", "John", "Smith", 1.0, 1.0),
        ("jsmith", "John", "Smith", 0.9, 0.9),
        ("mueller.juergen", "Jürgen", "Müller", 1.0, 1.0),
        ("muller", "Jürgen", "Müller", 0.8, 0.8),
        ("oconnor", "Seán", "O'Connor", 0.8, 0.8),
        ("kathrine", "Katherine", "Li", 0.6, 0.7),
        ("js", "John", "Smith", 0.5, 0.5),
        ("maria.rossi", "John", "Smith", 0.0, 0.0),
        ("mariarossi", "John", "Smith", 0.0, 0.0),
    ],
)
def test_agreement_with_the_name(local: str, first: str, last: str, least: float, most: float) -> None:
    agreement = read_email(f"{local}@example.com", first, last).name_agreement
    assert agreement is not None
    assert least <= agreement <= most


@pytest.mark.parametrize(
    ("local", "first", "last"),
    [
        ("darkknight", "John", "Smith"),
        ("info", "John", "Smith"),
        ("12345", "John", "Smith"),
        ("ivan", "Иван", "Петров"),
        ("jo", None, ""),
    ],
)
def test_handles_roles_and_missing_names_say_nothing(local: str, first: str | None, last: str) -> None:
    assert read_email(f"{local}@example.com", first, last).name_agreement is None


def test_a_local_part_that_is_the_name_is_not_random() -> None:
    assert (read_email("smithj@example.com", "John", "Smith").randomness or 0) <= 0.1


def test_a_wrong_address_is_not_valid_and_nothing_else() -> None:
    facts = read_email("not@@an.address")
    assert (facts.is_valid, facts.is_disposable, facts.randomness) == (False, None, None)


@given(st.text() | st.emails(), st.none() | st.text(), st.none() | st.text())
def test_no_text_breaks_the_reader(address: str, first: str | None, last: str | None) -> None:
    facts = read_email(address, first, last)
    assert facts.randomness is None or 0 <= facts.randomness <= 1
    assert facts.name_agreement is None or 0 <= facts.name_agreement <= 1
