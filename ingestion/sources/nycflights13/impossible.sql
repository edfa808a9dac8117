with clocks as (
    select
        line,
        unnest(['dep_time', 'sched_dep_time', 'arr_time', 'sched_arr_time']) as name,
        unnest([dep_time, sched_dep_time, arr_time, sched_arr_time]) as clock
    from source_rows
),

impossible_clocks as (
    select
        line,
        format('column {} is {}, wanted a clock time from 0 to 2400, minutes from 0 to 59', name, clock) as impossible
    from clocks
    where clock not between 0 and 2400 or clock % 100 > 59
),

impossible_hours as (
    select
        line,
        format(
            'time_hour {} UTC is not year {} month {} day {} hour {} in New York', time_hour, year, month, day, hour
        ) as impossible
    from source_rows
    left join new_york on utc_hour_at = time_hour
    where
        (year(local_hour_at), month(local_hour_at), day(local_hour_at), hour(local_hour_at))
        is distinct from (year, month, day, hour)
),

impossible_minutes as (
    select
        line,
        format('hour {} and minute {} are not sched_dep_time {}', hour, minute, sched_dep_time) as impossible
    from source_rows
    where hour * 100 + minute <> sched_dep_time
)

select * from impossible_clocks
union all
select * from impossible_hours
union all
select * from impossible_minutes
