"""Keys that columns of the monthly scheduling hold, with the words people use for them."""

from __future__ import annotations

TOPIC_STATES = {"candidate": "候选", "chosen": "已选定", "rejected": "未选定", "withdrawn": "已撤回"}
FIELDS = {
    "livelihood": "民生服务", "housing": "住房物业", "transport": "交通出行", "environment": "生态环境",
    "labour": "劳动社保", "education": "教育医疗", "rural": "三农", "business": "营商环境", "safety": "公共安全",
    "other": "其他",
}  # fmt: skip
MEETING_STATES = {"planned": "筹备中", "held": "已召开", "cancelled": "已取消"}
OUTCOME_KINDS = {
    "problems": "解决问题",
    "households": "惠及群众",
    "projects": "实施项目",
    "funds": "投入资金",
    "other": "其他",
}
LIBRARIES = {"policy": "政策库", "tool": "工具箱"}
