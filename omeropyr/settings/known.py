"""Names of OMERO.web's settings that a site may carry over: those that have no effect here and why, those renamed."""

from __future__ import annotations

DJANGO = "it belongs to Django, which omeropyr does not use"
ADDONS = "add-ons stand in omeropyr.addons, and bring their own pages, panels and links"
PROCESS = "omeropyr serve is one process with omero.web.wsgi_threads threads"
PROXY = "omeropyr.trusted_proxies says whose X-Forwarded-* headers are believed"
LOGS = "the sections [handlers] and [logger_*] of the INI file say what is logged where"
QUIET = "pages load nothing from other sites, and omeropyr sends nothing to them"
MAIL = "the OMERO server sends mail, omeropyr sends none"
SERVER = "it is a setting of the OMERO server: omero config set {}"

_WEB: dict[str, str] = {
    DJANGO: """admins admins.email_subject_prefix middleware template_dirs databases
        django_additional_settings system_checks session_serializer pipeline_js_compressor pipeline_css_compressor
        pipeline_staticfile_storage login_view login_redirect base_include_template viewer.view
        email_subject_prefix send_broken_link_emails""",
    ADDONS: "apps root_application ui.right_plugins ui.center_plugins",
    PROCESS: """application_server application_server.max_requests wsgi_args wsgi_workers wsgi_timeout
        wsgi_worker_class wsgi_worker_connections""",
    PROXY: "use_x_forwarded_host secure_proxy_ssl_header",
    LOGS: "logdir",
    QUIET: """login.show_client_downloads login.client_downloads_base upgrades.url feedback.comment.enabled
        feedback.error.enabled sharing.twitter sharing.opengraph""",
    "omeropyr.development is what a developer switches on": "debug",
    "static files are served below /static/ of the prefix, from the packages they come with": """static_url
        static_root staticfile_dirs""",
    "pages show times in the browser's own time zone": "time_zone",
    "the csrftoken cookie is the one that scripts must read": "csrf_cookie_httponly",
    "list the origins in omero.web.cors_origin_whitelist; to allow any would open users' data to every page":
        "cors_origin_allow_all",
    "X-Frame-Options is SAMEORIGIN": "x_frame_options",
    "Referrer-Policy is same-origin": "html_meta_referrer",
    MAIL: "server_email email_host email_host_password email_host_user email_port email_use_tls",
    "visitors only read, whatever it says": "public.get_only",
    "the visitors of a web process always share one OMERO session": "public.cache.enabled public.cache.key",
    SERVER.format("omero.policy.binary_access"): "plate_download.enabled",
    SERVER.format("omero.client.viewer.initial_zoom_level"): "viewer.initial_zoom_level",
}  # fmt: skip
_WHOLE: dict[str, str] = {
    MAIL: """omero.mail.from omero.mail.host omero.mail.password omero.mail.username omero.mail.port
        omero.mail.smtp.starttls.enable""",
    QUIET: "omero.qa.feedback",
}

#: Accepted without effect: name -> why.
KNOWN: dict[str, str] = {
    **{f"omero.web.{name}": why for why, names in _WEB.items() for name in names.split()},
    **{name: why for why, names in _WHOLE.items() for name in names.split()},
}
#: Read under another name here; where both are set, the new one wins.
RENAMED: dict[str, str] = {
    "omero.web.force_script_name": "omero.web.prefix",
    "omero.web.secret_key": "omeropyr.session.secret",
}
