with arrived as (
    select *
    from {{ ref('stg_nycflights13__flights_arrived') }}
    where is_first_known and {{ is_stale('period_month') }}
),

scheduled as (
    select *
    from {{ ref('stg_nycflights13__flights_scheduled') }}
    where is_first_known and {{ is_stale('period_month') }}
),

listed as (
    select
        arrived.flight_id,
        arrived.known_at,
        arrived.arrived_at,
        arrived.arrival_delay_minutes,
        arrived.air_time_minutes,
        scheduled.carrier,
        scheduled.flight_number,
        scheduled.origin,
        scheduled.dest,
        scheduled.tailnum,
        scheduled.scheduled_departure_at,
        scheduled.scheduled_arrival_at,
        scheduled.scheduled_local_minute,
        arrived.period_month,
        arrived.known_month,
        {{ month_fingerprint('arrived.period_month') }} as month_fingerprint
    from arrived
    inner join scheduled using (flight_id)
)

select * from listed
