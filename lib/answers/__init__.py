"""Answers: queries composed with metrics. Pages, documents and the command line ask here.

Every answer is called as `answer(source, scope, *small_arguments)` and returns a picklable
dataclass or a DataFrame.
"""

from lib.answers.accounts import SHOWN_SIGN_INS, OpenSession, accounts, has_password, own_sessions, own_sign_ins
from lib.answers.audit import (
    COUNTED,
    HISTORY_PAGE,
    HistoryQuery,
    chain_length,
    changes,
    history,
    history_count,
)
from lib.answers.breakdown import BREAKDOWNS, by_dimension, by_dimensions, funnel, peer_groups
from lib.answers.figures import Compared, Figure, Share, figures, misses_target
from lib.answers.hard_cases import HardCases, hard_cases, listed_tickets
from lib.answers.labels import category_paths, dimension
from lib.answers.list_detail import ItemDetail, hand_overs, list_item
from lib.answers.list_documents import document_register, document_years
from lib.answers.list_figures import ListFigure, ListFigures, list_figures
from lib.answers.list_items import ListView, item_counts, list_items, may_look
from lib.answers.list_overview import ListsAtAGlance, lists_at_a_glance
from lib.answers.list_registers import visits, warnings
from lib.answers.list_reinspections import item_reinspections, samples, ticket_reviews
from lib.answers.meeting import (
    VOLUME,
    MeetingDetail,
    Volume,
    find_ticket,
    frozen_beside_today,
    meeting,
    topic_scopes,
    topic_volume,
)
from lib.answers.nomination import nominate
from lib.answers.opened import (
    Bounds,
    DefinitionRow,
    OpenedFigure,
    bounds_by_dimension,
    definitions,
    opened,
    satisfaction_bounds,
)
from lib.answers.overview import Item, Overview, Sentence, overview
from lib.answers.places import hex_density
from lib.answers.quality import (
    Quality,
    import_history,
    import_warnings,
    quality,
    rejected_rows,
    years_without_calendar,
)
from lib.answers.radar import DemandForecast, Earlier, TopicRadar, demand_forecast, topic_radar
from lib.answers.review import DISSATISFIED, HARD, POPULATIONS, hard_count, hard_tickets, population, population_count
from lib.answers.scheduling import Chain, chain, mechanisms, meetings, outcomes, results, tasks, topics
from lib.answers.source import Source, for_category, for_unit, newest_month, reach_of
from lib.answers.suggestions import (
    LastRun,
    SuggestionDetail,
    last_run,
    merge_targets,
    rule_shares,
    suggested_about,
    suggestion,
    suggestions,
)
from lib.answers.tickets import (
    TicketDetail,
    known_tickets,
    next_key,
    ticket_count,
    ticket_detail,
    ticket_list,
    ticket_words,
)
from lib.answers.to_do import ToDo, to_do
from lib.answers.trends import category_movers, channel_mix, hour_profile, trend, trends
from lib.answers.units import Enterprise, Pair, UnitProfile, enterprise, paired, unit_profile
from lib.queries.list_items import ItemFilter
from lib.queries.suggestion_list import SuggestionFilter
from lib.queries.ticket_filter import FLAGS, Part, TicketQuery

__all__ = [
    "BREAKDOWNS",
    "COUNTED",
    "DISSATISFIED",
    "FLAGS",
    "HARD",
    "HISTORY_PAGE",
    "POPULATIONS",
    "SHOWN_SIGN_INS",
    "VOLUME",
    "Bounds",
    "Chain",
    "Compared",
    "DefinitionRow",
    "DemandForecast",
    "Earlier",
    "Enterprise",
    "Figure",
    "HardCases",
    "HistoryQuery",
    "Item",
    "ItemDetail",
    "ItemFilter",
    "LastRun",
    "ListFigure",
    "ListFigures",
    "ListView",
    "ListsAtAGlance",
    "MeetingDetail",
    "OpenSession",
    "OpenedFigure",
    "Overview",
    "Pair",
    "Part",
    "Quality",
    "Sentence",
    "Share",
    "Source",
    "SuggestionDetail",
    "SuggestionFilter",
    "TicketDetail",
    "TicketQuery",
    "ToDo",
    "TopicRadar",
    "UnitProfile",
    "Volume",
    "accounts",
    "bounds_by_dimension",
    "by_dimension",
    "by_dimensions",
    "category_movers",
    "category_paths",
    "chain",
    "chain_length",
    "changes",
    "channel_mix",
    "definitions",
    "demand_forecast",
    "dimension",
    "document_register",
    "document_years",
    "enterprise",
    "figures",
    "find_ticket",
    "for_category",
    "for_unit",
    "frozen_beside_today",
    "funnel",
    "hand_overs",
    "hard_cases",
    "hard_count",
    "hard_tickets",
    "has_password",
    "hex_density",
    "history",
    "history_count",
    "hour_profile",
    "import_history",
    "import_warnings",
    "item_counts",
    "item_reinspections",
    "known_tickets",
    "last_run",
    "list_figures",
    "list_item",
    "list_items",
    "listed_tickets",
    "lists_at_a_glance",
    "may_look",
    "mechanisms",
    "meeting",
    "meetings",
    "merge_targets",
    "misses_target",
    "newest_month",
    "next_key",
    "nominate",
    "opened",
    "outcomes",
    "overview",
    "own_sessions",
    "own_sign_ins",
    "paired",
    "peer_groups",
    "population",
    "population_count",
    "quality",
    "reach_of",
    "rejected_rows",
    "results",
    "rule_shares",
    "samples",
    "satisfaction_bounds",
    "suggested_about",
    "suggestion",
    "suggestions",
    "tasks",
    "ticket_count",
    "ticket_detail",
    "ticket_list",
    "ticket_reviews",
    "ticket_words",
    "to_do",
    "topic_radar",
    "topic_scopes",
    "topic_volume",
    "topics",
    "trend",
    "trends",
    "unit_profile",
    "visits",
    "warnings",
    "years_without_calendar",
]
