"""The settings of how long each kind of datum is kept."""

from __future__ import annotations

from pydantic import BaseModel, Field, field_validator

from service.recommender.events import OLDEST

_SHORTEST = OLDEST.days + 1
"""What comes late may be so many days old: until then it must be known again, or refused again."""


class Retention(BaseModel, extra="forbid", frozen=True):
    """For how many days each kind of datum is kept; 0 or nothing keeps it for ever. `konomi retention` enforces it."""

    actions_days: int = Field(1095, ge=0, description="Days that what people did is kept, wherever it is; 0: for ever")
    searches_days: int = Field(180, ge=0, description="Days that searches are kept, with their words")
    impressions_days: int = Field(180, ge=0, description="Days that it is kept what people were shown")
    visitors_days: int = Field(
        395, ge=0, description="Days that anything of visitors is kept who became no customers, consents too",
    )
    moved_days: int = Field(
        90, ge=0, description="Days that events stay in the database once they are part of history; at least 31",
    )
    showings_days: int = Field(7, ge=0, description="Days that the counts behind the caps of campaigns are kept")
    consents_days: int = Field(
        1825, ge=0, description="Days that decisions are kept which a later one replaced; the latest always stays",
    )
    feedback_days: int = Field(0, ge=0, description="Days that it is kept what people hid or want fewer of")
    changes_days: int = Field(1, ge=0, description="Days that it is kept whose consents or feedback changed last")
    audit_days: int = Field(1825, ge=0, description="Days that lines of the audit log are kept")
    receipts_days: int = Field(1095, ge=0, description="Days that receipts of completed erasures are kept")
    tombstones_days: int = Field(
        0, ge=0, description="Days that it is known who was erased; afterwards an import may bring them back",
    )
    rejected_days: int = Field(30, ge=0, description="Days that the rows are kept which the last import refused")

    @field_validator("*", mode="before")
    @classmethod
    def _empty_keeps(cls, value: object) -> object:
        return 0 if isinstance(value, str) and not value.strip() else value

    @field_validator("moved_days", "tombstones_days")
    @classmethod
    def _outlives_what_comes_late(cls, value: int) -> int:
        if 0 < value < _SHORTEST:
            raise ValueError(f"events may come {OLDEST.days} days late; write at least {_SHORTEST}, or 0 for ever")
        return value
