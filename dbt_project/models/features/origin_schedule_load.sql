with spine as (
    select flight_id, observed_month, period_month, origin, scheduled_departure_at
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

scheduled as (
    select
        origin,
        scheduled_departure_at,
        scheduled_local_date,
        period_month,
        count(*) as departures
    from {{ ref('stg_nycflights13__flights_scheduled') }}
    where
        is_first_known
        and {{ known_ahead('scheduled_departure_at', days=2) }}
        and {{ within_reach('scheduled_departure_at') }}
    group by all
),

loads as (
    select
        origin,
        scheduled_departure_at,
        period_month,
        sum(departures) over around as around_1h,
        sum(departures) over earlier as before_3h,
        sum(departures) over today as today
    from scheduled
    window
        around as (
            partition by origin, period_month order by scheduled_departure_at
            range between interval 30 minute preceding and interval 30 minute following
        ),
        earlier as (
            partition by origin, period_month order by scheduled_departure_at
            range between interval 3 hour preceding and interval 1 minute preceding
        ),
        today as (
            partition by origin, period_month, scheduled_local_date order by scheduled_departure_at
        )
),

counted as (
    select
        spine.flight_id,
        cast(loads.around_1h as integer) as origin_scheduled_around_1h,
        cast(coalesce(loads.before_3h, 0) as integer) as origin_scheduled_before_3h,
        cast(loads.today as integer) as origin_scheduled_today,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join loads using (origin, scheduled_departure_at, period_month)
)

select * from counted
