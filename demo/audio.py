"""Playable audio for the demonstration's calls: two voices that babble, no word of anybody.

Mono, 8 kHz, 8 bits: what a telephone line carries. The clips of one seed are always the same.
"""

import io
import wave

import numpy as np

RATE_HZ = 8000
# First and second formant of a, e, i, o, u and ä.
VOWELS_HZ = ((700, 1150), (480, 1900), (300, 2250), (480, 900), (320, 700), (680, 1650))
CLERK_HZ, CALLER_HZ = 205.0, 118.0


def clip(seed: int, number: int, seconds: float = 4.0) -> bytes:
    """Return the WAV file of that clip: the clerk greets, the caller answers, and so on in turn."""
    chance = np.random.default_rng([seed, 11, number])
    parts: list[np.ndarray] = []
    clerk_speaks, length = True, 0
    while length < seconds * RATE_HZ:
        turn = _turn(chance, CLERK_HZ if clerk_speaks else CALLER_HZ + 12 * (number % 5))
        parts.append(turn)
        length += len(turn)
        clerk_speaks = not clerk_speaks
    samples = np.concatenate(parts)[: int(seconds * RATE_HZ)]
    samples *= 0.85 / np.abs(samples).max()
    samples = samples + chance.normal(0, 0.006, len(samples))  # the hiss of the line
    return _wav(samples)


def _turn(chance: np.random.Generator, pitch_hz: float) -> np.ndarray:
    """Return one person's turn: five to nine syllables and a pause."""
    syllables = [_syllable(chance, pitch_hz) for _ in range(chance.integers(5, 10))]
    return np.concatenate([*syllables, np.zeros(int(RATE_HZ * chance.uniform(0.2, 0.4)))])


def _syllable(chance: np.random.Generator, pitch_hz: float) -> np.ndarray:
    seconds = chance.uniform(0.11, 0.21)
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    pitch = pitch_hz * chance.uniform(0.92, 1.1) * (1 - 0.25 * time / seconds * chance.uniform(0, 0.6))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    first, second = VOWELS_HZ[chance.integers(len(VOWELS_HZ))]
    voice = np.zeros(len(time))
    for harmonic in range(1, int(3400 / pitch_hz)):
        frequency = harmonic * pitch_hz
        weight = np.exp(-(((frequency - first) / 160) ** 2)) + 0.5 * np.exp(-(((frequency - second) / 220) ** 2))
        voice += (weight + 0.03) / np.sqrt(harmonic) * np.sin(harmonic * phase)
    envelope = np.sin(np.pi * np.clip(time / seconds, 0, 1)) ** 0.6
    return voice * envelope * chance.uniform(0.7, 1.0) * 0.35


def _wav(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(1)
        writer.setframerate(RATE_HZ)
        writer.writeframes((np.clip(samples, -1, 1) * 127 + 128).astype(np.uint8).tobytes())
    return file.getvalue()
