"""One network for all planes of a stack: it learns from some of them, is shown their neighbours, and draws each."""
