"""Verifies a DSSE envelope with securesystemslib: both a key of an officer and one of an approver must have signed.

    verify_dsse.py ENVELOPE KEYS
"""

import json
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

envelope = Envelope.from_dict(json.load(open(sys.argv[1])))
people = json.load(open(sys.argv[2]))["people"]
keys = [
    SSlibKey(person["key_id"], "ed25519", "ed25519", {"public": person["public"]})
    for person in people
]
assert {person["role"] for person in people} == {"officer", "approver"} and len(keys) == 2
print(sorted(envelope.verify(keys, 2)))
