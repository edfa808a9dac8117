with spine as (
    select flight_id, observed_month
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

arrivals as (
    select flight_id, known_at, arrival_delay_minutes
    from {{ ref('stg_nycflights13__flights_arrived') }}
),

labelled as (
    select
        spine.flight_id,
        arrivals.arrival_delay_minutes >= 15 as is_late_arrival,
        arrivals.known_at as label_known_at,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    inner join arrivals on spine.flight_id = arrivals.flight_id
)

select * from labelled
