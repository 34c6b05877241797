"""What is wrong with a user's file is one line, with exit code 2, before anything is trained or written: by `run`."""

from __future__ import annotations

import gzip
import io
import threading
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets._openml as openml_client
from PIL import Image

ROWS = "a,b\n" + "".join(f"{number},{number % 7}\n" for number in range(200))


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.csv", content)
    return stream.getvalue()


def saved(write: Callable[..., Any], *args: Any, **more: Any) -> bytes:
    stream = io.BytesIO()
    write(stream, *args, **more)
    return stream.getvalue()


def column(values: Any) -> str:
    return "a,b\n" + "".join(f"{float(value)!r},{number % 7}\n" for number, value in enumerate(values))


NORMAL = np.random.default_rng(0).normal(size=200)
PICTURE = saved(Image.new("RGB", (8, 8), (9, 99, 199)).save, format="PNG")
GREY = Image.new("L", (8, 8))
FILES: dict[str, str | bytes] = {
    "rows.csv": ROWS,
    "empty.csv": "",
    "names.csv": "a,b\n",
    "binary.csv": b"a\x00b\xff\n",
    "years.csv": "2019,2020\n1,2\n3,4\n",
    "semicolons.csv": ROWS.replace(",", ";"),
    "twice.csv": ROWS.replace("a,b", "a,a"),
    "unnamed.csv": ROWS.replace("a,b", ",b"),
    "short.csv": ROWS + "1\n",
    "quote.csv": ROWS + '1,"2\n',
    "word.csv": ROWS + "red,2\n",
    "huge.csv": ROWS + "1,1e39\n",
    "gap.csv": ROWS + "1,?\n",
    "holes.csv": "a,b\n" + "".join(f"{number},{number if number % 5 < 2 else ''}\n" for number in range(200)),
    "nothing.csv": "a,b\n" + "1,\n2,\n" * 50,
    "no_row.csv": "a,b\n" + "1,\n,2\n" * 50,
    "equal.csv": "a,b\n" + "1,2\n" * 50,
    "ids.csv": "id,b\n" + "".join(f"K{number},{number}\n" for number in range(200)),
    "levels.csv": "c,b\n" + "".join(f"v{number % 120},{number}\n" for number in range(1000)),
    "days.csv": "d,b\n" + "".join(f"{1 + number % 28}.01.2020,{number}\n" for number in range(99)) + "31.02.2020,1\n",
    "either.csv": "d,b\n" + "".join(f"0{1 + number % 9}/02/2020,{number}\n" for number in range(99)),
    "comma.csv": "a;b\n1,234;5\n2,345;6\n",
    "umlaut.csv": "größe,b\n".encode("latin-1") + ROWS.encode()[4:],
    "far.csv": column([*NORMAL, 1e12]),
    "tiny.csv": column(1e-200 * NORMAL),
    "two.csv": "a,b\n1,2\n3,4\n",
    "few.csv": "a,b\n1,2\n3,4\n5,6\n",
    "rows.ods": b"1",
    "many.zip": zipped(a=b"a\n1\n", b=b"a\n1\n"),
    "none.zip": zipped(),
    "broken.zip": b"PK and no more",
    "bomb.zip": zipped(a=b"a\n" + b"0\n" * 10**6),
    "bomb.csv.gz": gzip.compress(b"a\n" + b"0\n" * 10**6),
    "cut.csv.gz": gzip.compress(ROWS.encode())[:30],
    "rows.parquet": b"PAR1",
    "rows.feather": b"no feather",
    "rows.arff": "no arff",
    "far.parquet": saved(pd.DataFrame({"id": 2**60 + np.arange(200), "b": range(200)}).to_parquet),
    "rows.xlsx": b"no workbook",
    "rows.npy": b"no array",
    "objects.npz": saved(np.savez, x=np.array([{}, {}], dtype=object)),
    "other.npz": saved(np.savez, z=np.eye(2)),
    "two.npz": saved(np.savez, x=np.eye(2), data=np.eye(2)),
    "negative.npz": saved(np.savez, images=np.full((20, 8, 8), -1.0)),
    "five.npz": saved(np.savez, x=np.zeros((20, 8, 8, 5))),
    "plain/a.png": PICTURE,
    "cut/a.png": PICTURE,
    "cut/b.png": PICTURE[:50],
    "text/a.png": "no picture",
    "pages/a.png": PICTURE,
    "pages/b.pdf": "%PDF",
    "sizes/a.png": PICTURE,
    "sizes/b.png": saved(Image.new("RGB", (9, 8)).save, format="PNG"),
    "small/a.png": saved(Image.new("L", (4, 4)).save, format="PNG"),
    "vast/a.png": saved(Image.new("1", (9000, 9000)).save, format="PNG"),
    "float/a.tif": saved(Image.fromarray(np.zeros((8, 8), np.float32)).save, format="TIFF"),
    "film/a.tif": saved(
        Image.new("L", (8, 8)).save, format="TIFF", save_all=True, append_images=[Image.new("L", (8, 8))]
    ),
    "beside/a.png": PICTURE,
    "beside/one/b.png": PICTURE,
    "nothing/.hidden.png": PICTURE,
}
SHUT = "http://127.0.0.1:1"  # where nothing answers

