"""Signature wrapping: a forged element where a reader looks, the signed one where the signature looks.

The ways are those of Somorovsky and others, „On Breaking SAML: Be Whoever You Want to Be” (USENIX Security 2012).
"""

from __future__ import annotations

from lxml import etree

from boi_portal.sandbox.identity.documents import copied, make, tag

# ways that put two elements side by side, and so need something around them
NEED_PARENT = ("before", "after", "in-extensions")
WAYS = ("in-signature", "beside-signature", "inside", "in-object", *NEED_PARENT)


def wrapped(way: str, original: etree._Element, forged: etree._Element) -> list[etree._Element]:
    """Elements that take the original's place, in their order.

    What was signed stands there unchanged in each way. Where it stands within its own signature, only a reader that takes the signature out
    of the element it refers to, and not out of the whole, finds the digest right.
    """
    bare = copied(original)
    found = next((child for child in bare if child.tag == tag("ds:Signature")), None)
    if way in {"before", "in-extensions", "inside"} or found is None:
        return _around(way, bare, forged)
    bare.remove(found)
    forged.insert(1, found)
    if way == "in-signature":
        found.append(bare)
    elif way == "beside-signature":
        forged.insert(1, bare)
    elif way == "in-object":
        found.append(make("ds:Object", bare))
    else:
        return [forged, bare]
    return [forged]


def _around(way: str, original: etree._Element, forged: etree._Element) -> list[etree._Element]:
    """The ways that leave the signature in the original."""
    if way == "inside":
        forged.append(original)
        return [forged]
    if way == "in-extensions":
        forged.set("ID", original.get("ID"))
        return [make("saml2p:Extensions", forged), original]
    return [forged, original]
