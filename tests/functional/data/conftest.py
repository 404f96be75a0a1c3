"""Sites with settings of their own."""

from tests.functional.web.conftest import browser as browser
from tests.functional.web.conftest import request_of as request_of
from tests.functional.web.conftest import who_is as who_is
