"""The image for those who build on a pulled base is made of what the recipe is made of."""

import re

from containers.image import build
from containers.image.systems import SUITE

TEXT = (build.HERE / "Dockerfile").read_text()


def test_packages_and_overlay_are_the_recipes_own_files():
    assert "COPY packages.txt /build/" in TEXT
    assert "$(grep -v '^#' /build/packages.txt)" in TEXT
    assert "COPY overlay/ /build/overlay/" in TEXT
    packages = [line for line in (build.HERE / "packages.txt").read_text().splitlines() if not line.startswith("#")]
    assert packages == build.packages()


def test_nothing_is_installed_that_the_list_does_not_have():
    named = re.findall(r"install --yes (?:--[\w-]+ )*([a-z][\w-]*)", TEXT)

    assert set(named) <= set(build.packages())


def test_the_base_is_the_recipes():
    assert f"FROM debian:{SUITE}-slim" in TEXT