# What is said of a file after data=table data.path=, and the beginning of the line that answers it.
TABLES = {
    # the file
    "no.csv": "data.path=no.csv: no such file",
    "plain": "data.path=plain: is a folder, must be a file; data=image_folder reads pictures, data=text documents",
    "empty.csv": "data.path=empty.csv: the first line must name the columns, it is empty",
    "names.csv": "data.path=names.csv: has no rows",
    "binary.csv": "data.path=binary.csv: holds bytes that no text has",
    "rows.ods": "data.path=rows.ods: must end in .csv, .tsv, .txt, .data, .parquet, ",
    "many.zip": "data.path=many.zip: a zip of 2 files (a.csv, b.csv); must hold one",
    "none.zip": "data.path=none.zip: an empty zip",
    "broken.zip": "data.path=broken.zip: cannot be unpacked (",
    "bomb.zip data.max_bytes=1000000": "data.max_bytes=1000000: data.path=bomb.zip holds 2000002 bytes; allow them, or",
    "bomb.csv.gz data.max_bytes=1000000": "data.path=bomb.csv.gz: holds more than data.max_bytes=1000000 once it is",
    "cut.csv.gz": "data.path=cut.csv.gz: cannot be unpacked (",
    "rows.csv data.max_bytes=0": "data.max_bytes=0: must be ≥ 1",
    "rows.parquet": "data.path=rows.parquet: not a parquet file (",
    "rows.feather": "data.path=rows.feather: not a feather file (",
    "rows.arff": "data.path=rows.arff: not an arff file",
    "rows.xlsx": "data.path=rows.xlsx: ",
    "rows.npy": "data.path=rows.npy: not a plain array of numpy (",
    "objects.npz": "data.path=objects.npz: not an npz file of plain arrays (Object arrays cannot be loaded",
    "other.npz": "data.path=other.npz: must hold the points in one array x, X, data, images or features, or in x_train",
    "two.npz": "data.path=two.npz: must hold the points in one array x, X, data, images or features, or in x_train",
    "negative.npz": "data.path=negative.npz: images: values from -1 to 0; must be whole numbers from 0 to 255, or",
    "five.npz": "data.path=five.npz: x of shape (20, 8, 8, 5): must be images of 1 or 3 channels",
    # its form
    "rows.csv data.separator=and": "data.separator='and': must be one character, such as ',' ';' '|' or a tab",
    "rows.csv data.separator='|'": "data.separator='|': stands in no line of data.path=rows.csv, ',' gives 2 columns",
    "semicolons.csv data.separator=':'": "data.separator=':': stands in no line of data.path=semicolons.csv, ';' gives",
    "years.csv": "data.header=null: the first line of data.path=years.csv may hold names or numbers",
    "rows.csv data.encoding=klingon": "data.encoding=klingon: no such encoding; e.g. utf-8",
    "umlaut.csv data.encoding=utf-8": "data.encoding=utf-8: data.path=umlaut.csv is not in",
    "comma.csv": "data.decimal=null: column a has '1,234', which may be 1.234 or 1234; say data.decimal=',' or",
    "rows.csv data.decimal=x": "data.decimal=x: allowed: ., ,, null",
    "short.csv": "data.path=short.csv: line 202 has 1 fields, the header has 2",
    "quote.csv": "data.path=quote.csv: not a csv file (unexpected end of data)",
    "twice.csv": "data.path=twice.csv: more than one column is called 'a'",
    "unnamed.csv": "data.path=unnamed.csv: column 1 has no name; name it, or drop '' as an id",
    # its columns
    "rows.csv data.label_column=kind": "data.label_column=kind: no such column; there is a, b",
    "rows.csv data.drop_columns=[c]": "data.drop_columns=c: no such column; there is a, b",
    "rows.csv data.drop_columns=[a,b]": "data.path=rows.csv: has no column left",
    "rows.csv +data.columns.c=date": "data.columns.c=date: no such column; there is a, b",
    "rows.csv +data.columns.a=colour": "data.columns.a=colour: allowed: numeric, integer, boolean, ordinal, ",
    "rows.csv +data.columns.b=[0,1,2]": "data.path=rows.csv: line 5, column b: '3' is none of data.columns.b=[0, 1, 2]",
    "rows.csv +data.columns.b=[0]": "data.columns.b=[0]: must be two levels or more, each once",
    "rows.csv +data.columns.b=boolean": "data.columns.b=boolean: has 7 levels; must be 2",
    "rows.csv +data.columns.b=date": "data.columns.b=date: the column holds numbers",
    "far.csv +data.columns.a=integer": "data.columns.a=integer: not all are whole numbers",
    "ids.csv": "data.path=ids.csv: column id: 200 levels in 200 rows (e.g. 'K0'), an id? Name it in data.drop_columns",
    "levels.csv": "data.path=levels.csv: column c: 120 levels in 1000 rows (e.g. 'v0'), an id? Name it in data.dr",
    "rows.csv data.dates=parts": "data.dates=parts: data.path=rows.csv has no column of dates; must be number",
    "far.parquet": "data.path=far.parquet: column id holds whole numbers beyond 2^53 that 64-bit numbers cannot tell",
    "far.csv": "data.path=far.csv: column a: 199 of 201 different values fall together in 32 bits, from -",
    "tiny.csv": "data.path=tiny.csv: column a: 199 of 200 different values fall together in 32 bits, from -",
    # its cells
    "word.csv": "data.path=word.csv: line 202, column a: text 'red' where a number belongs",
    "huge.csv": "data.path=huge.csv: line 202, column b: 1e39 is not a finite 32-bit number",
    "gap.csv": "data.path=gap.csv: line 202, column b: missing value; go on with data.missing=impute or data.missing=",
    "gap.csv data.label_column=b": "data.path=gap.csv: line 202, column b: missing value; a label must be there: fill",
    "holes.csv data.missing=impute": "data.path=holes.csv: column b: 60% of its values are missing; name it in data.d",
    "nothing.csv data.missing=impute": "data.path=nothing.csv: column b holds no value; name it in data.drop_columns",
    "no_row.csv data.missing=drop": "data.missing=drop: each row of data.path=no_row.csv lacks a value; must be impute",
    "days.csv": "data.path=days.csv: line 101, column d: '31.02.2020' is no date of the form %d.%m.%Y",
    "either.csv": "data.path=either.csv: column d: '01/02/2020' may be read as day or month first; say data.columns.d",
    "equal.csv": "data.path=equal.csv: all rows are equal, so that there is nothing to learn",
    # its size
    "rows.csv data.n_train=5000": "data.n_train=5000: must be ≤ 120 (200 points less 40 test and 40 val)",
    "rows.csv data.n_val=199": "data.n_val=199: leaves no point to learn from (200 points less 40 test and 199 val)",
    "two.csv": "data.n_test=1: leaves no point to learn from (2 points less 1 test and 1 val)",
    "few.csv data.n_train=2": "data.n_train=2: must be ≤ 1 (3 points less 1 test and 1 val)",
    # over the network
    "http://127.0.0.1:1/rows.csv": f"data.path={SHUT}/rows.csv: could not be downloaded (",
    "http://me:secret@127.0.0.1:1/rows.csv": "data.path: an address must hold no user and no password; download",
    "SERVER/no.csv": "data.path=SERVER/no.csv: could not be downloaded (404 Client Error",
    "SERVER/long.csv data.max_bytes=100": "data.max_bytes=100: data.path=SERVER/long.csv holds 1000 bytes or more; all",
}  # fmt: skip
FOLDERS = {
    "no": "data.path=no: no such folder",
    "rows.csv": "data.path=rows.csv: is a file, must be a folder",
    "cut": "data.path=cut: b.png is broken (",
    "text": "data.path=text: a.png is not a png, jpg or tif file",
    "pages": "data.path=pages: b.pdf must end in .png, .jpg, .jpeg, .tif, .tiff",
    "sizes": "data.image_size=null: b.png is 8×9, a.png is 8×8 in data.path=sizes; must be a number from 8 to 64",
    "small": "data.image_size=null: the pictures of data.path=small are 4×4; must be a number from 8 to 64",
    "vast": "data.path=vast: a.png unpacks to 9000×9000 pixels; must be ≤ 67108864",
    "float": "data.path=float: a.tif holds floating-point numbers; must have 8 or 16 bits a channel",
    "film": "data.path=film: a.tif holds 2 pictures; must be one",
    "beside": "data.labels=auto: a.png of data.path=beside lies in no subfolder (1 such pictures); move it into one",
    "plain data.labels=folders": "data.labels=folders: a.png of data.path=plain lies in no subfolder (1 such pictures)",
    "nothing": "data.path=nothing: holds no file that ends in .png, .jpg, .jpeg, .tif, .tiff",
    "plain": "data.n_test=1: leaves no point to learn from (1 points less 1 test and 1 val)",
    "plain data.image_size=65": "data.image_size=65: must be ≥ 8 and ≤ 64 or null",
    "plain data.channels=4": "data.channels=4: allowed: 1, 3, null",
}
OPENML = {
    "": "data.id=null: must be the number of a data set of openml.org, such as 61",
    "data.id=99": "data.id=99: could not be had from openml.org (Dataset with data_id 99 not found",
    "data.id=7": "data.id=7: could not be had from openml.org (<urlopen error ",
    "data.id=7 data.path=rows.csv": "data.path=rows.csv: data=openml reads data.id",
    "data.id=x": "data.id=x: must be an integer or null",
}
BAD = [
    *((f"data=table data.path={words} clusterer.n_clusters=2", line) for words, line in TABLES.items()),
    *((f"data=image_folder data.path={words} clusterer.n_clusters=2", line) for words, line in FOLDERS.items()),
    *((f"data=openml {words} clusterer.n_clusters=2", line) for words, line in OPENML.items()),
]


