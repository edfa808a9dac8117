with spine as (
    select flight_id, observed_at, observed_month, tailnum
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

departures as (
    select flight_id, tailnum, known_at, departure_delay_minutes
    from {{ ref('flight_departures') }}
    where tailnum is not null and {{ within_reach() }}
),

latest as (
    {{ last_known(
        facts='departures', by=['tailnum'], columns=['departure_delay_minutes'], within='2d', order_by='flight_id'
    ) }}
),

measured as (
    select
        spine.flight_id,
        cast(date_diff('minute', latest.known_at, spine.observed_at) as integer) as aircraft_minutes_since_departure_2d,
        latest.departure_delay_minutes as aircraft_departure_delay_last_2d,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join latest on spine.flight_id = latest.flight_id
)

select * from measured
