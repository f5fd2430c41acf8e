"""A small network as an ONNX file, written byte by byte."""

import numpy as np

RNG = np.random.default_rng(0)
FIRST = RNG.normal(size=(4, 3, 3, 3)).astype(np.float32)
SECOND = RNG.normal(size=(2, 4, 1, 1)).astype(np.float32)
IMAGE = RNG.random((24, 32, 3), np.float32)


def number(value):
    """A whole number as protocol buffers write it: seven bits a byte, the lowest first."""
    low, high = value & 127, value >> 7
    return bytes([low | 128]) + number(high) if high else bytes([low])


def field(key, value):
    """One field of a message: a number, or bytes with their length."""
    if isinstance(value, int):
        return number(key << 3) + number(value)
    value = value.encode() if isinstance(value, str) else value
    return number(key << 3 | 2) + number(len(value)) + value


def tensor(name, values):
    dims = b"".join(field(1, side) for side in values.shape)
    return dims + field(2, 1) + field(8, name) + field(9, values.tobytes())


def node(operation, inputs, output, **attributes):
    body = b"".join(field(1, name) for name in inputs) + field(2, output) + field(3, output) + field(4, operation)
    for name, numbers in attributes.items():
        if isinstance(numbers, int):
            body += field(5, field(1, name) + field(3, numbers) + field(20, 2))
        else:
            body += field(5, field(1, name) + b"".join(field(8, one) for one in numbers) + field(20, 7))
    return body


def value(name, sides):
    dims = b"".join(field(1, field(1, side) if isinstance(side, int) else field(2, side)) for side in sides)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def network(path, *nodes, output=("maps", (1, 2, "rows", "columns")), more=(), weights=()):
    """An ONNX file with two sets of weights and more, a picture as input, these nodes, and one output or more."""
    graph = b"".join(field(1, one) for one in nodes) + field(2, "tiny")
    graph += field(5, tensor("first weights", FIRST)) + field(5, tensor("second weights", SECOND))
    graph += b"".join(field(5, tensor(name, np.asarray(values, np.float32))) for name, values in weights)
    graph += field(11, value("picture", (1, 3, "height", "width"))) + field(12, value(*output))
    graph += b"".join(field(12, value(*each)) for each in more)
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13)))
    return path


EDGES = node(
    "Conv",
    ("picture", "first weights"),
    "edges",
    kernel_shape=(3, 3),
    pads=(1, 1, 1, 1),
    strides=(2, 2),
    dilations=(1, 1),
)
BENT = node("Relu", ("edges",), "bent")
MAPS = node("Conv", ("bent", "second weights"), "maps", kernel_shape=(1, 1), pads=(0, 0, 0, 0), strides=(1, 1))
