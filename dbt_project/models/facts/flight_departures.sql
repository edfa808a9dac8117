with departed as (
    select *
    from {{ ref('stg_nycflights13__flights_departed') }}
    where is_first_known and {{ is_stale('period_month') }}
),

scheduled as (
    select *
    from {{ ref('stg_nycflights13__flights_scheduled') }}
    where is_first_known and {{ is_stale('period_month') }}
),

listed as (
    select
        departed.flight_id,
        departed.known_at,
        departed.departed_at,
        departed.departure_delay_minutes,
        scheduled.carrier,
        scheduled.origin,
        scheduled.dest,
        scheduled.tailnum,
        scheduled.scheduled_departure_at,
        scheduled.scheduled_arrival_at,
        departed.period_month,
        departed.known_month,
        {{ month_fingerprint('departed.period_month') }} as month_fingerprint
    from departed
    inner join scheduled using (flight_id)
)

select * from listed
