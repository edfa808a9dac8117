with versions as (
    {{ versions_of(source('nycflights13', 'flights_departure'), key=['flight_id']) }}
),

listed as (
    select
        flight_id,
        known_at,
        departed_at,
        departure_delay_minutes,
        is_first_known,
        period_month,
        known_month,
        {{ month_fingerprint('period_month') }} as month_fingerprint
    from versions
)

select * from listed
