-- The tests that carriers and airports are known need these two tables.
-- depends_on: {{ ref('stg_nycflights13__airlines') }}, {{ ref('stg_nycflights13__airports') }}
with spine as (
    select *
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

joined as (
    select
        * exclude (month_fingerprint),
        {{ month_fingerprint('observed_month') }} as month_fingerprint
    from spine
    left join {{ stale_rows_of(ref('flight_schedule_calendar')) }} using (flight_id, observed_month)
    left join {{ stale_rows_of(ref('origin_delays')) }} using (flight_id, observed_month)
    left join {{ stale_rows_of(ref('origin_weather')) }} using (flight_id, observed_month)
)

-- All columns of all that is joined: the training set's YAML says which it takes.
select * from joined -- noqa: AM04
