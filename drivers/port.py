"""One serial port: opened alone, written and read as bytes, direction turned. Whatever goes wrong is a LineDown with its cure.

The only file that knows pyserial. What the bytes mean, when they may be sent and when to try again is the line's.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import select
import struct
import termios
import time
from contextlib import suppress

import serial
from serial.rs485 import RS485Settings

from drivers.bus import LineDown
from drivers.framing import PortSettings

REOPEN = 1.0  # seconds a line lets pass between two attempts to open a port that is gone
HUNG = (
    8.0  # seconds beyond its own waits that a transaction may take: babble, a long answer at 1200 baud; or one call of a driver
)
SENT = 1.0  # seconds beyond the bytes' own time in which a driver must have sent what it took
STEP = 0.001  # seconds between two looks at what is still to be sent
MOST = 4096  # bytes taken at once: the kernel keeps no more

_RTS = struct.pack("I", termios.TIOCM_RTS)
NO_PORT = "不是串口：现有的用 scan ports 列出 no serial port: `scan ports` lists those there are"
_CURES = {
    errno.ENOENT: "没有这个口：检查适配器是否插好、路径是否写对 no such port: is the adapter plugged in?",
    errno.EACCES: "{forbidden}",
    errno.EPERM: "{forbidden}",
    errno.EISDIR: NO_PORT,
    errno.ENOTTY: NO_PORT,
    errno.EBUSY: "正被另一个程序占用，先停掉它（fuser -v {path} 看是谁）in use by another program: stop it",
    errno.EAGAIN: "正被另一个程序占用，先停掉它（fuser -v {path} 看是谁）in use by another program: stop it",
}


class Port:
    """Not open until `open`. One thread (or one event loop) uses it. Any failure closes it and raises LineDown."""

    def __init__(self, settings: PortSettings) -> None:
        self.settings = settings
        self.openings = 0  # times it was opened; each after the first is a re-plug or a recovery
        self._serial: serial.Serial | None = None
        self._fd = -1  # of the open port

    @property
    def is_open(self) -> bool:
        return self._serial is not None

    def fileno(self) -> int:
        """For select and for `loop.add_reader`. LineDown when it is closed."""
        if self._fd < 0:
            raise self._shut()
        return self._fd

    def open(self) -> None:
        """Open and lock it, set it up, forget what it had received. Nothing happens if it is open."""
        if self._serial is not None:
            return
        port = self._configured()
        try:
            port.open()
            # The lock is advisory; this mark also keeps out mbpoll and every other tool that knows of no locks.
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
        except (OSError, termios.error) as error:  # SerialException is an OSError
            port.close()
            raise self._down(error) from None
        except ValueError as error:  # pyserial: the driver refused the RS-485 mode
            port.close()
            raise LineDown(
                f"串口 {self.settings.path} 的驱动不会换向：改 rs485 为 none（适配器自动换向）或 rts "
                f"the driver has no RS-485 mode: set rs485 to none or rts ({error})"
            ) from None
        with suppress(ValueError):  # FTDI: 1 ms instead of 16 before bytes are handed over; others know no such setting
            port.set_low_latency_mode(True)
        self._serial, self._fd = port, int(port.fileno())
        self.openings += 1

    def close(self) -> None:
        port, self._serial, self._fd = self._serial, None, -1
        if port is None:
            return
        with suppress(OSError, termios.error):  # of a port that is gone there is nothing to give back
            termios.tcflush(port.fileno(), termios.TCOFLUSH)  # else closing a dead adapter waits for bytes to go out
            fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
        port.close()

    def write(self, data: bytes) -> None:
        """Hand all of it to the driver; with `rs485: rts` return only when it is on the line."""
        fd = self._fd
        if fd < 0:
            raise self._shut()
        try:
            if self.settings.rs485 == "rts":
                self._send_turned(fd, data)
            else:
                _send(fd, data)
        except (OSError, termios.error) as error:
            self.close()
            raise self._down(error) from None

    def write_marked(self, data: bytes) -> None:
        """On a ninth-bit line (8S1): with mark parity, and back to space when the last bit has left. May block a character's time."""
        port = self._serial
        if port is None:
            raise self._shut()
        try:
            port.parity = serial.PARITY_MARK
            _send(self.fileno(), data)
            self._drain(self.fileno(), len(data))
            port.parity = self.settings.parity
        except (OSError, termios.error) as error:
            self.close()
            raise self._down(error) from None

    def read(self, timeout: float) -> bytes:
        """What has come, waiting at most `timeout` seconds for the first byte; b"" when nothing came."""
        fd = self._fd
        if fd < 0:
            raise self._shut()
        try:
            if not select.select([fd], [], [], max(0.0, timeout))[0]:
                return b""
            if found := os.read(fd, MOST):
                return found
            raise OSError(errno.EIO, "the adapter is gone")  # an unplugged port is always readable and gives nothing
        except BlockingIOError:  # another end's noise: readable, and then not
            return b""
        except OSError as error:
            self.close()
            raise self._down(error) from None

    def check_sent(self) -> None:
        """LineDown, and what is left thrown away, when the driver still holds some of what it took: sent later, it is answered later."""
        if self._fd < 0:
            raise self._shut()
        try:
            if fcntl.ioctl(self._fd, termios.TIOCOUTQ, bytes(4)) != bytes(4):
                raise OSError(errno.EIO, "the adapter has not sent what it took")
        except OSError as error:
            self.close()
            raise self._down(error) from None

    def _send_turned(self, fd: int, data: bytes) -> None:
        """RTS is high while we talk. tcdrain returns when the last bit has left, on drivers that know; others have buffers."""
        fcntl.ioctl(fd, termios.TIOCMBIS, _RTS)
        try:
            _send(fd, data)
            self._drain(fd, len(data))
        finally:
            fcntl.ioctl(fd, termios.TIOCMBIC, _RTS)

    def _drain(self, fd: int, many: int) -> None:
        """Until the last bit has left. tcdrain alone waits for ever on an adapter that takes bytes and sends none."""
        for _ in range(int((many * self.settings.character + SENT) / STEP)):
            if fcntl.ioctl(fd, termios.TIOCOUTQ, bytes(4)) == bytes(4):
                termios.tcdrain(fd)
                return
            time.sleep(STEP)
        raise OSError(errno.EIO, "the adapter sends nothing")

    def _configured(self) -> serial.Serial:
        wanted = self.settings
        port = serial.Serial(
            None,
            wanted.baud,
            parity=wanted.parity,
            stopbits=wanted.stop_bits,
            timeout=0,
            write_timeout=1,
            exclusive=True,
        )
        port.port = wanted.path
        if wanted.rs485 == "kernel":  # RTS high while sending: what the boards with such a driver are wired for
            port.rs485_mode = RS485Settings(rts_level_for_tx=True, rts_level_for_rx=False)
        port.rts = wanted.rs485 != "rts"  # listening from the first moment
        return port

    def _shut(self) -> LineDown:
        return LineDown(f"串口 {self.settings.path} 没有打开 the port is not open")

    def _down(self, error: Exception) -> LineDown:
        code = getattr(error, "errno", None) or (error.args[0] if isinstance(error, termios.error) else None)
        cure = _CURES.get(code, "不通，检查适配器和插头 is gone: look at the adapter and its plug") if code else NO_PORT
        return LineDown(
            f"串口 {self.settings.path} {cure.format(path=self.settings.path, forbidden=' '.join(forbidden()))}（{error}）"
        )


def hung(path: str) -> LineDown:
    """A driver that does not come back."""
    return LineDown(
        f"串口 {path} 的驱动不返回：拔下适配器再插上，仍不行就重启本机 "
        "the port's driver does not return: unplug the adapter and plug it in again, else restart the box"
    )


def forbidden() -> tuple[str, str]:
    """What to do when this process's user may not open a port, 中文 and English: the command to type, with that user's name."""
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    command = f"sudo usermod -aG dialout {user}"
    return f"没有权限：{command}，再重新登录、重启服务", f"no permission: {command}, then log in again, restart the service"


def _send(fd: int, data: bytes) -> None:
    try:
        sent = os.write(fd, data)
    except BlockingIOError:  # its buffer is full: an adapter that sends nothing, not another program that has the port
        sent = 0
    if sent != len(data):
        raise OSError(errno.EIO, "the port takes no more bytes")
