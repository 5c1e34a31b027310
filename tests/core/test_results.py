"""What a run tells the world: a record says the same after a trip through JSON."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_deep_prior.core import results as report
from napari_deep_prior.core.found import ErrorFound, NoiseFound
from napari_deep_prior.core.results import SCHEMA, CurvePoint, PlaneReport, Record, StopReason

words = st.text(max_size=20)
counts = st.integers(0, 2**53)
amounts = st.floats(allow_nan=False, allow_infinity=False)
plain = st.dictionaries(words, st.one_of(words, counts, amounts, st.booleans(), st.none()), max_size=4)
fingerprints = st.fixed_dictionaries({"sha256": words, "shape": st.lists(counts, max_size=3), "dtype": words})
points = st.builds(CurvePoint, iteration=counts, seconds=amounts, loss=amounts, held_out=st.none() | amounts)


def exactly(cls, **known):  # a strategy for every field of a dataclass, by its annotation
    by_type = {
        "int": counts,
        "int | None": st.none() | counts,
        "float": amounts,
        "float | None": st.none() | amounts,
        "str": words,
        "str | None": st.none() | words,
        "bool": st.booleans(),
        "dict[str, Any]": plain,
        "dict[str, str]": st.dictionaries(words, words, max_size=3),
        "NetworkUsed | None": st.none() | st.fixed_dictionaries({"sha256": words, "learnt_on": words}),
        "Fingerprint": fingerprints,
        "dict[str, Fingerprint]": st.dictionaries(words, fingerprints, max_size=2),
        "DeviceUsed": st.fixed_dictionaries({"name": words, "hardware": words, "precision": words, "threads": counts}),
        "tuple[str, ...]": st.lists(words, max_size=3).map(tuple),
        "tuple[int, ...]": st.lists(counts, max_size=3).map(tuple),
        "tuple[float, ...]": st.lists(amounts, max_size=3).map(tuple),
    }
    return st.builds(cls, **{f.name: known.get(f.name, by_type.get(f.type)) for f in dataclasses.fields(cls)})


planes = exactly(
    PlaneReport,
    curve=st.lists(points, max_size=3).map(tuple),
    noise=st.none() | exactly(NoiseFound),
    error=st.none() | exactly(ErrorFound),
    reason=st.sampled_from(list(StopReason.__members__)),
)
records = exactly(
    Record,
    schema=st.just(SCHEMA),
    planes=st.lists(planes, max_size=3).map(tuple),
    axes=st.just("YX"),
    input=fingerprints.map(lambda found: {**found, "shape": [4, 5]}),
)


@given(records)
def test_record_survives_json(record: Record) -> None:
    assert Record.from_json(record.to_json()) == record
    assert Record.from_dict(record.as_dict()) == record
    assert json.loads(record.to_json()) == json.loads(json.dumps(record.as_dict()))


@given(records)
def test_a_record_of_another_schema_is_refused_in_words(record: Record) -> None:
    values = {**record.as_dict(), "versions": {"napari-deep-prior": "0.1.0"}}
    newer, older = {**values, "schema": SCHEMA + 1}, {name: value for name, value in values.items() if name != "schema"}
    made = rf"was made by napari-deep-prior 0\.1\.0: this version needs schema {SCHEMA}"
    with pytest.raises(ValueError, match=rf"schema {SCHEMA + 1} and {made}"):
        Record.from_dict(newer)
    with pytest.raises(ValueError, match=rf"schema {SCHEMA - 1} and {made}"):
        Record.from_dict({**values, "schema": SCHEMA - 1})
    with pytest.raises(ValueError, match=rf"no schema number and {made}"):
        Record.from_json(json.dumps(older))


@pytest.mark.parametrize("text", ["{}", "[1, 2]", '{"task": "denoise", "versions": 3}', "null"])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no record of napari-deep-prior: needs the JSON"):
        Record.from_json(text)


@given(records, st.sampled_from([{}, {"sha256": "ab"}, {"sha256": 3, "learnt_on": ""}, [], "ab"]))
def test_a_network_that_names_none_is_refused(record: Record, odd: object) -> None:
    with pytest.raises(ValueError, match=r"damaged: network"):
        Record.from_dict({**record.as_dict(), "network": odd})


@pytest.mark.parametrize("reason", StopReason)
def test_every_reason_is_a_sentence_a_user_can_read(reason: StopReason) -> None:
    assert len(reason.value.split()) >= 3
    assert reason.value[0].islower()  # it follows "Stopped: "
    assert not reason.value.endswith(".")


def test_no_error_of_ours_is_a_runtime_error() -> None:
    """Napari's worker swallows every RuntimeError."""
    ours = [c for c in vars(report).values() if isinstance(c, type) and issubclass(c, Exception)]
    assert report.RunError in ours
    assert all(issubclass(c, report.RunError) and not issubclass(c, RuntimeError) for c in ours)
