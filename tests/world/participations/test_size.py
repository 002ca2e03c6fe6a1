"""A download of true size: read within 1 GiB."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecosim.world.participations.writing import ORGANIZATION, PROJECT

ROWS, PROJECTS = 180_000, 35_000
_READ = """
import sys
import pandas, pyarrow
from ecosim.world.participations import read
reading = read(sys.argv[1])
print(len(reading.table), reading.table["project"].nunique(), round(reading.table["ec_contribution"].sum(), 2))
# what the process that started this one once held counts in getrusage too, not here
(peak,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) / 1024)
"""


def write_download(folder: Path) -> float:
    """Two invented files as large as those of Horizon 2020, 80 MB each; returns the money in them."""
    draw = np.random.default_rng(1)
    cents = draw.integers(1000, 100_000_000, ROWS)
    project = np.sort(np.concatenate([np.arange(PROJECTS), draw.integers(0, PROJECTS, ROWS - PROJECTS)]))
    rest = {
        "name": 'Institut f\u00fcr ""Erfundenes"" in \u0141\u00f3d\u017a; Abteilung 7',
        "street": "Musterstra\u00dfe 12345",
        "city": "\u00dcberall an der Donau", "organizationURL": "http://www.example.org/about/us",
        "contactForm": "https://example.org/screen/contact-form/PROJECT/" + "x" * 80, "activityType": "HES",
        "country": "EL", "role": "participant", "endOfParticipation": "false", "geolocation": "50.12345,4.23456",
    }  # fmt: skip
    with (folder / "organization.csv").open("w", encoding="utf-8-sig") as stream:
        stream.write(";".join(f'"{name}"' for name in ORGANIZATION) + "\n")
        for k in range(ROWS):
            cells = rest | {"projectID": 101_000_000 + project[k], "organisationID": 900_000_000 + k % 40_000,
                            "ecContribution": f"{cents[k] // 100},{cents[k] % 100:02d}"}  # fmt: skip
            stream.write(";".join(f'"{cells.get(name, "")}"' for name in ORGANIZATION) + "\n")
    about = {
        "title": "An invented title " * 5, "startDate": "2016-01-01", "endDate": "2018-12-31",
        "legalBasis": "H2020-EU.3.1.",
        "objective": 'One line; a semicolon\nand ""quotes"" and \u0141\u00f3d\u017a. ' * 45,
    }  # fmt: skip
    with (folder / "project.csv").open("w", encoding="utf-8-sig") as stream:
        stream.write(";".join(f'"{name}"' for name in PROJECT) + "\n")
        for k in range(PROJECTS):
            cells = about | {"id": 101_000_000 + k}
            stream.write(";".join(f'"{cells.get(name, "")}"' for name in PROJECT) + "\n")
    return float(cents.sum()) / 100


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the largest size of a process is read from /proc")
def test_a_download_of_true_size(tmp_path: Path) -> None:
    money = write_download(tmp_path)
    done = subprocess.run([sys.executable, "-c", _READ, str(tmp_path)], capture_output=True, text=True, check=True)
    counts, megabytes = done.stdout.splitlines()
    rows, projects, euros = counts.split()
    assert (int(projects), float(euros)) == (PROJECTS, pytest.approx(money))
    assert int(rows) <= ROWS  # an organisation drawn twice into a project is one member
    assert int(rows) > 0.99 * ROWS
    assert float(megabytes) < 1024
