"""Who the two demo merchants are: names, towns, goods, words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merchant:
    """A made-up merchant: what its generated customers are called, where they live, what they buy and say."""

    slug: str
    name: str
    locale: str
    currency: str
    zone: str
    seed: int
    family_names: tuple[str, ...]
    given_names: tuple[str, ...]
    cities: tuple[tuple[str, str, str, str], ...]  # country, region, city, calling code
    products: tuple[tuple[str, str, str, str], ...]  # sku, name, category path (/), price
    channels: tuple[str, ...]
    stores: tuple[str, ...]
    levels: tuple[str, ...]  # options of the custom attribute level, the highest last
    interests: tuple[str, ...]  # options of the custom attribute interests
    praise: tuple[str, ...]
    complaints: tuple[str, ...]

    def full_name(self, family: str, given: str) -> str:
        """In the order of the merchant's language."""
        return f"{family}{given}" if self.locale.startswith("zh") else f"{given} {family}"


LANTERN = Merchant(
    slug="lantern",
    name="灯笼茶舍",
    locale="zh-CN",
    currency="CNY",
    zone="Asia/Shanghai",
    seed=20_240_210,
    family_names=tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"),
    given_names=tuple("伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 霞 平 刚 桂英 文 建华 玉兰".split()),
    cities=(
        ("中国", "上海", "上海", "+86"),
        ("中国", "浙江", "杭州", "+86"),
        ("中国", "江苏", "南京", "+86"),
        ("中国", "北京", "北京", "+86"),
        ("中国", "广东", "广州", "+86"),
        ("中国", "四川", "成都", "+86"),
        ("中国", "福建", "厦门", "+86"),
        ("中国", "陕西", "西安", "+86"),
    ),
    products=(
        ("T-LJ", "龙井", "茶叶/绿茶", "128.00"),
        ("T-BLC", "碧螺春", "茶叶/绿茶", "158.00"),
        ("T-TGY", "铁观音", "茶叶/乌龙茶", "98.00"),
        ("T-DHP", "大红袍", "茶叶/乌龙茶", "268.00"),
        ("T-PE", "普洱", "茶叶/黑茶", "188.00"),
        ("T-QM", "祁门红茶", "茶叶/红茶", "88.00"),
        ("W-GW", "盖碗", "茶具/瓷器", "76.00"),
        ("W-ZS", "紫砂壶", "茶具/紫砂", "568.00"),
        ("W-CP", "茶盘", "茶具/竹木", "238.00"),
        ("G-LH", "节日礼盒", "礼盒", "398.00"),
    ),
    channels=("wechat", "store", "web"),
    stores=("外滩店", "西湖店", "春熙路店"),
    levels=("普通", "银卡", "金卡", "贵宾"),
    interests=("绿茶", "乌龙茶", "红茶", "茶具", "茶艺课"),
    praise=("茶很香，下次还来。", "包装用心，送礼体面。", "店员很热情。", "物流很快！"),
    complaints=("送货太慢了。", "味道和上次不一样。", "客服没有回复。", "茶盘有裂痕。"),
)

HARBOUR = Merchant(
    slug="harbour",
    name="Harbour Coffee & Outfitters",
    locale="en",
    currency="EUR",
    zone="Europe/Berlin",
    seed=19_990_401,
    family_names=tuple(
        "Fischer Weber Meyer Wagner Becker Schulz Hoffmann Koch Richter Klein Wolf Neumann Braun Krüger".split()
    ),
    given_names=tuple(
        "Anna Ben Clara David Emma Felix Greta Hannes Ida Jonas Klara Leon Mia Noah Paula Ruth Sven Tilda Uwe".split()
    ),
    cities=(
        ("DE", "Hamburg", "Hamburg", "+49"),
        ("DE", "Berlin", "Berlin", "+49"),
        ("DE", "Bremen", "Bremen", "+49"),
        ("DE", "Schleswig-Holstein", "Kiel", "+49"),
        ("DE", "Bavaria", "Munich", "+49"),
        ("NL", "North Holland", "Amsterdam", "+31"),
        ("DK", "Capital Region", "Copenhagen", "+45"),
        ("SE", "Skåne", "Malmö", "+46"),
    ),
    products=(
        ("C-ESP", "Espresso beans 1 kg", "coffee/beans", "24.90"),
        ("C-FIL", "Filter beans 1 kg", "coffee/beans", "21.50"),
        ("C-DEC", "Decaf beans 1 kg", "coffee/beans", "22.90"),
        ("C-CAP", "Capsules, 50", "coffee/capsules", "17.50"),
        ("E-GRI", "Hand grinder", "equipment/grinders", "79.00"),
        ("E-MOK", "Moka pot", "equipment/brewers", "39.90"),
        ("E-KET", "Gooseneck kettle", "equipment/kettles", "64.00"),
        ("O-MUG", "Enamel mug", "outdoor/cups", "12.90"),
        ("O-BAG", "Dry bag 20 l", "outdoor/bags", "29.90"),
        ("G-BOX", "Gift box", "gifts", "49.00"),
    ),
    channels=("web", "store", "app"),
    stores=("Speicherstadt", "Kreuzberg", "Nyhavn"),
    levels=("basic", "silver", "gold", "vip"),
    interests=("espresso", "filter", "decaf", "camping", "sailing"),
    praise=("Great coffee, fast delivery.", "Friendly staff.", "My favourite beans.", "Lovely packaging."),
    complaints=("Delivery took two weeks.", "The grinder arrived broken.", "Nobody answered my mail.", "Too bitter."),
)

MERCHANTS = (LANTERN, HARBOUR)
