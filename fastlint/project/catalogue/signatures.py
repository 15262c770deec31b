"""The keywords that FastAPI's own constructors and markers take, read from the signatures of 0.165."""

APPLICATION = frozenset(
    {
        *("telemetry", "debug", "routes", "title", "summary", "description", "version", "openapi_url", "openapi_tags"),
        *("servers", "dependencies", "default_response_class", "redirect_slashes", "docs_url", "redoc_url"),
        *("swagger_ui_oauth2_redirect_url", "swagger_ui_init_oauth", "middleware", "exception_handlers", "on_startup"),
        *("on_shutdown", "lifespan", "terms_of_service", "contact", "license_info", "root_path"),
        *("root_path_in_servers", "responses", "callbacks", "webhooks", "deprecated", "include_in_schema"),
        *("swagger_ui_parameters", "generate_unique_id_function", "separate_input_output_schemas"),
        *("openapi_external_docs", "strict_content_type", "max_body_size", "form_limits"),
    }
)
MARKER = frozenset(
    {
        *("default", "default_factory", "alias", "alias_priority", "validation_alias", "serialization_alias", "title"),
        *("description", "gt", "ge", "lt", "le", "min_length", "max_length", "pattern", "regex", "discriminator"),
        *("strict", "validate_default", "union_mode", "fail_fast", "multiple_of", "allow_inf_nan", "max_digits"),
        *("decimal_places", "examples", "example", "openapi_examples", "deprecated", "include_in_schema"),
        "json_schema_extra",
    }
)
"""What `Query`, `Path`, `Header`, `Cookie`, `Body`, `Form` and `File` have in common."""
MARKER_OWN = {
    "Header": frozenset({"convert_underscores"}),
    "Body": frozenset({"embed", "media_type"}),
    "Form": frozenset({"media_type"}),
    "File": frozenset({"media_type"}),
}
