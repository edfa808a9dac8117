with spine as (
    select flight_id, observed_month
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

outcomes as (
    select flight_id, known_at, false as is_cancelled
    from {{ ref('stg_nycflights13__flights_departed') }}
    union all
    select flight_id, known_at, true as is_cancelled
    from {{ ref('stg_nycflights13__flights_cancelled') }}
    where outcome = 'cancelled'
),

labelled as (
    select
        spine.flight_id,
        outcomes.is_cancelled,
        outcomes.known_at as label_known_at,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    inner join outcomes on spine.flight_id = outcomes.flight_id
)

select * from labelled
