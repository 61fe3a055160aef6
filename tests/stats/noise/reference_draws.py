"""Draws again what `polder sample` draws, from docs/formats/noise.md alone and in another language.

Usage: reference_draws.py POLDER            compares some thousands of draws of the program with its own; exit 1 when one differs
       reference_draws.py --golden          prints the golden draws of tests/stats/noise/sampler_test.cc
The keystream comes from Python's hmac and the `openssl enc` command, the distribution function from the decimal module at 120
digits, the rejection of large sigma squared from whole numbers of any size. Nothing is shared with the program.
"""
import decimal
import fractions
import hashlib
import hmac
import math
import subprocess
import sys

decimal.getcontext().prec = 120
SEED = bytes(range(32))
CASES = [("1/4", 2000), ("1/2", 2000), ("1", 2000), ("10", 2000), ("100", 5000), ("12345/64", 2000), ("10000", 3000), ("65536", 3000),
         ("1/18446744073709551616", 20), ("131073/2", 1000), ("1000000", 2000), ("20000001/16", 1000), ("1208925819614629174706176", 50)]
GOLDEN = ["1/4", "1", "100", "12345/64", "65536", "131073/2", "1000000000001/7"]


class Bits:
    """The bits of one place: words of 64 bits, each read from its lowest bit; what is read later is appended below."""

    def __init__(self, words):
        self.words, self.held, self.count = words, 0, 0

    def read(self, wanted):
        value = 0
        while wanted:
            if not self.count:
                self.held, self.count = next(self.words), 64
            take = min(wanted, self.count)
            value = value << take | self.held & ((1 << take) - 1)
            self.held >>= take
            self.count -= take
            wanted -= take
        return value


def words_of(block):
    number = 0
    while True:
        data = block(number)
        for at in range(0, 64, 8):
            yield int.from_bytes(data[at:at + 8], "big")
        number += 1


# --- The two laws ---

class Inversion:
    def __init__(self, sigma2):
        x = decimal.Decimal(sigma2.denominator) / (2 * sigma2.numerator)
        # Not as the program sums: every term is an exponential of its own, and many more than are needed.
        terms = [(-x * k * k).exp() for k in range(1, 20 * (math.isqrt(math.ceil(sigma2)) + 1))]
        total = 1 + 2 * sum(terms)
        self.cumulative, part = [], decimal.Decimal(1)
        for term in terms:
            self.cumulative.append(part / total)
            part += 2 * term

    def draw(self, bits):
        word = bits.read(64)
        # 63 digits and 256 more: those that U and a threshold share do not decide in 319 digits are not met.
        digits = (word >> 1) << 256
        for at in (192, 128, 64, 0):
            digits |= bits.read(64) << at
        u = decimal.Decimal(digits) / (1 << 319)
        low, high = 0, len(self.cumulative) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if u < self.cumulative[middle] else (middle + 1, high)
        return -low if word & 1 else low


def below(bound, bits):
    length = (bound - 1).bit_length()
    while True:
        value, left = 0, length
        while left:
            take = left % 64 or 64
            value = value << take | bits.read(take)
            left -= take
        if value < bound:
            return value


def exp_of_fraction(numerator, denominator, bits):
    count = 1
    while below(denominator * count, bits) < numerator:
        count += 1
    return count % 2 == 1


def exp_of(numerator, denominator, bits):
    while numerator > denominator:
        if not exp_of_fraction(1, 1, bits):
            return False
        numerator -= denominator
    return exp_of_fraction(numerator, denominator, bits)


class Rejection:
    def __init__(self, sigma2):
        self.p, self.q = sigma2.numerator, sigma2.denominator
        self.t = math.isqrt(sigma2.numerator // sigma2.denominator) + 1

    def laplace(self, bits):
        while True:
            rest = below(self.t, bits)
            if not exp_of_fraction(rest, self.t, bits):
                continue
            wholes = 0
            while exp_of_fraction(1, 1, bits):
                wholes += 1
            magnitude = rest + self.t * wholes
            negative = bits.read(1)
            if negative and magnitude == 0:
                continue
            return -magnitude if negative else magnitude

    def draw(self, bits):
        while True:
            draw = self.laplace(bits)
            distance = abs(draw) * self.t * self.q - self.p
            if exp_of(distance * distance, 2 * self.p * self.q * self.t * self.t, bits):
                return draw


def law_of(text):
    sigma2 = fractions.Fraction(text)
    return Inversion(sigma2) if sigma2 <= 1 << 16 else Rejection(sigma2)


# --- The two keystreams: the product's, and the one of the unit tests (splitmix64) ---

BLOCKS = 8  # made at once for every place; hardly any draw needs more


def product_blocks(text, count):
    salt, info = b"polder-sample-2", b"polder-sample-2/" + text.encode()
    extracted = hmac.new(salt, len(SEED).to_bytes(8, "big") + SEED, hashlib.sha256).digest()
    key = hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()
    counters = b"".join(place.to_bytes(8, "big") + block.to_bytes(8, "big") for place in range(count) for block in range(4 * BLOCKS))
    stream = subprocess.run(["openssl", "enc", "-aes-256-ecb", "-nopad", "-K", key.hex()], input=counters, capture_output=True, check=True).stdout
    return lambda place: lambda block: stream[64 * (BLOCKS * place + block):][:64] if block < BLOCKS else sys.exit("too few blocks")


def mix(value):
    value = (value + 0x9e3779b97f4a7c15) % 2**64
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9 % 2**64
    value = (value ^ value >> 27) * 0x94d049bb133111eb % 2**64
    return value ^ value >> 31


def test_blocks(seed, info):
    key = mix(seed)
    for byte in info:
        key = mix(key ^ byte)

    def block_of(place, block):
        state, data = mix(mix(key ^ place) ^ (block << 32 | 0x5bd1e995)), b""
        for _ in range(8):
            state = mix(state)
            data += state.to_bytes(8, "little")
        return data
    return lambda place: lambda block: block_of(place, block)


def draws(text, count, blocks):
    law = law_of(text)
    return [law.draw(Bits(words_of(blocks(place)))) for place in range(count)]


def main():
    if sys.argv[1] == "--golden":
        for text in GOLDEN:
            print(f'      {{"{text}", {{{", ".join(map(str, draws(text, 12, test_blocks(2026, b"sampler"))))}}}}},')
        return 0
    wrong = 0
    for text, count in CASES:
        made = subprocess.run([sys.argv[1], "sample", "--sigma2", text, "--count", str(count), "--seed", SEED.hex()],
                              capture_output=True, check=True, text=True).stdout
        expected = draws(text, count, product_blocks(text, count))
        differ = sum(a != b for a, b in zip(map(int, made.split()), expected)) + abs(len(made.split()) - count)
        print(f"sigma2 {text}: {count} draws, {differ} differ", flush=True)
        wrong += differ
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
