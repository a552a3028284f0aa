"""What all tests share. Plain functions and data are in `tests/helpers`, which is on the path."""

import pytest

pytest.register_assert_rewrite("eager", "rows")
