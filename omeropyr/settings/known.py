"""Names of ``omero.web.*`` settings that a site may carry over although nothing here reads them, and why not."""

from __future__ import annotations

DJANGO = "it belongs to Django, which omeropyr does not use"
LATER = "it belongs to a part of OMERO.web that omeropyr does not have"
SERVER = "another web server or process manager runs the application"
FIXED = "omeropyr decides this itself"

KNOWN: dict[str, str] = {
    f"omero.web.{name}": why
    for why, names in {
        DJANGO: """debug secret_key admins admins.email_subject_prefix middleware use_x_forwarded_host
            secure_proxy_ssl_header staticfile_dirs template_dirs pipeline_js_compressor pipeline_css_compressor
            pipeline_staticfile_storage databases caches django_additional_settings allowed_hosts system_checks
            session_serializer apps root_application""",
        SERVER: """application_server application_server.max_requests wsgi_args wsgi_workers wsgi_timeout
            wsgi_worker_class wsgi_worker_connections nginx_server_extra_config logdir static_root""",
        FIXED: "static_url csrf_cookie_httponly x_frame_options html_meta_referrer check_version upgrades.url",
        LATER: """time_zone cors_origin_whitelist cors_origin_allow_all login_view login_redirect
            login.show_client_downloads login.client_downloads_base show_forgot_password public.enabled
            public.url_filter public.get_only public.server_id public.user public.password public.cache.enabled
            public.cache.key public.cache.timeout index_template base_include_template ui.top_links
            ui.metadata_panes ui.right_plugins ui.center_plugins open_with viewer.view plate_layout
            search.default_user search.default_group user_dropdown favicon_url feedback.comment.enabled
            feedback.error.enabled sharing.twitter sharing.opengraph chunk_size maximum_multifile_download_size
            max_table_download_rows max_table_slice_size api.limit api.max_limit api.absolute_url
            api.session_uuid""",
    }.items()
    for name in names.split()
}
