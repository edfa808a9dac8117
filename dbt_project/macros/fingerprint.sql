{#
    Building by month, and healing.

    Every staging, spine, feature, label and rows table keeps, in each row, the month that it belongs to and that month's fingerprint:
    a hash of the model's own code, of the project's macros and of what its parents held when the month was built (in staging: the
    names of the raw partitions, which carry their content's hash). A month whose stored fingerprint is not the current
    one is stale: it is deleted and built again, in one transaction. So landing a month builds that month, a correction reopens the
    months that it touches, an edited model is built anew, and a build that was killed is completed by the next one.

    The months reach the models as DuckDB variables, set by the pre-hook, and by the post-hook in
    few_months_at_a_time.sql for the months after the first of many. Without them (unit tests, compiled SQL run by hand)
    every month counts as stale, so a model's SQL is the same text in every build.
#}


{# Pre-hook of every table that is built by month: find the stale months, delete them, tell the model. #}
{% macro reopen_stale_months() %}
    {%- if execute -%}
        {%- set month = model.config.meta.month -%}
        {%- set kept = load_cached_relation(this) is not none and not should_full_refresh() -%}
        set variable month_fingerprints = (
            select coalesce(map_from_entries(list((month, fingerprint) order by month)), map {})
            from ({{ _landed_months() if model.sources else _built_months() }})
        );
        {% if kept %}
            delete from {{ this }} where month_fingerprint is distinct from {{ month_fingerprint(month) }};
        {% endif %}
        set variable months_to_build = (
            select coalesce(list(month order by month), [])
            from (
                select unnest(map_keys(getvariable('month_fingerprints'))) as month
                {% if kept %} except select distinct {{ month }} from {{ this }} {% endif %}
            )
        );
        {{ _turn_to_months(first=1) }}
    {%- endif -%}
{% endmacro %}


{# Post-hook: dbt knows no row counts from DuckDB, so hand it the number of rows that this build wrote. #}
{% macro count_rows_written() %}
    {%- if execute -%}
        {%- set month = model.config.meta.get('month') -%}
        {%- set rows = run_query("select count(*) from " ~ this ~ (" where " ~ is_stale(month) if month else "")).columns[0][0] | int -%}
        {%- do store_raw_result(name='main', message='WROTE ' ~ rows, code='WROTE', rows_affected=rows) -%}
    {%- endif -%}
{% endmacro %}


{#
    True for rows of the months that are written now; when all are, of all that this build wrote.

        where {{ is_stale('observed_month') }}
#}
{% macro is_stale(month) -%}
    coalesce(list_contains(getvariable('stale_months'), {{ month }}), true)
{%- endmacro %}


{#
    The rows of a parent kept by observed_month for the months that this build is to write, as a table to join. Said where the
    parent is read, since a join does not hand the filter of one side to the other: one new month does not read them all.

        left join {{ stale_rows_of(ref('origin_delays')) }} using (flight_id, observed_month)
#}
{% macro stale_rows_of(parent) -%}
    (select * from {{ parent }} where {{ is_stale('observed_month') }})
{%- endmacro %}


{#
    The fingerprint to keep with a row, as a column of every table that is built by month.

        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
#}
{% macro month_fingerprint(month) -%}
    cast(getvariable('month_fingerprints') as map(date, varchar))[{{ month }}]
{%- endmacro %}


{# The month of a raw file: …/PERIOD/REVISION/FACT.parquet #}
{% macro period_month(filename='filename') -%}
    cast(split_part({{ filename }}, '/', -3) || '-01' as date)
{%- endmacro %}


{# The month in which a raw file's rows became known: that of a correction stands in its name, a base is known for its own period. #}
{% macro known_month(filename='filename') -%}
    case
        when split_part({{ filename }}, '/', -2) like 'correction-%'
            then cast(substr(split_part({{ filename }}, '/', -2), 12, 7) || '-01' as date)
        else {{ period_month(filename) }}
    end
{%- endmacro %}


{# The current fingerprints of a staging table: one row a period that has landed. #}
{% macro _landed_months() %}
    {%- set source = graph.sources[model.depends_on.nodes[0]] -%}
    select
        {{ period_month('file') }} as month,
        md5('{{ _code() }}' || string_agg(split_part(file, '/', -2), ',' order by file)) as fingerprint
    from glob('{{ source.meta.raw }}/{{ source.meta.files }}')
    group by all
{% endmacro %}


{#
    The current fingerprints of any other table: one row a month that its parents have rows for. A month of observed_month reads
    the same month of parents that are kept by observed_month, and of facts those that landed for it or became known in it, or in the
    months before it that a feature may look back to. Rows of one period can spill into the next month (and do: local midnight is not UTC's).
#}
{% macro _built_months() %}
    {%- set by_period = model.config.meta.month == 'period_month' -%}
    {%- set landed, built = [], [] -%}
    {%- for id in model.depends_on.nodes if id.startswith('model.') -%}
        {%- set parent = graph.nodes[id] -%}
        {%- do (landed if parent.config.meta.month == 'period_month' else built).append(parent) -%}
    {%- endfor -%}
    with parents as (
        {% for parent in landed + built %}
        select distinct
            '{{ parent.name }}' as parent,
            {{ parent.config.meta.month }} as first_month,
            {{ 'known_month' if parent in landed else 'observed_month' }} as known_month,
            to_months({{ months_of_lookback() if parent in landed and not by_period else 0 }}) as reach,
            month_fingerprint
        from {{ parent.relation_name }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ),

    months as (
        {% if built or by_period %}
        select distinct first_month as month from parents where reach = to_months(0)
        {% else %}
        select distinct unnest([first_month, cast(first_month + interval 1 month as date)]) as month from parents
        {% endif %}
    )

    select
        months.month,
        md5('{{ _code() }}' || string_agg(
            concat_ws(' ', parents.parent, parents.first_month, parents.known_month, parents.month_fingerprint), ','
            order by parents.parent, parents.first_month, parents.known_month, parents.month_fingerprint
        )) as fingerprint
    from months
    inner join parents
        on months.month between parents.first_month and parents.first_month + parents.reach
        or months.month between parents.known_month and parents.known_month + parents.reach
    group by months.month
{% endmacro %}


{# A hash of all that decides what this model computes, data apart: its code and the macros. #}
{% macro _code() %}
    {%- set texts = [model.raw_code] -%}
    {%- for name, each in context[project_name].items() | sort(attribute='0') -%}
        {%- do texts.append(each.macro.macro_sql) -%}
    {%- endfor -%}
    {{- return(local_md5(texts | join('\n'))) -}}
{% endmacro %}
