"""The catalogue of what the bureau's own people are told of schools. Data only, as messages.py."""

from __future__ import annotations

from alerts.message import Message

SCHOOLS: tuple[Message, ...] = (
    Message(
        "school.silent",
        "学校离线！{place}，{t}起收不到信号，已{m}分钟。请学校查供电网络，加强巡查。回1收到。编号{n}",
        "SCHOOL SILENT! {place}, since {t}, {m} min. Have power and network looked at, patrol. Reply 1. No.{n}",
        instead=(("many", "yes", "school.silent-many"),),
    ),
    Message(
        "school.silent-many",
        "多校离线！{place}等{k}所，{t}起收不到信号，已{m}分钟。请查线路和服务器，名单见屏幕。回1收到。编号{n}",
        "SCHOOLS SILENT! {place} and others, {k} in all, since {t}, {m} min. Lines or server? List on screen. Reply 1. No.{n}",
    ),
    Message(
        "school.unreported",
        "学校上报收不全！{place}在线，{t}起有事件或报警没到，已{m}分钟。请查上报服务器。回1收到。编号{n}",
        "REPORTS MISSING! {place} is heard, but events or alarms since {t} are not, {m} min. See the broker. Reply 1. No.{n}",
    ),
    Message(
        "school.back",
        "学校恢复：{place}{end}起又有信号，中断{d}。编号{n}",
        "School heard again: {place}, {end}, after {d}. No.{n}",
        instead=(("wide", "yes", "school.back-many"),),
    ),
    Message(
        "school.back-many",
        "多校恢复：{place}等{schools}所，{end}起都有信号，最长中断{d}。编号{n}",
        "Schools heard again: {place} and others, {schools} in all, {end}, up to {d}. No.{n}",
    ),
    Message(
        "school.call",
        "{s}{what}！{place}{t}，{why}。校方{tel}。回1收到。编号{n}",
        "{s} {what}! {place}, {t}, {why}. School: {tel}. Reply 1. No.{n}",
        {"what": 7, "tel": 12},  # the school's own line, with its area code
    ),
    Message(
        "school.over",
        "{s}{what}已结束：{place}{t}报警，{verdict}。编号{n}",
        "{s} {what} closed: {place}, {t}, {verdict}. No.{n}",
        {"what": 7},
        instead=(("unlisted", "yes", "school.unlisted"),),
        only=("over", "yes"),
    ),
    Message(
        "school.unlisted",
        "{s}已移出名单：{place}{t}{what}，后续请问校方{tel}。编号{n}",
        "{s} is off the list: {what}, {place}, {t}. Ask the school: {tel}. No.{n}",
        {"what": 7, "tel": 12},
    ),
)
