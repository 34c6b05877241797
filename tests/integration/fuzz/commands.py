"""Seeded commands for `synthmix`: what users type, what they mistype, and what only a machine would think of."""

from __future__ import annotations

import random
from collections.abc import Iterator

from synthmix.config.composing.composer import composer, conf_dir
from synthmix.config.flat import flatten
from synthmix.config.plain import plain

GROUPS = sorted(folder.name for folder in conf_dir().iterdir() if folder.is_dir() and folder.name != "hydra")
MEMBERS = {group: sorted(file.stem for file in (conf_dir() / group).glob("*.yaml")) for group in GROUPS}
CHOICES = (
    [],
    ["model=gan", "gate=discriminator"],
    ["model=flow_matching", "representation=vae"],
    ["clusterer=idec"],
    ["task=anomaly_detection", "data=adbench", "detector=knn"],
    ["task=compression", "codec=vae"],
    ["data=table"],
)
HYDRA = [
    *("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir", "hydra.mode", "hydra.launcher", "hydra.sweeper"),
    *("hydra.sweeper.params", "hydra.sweeper.params.seed", "hydra.job.env_set.OMP_NUM_THREADS", "hydra.job.chdir"),
    *("hydra.searchpath", "hydra.callbacks", "hydra.callbacks.x._target_", "hydra.job_logging", "hydra.verbose"),
    *("hydra.output_subdir", "hydra.job.name", "hydra.job_logging.handlers.x.class", "hydra/launcher", "hydra/sweeper"),
    *("hydra/job_logging", "hydra.launcher.n_jobs", "hydra.runtime", "hydra.job.num", "hydra.help", "hydra"),
]
STRANGE = [
    *("", "=", "~", "a", "model", "model.", ".steps", "model..steps", "model.networks.x.y", "défaut", "a b", "/", "@"),
    *(
        "model@x",
        "model@",
        "@model",
        "_target_",
        "model._partial_",
        "model._args_",
        "model.networks._target_",
        "0",
        "???",
    ),
    *("metrics", "metrics.mine", "metrics.mine._target_", "defaults", "_self_", "experiment", "clusterer.search"),
]
NUMBERS = [
    *("0", "1", "-1", "3", "007", "1_000", "1e3", "-0", "0.5", ".5", "1e-400", "1e400", "nan", "-nan", "inf", "-inf"),
    *("4294967295", "4294967296", "9" * 30, "9" * 5000, "0x10", "1e", "--1", "+1", "1.0", "1.5.2", "1j"),
]
TEXTS = [
    *(
        "null",
        "true",
        "false",
        "yes",
        "''",
        '""',
        "' '",
        "a",
        "none",
        "auto",
        "grün",
        "日本",
        "a b",
        "a'b",
        'a"b',
        "a\\b",
    ),
    *("a\nb", "a\tb", "\x00", "\x1b[31m", "%s", "{x}", "{0}", "$x", "~", "..", "../..", "/", "/dev/null", "/dev/zero"),
    *(
        "/proc/self/mem",
        "conf",
        "x" * 300,
        "x/" * 2500,
        "file:///",
        "pkg://os",
        "sqlite:///",
        "sqlite:///x.db",
        "http://",
    ),
    *(
        "http://[",
        "postgresql://a:b@c/d",
        "http://127.0.0.1:1",
        "os.system",
        "torch.load",
        "synthmix.",
        "sklearn.cluster.KMeans",
    ),
    *("synthmix.generators.gan.model.Gan", "???", "<script>", "=1+1", "rows.csv", "one.csv", "words.csv", "bad.npz"),
]
LISTS = [
    *(
        "[]",
        "[1]",
        "[1,2]",
        "[null]",
        "[nan]",
        "[a,b]",
        "[[1],[2]]",
        "[",
        "]",
        "[1,",
        "[,]",
        "{}",
        "{a:1}",
        "{a:",
        "{1:2}",
    ),
    *(
        "{a:{b:[1]}}",
        "[" * 300 + "]" * 300,
        "[" + ",".join("1" * 400) + "]",
        "[" + ",".join("1" * 3000) + "]",
        "{_target_: os.system}",
    ),
]
INTERPOLATIONS = [
    *(
        "${seed}",
        "${model}",
        "${model.steps}",
        "${nope}",
        "${nope.x}",
        "${.x}",
        "${..x}",
        "${oc.env:HOME}",
        "${oc.env:NOPE}",
    ),
    *("${oc.env:NOPE,null}", "${oc.env:NOPE,3}", "${oc.select:nope,3}", "${oc.decode:'[1'}", "${oc.decode:null}"),
    *(
        "${oc.create:{a: 1}}",
        "${oc.dict.keys:model}",
        "${hydra:job.num}",
        "${now:%Y}",
        "${now:}",
        "${",
        "${}",
        "${${seed}}",
    ),
    *("${oc.env:AWS_SECRET_ACCESS_KEY}", "a${seed}b", "${seed", "\\${seed}", "${oc.deprecated:seed}", "${mix.ratio}"),
]
SWEEPS = [
    *(
        "0,1",
        "1,",
        ",",
        "1,,2",
        "a,b",
        "null,1",
        "[1],[2]",
        "range(3)",
        "range(0)",
        "range(2,2)",
        "range(0,10,0)",
        "range(nan)",
    ),
    *(
        "range(inf)",
        "range(0,1,0.25)",
        "range(1e3)",
        "range(1e9)",
        "range(3,0,-1)",
        "range(a)",
        "range()",
        "range(1,2,3,4)",
    ),
    *(
        "glob(*)",
        "glob([a*,v*])",
        "glob([v*],exclude=vae)",
        "glob(z*)",
        "glob()",
        "interval(0,1)",
        "choice(1,2)",
        "choice()",
    ),
    *(
        "choice(range(3),1)",
        "shuffle(range(4))",
        "shuffle(1,2)",
        "sort(3,1,2)",
        "sort(range(nan))",
        "tag(a,1,2)",
        "int(1.5)",
    ),
    *(
        "float(range(3))",
        "str(range(2))",
        "bool(1,0)",
        "int(a)",
        "json_str(1)",
        "sort(1,a)",
        "range(1e-300,1e300,1e-300)",
    ),
    *("shuffle(range(1e9))", "sort(range(1e9),reverse=true)", "int(range(1e9))", "range(9" + "9" * 40 + ")"),
]
FLAGS = [
    *("--config-dir=nowhere", "--config-dir=.", "--config-dir", "--multirun", "-c job", "--cfg=job", "--resolve", "-x"),
    *("--package=model", "--info", "--help=3", "--config-name=x", "--config-path=/", "-r", "--dry-run", "--", "-"),
]


