"""Small devices for the tests of schedule, outputs and poller."""

from __future__ import annotations

from drivers.profile import Channel, Device, Limits, Profile
from drivers.switch import Output

SMOKE = (Channel("smoke", "smoke", "discrete", 0, type="bit"),)
WARM = (
    Channel("temperature", "temperature", "holding", 0, scale=0.1),
    Channel("humidity", "humidity", "holding", 4, scale=0.1),
)
RELAY = (Channel("fan", "fan-run", "coil", 0, type="bit"), Channel("pump", "output", "coil", 1, type="bit"))
QUICK = Limits(latency=50)
OUTPUTS = (Output("fan", 5, 0, 0xFF00, 0, "fan"), Output("pump", 5, 1, 0xFF00, 0, "pump"))


def device(
    id: str, unit: int, channels: tuple[Channel, ...] = SMOKE, *, period: int = 1_000, outputs: tuple[Output, ...] = (),
    limits: Limits = QUICK,
) -> Device:  # fmt: skip
    profile = Profile(id=f"p-{id}", vendor="v", model="m", kind="k", verified="map", source="s",
                      channels=channels, outputs=outputs, limits=limits)  # fmt: skip
    return Device(id, profile, "line", unit, period)


def smoke(n: int, period: int = 1_000) -> Device:
    return device(f"smoke{n}", n, period=period)


def warm(n: int, period: int = 5_000) -> Device:
    return device(f"warm{n}", n, WARM, period=period)


def relay(n: int = 9, period: int = 1_000) -> Device:
    return device("relay", n, RELAY, period=period, outputs=OUTPUTS)
