"""Who may ask the laboratory, and what everybody else is told."""

import json
import socket
from typing import Any

import psutil
import pytest

from tests.lab.laboratory import Lab

MODEL_ANSWER = "answer?width=28&height=28&network=model"


def sentence(answer: bytes) -> str:
    """What a refused request is told: one line of plain words, and nothing else."""
    text = answer.decode()
    assert text.count("\n") == 1
    assert text.endswith(".\n")
    assert text[0].isupper()
    assert "<" not in text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 403),
        ("/state", 403),
        ("/wrong-key/state", 403),
        ("/KEYx/state", 403),
        ("/KEY", 200),
        ("/KEY/", 200),
        ("/KEY/state", 200),
        ("/KEY/nothing", 404),
        ("/KEY/static/", 404),
        ("/KEY/static/../command.py", 404),
        ("/KEY/static/..%2Fcommand.py", 404),
        ("/KEY/static/%2e%2e/command.py", 404),
        ("/KEY/static/index.html", 404),
        ("/KEY//etc/passwd", 404),
        ("/../KEY/state", 403),
        ("/KEY/image?index=-1", 400),
        ("/KEY/image?index=10000", 400),
        ("/KEY/image?index=%D9%A3", 400),
        ("/KEY/weights", 400),
        ("/KEY/weights?network=other", 400),
    ],
)
def test_only_what_exists_is_there(lab: Lab, path: str, status: int) -> None:
    found, answer = lab.raw(path.replace("KEY", lab.key))
    assert found == status, answer
    if status != 200:
        sentence(answer)


@pytest.mark.parametrize(
    "host", ["example.com", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil.com:PORT"]
)
def test_another_name_for_this_machine_is_refused(lab: Lab, host: str) -> None:
    status, answer = lab.ask("state", Host=host.replace("PORT", str(lab.port)))
    assert status == 403
    assert f"127.0.0.1:{lab.port}" in sentence(answer)


def test_localhost_is_this_machine(lab: Lab) -> None:
    assert lab.ask("state", Host=f"localhost:{lab.port}")[0] == 200


@pytest.mark.parametrize("origin", ["null", "http://example.com", "https://127.0.0.1"])
def test_another_page_may_not_ask(lab: Lab, origin: str) -> None:
    status, answer = lab.ask("training/step", b"{}", Origin=origin)
    assert status == 403
    sentence(answer)


@pytest.mark.parametrize(
    "body",
    [b"not JSON", b"[1, 2]", b"3", b"\xff\xfe", b"[" * 60_000, b'{"a": 1'],
)
def test_what_is_no_json_object_is_refused(lab: Lab, body: bytes) -> None:
    status, answer = lab.ask("training/start", body)
    assert status == 400
    assert "JSON" in sentence(answer)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"hidden_layers": [128, 64, 32, 16, 8]}, "hidden_layers"),
        ({"hidden_layers": [100_000]}, "hidden_layers"),
        ({"hidden_layers": "128-64"}, "hidden_layers"),
        ({"hidden_layers": [True]}, "hidden_layers"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"optimizer": "rmsprop"}, "optimizer"),
        ({"optimizer": ["adam"]}, "optimizer"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 1e9}, "batch_size"),
        ({"n_epochs": 10**9}, "n_epochs"),
        ({"seed": -1}, "seed"),
        ({"dtype": "float16"}, "dtype"),
        ({"epochs": 3}, "epochs"),
    ],
)
def test_settings_out_of_range_name_the_rule(
    lab: Lab, settings: dict[str, Any], said: str
) -> None:
    status, answer = lab.ask("training/start", json.dumps(settings).encode())
    assert status == 422
    assert said in sentence(answer).lower()
    assert lab.training()["status"] != "running"


