"""The tables of places.bin. crates/peerage-places/src/layout.rs describes them."""
import struct

BLOCK = 16
NUMBERS_MAX = 64
MAGIC = b"PLACES01"


def three_bytes(number):
    return struct.pack("<I", number & 0xFFFFFF)[:3]


def fixed(degrees, limit):
    """An angle as a signed number of three bytes."""
    return three_bytes(max(-0x7FFFFF, min(0x7FFFFF, round(degrees / limit * 0x800000))))


def with_directory(count, blocks):
    """The number of entries, where each block begins, and the blocks."""
    body, directory = bytearray(), bytearray()
    for block in blocks:
        directory += struct.pack("<I", len(body))
        body += block
    return struct.pack("<I", count) + bytes(directory) + bytes(body)


def text_table(texts):
    encoded = [text.encode() for text in texts]
    entries = [bytes([len(text)]) + text for text in encoded]
    return with_directory(len(texts), [b"".join(entries[at : at + BLOCK]) for at in range(0, len(entries), BLOCK)])


def shared_bytes(before, key):
    """How many bytes of complete characters two keys have in common at their beginning."""
    shared = 0
    while shared < min(len(before), len(key)) and before[shared] == key[shared]:
        shared += 1
    while shared < len(key) and shared > 0 and key[shared] & 0xC0 == 0x80:
        shared -= 1
    return shared


def key_table(numbers_of):
    """Sorted keys, each without what it shares with the one before in its block, and their numbers."""
    blocks, before = [], b""
    for index, key in enumerate(sorted(numbers_of, key=str.encode)):
        encoded, numbers = key.encode(), numbers_of[key]
        if index % BLOCK == 0:
            blocks.append(bytearray())
            before = b""
        shared = shared_bytes(before, encoded)
        rest = encoded[shared:]
        head = bytes([shared, len(rest)]) if len(numbers) == 1 else bytes([shared, len(rest) | 0x80, len(numbers)])
        blocks[-1] += head + rest + b"".join(three_bytes(number) for number in numbers)
        before = encoded
    return with_directory(len(numbers_of), blocks)


def whole(sections):
    head = MAGIC + struct.pack("<I", len(sections)) + b"".join(struct.pack("<I", len(section)) for section in sections)
    return head + b"".join(sections)
