"""Error pages say what to do next, in both languages."""

from __future__ import annotations

import pytest

from service.console.error_page import error_page


@pytest.mark.parametrize("status", [400, 404, 405, 429, 500, 503])
@pytest.mark.parametrize(("language", "first", "second"), [("en", "To the shop", "お店へ"), ("ja", "お店へ", "To the shop"), ("fr", "To the shop", "お店へ")])
def test_every_status_has_a_page_with_a_way_on(status, language, first, second):
    response = error_page(status, language)
    html = response.body.decode()
    assert response.status_code == status
    assert 0 < html.index(first) < html.index(second)
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_not_ready_tries_again_by_itself_and_others_do_not():
    assert error_page(503, "en").headers["retry-after"] == "5"
    assert b'http-equiv="refresh"' in error_page(503, "en").body
    assert "retry-after" not in error_page(500, "en").headers
    assert b"refresh" not in error_page(500, "en").body
