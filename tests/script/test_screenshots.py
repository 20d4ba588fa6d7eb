"""script/screenshots and the page that shows what it took say the same."""

from script.shooting.gallery import FOLDER, MODES, gallery, picture
from script.shooting.pages import PAGES


def test_the_gallery_shows_every_page() -> None:
    assert (FOLDER / "README.md").read_text() == gallery()


def test_every_picture_was_taken_and_no_other_lies_there() -> None:
    taken = {picture(shot, mode) for shot in PAGES for mode in MODES}

    assert {path.name for path in FOLDER.glob("*.png")} == taken
