"""Writes an Outlook message: an OLE compound file with the property streams that Outlook keeps."""

import struct
from datetime import UTC, datetime

SECTOR, MINI, FREE, END, FAT_SECTOR = 512, 64, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
CUTOFF = 4096
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def write_message(message):
    """The bytes of a message from a map: subject, from_name, from_email, to, sent, body, html, rtf, attachments."""
    return write_compound(make_storage(message, top=True))


def make_storage(message, *, top):
    """A message as nested maps: names of streams to bytes, names of storages to maps."""
    texts = {
        0x001A: message.get("class", "IPM.Note"),
        0x0037: message.get("subject"),
        0x0C1A: message.get("from_name"),
        0x5D01: message.get("from_email"),
        0x0E04: message.get("to"),
        0x1000: message.get("body"),
        0x007D: message.get("headers"),
    }
    found = {f"__substg1.0_{tag:04X}001F": text.encode("utf-16-le") for tag, text in texts.items() if text is not None}
    for tag, name in ((0x1013, "html"), (0x1009, "rtf")):
        if message.get(name) is not None:
            content = message[name]
            found[f"__substg1.0_{tag:04X}0102"] = content if isinstance(content, bytes) else content.encode()
    fixed = b"\x00" * (32 if top else 24)
    if message.get("sent"):
        since = datetime.fromisoformat(message["sent"].replace("Z", "+00:00")) - EPOCH
        fixed += struct.pack("<IIQ", 0x00390040, 6, int(since.total_seconds()) * 10_000_000)
    found["__properties_version1.0"] = fixed
    for number, each in enumerate(message.get("attachments", ())):
        found[f"__attach_version1.0_#{number:08X}"] = make_attachment(each)
    return found


def make_attachment(attachment):
    """An attachment: a file with a name, or a message."""
    if "message" in attachment:
        return {
            "__properties_version1.0": b"\x00" * 8 + struct.pack("<IIII", 0x37050003, 6, 5, 0),
            "__substg1.0_3701000D": make_storage(attachment["message"], top=False),
        }
    return {
        "__properties_version1.0": b"\x00" * 8 + struct.pack("<IIII", 0x37050003, 6, 1, 0),
        "__substg1.0_3707001F": attachment["name"].encode("utf-16-le"),
        "__substg1.0_37010102": attachment["content"],
    }


def write_compound(tree):
    """A compound file, version 3, of nested maps."""
    entries = [["Root Entry", 5, tree, None]]
    place = {}
    queue = [0]
    while queue:
        at = queue.pop(0)
        children = sorted(entries[at][2].items(), key=lambda each: (len(each[0]), each[0].upper()))
        numbers = []
        for name, content in children:
            numbers.append(len(entries))
            entries.append([name, 1 if isinstance(content, dict) else 2, content, None])
            if isinstance(content, dict):
                queue.append(numbers[-1])
        place[at] = numbers
    links = {number: [FREE, FREE, FREE] for number in range(len(entries))}

    def balance(numbers):
        if not numbers:
            return FREE
        middle = len(numbers) // 2
        links[numbers[middle]][0] = balance(numbers[:middle])
        links[numbers[middle]][1] = balance(numbers[middle + 1 :])
        return numbers[middle]

    for at, numbers in place.items():
        links[at][2] = balance(numbers)
    return _lay_out(entries, links)


def _lay_out(entries, links):
    sectors, fat, mini, mini_fat, starts = [], [], b"", [], {}

    def add(content):
        if not content:
            return END
        start, count = len(sectors), -(-len(content) // SECTOR)
        sectors.extend(content[at : at + SECTOR].ljust(SECTOR, b"\0") for at in range(0, len(content), SECTOR))
        fat.extend([*range(start + 1, start + count), END])
        return start

    for number, (_, sort, content, _) in enumerate(entries):
        if sort != 2:
            continue
        if 0 < len(content) < CUTOFF:
            starts[number] = len(mini_fat)
            count = -(-len(content) // MINI)
            mini_fat.extend([*range(len(mini_fat) + 1, len(mini_fat) + count), END])
            mini += content.ljust(count * MINI, b"\0")
        else:
            starts[number] = add(content)
    starts[0] = add(mini)
    mini_start = add(
        struct.pack(f"<{len(mini_fat)}I", *mini_fat).ljust(-(-len(mini_fat) * 4 // SECTOR) * SECTOR, b"\xff")
    )
    directory = b"".join(
        _write_entry(
            name, sort, links[number], starts.get(number, 0), len(mini) if number == 0 else len(content) * (sort == 2)
        )
        for number, (name, sort, content, _) in enumerate(entries)
    )
    blank = b"\0" * 66 + struct.pack("<BB", 0, 1) + struct.pack("<III", FREE, FREE, FREE) + b"\0" * 48
    directory += blank * (-len(entries) % 4)
    directory_start = add(directory)
    fat_count = 1
    while fat_count * 128 < len(fat) + fat_count:
        fat_count += 1
    fat_start = len(sectors)
    fat += [FAT_SECTOR] * fat_count
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_count * SECTOR, b"\xff")
    sectors.extend(table[at : at + SECTOR] for at in range(0, len(table), SECTOR))
    heads = [*range(fat_start, fat_start + fat_count)] + [FREE] * (109 - fat_count)
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII109I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0,
        fat_count,
        directory_start, 0, CUTOFF, mini_start, -(-len(mini_fat) // 128), END, 0, *heads,
    )  # fmt: skip
    return header + b"".join(sectors)


def _write_entry(name, sort, links, start, size):
    encoded = (name + "\0").encode("utf-16-le")
    left, right, child = links
    return (
        encoded.ljust(64, b"\0") + struct.pack("<HBBIII", len(encoded), sort, 1, left, right, child)
        + b"\0" * 36 + struct.pack("<IQ", start, size)
    )  # fmt: skip
