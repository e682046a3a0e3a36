"""Who counts as a key-holder of a store, and how many different people have proven to be there. Pure look-up.

A holder who has left, or whose yearly training has lapsed, no longer counts (people's workflow of chemicals stores). One person
counts once however often and in whatever way they answer, and one telephone counts once whoever holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from alerts.calendar import local
from alerts.opening import Proof
from alerts.plant import Plant, Store

TRAINED_FOR = 1  # years


def trouble(person: str, store: Store, plant: Plant, wall: int) -> str:
    """Why this person does not count as a holder today: stranger, left, training; "" when they do."""
    known = plant.people.get(person)
    if known is None or person not in store.holders:
        return "stranger"
    today = local(plant, wall).date().isoformat()
    if known.left and known.left <= today:
        return "left"
    if known.trained and _a_year_after(known.trained) < today:
        return "training"
    return ""


def counting(store: Store, plant: Plant, wall: int) -> tuple[str, ...]:
    """The holders who count today."""
    return tuple(h for h in store.holders if not trouble(h, store, plant, wall))


def different(proofs: Iterable[Proof], store: Store, plant: Plant, wall: int) -> tuple[str, ...]:
    """The different holders among the proofs. Two who answered from one telephone are one."""
    people: list[str] = []
    phones: set[str] = set()
    for proof in proofs:
        if proof.person in people or trouble(proof.person, store, plant, wall):
            continue
        phone = plant.people[proof.person].phone
        if proof.how == "phone" and phone in phones:
            continue
        phones |= {phone} if proof.how == "phone" else set()
        people.append(proof.person)
    return tuple(people)


def person_of(code: int, plant: Plant) -> str:
    """Whose card it is, or ""."""
    return next((p.id for p in plant.people.values() if p.card and p.card == code), "")


def _a_year_after(day: str) -> str:
    found = date.fromisoformat(day)
    try:
        return found.replace(year=found.year + TRAINED_FOR).isoformat()
    except ValueError:  # 29 February
        return found.replace(year=found.year + TRAINED_FOR, day=28).isoformat()
