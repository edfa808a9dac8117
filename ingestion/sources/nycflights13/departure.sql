select
    flight_id,
    departed_at as known_at,
    departed_at,
    dep_delay as departure_delay_minutes
from flights
where reason is null and departed_at is not null
