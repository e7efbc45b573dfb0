"""What evaluation raises: EvaluationFault, of DataUnusable (the data) and ContenderAtFault (a model)."""

from __future__ import annotations


class EvaluationFault(Exception):
    """Nothing can be measured; the text says what is wrong, where, and what to do."""


class DataUnusable(EvaluationFault):
    """The data hold nothing that the protocol can test."""


class ContenderAtFault(EvaluationFault):
    """A contender gave an answer that no list can be, or one that the protocol forbids."""
