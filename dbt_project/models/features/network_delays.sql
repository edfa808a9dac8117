with spine as (
    select flight_id, observed_at, observed_month, 'all' as network
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

departures as (
    select 'all' as network, known_at, departure_delay_minutes
    from {{ ref('flight_departures') }}
    where {{ within_reach() }}
),

arrivals as (
    select 'all' as network, known_at, arrival_delay_minutes
    from {{ ref('flight_arrivals') }}
    where {{ within_reach() }}
),

departed as (
    {{ window_totals(
        facts='departures', by=['network'], windows=['1h', '3h'],
        totals={'departures': '1', 'late': 'cast(departure_delay_minutes >= 15 as integer)'}
    ) }}
),

arrived as (
    {{ window_totals(
        facts='arrivals', by=['network'], windows=['1d'],
        totals={'arrivals': '1', 'delay_minutes': 'least(arrival_delay_minutes, 180)'}
    ) }}
),

measured as (
    select
        spine.flight_id,
        cast(departed.departures_3h as integer) as network_departures_3h,
        departed.late_1h / nullif(departed.departures_1h, 0) as network_late_share_1h,
        arrived.delay_minutes_1d / nullif(arrived.arrivals_1d, 0) as network_arrival_delay_mean_1d,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join departed on spine.flight_id = departed.flight_id
    left join arrived on spine.flight_id = arrived.flight_id
)

select * from measured
