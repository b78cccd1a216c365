"""Which passwords are taken: long ones that are not easily guessed (after NIST SP 800-63B, no rules about characters)."""

from __future__ import annotations

SHORTEST, LONGEST = 12, 1000
_FEWEST_DIFFERENT = 5
# Long enough, and tried first by everybody who guesses.
_GUESSED = ("password", "passwort", "motdepasse", "contraseña", "qwerty", "qwertz", "azerty", "shopwarden", "letmein",
            "iloveyou", "welcome", "administrator", "abcdefgh", "12345678", "87654321")  # fmt: skip


def fault_of_password(password: str, email: str = "") -> str | None:
    """What is wrong with a new password, as the end of a sentence; None for a good one."""
    if len(password) < SHORTEST:
        return f"must have at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"must have at most {LONGEST} characters"
    if len(set(password)) < _FEWEST_DIFFERENT:
        return f"must have at least {_FEWEST_DIFFERENT} different characters"
    plain = password.casefold()
    local, _, domain = email.casefold().partition("@")
    left = plain
    for guess in (*_GUESSED, email.casefold(), local, domain.partition(".")[0]):
        if len(guess) >= 4:
            left = left.replace(guess, "")
    if len(left) < SHORTEST // 2:
        return "is made of words that are guessed first; take a few words that have nothing to do with each other"
    return None
