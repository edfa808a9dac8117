create temp table flights as

with scheduled as (
    select
        *,
        time_hour + to_minutes(minute) as scheduled_departure_at,
        make_date(year, month, day) as scheduled_local_date,
        hour * 60 + minute as scheduled_local_minute,
        sched_arr_time // 100 * 60 + sched_arr_time % 100 as arrival_minute,
        dep_time // 100 * 60 + dep_time % 100 as departed_minute,
        arr_time // 100 * 60 + arr_time % 100 as arrived_minute
    from source_rows
),

named as (
    select
        *,
        format('{}-{}-{}-{}', origin, carrier, flight, strftime(scheduled_departure_at, '%Y-%m-%dT%H:%M')) as flight_id
    from scheduled
),

placed as (
    select
        named.*,
        destinations.time_zone,
        origins.airport is null or destinations.airport is null as has_unknown_airport,
        named.carrier not in (select carrier from airlines) as has_unknown_carrier
    from named
    left join airports as origins on named.origin = origins.airport
    left join airports as destinations on named.dest = destinations.airport
),

possible_arrivals as (
    select
        line,
        time_zone,
        scheduled_departure_at,
        to_minutes(arrival_minute % 60) as past_the_hour,
        cast(scheduled_local_date as timestamp) + to_days(unnest([0, 1, 2])) + to_hours(arrival_minute // 60)
            as local_hour_at
    from placed
),

arriving as (
    select
        line,
        min(utc_hour_at + past_the_hour) as scheduled_arrival_at
    from possible_arrivals
    inner join clocks using (time_zone, local_hour_at)
    where utc_hour_at + past_the_hour > scheduled_departure_at
    group by line
),

timed as (
    select
        placed.*,
        scheduled_arrival_at,
        scheduled_departure_at + to_minutes(dep_delay) as departed_at,
        scheduled_arrival_at + to_minutes(arr_delay) as arrived_at
    from placed
    left join arriving using (line)
)

select
    *,
    case
        when has_unknown_airport then 'unknown_airport'
        when origin not in ('EWR', 'JFK', 'LGA') then 'origin_elsewhere'
        when has_unknown_carrier then 'unknown_carrier'
        when not distance > 0 then 'distance_impossible'
        when count(*) over (partition by flight_id) > 1 then 'duplicate_key'
        when (dep_time is null) <> (dep_delay is null) then 'departure_half_recorded'
        when arr_time is null and arr_delay is not null then 'arrival_half_recorded'
        when dep_time is null and arr_time is not null then 'arrival_without_departure'
        when arrived_at <= departed_at then 'arrival_before_departure'
        when not (coalesce(dep_delay, 0) between -240 and 2880 and coalesce(arr_delay, 0) between -240 and 2880)
            then 'delay_impossible'
        -- An hour apart is right in a night when the clock changes.
        when
            (scheduled_local_minute + dep_delay - departed_minute) % 60 <> 0
            or (arrival_minute + arr_delay - arrived_minute) % 60 <> 0
            or abs((scheduled_local_minute + dep_delay - departed_minute + 5 * 1440 + 720) % 1440 - 720) > 60
            or abs((arrival_minute + arr_delay - arrived_minute + 5 * 1440 + 720) % 1440 - 720) > 60
            then 'clock_contradicts_delay'
        when air_time <= 0 then 'air_time_impossible'
        when air_time > date_diff('minute', departed_at, arrived_at) then 'air_time_too_long'
    end as reason
from timed
