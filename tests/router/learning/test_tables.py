"""Tables of any kind: other models and types, missing cells, odd numbers, and mistakes that are told."""

import gzip

import pytest

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.learning import hindsight
from codecompanion.router.learning.tables import read_table


def test_a_table_has_its_tasks_kinds_and_models(table):
    read = table("t1,b,x,1,0.1,2", "t1,b,y,0.5,0.2,3", "t2,a,y,0,0,0")
    assert (read.kinds, read.models, read.notices) == (("a", "b"), ("x", "y"), ())
    assert [sorted(task.outcomes) for task in read.tasks] == [["x", "y"], ["y"]]
    assert read.tasks[0].outcomes["y"].dollars == 0.2


def test_a_size_is_read_where_the_table_has_one_in_our_words(table):
    head = "task,type,model,score,cost_usd,latency_s,size"
    read = table("t1,a,x,1,0,0,Large", "t2,a,x,1,0,0,17", "t3,a,x,1,0,0", head=head)
    assert [task.situation.size for task in read.tasks] == ["large", "", ""]


def test_a_cell_without_a_score_was_not_tried(table):
    read = table("t1,a,x,,0.1,2", "t1,a,y,NaN,0.1,2", "t1,a,z,1,,", "t2,a,x,,,")
    assert [list(task.outcomes) for task in read.tasks] == [["z"]]
    assert (read.models, read.tasks[0].outcomes["z"].dollars) == (("z",), 0.0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("t1,a,y,-0.5,0,0", "line 3: the score -0.5 cannot be used"),
        ("t1,a,y,85,0,0", "line 3: the score 85 is above 1; give scores from 0 to 1 (divide percents by 100)"),
        ("t1,a,y,good,0,0", "line 3: score is 'good'; give a number"),
        ("t1,a,y,1,-3,0", "line 3: the cost -3.0 cannot be used"),
        ("t1,b,y,1,0,0", "line 3: the task 't1' was of the type 'a' before"),
        ("t1,a,x,1,0,0", "line 3: the task 't1' has a row for 'x' already"),
        (",a,y,1,0,0", "line 3: it names no task or no model"),
    ],
)
def test_a_row_that_cannot_be_used_is_passed_over_and_told(table, row, said):
    read = table("t1,a,x,1,0,0", row)
    assert said in read.notices[0]
    assert list(read.tasks[0].outcomes) == ["x"]


def test_many_faulty_rows_are_counted(table):
    read = table("t1,a,x,1,0,0", *(f"u{n},a,x,7,0,0" for n in range(10)))
    assert len(read.notices) == 4
    assert read.notices[-1] == "passed over 7 more rows that cannot be used"


def test_a_missing_column_is_named(table):
    with pytest.raises(BadRequest, match="has no column 'model'; it needs task, type, model, score"):
        table("t1,a", head="task,type")


def test_a_table_without_a_score_is_refused(table):
    with pytest.raises(BadRequest, match="has no row with a score"):
        table("t1,a,x,,0,0")


def test_compressed_and_plain_files_are_read_and_others_refused(tmp_path):
    text = "task,type,model,score,cost_usd,latency_s\nt1,a,x,1,0,0\n"
    (tmp_path / "plain.csv").write_text("\ufeff" + text, encoding="utf-8")
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text.encode())[:20])
    assert read_table(tmp_path / "plain.csv").models == read_table(tmp_path / "packed.csv.gz").models == ("x",)
    for name in ("cut.csv.gz", "missing.csv"):
        with pytest.raises(BadRequest, match="cannot be read"):
            read_table(tmp_path / name)


def test_hindsight_breaks_ties_by_cost(table):
    read = table("t1,a,dear,1,0.2,0", "t1,a,cheap,1,0.1,0", "t2,a,dear,0,0.2,0", "t2,a,cheap,0,0.1,0")
    assert hindsight.best_single(read.tasks, read.models) == "cheap"
    assert hindsight.cheapest_single(read.tasks, read.models) == "cheap"
    assert hindsight.oracle_points(read.tasks) == hindsight.per_kind_points(read.tasks) == 1.0
