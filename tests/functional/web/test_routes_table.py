"""Which test shows what of the lists T and B: a table, and a check that the tests it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
WEB, DATA, UNIT = "functional/web/", "functional/data/", "unit/"
GATEWAY = "functional/gateway/"
API, ADMIN = "functional/api/", "functional/admin/"

SHOWN: dict[str, tuple[str, ...]] = {
    # T: what went wrong elsewhere.
    "T1 forged requests": (
        f"{WEB}test_routes_access.py::test_nothing_is_changed_without_the_token",
        f"{WEB}test_routes_access.py::test_a_token_in_the_address_is_none",
        f"{WEB}test_routes_headers.py::test_a_get_saves_nothing",
    ),
    "T2 the password is nowhere": (
        f"{WEB}test_login.py::test_the_password_is_nowhere",
        f"{API}test_login.py::test_the_password_is_in_no_log",
    ),
    "T3 referrer": (f"{WEB}test_routes_headers.py::test_security_headers",),
    "T4 the session is told to nobody": (f"{WEB}test_routes_headers.py::test_secrets_are_in_no_answer_and_no_log",),
    "T5 redirects": (
        f"{UNIT}security/test_redirects.py::test_what_leads_elsewhere_leads_to_the_start",
        f"{WEB}test_login.py::test_a_log_in_leads_nowhere_else",
    ),
    "T7 JSONP": (
        f"{WEB}test_routes_hostile.py::test_a_callback_is_a_name_or_refused",
        f"{DATA}test_tables.py::test_jsonp_where_it_has_always_been",
    ),
    "T8 lost passwords": (
        f"{WEB}test_lost_password.py::test_the_answer_is_the_same_for_everybody",
        f"{WEB}test_login_work.py::test_a_wrong_password_and_a_wrong_name_are_one",
    ),
    "T9 no markup from text": (f"{UNIT}ui/test_templates.py::",),
    "T10 only colleagues": (
        f"{DATA}test_attachments.py::test_what_others_may_not_have",
        f"{DATA}test_lists.py::test_others_find_nothing",
        f"{GATEWAY}test_rois.py::test_what_is_not_there",
        f"{API}test_single.py::test_who_may_know_whom",
        f"{API}test_single.py::test_strangers_see_nothing",
        f"{ADMIN}test_rights.py::test_a_stranger_is_told_nothing_of_a_user",
    ),
    "T15 shares": (f"{ADMIN}test_rights.py::test_there_are_no_shares",),
    "T16 paths in archives": (f"{UNIT}connection/test_archive.py::test_nothing_leads_out_of_an_archive",),
    "T17 official scripts": (f"{ADMIN}test_rights.py::test_nobody_without_the_privilege_changes_an_official_script",),
    "T18 restricted administrators": (
        f"{ADMIN}test_rights.py::test_a_restricted_admin_may_do_what_the_privilege_says",
        f"{ADMIN}test_rights.py::test_nobody_changes_an_administrator_who_may_do_more",
        f"{ADMIN}test_rights.py::test_nobody_gives_a_privilege_that_they_lack",
    ),
    "T19 no text of users in queries": (
        f"{DATA}test_tables.py::test_what_is_no_query_is_refused",
        f"{DATA}test_tables.py::test_paths_to_objects",
        f"{GATEWAY}test_saved_settings.py::test_what_makes_no_sense",
    ),
    "T21 credentials by GET": (f"{WEB}test_routes_access.py::test_credentials_in_an_address_log_nobody_in",),
    "T22 a new session at log-in": (
        f"{WEB}test_login.py::test_an_anonymous_session_gets_a_new_id",
        f"{WEB}test_login.py::test_a_second_log_in_ends_the_first",
        f"{API}test_login.py::test_the_token_stays_and_the_session_is_new",
    ),
    "T23 no traceback": (
        f"{WEB}test_routes_headers.py::test_what_breaks_in_omero_is_told_in_our_words",
        f"{UNIT}test_errors.py::test_a_defect_is_logged_and_says_nothing",
    ),
    "T24 the public": (
        "functional/public/test_report.py::test_the_crawl_reaches_what_the_report_says_and_nothing_else",
        "functional/public/test_report.py::test_the_report_names_what_a_documented_pattern_would_open_beside_reading",
    ),
    "T25 attachments run nowhere": (
        "browser/test_files.py::test_no_script_of_an_attachment_runs",
        f"{DATA}test_attachments.py::test_nothing_that_could_run_is_shown",
    ),
    "T26 names in headers": (
        f"{UNIT}web/test_downloads.py::test_a_name_in_a_header",
        f"{DATA}test_attachments.py::test_names",
        f"{GATEWAY}test_variants.py::test_names_of_images_are_harmless_in_headers",
    ),
    "T27 forwarded headers": (
        f"{API}test_login.py::test_links_under_a_prefix_a_proxy_or_an_own_name",
        f"{UNIT}test_web.py::test_forwarded_headers_of_a_stranger_are_ignored_and_removed",
        f"{UNIT}test_hosts.py::test_what_an_untrusted_proxy_says_is_ignored_and_a_trusted_one_is_held_to_the_list",
    ),
    "T29 guessing": (
        f"{WEB}test_login.py::test_guessing_is_slowed_down",
        f"{WEB}test_faults_crowd.py::test_a_flood_of_log_ins",
    ),
    "T30 no pickle": (
        f"{WEB}test_routes_table.py::test_no_record_is_ever_unpickled",
        f"{WEB}test_login.py::test_a_planted_pickle_logs_out_and_does_not_run",
    ),
    # B: the base line.
    "B1 cookies": (f"{WEB}test_routes_headers.py::test_cookies_are_the_sites_alone",),
    "B2 headers": (
        f"{WEB}test_routes_headers.py::test_security_headers",
        f"{WEB}test_routes_headers.py::test_who_may_keep_what",
    ),
    "B3 hosts": (f"{UNIT}test_hosts.py::test_a_foreign_host_gets_400_and_is_not_repeated",),
    "B4 frames": (f"{WEB}test_routes_headers.py::test_security_headers",),
    "B5 CORS": (f"{WEB}test_routes_headers.py::test_security_headers", f"{WEB}test_cors.py::"),
    "B6 log-out": (
        f"{WEB}test_login.py::test_log_in_and_out",
        f"{WEB}test_login.py::test_get_logs_nobody_out_or_in",
    ),
    "B7 expiry": (
        f"{WEB}test_lease.py::test_an_omero_session_that_is_over_ends_the_web_session",
        f"{WEB}test_faults_crowd.py::test_sessions_expire",
    ),
    "B8 other sessions": (
        f"{ADMIN}test_password_sessions.py::",
        f"{WEB}test_lease.py::test_an_omero_session_that_is_over_ends_the_web_session",
    ),
    "B10 bodies": (
        f"{WEB}test_routes_hostile.py::test_in_bodies",
        f"{API}test_save.py::test_what_makes_no_sense_is_refused",
    ),
    "B12 pictures": (f"{ADMIN}test_account.py::test_what_is_no_picture_is_refused",),
    "B11 numbers": (f"{WEB}test_routes_hostile.py::test_in_addresses_and_queries",),
    "B14 secrets are not shown": (
        f"{UNIT}test_settings.py::test_a_secret_is_never_shown",
        f"{UNIT}test_web.py::test_ready_says_that_omero_is_down_and_not_where",
    ),
    "B18 caches": (f"{GATEWAY}test_pictures.py::test_a_picture_kept_for_one_is_not_the_picture_of_another_user",),
    "R12 clients that vanish": (
        f"{GATEWAY}test_ome_tiff.py::test_clients_that_go_away_leave_nothing_open",
        f"{DATA}test_patience.py::test_a_client_that_leaves",
        f"{DATA}test_integrity.py::test_who_leaves_holds_nothing",
    ),
    "R22 downloads are whole": (
        f"{DATA}test_integrity.py::test_an_archive_arrives_whole",
        f"{DATA}test_integrity.py::test_a_download_that_is_cut_goes_on",
        f"{DATA}test_integrity.py::test_a_slow_reader_holds_nothing_and_gets_all",
        f"{UNIT}connection/test_archive.py::test_a_file_of_more_than_four_gigabytes",
    ),
    "B17 levels of groups": (f"{ADMIN}test_rights.py::test_what_each_may_do_with_a_group_agrees_with_omero",),
    "B15 the secret key": (f"{UNIT}test_settings.py::test_production_refuses_weak_settings",),
}


@pytest.mark.parametrize("what", SHOWN)
def test_what_is_shown_is_tested(what: str) -> None:
    for name in SHOWN[what]:
        path, _, function = name.partition("::")
        text = (TESTS / path).read_text()
        assert re.search(rf"^def {function or 'test_'}", text, re.MULTILINE), name


def test_no_record_is_ever_unpickled() -> None:
    """T30: no module of the web reads what could run code while it is read."""
    risky = re.compile(r"^\s*(import|from) (pickle|cPickle|dill|shelve|cloudpickle)\b|\byaml\.load\(", re.MULTILINE)
    sources = [path for path in (TESTS.parent / "omeropyr").rglob("*.py") if "embedded" not in path.parts]
    assert len(sources) > 50
    assert [str(path) for path in sources if risky.search(path.read_text())] == []
