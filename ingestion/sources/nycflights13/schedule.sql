select
    flight_id,
    scheduled_departure_at - interval 30 day as known_at,
    carrier,
    flight as flight_number,
    origin,
    dest,
    tailnum,
    scheduled_departure_at,
    scheduled_arrival_at,
    scheduled_local_date,
    scheduled_local_minute,
    distance as distance_miles
from flights
where reason is null
