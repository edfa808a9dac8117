create temp table flights as

with schedules as (
    select *
    from schedule
    where known_at <= $moment
    qualify row_number() over (partition by flight_id order by known_at desc) = 1
),

departures as (
    select *
    from departure
    where known_at <= $moment
    qualify row_number() over (partition by flight_id order by known_at desc) = 1
),

arrivals as (
    select *
    from arrival
    where known_at <= $moment
    qualify row_number() over (partition by flight_id order by known_at desc) = 1
),

timed as (
    select
        *,
        scheduled_departure_at + to_minutes(departure_delay_minutes) as delayed_departure_at,
        scheduled_arrival_at + to_minutes(arrival_delay_minutes) as delayed_arrival_at,
        date_diff('minute', departed_at, arrived_at) as minutes_between
    from schedules
    left join departures using (flight_id)
    left join arrivals using (flight_id)
)

select
    flight_id,
    case
        when dest not in (select airport from airport) then format('dest is {}, wanted an airport that landed', dest)
        when origin not in ('EWR', 'JFK', 'LGA') then format('origin is {}, wanted EWR, JFK or LGA', origin)
        when carrier not in (select carrier from airline)
            then format('carrier is {}, wanted an airline that landed', carrier)
        when not distance_miles > 0 then format('distance_miles is {}, wanted more than 0', distance_miles)
        when scheduled_arrival_at <= scheduled_departure_at
            then format(
                'scheduled_arrival_at is {}, wanted after scheduled_departure_at {}',
                scheduled_arrival_at, scheduled_departure_at
            )
        when departure_delay_minutes not between -240 and 2880
            then format('departure_delay_minutes is {}, wanted -240 to 2880', departure_delay_minutes)
        when arrival_delay_minutes not between -240 and 2880
            then format('arrival_delay_minutes is {}, wanted -240 to 2880', arrival_delay_minutes)
        when departed_at <> delayed_departure_at
            then format(
                'departed_at is {}, wanted {}, which is scheduled_departure_at {} and departure_delay_minutes {}',
                departed_at, delayed_departure_at, scheduled_departure_at, departure_delay_minutes
            )
        when arrived_at <> delayed_arrival_at
            then format(
                'arrived_at is {}, wanted {}, which is scheduled_arrival_at {} and arrival_delay_minutes {}',
                arrived_at, delayed_arrival_at, scheduled_arrival_at, arrival_delay_minutes
            )
        when arrived_at is not null and departed_at is null
            then format('arrived_at is {}, but the flight has no departure, wanted one', arrived_at)
        when arrived_at <= departed_at then format('arrived_at is {}, wanted after departed_at {}', arrived_at, departed_at)
        when air_time_minutes not between 1 and minutes_between
            then format(
                'air_time_minutes is {}, wanted 1 to {}, the minutes from departed_at to arrived_at',
                air_time_minutes, minutes_between
            )
    end as contradicts
from timed
