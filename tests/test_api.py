"""Every public name: it resolves, says in a sentence what it is, has types, and stands in the API listing once."""

import importlib.util
import inspect
import re
import typing
from importlib import import_module
from pathlib import Path

import pytest

API = Path(__file__).resolve().parent.parent / "docs" / "api"
specification = importlib.util.spec_from_file_location("api", API.with_suffix(".py"))
api = importlib.util.module_from_spec(specification)
specification.loader.exec_module(api)

NAMES = {package: api.public_names(package) for package in api.PACKAGES}

every_package = pytest.mark.parametrize("package", api.PACKAGES)


def own_functions(value):
    """Give the functions that a class or function defines itself."""
    if not inspect.isclass(value):
        return [value] if inspect.isroutine(value) else []
    return [each for each in vars(value).values() if inspect.isfunction(each)]


def cannot_resolve(public):
    value = getattr(import_module(public.package), public.name)
    try:
        for each in [value, *own_functions(value)]:
            if inspect.isclass(each) or inspect.isroutine(each):
                typing.get_type_hints(each)
    except (NameError, TypeError, AttributeError) as error:
        return str(error)
    return None


@every_package
def test_every_name_resolves_to_what_its_module_defines(package):
    for public in NAMES[package]:
        assert getattr(import_module(public.package), public.name) is getattr(
            import_module(public.module), public.name
        ), public


@every_package
def test_every_name_says_in_one_sentence_what_it_is(package):
    sentences = {public.name: public.first_sentence() for public in NAMES[package]}
    assert not {name: text for name, text in sentences.items() if not re.fullmatch(r"\S((?!\.\s).)*[.?]", text)}


@every_package
def test_the_types_of_every_name_resolve_at_run_time(package):
    assert not {public.name: reason for public in NAMES[package] if (reason := cannot_resolve(public))}


@every_package
def test_a_stub_lists_each_name_once_and_all_that_its_package_gives(package):
    for importable in {public.package for public in NAMES[package]}:
        names = [public.name for public in NAMES[package] if public.package == importable]
        assert sorted(names) == sorted(import_module(importable).__all__)
        assert len(names) == len(set(names))


@every_package
def test_the_listing_is_up_to_date(package):
    listed = (API / f"{package}.md").read_text(encoding="utf-8")
    assert listed == api.page(package), "docs/api is out of date: python docs/api.py"
