"""History out of an engine that speaks PromQL (VictoriaMetrics, Prometheus, Mimir …) and was fed by line protocol."""

from __future__ import annotations

import json
import math

from drivers.reading import Quality
from gateway.store.history import Piece, Series, series
from gateway.stream.past import PastError, authorization, checked, post, width_of

# column of a Piece -> (function over the time of a bucket, field of the line)
_COLUMNS = (("min_over_time", "value"), ("avg_over_time", "value"), ("max_over_time", "value"), ("max_over_time", "quality"))


class PromQL:
    """Line protocol's field `value` of the measurement `smoke` is the series `smoke_value` there."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url
        self._headers = authorization(token, "Bearer")

    def query(self, site: str, point: str, first: int, last: int, most: int) -> Series:
        """See gateway.stream.past.Past."""
        width = width_of(first, last, most)
        found: dict[int, list[float]] = {}
        for column, (function, field) in enumerate(_COLUMNS):
            which = f'{{__name__=~".+_{field}",site="{checked(site)}",point="{checked(point)}"}}'
            for start, value in self._range(f"{function}({which}[{width}ms])", first, last, width):
                found.setdefault(start, [math.nan, math.nan, math.nan, Quality.UNCERTAIN])[column] = value
        return series((_piece(start, found[start]) for start in sorted(found)), first, width)

    def _range(self, text: str, first: int, last: int, width: int) -> list[tuple[int, float]]:
        """(start of the bucket, value). A window looks back from its stamp and leaves its beginning out, so a bucket's

        is its last millisecond. `nocache`: VictoriaMetrics would move the stamps to multiples of the step.
        """
        ends = range(first + width - 1, last + width - 1, width)
        fields = {"query": text, "start": _s(ends[0]), "end": _s(ends[-1]), "step": _s(width), "nocache": "1"}
        body = post(self._url, "/api/v1/query_range", fields, self._headers)
        try:
            answer = json.loads(body)
            if answer["status"] != "success":
                raise PastError(str(answer.get("error")))
            rows = [row for one in answer["data"]["result"] for row in one["values"]]
            return [(round(float(at) * 1000) - width + 1, float(value)) for at, value in rows]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PastError(f"no PromQL answer: {error!r}") from error


def _piece(start: int, columns: list[float]) -> Piece:
    low, mean, high, quality = columns
    return start, low, mean, high, int(quality)


def _s(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"
