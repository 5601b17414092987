#!/usr/bin/env python3
"""Prints a table from a card's JSON: accounts found by behaviour and hiding, without any report, at their registration.

models/lab/card-table.py CARD.json [ALPHA]
"""
import json
import sys

card = json.load(open(sys.argv[1]))
alpha = float(sys.argv[2]) if len(sys.argv) > 2 else 1e-4
LEVELS = ["low", "middle", "high"]


def share(counted):
    if counted["total"] == 0:
        return "-"
    return f"{counted['count']}/{counted['total']} {100 * counted['count'] / counted['total']:3.0f}%"


print(f"{card['evaluation']['abusive_accounts']} abusive accounts, {card['evaluation']['benign_groups']} benign groups, alpha {alpha}")
print(f"{'behaviour':<24}{'hiding':<8}{'found':>14}{'without report':>16}{'at registration':>17}{'benign flagged':>16}")
for behaviour in card["behaviours"]:
    at = next(at for at in behaviour["thresholds"] if abs(at["threshold"]["alpha"] - alpha) < 1e-12)
    for level, seen in [*zip(LEVELS, at["by_hiding"]), ("all", at["detection"])]:
        flagged = share(at["false_bans"]).split()[0] if level == "all" else ""
        print(
            f"{behaviour['behaviour']:<24}{level:<8}{share(seen['found']):>14}{share(seen['without_report']):>16}"
            f"{share(seen['at_registration']):>17}{flagged:>16}"
        )
