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
    left join {{ ref('aircraft_attributes') }} using (flight_id)
    left join {{ ref('aircraft_last_departure_2d') }} using (flight_id)
    left join {{ ref('aircraft_turnaround') }} using (flight_id)
    left join {{ ref('carrier_delays') }} using (flight_id)
    left join {{ ref('departures_overdue_3h') }} using (flight_id)
    left join {{ ref('flight_history_28d') }} using (flight_id)
    left join {{ ref('flight_schedule_calendar') }} using (flight_id)
    left join {{ ref('network_delays') }} using (flight_id)
    left join {{ ref('origin_delays') }} using (flight_id)
    left join {{ ref('origin_schedule_load') }} using (flight_id)
    left join {{ ref('origin_weather') }} using (flight_id)
    left join {{ ref('region_weather') }} using (flight_id)
    left join {{ ref('route_air_time') }} using (flight_id)
    left join {{ ref('route_delays') }} using (flight_id)
),

listed as (
    select {{ row_columns('late_arrival') }}
    from joined
)

select * from listed
