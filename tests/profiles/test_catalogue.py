"""Every Modbus device the product was asked for has its profile, and no documented register of it was forgotten."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from drivers.bus import Refused, Space
from drivers.modbus.pdu import read_answer
from drivers.plan import needs
from drivers.profile import Profile
from tests.profiles.test_profiles import FRAMES, load_profile, load_yaml, unframe

DEVICES: dict[str, Any] = load_yaml(Path(__file__).parent / "catalogue.yaml")["devices"]

# The ids as the list of devices has them.
ASKED_FOR = [
    "xiyu_arc_fault", "gst_panel_modbus", "acrel_asj", "acrel_aim_r100", "lx47le_125", "schneider_rhu", "calectro_ug3", "faast",
    "xixing_smoke", "renke_rs_ws_n01", "jxct_th", "generic_th_temp_first", "jxct_gas", "jxct_tvoc", "sga_gas", "kb6000iii",
    "raeguard3", "netsafety_flame", "ctm530", "qdy_pressure_level", "swp300", "rle_ld1500", "waveshare_relay8", "waveshare_io8",
    "lctech_2di", "adam4150", "fc06_relay_fc04_di", "alarm_lamp_v2", "weighing_tx", "sdm630", "clever_pdu",
]  # fmt: skip

Cells = set[tuple[Space, int]]
WRITES: dict[int, Space] = {5: "coil", 6: "holding", 16: "holding"}


def profiles(id: str) -> list[Profile]:
    return [load_profile(profile) for profile in DEVICES[id]["profiles"]]


def used(profile: Profile) -> Cells:
    """Every register that a channel is made of, or an output writes."""
    read = {(space, start + n) for c in profile.channels for space, start, count in needs(c) for n in range(count)}
    words = [o for o in profile.outputs if not o.raw_on]
    raw = [o.raw(True) for o in profile.outputs if o.raw_on]  # function, then the address
    return read | {(WRITES[o.function], o.address) for o in words} | {(WRITES[r[0]], r[1] << 8 | r[2]) for r in raw}


def test_all_31_are_in_the_catalogue() -> None:
    assert len(ASKED_FOR) == 31
    assert list(DEVICES) == ASKED_FOR


@pytest.mark.parametrize("id", ASKED_FOR)
def test_the_line_is_as_documented(id: str) -> None:
    for profile in profiles(id):
        line = {"baud": profile.baud, "framing": profile.framing, "unit": profile.unit}
        assert {key: line[key] for key in DEVICES[id]["line"]} == DEVICES[id]["line"], profile.id


@pytest.mark.parametrize("id", ASKED_FOR)
def test_every_register_is_used_or_left_out_for_a_reason(id: str) -> None:
    cells: Cells = set(chain.from_iterable(used(profile) for profile in profiles(id)))
    left_out = DEVICES[id].get("left_out", {})
    assert set(left_out) <= {name for name, *_ in DEVICES[id]["registers"]}
    for name, space, start, count in DEVICES[id]["registers"]:
        here: Cells = {(space, start + n) for n in range(count)}
        if name in left_out:
            assert not here & cells, f"{name} is read or written, so it is not left out"
        elif ".." in name:
            assert here <= cells, f"{name}: {len(here - cells)} of {count} are in no channel"
        else:
            assert here & cells, f"{name} at {space} {start} is in no channel; read it, or say in left_out why not"


@pytest.mark.parametrize("id", [id for id in ASKED_FOR if "vectors" in DEVICES[id]])
def test_every_frame_of_the_source_is_shown(id: str) -> None:
    text = "".join((FRAMES / profile.id / "frames.yaml").read_text("utf-8") for profile in profiles(id))
    for request, answer, meaning in DEVICES[id]["vectors"]:
        assert f'"{request}"' in text, meaning
        assert not answer or f'"{answer}"' in text, meaning


@pytest.mark.parametrize("path", sorted(FRAMES.glob("*/frames.yaml")), ids=lambda path: path.parent.name)
def test_frames_we_never_send_are_whole_and_refusals_are_understood(path: Path) -> None:
    """`also`: the source's own frames that the product has no use for, kept for whoever reads a trace."""
    for request, answer, _ in load_yaml(path).get("also", []):
        asked = unframe(request)
        if answer and (told := unframe(answer))[1] & 0x80:
            with pytest.raises(Refused):
                read_answer("holding", int.from_bytes(asked[4:6], "big"), told[1:])
