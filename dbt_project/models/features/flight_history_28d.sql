with spine as (
    select
        flight_id,
        observed_at,
        observed_month,
        carrier,
        flight_number,
        origin,
        scheduled_local_minute // 60 as local_hour
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

arrivals as (
    select
        carrier,
        flight_number,
        origin,
        scheduled_local_minute // 60 as local_hour,
        known_at,
        arrival_delay_minutes
    from {{ ref('flight_arrivals') }}
    where {{ within_reach() }}
),

same_number as (
    {{ window_totals(
        facts='arrivals', by=['carrier', 'flight_number', 'origin'], windows=['7d', '28d'],
        totals={
            'arrivals': '1',
            'late': 'cast(arrival_delay_minutes >= 15 as integer)',
            'delay_minutes': 'least(arrival_delay_minutes, 180)'
        }
    ) }}
),

same_hour as (
    {{ window_totals(
        facts='arrivals', by=['carrier', 'origin', 'local_hour'], windows=['28d'],
        totals={'arrivals': '1', 'delay_minutes': 'least(arrival_delay_minutes, 180)'}
    ) }}
),

measured as (
    select
        spine.flight_id,
        n.late_28d / nullif(n.arrivals_28d, 0) as flight_late_share_28d,
        n.delay_minutes_7d / nullif(n.arrivals_7d, 0) as flight_arrival_delay_mean_7d,
        n.delay_minutes_28d / nullif(n.arrivals_28d, 0) as flight_arrival_delay_mean_28d,
        h.delay_minutes_28d / nullif(h.arrivals_28d, 0) as carrier_origin_hour_arrival_delay_mean_28d,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join same_number as n on spine.flight_id = n.flight_id
    left join same_hour as h on spine.flight_id = h.flight_id
)

select * from measured
