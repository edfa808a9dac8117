{#
    A rebuild of a long history takes a few months at a time, so that its joins and sorts hold what those months need and do not
    spill: the pre-hook in fingerprint.sql says which months are stale, the model writes the first of them, this post-hook the
    rest, all in one transaction. A month's rows are the same, whatever months are built with it.
#}
{% macro build_later_months() %}
    {%- if execute -%}
        {%- set months = run_query("select len(getvariable('months_to_build'))").columns[0][0] | int -%}
        {%- for first in range(1 + _months_at_once(), months + 1, _months_at_once()) -%}
            {%- do run_query(_turn_to_months(first)) -%}
            {%- do run_query("insert into " ~ this ~ " by name\n" ~ model.compiled_code) -%}
        {%- endfor -%}
        set variable stale_months = getvariable('months_to_build');
    {%- endif -%}
{% endmacro %}


{# Tell the model which of the months to build it writes now: so many from the `first`, counted from 1. #}
{% macro _turn_to_months(first) %}
    set variable stale_months = getvariable('months_to_build')[{{ first }}:{{ first + _months_at_once() - 1 }}];
    set variable reach_from = (
        select coalesce(min(month) - {{ longest_lookback() }}, 'infinity'::timestamp)
        from (select unnest(getvariable('stale_months')) as month)
    );
    set variable reach_to = (
        select max(month) + interval 1 month + interval 1 day
        from (select unnest(getvariable('stale_months')) as month)
    );
{% endmacro %}


{% macro _months_at_once() -%}
    {%- set given = var('months_at_once') -%}
    {%- if given is not integer or given < 1 -%}
        {{ exceptions.raise_compiler_error("months_at_once is " ~ given ~ "; wanted a whole number from 1. It stands in dbt_project.yml.") }}
    {%- endif -%}
    {{ return(given) }}
{%- endmacro %}
