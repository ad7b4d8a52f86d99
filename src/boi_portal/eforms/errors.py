"""What can be wrong with a form's definition or with an answer. Messages are Polish, for the people who can mend
them."""

from __future__ import annotations


class DefinitionError(ValueError):
    """A form's definition is wrong. `path` says where (`pages[0].fields[2].max`), `reason` what, in plain words."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class AnswerError(ValueError):
    """What was typed cannot be taken; the message tells the applicant what to do."""
