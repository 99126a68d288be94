"""Which replies are one text: with other names, days and numbers, but not with other substance."""

from itertools import combinations

import numpy as np

from lib.analysis.similar_replies import clusters, gist, likeness

TEMPLATE = (
    "尊敬的{}，您好！您反映的问题已收悉，我单位高度重视，正在积极推进中，请您耐心等待，祝您生活愉快。（{}月{}日）"
)


def test_a_text_with_other_names_days_and_widths_is_one():
    texts = [TEMPLATE.format(name, month, day)
             for name, month, day in (("张先生", 9, 1), ("李女士", 10, 12), ("王先生", 9, 30))]  # fmt: skip
    texts.append(TEMPLATE.format("赵女士", 8, 2).replace("，", " , "))
    assert len(set(clusters(["U"] * 4, texts, 0.8))) == 1


def test_other_substance_is_another_text_and_other_units_are_apart():
    texts = ["已更换损坏部件，路灯恢复正常", "已责令商户限期整改，占道清理完毕", "已更换损坏部件，路灯恢复正常"]
    assert len(set(clusters(["U", "U", "U"], texts, 0.8))) == 2
    assert len(set(clusters(["U", "V", "W"], texts, 0.8))) == 3


def test_what_holds_no_text_belongs_to_nothing():
    assert list(clusters(["U"] * 4, ["", "。。。", "12345", "已处理"], 0.8)) == [-1, -1, -1, 0]
    assert list(clusters([], [], 0.8)) == []


def test_short_texts_are_compared_whole():
    found = clusters(["U"] * 3, ["已处理。", "已处理", "已退单。"], 0.8)
    assert found[0] == found[1] != found[2]


def test_clusters_are_those_of_comparing_every_pair():
    rng = np.random.default_rng(5)
    letters = np.array(list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"))
    bases = ["".join(rng.choice(letters, 60)) for _ in range(25)]
    texts = []
    for base in bases:
        for _ in range(12):
            changed = list(base)
            for place in rng.choice(60, rng.integers(0, 4), replace=False):
                changed[place] = str(rng.choice(letters))
            texts.append("".join(changed))
    found = clusters(["U"] * len(texts), texts, 0.8)
    parent = list(range(len(texts)))

    def root(k):
        while parent[k] != k:
            k = parent[k]
        return k

    for a, b in combinations(range(len(texts)), 2):
        if likeness(gist(texts[a]), gist(texts[b])) >= 0.8:
            parent[root(b)] = root(a)
    expected = [root(k) for k in range(len(texts))]
    # Bands may miss a pair in some hundred thousand; whole clusters they do not miss.
    same = sum((found[a] == found[b]) == (expected[a] == expected[b]) for a, b in combinations(range(len(texts)), 2))
    assert same / (len(texts) * (len(texts) - 1) / 2) > 0.999
    assert len(set(found)) < len(bases) + 10
