"""How ``connect.pdf`` talks to its processes: four bytes of length, big endian, then msgpack."""

import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from typing import IO

import msgspec

LENGTH = struct.Struct(">I")
PATIENCE = 30  # seconds after which an order ends even when nobody is left to kill it


def write(pipe: IO[bytes], answer: tuple[bytes, str]) -> None:
    """Write one answer: a PDF and a fault in words, one of them empty; both empty: warm."""
    body = msgspec.msgpack.encode(answer)
    pipe.write(LENGTH.pack(len(body)) + body)
    pipe.flush()


def serve(
    orders: IO[bytes], answers: IO[bytes], answer_to: Callable[[bytes], tuple[bytes, str]]
) -> None:
    """Say that this process is warm, then answer orders until their pipe is closed."""
    os.nice(5)  # from here on the pages go first
    write(answers, (b"", ""))
    while head := orders.read(LENGTH.size):
        order = orders.read(*LENGTH.unpack(head))
        signal.alarm(PATIENCE)
        answer = answer_to(order)
        signal.alarm(0)
        write(answers, answer)


def pipes(memory: int) -> tuple[IO[bytes], IO[bytes]]:
    """This process's orders and answers; it gets *memory* bytes of address space at most."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of the input ends us, nothing else
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print is no answer
    return sys.stdin.buffer, answers
