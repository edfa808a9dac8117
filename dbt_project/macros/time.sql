{#
    Time has one owner: no other file compares a time with observed_at or as_of. A feature uses facts with
    known_at < observed_at, strictly; a label is used once it is known before as_of, strictly.
#}


{# How far back a feature may look. #}
{% macro days_of_lookback() -%}
    {{ return(35) }}
{%- endmacro %}


{% macro longest_lookback() -%}
    interval {{ days_of_lookback() }} day
{%- endmacro %}


{# The months before a month that hold so many days: a month has 28 or more. Its fingerprint covers them. #}
{% macro months_of_lookback() -%}
    {{ return((days_of_lookback() + 27) // 28) }}
{%- endmacro %}


{#
    The moment as of which a training set is built, as a SQL literal: from SHIPSHAPE_AS_OF, which a build sets, else from
    --vars '{as_of: 2013-10-01 00:00:00}'. The environment comes first, so that no `vars:` of the project changes what a build was
    asked for; and dbt parses the whole project anew for another var. It must look like a time before it gets into SQL.
#}
{% macro as_of() -%}
    {%- if not execute or flags.WHICH == 'generate' -%}
        {{ return("timestamp '0001-01-01 00:00:00'") }}
    {%- endif -%}
    {%- set given = env_var('SHIPSHAPE_AS_OF', '') or var('as_of', none) | string -%}
    {%- if not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?', given) -%}
        {{ exceptions.raise_compiler_error(
            "as_of is " ~ given[:40] ~ "; wanted a UTC time like 2013-10-01 00:00:00. "
            ~ ("Correct or unset SHIPSHAPE_AS_OF." if env_var('SHIPSHAPE_AS_OF', '') else "Pass --vars '{as_of: 2013-10-01 00:00:00}'.")
        ) }}
    {%- endif -%}
    timestamp '{{ given | replace('T', ' ') }}'
{%- endmacro %}


{#
    The month, as a date, that a row belongs to.

        {{ month_of('observed_at') }} as observed_month
#}
{% macro month_of(moment) -%}
    cast(date_trunc('month', {{ moment }}) as date)
{%- endmacro %}


{#
    The month of observed_at, of a row of the spine; the build fails when it is not that of the raw partition that the row landed
    in or the one after it, since builds look for a month's rows in those two alone.

        {{ observed_month('flight_id') }} as observed_month
#}
{% macro observed_month(entity) -%}
    case
        when {{ month_of('observed_at') }} between period_month and period_month + interval 1 month then {{ month_of('observed_at') }}
        when period_month is null then {{ month_of('observed_at') }}
        else error(
            {{ entity }} || ' is observed at ' || observed_at || ', and landed with the month of ' || period_month
            || ': a row must be observed in that month or the next. Land it with its month, or let the prediction be made later.'
        )
    end
{%- endmacro %}


{#
    True when a fact was known when the prediction is made: not at that very moment, before it.

        inner join planes on … and {{ known_before_observed('planes', 'spine') }}
#}
{% macro known_before_observed(fact, row) -%}
    {{ fact }}.known_at < {{ row }}.observed_at
{%- endmacro %}


{#
    True when an event that was known ahead, such as a scheduled one, was due when the prediction is made: before that moment.

        case when {{ due_before_observed('legs.previous_departure_at', 'legs') }} then 'overdue' end
#}
{% macro due_before_observed(event_at, row) -%}
    {{ event_at }} < {{ row }}.observed_at
{%- endmacro %}


{#
    True for rows that a training set as of as_of may hold.

        where {{ observed_before_as_of('late_arrival_rows') }}
#}
{% macro observed_before_as_of(row) -%}
    {{ row }}.observed_at < {{ as_of() }}
{%- endmacro %}


{#
    True for rows that can be upcoming as of as_of: observed in the days before it that `within_days` of the training set's
    `upcoming` says, the first moment included, so that what never gets a label does not stay for ever.

        where {{ observed_lately('late_arrival') }}
#}
{% macro observed_lately(training_set) -%}
    observed_at < {{ as_of() }}
    and observed_at >= {{ as_of() }} - interval '{{ (upcoming_of(training_set).within_days * 86400) | int }} second'
{%- endmacro %}


{#
    The last version of each label that was known before as_of, as a select: one row for each value of `entity`.

        labels as (
            {{ last_known_before_as_of(ref('label_late_arrival'), 'flight_id') }}
        )
#}
{% macro last_known_before_as_of(labels, entity) -%}
    select *
    from {{ labels }}
    where label_known_at < {{ as_of() }}
    qualify row_number() over (partition by {{ entity }} order by label_known_at desc) = 1
{%- endmacro %}


{#
    True for facts that the stale months' rows can look back to: a speed-up, which never changes a result.

        departures as (
            select origin, known_at, departure_delay_minutes
            from {{ ref('flight_departures') }}
            where {{ within_reach() }}
        )
#}
{% macro within_reach(moment='known_at') -%}
    {{ moment }} >= coalesce(cast(getvariable('reach_from') as timestamp), '-infinity')
    and {{ moment }} < coalesce(cast(getvariable('reach_to') as timestamp), 'infinity')
{%- endmacro %}


{#
    True for facts about a coming event that were known at least so many days before it. Rows that look ahead to events
    nearer than that many days may use them all, with no comparison row by row. Compare events only with others of the same
    period_month: the next month may not have landed yet.

        scheduled as (
            select origin, scheduled_departure_at, period_month
            from {{ ref('stg_nycflights13__flights_scheduled') }}
            where is_first_known and {{ known_ahead('scheduled_departure_at', days=2) }}
        )
#}
{% macro known_ahead(event_at, days) -%}
    known_at < {{ event_at }} - interval {{ days }} day
{%- endmacro %}


{#
    Running totals of facts, taken at observed_at and at the start of each window, and differenced: what was learned
    in [observed_at - window, observed_at). As a select: one row per row of `spine`, with flight_id or whatever `entity` is,
    and a bigint column TOTAL_WINDOW for each pair; zero where nothing is known. Only integers are summed: sums of doubles differ
    from run to run, and a decimal is first scaled to an integer.

        windowed as (
            {{ window_totals(
                facts='departures', by=['origin'], windows=['1h', '3h', '7d'],
                totals={'departures': '1', 'delay_minutes': 'departure_delay_minutes'}
            ) }}
        )

    gives flight_id, departures_1h, delay_minutes_1h, departures_3h, …. `facts` and `spine` are CTEs; facts have known_at and
    the columns of `by`. A null in `by` matches nothing.
#}
{% macro window_totals(facts, by, windows, totals, spine='spine', entity='flight_id') -%}
    {#- Groups get a number: an asof join sorts integers a third faster than names. -#}
    with groups as (
        select
            {{ by | join(', ') }},
            cast(row_number() over () as integer) as group_number
        from (select distinct {{ by | join(', ') }} from {{ facts }})
    ),

    probes as (
        select
            {{ spine }}.{{ entity }},
            {{ spine }}.observed_at,
            groups.group_number
        from {{ spine }}
        left join groups on {{ _same(spine, 'groups', by) }}
    ),

    moments as (
        select
            group_number,
            known_at
            {%- for name, value in totals.items() %},
            cast(coalesce(sum({{ value }}), 0) as bigint) as {{ name }}
            {%- endfor %}
        from {{ facts }}
        inner join groups using ({{ by | join(', ') }})
        group by all
    ),

    running as (
        select
            group_number,
            known_at
            {%- for name in totals %},
            cast(sum({{ name }}) over so_far as bigint) as {{ name }}
            {%- endfor %}
        from moments
        window so_far as (partition by group_number order by known_at)
    )

    select
        probes.{{ entity }}
        {%- for window in windows %}{% for name in totals %},
        coalesce(upto.{{ name }}, 0) - coalesce(before_{{ window }}.{{ name }}, 0) as {{ name }}_{{ window }}
        {%- endfor %}{% endfor %}
    from probes
    asof left join running as upto
        on probes.group_number = upto.group_number and probes.observed_at > upto.known_at
    {%- for window in windows %}
    asof left join running as before_{{ window }}
        on probes.group_number = before_{{ window }}.group_number
        and probes.observed_at - {{ _interval(window) }} > before_{{ window }}.known_at
    {%- endfor %}
{%- endmacro %}


{#
    The last fact known before observed_at, not longer ago than `within`, as a select: one row per row of `spine`, with
    flight_id or whatever `entity` is, known_at and `columns`; nulls where nothing is known. `order_by` breaks ties between facts that
    became known at the same moment, and must leave none: the least comes first.

        last_departure as (
            {{ last_known(
                facts='departures', by=['tailnum'], columns=['departed_at', 'departure_delay_minutes'],
                within='7d', order_by='flight_id'
            ) }}
        )

    `moment` is another column than known_at, for what was known ahead and holds from that moment on, as a schedule does.
#}
{% macro last_known(facts, by, columns, within, order_by, spine='spine', entity='flight_id', moment='known_at') -%}
    with moments as (
        select {{ (by + [moment] + columns) | unique | join(', ') }}
        from {{ facts }}
        qualify row_number() over (partition by {{ by | join(', ') }}, {{ moment }} order by {{ order_by }}) = 1
    )

    select
        {{ spine }}.{{ entity }}
        {%- for name in ([moment] + columns) | unique %},
        case when moments.{{ moment }} >= {{ spine }}.observed_at - {{ _interval(within) }} then moments.{{ name }} end as {{ name }}
        {%- endfor %}
    from {{ spine }}
    asof left join moments
        on {{ _same(spine, 'moments', by) }} and {{ spine }}.observed_at > moments.{{ moment }}
{%- endmacro %}


{% macro _same(left, right, by) -%}
    {% for name in by %}{{ left }}.{{ name }} = {{ right }}.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
{%- endmacro %}


{# '3h' or '7d' as an interval, no longer than the longest lookback. #}
{% macro _interval(window) -%}
    {%- set number, unit = window[:-1] | int, {'m': 'minute', 'h': 'hour', 'd': 'day'}.get(window[-1]) -%}
    {%- set days = number / {'minute': 1440, 'hour': 24, 'day': 1}.get(unit, 1) -%}
    {%- if not unit or number < 1 or days > days_of_lookback() -%}
        {{ exceptions.raise_compiler_error("Window " ~ window ~ " is not like 30m, 3h or 7d, with at most " ~ days_of_lookback() ~ " days.") }}
    {%- endif -%}
    interval {{ number }} {{ unit }}
{%- endmacro %}
