"""SMS PDUs against vectors other programs made, both alphabets, parts that never tear a character, rubbish."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from read_pdu import submitted

from alerts.channels import sms
from alerts.channels.sms import BadPdu, Deliver, Report


def data(one: sms.Submit) -> bytes:
    """The user data behind centre, first octet, reference, a 13-digit address, protocol, scheme, validity and length."""
    return bytes.fromhex(one.hex)[16:]


def test_the_vector_that_two_independent_encoders_agree_on() -> None:
    """Without report flag and with first octet 11 and class 18, python-gsmmodem-new 0.13.0 and python-messaging 0.5.13 agree
    on address, scheme and text; 00 08 stands for no protocol and UCS2, A7 for 24 h."""
    (one,) = sms.submit("+8613800138000", "登封一中实验楼2层烟感报警", report=False)
    text = "767B5C014E004E2D5B9E9A8C697C00325C4270DF611F62A58B66"
    assert one.hex == f"0011000D91683108108300F00008A71A{text}"
    assert one.length == 41


def test_the_printed_example_of_another_maker_is_read_and_its_address_is_ours() -> None:
    """Neoway WM620 AT manual p.148: `hello` in UCS2 to 13421839693, no validity, CMGS length 23."""
    printed = "0001000B813124819396F300080A00680065006C006C006F"
    found = submitted(printed)
    assert (found.number, found.text, found.octets, found.wants_report) == ("13421839693", "hello", 23, False)
    assert sms.submit("13421839693", "火", report=False)[0].hex[6:20] == printed[6:20]


NUMBERS = st.builds("".join, st.tuples(st.sampled_from(["", "+"]), st.text("0123456789", min_size=3, max_size=15)))
TEXTS = st.one_of(
    st.text("火警！3号楼 abc€\n𠮷😀é§", max_size=150),
    st.text(sms.GSM7.replace("\x1b", "") + "^{}[]~|€\\", max_size=330),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests share the machine
@given(NUMBERS, TEXTS, st.integers(0, 255), st.booleans())
def test_an_independent_decoder_reads_what_we_write(number: str, text: str, reference: int, report: bool) -> None:
    """Every alphabet, length and number: the phone company's own reader (read_pdu.py) finds what was put in."""
    written = sms.submit(number, text, reference, report=report)
    found = [submitted(one.hex) for one in written]
    assert "".join(f.text for f in found) == text
    assert {(f.number, f.wants_report) for f in found} == {(number, report)}
    assert [f.octets for f in found] == [one.length for one in written]
    assert [f.part for f in found] == list(range(1, len(found) + 1)) and {f.parts for f in found} == {len(found)}
    assert {f.reference for f in found} == {reference if len(found) > 1 else 0}


def test_a_report_is_asked_for_by_one_bit() -> None:
    (one,) = sms.submit("+8613800138000", "火")
    assert one.hex[2:4] == "31"


def test_a_national_number_and_the_default_alphabet() -> None:
    """`hello` in septets is E8329BFD06 (TS 23.038 6.1.2.1.1, worked by hand)."""
    (one,) = sms.submit("10086", "hello", report=False)
    assert one.hex == "001100" + "05810180F6" + "0000A7" + "05E8329BFD06"


@pytest.mark.parametrize(("units", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_long_texts_in_parts(units: int, parts: int) -> None:
    found = sms.submit("+8613800138000", "火" * units, 7)
    assert len(found) == parts
    if parts > 1:
        assert [data(one)[:6].hex() for one in found] == [f"05000307{parts:02x}{n:02x}" for n in range(1, parts + 1)]


def test_a_118_character_text_makes_the_lengths_that_other_encoders_make() -> None:
    """They count 154 and 122 without the octet of the validity, which we send."""
    assert [one.length for one in sms.submit("+8613800138000", "报" * 118, 1)] == [154 + 1, 122 + 1]


def test_a_character_of_two_units_is_never_torn() -> None:
    text = "火" * 66 + "𠮷" + "火" * 10
    found = sms.submit("+8613800138000", text, 1)
    assert "".join(data(one)[6:].decode("utf-16-be") for one in found) == text


@pytest.mark.parametrize("number", ["", "12", "+86 138", "138x", "１３８００", "1" * 21])
def test_what_is_no_number(number: str) -> None:
    with pytest.raises(ValueError, match="telephone"):
        sms.submit(number, "x")


def test_a_deliver_of_the_default_alphabet() -> None:
    """hellohello, the example of the Dreamfabric page on PDU mode, byte for byte."""
    pdu = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37"
    assert sms.deliver(pdu) == Deliver("27838890001", "hellohello", "99309251619580")


def test_a_deliver_in_ucs2() -> None:
    """收到 from +8613800138000: 6536 5230."""
    pdu = "00040D91683108108300F0000862209221436523" + "04" + "65365230"
    assert sms.deliver(pdu) == Deliver("+8613800138000", "收到", "62209221436523")


def test_a_part_names_its_whole() -> None:
    pdu = "00440D91683108108300F00008622092214365230A" + "0500032A0201" + "65365230"
    assert sms.deliver(pdu) == Deliver("+8613800138000", "收到", "62209221436523", 0x2A, 1, 2)


def test_a_sender_by_name() -> None:
    """TP-OA of 10 half-octets, alphanumeric: `hello` in five octets."""
    pdu = "00040AD0E8329BFD0600086220922143652302" + "4E00"
    assert sms.deliver(pdu).sender == "hello"


@pytest.mark.parametrize(
    ("status", "delivered", "trying"), [(0, True, False), (2, True, False), (0x20, False, True), (0x46, False, False)]
)
def test_a_status_report(status: int, delivered: bool, trying: bool) -> None:
    pdu = f"00062A0D91683108108300F06220922143652362209221437523{status:02X}"
    found = sms.report(pdu)
    assert found == Report(0x2A, "+8613800138000", status)
    assert (found.delivered, found.trying) == (delivered, trying)


@given(st.text(alphabet=sms.GSM7.replace("\x1b", "") + "^{}[]~|€\\", max_size=330))
def test_septets_come_back(text: str) -> None:
    """Ours both ways, the vectors above hold it to the standard: SUBMIT's user data is DELIVER's."""
    back = []
    for one in sms.submit("+8613800138000", text, report=False):
        tpdu = bytes.fromhex(one.hex)
        header = tpdu[1] & 0x40
        pdu = bytes([0, 0x04 | header]) + tpdu[3:12] + bytes([0, 0]) + bytes(7) + tpdu[15:]
        back.append(sms.deliver(pdu.hex()).text)
    assert "".join(back) == text


@given(st.binary(max_size=200))
def test_d24_rubbish_is_a_bad_pdu_and_nothing_else(data: bytes) -> None:
    for read in (sms.deliver, sms.report):
        try:
            read(data.hex())
        except BadPdu:
            pass


def test_text_that_is_no_hexadecimal_is_a_bad_pdu() -> None:
    with pytest.raises(BadPdu):
        sms.deliver("OK")
