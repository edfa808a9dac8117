with versions as (
    {{ versions_of(source('nycflights13', 'airlines_airline'), key=['carrier']) }}
),

listed as (
    select
        carrier,
        known_at,
        airline_name,
        is_first_known,
        period_month,
        known_month,
        {{ month_fingerprint('period_month') }} as month_fingerprint
    from versions
)

select * from listed
