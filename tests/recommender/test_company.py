"""What goes with a purchase: what was bought together with it comes before what is merely like it."""

from __future__ import annotations

import numpy as np

from service.recommender.person import Person
from service.recommender.person_view import PersonView
from service.recommender.scoring import AnchorScorer
from tests.fakes import FakeClock
from tests.small_recommender import small_recommender


def test_everything_bought_together_comes_before_everything_alike(clock: FakeClock) -> None:
    shop = small_recommender(clock)
    profile, snapshot = shop.recommender.open(Person.customer("3")).profile, shop.snapshot
    person = PersonView(
        profile.actions, shop.recommender.now(), snapshot.catalogue, snapshot.items, snapshot.embedding,
    )
    anchor = int(profile.actions.purchases.item[0])
    company = snapshot.items.together[anchor]
    company = company[company >= 0]
    others = np.setdiff1d(np.arange(len(snapshot.catalogue)), [*company, anchor])
    scores = AnchorScorer(snapshot, anchor).features(person, np.concatenate([company, others]))[:, 0]
    together, alike = scores[: company.size], scores[company.size :]
    assert together.min() > alike.max()
    assert np.ptp(alike) > 0
