"""Names that mean the same thing in different APIs: `per_page`, `pageSize` and `page[size]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOISE = re.compile(r"[^a-z0-9]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LIMIT = _words(
    "limit perpage pagesize size maxresults maxcount maxitems top first take rows count resultsperpage itemsperpage "
    "pagelimit"
)
OFFSET = _words("offset skip start startindex startat pageoffset limitstart from")
PAGE = _words("page pagenumber pageno pagenum p currentpage pageindex")
CURSOR = _words(
    "cursor after pagetoken nexttoken startingafter marker continuationtoken pageafter pagecursor nextpagetoken "
    "nextcursor"
)
BEFORE = _words("before endingbefore pagebefore")
SORT = _words("sort sortby sortfield orderby order ordering")
DIRECTION = _words("order direction dir sortorder sortdirection sortdir orderdirection orderdir")
SEARCH = _words("q query search searchterm")

TOTAL = _words(
    "total totalcount totalitems totalelements totalresults totalrecords totalsize totalhits odatacount recordstotal "
    "numfound"
)
COUNT = _words("count numberofelements resultcount recordcount")
PAGES = _words("totalpages pages pagecount lastpage pagetotal")
PAGE_NOW = _words("page pagenumber currentpage number")
HAS_NEXT = _words("hasmore hasnext hasnextpage more")
HAS_PREVIOUS = _words("hasprevious hasprev haspreviouspage")
NEXT_CURSOR = _words("nextcursor nextpagetoken nexttoken cursor continuationtoken nextmarker endcursor")
NEXT = _words("next nextpage nextlink nextpageurl odatanextlink nexturl nexthref")
PREVIOUS = _words("previous prev previouspage prevpage previouslink prevlink previousurl prevurl")

CREATED = _words("created createdat createdon creationdate creationtime createddate datecreated createtime")
UPDATED = _words(
    "updated updatedat updatedon modified modifiedat lastmodified lastupdated lastmodifiedat updatedate updatetime "
    "dateupdated datemodified modifieddate lastmodifieddate lastupdatedat"
)

ARRAYS = ("data", "items", "results", "values", "value", "entries", "records", "list", "content", "elements", "rows")


def normal(name: str) -> str:
    """Return a name without case, separators, brackets and `$`."""
    return _NOISE.sub("", name.lower())


def singular(word: str) -> str:
    """Return the likely singular of an English plural, normalised: `categories` is `category`."""
    word = normal(word)
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "uses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def find(candidates: Iterable[str], names: Iterable[str]) -> str | None:
    """Return the first of `names` that means one of `candidates` (normalised), in the order of the candidates."""
    by_normal: dict[str, str] = {}
    for name in names:
        by_normal.setdefault(normal(name), name)
    return next((by_normal[each] for each in candidates if each in by_normal), None)
