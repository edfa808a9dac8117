with spine as (
    select flight_id, observed_at, observed_month, origin
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

departures as (
    select origin, known_at, departure_delay_minutes
    from {{ ref('flight_departures') }}
    where {{ within_reach() }}
),

arrivals as (
    select origin, known_at, arrival_delay_minutes
    from {{ ref('flight_arrivals') }}
    where {{ within_reach() }}
),

departed as (
    {{ window_totals(
        facts='departures', by=['origin'], windows=['1h', '3h'],
        totals={
            'departures': '1',
            'late': 'cast(departure_delay_minutes >= 15 as integer)',
            'delay_minutes': 'least(departure_delay_minutes, 180)'
        }
    ) }}
),

arrived as (
    {{ window_totals(
        facts='arrivals', by=['origin'], windows=['3h'],
        totals={'arrivals': '1', 'arrival_delay_minutes': 'least(arrival_delay_minutes, 180)'}
    ) }}
),

measured as (
    select
        spine.flight_id,
        cast(departed.departures_1h as integer) as origin_departures_1h,
        cast(departed.departures_3h as integer) as origin_departures_3h,
        departed.late_1h / nullif(departed.departures_1h, 0) as origin_late_share_1h,
        departed.late_3h / nullif(departed.departures_3h, 0) as origin_late_share_3h,
        departed.delay_minutes_1h / nullif(departed.departures_1h, 0) as origin_delay_mean_1h,
        departed.delay_minutes_3h / nullif(departed.departures_3h, 0) as origin_delay_mean_3h,
        arrived.arrival_delay_minutes_3h / nullif(arrived.arrivals_3h, 0) as origin_arrival_delay_mean_3h,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join departed on spine.flight_id = departed.flight_id
    left join arrived on spine.flight_id = arrived.flight_id
)

select * from measured
