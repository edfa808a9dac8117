with scheduled as (
    select * exclude (month_fingerprint)
    from {{ ref('stg_nycflights13__flights_scheduled') }}
    where is_first_known
),

observed as (
    select
        *,
        scheduled_departure_at - interval 2 hour as observed_at
    from scheduled
),

known as (
    select
        *,
        {{ observed_month('flight_id') }} as observed_month
    from observed
    where {{ known_before_observed('observed', 'observed') }}
),

listed as (
    select
        flight_id,
        observed_at,
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
        period_month,
        observed_month,
        {{ month_fingerprint('observed_month') }} as month_fingerprint
    from known
    where {{ is_stale('observed_month') }}
)

select * from listed
