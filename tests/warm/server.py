"""A process that has imported what commands import, and forks for each of them: `python server.py LISTENER`.

A fresh process pays six seconds of imports before it does anything. What is started here is a process of its own too,
with the words, working folder, environment and files that client.py sends; nothing but imports has happened before in
it. It serves the socket with the number LISTENER until its stdin ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = (
    "synthmix.api",
    "synthmix.study.launching.job",
    "synthmix.tasks.clustering.pictures",
    "synthmix.tracking.mlflow.tracker",
    "synthmix.verbs.rebuild",
    "synthmix.verbs.run",
    "synthmix.verbs.study",
    "hydra._internal.hydra",
    "matplotlib.backends.backend_agg",
    "mlflow.store.tracking.sqlalchemy_store",
    "pyarrow.parquet",
    "sklearn.datasets",
    "sklearn.mixture",
)
PATH = list(sys.path[1:])  # without the folder of this file


def serve(listener: socket.socket) -> socket.socket:
    """Waits for clients; returns in a child, once for each, with the connection."""
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:  # nobody is left who would ask
            os._exit(0)
        connection, _ = listener.accept()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # those that have ended since
                pass
        if os.fork() == 0:
            return connection
        connection.close()


def watch(command: int, connection: socket.socket) -> None:
    """Hands signals on to the command, kills it where its client is gone, and tells its exit code."""
    ended = os.pidfd_open(command)
    while ended not in select.select([connection, ended], [], [])[0]:
        number = connection.recv(1)
        if not number:
            os.killpg(command, signal.SIGKILL)
            os._exit(0)
        os.kill(command, number[0])
    connection.sendall(b"%d" % os.waitstatus_to_exitcode(os.waitpid(command, 0)[1]))
    os._exit(0)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What a client asks for, and its stdin, stdout and stderr."""
    size, files, _, _ = socket.recv_fds(connection, 8, 3)
    text = b""
    while len(text) < int(size):
        text += connection.recv(int(size) - len(text))
    return json.loads(text), files


def become(asked: dict[str, Any], files: list[int], added: dict[str, str]) -> None:
    """Takes over the client's files, folder and environment, beside what imports have `added` to it."""
    os.setsid()
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(added | asked["environment"])
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in os.environ


def run(words: list[str]) -> None:
    """What `python WORDS` does with `-m MODULE ...`, `-c CODE ...` and `FILE ...`."""
    extra = [str(Path(part).absolute()) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    sys.path[:] = [*extra, *PATH]
    importlib.invalidate_caches()
    if words[0] == "-m":
        sys.path.insert(0, os.getcwd())
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words[0] == "-c":
        sys.path.insert(0, "")
        sys.argv = ["-c", *words[2:]]
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(words[1], "<string>", "exec"), vars(main))  # noqa: S102  as Python's own -c
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    before = dict(os.environ)
    gc.disable()  # of what imports make nearly all stays
    for module in MODULES:
        importlib.import_module(module)
    importlib.import_module("sqlalchemy.orm").configure_mappers()  # half a second, once everything is imported
    added = {name: value for name, value in os.environ.items() if name not in before}
    assert threading.active_count() == 1, threading.enumerate()  # a fork takes only one along
    gc.collect()
    gc.freeze()  # no child looks through it again
    gc.enable()
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        connection = serve(listener)
    asked, files = receive(connection)
    command = os.fork()
    if command:
        watch(command, connection)
    connection.close()
    become(asked, files, added)
    run(asked["words"])
