"""Choice of a method: the first candidate that suits, and why."""

from __future__ import annotations

from collections.abc import Sequence

from napari_deep_prior.core.methods import METHODS, Evidence, Method


def choose(candidates: Sequence[Method], wish: str, evidence: Evidence) -> tuple[Method, str]:
    """The first candidate that suits, or the wished one where it does not refuse; and why, in words.

    Parameters
    ----------
    candidates
        In the order in which a task would have them.
    wish
        A method's name, or "auto".

    Raises
    ------
    ValueError
        If the wished one cannot be had: what it needs, and what can be had.
    """
    if evidence.preset == "instant":
        candidates = _instant(candidates, wish, evidence)
    possible = [method for method in candidates if method.refuses(evidence) is None]
    if wish != "auto":
        return _wished(candidates, possible, wish, evidence), f"method {wish}: you chose it"
    if evidence.preset == "paper":
        published = next((method for method in possible if method.is_published), None)
        if published is not None:
            return published, f"method {published.name}: the paper's"
    for method in possible:
        if (reason := method.suits(evidence)) is not None:
            return method, f"method {method.name}: {reason}"
    raise ValueError(f"None of these methods suits the image: {_names(candidates)}.")


def _instant(candidates: Sequence[Method], wish: str, evidence: Evidence) -> list[Method]:
    """Those that fit nothing, at least one of which can be had."""
    instant = [method for method in candidates if method.is_instant]
    if not instant:
        raise ValueError("preset = 'instant' only denoises: this task needs a network, choose 'fast'.")
    if wish not in ("auto", *(method.name for method in instant)):
        raise ValueError(f"preset = 'instant' fits no network: choose another preset for method {wish!r}, or auto.")
    refusals = [f"{method.name}, {refusal}" for method in instant if (refusal := method.refuses(evidence))]
    if len(refusals) == len(instant):
        raise ValueError(f"preset = 'instant': its method, {refusals[0]} Or choose the preset 'fast'.")
    return instant


def _wished(candidates: Sequence[Method], possible: Sequence[Method], wish: str, evidence: Evidence) -> Method:
    for method in possible:
        if method.name == wish:
            return method
    refusals = [method.refuses(evidence) for method in candidates if method.name == wish]
    needs = refusals[0] if refusals else next(method.requires for method in METHODS if method.name == wish)
    raise ValueError(f"method = {wish!r} {needs} This image can be restored with {_names(possible)}, or auto.")


def _names(methods: Sequence[Method]) -> str:
    return ", ".join(dict.fromkeys(method.name for method in methods))
