"""Scanpaths to and from other tools, a file a format; `write_scanpaths` and `read_scanpaths` choose among them."""

from saliency.exchange.bids import read_bids, write_bids
from saliency.exchange.coco_search import read_coco_search, write_coco_search
from saliency.exchange.eyelink import read_asc, write_asc
from saliency.exchange.formats import FORMATS, read_scanpaths, write_scanpaths
from saliency.exchange.multimatch import read_multimatch, write_multimatch
from saliency.exchange.pymovements import from_pymovements, to_pymovements
from saliency.exchange.pysaliency import read_pysaliency, write_pysaliency
from saliency.exchange.table import read_table, write_table

__all__ = [
    "FORMATS",
    "from_pymovements",
    "read_asc",
    "read_bids",
    "read_coco_search",
    "read_multimatch",
    "read_pysaliency",
    "read_scanpaths",
    "read_table",
    "to_pymovements",
    "write_asc",
    "write_bids",
    "write_coco_search",
    "write_multimatch",
    "write_pysaliency",
    "write_scanpaths",
    "write_table",
]
