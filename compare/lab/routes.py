"""What each address of the page does. The server has checked who asks and how much."""

import functools
import json
import queue
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np

from compare.architecture import MNIST_SHAPE
from compare.contract import Array, Weights
from compare.errors import UsageError
from compare.lab import (
    engine,
    export,
    page,
    payloads,
    textbook_conv_step,
    textbook_step,
)
from compare.lab.messages import BINARY, HTML, RefusedError, Request, Response
from compare.lab.session import Session
from compare.measure.scratch import scratch
from compare.record import model_file
from data.mnist_form import Form, find_form
from data.pictures import decode_picture
from data.raw import IMAGE_SIDE, N_PIXELS

SMALL, PICTURE, MODEL = 64_000, 20_000_000, 64_000_000
MOST_SIDE, MOST_RATE = 1024, 100
NETWORKS = (engine.MODEL, engine.TRAINING)
SECONDS_BETWEEN_SIGNS_OF_LIFE = 2.0
STREAM = "application/x-ndjson"


@dataclass(frozen=True)
class Route:
    """A function, and how many bytes it may be sent."""

    answer: Callable[[Request], Response]
    limit: int = SMALL


class Routes:
    """The table of addresses for one session."""

    def __init__(self, session: Session, *, seen: Callable[[int], None]) -> None:
        """`seen` is told how many pages are open, whenever that changes."""
        self.session, self._seen = session, seen
        self.table: dict[tuple[str, str], Route] = {
            ("GET", ""): Route(self._page),
            ("GET", "state"): Route(self._state),
            ("GET", "events"): Route(self._events),
            ("GET", "weights"): Route(self._weights),
            ("GET", "image"): Route(self._image),
            ("GET", "model.safetensors"): Route(self._download),
            ("GET", "lab.html"): Route(self._export),
            ("POST", "answer"): Route(self._answer, MOST_SIDE**2),
            ("POST", "picture"): Route(self._picture, PICTURE),
            ("POST", "model"): Route(self._load, MODEL),
            ("POST", "step"): Route(self._step),
            ("GET", "exercises"): Route(self._exercises),
            ("POST", "breaking/choose"): Route(self._choose),
            ("POST", "breaking/diagnosis"): Route(self._diagnosis),
        }
        for what in ("start", "pause", "step", "rewind"):
            train = functools.partial(self._train, what)
            self.table["POST", f"training/{what}"] = Route(train)
            breaks = functools.partial(self._break, what)
            self.table["POST", f"breaking/{what}"] = Route(breaks)
        for name in page.STATIC:
            file = functools.partial(self._static, name)
            self.table["GET", f"static/{name}"] = Route(file)

    def find(self, method: str, place: str) -> Route:
        """Return the route of an address; only what is in the table exists."""
        route = self.table.get((method, place))
        if route is None:
            if any(place == known for _, known in self.table):
                raise RefusedError(
                    HTTPStatus.METHOD_NOT_ALLOWED, "This address is not asked like so."
                )
            raise RefusedError(
                HTTPStatus.NOT_FOUND, "There is nothing at this address."
            )
        return route

    # --- the page -------------------------------------------------------------------

    def _page(self, request: Request) -> Response:
        session = self.session
        text, policy = page.served(session.model, session.dataset, session.names)
        return Response(text.encode(), HTML, {"Content-Security-Policy": policy})

    def _static(self, name: str, request: Request) -> Response:
        return Response(page.static(name), page.STATIC[name])

    def _state(self, request: Request) -> Response:
        return Response.of(self.session.state())

    def _events(self, request: Request) -> Response:
        return Response(self._news(), "text/event-stream")

    def _news(self) -> Generator[bytes]:
        events = self.session.events
        listener = events.listen()
        self._seen(events.n_listeners)
        try:
            self.session.start()
            yield b": here\n\n"
            while True:
                try:
                    event = listener.get(timeout=SECONDS_BETWEEN_SIGNS_OF_LIFE)
                except queue.Empty:
                    # To a page that is closed this fails, and that is how we know.
                    yield b": still here\n\n"
                    continue
                yield f"data: {json.dumps(event)}\n\n".encode()
        finally:
            events.leave(listener)
            self._seen(events.n_listeners)

    # --- drawings and answers -------------------------------------------------------

    def _answer(self, request: Request) -> Response:
        """Answer a drawing, raw grey levels, or pixels that have the form already."""
        network = request.query.get("network", engine.MODEL)
        if network not in NETWORKS:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                f"network must be one of {', '.join(NETWORKS)}, got {network[:20]!r}.",
            )
        width = request.whole("width", 1, MOST_SIDE)
        height = request.whole("height", 1, MOST_SIDE)
        if len(request.body) != width * height:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                f"A drawing of {width} x {height} has {width * height:,} bytes, one "
                f"for each pixel, got {len(request.body):,}.",
            )
        grey = np.frombuffer(request.body, np.uint8).reshape(height, width)
        if request.query.get("as") == "pixels":
            if grey.shape != (IMAGE_SIDE, IMAGE_SIDE):
                raise RefusedError(
                    HTTPStatus.BAD_REQUEST,
                    f"Pixels are {IMAGE_SIDE} x {IMAGE_SIDE}, got {width} x {height}.",
                )
            form = Form(grey, 1)
        elif not np.ptp(grey):
            return Response(payloads.lines(iter([{"empty": True}])), STREAM)
        else:
            form = find_form(grey)
        return Response(payloads.lines(self._answers(form, network)), STREAM)

    def _answers(self, form: Form, network: str) -> Iterator[dict[str, Any]]:
        yield {"form": payloads.describe_form(form)}
        pixels = form.pixels.reshape(N_PIXELS)
        yield from self.session.answers(pixels.tolist(), network)

    def _picture(self, request: Request) -> Response:
        """Bring a picture file into the form."""
        picture = decode_picture(request.body, "this picture")
        return Response.of(payloads.describe_form(find_form(picture)))

    def _image(self, request: Request) -> Response:
        """Return a test image and its label."""
        dataset = self.session.dataset
        index = request.whole("index", 0, len(dataset.y_test) - 1)
        return Response.of(page.test_image(dataset, index))

    # --- the model and the training -------------------------------------------------

    def _weights(self, request: Request) -> Response:
        """Return the weights as float64, one after another, in the model's order."""
        weights, _ = self._network(request.query.get("network"))
        return Response(payloads.raw(weights), BINARY)

    def _download(self, request: Request) -> Response:
        with scratch() as folder:
            path = folder / "model.safetensors"
            model_file.save(path, self.session.model)
            content = path.read_bytes()
        return Response(content, BINARY, _attached("model.safetensors"))

    def _load(self, request: Request) -> Response:
        with scratch() as folder:
            path = folder / "the file.safetensors"
            path.write_bytes(request.body)
            try:
                model = model_file.load(path)
            except UsageError as error:
                # The reader is not to hear of a file that is gone.
                sentence = str(error).replace(str(path), "this file")
                raise UsageError(sentence) from None
        self.session.set_model(model)
        return Response.of(self.session.describe_model())

    def _train(self, what: str, request: Request) -> Response:
        self.session.train(what, request.json())
        return Response.of({})

    def _exercises(self, request: Request) -> Response:
        return Response.of(self.session.breaking.exercises())

    def _choose(self, request: Request) -> Response:
        number = request.json().get("number")
        if not isinstance(number, int):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "number must be a whole number.")
        return Response.of(self.session.breaking.choose(number))

    def _break(self, what: str, request: Request) -> Response:
        self.session.breaking.run(what, n_epochs=1)
        return Response.of({})

    def _diagnosis(self, request: Request) -> Response:
        return Response.of({"text": self.session.breaking.diagnosis()})

    def _export(self, request: Request) -> Response:
        text = export.render(self.session.model, self.session.dataset)
        return Response(text.encode(), HTML, _attached("lab.html"))

    def _step(self, request: Request) -> Response:
        """Return every array of one training step, computed by `textbook.py`."""
        arrays = self._textbook(request.json())
        return Response.of(
            {name: payloads.packed(array) for name, array in arrays.items()}
        )

    def _textbook(self, asked: dict[str, Any]) -> dict[str, Array]:
        network = asked.get("network")
        if network == "example":
            return textbook_step.of_the_example()
        weights, activation = self._network(network)
        pixels = np.asarray(asked.get("pixels"))
        label: Any = asked.get("label")
        rate = asked.get("learning_rate")
        if pixels.shape != (N_PIXELS,) or pixels.dtype.kind not in "iu":
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, f"pixels must be {N_PIXELS} whole numbers."
            )
        if label not in range(len(weights[-1][1])):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "label must be a class.")
        if not isinstance(rate, float | int) or not 0 < rate <= MOST_RATE:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST,
                f"learning_rate must be > 0 and <= {MOST_RATE}.",
            )
        x, rest = pixels / 255, (activation, float(rate))
        if weights[0][0].ndim == 4:
            return textbook_conv_step.arrays(weights, x, label, MNIST_SHAPE, *rest)
        return textbook_step.arrays(weights, x[np.newaxis], np.array([label]), *rest)

    def _network(self, name: Any) -> tuple[Weights, str]:
        """Return weights and activation of the model or of what is in training."""
        if name == engine.TRAINING:
            training = self.session.training
            if training.newest is None:
                raise RefusedError(
                    HTTPStatus.NOT_FOUND, "Nothing has been trained yet."
                )
            return training.newest, str(training.settings["activation"])
        if name != engine.MODEL:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, f"network must be one of {', '.join(NETWORKS)}."
            )
        return self.session.model.weights, self.session.model.activation


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
