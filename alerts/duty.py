"""Who is on duty: post or role -> person ids at a wall time. A placeholder without the rota."""

from __future__ import annotations

from alerts.plant import Plant

_POSTS = {"duty": "duty", "second": "duty", "leader": "leader"}


def on_duty(plant: Plant, wall: int) -> dict[str, tuple[str, ...]]:
    """Every person of the role that fills the post."""
    roles = {p.role for p in plant.people.values()}
    found = {role: tuple(p.id for p in plant.people.values() if p.role == role) for role in roles}
    return found | {post: found.get(role, ()) for post, role in _POSTS.items()}
