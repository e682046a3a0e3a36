"""deploy/install.sh, below a folder of its own: install, again, upgrade, go back, remove; and what it says to wrong input."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from units import rendered

from tools import runtime_lock

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "install.sh"
PLACES = {"prefix": "/opt/campus-gateway", "etc": "/etc/campus-gateway", "data": "/var/lib/campus-gateway"}
DEFAULTS = {**PLACES, "user": "campus", "group": "campus"}
SITE = (ROOT / "config" / "site.example.yaml").read_text(encoding="utf-8")


def script(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHON": sys.executable, **environment}
    return subprocess.run(["sh", str(SCRIPT), *map(str, arguments)], capture_output=True, text=True, env=env, timeout=600)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (made,) = folder.glob("*.whl")
    return made


def install(root: Path, wheel: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Without the Internet: the dependencies are those of the tests."""
    return script("install", "--root", root, "--wheel", wheel, "--packages", sysconfig.get_path("purelib"), *more)


@pytest.mark.soak
def test_install_again_upgrade_back_and_away(tmp_path: Path, wheel: Path) -> None:
    prefix, etc, data = (tmp_path / DEFAULTS[name].lstrip("/") for name in ("prefix", "etc", "data"))
    done = install(tmp_path, wheel, "--page", "--ingest", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("目录", "软件环境", "服务", "串口", "装好了"):  # it says what it does
        assert word in done.stdout
    program = tmp_path / os.readlink(prefix / "current").lstrip("/") / "bin/campus-gateway"
    said = subprocess.run([program, "version"], capture_output=True, text=True)
    assert said.returncode == 0 and said.stdout.strip()
    units = tmp_path / "etc/systemd/system"
    for name in ("campus-gateway.service", "campus-dashboard.service", "campus-ingest@.service"):
        assert (units / name).read_text() == rendered(name, **DEFAULTS)
    assert (tmp_path / "etc/udev/rules.d/90-campus-serial.rules").exists()
    assert stat.S_IMODE(data.stat().st_mode) == 0o3770 and stat.S_IMODE((etc / "secrets").stat().st_mode) == 0o700

    (data / "kept").write_text("data")
    (etc / "secrets" / "mqtt").write_text("secret")
    (etc / "site" / "calendar.example.yaml").write_bytes((ROOT / "config/calendar.example.yaml").read_bytes())
    (etc / "site" / "site.yaml").write_text(SITE, encoding="utf-8")
    first = os.readlink(prefix / "current")
    again = install(tmp_path, wheel)
    assert again.returncode == 0, again.stdout + again.stderr
    second = os.readlink(prefix / "current")
    assert second != first and os.readlink(prefix / "previous") == first
    assert (etc / "site" / "site.compiled.json").exists()  # checked and compiled by the new version
    assert (data / "kept").read_text() == "data" and (units / "campus-dashboard.service").exists()

    (etc / "site" / "site.yaml").write_text(SITE.replace("campus: 1", "campus: x"), encoding="utf-8")
    broken = install(tmp_path, wheel)
    assert broken.returncode == 1 and "不接受这份配置" in broken.stderr
    assert os.readlink(prefix / "current") == second and len(list((prefix / "versions").iterdir())) == 2
    (etc / "site" / "site.yaml").write_text(SITE, encoding="utf-8")

    back = script("rollback", "--root", tmp_path)
    assert back.returncode == 0 and os.readlink(prefix / "current") == first, back.stderr
    away = script("uninstall", "--root", tmp_path)
    assert away.returncode == 0 and not prefix.exists() and not list(units.iterdir())
    assert (data / "kept").exists() and (etc / "secrets" / "mqtt").exists() and "留下" in away.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "word"),
    [
        ([], {}, 2, "say what to do"),
        (["upgrade"], {}, 2, "there is no 'upgrade'"),
        (["install", "--wheels", "x"], {}, 2, "no option '--wheels'"),
        (["install", "--wheel"], {}, 2, "needs a value"),
        (["install", "--ingest", "many"], {}, 2, "needs a number"),
        (["install", "--root", "/nonexistent"], {}, 1, "mkdir -p"),
        (["install", "--root", "ROOT"], {"PYTHON": "/bin/false"}, 1, "Python 3.11"),
        (["install", "--root", "ROOT", "--wheel", "ROOT/other-1.whl"], {}, 1, "no wheel of this software"),
        (["install", "--root", "ROOT", "--wheel", "ROOT/campus_gateway-1.whl"], {}, 1, "does not exist"),
        (["install", "--root", "ROOT", "--packages", "ROOT/none"], {}, 1, "--packages"),
        (["rollback", "--root", "ROOT"], {}, 1, "no version before"),
        (["uninstall", "--root", "ROOT"], {}, 1, "not installed"),
    ],
)
def test_wrong_input_is_refused_with_the_cure_and_changes_nothing(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], code: int, word: str
) -> None:
    done = script(*(a.replace("ROOT", str(tmp_path)) for a in arguments), **environment)
    assert done.returncode == code and word in done.stderr, done.stderr
    assert not (tmp_path / "opt/campus-gateway/current").exists()


def test_a_32_bit_system_is_refused_and_nothing_is_installed(tmp_path: Path) -> None:
    small = tmp_path / "python32"
    small.write_text('#!/bin/sh\ncase "$2" in *maxsize*) exit 1 ;; esac\nexec python3 "$@"\n', encoding="utf-8")
    small.chmod(0o755)
    done = script("install", "--root", tmp_path, PYTHON=str(small))
    assert done.returncode == 1 and "64-bit" in done.stderr, done.stderr
    assert not (tmp_path / "opt/campus-gateway/current").exists()


def test_what_a_box_needs_is_pinned_and_nothing_else() -> None:
    page = (ROOT / "deploy/requirements.lock").read_text("utf-8")
    assert page == runtime_lock.render(), "run: python -m tools.runtime_lock > deploy/requirements.lock"
    assert "paho-mqtt==" in page and "--hash=sha256:" in page
    for tool in ("pytest", "mypy", "ruff", "playwright", "hatchling"):
        assert f"\n{tool}==" not in page
