"""What the package's own code never does, and what no file or parameter can make it do."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from papermill.translators import PythonTranslator
from pydantic import BaseModel

from helpers import business as business_file
from helpers import resources, schema
from helpers.errors import InputError
from helpers.parameters import NOTEBOOKS, for_notebook
from helpers.session import storage
from helpers.terminal import typed

SOURCES = sorted((Path(__file__).parents[2] / "src").rglob("*.py"))
CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "pd.read_pickle"}  # fmt: skip
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
INJECTIONS = (
    "'; import os; os.system('touch pwned') #", '"""\nimport os\nos.system("touch pwned")\n"""', "x\n__import__('os').system('touch pwned')",
    "{__import__('os')}", "\\'; print(1)", "\\", "\u2028import os", "a\x00b", "f'{1+1}'", "%run x", "!touch pwned", "[__import__('os')]",
)  # fmt: skip


def test_the_package_runs_no_text_and_loads_no_pickle() -> None:
    """No eval, exec, pickle, unsafe YAML or shell anywhere in src."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names} | {
                    str(getattr(node, "module", "")).split(".")[0]
                }
                found += [f"{path.name}:{node.lineno} {name}" for name in names & MODULES]
            if isinstance(node, ast.Call):
                if ast.unparse(node.func) in CALLS:
                    found.append(f"{path.name}:{node.lineno} {ast.unparse(node.func)}")
                shell = [k for k in node.keywords if k.arg == "shell" and not (isinstance(k.value, ast.Constant) and k.value.value is False)]  # fmt: skip
                found += [f"{path.name}:{node.lineno} shell" for _ in shell]
    assert len(SOURCES) > 100
    assert found == []


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_parameter_is_a_value_and_never_code(text: str) -> None:
    """Whatever text a parameter holds – the folder of a run is one – the cell a notebook gets assigns that very text and does nothing else."""
    code = ast.parse(PythonTranslator.codify({"run_dir": text, "lang": text}, "Parameters"))
    for statement in code.body:
        assert isinstance(statement, ast.Assign)
        assert ast.literal_eval(statement.value) == text


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_parameter_of_a_notebook_takes_code(text: str) -> None:
    """From the command line and from business.yml: a text where a number is wanted is refused, an unknown name too."""
    for book, model in NOTEBOOKS.items():
        assert issubclass(model, BaseModel)
        for name, field in model.model_fields.items():
            if field.annotation is str:
                continue
            given = typed([f"{name}={text}"])
            with pytest.raises(InputError):
                for_notebook(book, given)
        with pytest.raises(InputError):
            for_notebook(book, {text: 1})


def test_the_only_texts_are_ours() -> None:
    """Free text are only the folder of a run and the language, which the program itself gives, and the day a plan begins."""
    texts = {
        name for model in NOTEBOOKS.values() for name, field in model.model_fields.items() if field.annotation is str
    }
    assert texts <= {"run_dir", "lang", "start"}
    assert resources.notebooks().is_dir()


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{two}: &{two} [{', '.join([f'*{one}'] * 9)}]\n" for one, two in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "an object": "name: !!python/object/apply:os.system ['touch pwned']\nsources: {}\n",
    "a name": "name: !!python/name:os.system\nsources: {}\n",
    "a module": "!!python/module:os {}\n",
    "a billion laughs": f"name: x\nsources: {{}}\n{LAUGHS}",
    "a billion laughs in a place that takes anything": f"name: x\nsources: {{}}\nsegments:\n{''.join('  ' + line + chr(10) for line in LAUGHS.splitlines())}",
    "itself": "name: x\nsources: {}\nsegments: &s {again: *s}\n",
    "ten thousand brackets": f"name: {'[' * 10_000}\n",
    "a day there is not": "name: x\nsources: {}\nchanges: [{id: x, on: 2026-02-30}]\n",
}


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_hostile_yaml_is_one_sentence(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects, bombs of aliases, endless and bottomless values are refused at once as invalid, and run nothing."""
    monkeypatch.chdir(tmp_path)
    for name, load in ((business_file.FILE, business_file.load), (storage.FILE, storage.load)):
        (tmp_path / name).write_text(HOSTILE[kind], "utf-8")
        with pytest.raises(InputError, match=name):
            load(tmp_path)
    assert not (tmp_path / "pwned").exists()


def test_the_line_of_an_impossible_day_is_named(tmp_path: Path) -> None:
    """A slip of the pen such as 2026-02-30 is found where it stands."""
    (tmp_path / "business.yml").write_text(HOSTILE["a day there is not"], "utf-8")
    with pytest.raises(InputError, match="line 3"):
        business_file.load(tmp_path)


def test_what_people_write_is_far_from_the_limit() -> None:
    """The example's settings have a hundredth of the values that are taken, aliases included."""
    text = (resources.example("cafe") / business_file.FILE).read_text("utf-8")
    assert schema.parsed(text)["name"]
    assert len(text.split()) < schema.MOST_NODES / 100
    assert schema.parsed("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


def test_parameters_of_the_command_line_are_plain_values() -> None:
    """-p NAME=VALUE reads numbers and words; an object stays the text it was, and no notebook takes it."""
    assert typed(["horizon_days=90"]) == {"horizon_days": 90}
    assert typed(["x=!!python/object/apply:os.getcwd []"]) == {"x": "!!python/object/apply:os.getcwd []"}
    assert str(Path.cwd()) not in str(typed(["x=!!python/object/apply:os.getcwd []"]))
