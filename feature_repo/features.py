"""The features: entities, views and services, as Feast reads them.

One file, though Feast would read several: a state's copy is replaced in one step, so that no kill leaves views of one
release beside services of another, nor a file behind that a release dropped. Feast imports it by itself, as a top-level
module, so it imports nothing of its own package.

Every view says for which purpose of the person it may be read, and every feature what it is, in English and Japanese.
Sensitive items are part of no view of people.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, RequestSource, ValueType
from feast.on_demand_feature_view import OnDemandFeatureView, on_demand_feature_view
from feast.types import Array, Bool, FeastType, Float32, Float64, Int64, String

DATA = Path(__file__).resolve().parent / "data"
FRESH = timedelta(days=60)
"""Older snapshots of people are not used."""
RECENT = timedelta(days=30)
WEEKLY, NIGHTLY = timedelta(days=8), timedelta(days=2)
"""Items are computed as of every week, or night; a join takes the longer the more earlier moments still hold."""

person = Entity(
    name="person",
    join_keys=["person_key"],
    value_type=ValueType.STRING,
    description="A customer (c:ID) or a visitor (v:ID)",
)
item = Entity(
    name="item", join_keys=["item_id"], value_type=ValueType.STRING, description="A product, a content or an ad",
)


def described(en: str, ja: str, **tags: str) -> dict[str, Any]:
    """Say in both languages what something is, beside its other tags."""
    return {"description": en, "tags": {**tags, "description_en": en, "description_ja": ja}}


def feature(name: str, dtype: FeastType, en: str, ja: str) -> Field:
    """Describe one feature in both languages."""
    return Field(name=name, dtype=dtype, **described(en, ja))


def shown(prefix: str) -> list[Field]:
    """Describe what was shown and ignored: parallel arrays, what was shown last first."""
    return [
        feature(f"{prefix}_item_id", Array(String), "What was shown, newest first", "表示したもの、新しい順"),
        feature(f"{prefix}_count", Array(Int64), "How often each, since it was taken up", "反応がないままの表示回数"),
        feature(f"{prefix}_days", Array(Int64), "On how many days", "表示した日数"),
        feature(f"{prefix}_at", Array(Int64), "When last, in epoch seconds", "最後の表示日時、エポック秒"),
    ]


def source(view: str) -> FileSource:
    """Name the Parquet file of a view."""
    return FileSource(name=view, path=str(DATA / f"{view}.parquet"), timestamp_field="event_timestamp")


def person_view(
    name: str, purpose: str, en: str, ja: str, *schema: Field, ttl: timedelta = FRESH, push: PushSource | None = None,
) -> FeatureView:
    """Define a view of people that may be read for a purpose (or any of several, joined by spaces)."""
    return FeatureView(
        name=name, entities=[person], ttl=ttl, schema=list(schema), source=push or source(name),
        **described(en, ja, purpose=purpose, sensitive="no"),
    )


def item_view(name: str, en: str, ja: str, *schema: Field, ttl: timedelta = WEEKLY) -> FeatureView:
    """Define a view of items; the service holds them in process, so they are not materialised."""
    return FeatureView(
        name=name, entities=[item], ttl=ttl, schema=list(schema), source=source(name), online=False,
        **described(en, ja, purpose="NONE", sensitive="no"),
    )


def service(use: str, purpose: str, *views: FeatureView | OnDemandFeatureView) -> FeatureService:
    """Put together what is read for one use and one purpose; the name says both."""
    return FeatureService(name=f"{use}_{purpose.lower()}", features=list(views), tags={"purpose": purpose})


person_actions = person_view(
    "person_actions", "PERSONALISE_CONTENT", "What the customer did, per type and item", "種類と商品ごとの行動",
    feature("item_id", Array(String), "Items acted on, newest first", "行動の対象、新しい順"),
    feature("type", Array(String), "What was done with each", "行動の種類"),
    feature("count", Array(Int64), "How often: baskets for purchases, days otherwise", "回数、購入は会計数、他は日数"),
    feature("first_at", Array(Int64), "When first, in epoch seconds", "最初の日時、エポック秒"),
    feature("last_at", Array(Int64), "When last, in epoch seconds", "最後の日時、エポック秒"),
    feature("last_price", Array(Float64), "Unit price last paid", "最後に支払った単価"),
    feature("faded_30", Array(Float32), "How often, fading within a month", "回数、1か月で減衰"),
    feature("faded_90", Array(Float32), "How often, fading within a quarter", "回数、3か月で減衰"),
    feature("faded_365", Array(Float32), "How often, fading within a year", "回数、1年で減衰"),
    feature("baskets", Int64, "Number of baskets", "会計の総数"),
    feature("through_sequence", Int64, "Newest event of the log that is counted", "集計済みの最新イベント番号"),
)
person_rfm = person_view(
    "person_rfm", "PERSONALISE_CONTENT", "How lately, how often and for how much", "最近の購入・頻度・金額",
    feature("recency_days", Int64, "Days since the last purchase", "最後の購入からの日数"),
    feature("frequency", Int64, "Baskets of all time", "これまでの会計数"),
    feature("frequency_91", Int64, "Baskets within 91 days", "直近91日の会計数"),
    feature("monetary_91", Float64, "Spent within 91 days", "直近91日の購入金額"),
    feature("mean_basket_value", Float64, "Mean value of a basket", "1会計あたりの平均金額"),
    feature("first_order_at", Int64, "First order, in epoch seconds", "最初の注文日時、エポック秒"),
    feature("last_order_at", Int64, "Last order, in epoch seconds", "最後の注文日時、エポック秒"),
)
person_affinity = person_view(
    "person_affinity", "PERSONALISE_CONTENT", "Categories and brands mostly bought", "よく買うカテゴリーとブランド",
    feature("categories", Array(String), "Categories mostly bought", "よく買うカテゴリー"),
    feature("category_shares", Array(Float64), "Share of each category", "各カテゴリーの割合"),
    feature("brands", Array(String), "Brands mostly bought", "よく買うブランド"),
    feature("brand_shares", Array(Float64), "Share of each brand", "各ブランドの割合"),
)
person_price = person_view(
    "person_price", "PERSONALISE_CONTENT", "How the customer stands to prices", "価格への感度",
    feature("discounted_share", Float64, "Share of lines bought at a discount", "割引で買った明細の割合"),
    feature("saved_share", Float64, "Share of the value saved by discounts", "割引で節約した金額の割合"),
    feature(
        "price_level", Float64, "Price paid over the usual one of the category",
        "カテゴリーの標準価格に対する支払価格",
    ),
)
person_rhythm = person_view(
    "person_rhythm", "PERSONALISE_CONTENT", "When the customer comes", "来店のリズム",
    feature("mean_gap_days", Float64, "Mean days between baskets", "会計の平均間隔、日"),
    feature("days_since_last", Float64, "Days since the last basket", "最後の会計からの日数"),
    feature(
        "hour_of_week", Array(Float64), "Share of each hour of the week, from Monday",
        "曜日・時間帯ごとの割合、月曜始まり",
    ),
)
person_traits = person_view(
    "person_traits", "PERSONALISE_CONTENT", "What the shop knows of the customer", "ショップに登録された属性",
    feature("region", String, "Region", "地域"),
    feature("household", String, "Household", "世帯構成"),
    feature("income_band", String, "Income band", "年収帯"),
    feature("age_band", String, "Age band", "年齢層"),
    feature("language", String, "Language", "言語"),
)
person_segments = person_view(
    "person_segments", "PERSONALISE_CONTENT PERSONALISE_ADS", "The shop's own groups", "ショップ独自のグループ",
    feature("shop_segments", Array(String), "Groups that the shop put the customer in", "ショップが設定したグループ"),
)
person_ads = person_view(
    "person_ads", "PERSONALISE_ADS", "How the customer answers to ads and coupons", "広告とクーポンへの反応",
    feature("coupon_redemptions", Int64, "Coupons redeemed within 182 days", "直近182日のクーポン利用数"),
    feature("redeemed_offers", Array(String), "Offers redeemed", "利用したオファー"),
    feature("ad_clicks", Int64, "Clicks on ads within 182 days", "直近182日の広告クリック数"),
    feature("responded_campaigns", Array(String), "Campaigns whose ads were clicked", "反応したキャンペーン"),
    feature("is_minor", Bool, "Whether under 18", "18歳未満かどうか"),
)
person_impressions = person_view(
    "person_impressions", "PERSONALISE_CONTENT", "What was shown and not taken up since", "表示後に反応のなかったもの",
    *shown("shown"),
)
person_ad_impressions = person_view(
    "person_ad_impressions", "PERSONALISE_ADS", "Ads shown and not taken up since", "表示後に反応のなかった広告",
    *shown("ad_shown"),
)
person_recent = person_view(
    "person_recent", "PERSONALISE_CONTENT",
    "Actions of the last minutes, not yet counted above", "まだ集計されていない直近の行動",
    feature("recent_sequence", Array(Int64), "Place in the log", "ログ内の番号"),
    feature("recent_event_id", Array(String), "Event", "イベントID"),
    feature("recent_type", Array(String), "What was done", "行動の種類"),
    feature("recent_item_id", Array(String), "Item acted on", "行動の対象"),
    feature("recent_occurred_at", Array(Int64), "When, in epoch microseconds", "日時、エポックマイクロ秒"),
    feature("recent_price", Array(Float64), "Unit price paid", "支払った単価"),
    feature("recent_topic", Array(String), "What it was about", "話題"),
    ttl=RECENT, push=PushSource(name="person_recent_push", batch_source=source("person_recent")),
)

item_popularity = item_view(
    "item_popularity", "How many people buy an item", "商品の人気",
    feature("buyers_1", Int64, "Buyers within a day", "直近1日の購入者数"),
    feature("buyers_3", Int64, "Buyers within 3 days", "直近3日の購入者数"),
    feature("buyers_7", Int64, "Buyers within 7 days", "直近7日の購入者数"),
    feature("buyers_28", Int64, "Buyers within 28 days", "直近28日の購入者数"),
    feature("buyers_91", Int64, "Buyers within 91 days", "直近91日の購入者数"),
    feature("trend", Float64, "Log of the week's rate over the quarter's", "週間と四半期の購入率の対数比"),
    ttl=NIGHTLY,
)
item_price = item_view(
    "item_price", "What people pay for an item", "商品の支払価格",
    feature("price_median", Float64, "Median unit price paid within 28 days", "直近28日の支払単価の中央値"),
    feature("discount_share", Float64, "Share of sales at a discount within 28 days", "直近28日の割引販売の割合"),
    feature("price_week", Float64, "Median unit price paid within 7 days", "直近7日の支払単価の中央値"),
    feature("discount_share_week", Float64, "Share of sales at a discount within 7 days", "直近7日の割引販売の割合"),
    ttl=NIGHTLY,
)
item_rhythm = item_view(
    "item_rhythm", "Whether and how soon an item is bought again", "商品の再購入",
    feature("repeat_gap", Float64, "Median days until bought again", "再購入までの日数の中央値"),
    feature("repeat_rate", Float64, "Share of buyers who came back for it", "再購入した人の割合"),
    feature("first_sold_at", Int64, "First sale, in epoch seconds", "最初の販売日時、エポック秒"),
)
item_circumstances = item_view(
    "item_circumstances", "When and where an item is bought", "商品が買われる時間帯・曜日・チャネル",
    feature(
        "daypart_lift", Array(Float64), "Log of its share in each part of the day over that of all items",
        "時間帯ごとの割合の、全商品に対する対数比",
    ),
    feature(
        "weekday_lift", Array(Float64), "Log of its share on each weekday over that of all items, from Monday",
        "曜日ごとの割合の、全商品に対する対数比、月曜始まり",
    ),
    feature(
        "channel_lift", Array(Float64), "Log of its share in each channel over that of all items",
        "チャネルごとの割合の、全商品に対する対数比",
    ),
)
item_bought_together = item_view(
    "item_bought_together", "Which items share baskets", "一緒に買われる商品",
    feature("together_item_ids", Array(String), "Items in the same baskets", "同じ会計に入る商品"),
    feature("together_weights", Array(Float64), "How strongly each", "各商品との結びつき"),
)

calendar_request = RequestSource(
    name="calendar",
    schema=[
        Field(name="birth_date", dtype=String, description="ISO 8601; what is none counts as not known"),
        Field(name="today", dtype=String, description="ISO 8601, in the customer's zone"),
    ],
)


@on_demand_feature_view(  # type: ignore[untyped-decorator]
    sources=[calendar_request, person_traits[["age_band"]]],
    # Feast compares these with what it infers, and knows no description there; the view's tags say what they are.
    schema=[
        Field(name="age_band_today", dtype=String),
        Field(name="is_minor_today", dtype=Bool),
        Field(name="days_to_birthday", dtype=Int64),
    ],
    mode="python",
    singleton=True,
    tags={
        "purpose": "OCCASIONS",
        "sensitive": "no",
        "use": "birthday offers, age band, protection of minors; nothing else",
        "description_en": "Age band as told or by birth date; whether under 18; days to the birthday, -1 if unknown",
        "description_ja": "登録または生年月日による年齢層、18歳未満か、次の誕生日までの日数で不明なら-1",
    },
    description="What follows from the birth date on a given day; the date itself is stored in no view",
)
def person_calendar(inputs: dict[str, Any]) -> dict[str, Any]:
    """Tell age band, minority and birthday; a birthday on 29 February is kept on the 28th in common years."""
    try:
        born, today = date.fromisoformat(inputs["birth_date"]), date.fromisoformat(inputs["today"])
    except ValueError:
        return {"age_band_today": inputs["age_band"] or "", "is_minor_today": False, "days_to_birthday": -1}

    def birthday(year: int) -> date:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return date(year, born.month, 28 if (born.month, born.day) == (2, 29) and not leap else born.day)

    age = today.year - born.year - (today < birthday(today.year))
    bands = ((18, "0-17"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"))
    following = birthday(today.year) if today <= birthday(today.year) else birthday(today.year + 1)
    return {
        "age_band_today": inputs["age_band"] or next((band for below, band in bands if age < below), "65+"),
        "is_minor_today": age < bands[0][0],
        "days_to_birthday": (following - today).days,
    }


ranker_personalise_content = service(
    "ranker", "PERSONALISE_CONTENT",
    person_actions, person_rfm, person_affinity, person_price, person_rhythm, person_traits, person_segments,
    person_impressions,
)
segments_personalise_content = service(
    "segments", "PERSONALISE_CONTENT", person_rfm, person_affinity, person_price, person_rhythm, person_traits,
)
recent_personalise_content = service("recent", "PERSONALISE_CONTENT", person_recent)
ads_personalise_ads = service("ads", "PERSONALISE_ADS", person_ads, person_segments, person_ad_impressions)
actions_train_models = service("actions", "TRAIN_MODELS", person_actions)
calendar_occasions = service("calendar", "OCCASIONS", person_calendar)
items_train_models = service(
    "items", "TRAIN_MODELS", item_popularity, item_price, item_rhythm, item_circumstances, item_bought_together,
)
items_nightly_train_models = service("items_nightly", "TRAIN_MODELS", item_popularity, item_price)
