"""How pictures are looked at in this session, wherever they are."""

from fada_tui.tui.terminal.graphics.view import AS_IT_IS


class PictureView:
    """The view of all pictures: kept from image to image and from screen to screen, and never on disk."""

    def __init__(self) -> None:
        self.view = AS_IT_IS
        self.open = False
        """The keys of the place "window" work now."""
        self.told = False
        """That the model saw something else was said."""
        self.told_closer = False
        """That the picture stays closer where it is smaller was said."""
        self.told_stays = False
        """That pictures stay this way after the keys are closed was said."""

    @property
    def changed(self) -> bool:
        """Whether pictures are seen in another way than they are."""
        return self.view != AS_IT_IS
