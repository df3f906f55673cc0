"""Text that is right but for a few places."""

import re


def spoil(random, text, tokens, *groups):
    """Up to three words or letters are replaced, mostly by others of their group, or taken out, or come twice."""
    for _ in range(random.choice([0, 0, 1, 1, 1, 2, 3])):
        parts = re.findall(r"\w+|\W", text) or [""]
        i = random.randrange(len(parts))
        group = next((group for group in groups if parts[i] in group), None)
        if group and random.random() < 0.7:
            parts[i] = random.choice(group)
        else:
            k = random.randrange(len(parts))
            new = random.choice([[], parts[k:k + random.randint(1, 20)], *[[random.choice(tokens)]] * 4])
            parts[i:i + random.choice([0, 1, 1, 2])] = new
        text = "".join(parts)
    return text


def resize(random, data):
    """Mostly as it is, or shorter or longer."""
    others = [data[:-1], data[:len(data) // 2], data + b"\1", data + data]
    return random.choice(others) if random.random() < 0.1 else data


def longer(random, length):
    """Mostly the right length."""
    return random.choice([length + 1, 10 * length, 2**31, 2**32 - 1]) if random.random() < 0.03 else length
