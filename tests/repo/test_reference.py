"""The tools that write the reference from the code."""

from tools.reference import find_settings, write_or_check


def test_a_setting_is_described_by_the_text_after_the_constant_that_names_it(tmp_path):
    (tmp_path / "a.py").write_text(
        'HOME = "FAIRSHARE_HOME"\n"""Where cases\nare kept."""\nprint(os.environ["FAIRSHARE_X1"])\n'
    )
    (tmp_path / "b.py").write_text('from a import HOME\nprint("FAIRSHARE_HOME", "fairshare_home", "A FAIRSHARE_Y")\n')
    assert find_settings(tmp_path) == {"FAIRSHARE_HOME": "Where cases are kept.", "FAIRSHARE_X1": ""}


def test_checking_changes_nothing_and_writing_makes_the_check_pass(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tools.reference.ROOT", tmp_path)
    pages = {tmp_path / "reference" / "errors.md": "# Errors\n"}
    assert write_or_check(pages, check=True) == 1
    assert "reference/errors.md is not up to date" in capsys.readouterr().out
    assert not (tmp_path / "reference").exists()
    assert write_or_check(pages, check=False) == 0
    assert write_or_check(pages, check=True) == 0
