"""Variants of an exercise by seed: other names, another layer, the same mistake.

So that neighbours in a classroom have different files. Refuses to change what is
computed: only names, and the layer where a mistake sits in one alone.
"""

import io
import random
import re
import tokenize

# name in network.py -> names that other people give it; none of them stands there
NAMES = {
    "dz": ("delta", "error", "grad_z"),
    "da": ("back", "grad_a", "passed_on"),
    "dW": ("grad_W", "nabla_W", "gW"),
    "db": ("grad_b", "nabla_b", "gb"),
    "zs": ("sums", "pre", "Zs"),
    "activations": ("acts", "outputs", "As"),
    "probs": ("p", "y_hat", "predictions"),
    "one_hot": ("targets", "T", "Y"),
    "logits": ("scores", "z_out", "last_z"),
    "rows": ("batch", "picked", "idx"),
    "e": ("exps", "ez", "powers"),
    "shifted": ("stable", "lowered", "s"),
    "log_probs": ("log_p", "logp", "logs"),
    "layer": ("i", "level", "j"),
    "last": ("final", "top", "end"),
    "m_hat": ("m_corrected", "mh", "m_fair"),
    "v_hat": ("v_corrected", "vh", "v_fair"),
    "move": ("change", "push", "jump"),
    "theta": ("param", "tensor", "q"),
    "g": ("grad", "slope", "dtheta"),
    "backward": ("backprop", "gradients_of", "back_pass"),
    "f": ("act", "phi", "squash"),
    "f_prime": ("d_act", "phi_prime", "squash_prime"),
    "train_batch": ("one_step", "fit_batch", "learn"),
    "start": ("begin", "at", "lo"),
}
# Words of English too: left alone in docstrings.
WORDS = {"e", "f", "g", "last", "layer", "move", "rows", "start", "backward"}
IN_ONE_LAYER = re.compile(r"\blayer == \d")


def variant(text: str, seed: int) -> str:
    """Return the text of a network under other names, chosen by `seed`."""
    rng = random.Random(seed)  # noqa: S311  # no cryptography here
    names = {old: rng.choice(new) for old, new in NAMES.items()}
    hidden = rng.choice((1, 2))
    text = IN_ONE_LAYER.sub(f"layer == {hidden}", text)
    return _renamed(text, names)


def _renamed(text: str, names: dict[str, str]) -> str:
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in reversed(tokens):  # from the end, so that columns stay right
        (row, start), (last, end) = token.start, token.end
        if token.type == tokenize.NAME and token.string in names:
            line = lines[row - 1]
            lines[row - 1] = line[:start] + names[token.string] + line[end:]
        elif token.type in (tokenize.STRING, tokenize.COMMENT) and row == last:
            line = lines[row - 1]
            lines[row - 1] = line[:start] + _in_prose(token.string, names) + line[end:]
    return "".join(lines)


def _in_prose(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        if old not in WORDS:
            text = re.sub(rf"\b{old}\b", new, text)
    return text
