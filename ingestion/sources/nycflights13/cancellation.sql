select
    flight_id,
    greatest(scheduled_departure_at + interval 1 day, departed_at) as known_at,
    if(departed_at is null, 'cancelled', 'diverted') as outcome
from flights
where reason is null and arrived_at is null
