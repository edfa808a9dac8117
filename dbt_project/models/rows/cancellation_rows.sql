-- The tests that carriers and airports are known need these two tables.
-- depends_on: {{ ref('stg_nycflights13__airlines') }}, {{ ref('stg_nycflights13__airports') }}
with spine as (
    select * exclude (month_fingerprint)
    from {{ ref('spine') }}
    where {{ observed_before_as_of('spine') }}
),

joined as (
    select *
    from spine
    left join {{ ref('flight_schedule_calendar') }} using (flight_id)
    left join {{ ref('origin_delays') }} using (flight_id)
    left join {{ ref('origin_weather') }} using (flight_id)
),

listed as (
    select {{ row_columns('cancellation') }}
    from joined
)

select * from listed
