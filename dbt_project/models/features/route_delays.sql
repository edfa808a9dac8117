with spine as (
    select flight_id, observed_at, observed_month, carrier, origin, dest
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

arrivals as (
    select carrier, origin, dest, known_at, arrival_delay_minutes
    from {{ ref('flight_arrivals') }}
    where {{ within_reach() }}
),

dest_arrivals as (
    {{ window_totals(
        facts='arrivals', by=['dest'], windows=['3h', '1d'],
        totals={'arrivals': '1', 'delay_minutes': 'least(arrival_delay_minutes, 180)'}
    ) }}
),

carrier_dest_arrivals as (
    {{ window_totals(
        facts='arrivals', by=['dest', 'carrier'], windows=['1d'],
        totals={'arrivals': '1', 'delay_minutes': 'least(arrival_delay_minutes, 180)'}
    ) }}
),

route_arrivals as (
    {{ window_totals(
        facts='arrivals', by=['dest', 'origin'], windows=['1d', '28d'],
        totals={
            'arrivals': '1',
            'late': 'cast(arrival_delay_minutes >= 15 as integer)',
            'delay_minutes': 'least(arrival_delay_minutes, 180)'
        }
    ) }}
),

measured as (
    select
        spine.flight_id,
        d.delay_minutes_3h / nullif(d.arrivals_3h, 0) as dest_arrival_delay_mean_3h,
        d.delay_minutes_1d / nullif(d.arrivals_1d, 0) as dest_arrival_delay_mean_1d,
        c.delay_minutes_1d / nullif(c.arrivals_1d, 0) as carrier_dest_arrival_delay_mean_1d,
        r.delay_minutes_1d / nullif(r.arrivals_1d, 0) as route_arrival_delay_mean_1d,
        r.late_28d / nullif(r.arrivals_28d, 0) as route_late_share_28d,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join dest_arrivals as d on spine.flight_id = d.flight_id
    left join carrier_dest_arrivals as c on spine.flight_id = c.flight_id
    left join route_arrivals as r on spine.flight_id = r.flight_id
)

select * from measured
