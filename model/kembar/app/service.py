"""What the server's routes answer with: the engine's runs, replays and lives, kept ready for the next question."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Final

from kembar.app.engine import GROUP, Engine
from kembar.app.lives import Lives
from kembar.app.replay import Watched, city_life, replay_of, watch
from kembar.app.requests import CityForm, LifeForm, RunForm, TwinForm, read_posterior_choice, read_variant
from kembar.errors import InputError, Problem, nearest
from kembar.experiment.luck import run_seed
from kembar.inputs import Inputs
from kembar.scenario.targets import find_city

MOST_WATCHED: Final = 4  # runs kept with all their quarters; one takes some megabytes


class Service:
    """Answers about single runs of an engine's world."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._watched: OrderedDict[tuple[str, int], tuple[Watched, Lives]] = OrderedDict()
        self._lock = threading.Lock()

    def _inputs(self, form: RunForm) -> Inputs:
        policies = [] if form.variant is None else [read_variant(form.variant)]
        return self.engine.ask(form.seed, policies).sides[-1]

    def _run(self, inputs: Inputs, seed: int, replicate: int) -> tuple[Watched, Lives]:
        key = (inputs.hash, run_seed(seed, GROUP, replicate))
        with self._lock:  # one at a time: a second request for the same run finds it made
            if key not in self._watched:
                watched = watch(inputs, key[1])
                self._watched[key] = (watched, Lives(watched.record))
                while len(self._watched) > MOST_WATCHED:
                    self._watched.popitem(last=False)
            self._watched.move_to_end(key)
            return self._watched[key]

    def replay(self, form: RunForm) -> dict[str, Any]:
        """A run for the map."""
        return replay_of(self._run(self._inputs(form), form.seed, form.replicate)[0])

    def city(self, form: CityForm) -> dict[str, Any]:
        """A city's years. Raises InputError for an unknown city."""
        row = find_city(self.engine.scenario, form.city, file="request")
        return city_life(self._run(self._inputs(form), form.seed, form.replicate)[0], row)

    def life(self, form: LifeForm) -> dict[str, Any]:
        """An agreement's life. Raises InputError for an unknown agreement."""
        return self._run(self._inputs(form), form.seed, form.replicate)[1].tell(form.agreement)

    def twins(self, form: TwinForm) -> dict[str, Any]:
        """An agreement's life without and with a variant, in the first pair in which the two differ as asked."""
        if form.agreement not in self.engine.agreement_names:
            close = nearest(form.agreement, self.engine.agreement_names)
            what = f"unknown agreement '{form.agreement}'"
            raise InputError(Problem(what, "request", key="agreement", suggestion=close))
        posterior = read_posterior_choice(form.uncertainties)
        question = self.engine.ask(form.seed, [read_variant(form.variant)], posterior=posterior)
        replicate = self.engine.replicate_with(question, form.agreement, form.fate)
        if replicate is None:
            raise InputError(Problem(f"in no pair computed so far it is {form.fate}", "request", key="agreement"))
        without, with_it = (
            self._run(question.inputs(side, replicate), form.seed, replicate)[1].tell(form.agreement) for side in (0, 1)
        )
        seed = run_seed(form.seed, GROUP, replicate)
        return {"replicate": replicate, "run_seed": str(seed), "without": without, "with": with_it}
