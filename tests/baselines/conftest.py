import pytest

from tests.baselines.tiny import TINY


@pytest.fixture(params=sorted(TINY))
def kind(request) -> str:
    return request.param
