"""One file or many files restored: without terminal and without window.

`restore_file` restores one, `run_many` many in the way that a `Workflow` describes; `as_text` writes one as a command
line or a Python program.
"""
