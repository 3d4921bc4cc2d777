"""The API as tests/api holds it, through every web server: what a server between could break."""
from test_conventions import (  # noqa: F401
    test_a_body_may_be_one_mebibyte_and_not_one_byte_more, test_a_body_of_another_type_is_415,
    test_a_body_of_type_json_is_read, test_an_unknown_path_is_404_for_every_method,
    test_an_unknown_query_parameter_stops_a_write, test_another_method_on_a_known_path_is_405_with_allow,
    test_another_request_id_is_replaced, test_every_user_route_refuses_who_has_no_token,
    test_nothing_below_auth_and_tasks_may_be_stored_by_caches, test_options_answers_204_with_every_allowed_method,
    test_success_too_carries_a_request_id, test_the_clients_own_request_id_comes_back_and_is_logged)
from test_cors import (  # noqa: F401
    test_a_preflight_allows_every_method_of_the_path_and_the_headers_we_read, test_an_exact_origin_may_read_with_credentials,
    test_errors_too_can_be_read, test_the_answer_varies_by_origin_also_without_one)
from test_isolation import (  # noqa: F401
    private, test_every_route_that_needs_a_user_refuses_a_stranger, test_no_route_shows_or_changes_what_is_another_users)
from test_login import (  # noqa: F401
    test_a_form_is_decoded, test_a_login_answers_exactly_two_members, test_a_malformed_form_is_400,
    test_an_unknown_email_and_a_wrong_password_answer_alike, test_passwords_and_tokens_stand_in_no_log,
    test_refresh_true_adds_two_members, test_the_email_is_compared_without_case_and_white_space_around_it,
    test_the_oauth2_form_logs_in)
from test_password_account import (  # noqa: F401
    test_a_changed_password_replaces_the_old_one, test_a_deleted_account_is_gone_with_all_its_data, test_me_tells_who_i_am)
from test_service import (  # noqa: F401
    test_healthz_says_ok, test_metrics_are_prometheus_text, test_the_docs_are_a_page, test_the_document_is_openapi,
    test_the_start_page_is_served)
from test_sessions_refresh import (  # noqa: F401
    cara, test_a_refresh_answers_a_new_pair, test_a_session_that_is_not_yours_is_404, test_a_token_in_the_body_goes_before_the_cookie,
    test_a_wrong_cookie_is_401, test_an_odd_user_agent_hinders_no_login, test_logout_ends_this_session_and_no_other,
    test_the_list_of_sessions)
from test_signup import (  # noqa: F401
    test_a_new_account_is_201_with_its_location, test_an_email_taken_is_409_in_any_case)
from test_tasks_batch import (  # noqa: F401
    test_a_batch_is_201_with_every_task_in_the_order_sent, test_delete_empties_the_list, test_the_same_batch_again_is_200_and_makes_nothing)
from test_tasks_crud import (  # noqa: F401
    test_a_deleted_task_is_gone, test_a_new_task_is_201_with_location_and_etag, test_a_read_task_has_the_etag_of_its_creation,
    test_every_member_comes_back_as_sent, test_if_none_match_answers_304_without_a_body,
    test_the_same_create_again_is_200_and_makes_no_second_task)
from test_tasks_list import (  # noqa: F401
    test_a_list_has_a_weak_etag_that_changes_with_what_it_shows, test_a_list_that_is_known_is_304, test_a_search_may_be_long,
    test_a_search_folds_case_and_takes_every_character_as_it_is, test_the_total_counts_what_the_filters_select_on_every_page)
from test_tasks_paging import (  # noqa: F401
    test_a_link_keeps_the_order_and_the_size_of_the_page, test_filters_go_along_with_the_link)
from test_tasks_patch_put_complete import (  # noqa: F401
    full, test_complete_without_a_body_toggles, test_patch_changes_only_what_is_sent, test_what_is_not_sent_stays)
from test_tasks_preconditions import (  # noqa: F401
    test_a_compressed_answers_tag_is_accepted, test_a_write_goes_through_while_its_etag_holds,
    test_a_write_with_an_old_etag_is_412_and_changes_nothing, test_the_etag_of_each_write_is_good_for_the_next)
