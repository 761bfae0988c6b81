"""What Solara serves for `kembar mesa-view`: it looks for `page` in this module."""

import os

from kembar.mesa_view import WORLD_VARIABLE, make_page

page = make_page(os.environ.get(WORLD_VARIABLE, "indonesia"))
