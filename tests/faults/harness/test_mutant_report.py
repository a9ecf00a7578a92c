import json
from io import StringIO
from pathlib import Path

from rich.console import Console

from tests.faults.reports.mutant_report import Trial, show_mutants, write_mutants

TRIALS = {
    "claim-skips-fence": Trial(by=("I2 accepted twice", "I5 fence"), findings=7, seconds=41.5),
    "tally-moved-twice": Trial(by=(), findings=0, seconds=40.0),
}
CONTROLS = {"kills": Trial(by=(), findings=0, seconds=39.0)}


def test_the_file_says_of_each_seeded_bug_whether_it_was_caught_and_by_what(tmp_path: Path) -> None:
    path = write_mutants(tmp_path / "faults", trials=TRIALS, controls=CONTROLS)

    assert path == tmp_path / "faults" / "mutants.json"
    assert json.loads(path.read_text()) == {
        "seeded": 2,
        "caught": 1,
        "names": {
            "claim-skips-fence": {
                "caught": True,
                "by": ["I2 accepted twice", "I5 fence"],
                "findings": 7,
                "seconds": 41.5,
            },
            "tally-moved-twice": {"caught": False, "by": [], "findings": 0, "seconds": 40.0},
        },
        "controls": {"kills": {"caught": False, "by": [], "findings": 0, "seconds": 39.0}},
    }


def test_the_table_names_what_escaped_and_false_alarms() -> None:
    page = StringIO()

    show_mutants(
        Console(file=page, width=120),
        trials=TRIALS,
        controls={"kills": Trial(by=("I1 lost",), findings=1, seconds=39)},
    )

    [escaped] = [line for line in page.getvalue().splitlines() if "tally-moved-twice" in line]
    assert "no" in escaped.split()
    assert "false alarm" in page.getvalue()
    assert "1 of 2 caught, 1 false alarms." in page.getvalue()
