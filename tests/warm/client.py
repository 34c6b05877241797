"""`python -IS client.py SOCKET WORDS...`: as `python WORDS...`, in a process that server.py forks."""

import json
import os
import signal
import socket
import sys

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
asked = {"words": sys.argv[2:], "folder": os.getcwd(), "environment": dict(os.environ)}
text = json.dumps(asked).encode()
socket.send_fds(connection, [b"%8d" % len(text)], [0, 1, 2])
connection.sendall(text)
HANDED_ON = (signal.SIGINT, signal.SIGTERM)
for number in HANDED_ON:
    signal.signal(number, lambda number, _: connection.sendall(bytes([number])))
code = int(connection.recv(8))
if code < 0:  # by a signal, which ends this process too
    if -code in HANDED_ON:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
