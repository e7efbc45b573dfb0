"""`konomi evaluate` and `konomi tune` as a person calls them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from index.embedding import EmbeddingSettings
from service.cli import app
from service.commands.evaluate import DIMENSION_OF_A_SPLIT
from service.commands.tuned import read_tuned
from tests.evaluation.shop_folder import write_shop

CONTRACT = {"recall@10", "ndcg@10", "hit@10", "coverage@10", "fit_s", "fit_cpu_s"}


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path / "state"))
    return lambda *words: CliRunner().invoke(app, list(map(str, words)))


def report(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def split(tmp_path):
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    colours = {user: [item for item in range(16) if item % 2 == user % 2] for user in range(30)}
    train.write_text("".join(f"{u} {' '.join(str(i) for n, i in enumerate(own) if (n + u // 2) % 4)}\n"
                             for u, own in colours.items()), encoding="ascii")
    test.write_text("".join(f"{u} {' '.join(str(i) for n, i in enumerate(own) if not (n + u // 2) % 4)}\n"
                            for u, own in colours.items()), encoding="ascii")
    return train, test


def test_a_folder_of_tables_is_measured_without_touching_the_state(call, tmp_path):
    told = report(call("evaluate", "--data", write_shop(tmp_path / "shop"), "--k", "10,5", "--json"))
    assert told["protocol"] == "last-basket"
    assert told["data"]["measured"] == "purchases"
    assert told["data"]["asked"] == 20
    assert told["data"]["baskets"] == 120
    for name in ("most-popular", "own-most-frequent", "own-most-frequent-filled", "recency-weighted-frequency",
                 "item-knn", "rp3beta", "implicit-als", "tifu-knn", "konomi-retrieval"):
        assert set(told["models"][name]) >= CONTRACT | {"recall@5", "repeat_recall@10", "explore_ndcg@10", "mrr@10",
                                                        "calibration@10"}, name
    assert not (tmp_path / "state" / "tables").exists()


def test_without_baskets_a_day_is_one_and_without_purchases_other_actions_count_and_it_is_said(call, tmp_path):
    shop = write_shop(tmp_path / "shop", kind="VIEW", baskets=False)
    told = report(call("evaluate", "--data", shop, "--protocol", "leave-one-out", "--k", "10", "--json"))
    assert "positive actions" in told["data"]["measured"]
    assert told["data"]["baskets"] == 120
    assert told["protocol"] == "leave-one-out"
    assert told["models"]["rp3beta"]["recall@10"] > 0


def test_a_given_split_is_recall_and_ndcg_at_20_over_all_items_with_train_masked(call, split):
    told = report(call("evaluate", "--train", split[0], "--test", split[1], "--json"))
    assert told["protocol"] == "given-split"
    assert set(told["models"]) == {"most-popular", "item-knn", "rp3beta", "implicit-als", "konomi-retrieval"}
    for model in told["models"].values():
        assert model["recall@20"] == 1  # 16 items
    assert told["models"]["rp3beta"]["ndcg@20"] > told["models"]["most-popular"]["ndcg@20"]


def test_a_sample_of_people_is_the_same_for_a_seed(call, tmp_path):
    words = ["evaluate", "--data", write_shop(tmp_path / "shop"), "--people", "7", "--models", "tifu-knn", "--json"]
    first, again = report(call(*words)), report(call(*words))
    assert first["data"]["asked"] == 7
    assert list(first["models"]) == ["most-popular", "tifu-knn"]
    assert first["models"]["tifu-knn"]["ndcg@10"] == again["models"]["tifu-knn"]["ndcg@10"]


def test_a_person_gets_tables_that_fit_their_terminal(call, tmp_path):
    result = call("evaluate", "--data", write_shop(tmp_path / "shop"), "--k", "5")
    assert result.exit_code == 0, result.stderr
    assert "konomi-retrieval" in result.stdout
    assert "recall@5" in result.stdout
    assert "…" not in result.stdout


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--protocol", "given-split"], 2, "--train FILE"),
    (["--train", "a.txt"], 2, "--test FILE"),
    (["--protocol", "last-basket", "--train", "a.txt", "--test", "b.txt"], 2, "given-split"),
    (["--k", "0"], 2, "--k 0"),
    (["--k", "ten"], 2, "--k ten"),
    (["--protocol", "guess"], 2, "guess"),
    (["--train", "gone.txt", "--test", "b.txt"], 1, "gone.txt"),
    (["--data", "no-such-folder"], 1, "no-such-folder"),
    ([], 1, "konomi import"),
])
def test_what_is_wrong_is_said_in_a_line(call, words, code, said):
    result = call("evaluate", *words)
    assert result.exit_code == code
    assert said in result.stderr


def test_a_model_that_is_not_there_is_said_with_those_that_are(call, split):
    result = call("evaluate", "--train", split[0], "--test", split[1], "--models", "magic")
    assert result.exit_code == 1
    assert "magic" in result.stderr
    assert "rp3beta" in result.stderr


def test_a_plot_without_matplotlib_is_refused_before_anything_runs(call, split, tmp_path, monkeypatch):
    monkeypatch.setattr("service.commands.evaluate.find_spec", lambda _name: None)
    result = call("evaluate", "--train", split[0], "--test", split[1], "--plot", tmp_path / "plot.png")
    assert result.exit_code == 1
    assert "matplotlib" in result.stderr
    assert not (tmp_path / "plot.png").exists()


def test_a_plot_is_drawn(call, split, tmp_path):
    plot = tmp_path / "plot.png"
    words = ["evaluate", "--train", split[0], "--test", split[1], "--models", "rp3beta", "--plot", plot]
    assert call(*words).exit_code == 0
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_what_tune_chose_is_what_evaluate_takes(call, split, tmp_path):
    words = ["tune", "--train", split[0], "--dimension", "16", "--carves", "2", "--json"]
    told, again = report(call(*words)), report(call(*words))
    assert told["chosen"] == again["chosen"]
    assert told["hidden"] == "random fifths"
    assert told["chosen"]["dimension"] <= 16
    chosen = tmp_path / "chosen.json"
    chosen.write_text(json.dumps(told), encoding="utf-8")
    words = ["evaluate", "--train", split[0], "--test", split[1], "--models", "konomi-retrieval", "--json"]
    assert report(call(*words, "--embedding", chosen))["models"]["konomi-retrieval"]["recall@20"] == 1
    chosen.write_text('{"chosen": {"dimension": "x"}}', encoding="utf-8")
    assert "chosen.json" in call(*words, "--embedding", chosen).stderr


def test_a_shop_is_tuned_by_time(call, tmp_path):
    told = report(call("tune", "--data", write_shop(tmp_path / "shop"), "--dimension", "16", "--carves", "1", "--json"))
    assert "four weeks" in told["hidden"]
    result = call("tune", "--data", write_shop(tmp_path / "shop"), "--dimension", "16", "--carves", "1")
    assert "chosen" in result.stdout
    assert call("tune", "--data", "a", "--train", "b").exit_code == 2


def test_a_split_is_embedded_in_512_dimensions_unless_a_file_says_otherwise(tmp_path):
    assert read_tuned(None, 3, DIMENSION_OF_A_SPLIT).dimension == 512
    assert read_tuned(None, 3) == EmbeddingSettings(seed=3)
    chosen = tmp_path / "chosen.json"
    chosen.write_text(json.dumps({"chosen": {"dimension": 64}}), encoding="utf-8")
    assert read_tuned(chosen, 3, DIMENSION_OF_A_SPLIT).dimension == 64
