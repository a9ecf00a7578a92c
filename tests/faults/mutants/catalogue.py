"""Every seeded bug, and the scenarios they are to be noticed under."""

from typing import Final

from tests.faults.mutants.mutant import Mutant
from tests.faults.mutants.of_account import ACCOUNT
from tests.faults.mutants.of_calls import CALLS
from tests.faults.mutants.of_plans import PLANS
from tests.faults.mutants.of_texts import TEXTS
from tests.faults.mutants.of_work import WORK
from tests.faults.mutants.scenarios import SCENARIOS, Scenario

__all__ = ["MUTANTS", "SCENARIOS", "Mutant", "Scenario"]

MUTANTS: Final[tuple[Mutant, ...]] = (*WORK, *ACCOUNT, *TEXTS, *CALLS, *PLANS)
