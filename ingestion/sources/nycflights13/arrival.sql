select
    flight_id,
    arrived_at as known_at,
    arrived_at,
    arr_delay as arrival_delay_minutes,
    air_time as air_time_minutes
from flights
where reason is null and arrived_at is not null
