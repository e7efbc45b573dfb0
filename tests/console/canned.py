"""A shop typed by hand, which answers the page's queries: enough state to hide, forget, undo and buy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HOUSEHOLDS = ("1", "12", "27", "128", "1284", "2001")
TOKENS = {household: f"token-of-{household}" for household in HOUSEHOLDS}

# item, title, Japanese title, brand, category path, price, list price
PRODUCTS = {
    row[0]: row
    for row in (
        ("p1", "Whole Milk, 1 gal", "牛乳 1ガロン", "Maple Row", "Grocery > Milk & Cream > Whole Milk", "2.99", "3.49"),
        ("p2", "Sharp Cheddar, 8 oz", "チェダーチーズ 8オンス", "Maple Row", "Grocery > Cheese > Shredded Cheese", "2.5", "2.5"),
        ("p3", "Sourdough Loaf", "サワードウブレッド", "Hearth & Rye", "Bakery > Bakery Bread > Sourdough", "3.29", "3.29"),
        ("p4", "Gala Apples, 3 lb", "ガラりんご 3ポンド", None, "Fresh Produce > Apples > Gala", "4.19", "4.99"),
        ("p5", "Carrots, 2 lb Bag", "にんじん 2ポンド袋", "Green Lane", "Fresh Produce > Carrots > Whole", "1.79", "1.79"),
        ("p6", "Ground Beef, Lean", "赤身の牛ひき肉", None, "Butcher's Counter > Beef > Ground Beef", "6.49", "7.99"),
        ("p7", "Atlantic Salmon Fillet", "サーモンの切り身", None, "Fish Counter > Fresh Seafood > Salmon", "9.99", "9.99"),
        ("p8", "Sea Salt Potato Chips", "塩味ポテトチップス", "Crackle", "Grocery > Chips & Snacks > Potato Chips", "2.0", "3.0"),
        ("p9", "Dark Chocolate Bar", "ダークチョコレート", "Finch", "Grocery > Candy Bars & Gum > Chocolate", "1.25", "1.25"),
        ("p10", "Medium Roast Coffee, 12 oz", "中煎りコーヒー 12オンス", "Harbor", "Grocery > Coffee > Ground Coffee", "7.49", "8.99"),
        ("p11", "Cola, 12 Cans", "コーラ 12缶", "Fizzwell", "Grocery > Soft Drinks > Cola", "5.0", "5.0"),
        ("p12", "Vanilla Ice Cream", "バニラアイスクリーム", "Maple Row", "Grocery > Ice Cream & Sherbet > Premium", "4.5", "5.0"),
        ("p13", "Frozen Pepperoni Pizza", "冷凍ペパロニピザ", "Luca", "Grocery > Frozen Pizza & Snacks > Pizza", "5.99", "5.99"),
        ("p14", "Cat Food, Tuna, 24 Pack", "まぐろのキャットフード 24個", "Whiskery", "Grocery > Cat Food > Wet Cat Food", "11.49", "11.49"),
        ("p15", "Diapers, Size 3", "おむつ サイズ3", "Cloudlet", "Home, Beauty & General > Diapers > Size 3", "19.99", "24.99"),
        ("p16", "Laundry Detergent, Unscented", "無香料の洗濯用洗剤", "Brightside", "Home, Beauty & General > Laundry Detergent > Liquid", "8.75", "8.75"),
        ("p17", "Bath Tissue, 12 Rolls", "トイレットペーパー 12ロール", "Softly", "Grocery > Toilet Paper > Double Rolls", "7.99", "9.49"),
        ("p18", "Gentle Shampoo", "やさしいシャンプー", "Fern", "Home, Beauty & General > Hair Care > Shampoo", "4.99", "4.99"),
        ("p19", "Basil in a Pot", "鉢植えのバジル", None, "Garden Center > Garden Plants > Herbs in Pots", "2.99", "2.99"),
        ("p20", "Mixed Tulips", "チューリップのミックス", None, "Flowers > Cut Flowers > Bunches", "8.99", "8.99"),
        ("p21", "Cast-iron Skillet, 10 in with a Lid and a Handle That Stays Cool", "鋳鉄のスキレット 10インチ", "Forge", "Home, Beauty & General > Cookware & Bakeware > Skillets", "24.0", "30.0"),
        ("p22", "Tomato Soup", "トマトスープ", "Hearth & Rye", "Grocery > Soup > Condensed", "1.1", "1.1"),
        ("p23", "Spaghetti, 1 lb", "スパゲッティ 1ポンド", "Luca", "Grocery > Pasta & Noodles > Spaghetti", "1.39", "1.39"),
        ("p24", "Brown Eggs, Dozen", "赤玉子 12個", "Green Lane", "Grocery > Eggs > Large", "3.15", "3.15"),
        ("p25", "Children's Pain Relief", "子ども用鎮痛薬", "Wellby", "Home, Beauty & General > Pain Relief > Children", "6.29", "6.29"),
        ("p26", "LED Bulbs, 4 Pack", "LED電球 4個", "Lumen", "Home, Beauty & General > Light Bulbs & Electrical > LED", "7.0", "7.0"),
        ("p27", "Birthday Cards, 6", "誕生日カード 6枚", None, "Home, Beauty & General > Cards, Wrap & Party > Cards", "3.99", "3.99"),
        ("p28", "Pinot Noir", "ピノ・ノワール", "Hillcrest", "Spirits > American Wine > Red", "12.99", "15.99"),
        ("p29", "Oat Cereal", "オーツ麦のシリアル", "Morning Field", "Grocery > Cereal > Oats", "3.49", "3.49"),
        ("p30", "Strawberry Jam", "いちごジャム", "Finch", "Grocery > Peanut Butter & Jam > Jam", "2.75", "2.75"),
        ("p31", "Red Velvet Cake", "レッドベルベットケーキ", "Hearth & Rye", "Bakery > Cakes > Layer Cakes", "14.99", "14.99"),
        ("p32", "Cookie Tin", "缶入りクッキー", "Finch", "Grocery > Cookies & Cones > Butter Cookies", "5.49", "5.49"),
    )
}
CONTENTS = {
    "c1": ("Roasted Tomato Soup with Grilled Cheese Corners", "焼きトマトのスープ、三角チーズトースト添え", "recipe", "Fresh Produce > Tomatoes"),
    "c2": ("How to Keep Herbs Alive on a Windowsill", "窓辺のハーブを長持ちさせるには", "guide", "Garden Center > Garden Plants"),
    "c3": ("What November Brings to the Greengrocer", "十一月の青果売り場", "season", "Fresh Produce > Pumpkins & Seasonal Produce"),
}
ADS = {
    "a1": ("A Week of Breakfasts, Sorted", "一週間の朝ごはん、これひとつ", "Morning Field", "Field Foods, Inc.", "Grocery > Cereal"),
    "a2": ("Coffee That Wakes the House", "家じゅうが目を覚ますコーヒー", "Harbor", "Harbor Roasters", "Grocery > Coffee"),
}
SHELVES = (
    ("buy_again", "Time to restock", "そろそろ買い足し", "You buy these regularly, and by your own rhythm they are due.", ["p2", "p3", "p4", "p5", "p6", "p24", "p17", "p22"]),
    ("because", "Because you bought Whole Milk", "「牛乳」を買われた方へ", "Bought together with it, or much like it.", ["p29", "p9", "p12", "p32", "p30", "p31"]),
    ("on_sale", "On sale among what you buy", "いつもの売り場のお買い得", "Reduced today, in categories that you buy.", ["p8", "p10", "p15", "p21", "p28", "p13"]),
    ("reading", "Stories for your kitchen and home", "台所と暮らしの読みもの", "About what you buy and read.", ["c1", "c2", "c3"]),
    ("discover", "New to you, made for you", "はじめての出会い", "Near your taste, from categories that you have not bought yet.", ["p7", "p11", "p14", "p16", "p18", "p19", "p20", "p23", "p25", "p26", "p27"]),
    ("sponsored", "Advertisements", "広告", "Paid places, marked as such; they never mix with the other shelves.", ["a1", "a2"]),
)


class CannedShop:
    """Answers by operation name; `sent` keeps what was asked and `controls` the Sec-GPC beside it, `inits` what sockets said, `failing` an error code to answer instead."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.inits: list[dict[str, Any] | None] = []
        self.controls: list[str | None] = []
        self.sent: list[tuple[str, dict[str, Any], str | None, str]] = []
        self.hidden: set[str] = set()
        self.forgotten: set[str] = set()
        self.bought: list[str] = []
        self.failing: dict[str, str] = {}

    async def execute(self, query: str, variables: dict[str, Any], token: str | None, language: str, privacy_control: str | None = None) -> Mapping[str, Any]:
        operation = re.search(r"(?:query|mutation)\s+(\w+)", query)[1]
        self.sent.append((operation, variables, token, language))
        self.controls.append(privacy_control)
        if token and token not in TOKENS.values():
            return {"data": None, "errors": [{"message": "x", "extensions": {"code": "UNAUTHENTICATED"}}]}
        if operation in self.failing:
            return {"data": None, "errors": [{"message": "x", "extensions": {"code": self.failing[operation]}}]}
        return {"data": getattr(self, f"_{operation.lower()}")(variables, token, language)}

    def _home(self, variables, token, language):
        personal = bool(token) and variables["profiling"]
        shelves = [
            {
                "id": f"shelf-{key}",
                "key": key,
                "title": title_ja if language == "ja" else title,
                "reason": {"text": reason},
                "items": {"nodes": self._nodes(key, items, language, personal=personal)},
            }
            for key, title, title_ja, reason, items in SHELVES
        ]
        hero = recommendation("p1", 1, language, self._reasons("p1", language, personal=personal))
        return {"viewer": {"home": {"profiled": personal, "hero": hero, "shelves": shelves, "degraded": []}}}

    def _nodes(self, key, items, language, *, personal):
        """Bought items go, hidden ones too, and an item of which the evidence is forgotten stands last."""
        if not personal:
            items = items[::-1]
        kept = [item for item in items if item not in self.hidden and item not in self.bought] if personal else items
        kept = sorted(kept, key=lambda item: f"event-{item}" in self.forgotten) if personal else kept
        spare = ["p1"] if key == "discover" and self.bought else []
        return [
            recommendation(item, place, language, self._reasons(item, language, personal=personal))
            for place, item in enumerate(kept + spare, 1)
        ]

    def _reasons(self, item, language, *, personal):
        japanese = language == "ja"
        if item in ADS:
            text = f"広告です。広告主は{ADS[item][2]}。" if japanese else f"Advertisement by {ADS[item][2]}, paid for by {ADS[item][3]}."
            return [reason("SPONSORED", text, 0.0, None, [evidence("CAMPAIGN")])]
        if not personal:
            text = "どなたにも同じ内容です。" if japanese else "The same for everybody: nothing about you was used."
            return [reason("NOT_PERSONALISED", text, 1.0, None, [])]
        text = "およそ9日ごとにお買い上げです。前回は8日前でした。" if japanese else "You buy it about every 9 days; the last time was 8 days ago."
        popular = "この4週間で212人のお客さまがお買い上げです。" if japanese else "212 customers bought it in the last four weeks."
        told = [reason("POPULAR", popular, 0.28, 2, [evidence("TREND", count=212)])]
        if f"event-{item}" in self.forgotten:
            return told
        return [
            reason("BUY_AGAIN", text, 0.72, 14, [evidence("ACTION", item, "2026-11-12", 6, f"event-{item}")]),
            *told,
        ]

    def _segments(self, _, token, language):
        japanese = language == "ja"
        segments = [
            ("lifecycle.active", "いつものお客さま" if japanese else "Active customers", 1543, "You ordered 19 times within the last 91 days, last 4 days ago."),
            ("frequency.often", "よくいらっしゃるお客さま" if japanese else "Frequent shoppers", 611, "You ordered 19 times within the last 91 days."),
            ("discount.seeker", "お買い得好きのお客さま" if japanese else "Bargain hunters", 402, "38 % of what you buy is reduced."),
        ]
        told = [dict(zip(("key", "title", "size", "because"), segment, strict=True)) for segment in segments]
        return {"viewer": {"customerId": token.removeprefix("token-of-"), "segments": told}}

    def _shelf(self, variables, token, language):
        key, title, _, why, items = next(shelf for shelf in SHELVES if f"shelf-{shelf[0]}" == variables["id"])
        nodes = self._nodes(key, items, language, personal=bool(token))
        return {"node": {"title": title, "reason": {"text": why}, "items": {"nodes": nodes}}}

    def _record(self, variables, *_):
        events = variables["input"]["events"]
        self.bought += [event["itemId"] for event in events if event["type"] == "PURCHASE"]
        return {"recordEvents": {"accepted": len(events), "duplicates": 0, "userErrors": []}}

    def _feedback(self, variables, *_):
        given = variables["input"]
        held, what = (
            (self.forgotten, given["eventId"]) if given["kind"] == "FORGET_ACTION" else (self.hidden, given["itemId"])
        )
        if given.get("undo"):
            held.discard(what)
        else:
            held.add(what)
            if given["kind"] == "FORGET_ACTION" and not what.startswith("event-"):
                self.bought.clear()
        return {"giveFeedback": {"userErrors": []}}


