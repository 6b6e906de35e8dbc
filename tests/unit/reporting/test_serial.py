import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from hfcore.reporting.report import Member, PipelineStep
from hfcore.reporting.serial import report_from_json, report_to_json
from hfcore.reporting.subgroups import Group
from tests.unit.reporting.test_build import Simple, material, report


def test_a_report_survives_json():
    """A report read back from JSON equals the one written."""
    built = replace(report(others=[material()[1], material(seed=2)[1]]), members=(Member(1, "KNN", 0.5),), export_note="why")
    assert report_from_json(report_to_json(built)) == built


def test_a_comparison_survives_json():
    """The comparison with simpler models comes back as it was written."""
    built = report(others=[material()[1], material(seed=2)[1]], references=[Simple("plain", material(seed=3)[1])])
    assert len(built.references) == 2
    assert report_from_json(report_to_json(built)) == built


def test_a_report_from_before_the_comparison_is_read():
    """A report written before there was a comparison is still read, without one."""
    built = report(others=[material()[1]], references=[Simple("plain", material(seed=3)[1])])
    known = json.loads(report_to_json(built))
    for name in ("honest_brier", "honest_log_loss", "references", "references_note"):
        del known[name]
    before = report_from_json(json.dumps(known))
    assert before == replace(built, honest_brier=None, honest_log_loss=None, references=(), references_note="")


def test_a_report_from_before_its_curves_had_bands_is_read():
    """A report written before there were bands, a decision curve and subgroups is still read, without them."""
    group = Group("Sex", "woman", np.arange(120) < 60)
    built = report(groups=[group])
    assert built.benefit
    assert len(built.subgroups) == 1
    assert report_from_json(report_to_json(built)) == built
    known = json.loads(report_to_json(built))
    for name in ("roc_band", "gains", "distribution", "calibration_slope", "benefit", "subgroups", "learning_curve"):
        del known[name]
    before = report_from_json(json.dumps(known))
    assert (before.roc_band, before.gains.x, before.calibration_slope, before.subgroups) == ((), (), None, ())


def test_undefined_figures_survive_as_plain_json():
    """NaN and infinity are written so that any JSON reader can read them, and come back as numbers."""
    built = replace(report(), metrics={"AUC_weighted": math.nan, "log_loss": math.inf}, fold_metrics={"a": (math.nan, 1.0)})
    text = report_to_json(built)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    back = report_from_json(text)
    assert math.isnan(back.metrics["AUC_weighted"])
    assert back.metrics["log_loss"] == math.inf
    assert math.isnan(back.fold_metrics["a"][0])


def test_parameters_of_any_kind_are_written():
    """Parameters that are numpy numbers, arrays, tuples or objects come back as the nearest plain value."""
    parameters = {"n": np.int64(3), "x": np.float64(0.5), "shape": (1, 2), "kind": print, "missing": math.nan, "a": np.arange(2)}
    back = report_from_json(report_to_json(replace(report(), steps=(PipelineStep("S", parameters),))))
    read = back.steps[0].parameters
    assert (read["n"], read["x"], read["shape"], read["missing"], read["a"]) == (3, 0.5, [1, 2], "NaN", "[0 1]")
    assert "print" in read["kind"]


def test_other_json_is_refused():
    """Text that is no report is an error."""
    with pytest.raises(ValueError, match="run_id"):
        report_from_json("{}")


def test_reading_stays_light():
    """The web process reads a report without loading numpy or anything that trains."""
    code = (
        "import sys, hfcore.reporting.serial as s, hfcore.reporting.headline, hfcore.reporting.comparison; s._adapter(); "
        "print(sorted({'scipy', 'sklearn', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
