with spine as (
    select flight_id, observed_at, observed_month, carrier, origin
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

departures as (
    select carrier, origin, known_at, departure_delay_minutes
    from {{ ref('flight_departures') }}
    where {{ within_reach() }}
),

arrivals as (
    select carrier, origin, known_at, arrival_delay_minutes
    from {{ ref('flight_arrivals') }}
    where {{ within_reach() }}
),

departed as (
    {{ window_totals(
        facts='departures', by=['carrier'], windows=['3h'],
        totals={
            'departures': '1',
            'late': 'cast(departure_delay_minutes >= 15 as integer)',
            'delay_minutes': 'least(departure_delay_minutes, 180)'
        }
    ) }}
),

departed_here as (
    {{ window_totals(
        facts='departures', by=['carrier', 'origin'], windows=['1h', '3h'],
        totals={
            'departures': '1',
            'late': 'cast(departure_delay_minutes >= 15 as integer)',
            'delay_minutes': 'least(departure_delay_minutes, 180)'
        }
    ) }}
),

arrived_from_here as (
    {{ window_totals(
        facts='arrivals', by=['carrier', 'origin'], windows=['3h', '1d', '28d'],
        totals={'arrivals': '1', 'delay_minutes': 'least(arrival_delay_minutes, 180)'}
    ) }}
),

measured as (
    select
        spine.flight_id,
        d.late_3h / nullif(d.departures_3h, 0) as carrier_late_share_3h,
        d.delay_minutes_3h / nullif(d.departures_3h, 0) as carrier_delay_mean_3h,
        h.late_3h / nullif(h.departures_3h, 0) as carrier_origin_late_share_3h,
        h.delay_minutes_1h / nullif(h.departures_1h, 0) as carrier_origin_delay_mean_1h,
        a.delay_minutes_3h / nullif(a.arrivals_3h, 0) as carrier_origin_arrival_delay_mean_3h,
        a.delay_minutes_1d / nullif(a.arrivals_1d, 0) as carrier_origin_arrival_delay_mean_1d,
        a.delay_minutes_28d / nullif(a.arrivals_28d, 0) as carrier_origin_arrival_delay_mean_28d,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join departed as d on spine.flight_id = d.flight_id
    left join departed_here as h on spine.flight_id = h.flight_id
    left join arrived_from_here as a on spine.flight_id = a.flight_id
)

select * from measured
