"""Names of axes, as layers and labelled arrays have them, and the letters that stand for them."""

from __future__ import annotations

from collections.abc import Sequence

_WORDS = {"channel": "C", "channels": "C", "time": "T", "depth": "Z", "height": "Y", "width": "X"}

_STACK_LETTERS = "QRTUVWPOMNLKJIHGFEDBA"
"""Of axes that are stacks of planes, the ones that mean nothing else first."""


def letter_of(name: object) -> str:
    """The letter of an axis that is called so; empty where the name says nothing."""
    word = str(name).strip().lower()
    if word in _WORDS:
        return _WORDS[word]
    return word.upper() if len(word) == 1 and word.isascii() and word.isalpha() else ""


def without_repeats(letters: Sequence[str]) -> list[str]:
    """Each letter where it stands first; an empty one for an axis without a name."""
    return [letter if letter not in letters[:i] else "" for i, letter in enumerate(letters)]


def with_stacks(letters: Sequence[str], *, without: str = "") -> str:
    """One letter for each axis: an empty one becomes that of a stack, which is in neither."""
    spare = (letter for letter in _STACK_LETTERS if letter not in (*letters, *without))
    return "".join(letter or next(spare) for letter in letters)


def axes_of_names(names: Sequence[object]) -> str | None:
    """One letter for each named axis, those without a letter of their own being stacks; None where they do not tell Y and X."""
    letters = without_repeats([letter_of(name) for name in names])
    if not {"Y", "X"} <= set(letters):
        return None
    return with_stacks(letters, without="Q")  # which is an axis without a name, perhaps depth
