with spine as (
    select
        flight_id,
        observed_at,
        observed_month,
        carrier,
        origin,
        dest,
        date_diff('minute', scheduled_departure_at, scheduled_arrival_at) as scheduled_minutes
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

flown as (
    select carrier, origin, dest, known_at, air_time_minutes
    from {{ ref('flight_arrivals') }}
    where air_time_minutes is not null and {{ within_reach() }}
),

by_route as (
    {{ window_totals(
        facts='flown', by=['origin', 'dest'], windows=['1d', '28d'],
        totals={'flights': '1', 'air_minutes': 'air_time_minutes'}
    ) }}
),

by_carrier as (
    {{ window_totals(
        facts='flown', by=['origin', 'dest', 'carrier'], windows=['28d'],
        totals={'flights': '1', 'air_minutes': 'air_time_minutes'}
    ) }}
),

measured as (
    select
        spine.flight_id,
        r.air_minutes_1d / nullif(r.flights_1d, 0)
        - r.air_minutes_28d / nullif(r.flights_28d, 0) as route_air_time_excess_1d,
        spine.scheduled_minutes
        - c.air_minutes_28d / nullif(c.flights_28d, 0) as carrier_route_padding_28d,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join by_route as r on spine.flight_id = r.flight_id
    left join by_carrier as c on spine.flight_id = c.flight_id
)

select * from measured