class Server(BaseHTTPRequestHandler):
    """A file of a thousand bytes, no other, and an openml.org that has no data set."""

    def do_GET(self) -> None:
        content = b"a\n" * 500 if self.path == "/long.csv" else b'{"error": {"code": "111", "message": "Unknown"}}'
        self.send_response(200 if self.path == "/long.csv" else 412 if "openml" in self.path else 404)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.mark.parametrize(("words", "line"), BAD, ids=[words for words, _ in BAD])
def test_a_bad_file_is_one_line_and_nothing_is_written(
    words: str, line: str, command: Callable[..., Any], files: Path, server: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("SYNTHMIX_DATA", str(tmp_path / "kept"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(urllib.request, "_opener", None)  # made once a process, with the proxies of that moment
    for name in ("_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        where = SHUT if "data.id=7" in words else server
        monkeypatch.setattr(openml_client, name, f"{where}/openml/{{}}")
    before = {path: path.stat().st_mtime_ns for path in files.rglob("*")}
    answer = command("run", *words.replace("SERVER", server).split(), folder=files)
    assert (answer.code, answer.out) == (2, "")
    (told,) = answer.err.splitlines()
    assert told.replace(server, "SERVER").startswith(line)
    assert {path: path.stat().st_mtime_ns for path in files.rglob("*")} == before
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
