with spine as (
    select flight_id, observed_at, observed_month, period_month, tailnum, scheduled_departure_at
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

planes as (
    select tailnum, known_at, period_month, manufacture_year, manufacturer, seats
    from {{ ref('stg_nycflights13__planes') }}
    where is_first_known
),

described as (
    select
        spine.flight_id,
        cast(
            extract(year from spine.scheduled_departure_at) - planes.manufacture_year as integer
        ) as aircraft_age_years,
        planes.seats as aircraft_seats,
        planes.manufacturer as aircraft_manufacturer,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join planes
        on
            spine.tailnum = planes.tailnum
            and spine.period_month = planes.period_month
            and {{ known_before_observed('planes', 'spine') }}
)

select * from described
