"""What somebody said of occasions that stood out: kept with the data, for every series and step of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from data import state
from models.forecast.yearly import Occasion

Key = tuple[str, str]  # kind and name of a part; both empty for everything


@dataclass(frozen=True)
class Said:
    """What an occasion of everything, or of the part `of`, was, and why."""

    of: Key
    occasion: Occasion
    reason: str

    def meets(self, other: Occasion) -> bool:
        """Whether it shares days with another occasion."""
        return self.occasion.first <= other.last and other.first <= self.occasion.last


def kept(engine: Engine, lineage: str) -> list[Said]:
    """All that was said about a lineage of data."""
    rows: list[dict[str, str]] = state.preference(engine, _key(lineage), [])
    return [
        Said(
            (one["part"], one["value"]),
            Occasion(date.fromisoformat(one["first"]), date.fromisoformat(one["last"]), one["again"] == "yes"),
            one["reason"],
        )
        for one in rows
    ]


def keep(engine: Engine, lineage: str, new: Said) -> None:
    """Keep an answer, instead of what was said of the same occasion before."""
    others = [one for one in kept(engine, lineage) if one.of != new.of or not one.meets(new.occasion)]
    rows = [
        {
            "part": one.of[0],
            "value": one.of[1],
            "first": one.occasion.first.isoformat(),
            "last": one.occasion.last.isoformat(),
            "again": "yes" if one.occasion.again else "no",
            "reason": one.reason,
        }
        for one in (*others, new)
    ]
    state.prefer(engine, _key(lineage), rows)


def about(said: Sequence[Said], part: str | None, value: str | None) -> list[Said]:
    """What holds of everything or of a part: what was said of it, and of everything where it was not said otherwise."""
    own = [one for one in said if one.of == (part or "", value or "")]
    whole = [one for one in said if one.of == ("", "") and not any(other.meets(one.occasion) for other in own)]
    return own + (whole if part else [])


def by_part(said: Sequence[Said]) -> dict[Key, tuple[Occasion, ...]]:
    """The occasions of everything and of each part, as for `models.forecast.panel.Panel`."""
    return {of: tuple(one.occasion for one in said if one.of == of) for of in dict.fromkeys(one.of for one in said)}


def _key(lineage: str) -> str:
    return f"occasions.{lineage}"
