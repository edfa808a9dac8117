{#
    Every version of a source's facts in the stale months, as a select: the raw columns, period_month, known_month, and
    is_first_known for the version that features use. `key` names a fact within its period.

        versions as (
            {{ versions_of(source('nycflights13', 'weather_observation'), key=['origin', 'observed_hour_at']) }}
        )
#}
{% macro versions_of(facts, key) -%}
    select
        *,
        row_number() over (partition by period_month, {{ key | join(', ') }} order by known_at) = 1 as is_first_known
    from (
        select
            *,
            {{ period_month() }} as period_month,
            {{ known_month() }} as known_month
        from {{ facts }}
    )
    where {{ is_stale('period_month') }}
{%- endmacro %}
