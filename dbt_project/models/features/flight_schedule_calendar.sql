with spine as (
    select
        flight_id,
        observed_month,
        scheduled_departure_at,
        scheduled_arrival_at,
        scheduled_local_date,
        scheduled_local_minute
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

years as (
    select distinct extract(year from scheduled_local_date) + unnest([-1, 0, 1]) as number
    from spine
),

holidays as (
    select
        unnest([
            make_date(number, 1, 1),
            -- Memorial Day, the last Monday of May
            make_date(number, 5, 31) - cast(isodow(make_date(number, 5, 31)) - 1 as integer),
            make_date(number, 7, 4),
            -- Labor Day, the first Monday of September
            make_date(number, 9, 7) - cast(isodow(make_date(number, 9, 7)) - 1 as integer),
            -- Thanksgiving, the fourth Thursday of November
            make_date(number, 11, 28) - cast((isodow(make_date(number, 11, 28)) + 3) % 7 as integer),
            make_date(number, 12, 25)
        ]) as holiday
    from years
),

nearest as (
    select
        dates.scheduled_local_date,
        min(abs(holidays.holiday - dates.scheduled_local_date)) as days_away
    from (select distinct scheduled_local_date from spine) as dates
    cross join holidays
    group by dates.scheduled_local_date
),

described as (
    select
        spine.flight_id,
        cast(spine.scheduled_local_minute // 60 as integer) as scheduled_local_hour,
        cast(isodow(spine.scheduled_local_date) as integer) as scheduled_local_weekday,
        cast(least(nearest.days_away, 14) as integer) as holiday_distance_days,
        cast(
            date_diff('minute', spine.scheduled_departure_at, spine.scheduled_arrival_at) as integer
        ) as scheduled_elapsed_minutes,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join nearest on spine.scheduled_local_date = nearest.scheduled_local_date
)

select * from described
