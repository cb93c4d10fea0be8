"""Zones, their watermarks and their free blocks, as lab 14's two machines have them."""

from pathlib import Path

import pytest
import testinfra

from checkers import ReadError, zones

DATA = Path(__file__).parents[1] / "data" / "zones"


def text(name):
    return (DATA / f"{name}.txt").read_text()


@pytest.fixture(scope="module")
def scanner():
    return zones.parse(text("scanner_6.12"))


def test_zones_of_a_small_machine(scanner):
    assert [zone.name for zone in scanner.all] == ["DMA", "DMA32", "Normal", "Movable", "Device"]
    normal, movable = scanner["Normal"], scanner["Movable"]

    assert (normal.managed, normal.spanned, normal.start, normal.blocks) == (0, 0, None, ())
    assert (movable.start, movable.spanned, movable.managed) == (32768, 40921, 38593)
    # A boost is in what zoneinfo calls min.
    assert (movable.boost, movable.min) == (512, 549)
    assert (scanner.min_free_kbytes, scanner.watermark_scale_factor) == (1165, 10)


def test_the_high_of_a_cpu_is_not_the_zones(scanner):
    assert "              high:" in text("scanner_6.12")
    assert scanner["DMA32"].high == 356


def test_the_zone_of_a_frame(scanner):
    assert [scanner.holding(frame).name for frame in (1, 4095, 4096, 32767, 32768, 73688)] == [
        "DMA", "DMA", "DMA32", "DMA32", "Movable", "Movable",
    ]  # fmt: skip
    for nobodys in (0, 73689):
        with pytest.raises(ReadError, match=f"no zone has the page frame {nobodys}"):
            scanner.holding(nobodys)


def test_what_is_kept_from_whom(scanner):
    dma, dma32 = scanner["DMA"], scanner["DMA32"]

    assert [scanner.protection(dma, against=name) for name in ("DMA", "DMA32", "Movable")] == [0, 67, 216]
    assert scanner.protection(dma32, against="Movable") == 148


def test_pieces_of_free_blocks(scanner):
    whole = zones.parse(text("scanner_set_6.12"))

    assert scanner["Movable"].pieces(9) == 0
    assert scanner["Movable"].pieces(8) == 1
    # Compacted: 12 blocks of 4 MiB and 7 of 2 MiB.
    assert whole["Movable"].pieces(9) == 2 * 12 + 7
    assert whole["Movable"].pieces(10) == 12
    # Free pages are in blocks, but for those that a CPU has for itself.
    assert 0 <= whole["Movable"].free - whole["Movable"].pieces(0) < 1000


@pytest.mark.parametrize("recorded", ["scanner_set_6.12", "highmem_set_6.1"])
def test_the_rule_is_the_kernels(recorded):
    found = zones.parse(text(recorded))

    for zone in found.all:
        if zone.managed:
            assert found.watermarks(zone) == zones.Watermarks(min=zone.min, low=zone.low, high=zone.high), zone


def test_a_change_is_foretold(scanner):
    after = zones.parse(text("scanner_set_6.12"))

    for zone in scanner.all:
        if zone.managed:
            told = scanner.watermarks(zone, min_free_kbytes=5000, watermark_scale_factor=300)
            assert told == after.watermarks(after[zone.name])
    assert scanner.watermarks(scanner["DMA32"], min_free_kbytes=5000) == zones.Watermarks(min=1040, low=1300, high=1560)


def test_zones_of_32_bits():
    found = zones.parse(text("highmem_6.1"))

    assert [zone.name for zone in found.all] == ["DMA", "Normal", "HighMem", "Movable"]
    high, normal = found["HighMem"], found["Normal"]
    # 896 MiB less what vmalloc takes are low; HighMem begins there.
    assert high.start == normal.start + normal.spanned
    assert (high.min, high.managed) == (128, 167899)
    assert found.protection(normal, against="HighMem") == high.managed // 32


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("--\n", "", "expected three parts, seen 1"),
        ("  pages free     12012", "  pages free", "zone DMA32 of node 0: not as Linux writes it"),
        ("        protection: (0, 0, 0, 148, 148)", "        protection: ()", "zone DMA32 of node 0: not as Linux"),
        ("        managed  19067", "", "zone DMA32 of node 0: not as Linux"),
        ("min_free_kbytes:1165", "min_free_kbytes:", "sysctl vm.min_free_kbytes"),
    ],
)
def test_damaged_text_is_our_error(old, new, message):
    whole = text("scanner_6.12")
    assert old in whole

    with pytest.raises(ReadError, match=message):
        zones.parse(whole.replace(old, new))


def test_no_zone_at_all_is_our_error():
    with pytest.raises(ReadError, match="no line 'Node N, zone NAME'"):
        zones.parse("--\n--\n")


def test_damaged_blocks_are_our_error():
    with pytest.raises(ReadError, match="buddyinfo: expected"):
        zones.parse("--\nNode 0 zone DMA 1 2\n--\n")


def test_a_zone_that_is_not_there(scanner):
    with pytest.raises(ReadError, match="no zone HighMem of node 0; it has 0 DMA"):
        scanner["HighMem"]


def test_on_this_linux():
    found = zones.read(testinfra.get_host("local://"))

    assert any(zone.managed for zone in found.all)