def recommendation(item: str, position: int, language: str, reasons: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"recommendation-{item}",
        "token": f"token-{item}",
        "position": position,
        "exploration": item == "p25",
        "item": _item(item, japanese=language == "ja"),
        "reasons": reasons,
    }


def reason(code: str, text: str, share: float, without: int | None, told: list[dict[str, Any]]) -> dict[str, Any]:
    return {"code": code, "text": text, "share": share, "positionWithout": without, "evidence": told}


def evidence(kind: str, item: str | None = None, day: str | None = None, count: int | None = None, event: str | None = None) -> dict[str, Any]:
    named = {"itemId": item, "title": PRODUCTS[item][1] if item in PRODUCTS else item} if item else None
    return {"kind": kind, "day": day, "count": count, "eventId": event, "item": named, "segment": None}


def _item(item: str, *, japanese: bool) -> dict[str, Any]:
    if item in CONTENTS:
        title, title_ja, form, category = CONTENTS[item]
        text = "トマト8個を半分に切り、縁が濃く色づくまで焼きます。" if japanese else "Halve eight tomatoes, add a quartered onion, and roast until the edges turn dark and sticky."
        named = {"__typename": "Content", "title": title_ja if japanese else title, "description": text, "tags": [form]}
    elif item in ADS:
        title, title_ja, advertiser, payer, category = ADS[item]
        named = {"__typename": "Ad", "title": title_ja if japanese else title, "description": "Oats, fruit and nothing else.", "tags": [], "advertiser": advertiser, "payer": payer}
    else:
        _, title, title_ja, brand, category, price, full = PRODUCTS[item]
        discount = round(1 - float(price) / float(full), 4) or None
        named = {
            "__typename": "Product", "title": title_ja if japanese else title, "description": None, "tags": [], "brand": brand,
            "price": {"amount": price, "currency": "USD"}, "listPrice": {"amount": full, "currency": "USD"},
            "discountRate": discount, "inStock": True,
        }
    return {"itemId": item, "category": category.split(" > "), **named}
