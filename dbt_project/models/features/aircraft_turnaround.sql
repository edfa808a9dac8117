with spine as (
    select flight_id, observed_at, observed_month, scheduled_departure_at
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

scheduled as (
    select
        flight_id,
        scheduled_departure_at,
        lag(flight_id) over legs as previous_id,
        lag(scheduled_departure_at) over legs as previous_departure_at,
        lag(scheduled_arrival_at) over legs as previous_arrival_at
    from {{ ref('stg_nycflights13__flights_scheduled') }}
    where
        tailnum is not null
        and is_first_known
        and {{ known_ahead('scheduled_departure_at', days=2) }}
        and {{ within_reach('scheduled_departure_at') }}
    window legs as (partition by tailnum order by scheduled_departure_at, flight_id)
),

legs as (
    select
        spine.flight_id,
        spine.observed_at,
        spine.scheduled_departure_at,
        s.previous_id,
        s.previous_departure_at,
        s.previous_arrival_at,
        date_diff('minute', s.previous_departure_at, s.previous_arrival_at) as leg_minutes
    from spine
    inner join scheduled as s on spine.flight_id = s.flight_id
    where s.previous_departure_at >= s.scheduled_departure_at - interval 36 hour
),

known as (
    select
        legs.*,
        d.departure_delay_minutes,
        a.arrival_delay_minutes,
        case
            when a.flight_id is not null then 'landed'
            when d.flight_id is not null then 'departed'
            when {{ due_before_observed('legs.previous_departure_at', 'legs') }} then 'overdue'
            else 'scheduled'
        end as state,
        date_diff('minute', legs.previous_arrival_at, legs.scheduled_departure_at)
        - coalesce(a.arrival_delay_minutes, d.departure_delay_minutes, 0) as minutes_left
    from legs
    left join {{ ref('flight_departures') }} as d
        on legs.previous_id = d.flight_id and {{ known_before_observed('d', 'legs') }}
    left join {{ ref('flight_arrivals') }} as a
        on legs.previous_id = a.flight_id and {{ known_before_observed('a', 'legs') }}
),

measured as (
    select
        spine.flight_id,
        coalesce(known.state, 'none') as aircraft_previous_leg_state,
        known.departure_delay_minutes as aircraft_previous_departure_delay,
        known.arrival_delay_minutes as aircraft_previous_arrival_delay,
        cast(known.minutes_left - known.leg_minutes as integer) as aircraft_slack_minutes,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join known on spine.flight_id = known.flight_id
)

select * from measured