class Commands:
    """Commands of `validate`, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._is_tame = False  # of a command: keys that are there, with values of their kind
        self._draw = random.Random(f"synthmix {seed}")
        with composer() as compose:
            configs = [flatten(plain(compose(choice))) for choice in CHOICES]
        self._keys = sorted({key for config in configs for key in config})
        self._values = {key: str(value) for config in configs for key, value in config.items()}

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            self._is_tame = self._draw.random() < 0.4
            words = [*self._draw.choice(CHOICES)] if self._draw.random() < 0.3 else []
            words += [self._word() for _ in range(self._draw.choice([1, 1, 1, 2, 2, 3, 5]))]
            if self._draw.random() < 0.45:
                words.insert(0, "-m")
            if self._draw.random() < 0.04:
                words += self._draw.choice(FLAGS).split()
            self._draw.shuffle(words)
            yield words

    def _word(self) -> str:
        if self._is_tame:
            key = self._draw.choice(self._keys) if self._draw.random() < 0.6 else self._draw.choice(GROUPS)
            return f"{key}={self._draw.choice([*MEMBERS.get(key, NUMBERS[:10]), self._values.get(key, 'glob(*)')])}"
        key = self._key()
        word = f"{self._draw.choice(['', '', '', '', '', '+', '++', '~'])}{key}"
        if self._draw.random() < 0.94:
            word += f"={self._value(key)}"
        return self._mistyped(word) if self._draw.random() < 0.12 else word

    def _key(self) -> str:
        kind = self._draw.random()
        if kind < 0.3:
            return self._draw.choice(GROUPS)
        if kind < 0.75:
            return self._draw.choice(self._keys)
        return self._draw.choice(HYDRA if kind < 0.9 else STRANGE)

    def _value(self, key: str) -> str:
        if key in MEMBERS and self._draw.random() < 0.5:
            return self._draw.choice(MEMBERS[key])
        if key in self._values and self._draw.random() < 0.25:
            return self._values[key]
        return self._draw.choice(self._draw.choice([NUMBERS, TEXTS, LISTS, INTERPOLATIONS, SWEEPS, SWEEPS]))

    def _mistyped(self, word: str) -> str:
        """The word with a character left out, doubled, or replaced."""
        place = self._draw.randrange(len(word) + 1)
        typed = self._draw.choice(["", "=", ",", "[", "}", "'", '"', "$", "\\", " ", ".", "(", "é", "\x07"])
        return word[:place] + typed + word[place + self._draw.choice([0, 1, 2]) :]