@pytest.mark.parametrize(
    ("place", "body", "status"),
    [
        ("answer?width=28&height=28&network=model", b"x" * 783, 400),
        ("answer?width=0&height=28&network=model", b"", 400),
        ("answer?width=28&height=28&network=other", b"x" * 784, 400),
        ("answer?width=1000&height=1000&network=model", b"\0" * 28, 400),
        ("answer?width=27&height=28&as=pixels", b"x" * 756, 400),
        ("picture", b"no picture", 422),
        ("picture", b"", 422),
        ("model", b"no model", 422),
        ("model", b"", 422),
        ("step", b"{}", 400),
        ("step", b'{"network": "model", "pixels": [1], "label": 3}', 400),
        ("state", b"{}", 405),
    ],
)
def test_a_body_that_makes_no_sense(
    lab: Lab, place: str, body: bytes, status: int
) -> None:
    found, answer = lab.ask(place, body)
    assert found == status, answer
    assert "folder" not in sentence(answer)
    assert "/" not in sentence(answer)


def speak(lab: Lab, words: bytes, more: bytes = b"", times: int = 1) -> bytes:
    """Send bytes as they are, and return all that comes back."""
    with socket.create_connection(("127.0.0.1", lab.port), timeout=20) as talk:
        talk.sendall(words)
        for _ in range(times):
            talk.sendall(more)
        talk.shutdown(socket.SHUT_WR)
        found = b""
        while part := talk.recv(65536):
            found += part
        return found


def test_a_hundred_million_bytes_are_not_kept(lab: Lab) -> None:
    memory = psutil.Process(lab.process.pid).memory_info().rss
    head = (
        f"POST /{lab.key}/training/start HTTP/1.1\r\nHost: 127.0.0.1:{lab.port}\r\n"
        "Content-Length: 100000000\r\n\r\n"
    )
    answer = speak(lab, head.encode(), b"x" * 1_000_000, times=100)
    assert answer.startswith(b"HTTP/1.0 413 ")
    sentence(answer.partition(b"\r\n\r\n")[2])
    after = psutil.Process(lab.process.pid).memory_info().rss
    assert after - memory < 20_000_000


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("POST /KEY/step HTTP/1.1\r\nHost: HOST", 411),
        ("POST /KEY/step HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked", 411),
        ("POST /KEY/step HTTP/1.1\r\nHost: HOST\r\nContent-Length: -5", 400),
        ("POST /KEY/step HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9", 400),
        ("POST /KEY/step HTTP/1.1\r\nHost: HOST\r\nContent-Length: " + "9" * 400, 413),
        ("GET /KEY/state HTTP/1.1", 403),
        ("GET http://[/KEY HTTP/1.1\r\nHost: HOST", 400),
        ("GET /KEY/state HTTP/1.1\r\nHost: HOST\r\nHost: HOST", 403),
        ("PUT /KEY/state HTTP/1.1\r\nHost: HOST", 501),
        ("nonsense", 400),
        ("GET /" + "x" * 70_000 + " HTTP/1.1", 414),
        ("GET /KEY/state HTTP/1.1\r\n" + "A: b\r\n" * 200, 431),
    ],
)
def test_broken_http(lab: Lab, lines: str, status: int) -> None:
    host = f"127.0.0.1:{lab.port}"
    text = lines.replace("KEY", lab.key).replace("HOST", host) + "\r\n\r\n"
    answer = speak(lab, text.encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.0 {status} ".encode()), head
    sentence(body)
    assert lab.ask("state")[0] == 200


def test_nothing_listens_beyond_this_machine(lab: Lab) -> None:
    family = [psutil.Process(lab.process.pid)]
    family += family[0].children(recursive=True)
    listening = [
        connection.laddr
        for process in family
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == [("127.0.0.1", lab.port)]


def test_every_answer_keeps_the_address_to_itself(lab: Lab) -> None:
    head = speak(
        lab, f"GET /{lab.key}/ HTTP/1.0\r\nHost: 127.0.0.1:{lab.port}\r\n\r\n".encode()
    )
    text = head.partition(b"\r\n\r\n")[0].decode()
    assert "Referrer-Policy: no-referrer" in text
    assert "Cache-Control: no-store" in text
    assert "default-src 'none'" in text
    assert "Python" not in text
