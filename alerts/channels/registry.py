"""The table of channel types: name in the site file -> how it is built and what it needs. Data only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.channels import aliyun, console, modem, robots, smtp, tencent, webhook
from alerts.channels.base import Channel
from alerts.channels.http_channel import HttpChannel
from alerts.channels.provider import Provider
from drivers.reading import Clock


@dataclass(frozen=True, slots=True)
class ChannelType:
    """`build` gets the settings and the channel's own `id`. `needs` and `may` are the settings' names in a site file.

    `remote`: somebody outside the box hears it.
    """

    build: Callable[[Mapping[str, str], Clock], Channel]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    remote: bool = True


def _http(provider: Provider, *needs: str) -> ChannelType:
    """A row of the provider table behind the one sender. `url` in a site file points at another address than the provider's."""

    def build(settings: Mapping[str, str], clock: Clock) -> Channel:
        return HttpChannel(provider, settings, clock)

    return ChannelType(build, ("secret_file", *needs), ("url",))


CHANNELS: Mapping[str, ChannelType] = {
    "console": ChannelType(console.build, remote=False),
    "webhook": ChannelType(webhook.build, ("url", "secret_file")),
    "modem": ChannelType(modem.build, ("port",), ("baud", "ring")),
    "dingtalk": _http(robots.DINGTALK),
    "wecom": _http(robots.WECOM),
    "feishu": _http(robots.FEISHU),
    "aliyun-sms": _http(aliyun.ALIYUN_SMS, "sign_name", "template"),
    "aliyun-voice": _http(aliyun.ALIYUN_VOICE, "template", "show_number"),
    "tencent-sms": _http(tencent.TENCENT_SMS, "app_id", "sign_name", "template"),
    "smtp": ChannelType(smtp.build, ("host", "user", "secret_file"), ("sender",)),
}
