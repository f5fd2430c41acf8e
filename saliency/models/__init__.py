"""Saliency models, one a file; `catalogue` names them."""
