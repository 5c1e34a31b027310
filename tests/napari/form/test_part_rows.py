"""What is chosen of a stack, in words."""

import pytest

from napari_deep_prior._napari.form.part_rows import part_words

SIZES = {"T": 6, "C": 2, "Y": 9, "X": 9}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({}, ""),
        ({"T": slice(0, 6), "C": slice(0, 2)}, ""),
        ({"T": slice(3, 4), "C": slice(0, 2)}, "t 3"),
        ({"T": slice(2, 5), "C": slice(1, 2)}, "t 2-4 · c 1"),
    ],
)
def test_only_that_is_named_of_which_a_part_is_chosen(part, words):
    assert part_words(part, SIZES) == words
