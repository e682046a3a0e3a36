"""Rule kind `rate`: a value rises faster than a limit. Least squares over a window, so that noise and one odd value do not count.

params: `rise` and `return_at` (unit of the quantity per minute), `window` (ms), `samples` (fewest values), `gap` (ms without a
value after which everything seen before is forgotten). Memory: the window in at most BINS means. Not kept over a restart.
"""

from __future__ import annotations

from alerts.model import Condition, Rule, Truth
from alerts.rules.scene import Judged, Memory, Scene, number, own, unknown
from drivers.reading import Quality

watches = own

BINS = 24  # of a window; a fast sensor's values of one bin become their mean
MINUTE = 60_000
Bin = tuple[int, int, float, float]  # number of the bin, values in it, their mean time (ms), their mean


def evaluate(rule: Rule, point: str, scene: Scene, memory: Memory) -> Judged:
    """UNKNOWN until `samples` GOOD values span half the window; only GOOD values count. Evidence says on how much it rests."""
    reading = scene.view.get(point)
    if reading is None or reading.value is None or reading.quality is not Quality.GOOD:
        return unknown(rule, point), memory
    params = rule.params
    window = number(params["window"])
    bins = _taken(memory or (), reading.at.mono, reading.value, window, number(params["gap"]))
    count, span = sum([b[1] for b in bins]), bins[-1][2] - bins[0][2]
    if count < number(params["samples"]) or span * 2 < window:
        return unknown(rule, point), bins
    rise = slope(bins) * MINUTE / scene.plant.speed
    limit = number(params["rise"])
    if rise < (number(params["return_at"]) if scene.active(rule.id, point) else limit):
        return Condition(rule.id, point, Truth.CLEAR), bins
    evidence = {
        "value": reading.value,
        "rise": round(rise, 2),
        "rise_limit": limit,
        "samples": count,
        "over": round(span / 1000),
    }
    return Condition(rule.id, point, Truth.BREACHED, evidence), bins


def slope(bins: tuple[Bin, ...]) -> float:
    """Least squares through the bins' means, each weighted by its values. Unit per ms; 0 when all stand at one time."""
    start, base = bins[0][2], bins[0][3]  # sums from there: the clock's own size would eat the digits
    weight, sum_t, sum_v, sum_tt, sum_tv = 0, 0.0, 0.0, 0.0, 0.0
    for _, n, t, v in bins:
        t, v = t - start, v - base
        weight, sum_t, sum_v, sum_tt, sum_tv = weight + n, sum_t + n * t, sum_v + n * v, sum_tt + n * t * t, sum_tv + n * t * v
    across = weight * sum_tt - sum_t * sum_t
    return (weight * sum_tv - sum_t * sum_v) / across if across > 0 else 0.0


def _taken(bins: tuple[Bin, ...], at: int, value: float, window: float, gap: float) -> tuple[Bin, ...]:
    """The bins with one more value, without those that have left the window."""
    slot = int(at / (window / BINS))
    if bins and not 0 <= at - bins[-1][2] <= gap + window / BINS:
        bins = ()
    if bins and bins[-1][0] == slot:
        _, n, t, v = bins[-1]
        return (*bins[:-1], (slot, n + 1, t + (at - t) / (n + 1), v + (value - v) / (n + 1)))
    kept = bins if not bins or bins[0][0] > slot - BINS else tuple(b for b in bins if b[0] > slot - BINS)
    return (*kept, (slot, 1, float(at), value))
